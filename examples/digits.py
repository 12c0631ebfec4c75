"""Handwritten digits: train, test on images that were held out, save, load again."""

import tempfile
from pathlib import Path

from fastbp import SGD, Network
from fastbp.datasets import digits_split, load_digits

X, y = load_digits()
training, held_out = digits_split(y)

net = Network(
    [64, 64, 10], activation="relu", output_activation="softmax", loss="cross_entropy", seed=0
)
history = net.fit(X[training], y[training], epochs=30, optimizer=SGD(0.1, momentum=0.9))
print(f"{sum(history.seconds):.2f} s, C = {history.loss[-1]:.5f}")
print(f"held-out accuracy {100 * net.score(X[held_out], y[held_out]):.2f} %")

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "digits.safetensors")
    net.save(path)
    again = Network.load(path)
print("the same after saving and loading:", (again.predict(X) == net.predict(X)).all())
