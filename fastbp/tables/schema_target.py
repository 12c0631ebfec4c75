"""The target of a table: classes or numbers, told from its cells.

A class's name is the text of its cells, so that predictions can be joined with the table: ``007``
and ``7`` are two classes. Only ``1`` and ``1.0`` are one, and ``TRUE``, ``True`` and ``true``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.class_names import TRUTHS, class_key, sort_key, spelling_notes
from fastbp.tables.column_in_table import Column
from fastbp.tables.evidence import MOSTLY, Fit, Seen
from fastbp.tables.kinds.markers import AMONG_VALUES, AMONG_WORDS, is_marker
from fastbp.tables.kinds.number import Number
from fastbp.tables.shell_options import shell_option
from fastbp.tables.typed_reading import Given
from fastbp.text.formatting import list_names, quote

# Whole numbers are taken for classes when there are few of them and each has company.
_MOST_INTEGER_CLASSES = 20
_ROWS_PER_INTEGER_CLASS = 5
#: Texts that stand for a missing class; NA and none are good names for one.
_NO_CLASS = frozenset({"", "?", "-"})
_A_WORD_TOO = "none"
_PLAIN = Number()


@dataclass(frozen=True)
class TargetSchema:
    """What a target is.

    Attributes
    ----------
    name : str
        Its column.
    task : {"classify", "regress"}
        Whether it is a class or a number.
    classes : tuple of str
        The names of the classes, in order; empty for numbers.
    number : Number
        How numbers are written.
    among_numbers : bool
        Whether ``NA`` and the like stand for a missing cell, as among numbers.
    reason : str
        Why it is so.
    notes : tuple of str
        What the user should know about the classes' spellings.
    """

    name: str
    task: str
    classes: tuple[str, ...] = ()
    number: Number = _PLAIN
    among_numbers: bool = True
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def markers(self) -> frozenset[str]:
        """The texts that stand for a missing cell."""
        return AMONG_VALUES if self.among_numbers else _NO_CLASS

    def parse(self, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Read different texts: numbers, or places of classes (-1 for another)."""
        if self.task == "regress":
            return self.number.parse(texts)
        places = {class_key(name): i for i, name in enumerate(self.classes)}
        values = [places.get(class_key(text), -1) for text in texts]
        return np.array(values, np.int64), np.zeros(len(texts), np.bool_)


def decide_target(column: Column, task: str | None) -> TargetSchema:
    """Choose between classes and numbers, unless the caller gives the task.

    Raises
    ------
    ValueError
        If all targets are missing, a cell is not a number where numbers are required, or there is
        nothing to learn: one value only, or hardly one twice.
    """
    evidence = column.cells.evidence
    words = sum(
        n for text, n in evidence.missing_texts().items() if not column.is_missing(text, _NO_CLASS)
    )
    if not evidence.n_values + words:
        raise column.column_error("the target is missing in every row")
    fit = evidence.fit_numbers(column.options.decimal)
    n_numbers = fit.n if fit else 0
    # Beside numbers the other markers are no names of classes.
    total = evidence.n_values + sum(
        n
        for text, n in evidence.missing_texts().items()
        if text.lower() == _A_WORD_TOO and text not in column.options.missing
    )
    numeric = task == "regress" or (
        task is None and n_numbers > 0 and (n_numbers > MOSTLY * total or n_numbers == total)
    )
    if evidence.has_codes and task is None and n_numbers == total and _has_leading_zeros(column):
        reason = "its cells are codes, some with a leading 0; task='regress' (--task) overrides"
        return _classes(column, True, reason)
    if task == "classify":
        return _classes(column, False, _AS_TASK)
    if not numeric:
        return _classes(column, False, "its cells are text; task='regress' (--task) wants numbers")
    if fit is None or fit.first_misfit is not None:
        raise _misfit(column, fit, task)
    if task == "regress":
        return _numbers(column, fit, _AS_TASK)
    return _decide_numbers(column, fit)


def decide_numbers(
    name: str, parts: Sequence[NDArray[Any]], given: Given, task: str | None
) -> TargetSchema | None:
    """Decide about a target that came as numbers; None where its text is to be looked at.

    That is where they may be classes, or there is nothing to learn.
    """
    if any(part.dtype.kind != "f" for part in parts):
        return None
    values = np.concatenate([given.without(part) for part in parts])
    values = values[~np.isnan(values)]
    distinct = np.unique(values)
    if len(distinct) < 2 or len(values) == 0:
        return None
    if task == "regress":
        return TargetSchema(name, "regress", reason=_AS_TASK)
    if not _are_whole(distinct):
        return TargetSchema(name, "regress", reason=_FRACTIONS)
    if len(distinct) <= _MOST_INTEGER_CLASSES:
        return None
    return TargetSchema(name, "regress", reason=_quantities(len(distinct), len(values)))


def may_be_classes(numbers: NDArray[np.float64]) -> bool:
    """Whether these are few whole numbers, so that they may be classes."""
    distinct = np.unique(numbers[~np.isnan(numbers)])
    return len(distinct) <= _MOST_INTEGER_CLASSES and _are_whole(distinct)


def _are_whole(numbers: NDArray[np.float64]) -> bool:
    return bool((np.isfinite(numbers) & (np.floor(numbers) == numbers)).all())


