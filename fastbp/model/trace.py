"""The trace of one sample: every z, a, delta and gradient, by layer and index."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fastbp.inputs import Array, Rows, Targets
from fastbp.losses import Loss
from fastbp.model.loss_choice import LossChoice, loss_row
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.operations import ACTIVATIONS, ActivationRow, LossRow


class ByLayer:
    """Arrays indexed by the layer l, just as in the formulas; l starts at 0 or at 1."""

    __reversed__ = None

    def __init__(self, symbol: str, first: int, arrays: list[Array]) -> None:
        self._symbol = symbol
        self._first = first
        self._arrays = arrays

    def __getitem__(self, l: Any) -> Any:
        last = self._first + len(self._arrays) - 1
        if not isinstance(l, (int, np.integer)) or l is True or not self._first <= l <= last:
            raise IndexError(
                f"{self._symbol}[l] is there for l = {self._first}..{last}, got l = {l!r}"
            )
        return self._arrays[l - self._first]

    def __iter__(self) -> Iterator[Array]:
        return iter(self._arrays)

    def __repr__(self) -> str:
        return "\n".join(
            f"{self._symbol}[{l}] = {array}" for l, array in enumerate(self._arrays, self._first)
        )


class Trace:
    """Every number of one sample's forward and backward pass; see :meth:`Network.trace`.

    Attributes
    ----------
    a : indexed by l = 0..L
        ``a[0]`` is the sample x; ``a[l][j]`` is a_j^(l), an array of length n_l.
    z, delta, dC_db, b : indexed by l = 1..L
        z_j^(l), dC_0/dz_j^(l), dC_0/db_j^(l) and the bias, arrays of length n_l.
    dC_dw, w : indexed by l = 1..L
        dC_0/dw_jk^(l) and the weight, arrays (n_l, n_(l-1)) with elements ``[j, k]``.
    y : array of length n_L
        The target.
    C_0 : float
        The loss of the sample.
    L, sizes, loss
        As the network's.
    activations : tuple
        ``activations[l]`` names g^(l); ``activations[0]`` is None.
    numbers : tuple
        ``numbers[l]`` has the numbers that g^(l) takes, by name: {"slope": 0.2}.
    """

    def __init__(
        self,
        *,
        a: list[Array],
        z: list[Array],
        delta: list[Array],
        dC_dw: list[Array],
        dC_db: list[Array],
        w: list[Array],
        b: list[Array],
        y: Array,
        C_0: float,
        loss: LossChoice,
        activations: Sequence[str | None],
        numbers: Sequence[dict[str, float]],
    ) -> None:
        self.a = ByLayer("a", 0, a)
        self.z = ByLayer("z", 1, z)
        self.delta = ByLayer("delta", 1, delta)
        self.w = ByLayer("w", 1, w)
        self.b = ByLayer("b", 1, b)
        self.dC_dw = ByLayer("dC_dw", 1, dC_dw)
        self.dC_db = ByLayer("dC_db", 1, dC_db)
        self.y = y
        self.C_0 = C_0
        self.loss = loss
        self.sizes = tuple(len(array) for array in a)
        self.L = len(z)
        self.activations = tuple(activations)
        self.numbers = tuple(numbers)

    @property
    def loss_row(self) -> LossRow | None:
        """The table's row of the loss, with its numbers; None for one of the caller's own."""
        return None if isinstance(self.loss, Loss) else loss_row(self.loss)

    @property
    def loss_label(self) -> str:
        """The name of the loss, with its numbers where they are not the defaults."""
        row = self.loss_row
        return row.label if row else repr(self.loss)

    def row(self, l: int) -> ActivationRow | None:
        """The table's row of g^(l), with its numbers; None for one of the caller's own."""
        row = ACTIVATIONS.get(self.activations[l] or "")
        return row and row.with_values(*self.numbers[l].values())

    def label(self, l: int) -> str:
        """The name of g^(l), with its numbers where they are not the defaults."""
        row = self.row(l)
        return row.label if row else str(self.activations[l])

    def __repr__(self) -> str:
        return f"Trace of one sample through {'-'.join(map(str, self.sizes))}, C_0 = {self.C_0:.8g}"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        shape = "-".join(map(str, self.sizes))
        yield f"One sample through {shape}: l = 0 is the input, nodes count from 0"
        yield ""
        yield "forward     z_j = b_j + sum_k w_jk a_k      a_j = g(z_j)"
        yield from self._nodes(0, "a", self.a[0])
        for l in range(1, self.L + 1):
            yield f"  layer {l}, g = {self.label(l)}"
            yield from self._nodes(l, "z", self.z[l])
            yield from self._nodes(l, "a", self.a[l])
        yield ""
        yield f"loss        {self.loss_label}"
        yield from self._nodes(None, "y", self.y)
        yield f"    C_0 = {self.C_0:.8g}"
        yield ""
        yield "backward    delta_j = dC_0/dz_j      delta_k = g'(z_k) sum_j w_jk delta_j"
        for l in range(self.L, 0, -1):
            yield from self._nodes(l, "delta", self.delta[l])
        yield ""
        yield "gradient    dC_0/dw_jk = delta_j a_k      dC_0/db_j = delta_j"
        for l in range(self.L, 0, -1):
            gradient = self.dC_dw[l]
            yield from _listed(f"dC_0/dw^({l})", np.ndindex(gradient.shape), gradient.__getitem__)

    @staticmethod
    def _nodes(l: int | None, symbol: str, values: Array) -> Iterator[str]:
        name = symbol if l is None else f"{symbol}^({l})"
        return _listed(name, ((j,) for j in range(len(values))), values.__getitem__)


def trace_sample(model: Model, X: Rows, targets: Targets) -> Trace:
    """The trace of one checked sample, by the pass that trains."""
    architecture, parameters = model.architecture, model.state.parameters
    gradient = Parameters(model.layout, True)
    C_0, z, a, delta = model.program.trace(X, targets.array, gradient.flat)
    biases = Parameters(model.layout, True, parameters.flat).biases
    return Trace(
        a=[array[0] for array in a],
        z=[array[0] for array in z],
        delta=[array[0] for array in delta],
        dC_dw=[array.copy(order="C") for array in gradient.weights],
        dC_db=[array.copy() for array in gradient.biases],
        w=[w.copy(order="C") for w in parameters.weights],
        b=[b.copy() for b in biases],
        y=_one_row(targets.array, architecture.sizes[-1], architecture.dtype),
        C_0=C_0,
        loss=architecture.loss,
        activations=[None, *architecture.names],
        numbers=[{}, *architecture.numbers],
    )


def _one_row(y: Array, n_L: int, dtype: np.dtype[Any]) -> Array:
    """The sample's target in the network's number type, a label as a one-hot row."""
    if y.ndim == 1:
        return np.asarray(np.arange(n_L) == y[0], dtype)
    with np.errstate(over="ignore", under="ignore"):  # as the kernels convert
        return np.array(y[0], dtype)


#: More numbers than this of one kind are not printed but counted: MNIST's sample has 784.
_MOST = 64


def _listed(
    name: str, indices: Any, value: Callable[[tuple[int, ...]], Any], width: int = 80
) -> Iterator[str]:
    """Lines of ``name  _0 0.1234  _1 0.5678``, at most ``width`` columns wide."""
    all_indices = list(indices)
    head = f"    {name:<11}"
    line = head
    for index in all_indices[:_MOST]:
        separator = "," if max(index) > 9 else ""
        entry = f"  _{separator.join(map(str, index))} {value(index):<11.6g}"
        if len(line) + len(entry.rstrip()) > width:
            yield line.rstrip()
            line = " " * len(head)
        line += entry
    yield line.rstrip()
    if len(all_indices) > _MOST:
        yield f"{' ' * len(head)}  ... and {len(all_indices) - _MOST} more"
