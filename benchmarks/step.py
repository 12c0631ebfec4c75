"""One training step of fastbp beside scikit-learn's MLP, on four small workloads.

    python benchmarks/step.py [--seconds 20]

Needs scikit-learn (and threadpoolctl, which comes with it). How the comparison is kept fair:

- Both train in float32 on one thread, by plain SGD (no momentum, no L2), on the same 64
  mini-batches, shuffled every epoch.
- scikit-learn is timed inside its own loop: one ``fit`` over many epochs, nothing subtracted,
  divided by the number of steps. Its set-up is under a hundredth of that. Its warning that it has
  not converged is suppressed, and it cannot stop early.
- ``net.fit`` is timed in the same way; ``net.train_step`` pays for one Python call a step.
- Turns alternate, and each figure is the median over the rounds.
- scikit-learn has no sigmoid output with a squared error. For T1 and T2 it trains its nearest
  network: sigmoid with binary cross-entropy, softmax with cross-entropy. That changes the
  arithmetic of the output's few nodes only.
- Before anything is timed, one step of scikit-learn's network is compared with one of the same
  network in fastbp, in float64; a workload where they differ by more than 1e-10 of the weights'
  change is not timed.
"""

import argparse
import sys
import warnings
from dataclasses import replace

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from fastbp.bench.harness import BATCHES, interleave, relative_error
from fastbp.bench.problems import PROBLEMS, Problem, make_task
from fastbp.bench.rungs import Fit, Rung, TrainStep
from fastbp.page import Page

WORKLOADS = {
    "T1 xor": Problem((2, 4, 1), "sigmoid", "sigmoid", "half_squared_error", 1),
    "T2 nielsen": PROBLEMS["nielsen"],
    "T3 digits": PROBLEMS["digits"],
    "T4 smooth": PROBLEMS["smooth"],
}
ACTIVATIONS = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}  # fastbp's -> scikit-learn's
BOUND = 1e-10


def nearest(problem):
    """Give the network that scikit-learn trains for this problem, as a Problem."""
    if problem.output_activation == "identity":
        return problem
    if problem.sizes[-1] == 1:
        return replace(problem, output_activation="sigmoid", loss="binary_cross_entropy")
    return replace(problem, output_activation="softmax", loss="cross_entropy")


class ScikitLearn(Rung):
    """scikit-learn's MLP, whole epochs at a call of its ``fit``."""

    def __init__(self, task):
        super().__init__(task)
        regress = task.problem.output_activation == "identity"
        self._kind = MLPRegressor if regress else MLPClassifier
        n_L = task.problem.sizes[-1]
        labels = task.Y.argmax(axis=1) if n_L > 1 else task.Y[:, 0].astype(int)
        self._y = task.Y if regress else labels
        self._classes = {} if regress else {"classes": np.arange(max(n_L, 2))}
        self._estimator = None

    def _new(self, epochs):
        problem = self.task.problem
        return self._kind(
            hidden_layer_sizes=problem.sizes[1:-1],
            activation=ACTIVATIONS[problem.activation],
            solver="sgd",
            momentum=0.0,
            alpha=0.0,
            learning_rate_init=problem.learning_rate,
            batch_size=problem.batch_size,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            shuffle=self.task.shuffle,
            random_state=0,
        )

    def run(self, steps):
        """Fit whole epochs from new weights; return their number of steps."""
        steps_an_epoch = len(self.task.X) // self.task.problem.batch_size
        epochs = -(-steps // steps_an_epoch)
        self._estimator = self._new(epochs).fit(self.task.X, self._y)
        assert self._estimator.n_iter_ == epochs
        return epochs * steps_an_epoch

    def one_step_from_the_task(self):
        """Do one step from the task's weights, which scikit-learn has no public way to set."""
        self._estimator = self._new(1).partial_fit(self.task.X, self._y, **self._classes)
        for coefs, w in zip(self._estimator.coefs_, self.task.weights, strict=True):
            coefs[...] = w.T
        for intercepts, b in zip(self._estimator.intercepts_, self.task.biases, strict=True):
            intercepts[...] = b
        self._estimator.partial_fit(self.task.X, self._y, **self._classes)

    def layers(self):
        """Give the weights the notation's way round."""
        pairs = zip(self._estimator.coefs_, self._estimator.intercepts_, strict=True)
        return [(coefs.T, intercepts) for coefs, intercepts in pairs]


def disagreement(problem):
    """Error of one step of scikit-learn's network against the same network in fastbp."""
    task = make_task(nearest(problem), "float64", batches=1, shuffle=False)
    ours, theirs = TrainStep(task), ScikitLearn(task)
    before = ours.parameters()
    ours.run(1)
    theirs.one_step_from_the_task()
    return relative_error(theirs.parameters(), ours.parameters(), before)


def measure(problem, seconds):
    """Seconds a step of each, by name."""
    task = make_task(problem, "float32", batches=BATCHES, shuffle=True)
    return interleave(
        {
            "scikit-learn": ScikitLearn(task),
            "net.train_step": TrainStep(task),
            "net.fit": Fit(task),
        },
        seconds,
    )


def main():
    """Print the table; 1 if a workload was not timed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="in all (default: 20)")
    seconds = parser.parse_args().seconds / len(WORKLOADS)
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows, failed = [], False
    for name, problem in WORKLOADS.items():
        label = f"{name} {'-'.join(map(str, problem.sizes))}, {problem.batch_size}"
        error = disagreement(problem)
        if not error <= BOUND:
            rows.append([label, f"differs by {error:.1e}", "not timed", "", ""])
            failed = True
            continue
        with threadpool_limits(1):
            times = measure(problem, seconds)
        rows.append(
            [
                label,
                *(f"{times[way] * 1e6:.2f}" for way in times),
                f"{times['scikit-learn'] / times['net.fit']:.1f}",
            ]
        )
    page = Page(spell_out=True)
    page.text(
        f"Microseconds a step, float32, one thread; scikit-learn {sklearn.__version__}, "
        f"NumPy {np.__version__}."
    )
    page.gap()
    page.table(
        [["layers, batch", "scikit-learn", "net.train_step", "net.fit", "times faster"], *rows],
        "<>>>>",
    )
    print(page)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
