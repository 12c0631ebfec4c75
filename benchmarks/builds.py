r"""Two or more builds of fastbp, side by side in one run: what became slower, and what faster.

    python benchmarks/builds.py BASE BASE NEW             T1 to T8; the second BASE shows the noise
    python benchmarks/builds.py BASE NEW --only T5 T6
    python benchmarks/builds.py BASE BASE NEW --repeat 3  slower cells again, up to three times
    python benchmarks/builds.py BASE NEW --dtype float32 float64

A build is a virtual environment or its interpreter, with fastbp installed, or a folder in which
fastbp is built in place. Each has a process of its own that stays for the whole run. In each round
all of them have one turn, in an order drawn anew, and each turn begins when the process before is
at rest. A cell holds the median of the ratios of the first build's time to this one's, round by
round, and its 95% bootstrap interval: above 1 this build is faster. A cell whose whole interval is
below 0.98 is marked; with ``--repeat`` it stays so only if every repetition, with new processes,
says the same. Predictions are made on one core. What a build computes is compared with NumPy in
float64 before it is timed.

``fit(n_threads=2)`` orders two threads in builds up to commit e8b015a, and allows two in later
ones, which take one for small networks: the ratio is then what a caller gains.
"""

import argparse
import sys
from contextlib import ExitStack
from statistics import median
from time import perf_counter

import markdown_blocks
import numpy as np
from build_process import BuildProcess, check_builds
from peers import NumPy
from tables import in_threads, number
from tasks import Prediction, ReferenceResults, Training, checked
from workloads import named

from fastbp.bench.timing import ratio_interval
from fastbp.bench.worker import Worker, cores, limited_to

SLOWER = 0.98  # of a ratio: an interval that lies below it is marked
ROUNDS, SECONDS = 21, 0.15  # of a turn; three builds take some eight minutes
THREADS = (1, 2)
ROWS = (1, 1024)
DTYPES = ("float32", "float64")
SCRIPT = "build_worker.py"


class Cell:
    """One workload and task in one dtype, with each build's time in each round."""

    def __init__(self, workload, dtype, task, threads):
        self.workload, self.dtype, self.task, self.threads = workload, dtype, task, threads
        self.rounds, self.wrong = [], {}

    @property
    def label(self):
        """Its row's name in the table."""
        name = f"{self.workload.name}, {self.dtype}"
        if isinstance(self.task, Training):
            return f"{name}: fit, {in_threads(self.threads)}"
        rows = self.task.rows
        return f"{name}: predict, {rows:,} row{'s' * (rows > 1)}"

    def measure(self, builds, references, rounds, seconds, rng):
        """Check all builds, then time them in turns."""
        self.rounds, self.wrong = [[] for _ in builds], {}
        for place, build in enumerate(builds):
            build("use", self.threads)
            outcome = checked(self.task, self.workload, self.dtype, "fastbp", build, references)
            if not outcome["right"]:
                self.wrong[place] = (
                    f"off by {outcome['error']:.1e} (at most {outcome['bound']:.1e})"
                )
        if self.wrong:
            return
        count = max(1, min(self.task.count(build, seconds) for build in builds))
        units = count * self.task.units(self.workload)
        for _ in range(rounds):
            for place in rng.permutation(len(builds)):
                self.rounds[place].append(self.task.seconds(builds[place], count) / units)
                builds[place].wait_until_idle()  # before the next turn

    def ratio(self, place):
        """How many times as fast as the first build, with the interval."""
        first, this = self.rounds[0], self.rounds[place]
        middle = median(a / b for a, b in zip(first, this, strict=True))
        return middle, *ratio_interval(first, this)

    def slower(self, place):
        """Whether a build is significantly slower than the first one."""
        return bool(self.rounds[place]) and self.ratio(place)[2] < SLOWER

    def row(self, names):
        """Its cells: the first build's time in microseconds, and the others' ratios."""
        if self.wrong:
            whys = (f"{names[place]} {why}" for place, why in self.wrong.items())
            return [self.label, f"WRONG: {', '.join(whys)}", *[""] * (len(names) - 1)]
        ratios = []
        for place in range(1, len(names)):
            middle, low, high = self.ratio(place)
            ratio = f"{middle:.3f} ({low:.3f} to {high:.3f})"
            ratios.append(f"**{ratio} slower**" if self.slower(place) else ratio)
        return [self.label, number(1e6 * median(self.rounds[0])), *ratios]


