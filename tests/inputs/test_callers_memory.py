"""Rows 28 to 32: the memory that holds the data, how much of it, and who else writes there.

Rows that do not apply:

====  ============================================================================================
row   why
====  ============================================================================================
26    no public call has an `out`
27    the same; parameters assigned from views of themselves are row 62
====  ============================================================================================
"""

from __future__ import annotations

import hashlib
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, bits, network, outcome, run_script, samples

import fastbp
from fastbp.errors import ShapeError

pytestmark = pytest.mark.kernels

X, Y = samples()
LABELS = np.arange(len(X)) % 3

GIVEN_TO_FIT = {
    "float32": (X.astype("float32"), Y.astype("float32")),
    "float64": (X, Y),
    "uint8": ((X > 0).astype("uint8"), LABELS),
    "Fortran order": (np.asfortranarray(X), np.asfortranarray(Y)),
    "big-endian": (X.astype(">f8"), LABELS.astype(">i4")),
    "class names": (X, np.array(["a", "b", "c"])[LABELS]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("source", GIVEN_TO_FIT)
def test_row_28_nothing_of_the_callers_is_changed(source: str, dtype: str) -> None:
    x, y = GIVEN_TO_FIT[source]
    w = np.linspace(-1, 1, 20).reshape(5, 4).astype(dtype)
    arrays = (x, y, w)
    before = [hashlib.sha256(a.tobytes()).digest() for a in arrays]
    net = network(dtype=dtype)
    net.weights[0] = w
    net.fit(x, y, epochs=3, batch_size=5, validation=(x, y), optimizer="adam")
    for call in EVERY_CALL.values():
        call(net, x, y)
    assert [hashlib.sha256(a.tobytes()).digest() for a in arrays] == before
    assert not np.array_equal(net.weights[0], w)


@pytest.mark.huge
def test_row_29_more_than_2_to_the_31_elements(tmp_path: Path) -> None:
    n_rows, features, batch = 2**19 + 1, 2**12, (2**19 + 1) // 3
    sparse = np.memmap(tmp_path / "X", "uint8", mode="w+", shape=(n_rows, features))
    assert sparse.size > 2**31
    sparse[-3:, -1000:] = np.arange(3000).reshape(3, 1000) % 251
    last = sparse[-batch:]  # a view: its rows are counted from 0
    y = np.ones((n_rows, 1))
    net = network(
        (features, 1),
        dtype="float32",
        activation="identity",
        bias=False,
        output_activation="identity",
    )
    w = net.weights[0]
    w /= 1000
    assert bits(net.predict(sparse)[-3:]) == bits(net.predict(np.array(last[-3:])))
    of_all = net.gradients(sparse, y).weights[0] * (n_rows / 3)
    of_last = net.gradients(last[-3:], y[-3:]).weights[0]
    assert np.allclose(of_all, of_last, rtol=1e-5, atol=0)
    assert np.count_nonzero(of_last) > 900
    twin = net.copy()
    options: dict[str, Any] = {"epochs": 1, "batch_size": batch, "shuffle": False}
    net.fit(sparse, y, optimizer=fastbp.SGD(1e-7), **options)
    twin.fit(last, y[-batch:], optimizer=fastbp.SGD(1e-7), **options)
    assert bits(net.parameters) == bits(twin.parameters)
    every = network((8, 1), dtype="float32")  # few columns far apart: row times stride passes 2^31
    columns = sparse[:, -8 * 100 :: 100]
    assert bits(every.predict(columns)) == bits(every.predict(np.array(columns)))
    assert bits(every.predict(columns[::-1])) == bits(every.predict(columns)[::-1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes",
    [
        [10**9, 10**9],
        [2**32, 2**32],
        [2**40, 2**24],
        [2**62, 4],
        [4, 2**63 - 1],
        [10**30, 2],
        [2, 10**9, 10**9, 2],
    ],
)
def test_row_30_absurd_sizes(sizes: list[int], dtype: str) -> None:
    made: list[weakref.ref[Any]] = []

    class Seen(fastbp.Network):
        def __init__(self, *args: Any, **options: Any) -> None:
            made.append(weakref.ref(self))
            super().__init__(*args, **options)

    start = time.perf_counter()
    with pytest.raises((MemoryError, ValueError), match="sizes") as error:
        Seen(sizes, dtype=dtype)
    assert time.perf_counter() - start < 1
    del error  # whose traceback holds it
    assert made[0]() is None  # nothing half-made is kept


class Plain(np.ndarray):
    """A subclass that adds nothing."""


class Liar(np.ndarray):
    """A subclass that claims a shape and a length that it does not have."""

    shape = property(lambda self: (10_000, 4))  # type: ignore[assignment]

    def __len__(self) -> int:
        return 10_000


class Converts:
    """An object whose __array__ is the given function."""

    shape, dtype = (12, 4), np.dtype("float64")

    def __init__(self, convert: Any) -> None:
        self.convert = convert

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.convert()

    def __len__(self) -> int:
        return 12


class OutOfOrderError(Exception):
    """An exception that fastbp does not know."""


def out_of_order() -> None:
    raise OutOfOrderError("the sensor is asleep")


def test_row_31_subclasses_and_their_claims() -> None:
    assert outcome(X.view(Plain), Y.view(Plain)) == outcome(X, Y)
    for call in WITH_Y.values():  # a result or an exception, never memory beyond the 12 rows
        try:
            call(network(), X.view(Liar), Y)
        except (TypeError, ValueError):
            continue
    assert network().predict(X.view(Liar)).shape == (12, 3)


def test_row_31_array_methods_that_raise_or_lie() -> None:
    assert outcome(Converts(lambda: X), Converts(lambda: Y)) == outcome(X, Y)
    for call in WITH_Y.values():
        with pytest.raises(OutOfOrderError, match="asleep"):
            call(network(), Converts(out_of_order), Y)
        with pytest.raises(OutOfOrderError, match="asleep"):
            call(network(), X, Converts(out_of_order))
        with pytest.raises(ShapeError, match=r"\bX\b.*expected 4.*got 3"):
            call(network(), Converts(lambda: X[:, :3]), Y)
        with pytest.raises(ShapeError, match=r"\b12\b.*\b11\b|\b11\b.*\b12\b"):
            call(network(), X, Converts(lambda: Y[:11]))
        with pytest.raises((TypeError, ValueError)):
            call(network(), Converts(lambda: "not an array"), Y)


MUTATE = """
import array, contextlib, sys, threading, time, warnings
import numpy as np, fastbp
warnings.simplefilter("ignore", fastbp.TrainingWarning)  # noise: none can learn it
rng = np.random.default_rng(0)
X = rng.random((4000, 16)).astype({x_type!r})
y = {y}
net = fastbp.Network([16, 8, 3], dtype="float32", seed=0)
stop = threading.Event()
sys.setswitchinterval(1e-4)
def mutate():
    while not stop.is_set():
        i = int(rng.integers(len(X)))
        y[i] = {bad}
        X[i] = rng.choice([0.0, 1.0, 1e30, np.nan]) if X.dtype.kind == "f" else i % 256
        y[i], X[i] = {good}, 1
        with contextlib.suppress(AttributeError, BufferError):  # only an array.array grows
            y.append(0)
            del y[4000:]
        for rows in (10, 4000):  # NumPy refuses while anything holds X
            with contextlib.suppress(ValueError):
                X.resize((rows, 16))
thread = threading.Thread(target=mutate)
thread.start()
end = time.perf_counter() + 0.7
while time.perf_counter() < end:
    with contextlib.suppress(ValueError, fastbp.DivergenceError):
        net.fit(X, y, epochs=3, batch_size=16)
    with contextlib.suppress(ValueError, fastbp.DivergenceError):
        net.gradients(X, y), net.predict(X), net.score(X, y), net.loss_value(X, y)
stop.set()
thread.join()
fresh = fastbp.Network([16, 8, 3], dtype="float32", seed=0)
fresh.fit(rng.random((40, 16)), np.arange(40) % 3, epochs=1)
"""
# What -> (y, a bad value for one sample, a good one); 2^40 would index far beyond any memory.
MUTATED = {
    "float targets": ("rng.random((4000, 3)).astype('float32')", "1e30", "0.5"),
    "int labels": ("np.arange(4000) % 3", "1 << 40", "i % 3"),
    "array.array": ("array.array('q', [0, 1, 2, 0] * 1000)", "-(1 << 40)", "i % 3"),
}


@pytest.mark.parametrize("targets", MUTATED)
def test_row_32_another_thread_changes_the_arrays(targets: str, tmp_path: Path) -> None:
    y, bad, good = MUTATED[targets]

    def run(x_type: str) -> None:
        run_script(MUTATE.format(x_type=x_type, y=y, bad=bad, good=good), tmp_path)

    with ThreadPoolExecutor(2) as pool:  # each takes a second
        list(pool.map(run, ["float32", "uint8"]))


@pytest.mark.parametrize("array_name", ["X", "y"])
def test_row_32_arrays_that_shrink_between_slices_crash_nothing(
    array_name: str, tmp_path: Path
) -> None:
    # The bounds of every index are looked at anew in each slice of a fit.
    code = f"""
import numpy as np
from fastbp import Network

arrays = {{"X": np.zeros((400_000, 64), np.float32), "y": np.zeros((400_000, 4), np.float32)}}

class Shrink:
    def begin(self, epochs, samples): pass
    def epoch_end(self, history): pass
    def finish(self): pass
    def advance(self, done):
        array = arrays[{array_name!r}]
        array.resize((10, array.shape[1]), refcheck=False)

try:
    Network([64, 32, 4], seed=0).fit(arrays["X"], arrays["y"], epochs=1, progress=Shrink())
except ValueError as error:
    print("refused:", error)
"""
    assert run_script(code, tmp_path).startswith("refused: ")
