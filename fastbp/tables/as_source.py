"""Whatever users have a table in, as a source of chunks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs.frames import collect_lazy, is_frame
from fastbp.tables.chunks import Source
from fastbp.tables.column_names import check_different, numbered_names
from fastbp.tables.frame_columns import (
    Getter,
    array_getter,
    declared_order,
    frame_columns,
    series_getter,
)
from fastbp.tables.memory_source import MemorySource
from fastbp.tables.open_source import ReadOptions, open_source
from fastbp.text.formatting import list_names, plural, quote

_EXPECTED = (
    "a path, a pandas or polars frame, a pyarrow table, a dict of columns, a two-dimensional "
    "array or a pair (X, names)"
)


def as_source(table: Any, **how: Any) -> Source:
    """Return the source of chunks of a table.

    Parameters
    ----------
    table : path, data frame, dict, pair or Source
        A path (``str`` or ``Path``) of a file; a pandas or polars frame (a lazy one is collected);
        a pyarrow table; a dict of names and columns; a pair (X, names) of a two-dimensional array
        and the names of its columns, or the array alone; a source, which is returned.
    **how
        How a file is read: the fields of :class:`fastbp.tables.read_options.ReadOptions`.

    Raises
    ------
    TypeError
        If it is none of these, or a name is no text.
    ValueError
        If two names are the same, the columns differ in length, or there is none.

    Examples
    --------
    >>> source = as_source({"size": [1, 2], "colour": ["red", "blue"]})
    >>> source.names
    ('size', 'colour')
    """
    if isinstance(table, (str, os.PathLike)):
        return open_source(table, ReadOptions(**how))
    # What names are expected is of no matter where a table has its names.
    how.pop("expected_names", None)
    if how := {name: value for name, value in how.items() if value is not None}:
        raise ValueError(f"{list_names(list(how))}: only for tables in files, and this is none")
    table = collect_lazy(table)
    if is_frame(table):
        labels, getters, declared = frame_columns(table)
        names = _checked(labels, "the data frame")
        by_name = {names[i]: order for i, order in declared.items()}
        return MemorySource("the data frame", names, True, getters, len(table), by_name)
    if isinstance(table, Mapping):
        return _of_dict(table)
    if isinstance(table, tuple) and len(table) == 2:
        return _of_matrix(*table)
    if isinstance(table, np.ndarray):
        return _of_matrix(table, None)
    if hasattr(table, "chunks") and hasattr(table, "names"):
        source: Source = table
        return source
    raise TypeError(f"the table is of type {type(table).__name__}; expected {_EXPECTED}")


def _of_dict(table: Mapping[Any, Any]) -> MemorySource:
    label = "the dict of columns"
    names = _checked(list(table), label)
    getters, lengths, declared = [], [], {}
    for name, values in zip(names, table.values(), strict=True):
        getter, length = _column(values, f"{label}, column {quote(name)}")
        if (order := declared_order(values)) != ():
            declared[name] = order
        getters.append(getter)
        lengths.append(length)
    if len(set(lengths)) > 1:
        counts = [plural(length, "row") for length in lengths]
        raise ValueError(f"{label}: its columns differ in length: {list_names(names, counts)}")
    return MemorySource(label, names, True, getters, lengths[0], declared)


def _column(values: Any, label: str) -> tuple[Getter, int]:
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise ValueError(f"{label} is an array of shape {values.shape}; expected one dimension")
        return array_getter(_unmasked(values)), len(values)
    if (getter := series_getter(values)) is not None:
        return getter, len(values)
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, (Sequence, range)):
        raise TypeError(
            f"{label} is of type {type(values).__name__}; expected a list or an array with a cell "
            "for each row"
        )
    return array_getter(_of_list(values)), len(values)


def _of_list(values: Sequence[Any]) -> NDArray[Any]:
    kinds = set(map(type, values))
    if kinds <= {float} or kinds <= {int, float}:
        array = np.asarray(values) if values else np.empty(0)
        if array.dtype.kind in "fi":
            return array
    return np.fromiter(values, object, len(values))


def _unmasked(values: NDArray[Any]) -> NDArray[Any]:
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind in "fiu":
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.ma.filled(values.astype(object), None)


def _of_matrix(X: Any, names: Sequence[Any] | None) -> MemorySource:
    if is_frame(X):
        raise TypeError("X is a data frame, which has names of its own; give it without names")
    if hasattr(X, "toarray"):
        raise TypeError("X is a sparse matrix; give X.toarray(), which has a cell for each column")
    X = _unmasked(X if isinstance(X, np.ndarray) else np.asarray(X))
    if X.ndim != 2:
        raise ValueError(f"X has the shape {X.shape}; expected two dimensions, a row a sample")
    named = names is not None
    names = numbered_names(X.shape[1]) if names is None else list(names)
    if len(names) != X.shape[1]:
        raise ValueError(
            f"names has {plural(len(names), 'name')} and X {plural(X.shape[1], 'column')}; "
            "expected a name for each column"
        )
    getters = [array_getter(X[:, i]) for i in range(X.shape[1])]
    return MemorySource("X", _checked(names, "names"), named, getters, len(X))


def _checked(labels: Sequence[Any], label: str) -> tuple[str, ...]:
    """Check the names of columns."""
    if not labels:
        raise ValueError(f"{label} has no columns; expected {_EXPECTED}")
    for name in labels:
        if not isinstance(name, str):
            raise TypeError(
                f"{label}: a column is named {name!r} ({type(name).__name__}); names must be text "
                "(of a pandas frame: frame.columns = frame.columns.map(str))"
            )
    check_different(labels, label, error=ValueError)
    return tuple(map(str, labels))
