"""Rows 57 to 62: how a Network is made, copied and changed by hand.

Rows that are tested elsewhere:

====  ============================================================================================
row   where
====  ============================================================================================
60    test_interruptions.py, with row 72
====  ============================================================================================
"""

from __future__ import annotations

import copy
import pickle
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, bits, network, run_script, samples

import fastbp
from fastbp.errors import ShapeError

pytestmark = pytest.mark.kernels

X, Y = samples()
LABELS = np.arange(len(X)) % 3


def test_row_57_a_network_that_was_never_made() -> None:
    unmade = fastbp.Network.__new__(fastbp.Network)
    for call in EVERY_CALL.values():
        with pytest.raises((AttributeError, RuntimeError), match=r"\w"):
            call(unmade, X, Y)
    with pytest.raises((AttributeError, RuntimeError)):
        unmade.save("unmade")


def test_row_57_a_network_that_is_made_twice() -> None:
    net = network()
    net.fit(X, LABELS, epochs=2, optimizer="adam")
    views = net.weights[0]
    net.__init__([4, 3], seed=2, dtype="float32")  # type: ignore[misc]
    fresh = network((4, 3), seed=2, dtype="float32")
    net.fit(X, Y, epochs=2)
    fresh.fit(X, Y, epochs=2)
    assert bits(net.parameters) == bits(fresh.parameters)
    views[...] = 0.0  # the old storage lives for as long as somebody looks at it
    assert bits(net.parameters) == bits(fresh.parameters)


class StopDrawingError(Exception):
    """An initialiser's own exception."""


def test_row_58_an_initializer_that_fails() -> None:
    def stops(rng: Any, n_out: int, n_in: int) -> Any:
        if n_in == 5:
            raise StopDrawingError
        return np.zeros((n_out, n_in))

    with pytest.raises(StopDrawingError):
        network(initializer=stops)
    for drawn in (
        np.zeros((4, 5)),
        np.zeros(20),
        None,
        0.5,
        np.full((5, 4), np.nan),
        "zeros",
        np.zeros((5, 4), complex),
    ):
        with pytest.raises((TypeError, ValueError), match=r"\binitializer\b"):
            network(initializer=lambda rng, n_out, n_in, drawn=drawn: drawn)


HALF_BUILT = """
import importlib, pathlib, sys
import fastbp
folder = pathlib.Path(fastbp.__file__).parent
names = {path.name.split(".")[0] for path in folder.iterdir() if path.suffix in (".so", ".pyd")}
assert names, "no compiled modules"
bad = [(), (None,), (None,) * 4, (0, 0), (-1, -1), (2**62, 1), (object(),) * 4, (b"x", "B", 1),
       (None, None, [], 0), (b"x", "B", 2)]
called = 0
for name in sorted(names):
    module = importlib.import_module("fastbp." + name)
    for kind in [value for value in vars(module).values() if isinstance(value, type)]:
        for arguments in bad:
            try:
                made = kind.__new__(kind, *arguments)
            except (TypeError, ValueError, BufferError, MemoryError, OverflowError, IndexError):
                continue
            for method in [m for m in dir(made) if not m.startswith("__") or m == "__reduce__"]:
                for given in bad:
                    try:
                        getattr(made, method)(*given)
                    except Exception:
                        called += 1
print("done")
"""


def test_row_58_half_built_compiled_objects(tmp_path: Path) -> None:
    assert run_script(HALF_BUILT, tmp_path).endswith("done\n")


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "Network.copy": lambda net: net.copy(),
    **{f"pickle {p}": lambda net, p=p: pickle.loads(pickle.dumps(net, p)) for p in range(2, 6)},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("how", COPIES)
def test_row_59_copies_are_equal_and_apart(how: str, dtype: str) -> None:
    net = network(dtype=dtype, activation="relu", output_activation="softmax", loss="cross_entropy")
    net.fit(X, np.array(["a", "b", "c"])[LABELS], epochs=3, optimizer=fastbp.Adam(0.01))
    twin = COPIES[how](net)
    assert bits(twin.predict(X), twin.parameters) == bits(net.predict(X), net.parameters)
    assert twin.predict_classes(X).tolist() == net.predict_classes(X).tolist()
    assert twin._model.config() == net._model.config()
    assert twin.optimizer == net.optimizer
    before = bits(net.parameters)
    twin.weights[0][...] = 0.0
    twin.fit(X, LABELS, epochs=1)
    assert bits(net.parameters) == before
    again = COPIES[how](net)
    assert again.fit(X, LABELS, epochs=3).loss == net.fit(X, LABELS, epochs=3).loss
    assert bits(again.parameters) == bits(net.parameters)


def global_generators() -> tuple[str, object]:
    """The state of NumPy's global generator and of Python's."""
    numpy_state = np.random.get_state()  # noqa: NPY002 - the legacy generator is what must stay
    return repr(numpy_state), random.getstate()


