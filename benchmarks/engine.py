r"""What fastbp takes to train and to predict, beside NumPy, scikit-learn, PyTorch and JAX.

    python benchmarks/engine.py                          T1 to T8: a step, and two predictions
    python benchmarks/engine.py --quick                  the same, roughly, in a minute or so
    python benchmarks/engine.py T3 T5 --dtype float32 float64 --threads 1 2
    python benchmarks/engine.py --sizes 784-128-10 --batch 32 --activation relu \
        --loss cross_entropy --optimizer sgd
    python benchmarks/engine.py --random 30              shapes that nobody tuned for
    python benchmarks/engine.py --mnist FOLDER           and MNIST's 60,000 samples from memory
    python benchmarks/engine.py --threads 1 2 --busy     and while a core is taken
    python benchmarks/engine.py --threads 2 --after-numpy       while NumPy's threads spin
    python benchmarks/engine.py --write                  and put the tables into docs/engine.md

Each library runs in its own process, all of them on the same core (or ``--threads`` cores) with
thread pools of that size. Turns alternate, for about the same time and each after a rest, or with
``--after-numpy`` right after products of NumPy's, whose threads then spin for as long as they do by
default; a figure is the median over the rounds. To train, each starts from the same first weights
and draws its orders with ``permutation`` of NumPy's generator, within the time. NumPy, PyTorch and
JAX are not asked for the loss; scikit-learn has an epoch in each call of partial_fit, which takes
less than fit. To predict, each has the samples in its own kind of array, and fastbp and
scikit-learn check them in every call, as they do for anyone. Compiling is not timed. A library that
is not installed is left out.

Nothing is timed that is not right: one epoch from the same first weights in the same order must
end, within a bound that is derived in tasks.py, where NumPy ends in float64; predictions too.
The tests hold that one to fastbp.reference, the specification.

The peak is what the multiply-and-add units do in a loop that has nothing else, and memory's speed
that of copies and sums of arrays far larger than a cache; the best of many tries in between.
"""

import json
import sys
import textwrap
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

import rounds
from conditions import SPINNING, FromMemory, Products, beside_a_busy_core, from_memory
from rung_peers import PEERS, NumPy
from tables import LEGEND, table_of_peers, write
from tasks import Prediction, ReferenceResults, Team, Training, measure
from workloads import OUTPUTS, RATES, TABLE, Workload, drawn, named

from fastbp.bench.machine import describe
from fastbp.bench.machine_limits import MachineLimits
from fastbp.bench.worker import last_cores
from fastbp.cli.arg_types import real_number, whole_number

ROUNDS, SECONDS, QUICK = 7, 0.2, (2, 0.03)
VERSIONED = ("scikit-learn", "torch", "jax")


