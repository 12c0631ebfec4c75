"""What a fitted estimator keeps: parameters and the optimizer's memory, and nothing of a fit."""

import tracemalloc
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from fastbp.sklearn import MLPClassifier, MLPRegressor
from fastbp.sklearn.callbacks import CallbackSupport

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("no_collector"),
]


def _raise(*_: Any) -> None:
    raise RuntimeError("a callback that raises")


def _classifier(**parameters: Any) -> Callable[[Any, Any], Any]:
    return lambda X, y: MLPClassifier((4,), max_iter=2, **parameters).fit(X, y)


def _fails(fit: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def use(X: Any, y: Any) -> Any:
        with suppress(ValueError, RuntimeError):
            fit(X, y)

    return use


def _with_their_callback(X: Any, y: Any) -> Any:
    from sklearn.callback import ScoringMonitor

    estimator = MLPClassifier((4,), max_iter=2)
    return estimator.set_callbacks(ScoringMonitor(scoring="accuracy")).fit(X, y)


USES = {
    "adam": _classifier(),
    "sgd": _classifier(solver="sgd", learning_rate="adaptive"),
    "lbfgs": _classifier(solver="lbfgs"),
    "regressor": lambda X, y: MLPRegressor(max_iter=2, scale_target=True).fit(X, y),
    "early stopping": _classifier(early_stopping=True),
    "callbacks": _classifier(callbacks=lambda estimator, epoch, history: None),
    "all calls": lambda X, y: _classifier(
        callbacks=type("Calls", (), {"on_train_end": lambda *_: None})()
    )(X, y),
    "validation data": lambda X, y: MLPClassifier((4,), max_iter=2).fit(
        X, y, validation_data=(X, y)
    ),
    "partial_fit": lambda X, y: MLPClassifier((4,)).partial_fit(X, y, classes=[0, 1]),
    "transform": lambda X, y: MLPClassifier((4,), max_iter=2, transform_layer=1).fit_transform(
        X, y
    ),
    "a callback that raises": _fails(_classifier(callbacks=_raise)),
    "a fit that diverges": _fails(lambda X, y: MLPRegressor(max_iter=9).fit(X, y * 1e200)),
    "their callbacks": _with_their_callback,
}


@pytest.mark.parametrize("use", USES)
def test_the_data_of_a_fit_are_freed_when_the_last_name_goes(use: str) -> None:
    if use == "their callbacks" and not hasattr(CallbackSupport, "set_callbacks"):
        pytest.skip("scikit-learn has callbacks from 1.9 on")
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = (X[:, 0] > 0) * 1
    estimator = USES[use](X, y)
    references = weakref.ref(X), weakref.ref(y)
    del X, y
    assert [reference() is None for reference in references] == [True, True]
    if not isinstance(estimator, np.ndarray | None):
        reference = weakref.ref(estimator)
        del estimator
        assert reference() is None


@pytest.mark.parametrize(("solver", "memories"), [("adam", 2), ("sgd", 1), ("lbfgs", 0)])
def test_a_fit_keeps_no_more_than_the_parameters_and_the_memory(solver: str, memories: int) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 64)), rng.integers(0, 10, 300)

    def fitted() -> MLPClassifier:
        return MLPClassifier((256, 128), solver=solver, max_iter=2, random_state=0).fit(X, y)

    estimator = fitted()  # imports what it needs
    n_bytes = sum(array.nbytes for array in (*estimator.coefs_, *estimator.intercepts_))
    tracemalloc.start()
    try:
        estimator = fitted()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Rows of layers end at whole vectors, a few columns more; then there are small objects.
    assert kept < 1.1 * (1 + memories) * n_bytes + 50_000
    assert estimator.predict(X).shape == (300,)
