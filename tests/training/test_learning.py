"""Learning: what the whole library is for, on the digits and on Nielsen's MNIST network.

One seed says little (the digits' held-out accuracy moves by half a percent, and some of Nielsen's
networks stick near 86 %, see docs/stuck-seeds.md), so the medians of several are asked for.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source_tree import ROOT

from fastbp import SGD, Network
from fastbp.datasets import load_digits, load_mnist

DIGITS_SEEDS = range(10)
MNIST_SEEDS = range(5)
BESIDE_THE_REPOSITORY = ROOT.parent / "shared" / "data" / "mnist"


def stratified(y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """80 % of each class to train on, and 20 % held out."""
    parts = [
        np.split(rows, [round(0.8 * len(rows))])
        for rows in (rng.permutation(np.flatnonzero(y == digit)) for digit in range(10))
    ]
    training, held_out = (np.concatenate(part) for part in zip(*parts, strict=True))
    return training, held_out


@cache
def digits_accuracies() -> list[float]:
    """Held-out accuracy for each seed, each with its own stratified split."""
    X, y = load_digits()
    accuracies = []
    for seed in DIGITS_SEEDS:
        training, held_out = stratified(y, np.random.default_rng(seed))
        net = Network(
            [64, 128, 10],
            activation="relu",
            output_activation="softmax",
            loss="cross_entropy",
            seed=seed,
        )
        net.fit(
            X[training],
            y[training],
            epochs=30,
            batch_size=32,
            optimizer=SGD(0.1, momentum=0.9),
            l2=1e-4,
        )
        accuracies.append(net.score(X[held_out], y[held_out]))
    return accuracies


def test_digits_median_of_ten_seeds() -> None:
    accuracies = digits_accuracies()
    assert np.median(accuracies) >= 0.975, sorted(accuracies)


def test_digits_worst_of_ten_seeds() -> None:
    accuracies = digits_accuracies()
    assert min(accuracies) >= 0.955, sorted(accuracies)


def mnist_folder() -> Path:
    """FASTBP_MNIST, or the folder beside the repository; skips where there is neither."""
    named = os.environ.get("FASTBP_MNIST")
    folder = Path(named) if named else BESIDE_THE_REPOSITORY
    if not named and not folder.is_dir():
        pytest.skip("MNIST is not here: set FASTBP_MNIST to the folder of its four files")
    return folder


@cache
def nielsen_accuracies(folder: Path) -> np.ndarray:
    """Test accuracy after each epoch, shape (seeds, 30): chapter 1 of Nielsen's book."""
    X, y = load_mnist(folder)
    Xt, yt = load_mnist(folder, part="test")
    X, y = X[:50_000], y[:50_000]
    runs = []
    for seed in MNIST_SEEDS:
        net = Network([784, 30, 10], loss="half_squared_error", initializer="normal", seed=seed)
        accuracies: list[float] = []

        def record(
            network: Any, epoch: int, history: Any, accuracies: list[float] = accuracies
        ) -> None:
            accuracies.append(network.score(Xt, yt))

        net.fit(X, y, epochs=30, batch_size=10, optimizer=SGD(3.0), callbacks=[record])
        runs.append(accuracies)
    return np.array(runs)


@pytest.mark.slow
def test_nielsen_s_network_after_ten_epochs() -> None:
    after_ten = nielsen_accuracies(mnist_folder())[:, 9]
    assert np.median(after_ten) >= 0.940, sorted(after_ten)


@pytest.mark.slow
def test_nielsen_s_network_best_of_thirty_epochs() -> None:
    best = nielsen_accuracies(mnist_folder()).max(axis=1)
    assert np.median(best) >= 0.946, sorted(best)
