#!/usr/bin/env bash
# Package: skl2onnx 1.20.0, from PyPI, with scikit-learn 1.9.1, onnx 1.23.2, onnxruntime 1.32.0 and numpy 2.4.6.
#
# An OrdinalEncoder that puts rare categories together (min_frequency or max_categories) is exported with the groups
# of the first column for all columns of a matrix: the converter looks the groups up by the number of the input,
# and a matrix is one input. Where the columns have equally many categories, nothing is said, and the codes of all
# columns but the first are of the wrong categories. A pipeline passes them on to its network. With one column, or with
# an input for each column, the codes are right.
#
# And encoded_missing_value has no effect on columns of numbers: a missing cell gets -1, which is also what the exported
# encoder gives for a category that it does not know. scikit-learn refuses those by default.
#
# An issue about min_frequency is closed as fixed, by the code that has the wrong index. What to do: give each
# column an input of its own, and fill missing cells before the encoder.
#
# Seen:
#
#   first column, rare 0 and 1: [2, 2, 0, 1], exported [2, 2, 0, 1]
#   second column, rare 2 and 3: [0, 1, 2, 2], exported [2, 2, 0, 1]
#   the same with max_categories=3: [0, 1, 2, 2], exported [2, 2, 0, 1]
#   an input for each column: exported [0, 1, 2, 2]
#   the network of a pipeline, R^2 1.00, exported -7.25
#   float32, encoded_missing_value=9: [0.0, 1.0, 9.0], exported [0.0, 1.0, -1.0]
#   float64, encoded_missing_value=9: [0.0, 1.0, 9.0], exported [0.0, 1.0, -1.0]
#   an unknown category: ValueError, exported [-1.0]
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
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from skl2onnx.common.data_types import Int64TensorType
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

warnings.simplefilter("ignore")


def exported(model, rows):
    session = InferenceSession(to_onnx(model, rows[:1]).SerializeToString())
    return session.run(None, {"X": rows})[0]


first = np.repeat([0, 1, 2, 3], [10, 10, 90, 90])
second = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [90, 90, 10, 10]))
X = np.column_stack([first, second])
each = np.column_stack([np.arange(4)] * 2)
rare = OrdinalEncoder(min_frequency=20, dtype=np.int64).fit(X)
codes, out = rare.transform(each), exported(rare, each)
print(f"first column, rare 0 and 1: {codes[:, 0].tolist()}, exported {out[:, 0].tolist()}")
print(f"second column, rare 2 and 3: {codes[:, 1].tolist()}, exported {out[:, 1].tolist()}")
most = OrdinalEncoder(max_categories=3, dtype=np.int64).fit(X)
print(
    f"the same with max_categories=3: {most.transform(each)[:, 1].tolist()},",
    f"exported {exported(most, each)[:, 1].tolist()}",
)
types = [(name, Int64TensorType([None, 1])) for name in ("a", "b")]
session = InferenceSession(to_onnx(rare, initial_types=types).SerializeToString())
apart = session.run(None, {"a": each[:, :1], "b": each[:, 1:]})[0]
print(f"an input for each column: exported {apart[:, 1].tolist()}")
y = np.array([0.0, 1.0, 3.0, 3.0])[second]
network = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=2000, random_state=0)
whole = make_pipeline(OrdinalEncoder(min_frequency=20), network).fit(X, y)
print(f"the network of a pipeline, R^2 {whole.score(X, y):.2f}, exported {r2_score(y, exported(whole, X)):.2f}")
for dtype in (np.float32, np.float64):
    column = np.array([[0.5], [1.5], [np.nan]], dtype=dtype)
    encoder = OrdinalEncoder(encoded_missing_value=9).fit(column)
    print(
        f"{dtype.__name__}, encoded_missing_value=9: {encoder.transform(column).ravel().tolist()},",
        f"exported {exported(encoder, column).ravel().tolist()}",
    )
encoder = OrdinalEncoder().fit([[10], [20]])
try:
    print(encoder.transform([[77]]))
except ValueError as error:
    print(f"an unknown category: {type(error).__name__},", end=" ")
print(f"exported {exported(encoder, np.array([[77]])).ravel().tolist()}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
first column, rare 0 and 1: [2, 2, 0, 1], exported [2, 2, 0, 1]
second column, rare 2 and 3: [0, 1, 2, 2], exported [2, 2, 0, 1]
the same with max_categories=3: [0, 1, 2, 2], exported [2, 2, 0, 1]
an input for each column: exported [0, 1, 2, 2]
the network of a pipeline, R^2 1.00, exported -7.25
float32, encoded_missing_value=9: [0.0, 1.0, 9.0], exported [0.0, 1.0, -1.0]
float64, encoded_missing_value=9: [0.0, 1.0, 9.0], exported [0.0, 1.0, -1.0]
an unknown category: ValueError, exported [-1.0]
END
