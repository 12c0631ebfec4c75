"""What an evaluation found: for a terminal, and for a model's file."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastbp.tabular.evaluation.by_class import MOST_CLASSES_PRINTED, Confusion, aligned
from fastbp.tabular.evaluation.importance import Importance
from fastbp.tabular.evaluation.scores import Score
from fastbp.text.bars import BLOCKS, WIDTH
from fastbp.text.formatting import quote, truncate
from fastbp.text.printable import printable
from fastbp.text.streams import can_write, columns_of, standard_output

_LABEL = 11
_LONGEST_ANSWER = 20


def _percent(number: float) -> str:
    return f"{100 * number:.2f} %"


#: The scores in the order of the report: their words, and how their numbers are written.
_WORDS: dict[str, tuple[str, Callable[[float], str]]] = {
    "accuracy": ("accuracy", _percent),
    "log_loss": ("log-loss", "{:.4f}".format),
    "r2": ("R2", "{:.4f}".format),
    "rmse": ("RMSE", "{:.4g}".format),
    "mae": ("MAE", "{:.4g}".format),
}


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on rows that it was not trained on; ``print`` it.

    Attributes
    ----------
    task : str
        ``"classify"`` or ``"regress"``.
    target : str
        The target column's name.
    split : str
        How the rows held out were chosen.
    n_rows : int
        The rows that are trained on or held out.
    n_training, n_held_out : int
        The rows that a fit is trained on, and that it is scored on; of folds, the mean of the
        first, rounded, and all rows that some fold holds out.
    n_columns : int
        The feature columns.
    n_folds : int
        1 for a single split.
    scores : dict of Score
        The model's: ``accuracy`` and ``log_loss``, or ``r2``, ``rmse`` and ``mae``.
    constant : dict of Score
        Those of an answer that looks at no cell: the shares of the classes of the training rows,
        whose largest is the answer, or the mean of the training rows.
    constant_answer : str or float
        That class, or that mean; of folds the one of the first.
    linear : dict of Score or None
        Those of a linear model of the same inputs; None where it was not asked for or too large.
    confusion : Confusion or None
        Of classes; of folds the sum.
    importance : Importance or None
        What each column counts, where it was asked for; of folds for the first.
    notes : tuple of str
        What the user should know.
    """

    task: str
    target: str
    split: str
    n_rows: int
    n_training: int
    n_held_out: int
    n_columns: int
    n_folds: int
    scores: dict[str, Score]
    constant: dict[str, Score]
    constant_answer: str | float
    linear: dict[str, Score] | None = None
    confusion: Confusion | None = None
    importance: Importance | None = None
    notes: tuple[str, ...] = ()

    def headline(self, *, unicode: bool = True) -> str:
        """The score in a line: ``held-out accuracy 97.37 % ± 1.50 %``."""
        name = next(name for name in _WORDS if name in self.scores)
        where = "held-out" if self.n_folds == 1 else f"{self.n_folds}-fold"
        words, write = _WORDS[name]
        score = self.scores[name]
        if math.isnan(score.value):
            return f"{where} {words} is not defined: the rows held out have one value only"
        return f"{where} {words} {_written(score, write, unicode)}"

    def score_lines(self, *, unicode: bool = True) -> list[str]:
        """A table of the scores: the model's, a constant answer's, a linear model's."""
        answer = self.constant_answer
        constant = (
            f"always {printable(quote(truncate(answer, _LONGEST_ANSWER)))}"
            if isinstance(answer, str)
            else f"always {answer:.4g}"
        )
        header = ["", "this model", *(["linear model"] if self.linear else []), constant]
        rows = [tuple(header)]
        for name, (words, write) in _WORDS.items():
            if name in self.scores:
                others = [self.linear[name].value] if self.linear else []
                cells = [write(number) for number in (*others, self.constant[name].value)]
                rows.append((words, _written(self.scores[name], write, unicode), *cells))
        return aligned(rows, "<" + ">" * (len(header) - 1))

    def lines(self, *, width: int = WIDTH, unicode: bool = True) -> list[str]:
        """Everything, as lines of text; without ``unicode`` in ASCII but for names of the table."""
        fits = f"{self.n_folds} fits on about" if self.n_folds > 1 else "trained on"
        lines = _item(
            "rows",
            [
                f"{self.n_rows:,}: {fits} {self.n_training:,}, {self.n_held_out:,} held out",
                printable(self.split),
            ],
        )
        lines += ["", *_item("scores", self.score_lines(unicode=unicode))]
        if self.confusion is not None:
            lines += ["", *_item("hits", self.confusion.hit_lines())]
            if len(self.confusion.classes) <= MOST_CLASSES_PRINTED:
                matrix = ["a row for each class, a column for each predicted one"]
                lines += ["", *_item("confusion", matrix + self.confusion.matrix_lines())]
        if self.importance is not None and self.importance.columns:
            title = (
                f"what {_WORDS[self.importance.score][0]} loses when a column's cells are shuffled "
                f"({self.importance.n_repeats} times)"
            )
            bars = self.importance.lines(width=width - _LABEL, unicode=unicode)
            lines += ["", *_item("columns", [title, *self.importance.notes, *bars])]
        for note in self.notes:
            lines += ["", *_item("note", _wrapped(printable(note), width - _LABEL))]
        return lines

    def __str__(self) -> str:
        stream = standard_output()
        unicode = can_write(stream, BLOCKS + "±")
        return "\n".join(self.lines(width=min(columns_of(stream), WIDTH), unicode=unicode))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, for the model card; NaN is null.

        >>> import json
        >>> json.dumps(Score(0.5, float("nan")).to_dict())
        '{"value": 0.5, "standard_error": null}'
        """
        return {
            "task": self.task,
            "target": self.target,
            "split": self.split,
            "rows": self.n_rows,
            "training_rows": self.n_training,
            "held_out_rows": self.n_held_out,
            "columns": self.n_columns,
            "folds": self.n_folds,
            "scores": _to_dicts(self.scores),
            "constant": {"answer": self.constant_answer, "scores": _to_dicts(self.constant)},
            "linear": None if self.linear is None else _to_dicts(self.linear),
            "confusion": None if self.confusion is None else self.confusion.to_dict(),
            "importance": None if self.importance is None else self.importance.to_dict(),
            "notes": list(self.notes),
        }


def _written(score: Score, write: Callable[[float], str], unicode: bool) -> str:
    if math.isnan(score.standard_error):
        return write(score.value)
    between = "±" if unicode else "+-"
    return f"{write(score.value)} {between} {write(score.standard_error)}"


def _to_dicts(scores: dict[str, Score]) -> dict[str, dict[str, float | None]]:
    return {name: score.to_dict() for name, score in scores.items()}


def _item(label: str, lines: list[str]) -> list[str]:
    """Lines with a label on the left of the first."""
    labels = [label, *[""] * (len(lines) - 1)]
    return [f"{name:{_LABEL}}{line}".rstrip() for name, line in zip(labels, lines, strict=True)]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)
