"""First lines of tables as some programs write them: R, scikit-learn, Orange."""

from __future__ import annotations

from collections.abc import Sequence

from fastbp.tables.cells import is_number

_ORANGE_TYPES = frozenset(
    {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "numeric", "categorical", ""}
)
ORANGE_CATEGORIES = frozenset({"d", "discrete", "categorical"})
_ORANGE_FLAGS = frozenset({"class", "meta", "ignore", "weight", ""})


def first_is_odd(rows: Sequence[Sequence[str]]) -> str:
    """Say how the first record differs in length from all others: what it is then; or nothing.

    ``row names``: R's write.table names the columns but not that of the row names. ``trailing``:
    all rows but the header end with a delimiter. ``counted``: scikit-learn's line of the numbers of
    rows and features and the names of the classes.
    """
    if len(rows) < 2:
        return ""
    widths = {len(row) for row in rows[1:]}
    if len(widths) != 1:
        return ""
    (width,) = widths
    first = rows[0]
    if _is_counted(first, rows[1:], width):
        return "counted"
    if len(first) != width - 1 or any(map(is_number, first)):
        return ""
    return "trailing" if all(not row[-1] for row in rows[1:]) else "row names"


def _is_counted(first: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a first record is ``150,4,setosa,versicolor,virginica``."""
    if len(first) < 4 or not all(cell.isdecimal() and cell.isascii() for cell in first[:2]):
        return False
    classes = first[2:]
    codes = {str(i) for i in range(len(classes))}
    return (
        first[1] == str(width - 1)
        and not any(map(is_number, classes))
        and all(row[-1] in codes for row in rows)
        and all(map(is_number, rows[0]))
    )


def is_orange(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the second and third record are the types and roles of Orange's three headers."""
    if len(rows) < 3 or len({len(row) for row in rows[:3]}) != 1:
        return False
    types = {cell.lower() for cell in rows[1]}
    flags = {cell.lower() for cell in rows[2]}
    return types <= _ORANGE_TYPES and types != {""} and flags <= _ORANGE_FLAGS
