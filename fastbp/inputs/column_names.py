"""Column names of data frames, and the check that they are those of the first fit."""

from collections import Counter
from typing import Any

from fastbp.inputs.frames import MOST_LISTED, column_labels, is_frame
from fastbp.text.formatting import join_some


def column_names(value: Any) -> tuple[str, ...] | None:
    """A frame's column names if they are text and unique; None otherwise."""
    labels = _all_text(value)
    return labels if labels and len(set(labels)) == len(labels) else None


def check_column_names(value: Any, names: tuple[str, ...] | None, name: str) -> None:
    """Raise ValueError if a frame has other column names than these, or in another order.

    A pandas Series is a frame's row. Arrays, and frames whose labels are not text, are matched by
    position.
    """
    if names is None:
        return
    is_row = hasattr(type(value), "index") and hasattr(type(value), "to_frame")
    labels = _text(list(value.index)) if is_row else _all_text(value)
    if not labels or labels == names:
        return
    select = f"{name if is_row else 'frame'}[list(net.feature_names)]"
    if hasattr(type(value), "collect") or hasattr(type(value), "column_names"):
        select = "frame.select(list(net.feature_names))"  # a lazy frame, or a pyarrow table
    missing, unknown = Counter(names) - Counter(labels), Counter(labels) - Counter(names)
    if not missing and not unknown:
        c = next(c for c, label in enumerate(labels) if label != names[c])
        raise ValueError(
            f"{name} has its columns in another order than the network was fitted on: column {c} "
            f"is {labels[c]!r}, expected {names[c]!r}; use {select}"
        )
    differences = [
        f"{kind}: {join_some(map(repr, labels_of_kind.elements()), MOST_LISTED)}"
        for kind, labels_of_kind in (("missing", missing), ("unknown", unknown))
        if labels_of_kind
    ]
    remedy = f"use {select}"
    if missing:
        remedy = (
            "rename or add columns so that all of net.feature_names are there, then use "
            f"{select}; np.asarray({name if is_row else 'frame'}) goes by position"
        )
    raise ValueError(
        f"{name} must have the columns that the network was fitted on; {'; '.join(differences)}. "
        f"{remedy[0].upper()}{remedy[1:]}"
    )


def _all_text(value: Any) -> tuple[str, ...] | None:
    """A frame's column labels if all of them are text."""
    return _text(column_labels(value)) if is_frame(value) else None


def _text(labels: list[Any]) -> tuple[str, ...] | None:
    return tuple(map(str, labels)) if all(isinstance(label, str) for label in labels) else None
