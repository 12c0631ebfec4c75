"""Training with samples from main memory, beside a busy core, and after another library."""

import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from math import ceil
from statistics import median

import numpy as np
import rounds
from peers import Fastbp
from tables import Table
from tasks import Training, checked, in_turns

from fastbp.bench.number_format import digits
from fastbp.datasets import load_mnist
from fastbp.text.formatting import plural

EPOCHS = 5  # in one call
MNIST = ("T2", "T5")  # the workloads that have MNIST's sizes
SPIN = """
import os, select, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {int(sys.argv[1])})
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    sum(range(10_000))
"""


SPINNING = {"OPENBLAS_THREAD_TIMEOUT": "26"}  # its default: some 2^26 cycles


class Products:
    """NumPy's products on all threads, which then spin for as long as they do by default."""

    def __init__(self, threads):
        self._a = np.ones((512, 512), "float32")

    def work(self):
        """Some milliseconds of products."""
        for _ in range(4):
            self._a @ self._a


class FromMemory(Fastbp):
    """fastbp on MNIST's 60,000 samples, which no cache holds; ``fit`` checks them on the way."""

    def load(self, folder):
        """Take MNIST instead of the workload's data; returns the steps of an epoch."""
        self.X, self.Y = load_mnist(folder)
        self.X = self.X.astype(self.dtype, copy=False)
        return ceil(len(self.X) / self.workload.batch)

    def epochs(self, count):
        """Train so many times EPOCHS, each in one call."""
        for _ in range(count):
            history = self._net.fit(self.X, self.Y, epochs=EPOCHS, **self._how)
            if not history.loss[-1] < history.loss[0]:
                raise RuntimeError(f"fastbp learnt nothing from MNIST: {history.loss}")


def check_fastbp(workload, dtype, call, references):
    """Open the workload in fastbp, and raise if its results are wrong."""
    outcome = checked(Training(), workload, dtype, "fastbp", call, references)
    if not outcome["right"]:
        raise RuntimeError(f"fastbp is wrong in {workload}: {outcome}")


def record(workload, dtype, threads, times):
    """What the JSON file holds of one workload."""
    by_round = {name: [1e6 * time for time in of] for name, of in times.items()}
    return {
        "label": Training().label(workload),
        "dtype": dtype,
        "threads": threads,
        "microseconds": {name: median(of) for name, of in by_round.items()},
        "rounds": by_round,
    }


def table(title, results, ratios):
    """A row for each result: its times, and ratios of two of them."""
    rows = []
    for result in results:
        times = result["microseconds"]
        cells = [digits(times[a] / times[b]) for a, b in ratios.values()]
        rows.append([result["label"], *map(digits, times.values()), *cells])
    title = f"Microseconds of fastbp's training step, {results[0]['dtype']}, {title}"
    return Table(title, ["", *results[0]["microseconds"], *ratios], rows)


def from_memory(folder, workloads, dtype, team, memory, references, n_rounds, seconds):
    """Results by workload, cache-resident and out of ``memory``, and their table."""
    call, results = team.calls["fastbp"], []
    for workload in (w for w in workloads if w.name.split()[0] in MNIST):
        check_fastbp(workload, dtype, call, references)
        memory("open", workload, dtype)
        steps = {"in cache": workload.steps, "MNIST": EPOCHS * memory("load", folder)}
        turns = {"in cache": partial(call, "timed"), "MNIST": partial(memory, "timed")}
        times = rounds.in_rounds(turns, n_rounds, seconds)
        times = {name: [time / steps[name] for time in of] for name, of in times.items()}
        results.append(record(workload, dtype, team.threads, times))
    title = (
        f"{plural(team.threads, 'thread')}: samples that a cache holds, and MNIST's 60,000, "
        f"shuffled, {EPOCHS} epochs in one call of fit."
    )
    return results, table(title, results, {"ratio": ("MNIST", "in cache")})


def beside_a_busy_core(core, workloads, dtype, alone, team, references, n_rounds, seconds):
    """Results with one thread (``alone``) and with all, while a core rests and while it spins.

    ``core`` is not the core of the single thread, so only the run on all cores meets the spinning
    process. It is idle for all rounds, and then spins for as many, so training adapts to it once.
    """
    results = []
    calls = {"1": alone, "all": team.calls["fastbp"]}
    for workload in workloads:
        for call in calls.values():
            check_fastbp(workload, dtype, call, references)
        times = in_turns(Training(), workload, calls, n_rounds, seconds)
        with taken(core):
            busy = in_turns(Training(), workload, calls, n_rounds, seconds)
        times |= {f"{name}, busy": of for name, of in busy.items()}
        results.append(record(workload, dtype, team.threads, times))
    title = (
        f"with 1 thread and with all {team.threads}, the cores free, and one of them taken by "
        "another process; faster: with all."
    )
    ratios = {"faster": ("1", "all"), "faster, busy": ("1, busy", "all, busy")}
    return results, table(title, results, ratios)


@contextmanager
def taken(core):
    """Another process wants this core for itself; it ends with this one at the latest."""
    command = [sys.executable, "-c", SPIN, str(core)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if not process.stdout.readline():
            raise RuntimeError(f"no process could take core {core}")
        yield  # the end closes its standard input
