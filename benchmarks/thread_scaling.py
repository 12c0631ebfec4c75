"""What a training step takes with one thread, with two, and with the number that fastbp chooses.

    python benchmarks/thread_scaling.py
    python benchmarks/thread_scaling.py T5 784-256-128-10 --rounds 9

T1 to T8 by name, or shapes with relu, batches of 64, and softmax or one linear output. All run in
one process, in turns with 0.3 s of rest before each; a cell is the median of the rounds. A barrier
that two threads wait for, timed before each turn, tells how far apart their cores are: virtual ones
may move from one die to another meanwhile.
"""

import warnings
from argparse import ArgumentTypeError

import rounds
from peers import Fastbp
from tasks import Training
from workloads import ENTROPY, SQUARED, Workload, named

from fastbp import TrainingWarning
from fastbp._boundary import barrier_seconds
from fastbp.bench.number_format import digits
from fastbp.training.threads import Exactly

ROUNDS, SECONDS = 7, 0.2
SHAPES = (
    *named(("T2", "T3", "T5", "T6", "T7")),
    Workload("wide", (784, 256, 128, 10), "relu", "softmax", ENTROPY, 64, "sgd"),
    Workload("adam", (512, 256, 128, 8), "relu", "softmax", ENTROPY, 100, "adam", 0.001),
    Workload("narrow", (2048, 64, 1), "relu", "identity", SQUARED, 256, "sgd"),
    Workload("square", (64, 256, 256, 64), "relu", "identity", SQUARED, 64, "sgd"),
)
THREADS = {"1 thread": Exactly(1), "2 threads": Exactly(2), "chosen": 2}


def refuse(why):
    """Raise what argparse shows."""
    raise ArgumentTypeError(why)


def workload_of(text):
    """A workload of the table by its short name, or a shape."""
    if text.startswith("T"):
        return named([text], refuse)[0]
    sizes = rounds.sizes(text)
    of_output = ("softmax", ENTROPY) if sizes[-1] > 1 else ("identity", SQUARED)
    return Workload("shape", sizes, "relu", *of_output, 64, "sgd")


def main(arguments=None):
    """Print the table."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    parser.add_argument("shapes", nargs="*", type=workload_of, metavar="SHAPE")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", TrainingWarning)  # the timed data are noise

    def row(workload):
        turns = {
            name: Fastbp(workload, "float32", 2, n_threads).timed
            for name, n_threads in THREADS.items()
        }
        barriers = []

        def before():
            rounds.rest()
            barriers.append(barrier_seconds(2))

        times = rounds.in_rounds(turns, options.rounds, options.seconds, before)
        one, *others = times.values()
        steps = (rounds.us([time / workload.steps for time in of]) for of in times.values())
        gains = (digits(rounds.Ratio.of(one, of).middle) for of in others)
        return [Training().label(workload), rounds.us(barriers), *steps, *gains]

    print(rounds.machine())
    columns = ["", "a barrier", *THREADS, "2 threads: times", "chosen: times"]
    title = "Microseconds of a barrier and of a step, and how many times as fast."
    rounds.print_table(columns, map(row, options.shapes or SHAPES), title)


if __name__ == "__main__":
    main()
