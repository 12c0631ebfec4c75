#!/usr/bin/env bash
# Package: scikit-learn 1.9.1 (with numpy 2.4.6), from PyPI.
#
# r2_score, which is also the score of MLPRegressor, takes float32 targets and predictions of two or more columns as
# they are. Where they lie row by row, the usual order, the mean of each column is added up in float32, one row after
# the other. A million rows of years from 2010 to 2019 have the mean 2029.1 then, a year that is not among them, and what is
# explained is measured from there: predictions that are the true mean for every row have a score of 0.96 instead of
# 0. The same numbers have a score of about 0 as float64 (targets or predictions), or as one column alone, or column
# by column in memory (order F), or with sample_weight=np.ones(n), weights that should change nothing.
# explained_variance_score does the same, and DummyRegressor and SimpleImputer have the wrong mean, too: an empty
# cell becomes the year 2029. StandardScaler adds up in float64 and is right, so one would expect it of the others.
#
# It needs many rows or large means: here it is 0.02 with 300,000 rows, 0.26 with 500,000, and with columns of a
# smaller mean, as the hours here, nothing is seen. Give float64 targets to scores and float64 tables to imputers.
#
# Seen:
#
#   r2_score of the true means, float64: hour 0.00, year 0.00
#   r2_score of the true means, float32: hour 0.00, year 0.96
#   the same, years alone: 0.00
#   the same, order F: hour 0.00, year 0.00
#   the same, sample_weight of ones: hour 0.00, year 0.00
#   explained_variance_score of the true means: hour 0.00, year 0.96
#   the same, predictions float64: hour 0.00, year 0.00
#   MLPRegressor that says the true means, score, float32: 0.48
#   MLPRegressor that says the true means, score, float64: 0.00
#   r2_score of the true means, 300,000 rows: hour 0.00, year 0.02
#   r2_score of the true means, 500,000 rows: hour 0.00, year 0.26
#   SimpleImputer, an empty cell in each column: hour 11.50, year 2029.11
#   SimpleImputer, order F: hour 11.50, year 2014.50
#   DummyRegressor: hour 11.50, year 2029.11
#   StandardScaler, mean_: hour 11.50, year 2014.50
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install scikit-learn==1.9.1 numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import explained_variance_score, r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")  # of epochs that did not suffice
n = 1_000_000
rows = np.arange(n)
exact = np.stack((rows % 24, 2010 + rows % 10), axis=1).astype(np.float64)
y = exact.astype(np.float32)
means = np.empty_like(exact)
means[:] = exact.mean(axis=0)
p = means.astype(np.float32)


def show(text, values):
    hour, year = (round(float(value), 2) + 0.0 for value in values)
    print(f"{text}: hour {hour:.2f}, year {year:.2f}")


def r2(a, b, **more):
    return r2_score(a, b, multioutput="raw_values", **more)


show("r2_score of the true means, float64", r2(exact, means))
show("r2_score of the true means, float32", r2(y, p))
print(f"the same, years alone: {abs(r2_score(y[:, 1], p[:, 1])):.2f}")
show("the same, order F", r2(np.asfortranarray(y), np.asfortranarray(p)))
show("the same, sample_weight of ones", r2(y, p, sample_weight=np.ones(n)))
show("explained_variance_score of the true means", explained_variance_score(y, p, multioutput="raw_values"))
show("the same, predictions float64", r2(y, means))
X = np.zeros((n, 1), dtype=np.float32)
model = MLPRegressor(hidden_layer_sizes=(1,), max_iter=1).fit(X[:100], y[:100])
model.coefs_ = [np.zeros_like(weights) for weights in model.coefs_]
model.intercepts_[1][:] = means[0]
for targets in (y, exact):
    print(f"MLPRegressor that says the true means, score, {targets.dtype}: {abs(model.score(X, targets)):.2f}")
for some in (300_000, 500_000):
    show(f"r2_score of the true means, {some:,} rows", r2(y[:some], p[:some]))

empty = y.copy()
empty[0, 0] = empty[1, 1] = np.nan
for text, table in (("an empty cell in each column", empty), ("order F", np.asfortranarray(empty))):
    filled = SimpleImputer().fit_transform(table)
    show(f"SimpleImputer, {text}", (filled[0, 0], filled[1, 1]))
show("DummyRegressor", DummyRegressor().fit(y, y).predict(y[:1])[0])
show("StandardScaler, mean_", StandardScaler().fit(y).mean_)
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
r2_score of the true means, float64: hour 0.00, year 0.00
r2_score of the true means, float32: hour 0.00, year 0.96
the same, years alone: 0.00
the same, order F: hour 0.00, year 0.00
the same, sample_weight of ones: hour 0.00, year 0.00
explained_variance_score of the true means: hour 0.00, year 0.96
the same, predictions float64: hour 0.00, year 0.00
MLPRegressor that says the true means, score, float32: 0.48
MLPRegressor that says the true means, score, float64: 0.00
r2_score of the true means, 300,000 rows: hour 0.00, year 0.02
r2_score of the true means, 500,000 rows: hour 0.00, year 0.26
SimpleImputer, an empty cell in each column: hour 11.50, year 2029.11
SimpleImputer, order F: hour 11.50, year 2014.50
DummyRegressor: hour 11.50, year 2029.11
StandardScaler, mean_: hour 11.50, year 2014.50
END
