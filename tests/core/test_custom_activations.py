"""Activations of the caller's own: called back from the compiled passes, whatever they do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_state import differences, generator_of, state_of
from recorded_slices import recorded
from silent_progress import Silent
from tolerances import assert_close, unit_roundoff
from ways_in import EVERY_CALL, network, run_script, samples

from fastbp import SGD, Activation, Network
from fastbp.activations import ACTIVATIONS
from fastbp.errors import ShapeError
from fastbp.training.threads import Exactly

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),
]

X, Y = samples(12)


def own(name: str) -> Activation:
    """A built-in activation's functions, which the kernels know nothing of."""
    return Activation(ACTIVATIONS[name].g, ACTIVATIONS[name].derivative)


def calling(call: Callable[[], Any], derivative: Callable[[], Any] = lambda: None) -> Activation:
    """The sine, with something that is called whenever g or its derivative is."""
    return Activation(lambda z: (call(), np.sin(z))[1], lambda z: (derivative(), np.cos(z))[1])


def all_outputs(net: Network, m: int, n_threads: Any = 1) -> list[Any]:
    """All that a network computes of m samples."""
    X, Y = samples(m, net.sizes[0], net.sizes[-1])
    g, t = net.gradients(X, Y), net.trace(X[-1], Y[-1])
    history = net.fit(
        X,
        Y,
        epochs=2,
        batch_size=40,
        validation=(X, Y),
        optimizer=SGD(0.1, momentum=0.5),
        n_threads=n_threads,
    )
    step = net.train_step(X[:1100], Y[:1100])
    return [
        *(net.predict(X), net.predict(X[:1]), net.loss_value(X, Y), step, *g.weights, *g.biases),
        *(*t.z, *t.a, *t.delta, *t.dC_dw, *t.dC_db, t.C_0),
        *(history.loss, history.validation_loss, net.parameters),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [1, 13, 1500])  # 1500 rows are two chunks
@pytest.mark.parametrize("place", ["hidden", "output", "every"])
def test_it_computes_what_a_built_in_one_does(place: str, m: int, dtype: str) -> None:
    hidden: list[Any] = ["tanh", "softplus"]
    output: Any = "sigmoid"
    loss = "mean_squared_error"
    built_in = network((4, 17, 9, 3), activation=hidden, dtype=dtype, loss=loss)
    if place != "output":
        hidden = [own("tanh"), own("softplus") if place == "every" else "softplus"]
    if place != "hidden":
        output = own("sigmoid")
    custom = network(
        (4, 17, 9, 3), activation=hidden, output_activation=output, dtype=dtype, loss=loss
    )
    bound = 2e3 * unit_roundoff(dtype)  # as in tests/core/test_layers.py
    for actual, expected in zip(all_outputs(custom, m), all_outputs(built_in, m), strict=True):
        assert_close(actual, expected, bound)


def test_a_single_layer_may_have_one() -> None:
    custom = network((4, 3), output_activation=own("tanh"))
    built_in = network((4, 3), output_activation="tanh")
    for actual, expected in zip(all_outputs(custom, 30), all_outputs(built_in, 30), strict=True):
        assert_close(actual, expected, 2e3 * unit_roundoff("float64"))


def test_it_is_called_on_one_thread_and_the_number_asked_for_changes_nothing() -> None:
    threads = set()
    g = calling(lambda: threads.add(threading.get_ident()))
    with recorded() as slices:
        bits = [
            [np.asarray(a).tobytes() for a in all_outputs(network((4, 40, 3), activation=g), 80, n)]
            for n in (1, Exactly(3))
        ]
    assert bits[0] == bits[1]
    assert threads == {threading.get_ident()}
    assert {(row.n_threads, row.team_size) for row in slices} == {(1, 1)}  # no second one is tried


def test_a_program_that_calls_back_takes_one_thread_whatever_it_may() -> None:
    net = network((4, 40, 3), activation=own("tanh"))
    out = np.empty((80, 3))
    assert net._model.program.predict(samples(80)[0], out, 3) == 1


def test_it_sees_the_rows_of_its_layer_in_the_number_type() -> None:
    seen = []

    def g(z: Any) -> Any:
        seen.append((z.shape, z.dtype.name, z.flags.writeable))
        return z.copy()

    net = network((4, 5, 3), dtype="float32", activation=Activation(g, np.ones_like))
    net.predict(samples(1030)[0])
    net.train_step(X, Y)
    assert seen == [((m, 5), "float32", False) for m in (1024, 6, 12)]


