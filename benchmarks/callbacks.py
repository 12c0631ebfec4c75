"""What a callback costs: a training step with one, beside one without.

    python benchmarks/callbacks.py

On one thread, in turns; a cell is the median of the rounds. The methods of the callback do nothing:
what is measured is the way from the compiled loop to Python and back.
"""

from time import perf_counter

import numpy as np
from peers import Fastbp
from workloads import named

WORKLOADS, ROUNDS, SECONDS = ("T3", "T5", "T6"), 15, 0.2


class EpochEnd:
    """Called after each epoch."""

    def on_epoch_end(self, net, epoch, history):
        """Do nothing."""


class BatchEnd:
    """Called after each step."""

    def on_batch_end(self, net, step, C):
        """Do nothing."""


class WithCallback(Fastbp):
    """Whole epochs in one call of ``net.fit`` that has a callback."""

    def epochs(self, count, callbacks):
        """Train for so many; return the seconds of a step."""
        start = perf_counter()
        self._net.fit(
            self.X, self.Y, epochs=count, check_input=False, callbacks=callbacks, **self._how
        )
        return (perf_counter() - start) / (count * self.workload.steps)


def row(workload):
    """The medians of a step in microseconds: without a callback, after epochs, after batches."""
    peer = WithCallback(workload, "float32")
    callbacks = ((), EpochEnd(), BatchEnd())
    count = max(1, round(SECONDS / (peer.epochs(1, ()) * workload.steps)))
    rounds = [[peer.epochs(count, callback) for callback in callbacks] for _ in range(ROUNDS)]
    return 1e6 * np.median(rounds, axis=0)


def main():
    """Print the table."""
    print("| | us a step | with `on_epoch_end` | with `on_batch_end` |\n|---|--:|--:|--:|")
    for workload in named([]):
        if workload.name.split()[0] in WORKLOADS:
            plain, epochs, batches = row(workload)
            cells = (f"{plain:.1f}", f"{epochs:.1f}", f"{batches:.1f}")
            print(f"| {workload.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
