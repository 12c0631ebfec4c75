"""The evaluation of anything that learns from the rows of a typed table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.tables.typed import Target, TypedTable
from fastbp.tabular.evaluation.baselines import constant_outputs, linear_outputs, scores_of
from fastbp.tabular.evaluation.by_class import Confusion, imbalance_note, no_miss_note
from fastbp.tabular.evaluation.importance import (
    Importance,
    Outputs,
    permutation_importance,
    take_rows,
)
from fastbp.tabular.evaluation.report import Evaluation
from fastbp.tabular.evaluation.scores import Score, over_folds
from fastbp.tabular.evaluation.splits import Split

#: Trains on a table and gives what predicts: probabilities (n, K), or numbers (n,). The second
#: argument has the rows of the whole table that these are.
Fit = Callable[[TypedTable, NDArray[np.int64]], Outputs]
#: Learns from a table how rows become inputs, and gives what makes inputs (n, d) of a table.
Encode = Callable[[TypedTable], Callable[[TypedTable], NDArray[Any]]]


@dataclass(frozen=True)
class _Fold:
    scores: dict[str, Score]
    constant: dict[str, Score]
    linear: dict[str, Score] | None
    confusion: Confusion | None
    importance: Importance | None


def evaluate_rows(
    table: TypedTable,
    fit: Fit,
    splits: Sequence[Split],
    seed: int = 0,
    *,
    encode: Encode | None = None,
    origins: Sequence[str] | None = None,
    weighs_classes: bool = False,
    n_threads: int | None = None,
) -> Evaluation:
    """Train on the training rows of each split, and score on those that it holds out.

    Parameters
    ----------
    table : TypedTable
        Rows with their target.
    fit : callable
        ``fit(training_table, rows)`` trains and returns a function of a table that gives its
        probabilities, a column for each class of the target, or its predicted numbers.
    splits : sequence of Split
        One, or the folds.
    seed : int
        For the linear model and the importance.
    encode : callable, optional
        Learns from the training rows how rows become inputs. With it a linear model of these
        inputs is trained too.
    origins : sequence of str, optional
        For each typed column the name of the table's column that it stems from. With it the
        importance of the columns is found, by the first split.
    weighs_classes : bool
        Whether the model already weighs classes, so that a note need not suggest it.
    n_threads : int, optional
        For the linear model.

    Returns
    -------
    Evaluation
    """
    target = table.target
    assert target is not None, "an evaluation needs the targets"
    folds = [
        _evaluate_split(
            table, fit, split, seed + i, encode, None if i else origins, n_threads=n_threads
        )
        for i, split in enumerate(splits)
    ]
    notes = [note for split in splits for note in split.notes]
    first = _rows_of(target, splits[0].training)
    if target.classes and not weighs_classes:
        counts = np.bincount(first.values, minlength=len(target.classes))
        notes += filter(None, [imbalance_note(target.classes, counts)])
    confusion = _sum([fold.confusion for fold in folds if fold.confusion is not None])
    if confusion is not None:
        notes += filter(None, [no_miss_note(confusion)])
    means = constant_outputs(first, 1)[0]
    linears = [fold.linear for fold in folds if fold.linear is not None]
    scores = _joined([fold.scores for fold in folds])
    linear = _joined(linears) if linears else None
    if linear is not None and _is_ahead(linear, scores):
        notes.append(
            "a linear model of the same columns does at least as well on these rows, and is simpler"
        )
    held_out = sum(len(split.held_out) for split in splits)
    used = np.zeros(len(table), np.bool_)
    for split in splits:
        used[split.training] = used[split.held_out] = True
    return Evaluation(
        task=target.task,
        target=target.name,
        split=splits[0].description,
        n_rows=int(used.sum()),
        n_training=round(float(np.mean([len(split.training) for split in splits]))),
        n_held_out=held_out,
        n_columns=len(set(origins)) if origins is not None else len(table.columns),
        n_folds=len(splits),
        scores=scores,
        constant=_joined([fold.constant for fold in folds]),
        constant_answer=target.classes[int(np.argmax(means))] if target.classes else float(means),
        linear=linear,
        confusion=confusion,
        importance=folds[0].importance,
        notes=tuple(notes),
    )


def _is_ahead(first: dict[str, Score], second: dict[str, Score]) -> bool:
    """Whether the first scores are at least as good as the second."""
    name = "accuracy" if "accuracy" in first else "r2"
    return first[name].value >= second[name].value


def _evaluate_split(
    table: TypedTable,
    fit: Fit,
    split: Split,
    seed: int,
    encode: Encode | None,
    origins: Sequence[str] | None,
    n_threads: int | None,
) -> _Fold:
    training, held_out = take_rows(table, split.training), take_rows(table, split.held_out)
    assert training.target is not None
    assert held_out.target is not None
    outputs = fit(training, split.training)
    predicted = outputs(held_out)
    rng = np.random.default_rng(seed)
    confusion = importance = linear_scores = None
    if held_out.target.classes:
        codes: NDArray[np.int64] = held_out.target.values.astype(np.int64)
        confusion = Confusion.of(held_out.target.classes, codes, predicted.argmax(axis=1))
    if encode is not None and table.columns:
        inputs = encode(training)
        of_linear = linear_outputs(
            inputs(training), training.target, inputs(held_out), rng, n_threads
        )
        linear_scores = None if of_linear is None else scores_of(of_linear, held_out.target)
    if origins is not None:
        importance = permutation_importance(outputs, held_out, origins, rng)
    constant = constant_outputs(training.target, len(held_out))
    return _Fold(
        scores_of(predicted, held_out.target),
        scores_of(constant, held_out.target),
        linear_scores,
        confusion,
        importance,
    )


def _rows_of(target: Target, rows: NDArray[np.int64]) -> Target:
    return Target(target.name, target.values[rows], target.classes)


def _joined(scores: list[dict[str, Score]]) -> dict[str, Score]:
    return scores[0] if len(scores) == 1 else over_folds(scores)


def _sum(confusions: list[Confusion]) -> Confusion | None:
    if not confusions:
        return None
    counts: NDArray[Any] = np.sum([confusion.counts for confusion in confusions], axis=0)
    return Confusion(confusions[0].classes, counts)
