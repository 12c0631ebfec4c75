"""A schema as a dict that JSON can hold, and back with every entry checked.

================  ==============================================================================
``"version"``     1
``"names"``       the columns of the table, in its order
``"named"``       whether they are the table's own names
``"target"``      ``name`` and ``task``; ``classes``; ``spelling`` of numbers, ``among_numbers``,
                  ``reason``
``"numbers"``     the places in ``names`` of the columns of plain numbers
``"others"``      for each other feature its place, its kind, and what the kind keeps
``"reasons"``     for some columns the place and what is said of it
``"missing"``     texts that stand for a missing cell beside the usual ones
================  ==============================================================================

A table of 60,000 columns of numbers so takes its names and a list of places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastbp.errors import FileFormatError
from fastbp.tables.kinds.date import PARTS, Date
from fastbp.tables.kinds.dates import ORDERS
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.number import Number
from fastbp.tables.kinds.spellings import PLAIN_SPELLING, READINGS, Spelling
from fastbp.tables.kinds.words import Ordered, Words, YesNo
from fastbp.tables.schema_target import TargetSchema
from fastbp.text.formatting import list_names

_VERSION = 1
_KEYS = ("version", "names", "named", "target", "numbers", "others", "reasons", "missing")
_TARGET_KEYS = ("name", "task", "classes", "spelling", "among_numbers", "reason")
_TASKS = ("classify", "regress")
_PLAIN = Number()
#: Microseconds since 1970 of the years 1 to 9999.
_FIRST, _LAST = -62135596800000000, 253402300799999999
_LONGEST_AFFIX = 100


def schema_dict(
    names: tuple[str, ...],
    named: bool,
    target: TargetSchema,
    kinds: Mapping[str, Kind],
    reasons: Mapping[str, str],
    missing: frozenset[str],
) -> dict[str, Any]:
    """Return a schema's dict; see the module."""
    places = {name: i for i, name in enumerate(names)}
    return {
        "version": _VERSION,
        "names": list(names),
        "named": named,
        "target": {
            "name": target.name,
            "task": target.task,
            "classes": list(target.classes),
            "spelling": target.number.to_dict(),
            "among_numbers": target.among_numbers,
            "reason": target.reason,
        },
        "numbers": [places[name] for name, kind in kinds.items() if kind == _PLAIN],
        "others": [
            [places[name], kind.word, kind.to_dict()]
            for name, kind in kinds.items()
            if kind != _PLAIN
        ],
        "reasons": [[places[name], reason] for name, reason in reasons.items() if name in places],
        "missing": sorted(missing),
    }


def schema_fields(entries: object) -> dict[str, Any]:
    """Check a dict of a model file, and return the fields of the schema that it describes.

    Raises
    ------
    FileFormatError
        If it is of another version, or not what `schema_dict` gives.
    """
    content = _record("schema", entries, _KEYS)
    if content["version"] != _VERSION or isinstance(content["version"], bool):
        raise FileFormatError(
            f"the model's schema is of version {content['version']!r:.40}, this fastbp reads "
            f"{_VERSION}"
        )
    names = _texts("names", content["names"])
    _check("names", len(set(names)) == len(names) >= 2, content["names"])
    _check("named", isinstance(content["named"], bool), content["named"])
    target = _target(content["target"], names)
    by_place: dict[int, Kind] = dict.fromkeys(_places(content["numbers"], len(names)), _PLAIN)
    for place, word, kept in _rows("others", content["others"], (int, str, dict)):
        _check("others", 0 <= place < len(names) and place not in by_place, place)
        _check("others", word in _OF_WORD, word)
        by_place[place] = _OF_WORD[word](kept)
    kinds = {names[place]: by_place[place] for place in sorted(by_place)}
    _check("features", bool(kinds) and target.name not in kinds, target.name)
    reasons = {}
    for place, reason in _rows("reasons", content["reasons"], (int, str)):
        _check("reasons", 0 <= place < len(names), place)
        reasons[names[place]] = reason
    return {
        "names": names,
        "named": content["named"],
        "target": target,
        "kinds": kinds,
        "reasons": reasons,
        "missing": frozenset(_texts("missing", content["missing"])),
    }


