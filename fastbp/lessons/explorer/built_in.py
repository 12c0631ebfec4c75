"""The networks that every explorer page has, so that a class can begin without one of its own."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.datasets import load_digits
from fastbp.lessons import mazur
from fastbp.lessons.explorer.network_data import network_data
from fastbp.lessons.networks import small_network
from fastbp.network import Network
from fastbp.optimizers import SGD

DIGITS_SHOWN = 60


def built_in() -> Iterator[dict[str, Any]]:
    """Describe them, the simplest of the well-known ones first."""
    yield _mazur()
    yield _xor()
    yield from _three_nodes()
    yield _widths()
    yield _digit()


def _mazur() -> dict[str, Any]:
    return network_data(
        mazur.mazur_network(),
        mazur.X,
        mazur.Y,
        title="Mazur's 2-2-2 network",
        text="The most copied worked example. Its biases take part and stay fixed. Choose which "
        "weights the layer below uses: some of the published numbers come from the new ones.",
        learning_rate=mazur.LEARNING_RATE,
    )


def _xor() -> dict[str, Any]:
    # With this seed SGD(2.0) solves it within 2,000 steps: the example of Network's docstring.
    net = Network([2, 4, 1], dtype="float64", seed=2)
    return network_data(
        net,
        np.array([[0, 0], [0, 1], [1, 0], [1, 1]]),
        np.array([0, 1, 1, 0]),
        title="XOR, 2-4-1",
        text="Four samples that no network without a hidden layer can tell apart. Some 2,000 steps "
        "on batches of four solve it.",
        learning_rate=2.0,
        batch_size=4,
    )


def _three_nodes() -> Iterator[dict[str, Any]]:
    """Two inputs and one relu node, whose bias decides whether it is active."""
    for bias in (False, True):
        net = Network(
            [2, 1], output_activation="relu", dtype="float64", bias=bias, initializer="zeros"
        )
        net.weights[0][...] = [[-0.55, 0.10]]
        if bias:
            net.biases[0][...] = 1.0
        yield network_data(
            net,
            np.array([[1.0, 2.0]]),
            np.array([1.0]),
            title=f"Three nodes, {'with' if bias else 'without'} bias",
            text="The bias of 1 lifts the node's input above 0: relu lets it through, and the node "
            "can learn."
            if bias
            else "Without a bias the node's input is below 0: relu gives 0, its slope is 0, and "
            "nothing is learned. Compare with the next example.",
            learning_rate=0.1,
        )


def _widths() -> dict[str, Any]:
    net, x, y = small_network([4, 3, 5, 2])
    return network_data(
        net,
        x[None],
        y[None],
        title="Layers of different width, 4-3-5-2",
        text="Nothing changes but the ends of the loops: a weight matrix has a row for each node "
        "of its own layer and a column for each node of the layer below.",
    )


def _digit() -> dict[str, Any]:
    X, y = load_digits()
    net = Network(
        [64, 16, 10],
        activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=0,
    )
    net.fit(X, y, epochs=2, batch_size=32, optimizer=SGD(0.05))
    return network_data(
        net,
        X[:DIGITS_SHOWN],
        y[:DIGITS_SHOWN],
        title="A handwritten digit, 64-16-10",
        text="An image of 8 x 8 pixels, relu below softmax with cross_entropy, after two epochs of "
        "training. Large layers are folded; move their windows to see other nodes.",
        learning_rate=0.1,
        batch_size=10,
        image=(8, 8),
    )
