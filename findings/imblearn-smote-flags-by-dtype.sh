#!/usr/bin/env bash
# Package: imbalanced-learn 0.14.2, from PyPI, with pandas 3.1.1 (and scikit-learn 1.9.1, numpy 2.4.6).
#
# SMOTE makes new rows that lie between two rows of the rare class, and then casts each column of a DataFrame to
# the type that it had. For columns of flags, one for each category, the type decides what comes out, without a warning:
#
# - integers are cut off: a 1 next to a 0 becomes 0, so a row between two categories is of no category at all;
# - booleans become True where anything is left: such a row is of both categories;
# - floats stay as they were made, and add up to 1.
#
# The rows and their neighbours are the same three times, and so are the new values of the float column. Counts in an
# integer column are cut off in the same way, so they are too small in the new rows: with 0 to 4 rooms, the mean of
# the new rows is 1.94 instead of 2.18. An array loses it, too, if all of it is of integers; one float column makes the
# whole array float, and then nothing is cut off. ADASYN and BorderlineSMOTE do the same.
#
# One would expect the same rows from the same numbers, or rounding to the nearest. Cast the table to float64
# first, or use SMOTENC on the column of categories before it is made into flags.
#
# Seen:
#
#   SMOTE, flags as float64: 800 new rows, of no category 0, of two 0, flags add up to 1 True
#   SMOTE, flags as int64: 800 new rows, of no category 145, of two 0, flags add up to 1 False
#   SMOTE, flags as bool: 800 new rows, of no category 0, of two 145, flags add up to 1 False
#   the new sizes are the same: True
#   mean rooms of the new rows, as float64: 2.18
#   mean rooms of the new rows, as int64: 1.94
#   the same of an array of float64: 2.17
#   the same of an array of int64: 1.77
#   ADASYN, flags as int64: rows of no category True
#   BorderlineSMOTE, flags as int64: rows of no category True
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install \
    imbalanced-learn==0.14.2 pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6

cat > look.py << 'END'
import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE

random = np.random.default_rng(0)
n = 1000
y = (np.arange(n) < 100).astype(int)
size = random.normal(scale=5, size=n)
colour = pd.Series(random.choice(["red", "green", "blue"], size=n))
rooms = random.integers(0, 5, size=n)
price = random.integers(1_000_000, size=n)


def made(kind, dtype):
    table = pd.get_dummies(colour, dtype=dtype)
    table["size"] = size
    new, _ = kind(random_state=0).fit_resample(table, y)
    return new[n:]


sizes = []
for dtype in ("float64", "int64", "bool"):
    new = made(SMOTE, dtype)
    sizes.append(new["size"].to_numpy())
    flags = new[["red", "green", "blue"]].to_numpy(dtype=float)
    sums = flags.sum(axis=1)
    print(f"SMOTE, flags as {dtype}: {len(new)} new rows, of no category {np.sum(sums == 0)},", end=" ")
    print(f"of two {np.sum(sums == 2)}, flags add up to 1 {np.allclose(sums, 1)}")
print("the new sizes are the same:", all(np.array_equal(sizes[0], other) for other in sizes[1:]))
for dtype in ("float64", "int64"):
    table = pd.DataFrame({"rooms": rooms.astype(dtype), "size": size})
    new, _ = SMOTE(random_state=0).fit_resample(table, y)
    print(f"mean rooms of the new rows, as {dtype}: {new['rooms'][n:].mean():.2f}")
for dtype in ("float64", "int64"):
    new, _ = SMOTE(random_state=0).fit_resample(np.stack((rooms, price), axis=1).astype(dtype), y)
    print(f"the same of an array of {dtype}: {new[n:, 0].mean():.2f}")
for kind in (ADASYN, BorderlineSMOTE):
    none = made(kind, "int64")[["red", "green", "blue"]].sum(axis=1) == 0
    print(f"{kind.__name__}, flags as int64: rows of no category {bool(none.any())}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
SMOTE, flags as float64: 800 new rows, of no category 0, of two 0, flags add up to 1 True
SMOTE, flags as int64: 800 new rows, of no category 145, of two 0, flags add up to 1 False
SMOTE, flags as bool: 800 new rows, of no category 0, of two 145, flags add up to 1 False
the new sizes are the same: True
mean rooms of the new rows, as float64: 2.18
mean rooms of the new rows, as int64: 1.94
the same of an array of float64: 2.17
the same of an array of int64: 1.77
ADASYN, flags as int64: rows of no category True
BorderlineSMOTE, flags as int64: rows of no category True
END
