"""What a cell of a table's first lines looks like, before the columns are known."""

from __future__ import annotations

from fastbp.tables.kinds.markers import AMONG_VALUES, is_marker

_NONE_GIVEN: frozenset[str] = frozenset()


def is_number(cell: str) -> bool:
    """Whether a cell is written as a number: ``3``, ``-0.5``, ``1e-3``; not ``1_000``."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and not is_missing(cell)


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or stands for a missing one among numbers."""
    return is_marker(cell.strip(), AMONG_VALUES, _NONE_GIVEN)
