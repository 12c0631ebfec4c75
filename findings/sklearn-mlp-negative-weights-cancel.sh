#!/usr/bin/env bash
# Package: scikit-learn 1.9.1 (with numpy 2.4.6), from PyPI.
#
# MLPRegressor and MLPClassifier take negative sample weights without a word, and what they do depends on the
# others in the batch: a batch's gradient is divided by the sum of its weights, which may be negative, too.
# With sample_weight=-1 for every row both signs cancel, and the model is that of weights of 1, to the last bit;
# one would expect an error, as of LinearRegression, or a model that is trained away from y. Only the penalty has
# its sign turned: it rewards large weights.
#
# Seen:
#
#   alpha=0, weights 1 and -1: the same coefs_ True
#   alpha=10, weights 1: a weight above 10 False, a loss below 0 False
#   alpha=10, weights -1: a weight above 10 True, a loss below 0 True
#   MLPClassifier, alpha=0: the same coefs_ True
#   LinearRegression: Negative values in data passed to `sample_weight`.
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
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore")  # of epochs that did not suffice
X = np.random.default_rng(0).normal(size=(100, 3))
y = X[:, 0]


def fitted(kind, weight, **parameters):
    model = kind(hidden_layer_sizes=(20,), random_state=0, max_iter=2000, tol=0, **parameters)
    targets = y > 0 if kind is MLPClassifier else y
    return model.fit(X, targets, np.full(100, weight))


def same(kind):
    a, b = (fitted(kind, weight, alpha=0).coefs_ for weight in (1.0, -1.0))
    return all(map(np.array_equal, a, b))


print(f"alpha=0, weights 1 and -1: the same coefs_ {same(MLPRegressor)}")
for weight in (1.0, -1.0):
    model = fitted(MLPRegressor, weight, alpha=10, learning_rate_init=0.01)
    grows, below = abs(model.coefs_[0]).max() > 10, model.loss_ < 0
    print(f"alpha=10, weights {weight:.0f}: a weight above 10 {grows}, a loss below 0 {below}")
print(f"MLPClassifier, alpha=0: the same coefs_ {same(MLPClassifier)}")
try:
    LinearRegression().fit(X, y, np.full(100, -1.0))
except ValueError as error:
    print(f"LinearRegression: {error}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
alpha=0, weights 1 and -1: the same coefs_ True
alpha=10, weights 1: a weight above 10 False, a loss below 0 False
alpha=10, weights -1: a weight above 10 True, a loss below 0 True
MLPClassifier, alpha=0: the same coefs_ True
LinearRegression: Negative values in data passed to `sample_weight`.
END
