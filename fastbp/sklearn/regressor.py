"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.neural_network import MLPRegressor as _MLPRegressor
from sklearn.utils.metaestimators import available_if

from fastbp.sklearn.documentation import documented
from fastbp.sklearn.estimator import FastMLP
from fastbp.sklearn.late_constraints import LateConstraints
from fastbp.sklearn.plain_arrays import PlainArrays
from fastbp.sklearn.refusals import refuse_negative_counts, refuse_other_than_numbers
from fastbp.sklearn.target_scale import in_units

if TYPE_CHECKING:
    from fastbp.inputs import Array


@documented(
    score="R^2",
    refused='scale_target            loss="poisson"',
)
class MLPRegressor(PlainArrays, FastMLP, _MLPRegressor):
    """A multilayer perceptron that predicts numbers: scikit-learn's, trained by fastbp.

    The same parameters in the same order, attributes, methods and results as
    ``sklearn.neural_network.MLPRegressor``, in less time. y may have several columns.

    Parameters
    ----------
    loss : str, tuple or Loss, default="squared_error"
        "squared_error" is scikit-learn's: 1 / (2 n_L) sum_j (a_j - y_j)^2 of n_L outputs, where a
        step of "sgd" or "adam" takes the gradient of the sum over the outputs. "poisson" has
        outputs exp(z) and needs y >= 0. Others are fastbp's, as it has them, with identity
        outputs: "absolute_error", "log_cosh", "huber" or ("huber", 0.5), ("quantile", 0.9), and
        so on, or an :class:`fastbp.Loss`.
    {NETWORK}
    {TRAINING}
    {ON_TOP}
    scale_target : bool, default=False
        Train on (y - mean) / standard deviation, of each column and of the rows that the first
        call trains on, by their weights. Predictions and scores are in y's units; losses are in
        those of the scaled targets. A constant column is divided by 1. ``partial_fit`` and a warm
        start keep the first call's numbers.
    {N_THREADS}

    Attributes
    ----------
    target_mean_, target_scale_ : ndarray of shape (n_outputs,)
        What is subtracted from y, and what it is divided by then; with ``scale_target`` alone.
    {ATTRIBUTES}
    out_activation_ : str
        "identity" or "exp".

    Raises
    ------
    InvalidParameterError, ValueError, TypeError
        By ``fit`` and ``partial_fit``, where a parameter or the data are not as said here.

    See Also
    --------
    fastbp.Network : The network without scikit-learn's conventions.
    MLPClassifier : The same for classes.

    Notes
    -----
    {NOTES}

    Examples
    --------
    >>> from fastbp.sklearn import MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> regressor = MLPRegressor(random_state=1, max_iter=2000, tol=0.1).fit(X[:150], y[:150])
    >>> regressor.n_iter_ > 1000, regressor.score(X[150:], y[150:]) > 0.95
    (True, True)

    Targets far from 1 take many steps to come to. Standardized ones do not:

    >>> regressor.set_params(scale_target=True, tol=1e-3).fit(X[:150], y[:150]).n_iter_ < 500
    True
    >>> regressor.score(X[150:], y[150:]) > 0.8
    True
    """

    _parameter_constraints = LateConstraints("of_regressor", _MLPRegressor._parameter_constraints)

    def __init__(
        self,
        loss: Any = "squared_error",
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
        optimizer: Any = None,
        schedule: Any = None,
        dropout: Any = 0.0,
        ema: Any = None,
        validation_data: Any = None,
        callbacks: Any = None,
        transform_layer: Any = None,
        scale_target: Any = False,
        n_threads: Any = None,
    ) -> None:
        super().__init__(
            loss=loss,
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
        self.optimizer = optimizer
        self.schedule = schedule
        self.dropout = dropout
        self.ema = ema
        self.validation_data = validation_data
        self.callbacks = callbacks
        self.transform_layer = transform_layer
        self.scale_target = scale_target
        self.n_threads = n_threads

    def _loss_type(self, X: Any, y: Array, sample_weight: Array | None) -> type:
        types = [X.dtype, y.dtype, self._engine.model.architecture.dtype] + (
            [] if sample_weight is None else [sample_weight.dtype]
        )
        counts_in_float64 = self.solver != "lbfgs" and self.batch_size != "auto"
        is_single = not counts_in_float64 and all(t == np.float32 for t in types)
        return np.float32 if is_single else np.float64

    def _predict(self, X: Any, check_input: bool = True) -> Array:
        return in_units(self, super()._predict(X, check_input))

    def predict(self, X: Any) -> Array:
        """Give each row's outputs: (m,), or (m, n_outputs) of several."""
        self._check_fitted()
        return self._predict(X)

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = super()._validate_input(X, y, incremental, reset)
        refuse_other_than_numbers(y)
        if self.loss == "poisson":
            refuse_negative_counts(y)
        return X, y

    # scikit-learn asks whether there is a `_check_solver`, and does not call it. It has no types.
    @available_if(lambda estimator: estimator._check_solver())  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train for one epoch; not with ``solver="lbfgs"``, of which a call would be a whole fit.

        Parameters
        ----------
        X : array or sparse array (n_samples, n_features)
        y : array (n_samples,) or (n_samples, n_outputs)
        sample_weight : array (n_samples,), optional

        Returns
        -------
        MLPRegressor
            The estimator itself.
        """
        super().partial_fit(X, y, sample_weight)
        return self
