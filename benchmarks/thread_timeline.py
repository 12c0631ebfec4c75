"""Where the time of a training step goes: microseconds of each phase, for each thread.

    CFLAGS=-DFASTBP_TIMELINE python setup.py build_ext --inplace
    python benchmarks/thread_timeline.py
    python benchmarks/thread_timeline.py T6 64-256-256-64 --threads 2 --seconds 0.5

T1 to T8 by name, or shapes as in thread_scaling.py. The marks (src/engine/timeline.h) are compiled
in by that macro alone, and cost some 25 ns each. A cell is the median of a phase, times how often a
step has it: a mean would be that of the few that the system interrupted. `barrier` is waiting for
the others, `between` all that is not in a step: a new order, snapshots, copies of columns, starts
of threads.
"""

import argparse
import time
import warnings
from collections import defaultdict
from itertools import pairwise
from statistics import median

import rounds
from peers import Fastbp
from tasks import Training
from thread_scaling import workload_of

from fastbp import Network, TrainingWarning
from fastbp._boundary import take_timeline
from fastbp.bench.number_format import digits
from fastbp.training.threads import Exactly

MARKS = 200_000  # of a thread, at most, so that none is lost


def phases(marks):
    """Microseconds a step of each phase, from a thread's marks."""
    times = defaultdict(list)
    for (before, *_), (now, phase, layer) in pairwise(marks):
        name = "between" if phase == "start" else f"{phase} {layer}" if layer else phase
        times[name].append(1e6 * (now - before))
    steps = max(1, len(times["between"]))
    return {name: median(of) * len(of) / steps for name, of in times.items() if of}


def timeline(workload, threads, seconds):
    """Each thread's phases in some epochs, whose first half counts for nothing."""
    net = Fastbp(workload, "float32", max(2, threads), Exactly(threads))
    per_step = 6 + 4 * len(workload.sizes)
    most = max(2, MARKS // (per_step * workload.steps))
    count = min(most, max(2, round(seconds / net.timed(1))))
    time.sleep(rounds.REST)
    take_timeline()
    net.timed(count)
    return [phases(marks[len(marks) // 2 :]) for marks in take_timeline()[:threads]]


def check_marks(refuse):
    """Call ``refuse`` with what to do where the boundary leaves no marks."""
    Network([1, 1], seed=0).fit([[1.0]], [[0.0]], epochs=1, n_threads=Exactly(1))
    if not any(take_timeline()):
        refuse(
            "the boundary has no marks; build it with CFLAGS=-DFASTBP_TIMELINE python "
            "setup.py build_ext --inplace"
        )


def main(arguments=None):
    """Print a table for each workload."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = [workload_of(name) for name in ("T2", "T5", "T6")]
    parser.add_argument("shapes", nargs="*", type=workload_of, default=default, metavar="SHAPE")
    parser.add_argument("--threads", type=rounds.COUNT, nargs="+", default=[1, 2])
    parser.add_argument(
        "--seconds", type=rounds.SECONDS, default=0.3, help="of training (%(default)s)"
    )
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", TrainingWarning)  # the timed data are noise
    check_marks(parser.error)
    print(rounds.machine())
    for workload in options.shapes:
        columns = {
            f"{threads} threads, {rank}": of_rank
            for threads in options.threads
            for rank, of_rank in enumerate(timeline(workload, threads, options.seconds))
        }
        names = list(dict.fromkeys(phase for of_rank in columns.values() for phase in of_rank))
        rows = [
            [phase, *(digits(of_rank.get(phase, 0.0)) for of_rank in columns.values())]
            for phase in names
        ]
        totals = [digits(sum(of_rank.values())) for of_rank in columns.values()]
        title = Training().label(workload)
        rounds.print_table(["us a step", *columns], [*rows, ["all", *totals]], title)


if __name__ == "__main__":
    main()
