"""JSON without its loose ends: one document has one meaning, and no document can do harm."""

import json
import math
import reprlib
from typing import Any, NoReturn

from fastbp.errors import FileFormatError


def parse_json(raw: bytes | str, what: str) -> dict[str, Any]:
    """Parse one JSON object, refusing what JSON leaves open.

    Refused are duplicate keys, NaN and infinities, numbers that overflow, nesting too deep for the
    parser, text that is not UTF-8, and any document that is not an object.

    Parameters
    ----------
    raw : bytes or str
        The document.
    what : str
        What it is, for the message.

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
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
    except RecursionError:
        raise FileFormatError(f"the {what} is nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(f"the {what} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise FileFormatError(f"the {what} must be a JSON object, got {type(value).__name__}")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {reprlib.repr(key)} occurs twice")
        found[key] = value
    return found


def _refuse_constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not a JSON number")


def _finite_float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError(f"the number {literal:.40} is too large")
    return number
