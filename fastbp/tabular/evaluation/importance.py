"""How much each column of a table counts: the score lost when its cells are shuffled.

The cells of one column are dealt to the rows anew, on rows that were not trained on, while all
other columns stay; the drop of the score (accuracy, or R2) is what the model had of that column.
What two columns say alike shows in neither. A column's parts, as the month and the weekday of a
date, are shuffled together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.typed import NumberColumn, Target, TypedTable, WordColumn
from fastbp.tabular.evaluation.scores import or_none
from fastbp.tabular.number_unit import exponent_of
from fastbp.text.bars import WIDTH, Bar, draw_bars

#: What bounds the cost of the default: rows that are shuffled, times, and columns.
MOST_ROWS, N_REPEATS, MOST_COLUMNS = 2000, 5, 30
_MOST_BARS = 15

Outputs = Callable[[TypedTable], NDArray[Any]]


@dataclass(frozen=True)
class ColumnImportance:
    """What a column counts.

    Attributes
    ----------
    name : str
        The column's name in the table.
    drop : float
        The mean over the repeats of the score as it is less the score with the column shuffled;
        near 0, of either sign, where the model does not use it.
    standard_error : float
        Of that mean, over the repeats: of the shuffling alone, and not of the choice of rows.
    """

    name: str
    drop: float
    standard_error: float


@dataclass(frozen=True)
class Importance:
    """The importance of columns, the largest first.

    Attributes
    ----------
    score : str
        The score that drops: ``accuracy`` or ``r2``.
    value : float
        What it is on these rows with nothing shuffled.
    columns : list of ColumnImportance
        In falling order.
    n_rows, n_repeats : int
        How many rows were shuffled, and how often.
    notes : tuple of str
        What was left out to bound the cost.
    """

    score: str
    value: float
    columns: list[ColumnImportance]
    n_rows: int
    n_repeats: int
    notes: tuple[str, ...] = field(default=())

    def lines(self, *, width: int = WIDTH, unicode: bool = True) -> list[str]:
        """The bar chart of the columns that count most, as lines of text."""
        shown = self.columns[:_MOST_BARS]
        bars = [Bar(column.name, column.drop, self._drop(column)) for column in shown]
        if not unicode:
            bars = [replace(bar, text=bar.text.replace("±", "+-")) for bar in bars]
        lines = draw_bars(bars, width=width, unicode=unicode)
        n_others = len(self.columns) - len(shown)
        if n_others:
            lines.append(f"and {n_others:,} columns that count less")
        return lines

    def _drop(self, column: ColumnImportance) -> str:
        factor, digits, unit = (100, 1, " %") if self.score == "accuracy" else (1, 3, "")
        drop = round(factor * column.drop, digits) + 0.0  # turns -0.0 into 0.0
        return f"{drop:.{digits}f} ± {factor * column.standard_error:.{digits}f}{unit}"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "score": self.score,
            "value": or_none(self.value),
            "rows": self.n_rows,
            "repeats": self.n_repeats,
            "columns": [
                {
                    "name": column.name,
                    "drop": or_none(column.drop),
                    "standard_error": or_none(column.standard_error),
                }
                for column in self.columns
            ],
        }


def permutation_importance(
    outputs: Outputs,
    table: TypedTable,
    origins: Sequence[str],
    rng: np.random.Generator,
    *,
    n_repeats: int = N_REPEATS,
    most_rows: int = MOST_ROWS,
    most_columns: int = MOST_COLUMNS,
) -> Importance:
    """Shuffle one column after the other and see what the score loses.

    Of a large table ``most_rows`` rows are drawn at random. Of a wide one, the ``most_columns``
    columns are taken whose cells explain the largest share of the variance of the model's own
    outputs: by a straight line for numbers, by the mean of each word for words.

    Parameters
    ----------
    outputs : callable
        Gives a table's probabilities (n, K), a column for each class of the target, or predicted
        numbers (n,).
    table : TypedTable
        Rows that were not trained on, with their target.
    origins : sequence of str
        For each of the table's typed columns the name of the column it stems from.
    rng : Generator
        Draws the rows and shuffles.
    n_repeats, most_rows, most_columns : int
        Each column is shuffled ``n_repeats`` times, by the same orders.

    Returns
    -------
    Importance
    """
    notes = []
    if len(table) > most_rows:
        rows = np.sort(rng.choice(len(table), most_rows, replace=False))
        notes.append(f"on {most_rows:,} of the {len(table):,} rows held out, drawn at random")
        table = take_rows(table, rows)
    assert table.target is not None, "importance needs the targets"
    plain = outputs(table)
    value = score_of(plain, table.target)
    parts: dict[str, list[int]] = {}
    for position, origin in enumerate(origins):
        parts.setdefault(origin, []).append(position)
    names = list(parts)
    if len(names) > most_columns:
        shares = [
            max(explained(table.columns[position], plain) for position in parts[name])
            for name in names
        ]
        chosen = np.argsort(-np.array(shares), kind="stable")[:most_columns]
        notes.append(
            f"of the {most_columns:,} of {len(names):,} columns that go most with the predictions"
        )
        names = [names[c] for c in chosen]
    orders = [rng.permutation(len(table)) for _ in range(n_repeats)]
    columns = []
    for name in names:
        drops = np.array(
            [
                value - score_of(outputs(shuffled(table, parts[name], order)), table.target)
                for order in orders
            ]
        )
        error = drops.std(ddof=1) / np.sqrt(n_repeats) if n_repeats > 1 else np.nan
        columns.append(ColumnImportance(name, float(drops.mean()), float(error)))
    columns.sort(key=lambda column: -column.drop)
    kind = "accuracy" if table.target.classes else "r2"
    return Importance(kind, value, columns, len(table), n_repeats, tuple(notes))


def score_of(outputs: NDArray[Any], target: Target) -> float:
    """Accuracy of probabilities, or R2 of numbers; 0 where R2 is not defined."""
    if target.classes:
        return float(np.mean(outputs.argmax(axis=1) == target.values))
    exponent = exponent_of(outputs, target.values)
    y = np.ldexp(target.values, -exponent)
    spread = float(np.var(y))
    error = np.ldexp(outputs, -exponent) - y
    return 1 - float(np.mean(error**2)) / spread if spread > 0 else 0.0


def shuffled(table: TypedTable, positions: list[int], order: NDArray[np.int64]) -> TypedTable:
    """The table with the cells of some columns in another order, the same for each of them."""
    columns = list(table.columns)
    for position in positions:
        columns[position] = _taken(columns[position], order)
    return replace(table, columns=tuple(columns))


def take_rows(table: TypedTable, rows: NDArray[np.int64]) -> TypedTable:
    """The table of some of the rows, in their order."""
    target = table.target
    return TypedTable(
        tuple(_taken(column, rows) for column in table.columns),
        table.rows[rows],
        None if target is None else replace(target, values=target.values[rows]),
    )


def _taken(column: NumberColumn | WordColumn, rows: NDArray[np.int64]) -> NumberColumn | WordColumn:
    if isinstance(column, NumberColumn):
        return replace(column, values=column.values[rows])
    return replace(column, codes=column.codes[rows])


def explained(column: NumberColumn | WordColumn, outputs: NDArray[Any]) -> float:
    """The share of the outputs' variance that a column explains, from 0 to 1."""
    outputs = np.asarray(outputs, np.float64).reshape(len(outputs), -1)
    outputs = np.ldexp(outputs, -exponent_of(outputs))
    centred = outputs - outputs.mean(axis=0)
    total = float((centred**2).sum())
    if total == 0:
        return 0.0
    if isinstance(column, NumberColumn):
        values = column.values
        known = np.isfinite(values)
        if not known.any():
            return 0.0
        x = np.where(known, values, values[known].mean())
        x = x - x.mean()
        x /= np.abs(x).max() or 1.0
        square = float(x @ x)
        return float(((x @ centred) ** 2).sum() / square / total) if square > 0 else 0.0
    codes = column.codes + 1  # missing cells are a word of their own
    counts = np.bincount(codes)
    sums = np.stack([np.bincount(codes, weights) for weights in centred.T])
    between = (sums**2 / np.maximum(counts, 1)).sum()
    return float(between / total)
