"""``fit`` of scikit-learn's multilayer perceptrons for adam and sgd, in NumPy, draw by draw.

The specification of ``fastbp.sklearn``, for whoever has no scikit-learn: with SciPy installed and
one BLAS thread it computes scikit-learn's bits (tests/scikit_learn/test_sklearn_fit.py).

    z = a W + b,  a = g(z)
    C = data loss + alpha/2 sum W^2 / m  of a batch, m its rows or the sum of their weights
    dW = (a^T delta + alpha W) / m,  db = sum delta / m,  delta of the last layer = output - target

The loss of an epoch is the mean over batches by their numbers of rows, weighted samples or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from split_draws import split

try:
    from scipy.special import expit, xlogy
except ImportError:  # the same to rounding

    def expit(z: Any) -> Any:
        e = np.exp(-np.abs(z))
        return np.where(z < 0, e, 1) / (1 + e)

    def xlogy(x: Any, y: Any) -> Any:
        return np.where(x == 0, 0, x * np.log(np.where(x == 0, 1, y)))


Array = np.ndarray[Any, Any]
#: Two classes in one column, one column a class, labels of which a row has any number, or numbers.
Kind = Literal["binary", "multiclass", "multilabel", "squared_error", "poisson"]
CLASSIFIERS = ("binary", "multiclass", "multilabel")
#: The hidden activations: g(z), and delta of an activation a from what comes back to it.
HIDDEN: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "identity": (lambda z: z, lambda a, back: back),
    "logistic": (expit, lambda a, back: (back * a) * (1 - a)),
    "tanh": (np.tanh, lambda a, back: back * (1 - a**2)),
    "relu": (
        lambda z: np.maximum(z, 0),
        lambda a, back: np.where(a == 0, back.dtype.type(0), back),
    ),
}


@dataclass(frozen=True)
class Settings:
    """scikit-learn's parameters and defaults, by its names."""

    hidden_layer_sizes: tuple[int, ...] = (100,)
    activation: str = "relu"
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: int | Literal["auto"] = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: int = 0
    tol: float = 1e-4
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int = 10


class Fitted(NamedTuple):
    """A fit's result, by scikit-learn's names; ``validation_scores_`` is None without any."""

    coefs_: list[Array]  # each (n_in, n_out)
    intercepts_: list[Array]
    loss_curve_: list[Any]
    validation_scores_: list[float] | None
    n_iter_: int


def first_parameters(
    sizes: list[int], activation: str, draws: np.random.RandomState, dtype: Any
) -> tuple[list[Array], list[Array]]:
    """Weights and biases, drawn layer by layer in float64, uniform in ±sqrt(6 / (n_in + n_out))."""
    weights, biases = [], []
    for n_in, n_out in pairwise(sizes):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (n_in + n_out))
        weights.append(draws.uniform(-bound, bound, (n_in, n_out)).astype(dtype))
        biases.append(draws.uniform(-bound, bound, n_out).astype(dtype))
    return weights, biases


def output(z: Array, kind: Kind) -> Array:
    """The last activation."""
    if kind == "multiclass":
        powers = np.exp(z - z.max(axis=1)[:, None])
        powers /= powers.sum(axis=1)[:, None]
        return powers
    if kind in CLASSIFIERS:
        return np.asarray(expit(z))
    return np.exp(z) if kind == "poisson" else z


def data_loss(target: Array, predicted: Array, sample_weight: Array | None, kind: Kind) -> Any:
    """Mean over samples; summed over outputs, but for the squared error, half its mean over all."""
    if kind == "squared_error":
        squares = (target - predicted) ** 2
        return 0.5 * np.average(squares, weights=sample_weight, axis=0).mean()
    if kind == "poisson":
        values = xlogy(target, target / predicted) - target + predicted
        return np.average(values, weights=sample_weight, axis=0).sum()
    eps = np.finfo(predicted.dtype).eps
    p = np.clip(predicted, eps, 1 - eps)
    values = xlogy(target, p)
    if kind != "multiclass":
        values = values + xlogy(1 - target, 1 - p)
    return -np.average(values, weights=sample_weight, axis=0).sum()


