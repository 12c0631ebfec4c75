r"""fastbp.sklearn beside scikit-learn: the same estimators, the same seeds, in one run.

    python benchmarks/scikit_learn.py                     all parts, in Markdown, some 20 minutes
    python benchmarks/scikit_learn.py --quick             a tenth of that
    python benchmarks/scikit_learn.py --part fit import   some of the parts
    python benchmarks/scikit_learn.py --only "(8,) x 100" cases of fit and predict by their names

``fit`` trains on samples of 64 numbers in 10 classes with the defaults (Adam, relu) and tol=0,
which never stops; ``short`` is a fit of 10 epochs of 100 samples, most of which is the call;
``predict`` is predict_proba; ``search`` is GridSearchCV on the digits; ``import`` is what an import
takes after another in fresh processes, whose bytecode is there.

Both libraries are in one process that has one core, and so one thread each. Turns alternate in an
order drawn anew for each round. A time is the median of its rounds, a ratio the median of the
rounds' ratios. Before a case is timed, both fit it with the same seed and must have the same loss
in the first epochs, within a part in BOUND; a search must find the same scores. ``!`` marks what is
below its goal: the status is 0 all the same, for speed is no test.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np
from markdown_blocks import markdown

import fastbp
from fastbp.bench.machine import load, processor
from fastbp.bench.worker import Worker, limited_to
from fastbp.model.kernel_sets import config

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
    """A network, data and batches."""

    hidden: tuple[int, ...]
    samples: int
    batch: int

    @property
    def epochs(self):
        """So many that scikit-learn takes some tenths of a second."""
        steps = -(-self.samples // self.batch)
        return max(LEAST_EPOCHS[self.samples], min(MOST_EPOCHS, STEPS[self.hidden] // steps))

    def __str__(self):
        return f"{self.hidden} x {self.samples} / {self.batch}"


def cases():
    """All fits that are timed."""
    return [Case(*of) for of in product(HIDDEN, SAMPLES, BATCHES)]


class Estimators:
    """Both libraries' classifiers: what the process holds."""

    def __init__(self, threads=1):
        from sklearn.neural_network import MLPClassifier

        from fastbp.sklearn import MLPClassifier as Fastbp

        warnings.simplefilter("ignore")  # of batches above the samples, and of max_iter
        self._kinds = {"scikit-learn": MLPClassifier, "fastbp": Fastbp}
        self._fitted = {}

    def _made(self, library, **parameters):
        return self._kinds[library](random_state=0, tol=0.0, **parameters)

    def _model(self, library, case, epochs):
        return self._made(
            library, hidden_layer_sizes=case.hidden, batch_size=case.batch, max_iter=epochs
        )

    def check(self, case, dtype):
        """The largest relative difference of the two loss curves, over the first epochs."""
        self._data = data(case.samples, dtype)
        epochs = min(CHECKED, case.epochs)
        models = {library: self._model(library, case, epochs) for library in LIBRARIES}
        theirs, ours = (model.fit(*self._data).loss_curve_ for model in models.values())
        self._fitted = models
        return float(np.max(np.abs(np.divide(ours, theirs) - 1)))

    def fit(self, library, case, epochs, repeats):
        """The seconds of a fit."""
        start = time.perf_counter()
        for _ in range(repeats):
            self._model(library, case, epochs).fit(*self._data)
        return (time.perf_counter() - start) / repeats

    def predict(self, library, rows, repeats):
        """The seconds of a predict_proba by the models of the last `check`."""
        X, predict_proba = self._data[0][:rows], self._fitted[library].predict_proba
        start = time.perf_counter()
        for _ in range(repeats):
            predict_proba(X)
        return (time.perf_counter() - start) / repeats

    def search(self, library, grid):
        """The seconds of a search, and each candidate's mean score."""
        from sklearn.datasets import load_digits
        from sklearn.model_selection import GridSearchCV

        X, y = load_digits(return_X_y=True)
        search = GridSearchCV(self._made(library, max_iter=SEARCH_EPOCHS), grid, cv=FOLDS)
        start = time.perf_counter()
        search.fit(X / 16, y)
        return time.perf_counter() - start, search.cv_results_["mean_test_score"].tolist()


