r"""One sample a call, as streams have them, beside scikit-learn's partial_fit and predict.

    python benchmarks/one_sample.py                 the table, in Markdown
    python benchmarks/one_sample.py --rounds 5      with fewer rounds

16-32-1, relu and identity, half squared error, SGD, float32 arrays, a process and a core each. Each
library learns from the same samples in the same order, and predicts the same ones, from the same
weights: both must end with the same weights, within 1e-4 of their norm, or nothing is timed. A turn
is a loop of Python over samples that lie in a list: it shows what a caller waits for. Turns
alternate; a time is the median of its rounds, a ratio the median of the rounds' ratios, with its
95% bootstrap interval. Times are good on a machine that does nothing else.

In such a loop a stream of dicts, as the river library hands them out, is two lines:

    names = sorted(first_x)
    x = np.array([x[name] for name in names], np.float32)

scikit-learn checks its arguments anew in every call; its partial_fit makes a batch of the sample.
"""
# ruff: noqa: D102 - start is documented in Peer

import sys
from contextlib import ExitStack
from functools import partial

import numpy as np
import rounds
from peers import Fastbp, flat
from rounds import ByName, Ratio
from rung_peers import ScikitLearn
from workloads import SQUARED, Workload

import fastbp

WORKLOAD = Workload("stream", (16, 32, 1), "relu", "identity", SQUARED, 1, "sgd")
SAMPLES, ROUNDS, SECONDS = 512, 21, 0.1
#: Call -> method, the most microseconds that it may take, and the least that it must be faster
#: than scikit-learn's.
GOALS = {"learn_one": ("learn", 1.0, 200), "predict_one": ("predict", 0.6, 150)}
BOUND = 1e-4  # of the weights' norm, after SAMPLES steps in float32, in two orders of sums


class Stream(ByName):
    """Passes over a stream of samples by two calls, which ``start`` sets like the stream."""

    def learn(self):
        """Learn from each sample."""
        learn_one = self.learn_one
        for x, y in self.stream:
            learn_one(x, y)

    def predict(self):
        """Predict each sample."""
        predict_one = self.predict_one
        for x, _ in self.stream:
            predict_one(x)

    def weights(self):
        """All weights and biases, in one array, after one pass from the first ones."""
        self.start()
        self.learn()
        return [flat(self.layers())]


class OneByOne(Stream, Fastbp):
    """fastbp's two calls, over samples as they want them."""

    def start(self):
        super().start()
        net = self._net
        net.optimizer = fastbp.SGD(self.workload.learning_rate)
        self.learn_one, self.predict_one = net.learn_one, net.predict_one
        self.stream = list(zip(self.X[:SAMPLES], self.Y[:SAMPLES], strict=True))


class BatchesOfOne(Stream, ScikitLearn):
    """MLPRegressor's two calls, over batches of one."""

    def start(self):
        super().start()
        model = self._rung._estimator
        self.learn_one, self.predict_one = model.partial_fit, model.predict
        X, y = self.X, self.Y[:, 0]
        self.stream = [(X[i : i + 1], y[i : i + 1]) for i in range(SAMPLES)]


def rows(both, n_rounds, seconds):
    """Time each call: whether its goal was met, and cells."""
    for name, (method, most, least) in GOALS.items():
        turns = {place: partial(call, "repeated", method) for place, call in enumerate(both)}
        times = rounds.in_rounds(turns, n_rounds, seconds)
        ours, theirs = (np.divide(times[place], SAMPLES).tolist() for place in turns)
        ratio = Ratio.of(theirs, ours)
        met = 1e6 * np.median(ours) <= most and ratio.middle >= least
        goal = f"{most} us, {least} times"
        yield met, [f"`{name}`", rounds.us(ours), rounds.us(theirs), ratio, goal]


def main(arguments=None):
    """Print the table; 1 where a goal was missed."""
    options = rounds.parsed(rounds.parser(__doc__, ROUNDS, SECONDS), arguments, "sklearn")
    print(f"{rounds.machine('scikit-learn')}\n")
    with ExitStack() as stack:
        kinds = OneByOne, BatchesOfOne
        both = rounds.start_alike(stack, kinds, (WORKLOAD, "float32"), "weights", BOUND)
        goals_met, cells = zip(*rows(both, options.rounds, options.seconds), strict=True)
    columns = ["call", "fastbp, us", "scikit-learn, us", "times faster", "goal"]
    rounds.print_table(columns, cells)
    return 0 if all(goals_met) else 1


if __name__ == "__main__":
    sys.exit(main())
