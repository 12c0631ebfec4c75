"""In which forms the texts of a column are written, and how many in each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.kinds import dates
from fastbp.tables.kinds.markers import AMONG_VALUES, AMONG_WORDS, is_marker
from fastbp.tables.kinds.spellings import (
    COMMA_THOUSANDS,
    PLAIN,
    READINGS,
    WHOLE_NUMERAL,
    WITH_COMMA,
    WITH_POINT,
    Numeral,
    Spelling,
    spelling_of,
)
from fastbp.tables.text_forms import common_form, form_of

#: A column is of the kind that this share of its cells allows; the others are mistakes.
MOSTLY = 0.9
#: Forms beyond so many are words: a column of so many units is no column of numbers.
_MOST_FORMS = 1000


@dataclass(frozen=True)
class Marker:
    """A text that stands for a missing cell."""

    text: str


@dataclass
class Seen:
    """How many cells are of a form, and the first of them."""

    n: int
    row: int
    text: str


@dataclass(frozen=True)
class Fit:
    """How well a way of reading fits a column.

    Attributes
    ----------
    how : Any
        The spelling of numbers or the order of dates.
    n : int
        How many cells it fits.
    first_misfit : Seen or None
        The first cell that it does not fit.
    other : Any
        Another way that fits as well and gives other values; None where there is none.
    """

    how: Any
    n: int
    first_misfit: Seen | None
    other: Any = None


class Evidence:
    """The forms of a column's texts.

    Attributes
    ----------
    n_texts : int
        How many cells came as text, those that stand for a missing one among them.
    n_none : int
        How many cells are missing without a text for it.
    """

    def __init__(self, given: frozenset[str]) -> None:
        self.n_texts = 0
        self.n_none = 0
        self._given = given
        self._missing: dict[Hashable, Seen] = {}
        self._forms: dict[Hashable, Seen] = {}

    def forms(self, texts: Sequence[str]) -> tuple[list[Hashable], NDArray[np.int64]]:
        """Tell the forms of texts.

        Returns
        -------
        forms : list
            A form each; a `Marker` for texts that stand for a missing cell.
        of_texts : ndarray of int64
            The place in the list of each text's form.
        """
        numbers: dict[Hashable, int] = {}
        of_texts = np.empty(len(texts), np.int64)
        others: list[int] = []
        for i, text in enumerate(texts):
            if is_marker(text, AMONG_VALUES, self._given):
                of_texts[i] = numbers.setdefault(Marker(text), len(numbers))
            else:
                others.append(i)
        rest = [texts[i] for i in others]
        if (common := common_form(rest)) is not None:
            of_texts[others] = numbers.setdefault(common, len(numbers))
            return list(numbers), of_texts
        for i, text in zip(others, rest, strict=True):
            form = form_of(text)
            if form not in numbers and len(numbers) >= _MOST_FORMS:
                form = None
            of_texts[i] = numbers.setdefault(form, len(numbers))
        return list(numbers), of_texts

    def add(
        self,
        texts: Sequence[str],
        forms: tuple[list[Hashable], NDArray[np.int64]],
        codes: NDArray[np.int32],
        start: int,
    ) -> None:
        """Add cells, given as codes of texts of these forms, the first of them in row `start`."""
        self.n_none += int((codes < 0).sum())
        rows = np.flatnonzero(codes >= 0)
        found, first, counts = np.unique(
            forms[1][codes[rows]], return_index=True, return_counts=True
        )
        self.n_texts += len(rows)
        for i, place, n in zip(found.tolist(), first.tolist(), counts.tolist(), strict=True):
            form = forms[0][i]
            row = int(rows[place])
            table: dict[Hashable, Seen] = self._forms
            if isinstance(form, Marker):
                table, form = self._missing, form.text
            elif form not in table and len(table) >= _MOST_FORMS:
                form = None
            if form in table:
                table[form].n += n
            else:
                table[form] = Seen(n, start + row, texts[int(codes[row])])

    @property
    def n_values(self) -> int:
        """How many cells are texts that stand for no missing cell, in any kind of column."""
        return sum(seen.n for seen in self._forms.values())

    def missing_texts(self) -> dict[str, int]:
        """The texts found that stand for a missing cell, and how many of each."""
        return {str(text): seen.n for text, seen in self._missing.items()}

    def n_words_among_markers(self) -> int:
        """How many cells stand for a missing one among numbers, and are words among words."""
        return sum(
            seen.n
            for text, seen in self._missing.items()
            if not is_marker(str(text), AMONG_WORDS, self._given)
        )

    @property
    def has_codes(self) -> bool:
        """Whether the numbers are whole, and some have a leading zero or too many digits."""
        numbers = [form for form in self._forms if isinstance(form, Numeral)]
        return any(form.is_code for form in numbers) and all(
            form.readings == WHOLE_NUMERAL.readings for form in numbers
        )

    def first_code(self) -> Seen | None:
        """The first such cell."""
        codes = [s for form, s in self._forms.items() if isinstance(form, Numeral) and form.is_code]
        return min(codes, key=lambda seen: seen.row, default=None)

    def first_value(self) -> Seen | None:
        """The first cell that stands for no missing one."""
        return min(self._forms.values(), key=lambda seen: seen.row, default=None)

    @property
    def is_plain(self) -> bool:
        """Whether all are numbers as Python writes them, or missing."""
        return all(
            isinstance(form, Numeral)
            and not (form.prefix or form.suffix or form.is_code)
            and form.readings & PLAIN
            for form in self._forms
        )

    def fit_numbers(self, decimal: str | None) -> Fit | None:
        """Find the spelling that fits most cells; None if none fits any.

        The plainest one is taken of those that fit equally many, unless they give other values.
        A decimal mark decides where the cells do not.
        """
        return self._given_or_free(self._fit_numbers, decimal)

    def _given_or_free(
        self, find: Callable[[str | None], Fit | None], given: str | None
    ) -> Fit | None:
        """The fit of what the user gave; if it is none for most cells, one that is."""
        fit, most = find(given), MOSTLY * self.n_values
        if given is None or (fit is not None and fit.n >= most):
            return fit
        free = find(None)
        return free if free is not None and free.n >= most else fit

    def _fit_numbers(self, decimal: str | None) -> Fit | None:
        allowed = {None: WITH_POINT | WITH_COMMA, ".": WITH_POINT, ",": WITH_COMMA}[decimal]
        totals: dict[tuple[str, str, int], int] = {}
        samples: dict[tuple[str, str], Numeral] = {}
        for form, seen in self._forms.items():
            if isinstance(form, Numeral):
                samples[form.prefix, form.suffix] = form
                for i in range(len(READINGS)):
                    if form.readings & allowed & 1 << i:
                        key = (form.prefix, form.suffix, i)
                        totals[key] = totals.get(key, 0) + seen.n
        if not totals:
            return None
        best = max(totals, key=lambda key: (totals[key], -key[2]))
        prefix, suffix, reading = best
        other = next(
            (
                i
                for i in range(len(READINGS))
                if totals.get((prefix, suffix, i)) == totals[best]
                and COMMA_THOUSANDS >> reading & 1
                and WITH_COMMA >> i & 1
            ),
            None,
        )
        sample = samples[prefix, suffix]
        misfits = [
            seen
            for form, seen in self._forms.items()
            if not (
                isinstance(form, Numeral)
                and (form.prefix, form.suffix) == (prefix, suffix)
                and form.readings >> reading & 1
            )
        ]
        return Fit(
            spelling_of(sample, reading),
            totals[best],
            min(misfits, key=lambda seen: seen.row, default=None),
            None if other is None else spelling_of(sample, other),
        )

    def ambiguous_example(self, one: Spelling, other: Spelling) -> Seen:
        """A cell that is one number by one spelling and another by the other."""
        return next(
            seen
            for form, seen in self._forms.items()
            if isinstance(form, Numeral) and one.number(seen.text) != other.number(seen.text)
        )

    def fit_dates(self, order: str | None) -> Fit | None:
        """Find the order of day, month and year that fits most cells; None if none fits any.

        It is None in the result where every date says its order itself, as 2024-05-01 does. An
        order that is given decides where the cells do not.
        """
        return self._given_or_free(self._fit_dates, order)

    def _fit_dates(self, order: str | None) -> Fit | None:
        totals = dict.fromkeys(dates.ORDERS if order is None else (order,), 0)
        forms = {form: seen for form, seen in self._forms.items() if isinstance(form, dates.Dated)}
        for form, seen in forms.items():
            for name in totals:
                if form.orders & dates.ORDERS[name]:
                    totals[name] += seen.n
        best = max(totals, key=lambda name: totals[name])
        if not totals[best]:
            return None
        bit = dates.ORDERS[best]
        misfits = [
            seen
            for form, seen in self._forms.items()
            if not isinstance(form, dates.Dated) or not form.orders & bit
        ]
        equal = [name for name in totals if totals[name] == totals[best] and name != best]
        other = next(
            (
                name
                for name in equal
                for form in forms
                if not form.is_settled and form.orders & bit and form.orders & dates.ORDERS[name]
            ),
            None,
        )
        is_told = order is None and all(form.orders == dates.ANY_ORDER for form in forms)
        return Fit(
            None if is_told and other is None else best,
            totals[best],
            min(misfits, key=lambda seen: seen.row, default=None),
            other,
        )

    def ambiguous_date(self) -> Seen:
        """A cell that is another date by another order."""
        return next(
            seen
            for form, seen in self._forms.items()
            if isinstance(form, dates.Dated) and not form.is_settled
        )
