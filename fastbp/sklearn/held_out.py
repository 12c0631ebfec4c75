"""The rows that early stopping holds out, and the score on them."""

import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from fastbp.inputs import Array
from fastbp.model.model import Model
from fastbp.sklearn.refusals import name_lone_classes
from fastbp.training import metrics


class HeldOut:
    """Validation rows, drawn as scikit-learn draws them.

    A warm start holds out the rows that the fit before it did, which it has not been trained on.
    ``training_rows`` is None where all rows are trained on.
    """

    def __init__(
        self, training_rows: Array | None, X: Any, y: Array, weights: Array | None, output: str
    ) -> None:
        self.training_rows = training_rows
        self._X, self.y, self._weights = X, y, weights
        self._output = output

    @classmethod
    def of(
        cls,
        estimator: Any,
        X: Any,
        y: Array,
        weights: Array | None,
        validation: tuple[Any, Array, Array | None] | None = None,
    ) -> "HeldOut | None":
        """Those of a fit, or None where there is no early stopping.

        Where there is ``validation`` data, that is scored, and no row is held out.
        """
        if not estimator.early_stopping:
            return None
        output = estimator.out_activation_
        if validation is not None:
            X, y, weights = validation
            return cls(None, estimator._rows_of(X), y, weights, output)
        random_state = estimator._random_state
        if "_split_state" in estimator.__dict__:
            random_state = copy.deepcopy(estimator._split_state)
        else:
            estimator._split_state = copy.deepcopy(random_state)
        stratify = y if is_classifier(estimator) and estimator.n_outputs_ == 1 else None
        try:
            training, held_out = train_test_split(
                np.arange(X.shape[0]),
                random_state=random_state,
                test_size=estimator.validation_fraction,
                stratify=stratify,
            )
        except ValueError as error:
            if stratify is not None:
                name_lone_classes(error, estimator.classes_, y)
            raise
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        return cls(
            training,
            estimator._rows_of(X[held_out]),
            y[held_out],
            None if weights is None else weights[held_out],
            output,
        )

    def score(self, model: Model, parameters: Array) -> float:
        """The accuracy, or R^2 where the targets are numbers; NaN where an output is."""
        y, weights = self.y, self._weights
        a = np.empty((len(y), y.shape[1]), model.architecture.dtype)
        model.program.predict(self._X, a, 1, parameters)
        if not np.isfinite(a).all():
            return float("nan")
        if self._output not in ("logistic", "softmax"):  # y may be bool where it is 0 and 1
            return r2(y, a, weights)
        is_right = (
            a.argmax(axis=1) == y.argmax(axis=1)
            if self._output == "softmax"
            else ((a > 0.5) == y).all(axis=1)
        )
        return float(np.average(is_right, weights=weights))


def r2(y: Array, a: Array, weights: Array | None) -> float:
    """scikit-learn's mean R^2 of the outputs."""
    y = y.astype(np.float64, copy=False)  # sums of rows in float32 lose the mean of a large column
    w = 1.0 if weights is None else weights[:, None]
    residual = (w * (y - a) ** 2).sum(axis=0)
    total = (w * (y - np.average(y, axis=0, weights=weights)) ** 2).sum(axis=0)
    return float(metrics.r2(residual, total))
