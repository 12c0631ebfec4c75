"""A fit by L-BFGS whose iterations are tasks of scikit-learn's callbacks."""

from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.utils.fixes import _get_additional_lbfgs_options_dict
from sklearn.utils.optimize import _check_optimize_result

from fastbp.inputs import Array
from fastbp.sklearn.callbacks import Tasks


class _StopError(Exception):
    """A callback asked for the end of the fit. SciPy has StopIteration for that, from 1.11 on."""


class Iterations:
    """One call of SciPy's minimizer, as scikit-learn's ``_fit_lbfgs`` makes it, and its iterates.

    A task begins with the first point of its iteration that is tried, as there is none after the
    last one. At its end the iterate is the estimator's, and remains where a callback raises an
    error.
    """

    def __init__(
        self, estimator: Any, tasks: Tasks, X: Any, y: Array, sample_weight: Array | None
    ) -> None:
        self._estimator, self._tasks, self._data = estimator, tasks, (X, y, sample_weight)
        arrays = (*estimator.coefs_, *estimator.intercepts_)
        self._shapes = [array.shape for array in arrays]
        self._bounds = np.cumsum([array.size for array in arrays])[:-1]
        self._start = np.hstack([array.ravel() for array in arrays])
        self._n = 0
        self._value = np.float64("nan")

    def run(self) -> None:
        """Minimize, and set the attributes."""
        estimator = self._estimator
        try:
            result = minimize(
                self._objective,
                self._start,
                method="L-BFGS-B",
                jac=True,
                callback=self._end_iteration,
                options={
                    "maxfun": estimator.max_fun,
                    "maxiter": estimator.max_iter,
                    "gtol": estimator.tol,
                    **_get_additional_lbfgs_options_dict("iprint", 1 if estimator.verbose else -1),
                },
            )
        except _StopError:
            return
        self._tasks.cut_short()
        n_iter = _check_optimize_result("lbfgs", result, estimator.max_iter)
        self._enter(result.x, result.fun, n_iter)

    def _objective(self, x: Array) -> tuple[float, Array]:
        if not self._tasks.has_begun:
            self._tasks.begin("iteration")
        self._point = x.copy()
        self._value, slope = self._estimator._loss_grad_lbfgs(x, *self._data)
        return self._value, slope

    def _end_iteration(self, xk: Array) -> None:  # SciPy goes by the argument's name
        if not np.array_equal(xk, self._point):  # the last point that was tried, as a rule
            self._objective(xk)
        self._n += 1
        self._enter(xk, self._value, self._n)
        if self._tasks.end():
            raise _StopError

    def _enter(self, x: Array, loss: float, n_iter: int) -> None:
        """Let the estimator have an iterate."""
        estimator, n = self._estimator, len(self._estimator.coefs_)
        parts = np.split(np.array(x), self._bounds)
        arrays = [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]
        estimator.coefs_, estimator.intercepts_ = arrays[:n], arrays[n:]
        estimator.loss_, estimator.n_iter_ = loss, n_iter
