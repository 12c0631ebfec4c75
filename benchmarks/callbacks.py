"""What a callback costs: a training step with one, beside one without.

    python benchmarks/callbacks.py
    python benchmarks/callbacks.py T3 --rounds 5

Each in a process with one thread, in turns; a cell is the median of the rounds. The methods of the
callbacks do nothing: what is measured is the way from the compiled loop to Python and back.
"""

from contextlib import ExitStack
from dataclasses import replace

import rounds
from peers import CALLBACKS, Fastbp
from tasks import Training, in_turns
from workloads import named

ROUNDS, SECONDS = 15, 0.2


def main(arguments=None):
    """Print the table."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    parser.add_argument("workloads", nargs="*", default=["T3", "T5", "T6"], metavar="T1..T8")
    options = parser.parse_args(arguments)
    variants = {"us a step": None} | {f"with `{name}`": name for name in CALLBACKS}
    print(f"{rounds.machine()}\n")
    with ExitStack() as stack:
        calls = {name: rounds.start(stack, Fastbp) for name in variants}

        def row(workload):
            for name, callback in variants.items():
                calls[name]("open", replace(workload, callback=callback), "float32")
            times = in_turns(Training(), workload, calls, options.rounds, options.seconds)
            return [workload.name, *map(rounds.us, times.values())]

        workloads = named(options.workloads, parser.error)
        rounds.print_table(["", *variants], map(row, workloads))


if __name__ == "__main__":
    main()
