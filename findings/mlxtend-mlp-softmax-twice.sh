#!/usr/bin/env bash
# Package: mlxtend 0.25.0, from PyPI (with numpy 2.4.6 and scikit-learn 1.9.1).
#
# MultiLayerPerceptron.predict_proba takes the softmax of outputs that are a softmax already. So no probability of
# three classes is above e / (e + 2) = 0.576 or below 1 / (e + 2) = 0.212, and none of two outside 0.269 to 0.731. The
# rows add up to 1 and the largest one is the right one, so predict and the accuracy do not show it; the log loss,
# a threshold, or an average with another model's probabilities does.
#
# Four settings of the same class:
#
#   - l1 is added to the cost that is reported, and the training does not know of it: the weights are the same bits;
#   - dropout is a parameter that nothing reads;
#   - decrease_const is documented as eta / (1 + epoch * decrease_const), after each epoch. It divides what it has
#     divided before, and after every batch: 0.01 leaves 1e-18 of eta after 100 epochs, and 1e-250 with 15 batches;
#   - momentum adds a multiple of the previous gradient to the step, as the docstring says, but without eta. With
#     eta=1e-6, where the steps are of that size, momentum=0.5 makes the second step half of a gradient long.
#
# The docstring says nothing of the softmax, and no issue was found. scikit-learn's MLPClassifier
# has probabilities that are a softmax once.
#
# Seen:
#
#   accuracy 0.99, rows add up to 1: True
#   probabilities from 0.212 to 0.576; of the softmax from 0.000 to 1.000
#   they are the softmax of the softmax: True
#   log loss of predict_proba 0.566, of the softmax 0.038
#   l1=1000, the same weights: True; the last cost larger: True
#   dropout=0.1, the same weights: True
#   decrease_const=0.01, eta=0.05, 100 epochs, documented 0.025: 1.2e-18, with 15 batches 2.0e-251
#   eta=1e-06, largest change of a weight in 2 epochs: momentum=0 1.72e-06, momentum=0.5 0.43
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install mlxtend==0.25.0 numpy==2.4.6 scikit-learn==1.9.1 pandas==3.1.1

cat > look.py << 'END'
import numpy as np
from mlxtend.classifier import MultiLayerPerceptron
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def fitted(**parameters):
    return MultiLayerPerceptron(hidden_layers=[10], random_seed=1, **parameters).fit(X, y)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


net = fitted(eta=0.1, epochs=500)
p = net.predict_proba(X)
a = 1 / (1 + np.exp(-(X @ net.w_["1"] + net.b_["1"])))
once = softmax(a @ net.w_["out"] + net.b_["out"])
print(f"accuracy {np.mean(net.predict(X) == y):.2f}, rows add up to 1: {np.allclose(p.sum(axis=1), 1)}")
print(f"probabilities from {p.min():.3f} to {p.max():.3f}; of the softmax from {once.min():.3f} to {once.max():.3f}")
print(f"they are the softmax of the softmax: {np.allclose(p, softmax(once))}")
print(f"log loss of predict_proba {log_loss(y, p):.3f}, of the softmax {log_loss(y, once):.3f}")


def same(one, other):
    return all(np.array_equal(one.w_[k], other.w_[k]) for k in one.w_)


few = dict(eta=0.01, epochs=30)
plain, l1 = fitted(**few), fitted(l1=1000, **few)
print(f"l1=1000, the same weights: {same(plain, l1)}; the last cost larger: {l1.cost_[-1] > 100 * plain.cost_[-1]}")
print(f"dropout=0.1, the same weights: {same(plain, fitted(dropout=0.1, **few))}")
whole, batches = (
    fitted(eta=0.05, epochs=100, decrease_const=0.01, minibatches=k)._decr_eta for k in (1, 15)
)
documented = 0.05 / (1 + 99 * 0.01)
print(f"decrease_const=0.01, eta=0.05, 100 epochs, documented {documented:.3f}:", end=" ")
print(f"{whole:.1e}, with 15 batches {batches:.1e}")
start = fitted(eta=1e-6, epochs=0)
still, moved = (
    max(np.abs(other.w_[k] - start.w_[k]).max() for k in start.w_)
    for other in (fitted(eta=1e-6, epochs=2, momentum=m) for m in (0, 0.5))
)
print(f"eta={1e-6}, largest change of a weight in 2 epochs:", end=" ")
print(f"momentum=0 {still:.3g}, momentum=0.5 {moved:.3g}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
accuracy 0.99, rows add up to 1: True
probabilities from 0.212 to 0.576; of the softmax from 0.000 to 1.000
they are the softmax of the softmax: True
log loss of predict_proba 0.566, of the softmax 0.038
l1=1000, the same weights: True; the last cost larger: True
dropout=0.1, the same weights: True
decrease_const=0.01, eta=0.05, 100 epochs, documented 0.025: 1.2e-18, with 15 batches 2.0e-251
eta=1e-06, largest change of a weight in 2 epochs: momentum=0 1.72e-06, momentum=0.5 0.43
END
