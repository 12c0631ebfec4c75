"""Checks the vectors of jvp and vjp, and gives results the shape of what came in."""

from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs import Array, as_real
from fastbp.model import linear_maps
from fastbp.model.model import Model
from fastbp.model.single_layers import SingleLayers, rows_as_arrays
from fastbp.model.trace import layers_of
from fastbp.training.samples import batch


def jvp(model: Model, x: Any, dx: Any, dparameters: Any) -> Array:
    """J times a change of inputs and parameters; see :meth:`fastbp.Network.jvp`."""
    if dx is None and dparameters is None:
        raise ValueError("jvp needs a direction: pass dx=, dparameters= or both")
    layers = layers_of(model)
    X, is_one = _samples(model, x)
    if dx is not None:
        dx = _rows("dx", dx, X, is_one, layers.layout.sizes[0], model)
    if dparameters is not None:
        dparameters = linear_maps.scattered(layers, _flat(dparameters, layers, model))
    dy = linear_maps.jvp(layers, X, dx, dparameters)
    return _shaped(dy, is_one)


def vjp(model: Model, x: Any, dy: Any) -> tuple[Array, Array]:
    """The transpose of J times v; see :meth:`fastbp.Network.vjp`."""
    layers = layers_of(model)
    X, is_one = _samples(model, x)
    dX, flat = linear_maps.vjp(
        layers, X, _rows("dy", dy, X, is_one, layers.layout.sizes[-1], model)
    )
    return _shaped(dX, is_one), linear_maps.dense(layers, flat)


def _samples(model: Model, x: Any) -> tuple[Array, bool]:
    """Rows of inputs, and whether x was one sample, a vector."""
    X = batch(model, x, "x", check_precision=False, one_sample=True)
    if len(X) == 0:
        raise ValueError("x must hold at least one sample, got 0")
    n_axes = len(x.shape) if hasattr(x, "shape") else np.ndim(x)
    return rows_as_arrays(X), n_axes == 1


def _rows(name: str, value: Any, X: Array, is_one: bool, n: int, model: Model) -> Array:
    """A vector for each sample, in rows."""
    array = as_real(value, model.architecture.dtype, name)
    shape = (n,) if is_one else (len(X), n)
    if array.shape != shape:
        raise ShapeError(
            f"{name} must have shape {shape}, for x of shape {X.shape[1:] if is_one else X.shape}; "
            f"got {array.shape}"
        )
    return array.reshape(len(X), n)


def _flat(value: Any, layers: SingleLayers, model: Model) -> Array:
    array = as_real(value, model.architecture.dtype, "dparameters")
    n = linear_maps.n_parameters(layers)
    if array.shape != (n,):
        raise ShapeError(
            f"dparameters must have the shape of net.parameters, ({n},), got {array.shape}: a "
            f"number for each weight and bias, w(1) row by row, b(1), w(2), ..."
        )
    return array


def _shaped(rows: Array, is_one: bool) -> Array:
    result: Array = rows[0] if is_one else rows
    return result