def test_row_61_seeds_give_the_same_weights_and_the_same_order() -> None:
    before = global_generators()
    for first, second in ((5, 5), (np.int64(5), 5), (5, np.random.default_rng(5)), (0, 0)):
        pair = [network(seed=first), network(seed=second)]
        assert bits(pair[0].parameters) == bits(pair[1].parameters)
        losses = [net.fit(X, Y, epochs=3, batch_size=2).loss for net in pair]
        assert losses[0] == losses[1]
        assert bits(pair[0].parameters) == bits(pair[1].parameters)
    assert bits(network(seed=None).parameters) != bits(network(seed=None).parameters)
    assert bits(network(seed=5).parameters) != bits(network(seed=6).parameters)
    shared = np.random.default_rng(5)
    pair = [network(seed=shared), network(seed=shared)]
    assert bits(pair[0].parameters) != bits(pair[1].parameters)
    pair[0].fit(X, Y, validation=0.25)
    assert global_generators() == before
    for seed in (-1, 1.5, "5", [1, 2, "x"], True, object()):
        with pytest.raises((TypeError, ValueError), match=r"\bseed\b"):
            network(seed=seed)


BAD_WEIGHTS: dict[str, Any] = {
    "transposed": np.zeros((4, 5)),
    "flat": np.zeros(20),
    "one row": np.zeros((1, 4)),
    "scalar": 0.0,
    "3-d": np.zeros((1, 5, 4)),
    "empty": np.zeros((0, 4)),
    "NaN": np.full((5, 4), np.nan),
    "infinite": np.full((5, 4), -np.inf),
    "complex": np.zeros((5, 4), complex),
    "str": np.full((5, 4), "0.5"),
    "ragged": [[0.0] * 4] * 4 + [[0.0]],
    "None": None,
    "dates": np.zeros((5, 4), "M8[s]"),
    "masked": np.ma.masked_all((5, 4)),
}


@pytest.mark.parametrize("fault", BAD_WEIGHTS)
def test_row_62_bad_weights_are_refused_as_a_whole(fault: str) -> None:
    net, bad = network(), BAD_WEIGHTS[fault]
    with pytest.raises((TypeError, ValueError), match=r"weights\[0\]"):
        net.weights[0] = bad
    with pytest.raises((TypeError, ValueError), match=r"biases\[0\]"):
        net.biases[0] = bad
    with pytest.raises((TypeError, ValueError), match=r"\bparameters\b"):
        net.parameters = bad
    assert bits(net.parameters) == bits(network().parameters)


def test_row_62_weights_beyond_the_number_type() -> None:
    net = network(dtype="float32")
    with pytest.raises(ValueError, match=r"weights\[1\].*row 2, column 4"):
        net.weights[1] = np.where(np.arange(15).reshape(3, 5) == 14, 1e300, 0)
    with pytest.raises(ValueError, match=r"\bparameters\b.*float32|\bparameters\b.*finite"):
        net.parameters = np.full(len(net.parameters), 1e300)
    assert bits(net.parameters) == bits(network(dtype="float32").parameters)


def test_row_62_shapes_and_places_are_named() -> None:
    net = network()
    with pytest.raises(ShapeError, match=r"weights\[0\].*\(5, 4\).*\(4, 5\)"):
        net.weights[0] = np.zeros((4, 5))
    with pytest.raises(ShapeError, match=rf"\bparameters\b.*\b{5 * 4 + 5 + 3 * 5 + 3}\b.*\b7\b"):
        net.parameters = np.zeros(7)
    for place in (2, -3, 10**9):
        with pytest.raises(IndexError):
            net.weights[place] = np.zeros((5, 4))
        with pytest.raises(IndexError):
            net.biases[place]
    for place in ("0", 1.0, None):
        with pytest.raises(TypeError):
            net.weights[place]  # type: ignore[index]
    with pytest.raises(TypeError):
        net.weights[0:1] = [np.zeros((5, 4))]  # type: ignore[index]


def test_row_62_weights_are_copied_even_from_themselves() -> None:
    net = network((5, 5, 5))
    w = np.arange(25.0).reshape(5, 5)
    net.weights[0], net.weights[-1] = w, w
    w[...] = -1.0
    expected = np.arange(25.0).reshape(5, 5)
    assert net.weights[0].tolist() == net.weights[1].tolist() == expected.tolist()
    for view in (np.s_[::-1], np.s_[:, ::-1], np.s_[::-1, ::-1]):
        net.weights[0] = net.weights[0][view]
        expected = expected[view]
        assert net.weights[0].tolist() == expected.tolist()
    net.weights[0] = net.weights[0].T
    assert net.weights[0].tolist() == expected.T.tolist()
    net.weights[0] = net.weights[1]
    net.weights[1][0, 0] = 99.0
    assert net.weights[0][0, 0] == 0.0
    flat = net.parameters
    net.parameters = net.parameters[::-1]
    assert bits(net.parameters) == bits(flat[::-1])
    flat[...] = np.nan
    assert np.isfinite(net.parameters).all()


def test_row_62_a_message_is_one_readable_line() -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        network().weights[0] = np.zeros((4, 5))
    assert re.fullmatch(r"[^\n]{20,300}", str(caught.value))
