r"""fastbp.sklearn beside scikit-learn: the same estimators, the same seeds, in one run.

    python benchmarks/scikit_learn.py                     all parts, in Markdown, some 20 minutes
    python benchmarks/scikit_learn.py --quick             a tenth of that
    python benchmarks/scikit_learn.py --part fit import   some of the parts
    python benchmarks/scikit_learn.py --only "(8,) x 100" cases of fit and predict by their names

``fit`` trains on samples of 64 numbers in 10 classes with the defaults (Adam, relu) and tol=0,
which never stops; ``short`` is a fit of 10 epochs of 100 samples, most of which is the call;
``predict`` is predict_proba; ``search`` is GridSearchCV on the digits; ``import`` is what an import
takes after another in fresh processes, whose bytecode is there.

Each library has a process with one core and one thread. Turns alternate in an order drawn anew for
each round, after a rest. A time is the median of its rounds, a ratio the median of the
rounds' ratios. Before a case is timed, both fit it with the same seed and must have the same loss
in the first epochs, within a part in BOUND; a search must find the same scores. ``!`` marks what is
below its goal: the status is 0 all the same, for speed is no test.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from statistics import median

import numpy as np
import rounds
from rounds import Ratio, repeated

from fastbp.bench.number_format import digits
from fastbp.bench.worker import limited_to

ROUNDS, SECONDS, QUICK = 7, 0.1, (3, 0.02)
FEATURES, CLASSES = 64, 10
DTYPES = ("float64", "float32")
LIBRARIES = ("scikit-learn", "fastbp")
#: Of the loss curve, relative, over CHECKED epochs. Where one relu opens a step later, Adam makes a
#: tenth of a weight of it, and 1e-4 of the loss: in float32 of either library, in some seeds.
BOUND = {"float64": 1e-9, "float32": 1e-3}
CHECKED = 3  # later ones differ by more, as rounding grows from step to step
HIDDEN = ((8,), (32, 16), (100,), (256, 128))
SAMPLES = (100, 1_000, 10_000)
BATCHES = (1, 32, 200)
#: Of a fit, where neither bound on the epochs is reached: scikit-learn takes 0.2 to 1 s for them.
STEPS = dict.fromkeys(HIDDEN, 1_000) | {(256, 128): 200}
MOST_EPOCHS = 200  # max_iter's default
LEAST_EPOCHS = {100: 10, 1_000: 3, 10_000: 1}
#: Hidden layers -> batch size -> how many times faster than scikit-learn a float64 fit must be.
SMALL = {1: 20, 32: 8, 200: 4}
GOALS = {
    (8,): SMALL,
    (32, 16): SMALL,
    (100,): {1: 5, 32: 3, 200: 2.5},
    (256, 128): dict.fromkeys(BATCHES, 1),
}
MEAN_GOAL = 10  # of all float64 fits, geometric
PREDICT_GOALS = {1: 10, 1_000: 1}  # rows -> times faster
GRID = {
    "hidden_layer_sizes": [(16,), (32,), (32, 16)],
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2],
    "learning_rate_init": [1e-3, 1e-2],
    "batch_size": [32, 64],
}
QUICK_GRID = GRID | {"hidden_layer_sizes": [(32,)], "alpha": [1e-4], "learning_rate_init": [1e-3]}
SHORT_EPOCHS = 10
MS, US = 1e-3, 1e-6  # seconds
FOLDS, SEARCH_EPOCHS, SEARCH_GOAL = 5, 30, 8
#: What is imported -> what before it, and the most milliseconds that it may add.
IMPORTS = {
    "fastbp.sklearn": ("from sklearn.neural_network import MLPClassifier", 30),
    "fastbp": ("import numpy", None),
}


@dataclass(frozen=True)
class Case:
    """A network, data and batches, and how many times faster a float64 fit must be."""

    hidden: tuple[int, ...]
    samples: int
    batch: int
    epochs: int = CHECKED
    goal: float | None = None

    def __str__(self):
        return f"{self.hidden} x {self.samples} / {self.batch}"


def cases():
    """All fits that are timed: scikit-learn takes some tenths of a second for each."""
    for hidden, samples, batch in product(HIDDEN, SAMPLES, BATCHES):
        steps = -(-samples // batch)
        epochs = max(LEAST_EPOCHS[samples], min(MOST_EPOCHS, STEPS[hidden] // steps))
        yield Case(hidden, samples, batch, epochs, GOALS[hidden][batch])


class Estimators:
    """A library's classifiers: what its process holds."""

    def __init__(self, library, threads=1):
        if library == "fastbp":
            from fastbp.sklearn import MLPClassifier
        else:
            from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")  # of batches above the samples, and of max_iter
        self._kind = MLPClassifier

    def _made(self, epochs, **parameters):
        return self._kind(random_state=0, tol=0.0, max_iter=epochs, **parameters)

    def _fit(self, case, epochs):
        model = self._made(epochs, hidden_layer_sizes=case.hidden, batch_size=case.batch)
        return model.fit(*self._data)

    def losses(self, case, dtype):
        """The loss curve of the first epochs, of data that stay for what is timed."""
        self._data = data(case.samples, dtype)
        self._fitted = self._fit(case, min(CHECKED, case.epochs))
        return self._fitted.loss_curve_

    def fit(self, case, count):
        """The seconds of so many fits."""
        return repeated(lambda: self._fit(case, case.epochs), count)

    def predict(self, rows, count):
        """The seconds of so many predict_proba by the model of the last `losses`."""
        X, predict_proba = self._data[0][:rows], self._fitted.predict_proba
        return repeated(lambda: predict_proba(X), count)

    def search(self, grid):
        """The seconds of a search, and each candidate's mean score."""
        from sklearn.datasets import load_digits
        from sklearn.model_selection import GridSearchCV

        X, y = load_digits(return_X_y=True)
        search = GridSearchCV(self._made(SEARCH_EPOCHS), grid, cv=FOLDS)
        seconds = repeated(lambda: search.fit(X / 16, y), 1)
        return seconds, search.cv_results_["mean_test_score"].tolist()


