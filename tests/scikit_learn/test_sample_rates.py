"""The rates of learning_rate="invscaling", which scikit-learn's optimizer sets after each epoch."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from fastbp import SGD, Network
from fastbp.model.training_plan import TrainingPlan
from fastbp.optimizers import Optimizer
from fastbp.training.rates import STEPS_PER_TABLE, RateTable

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from fastbp.sklearn.rates import SampleInverseScaling

POWERS = (0.0, 0.25, 0.5, 1 / 3, 1.0, 2, 3.7)
SIZES = ((1, 1), (7, 3), (1797, 9), (1797, 57), (10**6, 500))
EPOCHS = 20


def rates_one_by_one(
    rate: float, power: float, samples: int, steps: int, seen: int, anew: bool
) -> list[float]:
    """As scikit-learn has them: the rate set at the end of an epoch is that of the next one."""
    rates, t = [], seen
    current = rate if anew else float(rate) / (t + 1) ** power
    for _ in range(EPOCHS):
        rates += [current] * steps
        t += samples
        current = float(rate) / (t + 1) ** power
    return rates


def tables(schedule: Any, first: int, n_steps: int, steps_per_epoch: int) -> Any:
    """All rates of a call, as the training loop gets them, a table at a time."""
    table = RateTable(schedule, first, n_steps, steps_per_epoch, None)
    plan = TrainingPlan("sgd", {"learning_rate": 1.0}, 1)
    factors: list[float] = []
    while len(factors) < n_steps:
        plan = table.extend(plan, first + len(factors))
        assert plan.factors is not None
        factors += plan.factors.tolist()
    return np.array(factors)


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("seen", [0, 5, 123_456])
@pytest.mark.parametrize(("samples", "steps"), SIZES)
@pytest.mark.parametrize("power", POWERS)
def test_factors_are_those_of_each_epoch(
    power: float, samples: int, steps: int, seen: int, anew: bool
) -> None:
    options: dict[str, Any] = {"samples": samples, "steps": steps, "seen": seen, "anew": anew}
    for rate in (1.0, 0.05):
        expected = np.array(rates_one_by_one(rate, power, samples, steps, seen, anew))
        schedule = SampleInverseScaling(power, **options, rate=rate)
        factors = tables(schedule, 1 + seen, EPOCHS * steps, steps)
        if isinstance(power, float):
            assert np.array_equal(factors, expected)
        else:  # Python's integers are exact until the division
            assert np.all(np.abs(factors - expected) <= np.spacing(expected))


def test_tables_of_a_call_join_within_an_epoch() -> None:
    steps = STEPS_PER_TABLE // 2 + 3
    factors = tables(SampleInverseScaling(0.5, samples=10**5, steps=steps), 1, 3 * steps, steps)
    changes = np.flatnonzero(np.diff(factors)) + 1
    assert changes.tolist() == [steps, 2 * steps]


def test_a_power_that_overflows_leaves_no_rate() -> None:
    factors = SampleInverseScaling(1e3, samples=100, steps=1, rate=0.1).factors([0, 1, 2], 3)
    assert factors.tolist() == [0.1, 0.0, 0.0]


@pytest.mark.kernels
def test_training_goes_by_the_rates_of_samples() -> None:
    """Epochs with the schedule, and one by one with the rate of each."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    options: dict[str, Any] = {"output_activation": "identity", "seed": 0}
    by_schedule, one_by_one = (Network([3, 6, 2], "tanh", **options) for _ in range(2))
    options = {"batch_size": 16, "shuffle": False}
    seen = 0
    for epochs in (4, 1, 3):
        schedule = SampleInverseScaling(0.4, samples=50, steps=4, seen=seen, rate=0.05)
        optimizer: Optimizer = SGD(1.0, 0.9, nesterov=True, schedule=schedule)
        assert pickle.loads(pickle.dumps(optimizer)) == optimizer
        by_schedule.fit(X, y, epochs=epochs, optimizer=optimizer, **options)
        for _ in range(epochs):
            optimizer = SGD(0.05 / (seen + 1) ** 0.4, 0.9, nesterov=True)
            one_by_one.fit(X, y, epochs=1, optimizer=optimizer, **options)
            seen += 50
    assert np.array_equal(by_schedule.parameters, one_by_one.parameters)


@pytest.mark.parametrize("epochs", [1, 6])
def test_the_rates_are_scikit_learns(epochs: int) -> None:
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    theirs = SGDOptimizer([np.zeros(1)], 0.5, "invscaling", power_t=0.3)
    expected = []
    for epoch in range(epochs):
        expected.append(theirs.learning_rate)
        theirs.iteration_ends(97 * (epoch + 1))
    schedule = SampleInverseScaling(0.3, samples=97, steps=1, rate=0.5)
    assert schedule.factors(np.arange(epochs), epochs).tolist() == expected
    later = SampleInverseScaling(0.3, samples=97, steps=1, seen=97 * epochs, rate=0.5)
    assert later.factors([0], 1).tolist() == [theirs.learning_rate]
