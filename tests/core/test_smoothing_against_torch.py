"""Fifty steps with label smoothing and class weights, beside those of torch.nn.CrossEntropyLoss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import assert_close

from fastbp import SGD, Adam, Network

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),  # noise is not learnt
]

N, K, BATCH_SIZE, STEPS = 40, 4, 8, 50
CLASS_WEIGHTS = np.array([0.3, 2.0, 1.0, 4.0])
OPTIMIZERS = {"sgd": (SGD(0.1), "SGD", {"lr": 0.1}), "adam": (Adam(0.01), "Adam", {"lr": 0.01})}


def trained_by_torch(net: Network, X: Any, y: Any, kind: str, numbers: Any, loss: Any) -> Any:
    """The parameters after all steps, in the order of ``net.parameters``, and each step's C."""
    pairs = zip(net.weights, net.biases, strict=True)
    parameters = [torch.tensor(p.copy(), requires_grad=True) for pair in pairs for p in pair]
    optimizer = getattr(torch.optim, kind)(parameters, **numbers)
    w1, b1, w2, b2 = parameters
    C = []
    for t in range(STEPS):
        batch = slice(t * BATCH_SIZE % N, t * BATCH_SIZE % N + BATCH_SIZE)
        optimizer.zero_grad()
        z = torch.tanh(torch.tensor(X[batch]) @ w1.T + b1) @ w2.T + b2
        of_batch = loss(z, torch.tensor(y[batch]))
        C.append(of_batch.item())
        of_batch.backward()
        optimizer.step()
    return np.concatenate([p.detach().numpy().ravel() for p in parameters]), C


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("s", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("form", ["labels", "soft"])
@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_fifty_steps_equal_torchs(
    rule: str, form: str, s: float, weighted: bool, one_hot: bool
) -> None:
    """Of soft labels torch divides by the number of samples; here it is that of their weights."""
    rng = np.random.default_rng(0)
    X, labels = rng.standard_normal((N, 5)), rng.integers(0, K, N)
    soft = np.eye(K)[labels] if one_hot else rng.dirichlet(np.ones(K), N)
    w = CLASS_WEIGHTS if weighted else np.ones(K)
    criterion = torch.nn.CrossEntropyLoss(torch.tensor(w), label_smoothing=s)

    def loss(z: Any, y: Any) -> Any:
        C = criterion(z, y)
        return C if form == "labels" else C * len(y) / (y @ torch.tensor(w)).sum()

    y = labels if form == "labels" else soft
    net = Network(
        [5, 7, K], "tanh", output_activation="softmax", loss="cross_entropy", dtype="float64",
        seed=1,
    )  # fmt: skip
    before = net.parameters
    optimizer, *description = OPTIMIZERS[rule]
    expected, C = trained_by_torch(net, X, y, *description, loss)
    history = net.fit(
        X,
        soft if one_hot else y,
        epochs=STEPS * BATCH_SIZE // N,
        batch_size=BATCH_SIZE,
        shuffle=False,
        optimizer=optimizer,
        label_smoothing=s,
        class_weight=dict(enumerate(w)) if weighted else None,
    )
    # Some 1e-16 for each operation of a step, and what 50 steps make of it.
    assert_close(net.parameters, expected, 1e-12)
    assert np.abs(before - expected).min() > 1e-6  # every parameter has moved
    n = (soft if form == "soft" or one_hot else np.eye(K)[labels]) @ w
    by_batch = n.reshape(-1, BATCH_SIZE).sum(axis=1)
    epochs = np.reshape(C, (-1, N // BATCH_SIZE))
    assert_close(history.loss, np.average(epochs, axis=1, weights=by_batch), 1e-12)
