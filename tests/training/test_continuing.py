"""What a network carries on from call to call, and into its copies."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn import DTYPES, EVERY_OPTIMIZER, batch_for
from network_state import differences, state_of
from small_tasks import classifier, samples

from fastbp import SGD, Adam


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_two_fits_of_one_epoch_are_one_fit_of_two(optimizer: Any, dtype: str) -> None:
    """Velocity, moments, the count of steps and the order of the samples are carried on."""
    X, y = samples()
    once, twice = classifier(dtype=dtype), classifier(dtype=dtype)
    full_history = once.fit(X, y, epochs=4, batch_size=batch_for(optimizer, 7), optimizer=optimizer)
    parts = [
        twice.fit(
            X, y, epochs=n, batch_size=batch_for(optimizer, 7), optimizer=copy.copy(optimizer)
        )
        for n in (1, 2, 1)
    ]
    assert np.array_equal(once.parameters, twice.parameters)
    assert full_history.loss == [loss for part in parts for loss in part.loss]


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_train_step_and_fit_carry_on_the_same_state(optimizer: Any) -> None:
    X, y = samples(10)
    stepped, fitted = classifier(), classifier()
    for _ in range(4):
        stepped.train_step(X, y, optimizer=optimizer)
    fitted.fit(X, y, epochs=2, batch_size=10, optimizer=optimizer, shuffle=False)
    fitted.train_step(X, y, optimizer=optimizer)
    fitted.fit(X, y, epochs=1, batch_size=10, optimizer=optimizer, shuffle=False)
    assert np.array_equal(stepped.parameters, fitted.parameters)


@pytest.mark.parametrize(
    "other", [Adam(0.01, beta1=0.8), SGD(0.1, momentum=0.9), SGD(0.1)], ids=str
)
def test_another_optimizer_starts_afresh(other: Any) -> None:
    X, y = samples()
    net = classifier()
    net.fit(X, y, epochs=2, optimizer=Adam(0.01))
    fresh = classifier(seed=5)
    fresh.parameters = net.parameters
    for network in (net, fresh):
        network.fit(X, y, epochs=2, optimizer=other, shuffle=False)
    assert np.array_equal(net.parameters, fresh.parameters)


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_another_learning_rate_keeps_the_memory(optimizer: Any) -> None:
    X, y = samples()
    in_call, assigned, set_alone = classifier(), classifier(), classifier()
    slower = replace(optimizer, learning_rate=optimizer.learning_rate / 2)
    for net in (in_call, assigned, set_alone):
        net.fit(X, y, epochs=2, optimizer=optimizer)
    memory = set_alone._model.state.current.memory
    assigned.optimizer = slower
    set_alone.learning_rate = slower.learning_rate
    in_call.fit(X, y, epochs=2, optimizer=slower)
    for net in (assigned, set_alone):
        net.fit(X, y, epochs=2)
        assert np.array_equal(net.parameters, in_call.parameters)
    assert set_alone.optimizer == slower
    assert set_alone._model.state.current.memory is memory
    assert set_alone._model.state.steps == in_call._model.state.steps


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_a_rate_set_by_a_callback_holds_from_the_next_epoch_on(optimizer: Any) -> None:
    X, y = samples()
    called, apart = classifier(), classifier()

    def halve(net: Any, epoch: int, history: Any) -> None:
        net.learning_rate /= 2

    called.fit(X, y, epochs=3, optimizer=optimizer, callbacks=halve)
    for e in range(3):
        slower = replace(optimizer, learning_rate=optimizer.learning_rate / 2**e)
        apart.fit(X, y, epochs=1, optimizer=slower)
    assert np.array_equal(called.parameters, apart.parameters)
    assert called.learning_rate == optimizer.learning_rate / 8


class SetsTheRate:
    """Samples whose reading sets a network's learning rate, as another thread might just then."""

    def __init__(self, net: Any, X: Any) -> None:
        self.net, self.X = net, X

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.net.learning_rate = 0.125
        return self.X


