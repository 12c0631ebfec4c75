"""Validation of class weights: "balanced", or a number for each of some classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastbp.inputs.array_type import Array
from fastbp.inputs.scalars import check_number, short_repr


def check_class_weight(value: Any) -> "Mapping[Any, Any] | str":
    """Check what can be checked without the classes: "balanced" or a mapping."""
    if isinstance(value, Mapping):
        return value
    expected = "class_weight must be None, 'balanced' or a mapping from classes to weights"
    if isinstance(value, str):
        if value != "balanced":
            raise ValueError(f"{expected}, got {short_repr(value)}")
        return value
    raise TypeError(
        f"{expected}, got {type(value).__name__}. For weights in the order of the classes, pass "
        f"dict(enumerate(weights)); for weights of rows, sample_weight"
    )


def as_class_weights(
    value: Mapping[Any, Any], n_classes: int, classes: tuple[str, ...] | None
) -> Array:
    """The weights in the order of the classes, float64; those that are not in the mapping are 1.

    Examples
    --------
    >>> as_class_weights({"dog": 3, 0: 0.5}, 3, ("cat", "dog", "owl"))
    array([0.5, 3. , 1. ])
    """
    weights = np.ones(n_classes)
    seen: dict[int, Any] = {}
    for key, weight in value.items():
        c = _index(key, n_classes, classes)
        if c in seen:
            raise ValueError(
                f"class_weight has class {c} twice, as {short_repr(seen[c])} and {short_repr(key)}"
            )
        seen[c] = key
        weights[c] = check_number(f"class_weight[{short_repr(key)}]", weight, low=0)
    return weights


def balanced_weights(counts: Array) -> Array:
    """Each class's n / (K count): n is the sum of the counts, K how many classes have one.

    These are scikit-learn's, whose counts are sums of sample weights where there are some. A class
    without a count gets 1, as one that is missing from a mapping.

    Examples
    --------
    >>> balanced_weights(np.array([6.0, 2.0, 0.0]))
    array([0.66666667, 2.        , 1.        ])
    """
    counted = counts > 0
    fair = counts.sum() / np.count_nonzero(counted)
    return np.asarray(np.divide(fair, counts, out=np.ones(len(counts)), where=counted))


def _index(key: Any, n_classes: int, classes: tuple[str, ...] | None) -> int:
    """The number of a class, which may be given by its name."""
    numbers = f"the numbers 0 to {n_classes - 1}"
    if isinstance(key, str):
        if classes is None:
            raise ValueError(
                f"class_weight names a class {short_repr(key)}, but the network has no class "
                f"names; use {numbers}, or fit on class names"
            )
        if key not in classes:
            raise ValueError(
                f"class_weight names {short_repr(key)}, which is none of the network's classes: "
                f"{', '.join(map(repr, classes))}"
            )
        return classes.index(key)
    # Whole floats and bools too: they are what np.unique gives of targets of one output.
    is_number = isinstance(key, (int, float, np.integer, np.floating, np.bool_))
    if not is_number or not 0 <= key < n_classes or key != int(key):
        raise ValueError(
            f"class_weight must have classes as its keys, {numbers}"
            f"{' or class names' if classes else ''}, got {short_repr(key)}"
        )
    return int(key)
