"""What a question is about: a network, a sample, and all numbers of its pass, as shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.lessons.quizzes.notation import NotFiniteError, shown
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES, ActivationRow, LossRow

WIDEST = 5  # nodes of a layer whose weights a question writes out
LONGEST = 10  # nodes of which it writes one number each
_WIDTHS = (2, 3, 4)  # of a network that is made
_RATES = (0.1, 0.2, 0.25, 0.5)


def rounded(array: Array) -> Array:
    """Round every number to what is shown of it."""
    if not np.isfinite(array).all():
        raise NotFiniteError
    numbers = [shown(float(value)) for value in np.ravel(array)]
    return np.array(numbers, float).reshape(np.shape(array))


class Shown:
    """Arrays by layer, rounded where they are read: of a wide layer a question reads little.

    >>> Shown([np.array([0.123456, 1.0])])[0][0]
    0.1235
    """

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays

    def __getitem__(self, l: int) -> ShownArray:
        return ShownArray(self._arrays[l])


class ShownArray:
    """One of these; an index gives a float, a slice a list of them."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        return rounded(self._array[index]).tolist()


@dataclass(frozen=True)
class Setting:
    """A network with a sample.

    Numbers are rounded to what a question shows, so that an answer follows from its text.

    Attributes
    ----------
    net : Network
        Never changed.
    x, target : ndarray
        The sample.
    rng : numpy.random.Generator
        Draws which layer, which node, and so on.
    learning_rate : float
        Of a step that a question asks for.
    """

    net: Network
    x: Array
    target: Array
    rng: np.random.Generator
    learning_rate: float

    @cached_property
    def trace(self) -> Trace:
        """The sample's pass, made when a number of it is first read."""
        return self.net.trace(self.x, self.target)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths, n_0 to n_L."""
        return self.net.sizes

    @property
    def L(self) -> int:
        """The last layer."""
        return self.net.L

    @cached_property
    def a(self) -> Shown:
        """``a[l][j]``, from l = 0."""
        return Shown(list(self.trace.a))

    @cached_property
    def z(self) -> Shown:
        """``z[l][j]``, from l = 1, as all that follow."""
        return Shown([np.empty(0), *self.trace.z])

    @cached_property
    def delta(self) -> Shown:
        """``delta[l][j]``."""
        return Shown([np.empty(0), *self.trace.delta])

    @cached_property
    def w(self) -> Shown:
        """``w[l][j, k]``."""
        return Shown([np.empty(0), *self.trace.w])

    @cached_property
    def b(self) -> Shown:
        """``b[l][j]``; zeros where the network has no biases."""
        biases = [np.empty(0), *self.trace.b]
        return Shown(
            [b if len(b) else np.zeros(n) for b, n in zip(biases, self.sizes, strict=True)]
        )

    @cached_property
    def y(self) -> Array:
        """The target."""
        return rounded(self.trace.y)

    @property
    def has_biases(self) -> bool:
        """Whether z has a b in it."""
        return bool(self.net.bias)

    @property
    def loss(self) -> LossRow | None:
        """The table's row; None for a loss of the caller's own."""
        return self.trace.loss_row

    def activation(self, l: int) -> ActivationRow | None:
        """The table's row of g^(l); None for one of the caller's own."""
        return self.trace.row(l)

    def choose(self, values: Iterable[int]) -> int | None:
        """Draw one of these; None if there is none."""
        candidates = list(values)
        return int(self.rng.choice(candidates)) if candidates else None

    def layer(self) -> int:
        """Draw a layer with weights."""
        return int(self.rng.integers(1, self.L + 1))

    def uneven_layer(self) -> int:
        """Draw a layer whose width is not that of the layer below, if there is one."""
        uneven = [l for l in range(1, self.L + 1) if self.sizes[l] != self.sizes[l - 1]]
        return int(self.rng.choice(uneven or range(1, self.L + 1)))

    def node(self, l: int) -> int:
        """Draw a node of a layer."""
        return int(self.rng.integers(self.sizes[l]))

    def corner(self, l: int) -> tuple[int, int]:
        """Of how many nodes of layer l and of layer l-1 the weights are written out."""
        return min(WIDEST, self.sizes[l]), min(WIDEST, self.sizes[l - 1])

    def on(self, x: Array) -> Setting:
        """The same network and target with another sample."""
        return replace(self, x=x)


def make_setting(net: Network | None, rng: np.random.Generator) -> Setting:
    """Draw a sample for a network, and the network itself where there is none."""
    net = _draw_network(rng) if net is None else net
    x = np.round(rng.uniform(-1, 1, net.sizes[0]), 2)
    n_L = net.sizes[-1]
    # Zeros and a one are targets that every loss takes.
    y = np.eye(n_L)[rng.integers(n_L)] if n_L > 1 else rng.integers(2, size=1).astype(float)
    return Setting(net, x, y, rng, float(rng.choice(_RATES)))


def _draw_network(rng: np.random.Generator) -> Network:
    """A small network with weights of two digits: in half the cases the course's own."""
    sizes = [int(n) for n in rng.choice(_WIDTHS, size=rng.integers(3, 5))]
    if len(set(sizes)) == 1:  # then rows and columns could not be told apart
        sizes[1] = sizes[0] % 4 + 1
    is_course = rng.random() < 0.5
    loss = "squared_error" if is_course else str(rng.choice(list(LOSSES)))
    # Those whose derivative is short to write; of a given a it can be told.
    short = [name for name in BY_NODE if ACTIVATIONS[name].derivative_from_a]
    legal = [name for name in LOSSES[loss].output_activations if name in short or name == "softmax"]
    hidden = "sigmoid" if is_course else str(rng.choice(short))
    output = "sigmoid" if is_course else str(rng.choice(legal))
    net = Network(
        sizes,
        hidden,
        output_activation=output,
        loss=loss,
        dtype="float64",
        initializer="normal",
        seed=int(rng.integers(2**31)),
    )
    net.parameters = np.round(net.parameters, 2)
    return net
