"""Rows 60 and 72: what breaks into training, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alarms import is_interrupted_at_line
from ways_in import WITH_Y, bits, network, run_script, same_fastbp, samples

from fastbp import SGD, Activation, DivergenceError, Network

X, Y = samples()


class EnoughError(Exception):
    """A callback's own exception."""


def raise_in_epoch(last: int) -> Callable[..., None]:
    def callback(net: Any, epoch: int, history: Any) -> None:
        if len(history.loss) == last:
            raise EnoughError

    return callback


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_row_60_a_callback_that_raises(optimizer: str) -> None:
    net, twin = network(), network()
    with pytest.raises(EnoughError):
        net.fit(X, Y, epochs=9, batch_size=5, optimizer=optimizer, callbacks=[raise_in_epoch(3)])
    twin.fit(X, Y, epochs=3, batch_size=5, optimizer=optimizer)
    for _ in range(2):  # as the three epochs left it, and it trains on from there
        assert bits(net.parameters) == bits(twin.parameters)
        assert net._model.state.description()["epochs"] == twin._model.state.description()["epochs"]
        for network_ in (net, twin):
            network_.fit(X, Y, epochs=2, batch_size=5)


CHANGING: dict[str, Callable[[Any], Any]] = {
    "fit": lambda net: WITH_Y["fit"](net, X, Y),
    "train_step": lambda net: WITH_Y["train_step"](net, X, Y),
    "learn_one": lambda net: net.learn_one(X[0], Y[0]),
}


@pytest.mark.parametrize("call", CHANGING)
def test_row_60_training_within_training(call: str) -> None:
    net, twin = network(), network()
    with pytest.raises(RuntimeError, match="already being trained"):
        net.fit(X, Y, epochs=3, callbacks=[lambda n, epoch, history: CHANGING[call](n)])
    twin.fit(X, Y, epochs=1)
    assert bits(net.parameters) == bits(twin.parameters)
    CHANGING[call](net)  # the refusal is over with the fit
    CHANGING[call](twin)
    assert bits(net.parameters) == bits(twin.parameters)


def test_row_60_reading_within_training_is_allowed() -> None:
    def read(net: Any, epoch: int, history: Any) -> None:
        net.predict(X), net.score(X, Y), net.gradients(X, Y), net.trace(X[0], Y[0])
        net.copy().fit(X, Y, epochs=1)

    net, twin = network(), network()
    net.fit(X, Y, epochs=3, callbacks=[read])
    twin.fit(X, Y, epochs=3)
    assert bits(net.parameters) == bits(twin.parameters)


class Progress:
    """A progress display that counts its calls and fails in one of them."""

    def __init__(self, failing: str) -> None:
        self.failing, self.calls = failing, list[str]()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self.failing:
            raise EnoughError

    def begin(self, epochs: int, samples: int) -> None:
        self._called("begin")

    def advance(self, samples_done: int) -> None:
        self._called("advance")

    def epoch_end(self, history: Any) -> None:
        self._called("epoch_end")

    def finish(self) -> None:
        self._called("finish")


@pytest.mark.parametrize("failing", ["advance", "epoch_end", "finish", "nothing", "callback"])
def test_row_60_progress_is_always_finished(failing: str) -> None:
    net, progress = network(), Progress(failing)
    callbacks = [raise_in_epoch(2)] if failing == "callback" else []
    try:
        net.fit(X, Y, epochs=3, batch_size=5, progress=progress, callbacks=callbacks)
    except EnoughError:
        assert failing != "nothing"
    else:
        assert failing == "nothing"
    assert progress.calls.count("finish") == 1
    assert progress.calls[-1] == "finish"
    assert np.isfinite(net.parameters).all()
    net.fit(X, Y, epochs=1)


LONG_FIT = """
import sys, time
import numpy as np, fastbp
rng = np.random.default_rng(0)
X = rng.integers(0, 2, (60_000, 256), dtype=np.uint8)
y = rng.integers(0, 10, len(X))
batch_size = {batch_size}
net = fastbp.Network({sizes}, activation="relu", seed=0)
n_threads = {n_threads} and fastbp.training.threads.Exactly({n_threads})
options = dict(batch_size=batch_size, shuffle=False, n_threads=n_threads)
options["optimizer"] = fastbp.SGD(0.01, momentum=0.5)
print("ready", flush=True)
try:
    net.fit(X, y, epochs=100, **options)
except KeyboardInterrupt:
    print("stopped", time.monotonic(), flush=True)
steps = net._model.state.description()["steps"]
twin = fastbp.Network({sizes}, activation="relu", seed=0)
done = steps * batch_size
assert done < len(X), done
if steps:
    twin.fit(X[:done], y[:done], epochs=1, **options)
assert np.array_equal(net.parameters, twin.parameters), "not the weights of a whole batch"
net.fit(X[:64], y[:64], epochs=1)
net.predict(X[:2])
print("steps", steps, flush=True)
"""