@pytest.mark.parametrize("bad", ["shape", "complex", "text"])
@pytest.mark.parametrize("part", ["g", "derivative"])
def test_a_result_that_is_no_array_of_that_shape_is_refused(part: str, bad: str) -> None:
    result = {"shape": np.ones((1, 5)), "complex": np.ones((12, 5), complex), "text": "no"}[bad]
    parts: dict[str, Any] = {"g": np.sin, "derivative": np.cos, part: lambda z: result}
    net = network((4, 5, 3), activation=Activation(**parts))
    before = state_of(net)
    with pytest.raises(ShapeError, match=rf"activation's {part} must return real numbers.*\(12, 5"):
        net.train_step(X, Y)
    assert not differences(before, state_of(net))


def test_integers_booleans_and_other_precisions_are_taken() -> None:
    def step(z: Any) -> Any:
        return z > 0

    net = network(
        (4, 5, 3), dtype="float32", activation=Activation(step, lambda z: np.ones(z.shape))
    )
    twin = network(
        (4, 5, 3), dtype="float32",
        activation=Activation(lambda z: (z > 0).astype("i8"), lambda z: np.ones(z.shape, "f2")),
    )  # fmt: skip
    for actual, expected in zip(all_outputs(net, 12), all_outputs(twin, 12), strict=True):
        assert np.array_equal(actual, expected)


class EnoughError(Exception):
    """Raised by an activation."""


@pytest.mark.parametrize("call", [*EVERY_CALL, "trace"])
@pytest.mark.parametrize("layer", ["hidden", "output"])
def test_what_it_raises_comes_out_and_the_network_goes_on(layer: str, call: str) -> None:
    left = [10**9]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise EnoughError

    g = calling(count, count)
    names: Any = {"activation": [g, "tanh"]} if layer == "hidden" else {"output_activation": g}
    net = network((4, 5, 6, 3), **{"activation": "tanh", **names})
    calls = EVERY_CALL | {"trace": lambda net, X, y: net.trace(X[0], y[0])}
    net.train_step(X, Y, optimizer=SGD(0.1, momentum=0.5))
    for nth in range(1, 99):
        steps, before, left[0] = net._model.state.steps, state_of(net), nth
        try:
            calls[call](net, X, Y)
        except EnoughError:
            assert net._model.state.steps > steps or not differences(before, state_of(net))
        else:
            break
        left[0] = 10**9
        net.fit(X, Y, epochs=1)
    assert 1 < nth < 98
    assert np.isfinite(net.parameters).all()


def test_an_error_in_a_later_epoch_leaves_the_steps_that_were_taken() -> None:
    left = [6]  # three batches an epoch: the third of the second one

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise EnoughError

    net = network((4, 5, 3), activation=calling(count))
    with pytest.raises(EnoughError):
        net.fit(X, Y, epochs=3, batch_size=4)
    assert (net._model.state.steps, net._model.state.epochs) == (5, 1)


@pytest.mark.parametrize("call", ["fit", "train_step", "predict"])
def test_ctrl_c_inside_it_ends_the_call(call: str) -> None:
    count = [0]

    def interrupt() -> None:
        count[0] += 1
        if count[0] == 1:
            signal.raise_signal(signal.SIGINT)

    net = network((4, 5, 3), activation=calling(interrupt))
    before = state_of(net)
    with pytest.raises(KeyboardInterrupt):
        EVERY_CALL[call](net, X, Y)
    assert count == [1]
    assert not differences(before, state_of(net))
    net.fit(X, Y, epochs=1)


@pytest.mark.parametrize("steps", [True, False])
@pytest.mark.parametrize("m", [1, 12])
def test_it_may_use_the_network_that_calls_it(m: int, steps: bool) -> None:
    results: list[Any] = []
    inside = [False]

    def look() -> None:
        if not inside[0]:
            inside[0] = True
            net.predict(np.ones((2000, 4)))  # in a larger workspace than the one lent
            results.append((net.predict(X[:2]), net.gradients(X, Y), net.trace(X[0], Y[0])))
            assert np.array_equal(net.copy().parameters, net.parameters)
            inside[0] = False

    net = network((4, 5, 3), activation=calling(look, look))
    twin = network((4, 5, 3), activation=Activation(np.sin, np.cos))
    for network_ in (net, twin):
        for _ in range(2):
            network_.train_step(X[:m], Y[:m]) if steps else network_.gradients(X[:m], Y[:m])
    assert np.array_equal(net.parameters, twin.parameters)
    assert len(results) == 4
    assert np.array_equal(net.predict(X), twin.predict(X))


def test_training_the_network_from_inside_is_refused() -> None:
    net = network((4, 5, 3), activation=calling(lambda: net.train_step(X, Y)))
    before = state_of(net)
    with pytest.raises(RuntimeError, match="by the call that this one is made from"):
        net.fit(X, Y, epochs=1)
    assert not differences(before, state_of(net))


def test_an_endless_recursion_is_an_error_of_python() -> None:
    net = network((4, 5, 3), activation=calling(lambda: net.predict(X[:1])))
    with pytest.raises(RecursionError):
        net.predict(X)


