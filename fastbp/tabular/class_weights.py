"""What a row counts in training by its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs import balanced_weights, check_number, short_repr
from fastbp.tables.class_names import class_key


def weights_by_name(class_weight: Any, classes: tuple[str, ...]) -> Any:
    """Class weights with the names of classes as keys; "balanced" as it is.

    Raises
    ------
    ValueError
        If the target has no classes, or a key is none of them, or a weight is below 0.
    """
    if not classes:
        raise ValueError("class_weight is for classes, and the target is a number; leave it out")
    if not isinstance(class_weight, Mapping):
        return class_weight
    by_key = {class_key(name): name for name in classes}
    named: dict[str, float] = {}
    for key, weight in class_weight.items():
        name = by_key.get(class_key(str(key)))
        if name is None:
            raise ValueError(
                f"class_weight names {short_repr(key)}, which is none of the classes: "
                f"{', '.join(map(repr, classes))}"
            )
        if name in named:
            raise ValueError(f"class_weight names the class {name!r} twice")
        named[name] = check_number(f"class_weight[{short_repr(key)}]", weight, low=0)
    return named


def class_weights(
    y: NDArray[Any], classes: Sequence[str], class_weight: Any
) -> NDArray[np.float64] | None:
    """Each class's weight, for a member that is trained on labels y."""
    if class_weight is None:
        return None
    if class_weight == "balanced":
        return balanced_weights(np.bincount(y, minlength=len(classes)).astype(np.float64))
    return np.array([class_weight.get(name, 1.0) for name in classes], np.float64)
