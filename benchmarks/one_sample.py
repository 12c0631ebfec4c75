r"""One sample a call, as streams have them, beside scikit-learn's partial_fit and predict.

    python benchmarks/one_sample.py                 the table, in Markdown
    python benchmarks/one_sample.py --rounds 5      with fewer rounds

16-32-1, relu and identity, half squared error, SGD, float32 arrays, a process and a core each. Each
library learns from the same samples in the same order, and predicts the same ones, from the same
weights: both must end with the same predictions, within 1e-4, or nothing is timed. A turn is a loop
of Python over samples that lie in a list, so what it shows is what a caller waits for. Turns
alternate; a time is the median of its rounds, a ratio the median of the rounds' ratios, with its
95% bootstrap interval. Times are good on a machine that does nothing else.

In such a loop a stream of dicts, as the river library hands them out, is two lines:

    names = sorted(first_x)
    x = np.array([x[name] for name in names], np.float32)

scikit-learn checks its arguments anew in every call; its partial_fit makes a batch of the sample.
"""

import sys
import warnings
from contextlib import ExitStack
from functools import partial

import numpy as np
import rounds
from rounds import Participant, Ratio

import fastbp

SIZES, LEARNING_RATE, SAMPLES = (16, 32, 1), 0.01, 512
ROUNDS, SECONDS = 21, 0.1
#: Call -> method, the most microseconds that it may take, and the least that it must be faster
#: than scikit-learn's.
GOALS = {"learn_one": ("learn", 1.0, 200), "predict_one": ("predict", 0.6, 150)}
BOUND = 1e-4  # of predictions of some 0.5 after SAMPLES steps in float32, in two orders of sums


def samples():
    """Rows of float32 numbers and their targets, which a small network can learn."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((SAMPLES, SIZES[0])).astype(np.float32)
    y = np.tanh(X[:, 0] * X[:, 1] + X[:, 2]).astype(np.float32)
    return X, y


class Fastbp(Participant):
    """fastbp's two calls, over the samples as they want them."""

    def __init__(self, threads=1):
        self.net = fastbp.Network(
            SIZES, "relu", output_activation="identity", loss="half_squared_error", seed=0
        )
        self.net.optimizer = fastbp.SGD(LEARNING_RATE)
        self.X, y = samples()
        self.stream = list(zip(self.X, y[:, None], strict=True))

    def learn(self):
        """Learn from each sample of the stream."""
        learn_one = self.net.learn_one
        for x, y in self.stream:
            learn_one(x, y)

    def predict(self):
        """Predict each sample of the stream."""
        predict_one = self.net.predict_one
        for x, _ in self.stream:
            predict_one(x)

    def learnt(self):
        """The predictions (m,) after one pass."""
        self.learn()
        return self.net.predict(self.X)[:, 0]


class ScikitLearn(Participant):
    """MLPRegressor's two calls with batches of one, from the same first weights."""

    def __init__(self, threads=1):
        from sklearn.neural_network import MLPRegressor

        warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iterations")
        self.X, y = samples()
        self.stream = [(self.X[i : i + 1], y[i : i + 1]) for i in range(SAMPLES)]
        self.model = MLPRegressor(
            hidden_layer_sizes=SIZES[1:-1],
            solver="sgd",
            alpha=0.0,
            batch_size=1,
            learning_rate_init=LEARNING_RATE,
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,
        )
        self.model.partial_fit(*self.stream[0])  # makes what is replaced
        net = Fastbp().net
        for l, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
            self.model.coefs_[l][...], self.model.intercepts_[l][...] = w.T, b
        del self.model._optimizer

    def learn(self):
        """Learn from each sample of the stream."""
        partial_fit = self.model.partial_fit
        for x, y in self.stream:
            partial_fit(x, y)

    def predict(self):
        """Predict each sample of the stream."""
        predict = self.model.predict
        for x, _ in self.stream:
            predict(x)

    def learnt(self):
        """The predictions (m,) after one pass."""
        self.learn()
        return self.model.predict(self.X)


def rows(both, n_rounds, seconds):
    """Check that both learn the same, and time each call: whether its goal was met, and cells."""
    for call in both:
        call("open")
    difference = np.abs(np.subtract(*(call("learnt") for call in both))).max()
    if not difference <= BOUND:
        raise RuntimeError(f"the two predict differently after {SAMPLES} steps: by {difference:g}")
    for name, (method, most, least) in GOALS.items():
        turns = {place: partial(call, "timed", method) for place, call in enumerate(both)}
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
        both = [rounds.start(stack, kind) for kind in (Fastbp, ScikitLearn)]
        goals_met, cells = zip(*rows(both, options.rounds, options.seconds), strict=True)
    columns = ["call", "fastbp, us", "scikit-learn, us", "times faster", "goal"]
    rounds.print_table(columns, cells)
    return 0 if all(goals_met) else 1


if __name__ == "__main__":
    sys.exit(main())
