"""Subnormal numbers: what an optimizer remembers does not stay there."""

import numpy as np
import pytest
from kernel_sets import RUNNABLE, forced

from fastbp import SGD, Adam, NAdam, Network, RMSprop

pytestmark = pytest.mark.kernels

DECAYING = {
    "momentum": SGD(0.1, momentum=0.9),
    "nesterov": SGD(0.1, momentum=0.9, nesterov=True),
    "adam": Adam(0.1, beta2=0.9),
    "adam, eps_hat": Adam(0.1, beta2=0.9, eps_hat=True),
    "nadam": NAdam(0.1, beta2=0.9),
    "rmsprop": RMSprop(0.1, rho=0.9),
    "rmsprop, momentum": RMSprop(0.1, rho=0.9, momentum=0.9),
    "rmsprop, centered": RMSprop(0.1, rho=0.9, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", DECAYING.values(), ids=DECAYING)
def test_row_42_what_a_rule_remembers_decays_to_0(optimizer, dtype, isa):
    """Nine tenths of four times the smallest number round to it again."""
    with forced(isa):
        net = Network([3, 20, 2], activation="tanh", dtype=dtype, seed=0)
        X, y = np.ones((1, 3), dtype), np.array([1])
        net.fit(X, y, epochs=1, optimizer=optimizer)
        assert all(memory.all() for memory in memories_of_first_w(net))
        # 0.9^7200 = 1e-330; samples of zeros, so that w^(1) has no gradient
        net.fit(0 * X, y, epochs=7200, optimizer=optimizer)
    assert not any(memory.any() for memory in memories_of_first_w(net))


def memories_of_first_w(net):
    """What the optimizer remembers of w^(1), an array for each kind of memory."""
    state = net._model.state
    return [state.layout.w(memory, 1) for memory in state.current.memory]
