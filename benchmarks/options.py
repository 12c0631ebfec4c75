r"""What an option costs: a training step with it, beside one without, and beside other libraries.

    python benchmarks/options.py                    all options, one thread
    python benchmarks/options.py --only dropout     those whose name has this in it
    python benchmarks/options.py --peers            beside PyTorch (eager) and JAX (lax.scan) too

Each runs in a process of its own on one core; turns alternate in an order drawn anew for each
round, and each begins when the process before is at rest. A cell is the median of the rounds'
ratios with its 95% bootstrap interval: the time with the option by that without, and a library's
time by fastbp's, both with the option. But for dropout, whose draws are each library's own, nothing
is timed that is not right: an epoch from the same first weights in the same order must end where
PyTorch's ends in float64, or where it is not installed fastbp's, within the bound of tasks.py.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.util import find_spec

import numpy as np
from option_jax import JaxWithOptions
from option_peers import FastbpWithOptions, PyTorchWithOptions
from option_workloads import WithOptions
from tasks import Training
from workloads import named

from fastbp.bench.timing import ratio_interval
from fastbp.bench.worker import Worker, limited_to

ROUNDS, SECONDS = 21, 0.15
WORKLOADS = ("T3", "T5", "T6")
OWN_LOSS = {"T3": 4, "T5": 1.6, "T6": 1.05}  # as small steps are, so much is the call
CLIP_NORM = {"T3": 1.4, "T5": 1.4, "T6": 1.25}  # the whole gradient comes before any update
# An option's goal, of all workloads or of each, and its value.
OPTIONS = {
    "dropout 0.2": (1.15, {"dropout": 0.2}),
    "sample weights": (1.05, {"weighted": True}),
    "label smoothing": (1.03, {"label_smoothing": 0.1}),
    "class weights": (1.03, {"class_weighted": True}),
    "schedule": (1.03, {"final_factor": 0.1}),
    "layer rates": (1.03, {"layer_ratio": 0.5}),
    "weight decay": (1.05, {"weight_decay": 0.1}),
    "l1": (1.15, {"l1": 1e-4}),  # little: near 0 it goes either way by rounding
    "clip value": (1.15, {"clip_value": 0.01}),
    "clip norm": (CLIP_NORM, {"clip_norm": 0.5}),
    "ema": (1.15, {"ema": 0.99}),
    "own loss": (OWN_LOSS, {"own_loss": True}),
    # Peers train without metrics: only the cost beside fastbp's own step says something.
    "metrics": (1.8, {"metrics": ("accuracy",)}),
}
PEERS = {"PyTorch": PyTorchWithOptions, "JAX": JaxWithOptions}


@dataclass(frozen=True)
class Case:
    """An option, what it is compared with, and the most that a step with it may take of that."""

    name: str
    base: WithOptions
    option: WithOptions
    goal: float


def cases():
    """All that are measured."""
    by_name = {workload.name.split()[0]: workload for workload in named([])}

    def case(name, workload, goal, base=None, **option):
        plain = asdict(by_name[workload])
        first = WithOptions(**plain | (base or {}))
        return Case(f"{workload} {name}", first, WithOptions(**plain | (base or {}) | option), goal)

    found = [
        case(name, workload, goal[workload] if isinstance(goal, dict) else goal, **option)
        for name, (goal, option) in OPTIONS.items()
        for workload in WORKLOADS
    ]
    found += [
        case(g, name, 1.4, activation=g) for g in ("gelu", "silu", "mish") for name in ("T3", "T6")
    ]
    adam = {"optimizer": "adam"}
    found += [case(rule, "T5", 1.05, adam, optimizer=rule) for rule in ("rmsprop", "adamw")]
    return found


def ratio(times, by):
    """The median of the rounds' ratios, and a cell of the table."""
    low, high = ratio_interval(times, by)
    middle = float(np.median(np.divide(times, by)))
    return middle, f"{middle:.2f} ({low:.2f} to {high:.2f})"


class Run:
    """The processes, and what they measured."""

    def __init__(self, peers, stack):
        kinds = {"base": FastbpWithOptions, "fastbp": FastbpWithOptions} | peers
        self._reference = PyTorchWithOptions if find_spec("torch") else FastbpWithOptions
        self._workers = {}
        for name, kind in kinds.items():
            with limited_to(1):
                self._workers[name] = Worker(kind, 1)
            stack.callback(self._workers[name].close)
        self._rng = np.random.default_rng(0)

    def row(self, case):
        """Check and time one case: its cells, and whether it is within its goal and right."""
        task, dtype = Training(), "float32"
        for name, call in self._workers.items():
            call("open", case.base if name == "base" else case.option, dtype)
        wrong = self._wrong(task, case, dtype)
        rounds = {name: [] for name in self._workers}
        count = {name: task.count(call, SECONDS) for name, call in self._workers.items()}
        names = list(self._workers)
        for _ in range(ROUNDS):
            for place in self._rng.permutation(len(names)):
                name = names[place]
                seconds = task.seconds(self._workers[name], count[name])
                rounds[name].append(seconds / (count[name] * task.units(case.option)))
                self._workers[name].wait_until_idle()
        cost, cell = ratio(rounds["fastbp"], rounds["base"])
        cells = [case.name, f"{1e6 * float(np.median(rounds['fastbp'])):,.1f}", cell, case.goal]
        for name in names[2:]:
            _, cell = ratio(rounds[name], rounds["fastbp"])
            cells.append(f"wrong: {wrong[name]}" if name in wrong else cell)
        return cells, cost <= case.goal and not wrong

    def _wrong(self, task, case, dtype):
        """The errors of those that are not right."""
        if case.option.dropout:
            return {}
        expected = task.expected(case.option, self._opened_reference(case))
        wrong = {}
        for name, call in self._workers.items():
            if name != "base":
                outcome = task.outcome(case.option, call)
                error, bound = task.error(case.option, dtype, outcome, expected)
                if not error <= bound < 0.1:
                    wrong[name] = f"off by {error:.1e}, at most {bound:.1e}"
        return wrong

    def _opened_reference(self, case):
        peer = self._reference(case.option, "float64")
        return lambda name, *arguments: getattr(peer, name)(*arguments)


def main(arguments=None):
    """Print the table; 1 if a goal was missed or a result is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT")
    parser.add_argument("--peers", action="store_true")
    args = parser.parse_args(arguments)
    peers = {name: kind for name, kind in PEERS.items() if args.peers and find_spec(kind.needs)}
    good = True
    print("| | us a step | by the step without | goal |", *(f"{name} |" for name in peers))
    print("|---|--:|--:|--:|" + "--:|" * len(peers))
    with ExitStack() as stack:
        run = Run(peers, stack)
        for case in cases():
            if not args.only or any(text in case.name for text in args.only):
                cells, met = run.row(case)
                print(f"| {' | '.join(map(str, cells))} |", flush=True)
                good &= met
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
