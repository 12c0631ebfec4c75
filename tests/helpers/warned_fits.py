"""Networks that may fail to learn, and what a fit warns of."""

from __future__ import annotations

import warnings
from typing import Any

from fastbp import Network, TrainingWarning

CLASSES = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
SOFTMAX = {"output_activation": "softmax", "loss": "cross_entropy"}
NUMBER = {"output_activation": "identity"}


def warned(net: Network, X: Any, y: Any, **options: Any) -> str:
    """What one fit warns of; nothing where it does not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, y, **options)
    assert len(caught) <= 1
    if not caught:
        return ""
    assert caught[0].category is TrainingWarning
    assert caught[0].filename == __file__  # of the call of fit
    return str(caught[0].message)
