"""Published formulas of scikit-learn, PyTorch, Keras and optax, where fastbp may differ.

``FORMULAS[row][library]`` gives the numbers of a cell of docs/coming-from.md, in plain Python and
NumPy. ``torch_numbers``, ``keras_numbers``, ``optax_numbers`` and ``sklearn_numbers`` get the same
from the libraries themselves.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Numbers = tuple[float, ...]
Formula = Callable[[], Numbers]

TINY = 1e-9  # a first gradient, for the rows about eps
DECAY_GRADIENTS = (0.5, -0.2, 0.3, 0.1)
SIGNS = (1.0, 1.0, 1.0, -1.0, -1.0)
BELOW_THE_ROOT = (1e-23,) * 3  # the product of two of them is 0 in float32
LOGITS = np.array([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [0.0, 1.0, 0.5]])
TARGETS = np.array([0, 1, 0])
CLASS_WEIGHTS = (1.0, 4.0, 2.0)
SMOOTHING = 0.1
PATIENCE = 10
ROWS_OF_DIGITS = 1797
MISTAKE = 120.0  # z of a sigmoid output whose target is 0


def defaults(function: Any, *names: str) -> Numbers:
    """The default values of a function's arguments."""
    parameters = inspect.signature(function).parameters
    return tuple(float(parameters[name].default) for name in names)


# ---------------------------------------------------------------- optimizers


def adam(eps: float, *, corrected_first: bool) -> Numbers:
    """The first step at rate 0.001; eps is added after the bias correction, or before."""
    m, v = 0.1 * TINY, 0.001 * TINY**2
    if corrected_first:
        return (0.001 * (m / 0.1) / (math.sqrt(v / 0.001) + eps),)
    return (0.001 * math.sqrt(0.001) / 0.1 * m / (math.sqrt(v) + eps),)


def rmsprop(rho: float, eps: float, *, inside: bool) -> Numbers:
    """The first step at rate 0.01."""
    v = (1 - rho) * TINY**2
    return (0.01 * TINY / (math.sqrt(v + eps) if inside else math.sqrt(v) + eps),)


def adagrad(start: float, eps: float, *, inside: bool) -> Numbers:
    """The first step at rate 0.01."""
    s = start + TINY**2
    return (0.01 * TINY / (math.sqrt(s + eps) if inside else math.sqrt(s) + eps),)


def nadam(decay: float) -> Numbers:
    """The first step at rate 0.002 for a gradient of 1."""
    mu = [0.9 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (1, 2)]
    return (0.002 * ((1 - mu[0]) / (1 - mu[0]) + 0.1 * mu[1] / (1 - mu[0] * mu[1])),)


def optax_nadam() -> Numbers:
    return (0.002 * (0.9 * 0.1 / (1 - 0.9**2) + 0.1 / 0.1),)


def rprop(gradients: Sequence[float]) -> Numbers:
    """iRprop- by the sign of the product of two gradients, which is of the same type."""
    w, step, previous, places = 0.0, 0.01, np.float32(0), []
    for gradient in map(np.float32, gradients):
        with np.errstate(under="ignore"):
            product = gradient * previous
        if product > 0:
            step = min(step * 1.2, 50.0)
        elif product < 0:
            step, gradient = max(step * 0.5, 1e-6), np.float32(0)
        w -= step * float(np.sign(gradient))
        previous = gradient
        places.append(w)
    return tuple(places)


def optax_rprop(gradients: Sequence[float]) -> Numbers:
    """optax.scale_by_rprop: each step moves by the one before."""
    w, step, previous, places = 0.0, 0.01, 0.0, []
    for gradient in gradients:
        sign = float(np.float32(gradient) * np.float32(previous))
        step = step if sign == 0 else min(max(step * (1.2 if sign > 0 else 0.5), 1e-6), 50.0)
        move = 0.0 if sign < 0 else previous
        previous = 0.0 if sign < 0 else step * float(np.sign(gradient))
        w -= move
        places.append(w)
    return tuple(places)


def sgd_with_decay(*, decoupled: bool) -> Numbers:
    """Four steps from 1 at rate 0.01, momentum 0.9, weight_decay 0.1."""
    w, v = 1.0, 0.0
    for gradient in DECAY_GRADIENTS:
        if decoupled:
            w -= 0.01 * 0.1 * w
        v = 0.9 * v - 0.01 * (gradient + (0.0 if decoupled else 0.1 * w))
        w += v
    return (w,)


