"""X and y as scikit-learn has them, as a table and a target."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d, validate_data

if TYPE_CHECKING:
    from fastbp.inputs import Array
    from fastbp.tables.chunks import Source

#: What is no cell, and would be taken for one by its text alone.
_CONTAINERS = (dict, list, tuple, set, frozenset, np.ndarray)


def read_X(estimator: Any, X: Any, reset: bool) -> Any:
    """Check X as scikit-learn does, and return it as a table with names of columns.

    Parameters
    ----------
    estimator : TabularEstimator
        Whose ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    X : frame or array-like
    reset : bool
        Whether this is a fit.

    Returns
    -------
    frame, or pair of an array and names
    """
    from fastbp.inputs.frames import collect_lazy, column_labels, is_frame

    X = collect_lazy(X)
    if is_frame(X):
        refuse_repeated(column_labels(X))
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        labels = column_labels(X)
        check_rows(estimator, len(X), len(labels))
        if not all(isinstance(label, str) for label in labels):  # of pandas, where they may be
            X = X.set_axis([f"x{i}" for i in range(len(labels))], axis=1)
        return X
    if isinstance(X, (list, tuple)):
        X = cells_of(X)
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":  # which scikit-learn does not know
        X = X.astype(object)
    X = validate_data(
        estimator, X, reset=reset, dtype=None, ensure_all_finite="allow-nan", order=None
    )
    if X.dtype.kind == "O":
        refuse_containers(X)
    elif X.dtype.kind == "b":  # numbers, as in every other estimator
        X = X.astype(np.int8)
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        names = [f"x{i}" for i in range(X.shape[1])]
    return X, list(names)


def cells_of(rows: Any) -> Any:
    """A list of rows as an array that keeps numbers beside text what they are."""
    try:
        array = np.asarray(rows)
    except ValueError:  # rows of unlike lengths, which scikit-learn tells
        return rows
    return array if array.dtype.kind not in "US" else np.array(rows, dtype=object)


def refuse_repeated(labels: list[Any]) -> None:
    """Raise if two columns of a frame have the same name."""
    if repeated := [label for label, count in Counter(labels).items() if count > 1]:
        raise ValueError(f"X has more than one column named {repeated[0]!r}; names must differ")


def check_rows(estimator: Any, n_rows: int, n_columns: int) -> None:
    """Raise if a frame has no row or no column, in the words that scikit-learn has for arrays."""
    name = type(estimator).__name__
    for n, what in ((n_columns, "feature"), (n_rows, "sample")):
        if n == 0:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape=({n_rows}, {n_columns})) while a minimum of "
                f"1 is required by {name}."
            )


def refuse_containers(X: Array) -> None:
    """Raise if a cell of an array of objects holds several values."""
    kinds = set(map(type, X.ravel().tolist()))
    if wrong := sorted(kind.__name__ for kind in kinds if issubclass(kind, _CONTAINERS)):
        raise TypeError(
            f"X has cells of type {', '.join(wrong)}; each cell of this argument must be a string, "
            "a number, a truth value, a date or missing"
        )


def with_column(source: Any, name: str, cells: Array) -> Source:
    """A source in memory with one more column."""
    from fastbp.tables.frame_columns import array_getter

    return replace(
        source, names=(*source.names, name), getters=(*source.getters, array_getter(cells))
    )


def n_rows_of(table: Any) -> int:
    """The rows of what `read_X` gives."""
    return len(table[0] if isinstance(table, tuple) else table)


def check_lengths(n_rows: int, n_targets: int) -> None:
    """Raise if X and y differ in length."""
    if n_rows != n_targets:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_rows:,} rows "
            f"and y {n_targets:,}"
        )
    if n_rows < 2:
        raise ValueError(
            "n_samples=1: there must be at least two rows, one to learn from and one to validate on"
        )


def _one_column(y: Any) -> Array:
    """Y in one dimension; of several columns, what to do."""
    shape = getattr(y, "shape", None)
    if shape is None and isinstance(y, (list, tuple)):
        shape = np.shape(y)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"y should be a 1d array, got an array of shape {shape} instead: these estimators "
            "predict one target. Fit one estimator for each column of y, as "
            "sklearn.multioutput.MultiOutputClassifier and MultiOutputRegressor do"
        )
    column: Array = column_or_1d(y, warn=True)
    return column


def read_labels(estimator: Any, y: Any) -> tuple[Array, Array]:
    """The distinct labels in order, in their own type, and the place of each row's among them."""
    _require(estimator, y)
    y = _one_column(y)
    if not len(y):
        raise ValueError("Found array with 0 sample(s) as y, while a minimum of 2 is required.")
    if y.dtype.kind in "fc":
        check_array(y, ensure_2d=False, dtype=None, input_name="y")
    try:
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:  # None beside text
        raise ValueError(
            f"y must hold labels of one type, text or numbers, without missing ones: {error}"
        ) from error
    if len(classes) < 2:
        raise ValueError(
            f"y has one class only, {classes.tolist()[0]!r}; there must be at least two to tell "
            "apart"
        )
    return classes, codes.astype(np.int64)


def read_numbers(estimator: Any, y: Any) -> Array:
    """The targets of a regressor, float64."""
    _require(estimator, y)
    numbers: Array = check_array(
        _one_column(y), ensure_2d=False, dtype=np.float64, input_name="y", estimator=estimator
    )
    return numbers


def _require(estimator: Any, y: Any) -> None:
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None."
        )
