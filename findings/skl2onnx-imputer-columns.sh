#!/usr/bin/env bash
# Package: skl2onnx 1.20.0, from PyPI, with scikit-learn 1.9.1, onnx 1.23.2, onnxruntime 1.32.0 and numpy 2.4.6.
#
# A SimpleImputer with add_indicator=True is exported without its indicators: the graph fills the missing cells and
# has no columns that say where they were. Exporting warns of nothing. What follows in a pipeline was trained on the
# indicators too. A network or a tree is exported, and then fails on every row that it is given, whatever is
# missing. A linear model even runs: it takes as many of its coefficients as there are columns, and its predictions are
# wrong. Only where a scaler stands between, or another step that knows its number of columns, does
# the export itself fail.
#
# The other way round, a column that had no value at all when the imputer was fitted, which scikit-learn
# leaves out of its output (keep_empty_features=False), stays in the exported one, as NaN.
#
# What to do: train such a pipeline without the option and without empty columns, and compare the predictions of
# both before the exported one is used.
#
# Seen:
#
#   with indicators: 4 columns, exported 3
#   a network behind it: exported, then Fail
#   Ridge behind it: R^2 1.00, exported 0.03
#   a scaler between: RuntimeError when exported
#   without a value in the second column: 2 columns, exported 3, of which 1 is NaN
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install skl2onnx==1.20.0 scikit-learn==1.9.1 onnx==1.23.2 \
    onnxruntime==1.32.0 numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(4)


def exported(model, rows):
    return onnxruntime.InferenceSession(to_onnx(model, rows[:1]).SerializeToString())


def after_imputer(*steps):
    return make_pipeline(SimpleImputer(add_indicator=True), *steps).fit(X, y)


rng = np.random.default_rng(0)
X = rng.standard_normal((300, 3)).astype("f")
y = 2 * X[:, 0]
missing = rng.random(300) < 0.3
X[missing, 0], y[missing] = np.nan, 5

imputer = SimpleImputer(add_indicator=True).fit(X)
out = exported(imputer, X).run(None, {"X": X})[0]
print(f"with indicators: {imputer.transform(X).shape[1]} columns, exported {out.shape[1]}")

network = MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=0)
session = exported(after_imputer(network), X)
try:
    session.run(None, {"X": X[~missing]})
except Exception as error:
    print(f"a network behind it: exported, then {type(error).__name__}")

linear = after_imputer(Ridge())
out = exported(linear, X).run(None, {"X": X})[0]
print(f"Ridge behind it: R^2 {linear.score(X, y):.2f}, exported {r2_score(y, out.ravel()):.2f}")

try:
    exported(after_imputer(StandardScaler(), network), X)
except RuntimeError as error:
    print(f"a scaler between: {type(error).__name__} when exported")

X[:, 1] = np.nan
imputer = SimpleImputer().fit(X)
out = exported(imputer, X).run(None, {"X": X})[0]
print(
    f"without a value in the second column: {imputer.transform(X).shape[1]} columns,",
    f"exported {out.shape[1]}, of which {np.isnan(out).all(axis=0).sum()} is NaN",
)
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
with indicators: 4 columns, exported 3
a network behind it: exported, then Fail
Ridge behind it: R^2 1.00, exported 0.03
a scaler between: RuntimeError when exported
without a value in the second column: 2 columns, exported 3, of which 1 is NaN
END
