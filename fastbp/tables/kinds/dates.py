"""Dates and times of day in text: which orders of day, month and year a cell allows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Match

#: The orders, a bit of each.
ORDERS = {"dmy": 1, "mdy": 2, "ymd": 4}
ANY_ORDER = 7
ORDER_NAMES = {
    "dmy": "day, month, year",
    "mdy": "month, day, year",
    "ymd": "year, month, day",
}

_LONGEST = 50
# Two digits of a year are of the century that POSIX says: 69 to 99 are 1969 to 1999.
_PIVOT = 69
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MONTHS = {short: i for i, name in enumerate(_MONTH_NAMES, 1) for short in (name, name[:3])} | {
    "sept": 9
}
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_TIME = rf"(?:[T ,]+{_CLOCK}(?: ?(?:Z|UTC|[+-]\d{{2}}:?\d{{2}}))?)?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_ISO = re.compile(r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})(?:\2(?P<d>\d{1,2}))?" + _TIME)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_NUMERIC = re.compile(r"(?P<a>\d{1,2})([-/.])(?P<b>\d{1,2})\2(?P<c>\d{4}|\d{2})" + _TIME)
_NAMED = re.compile(
    _WEEKDAY
    + r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[ -])?(?P<name>[A-Za-z]{3,9})\.?"
    + r"(?:[ -](?P<e>\d{1,2})(?:st|nd|rd|th)?)?(?:,? |-)(?P<y>\d{4})"
    + _TIME,
    re.IGNORECASE,
)

_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})[ -](?P<name>[A-Za-z]{3,9})\.?(?:[ -](?P<d>\d{1,2}))?" + _TIME
)

#: Texts of no date by their first letters: most words of most tables.
_MAY_BE_DATE = re.compile(
    r"[0-9]{1,4}(?:[-/. :]|st|nd|rd|th)|(?:mon|tue|wed|thu|fri|sat|sun|"
    + "|".join(name[:3] for name in _MONTH_NAMES)
    + ")",
    re.IGNORECASE,
).match

Moment = datetime.datetime
_Reader = Callable[[Match[str], str | None], Moment]
_Form = tuple[re.Pattern[str], _Reader]


@dataclass(frozen=True, slots=True)
class Dated:
    """What is told of a cell that can be a date.

    Attributes
    ----------
    orders : int
        The orders that it allows, a bit of each.
    is_settled : bool
        Whether it is the same moment by all of them.
    """

    orders: int
    is_settled: bool


def dated(text: str) -> Dated | None:
    """Tell which orders a cell allows; None if it is no date by any.

    Examples
    --------
    >>> dated("2024-05-01"), dated("13/02/2024").orders, dated("hello")
    (Dated(orders=7, is_settled=True), 1, None)
    """
    if not _MAY_BE_DATE(text) or (found_form := _matching(text, _FORMS)) is None:
        return None
    match, read = found_form
    if read is not _from_numeric:
        return None if _tried(read, match, None) is None else Dated(ANY_ORDER, True)
    found = {order: when for order in ORDERS if (when := _tried(read, match, order)) is not None}
    if not found:
        return None
    orders = sum(ORDERS[order] for order in found)
    return Dated(orders, len(set(found.values())) == 1)


def moment(text: str, order: str | None, compact: bool = False) -> Moment | None:
    """Read a cell whose day, month and year stand in this order.

    A zone behind it is left out: what is read is the time on the clock there. With `compact`,
    ``20240501`` is a date too. A time without a date is of the first day of 1970.

    Examples
    --------
    >>> moment("1.2.2024 14:30", "dmy")
    datetime.datetime(2024, 2, 1, 14, 30)
    """
    found = _matching(text, _WITH_COMPACT if compact else _FORMS)
    return None if found is None else _tried(found[1], found[0], order)


def _matching(text: str, forms: Sequence[_Form]) -> tuple[Match[str], _Reader] | None:
    """The form that a text has."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    for pattern, read in forms:
        if (match := pattern.fullmatch(text)) is not None:
            return match, read
    return None


def _tried(read: _Reader, match: Match[str], order: str | None) -> Moment | None:
    try:
        return read(match, order)
    except ValueError:
        return None


def _from_iso(match: Match[str], order: str | None) -> Moment:
    parts = match.groupdict()
    # 2024.05 is a number.
    if parts["d"] is None and match.group(2) == ".":
        raise ValueError
    return _moment(parts["y"], parts["m"], parts["d"] or "1", parts)


def _from_numeric(match: Match[str], order: str | None) -> Moment:
    parts = match.groupdict()
    a, b, c = parts["a"], parts["b"], parts["c"]
    if order is None:
        raise ValueError
    if order == "ymd":
        if len(a) != 2 or len(c) != 2:
            raise ValueError
        return _moment(a, b, c, parts)
    return _moment(c, b, a, parts) if order == "dmy" else _moment(c, a, b, parts)


def _from_named(match: Match[str], order: str | None) -> Moment:
    parts = match.groupdict()
    month = _MONTHS.get(parts["name"].lower())
    days = [day for day in (parts["d"], parts.get("e")) if day]
    if month is None or len(days) > 1:
        raise ValueError
    return _moment(parts["y"], str(month), days[0] if days else "1", parts)


def _from_time(match: Match[str], order: str | None) -> Moment:
    return _moment("1970", "1", "1", match.groupdict())


def _moment(year: str, month: str, day: str, parts: dict[str, str]) -> Moment:
    y = int(year)
    if len(year) == 2:
        y += 1900 if y >= _PIVOT else 2000
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + 12 * (half in "pP")
    part = (parts.get("part") or "").ljust(6, "0")[:6]
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    return Moment(y, int(month), int(day), hour, minute, second, int(part))


_FORMS: tuple[_Form, ...] = (
    (_ISO, _from_iso),
    (_NUMERIC, _from_numeric),
    (_NAMED, _from_named),
    (_YEAR_FIRST, _from_named),
    (re.compile(_CLOCK), _from_time),
)
_WITH_COMPACT = (*_FORMS, (_COMPACT, _from_iso))