def data(samples, dtype):
    """As digits are: numbers from 0 to 1 in steps of 1/16, half of them 0, and a class each."""
    rng = np.random.default_rng(0)
    X = np.maximum(rng.integers(-16, 17, (samples, FEATURES)), 0) / 16
    return X.astype(dtype), rng.integers(0, CLASSES, samples)


class Run:
    """The process, and the order of its turns."""

    def __init__(self, rounds, seconds, stack):
        self._rounds, self._seconds = rounds, seconds
        self._rng = np.random.default_rng(0)
        with limited_to(1):
            self.call = Worker(Estimators, 1)
        stack.callback(self.call.close)
        self.call("open")

    def checked(self, case, dtype):
        """Nothing, or by how much the two differ."""
        error = self.call("check", case, dtype)
        return None if error <= BOUND[dtype] else f"WRONG by {error:.0e}"

    def times(self, method, *arguments):
        """Library -> its seconds in each round."""
        repeats = {}
        for library in LIBRARIES:
            first = self.call(method, library, *arguments, 1)
            again = min(first, self.call(method, library, *arguments, 1)) if first < 0.5 else first
            repeats[library] = max(1, round(self._seconds / again))
        found = {library: [] for library in LIBRARIES}
        for _ in range(self._rounds):
            for place in self._rng.permutation(len(LIBRARIES)):
                library = LIBRARIES[place]
                seconds = self.call(method, library, *arguments, repeats[library])
                found[library].append(seconds)
        return found


@dataclass(frozen=True)
class Result:
    """The medians of both, in seconds, and how many times faster fastbp is."""

    theirs: float
    ours: float
    ratio: float
    wrong: str | None = None

    def cells(self, unit, ratio_goal, most=np.inf):
        """Three cells of a table; what misses its goal is marked."""
        if self.wrong:
            return ["-", "-", self.wrong]
        ours = marked(number(self.ours / unit), self.ours > most)
        return [
            number(self.theirs / unit),
            ours,
            marked(f"{self.ratio:.1f}", self.lost(ratio_goal)),
        ]

    def lost(self, goal):
        """Whether fastbp is not so many times faster."""
        return goal is not None and self.ratio < goal


def result_of(times):
    """The medians of the rounds."""
    theirs, ours = (times[library] for library in LIBRARIES)
    return Result(median(theirs), median(ours), median(np.divide(theirs, ours).tolist()))


def marked(text, missed):
    """A cell of the table."""
    return f"{text}!" if missed else text


