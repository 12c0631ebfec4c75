"""scale_target: a regressor that trains on standardized targets and predicts in y's units.

    y_j = target_mean_[j] + target_scale_[j] u_j,

of the mean and the standard deviation of output j; the network's outputs are the u_j.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from fastbp.inputs import Array


def begin_scaling(estimator: Any) -> None:
    """Before the first training: forget the numbers of another one, and have new ones learnt."""
    for name in ("target_mean_", "target_scale_"):
        estimator.__dict__.pop(name, None)
        if getattr(estimator, "scale_target", False):
            setattr(estimator, name, None)


def standardized(estimator: Any, y: Array, rows: Array | None, weights: Array | None) -> Array:
    """The targets to train on; the first call learns mean and scale, of ``rows`` by their weights.

    Parameters
    ----------
    y : array (m, n_L)
        In its own units.
    rows : array or None
        Those that are trained on; None stands for all.
    weights : array (m,) or None
        Those of all rows.
    """
    if "target_mean_" in estimator.__dict__ and estimator.target_mean_ is None:
        part = slice(None) if rows is None else rows
        scaler = StandardScaler()
        with np.errstate(over="ignore", invalid="ignore"):
            scaler.fit(
                y[part].astype(np.float64), sample_weight=None if weights is None else weights[part]
            )
        if not (np.isfinite(scaler.mean_).all() and np.isfinite(scaler.scale_).all()):
            raise ValueError(
                "scale_target=True: y is too large for its standard deviation to be a float64; "
                "divide y by a power of ten"
            )
        estimator.target_mean_, estimator.target_scale_ = scaler.mean_, scaler.scale_
    return of_y(estimator, y)


def of_y(estimator: Any, y: Array) -> Array:
    """What the network's outputs are to be, in y's number type if that is a float."""
    if not is_scaled(estimator):
        return y
    u = (y - estimator.target_mean_) / estimator.target_scale_
    return u.astype(np.float32) if y.dtype == np.float32 else u


def in_units(estimator: Any, u: Array) -> Array:
    """Outputs in y's units, of the outputs' number type."""
    if not is_scaled(estimator):
        return u
    y = u * estimator.target_scale_ + estimator.target_mean_
    return y.astype(u.dtype, copy=False)


def is_scaled(estimator: Any) -> bool:
    """Whether the network's outputs are in other units than y, by how it was first fitted."""
    return estimator.__dict__.get("target_mean_") is not None
