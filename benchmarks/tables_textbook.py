r"""TableModel with no option beside scikit-learn's network, on six tables of textbooks.

    python benchmarks/tables_textbook.py                  ten seeds, in Markdown, some five minutes
    python benchmarks/tables_textbook.py --seeds 2        two of them
    python benchmarks/tables_textbook.py --sets penguins  one of the tables

Nothing is downloaded. The tables are in two packages, whose licences do not let them be shipped:

    pip download --no-deps ISLP==0.6.0 palmerpenguins==0.1.6

unzips to folders ``ISLP`` and ``palmerpenguins``; TABULAR_DATA names the folder that holds them, or
that holds folders with them.

A seed splits a table into 80 and 20 % of its rows, stratified by classes. fastbp gets the file's
columns as pandas reads them, identifiers and gaps among them; scikit-learn gets its numbers
standardised with gaps filled by the median, its words one-hot with gaps as a word of their own, and
its MLPClassifier or MLPRegressor has its defaults. Scores are accuracies and R2 of the 20 %. The
last column says whether fastbp's mean is at least scikit-learn's less one standard error of the
mean difference.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
from markdown_blocks import markdown

#: name: (file, target, columns that give the target away)
SETS = {
    "penguins": ("palmerpenguins/data/penguins.csv", "species", ()),
    "Carseats": ("ISLP/data/Carseats.csv", "Sales", ()),
    "Wage": ("ISLP/data/Wage.csv", "wage", ("logwage",)),
    "Credit": ("ISLP/data/Credit.csv", "Balance", ()),
    "Bikeshare": ("ISLP/data/Bikeshare.csv", "bikers", ("casual", "registered")),
    "BrainCancer": ("ISLP/data/BrainCancer.csv", "status", ()),
}
CLASSES = {"penguins", "BrainCancer"}
#: Of scikit-learn's columns; fastbp finds it by itself.
IDENTIFIERS = {"Credit": ("ID",)}


def read(name):
    """The table of a name, without what gives its target away."""
    import pandas as pd

    file, target, known = SETS[name]
    root = Path(os.environ.get("TABULAR_DATA", "."))
    found = next((path for path in (root / file, *root.glob(f"*/{file}")) if path.exists()), None)
    if found is None:
        raise FileNotFoundError(f"there is no {file} in {root}; see {Path(__file__).name}")
    frame = pd.read_csv(found).drop(columns=list(known))
    frame = frame[frame[target].notna()].reset_index(drop=True)
    if name in CLASSES:
        frame[target] = frame[target].astype(str)
    return frame, target


def of_fastbp(name, training, held_out, target, seed):
    """The default, with nothing said."""
    from fastbp import TableModel

    return TableModel(seed=seed).fit(training, target).score(held_out)


def of_sklearn(name, training, held_out, target, seed):
    """scikit-learn's network behind the usual preparation."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    drop = [target, *IDENTIFIERS.get(name, ())]
    X = training.drop(columns=drop)
    words = list(X.select_dtypes(exclude="number"))
    numbers = [column for column in X if column not in words]
    columns = ColumnTransformer(
        [
            ("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("w", OneHotEncoder(handle_unknown="ignore"), words),
        ]
    )
    kind = MLPClassifier if name in CLASSES else MLPRegressor
    model = make_pipeline(columns, kind(random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged
        model.fit(X, training[target])
    return model.score(held_out.drop(columns=drop), held_out[target])


def compare(name, seeds):
    """The scores of both for each seed."""
    from sklearn.model_selection import train_test_split

    frame, target = read(name)
    scores = []
    for seed in range(seeds):
        classes = frame[target] if name in CLASSES else None
        training, held_out = train_test_split(
            frame, test_size=0.2, random_state=seed, stratify=classes
        )
        arguments = name, training, held_out, target, seed
        scores.append((of_fastbp(*arguments), of_sklearn(*arguments)))
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
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
    args = parser.parse_args(arguments)
    rows = []
    for name in args.sets:
        cells = row(name, compare(name, args.seeds))
        rows.append(cells)
        print(*cells, file=sys.stderr)
    header = ["table", "score", "fastbp", "scikit-learn", "difference", "its error", "holds"]
    print(markdown(header, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
