"""class_weight of the classifier: a factor of each training row's weight."""

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from fastbp.inputs import Array

#: scikit-learn's advice, in the words of its SGDClassifier.
_BALANCED = (
    "class_weight 'balanced' is not supported for partial_fit. In order to use 'balanced' weights, "
    "use compute_class_weight('balanced', classes=classes, y=y). In place of y you can use a large "
    "enough sample of the full training set target to properly estimate the class frequency "
    "distributions. Pass the resulting weights as the class_weight parameter."
)


def check_class_weight(estimator: Any, incremental: bool) -> None:
    """Refuse what a ``partial_fit`` cannot know."""
    class_weight = getattr(estimator, "class_weight", None)
    if incremental and isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(_BALANCED)


def with_class_weights(
    estimator: Any, y: Array, rows: Array | None, sample_weight: Array | None
) -> Array | None:
    """The weights of all rows, float64, where those trained on count their class too.

    Parameters
    ----------
    estimator
        A classifier with the attribute ``class_weight``, or any other estimator.
    y : array (m, n_L)
        Indicators, as the classifier has coded its classes.
    rows : array or None
        Those that are trained on; the other ones keep their sample weight.
    sample_weight : array (m,) or None
        Those of all rows.
    """
    if getattr(estimator, "class_weight", None) is None:
        return sample_weight
    weights = np.ones(len(y)) if sample_weight is None else sample_weight.astype(np.float64)
    counted = np.zeros(len(y), bool)  # a row of weight 0 is as one that is not there
    counted[slice(None) if rows is None else rows] = True
    counted &= weights > 0
    factors = _factors(estimator, y[counted], weights[counted])
    if not (np.isfinite(factors).all() and (factors >= 0).all()):
        raise ValueError(
            f"class_weight must have finite weights, none negative, got {estimator.class_weight!r}"
        )
    weights[counted] *= factors
    if not weights[counted].any():
        raise ValueError(
            f"class_weight={estimator.class_weight!r} leaves nothing to train on: every row's "
            f"weight is 0. Give a class that occurs a weight above 0"
        )
    return weights


def _factors(estimator: Any, y: Array, weights: Array) -> Array:
    """What scikit-learn gives rows of these classes."""
    class_weight, classes = estimator.class_weight, estimator.classes_
    is_balanced = isinstance(class_weight, str)
    if y.shape[1] > 1 and estimator.out_activation_ == "logistic":  # several labels a row
        if is_balanced:
            return np.prod([_balanced(label, weights) for label in y.T], axis=0)
        return compute_sample_weight(class_weight, y.astype(int))
    indices = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
    if is_balanced:
        return _balanced(indices, weights)
    # By all classes, since a call of partial_fit may have seen but some of them.
    return compute_class_weight(class_weight, classes=classes, y=classes[indices])[indices]


def _balanced(labels: Array, weights: Array) -> Array:
    """N / (K n_c) of each row's class, where the rows count by their weights."""
    present, indices = np.unique(labels, return_inverse=True)
    return compute_class_weight("balanced", classes=present, y=labels, sample_weight=weights)[
        indices
    ]
