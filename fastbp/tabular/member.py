"""A member of a table model: how columns become its inputs, its network, and what outputs mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.model.row_slices import slices
from fastbp.network import Network, model_of
from fastbp.tables.typed import Target
from fastbp.tabular.class_weights import class_weights
from fastbp.tabular.encoder import Column, Encoder
from fastbp.tabular.folds import Fold
from fastbp.tabular.recipe import Recipe
from fastbp.tabular.temperature import best_temperature, tempered
from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.fit import train
from fastbp.training.history import History
from fastbp.training.options import as_options
from fastbp.training.side_by_side import Stop, Watch

# Of the inputs that are made at a time for predictions.
_BLOCK_BYTES = 1 << 23
#: task -> the last layer's activation, and the loss.
OUTPUTS = {
    "classify": ("softmax", "cross_entropy"),
    "regress": ("identity", "mean_squared_error"),
}


@dataclass(frozen=True)
class TargetScale:
    """How a network's output becomes a number: z scale + mean, kept within [low, high].

    These are the mean, the standard deviation and the bounds of the training rows' targets.
    """

    mean: float
    scale: float
    low: float
    high: float

    @classmethod
    def fit(cls, y: NDArray[np.float64]) -> TargetScale:
        """Learn from the training rows; equal targets have the scale 1."""
        low, high = float(y.min()), float(y.max())
        largest = max(abs(low), abs(high)) or 1.0
        unit = y / largest  # no square of these overflows
        scale = float(unit.std() * largest)
        return cls(
            float(unit.mean() * largest), scale if low < high and scale > 0 else 1.0, low, high
        )

    def standardised(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network is to learn."""
        with np.errstate(over="ignore"):
            return np.clip(y / self.scale - self.mean / self.scale, -1e15, 1e15)

    def numbers(self, z: NDArray[Any]) -> NDArray[np.float64]:
        """What its outputs mean."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.clip(z.astype(np.float64) * self.scale + self.mean, self.low, self.high)


@dataclass(frozen=True)
class Member:
    """A trained member.

    Attributes
    ----------
    encoder : Encoder
    network : Network
    temperature : float
        Of classes: probabilities are softmax(z / temperature).
    scale : TargetScale or None
        Of numbers.
    history : History or None
        Of its training; None for a member of a file.
    """

    encoder: Encoder
    network: Network
    temperature: float = 1.0
    scale: TargetScale | None = None
    history: History | None = None

    def outputs(self, columns: Sequence[Column], n: int) -> NDArray[np.float64]:
        """Of the n rows of a table: probabilities (n, K), or numbers (n,)."""
        shape = (n,) if self.scale else (n, self.network.sizes[-1])
        out = np.empty(shape)
        size = max(_BLOCK_BYTES // (4 * self.encoder.width), 1)
        for rows in slices(n, size):
            z = self.network.predict(self.encoder.transform(columns, rows))
            if self.scale:
                out[rows] = self.scale.numbers(z[:, 0])
            else:
                out[rows] = tempered(z, self.temperature)
        return out


def new_network(
    recipe: Recipe, width: int, task: str, classes: Sequence[str], rng: np.random.Generator
) -> Network:
    """An untrained network by a recipe."""
    output_activation, loss = OUTPUTS[task]
    net = Network(
        [width, *recipe.hidden, len(classes) or 1],
        recipe.activation,
        output_activation=output_activation,
        loss=loss,
        initializer=recipe.initializer,
        dropout=recipe.dropout,
        compute=recipe.compute,
        seed=rng,
    )
    if recipe.random_start:
        for biases in net.biases[:-1]:
            biases[...] = rng.standard_normal(biases.shape)
        net.weights[-1][...] = 0
    if classes:
        net.classes = classes
    return net


def train_member(
    columns: Sequence[Column],
    target: Target,
    fold: Fold,
    recipe: Recipe,
    *,
    piecewise: bool,
    seed: int,
    n_threads: int | None,
    stop: Stop | None = None,
    count: Callable[[int], object] | None = None,
) -> Member:
    """Train one member on the training rows of a fold; it validates on the others.

    Parameters
    ----------
    columns : sequence of NumberColumn or WordColumn
    target : Target
        Of all rows.
    fold : Fold
    recipe : Recipe
    piecewise : bool
        Whether it sees numbers in bins too.
    seed : int
        Of its first weights and the order of rows.
    n_threads : int or None
        As of ``Network.fit``.
    stop, count
        As of :class:`~fastbp.training.side_by_side.Watch`.
    """
    encoder = Encoder.fit(columns, fold.training, piecewise=piecewise, clip=recipe.clip)
    X, y = encoder.transform(columns, fold.training), _values(target, fold.training)
    rng = np.random.default_rng(seed)
    net = new_network(recipe, encoder.width, target.task, target.classes, rng)
    weights = class_weights(y, target.classes, recipe.class_weight)
    scale = None if target.classes else TargetScale.fit(y)
    validation: Any = None
    X_held = y_held = of_held = None
    if len(fold.validation):
        X_held, y_held = (
            encoder.transform(columns, fold.validation),
            _values(target, fold.validation),
        )
        of_held = None if weights is None else weights[y_held]
        validation = (X_held, scale.standardised(y_held) if scale else y_held, of_held)
        if of_held is not None and np.count_nonzero(of_held) < 2:  # too few to judge by
            validation = None
    epochs = recipe.epochs_for(len(y))
    options = as_options(
        net,
        epochs=epochs,
        batch_size=recipe.batch_size,
        optimizer=recipe.optimizer,
        l1=0.0,
        l2=recipe.l2,
        shuffle=True,
        validation=validation,
        early_stopping=_stopping(recipe, epochs, target.task, validation),
        callbacks=() if stop is None else lambda net, epoch, history: stop.early,
        progress=Watch(count, stop),
        n_threads=n_threads,
        check_input=True,
        metrics=(),
        label_smoothing=recipe.label_smoothing if target.classes else 0.0,
        class_weight=None if weights is None else dict(enumerate(weights.tolist())),
    )
    y_scaled = scale.standardised(y) if scale else y
    history = train(model_of(net), X, y_scaled, None, options)
    net.optimizer = "adam"  # its memory is not for predictions
    temperature = 1.0
    if recipe.calibrates and target.classes and validation is not None:
        assert X_held is not None
        assert y_held is not None
        temperature = best_temperature(net.predict(X_held), y_held, of_held)
    return Member(encoder, net, temperature, scale, history)


def _values(target: Target, rows: NDArray[np.intp]) -> NDArray[Any]:
    return target.values[rows]


def _stopping(recipe: Recipe, epochs: int, task: str, validation: Any) -> EarlyStopping | None:
    """What keeps the best epoch, and stops where early stopping was asked for."""
    if validation is None or len(validation[0]) < 2:
        return None
    given = recipe.early_stopping
    if isinstance(given, EarlyStopping):
        return given
    if given is None and not recipe.keeps_best:
        return None
    patience = max(epochs, 1) if given is None else 10 if given is True else given
    by_error = task == "classify" and recipe.keep_best == "error"
    monitor = "accuracy" if by_error else "loss"
    return EarlyStopping(patience, monitor=monitor, restore="last_best")