def adamw(eps: float) -> Numbers:
    """Four steps from 1 at rate 0.01, weight_decay 0.1."""
    w, m, v = 1.0, 0.0, 0.0
    for t, gradient in enumerate(DECAY_GRADIENTS, 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.01 * 0.1 * w
        w -= 0.01 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + eps)
    return (w,)


def momentum(*, rate_inside: bool) -> Numbers:
    """Two gradients of 1 from 0, at rates 0.1 and 0.01, momentum 0.9."""
    w = v = 0.0
    for rate in (0.1, 0.01):
        v = 0.9 * v - (rate if rate_inside else 1)
        w += v if rate_inside else rate * v
    return (w,)


def clipped(summand: float) -> Numbers:
    """The gradient (3, 4), with a limit of 5 for its norm."""
    return tuple(g * min(1.0, 5 / (5 + summand)) for g in (3.0, 4.0))


def penalty(n_samples: int, factor: float) -> Numbers:
    """What a penalty of 1 adds to dC/dw at w = 1."""
    return (factor / n_samples,)


# ---------------------------------------------------------------- losses


def log_softmax() -> np.ndarray:
    return LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))


def class_weighted(*, by_weights: bool) -> Numbers:
    w = np.array(CLASS_WEIGHTS)[TARGETS]
    losses = -log_softmax()[np.arange(3), TARGETS]
    return (float((w * losses).sum() / (w.sum() if by_weights else 3)),)


def smoothed() -> Numbers:
    y = np.eye(3)[TARGETS] * (1 - SMOOTHING) + SMOOTHING / 3
    return (float(-(y * log_softmax()).sum(axis=1).mean()),)


def sample_weighted(*, by_weights: bool) -> Numbers:
    """Losses of 1 and 2 with weights of 1 and 3."""
    return ((1 * 1 + 3 * 2) / (4 if by_weights else 2),)


def squared_error(factor: float) -> Numbers:
    """Of outputs 1 and 2 for targets of 0."""
    return (factor * (1**2 + 2**2),)


# ---------------------------------------------------------------- the rest


def flat_epochs(first: int) -> Numbers:
    """Epochs with a loss that stays the same, before patience is over."""
    return (float(PATIENCE + first),)


def invscaling(steps: float) -> Numbers:
    return (0.1 / math.sqrt(1 + steps),)


def gelu(z: float, *, tanh: bool) -> Numbers:
    if tanh:
        return (z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),)
    return (z / 2 * (1 + math.erf(z / math.sqrt(2))),)


def of(*numbers: float) -> Formula:
    """Numbers that are documented as they are."""
    return lambda: numbers


def glorot() -> float:
    """The standard deviation of a uniform draw below sqrt(6 / (784 + 128)), times sqrt(784)."""
    return math.sqrt(6 / (784 + 128) / 3 * 784)


TORCH, KERAS, OPTAX, SKLEARN = "PyTorch", "Keras", "optax, JAX", "scikit-learn"

