"""What a signal's handler saves of the network that its own thread trains is of one moment, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alarms import needs_alarms, with_alarm

from fastbp import SGD, Network
from fastbp.training.threads import Exactly

# Nothing can be learnt from samples that are all alike.
pytestmark = [
    needs_alarms,
    pytest.mark.threads,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),
]


def seen_by_handlers(fit: Callable[[], Any], see: Callable[[], Any]) -> list[Any]:
    """What `see` returned soon after the start of each of several fits."""
    seen: list[Any] = []
    for seconds in (0.002, 0.005, 0.01, 0.02):
        with_alarm(fit, seconds, lambda: seen.append(see()))
    assert seen
    return seen


def of_one_moment(net: Any) -> bool:
    """Whether all weights of each layer are equal, as all biases are."""
    return all(np.ptp(array) == 0 for array in (*net.weights, *net.biases))


def test_a_copy_made_while_other_threads_compute_is_of_one_moment() -> None:
    # With tuned kernels, so many multiply-adds after the start of a fit that signals are looked at
    # for the first time, this network is in the backward pass of its second step.
    sizes, batch_size = [512, 2048, 512], 96
    net = Network(
        sizes,
        activation="identity",
        output_activation="identity",
        loss="mean_squared_error",
        initializer="zeros",
        dtype="float64",
    )
    for w in net.weights:
        w[...] = 0.5 / w.shape[1]
    n = 4 * batch_size
    X = np.broadcast_to(np.ones(sizes[0]), (n, sizes[0]))
    y = np.repeat(np.arange(1.0, n + 1), sizes[-1]).reshape(n, -1)

    def fit() -> None:
        net.fit(X, y, epochs=1, batch_size=batch_size, shuffle=False, optimizer=SGD(1e-6),
                n_threads=Exactly(2))  # fmt: skip

    copies = seen_by_handlers(fit, net.copy)
    assert of_one_moment(net)
    assert all(map(of_one_moment, copies))


def test_the_count_of_steps_belongs_to_the_weights() -> None:
    # Of a step on one sample the bias says how many there were: each adds 2 * 1e-15 * 1e12.
    net = Network([1, 1], output_activation="identity", initializer="zeros", dtype="float64")
    n = 1_000_000
    X, y = np.broadcast_to(0.0, (n, 1)), np.broadcast_to(1e12, (n, 1))

    ready = []  # not between the next two lines, which are no one moment

    def fit() -> None:
        ready.clear()
        net.biases[0][...] = 0
        net.optimizer = SGD(1e-15, momentum=0.5)  # another one for a moment: the count begins anew
        ready.append(True)
        # Unchecked, all epochs are one call; the first look at signals is in the fifth.
        net.fit(X, y, epochs=5, batch_size=1, shuffle=False, optimizer=SGD(1e-15),
                check_input=False)  # fmt: skip

    def see() -> tuple[int, float]:
        if not ready:
            return 0, 0.0
        state = net._model.state.description()
        return state["steps"], float(net.biases[0][0]) / 2e-3

    for steps, by_the_bias in seen_by_handlers(fit, see):
        assert by_the_bias == pytest.approx(steps, abs=0.5)
