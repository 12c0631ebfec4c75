"""The trace of one sample: every z, a, delta and gradient, by layer and index."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from fastbp.inputs import Array, Rows, Targets
from fastbp.losses import Loss
from fastbp.model.by_layer import ByLayer
from fastbp.model.chain_rule import Term, term_of
from fastbp.model.loss_choice import loss_row
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.model.single_layers import SingleLayers
from fastbp.operations import ACTIVATIONS, ActivationRow, LossRow


class SampleNumbers(NamedTuple):
    """What a pass computes of one sample: by layer from 0 (``a``) or from 1, and the gradient.

    ``kept`` are the factors of dropout in layers 1 to L-1, in a step that drops nodes.
    """

    a: list[Array]
    z: list[Array]
    delta: list[Array]
    gradient: Array  # flat
    C_0: float
    kept: list[Array] | None = None


class Trace:
    """Every number of one sample's forward and backward pass; see :meth:`Network.trace`.

    Attributes
    ----------
    a : indexed by l = 0..L
        ``a[0]`` is the sample x; ``a[l][j]`` is a_j^(l), an array of length n_l.
    z, delta, dC_db, b : indexed by l = 1..L
        z_j^(l), dC_0/dz_j^(l), dC_0/db_j^(l) and the bias, arrays of length n_l.
    dC_dw, w : indexed by l = 1..L
        dC_0/dw_jk^(l) and the weight, arrays (n_l, n_(l-1)) with elements ``[j, k]``. w and b are
        those of the pass, however the network has been trained since, and read-only.
    g_prime : indexed by l = 1..L
        g'(z_j^(l)), an array of length n_l. With a softmax output l = 1..L-1: of that each a_j
        depends on every z_i.
    dC_da : indexed by l = 1..L
        dC_0/da_j^(l), an array of length n_l: sum_j' w_j'j delta_j' over the nodes j' of layer
        l+1, and in layer L the derivative of the loss.
    y : array of length n_L
        The target.
    C_0 : float
        The loss of the sample.
    L, sizes, loss, bias, compute
        As the network's. With ``bias=False`` b is 0 everywhere, and dC_db what a bias would get.
    activations : tuple
        ``activations[l]`` names g^(l); ``activations[0]`` is None.
    numbers : tuple
        ``numbers[l]`` has the numbers that g^(l) takes, by name: {"slope": 0.2}.

    Notes
    -----
    delta_j = g'(z_j) dC_0/da_j in every layer with a g'. ``g_prime`` and ``dC_da`` are computed
    when they are first read, layer by layer in the compiled loops of training and from the
    parameters of the pass. A loss or an activation of the caller's own is called once more for
    them.

    Examples
    --------
    >>> from fastbp import Network
    >>> net = Network([2, 2, 1], seed=1, dtype="float64")
    >>> t = net.trace([1.0, 0.5], [0.0])
    >>> bool(t.delta[1][0] == t.g_prime[1][0] * t.dC_da[1][0])
    True
    >>> bool(abs(t.dC_da[1][0] - t.w[2][0, 0] * t.delta[2][0]) < 1e-15)
    True
    """

    def __init__(self, layers: SingleLayers, sample: SampleNumbers, y: Array) -> None:
        architecture, layout, parameters = layers.architecture, layers.layout, layers.parameters
        gradient = Parameters(layout, True, sample.gradient)
        self._layers = layers
        self.a = ByLayer("a", 0, sample.a)
        self.z = ByLayer("z", 1, sample.z)
        self.delta = ByLayer("delta", 1, sample.delta)
        self.w = ByLayer("w", 1, [_read_only(w) for w in parameters.weights])
        self.b = ByLayer("b", 1, [_read_only(b) for b in parameters.biases])
        # Views: for 784-128-10 a copy in the order of j would take as long as the pass.
        self.dC_dw = ByLayer("dC_dw", 1, list(gradient.weights))
        self.dC_db = ByLayer("dC_db", 1, list(gradient.biases))
        self.y = y
        self.C_0 = sample.C_0
        self.loss = architecture.loss
        self.bias: bool | str = architecture.bias
        self.compute = architecture.compute
        self.sizes: tuple[int, ...] = architecture.sizes
        self.L = len(sample.z)
        self.activations: tuple[str | None, ...] = (None, *architecture.names)
        self.numbers: tuple[dict[str, float], ...] = ({}, *architecture.numbers)
        #: The factors of dropout by layer, where the pass is that of a step that drops nodes.
        self.kept = None if sample.kept is None else ByLayer("kept", 1, sample.kept)

    @cached_property
    def g_prime(self) -> ByLayer:
        """g'(z_j^(l)) of every layer whose g has one."""
        last = self.L - (self.activations[-1] == "softmax")
        why = "" if last == self.L else "softmax has no g' of one node: a_j depends on every z_i"
        # Dropout changes a of hidden layers, and g' comes from a before that.
        a = [self.a[l] if self.kept is None or l == self.L else None for l in range(last + 1)]
        slopes = [
            self._layers.g_prime(l, self.a[l - 1], self.z[l], a[l]) for l in range(1, last + 1)
        ]
        return ByLayer("g_prime", 1, slopes, why)

    @cached_property
    def dC_da(self) -> ByLayer:
        """dC_0/da_j^(l) of every layer."""
        below = [self._layers.dC_da_below(l, self.delta[l]) for l in range(2, self.L + 1)]
        return ByLayer("dC_da", 1, [*below, self._layers.dC_da_of_loss(self.a[self.L], self.y)])

    def term(self, l: int, j: int, k: int) -> Term:
        """The factors of dC_0/dw_jk^(l) by the chain rule, with their numbers.

        ::

            dC_0/dw_jk^(L) = dC_0/da_j^(L) g'(z_j^(L)) a_k^(L-1)
            dC_0/dw_jk^(l) = [ sum_j' delta_j'^(l+1) w_j'j^(l+1) ] g'(z_j^(l)) a_k^(l-1)

        The sum over the nodes j' of layer l+1, which is dC_0/da_j^(l), is there term by term. With
        a softmax output every output i counts: dC_0/dz_j^(L) = sum_i dC_0/da_i da_i/dz_j, with
        da_i/dz_j = a_i (1 - a_j) where i = j, else -a_i a_j.

        Parameters
        ----------
        l, j, k : int
            The layer, 1 to L, a node of it, and a node of layer l-1.

        Returns
        -------
        Term
            ``.factors``, whose product is ``.value``, and ``.terms`` of the first factor where
            that is a sum. Printing it shows symbols and numbers. The value is
            ``t.dC_dw[l][j, k]`` up to rounding (of products in bfloat16 some 2^-7).

        Raises
        ------
        IndexError
            If there is no such layer or node.

        Examples
        --------
        Mazur's network, but for its 1/2, and w_00 of its first layer:

        >>> from fastbp import Network
        >>> net = Network([2, 2, 2], dtype="float64")
        >>> net.weights[0], net.biases[0] = [[0.15, 0.20], [0.25, 0.30]], [0.35, 0.35]
        >>> net.weights[1], net.biases[1] = [[0.40, 0.45], [0.50, 0.55]], [0.60, 0.60]
        >>> t = net.trace([0.05, 0.10], [0.01, 0.99])
        >>> t.term(1, 0, 0)
        dC_0/dw_00^(1) = dC_0/da_0^(1) g'(z_0^(1)) a_0^(0)
            dC_0/da_0^(1) = sum_j' delta_j'^(2) w_j'0^(2)
                j'=0   0.2769971 * 0.4 = 0.1107988
                j'=1   -0.07619647 * 0.5 = -0.03809824
                sum    0.07270061
            g'(z_0^(1)) = 0.2413007
            a_0^(0) = 0.05
            product = 0.0008771355
        """
        return term_of(self, l, j, k)

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
        of_dropout = "" if self.kept is None else "dropout_j "
        b_j = "b_j + " if self.bias else ""
        yield f"forward     z_j = {b_j}sum_k w_jk a_k      a_j = {of_dropout}g(z_j)"
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
        of_dropout = of_dropout.replace("j", "k")
        yield (
            f"backward    delta_j = dC_0/dz_j      delta_k = {of_dropout}g'(z_k) sum_j w_jk delta_j"
        )
        for l in range(self.L, 0, -1):
            yield from self._nodes(l, "delta", self.delta[l])
        yield ""
        of_bias = "      dC_0/db_j = delta_j" if self.bias else ""
        yield f"gradient    dC_0/dw_jk = delta_j a_k{of_bias}"
        for l in range(self.L, 0, -1):
            yield from self._weights(f"dC_0/dw^({l})", self.dC_dw[l])

    @staticmethod
    def _weights(name: str, values: Array) -> Iterator[str]:
        return _listed(name, np.ndindex(values.shape), values.__getitem__)

    @staticmethod
    def _nodes(l: int | None, symbol: str, values: Array) -> Iterator[str]:
        name = symbol if l is None else f"{symbol}^({l})"
        return _listed(name, ((j,) for j in range(len(values))), values.__getitem__)


