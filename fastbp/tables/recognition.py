"""What a column is, told from all of its cells: numbers, words, dates, or nothing to learn from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.tables.column_cells import Cells
from fastbp.tables.column_in_table import Column, remedies
from fastbp.tables.evidence import MOSTLY, Fit
from fastbp.tables.kinds.date import Date
from fastbp.tables.kinds.dates import ORDER_NAMES, moment
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.number import Number
from fastbp.tables.kinds.words import TRUTH_WORDS, Ordered, Words, YesNo
from fastbp.text.formatting import list_names, plural, quote

#: Text that never repeats is an identifier from so many rows on.
_FEWEST_IDENTIFIERS = 10
#: Text that hardly repeats is nothing to learn from: this share of different ones, of so many rows.
_HARDLY_REPEATS, _FEWEST_TEXTS = 0.9, 50
#: The encoder keeps so many words of a column.
_MOST_LEVELS = 256
#: So many words are listed in a report.
_FEW = 6
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Verdict:
    """What a column is.

    Attributes
    ----------
    kind : Kind or None
        None where it is left out.
    reason : str
        Why.
    """

    kind: Kind | None
    reason: str


def recognise(column: Column) -> Verdict:
    """Tell what a column of text or of moments is.

    Raises
    ------
    ValueError
        If a cell fits none of the readings that nearly all others allow, or all cells allow two.
    """
    forced = column.options.kinds.get(column.name)
    if levels := column.options.ordered.get(column.name):
        return Verdict(Ordered(tuple(levels)), list_names(levels))
    cells, evidence = column.cells, column.cells.evidence
    if cells.has_moments:
        return _of_moments(column)
    if forced is None and not evidence.n_values and not evidence.n_words_among_markers():
        return Verdict(None, "all cells are missing")
    if forced is not None:
        return _FORCED[forced](column)
    if column.declared is not False:
        return _of_categories(column)
    for recognise_as in (_of_numbers, _of_dates, _of_truths):
        if (verdict := recognise_as(column)) is not None:
            return verdict
    return _of_words(column)


def missing_note(column: Column, kind: Kind) -> str:
    """Say which texts were taken for missing cells; empty where there are only empty cells."""
    found = {
        text: n
        for text, n in column.cells.evidence.missing_texts().items()
        if text and column.is_missing(text, kind.markers)
    }
    if not found:
        return ""
    counts = [f"{n:,}" for n in found.values()]
    return f"; missing where it says {list_names([quote(t) for t in found], counts)}"


def _of_moments(column: Column) -> Verdict:
    moments = [part for part in column.cells.parts if part.dtype.kind == "M"]
    values = np.concatenate(moments)
    present = values[~np.isnat(values)]
    if len(present) == len(values) and bool((present == present[0]).all()):
        return Verdict(None, "the same in every row")
    return Verdict(Date(), Date().describe())


def _of_numbers(column: Column, forced: bool = False) -> Verdict | None:
    evidence = column.cells.evidence
    fit = evidence.fit_numbers(column.options.decimal)
    if fit is None or (fit.n < MOSTLY * evidence.n_values and not forced):
        return None
    if evidence.has_codes and not forced:
        return None
    kind = Number(fit.how)
    if fit.other is not None:
        raise column.ambiguous_numbers(fit)
    _check_fits(column, fit, kind.complaint, "numbers")
    if not forced and _is_constant(column):
        return Verdict(None, "the same in every row")
    return Verdict(kind, kind.describe() + missing_note(column, kind))


def _of_dates(column: Column, forced: bool = False) -> Verdict | None:
    evidence = column.cells.evidence
    fit = evidence.fit_dates(column.options.dates)
    if fit is None or (fit.n < MOSTLY * evidence.n_values and not forced):
        return None
    if fit.other is not None:
        seen = evidence.ambiguous_date()
        choices = [
            f"{moment(seen.text, order):%d %B %Y} as {ORDER_NAMES[order]} (dates={order!r}, "
            f"--dates {order})"
            for order in (fit.how, fit.other)
        ]
        raise column.error(
            seen.row,
            f"{quote(seen.text)} is {' and '.join(choices)}, and no cell of the column tells which",
            "Give one of them",
        )
    kind = Date(fit.how)
    _check_fits(column, fit, kind.complaint, "dates")
    if not forced and _is_constant(column):
        return Verdict(None, "the same in every row")
    return Verdict(kind, kind.describe() + missing_note(column, kind))


def _of_truths(column: Column, forced: bool = False) -> Verdict | None:
    cells = column.cells
    if cells.overflowed and not forced:
        return None
    kind = YesNo()
    words = [text for text in cells.texts if not column.is_missing(text, kind.markers)]
    folded = {word.casefold() for word in words}
    if forced:
        return Verdict(kind, "as asked" + missing_note(column, kind))
    if len(folded) < 2 or not any(folded <= set(a) | set(b) for a, b in _TRUTH_SETS):
        return None
    reason = list_names(sorted(folded)) + missing_note(column, kind)
    if len(words) > len(folded):
        reason += f"; {list_names(sorted(words))} differ in capitals only and are taken together"
    return Verdict(kind, reason)


_TRUTH_SETS = tuple(
    (TRUTH_WORDS[a], TRUTH_WORDS[b]) for a, b in ((0, 3), (1, 2), (4, 4))
)  # a word and its first letter mean the same


def _of_categories(column: Column) -> Verdict:
    if isinstance(column.declared, tuple):
        levels = column.declared
        return Verdict(Ordered(levels), list_names(levels))
    return _of_words(column)


def _of_words(column: Column, forced: bool = False) -> Verdict:
    cells, evidence = column.cells, column.cells.evidence
    n = evidence.n_values + evidence.n_words_among_markers()
    n_different = cells.n_different() - sum(
        column.is_missing(text, Words.markers) for text in evidence.missing_texts()
    )
    kind = Words()
    code = evidence.first_code()
    remarks = ""
    if code is not None:
        remarks = f"; codes and no numbers, as {quote(code.text)} shows"
    elif column.declared is False and not forced:
        fit = evidence.fit_numbers(column.options.decimal)
        if fit is not None and fit.how.is_plain:
            remarks = f"; {fit.n:,} of {n:,} cells are numbers, fewer than {MOSTLY:.0%}"
    if n_different <= 1 and n == cells.n_rows and not forced:
        return Verdict(None, "the same in every row")
    if not forced and (reason := _identifier(cells, n, n_different)):
        return Verdict(None, reason + remarks)
    many = n_different > _MOST_LEVELS
    if many:
        remarks += f"; the {_MOST_LEVELS - 1} most frequent are kept, the others are taken together"
    remarks += missing_note(column, kind)
    return Verdict(kind, f"{plural(n_different, 'word')}{_few(column)}{remarks}")


def _few(column: Column) -> str:
    """The words, where they are few."""
    texts = column.cells.texts
    words = sorted(text for text in texts if not column.is_missing(text, Words.markers))
    return f" ({list_names(words)})" if 0 < len(words) <= _FEW else ""


def _identifier(cells: Cells, n: int, n_different: int) -> str:
    """Say why text is nothing to learn from; empty if it is something."""
    if n_different == n >= _FEWEST_IDENTIFIERS:
        return "an identifier: text that is different in every row"
    if n >= _FEWEST_TEXTS and n_different > _HARDLY_REPEATS * n:
        return f"text that hardly repeats: {n_different:,} different ones in {n:,} rows"
    texts = [] if cells.overflowed else cells.texts
    if 2 * n_different > n and texts and all(_UUID.fullmatch(text) for text in texts if text):
        return "an identifier: random characters (UUID)"
    return ""


def _is_constant(column: Column) -> bool:
    """Whether every cell holds the same text."""
    cells = column.cells
    return not cells.overflowed and len(cells.texts) == 1 and not cells.evidence.n_none


def _check_fits(column: Column, fit: Fit, complain: Any, what: str) -> None:
    """Raise for the first cell that does not fit."""
    seen = fit.first_misfit
    if seen is None:
        return
    n = column.cells.evidence.n_values
    raise column.error(
        seen.row,
        complain(seen.text),
        f"{fit.n:,} of {n:,} cells are {what}: {remedies(column.name, seen.text)}",
    )


def _force_number(column: Column) -> Verdict:
    if (verdict := _of_numbers(column, forced=True)) is not None:
        return verdict
    return _nothing_fits(column, Number())


def _force_date(column: Column) -> Verdict:
    if (verdict := _of_dates(column, forced=True)) is not None:
        return verdict
    kind = Date(column.options.dates)
    return Verdict(kind, kind.describe())


def _nothing_fits(column: Column, kind: Kind) -> Verdict:
    raise column.column_error("none of its cells is a number, as kinds (--kind) says they are")


def _force_truth(column: Column) -> Verdict:
    verdict = _of_truths(column, forced=True)
    assert verdict is not None
    return verdict


_FORCED = {
    "number": _force_number,
    "words": lambda column: _of_words(column, forced=True),
    "date": _force_date,
    "yes/no": _force_truth,
}
