"""A strict JSON parser: no duplicate keys, no NaN, limited depth and size."""

import json
import math
import reprlib
from typing import Any, NoReturn

from fastbp.errors import FileFormatError
from fastbp.inputs.nesting import MOST_LEVELS, is_too_deep

# Parsed, a list of lists takes 60 times its text. So many values take some hundred bytes each, and
# are still the tensors of 40,000 layers with Adam.
MOST_VALUES = 1 << 21


def parse_json(raw: bytes | bytearray | str, label: str) -> dict[str, Any]:
    """Parse one JSON object, strictly.

    Refused are what `parse_value` refuses, and any document that is not an object.

    Parameters
    ----------
    raw : bytes, bytearray or str
        The document.
    label : str
        The name of the document in messages.

    Returns
    -------
    dict

    Raises
    ------
    FileFormatError
        If it is not one unambiguous JSON object.

    Examples
    --------
    >>> parse_json('{"sizes": [2, 1]}', "network")
    {'sizes': [2, 1]}
    """
    value = parse_value(raw, label)
    if not isinstance(value, dict):
        raise FileFormatError(f"the {label} must be a JSON object, got {type(value).__name__}")
    return value


def parse_value(raw: bytes | bytearray | str, label: str) -> Any:
    """Parse any JSON value, strictly.

    Refused are duplicate keys, NaN and infinities, numbers that overflow, nesting of more than
    `MOST_LEVELS`, more values than `MOST_VALUES`, and text that is not UTF-8.

    Examples
    --------
    >>> parse_value('[2, 1]', "list")
    [2, 1]
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
        if most_values(text) > MOST_VALUES:
            raise ValueError(f"it may hold more than {MOST_VALUES} values")
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
        too_deep = is_too_deep(value)
    except RecursionError:  # the parser's own limit
        too_deep = True
    except ValueError as error:
        raise FileFormatError(f"the {label} is not valid JSON: {error}") from None
    if too_deep:
        raise FileFormatError(f"the {label} is nested too deeply: more than {MOST_LEVELS} levels")
    return value


def most_values(text: str) -> int:
    """Bound the values in a JSON text, before it is parsed: what begins one, in strings too.

    Examples
    --------
    >>> most_values('{"sizes": [2, 1]}')
    3
    """
    return sum(map(text.count, "[{,"))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {reprlib.repr(key)} occurs twice")
        result[key] = value
    return result


def _refuse_constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not a JSON number")


def _finite_float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError(f"the number {literal:.40} is too large")
    return number