def trace_sample(model: Model, X: Rows, targets: Targets) -> Trace:
    """The trace of one checked sample, by the pass that trains."""
    return trace_with(layers_of(model), X, targets.array)


def layers_of(model: Model) -> SingleLayers:
    """The layers over a copy of the present parameters, of one moment between two steps."""
    flat = model.layout.zeros()
    with model.state_lock.hold():
        flat[:] = model.state.parameters.flat
    return SingleLayers(model.architecture, model.layout, flat)


def trace_with(layers: SingleLayers, X: Rows, y: Array) -> Trace:
    """The trace of one checked sample over these parameters."""
    gradient = layers.layout.zeros()
    C_0, z, a, delta = layers.program.trace(X, y, gradient)
    of_a, of_z, of_delta = ([array[0] for array in arrays] for arrays in (a, z, delta))
    numbers = SampleNumbers(of_a, of_z, of_delta, gradient, C_0)
    return Trace(layers, numbers, target_row(layers, y))


def target_row(layers: SingleLayers, y: Array) -> Array:
    """The target of one sample, (1, n_L) or a label (1,), as numbers of the network's type."""
    n_L, dtype = layers.layout.sizes[-1], layers.layout.dtype
    if y.ndim == 1:
        return np.asarray(np.arange(n_L) == y[0], dtype)  # one-hot
    with np.errstate(over="ignore", under="ignore"):  # as the kernels convert
        return np.array(y[0], dtype)


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


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
