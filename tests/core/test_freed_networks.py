"""A network that nobody holds any more is freed at once, without the garbage collector."""

from __future__ import annotations

import pickle
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import network, samples

from fastbp import DivergenceError, Network

# Random targets cannot be learnt, which a fit may say.
pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.usefixtures("no_collector"),
]

X, Y = samples()


def _raise(*_: Any) -> None:
    raise ZeroDivisionError


class _Batches:
    def on_batch_end(self, net: Any, step: int, C: float) -> None:
        """Do nothing."""


def _minimize(net: Any) -> None:
    pytest.importorskip("scipy", reason="the extra [scipy] is not installed")
    net.fit(X, Y, epochs=3, optimizer="lbfgs")


def _fails(call: Callable[[], Any]) -> None:
    """The call's error, and the frames that it holds, are gone with this function's end."""
    with suppress(ValueError, TypeError, DivergenceError, ZeroDivisionError, KeyboardInterrupt):
        call()
        pytest.fail("it did not fail")


NAN = np.where(np.arange(len(X))[:, None] == 7, np.nan, X)
USES: dict[str, Callable[[Any, Path], Any]] = {
    "nothing": lambda net, path: None,
    "fit": lambda net, path: net.fit(X, Y, epochs=2),
    "fit with Adam": lambda net, path: net.fit(X, Y, epochs=2, optimizer="adam"),
    "fit after fit": lambda net, path: [net.fit(X, Y, optimizer=o) for o in ("adam", "sgd")],
    "fit with validation": lambda net, path: net.fit(X, Y, validation=0.3, early_stopping=2),
    "fit with a callback": lambda net, path: net.fit(X, Y, callbacks=lambda net, *_: None),
    "fit batch by batch": lambda net, path: net.fit(X, Y, callbacks=_Batches()),
    "fit by iterations": lambda net, path: _minimize(net),
    "train_step": lambda net, path: net.train_step(X, Y),
    "learn_one": lambda net, path: [net.learn_one(X[0], Y[0]) for _ in range(3)],
    "predict": lambda net, path: net.predict(X),
    "predict_one": lambda net, path: net.predict_one(X[0]),
    "score": lambda net, path: net.score(X, Y),
    "gradients": lambda net, path: net.gradients(X, Y),
    "trace": lambda net, path: net.trace(X[0], Y[0]),
    "views": lambda net, path: (net.weights, net.biases, net.layer(1), net.parameters),
    "setters": lambda net, path: setattr(net, "optimizer", "adam"),
    "copy": lambda net, path: net.copy().fit(X, Y, epochs=1),
    "pickle": lambda net, path: pickle.loads(pickle.dumps(net)).fit(X, Y, epochs=1),
    "save": lambda net, path: (net.fit(X, Y, epochs=1), net.save(path)),
    "a fit that is refused": lambda net, path: _fails(lambda: net.fit(NAN, Y)),
    "a step that is refused": lambda net, path: _fails(lambda: net.train_step(X[:3], Y)),
    "a sample that is refused": lambda net, path: _fails(lambda: net.learn_one(NAN[7], Y[7])),
    "a callback that raises": lambda net, path: _fails(lambda: net.fit(X, Y, callbacks=_raise)),
    "a fit that diverges": lambda net, path: _fails(lambda: net.fit(X, Y * 1e200)),
}


@pytest.mark.parametrize("use", USES)
def test_a_network_is_freed_when_the_last_name_goes(use: str, tmp_path: Path) -> None:
    net = network(output_activation="identity")
    USES[use](net, tmp_path / "model")
    reference = weakref.ref(net)
    del net
    assert reference() is None


def test_a_loaded_network_is_freed_when_the_last_name_goes(tmp_path: Path) -> None:
    network().save(tmp_path / "model")
    net = Network.load(tmp_path / "model")
    net.fit(X, Y, epochs=1, optimizer="adam")
    reference = weakref.ref(net)
    del net
    assert reference() is None


def test_a_search_over_networks_holds_the_memory_of_one() -> None:
    references = []
    for _ in range(5):
        net = network((30, 200, 10))
        net.fit(np.zeros((8, 30)), np.zeros((8, 10)), epochs=1, optimizer="adam")
        references.append(weakref.ref(net))
    assert [reference() is None for reference in references] == [True] * 4 + [False]