# A poll comes at most 0.2 s after the last; an update here takes a few milliseconds. The rest is
# for a machine that is busy with other things at that moment.
ALLOWED_SECONDS = 1.0


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to another process")
@pytest.mark.parametrize("n_threads", [None, 2])
@pytest.mark.parametrize("sizes", [[256, 2048, 512, 10], [256, 4096, 10]], ids=str)
@pytest.mark.parametrize("batch_size", [32, 60_000], ids=["many batches", "one long batch"])
def test_row_72_ctrl_c_in_a_long_fit(
    batch_size: int, sizes: list[int], n_threads: int | None, tmp_path: Path
) -> None:
    code = LONG_FIT.format(batch_size=batch_size, sizes=sizes, n_threads=n_threads)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=same_fastbp(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.25)
        signal_time = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    fields = output.split()
    assert fields[::2] == ["stopped", "steps"], output
    assert float(fields[1]) - signal_time < ALLOWED_SECONDS
    assert (int(fields[3]) > 0) == (batch_size == 32)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal")
@pytest.mark.parametrize("compute", [None, "bfloat16"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_row_72_ctrl_c_in_steps_of_a_few_nodes(optimizer: str, compute: str | None) -> None:
    # In the time that this process computes: what else runs on the machine does not count.
    net, rng = Network([4, 3, 1], compute=compute, seed=0), np.random.default_rng(0)
    X, y = rng.random((500, 4)), rng.random(500)
    before = signal.signal(signal.SIGPROF, signal.default_int_handler)
    try:
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, 0.1)
        with pytest.raises(KeyboardInterrupt):
            net.fit(X, y, epochs=10**6, batch_size=1, optimizer=optimizer)
        assert time.process_time() - began < 0.1 + 0.2
    finally:
        signal.signal(signal.SIGPROF, before)


KEPT = """
import ctypes, signal, threading, time
import numpy as np, fastbp
libc = ctypes.PyDLL(None)  # its calls keep the GIL
net = fastbp.Network([1000, 1000, 10], seed=0)
X = np.broadcast_to(np.ones(1000, "float32"), (400_000, 1000))
class Rung(Exception):
    pass
def ring(*_):
    raise Rung
def keep():
    time.sleep(0.1)
    libc.usleep(900_000)
signal.signal(signal.SIGPROF, ring)
threading.Thread(target=keep).start()
began = time.process_time()
signal.setitimer(signal.ITIMER_PROF, 0.5)
try:
    net.predict(X)
except Rung:
    print(time.process_time() - began)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal")
def test_row_72_a_long_wait_for_the_gil_puts_signals_off_for_a_moment_alone(tmp_path: Path) -> None:
    """By computing time: 0.5 s, then 0.3 s until the next look. All takes seconds."""
    assert float(run_script(KEPT, tmp_path, FASTBP_NUM_THREADS="1")) < 0.5 + 0.3 + 0.3


INTERRUPTED = """
import _thread, signal, sys, threading, time
import numpy as np, fastbp
rng = np.random.default_rng(0)
X, y = rng.random((20_000, 784), dtype="float32"), rng.integers(0, 10, 20_000)
class Rung(Exception):
    pass
def ring(*_):
    raise Rung
signal.signal(signal.SIGALRM, ring)
for n_threads in map(fastbp.training.threads.Exactly, (1, 2)):
    for shuffle in (True, False):
        net = fastbp.Network([784, 512, 10], seed=0)
        for _ in range(3):
            signal.setitimer(signal.ITIMER_REAL, 0.03)
            try:
                net.fit(X, y, epochs=99, batch_size=128, shuffle=shuffle, n_threads=n_threads)
            except Rung:
                print("rung")
small, tiny = fastbp.Network([2, 4, 1], seed=0), rng.random((1, 2))
signal.setitimer(signal.ITIMER_REAL, 0.15)
try:
    small.fit(tiny, tiny[:, :1], epochs=10**7, batch_size=1)
except Rung:
    state = small._model.state.description()
    assert state["steps"] == state["epochs"] > 1000, state  # one step an epoch
    print("counted")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_row_72_what_a_handler_raises_is_what_comes_out(tmp_path: Path) -> None:
    assert run_script(INTERRUPTED, tmp_path).split() == ["rung"] * 12 + ["counted"]


@pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning")
@pytest.mark.parametrize("call", ["fit", "train_step"])
def test_an_error_before_the_first_step_leaves_optimizer_and_memory(call: str) -> None:
    n_draws = [0]

    def g(z: Any) -> Any:
        n_draws[0] += 1
        if n_draws[0] > 8:
            raise EnoughError
        return z

    net = network(activation=Activation(g, np.ones_like))
    net.fit(X[:5], Y[:5], epochs=2, batch_size=5, optimizer=SGD(0.1, momentum=0.9))
    before, n_draws[0] = bits(net.parameters, *net._model.state.current.memory), 100
    with pytest.raises(EnoughError):
        getattr(net, call)(X, Y, optimizer="adam")
    assert net.optimizer == SGD(0.1, momentum=0.9)
    assert bits(net.parameters, *net._model.state.current.memory) == before
    assert net._model.state.description()["steps"] == 2


def test_a_moment_that_overflows_is_a_divergence() -> None:
    net = network(dtype="float32", output_activation="identity")
    before = bits(net.parameters)
    with pytest.raises(DivergenceError):
        net.fit(X, np.full((12, 3), 1e21), epochs=5, optimizer="adam")
    assert bits(net.parameters) == before
    assert all(np.isfinite(flat).all() for flat in net._model.state.current.memory)


class Interrupting:
    """A reporter that is interrupted before the first step, where a handler may run as well."""

    def begin(self, epochs: int, samples: int) -> None:
        raise KeyboardInterrupt

    def advance(self, samples_done: int) -> None: ...

    def epoch_end(self, history: Any) -> None: ...

    def finish(self) -> None: ...


def test_ctrl_c_before_the_first_step_leaves_the_old_optimizer_with_its_memory() -> None:
    net, twin = network(), network()
    for network_ in (net, twin):
        network_.fit(X, Y, epochs=2, batch_size=5, optimizer=SGD(0.1, momentum=0.9))
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, optimizer="adam", progress=Interrupting())
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, optimizer=SGD(0.7, momentum=0.9), progress=Interrupting())
    assert net.optimizer == SGD(0.1, momentum=0.9)
    for network_ in (net, twin):
        network_.fit(X, Y, epochs=2, batch_size=5)
    assert bits(net.parameters, *net._model.state.current.memory) == bits(
        twin.parameters, *twin._model.state.current.memory
    )