def options(arguments):
    """Read the command line."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    add = parser.add_argument
    add("workloads", nargs="*", metavar="T1..T8", help="which of the table (default: all)")
    add("--sizes", type=rounds.sizes, help="a shape of your own instead, like 784-128-10")
    add("--batch", type=rounds.COUNT, default=32)
    add("--activation", choices=["relu", "sigmoid", "tanh"], default="relu")
    add("--output", choices=["identity", "sigmoid", "softmax"], help="default: by the loss")
    add("--loss", choices=list(OUTPUTS), default="cross_entropy")
    add("--optimizer", choices=list(RATES), default="sgd")
    add("--learning-rate", type=real_number(0))
    add("--random", type=rounds.COUNT, metavar="N", help="N shapes drawn at random instead")
    add("--seed", type=whole_number(0), default=0, help="of those shapes")
    add("--dtype", nargs="+", choices=["float32", "float64"], default=["float32"])
    add(
        "--threads",
        nargs="+",
        type=rounds.COUNT,
        default=[1],
        help="a table for each number (default: 1)",
    )
    add(
        "--predict",
        nargs="*",
        type=rounds.COUNT,
        default=[1, 1024],
        metavar="ROWS",
        help="a table for each batch that is predicted (default: 1 1024; without a number: none)",
    )
    add("--mnist", metavar="FOLDER", help="training from memory too, with T2's and T5's networks")
    add("--busy", action="store_true", help="training beside a busy core too")
    add("--after-numpy", action="store_true", help="turns right after NumPy's, instead of a rest")
    add("--peers", nargs="+", choices=list(PEERS), default=list(PEERS), metavar="PEER")
    add("--quick", action="store_true", help="2 rounds of 0.03 seconds, without torch.compile")
    add("--json", metavar="FILE", help="write everything measured")
    add("--write", action="store_true", help="put the tables into docs/engine.md")
    args = parser.parse_args(arguments)
    if args.quick:
        args.rounds, args.seconds = QUICK
    named(args.workloads, parser.error)
    if (args.mnist or args.busy) and "fastbp" not in args.peers:
        parser.error("--mnist and --busy measure fastbp; --peers leaves it out")
    if args.after_numpy and (args.mnist or args.busy):
        parser.error("--after-numpy is for the tables of peers: leave out --mnist and --busy")
    if args.busy and max(args.threads) == 1:
        parser.error("--busy compares 1 thread with more; say how many with --threads")
    partly = args.workloads or args.sizes or args.random or args.peers != list(PEERS)
    if args.write and (partly or args.after_numpy or args.predict != parser.get_default("predict")):
        parser.error("--write takes all of T1 to T8, of the peers and of the tables")
    return args


def selected(args):
    """The workloads that the command line asks for."""
    if args.random:
        return drawn(args.random, args.seed)
    if args.sizes:
        formulas = args.activation, args.output or OUTPUTS[args.loss], args.loss
        rate = args.learning_rate or RATES[args.optimizer]
        return [Workload("shape", args.sizes, *formulas, args.batch, args.optimizer, rate)]
    return named(args.workloads)


def absent(args):
    """The peers that are left out from the start, and why."""
    reasons = {name: "not installed" for name in args.peers if not find_spec(PEERS[name].needs)}
    if args.quick and "torch.compile" in args.peers:
        reasons.setdefault("torch.compile", "--quick has no time to compile")
    return reasons


class Run:
    """All that one command measures: the processes and the record."""

    def __init__(self, args, stack):
        self._args, self._left_out = args, absent(args)
        names = [name for name in args.peers if name not in self._left_out]
        self._references = ReferenceResults(rounds.start(stack, NumPy))
        self._teams = [
            Team(
                threads,
                {name: rounds.start(stack, PEERS[name], threads) for name in names},
                rounds.start(stack, MachineLimits, threads),
            )
            for threads in args.threads
        ]
        self._memory = [rounds.start(stack, FromMemory, n) for n in args.threads if args.mnist]
        self._alone = rounds.start(stack, PEERS["fastbp"]) if args.busy else None
        self._how = self._references, args.rounds, args.seconds
        self._before = rounds.rest
        if args.after_numpy:
            numpy = rounds.start(stack, Products, max(args.threads), SPINNING)
            numpy("open")
            self._before = partial(numpy, "work")
        self._workloads = selected(args)
        self.record = {"tables": [], "mnist": [], "busy": []}

    def tables(self):
        """Measure one table after the other."""
        for dtype in self._args.dtype:
            for task in (Training(), *map(Prediction, self._args.predict)):
                yield from self._peers(task, dtype)
            for team, memory in zip(self._teams, self._memory, strict=False):
                results, table = from_memory(
                    self._args.mnist, TABLE, dtype, team, memory, *self._how
                )
                self.record["mnist"] += results
                yield table
            if self._alone:
                team = max(self._teams, key=lambda team: team.threads)
                core = last_cores(team.threads)[0]
                results, table = beside_a_busy_core(
                    core, self._workloads, dtype, self._alone, team, *self._how
                )
                self.record["busy"] += results
                yield table

    def _peers(self, task, dtype):
        """A table for each number of threads: peers of all numbers take turns."""
        measured = [
            measure(task, w, dtype, self._teams, *self._how, self._before) for w in self._workloads
        ]
        for team in self._teams:
            results = [by_threads[team.threads] for by_threads in measured]
            self.record["tables"].append(
                {
                    "task": task.name,
                    "dtype": dtype,
                    "threads": team.threads,
                    "peak": team.peak[dtype],
                    "bandwidth": dict(team.bandwidth),
                    "left out": self._left_out,
                    "results": results,
                }
            )
            yield table_of_peers(task, dtype, team, results, self._args.peers, self._left_out)

    def right(self):
        """Whether no peer was wrong."""
        return all(
            peer.get("right", True)
            for table in self.record["tables"]
            for result in table["results"]
            for peer in result["peers"].values()
        )


def main(arguments=None):
    """Print the tables; 1 if anything was wrong."""
    args, tables = options(arguments), []
    about, facts = rounds.machine(*VERSIONED), describe()
    for workload in selected(args) if args.random or args.sizes else []:
        print(f"{workload.name}: {workload}")
    with ExitStack() as stack:
        run = Run(args, stack)
        for table in run.tables():
            tables.append(table)
            print(table.page(), end="\n\n", flush=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"machine": facts, **run.record}, file, indent=1)
    if args.write:
        preface = (
            f"Written by `python benchmarks/engine.py`: medians of {args.rounds} interleaved "
            f"rounds of {args.seconds} s; {about} {LEGEND}"
        )
        write(tables, preface)
    else:
        print(textwrap.fill(about, 80))
    return 0 if run.right() else 1


if __name__ == "__main__":
    sys.exit(main())
