"""Rows 50, 63 to 68, 71, 73, 74 and 77: threads change no bit, soon end and never hurt."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, HIDDEN, OUTPUTS, batch_for
from recorded_slices import taking
from source_tree import ROOT
from team_sizes import HAS_TEAMS, exactly, real_size
from ways_in import NUMBERS, bits, network, run_script, samples

import fastbp
from fastbp import SGD, Network
from fastbp._boundary import MOST_THREADS, ROWS_PER_CHUNK
from fastbp.model import kernel_sets
from fastbp.model.program import rows_of_one_thread
from fastbp.training import threads
from fastbp.training.threads import Exactly

pytestmark = pytest.mark.threads

posix = pytest.mark.skipif(not HAS_TEAMS, reason="teams need POSIX threads")


def trained(
    n_threads: int | None, sizes: Any, m: int, batch_size: int, scale: float = 1, **options: Any
) -> Any:
    """The bits of all that training makes."""
    rng = np.random.default_rng(5)
    optimizer, l2 = options.pop("optimizer", SGD(0.05)), options.pop("l2", 0.0)
    net = Network(sizes, seed=2, **options)
    X, y = rng.standard_normal((m, sizes[0])), rng.random((m, sizes[-1]))
    X *= scale
    if options.get("loss") == "cross_entropy":
        y = rng.integers(0, sizes[-1], m)
    history = net.fit(
        X,
        y,
        epochs=2,
        batch_size=batch_size,
        optimizer=optimizer,
        l2=l2,
        n_threads=n_threads,
    )
    return bits(net.parameters, history.loss, history.accuracy, *net._model.state.current.memory)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
@pytest.mark.parametrize(
    ("sizes", "m", "batch_size"),
    [
        ([784, 30, 10], 20, 10),  # columns for two threads, none for seven
        ([17, 129, 65, 3], 61, 31),
        ([9, 70, 50], 45, 20),  # columns in both layers, for two and for three
        ([5, 3, 4, 2], 4, 1),  # rows fewer than threads
        ([12, 40, 1], 2100, 2050),  # gradient and update apart, in chunks of 1,024 rows
    ],
    ids=str,
)
def test_row_71_one_two_three_and_seven_threads_give_the_same_bits(
    sizes: list[int], m: int, batch_size: int, optimizer: Any, numbers: str
) -> None:
    options = {"activation": "tanh", "optimizer": optimizer, "l2": 0.01, **NUMBERS[numbers]}
    batch_size = batch_for(optimizer, batch_size) or m
    paths = {
        "fused" if rows <= ROWS_PER_CHUNK and kernel_sets.ISA != "plain" else "plain"
        for rows in (batch_size, m % batch_size or batch_size)
    }
    results = []
    for n_threads in (1, 2, 3, 7):
        with exactly(n_threads) as team, taking(*paths):
            results.append(trained(team, sizes, m, batch_size, **options))
        assert results[-1] == results[0], n_threads


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids="-".join)
def test_row_50_every_activation_and_loss_with_threads(
    output: str, loss: str, numbers: str
) -> None:
    # With one thread they are compared with the reference in test_gradients.py.
    hidden = HIDDEN[len(output + loss) % len(HIDDEN)]
    options = {"output_activation": output, "loss": loss, **NUMBERS[numbers]}
    options |= {"scale": 0.1, "optimizer": SGD(0.001)}  # with more, layers of exp diverge
    for activation in {hidden, "relu" if output == "softmax" else output}:
        results = []
        for n_threads in (1, 3):
            with exactly(n_threads) as team:
                results.append(
                    trained(team, [9, 40, 37, 5], 13, 8, activation=activation, **options)
                )
        assert results[1] == results[0]


linux = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="counts threads in Linux's /proc"
)


@linux
def test_threads_end_a_moment_after_a_call(tmp_path: Path) -> None:
    code = """
import os, time
import numpy as np, fastbp
X, y = np.random.default_rng(0).random((500, 784)), np.arange(500) % 10
net = fastbp.Network([784, 64, 10], seed=0)

def count_is(expected):
    until = time.monotonic() + 5
    while (count := len(os.listdir("/proc/self/task"))) != expected and time.monotonic() < until:
        time.sleep(0.001)
    return count

