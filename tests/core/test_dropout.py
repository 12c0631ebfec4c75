"""Dropout: what trains, what it equals, and when it is off."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_HIDDEN, EVERY_OPTIMIZER, OUTPUTS, batch_for
from kernel_sets import RUNNABLE, fast_path, forced
from network_state import differences, generator_of, share_target_kind, state_of
from recorded_slices import taking
from reference_network import Specification
from tolerances import assert_close
from ways_in import NUMBERS, bits, gradient_arrays, samples

from fastbp import SGD, Activation, Adam, DivergenceError, Network, reference_options
from fastbp.activations import ACTIVATIONS

pytestmark = pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning")

KEY = 0x0123456789ABCDEF
X, Y = samples(11, 5, 3)


def network(
    activation: Any = "tanh", dropout: Any = (0.3, 0.6), sizes: Any = (5, 7, 6, 3), **options: Any
) -> Network:
    return Network(
        sizes, activation, **{"dtype": "float64", "seed": 3, **options, "dropout": dropout}
    )


def with_key(net: Network, key: int = KEY) -> Network:
    net._model.state.dropout_key = key
    return net


def trained(net: Network, **options: Any) -> Network:
    net.fit(X, Y, **{"epochs": 2, "batch_size": 4, **options})
    return net


# ------------------------------------------------------------------ the specification


def assert_trains_as_specified(net: Network, y: Any, optimizer: Any, weights: Any = None) -> None:
    """Two epochs in batches of 4, 4 and 3, without a shuffle."""
    spec = Specification.of(with_key(net))
    size = batch_for(optimizer, 4) or 11
    options = {"optimizer": optimizer, "batch_size": size}
    history = net.fit(X, y, epochs=2, shuffle=False, sample_weight=weights, **options)
    losses = spec.fit(X, y, **options, weights=weights, orders=[range(11)] * 2)
    assert_close(history.loss, losses)
    assert_close(net.parameters, spec.parameters())


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("activation", EVERY_HIDDEN, ids=str)
def test_training_equals_the_specification_with_every_activation(isa: str, activation: Any) -> None:
    with forced(isa):
        net = network(activation)
    assert_trains_as_specified(net, Y, SGD(0.001, momentum=0.9))


@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids="-".join)
def test_training_equals_the_specification_with_every_output(output: str, loss: str) -> None:
    net = network("gelu", output_activation=output, loss=loss)
    y = np.arange(11) % 3 if loss == "cross_entropy" else Y
    assert_trains_as_specified(net, y, SGD(0.001))


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_training_equals_the_specification_with_every_rule(optimizer: Any) -> None:
    assert_trains_as_specified(network(["relu", "silu"]), Y, optimizer)


def test_training_with_sample_weights_equals_the_specification() -> None:
    weights = np.linspace(0, 2, 11)
    weights[4:8] = 0  # a batch of no weight, whose step is the next one's
    assert_trains_as_specified(network(["relu", "silu"]), Y, Adam(0.01), weights)


@pytest.mark.parametrize("rates", [(0.0, 0.5), (0.5, 0.0), (0.9, 0.1)], ids=str)
def test_training_equals_the_specification_with_a_rate_for_each_layer(rates: Any) -> None:
    assert_trains_as_specified(network(dropout=rates), Y, SGD(0.01))


@pytest.mark.parametrize("name", ["tanh", "softplus"])
def test_an_activation_of_one_s_own_is_dropped_like_a_built_in_one(name: str) -> None:
    own = Activation(ACTIVATIONS[name].g, ACTIVATIONS[name].derivative)
    nets = [with_key(network([g, "relu"])) for g in (own, name)]
    first, second = [trained(net, shuffle=False, optimizer=SGD(0.1)) for net in nets]
    assert_close(first.parameters, second.parameters)


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_node_that_is_kept_learns_from_any_zero(isa: str, numbers: str) -> None:
    # -0.0 is how the kernels mark a node that is dropped.
    minus = Activation(lambda z: np.full_like(z, -0.0), np.ones_like)
    for activation in (minus, "identity", "tanh", "gelu", "relu"):
        with forced(isa):
            net = Network(
                [1, 40, 1], activation, dropout=0.5, initializer="zeros", **NUMBERS[numbers]
            )
        net.weights[1][...] = 1.0
        net.weights[0][...] = -0.0
        with_key(net).train_step([[1.0]], [[1.0]], optimizer=SGD(1.0))
        kept = np.array(reference_options.factors(KEY, 1, 1, 0, 40, 0.5)) != 0
        learns = kept & (activation != "relu")  # whose g'(0) is 0
        assert np.array_equal(net.weights[0][:, 0] != 0, learns), activation


def test_a_dropped_node_has_delta_0_whatever_its_derivative() -> None:
    endless = Activation(lambda z: z, lambda z: np.full_like(z, np.inf))
    net = Network([3, 50, 1], endless, dropout=1 - 2**-32, dtype="float64", seed=0)
    net.weights[1][...] = 1.0
    before = net.weights[0].copy()
    with_key(net).train_step(np.ones((4, 3)), np.zeros((4, 1)), optimizer=SGD(1.0))
    assert np.array_equal(net.weights[0], before)


@pytest.mark.parametrize("isa", RUNNABLE)
def test_steps_of_one_sample_take_loops_that_drop(isa: str) -> None:
    with forced(isa):
        net, other = network(), network(dropout=0.0)
    spec = Specification.of(with_key(net))
    with taking(fast_path(isa, net)):
        net.fit(X, Y, epochs=1, batch_size=1, optimizer=SGD(0.1), shuffle=False)
    spec.fit(X, Y, SGD(0.1), batch_size=1, orders=[range(11)])
    assert_close(net.parameters, spec.parameters())
    with taking(fast_path(isa, other, sgd_of_one=True)):
        other.fit(X, Y, epochs=1, batch_size=1, optimizer=SGD(0.1), shuffle=False)


# ------------------------------------------------------------------ off outside training


def test_it_is_off_outside_training() -> None:
    net = trained(network())
    twin = network(dropout=0.0)
    twin.parameters = net.parameters
    share_target_kind(net, twin)
    for call in (
        lambda net: [net.predict(X), net.predict(X[0:1])],
        lambda net: [net.predict_classes(X), net.loss_value(X, Y), net.score(X, Y)],
        lambda net: gradient_arrays(net.gradients(X, Y)),
        lambda net: [*net.trace(X[0], Y[0]).a, *net.trace(X[0], Y[0]).delta],
    ):
        assert bits(*call(net)) == bits(*call(twin))


def test_a_validation_uses_every_node_and_the_training_loss_those_that_are_kept() -> None:
    net = network(dropout=0.5)
    history = net.fit(X, Y, epochs=1, batch_size=11, validation=(X, Y), optimizer=SGD(0.0))
    assert history.validation_loss[0] == net.loss_value(X, Y)
    assert abs(history.loss[0] - net.loss_value(X, Y)) > 1e-3


def test_the_mean_of_many_steps_is_near_the_step_without() -> None:
    # One hidden layer of identity nodes and a linear output: C's gradient at w^(2) = 0 is linear in
    # a, whose mean dropout leaves alone.
    net = Network([5, 400, 1], "identity", output_activation="identity", dropout=0.5,
                  dtype="float64", seed=0)  # fmt: skip
    net.weights[1][...] = 0.0
    expected = net.gradients(X, Y[:, 0]).weights[1]
    total, start = np.zeros((1, 400)), net.parameters
    for _ in range(400):
        net.parameters = start
        net.train_step(X, Y[:, 0], optimizer=SGD(1.0))
        total -= net.weights[1]
    # In each step a number is the mean over 11 rows of 0 or 2 times the row's own, with equal
    # chances: its variance is the sum of the rows' squares over 11^2, and that of the mean of 400
    # steps 1/400 of it. Over 400 numbers the norm is near the root of the sum of the variances.
    rows = [net.gradients(X[i : i + 1], Y[i : i + 1, 0]).weights[1] for i in range(11)]
    deviation = np.sqrt(np.square(rows).sum() / 11**2 / 400)
    assert 0.5 * deviation < np.linalg.norm(total / 400 - expected) < 1.5 * deviation


# ------------------------------------------------------------------ the argument


@pytest.mark.parametrize(
    ("dropout", "error", "match"),
    [
        (float("nan"), ValueError, "dropout must be finite and >= 0 and < 1; got nan"),
        (float("inf"), ValueError, "dropout must be finite"),
        (-0.1, ValueError, "dropout must be .*got -0.1"),
        (1.0, ValueError, "dropout must be .*< 1; got 1.0"),
        (1, ValueError, "dropout must be .*< 1; got 1"),
        (True, TypeError, "dropout must be a number, got True"),
        (False, TypeError, "dropout must be a number, got False"),
        (np.True_, TypeError, "dropout must be a number"),
        ("0.5", TypeError, "dropout must be a number, got '0.5'"),
        (None, TypeError, "dropout must be a number, got None"),
        (0.5j, TypeError, "dropout must be a number"),
        (np.array([0.1, 0.2]), TypeError, "dropout must be a number"),
        ({1: 0.5}, TypeError, "dropout must be a number"),
        ([0.5], ValueError, "one for each of the 2 hidden layers, got 1"),
        ((0.5, 0.5, 0.0), ValueError, "one for each of the 2 hidden layers, got 3"),
        ([], ValueError, "one for each of the 2 hidden layers, got 0"),
        ([0.5, 1.0], ValueError, r"dropout\[1\] must be .*< 1; got 1.0"),
        ([True, 0.5], TypeError, r"dropout\[0\] must be a number, got True"),
        ([0.5, [0.5]], TypeError, r"dropout\[1\] must be a number"),
    ],
    ids=str,
)
def test_row_53_a_rate_that_is_none_is_refused(dropout: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        Network([5, 4, 4, 3], dropout=dropout)


def test_without_hidden_layers_there_is_nothing_to_drop() -> None:
    assert Network([5, 3], dropout=0).dropout == Network([5, 3], dropout=[]).dropout == ()
    with pytest.raises(ValueError, match="dropout must be 0 in a network without hidden layers"):
        Network([5, 3], dropout=0.5)
    with pytest.raises(ValueError, match="for each of the 0 hidden layers, got 1"):
        Network([5, 3], dropout=[0.0])


@pytest.mark.parametrize(
    ("dropout", "rates", "shown"),
    [
        (0.25, (0.25, 0.25), "dropout=0.25)"),
        ([0.25, 0.25], (0.25, 0.25), "dropout=0.25)"),
        ((0, np.float32(0.5)), (0.0, 0.5), "dropout=[0.0, 0.5])"),
        (0, (0.0, 0.0), "dtype='float64')"),
        ([0.0, -0.0], (0.0, 0.0), "dtype='float64')"),
    ],
    ids=str,
)
def test_the_rates_can_be_read(dropout: Any, rates: Any, shown: str) -> None:
    net = network(dropout=dropout)
    assert net.dropout == rates
    assert repr(net).endswith(shown)
    assert all(type(rate) is float and not np.signbit(rate) for rate in net.dropout)


def test_a_rate_too_small_to_drop_any_node_changes_nothing() -> None:
    first = trained(network(dropout=2.0**-34), shuffle=False)
    second = trained(network(dropout=0.0), shuffle=False)
    assert bits(first.parameters) == bits(second.parameters)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [1 - 2.0**-31, 1 - 2.0**-32], ids=str)
def test_the_largest_rates_drop_every_node_that_anybody_sees(rate: float, dtype: str) -> None:
    net = network(dropout=[rate, 0.0], dtype=dtype)
    w = net.weights[0].copy()
    trained(net, optimizer=SGD(0.1))
    assert np.array_equal(net.weights[0], w)
    assert np.isfinite(net.parameters).all()


# ------------------------------------------------------------------ the key


def test_row_61_without_dropout_the_generator_draws_no_more_than_it_did() -> None:
    net, twin = network(dropout=0.0), network(dropout=[0.0, 0.0])
    before = copy.deepcopy(generator_of(net))
    for each in (net, twin):
        trained(each, shuffle=False)
        assert each._model.state.dropout_key == 0
        assert generator_of(each).bit_generator.state == before.bit_generator.state


def test_row_61_the_key_is_the_generator_s_next_number_at_the_first_step() -> None:
    net = network()
    rng = copy.deepcopy(generator_of(net))
    for look in (net.predict, lambda X: net.gradients(X, Y), lambda X: net.fit(X, Y, epochs=0)):
        look(X)
        assert net._model.state.dropout_key == 0
        assert generator_of(net).bit_generator.state == rng.bit_generator.state
    net.train_step(X, Y)
    key = net._model.state.dropout_key
    assert key == rng.bit_generator.random_raw()
    assert generator_of(net).bit_generator.state == rng.bit_generator.state
    trained(net)
    assert net._model.state.dropout_key == key


def test_row_61_a_key_is_never_0() -> None:
    class Zeros:
        """A generator whose numbers are 0."""

        def integers(self, *args: Any, **options: Any) -> np.uint64:
            return np.uint64(0)

    state = network()._model.state
    state.rng = Zeros()
    assert state.take_dropout_key() == 1


def test_row_61_equal_seeds_drop_the_same_and_others_do_not() -> None:
    first, second, third = (trained(network(seed=seed)) for seed in (3, 3, 4))
    assert bits(first.parameters) == bits(second.parameters)
    assert first._model.state.dropout_key != third._model.state.dropout_key


@pytest.mark.parametrize("bit_generator", ["MT19937", "PCG64DXSM", "Philox", "SFC64"])
def test_every_generator_draws_a_key_of_64_bits(bit_generator: str) -> None:
    rng = np.random.Generator(getattr(np.random, bit_generator)(1))
    rng.integers(2**32, dtype=np.uint32)  # half of a number is left over
    assert trained(network(seed=rng))._model.state.dropout_key >= 2**32


COPIES = {
    "copy": lambda net: net.copy(),
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("epochs", [0, 2])
@pytest.mark.parametrize("how", COPIES)
def test_row_59_a_copy_drops_the_same(how: str, epochs: int) -> None:
    net = network()
    if epochs:
        trained(net, epochs=epochs)
    twin = COPIES[how](net)
    assert twin.dropout == net.dropout
    assert not differences(state_of(trained(net)), state_of(trained(twin)))


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_an_epoch_equals_its_steps(optimizer: Any) -> None:
    net, twin = with_key(network()), with_key(network())
    size = batch_for(optimizer, 4) or 11
    net.fit(X, Y, epochs=1, batch_size=size, optimizer=optimizer, shuffle=False)
    for start in range(0, 11, size):
        rows = slice(start, start + size)
        twin.train_step(X[rows], Y[rows], optimizer=optimizer)
    assert bits(net.parameters) == bits(twin.parameters)


def test_two_fits_equal_one() -> None:
    net, twin = trained(network(), epochs=5), trained(network(), epochs=2)
    trained(twin, epochs=3)
    assert not differences(state_of(net), state_of(twin))


def test_a_step_that_fails_takes_its_key_back() -> None:
    net = network(output_activation="identity")
    before = state_of(net)
    bad = X.copy()
    bad[0, 0] = np.nan
    with pytest.raises(ValueError, match="X"):
        net.fit(bad, Y, epochs=1)
    assert not differences(before, state_of(net))
    net.weights[2][...] = 1e200
    with pytest.raises(DivergenceError):
        net.train_step(X, Y, optimizer=Adam(0.01))
    assert net._model.state.dropout_key == 0


def test_a_key_stays_where_an_epoch_has_ended() -> None:
    net = network(output_activation="identity")

    def overflow(net: Network, epoch: int, history: Any) -> None:
        net.learning_rate = 1e308

    far = 1000 * Y
    with pytest.raises(DivergenceError):
        net.fit(X, far, epochs=3, batch_size=11, optimizer=SGD(1e-5), callbacks=overflow)
    assert net._model.state.dropout_key != 0
    twin = network(output_activation="identity")
    twin.fit(X, far, epochs=1, batch_size=11, optimizer=SGD(1e-5))
    assert net._model.state.dropout_key == twin._model.state.dropout_key
    assert bits(net.parameters) == bits(twin.parameters)


def test_a_copy_of_a_training_that_will_go_back_to_its_start_has_no_key() -> None:
    copies = []

    def g(z: Any) -> Any:
        if net._model.state.dropout_key:  # within the first step
            net.weights[0][0, 0] = np.nan
            copies.append(net.copy())
        return np.tanh(z)

    net = network([Activation(g, lambda z: 1 - np.tanh(z) ** 2), "relu"])
    before = state_of(net)
    with pytest.raises(DivergenceError):
        net.fit(X, Y, epochs=1)
    assert not differences(before, state_of(net))
    assert copies[0]._model.state.dropout_key == 0
    assert not differences(before, state_of(copies[0]))


@pytest.mark.parametrize("rate", [1 - 1e-16, 1 - 2**-33], ids=str)
def test_a_rate_that_32_bits_cannot_draw_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=r"at most 1 - 2\*\*-32"):
        Network([2, 3, 1], dropout=rate)
    assert Network([2, 3, 1], dropout=1 - 2**-32).dropout == (1 - 2**-32,)


def test_another_optimizer_drops_other_nodes() -> None:
    net = trained(with_key(network()), optimizer=SGD(0.0, momentum=0.5))
    for momentum in (0.5, 0.6, 0.7):
        key = net._model.state.dropout_key
        trained(net, optimizer=SGD(0.0, momentum=momentum))
        assert (net._model.state.dropout_key == key) == (momentum == 0.5)
