"""validation_data: rows of the caller's own, whose loss is kept for each epoch."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from fastbp.inputs import Array, short_repr
from fastbp.sklearn.target_scale import of_y
from fastbp.sklearn.targets import as_targets
from fastbp.training.history import History
from fastbp.training.samples import Samples

_CHOICES = "a pair (X, y) or a triple (X, y, sample_weight)"


def validation_rows(estimator: Any) -> tuple[Any, Array, Array | None] | None:
    """X, y (m, n_L) and the weights of the fit at hand, checked; None where there are none."""
    given = estimator._validation_data()
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        got = f"{len(given)} elements" if isinstance(given, (tuple, list)) else short_repr(given)
        raise ValueError(f"validation_data must be {_CHOICES}, got {got}")
    X, y, *rest = given
    try:
        X, y = _checked(estimator, X, y)
        weights = None
        if rest and rest[0] is not None:
            weights = _check_sample_weight(rest[0], X, dtype=np.float64, ensure_non_negative=True)
            if not weights.any():
                raise ValueError("every sample_weight is 0; give some row a weight above 0")
    except (ValueError, TypeError) as error:
        raise type(error)(f"validation_data: {error}") from error
    return X, y, weights


def _checked(estimator: Any, X: Any, y: Any) -> tuple[Any, Array]:
    """X as for predict, and y as the estimator codes it."""
    classifies = is_classifier(estimator)
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse=["csr", "csc"],
        multi_output=True,
        y_numeric=not classifies,
        dtype=(np.float64, np.float32),
        reset=False,
    )
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    if classifies:
        if len(unknown := np.setdiff1d(unique_labels(y), estimator.classes_)):
            raise ValueError(f"y has classes that the training does not have: {unknown}")
        y = estimator._label_binarizer.transform(y).astype(bool)
    if y.ndim == 1:
        y = y.reshape((-1, 1))
    if y.shape[1] != estimator.n_outputs_:
        raise ValueError(
            f"y must have {estimator.n_outputs_} columns, as that of the training, got {y.shape[1]}"
        )
    return X, y


class ValidationCurve:
    """``validation_loss_curve_`` of one call of fit or partial_fit.

    Attributes
    ----------
    samples : Samples or None
        What the training loop evaluates after each epoch.
    """

    def __init__(
        self,
        estimator: Any,
        rows: tuple[Any, Array, Array | None] | None,
        loss_type: type,
        incremental: bool,
    ) -> None:
        self._estimator, self._loss_type, self._n = estimator, loss_type, 0
        curve = getattr(estimator, "validation_loss_curve_", None)
        if rows is None:
            self.samples = None
            estimator.validation_loss_curve_ = curve if incremental else None
            return
        X, y, weights = rows
        targets = as_targets(of_y(estimator, y))
        self.samples = Samples(estimator._rows_of(X), targets, None, X.shape[0], weights)
        estimator.validation_loss_curve_ = curve or []

    def extend(self, history: History) -> None:
        """Enter the losses that are not yet in the curve."""
        self._append(history.validation_loss[self._n :])

    def fill(self, n_epochs: int) -> None:
        """Enter NaN for epochs of this call that ended without a validation."""
        self._append([float("nan")] * (n_epochs - self._n))

    def _append(self, losses: list[float]) -> None:
        if self.samples is not None:
            self._n += len(losses)
            self._estimator.validation_loss_curve_ += [self._loss_type(loss) for loss in losses]
