r"""How good the networks of tables are: fastbp.TableModel beside others on twelve real tables.

    python benchmarks/tables_accuracy.py                       all sets, seeds 0 to 4, in Markdown
    python benchmarks/tables_accuracy.py --seeds 1             some two minutes
    python benchmarks/tables_accuracy.py --sets ames german    some of the sets
    python benchmarks/tables_accuracy.py --methods one five    some of the methods
    python benchmarks/tables_accuracy.py --methods realmlp_s one_256 five    times, as CPU seconds
    python benchmarks/tables_accuracy.py --write               docs/table-models.md has the table

Nothing is downloaded: benchmarks/table_sets.py says how to get the two packages that have tables.

A seed splits a table into 60, 20 and 20 % of its rows (stratified). Errors are of the last 20 %:
class errors in percent, or RMSE over the standard deviation of all y. ``mlp`` is scikit-learn's
network with its defaults (standardised numbers, one-hot words, medians for gaps) on the 60 %; all
else learns from the 80 %, and ``mlp_80`` is the same network on those. ``one`` and ``five`` are
TableModel with so many members. Lines are what a mean over the seeds 0 to 4 must not exceed; a
build that is right passes each with a probability of some .98, so 11 of 12 are asked for.

The change is that of the geometric mean over the sets of the error + 0.01 (as a share), against
``mlp``. Times are CPU seconds of fit and prediction, all sets and seeds together, one thread.
"""

import argparse
import sys
import time
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import markdown_blocks
import numpy as np
import rounds
from table_sets import SETS, load, split

DOCUMENT = Path(__file__).parents[1] / "docs" / "table-models.md"
NAME = "tables_accuracy.py"  # of the block between the marks
#: What a change over all sets must come to, in percent: class error, RMSE.
KINDS = {"class error": True, "RMSE": False}
GOALS = {"one": (-7, -5), "five": (-16, -8)}
LINES_ASKED = 11


def of_fastbp(members, **options):
    """TableModel as it is by default, with so many members, or with options of the training."""

    def predict(table, X, y, training, held_out, seed):
        from fastbp import TableModel

        frame = X.iloc[training].assign(target=y[training])
        task = "classify" if table.classes else "regress"
        model = TableModel(task, members=members, seed=seed, n_threads=1, **options)
        return model.fit(frame, "target").predict(X.iloc[held_out])

    return predict


def as_numbers(X, *, dense):
    """What makes numbers of columns: standardised and one-hot without gaps, or as trees want them.

    Gaps in numbers become the median, and gaps in words a word of their own.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    words = list(X.select_dtypes(exclude="number"))
    numbers = [name for name in X if name not in words]
    if dense:
        of_words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        of_numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    else:
        unknown = dict.fromkeys(("unknown_value", "encoded_missing_value"), np.nan)
        of_words = OrdinalEncoder(handle_unknown="use_encoded_value", **unknown)
        of_numbers = "passthrough"
    return ColumnTransformer([("n", of_numbers, numbers), ("w", of_words, words)])


def of_sklearn(module, names, seeded_by="random_state", *, dense=False, **options):
    """A pair of estimators, of classes and of numbers, on columns that are made numbers first."""

    def predict(table, X, y, training, held_out, seed):
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        kind = getattr(import_module(module), names[0 if table.classes else 1])
        model = make_pipeline(as_numbers(X, dense=dense), kind(**{seeded_by: seed}, **options))
        if not table.classes:
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
        return model.fit(X.iloc[training], y[training]).predict(X.iloc[held_out])

    return predict


def of_realmlp(table, X, y, training, held_out, seed):
    """A network of pytabkit, which takes words as categories and no gaps."""
    import pytabkit

    kind = f"RealMLP_TD_S_{'Classifier' if table.classes else 'Regressor'}"
    words = [name for name in X if X[name].dtype == object]
    frame = X.astype(dict.fromkeys(words, "category"))
    numbers = [name for name in X if name not in words]
    frame[numbers] = frame[numbers].fillna(frame[numbers].iloc[training].median())
    model = getattr(pytabkit, kind)(device="cpu", random_state=seed, n_threads=1)
    return model.fit(frame.iloc[training], y[training]).predict(frame.iloc[held_out])


#: RealMLP_TD_S is a network of this size, with these epochs: for the times of both.
SIZE_OF_REALMLP = {"hidden": (256, 256, 256), "batch_size": 256, "epochs": 256}
MLP = of_sklearn("sklearn.neural_network", ("MLPClassifier", "MLPRegressor"), dense=True)
TREES = "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"
LIGHTGBM = "LGBMClassifier", "LGBMRegressor"
CATBOOST = "CatBoostClassifier", "CatBoostRegressor"
QUIET = {"thread_count": 1, "verbose": 0, "allow_writing_files": False}
#: name -> the package it needs, what predicts, whether it learns from 80 % of the rows.
METHODS = {
    "mlp": ("sklearn", MLP, False),
    "mlp_80": ("sklearn", MLP, True),
    "one": ("fastbp", of_fastbp(1), True),
    "five": ("fastbp", of_fastbp(5), True),
    "hist_gb": ("sklearn", of_sklearn("sklearn.ensemble", TREES), True),
    "lightgbm": ("lightgbm", of_sklearn("lightgbm", LIGHTGBM, n_jobs=1, verbose=-1), True),
    "catboost": ("catboost", of_sklearn("catboost", CATBOOST, "random_seed", **QUIET), True),
    "realmlp_s": ("pytabkit", of_realmlp, True),
    "one_256": ("fastbp", of_fastbp(1, **SIZE_OF_REALMLP), True),
}
DEFAULT = list(METHODS)[:7]


def predicted(method, table, X, y, training, held_out, seed):
    """Codes of classes, or numbers, of the rows that are held out."""
    _, predict, _ = METHODS[method]
    return predict(table, X, y, training, held_out, seed).astype(y.dtype).ravel()


def error(table, y, rows, predicted):
    """In percent of the rows, or RMSE over the standard deviation of all y."""
    if table.classes:
        return 100 * float(np.mean(predicted != y[rows]))
    return float(np.sqrt(np.mean((predicted - y[rows]) ** 2)) / y.std())


def measure(table, methods, seeds):
    """The errors of each method, one a seed, and its CPU seconds."""
    X, y = load(table)
    errors = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    for seed in seeds:
        training, validation, held_out = split(table, y, seed)
        for name in methods:
            *_, takes_all = METHODS[name]
            rows = np.concatenate([training, validation]) if takes_all else training
            start = time.process_time()
            out = predicted(name, table, X, y, rows, held_out, seed)
            seconds[name] += time.process_time() - start
            errors[name].append(error(table, y, held_out, out))
    return errors, seconds


def change(means, name, tables):
    """In percent, of the geometric mean of the error + 0.01 against ``mlp``; its standard error."""
    if not tables or "mlp" not in means[tables[0].name]:
        return float("nan"), float("nan")

    def log(table, method):
        return np.log(means[table.name][method] * (0.01 if table.classes else 1) + 0.01)

    logs = [log(table, name) - log(table, "mlp") for table in tables]
    mean = float(np.mean(logs))
    spread = float(np.std(logs, ddof=1) / np.sqrt(len(logs))) if len(logs) > 1 else float("nan")
    return 100 * (np.exp(mean) - 1), 100 * np.exp(mean) * spread


def cell(table, name, errors):
    """Mean and standard deviation over the seeds, and whether the mean keeps its line."""
    mean, spread = np.mean(errors), np.std(errors, ddof=1) if len(errors) > 1 else 0.0
    digits = table.digits
    return f"{mean:.{digits}f} ± {spread:.{digits}f} {verdict(table, name, mean)}".strip()


def verdict(table, name, mean):
    """Whether a mean keeps its line; empty for methods without lines."""
    line = {"one": table.one, "five": table.five}.get(name)
    if line is None:
        return ""
    return "pass" if round(mean, table.digits) <= line else f"above {line:.{table.digits}f}"


def options():
    """Read the command line, and leave out what is not installed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=rounds.COUNT, default=5, help="how many, from 0 (5)")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=DEFAULT, metavar="NAME")
    parser.add_argument("--write", action="store_true", help=f"write the table to {DOCUMENT.name}")
    args = parser.parse_args()
    for name in (name for name in args.methods if not find_spec(METHODS[name][0])):
        print(f"{METHODS[name][0]} is not installed: without {name}", file=sys.stderr)
    args.methods = [name for name in args.methods if find_spec(METHODS[name][0])]
    return args