# A sanitizer starts a thread of its own with the first one.
net.fit(X, y, epochs=1, n_threads=fastbp.training.threads.Exactly(2))
time.sleep(0.2)
before = len(os.listdir("/proc/self/task"))
net.fit(X, y, epochs=3, n_threads=fastbp.training.threads.Exactly(4))
print(count_is(before) - before)
"""
    assert run_script(code, tmp_path) == "0\n"


@linux
def test_the_next_call_gets_the_threads_of_the_last_one() -> None:
    net, X, a = network((200, 300, 10)), np.ones((64, 200)), np.empty((64, 10))
    known = set(os.listdir("/proc/self/task"))

    def workers() -> set[str]:
        net._model.program.predict(X, a, 2)
        return set(os.listdir("/proc/self/task")) - known

    # On a busy machine the second call may come too late.
    assert any(workers() == workers() != set() for _ in range(1000))


@linux
@pytest.mark.skipif(threads.available() < 2, reason="needs two cores")
def test_no_more_threads_are_started_where_none_gets_a_core(tmp_path: Path) -> None:
    code = """
import os, signal, time
import numpy as np, fastbp
_, *others = sorted(os.sched_getaffinity(0))
net = fastbp.Network([784, 512, 512, 10], seed=0)
X, a = np.ones((1, 784), "f"), np.empty((1, 10), "f")
net._model.program.predict(X, a, 2)  # a sanitizer starts a thread of its own
time.sleep(0.2)
before = len(os.listdir("/proc/self/task"))
children = []
for core in others:
    if (child := os.fork()) == 0:
        os.sched_setaffinity(0, {core})
        signal.alarm(20)
        while True:
            pass
    children.append(child)
most = 0
try:
    for _ in range(300):
        for _ in range(5):
            net._model.program.predict(X, a, 2)
        most = max(most, len(os.listdir("/proc/self/task")) - before)
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
print(most <= 2)  # one may be ending
"""
    assert run_script(code, tmp_path) == "True\n"


@posix
def test_a_child_that_is_forked_within_a_call_is_told(tmp_path: Path) -> None:
    code = """
import os, signal, warnings
import numpy as np, fastbp
warnings.simplefilter("ignore", DeprecationWarning)  # fork while there are threads: that is it
net = fastbp.Network([500, 600, 600, 10], seed=0)
X, a = np.ones((6000, 500), "f"), np.empty((6000, 10), "f")
child = None

def fork(*_):
    global child
    if child is None:
        child = os.fork()
        signal.alarm(20 if child == 0 else 0)

signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    while child is None:
        net._model.program.predict(X, a, 2)
except RuntimeError as error:
    os._exit(7 if child == 0 and "forked" in str(error) else 1)