def data(samples, dtype):
    """As digits are: numbers from 0 to 1 in steps of 1/16, half of them 0, and a class each."""
    rng = np.random.default_rng(0)
    X = np.maximum(rng.integers(-16, 17, (samples, FEATURES)), 0) / 16
    return X.astype(dtype), rng.integers(0, CLASSES, samples)


@dataclass(frozen=True)
class Result:
    """The medians of both, in seconds, and how many times faster fastbp is."""

    theirs: float = np.nan
    ours: float = np.nan
    ratio: float = np.nan
    wrong: str = ""

    @classmethod
    def of(cls, theirs, ours):
        """Of the seconds in each round."""
        return cls(median(theirs), median(ours), Ratio.of(theirs, ours).middle)

    def cells(self, unit, least=None, most=None):
        """Three cells of a table; a ratio below ``least`` and a time above ``most`` are marked."""
        if self.wrong:
            return ["-", "-", self.wrong]
        ours = marked(digits(self.ours / unit), most is not None and self.ours > most)
        ratio = marked(f"{self.ratio:.1f}", least is not None and self.ratio < least)
        return [digits(self.theirs / unit), ours, ratio]


def marked(text, missed):
    """A cell of the table."""
    return f"{text}!" if missed else text


class Run:
    """The processes, and how long they are timed."""

    def __init__(self, stack, n_rounds, seconds):
        self._how = n_rounds, seconds
        self.calls = {library: rounds.start(stack, Estimators) for library in LIBRARIES}
        for library, call in self.calls.items():
            call("open", library)

    def results(self, case, method, *arguments):
        """One for each number type; one that is wrong where the first losses differ."""
        turns = {name: partial(call, method, *arguments) for name, call in self.calls.items()}
        for dtype in DTYPES:
            theirs, ours = (call("losses", case, dtype) for call in self.calls.values())
            error = float(np.max(np.abs(np.divide(ours, theirs) - 1)))
            if error <= BOUND[dtype]:
                yield Result.of(*rounds.in_rounds(turns, *self._how).values())
            else:
                yield Result(wrong=f"WRONG by {error:.0e}")


COLUMNS = [f"{library}, {dtype}" for dtype in DTYPES for library in (*LIBRARIES, "times faster")]