def number(value):
    """Three digits."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def results(run, case, method, *arguments):
    """One for each number type."""
    for dtype in DTYPES:
        wrong = run.checked(case, dtype)
        if wrong:
            yield Result(np.nan, np.nan, np.nan, wrong)
        else:
            yield result_of(run.times(method, *arguments))


COLUMNS = [f"{library}, {dtype}" for dtype in DTYPES for library in (*LIBRARIES, "times faster")]


def fit_table(run, chosen, short=False):
    """A row a case; a line below says the mean."""
    rows, ratios = [], []
    for case in chosen:
        epochs = SHORT_EPOCHS if short else case.epochs
        goal = None if short else GOALS[case.hidden][case.batch]
        double, single = results(run, case, "fit", case, epochs)
        goals = (None,) if short else (double.ratio, double.ours)
        cells = [*double.cells(MS, goal), *single.cells(MS, *goals)]
        rows.append([case.hidden, f"{case.samples:,}", case.batch, epochs, *cells, goal or ""])
        ratios.append((double.ratio, single.ratio))
        print(f"{case}: {', '.join(cells)}", file=sys.stderr, flush=True)
    print("Milliseconds of a fit.\n")
    print(markdown(["hidden", "samples", "batch", "epochs", *COLUMNS, "goal"], rows))
    if short:  # has no goals
        print()
        return
    means = np.exp(np.mean(np.log(ratios), axis=0))
    mean, of_single = (marked(f"{value:.1f}", value < MEAN_GOAL) for value in means)
    print(
        f"\nGeometric mean of the ratios: {mean} in float64, {of_single} in float32; the goal is "
        f"{MEAN_GOAL} of all cases. Float32 has float64's ratio and time as its goals.\n"
    )


def predict_table(run, chosen):
    """A row a network and number of rows."""
    rows = []
    for hidden, count in product(dict.fromkeys(case.hidden for case in chosen), PREDICT_GOALS):
        goal = PREDICT_GOALS[count]
        found = results(run, Case(hidden, 1_000, 32), "predict", count)
        rows.append([hidden, f"{count:,}", *(c for r in found for c in r.cells(US, goal)), goal])
    print("Microseconds of predict_proba.\n")
    print(markdown(["hidden", "rows", *COLUMNS, "goal"], rows) + "\n")


def search_table(run, grid):
    """One row; a search is long enough to be timed once."""
    times, scores = {}, {}
    for library in LIBRARIES:
        seconds, scores[library] = run.call("search", library, grid)
        times[library] = [seconds]
    difference = np.abs(np.subtract(*scores.values())).max()
    row = [f"{len(scores['fastbp'])} candidates", *result_of(times).cells(1, SEARCH_GOAL)]
    print(f"Seconds of GridSearchCV on the digits, {FOLDS} folds, {SEARCH_EPOCHS} epochs.\n")
    print(markdown(["", *LIBRARIES, "times faster", "goal"], [[*row, SEARCH_GOAL]]))
    print(f"\nThe mean scores of a candidate differ by at most {difference:.2g}.\n")


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


def import_table(rounds):
    """A row an import."""
    times = {name: [] for name in IMPORTS}
    with tempfile.TemporaryDirectory() as folder, limited_to(1):
        for name, (base, _) in IMPORTS.items():
            import_seconds(base, name, folder)  # writes the bytecode
        for _ in range(rounds):
            for name, (base, _) in IMPORTS.items():
                times[name].append(import_seconds(base, name, folder))
    rows = []
    for name, (base, most) in IMPORTS.items():
        before, added = 1e3 * np.median(times[name], axis=0)
        cell = marked(number(added), most is not None and added > most)
        rows.append([f"`import {name}`", f"`{base}`", number(before), cell, most or ""])
    print("Milliseconds of an import, and of another before it.\n")
    print(markdown(["", "after", "which takes", "adds", "at most"], rows) + "\n")


def preface():
    """What was compared, and where."""
    import sklearn

    return (
        f"{processor()}, {os.cpu_count()} cores, one thread each; scikit-learn "
        f"{sklearn.__version__}, NumPy {np.__version__}, fastbp {fastbp.__version__}, kernel set "
        f"{config()['kernel set']}; load {load() or 0:.1f}. !: below its goal.\n"
    )


PARTS = ("import", "predict", "short", "fit", "search")


def main(arguments=None):
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args(arguments)
    chosen = [c for c in cases() if not args.only or any(text in str(c) for text in args.only)]
    rounds, seconds = (3, 0.02) if args.quick else (7, 0.1)
    if args.quick and not args.only:
        chosen = [c for c in chosen if c.samples < SAMPLES[-1]]
    print(preface())
    with ExitStack() as stack:
        if "import" in args.part:
            import_table(5 if args.quick else 15)
        if set(args.part) - {"import"}:
            run = Run(rounds, seconds, stack)
        if "predict" in args.part:
            predict_table(run, chosen)
        if "short" in args.part:
            fit_table(run, [c for c in chosen if c.samples == SAMPLES[0]], short=True)
        if "fit" in args.part:
            fit_table(run, chosen)
        if "search" in args.part:
            search_table(run, QUICK_GRID if args.quick else GRID)
    return 0


if __name__ == "__main__":
    sys.exit(main())
