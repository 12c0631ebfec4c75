r"""Two or more builds of fastbp, side by side in one run: what became slower, and what faster.

    python benchmarks/builds.py BASE BASE NEW             T1 to T8; the second BASE shows the noise
    python benchmarks/builds.py BASE NEW --only T5 T6
    python benchmarks/builds.py BASE BASE NEW --repeat 3  slower cells again, up to three times
    python benchmarks/builds.py BASE NEW --dtype float32 float64

A build is a virtual environment or its interpreter, with fastbp installed, or a folder in which
fastbp is built in place. Each has a process for each number of threads, which stays for the whole
run. In each round all of them have one turn, in an order drawn anew. A cell holds the median of the
ratios of the first build's time to this one's, round by round, and its 95% bootstrap interval:
above 1 this build is faster. A cell whose whole interval is below 0.98 is marked; with ``--repeat``
it stays so only if every repetition, with new processes, says the same. Predictions are made on one
core. What a build computes is compared with NumPy in float64 before it is timed.

``fit(n_threads=2)`` orders two threads in builds up to commit e8b015a, and allows two in later
ones, which take one for small networks: the ratio is then what a caller gains.
"""

import sys
from contextlib import ExitStack
from functools import partial
from itertools import product
from time import perf_counter

import rounds
from build_process import BuildProcess, check_builds
from rounds import Ratio
from rung_peers import NumPy
from tasks import Prediction, ReferenceResults, Training, checked, in_turns
from workloads import named

from fastbp.bench.worker import cores, limited_to
from fastbp.cli.arg_types import whole_number
from fastbp.text.formatting import plural

SLOWER = 0.98  # of a ratio: an interval that lies below it is marked
ROUNDS, SECONDS = 21, 0.15  # of a turn; three builds take some eight minutes
# Before a turn: fastbp's threads sleep some 20 microseconds after their work.
REST = partial(rounds.rest, 0.02)
THREADS = (1, 2)
ROWS = (1, 1024)
DTYPES = ("float32", "float64")


class Cell:
    """One workload and task in one dtype, with each build's time in each round."""

    def __init__(self, workload, dtype, task, threads):
        self.workload, self.dtype, self.task, self.threads = workload, dtype, task, threads
        self.times, self.wrong = [], {}
        how = f"fit, {plural(threads, 'thread')}"
        if isinstance(task, Prediction):
            how = f"predict, {plural(task.rows, 'row')}"
        self.label = f"{workload.name}, {dtype}: {how}"

    def measure(self, builds, references, n_rounds, seconds):
        """Check all builds, then time them in turns."""
        self.times, self.wrong = [], {}
        for place, build in enumerate(builds):
            outcome = checked(self.task, self.workload, self.dtype, "fastbp", build, references)
            if not outcome["right"]:
                self.wrong[place] = (
                    f"off by {outcome['error']:.1e} (at most {outcome['bound']:.1e})"
                )
        if not self.wrong:
            calls = dict(enumerate(builds))
            times = in_turns(self.task, self.workload, calls, n_rounds, seconds, REST)
            self.times = list(times.values())

    def ratio(self, place):
        """How many times as fast as the first build, with the interval."""
        return Ratio.of(self.times[0], self.times[place])

    def slower(self, place):
        """Whether a build is significantly slower than the first one."""
        return bool(self.times) and self.ratio(place).high < SLOWER

    def row(self, names):
        """Its cells: the first build's time in microseconds, and the others' ratios."""
        if self.wrong:
            whys = (f"{names[place]} {why}" for place, why in self.wrong.items())
            return [self.label, f"WRONG: {', '.join(whys)}", *[""] * (len(names) - 1)]
        ratios = (
            f"**{self.ratio(place)} slower**" if self.slower(place) else self.ratio(place)
            for place in range(1, len(names))
        )
        return [self.label, rounds.us(self.times[0]), *ratios]


def cells_of(workloads, dtypes, threads):
    """All cells to measure, one workload after the other."""
    tasks = [*((Training(), n) for n in threads), *((Prediction(rows), 1) for rows in ROWS)]
    return [Cell(*of, *task) for *of, task in product(workloads, dtypes, tasks)]


def column_names(paths):
    """A, B, ...; A/A for the first build once more, and B/A for another one.

    >>> column_names(["x", "x", "y"])
    ['A', 'A/A', 'B/A']
    """
    letters = {path: chr(ord("A") + i) for i, path in enumerate(dict.fromkeys(paths))}
    return ["A", *(f"{letters[path]}/A" for path in paths[1:])]


def run(paths, cells, n_rounds, seconds):
    """Measure cells with new processes; their figures replace those that were there."""
    names = column_names(paths)
    with ExitStack() as stack:
        references, builds = ReferenceResults(rounds.start(stack, NumPy)), {}
        for threads in sorted({cell.threads for cell in cells}):
            with limited_to(threads):
                builds[threads] = [BuildProcess(path, threads=threads) for path in paths]
            for build in builds[threads]:
                stack.callback(build.close)
        for name, build in zip(names, builds[threads], strict=True):
            about = build("about")
            print(f"{name}: fastbp {about['version']} in {about['folder']}  ", flush=True)

        def row(cell):
            cell.measure(builds[cell.threads], references, n_rounds, seconds)
            return cell.row(names)

        print()
        columns = ["", f"{names[0]}, µs", *(f"{name} (95%)" for name in names[1:])]
        rounds.print_table(columns, map(row, cells))


def options(arguments):
    """Read the command line."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    add = parser.add_argument
    add("builds", nargs="+", metavar="BUILD", help="the baseline first, then what is compared")
    add("--only", nargs="+", default=[], metavar="T1..T8", help="these workloads (default: all)")
    add("--dtype", nargs="+", choices=DTYPES, default=DTYPES[:1], help="(default: %(default)s)")
    add("--threads", nargs="+", type=rounds.COUNT, default=None, help="of fit (default: 1 2)")
    add(
        "--repeat",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="measure slower cells up to N times more",
    )
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
    print(
        f"Times as fast as A, medians of {chosen.rounds} rounds, turns of {chosen.seconds} s, "
        f"slower: the whole interval is below {SLOWER}. {rounds.machine()}\n"
    )
    for again in range(chosen.repeat + 1):
        if again:
            print(f"\nThe slower cells once more, {again} of {chosen.repeat}:\n")
        run(chosen.builds, cells, chosen.rounds, chosen.seconds)
        wrong = [cell for cell in cells if cell.wrong]
        cells = [cell for cell in cells if cell.wrong or any(map(cell.slower, other_builds))]
        if wrong or not cells:
            break
    left = ", ".join(cell.label for cell in cells) or "none"
    print(f"\nSlower or wrong: {left}. {perf_counter() - start:.0f} s in all.")
    return 1 if cells else 0


if __name__ == "__main__":
    sys.exit(main())
