#!/usr/bin/env bash
# Package: skl2onnx 1.20.0, from PyPI, with scikit-learn 1.9.1, onnx 1.23.2, onnxruntime 1.32.0 and numpy 2.4.6.
#
# A network with more than one output is exported with a table of another shape.
#
#   - MLPRegressor with k targets: the ONNX model returns one column, n * k rows long, instead of n rows of k
#     columns. The numbers are right, one row of the table after the other. For one row of input and two
#     targets it returns two rows, of which the second looks like the prediction for another row. The file declares
#     one column, so nothing warns. A pipeline and a BaggingRegressor around the network do the same; a
#     LinearRegression with two targets is exported as n rows of 2.
#   - MLPClassifier with two labels of which each may be present or not: the converter takes the two for the two
#     classes of a binary problem, and puts 1 - p before p. The probabilities have four columns, of which
#     the first two are those that a label is absent. With three labels they have three columns. With zipmap="columns",
#     which gives an output to each label, these outputs are the wrong ones of the four columns.
#
# Of the second onnxruntime prints a warning when it loads the model (this script turns it off), of the first none.
#
# What to do: reshape the regressor's answer to (n, -1), and take the last two columns of the classifier's.
#
# Seen:
#
#   MLPRegressor, 2 targets, 3 rows: (3, 2), exported (6, 1), declared [None, 1]
#   in a pipeline: exported (6, 1)
#   in a BaggingRegressor: exported (6, 1)
#   LinearRegression: exported (3, 2)
#   targets x and 100 + x, one row of x = 1: [[1.0, 101.0]], exported [[1.0], [101.0]]
#   reshaped to (n, -1), the same: True
#   MLPClassifier, 2 labels, 3 rows: (3, 2), exported (3, 4)
#   the first two columns are 1 - p: True, the last two p: True
#   zipmap="columns", the outputs of the labels are 1 - p: True
#   MLPClassifier, 3 labels, 3 rows: (3, 3), exported (3, 3)
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
from onnxruntime import InferenceSession, set_default_logger_severity
from skl2onnx import to_onnx
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")  # of epochs that did not suffice
set_default_logger_severity(3)
X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
some = X[:3]


def session(model, **options):
    return InferenceSession(to_onnx(model, X[:1], options=options or None).SerializeToString())


def exported(model, rows, **options):
    return session(model, **options).run(None, {"X": rows})


def network(kind, **parameters):
    return kind(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0, **parameters)


Y = np.column_stack([X[:, 0], 100 + X[:, 0]])
model = network(MLPRegressor).fit(X, Y)
(out,) = exported(model, some)
declared = session(model).get_outputs()[0].shape
print(f"MLPRegressor, 2 targets, 3 rows: {model.predict(some).shape}, exported {out.shape}, declared {declared}")
for name, other in {
    "in a pipeline": make_pipeline(StandardScaler(), network(MLPRegressor)),
    "in a BaggingRegressor": BaggingRegressor(network(MLPRegressor), n_estimators=2, random_state=0),
    "LinearRegression": LinearRegression(),
}.items():
    print(f"{name}: exported {exported(other.fit(X, Y), some)[0].shape}")
exact = network(MLPRegressor, activation="identity", alpha=0, tol=1e-9, max_iter=2000).fit(X, Y)
one = np.array([[1, 0, 0]], dtype=np.float32)
print(
    f"targets x and 100 + x, one row of x = 1: {exact.predict(one).round(1).tolist()},",
    f"exported {exported(exact, one)[0].astype(float).round(1).tolist()}",
)
print(f"reshaped to (n, -1), the same: {np.allclose(out.reshape(3, -1), model.predict(some), atol=1e-3)}")
for k in (2, 3):
    model = network(MLPClassifier, alpha=1, max_iter=20).fit(X, (X[:, :k] > 0).astype(int))
    p, out = model.predict_proba(some), exported(model, some, zipmap=False)[1]
    print(f"MLPClassifier, {k} labels, 3 rows: {p.shape}, exported {out.shape}")
    if k == 2:
        absent, present = (np.allclose(out[:, i : i + 2], q, atol=1e-4) for i, q in ((0, 1 - p), (2, p)))
        print(f"the first two columns are 1 - p: {absent}, the last two p: {present}")
        columns = np.column_stack(exported(model, some, zipmap="columns")[1:])
        print(f'zipmap="columns", the outputs of the labels are 1 - p: {np.allclose(columns, 1 - p, atol=1e-4)}')
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
MLPRegressor, 2 targets, 3 rows: (3, 2), exported (6, 1), declared [None, 1]
in a pipeline: exported (6, 1)
in a BaggingRegressor: exported (6, 1)
LinearRegression: exported (3, 2)
targets x and 100 + x, one row of x = 1: [[1.0, 101.0]], exported [[1.0], [101.0]]
reshaped to (n, -1), the same: True
MLPClassifier, 2 labels, 3 rows: (3, 2), exported (3, 4)
the first two columns are 1 - p: True, the last two p: True
zipmap="columns", the outputs of the labels are 1 - p: True
MLPClassifier, 3 labels, 3 rows: (3, 3), exported (3, 3)
END