def fit_table(run, chosen):
    """A row a case; a line below says the mean, unless the cases have no goals."""
    ratios = []

    def row(case):
        double, single = run.results(case, "fit", case)
        goals = (double.ratio, double.ours) if case.goal else ()
        ratios.append((double.ratio, single.ratio))
        cells = [*double.cells(MS, case.goal), *single.cells(MS, *goals), case.goal or ""]
        return [case.hidden, f"{case.samples:,}", case.batch, case.epochs, *cells]

    columns = ["hidden", "samples", "batch", "epochs", *COLUMNS, "goal"]
    rounds.print_table(columns, map(row, chosen), "Milliseconds of a fit.")
    if any(case.goal for case in chosen):
        means = np.exp(np.mean(np.log(ratios), axis=0))
        mean, of_single = (marked(f"{value:.1f}", value < MEAN_GOAL) for value in means)
        print(
            f"\nGeometric mean of the ratios: {mean} in float64, {of_single} in float32; the goal "
            f"is {MEAN_GOAL} of all cases. Float32 has float64's ratio and time as its goals."
        )


def predict_table(run, chosen):
    """A row a network and number of rows."""

    def row(of):
        hidden, count = of
        goal = PREDICT_GOALS[count]
        results = run.results(Case(hidden, 1_000, 32), "predict", count)
        cells = (cell for result in results for cell in result.cells(US, goal))
        return [hidden, f"{count:,}", *cells, goal]

    every = product(dict.fromkeys(case.hidden for case in chosen), PREDICT_GOALS)
    columns = ["hidden", "rows", *COLUMNS, "goal"]
    rounds.print_table(columns, map(row, every), "Microseconds of predict_proba.")


def search_table(run, grid):
    """One row; a search is long enough to be timed once."""
    (theirs, their_scores), (ours, scores) = (call("search", grid) for call in run.calls.values())
    cells = Result.of([theirs], [ours]).cells(1, SEARCH_GOAL)
    title = f"Seconds of GridSearchCV on the digits, {FOLDS} folds, {SEARCH_EPOCHS} epochs."
    row = [f"{len(scores)} candidates", *cells, SEARCH_GOAL]
    rounds.print_table(["", *LIBRARIES, "times faster", "goal"], [row], title)
    difference = np.abs(np.subtract(scores, their_scores)).max()
    print(f"\nThe mean scores of a candidate differ by at most {difference:.2g}.")


def import_seconds(base, name, folder):
    """In a fresh process: of what is imported before, and of the import."""
    program = (
        "from time import perf_counter as now\n"
        f"times = [now()]\n{base}; times.append(now())\nimport {name}; times.append(now())\n"
        "print(times[1] - times[0], times[2] - times[1])"
    )
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=folder, PYTHONDONTWRITEBYTECODE="")
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return [float(text) for text in done.stdout.split()]


def import_table(n_rounds):
    """A row an import."""
    times = {name: [] for name in IMPORTS}
    with tempfile.TemporaryDirectory() as folder, limited_to(1):
        for name, (base, _) in IMPORTS.items():
            import_seconds(base, name, folder)  # writes the bytecode
        for _, (name, (base, _)) in product(range(n_rounds), IMPORTS.items()):
            times[name].append(import_seconds(base, name, folder))
    rows = []
    for name, (base, most) in IMPORTS.items():
        before, added = 1e3 * np.median(times[name], axis=0)
        cell = marked(digits(added), most is not None and added > most)
        rows.append([f"`import {name}`", f"`{base}`", digits(before), cell, most or ""])
    title = "Milliseconds of an import, and of another before it."
    rounds.print_table(["", "after", "which takes", "adds", "at most"], rows, title)


PARTS = ("import", "predict", "short", "fit", "search")


def main(arguments=None):
    """Print the tables."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT")
    parser.add_argument("--quick", action="store_true")
    args = rounds.parsed(parser, arguments, "sklearn")
    chosen = [c for c in cases() if not args.only or any(text in str(c) for text in args.only)]
    if args.quick:
        args.rounds, args.seconds = QUICK
        chosen = [c for c in chosen if args.only or c.samples < SAMPLES[-1]]
    print(f"{rounds.machine('scikit-learn')} One thread each. !: below its goal.")
    if "import" in args.part:
        import_table(5 if args.quick else 15)
    if set(args.part) <= {"import"}:
        return 0
    with ExitStack() as stack:
        run = Run(stack, args.rounds, args.seconds)
        if "predict" in args.part:
            predict_table(run, chosen)
        if "short" in args.part:
            few = [case for case in chosen if case.samples == SAMPLES[0]]
            fit_table(run, [replace(case, epochs=SHORT_EPOCHS, goal=None) for case in few])
        if "fit" in args.part:
            fit_table(run, chosen)
        if "search" in args.part:
            search_table(run, QUICK_GRID if args.quick else GRID)
    return 0


if __name__ == "__main__":
    sys.exit(main())
