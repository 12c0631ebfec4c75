"""Parsing of table cells: numbers, missing values, and messages for all others."""

from __future__ import annotations

import re
from typing import NamedTuple

from fastbp.text.formatting import truncate

# Markers of missing values, in lower case.
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "<na>", "null", "<null>", "none"})

_LONGEST_SHOWN = 40
_MINUS = "\u2212"  # the mathematical sign, which spreadsheets and typesetters write
_SPACES = " \u00a0\u2009\u202f"
# Characters of the formats below; most cells have none of them.
_MARKS = re.compile(rf"[,'\u2019{_SPACES}{_MINUS}]|\..*\.")


class _Form(NamedTuple):
    """A number format with marks that `float` does not read."""

    pattern: re.Pattern[str]
    # What each mark becomes, for str.translate.
    marks: dict[int, str | None]
    # ``{plain}`` is the number without them.
    advice: str


def _form(pattern: str, advice: str, *, drop: str = "", point: str = "") -> _Form:
    marks: dict[str, str | None] = dict.fromkeys(drop) | dict.fromkeys(point, ".")
    return _Form(re.compile(pattern), str.maketrans(marks), advice)


_FORMS = (
    # One comma with three digits behind it: 1,101 is 1101 to some programs and 1.101 to others. A
    # first group of 0 or of more than three digits is no thousands.
    _form(
        r"[+-]?[1-9][0-9]{0,2},[0-9]{3}",
        "if its comma separates thousands, write {plain}; if it is a decimal comma, write {point} "
        "(the same in the whole column)",
        drop=",",
    ),
    _form(
        r"[+-]?([0-9]+,[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?",
        "write decimals with a point, not with a comma",
        point=",",
    ),
    # 1.234,5 and 1.234.567,8: thousands with points, decimals with a comma.
    _form(
        r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+",
        "write {plain}, with a point for decimals alone",
        drop=".",
        point=",",
    ),
    # 1,234,567 and 1,101.5; in India 12,34,567.
    _form(
        r"[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?",
        "write thousands without commas",
        drop=",",
    ),
    # 1.234.567 is no number; but then 234.567 beside it is read as one, and is wrong by 1000.
    _form(
        r"[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}",
        "if its points separate thousands, write {plain} (and all others of the column so)",
        drop=".",
    ),
    _form(
        rf"[+-]?[0-9]{{1,3}}(['\u2019{_SPACES}][0-9]{{3}})+([.,][0-9]*)?",
        "write {plain}, with nothing between thousands",
        drop=f"'\u2019{_SPACES}",
        point=",",
    ),
)


def is_number(cell: str) -> bool:
    """Whether a cell is written as a number: ``3``, ``-0.5``, ``1e-3``; not ``1_000``."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and not is_missing(cell)


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or a common marker of missing values."""
    return cell.strip().lower() in MISSING


def is_number_but_for_marks(cell: str) -> bool:
    """Whether a cell is a number in another spelling: ``2,5``, ``1,101``, ``1 101``, ``1.101,5``.

    Such a cell is not missing. It is not read as a number either, for it can mean two.
    """
    return bool(_MARKS.search(cell)) and not is_number(cell) and _advice(cell) is not None


def complaint(cell: str) -> str:
    """Explain why a cell is not a finite number, and how to write it.

    Examples
    --------
    >>> complaint("2,5")
    "'2,5' is not a number; write decimals with a point, not with a comma"
    """
    text = repr(truncate(cell, _LONGEST_SHOWN))
    if is_missing(cell):
        return f"the cell is missing ({text})"
    if is_number(cell):
        return f"{text} is not a finite number"
    advice = _advice(cell)
    if advice is None:
        return f"{text} is not a number"
    return f"{text} is not a number{':' if advice.startswith('if') else ';'} {advice}"


def _advice(cell: str) -> str | None:
    """Return how to write a cell that is a number but for its marks; None if it is not."""
    number = cell.strip().replace(_MINUS, "-")
    for form in _FORMS:
        if form.pattern.fullmatch(number):
            plain = number.translate(form.marks)
            return form.advice.format(plain=plain, point=number.replace(",", "."))
    if _MINUS in cell and is_number(number):
        return f"write {number}, with the minus sign of the keyboard (this one is U+2212)"
    return None
