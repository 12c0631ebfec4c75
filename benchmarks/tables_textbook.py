r"""TableModel with no option beside scikit-learn's network, on six tables of textbooks.

    python benchmarks/tables_textbook.py                  ten seeds, in Markdown, some five minutes
    python benchmarks/tables_textbook.py --seeds 2        two of them
    python benchmarks/tables_textbook.py --sets penguins  one of the tables

Nothing is downloaded: benchmarks/table_sets.py says how to get the two packages that have tables.

A seed splits a table into 80 and 20 % of its rows, stratified by classes. fastbp gets the file's
columns as pandas reads them, identifiers and gaps among them; scikit-learn gets its numbers
standardised with gaps filled by the median, its words one-hot with gaps as a word of their own, and
its MLPClassifier or MLPRegressor has its defaults. Scores are accuracies and R2 of the 20 %. The
last column says whether fastbp's mean is at least scikit-learn's less one standard error of the
mean difference.
"""

import argparse
import sys
import warnings
from statistics import fmean, stdev

import numpy as np
import rounds
from table_sets import folder
from tables_accuracy import as_numbers

#: File and table -> package, target, columns that give the target away.
SETS = {
    "penguins": ("palmerpenguins", "species", ()),
    "Carseats": ("ISLP", "Sales", ()),
    "Wage": ("ISLP", "wage", ("logwage",)),
    "Credit": ("ISLP", "Balance", ()),
    "Bikeshare": ("ISLP", "bikers", ("casual", "registered")),
    "BrainCancer": ("ISLP", "status", ()),
}
CLASSES = {"penguins", "BrainCancer"}
#: Of scikit-learn's columns; fastbp finds it by itself.
IDENTIFIERS = {"Credit": ("ID",)}


def read(name):
    """The table of a name, without what gives its target away."""
    import pandas as pd

    package, target, known = SETS[name]
    frame = pd.read_csv(folder(package) / "data" / f"{name}.csv").drop(columns=list(known))
    frame = frame[frame[target].notna()].reset_index(drop=True)
    if name in CLASSES:
        frame[target] = frame[target].astype(str)
    return frame, target


def compare(name, seeds):
    """The scores of both for each seed."""
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline

    from fastbp import TableModel

    frame, target = read(name)
    kind, classes = (MLPClassifier, frame[target]) if name in CLASSES else (MLPRegressor, None)
    dropped = [target, *IDENTIFIERS.get(name, ())]
    scores = []
    for seed in range(seeds):
        training, held_out = train_test_split(
            frame, test_size=0.2, random_state=seed, stratify=classes
        )
        fastbp = TableModel(seed=seed).fit(training, target).score(held_out)
        X, X_held_out = training.drop(columns=dropped), held_out.drop(columns=dropped)
        model = make_pipeline(as_numbers(X, dense=True), kind(random_state=seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has not converged
            model.fit(X, training[target])
        scores.append((fastbp, model.score(X_held_out, held_out[target])))
    return np.array(scores)


def row(name, scores):
    """A row of the table."""
    fastbp, sklearn = scores.T
    difference = fastbp - sklearn
    error = stdev(difference) / len(difference) ** 0.5 if len(difference) > 1 else float("nan")
    holds = fmean(difference) >= -error
    what = "accuracy" if name in CLASSES else "R2"
    cells = [f"{fmean(fastbp):.3f}", f"{fmean(sklearn):.3f}", f"{fmean(difference):+.3f}"]
    return [name, what, *cells, f"{error:.3f}", "yes" if holds else "no"]


def main(arguments=None):
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=rounds.COUNT, default=10)
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
    args = parser.parse_args(arguments)
    columns = ["table", "score", "fastbp", "scikit-learn", "difference", "its error", "holds"]
    rounds.print_table(columns, (row(name, compare(name, args.seeds)) for name in args.sets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
