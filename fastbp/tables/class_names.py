"""Names of classes: which spellings are one class, their order, and what is to be said of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from fastbp.text.formatting import list_names

TRUTHS = ("true", "false")
_WHOLE = re.compile(r"([+-]?(?:0|[1-9][0-9]*))\.0+")


def class_key(text: str) -> str:
    """What the spellings of one class have in common."""
    if (match := _WHOLE.fullmatch(text)) is not None:
        return match[1]
    return text.lower() if text.lower() in TRUTHS else text


def spelling_notes(names: Sequence[str]) -> list[str]:
    """Point out the classes that may be one in several spellings."""
    letters, numbers = defaultdict(list), defaultdict(list)
    for name in names:
        letters["".join(name.casefold().split())].append(name)
        if (value := _value(name)) is not None:
            numbers[value].append(name)
    notes = [
        f"the classes {list_names(spellings)} differ in capitals or spaces only and stay apart; if "
        "they are one class, write it in one way"
        for spellings in letters.values()
        if len(spellings) > 1
    ]
    notes += [
        f"the classes {list_names(spellings)} are one number in {len(spellings)} spellings and "
        "stay apart; if they are one class, write it in one way"
        for spellings in numbers.values()
        if len(spellings) > 1
    ]
    return notes


def sort_key(name: str) -> tuple[bool, Decimal, str]:
    """Sort key of class names: numbers by value, then text."""
    value = _value(name)
    return value is None, value or Decimal(0), name


def _value(name: str) -> Decimal | None:
    """The number that a name is, with all of its digits; None if it is none."""
    try:
        value = Decimal(name) if "_" not in name else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
