"""The derivative of a network's outputs as a linear map: J times a vector, and its transpose.

At a sample x and parameters p the outputs a^(L) depend on both. To first order they change by

    dy = J_x dx + J_p dp,        J_x = da^(L)/dx, J_p = da^(L)/dp.

Forward, layer by layer, with da^(0) = dx:

    dz_j = db_j + sum_k (dw_jk a_k + w_jk da_k),        da_j = g'(z_j) dz_j,

and with softmax da_j = a_j (dz_j - sum_i a_i dz_i). The transpose is backpropagation from a given
delta_j^(L) = g'(z_j) v_j. Neither writes J down.
"""

import numpy as np

from fastbp._boundary import ROWS_PER_CHUNK
from fastbp.inputs import Array
from fastbp.model.parameters import Parameters
from fastbp.model.row_slices import slices
from fastbp.model.single_layers import LayerRows, SingleLayers, zero_biases


def jvp(layers: SingleLayers, X: Array, dX: Array | None, dparameters: Array | None) -> Array:
    """J_x dx + J_p dp of rows of X, (m, n_L); dX are rows, dparameters a flat array."""
    changed = None
    if dparameters is not None:
        changed = SingleLayers(layers.architecture, layers.layout, dparameters)
    weights = _weights_alone(layers)
    parts = [
        _jvp_of_chunk(
            layers, weights, changed, layers.rows(X[rows]), None if dX is None else dX[rows]
        )
        for rows in slices(len(X), ROWS_PER_CHUNK)
    ]
    return np.concatenate(parts)


def _jvp_of_chunk(
    layers: SingleLayers,
    weights: SingleLayers,
    changed: SingleLayers | None,
    a: Array,
    dX: Array | None,
) -> Array:
    da = None if dX is None else layers.rows(dX)
    for l in range(1, len(layers.layout.sizes)):
        of_layer = layers.forward(l, a)
        dz = None if da is None else weights.product(l, da)
        if changed is not None:
            of_parameters = changed.product(l, a)
            dz = of_parameters if dz is None else _added(dz, of_parameters)
        assert dz is not None
        a, da = of_layer.a, layers.times_slope(l, of_layer, dz)
    assert da is not None
    return np.array(da)


def _added(to: Array, rows: Array) -> Array:
    """Rows added to padded ones, which stay so."""
    with np.errstate(all="ignore"):
        to += rows
    return to


def _weights_alone(layers: SingleLayers) -> SingleLayers:
    return SingleLayers(layers.architecture, layers.layout, zero_biases(layers.layout, layers.flat))


def vjp(layers: SingleLayers, X: Array, dY: Array) -> tuple[Array, Array]:
    """J_x^T v of each row of X, (m, n_0), and the sum over the rows of J_p^T v, a flat array."""
    total: Array | None = None
    dX = []
    # Each chunk has an accumulator of its own, which bounds rounding.
    for rows in slices(len(X), ROWS_PER_CHUNK):
        gradient = layers.layout.zeros()
        dX.append(_vjp_of_chunk(layers, layers.rows(X[rows]), layers.rows(dY[rows]), gradient))
        total = gradient if total is None else _added(total, gradient)
    assert total is not None
    return np.concatenate(dX), total


def _vjp_of_chunk(layers: SingleLayers, X: Array, d: Array, gradient: Array) -> Array:
    """J_x^T v of some rows; J_p^T v is added to the flat array."""
    a: list[Array] = [X]
    of_layers: list[LayerRows] = []
    for l in range(1, len(layers.layout.sizes)):
        of_layers.append(layers.forward(l, a[-1]))
        a.append(of_layers[-1].a)
    for l in range(len(of_layers), 0, -1):
        delta = layers.times_slope(l, of_layers[l - 1], d)
        layers.accumulate(l, delta, a[l - 1], gradient)
        d = layers.transposed_product(l, delta)
    return np.array(d)


def dense(layers: SingleLayers, flat: Array) -> Array:
    """A flat array as ``net.parameters`` has it."""
    return Parameters(layers.layout, layers.architecture.bias, flat).dense()


def scattered(layers: SingleLayers, values: Array) -> Array:
    """The reverse of that; zeros for biases that the network does not have."""
    parameters = Parameters(layers.layout, layers.architecture.bias)
    parameters.scatter(values)
    return parameters.flat


def n_parameters(layers: SingleLayers) -> int:
    """How many numbers ``net.parameters`` has."""
    parts = Parameters(layers.layout, layers.architecture.bias, layers.flat).parts()
    return sum(part.size for _, part in parts)
