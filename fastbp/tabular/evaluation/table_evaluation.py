"""``fastbp.evaluate_table``: how good a model of a table is on rows that it did not learn from."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs import check_integer
from fastbp.tables.as_source import as_source
from fastbp.tables.chunks import Source
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions, find_column
from fastbp.tables.typed import TypedTable
from fastbp.tabular.encoder import Encoder
from fastbp.tabular.evaluation.evaluating import evaluate_rows
from fastbp.tabular.evaluation.folds import group_folds, stratified_folds
from fastbp.tabular.evaluation.importance import Outputs
from fastbp.tabular.evaluation.report import Evaluation
from fastbp.tabular.evaluation.row_columns import SPLIT_COLUMN, group_codes, time_values
from fastbp.tabular.evaluation.splits import Split, group_split, random_split, time_split
from fastbp.tabular.table_model import TableModel
from fastbp.text.formatting import quote
from fastbp.training.side_by_side import Stop

KINDS = ("random", "time", "group")
_BY_COLUMN = '"random", ("time", COLUMN) or ("group", COLUMN)'


@dataclass(frozen=True)
class HowToSplit:
    """How the rows of a table are held out.

    Attributes
    ----------
    kind : {"random", "time", "group"}
    column : str
        The column to split by; empty for "random".
    share : float
        The share of the rows that is held out; not used by folds.
    folds : int or None
        In how many parts the rows are dealt, each held out once.
    seed : int
        Of the choice of rows.
    """

    kind: str = "random"
    column: str = ""
    share: float = 0.2
    folds: int | None = None
    seed: int = 0

    @classmethod
    def of(cls, split: Any, share: float, folds: int | None, seed: int) -> HowToSplit:
        """Check ``split`` of `evaluate_table`: "random", or a kind and a column."""
        kind, column = (split, "") if isinstance(split, str) else _pair(split)
        if kind not in KINDS:
            raise ValueError(f"split must be {_BY_COLUMN}, got {split!r:.80}")
        if (kind == "random") == bool(column):
            raise ValueError(
                f"split must be {_BY_COLUMN}, got {split!r:.80}"
                + ("; a random split has no column" if column else "; name the column")
            )
        if kind == "time" and folds is not None:
            raise ValueError(
                "folds hold every row out once, also what came first, so they cannot go with a "
                'split by time; leave folds out (--folds), or give split="random" or a group'
            )
        return cls(kind, column, share, folds, check_integer("seed", seed, low=0))

    def options_of(self, options: SchemaOptions, target: str, source: Source) -> SchemaOptions:
        """The options of the schema: a column of groups is no feature, for new groups are new."""
        if not self.column:
            return options
        names, named, label = source.names, source.named, source.label
        column = find_column(self.column, names, named, label, SPLIT_COLUMN)
        if column == find_column(target, names, named, label, "target (--target)"):
            raise ValueError(
                f"split names {quote(target)}, which is the target; name another column"
            )
        if self.kind != "group" or not {column, self.column}.isdisjoint(options.left_out):
            return options
        return replace(options, drop=(*options.drop, column))

    def groups(
        self, source: Source, typed: TypedTable, options: SchemaOptions
    ) -> NDArray[np.int64] | None:
        """The group of each row of a typed table, if rows are held out by groups."""
        return (
            group_codes(source, self.column, options)[typed.rows] if self.kind == "group" else None
        )

    def splits(
        self, source: Source, typed: TypedTable, options: SchemaOptions
    ) -> tuple[list[Split], NDArray[np.int64] | None]:
        """The splits of a typed table's rows, and the rows' groups if it goes by groups."""
        assert typed.target is not None
        rng = np.random.default_rng(self.seed)
        classes, n = typed.target.classes, len(typed)
        codes = typed.target.values.astype(np.int64) if classes else None
        if self.kind == "time":
            times = time_values(source, self.column, options)[typed.rows]
            return [time_split(times, self.share, self.column)], None
        if (groups := self.groups(source, typed, options)) is not None:
            if self.folds is None:
                return [group_split(groups, self.share, rng, codes, self.column)], groups
            return group_folds(groups, self.folds, rng, codes, self.column), groups
        if self.folds is None:
            return [random_split(n, self.share, rng, codes)], None
        return stratified_folds(n, self.folds, rng, codes, classes), None


def evaluate_table(
    model: TableModel,
    table: Any,
    target: str = "y",
    *,
    split: Any = "random",
    share: float = 0.2,
    folds: int | None = None,
    seed: int = 0,
    linear: bool = True,
    importance: bool = True,
) -> Evaluation:
    """Find out how good a model is on rows of a table that it does not learn from.

    A copy of the model is trained on a part of the rows and predicts the others; with ``folds``,
    that many copies, each of which leaves another part out. What columns are is found from all
    rows; every number that is learnt - means, words, weights, which epoch is best - from the
    training rows alone. The model itself stays as it is: fit it to the whole table afterwards.

    Parameters
    ----------
    model : TableModel
        Whose options are evaluated.
    table : path, data frame, dict, pair (X, names) or Source
        Rows whose target is missing are left out.
    target : str
        The column to predict.
    split : "random", ("time", column) or ("group", column)
        Which rows are held out: random ones, with the same share of every class; the last by a
        column of times, dates or numbers; or all rows of random groups. A column of groups is no
        feature; a column of times stays one.
    share : float
        The share of the rows to hold out.
    folds : int, optional
        Deal the rows to so many parts, and hold out each of them once, in place of ``share``.
    seed : int
        Of the choice of rows, and of the shuffling of columns.
    linear : bool
        Whether a linear model of the same inputs is trained beside it.
    importance : bool
        Whether to find out what each column counts, by the first split.

    Returns
    -------
    Evaluation
        Prints as a report; ``to_dict()`` gives what a model card holds.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or the table cannot be learnt from.

    Examples
    --------
    >>> from fastbp import TableModel, evaluate_table
    >>> x = [i / 100 for i in range(100)]
    >>> table = {"x": x, "y": ["low" if value < 0.5 else "high" for value in x]}
    >>> evaluation = evaluate_table(TableModel(members=1, seed=0), table)
    >>> evaluation.scores["accuracy"].value > 0.8
    True
    """
    if not isinstance(model, TableModel):
        raise TypeError(
            f"model must be a TableModel, such as TableModel(), got {type(model).__name__}"
        )
    how = HowToSplit.of(split, share, folds, seed)
    source = as_source(table)
    options = how.options_of(model.schema_options, target, source)
    _, typed = Schema.recognise_and_read(source, target, options)
    splits, groups = how.splits(source, typed, model.schema_options)
    return evaluate_model(
        model if len(splits) > 1 else copy.deepcopy(model),
        typed,
        splits,
        source.names,
        groups=groups,
        seed=seed,
        linear=linear,
        importance=importance,
    )


def evaluate_model(
    model: TableModel,
    typed: TypedTable,
    splits: Sequence[Split],
    names: Sequence[str],
    *,
    groups: NDArray[np.int64] | None = None,
    seed: int = 0,
    linear: bool = True,
    importance: bool = True,
    progress: Any = None,
    stop: Stop | None = None,
) -> Evaluation:
    """Evaluate a model on rows that were read and split before.

    With one split the model itself is trained, on its training rows; with folds copies of it are.

    Parameters
    ----------
    model : TableModel
    typed : TypedTable
        Rows with their target.
    splits : sequence of Split
    names : sequence of str
        The names of the table's columns.
    groups : ndarray, optional
        The group of each row, so that members do not validate on groups that they learn from.
    seed, linear, importance
        As of `evaluate_table`.
    progress
        As of ``TableModel.fit``.
    stop : Stop, optional
        As of ``TableModel.fit_typed``.
    """

    def fit(training: TypedTable, rows: NDArray[np.int64]) -> Outputs:
        fitted = model if len(splits) == 1 else copy.deepcopy(model)
        of_rows = None if groups is None else groups[rows]
        fitted.fit_typed(training, groups=of_rows, progress=progress, stop=stop)
        return fitted.outputs

    return evaluate_rows(
        typed,
        fit,
        splits,
        seed,
        encode=_encode if linear else None,
        origins=origins([column.name for column in typed.columns], names) if importance else None,
        weighs_classes=model.options.get("class_weight") is not None,
        n_threads=model.n_threads,
    )


def origins(typed_names: Sequence[str], names: Sequence[str]) -> list[str]:
    """The table's column that each typed column stems from: a date's parts from the date.

    >>> origins(["size", "sold: month sin"], ["sold", "size"])
    ['size', 'sold']
    """
    own = set(names)
    return [
        name
        if name in own
        else max((o for o in own if name.startswith(f"{o}: ")), key=len, default=name)
        for name in typed_names
    ]


def _encode(training: TypedTable) -> Any:
    encoder = Encoder.fit(training.columns)
    return lambda table: encoder.transform(table.columns)


def _pair(split: Any) -> tuple[Any, str]:
    if (
        not isinstance(split, (tuple, list))
        or len(split) != 2
        or not all(isinstance(part, str) for part in split)
    ):
        raise TypeError(f"split must be {_BY_COLUMN}, got {split!r:.80}")
    return split[0], split[1]
