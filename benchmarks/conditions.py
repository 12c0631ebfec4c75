"""Training with samples from main memory, and beside a busy core."""

from math import ceil
from statistics import median

from busy_core import Spinner
from peers import Fastbp
from tables import Table, in_threads, number
from tasks import Training, checked

from fastbp.datasets import load_mnist

EPOCHS = 5  # in one call
MNIST = ("T2", "T5")  # the workloads that have MNIST's sizes


class FromMemory(Fastbp):
    """fastbp on MNIST's 60,000 samples, which no cache holds; ``fit`` checks them on the way."""

    def load(self, folder):
        """Take MNIST instead of the workload's data; returns the steps of an epoch."""
        self.X, self.Y = load_mnist(folder)
        self.X = self.X.astype(self.dtype, copy=False)
        return ceil(len(self.X) / self.workload.batch)

    def epochs(self, count):
        """Train so many, in one call."""
        history = self._net.fit(self.X, self.Y, epochs=count, **self._how)
        if not history.loss[-1] < history.loss[0]:
            raise RuntimeError(f"fastbp learnt nothing from MNIST: {history.loss}")


def check_fastbp(workload, dtype, call, references):
    """Open the workload in fastbp, and raise if its results are wrong."""
    outcome = checked(Training(), workload, dtype, "fastbp", call, references)
    if not outcome["right"]:
        raise RuntimeError(f"fastbp is wrong in {workload}: {outcome}")


def from_memory(folder, workloads, dtype, threads, call, memory, references, rounds, seconds):
    """Microseconds of a step by workload: cache-resident (``call``) and out of ``memory``."""
    training, results = Training(), []
    for workload in (w for w in workloads if w.name.split()[0] in MNIST):
        check_fastbp(workload, dtype, call, references)
        memory("open", workload, dtype)
        steps, count = memory("load", folder), training.count(call, seconds)
        resident, totals = [], []
        for _ in range(rounds):
            resident.append(call("timed", count) / (count * workload.steps) * 1e6)
            totals.append(memory("timed", EPOCHS) / (EPOCHS * steps) * 1e6)
        results.append(
            {
                "label": training.label(workload),
                "dtype": dtype,
                "threads": threads,
                "resident": median(resident),
                "memory": median(totals),
                "rounds": {"resident": resident, "memory": totals},
            }
        )
    return results


def memory_table(results):
    """The table of `from_memory`."""
    first = results[0]
    return Table(
        f"Microseconds of fastbp's training step, {first['dtype']}, "
        f"{in_threads(first['threads'])}: samples that a cache holds, and MNIST's 60,000, "
        f"shuffled, {EPOCHS} epochs in one call of fit.",
        ["", "in cache", "MNIST", "ratio"],
        [
            [
                result["label"],
                number(result["resident"]),
                number(result["memory"]),
                f"{result['memory'] / result['resident']:.2f}",
            ]
            for result in results
        ],
    )


def beside_a_busy_core(core, workloads, dtype, single, team, references, rounds, seconds):
    """Microseconds of a step with one thread and with all, while a core rests and while it spins.

    ``single`` and ``team`` call fastbp with 1 and with all threads. ``core`` is not the
    core of the single thread, so only the run on all cores meets the spinning process. It is idle
    for all rounds, and then spins for as many, so training adapts to it once.
    """
    training, spinner, results = Training(), Spinner(core), []
    try:
        for workload in workloads:
            counts = {}
            for call in (single, team):
                check_fastbp(workload, dtype, call, references)
                counts[call] = training.count(call, seconds)
            times = {name: [] for name in ("1", "all", "1 busy", "all busy")}
            for suffix in ("", " busy"):
                if suffix:
                    spinner.on()
                for _ in range(rounds):
                    for name, call in (("1", single), ("all", team)):
                        time = call("timed", counts[call]) / (counts[call] * workload.steps)
                        times[name + suffix].append(time * 1e6)
                if suffix:
                    spinner.off()
            middle = {name: median(of) for name, of in times.items()}
            results.append(
                {
                    "label": training.label(workload),
                    "dtype": dtype,
                    "rounds": times,
                    "microseconds": middle,
                }
            )
    finally:
        spinner.close()
    return results


def busy_table(results, threads):
    """The table of `beside_a_busy_core`."""
    rows = []
    for result in results:
        times = result["microseconds"]
        rows.append(
            [
                result["label"],
                *map(number, times.values()),
                f"{times['1'] / times['all']:.2f}",
                f"{times['1 busy'] / times['all busy']:.2f}",
            ]
        )
    return Table(
        f"Microseconds of fastbp's training step, {results[0]['dtype']}, with 1 thread and with "
        f"all {threads}, the cores free, and one of them taken by another process; faster: with "
        "all.",
        ["", "1", "all", "1, busy", "all, busy", "faster", "faster, busy"],
        rows,
    )
