"""Training under less kind conditions: samples from main memory, and a core that is busy."""

from math import ceil
from statistics import median

from busy_core import Spinner
from measures import Training, checked
from peers import Fastbp
from tables import Table, in_threads, number

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


def right_or_refused(workload, dtype, ask, yardstick):
    """Open the workload in fastbp; what is wrong is not timed."""
    found = checked(Training(), workload, dtype, "fastbp", ask, yardstick)
    if not found["right"]:
        raise RuntimeError(f"fastbp is wrong in {workload}: {found}")


def from_memory(folder, workloads, dtype, threads, ask, memory, yardstick, rounds, seconds):
    """Microseconds of a step by workload: cache-resident (``ask``) and out of ``memory``."""
    training, found = Training(), []
    for workload in (one for one in workloads if one.name.split()[0] in MNIST):
        right_or_refused(workload, dtype, ask, yardstick)
        memory("open", workload, dtype)
        steps, count = memory("load", folder), training.count(ask, seconds)
        resident, whole = [], []
        for _ in range(rounds):
            resident.append(ask("timed", count) / (count * workload.steps) * 1e6)
            whole.append(memory("timed", EPOCHS) / (EPOCHS * steps) * 1e6)
        found.append(
            {
                "label": training.label(workload),
                "dtype": dtype,
                "threads": threads,
                "resident": median(resident),
                "memory": median(whole),
                "rounds": {"resident": resident, "memory": whole},
            }
        )
    return found


def memory_table(found):
    """The table of `from_memory`."""
    first = found[0]
    return Table(
        f"Microseconds of fastbp's training step, {first['dtype']}, "
        f"{in_threads(first['threads'])}: samples that a cache holds, and MNIST's 60,000, "
        f"shuffled, {EPOCHS} epochs in one call of fit.",
        ["", "in cache", "MNIST", "ratio"],
        [
            [
                one["label"],
                number(one["resident"]),
                number(one["memory"]),
                f"{one['memory'] / one['resident']:.2f}",
            ]
            for one in found
        ],
    )


def beside_a_busy_core(core, workloads, dtype, one, team, yardstick, rounds, seconds):
    """Microseconds of a step with one thread and with all, while a core rests and while it spins.

    ``one`` and ``team`` are asked for fastbp with 1 and with all threads. ``core`` is one that the
    one thread has not got: only threads that need every core meet what spins there. It rests for
    all rounds, and then spins for as many: what trains learns of it once.
    """
    training, spinner, found = Training(), Spinner(core), []
    try:
        for workload in workloads:
            counts = {}
            for ask in (one, team):
                right_or_refused(workload, dtype, ask, yardstick)
                counts[ask] = training.count(ask, seconds)
            times = {name: [] for name in ("1", "all", "1 busy", "all busy")}
            for suffix in ("", " busy"):
                if suffix:
                    spinner.on()
                for _ in range(rounds):
                    for name, ask in (("1", one), ("all", team)):
                        time = ask("timed", counts[ask]) / (counts[ask] * workload.steps)
                        times[name + suffix].append(time * 1e6)
                if suffix:
                    spinner.off()
            middle = {name: median(of) for name, of in times.items()}
            found.append(
                {
                    "label": training.label(workload),
                    "dtype": dtype,
                    "rounds": times,
                    "microseconds": middle,
                }
            )
    finally:
        spinner.close()
    return found


def busy_table(found, threads):
    """The table of `beside_a_busy_core`."""
    rows = []
    for one in found:
        times = one["microseconds"]
        rows.append(
            [
                one["label"],
                *map(number, times.values()),
                f"{times['1'] / times['all']:.2f}",
                f"{times['1 busy'] / times['all busy']:.2f}",
            ]
        )
    return Table(
        f"Microseconds of fastbp's training step, {found[0]['dtype']}, with 1 thread and with all "
        f"{threads}, the cores free, and one of them taken by another process; faster: with all.",
        ["", "1", "all", "1, busy", "all, busy", "faster", "faster, busy"],
        rows,
    )