if child == 0:
    os._exit(0)  # between two calls
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 7)
print("done")
"""
    assert run_script(code, tmp_path) == "done\n"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="sets a mode of x86-64")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="calls glibc's mathematics")
def test_workers_treat_subnormal_numbers_as_the_caller_does() -> None:
    libm = ctypes.CDLL("libm.so.6")
    usual, flushing = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    libm.fegetenv(usual)
    mode = int.from_bytes(usual.raw[28:], sys.byteorder) | 0x8040  # flush to zero, from zero
    flushing.raw = usual.raw[:28] + mode.to_bytes(4, sys.byteorder)
    net = Network([64, 256, 256, 64], activation="relu", output_activation="identity", seed=0)
    X = (np.random.default_rng(0).random((300, 64)) * 1e-39).astype("f")

    def predicted(n_threads: int, environment: Any) -> Any:
        a = np.empty((300, 64), "f")
        libm.fesetenv(environment)
        try:
            net._model.program.predict(X, a, n_threads)
        finally:
            libm.fesetenv(usual)
        return bits(a)

    expected = [predicted(1, environment) for environment in (usual, flushing)]
    assert expected[0] != expected[1]
    for _ in range(100):
        assert [predicted(2, environment) for environment in (usual, flushing)] == expected


@posix
def test_the_short_way_leaves_rows_to_threads_that_still_wait() -> None:
    net = network((784, 30, 10))
    close, alone = rows_of_one_thread(net.sizes)
    predict, X = net._model.program.predict_fast, np.ones((alone + 1, 784))
    a = np.empty((close + 1, 10), net.dtype)

    def takes(m: int) -> bool:
        return predict(X[:m]) is not None

    def takes_next(m: int) -> bool:
        net._model.program.predict(X[: close + 1], a)
        return takes(m)

    for m, after_a_pause, at_once in (
        (close, True, True),
        (close + 1, True, False),
        (alone, True, False),
        (alone + 1, False, False),
    ):
        time.sleep(0.01)
        assert takes(m) is after_a_pause
        # On a busy machine the second call may come too late.
        assert any(takes_next(m) is at_once for _ in range(1000))
    time.sleep(0.01)
    assert takes(close)
    assert takes(close + 1), "so few rows leave no threads waiting"


@posix
def test_more_threads_than_all_teams_may_have() -> None:
    net, X = network((20, 3)), np.ones((64, 20))
    expected = bits(net.predict(X))

    def predict(_: int) -> Any:
        a = np.empty((64, 3), net.dtype)
        net._model.program.predict(X.astype(net.dtype), a, MOST_THREADS)
        return bits(a)

    with ThreadPoolExecutor(8) as pool:
        assert all(a == expected for a in pool.map(predict, range(40)))


@linux
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_an_exact_number_of_threads_is_the_number_that_runs(n_threads: int) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/task"))

    rng = np.random.default_rng(0)
    net, X, y = network((200, 300, 10)), rng.standard_normal((4000, 200)), rng.random((4000, 10))
    options = {"epochs": 1, "batch_size": len(X)}  # one step: one call of the engine, one team
    # A sanitizer starts a thread of its own with the first one.
    net.copy().fit(X, y, n_threads=Exactly(2), **options)
    time.sleep(0.3)  # till those that wait for another call have ended
    most, before, until = 0, min(count() for _ in range(100)), time.monotonic() + 30
    while most < n_threads - 1 and time.monotonic() < until:
        fit = threading.Thread(
            target=net.fit, args=(X, y), kwargs={"n_threads": Exactly(n_threads), **options}
        )
        fit.start()
        while fit.is_alive():
            most = max(most, count() - before - 1)  # beside this thread and that of fit
        fit.join()
        while count() > before and time.monotonic() < until:
            time.sleep(0.001)
    assert most == n_threads - 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's affinities")
@pytest.mark.skipif(threads.available() < 2, reason="needs two cores")
def test_threads_begin_away_from_the_core_that_calls() -> None:
    rng = np.random.default_rng(0)
    net, allowed, seen = network((200, 300, 10)), os.sched_getaffinity(0), set()
    X, y = rng.standard_normal((2000, 200)), rng.random((2000, 10))
    known = {int(task) for task in os.listdir("/proc/self/task")}
    fit = threading.Thread(
        target=net.fit, args=(X, y), kwargs={"epochs": 10, "n_threads": Exactly(2)}
    )
    fit.start()
    while fit.is_alive():
        for task in {int(task) for task in os.listdir("/proc/self/task")} - known:
            with suppress(ProcessLookupError):
                seen.add(frozenset(os.sched_getaffinity(task)))
    fit.join()
    # That of the calling thread, and those of the others, which go without a core of the caller's.
    assert frozenset(allowed) in seen
    assert {len(allowed) - len(cores) for cores in seen} == {0, 1}
    assert os.sched_getaffinity(0) == allowed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_row_63_a_fork_after_a_threaded_call(tmp_path: Path) -> None:
    code = """
import multiprocessing, os, signal, time, warnings
import numpy as np, fastbp
warnings.simplefilter("ignore", DeprecationWarning)  # fork with NumPy's own threads about
X, y = np.random.default_rng(0).random((500, 100)), np.arange(500) % 10

def train(n_threads=2):
    net = fastbp.Network([100, 64, 10], seed=0)
    net.fit(X, y, epochs=3, n_threads=n_threads and fastbp.training.threads.Exactly(n_threads))
    return net.parameters.tobytes()

