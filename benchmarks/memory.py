"""The most memory that fastbp takes, to save, load, copy, pickle and train a large network.

    python benchmarks/memory.py                        3000-3000-10, with SGD and with Adam
    python benchmarks/memory.py --sizes 784-512-512-10
    python benchmarks/memory.py --search 0             without the search

Each is done in a process of its own, whose resident memory is looked at: its peak, as Linux counts
it. All are multiples of the parameters' bytes. "In all" is the peak above what the process had
before there was a network. "Beyond the network" is the peak above the network itself: above what
there was before the call, or, for load, which brings the network, above what there is after it.

The search trains many networks, one after the other, keeps the best, and lets the others go, with
Python's garbage collector off: its peak is that of the whole process.
"""

import argparse
import gc
import os
import pickle
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rounds

import fastbp
from fastbp.cli.arg_types import whole_number

SIZES, SEARCH, NETWORKS = (3000, 3000, 10), (784, 512, 512, 10), 100
ROWS = 64  # samples: few, beside the network
OPTIMIZERS = {"SGD": lambda: fastbp.SGD(0.01), "Adam": lambda: fastbp.Adam(0.001)}
# glibc's malloc keeps what was freed where that was small, or where much was freed before. With a
# fixed limit every large array goes back to the system, and resident memory is memory in use.
RETURNED = {"MALLOC_MMAP_THRESHOLD_": "65536"}


def resident(peak=False):
    """Bytes of memory that this process has now, or the most since `forget`."""
    name = "VmHWM:" if peak else "VmRSS:"
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


def forget():
    """Let the peak begin anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def measured():
    """Whether the system tells a peak, and can be made to forget it (Linux)."""
    with suppress(OSError):
        forget()
        return True
    return False


def network(sizes, seed=0):
    """Make one that tells classes apart."""
    how = {"output_activation": "softmax", "loss": "cross_entropy", "seed": seed}
    return fastbp.Network(sizes, "relu", **how)


class Large:
    """A network that was trained, and what is done with it, each once in a process."""

    def __init__(self, sizes, optimizer, folder, threads=1):
        self.path = os.path.join(folder, "model")
        rng = np.random.default_rng(0)
        self._X = rng.random((ROWS, sizes[0]), dtype=np.float32)
        self._y = rng.integers(sizes[-1], size=ROWS)
        self._sizes, self._optimizer = sizes, OPTIMIZERS[optimizer]()
        small = network((2, 2, 2))  # imports what is imported late
        self.fit(small)
        small.save(self.path)
        pickle.loads(pickle.dumps(fastbp.Network.load(self.path).copy()))
        self._start = resident()

    def fit(self, net):
        """Train a network, new or not."""
        how = {"batch_size": ROWS, "optimizer": self._optimizer, "n_threads": 1}
        columns = net.sizes[0]
        net.fit(self._X[:, :columns], self._y % net.sizes[-1], epochs=1, **how)

    def peak(self, action):
        """Peak bytes of one of `ACTIONS`, beyond the network and in all; and the parameters'."""
        net = network(self._sizes)
        size = net.parameters.nbytes
        if action != "first fit":
            self.fit(net)
        if action == "load":
            net.save(self.path)
            net = None
        gc.collect()
        at_rest = resident()
        forget()
        result = ACTIONS[action](self, net)
        most = resident(peak=True)
        if action == "load":
            at_rest = resident()
        del result
        return most - at_rest, most - self._start, size


ACTIONS = {
    "save": lambda large, net: net.save(large.path),
    "load": lambda large, net: fastbp.Network.load(large.path),
    "copy": lambda large, net: net.copy(),
    "pickle": lambda large, net: pickle.dumps(net, protocol=5),
    "first fit": Large.fit,
    "fit": Large.fit,
}


class Search:
    """Networks that are trained and compared, of which the best is kept."""

    def __init__(self, sizes, networks, threads=1):
        self._sizes, self._networks = sizes, networks

    def peak(self):
        """Peak bytes of the whole process."""
        rng = np.random.default_rng(0)
        X = rng.random((ROWS, self._sizes[0]), dtype=np.float32)
        y = rng.integers(self._sizes[-1], size=ROWS)
        gc.disable()
        forget()
        best = -1.0, None
        for seed in range(self._networks):
            net = network(self._sizes, seed)
            net.fit(X, y, epochs=1, optimizer="sgd", n_threads=1)
            best = max(best, (net.score(X, y), net), key=lambda pair: pair[0])
        return resident(peak=True)


def in_new_process(kind, arguments, call_arguments, environment=None):
    """What a new process answers."""
    with ExitStack() as stack:
        call = rounds.start(stack, kind, variables=environment)
        call("open", *arguments)
        return call("peak", *call_arguments)


def rows(sizes):
    """A row for each action, with two cells for each optimizer."""
    with TemporaryDirectory() as folder:
        for action in ACTIONS:
            cells = []
            for optimizer in OPTIMIZERS:
                *peaks, size = in_new_process(
                    Large, (sizes, optimizer, folder), (action,), RETURNED
                )
                cells += [f"{peak / size:.2f}" for peak in peaks]
            yield [action, *cells]


def main(arguments=None):
    """Print the table, and the peak of the search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sizes", type=rounds.sizes, default=SIZES, help="of the large network")
    add(
        "--search",
        type=whole_number(0),
        default=NETWORKS,
        help=f"networks (default: {NETWORKS}; 0: none)",
    )
    add("--search-sizes", type=rounds.sizes, default=SEARCH, help="of each of them")
    chosen = parser.parse_args(arguments)
    if not measured():
        parser.error("this system does not tell a process's peak memory; it takes Linux")
    size = "-".join(map(str, chosen.sizes))
    title = f"Peak memory of {size} by the parameters' bytes: beyond the network, and in all."
    columns = [f"{name}, {part}" for name in OPTIMIZERS for part in ("beyond", "in all")]
    rounds.print_table(["", *columns], rows(chosen.sizes), title)
    if chosen.search:
        peak = in_new_process(Search, (chosen.search_sizes, chosen.search), ())
        size = "-".join(map(str, chosen.search_sizes))
        print(f"\nA search over {chosen.search} networks {size}: {peak / 1e6:.0f} MB at most.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
