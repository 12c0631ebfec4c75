"""Validation of targets: labels, class names, one-hot and soft labels, and numbers.

=====================  ==========================================================================
y                      read as
=====================  ==========================================================================
whole numbers (n,)     class labels 0..n_L-1, where the network has several outputs
text (n,)              class names; their sorted list becomes the network's ``classes``
a frame (n, 1)         its column, labels or names as above
numbers (n,), (n, 1)   targets, where the network has one output
numbers (n, n_L)       targets, one-hot or soft labels
=====================  ==========================================================================
"""

from typing import Any, NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.errors import ShapeError
from fastbp.inputs.array_type import Array
from fastbp.inputs.arrays import as_array, as_real, numpy_expression
from fastbp.inputs.frames import collect_lazy, is_frame, names_column
from fastbp.inputs.object_arrays import is_missing
from fastbp.inputs.scalars import short_repr
from fastbp.inputs.target_kinds import KINDS, blocks, kind_of
from fastbp.operations import LOSSES, LossRow

#: How far the sum of a soft label's row may be from 1; float32 shares of 1,000 classes stay below.
SUM_TOLERANCE = 1e-4
_COUNT_IDS: dict[str, int] = {name: _boundary.COUNT_IDS[kind.count] for name, kind in KINDS.items()}


class Targets(NamedTuple):
    """Targets that the boundary can read."""

    array: Array  # (m, n_L) numbers, or (m,) class indices
    kind: str  # what they mean: a name in target_kinds.KINDS
    classes: tuple[str, ...] | None  # the class names, where y holds names
    has_accuracy: bool  # whether outputs are counted as correct
    count_id: int  # the boundary's rule for correct outputs
    given: Array  # as an array, before it was interpreted


def as_targets(
    y: Any,
    n_samples: int,
    *,
    n_L: int,
    loss: str,
    output_activation: str,
    dtype: np.dtype[Any],
    classes: tuple[str, ...] | None = None,
    fitted_kind: str | None = None,
    infer_kind: bool = False,
    may_name: bool = False,
    name: str = "y",
) -> Targets:
    """Return y as the boundary reads it, checked for everything but finiteness.

    With ``fitted_kind``, the kind of the targets that the network was first fitted on, others are
    refused (see target_kinds). Without one, ``infer_kind`` infers the kind, in several passes over
    them; else they count as numbers. With ``may_name``, class names of
    a network that has none become its own: training may do that, but an evaluation would only guess
    which output they belong to.
    """
    array = y
    if type(y) is not np.ndarray:
        y = names_column(collect_lazy(y))
        array = as_array(y, name, dtype)
    if n_L > 1 and array.ndim == 2 and array.shape[1] == 1 and is_frame(y):
        array = array[:, 0]
    if array.ndim and len(array) != n_samples:
        raise ShapeError(
            f"X and {name} must have the same number of samples, got {n_samples} and {len(array)}"
        )
    given, is_labels, names = array, True, None
    if array.dtype.kind not in "biuf" and _is_text(array, name):
        if classes is None and not may_name:
            raise ValueError(
                f"{name} holds class names, but the network has none; set net.classes to the names "
                f"in the order of the outputs"
            )
        if array.ndim != 1:
            raise ShapeError(
                f"{name} must be 1-d where it holds class names, got shape {array.shape}"
                + _one_column(array, y, name)
            )
        array, names = _from_names(array, n_L, output_activation, classes, dtype, name)
    else:
        array = array if array.dtype.kind in "biu" else as_real(array, dtype, name)
        is_labels = array.ndim == 1 and n_L > 1
        if is_labels:
            array = _labels(array, n_L, name)
        else:
            array = _rows(array, y, n_samples, n_L, loss, dtype, name)
    kind = "numbers"
    if infer_kind or fitted_kind is not None:
        kind = kind_of(
            array,
            is_labels,
            fitted_kind,
            n_L=n_L,
            loss=loss,
            output_activation=output_activation,
            name=name,
        )
    return Targets(array, kind, names, kind != "numbers", _COUNT_IDS[kind], given)


