r"""What an option costs: a training step with it, beside one without, and beside other libraries.

    python benchmarks/options.py                    all options, one thread
    python benchmarks/options.py --only dropout     those whose name has this in it
    python benchmarks/options.py --peers            beside PyTorch (eager) and JAX (lax.scan) too

Each runs in a process of its own on one core; turns alternate in an order drawn anew for each
round, after a rest. A cell is the median of the rounds'
ratios with its 95% bootstrap interval: the time with the option by that without, and a library's
time by fastbp's, both with the option. But for dropout, whose draws are each library's own, nothing
is timed that is not right: an epoch from the same first weights in the same order must end where
PyTorch's ends in float64, or where it is not installed fastbp's, within the bound of tasks.py.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec

import rounds
from peers import Fastbp
from rounds import Ratio
from rung_peers import JaxWithOptions, PyTorchWithOptions
from tasks import ReferenceResults, Training, checked, in_turns
from workloads import Workload, named

from fastbp.bench.protocol import Local

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
    base: Workload
    option: Workload
    goal: float


def cases():
    """All that are measured."""
    by_name = {workload.name.split()[0]: workload for workload in named([])}

    def case(name, workload, goal, base=None, **option):
        first = replace(by_name[workload], **base or {})
        return Case(f"{workload} {name}", first, replace(first, **option), goal)

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


class Run:
    """The processes, and what they measured."""

    def __init__(self, peers, stack, n_rounds, seconds):
        kinds = {"base": Fastbp, "fastbp": Fastbp} | peers
        reference = PyTorchWithOptions if find_spec("torch") else Fastbp
        self._references = ReferenceResults(Local(reference))
        self._calls = {name: rounds.start(stack, kind) for name, kind in kinds.items()}
        self._how = n_rounds, seconds

    def row(self, case):
        """Check and time one case: its cells, and whether it is within its goal and right."""
        task, dtype, wrong = Training(), "float32", {}
        for name, call in self._calls.items():
            if name == "base" or case.option.dropout:
                call("open", case.base if name == "base" else case.option, dtype)
                continue
            outcome = checked(task, case.option, dtype, name, call, self._references)
            if not outcome["right"]:
                wrong[name] = f"off by {outcome['error']:.1e}, at most {outcome['bound']:.1e}"
        times = in_turns(task, case.option, self._calls, *self._how)
        cost = Ratio.of(times["fastbp"], times["base"])
        cells = [case.name, rounds.us(times["fastbp"]), cost, case.goal]
        for name in list(times)[2:]:
            ratio = Ratio.of(times[name], times["fastbp"])
            cells.append(f"wrong: {wrong[name]}" if name in wrong else ratio)
        return cells, cost.middle <= case.goal and not wrong


def main(arguments=None):
    """Print the table; 1 if a goal was missed or a result is wrong."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT")
    parser.add_argument("--peers", action="store_true")
    args = parser.parse_args(arguments)
    peers = {name: kind for name, kind in PEERS.items() if args.peers and find_spec(kind.needs)}
    print(f"{rounds.machine(*(kind.needs for kind in peers.values()))}\n")
    if left_out := [name for name in PEERS if args.peers and name not in peers]:
        print(f"Not installed: {', '.join(left_out)}.\n")
    goals_met = []
    with ExitStack() as stack:
        run = Run(peers, stack, args.rounds, args.seconds)

        def row(case):
            cells, met = run.row(case)
            goals_met.append(met)
            return cells

        chosen = [c for c in cases() if not args.only or any(text in c.name for text in args.only)]
        columns = ["", "us a step", "by the step without", "goal", *peers]
        rounds.print_table(columns, map(row, chosen))
    return 0 if all(goals_met) else 1


if __name__ == "__main__":
    sys.exit(main())