if __name__ == "__main__":
    before = train()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(train, [1, 2, None]) == [before] * 3
    net, x, a = fastbp.Network([100, 64, 10], seed=0), X.astype("f"), np.empty((500, 10), "f")
    predict = net._model.program.predict
    for i in range(100):
        predict(x, a, 2)  # whose thread waits for the next call, or is ending: not in the child
        moment = time.perf_counter() + 3e-6 * i
        while time.perf_counter() < moment:
            pass
        child = os.fork()
        if child == 0:
            signal.alarm(9)
            predict(x, a, 2)
            os._exit(0 if train() == before else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert train() == before
"""
    run_script(code, tmp_path)


def test_row_64_no_openmp_run_time_is_linked() -> None:
    modules = [
        path for path in Path(fastbp.__file__).parent.iterdir() if path.suffix in (".so", ".pyd")
    ]
    assert modules
    for path in modules:
        assert not re.search(rb"lib[gi]?omp\d*(\.so|\.dylib|md\.dll)", path.read_bytes()), path.name


@pytest.mark.parametrize("n_threads", [0, -1, 2.5, "2", True])
def test_row_65_numbers_of_threads_that_are_none(n_threads: Any) -> None:
    X, y = samples()
    with pytest.raises((ValueError, TypeError), match="n_threads"):
        network().fit(X, y, n_threads=n_threads)


def test_row_65_more_threads_than_there_can_be() -> None:
    assert threads.check_threads(10**6) == threads.check_threads(10**3) < 1000
    alone = trained(1, [9, 40, 5], 23, 8)
    with exactly(10**6) as team:
        assert trained(team, [9, 40, 5], 23, 8) == alone


def test_row_65_the_environment_limits_what_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASTBP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores = threads.available()
    assert cores >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads.available() == 1
    monkeypatch.setenv("FASTBP_NUM_THREADS", "1000")  # comes first, and makes no cores
    assert threads.available() == cores
    for digits, limit in (("9" * 5_000, cores), ("0" * 5_000 + "1", 1), (" 1 ", 1), ("1,4", 1)):
        monkeypatch.setenv("FASTBP_NUM_THREADS", digits)
        assert threads.available() == limit
    for nonsense in ("", "0", "-2", "many", "0" * 5_000, "1.5", "1e1", "²"):
        monkeypatch.setenv("FASTBP_NUM_THREADS", nonsense)
        monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
        assert threads.available() == cores


def test_row_65_a_task_of_dasks_has_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASTBP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores, thread_state = threads.available(), threading.local()
    worker = SimpleNamespace(thread_state=thread_state)
    monkeypatch.setitem(sys.modules, "distributed.worker", worker)  # type: ignore[arg-type]
    assert threads.available() == cores  # beside a worker
    thread_state.execution_state = {}
    assert threads.available() == 1
    monkeypatch.setenv("FASTBP_NUM_THREADS", "1000")  # who asks for more gets it
    assert threads.available() == cores


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "250000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_row_65_a_container_limits_it_too(files: Any, cores: Any, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads._quota(tmp_path) == cores


def test_row_66_fits_side_by_side_in_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: Any = [60, 80, 10], 300, 30
    monkeypatch.setattr(threads, "available", lambda: 2)
    assert 2 in threads.chooser(None, (60, 80, 10), 30)._candidates, "too small for threads"
    alone = trained(1, *arguments)
    with ThreadPoolExecutor(4) as pool:
        assert all(
            parameters == alone
            for parameters in pool.map(lambda _: trained(None, *arguments), range(8))
        )
        with exactly(3) as team:
            results = list(pool.map(lambda _: trained(team, *arguments), range(8)))
        assert all(parameters == alone for parameters in results)


@pytest.mark.parametrize("n_threads", [1, 2], ids=["alone", "in teams"])
def test_row_67_eight_threads_predict_with_one_network(
    n_threads: int,
) -> None:
    net = Network([30, 50, 4], seed=0)
    X = np.random.default_rng(1).random((8, 3000, 30), dtype=np.float32)
    expected = [net.predict(x) for x in X]

    def predict(x: Any) -> Any:
        out = np.full((len(x), 4), 7.0, x.dtype)
        assert net._model.program.predict(x, out, n_threads) == real_size(n_threads)
        return out

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert bits(*pool.map(predict, X)) == bits(*expected)
            assert bits(*pool.map(net.predict, X)) == bits(*expected)


@pytest.mark.parametrize("sizes", [[20, 3], [20, 40, 3]], ids=str)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_sums_over_chunks_have_the_same_bits(sizes: Any, weighted: bool) -> None:
    # A thread that is through with a chunk must not overwrite what another one still sums.
    rng = np.random.default_rng(3)
    X, y = (
        rng.standard_normal((5 * ROWS_PER_CHUNK, 20)),
        rng.standard_normal((5 * ROWS_PER_CHUNK, 3)),
    )
    program = Network(sizes, "tanh", output_activation="identity", seed=0)._model.program
    X, y = X.astype("float32"), y.astype("float32")
    weights = rng.random(len(X)) if weighted else None

    def sums(n_threads: int) -> Any:
        return program.gradients(X, y, None, None, None, n_threads=n_threads, weights=weights)

    assert {sums(real_size(n)) for n in (2, 3, 7) for _ in range(20)} == {sums(1)}


def test_row_68_a_second_fit_of_one_network_is_refused() -> None:
    net, inside, resume = network(), threading.Event(), threading.Event()
    X, y = samples()

    def hold(*_: Any) -> None:
        inside.set()
        assert resume.wait(30)

    first = threading.Thread(target=lambda: net.fit(X, y, epochs=1, callbacks=[hold]))
    first.start()
    assert inside.wait(30)
    before = bits(net.parameters)
    try:
        with pytest.raises(RuntimeError, match="already being trained"):
            net.fit(X, y, epochs=1, n_threads=Exactly(2))
        assert bits(net.parameters) == before
    finally:
        resume.set()
        first.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX signals")
def test_row_73_signal_handlers_run_and_daemon_threads_end_with_the_process(tmp_path: Path) -> None:
    code = """
import signal, threading, time, warnings
import numpy as np, fastbp
warnings.simplefilter("ignore", fastbp.TrainingWarning)  # noise: none can learn it
X, y = np.random.default_rng(0).random((20_000, 200), dtype="float32"), np.arange(20_000) % 10
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(time.monotonic()))
net = fastbp.Network([200, 300, 10], seed=0)
start = time.monotonic()
signal.setitimer(signal.ITIMER_REAL, 0.1)
while not seen and time.monotonic() < start + 20:
    net.fit(X, y, epochs=3, n_threads=fastbp.training.threads.Exactly(2))
