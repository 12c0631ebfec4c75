"""Recipes: what the members of a table model are, and how they are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from fastbp.initializers import INITIALIZERS
from fastbp.inputs import (
    check_choice,
    check_class_weight,
    check_epochs,
    check_integer,
    check_number,
)
from fastbp.model.architecture import Architecture
from fastbp.model.named_choice import is_one_with_numbers
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.schedules import CosLog
from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.options import as_stopping

#: Training rows above which a member's epochs are bounded, and how many rows they then pass over.
MANY_ROWS, MOST_ROW_PASSES = 100_000, 6_400_000


@dataclass(frozen=True)
class Recipe:
    """How members are made and trained. docs/table-models.md says why.

    Attributes
    ----------
    name : str
    clip : bool
        Whether large numbers are drawn in.
    piecewise : bool
        Whether every second member sees the numbers in bins too.
    hidden : tuple of int
        The widths of the hidden layers.
    activation : str, tuple or Activation
        Of the hidden layers.
    initializer : str or callable
        Of the weights.
    random_start : bool
        Whether the hidden biases are drawn from N(0, 1) and the last layer is zero.
    optimizer : Optimizer
        With its rate and schedule.
    batch_size : int or None
        At most: a member that has fewer rows takes all in a step.
    steps : int
        The budget of steps, where the next two allow it.
    fewest_epochs, most_epochs : int
    counts_whole_batches : bool
        Whether the budget is met by batches of `batch_size` rows alone.
    bounds_row_passes : bool
        Whether epochs are fewer on many rows.
    label_smoothing : float
        Of classes.
    keeps_best : bool
        Whether the best epoch's state is kept; members then validate on rows of their own.
    calibrates : bool
        Whether probabilities have a temperature.
    dropout, l2, compute, class_weight
        As of :class:`fastbp.Network` and its ``fit``.
    early_stopping : None, True, int or EarlyStopping
        Whether, and when, training stops before its last epoch.
    keep_best : str
        Which epoch of classes is the best: that of the least "error", or "log_loss".
    epochs : int, optional
        In place of what the budget comes to.
    """

    name: str
    clip: bool
    piecewise: bool
    hidden: tuple[int, ...]
    activation: Any
    initializer: Any
    random_start: bool
    optimizer: Optimizer
    batch_size: int | None
    steps: int
    fewest_epochs: int
    most_epochs: int
    counts_whole_batches: bool
    bounds_row_passes: bool
    label_smoothing: float
    keeps_best: bool
    calibrates: bool
    dropout: Any = 0.0
    l2: float = 0.0
    compute: str | None = None
    class_weight: Any = None
    early_stopping: Any = None
    keep_best: str = "error"
    epochs: int | None = None

    @property
    def validates(self) -> bool:
        """Whether members need rows to validate on."""
        schedule = self.optimizer.schedule
        by_loss = schedule is not None and schedule.needs_validation
        return self.keeps_best or self.early_stopping is not None or by_loss

    def epochs_for(self, n: int) -> int:
        """The epochs of a member with n training rows."""
        if self.epochs is not None:
            return self.epochs
        batch = n if self.batch_size is None else min(self.batch_size, n)
        steps = n // batch if self.counts_whole_batches else ceil(n / batch)
        epochs = min(max(ceil(self.steps / steps), self.fewest_epochs), self.most_epochs)
        if self.bounds_row_passes and n > MANY_ROWS:
            epochs = max(min(epochs, MOST_ROW_PASSES // n), 1)
        return epochs


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "good",
            clip=True,
            piecewise=True,
            hidden=(128, 128, 128),
            activation="relu",
            initializer="lecun_normal",  # N(0, 1 / n_in)
            random_start=True,
            optimizer=as_optimizer(
                {"name": "adamw", "learning_rate": 0.004, "schedule": CosLog().config()}
            ),
            batch_size=256,
            steps=768,
            fewest_epochs=64,
            most_epochs=256,
            counts_whole_batches=True,
            bounds_row_passes=True,
            label_smoothing=0.1,
            keeps_best=True,
            calibrates=True,
        ),
        Recipe(
            "plain",
            clip=False,
            piecewise=False,
            hidden=(100,),
            activation="relu",
            initializer="glorot_uniform",
            random_start=False,
            optimizer=as_optimizer("adam"),
            batch_size=32,
            steps=1000,
            fewest_epochs=40,
            most_epochs=400,
            counts_whole_batches=False,
            bounds_row_passes=False,
            label_smoothing=0.0,
            keeps_best=False,
            calibrates=False,
        ),
    )
}


def as_recipe(value: Any, **options: Any) -> Recipe:
    """The recipe of a name, with the options that are not None in place of its own.

    Raises
    ------
    ValueError, TypeError
        If there is no such recipe, or an option is out of its range.

    Examples
    --------
    >>> recipe = as_recipe("good", hidden=64, learning_rate=0.001, early_stopping=20)
    >>> recipe.hidden, recipe.optimizer.learning_rate, recipe.validates
    ((64,), 0.001, True)
    """
    if not isinstance(value, Recipe):
        value = RECIPES[check_choice("recipe", value, RECIPES)]
    recipe: Recipe = value
    given = {name: option for name, option in options.items() if option is not None}
    rates = {name: given.pop(name) for name in _OF_OPTIMIZERS if name in given}
    optimizer = _optimizer(recipe, given.pop("optimizer", None), rates)
    if optimizer.rule.full_batch:
        given.setdefault("batch_size", None)
    checked = {name: _CHECKS[name](option) for name, option in given.items()}
    if "initializer" in checked:
        checked["random_start"] = False
    recipe = replace(recipe, optimizer=optimizer, **checked)
    Architecture.checked(  # whose errors name the arguments
        [1, *recipe.hidden, 2], recipe.activation, "identity", "mean_squared_error", True,
        "float32", recipe.compute, recipe.dropout,
    )  # fmt: skip
    return recipe


_OF_OPTIMIZERS = ("learning_rate", "schedule", "ema")


def _optimizer(recipe: Recipe, chosen: Any, rates: dict[str, Any]) -> Optimizer:
    """That of the recipe or another one, with a rate, a schedule or an average of its own.

    One that was chosen by its name alone has the recipe's schedule, and schedule=False is none.
    """
    optimizer = recipe.optimizer if chosen is None else as_optimizer(chosen)
    if isinstance(chosen, str) and optimizer.compiled and not optimizer.rule.full_batch:
        rates = {"schedule": recipe.optimizer.schedule, **rates}
    if rates.get("schedule") is False:
        rates["schedule"] = None
    return replace(optimizer, **rates) if rates else optimizer


def _hidden(value: Any) -> tuple[int, ...]:
    if isinstance(value, (list, tuple, np.ndarray)):
        return tuple(check_integer("hidden", width, low=1) for width in value)
    return (check_integer("hidden", value, low=1),)


def _initializer(value: Any) -> Any:
    return value if callable(value) else check_choice("initializer", value, ["auto", *INITIALIZERS])


def _batch_size(value: Any) -> int | None:
    return None if value is None else check_integer("batch_size", value, low=1)


def _early_stopping(value: Any) -> Any:
    stopping = as_stopping(value, validation=())
    return value if stopping is None or isinstance(value, EarlyStopping) else stopping.patience


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "hidden": _hidden,
    "activation": lambda value: tuple(value) if is_one_with_numbers(value) else value,
    "initializer": _initializer,
    "dropout": lambda value: value,
    "compute": lambda value: value,
    "epochs": check_epochs,
    "batch_size": _batch_size,
    "l2": lambda value: check_number("l2", value, low=0),
    "class_weight": check_class_weight,
    "early_stopping": lambda value: None if value is False else _early_stopping(value),
    "keep_best": lambda value: check_choice("keep_best", value, ("error", "log_loss")),
}
