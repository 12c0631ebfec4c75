#!/usr/bin/env bash
# Package: emlearn 0.23.2, from PyPI, with scikit-learn 1.9.1 and numpy 2.4.6; a C compiler.
#
# emlearn writes a network as C, with its weights to six decimals. Six decimals are not six digits: a weight below
# 5e-7 is 0, and one of 2e-6 has a single digit left, where float32 would keep seven. Nothing is said, and the
# numbers of a network with large weights come out right.
#
#   - Weights are small where a scaler has been multiplied into the first layer, as one does to save it on a
#     small processor, and a column is of large numbers: in hertz, bytes or pascals. That column is lost.
#   - They are small in the last layer where the target is, such as seconds or farads of a few millionths. The network
#     answers with a constant.
#
# An old pull request asked for more digits and was closed. What to do: change the units so that the columns and the
# target are of a size near 1.
#
# Three more, without a message:
#
#   - an MLPRegressor is converted into a classifier if return_type="regressor" is not given, and predict returns 0
#     or 1. The default is documented; for trees the argument is not needed, since they go by the class;
#   - a classifier of two labels, each present or not, has the probabilities 1 - p and p of the first label, and
#     nothing of the second; with three labels it has all three;
#   - import emlearn sets numpy.seterr(all="raise") for the whole process, so that an underflow in other code, as in
#     the training of scikit-learn's networks, becomes a FloatingPointError.
#
# Seen:
#
#   underflow before the import: ignore, after it: raise
#   column of size 1e+00: accuracy 1.00, converted above 0.6 True
#   column of size 1e+07: accuracy 1.00, converted above 0.6 False
#   column of size 1e+09: accuracy 1.00, converted above 0.6 False
#   target of size 1e+00: R^2 1.00, converted above 0.99 True, answers above 100 True, a single one False
#   target of size 1e-06: R^2 1.00, converted above 0.99 False, answers above 100 False, a single one False
#   target of size 1e-08: R^2 1.00, converted above 0.99 False, answers above 100 False, a single one True
#   regressor: [1.3, 6.4, -5.4, 13.0], converted [1, 1, 0, 1]
#   2 labels: probabilities the same False, those of the first alone True
#   3 labels: probabilities the same True, those of the first alone False
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install emlearn==0.23.2 scikit-learn==1.9.1 numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore")
before = np.geterr()["under"]
import emlearn  # noqa: E402

print(f"underflow before the import: {before}, after it: {np.geterr()['under']}")
np.seterr(all="ignore")
random = np.random.default_rng(0)
X = random.normal(size=(1000, 2))
common = dict(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=1000, random_state=0)


def converted(model, **options):
    return emlearn.convert(model, method="loadable", **options)


y = (X[:, 1] > 0).astype(int)
for unit in (1, 1e7, 1e9):
    model = MLPClassifier(alpha=1, **common).fit(X, y)
    model.coefs_[0] = model.coefs_[0] / np.array([[1], [unit]])
    rows = X * [1, unit]
    ours, theirs = model.score(rows, y), np.mean(np.array(converted(model).predict(rows)) == y)
    print(f"column of size {unit:.0e}: accuracy {ours:.2f}, converted above 0.6 {theirs > 0.6}")
for unit in (1, 1e-6, 1e-8):
    model = MLPRegressor(alpha=0, tol=1e-8, **common).fit(X, X[:, 0])
    model.coefs_[1], model.intercepts_[1] = model.coefs_[1] * unit, model.intercepts_[1] * unit
    target = X[:, 0] * unit
    answers = np.array(converted(model, return_type="regressor").predict(X))
    ours, theirs = r2_score(target / unit, model.predict(X) / unit), r2_score(target / unit, answers / unit)
    print(f"target of size {unit:.0e}: R^2 {ours:.2f}, converted above 0.99 {theirs > 0.99},", end=" ")
    print(f"answers above 100 {len(set(answers)) > 100}, a single one {len(set(answers)) == 1}")
model = MLPRegressor(**common).fit(X, 10 * X[:, 0])
print(f"regressor: {model.predict(X[:4]).round(1).tolist()}, converted {converted(model).predict(X[:4])}")
for k in (2, 3):
    labels = (np.column_stack([X, -X])[:, :k] > 0).astype(int)
    model = MLPClassifier(alpha=10, **common).fit(X, labels)
    p, q = model.predict_proba(X), np.array(converted(model).predict_proba(X))
    same = np.allclose(p, q, atol=1e-4) if p.shape == q.shape else False
    first = np.allclose(q, np.column_stack([1 - p[:, 0], p[:, 0]]), atol=1e-4) if k == 2 else False
    print(f"{k} labels: probabilities the same {same}, those of the first alone {first}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
underflow before the import: ignore, after it: raise
column of size 1e+00: accuracy 1.00, converted above 0.6 True
column of size 1e+07: accuracy 1.00, converted above 0.6 False
column of size 1e+09: accuracy 1.00, converted above 0.6 False
target of size 1e+00: R^2 1.00, converted above 0.99 True, answers above 100 True, a single one False
target of size 1e-06: R^2 1.00, converted above 0.99 False, answers above 100 False, a single one False
target of size 1e-08: R^2 1.00, converted above 0.99 False, answers above 100 False, a single one True
regressor: [1.3, 6.4, -5.4, 13.0], converted [1, 1, 0, 1]
2 labels: probabilities the same False, those of the first alone True
3 labels: probabilities the same True, those of the first alone False
END