def score(target: Array, predicted: Array, sample_weight: Array | None, kind: Kind) -> Any:
    """Accuracy (of whole rows with several labels), or R2 as the mean over outputs."""
    if kind == "multiclass":
        right = predicted.argmax(axis=1) == target.argmax(axis=1)
        return np.average(right, weights=sample_weight)
    if kind in CLASSIFIERS:
        return np.average(((predicted > 0.5) == target).all(axis=1), weights=sample_weight)
    floats = [a.dtype for a in (target, predicted, sample_weight) if a is not None]
    dtype = np.result_type(*(one for one in floats if one.kind == "f"))
    target, predicted = target.astype(dtype), predicted.astype(dtype)
    each: Any = 1.0 if sample_weight is None else sample_weight.astype(dtype)[:, None]
    mean = np.average(target, axis=0, weights=sample_weight)
    errors = (each * (target - predicted) ** 2).sum(axis=0)
    return np.mean(1 - errors / (each * (target - mean) ** 2).sum(axis=0))


@dataclass
class Perceptron:
    """Weights, biases, and the passes through them."""

    weights: list[Array]
    biases: list[Array]
    kind: Kind
    activation: str
    alpha: float

    def activations(self, X: Array) -> list[Array]:
        """X and what each layer makes of it."""
        layers = [X]
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = layers[-1] @ w
            z += b
            last = layer == len(self.weights) - 1
            layers.append(output(z, self.kind) if last else HIDDEN[self.activation][0](z))
        return layers

    def loss_and_gradients(
        self, X: Array, y: Array, sample_weight: Array | None
    ) -> tuple[Any, list[Array]]:
        """A batch's loss with its penalty, and the gradients of all weights, then of all biases."""
        layers = self.activations(X)
        mass = len(X) if sample_weight is None else sample_weight.sum()
        loss = data_loss(y, layers[-1], sample_weight, self.kind)
        squares: Any = 0
        for w in self.weights:
            squares += np.dot(w.ravel(), w.ravel())
        loss += 0.5 * self.alpha * squares / mass
        delta = layers[-1] - y
        if sample_weight is not None:
            delta *= sample_weight[:, None]
        of_weights: list[Array] = []
        of_biases: list[Array] = []
        for layer in reversed(range(len(self.weights))):
            gradient = layers[layer].T @ delta
            gradient += self.alpha * self.weights[layer]
            gradient /= mass
            of_weights.insert(0, gradient)
            of_biases.insert(0, delta.sum(axis=0) / mass)
            if layer:
                back = delta @ self.weights[layer].T
                delta = HIDDEN[self.activation][1](layers[layer], back)
        return loss, of_weights + of_biases


@dataclass
class Optimizer:
    """Adam, with epsilon added before the bias correction, or SGD with momentum."""

    parameters: list[Array]
    settings: Settings
    rate: float = field(init=False)
    steps: int = 0
    first: list[Array] = field(init=False)
    second: list[Array] = field(init=False)

    def __post_init__(self) -> None:
        self.rate = float(self.settings.learning_rate_init)
        self.first = [np.zeros_like(p) for p in self.parameters]
        self.second = [np.zeros_like(p) for p in self.parameters]

    def step(self, gradients: list[Array]) -> None:
        """Move the parameters in place."""
        self.steps += 1
        update = self._adam if self.settings.solver == "adam" else self._sgd
        for i, gradient in enumerate(gradients):
            self.parameters[i] += update(i, gradient)

    def _adam(self, i: int, gradient: Array) -> Array:
        beta_1, beta_2 = self.settings.beta_1, self.settings.beta_2
        # A float64 scalar: with float32 data the step is float64 too.
        corrected = self.rate * np.sqrt(1 - beta_2**self.steps) / (1 - beta_1**self.steps)
        self.first[i] = beta_1 * self.first[i] + (1 - beta_1) * gradient
        self.second[i] = beta_2 * self.second[i] + (1 - beta_2) * gradient**2
        step = -corrected * self.first[i] / (np.sqrt(self.second[i]) + self.settings.epsilon)
        return np.asarray(step)

    def _sgd(self, i: int, gradient: Array) -> Array:
        momentum = self.settings.momentum
        velocity = self.first[i] = momentum * self.first[i] - self.rate * gradient
        return (
            momentum * velocity - self.rate * gradient
            if self.settings.nesterovs_momentum
            else velocity
        )

    def end_epoch(self, samples_seen: int) -> None:
        """invscaling counts samples, not steps."""
        s = self.settings
        if s.solver == "sgd" and s.learning_rate == "invscaling":
            self.rate = float(s.learning_rate_init) / (samples_seen + 1) ** s.power_t

    def stops(self) -> bool:
        """Without progress: whether training ends, or goes on at a fifth of an adaptive rate."""
        s = self.settings
        if s.solver == "adam" or s.learning_rate != "adaptive" or self.rate <= 1e-6:
            return True
        self.rate /= 5.0
        return False


