#!/usr/bin/env bash
# Package: river 0.26.1, from PyPI, with numpy 2.4.6 and scipy 1.17.1.
#
# CrossEntropy(class_weight), the loss of river's SoftmaxRegression, gives w_y (-ln p_y) for a sample of class y, as one
# expects; but of its gradient by z_c, component c is multiplied by w_c, its own class's, where it should be w_y for all.
# So it is not the gradient of the loss, and its components do not sum to 0. A weight is then a learning rate of
# its class's output: what the model tends to does not depend on the weights. Of three classes that are equally
# frequent one of weight 10 gets 1/3, not 10/12. Log(weight_pos), the loss of LogisticRegression, is right: 10/11 of
# two that are equally frequent.
#
# No issue about it was found. What to do: no class_weight, and learn_one as many times for a sample as its class weighs
# (SoftmaxRegression takes no weight of a sample).
#
# Seen:
#
#   class 0: gradient is w_y (p - y) False, w_c (p_c - y_c) True, sums to 0 False
#   class 1: gradient is w_y (p - y) False, w_c (p_c - y_c) True, sums to 0 False
#   SoftmaxRegression: without weights 0.33, with 0.33, with 10 calls 0.83, expected 0.83
#   LogisticRegression: without weights 0.50, with 0.91, expected 0.91
#
# Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install river==0.26.1 numpy==2.4.6 scipy==1.17.1

cat > look.py << 'END'
from math import isclose

from river import linear_model, optim

W = 10.0
x = {"one": 1.0}  # the same for all samples: only how frequent a class is can be learnt
weights = {0: W, 1: 1.0, 2: 1.0}
loss = optim.losses.CrossEntropy(weights)
p = {0: 0.2, 1: 0.3, 2: 0.5}
for y in (0, 1):
    g = loss.gradient(y, p)
    assert isclose(loss(y, p), weights[y] * optim.losses.CrossEntropy()(y, p))
    of_sample = all(isclose(g[c], weights[y] * (p[c] - (c == y))) for c in p)
    of_output = all(isclose(g[c], weights[c] * (p[c] - (c == y))) for c in p)
    total = isclose(sum(g.values()), 0, abs_tol=1e-9)
    print(f"class {y}: gradient is w_y (p - y) {of_sample}, w_c (p_c - y_c) {of_output}, sums to 0 {total}")


def mean_after(model, of, classes, calls=1):
    """The mean probability in a turn of all classes, after many of them; `of` is learnt so many times."""
    seen = []
    for turn in range(4001):
        for y in classes:
            for _ in range(calls if y == of else 1):
                model.learn_one(x, y)
                if turn == 4000:
                    seen.append(model.predict_proba_one(x)[of])
    return sum(seen) / len(seen)


softmax, logistic = linear_model.SoftmaxRegression, linear_model.LogisticRegression
entropy, log, rate = optim.losses.CrossEntropy, optim.losses.Log, 0.005
plain = mean_after(softmax(optim.SGD(rate), entropy()), 0, [0, 1, 2])
weighted = mean_after(softmax(optim.SGD(rate), entropy(weights)), 0, [0, 1, 2])
called = mean_after(softmax(optim.SGD(rate), entropy()), 0, [0, 1, 2], calls=int(W))
print(
    f"SoftmaxRegression: without weights {plain:.2f}, with {weighted:.2f}, "
    f"with 10 calls {called:.2f}, expected {W / (W + 2):.2f}"
)
plain = mean_after(logistic(optim.SGD(rate), log()), True, [True, False])
weighted = mean_after(logistic(optim.SGD(rate), log(weight_pos=W)), True, [True, False])
print(f"LogisticRegression: without weights {plain:.2f}, with {weighted:.2f}, expected {W / (W + 1):.2f}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
class 0: gradient is w_y (p - y) False, w_c (p_c - y_c) True, sums to 0 False
class 1: gradient is w_y (p - y) False, w_c (p_c - y_c) True, sums to 0 False
SoftmaxRegression: without weights 0.33, with 0.33, with 10 calls 0.83, expected 0.83
LogisticRegression: without weights 0.50, with 0.91, expected 0.91
END
