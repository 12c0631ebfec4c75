"""Arrays larger than memory, which lie in a file: nothing copies them, or what is as large."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import bits, run_script

from fastbp import SGD, Network

pytestmark = pytest.mark.kernels

#: What a fit may take beside X: for each row an order, labels, weights and what splitting needs,
#: some 70 bytes, and workspaces and blocks of fixed size.
ROWS, COLUMNS = 50_000, 401
MOST = 70 * ROWS + (6 << 20)


class Mapped:
    """X, all columns but the last of a file, and y, the last; labels and weights in files too."""

    def __init__(self, folder: Path, dtype: str) -> None:
        table = np.memmap(folder / "table", dtype, "w+", shape=(ROWS, COLUMNS))
        table[::7, 3::50] = 1  # the rest is sparse, and takes no room on the disk
        table[::3, -1] = 1
        labels = np.memmap(folder / "labels", "uint8", "w+", shape=(ROWS,))
        labels[:] = np.arange(ROWS) % 3
        weights = np.memmap(folder / "weights", "float32", "w+", shape=(ROWS,))
        weights[:] = 1 + labels
        for array in (table, labels, weights):
            array.flush()
        table = np.memmap(folder / "table", dtype, "r", shape=(ROWS, COLUMNS))
        self.X, self.y = table[:, :-1], table[:, -1]
        self.labels = np.memmap(folder / "labels", "uint8", "r")
        self.weights = np.memmap(folder / "weights", "float32", "r")
        self.one_hot = table[:, -3:]


OPTIONS: dict[str, Any] = {"epochs": 1, "batch_size": 250, "optimizer": SGD(1e-9)}
REGRESSION = {"output_activation": "identity"}
CLASSES = {"output_activation": "softmax", "loss": "cross_entropy"}


def network(n_L: int = 1, **options: Any) -> Network:
    return Network([COLUMNS - 1, n_L], seed=0, **(options or REGRESSION))


CALLS: dict[str, Callable[[Mapped], Any]] = {
    "fit": lambda m: network().fit(m.X, m.y, **OPTIONS),
    "float64": lambda m: network(**REGRESSION, dtype="float64").fit(m.X, m.y, **OPTIONS),
    "held out": lambda m: network().fit(m.X, m.y, validation=0.1, early_stopping=1, **OPTIONS),
    "pair": lambda m: network().fit(m.X[:99], m.y[:99], validation=(m.X, m.y), **OPTIONS),
    "labels": lambda m: network(3, **CLASSES).fit(m.X, m.labels, validation=0.1, **OPTIONS),
    "weights": lambda m: network().fit(m.X, m.y, sample_weight=m.weights, **OPTIONS),
    "several": lambda m: network(3).fit(m.X, m.one_hot, validation=0.1, **OPTIONS),
    "stream": lambda m: network().fit([(m.X, m.y)], epochs=1),
    "partial_fit": lambda m: network().partial_fit(m.X, m.y, batch_size=250),
    "loss_value": lambda m: network().loss_value(m.X, m.y),
    "gradients": lambda m: network().gradients(m.X, m.y),
    "score": lambda m: network().score(m.X, m.y, sample_weight=m.weights),
    "accuracy": lambda m: network(3, **CLASSES).score(m.X, m.labels),
    "predict": lambda m: network(3).predict(m.X),
    "classes": lambda m: network(3).predict_classes(m.X),
}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_row_4_no_call_copies_a_memmap_or_some_columns_of_one(dtype: str, tmp_path: Path) -> None:
    mapped = Mapped(tmp_path, dtype)
    assert mapped.X.nbytes > 2 * MOST
    peaks = {}
    for name, call in CALLS.items():
        tracemalloc.start()
        try:
            call(mapped)
            peaks[name] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert {name: peak for name, peak in peaks.items() if peak > MOST} == {}


def test_row_4_targets_as_wide_as_x_are_not_copied(tmp_path: Path) -> None:
    mapped = Mapped(tmp_path, "float64")
    X = mapped.X[:, :300]
    net = Network([300, 2, 300], output_activation="identity", seed=0)
    tracemalloc.start()
    try:
        net.fit(X, X, epochs=1, batch_size=250, validation=0.1)
        net.score(X, X, sample_weight=mapped.weights)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Blocks of 2^20 numbers in float64; X is 120 MB, and its squares in float64 were twice that.
    assert peak < 64 << 20


def test_row_4_a_memmap_gives_the_bits_of_an_array(tmp_path: Path) -> None:
    mapped = Mapped(tmp_path, "float32")
    rows = slice(0, 300)
    X, y = mapped.X[rows], mapped.y[rows]
    net, twin = network(), network()
    options = OPTIONS | {"batch_size": 32, "optimizer": SGD(1e-3), "validation": 0.1}
    net.fit(X, y, **options)
    twin.fit(np.array(X), np.array(y), **options)
    assert bits(net.parameters) == bits(twin.parameters)
    assert net.score(X, y) == twin.score(np.array(X), np.array(y))


HUGE = """
import resource, sys
import numpy as np
from fastbp import SGD, Network

dtype, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
table = np.memmap("table", dtype, "r", shape=(rows, columns))
assert table.nbytes > 8 << 30
X, y = table[:, :-1], table[:, -1]
net = Network([columns - 1, 1], output_activation="identity", seed=0)
net.fit(X, y, epochs=1, batch_size=1000, validation=0.1, optimizer=SGD(1e-6), n_threads=1)
assert net.predict(X[: rows // 8]).shape == (rows // 8, 1)
net.score(X[-rows // 8 :], y[-rows // 8 :])
for line in open("/proc/self/status"):
    if line.startswith("RssAnon"):
        anonymous = int(line.split()[1]) << 10
        assert anonymous < 1 << 30
        print(anonymous >> 20)
"""


@pytest.mark.huge
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts mappings on Linux alone")
@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("float32", (1 << 20, 2_050)),
        ("float64", (1 << 19, 2_050)),
        ("uint8", (1 << 20, 8_200)),
    ],
)
def test_row_4_8_gb_are_trained_on_in_less_than_1_gb(
    dtype: str, shape: tuple[int, int], tmp_path: Path
) -> None:
    table = np.memmap(tmp_path / "table", dtype, "w+", shape=shape)
    table[::1000, -1] = 1
    del table
    code = f"import sys; sys.argv = ['', {dtype!r}, {shape[0]}, {shape[1]}]\n{HUGE}"
    assert int(run_script(code, tmp_path, timeout=600)) < 1024
