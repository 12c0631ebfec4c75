"""Many texts of one common form at once: what the forms in this package read one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Fewer texts are read one by one.
FEWEST = 64
_WHOLE = r"-?(?:0|[1-9][0-9]{0,14})"
_EXPONENT = r"(?:[eE][+-]?[0-9]{1,3})?"
_WHOLES = re.compile(rf"(?:{_WHOLE}\n)+")
_DECIMALS = re.compile(rf"(?:(?:{_WHOLE}(?:\.[0-9]{{0,40}})?|-?\.[0-9]{{1,40}}){_EXPONENT}\n)+")
#: Decimals that no thousands can be.
_SURELY_DECIMAL = re.compile(r"\.(?:[0-9]{0,2}|[0-9]{4,})[\neE]|(?:^|[\n-])0?\.[0-9]")
_ISO = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?\n)+"
)


def number_form(texts: Sequence[str]) -> str:
    """Tell whether all texts are numbers of one form.

    Returns
    -------
    str
        ``"whole"``: whole numbers; ``"."``, ``","``: numbers with this decimal mark for sure; empty
        if they are none of these.
    """
    if len(texts) < FEWEST:
        return ""
    joined = _joined(texts)
    if _WHOLES.fullmatch(joined):
        return "whole"
    if _is_decimal(joined):
        return "."
    if "," in joined and "." not in joined and _is_decimal(joined.replace(",", ".")):
        return ","
    return ""


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(texts) + "\n"


def _is_decimal(joined: str) -> bool:
    return bool(_DECIMALS.fullmatch(joined)) and bool(_SURELY_DECIMAL.search(joined))


def numbers(texts: Sequence[str], decimal: str) -> NDArray[np.float64] | None:
    """Read numbers with a decimal mark and no other; None if one of the texts is none."""
    if len(texts) < FEWEST:
        return None
    joined = _joined(texts)
    if decimal == ",":
        if "." in joined:
            return None
        joined = joined.replace(",", ".")
    if not _DECIMALS.fullmatch(joined):
        return None
    values = np.array(list(map(float, joined.split("\n")[:-1])))
    return values if bool(np.isfinite(values).all()) else None


def iso_moments(texts: Sequence[str]) -> NDArray[Any] | None:
    """Read dates such as ``2024-05-01 14:30``; None if one of the texts is none."""
    if len(texts) < FEWEST or not _ISO.fullmatch(_joined(texts)):
        return None
    try:
        values = np.array(texts, "datetime64[us]")
    except ValueError:
        return None
    # Of the years that datetime has.
    return values if bool((values >= np.datetime64("0001-01-01")).all()) else None
