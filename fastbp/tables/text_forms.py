"""The form of a text: what numbers or dates it allows."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from fastbp.tables.kinds import bulk, dates
from fastbp.tables.kinds.spellings import (
    PLAIN_NUMERAL,
    WHOLE_NUMERAL,
    WITH_COMMA,
    Numeral,
    numeral,
)

_HAS_DIGIT = re.compile("[0-9]").search


def common_form(texts: Sequence[str]) -> Hashable:
    """The form of all texts, where it is one of the most common; else None."""
    if (mark := bulk.number_form(texts)) != "":
        return _BULK_FORMS[mark]
    return _ISO if bulk.iso_moments(texts) is not None else None


_BULK_FORMS = {"whole": WHOLE_NUMERAL, ".": PLAIN_NUMERAL, ",": Numeral("", "", WITH_COMMA)}
_ISO = dates.Dated(dates.ANY_ORDER, True)


def form_of(text: str) -> Hashable:
    """The form of a text; None for a word."""
    if not _HAS_DIGIT(text):
        return None
    return numeral(text) or dates.dated(text)
