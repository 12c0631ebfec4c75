"""Drawing a network's initial weights."""

from typing import Any

import numpy as np

from fastbp.initializers import DRAWS_BIASES, INITIALIZERS
from fastbp.inputs import as_parameter
from fastbp.model.architecture import Architecture
from fastbp.model.parameters import Parameters
from fastbp.operations import RECTIFIERS


def draw(
    parameters: Parameters, architecture: Architecture, rng: "np.random.Generator", initializer: Any
) -> None:
    """Draw them in float64, layer by layer, w and then b, and cast."""
    layers = zip(parameters.weights, parameters.biases, strict=True)
    for l, (w, b) in enumerate(layers, start=1):
        n_out, n_in = w.shape
        name = initializer
        if initializer == "auto":
            rectifier = architecture.names[l - 1] in RECTIFIERS
            name = "he_normal" if rectifier else "glorot_uniform"
        function = name if callable(name) else INITIALIZERS[name]
        w[...] = as_parameter(
            function(rng, n_out, n_in), w, f"the initializer's weights of layer {l}"
        )
        if name in DRAWS_BIASES and architecture.bias:
            b[...] = function(rng, n_out, 1)[:, 0]