def goals_met(name, means, tables):
    """Whether a method keeps its lines and changes; said in lines."""
    passed = sum(verdict(table, name, means[table.name][name]) == "pass" for table in tables)
    asked = min(LINES_ASKED, len(tables))
    print(f"{name}: {passed} of {len(tables)} lines, {asked} asked for")
    good = passed >= asked
    for goal, (label, kind) in zip(GOALS[name], KINDS.items(), strict=True):
        mean, _ = change(means, name, [table for table in tables if table.classes == kind])
        if np.isfinite(mean):
            print(f"{name}: {label} {mean:+.1f} %, at most {goal:+d} asked for")
            good &= mean <= goal or len(tables) < len(SETS)
    return good


def rows(tables, methods, seeds, means):
    """A row a table, whose mean errors go into ``means``; the changes; the CPU seconds."""
    totals = dict.fromkeys(methods, 0.0)
    for table in tables:
        errors, seconds = measure(table, methods, seeds)
        means[table.name] = {name: float(np.mean(errors[name])) for name in methods}
        totals = {name: totals[name] + seconds[name] for name in methods}
        yield [table.name, *(cell(table, name, errors[name]) for name in methods)]
    for label, kind in KINDS.items():
        of_kind = [table for table in tables if table.classes == kind]
        changes = (change(means, name, of_kind) for name in methods)
        cells = (f"{mean:+.1f} ± {spread:.1f}" for mean, spread in changes)
        yield [f"change of {label}, %", *cells]
    yield ["CPU seconds", *(f"{totals[name]:.1f}" for name in methods)]


def main():
    """Measure, and print the table; 0 where all lines and changes are as asked for."""
    args = options()
    tables, means, columns = [SETS[name] for name in args.sets], {}, ["set", *args.methods]
    warnings.simplefilter("ignore")  # scikit-learn's networks do not converge in 200 epochs
    try:
        printed = rounds.print_table(columns, rows(tables, args.methods, range(args.seeds), means))
    except FileNotFoundError as missing:
        print(missing, file=sys.stderr)
        return 2
    print(f"\n{rounds.machine('scikit-learn', 'lightgbm')}\n")
    if args.write:
        markdown_blocks.write(DOCUMENT, NAME, [markdown_blocks.markdown(columns, printed)])
    good = [goals_met(name, means, tables) for name in GOALS if name in args.methods]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
