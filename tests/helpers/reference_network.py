"""A Network and the specification, side by side: the same parameters, the same maths, in lists.

``Specification.of(net)`` copies a Network's parameters into the lists that
:mod:`fastbp.reference` takes; its methods answer what the Network's do. Nothing is computed here
but by the functions of the specification.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tolerances import FLOAT64, assert_close, norm

from fastbp import reference, reference_options, reference_tables

Array = NDArray[np.float64]
Nested = list[Any]


def rows_of(y: ArrayLike, n_outputs: int) -> Nested:
    """The targets as the specification takes them: labels become one-hot rows."""
    y = np.asarray(y)
    if n_outputs > 1 and y.ndim == 1:
        y = np.eye(n_outputs)[y]
    return y.astype(np.float64).reshape(len(y), n_outputs).tolist()


def rule_of(
    optimizer: Any, t: int, *, is_weight: bool, l: int = 1, l1: float = 0.0, l2: float = 0.0
) -> Callable[[float, tuple, float], tuple[float, tuple]]:
    """One number's update in layer l and step t = 1, 2, ...: of (value, memory, slope).

    It gives the value and its memory.

    A schedule must be a function of the steps done.
    """
    rule, starts = reference_tables.RULES[optimizer.rule.name]
    start = tuple(optimizer.numbers.get(name, name) for name in starts)
    factor = 1.0 if optimizer.schedule is None else optimizer.schedule.factors([t - 1], 1)[0]
    if optimizer.layer_rates is not None:
        factor *= optimizer.layer_rates[l - 1]
    if not is_weight:
        factor *= optimizer.bias_rate
    decay = optimizer.weight_decay
    penalties = (l1, l2, decay[l - 1] if isinstance(decay, tuple) else decay)
    return lambda value, memory, slope: reference_options.updated(
        value,
        memory or start,
        t,
        slope,
        rule,
        optimizer.numbers,
        factor,
        *(penalties if is_weight else ()),
    )


def formulas_of(activation: Any) -> tuple[Any, Any]:
    """(g, g') of an activation as a network's description has it: a name, or it and its numbers."""
    name, *numbers = [activation] if isinstance(activation, str) else activation
    g, g_prime = reference_tables.ACTIVATIONS[name]
    if not numbers:
        return g, g_prime
    return lambda z: g(z, *numbers), lambda z: g_prime(z, *numbers)


def loss_of(loss: Any) -> tuple[Any, Any]:
    """(C_0, delta^(L)) of a loss as a network's description has it, likewise."""
    name, *numbers = [loss] if isinstance(loss, str) else loss
    C_0, delta = reference_tables.LOSSES[name]
    if not numbers:
        return C_0, delta
    return lambda *of_row: C_0(*of_row, *numbers), lambda *of_row: delta(*of_row, *numbers)


def flat(w: Sequence[Any], b: Sequence[Any]) -> list[float]:
    """w(1) row by row, b(1), w(2), ...; for lists indexed by l, whose first element is None."""
    values: list[float] = []
    for l in range(1, len(w)):
        for row in w[l]:
            values.extend(row)
        values.extend(b[l])
    return values


@dataclass
class Specification:
    """A network of the specification that stands beside a Network."""

    w: Nested
    b: Nested
    g: Nested
    g_prime: Nested
    loss: Callable[..., float]
    output_delta: Callable[..., list[float]]
    bias: bool | str
    rates: Nested  # of dropout, which `step` applies
    dropout_key: int = 0
    steps: int = 0
    state: list[tuple] = field(default_factory=list)
    average: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, net: Any) -> Specification:
        config = net._model.config()
        formulas = [*map(formulas_of, [*config["activation"], config["output_activation"]])]
        loss, output_delta = loss_of(config["loss"])
        biases = [
            b.tolist() if len(b) else [0.0] * len(w)
            for w, b in zip(net.weights, net.biases, strict=True)
        ]
        return cls(
            w=[None, *(w.tolist() for w in net.weights)],
            b=[None, *biases],
            g=[None, *(g for g, _ in formulas)],
            g_prime=[None, *(g_prime for _, g_prime in formulas)],
            loss=loss,
            output_delta=output_delta,
            bias=config["bias"],
            rates=[None, *net.dropout],
            dropout_key=net._model.state.dropout_key,
        )

    def predict(self, X: ArrayLike) -> Array:
        rows = np.asarray(X, dtype=np.float64).tolist()
        return np.array([reference.forward(x, self.w, self.b, self.g)[1][-1] for x in rows])

    def gradient(
        self,
        X: ArrayLike,
        y: ArrayLike,
        weights: ArrayLike | None = None,
        rates: Nested | None = None,
        divisors: ArrayLike | None = None,
    ) -> tuple[float, Nested, Nested]:
        """C, dC/dw and dC/db, indexed by l; with rates of dropout those of the next step."""
        arguments = (
            np.asarray(X, dtype=np.float64).tolist(),
            rows_of(y, len(self.w[-1])),
            self.w,
            self.b,
            self.g,
            self.g_prime,
            self.loss,
            self.output_delta,
        )
        if weights is None and not any(rates or ()):
            return reference.gradient(*arguments)
        listed = None if weights is None else np.asarray(weights).tolist()
        return reference_options.gradient(
            *arguments,
            listed,
            rates,
            self.dropout_key,
            self.steps + 1,
            None if divisors is None else np.asarray(divisors).tolist(),
        )

    def step(
        self,
        X: ArrayLike,
        y: ArrayLike,
        optimizer: Any,
        l2: float = 0.0,
        weights: ArrayLike | None = None,
        l1: float = 0.0,
        divisors: ArrayLike | None = None,
    ) -> float:
        """One update; returns C before it. The penalties move weights only, and are not in C."""
        C, dC_dw, dC_db = self.gradient(X, y, weights, self.rates, divisors)
        self.apply(flat(dC_dw, dC_db), optimizer, l2, l1)
        return C

    def apply(
        self, slopes: Sequence[float], optimizer: Any, l2: float = 0.0, l1: float = 0.0
    ) -> None:
        self.steps += 1
        places = [
            (l, is_weight)
            for l in range(1, len(self.w))
            for is_weight, count in (
                (True, len(self.w[l]) * len(self.w[l][0])),
                (False, len(self.b[l])),
            )
            for _ in range(count)
        ]
        learnt = [i for i, (_, is_weight) in enumerate(places) if is_weight or self.bias is True]
        values = flat(self.w, self.b)
        self.state = self.state or [()] * len(values)
        self.average = self.average or [0.0] * len(values)
        bounds = (optimizer.clip_norm or math.inf, optimizer.clip_value or math.inf)
        for i, slope in zip(
            learnt, reference_options.clipped([slopes[i] for i in learnt], *bounds), strict=True
        ):
            l, is_weight = places[i]
            rule = rule_of(optimizer, self.steps, is_weight=is_weight, l=l, l1=l1, l2=l2)
            values[i], self.state[i] = rule(values[i], self.state[i], slope)
        for i, value in enumerate(values):
            self.average[i] = reference_options.averaged(
                self.average[i], value, self.steps, optimizer.ema or 0.0
            )
        self._scatter(iter(values))

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        optimizer: Any,
        *,
        batch_size: int,
        l2: float = 0.0,
        weights: ArrayLike | None = None,
        l1: float = 0.0,
        divisors: ArrayLike | None = None,
        orders: Iterable[Sequence[int]],
    ) -> list[float]:
        """One epoch for each order of the samples; returns the history of the losses.

        A batch whose divisors, or else weights, sum to 0 takes no step.
        """
        X, y = np.asarray(X), np.asarray(y)
        divisors = weights if divisors is None else divisors
        if divisors is not None and weights is None:
            weights = np.ones(len(X))
        w = np.ones(len(X)) if divisors is None else np.asarray(divisors, np.float64)

        def part(of: ArrayLike | None, batch: Any) -> Any:
            return None if of is None else np.asarray(of)[batch]

        history = []
        for order in orders:
            batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
            total = math.fsum(
                self.step(
                    X[batch],
                    y[batch],
                    optimizer,
                    l2,
                    part(weights, batch),
                    l1,
                    part(divisors, batch),
                )
                * w[batch].sum()
                for batch in batches
                if w[batch].any()
            )
            history.append(total / w[order].sum())
        return history

    def parameters(self) -> Array:
        """In the order of ``net.parameters``."""
        return np.array(flat(self.w, self.b if self.bias else [[]] * len(self.b)))

    def averaged_parameters(self) -> Array:
        """The moving average, in the same order; of a network with biases."""
        return np.array(self.average)

    def _scatter(self, values: Any) -> None:
        for l in range(1, len(self.w)):
            self.w[l] = [[next(values) for _ in row] for row in self.w[l]]
            self.b[l] = [next(values) for _ in self.b[l]]


def assert_gradients_close(
    actual: Any, expected: tuple[Nested, Nested], relative_to_norm: float = FLOAT64
) -> None:
    """Compare every layer of ``net.gradients`` with dC/dw and dC/db, indexed by l.

    The error of each array is measured against the norm of the whole gradient. A network without
    biases has arrays of length 0 for them.
    """
    dC_dw, dC_db = expected
    assert len(actual.weights) == len(actual.biases) == len(dC_dw) - 1
    has_bias = any(len(b) for b in actual.biases)
    scale_of_all = norm(flat(dC_dw, dC_db if has_bias else [[]] * len(dC_db)))
    for l in range(1, len(dC_dw)):
        pairs = {f"dC/dw({l})": (actual.weights[l - 1], dC_dw[l])}
        if has_bias:
            pairs[f"dC/db({l})"] = (actual.biases[l - 1], dC_db[l])
        for label, (left, right) in pairs.items():
            assert_close(left, right, relative_to_norm, scale=scale_of_all, label=label)
