"""Where the time of a training step goes: microseconds of each phase, for each thread.

    CFLAGS=-DFASTBP_TIMELINE python setup.py build_ext --inplace
    python benchmarks/thread_timeline.py
    python benchmarks/thread_timeline.py T6 --threads 2 --seconds 0.5

T1 to T8 by name. The marks (src/engine/timeline.h) are compiled in by that macro alone, and cost
some 25 ns each. `barrier` is waiting for the others, `between` all that is not in a step: a new
order, snapshots, copies of columns, the start of threads.
"""

import argparse
import time
from collections import defaultdict
from itertools import pairwise

import rounds
from peers import Fastbp
from thread_scaling import NAMED

from fastbp._boundary import take_timeline
from fastbp.bench.number_format import digits
from fastbp.training.threads import Exactly

MARKS = 200_000  # of a thread, at most, so that none is lost


def phases(marks):
    """Microseconds a step of each phase, from a thread's marks."""
    totals, steps = defaultdict(float), 0
    for (before, *_), (now, phase, layer) in pairwise(marks):
        steps += phase == "start"
        name = "between" if phase == "start" else f"{phase} {layer}" if layer else phase
        totals[name] += 1e6 * (now - before)
    return {name: total / max(1, steps) for name, total in totals.items()}


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


def main(arguments=None):
    """Print a table for each workload."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", default=["T2", "T5", "T6"], metavar="T1..T8")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=0.3, help="of training (%(default)s)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.workloads if name not in NAMED]:
        parser.error(f"there is no workload {unknown[0]}; there are {', '.join(NAMED)}")
    print(f"{rounds.machine()}\n")
    for name in options.workloads:
        columns = {
            f"{threads} threads, {rank}": of_rank
            for threads in options.threads
            for rank, of_rank in enumerate(timeline(NAMED[name], threads, options.seconds))
        }
        if not any(columns.values()):
            parser.error(
                "the boundary has no marks; build it with CFLAGS=-DFASTBP_TIMELINE python "
                "setup.py build_ext --inplace"
            )
        names = list(dict.fromkeys(phase for of_rank in columns.values() for phase in of_rank))
        print(f"{NAMED[name]}\n")
        rows = [
            [phase, *(digits(of_rank.get(phase, 0.0)) for of_rank in columns.values())]
            for phase in names
        ]
        totals = [digits(sum(of_rank.values())) for of_rank in columns.values()]
        rounds.print_table(["us a step", *columns], [*rows, ["all", *totals]])
        print()


if __name__ == "__main__":
    main()
