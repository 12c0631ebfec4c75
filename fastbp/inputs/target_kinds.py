"""Kinds of targets (classes, multilabel, one-hot, numbers) and which outputs count as correct.

Losses know numbers only, but a score must know whether a row of zeros and ones is one class,
several labels or just numbers. The rows at hand cannot say: among rows of several labels each may
happen to have exactly one. So the kind is decided once, from the loss and the targets of a
network's first fit, and later targets must be of that kind.

===========  ==========================================  =======================================
kind         decided by                                  an output is right where
===========  ==========================================  =======================================
classes      labels or names (m,), any y with softmax,   its largest a_j (one output: its side of
             zeros and ones for one sigmoid output       1/2) is that of y
multilabel   zeros and ones (m, n_L), with sigmoid and   every a_j is on the side of 1/2 that y_j
             binary_cross_entropy                        is on
one_hot      rows with a single one and zeros, with any  its largest a_j is that of y
             other output
numbers      all else                                    (R^2 instead of an accuracy)
===========  ==========================================  =======================================
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fastbp import _boundary
from fastbp.inputs.array_type import Array
from fastbp.operations import LOSSES

#: Rows looked at together, and numbers where they have many columns: bounds the memory that a check
#: of the targets takes, or a score.
_BLOCK, _NUMBERS = 65_536, 1 << 20


@dataclass(frozen=True)
class TargetKind:
    """A row of the table above; ``count`` is a name in the boundary's COUNT_IDS."""

    description: str
    count: str


KINDS: dict[str, TargetKind] = {
    "classes": TargetKind("classes", "largest"),
    "multilabel": TargetKind("rows of several labels, each 0 or 1", "every"),
    "one_hot": TargetKind("one-hot rows", "largest"),
    "numbers": TargetKind("numbers", "nothing"),
}


def possible_kinds(n_L: int, loss: str, output_activation: str) -> tuple[str, ...]:
    """The kinds that targets of such a network can have."""
    targets = LOSSES[loss].targets
    if targets == "shares":
        return ("classes",)
    if n_L == 1:
        return ("classes", "numbers") if output_activation == "sigmoid" else ("numbers",)
    rows = "multilabel" if targets == "labels" else "one_hot"
    return ("classes", rows, "numbers")


def kind_of(
    array: Array,
    is_labels: bool,
    fitted_kind: str | None,
    *,
    n_L: int,
    loss: str,
    output_activation: str,
    name: str,
) -> str:
    """The kind of checked targets: that of the first fit (``fitted_kind``), or else inferred.

    With ``is_labels`` they were class labels or names; other targets are rows (m, n_L).

    Raises
    ------
    ValueError
        If they are of another kind than those of the first fit.
    """
    possible = possible_kinds(n_L, loss, output_activation)
    if is_labels or possible == ("classes",):
        if fitted_kind in ("multilabel", "numbers"):
            raise _another_kind(name, fitted_kind, "got class labels")
        return fitted_kind or "classes"
    if fitted_kind == "numbers":
        return fitted_kind
    if fitted_kind is not None:
        if (i := _first_other(array, fitted_kind, n_L)) is not None:
            row = np.array2string(np.asarray(array[i]), threshold=8, edgeitems=3, separator=", ")
            raise _another_kind(name, fitted_kind, f"got numbers: {name}[{i}] is {row}")
        return fitted_kind
    # "numbers" is the last, and anything is that.
    return next((kind for kind in possible[:-1] if _looks_like(array, kind, n_L)), "numbers")


def _another_kind(name: str, fitted_kind: str, new_kind: str) -> ValueError:
    return ValueError(
        f"{name} must be of the kind that the network was first fitted on, "
        f"{KINDS[fitted_kind].description}; {new_kind}. "
        f"Give targets of that kind, or build a new network for these"
    )


def _looks_like(array: Array, kind: str, n_L: int) -> bool:
    if kind == "classes" and n_L > 1:
        return False  # only labels are; rows are of another kind
    return all(_all_true(_are_of_kind(block, kind, n_L)) for _, block in blocks(array))


def _first_other(array: Array, kind: str, n_L: int) -> int | None:
    """The first row of another kind, leaving out those that are not finite, which fit refuses."""
    for start, block in blocks(array):
        matches = _are_of_kind(block, kind, n_L)
        if not _all_true(matches):
            mismatch = ~matches & np.isfinite(block).all(axis=1)
            if mismatch.any():
                return start + int(mismatch.argmax())
    return None


def _are_of_kind(rows: Array, kind: str, n_L: int) -> Array:
    """Which rows can be of a kind; those of classes in several outputs are one-hot."""
    binary = (rows == 0) | (rows == 1)
    if n_L == 1:
        return np.asarray(binary[:, 0])  # a reduction takes as long as a step of a few nodes
    binary = binary.all(axis=1)
    if kind == "multilabel":
        return np.asarray(binary)
    return np.asarray(binary & (np.count_nonzero(rows, axis=1) == 1))


def _all_true(flags: Array) -> bool:
    """Whether all are true; called in every training step, and ``all`` takes five times as long."""
    return bool(np.count_nonzero(flags) == flags.size)


def blocks(array: Array) -> Iterator[tuple[int, Array]]:
    """An array's rows, some at a time, each time with the number of the first."""
    step = rows_in_block(1 if array.ndim == 1 else array.shape[1])
    return ((start, array[start : start + step]) for start in range(0, len(array), step))


def rows_in_block(columns: int) -> int:
    """How many rows of so many columns are looked at together."""
    return max(1, min(_BLOCK, _NUMBERS // columns))


def classes_of(array: Array) -> Array:
    """The class of each target: labels (m,), or the index of each row's largest number."""
    if array.ndim == 1:
        return array
    if array.shape[1] == 1:
        return np.asarray(array[:, 0] >= 0.5)
    if array.flags.c_contiguous:
        return np.asarray(array.argmax(axis=1))
    classes = np.empty(len(array), np.intp)  # argmax makes a copy of all it is given
    for start, block in blocks(array):
        block.argmax(axis=1, out=classes[start : start + len(block)])
    return classes


def correct_rows(a: Array, y: Array, count: int) -> Array:
    """Which outputs are correct, as the kernels count; ``count`` is one of COUNT_IDS."""
    if count == _boundary.COUNT_IDS["every"]:
        return np.asarray(((a >= 0.5) == (y >= 0.5)).all(axis=1))
    return np.asarray(classes_of(a) == classes_of(y))