@pytest.mark.parametrize("call", ["fit", "train_step"])
def test_a_rate_set_after_a_call_has_begun_holds_for_it(call: str) -> None:
    X, y = samples(10)
    before, meanwhile = classifier(), classifier()
    before.learning_rate = 0.125
    getattr(before, call)(X, y)
    getattr(meanwhile, call)(SetsTheRate(meanwhile, X), y)
    assert meanwhile.learning_rate == 0.125
    assert np.array_equal(before.parameters, meanwhile.parameters)


def test_setting_the_rate_makes_no_memory_and_forgets_no_steps() -> None:
    net = classifier()
    net.learning_rate = 0.125
    assert net._model.state.current.memory == ()
    X, y = samples()
    net.fit(X, y, epochs=2)
    net._model.state.forget_memory()  # as a file without it is loaded
    steps = net._model.state.steps
    net.learning_rate = 0.25
    assert net._model.state.steps == steps > 0


def test_a_bad_learning_rate_changes_nothing() -> None:
    net = classifier()
    before = net.optimizer
    for bad in (-1, float("nan"), "0.1"):
        with pytest.raises((ValueError, TypeError), match="learning_rate"):
            net.learning_rate = bad  # type: ignore[assignment]
    assert net.optimizer is before


def test_the_optimizer_is_not_replaced_in_a_callback_which_may_set_the_rate() -> None:
    X, y = samples()
    net = classifier()

    def replace_it(net: Any, epoch: int, history: Any) -> None:
        net.optimizer = Adam(0.5)

    with pytest.raises(RuntimeError, match=r"setting the optimizer: .*net\.learning_rate = "):
        net.fit(X, y, epochs=2, callbacks=replace_it)


def test_going_back_to_an_optimizer_starts_it_afresh_too() -> None:
    X, y = samples()
    net, fresh = classifier(), classifier(seed=5)
    for optimizer in (Adam(0.01), SGD(0.1)):
        net.fit(X, y, epochs=1, optimizer=optimizer)
    fresh.parameters = net.parameters
    for network in (net, fresh):
        network.fit(X, y, epochs=2, optimizer=Adam(0.01), shuffle=False)
    assert np.array_equal(net.parameters, fresh.parameters)


def test_fit_without_an_optimizer_goes_on_with_the_network_s_own() -> None:
    X, y = samples()
    once, twice = classifier(), classifier()
    once.fit(X, y, epochs=2, optimizer=Adam(0.01))
    twice.fit(X, y, epochs=1, optimizer=Adam(0.01))
    assert twice.optimizer == Adam(0.01)
    twice.fit(X, y, epochs=1)
    assert np.array_equal(once.parameters, twice.parameters)


def test_fit_never_draws_new_weights() -> None:
    X, y = samples()
    net = classifier()
    before = net.parameters
    net.fit(X, y, epochs=1, optimizer=SGD(0.0))
    assert np.array_equal(net.parameters, before)


COPIES = {
    "net.copy": lambda net: net.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_a_copy_goes_on_just_as_the_original_would(how: str, optimizer: Any) -> None:
    X, y = samples()
    net = classifier()
    batch_size = batch_for(optimizer, 7)
    net.fit(X, y, epochs=2, batch_size=batch_size, optimizer=optimizer)
    twin = COPIES[how](net)
    assert np.array_equal(twin.predict(X), net.predict(X))
    assert twin.optimizer == optimizer
    before = twin.parameters
    first = net.fit(X, y, epochs=2, batch_size=batch_size)
    assert np.array_equal(twin.parameters, before), "the copy must not share memory"
    second = twin.fit(X, y, epochs=2, batch_size=batch_size)
    assert np.array_equal(net.parameters, twin.parameters)
    assert first.loss == second.loss


def test_looking_changes_nothing() -> None:
    X, y = samples()
    net = classifier()
    net.fit(X, y, epochs=1, optimizer=Adam(0.01))
    before = state_of(net)
    net.predict(X)
    net.predict_classes(X)
    net.score(X, y)
    net.loss_value(X, y)
    net.gradients(X, y)
    net.trace(X[0], y[0])
    assert not differences(before, state_of(net))