assert seen, "the handler did not run"
forever = {'epochs': 10**6, 'n_threads': fastbp.training.threads.Exactly(2)}
daemon = threading.Thread(target=lambda: net.fit(X, y, **forever), daemon=True)
daemon.start()
time.sleep(0.3)
assert daemon.is_alive()
print("end")  # and the interpreter shuts down around the fit
"""
    assert run_script(code, tmp_path, timeout=60) == "end\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX signals")
def test_row_73_predictions_of_daemon_threads_end_with_the_process(tmp_path: Path) -> None:
    # Many frames deep, where the stack of a thread that has ended is given back to the system.
    code = """
import builtins, threading, time
import numpy as np, fastbp
X = np.random.default_rng(0).random((20_000, 300), dtype="float32")
program = fastbp.Network([300, 512, 512, 10], seed=0)._model.program
out = np.empty((len(X), 10), "float32")
def deep(n):
    return list(map(deep, [n - 1])) if n else program.predict(X, out, 2)
def work():
    while True:
        deep(80)
class SlowEnd:
    def __del__(self, now=time.monotonic, end=time.monotonic() + 2.0):
        while now() < end:
            pass
threading.Thread(target=work, daemon=True).start()
time.sleep(0.5)
builtins.last = SlowEnd()
print("end")  # and the interpreter shuts down around the prediction
"""
    assert run_script(code, tmp_path, timeout=60) == "end\n"


def test_row_74_loops_without_the_gil_raise_nothing() -> None:
    # What runs without the GIL answers with codes; exceptions are the boundary's.
    source = ROOT / "src"
    if not source.is_dir():
        pytest.skip("needs the source tree")
    for path in source.rglob("*.pxi"):
        for line in re.findall(r"^[^#\n]*(?<!with )\bnogil:$", path.read_text("utf-8"), re.M):
            assert "noexcept nogil:" in line or "cdef extern" in line, f"{path.name}: {line}"
    for name in ("call.pxi", "threads.pxi", "step.pxi", "drivers.pxi"):
        assert not re.search(r"^\s*raise\b", (source / "engine" / name).read_text("utf-8"), re.M), (
            name
        )


@posix
def test_row_77_a_stack_of_128_kilobytes_is_enough(tmp_path: Path) -> None:
    code = """
import threading
import numpy as np, fastbp
X, y = np.random.default_rng(0).random((1024, 700)), np.arange(1024) % 10
done = []

