#!/usr/bin/env bash
# Package: skl2onnx 1.20.0, from PyPI, with scikit-learn 1.9.1, onnx 1.23.2, onnxruntime 1.32.0 and numpy 2.4.6.
#
# An integer class label that needs more than 32 bits is exported as another label. For many classifiers, of which
# MLPClassifier is one, the converter writes the labels to a tensor of 32 bits, without an error or a warning, and
# casts what it finds there to int64: 3000000000 is predicted as -1294967296. Two classes that differ only in the
# upper bits become one, so that 1 and 4294967297 are both predicted as 1. The declared type of the output
# is int64, scikit-learn predicts the labels that it was given, and LogisticRegression, RandomForestClassifier
# and KNeighborsClassifier are exported with the right ones. So labels that are account or product numbers,
# hashes or times in milliseconds cannot be trusted after an export, though the model itself is the same.
#
# The probabilities are right, and so is the third output that options={"output_class_labels": True} adds. Look the
# label up there by the largest probability, or train on the numbers 0 to k - 1 and keep the labels elsewhere.
#
# Seen:
#
#   labels 3000000000 and 4000000000
#     scikit-learn, all of them: 3000000000 4000000000
#     MLPClassifier: -1294967296 -294967296
#     Perceptron: -1294967296 -294967296
#     SGDClassifier: -1294967296 -294967296
#     GaussianNB: -1294967296 -294967296
#     LogisticRegression: 3000000000 4000000000
#     RandomForestClassifier: 3000000000 4000000000
#     KNeighborsClassifier: 3000000000 4000000000
#   labels 1 and 4294967297
#     scikit-learn, all of them: 1 4294967297
#     MLPClassifier: 1 1
#     Perceptron: 1 1
#     SGDClassifier: 1 1
#     GaussianNB: 1 1
#     LogisticRegression: 1 4294967297
#     RandomForestClassifier: 1 4294967297
#     KNeighborsClassifier: 1 4294967297
#   MLPClassifier's label output: tensor(int64)
#   MLPClassifier, the third output by the largest probability: 1 4294967297
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
import numpy as np
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

far = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
far[:, 0] = np.where(np.arange(100) % 2, 5, -5)
two = far[:2]


def classifiers():
    yield MLPClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
    yield Perceptron(random_state=0)
    yield SGDClassifier(random_state=0)
    yield GaussianNB()
    yield LogisticRegression()
    yield RandomForestClassifier(n_estimators=5, random_state=0)
    yield KNeighborsClassifier()


def session(model, **options):
    return InferenceSession(to_onnx(model, two, options={"zipmap": False, **options}).SerializeToString())


for labels in ([3_000_000_000, 4_000_000_000], [1, 2**32 + 1]):
    y = np.tile(np.array(labels, dtype=np.int64), 50)
    print("labels", *labels[:1], "and", *labels[1:])
    fitted = [model.fit(far, y) for model in classifiers()]
    (alike,) = {tuple(model.predict(two).tolist()) for model in fitted}
    print("  scikit-learn, all of them:", *alike)
    for model in fitted:
        print(f"  {type(model).__name__}:", *session(model).run(None, {"X": two})[0].tolist())
run = session(fitted[0], output_class_labels=True)
print("MLPClassifier's label output:", run.get_outputs()[0].type)
_, probabilities, names = run.run(None, {"X": two})
print("MLPClassifier, the third output by the largest probability:", *names[probabilities.argmax(axis=1)].tolist())
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
labels 3000000000 and 4000000000
  scikit-learn, all of them: 3000000000 4000000000
  MLPClassifier: -1294967296 -294967296
  Perceptron: -1294967296 -294967296
  SGDClassifier: -1294967296 -294967296
  GaussianNB: -1294967296 -294967296
  LogisticRegression: 3000000000 4000000000
  RandomForestClassifier: 3000000000 4000000000
  KNeighborsClassifier: 3000000000 4000000000
labels 1 and 4294967297
  scikit-learn, all of them: 1 4294967297
  MLPClassifier: 1 1
  Perceptron: 1 1
  SGDClassifier: 1 1
  GaussianNB: 1 1
  LogisticRegression: 1 4294967297
  RandomForestClassifier: 1 4294967297
  KNeighborsClassifier: 1 4294967297
MLPClassifier's label output: tensor(int64)
MLPClassifier, the third output by the largest probability: 1 4294967297
END
