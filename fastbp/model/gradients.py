"""The mean gradient of checked samples, and their loss."""

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array, Rows, with_weight
from fastbp.model.parameters import Gradients, Layout, Parameters


def mean_gradients(
    program: _boundary.Program,
    layout: Layout,
    bias: bool | str,
    X: Rows,
    y: Array,
    weights: Array | None = None,
) -> tuple[float, Gradients]:
    """C, and the means over the samples of dC_0/dw and dC_0/db in arrays of their own."""
    rows = None if weights is None else with_weight(weights)
    n = len(X if rows is None else rows)
    total = layout.zeros()
    part = layout.zeros() if n > _boundary.ROWS_PER_CHUNK else None
    _, C, _, _ = program.gradients(X, y, rows, total, part, False, weights=weights)
    sums = Parameters(layout, bias, total)
    with np.errstate(under="ignore"):
        means = [
            tuple(np.divide(array, n, order="C") for array in views)
            for views in (sums.weights, sums.biases)
        ]
    return (C / n if weights is None else C), Gradients(*means)  # a sum, or a weighted mean
