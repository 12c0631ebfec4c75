"""The classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.neural_network import MLPClassifier as _MLPClassifier

from fastbp.sklearn.documentation import documented
from fastbp.sklearn.estimator import FastMLP
from fastbp.sklearn.late_constraints import LateConstraints
from fastbp.sklearn.plain_arrays import PlainLabels

if TYPE_CHECKING:
    from fastbp.inputs import Array


@documented(
    score="The accuracy",
    refused='class_weight            "balanced" with partial_fit',
)
class MLPClassifier(PlainLabels, FastMLP, _MLPClassifier):
    """A multilayer perceptron that tells classes apart: scikit-learn's, trained by fastbp.

    The same parameters in the same order, attributes, methods and results as
    ``sklearn.neural_network.MLPClassifier``, in less time. It minimizes the log loss: of two
    classes by one sigmoid output, of more by softmax, and of several labels a row, y (m, n_labels)
    of zeros and ones, by a sigmoid output for each.

    Parameters
    ----------
    {NETWORK}
    {TRAINING}
    class_weight : dict, "balanced", list of dict or None, default=None
        How much a row that is trained on counts by its class, times its ``sample_weight``: {class:
        weight}, and 1 for a class that is missing; "balanced" is n / (n_classes n_c) of n rows,
        n_c of them of the row's class, or of sums of their weights. Of several labels a row, a
        list with a dict for each label, whose weights are multiplied.
    loss : str, tuple or Loss, default="log_loss"
        Of fastbp's losses one that goes with the output, as fastbp has it: with one sigmoid output
        or several labels "squared_error" or ("huber", 0.5), say; an :class:`fastbp.Loss` with any.
    {ON_TOP}
    {N_THREADS}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes in the order of the outputs.
    {ATTRIBUTES}
    out_activation_ : str
        "logistic" or "softmax".

    Raises
    ------
    InvalidParameterError, ValueError, TypeError
        By ``fit`` and ``partial_fit``, where a parameter or the data are not as said here.

    See Also
    --------
    fastbp.Network : The network without scikit-learn's conventions.
    MLPRegressor : The same for numbers.

    Notes
    -----
    {NOTES}

    Examples
    --------
    >>> from fastbp.sklearn import MLPClassifier
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(n_samples=200, random_state=1)
    >>> classifier = MLPClassifier(random_state=1, tol=1e-3).fit(X[:150], y[:150])
    >>> classifier.predict(X[150:155])
    array([0, 1, 1, 1, 0])
    >>> classifier.score(X[150:], y[150:]) > 0.7
    True

    What is on top:

    >>> from fastbp import AdamW
    >>> from fastbp.schedules import Cosine
    >>> classifier = MLPClassifier(
    ...     (32, 16), ["gelu", "relu"], optimizer=AdamW(0.01), schedule=Cosine(), dropout=0.2,
    ...     class_weight="balanced", early_stopping=True, transform_layer=-1, random_state=1,
    ... )
    >>> classifier = classifier.fit(X[:150], y[:150], validation_data=(X[150:], y[150:]))
    >>> len(classifier.validation_loss_curve_) == classifier.n_iter_
    True
    >>> classifier.transform(X).shape
    (200, 16)
    """

    _parameter_constraints = LateConstraints("of_classifier", _MLPClassifier._parameter_constraints)

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: Any = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: Any = 0.001,
        power_t: Any = 0.5,
        max_iter: Any = 200,
        shuffle: Any = True,
        random_state: Any = None,
        tol: Any = 1e-4,
        verbose: Any = False,
        warm_start: Any = False,
        momentum: Any = 0.9,
        nesterovs_momentum: Any = True,
        early_stopping: Any = False,
        validation_fraction: Any = 0.1,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: Any = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: Any = 15000,
        class_weight: Any = None,
        loss: Any = "log_loss",
        optimizer: Any = None,
        schedule: Any = None,
        dropout: Any = 0.0,
        ema: Any = None,
        validation_data: Any = None,
        callbacks: Any = None,
        transform_layer: Any = None,
        n_threads: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.class_weight = class_weight
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.dropout = dropout
        self.ema = ema
        self.validation_data = validation_data
        self.callbacks = callbacks
        self.transform_layer = transform_layer
        self.n_threads = n_threads

    def _loss_type(self, X: Any, y: Array, sample_weight: Array | None) -> type:
        return np.float64

    def predict(self, X: Any) -> Array:
        """Give each row's class, (m,), or its labels as 0 and 1, (m, n_outputs)."""
        self._check_fitted()
        return self._predict(X)

    def predict_proba(self, X: Any) -> Array:
        """Give each row's probabilities, a column for each of ``classes_``."""
        self._check_fitted()
        a = self._forward_pass_fast(X)
        if self.n_outputs_ > 1:
            return a
        if len(self.__dict__.get("classes_", ())) == 1:
            return np.ones_like(a)
        both = np.empty((2, len(a)), a.dtype).T
        both[:, 1] = a[:, 0]
        np.subtract(1, a[:, 0], out=both[:, 0])
        return both

    def _predict(self, X: Any, check_input: bool = True) -> Array:
        a = self._forward_pass_fast(X, check_input=check_input)
        if self.out_activation_ == "softmax":
            return np.asarray(self._label_binarizer.classes_).take(a.argmax(axis=1), mode="clip")
        if self.n_outputs_ == 1:
            a = a.ravel()
        return self._label_binarizer.inverse_transform(a)