def _rows(
    array: Array, y: Any, n_samples: int, n_L: int, loss: str, dtype: np.dtype[Any], name: str
) -> Array:
    """Targets (m, n_L), checked against what the loss takes."""
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] != n_L:
        expected_shape = f"({n_samples}, {n_L})" + (f" or ({n_samples},)" if n_L == 1 else "")
        labels = f", or ({n_samples},) class labels 0 to {n_L - 1}" if n_L > 1 else ""
        raise ShapeError(
            f"{name} must have shape {expected_shape}{labels}; got {array.shape}"
            + _one_column(array, y, name)
        )
    array = as_real(array, dtype, name)
    _check_limits(array, LOSSES[loss], name)
    if LOSSES[loss].targets == "shares":
        _check_sums(array, loss, name)
    return array


def one_row(y: Any, n_L: int, name: str = "y") -> Array:
    """The target of one sample, a label, (n_L,) or (1, n_L), in the shape of one row of targets."""
    y = np.asarray(y) if np.isscalar(y) else as_array(y, name)
    if y.ndim == 0:
        return np.asarray(y.reshape(1))  # a label, or the one output's target
    if y.shape == (n_L,) and y.dtype.kind in "biuf":
        return np.asarray(y.reshape(1, -1))
    return np.asarray(y)


def check_classes(names: Any, n_L: int) -> tuple[str, ...] | None:
    """Return class names for so many outputs; None where there are none."""
    if names is None:
        return None
    if not isinstance(names, (list, tuple, np.ndarray)) or not all(
        isinstance(name, str) for name in names
    ):
        raise TypeError(f"classes must be a list of strings or None, got {short_repr(names)}")
    n_classes = max(n_L, 2)
    if len(names) != n_classes or len(set(names)) != n_classes:
        raise ValueError(
            f"classes must be {n_classes} different names for {n_L} outputs, got {list(names)}"
        )
    return tuple(map(str, names))


def _one_column(array: Array, y: Any, name: str) -> str:
    """Suggest how to make labels of a single column."""
    if array.ndim != 2 or array.shape[1] != 1:
        return ""
    return f". For one label a row use {numpy_expression(y, name)}.reshape(-1)"


def _is_text(array: Array, name: str) -> bool:
    """Whether y holds class names; ValueError if it holds both names and other things."""
    if array.dtype.kind == "S":
        raise ValueError(
            f"{name} holds bytes (dtype {array.dtype}); for class names use "
            f"np.asarray({name.split()[-1]}).astype(str)"
        )
    if array.dtype.kind != "O":
        return array.dtype.kind in "UT"
    entries = array.ravel().tolist()
    is_name = [isinstance(entry, str) for entry in entries]
    if all(is_name) or not any(is_name):
        return bool(is_name) and is_name[0]
    first_other = is_name.index(False)
    if is_missing(entries[first_other]):
        raise ValueError(
            f"{name} holds class names, but {_element(array, first_other, name)} is missing "
            f"({entries[first_other]!r}); drop such rows, or give them a name of their own"
        )
    i = max(first_other, is_name.index(True))  # the first that differs from those before it
    raise ValueError(
        f"{name} must hold either class names (text) or numbers: {_element(array, 0, name)} is "
        f"{entries[0]!r}, but {_element(array, i, name)} is {entries[i]!r}. To make all of them "
        f"names, pass [str(label) for label in {name.split()[-1]}]"
    )


def _element(array: Array, i: int, name: str) -> str:
    """The expression for the i-th element of an array."""
    return f"{name}[{', '.join(str(k) for k in np.unravel_index(i, array.shape))}]"


def _labels(array: Array, n_L: int, name: str) -> Array:
    """Class indices of the integer type that the kernels use, in memory of our own."""
    for start, block in blocks(array):
        if block.dtype.kind == "b":
            continue
        good = (block >= 0) & (block < n_L)
        if block.dtype.kind == "f":
            good &= block == np.floor(block)
        if np.count_nonzero(good) < len(block):
            i = int(np.argmin(good))
            raise ValueError(
                f"{name} must hold class labels, whole numbers from 0 to {n_L - 1} for "
                f"{n_L} outputs; {name}[{start + i}] is {block[i]}{_numbered(array, n_L, name)}"
            )
    return array.astype(np.intp)


