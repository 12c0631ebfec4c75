"""The model card: what is kept in a model's file for whoever finds it."""

from __future__ import annotations

from typing import Any

from fastbp.tabular.evaluation.report import Evaluation
from fastbp.tabular.table_model import TableModel
from fastbp.version import __version__

#: A confusion matrix of more classes would be most of the file.
MOST_CLASSES = 50


def model_card(model: TableModel, evaluation: Evaluation | None = None) -> dict[str, Any]:
    """Describe a fitted model in values that JSON can hold.

    There is no date in it, so that the same table and seed give the same file.

    Parameters
    ----------
    model : TableModel
        Fitted.
    evaluation : Evaluation, optional
        What `evaluate_table` found.

    Returns
    -------
    dict
        ``fastbp`` (the version), ``task``, ``target``, ``classes`` (their number), ``columns``
        (the features' number), ``members``, ``recipe``, ``seed``, ``options`` (those that were
        given), and ``evaluation``: rows, split, scores and the rest of ``Evaluation.to_dict()``,
        or None.
    """
    return {
        "fastbp": __version__,
        "task": model.task,
        "target": model.target,
        "classes": len(model.classes),
        "columns": len(model.features if model.schema is None else model.schema.kinds),
        "members": model.members,
        "recipe": model.recipe.name,
        "seed": model.seed,
        "options": {
            name: _plain(value) for name, value in model.options.items() if value is not None
        },
        "evaluation": None if evaluation is None else _of_evaluation(evaluation),
    }


def _of_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    content = evaluation.to_dict()
    if evaluation.confusion is not None and len(evaluation.confusion.classes) > MOST_CLASSES:
        content["confusion"] = None
    return content


def _plain(value: Any) -> Any:
    """A value that JSON can hold: what is none, as it shows itself."""
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return repr(value)
