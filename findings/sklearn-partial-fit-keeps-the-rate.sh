#!/usr/bin/env bash
# Package: scikit-learn 1.9.1, from PyPI, with numpy 2.4.6.
#
# MLPRegressor and MLPClassifier make their optimizer in the first call of partial_fit and keep it. What set_params
# changes afterwards is checked and shown by get_params, and of it alpha counts in the next call; but
# learning_rate_init, momentum, beta_1 and hidden_layer_sizes do not: the next step is the same to the last bit. So a
# rate that is lowered from call to call, as one does by hand where no schedule goes on over calls, stays what it was.
# fit with warm_start=True makes a new optimizer each time: the new rate counts, and what Adam has remembered is lost; other
# hidden_layer_sizes have no effect there either.
#
# No issue about it was found. What to do: set_params and fit with warm_start=True, or a schedule.
#
# Seen, how far the second call moves a weight, with the parameter as before and changed:
#
#   sgd partial_fit: learning_rate_init 1e-6 same True, momentum 0.9 same True, 9 nodes same True, alpha 100 same False
#   adam partial_fit: learning_rate_init 1e-6 same True, beta_1 0.1 same True, 9 nodes same True, alpha 100 same False
#   sgd fit: learning_rate_init 1e-6 same False, momentum 0.9 same False, 9 nodes same True, alpha 100 same False
#   sgd partial_fit, after six halvings: get_params says 0.0015625, steps are taken with 0.1
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
from sklearn.neural_network import MLPRegressor

warnings.simplefilter("ignore")  # one iteration does not converge
random = np.random.default_rng(0)
X = random.random((64, 3))
y = X.sum(axis=1)


def regressor(solver):
    return MLPRegressor(
        hidden_layer_sizes=(4,), solver=solver, momentum=0.5, learning_rate_init=0.1, batch_size=64,
        shuffle=False, max_iter=1, warm_start=True, random_state=0,
    )


def moved(solver, method, **changed):
    model = regressor(solver)
    call = getattr(model, method)
    call(X, y)
    before = model.coefs_[0].copy()
    model.set_params(**changed)
    call(X, y)
    return model.coefs_[0] - before


memory = {"sgd": ("momentum", 0.9), "adam": ("beta_1", 0.1)}
for solver, method in [("sgd", "partial_fit"), ("adam", "partial_fit"), ("sgd", "fit")]:
    name, value = memory[solver]
    changes = {
        "learning_rate_init 1e-6": {"learning_rate_init": 1e-6},
        f"{name} {value}": {name: value},
        "9 nodes": {"hidden_layer_sizes": (9,)},
        "alpha 100": {"alpha": 100.0},
    }
    usual = moved(solver, method)
    same = {what: bool((moved(solver, method, **changed) == usual).all()) for what, changed in changes.items()}
    print(f"{solver} {method}:", ", ".join(f"{what} same {is_same}" for what, is_same in same.items()))
model = regressor("sgd")
for i in range(7):
    model.set_params(learning_rate_init=0.1 / 2**i)
    model.partial_fit(X, y)
said, taken = model.get_params()["learning_rate_init"], model._optimizer.learning_rate
print(f"sgd partial_fit, after six halvings: get_params says {said}, steps are taken with {taken}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
sgd partial_fit: learning_rate_init 1e-6 same True, momentum 0.9 same True, 9 nodes same True, alpha 100 same False
adam partial_fit: learning_rate_init 1e-6 same True, beta_1 0.1 same True, 9 nodes same True, alpha 100 same False
sgd fit: learning_rate_init 1e-6 same False, momentum 0.9 same False, 9 nodes same True, alpha 100 same False
sgd partial_fit, after six halvings: get_params says 0.0015625, steps are taken with 0.1
END
