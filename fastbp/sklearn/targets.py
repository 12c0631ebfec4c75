"""Targets as the kernels read them, and how a loss is reported."""

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array
from fastbp.inputs.targets import Targets
from fastbp.sklearn.plain_arrays import aligned


def as_targets(y: Array) -> Targets:
    """Indicators (m, n_L) or numbers, which scikit-learn has checked."""
    if y.dtype == bool:
        array = y.view(np.uint8)
    elif y.dtype.char in "df" and y.dtype.isnative:
        array = aligned(y)
    else:
        array = y.astype(np.float64)
    return Targets(array, "numbers", None, False, _boundary.COUNT_IDS["nothing"], y)
