"""One cell of a table: whether it is a number, and what is wrong with it if it is not."""

from __future__ import annotations

import re

# How programs write a cell that holds nothing, in lower case.
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "<na>", "null", "none"})

_LONGEST_SHOWN = 40
# One comma with three digits behind it: 1,101 is 1101 to some programs and 1.101 to others. A first
# group of 0 or of more than three digits is no thousands.
_EITHER_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
# 1,234,567 and 1,101.5; in India 12,34,567.
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?")
# 1.234,5 and 1.234.567,8: thousands with points, decimals with a comma.
_POINTS_AND_COMMA = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+")


def is_number(cell: str) -> bool:
    """Whether a cell is written as a number: ``3``, ``-0.5``, ``1e-3``; not ``1_000``."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and not is_missing(cell)


def is_missing(cell: str) -> bool:
    """Whether a cell is empty, or says in a usual way that it holds nothing."""
    return cell.strip().lower() in MISSING


def has_decimal_or_thousands_comma(cell: str) -> bool:
    """Whether a cell is a number that its commas alone make none: ``2,5``, ``1,101``."""
    return "," in cell and (
        is_number(cell.replace(",", ".", 1))
        or any(form.fullmatch(cell.strip()) for form in (_THOUSANDS, _POINTS_AND_COMMA))
    )


def complaint(cell: str) -> str:
    """Say why a cell is no finite number, and how to write it so that it is one.

    Examples
    --------
    >>> complaint("2,5")
    "'2,5' is not a number; write decimals with a point, not with a comma"
    """
    shown = repr(cell if len(cell) <= _LONGEST_SHOWN else cell[: _LONGEST_SHOWN - 3] + "...")
    if is_missing(cell):
        return f"the cell is missing ({shown})"
    if is_number(cell):
        return f"{shown} is not a finite number"
    number = cell.strip()
    with_point, without_commas = number.replace(",", ".", 1), number.replace(",", "")
    if _EITHER_COMMA.fullmatch(number):
        return (
            f"{shown} is not a number: if its comma separates thousands, write {without_commas}; "
            f"if it is a decimal comma, write {with_point} (the same in the whole column)"
        )
    if is_number(with_point):
        return f"{shown} is not a number; write decimals with a point, not with a comma"
    if _POINTS_AND_COMMA.fullmatch(number):
        plain = number.replace(".", "").replace(",", ".")
        return f"{shown} is not a number; write {plain}, with a point for decimals alone"
    if _THOUSANDS.fullmatch(number):
        return f"{shown} is not a number; write thousands without commas"
    return f"{shown} is not a number"
