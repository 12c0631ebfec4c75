"""The trace of a batch: its samples' traces, and the gradient, which is their mean."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from fastbp._boundary import ROWS_PER_CHUNK
from fastbp.inputs import Array, Rows, check_integer
from fastbp.model.by_layer import ByLayer
from fastbp.model.chain_rule import check_place
from fastbp.model.gradients import mean_gradients
from fastbp.model.row_slices import slices
from fastbp.model.single_layers import SingleLayers
from fastbp.model.trace import Trace, trace_with
from fastbp.text.symbols import indexed

_MOST = 32  # samples that are printed


class MeanTerm:
    """dC/dw_jk^(l) of a batch, sample by sample; see :class:`BatchTrace`.

    Attributes
    ----------
    l, j, k : int
        Which weight.
    delta, a : arrays (m,)
        delta_j^(l) and a_k^(l-1) of each sample.
    dC_dw : array (m,)
        Their products, dC_i/dw_jk^(l) of each sample i.
    sum, value : float
        The sum of those, and their mean.
    """

    def __init__(self, l: int, j: int, k: int, delta: Array, a: Array) -> None:
        self.l, self.j, self.k = l, j, k
        self.delta, self.a = delta, a
        with np.errstate(all="ignore"):
            self.dC_dw: Array = delta * a
            self.sum = float(self.dC_dw.sum(dtype=np.float64))
        self.value = self.sum / len(delta)

    def __repr__(self) -> str:
        w = indexed("w", self.l, self.j, self.k)
        delta, a = indexed("delta", self.l, self.j), indexed("a", self.l - 1, self.k)
        m = len(self.dC_dw)
        rows = [
            f"    i={i:<4} {self.delta[i]:.7g} * {self.a[i]:.7g} = {self.dC_dw[i] + 0.0:.7g}"
            for i in range(min(m, _MOST))
        ]
        if m > _MOST:
            rest = float(self.dC_dw[_MOST:].sum(dtype=np.float64))
            rows.append(f"    i={_MOST}..{m - 1}  {rest:.7g}")
        return "\n".join(
            [
                f"dC/d{w} = 1/{m} sum_i dC_i/d{w}, dC_i/d{w} = {delta} {a}",
                *rows,
                f"    sum    {self.sum:.7g}",
                f"    mean   {self.value:.7g}",
            ]
        )


class BatchTrace:
    """Every number of a batch's pass; see :meth:`fastbp.Network.trace_batch`.

    ``b[i]`` is the :class:`~fastbp.model.trace.Trace` of sample i, ``len(b)`` the number m of
    samples; ``for t in b`` goes through them. Each is made when it is asked for, from the
    parameters that the network had: all of them together would need m times the memory of the
    weights.

    Attributes
    ----------
    a : indexed by l = 0..L
        ``a[l][i, j]`` is a_j^(l) of sample i, an array (m, n_l).
    z, delta : indexed by l = 1..L
        Likewise z_j^(l), and dC_i/dz_j^(l) of the sample's own loss.
    dC_dw, dC_db : indexed by l = 1..L
        dC/dw_jk^(l) and dC/db_j^(l), the means over the samples of ``b[i].dC_dw[l]`` and
        ``b[i].dC_db[l]``: what ``net.gradients(X, y)`` gives.
    C : float
        The mean of C_0 over the samples.
    L, sizes
        As the network's.
    """

    def __init__(self, layers: SingleLayers, X: Rows, y: Array) -> None:
        self._layers, self._y = layers, y
        unused = layers.layout.zeros()  # without a gradient there are no deltas
        chunks = [
            layers.program.trace(X[rows], y[rows], unused)[1:]
            for rows in slices(len(X), ROWS_PER_CHUNK)
        ]
        z, a, delta = (
            [np.concatenate(arrays) for arrays in zip(*part, strict=True)]
            for part in zip(*chunks, strict=True)
        )
        self.a = ByLayer("a", 0, a)
        self.z = ByLayer("z", 1, z)
        self.delta = ByLayer("delta", 1, delta)
        self.C, means = mean_gradients(layers.program, layers.layout, True, X, y)
        self.dC_dw = ByLayer("dC_dw", 1, list(means.weights))
        self.dC_db = ByLayer("dC_db", 1, list(means.biases))
        self.sizes: tuple[int, ...] = layers.architecture.sizes
        self.L = len(self.sizes) - 1

    def __len__(self) -> int:
        return len(self.a[0])

    def __getitem__(self, i: Any) -> Trace:
        m = len(self)
        i = check_integer("the sample's index", i)
        if not -m <= i < m:
            raise IndexError(f"the batch has samples 0 to {m - 1}, got {i}")
        row = slice(i % m, i % m + 1)
        return trace_with(self._layers, self.a[0][row], self._y[row])

    def __iter__(self) -> Iterator[Trace]:
        return map(self.__getitem__, range(len(self)))

    @cached_property
    def C_0(self) -> Array:
        """C_0 of each sample, (m,), in float64."""
        gradients, X, y = self._layers.program.gradients, self.a[0], self._y
        rows = (slice(i, i + 1) for i in range(len(self)))
        return np.array([gradients(X[row], y[row], None, None, None, False)[1] for row in rows])

    def term(self, l: int, j: int, k: int) -> MeanTerm:
        """How dC/dw_jk^(l) is the mean of the samples': 1/m sum_i delta_j^(l) a_k^(l-1).

        Parameters
        ----------
        l, j, k : int
            The layer, 1 to L, a node of it, and a node of layer l-1.

        Returns
        -------
        MeanTerm
            ``.delta``, ``.a``, ``.dC_dw`` of each sample, ``.sum`` and ``.value``, the mean, which
            is ``b.dC_dw[l][j, k]`` up to rounding. ``b[i].term(l, j, k)`` has more of sample i.

        Raises
        ------
        IndexError
            If there is no such layer or node.

        Examples
        --------
        >>> from fastbp import Network
        >>> net = Network([1, 1], output_activation="identity", initializer="zeros")
        >>> net.trace_batch([[1.0], [2.0]], [1.0, 3.0]).term(1, 0, 0)
        dC/dw_00^(1) = 1/2 sum_i dC_i/dw_00^(1), dC_i/dw_00^(1) = delta_0^(1) a_0^(0)
            i=0    -2 * 1 = -2
            i=1    -6 * 2 = -12
            sum    -14
            mean   -7
        """
        l, j, k = check_place(self.sizes, l, j, k)
        return MeanTerm(l, j, k, self.delta[l][:, j].copy(), self.a[l - 1][:, k].copy())

    def __repr__(self) -> str:
        shape = "-".join(map(str, self.sizes))
        return f"Trace of {len(self)} samples through {shape}, C = {self.C:.8g}"