def _quantities(n_distinct: int, n_rows: int) -> str:
    return (
        f"{n_distinct:,} distinct whole numbers in {n_rows:,} rows look like quantities; "
        "task='classify' (--task) overrides"
    )


_AS_TASK = "as task (--task) says"
_FRACTIONS = "its numbers have fractions; task='classify' (--task) takes them as classes"


def _has_leading_zeros(column: Column) -> bool:
    return (code := column.cells.evidence.first_code()) is not None and code.text.startswith("0")


def _misfit(column: Column, fit: Fit | None, task: str | None) -> ValueError:
    """The error for a cell that is no number among numbers."""
    evidence = column.cells.evidence
    kind = Number() if fit is None else Number(fit.how)
    seen = (evidence.first_value() if fit is None else fit.first_misfit) or Seen(0, 0, "")
    n = fit.n if fit else 0
    reason = "the target is to be predicted as a number"
    if task is None:
        reason = f"{n:,} of {evidence.n_values:,} cells look like numbers"
    return column.error(
        seen.row,
        f"{kind.complaint(seen.text)}; {reason}",
        f"Correct the cell; if it stands for a missing target give missing=[{quote(seen.text)}] "
        f"({shell_option('--missing', seen.text)}); or give task='classify' (--task classify)",
    )


def _decide_numbers(column: Column, fit: Fit) -> TargetSchema:
    """Decide whether a column of numbers means classes."""
    cells = column.cells
    if cells.overflowed:
        return _numbers(column, fit, "its numbers are many; task='classify' (--task) overrides")
    distinct = {class_key(text) for text in _values(column, AMONG_VALUES)}
    numbers = [fit.how.number(text) for text in distinct]
    if not all(number.is_integer() for number in numbers):
        return _numbers(column, fit, _FRACTIONS)
    n_rows = cells.evidence.n_values
    few_classes = len(distinct) <= _MOST_INTEGER_CLASSES
    enough_rows = len(distinct) <= 2 or n_rows >= _ROWS_PER_INTEGER_CLASS * len(distinct)
    evidence = f"{len(distinct):,} distinct whole numbers in {n_rows:,} rows"
    if few_classes and enough_rows:
        reason = f"{evidence} look like classes; task='regress' (--task) overrides"
        return _classes(column, True, reason)
    return _numbers(column, fit, _quantities(len(distinct), n_rows))


def _numbers(column: Column, fit: Fit, reason: str) -> TargetSchema:
    if fit.other is not None:
        raise column.ambiguous_numbers(fit)
    kind = Number(fit.how)
    if not column.cells.overflowed:
        texts = _values(column, AMONG_VALUES)
        if len({kind.number(text) for text in texts}) == 1:
            raise _one_value(column, texts[0])
    spelling = "" if kind.spelling.is_plain else f"; {kind.describe()}"
    return TargetSchema(column.name, "regress", number=kind, reason=reason + spelling)


def _values(column: Column, markers: frozenset[str]) -> list[str]:
    """The different texts of the column that stand for no missing cell."""
    return [text for text in column.cells.texts if not column.is_missing(text, markers)]


def _one_value(column: Column, text: str) -> ValueError:
    return column.column_error(
        f"holds {quote(text)} in every row; there is nothing to learn. Give another target "
        "(--target), or a table that has rows of another kind too"
    )


def _classes(column: Column, among_numbers: bool, reason: str) -> TargetSchema:
    """Take the cells as class names; 10 comes after 9."""
    cells = column.cells
    n_rows, n_different = cells.n_rows, cells.n_different()
    fit = cells.evidence.fit_numbers(column.options.decimal)
    are_numbers = fit is not None and fit.n and fit.first_misfit is None
    too_many = column.column_error(
        f"holds {n_different:,} distinct values in {n_rows:,} rows; such names cannot be learnt as "
        "classes"
        + (
            " (as numbers with task='regress', --task regress)"
            if are_numbers
            else "; give another target (--target), or a column of numbers in its place"
        )
    )
    if cells.overflowed:
        raise too_many
    markers = AMONG_VALUES if among_numbers else _NO_CLASS
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text, n in zip(cells.texts, cells.counts().tolist(), strict=True):
        if not column.is_missing(text, markers):
            counts[class_key(text)][text] += n
    if len(counts) == 1:
        raise _one_value(column, next(iter(next(iter(counts.values())))))
    total = sum(sum(spellings.values()) for spellings in counts.values())
    if len(counts) > _MOST_INTEGER_CLASSES and len(counts) > total / 2:
        raise too_many
    notes, names = [], []
    for key, spellings in counts.items():
        name = next(iter(spellings))
        if len(spellings) > 1:
            name = spellings.most_common(1)[0][0] if key in TRUTHS else key
            notes.append(f"{list_names(sorted(spellings))} are one class, {name}")
        names.append(name)
    names.sort(key=sort_key)
    notes += spelling_notes(names)
    notes += [
        f"{quote(name)} is a class here; if it stands for a missing target, "
        f"missing=[{quote(name)}] ({shell_option('--missing', name)}) leaves out its rows"
        for name in names
        if is_marker(name, AMONG_WORDS, frozenset())
    ]
    return TargetSchema(
        column.name, "classify", tuple(names), Number(), among_numbers, reason, tuple(notes)
    )