def test_an_interrupt_leaves_no_number_that_is_not_finite() -> None:
    """Weights or memory may have overflowed in the epoch that is interrupted: it is undone."""
    net, twin = network(), network()
    for network_ in (net, twin):
        network_.fit(X, Y, epochs=1, batch_size=5, optimizer="adam")

    def overflow_and_stop(net: Any, epoch: int, history: Any) -> None:
        if epoch == 1:  # as steps of a third epoch may leave it
            net._model.state.current.memory[1][:] = np.inf
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=3, batch_size=5, callbacks=overflow_and_stop)
    assert all(
        np.isfinite(flat).all() for flat in (net.parameters, *net._model.state.current.memory)
    )
    twin.fit(X, Y, epochs=1, batch_size=5)
    assert bits(net.parameters, *net._model.state.current.memory) == bits(
        twin.parameters, *twin._model.state.current.memory
    )
    assert net._model.state.epochs == twin._model.state.epochs


def test_no_interrupt_assigns_a_part_of_the_parameters() -> None:
    values, count, interrupted = np.ones_like(network().parameters), 0, True
    ends = [bits(network().parameters), bits(values)]
    while interrupted:
        net, count = network(), count + 1
        interrupted = is_interrupted_at_line(
            lambda net=net: setattr(net, "parameters", values), count, "model/parameters.py"
        )
        assert bits(net.parameters) in ends, f"at line {count}"
    assert count > 10
    assert bits(net.parameters) == ends[1]
