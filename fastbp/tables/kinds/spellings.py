"""Spellings of numbers: which readings a cell allows, and its number by one of them.

A reading says what a point, a comma, a space and an apostrophe mean. ``1,234`` is 1234 where a
comma stands between thousands and 1.234 where it stands before decimals; which of them a column
means is told by the cells that allow one reading only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastbp.tables.limits import LARGEST_WHOLE

#: (decimal mark, mark between thousands), the plainest first: a point for decimals, as in Python.
READINGS = (
    (".", ""),
    (".", ","),
    (",", ""),
    (",", "."),
    (".", " "),
    (",", " "),
    (".", "'"),
    (",", "'"),
)
ALL = (1 << len(READINGS)) - 1
PLAIN = 1


def _bits(decimal: str = ".,", thousands: str | None = None) -> int:
    """The readings with one of these decimal marks and, if given, this mark between thousands."""
    return sum(
        1 << i
        for i, (mark, between) in enumerate(READINGS)
        if mark in decimal and thousands in (None, between)
    )


WITH_POINT, WITH_COMMA = _bits("."), _bits(",")
#: A comma between thousands: 1,234 is 1234.
COMMA_THOUSANDS = _bits(".", ",")

_LONGEST = 100
_SPACES = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2212": "-", "\u2019": "'"})
_CURRENCY = r"(?:US\$|[$€£¥₹₽₩]|CHF|EUR|GBP|USD|JPY|CNY|INR|Rs\.?)"
_UNIT = r"(?:[^\W\d_]|[%‰°$€£¥₹₽₩])[^\s\d+\-,;=<>|]{0,11}[23²³]?(?: [^\W\d_]{1,8}\.?)?"
_CELL = re.compile(
    rf"([+-]?) ?({_CURRENCY})? ?([+-]?)"
    r"([.,]?[0-9](?:[0-9.,]|[ '](?=[0-9]))*(?:[eE][+-]?[0-9]+)?)"
    rf"(?: ?({_UNIT}))?"
)
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_GROUPS = r"[1-9][0-9]{{0,2}}(?:{0}[0-9]{{3}})+"
_INDIAN = r"[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}"
#: The readings that a number without sign and unit allows: those of all patterns that match.
_FORMS = tuple(
    (re.compile(pattern), bits)
    for pattern, bits in (
        (rf"[0-9]+{_EXPONENT}", ALL),
        (rf"(?:[0-9]+\.[0-9]*|\.[0-9]+){_EXPONENT}", WITH_POINT),
        (rf"(?:[0-9]+,[0-9]*|,[0-9]+){_EXPONENT}", WITH_COMMA),
        (rf"{_INDIAN}(?:\.[0-9]*)?", COMMA_THOUSANDS),
        (_GROUPS.format(r"\.") + r"(?:,[0-9]*)?", _bits(",", ".")),
        (_GROUPS.format(" "), _bits(thousands=" ")),
        (_GROUPS.format(" ") + r"\.[0-9]*", _bits(".", " ")),
        (_GROUPS.format(" ") + r",[0-9]*", _bits(",", " ")),
        (_GROUPS.format("'"), _bits(thousands="'")),
        (_GROUPS.format("'") + r"\.[0-9]*", _bits(".", "'")),
        (_GROUPS.format("'") + r",[0-9]*", _bits(",", "'")),
    )
)
_CODE = re.compile(r"0[0-9]+")


@dataclass(frozen=True, slots=True)
class Numeral:
    """What is told of a cell that can be a number.

    Attributes
    ----------
    prefix, suffix : str
        The currency before it, and the unit after it.
    readings : int
        The readings that it allows, a bit of each.
    is_code : bool
        Whether it is a whole number that begins with 0, or has more digits than a float64.
    """

    prefix: str
    suffix: str
    readings: int
    is_code: bool = False


PLAIN_NUMERAL = Numeral("", "", WITH_POINT)
WHOLE_NUMERAL = Numeral("", "", ALL)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the numbers of a column are written."""

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether they are written as Python writes them."""
        return self == PLAIN_SPELLING

    def number(self, text: str) -> float | None:
        """Read a cell; None if it is not written in this way.

        Examples
        --------
        >>> Spelling(",", ".", suffix="kg").number("1.234,5 kg")
        1234.5
        """
        parts = _parts(text)
        if parts is None:
            return None
        sign, prefix, core, suffix = parts
        if prefix != self.prefix or suffix != self.suffix:
            return None
        if not _readings(core) >> READINGS.index((self.decimal, self.thousands)) & 1:
            return None
        if self.thousands:
            core = core.replace(self.thousands, "")
        if self.decimal == ",":
            core = core.replace(",", ".")
        return float(sign + core)

    def describe(self) -> str:
        """Describe it: ``decimal comma, points between thousands, unit kg``."""
        parts = []
        if self.decimal == ",":
            parts.append("decimal comma")
        if self.thousands:
            parts.append(f"{_MARK_NAMES[self.thousands]} between thousands")
        if self.prefix:
            parts.append(f"currency {self.prefix}")
        if self.suffix:
            parts.append("in percent" if self.suffix == "%" else f"unit {self.suffix}")
        return ", ".join(parts)


PLAIN_SPELLING = Spelling()
_MARK_NAMES = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}


def numeral(text: str) -> Numeral | None:
    """Tell which readings a cell allows; None if it is no number by any.

    Examples
    --------
    >>> numeral("22 kg").suffix, numeral("02139").is_code, numeral("kg 22")
    ('kg', True, None)
    """
    parts = _parts(text)
    if parts is None:
        return None
    _, prefix, core, suffix = parts
    readings = _readings(core)
    if not readings:
        return None
    is_code = False
    if not prefix and not suffix and core.isdigit():
        is_code = core[0] == "0" and _CODE.fullmatch(core) is not None
        is_code = is_code or (len(core) > 15 and int(core) > LARGEST_WHOLE)
    return Numeral(prefix, suffix, readings, is_code)


def spelling_of(sample: Numeral, reading: int) -> Spelling:
    """The spelling of this reading with the numeral's currency and unit."""
    return Spelling(*READINGS[reading], sample.prefix, sample.suffix)


def _parts(text: str) -> tuple[str, str, str, str] | None:
    """Take a cell apart: sign, currency, number, unit."""
    if len(text) > _LONGEST:
        return None
    match = _CELL.fullmatch(text if text.isascii() else text.translate(_SPACES))
    if match is None:
        return None
    sign, prefix, inner_sign, core, suffix = match.groups()
    if sign and inner_sign:
        return None
    return sign or inner_sign, prefix or "", core, suffix or ""


def _readings(core: str) -> int:
    found = 0
    for pattern, bits in _FORMS:
        if pattern.fullmatch(core):
            found |= bits
            if bits == ALL:
                return found
    return found
