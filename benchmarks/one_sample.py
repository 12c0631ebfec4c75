r"""One sample a call, as streams have them, beside scikit-learn's partial_fit and predict.

    python benchmarks/one_sample.py                 the table, in Markdown
    python benchmarks/one_sample.py --rounds 5      with fewer rounds

16-32-1, relu and identity, half squared error, SGD, float32 arrays, one core. Each library learns
from the same samples in the same order, and predicts the same ones, from the same weights: both
must end with the same predictions, within 1e-4, or nothing is timed. A turn is a loop of Python
over samples that lie in a list, so what it shows is what a caller waits for. Turns alternate; a
time is the median of its rounds, a ratio the median of the rounds' ratios, with its 95% bootstrap
interval. Times are good on a machine that does nothing else.

In such a loop a stream of dicts, as the river library hands them out, is two lines:

    names = sorted(first_x)
    x = np.array([x[name] for name in names], np.float32)

scikit-learn checks its arguments anew in every call; its partial_fit makes a batch of the sample.
"""

import argparse
import sys
import time
import warnings

import numpy as np
from markdown_blocks import markdown

import fastbp
from fastbp.bench.timing import ratio_interval
from fastbp.bench.worker import limited_to

SIZES, LEARNING_RATE, SAMPLES = (16, 32, 1), 0.01, 512
ROUNDS, SECONDS = 21, 0.1
#: Call -> the most microseconds it may take, and the least it must be faster than scikit-learn's.
GOALS = {"learn_one": (1.0, 200), "predict_one": (0.6, 150)}
BOUND = 1e-4  # of predictions of some 0.5 after SAMPLES steps in float32, in two orders of sums


def samples():
    """Rows of float32 numbers and their targets, which a small network can learn."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((SAMPLES, SIZES[0])).astype(np.float32)
    y = np.tanh(X[:, 0] * X[:, 1] + X[:, 2]).astype(np.float32)
    return X, y


class Fastbp:
    """fastbp's two calls."""

    def __init__(self):
        self.net = fastbp.Network(
            SIZES, "relu", output_activation="identity", loss="half_squared_error", seed=0
        )
        self.net.optimizer = fastbp.SGD(LEARNING_RATE)

    def stream(self, X, y):
        """The samples as the calls want them."""
        return list(zip(X, y[:, None], strict=True))

    def learn(self, stream):
        """Learn from each sample of the stream."""
        learn_one = self.net.learn_one
        for x, y in stream:
            learn_one(x, y)

    def predict(self, stream):
        """Predict each sample of the stream."""
        predict_one = self.net.predict_one
        for x, _ in stream:
            predict_one(x)

    def predictions(self, X):
        """The outputs (m,) of some rows."""
        return self.net.predict(X)[:, 0]


class ScikitLearn:
    """MLPRegressor's two calls, from the same first weights."""

    def __init__(self, net, x, y):
        from sklearn.neural_network import MLPRegressor

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
        self.model.partial_fit(x[None], y[None])  # makes what is replaced
        for l, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
            self.model.coefs_[l][...], self.model.intercepts_[l][...] = w.T, b
        del self.model._optimizer

    def stream(self, X, y):
        """Batches of one."""
        return [(X[i : i + 1], y[i : i + 1]) for i in range(len(X))]

    def learn(self, stream):
        """Learn from each sample of the stream."""
        partial_fit = self.model.partial_fit
        for x, y in stream:
            partial_fit(x, y)

    def predict(self, stream):
        """Predict each sample of the stream."""
        predict = self.model.predict
        for x, _ in stream:
            predict(x)

    def predictions(self, X):
        """The outputs (m,) of some rows."""
        return self.model.predict(X)


def seconds_a_call(call, stream, seconds):
    """Call for that long, in whole streams, which are halved until one is short enough."""
    while True:
        start, passes = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds or passes == 0:
            call(stream)
            passes += 1
        if passes > 1 or len(stream) == 1:
            return elapsed / passes / len(stream)
        stream = stream[: max(1, len(stream) // 8)]


def measured(rounds, seconds):
    """Call of fastbp's -> (seconds of its calls, of scikit-learn's), one of each a round."""
    X, y = samples()
    ours = Fastbp()
    theirs = ScikitLearn(ours.net, X[0], y[0])
    both = [(library, library.stream(X, y)) for library in (ours, theirs)]
    for library, stream in both:
        library.learn(stream)
    difference = np.abs(ours.predictions(X) - theirs.predictions(X)).max()
    if not difference <= BOUND:
        raise RuntimeError(f"the two predict differently after {SAMPLES} steps: by {difference:g}")
    times = {name: ([], []) for name in GOALS}
    for _ in range(rounds):
        for name, method in (("learn_one", "learn"), ("predict_one", "predict")):
            for taken, (library, stream) in zip(times[name], both, strict=True):
                taken.append(seconds_a_call(getattr(library, method), stream, seconds))
    return times


def rows_of(times):
    """The table's rows."""
    for name, (ours, theirs) in times.items():
        low, high = ratio_interval(theirs, ours)
        ratio = np.median(np.divide(theirs, ours))
        most, least = GOALS[name]
        yield (
            f"`{name}`",
            f"{np.median(ours) * 1e6:.2f}",
            f"{np.median(theirs) * 1e6:.0f}",
            f"{ratio:.0f} ({low:.0f} to {high:.0f})",
            f"{most} us, {least} times",
        )


def main(arguments=None):
    """Print the table; 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one turn")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iterations")
    with limited_to(1):
        times = measured(options.rounds, options.seconds)
    columns = ("call", "fastbp, us", "scikit-learn, us", "times faster", "goal")
    print(markdown(columns, list(rows_of(times))))
    good = all(
        np.median(ours) * 1e6 <= GOALS[name][0]
        and np.median(np.divide(theirs, ours)) >= GOALS[name][1]
        for name, (ours, theirs) in times.items()
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