FORMULAS: dict[str, dict[str, Formula]] = {
    "Adam's eps": {
        TORCH: lambda: adam(1e-8, corrected_first=True),
        KERAS: lambda: adam(1e-7, corrected_first=False),
        OPTAX: lambda: adam(1e-8, corrected_first=True),
        SKLEARN: lambda: adam(1e-8, corrected_first=False),
    },
    "RMSprop's eps": {
        TORCH: lambda: rmsprop(0.99, 1e-8, inside=False),
        KERAS: lambda: rmsprop(0.9, 1e-7, inside=True),
        OPTAX: lambda: rmsprop(0.9, 1e-8, inside=True),
    },
    "Adagrad's eps and start": {
        TORCH: lambda: adagrad(0.0, 1e-10, inside=False),
        KERAS: lambda: adagrad(0.1, 1e-7, inside=True),
        OPTAX: lambda: adagrad(0.1, 1e-7, inside=True),
    },
    "NAdam's momentum": {
        TORCH: lambda: nadam(0.004),
        KERAS: lambda: nadam(1.0),
        OPTAX: optax_nadam,
    },
    "Rprop at a change of sign": {
        TORCH: lambda: rprop(SIGNS),
        OPTAX: lambda: optax_rprop(SIGNS),
    },
    "Rprop of tiny gradients": {
        TORCH: lambda: rprop(BELOW_THE_ROOT),
        OPTAX: lambda: optax_rprop(BELOW_THE_ROOT),
    },
    "`weight_decay` of SGD": {
        TORCH: lambda: sgd_with_decay(decoupled=False),
        KERAS: lambda: sgd_with_decay(decoupled=True),
    },
    "AdamW": {
        TORCH: lambda: adamw(1e-8),
        KERAS: lambda: adamw(1e-7),
        OPTAX: lambda: adamw(1e-8),
    },
    "AdamW's default decay": {TORCH: of(0.01), KERAS: of(0.004), OPTAX: of(1e-4)},
    "SGD's default rate": {TORCH: of(0.001), KERAS: of(0.01), SKLEARN: of(0.001)},
    "RMSprop's default rate and rho": {TORCH: of(0.01, 0.99), KERAS: of(0.001, 0.9)},
    "momentum when the rate changes": {
        TORCH: lambda: momentum(rate_inside=False),
        KERAS: lambda: momentum(rate_inside=True),
        OPTAX: lambda: momentum(rate_inside=False),
        SKLEARN: lambda: momentum(rate_inside=True),
    },
    "clipping by norm": {
        TORCH: lambda: clipped(1e-6),
        KERAS: lambda: clipped(0.0),
        OPTAX: lambda: clipped(0.0),
    },
    "L2 penalty": {
        TORCH: lambda: penalty(1, 1.0),
        KERAS: lambda: penalty(1, 2.0),
        OPTAX: lambda: penalty(1, 1.0),
        SKLEARN: lambda: penalty(10, 1.0),
    },
    "class weights": {
        TORCH: lambda: class_weighted(by_weights=True),
        KERAS: lambda: class_weighted(by_weights=False),
    },
    "label smoothing": {TORCH: smoothed, KERAS: smoothed, OPTAX: smoothed},
    "sample weights": {
        KERAS: lambda: sample_weighted(by_weights=False),
        SKLEARN: lambda: sample_weighted(by_weights=True),
    },
    "squared error": {
        TORCH: lambda: squared_error(1 / 2),
        KERAS: lambda: squared_error(1 / 2),
        SKLEARN: lambda: squared_error(1 / 4),
    },
    "a confident mistake": {
        TORCH: of(100.0),  # a logarithm is at least -100
        KERAS: lambda: (-math.log(1e-7),),
        OPTAX: of(MISTAKE),
        SKLEARN: lambda: (-math.log(np.finfo(np.float64).eps),),
    },
    "early stopping": {KERAS: lambda: flat_epochs(1), SKLEARN: lambda: flat_epochs(2)},
    "rate on a plateau": {TORCH: lambda: flat_epochs(2), KERAS: lambda: flat_epochs(1)},
    "inverse scaling": {SKLEARN: lambda: invscaling(ROWS_OF_DIGITS)},
    "dropout": {TORCH: lambda: (1 / (1 - 0.2),), KERAS: lambda: (1 / (1 - 0.2),)},
    "first weights": {
        TORCH: lambda: (math.sqrt(1 / 3),),
        KERAS: lambda: (glorot(),),
        SKLEARN: lambda: (glorot(),),
    },
    "leaky_relu's slope": {TORCH: of(0.01), KERAS: of(0.2), OPTAX: of(0.01)},
    "leaky_relu' at 0": {TORCH: of(0.01), OPTAX: of(1.0)},
    "selu' at 0": {TORCH: of(1.7580993), OPTAX: of(1.7580993)},
    "hard_sigmoid' at -3 and 3": {TORCH: of(0.0, 0.0), OPTAX: of(0.0, 0.0)},
    "absolute error' at 0": {TORCH: of(0.0), OPTAX: of(1.0)},
    "gelu": {
        TORCH: lambda: gelu(1.0, tanh=False),
        KERAS: lambda: gelu(1.0, tanh=False),
        OPTAX: lambda: gelu(1.0, tanh=True),
    },
    "class at an output of 0.5": {SKLEARN: of(0.0)},
}
