"""Fitted multilayer perceptrons of scikit-learn of every kind, for the tests of interchange."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from tolerances import FLOAT64

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
CLASSES = np.digitize(X[:, 0] * X[:, 1], [-0.3, 0.3])

#: Kind -> the class that has it, its y, and parameters that it takes besides.
KINDS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "binary": ("MLPClassifier", CLASSES % 2, {}),
    "binary strings": ("MLPClassifier", np.array(["no", "yes"])[CLASSES % 2], {}),
    "bools": ("MLPClassifier", CLASSES == 1, {}),
    "multiclass": ("MLPClassifier", CLASSES, {}),
    "strings": ("MLPClassifier", np.array(["a", "bb", "c"])[CLASSES], {}),
    "objects": ("MLPClassifier", np.array(["a", "bb", "c"], object)[CLASSES], {}),
    "integers": ("MLPClassifier", np.array([9, 10, -3])[CLASSES], {}),
    "multilabel": ("MLPClassifier", (X[:, :3] > 0.5).astype(int), {}),
    "one-hot pair": ("MLPClassifier", np.eye(2, dtype=int)[CLASSES % 2], {}),
    "numbers": ("MLPRegressor", X[:, 0] - X[:, 1], {}),
    "two outputs": ("MLPRegressor", X[:, :2] ** 2, {}),
    "poisson": ("MLPRegressor", RNG.poisson(np.exp(X[:, 0])), {"loss": "poisson"}),
    "poissons": ("MLPRegressor", RNG.poisson(np.exp(X[:, :2])), {"loss": "poisson"}),
}
#: Hidden layers and a number type.
LAYERS: list[tuple[Any, str]] = [((), "float64"), (5, "float32"), ((6, 3), "float64")]
#: In float32 as in float64, of one pass through 3 layers of at most 6 nodes: 3 (6 + 10) u = 2.9e-6,
#: times 15.
BOUNDS = {"float32": 4.3e-5, "float64": FLOAT64}


def fitted(kind: str, *, dtype: str = "float64", X: Any = X, **parameters: Any) -> Any:
    """An estimator after a few epochs."""
    import sklearn.neural_network

    name, y, needed = KINDS[kind]
    parameters = {"hidden_layer_sizes": (6, 3), "max_iter": 5, "random_state": 3} | parameters
    estimator = getattr(sklearn.neural_network, name)(**(needed | parameters))
    return quietly(estimator.fit, X.astype(dtype), y)


def quietly(call: Any, *args: Any) -> Any:
    """A call whose warning that it has not converged counts for nothing."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return call(*args)


def outputs_of(estimator: Any, X: Any = X) -> np.ndarray[Any, Any]:
    """What ``net.predict`` must give for it."""
    if not hasattr(estimator, "predict_proba"):
        return np.reshape(estimator.predict(X), (len(X), -1))
    is_binary = estimator.n_outputs_ == 1
    return np.asarray(
        estimator.predict_proba(X)[:, 1:] if is_binary else estimator.predict_proba(X)
    )