def train():
    for numbers in ({"dtype": "float64"}, {"compute": "bfloat16"}):
        for sizes, batch_size in (
            ([700, 600, 500, 10], 1024), ([700, 10], 1), ([700] * 12 + [10], 50)
        ):
            net = fastbp.Network(sizes, seed=0, **numbers)
            three = fastbp.training.threads.Exactly(3)
            m = max(130, batch_size)
            net.fit(X[:m], y[:m], epochs=1, batch_size=batch_size, n_threads=three)
            net.predict(X[:m]), net.gradients(X[:m], y[:m])
    small = fastbp.Network([8] * 9, seed=0)
    small.fit(X[:130, :8], X[:130, 8:16], epochs=1, batch_size=1)
    done.append(True)

threading.stack_size(128 * 1024)
thread = threading.Thread(target=train)
thread.start()
thread.join()
print(done)
"""
    assert run_script(code, tmp_path) == "[True]\n"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [1, 2, 5, 40, 1024, 2500])
def test_predictions_have_the_same_bits_on_any_number_of_threads(m: int, dtype: str) -> None:
    X = np.random.default_rng(3).standard_normal((m, 33)).astype(dtype)
    # The last one's w has more than 1 MB: threads share columns of 5 and of 40 rows.
    for sizes, output in (
        ((33, 50, 7), "softmax"),
        ((33, 300, 200), "tanh"),
        ((33, 600, 500), "sigmoid"),
    ):
        loss = "cross_entropy" if output == "softmax" else "squared_error"
        net = network(sizes, dtype=dtype, output_activation=output, loss=loss)
        alone = np.concatenate([net.predict(x[np.newaxis]) for x in X])
        for n_threads in (1, 2, 3, 7):
            out = np.full((m, sizes[-1]), 7.0, dtype)
            assert net._model.program.predict(X, out, n_threads) == real_size(n_threads)
            assert bits(out) == bits(alone), n_threads


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sets Linux's affinities")
@pytest.mark.parametrize("m", [1, 2, 40, 300])
def test_predictions_do_not_wait_for_threads_that_get_no_core(m: int) -> None:
    net = network((300, 700, 300, 200), activation="relu")
    X = np.random.default_rng(0).random((m, 300), dtype="f4")
    expected, a = net.predict(X), np.empty((m, 200), net.dtype)
    seen: list[bool] = []

    def predict() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # of this thread, and its workers
        for n_threads in (2, 3, 7) * 20:
            a.fill(np.nan)
            net._model.program.predict(X.astype(net.dtype), a, n_threads)
            seen.append(bits(a) == bits(expected))

    alone = threading.Thread(target=predict)
    alone.start()
    alone.join()
    assert seen == [True] * 60


@posix
@pytest.mark.parametrize("m", [63, ROWS_PER_CHUNK - 1, ROWS_PER_CHUNK, 2047])
def test_a_large_network_predicts_on_as_many_threads_as_there_may_be(m: int) -> None:
    """By columns as long as all rows have room in a workspace."""
    net = network((20, 700, 600), output_activation="tanh")
    X = np.random.default_rng(0).standard_normal((m, 20)).astype(net.dtype)
    out = np.full((m, 600), 7.0, net.dtype)
    assert net._model.program.predict(X, out, MOST_THREADS) == MOST_THREADS
    assert bits(out) == bits(np.concatenate([net.predict(x[np.newaxis]) for x in X]))


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_read_rows_in_place_or_copy_them(dtype: str, n_threads: int) -> None:
    """Three blocks of rows; of the other number type they are copied."""
    net = Network([37, 40, 5], activation="tanh", dtype=dtype, seed=0)
    X = np.random.default_rng(0).standard_normal((5000, 50)).astype("float32").astype(dtype)
    other = {"float32": "float64", "float64": "float32"}[dtype]
    for rows in (X[:2600, :37], X[:2600, 9:46], X[::-2, :37], np.broadcast_to(X[0, :37], (9, 37))):
        outs = np.full((2, len(rows), 5), np.nan, dtype)
        net._model.program.predict(rows, outs[0], n_threads)
        net._model.program.predict(rows.astype(other), outs[1], n_threads)
        assert not np.isnan(outs).any()
        assert bits(outs[0]) == bits(outs[1])
        assert bits(outs[0]) == bits(net.predict(rows.copy()))