def _target(entries: object, names: tuple[str, ...]) -> TargetSchema:
    content = _record("target", entries, _TARGET_KEYS)
    _check("target", content["name"] in names, content["name"])
    _check("task", content["task"] in _TASKS, content["task"])
    classes = _texts("classes", content["classes"])
    good = len(classes) >= 2 if content["task"] == "classify" else not classes
    _check("classes", good and len(set(classes)) == len(classes), content["classes"])
    _check("among_numbers", isinstance(content["among_numbers"], bool), content["among_numbers"])
    _check("reason", isinstance(content["reason"], str), content["reason"])
    return TargetSchema(
        content["name"],
        content["task"],
        classes,
        _number(content["spelling"]),
        content["among_numbers"],
        content["reason"],
    )


def _number(entries: object) -> Number:
    content = _record("spelling", entries, ("decimal", "thousands", "prefix", "suffix"))
    good = all(isinstance(text, str) and len(text) <= _LONGEST_AFFIX for text in content.values())
    good = good and (content["decimal"], content["thousands"]) in READINGS
    _check("spelling", good, entries)
    spelling = Spelling(**content)
    return _PLAIN if spelling == PLAIN_SPELLING else Number(spelling)


def _words(entries: object) -> Words:
    _record("words", entries, ())
    return Words()


def _yes_no(entries: object) -> YesNo:
    _record("yes/no", entries, ())
    return YesNo()


def _ordered(entries: object) -> Ordered:
    levels = _texts("levels", _record("ordered", entries, ("levels",))["levels"])
    _check("levels", len(set(levels)) == len(levels) >= 2, levels)
    return Ordered(levels)


def _date(entries: object) -> Date:
    content = _record("date", entries, ("order", "first", "parts"))
    order, first = content["order"], content["first"]
    _check("order", order is None or order in tuple(ORDERS), order)
    _check("first", type(first) is int and _FIRST <= first <= _LAST, first)
    parts = _texts("parts", content["parts"])
    _check("parts", parts == tuple(part for part in PARTS if part in parts), parts)
    return Date(order, first, parts)


_OF_WORD: dict[str, Callable[[object], Kind]] = {
    Number.word: _number,
    Words.word: _words,
    YesNo.word: _yes_no,
    Ordered.word: _ordered,
    Date.word: _date,
}


def _record(name: str, entries: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(entries, dict):
        raise FileFormatError(
            f"the model's {name} is a {type(entries).__name__}, expected a dict of its entries"
        )
    if set(entries) != set(keys):
        wrong = sorted(map(str, set(entries) ^ set(keys)))
        raise FileFormatError(
            f"the model's {name} has unknown or missing entries: {list_names(wrong)}"
        )
    return entries


def _texts(name: str, value: object) -> tuple[str, ...]:
    _check(name, isinstance(value, list) and all(type(text) is str for text in value), value)
    return tuple(value)  # type: ignore[arg-type]  # checked above


def _places(value: object, n: int) -> list[int]:
    good = isinstance(value, list) and all(type(i) is int and 0 <= i < n for i in value)
    _check("numbers", good and len(set(value)) == len(value), value)  # type: ignore[call-overload,arg-type]
    return list(value)  # type: ignore[call-overload,no-any-return]


def _rows(name: str, value: object, types: tuple[type, ...]) -> list[Any]:
    good = isinstance(value, list) and all(
        isinstance(row, list) and tuple(map(type, row)) == types for row in value
    )
    _check(name, good, value)
    return list(value)  # type: ignore[call-overload,no-any-return]


def _check(name: str, good: bool, value: object) -> None:
    if not good:
        shown = repr(value) if isinstance(value, (str, int, float)) else type(value).__name__
        raise FileFormatError(f"the model's schema holds a bad {name!r}: {shown:.80}")
