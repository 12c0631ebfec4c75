"""What a step takes after 10,000 steps without gradients, in which memories decay towards 0.

    python benchmarks/decayed_memories.py

A network of 256-256-10 takes one step on samples, so that the optimizer remembers a gradient of
each weight, and 10,000 on samples of zeros, where w^(1) has none. The other one has seen nothing
but zeros, so that its memories of w^(1) always were 0. Cells are the medians of the rounds' ratios,
one thread. An operation on subnormal numbers takes some hundred cycles.
"""

import sys
from contextlib import ExitStack
from functools import partial

import numpy as np
import rounds

from fastbp import SGD, Adam, NAdam, Network, RMSprop
from fastbp.model import kernel_sets

ROUNDS, SECONDS, STEPS, GOAL = 15, 0.1, 10_000, 1.1
RULES = {
    "momentum": SGD(0.01, momentum=0.9),
    "Adam": Adam(),
    "Adam, beta2 0.9": Adam(beta2=0.9),
    "NAdam": NAdam(),
    "RMSprop, momentum": RMSprop(0.001, momentum=0.9),
}


class Pair:
    """The two networks of a rule."""

    def __init__(self, rule, dtype, threads):
        rng = np.random.default_rng(0)
        self._threads, self._rule = threads, RULES[rule]
        # Mixed labels, so that there is an error to learn from for ever.
        X, self._y = rng.standard_normal((32, 256)).astype(dtype), rng.integers(0, 10, 32)
        self._zeros = np.zeros_like(X)
        self._networks = {}
        for name, first in (("decayed", X), ("zeros", self._zeros)):
            self._networks[name] = Network([256, 256, 10], dtype=dtype, seed=0)
            self._fit(name, first, 1)
            self._fit(name, self._zeros, STEPS)

    def _fit(self, name, X, epochs):
        self._networks[name].fit(
            X, self._y, epochs=epochs, optimizer=self._rule, n_threads=self._threads
        )

    def timed(self, name, count):
        """Seconds of so many steps."""
        return rounds.repeated(lambda: self._fit(name, self._zeros, count), 1)


def main(arguments=None):
    """Print the table; 1 if a ratio is above the goal."""
    options = rounds.parser(__doc__, ROUNDS, SECONDS).parse_args(arguments)
    kinds = [(isa, dtype) for isa in kernel_sets.runnable() for dtype in ("float32", "float64")]
    print(f"{rounds.machine()}\n")
    with ExitStack() as stack:
        calls = [rounds.start(stack, Pair, 1, {"FASTBP_ISA": isa}) for isa, _ in kinds]

        def row(rule):
            ratios = []
            for call, (_, dtype) in zip(calls, kinds, strict=True):
                call("open", rule, dtype)
                turns = {name: partial(call, "timed", name) for name in ("decayed", "zeros")}
                rest = partial(rounds.rest, 0.05)
                times = rounds.in_rounds(turns, options.rounds, options.seconds, rest)
                ratios.append(rounds.Ratio.of(times["decayed"], times["zeros"]))
            return [rule, *ratios]

        rows = rounds.print_table(["", *map(" ".join, kinds)], map(row, RULES))
    return 0 if all(ratio.middle <= GOAL for _, *ratios in rows for ratio in ratios) else 1


if __name__ == "__main__":
    sys.exit(main())