RECURSION = """
import sys, threading
import numpy as np, fastbp
sys.setrecursionlimit(10**6)
X, y = np.ones((2, 4)), np.full((2, 3), 0.5)
def g(z):
    {call}
    return np.sin(z)
def new():
    return fastbp.Network([4, 5, 3], fastbp.Activation(g, np.cos), seed=0)
def recurse():
    for _ in range(2):
        try:
            {call}
        except RecursionError as error:
            print(error)
    g = np.sin
    print(fastbp.Network([4, 5, 3], fastbp.Activation(g, np.cos)).predict(X).shape)
net = new()
threading.stack_size({stack} * 1024)
thread = threading.Thread(target=recurse)
thread.start()
thread.join()
"""
RECURSIVE = {
    "predict": "net.predict(X)",
    "predict of a list": "net.predict(X.tolist())",
    "gradients": "net.gradients(X, y)",
    "score": "net.score(X, y)",
    "trace": "net.trace(X[0], y[0])",
    "train_step of another": "new().train_step(X, y)",
    "fit of another": "new().fit(X, y, epochs=1, validation=(X, y))",
}


@pytest.mark.skipif(os.name != "posix", reason="stacks of that size are POSIX systems'")
@pytest.mark.parametrize("call", RECURSIVE)
def test_row_77_an_endless_recursion_on_a_small_stack(call: str, tmp_path: Path) -> None:
    stack = 2048 if "LD_PRELOAD" in os.environ else 128  # a sanitizer's frames are far larger
    code = RECURSION.format(call=RECURSIVE[call], stack=stack)
    code = f"import warnings; warnings.simplefilter('ignore')\n{code}"
    first, second, last = run_script(code, tmp_path).splitlines()
    assert first == second  # nothing is left counted
    assert "16 calls of networks are under way in this thread" in first
    assert last == "(2, 3)"


def test_networks_may_call_each_other_some_levels_deep() -> None:
    nets: list[Any] = [network((4, 5, 3))]  # calls nobody, and is not counted
    for _ in range(16):
        inner = nets[-1]
        nets.append(network((4, 5, 3), activation=calling(lambda inner=inner: inner.predict(X))))
    assert np.array_equal(nets[-1].predict(X), nets[1].predict(X))
    nets.append(network((4, 5, 3), activation=calling(lambda: nets[16].predict(X))))
    with pytest.raises(RecursionError, match="16 calls"):
        nets[-1].predict(X)


HANDLERS = """
import signal, sys
import numpy as np, fastbp
sys.setrecursionlimit(10**6)
net = fastbp.Network([500, 500, 500])
X = np.ones((3000, 500), "float32")
def predict(*_):
    signal.setitimer(signal.ITIMER_REAL, 5e-3)  # within the call, which takes ten times as long
    try:
        net.predict(X)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, predict)
try:
    predict()
except RecursionError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal")
def test_handlers_that_are_interrupted_by_handlers_forever(tmp_path: Path) -> None:
    assert "16 calls of networks" in run_script(HANDLERS, tmp_path)


def test_it_may_wait_for_a_thread_that_draws_from_the_generator() -> None:
    alive: list[bool] = []

    def draw() -> None:
        thread = threading.Thread(target=generator_of(net).random, daemon=True)
        thread.start()
        thread.join(10)
        alive.append(thread.is_alive())

    net = network((4, 5, 3), activation=calling(draw))
    net.fit(X, Y, epochs=2, batch_size=12)
    assert alive == [False, False]


def test_each_epoch_is_drawn_as_with_a_built_in_one() -> None:
    custom = network((4, 5, 3), activation=own("tanh"))
    built_in = network((4, 5, 3), activation="tanh")
    for net in (custom, built_in):
        net.fit(X, Y, epochs=5, batch_size=5)
    assert generator_of(custom).bit_generator.state == generator_of(built_in).bit_generator.state
    assert_close(custom.parameters, built_in.parameters, 2e4 * unit_roundoff("float64"))


def test_slices_of_training_are_bounded_though_it_takes_long() -> None:
    pauses = []

    class Display(Silent):
        def advance(self, samples_done: int) -> None:
            pauses.append(samples_done)

    net = network((4, 5, 3), activation=calling(lambda: time.sleep(0.02)))
    net.fit(X, Y, epochs=1, batch_size=1, progress=Display())
    assert len(pauses) >= 6  # a slice is some 20 ms


def test_what_it_keeps_of_z_stays_readable() -> None:
    inputs: list[Any] = []

    def g(z: Any) -> Any:
        inputs.append(z)
        return z

    net = network((4, 5, 3), activation=Activation(g, np.ones_like))
    net.fit(X, Y, epochs=3, batch_size=5)
    del net
    assert all(np.isfinite(z).all() for z in inputs)
