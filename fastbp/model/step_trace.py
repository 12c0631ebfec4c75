"""The trace of a training step: a sample's pass, and what the step made of the parameters."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from fastbp.inputs import Array, Rows
from fastbp.model.by_layer import ByLayer
from fastbp.model.parameters import Layout, Parameters
from fastbp.model.single_layers import SingleLayers, rows_as_arrays
from fastbp.model.state import State
from fastbp.model.trace import SampleNumbers, Trace, target_row, trace_with
from fastbp.optimizers import Optimizer


class ByWeight(NamedTuple):
    """A number for each weight and bias: ``w[l][j, k]`` and ``b[l][j]`` for l = 1..L."""

    w: ByLayer
    b: ByLayer


class Moment(NamedTuple):
    """The parameters and the optimizer's memories at one moment.

    Attributes
    ----------
    w, b : indexed by l = 1..L
        w_jk^(l) and b_j^(l), arrays with elements ``[j, k]`` and ``[j]``.
    memories : dict
        What the optimizer remembers of each parameter, by the names in ``optimizer.remembers``:
        ``memories["velocity"].w[l][j, k]`` and ``.b[l][j]``. Empty for plain SGD.
    """

    w: ByLayer
    b: ByLayer
    memories: dict[str, ByWeight]


def moment(state: State) -> Moment:
    """A copy of what a step changes."""
    now = state.current
    arrays = dict(zip(now.optimizer.remembers, now.memory, strict=True))
    copies = {name: _by_weight(state.layout, flat, name) for name, flat in arrays.items()}
    return Moment(*_by_weight(state.layout, state.parameters.flat), copies)


def _by_weight(layout: Layout, flat: Array, name: str = "") -> ByWeight:
    views = Parameters(layout, True, flat)
    prefix = f"{name}." if name else ""
    return ByWeight(
        ByLayer(f"{prefix}w", 1, [w.copy(order="C") for w in views.weights]),
        ByLayer(f"{prefix}b", 1, [b.copy() for b in views.biases]),
    )


class StepInfo(NamedTuple):
    """How a step was made."""

    optimizer: Optimizer
    step: int
    learning_rate: float


class StepTrace(Trace):
    """One training step, number by number; see :meth:`fastbp.Network.trace_step`.

    It has all that a :class:`~fastbp.model.trace.Trace` has, of the pass before the update, and:

    Attributes
    ----------
    before, after : Moment
        ``.w[l][j, k]``, ``.b[l][j]`` and ``.memories[name]`` with ``.w`` and ``.b``, before and
        after the update. ``before.w`` is ``w``.
    optimizer : Optimizer
        With its ``rule.formula``.
    step : int
        t, counted from 1 in the optimizer's life; Adam's formula has it.
    learning_rate : float
        That of this step, by the schedule if there is one.
    kept : None, or indexed by l = 1..L-1
        With dropout the factors m_j, 0 where node j was dropped, else 1 / (1 - rate): a_j = m_j
        g(z_j), and delta_j = m_j g'(z_j) dC_0/da_j.

    Notes
    -----
    With ``ema`` the parameters in ``before`` and ``after`` are those that the step goes on from and
    makes, ``net.raw_parameters``; their average, which ``net.weights`` then is, is the memory
    "average".
    """

    def __init__(
        self,
        trace: Trace,
        before: Moment,
        after: Moment,
        info: StepInfo,
    ) -> None:
        self.__dict__.update(trace.__dict__)
        self.before, self.after = before, after
        self.optimizer, self.step, self.learning_rate = info

    def after_pass(self) -> Trace:
        """The trace of the same sample with the parameters after the step; it drops no node."""
        layers = self._layers
        new = Parameters(layers.layout, True)
        for l in range(1, self.L + 1):
            new.weights[l - 1][...] = self.after.w[l]
            new.biases[l - 1][...] = self.after.b[l]
        after = SingleLayers(layers.architecture, layers.layout, new.flat)
        return trace_with(after, self.a[0][np.newaxis], self.y[np.newaxis])

    def receipt(self) -> dict[str, Any]:
        """The step as a document that another program verifies.

        It is a receipt of the npm package @mcptoolshop/backprop-trace, which recomputes the step
        and compares all of its numbers; docs/trace.md says how.

        Returns
        -------
        dict
            For json.dump; the package reads one line. ``fastbp explain --receipt FILE`` writes it.

        Raises
        ------
        ValueError
            If the package cannot express the step: it takes one hidden layer of identity, sigmoid
            or relu, 64 nodes in a layer, half_squared_error or softmax with cross_entropy, and
            SGD, with momentum or without, or Adam, with no option but a schedule or ema.

        Examples
        --------
        >>> from fastbp import SGD, Network
        >>> net = Network([2, 2, 2], loss="half_squared_error", dtype="float64", seed=0)
        >>> document = net.trace_step([0.05, 0.10], [0.01, 0.99], SGD(0.5)).receipt()
        >>> document["loss"]["total"] > document["post_update_loss"]["total"]
        True
        """
        # Lessons stand above models: they are imported when one is asked for.
        lesson: Any = import_module("fastbp.lessons.receipt")
        document: dict[str, Any] = lesson.receipt(self)
        return document

    def __repr__(self) -> str:
        return f"Step {self.step} of {self.optimizer!r}: {super().__repr__()}"

    def _lines(self) -> Iterator[str]:
        yield from super()._lines()
        yield ""
        yield f"update      step {self.step}, learning_rate = {self.learning_rate:.8g}"
        yield from (f"    {part}" for part in self.optimizer.rule.formula.split(" ;  "))
        for l in range(self.L, 0, -1):
            for name, moment in (("old", self.before), ("new", self.after)):
                yield from self._weights(f"{name} w^({l})", moment.w[l])
                if self.bias:
                    yield from self._weights(f"{name} b^({l})", moment.b[l])


def step_pass(layers: SingleLayers, X: Rows, y: Array, key: int, t: int) -> Trace:
    """The pass of step t on one sample: with dropout, where there is a key, layer by layer."""
    if not key:
        return trace_with(layers, X, y)
    L = len(layers.layout.sizes) - 1
    target = target_row(layers, y)
    rows, a, kept = [], [layers.rows(rows_as_arrays(X))], []
    for l in range(1, L + 1):
        of_layer = layers.forward(l, a[-1])
        rows.append(of_layer)
        if l < L:
            ones = layers.rows(np.ones_like(of_layer.a))
            kept.append(layers.drop(l, key, t, ones))
            a.append(layers.drop(l, key, t, of_layer.a))
    a.append(rows[-1].a)
    C_0, of_output = layers.output(rows[-1], layers.rows(target[np.newaxis]))
    delta = [of_output]
    for l in range(L, 1, -1):
        dC_da = layers.transposed_product(l, delta[0])
        delta.insert(0, layers.drop(l - 1, key, t, layers.times_slope(l - 1, rows[l - 2], dC_da)))
    gradient = layers.layout.zeros()
    for l in range(1, L + 1):
        layers.accumulate(l, delta[l - 1], a[l - 1], gradient)
    of_z = [of_layer.z for of_layer in rows]
    numbers = ([array[0].copy() for array in arrays] for arrays in (a, of_z, delta, kept))
    of_a, z, deltas, factors = numbers
    return Trace(layers, SampleNumbers(of_a, z, deltas, gradient, float(C_0[0]), factors), target)