def _numbered(array: Array, n_L: int, name: str) -> str:
    """Suggest how to make labels of other whole numbers."""
    values = np.unique(array)
    if not np.all(np.isfinite(values) & (values == np.floor(values))):
        return ""
    if len(values) <= n_L:
        variable = name.split()[-1]
        return (
            f". Number the classes from 0, for example by "
            f"np.unique({variable}, return_inverse=True)[1]"
        )
    return f". These are {len(values)} classes: build the network with as many outputs"


def _from_names(
    array: Array,
    n_L: int,
    output_activation: str,
    classes: tuple[str, ...] | None,
    dtype: np.dtype[Any],
    name: str,
) -> tuple[Array, tuple[str, ...]]:
    """The targets that class names stand for, and all names."""
    if n_L == 1 and output_activation != "sigmoid":
        raise ValueError(
            f"{name} holds text, but the network's one output is {output_activation!r}: class "
            f"names need several outputs, or one sigmoid output"
        )
    entries = array.tolist()
    n_classes = max(n_L, 2)
    if classes is None:
        classes = tuple(sorted(set(entries)))
        if len(classes) != n_classes:
            one_name, one_output = len(classes) == 1, n_L == 1
            remedies = [f"build it with sizes[-1] = {len(classes)}"] * (not one_name)
            remedies += [f"set net.classes to the {n_classes} names first"] * (
                len(classes) < n_classes
            )
            raise ValueError(
                f"{name} has {len(classes)} class name{'s' * (not one_name)}, but the network has "
                f"{n_L} output{'s' * (not one_output)} for {n_classes} classes; "
                f"{', or '.join(remedies)}"
            )
    index = {label: c for c, label in enumerate(classes)}
    for i, entry in enumerate(entries):
        if entry not in index:
            raise ValueError(
                f"{name}[{i}] is {entry!r}, which is none of the network's classes: "
                f"{', '.join(map(repr, classes))}. Leave such rows out, or build a network with an "
                f"output for each name"
            )
    labels = np.array([index[entry] for entry in entries], dtype=np.intp)
    if n_L == 1:
        return labels.astype(dtype).reshape(-1, 1), classes
    return labels, classes


def _check_limits(array: Array, row: LossRow, name: str) -> None:
    low, high = row.target_limits
    if (low, high) == (-np.inf, np.inf):
        return  # a pass over the targets takes as long as a step of a few nodes
    for start, block in blocks(array):
        bad = (block < low) | (block > high)
        if bad.any():
            i, j = (int(index) for index in np.argwhere(bad)[0])
            interval = f"lie in [{low}, {high}]" if np.isfinite(high) else f"be at least {low}"
            raise ValueError(
                f"{name} must {interval} for {row.name}; {name}[{start + i}, {j}] is "
                f"{block[i, j]}. {_into_limits(array, row, name)}"
            )


def _into_limits(array: Array, row: LossRow, name: str) -> str:
    """Suggest how to bring targets into the range that a loss takes."""
    values = np.unique(array)
    if row.targets != "numbers" and len(values) == 2:
        return f"np.equal({name.split()[-1]}, {values[1]:g}) makes zeros and ones of its two values"
    return "Scale it into that range, or build the network for numbers, with a squared error"


def _check_sums(array: Array, loss: str, name: str) -> None:
    for start, block in blocks(array):
        total = block.sum(axis=1, dtype=np.float64)
        bad = np.abs(total - 1) > SUM_TOLERANCE
        if bad.any():
            i = int(np.argmax(bad))
            raise ValueError(
                f"the rows of {name} must sum to 1 for {loss}; row {start + i} sums to "
                f"{total[i]:g}. Divide each row by its sum; for several labels a row build the "
                f"network with output_activation='sigmoid' and loss='binary_cross_entropy'"
            )
