"""The layers of a network one at a time, in the compiled loops: g', dC/da, and linear maps.

Training makes whole passes (``Program``). What is asked of a single layer - a slope by itself, a
product of w with no bias, one of its transpose - stands on the layer-level boundary
(``src/engine/layer_calls.pxi``), over a copy of the parameters that nobody changes.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array, Rows, read_only
from fastbp.losses import Loss
from fastbp.model.architecture import Architecture
from fastbp.model.custom_activations import Callback
from fastbp.model.custom_loss import LossCallback
from fastbp.model.padded_rows import padded_base, padded_copy, padded_zeros
from fastbp.model.parameters import Layout, Parameters
from fastbp.model.program import identity_program, program_over


class LayerRows(NamedTuple):
    """What a layer computes of m rows; arrays (m, n_l) whose rows are padded."""

    z: Array
    a: Array
    slope: Array | None  # g'(z), of an activation that keeps that for the backward pass


class SingleLayers:
    """The layers l = 1..L of a network over one flat array of parameters.

    Parameters
    ----------
    architecture, layout
        The network's.
    flat : array
        The parameters, laid out so; they must not change any more.
    """

    def __init__(self, architecture: Architecture, layout: Layout, flat: Array) -> None:
        self.architecture = architecture
        self.layout = layout
        self.flat = flat
        #: All of it, also where the network has no biases: those are zeros.
        self.parameters = Parameters(layout, True, flat)

    def __getstate__(self) -> tuple[Architecture, Layout, Array]:
        return self.architecture, self.layout, self.flat

    def __setstate__(self, state: tuple[Architecture, Layout, Array]) -> None:
        architecture, layout, numbers = state
        flat = layout.zeros()  # what was unpickled is seldom aligned
        flat[:] = numbers
        SingleLayers.__init__(self, architecture, layout, flat)

    # ---------------------------------------------------------------- programs

    @cached_property
    def program(self) -> _boundary.Program:
        """The network over these parameters."""
        return program_over(self.flat, self.architecture, self.layout)

    @cached_property
    def _calls(self) -> _boundary.LayerCalls:
        return _boundary.LayerCalls(self.program)

    @cached_property
    def _linear(self) -> _boundary.LayerCalls:
        """The layers with identity for g, each one place higher.

        The boundary takes deltas down from layer 2 at the lowest, so that a layer stands below the
        first one here. It has n_0 nodes and is never computed: any numbers do for its weights.
        """
        n_0, itemsize = self.layout.sizes[0], self.layout.dtype.itemsize
        below = 1, n_0, _boundary.leading_dimension(n_0, itemsize), 0, 0
        layers = [below, *self.layout.layers]
        return _boundary.LayerCalls(identity_program(self.flat, layers, self.architecture))

    # ---------------------------------------------------------------- rows of a layer

    def rows(self, array: Array) -> Array:
        """A padded copy of some rows in the network's number type."""
        return padded_copy(array, self.layout.dtype)

    def _zeros(self, m: int, l: int) -> Array:
        return padded_zeros(m, self.layout.sizes[l], self.layout.dtype)

    def forward(self, l: int, below: Array) -> LayerRows:
        """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j) of rows of layer l - 1."""
        z, a = self._zeros(len(below), l), self._zeros(len(below), l)
        row, slope = self.architecture.rows[l - 1], None
        if row is not None and row.keeps == "slope":
            slope = self._zeros(len(below), l)
        bases = padded_base(below), padded_base(z), padded_base(a)
        self._calls.forward(l, *bases, None if slope is None else padded_base(slope))
        if row is None:
            self._callback(l).forward(read_only(z), a)
        return LayerRows(z, a, slope)

    def _callback(self, l: int) -> Callback:
        callbacks = self.architecture.callbacks
        assert callbacks is not None
        callback = callbacks[l - 1]
        assert isinstance(callback, Callback)
        return callback

    def times_slope(self, l: int, of_layer: LayerRows, d: Array) -> Array:
        """g'(z_j) d_j, with softmax sum_i da_i/dz_j d_i; such a matrix is its own transpose."""
        row, result = self.architecture.rows[l - 1], self._zeros(len(d), l)
        with np.errstate(all="ignore"):
            if row is None:
                result[...] = d
                self._callback(l).backward(read_only(of_layer.z), result)
            elif not row.by_node:
                a = of_layer.a
                result[...] = a * (d - np.einsum("ij,ij->i", a, d)[:, np.newaxis])
            else:
                saved = of_layer.a if of_layer.slope is None else of_layer.slope
                self._calls.slope(l, *map(padded_base, (saved, d, result)))
                # A slope of what pads hold may be NaN, which no factor 0 makes 0 again.
                padded_base(result)[:, result.shape[1] :] = 0
        return result

    def product(self, l: int, rows: Array) -> Array:
        """b_j + sum_k w_jk x_k of rows x of layer l - 1, with no activation."""
        result = self._zeros(len(rows), l)
        base = padded_base(result)
        self._linear.forward(l + 1, padded_base(rows), base, base)
        base[:, result.shape[1] :] = 0
        return result

    def transposed_product(self, l: int, delta: Array) -> Array:
        """sum_j w_jk delta_j of rows of layer l: dC/da_k of layer l - 1."""
        result = self._zeros(len(delta), l - 1)
        self._linear.backward(l + 1, padded_base(delta), padded_base(result))
        padded_base(result)[:, result.shape[1] :] = 0
        return result

    def accumulate(self, l: int, delta: Array, below: Array, gradient: Array) -> None:
        """dC/dw_jk += delta_j a_k and dC/db_j += delta_j, into a flat array."""
        self._linear.accumulate(l + 1, padded_base(delta), padded_base(below), gradient)

    def output(self, of_layer: LayerRows, y: Array) -> tuple[Array, Array]:
        """C_0 of rows of layer L, float64, and their delta^(L)."""
        L, m = len(self.layout.sizes) - 1, len(y)
        C_0, delta = np.zeros(m), self._zeros(m, L)
        loss = self.architecture.loss
        if isinstance(loss, Loss):
            LossCallback(loss)(read_only(of_layer.a), read_only(y), delta, C_0)
            return C_0, self.times_slope(L, of_layer, delta)
        z, a = padded_base(of_layer.z), padded_base(of_layer.a)
        self._calls.output(z, a, padded_base(y), padded_base(delta), C_0)
        if self.architecture.rows[L - 1] is None:
            self._callback(L).backward(read_only(of_layer.z), delta)
        return C_0, delta

    def drop(self, l: int, key: int, t: int, rows: Array) -> Array:
        """m_j x_j of rows of layer l: the factors of dropout in step t, the rows being a batch's.

        m_j is 0 where node j is dropped, else 1 / (1 - rate).
        """
        if self.architecture.dropout[l - 1] == 0:
            return rows
        result = self._zeros(len(rows), l)
        self._calls.drop(l, key, t, 0, padded_base(rows), padded_base(result))
        result += 0.0  # the loop marks a dropped node by -0.0
        return result

    # ---------------------------------------------------------------- numbers of one sample

    def g_prime(self, l: int, below: Array, z: Array, a: Array | None) -> Array:
        """g'(z_j) of one sample, by the loop that multiplies deltas by it.

        Without a, and where g' is no function of that, the layer is computed once more.
        """
        row = self.architecture.rows[l - 1]
        if a is None or (row is not None and row.keeps == "slope"):
            of_layer = self.forward(l, self.rows(below[np.newaxis]))
        else:
            of_layer = LayerRows(self.rows(z[np.newaxis]), self.rows(a[np.newaxis]), None)
        ones = self._zeros(1, l)
        ones[...] = 1
        return _one(self.times_slope(l, of_layer, ones))

    def dC_da_below(self, l: int, delta: Array) -> Array:
        """dC_0/da_k of layer l - 1 from delta of layer l, of one sample."""
        return _one(self.transposed_product(l, self.rows(delta[np.newaxis])))

    def dC_da_of_loss(self, a: Array, y: Array) -> Array:
        """dC_0/da_j of the outputs of one sample.

        By the loop that makes delta^(L) of an identity output, where g' is 1; by the table's
        formula where the loss goes with one activation, whose g' the loop cancels.
        """
        loss, row = self.architecture.loss, self.architecture.loss_row
        of_a, of_y = self.rows(a[np.newaxis]), self.rows(y[np.newaxis])
        result, C_0 = self._zeros(1, len(self.layout.sizes) - 1), np.zeros(1)
        if isinstance(loss, Loss):
            LossCallback(loss)(read_only(of_a), read_only(of_y), result, C_0)
        elif not row.chain_rule:
            assert row.slope_of_a is not None
            with np.errstate(all="ignore"):
                result[...] = row.slope_of_a(np, of_a.astype(np.float64), of_y.astype(np.float64))
        else:
            # a layer from one node to the outputs
            layout = Layout((1, self.layout.sizes[-1]), self.layout.dtype)
            program = identity_program(layout.zeros(), layout.layers, self.architecture)
            in_a, in_y = padded_base(of_a), padded_base(of_y)
            _boundary.LayerCalls(program).output(in_a, in_a, in_y, padded_base(result), C_0)
        return _one(result)


def _one(rows: Array) -> Array:
    """The only row, without pads."""
    row: Array = rows[0].copy()
    return row


def zero_biases(layout: Layout, flat: Array) -> Array:
    """A copy of a flat array with zeros for the biases."""
    result = layout.zeros()
    result[:] = flat
    for l in range(1, len(layout.sizes)):
        layout.b(result, l)[:] = 0
    return result


def rows_as_arrays(X: Rows) -> Array:
    """Checked samples, an array or sparse rows, as an array."""
    return X if isinstance(X, np.ndarray) else X.toarray()