def fit(
    X: Array,
    y: Array,
    kind: Kind,
    settings: Settings | None = None,
    sample_weight: Array | None = None,
) -> Fitted:
    """What scikit-learn's estimator has after ``fit``.

    Parameters
    ----------
    X : array (n_samples, n_features), float32 or float64
    y : array (n_samples, n_outputs)
        bool indicators for classes and labels (one column for "binary"), else numbers.
    kind : "binary", "multiclass", "multilabel", "squared_error" or "poisson"
    settings : Settings, optional
    sample_weight : array (n_samples,), optional
    """
    s = settings or Settings()
    draws = np.random.RandomState(s.random_state)
    sizes = [X.shape[1], *s.hidden_layer_sizes, y.shape[1]]
    net = Perceptron(
        *first_parameters(sizes, s.activation, draws, X.dtype), kind, s.activation, s.alpha
    )
    optimizer = Optimizer(net.weights + net.biases, s)

    train, held = np.arange(len(X)), np.arange(0)
    if s.early_stopping:
        train, held = split(
            len(X), s.validation_fraction, draws, y[:, 0] if kind == "binary" else None
        )

    def rows(which: Array) -> tuple[Array, Array, Array | None]:
        return X[which], y[which], None if sample_weight is None else sample_weight[which]

    n = len(train)
    # An int, or numpy.int64, which makes float64 of a float32 loss below.
    size: Any = min(200, n) if s.batch_size == "auto" else np.clip(s.batch_size, 1, n)
    order = np.arange(n)
    curve: list[Any] = []
    scores: list[float] = []
    best = -np.inf if s.early_stopping else np.inf
    best_parameters = [p.copy() for p in optimizer.parameters]
    without_progress = 0
    for _ in range(s.max_iter):
        if s.shuffle:
            shuffled = np.arange(n)
            draws.shuffle(shuffled)
            order = order[shuffled]
        total: Any = 0.0
        for start in range(0, n, int(size)):
            batch = train[order[start : start + size]]
            loss, gradients = net.loss_and_gradients(*rows(batch))
            total += loss * type(size)(len(batch))
            optimizer.step(gradients)
        curve.append(total / n)
        if s.early_stopping:
            X_held, y_held, weight_held = rows(held)
            scores.append(score(y_held, net.activations(X_held)[-1], weight_held, kind))
            without_progress = without_progress + 1 if scores[-1] < best + s.tol else 0
            if scores[-1] > best:
                best, best_parameters = scores[-1], [p.copy() for p in optimizer.parameters]
        else:
            without_progress = without_progress + 1 if curve[-1] > best - s.tol else 0
            best = min(best, curve[-1])
        optimizer.end_epoch(n * len(curve))
        if without_progress > s.n_iter_no_change:
            if optimizer.stops():
                break
            without_progress = 0
    parameters = best_parameters if s.early_stopping else optimizer.parameters
    layers = len(net.weights)
    return Fitted(
        parameters[:layers],
        parameters[layers:],
        curve,
        scores if s.early_stopping else None,
        len(curve),
    )
