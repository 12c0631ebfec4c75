"""The outputs of many rows, on as many threads as pay."""

from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.model.model import Model
from fastbp.training.samples import batch
from fastbp.training.threads import prediction_threads


def outputs(model: Model, X: Any) -> Array:
    """a^(L) of every row of X."""
    X, architecture = batch(model, X), model.architecture
    sizes, dtype = architecture.sizes, architecture.dtype
    a = np.empty((len(X), sizes[-1]), dtype)
    with prediction_threads(sizes, len(X), architecture.compute or dtype.name) as n_threads:
        model.program.predict(X, a, n_threads)
    return a