def cells_of(workloads, dtypes, threads):
    """All cells to measure, one workload after the other."""
    return [
        Cell(workload, dtype, task, n)
        for workload in workloads
        for dtype in dtypes
        for task, n in [
            *((Training(), n) for n in threads),
            *((Prediction(rows), 1) for rows in ROWS),
        ]
    ]


def column_names(paths):
    """A, B, ...; A/A for the first build once more, and B/A for another one.

    >>> column_names(["x", "x", "y"])
    ['A', 'A/A', 'B/A']
    """
    letters = {path: chr(ord("A") + i) for i, path in enumerate(dict.fromkeys(paths))}
    return ["A", *(f"{letters[path]}/A" for path in paths[1:])]


def run(paths, cells, rounds, seconds, seed):
    """Measure cells with new processes; their figures replace those that were there."""
    rng, names = np.random.default_rng(seed), column_names(paths)
    with ExitStack() as stack:
        with limited_to(1):
            reference = Worker(NumPy)
        stack.callback(reference.close)
        references, builds = ReferenceResults(reference), []
        with limited_to(max(cell.threads for cell in cells)):
            for path in paths:
                builds.append(BuildProcess(path, SCRIPT))
                stack.callback(builds[-1].close)
        for name, build in zip(names, builds, strict=True):
            about = build("about")
            print(f"{name}: fastbp {about['version']} in {about['folder']}  ", flush=True)
        print("\n" + heading(names))
        for cell in cells:
            cell.measure(builds, references, rounds, seconds, rng)
            print(
                markdown_blocks.markdown(["", *names], [cell.row(names)]).splitlines()[-1],
                flush=True,
            )


def heading(names):
    """The first two lines of the table, which is printed row by row."""
    return markdown_blocks.markdown(
        ["", f"{names[0]}, µs", *(f"{name} (95%)" for name in names[1:])], []
    )


def options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("builds", nargs="+", metavar="BUILD", help="the baseline first, then what is compared")
    add("--only", nargs="+", default=[], metavar="T1..T8", help="these workloads (default: all)")
    add("--dtype", nargs="+", choices=DTYPES, default=DTYPES[:1], help="(default: %(default)s)")
    add("--threads", nargs="+", type=int, default=None, help="of fit (default: 1 2)")
    add("--rounds", type=int, default=ROUNDS, help=f"turns of each build (default: {ROUNDS})")
    add("--seconds", type=float, default=SECONDS, help=f"a turn lasts (default: {SECONDS})")
    add(
        "--repeat", type=int, default=0, metavar="N", help="measure slower cells up to N times more"
    )
    add("--seed", type=int, default=0, help="of the order of turns")
    chosen = parser.parse_args(arguments)
    chosen.workloads = named(chosen.only, parser.error)
    n_cores = len(cores())
    chosen.threads = chosen.threads or [n for n in THREADS if n <= n_cores]
    if max(chosen.threads) > n_cores:
        parser.error(f"--threads must be at most {n_cores}, the cores that there are to use")
    if len(chosen.builds) < 2:
        parser.error("give two builds or more; the same one twice shows the noise")
    check_builds(chosen.builds, parser.error)
    return chosen


def main(arguments=None):
    """Print the table; 1 if a build is wrong, or slower in every run of a cell."""
    chosen, start = options(arguments), perf_counter()
    cells = cells_of(chosen.workloads, chosen.dtype, chosen.threads)
    other_builds = [i for i, place in enumerate(chosen.builds) if place != chosen.builds[0]]
    how = chosen.rounds, chosen.seconds
    print(
        f"Times as fast as A, medians of {chosen.rounds} rounds, turns of {chosen.seconds} s, "
        f"slower: the whole interval is below {SLOWER}.\n"
    )
    for again in range(chosen.repeat + 1):
        if again:
            print(f"\nThe slower cells once more, {again} of {chosen.repeat}:\n")
        run(chosen.builds, cells, *how, chosen.seed + again)
        wrong = [cell for cell in cells if cell.wrong]
        cells = [cell for cell in cells if cell.wrong or any(map(cell.slower, other_builds))]
        if wrong or not cells:
            break
    left = ", ".join(cell.label for cell in cells) or "none"
    print(f"\nSlower or wrong: {left}. {perf_counter() - start:.0f} s in all.")
    return 1 if cells else 0


if __name__ == "__main__":
    sys.exit(main())
