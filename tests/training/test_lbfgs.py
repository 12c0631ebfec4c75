"""LBFGS: SciPy's iterates on the specification, what ends a fit, and what is refused."""

from __future__ import annotations

import builtins
import warnings
from typing import Any

import numpy as np
import pytest
from network_state import state_of
from reference_network import Specification, flat
from silent_progress import Silent
from tolerances import assert_close

import fastbp
from fastbp import (
    LBFGS,
    SGD,
    Activation,
    DivergenceError,
    Network,
    PerformanceWarning,
    TrainingWarning,
)
from fastbp.model.parameters import Parameters
from fastbp.optimizers import as_optimizer
from fastbp.training.threads import Exactly

optimize = pytest.importorskip("scipy.optimize", reason="the extra [scipy] is not installed")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = np.c_[np.tanh(X[:, 0] * X[:, 1]), X[:, 2]]
WEIGHTS = RNG.integers(0, 4, 40).astype(float)


def network(**options: Any) -> Network:
    how = {"activation": "tanh", "output_activation": "identity", "dtype": "float64", "seed": 0}
    return Network([3, 5, 2], **how | options)


def iterates(net: Network, epochs: int, **options: Any) -> tuple[list[Any], Any]:
    """The parameters after each iteration of a fit, and its history."""
    points: list[Any] = []
    history = net.fit(
        X,
        Y,
        epochs=epochs,
        callbacks=lambda net, epoch, history: points.append(net.parameters),
        **{"optimizer": LBFGS()} | options,
    )
    return points, history


# ---------------------------------------------------------------- against the specification


@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_the_iterates_are_scipys_on_the_specification(bias: Any, l2: float, weights: Any) -> None:
    net = network(bias=bias)
    if bias:
        net.biases[0] = np.linspace(-1, 1, 5)
    spec = Specification.of(net)
    variable = np.concatenate(
        [
            np.full(part.size, name[0] == "w" or bias is True)
            for name, part in Parameters(net._model.layout, True).parts()
        ]
    )
    is_weight = np.concatenate(
        [
            np.full(part.size, name[0] == "w")
            for name, part in Parameters(net._model.layout, True).parts()
        ]
    )
    start = np.array(flat(spec.w, spec.b))
    losses: dict[bytes, float] = {}

    def objective(values: Any) -> tuple[float, Any]:
        dense = start.copy()
        dense[variable] = values
        rest = iter(dense)
        for l in range(1, len(spec.w)):
            spec.w[l] = [[next(rest) for _ in row] for row in spec.w[l]]
            spec.b[l] = [next(rest) for _ in spec.b[l]]
        C, dC_dw, dC_db = spec.gradient(X, Y, weights)
        losses[values.tobytes()] = C
        w = np.where(is_weight, dense, 0)
        slope = np.array(flat(dC_dw, dC_db)) + l2 * w
        return C + l2 / 2 * float(w @ w), slope[variable]

    expected: list[Any] = []
    optimize.minimize(
        objective,
        start[variable],
        jac=True,
        method="L-BFGS-B",
        callback=lambda xk: expected.append(xk.copy()),
        options={"maxiter": 8},
    )
    points, history = iterates(net, 8, l2=l2, sample_weight=weights)
    assert len(points) == len(expected) == history.epochs == 8
    kept = np.ones(len(variable), bool) if bias else is_weight
    for point, values in zip(points, expected, strict=True):
        dense = start.copy()
        dense[variable] = values
        # Two gradients that differ by rounding, some 1e-15: line searches and quotients of
        # differences magnify that, by less than 5 in each of 8 iterations: to 4e-10.
        assert_close(point, dense[kept], 1e-9)
    # C without the penalty, at the iterate
    assert_close(history.loss, [losses[values.tobytes()] for values in expected], 1e-9)
    assert_close(net.loss_value(X, Y, sample_weight=weights), history.loss[-1], 1e-14)


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_one_output_ends_where_scikit_learn_does(alpha: float) -> None:
    """With several outputs its gradient is too small; see docs/lbfgs.md."""
    neural = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    y = Y[:, 0]
    peer = neural.MLPRegressor(
        hidden_layer_sizes=(4,),
        activation="tanh",
        solver="lbfgs",
        alpha=alpha,
        max_iter=1,
        warm_start=True,
        tol=1e-8,
    )
    net = Network(
        [3, 4, 1],
        activation="tanh",
        output_activation="identity",
        loss="half_squared_error",
        dtype="float64",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it has not converged
        peer.random_state = 3
        peer.fit(X, y)
        for l in (1, 2):
            net.layer(l).w[:] = peer.coefs_[l - 1].T
            net.layer(l).b[:] = peer.intercepts_[l - 1]
        peer.max_iter = 300
        peer.fit(X, y)
    l2 = alpha / len(X)
    history = net.fit(X, y, epochs=300, l2=l2, optimizer=LBFGS(gtol=1e-8))
    penalty = l2 / 2 * sum(float((w**2).sum()) for w in net.weights)
    assert history.loss[-1] + penalty == pytest.approx(peer.loss_, rel=1e-6)


def test_a_batch_of_many_rows_has_their_whole_gradient() -> None:
    """More rows than a chunk of the loops, and a part of them as training samples."""
    rng = np.random.default_rng(1)
    X, y = rng.random((2500, 4)), rng.integers(0, 3, 2500)
    net = Network([4, 3], output_activation="softmax", loss="cross_entropy", dtype="float64")
    net.fit(X, y, epochs=300, optimizer=LBFGS(gtol=1e-7, ftol=0))
    gradients = net.gradients(X, y)
    assert max(np.abs(array).max() for array in (*gradients.weights, *gradients.biases)) <= 1e-7
    held = net.copy()
    history = held.fit(X, y, epochs=5, validation=0.3, optimizer=LBFGS())
    assert len(history.validation_accuracy) == history.epochs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_bit_depends_on_the_number_of_threads(dtype: str) -> None:
    rng = np.random.default_rng(1)
    X, y = rng.random((1100, 20)), rng.random((1100, 3))
    states = []
    for n_threads in (1, 2, 3):
        net = Network([20, 30, 3], dtype=dtype, seed=0)
        history = net.fit(X, y, epochs=3, optimizer=LBFGS(), n_threads=Exactly(n_threads))
        states.append((state_of(net), history.loss))
    assert states[1] == states[0]
    assert states[2] == states[0]


def test_float32_finds_the_minimum_to_its_own_digits() -> None:
    losses = []
    for dtype in ("float32", "float64"):
        net = network(dtype=dtype)
        losses.append(net.fit(X, Y, epochs=400, l2=0.01, optimizer=LBFGS()).loss[-1])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


# ---------------------------------------------------------------- what a fit is


def test_a_fit_ends_once_it_has_converged_and_says_why() -> None:
    net = network()
    history = net.fit(X, Y, epochs=1000, l2=0.1, optimizer=LBFGS(gtol=1e-3, ftol=0))
    assert 5 < history.epochs < 1000
    assert history.message == (
        f"converged in {history.epochs} iterations: no |dC/dw| is above gtol=0.001"
    )
    assert len(history.loss) == len(history.seconds) == history.epochs
    history = network().fit(X, Y, epochs=1000, l2=0.1, optimizer=LBFGS(ftol=0.1))
    assert history.message is not None
    assert history.message.endswith("the last one lowered C by no more than ftol=0.1")
    short = network().fit(X, Y, epochs=3, optimizer=LBFGS())
    assert (short.epochs, short.message) == (3, None)


def test_steps_and_epochs_are_its_iterations() -> None:
    net = network()
    net.fit(X, Y, epochs=7, optimizer=LBFGS())
    assert net._model.state.current.counters.tolist() == [7, 7]
    net.fit(X, Y, epochs=2)  # LBFGS is the network's optimizer now
    assert net._model.state.current.counters.tolist() == [9, 9]
    net.fit(X, Y, epochs=1, optimizer=SGD(0.1))
    net.fit(X, Y, epochs=1, optimizer=LBFGS())
    assert net._model.state.current.counters.tolist() == [1, 11]


def test_every_fit_starts_afresh() -> None:
    first = network()
    first.fit(X, Y, epochs=4, optimizer=LBFGS())
    second = network(seed=1)
    second.parameters = first.parameters
    for net in (first, second):
        net.fit(X, Y, epochs=3, optimizer=LBFGS())
    assert np.array_equal(first.parameters, second.parameters)


def test_the_generator_draws_nothing() -> None:
    net = network()
    before = state_of(net)["random"]
    net.fit(X, Y, epochs=2, optimizer=LBFGS())
    assert state_of(net)["random"] == before


def test_early_stopping_callbacks_and_progress_follow_the_iterations() -> None:
    class Ends:
        history: Any = None

        def on_train_begin(self, net: Network) -> None:
            assert net.optimizer == LBFGS()

        def on_train_end(self, net: Network, history: Any) -> None:
            self.history = history

    net, ends = network(), Ends()
    rng = np.random.default_rng(2)
    history = net.fit(
        X[:12],
        Y[:12],
        epochs=500,
        optimizer=LBFGS(),
        validation=(X[12:], Y[12:] + rng.normal(size=(28, 2))),
        early_stopping=3,
        progress=Silent(),
        callbacks=ends,
    )
    assert ends.history is history
    assert history.best_epoch is not None
    assert history.epochs == history.best_epoch + 4
    best = network()
    best.fit(X[:12], Y[:12], epochs=history.best_epoch + 1, optimizer=LBFGS())
    assert np.array_equal(net.parameters, best.parameters)
    stopped = network().fit(
        X, Y, epochs=9, optimizer=LBFGS(), callbacks=lambda net, epoch, history: epoch == 2
    )
    assert stopped.epochs == 3


def test_a_converged_fit_restores_the_best_epoch_and_ends_its_progress() -> None:
    class Ends(Silent):
        done = False

        def finish(self) -> None:
            self.done = True

    net, progress = network(), Ends()
    rng = np.random.default_rng(2)
    held_out = X, Y + rng.normal(size=Y.shape)
    history = net.fit(
        X,
        Y,
        epochs=1000,
        l2=0.1,
        optimizer=LBFGS(gtol=1e-2),
        validation=held_out,
        early_stopping=1000,
        progress=progress,
    )
    assert "converged" in str(history.message)
    assert progress.done
    assert net.loss_value(*held_out) == min(history.validation_loss)


def test_files_and_copies_keep_the_description(tmp_path: Any) -> None:
    net = network()
    optimizer = LBFGS(history_size=5, gtol=1e-3, ftol=1e-6)
    net.fit(X, Y, epochs=2, optimizer=optimizer)
    net.save(tmp_path / "net.fbp")
    assert Network.load(tmp_path / "net.fbp").optimizer == net.copy().optimizer == optimizer
    assert as_optimizer(optimizer.config()) == optimizer
    assert as_optimizer("lbfgs") == LBFGS()
    assert repr(LBFGS()) == "LBFGS(history_size=10, gtol=1e-05, ftol=None)"


# ---------------------------------------------------------------- errors and warnings


def wrong_activation() -> Activation:
    """Its derivative has the wrong sign: no step along its direction lowers C."""
    return Activation(np.tanh, lambda z: -1 / np.cosh(z) ** 2)


def test_a_line_search_that_finds_nothing_is_warned_of() -> None:
    with pytest.warns(PerformanceWarning):
        net = network(activation=wrong_activation())
    with pytest.warns(fastbp.TrainingWarning, match="its line search found no lower C") as record:
        history = net.fit(X, Y, epochs=50, optimizer=LBFGS())
    assert record[0].filename == __file__
    assert str(record[0].message) == history.message
    assert "an activation of your own has a wrong derivative" in str(history.message)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("at", [0, 3])
def test_a_loss_that_is_not_finite_is_a_divergence(at: int) -> None:
    points: list[Any] = [None]

    def far(z: Any) -> Any:
        return np.where(len(points) > at, np.inf, z)

    with pytest.warns(PerformanceWarning):
        net = network(output_activation=Activation(far, np.ones_like))
    before = state_of(net)
    with pytest.raises(DivergenceError, match="training diverged in epoch") as raised:
        net.fit(
            X,
            Y,
            epochs=9,
            optimizer=LBFGS(),
            callbacks=lambda net, *_: points.append(net.parameters),
        )
    assert "learning_rate" not in str(raised.value)
    assert raised.value.epoch == at
    if at == 0:
        assert state_of(net) == before
    else:
        assert np.array_equal(net.parameters, points[-1])


def test_an_error_keeps_the_iterates_that_are_done() -> None:
    def fail(net: Network, epoch: int, history: Any) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    net, twin = network(), network()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=9, optimizer=LBFGS(), callbacks=fail)
    twin.fit(X, Y, epochs=3, optimizer=LBFGS())
    assert state_of(net) == state_of(twin)


def test_weights_that_a_callback_spoils_go_back_to_the_epoch_before() -> None:
    def spoil(net: Network, epoch: int, history: Any) -> None:
        if epoch == 2:
            net.weights[0][:] = np.nan
            raise ValueError("spoilt")

    net, twin = network(), network()
    with pytest.raises(ValueError, match="spoilt"):
        net.fit(X, Y, epochs=9, optimizer=LBFGS(), callbacks=spoil)
    twin.fit(X, Y, epochs=2, optimizer=LBFGS())
    assert state_of(net) == state_of(twin)


def test_parameters_that_a_callback_changes_are_refused() -> None:
    def change(net: Network, epoch: int, history: Any) -> None:
        net.weights[0][0, 0] += 1

    with pytest.raises(RuntimeError, match="return True from the callback"):
        network().fit(X, Y, epochs=9, optimizer=LBFGS(), callbacks=change)


@pytest.mark.parametrize("bad", ["X", "y"])
def test_a_bad_value_is_found_and_nothing_changed(bad: str) -> None:
    arrays = {"X": X.copy(), "y": Y.copy()}
    arrays[bad][7, 1] = np.nan
    net = network()
    before = state_of(net)
    with pytest.raises(ValueError, match=rf"{bad}\[7, 1\]"):
        net.fit(arrays["X"], arrays["y"], optimizer=LBFGS())
    assert state_of(net) == before


def batch_end() -> Any:
    class Batches:
        def on_batch_end(self, net: Any, step: int, C: float) -> None:
            """Never called."""

    return Batches()


@pytest.mark.parametrize(
    ("of_net", "of_fit", "message"),
    [
        ({"dropout": 0.5}, {}, "LBFGS cannot train with dropout"),
        ({}, {"batch_size": 39}, "LBFGS takes all samples in a step: batch_size"),
        ({}, {"callbacks": batch_end()}, "on_batch_end cannot be called; use on_epoch_end"),
    ],
)
def test_what_it_cannot_train_with_is_refused(
    of_net: dict[str, Any], of_fit: dict[str, Any], message: str
) -> None:
    net = network(**of_net)
    before = state_of(net)
    with pytest.raises(ValueError, match=message):
        net.fit(X, Y, optimizer=LBFGS(), **of_fit)
    assert state_of(net) == before


def test_it_takes_no_single_steps() -> None:
    net = network()
    before = state_of(net)
    with pytest.raises(ValueError, match=r"LBFGS takes no single steps: use fit\(X, y\), or"):
        net.train_step(X, Y, optimizer=LBFGS())
    assert state_of(net) == before
    net.fit(X, Y, epochs=1, optimizer=LBFGS())
    with pytest.raises(ValueError, match="takes no single steps"):
        net.train_step(X, Y)
    with pytest.raises(ValueError, match="takes no single steps"):
        net.learn_one(X[0], Y[0])
    net.train_step(X, Y, optimizer="sgd")


def test_it_has_no_learning_rate() -> None:
    with pytest.raises(ValueError, match="LBFGS takes no learning_rate, got 20"):
        LBFGS(20)
    net = network()
    net.optimizer = LBFGS()
    assert net.learning_rate == 1.0
    with pytest.raises(ValueError, match="LBFGS takes no learning_rate"):
        net.learning_rate = 0.5


@pytest.mark.parametrize(
    "wrong", [{"history_size": 0}, {"history_size": 2.5}, {"gtol": -1}, {"ftol": "x"}]
)
def test_bad_numbers_are_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises((TypeError, ValueError), match=name):
        LBFGS(**wrong)


def test_without_scipy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    net = network()
    before = state_of(net)
    with pytest.raises(ImportError, match=r'pip install "fastbp\[scipy\]"'):
        net.fit(X, Y, optimizer=LBFGS())
    assert state_of(net) == before


def test_a_fit_that_converges_where_nothing_was_learnt_is_told() -> None:
    """Beside a C of 1e16 the first step, of length 1, lowers it by less than ftol."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 4)).astype(np.float32)
    net = Network([4, 8, 1], "tanh", output_activation="identity", seed=0)
    with pytest.warns(TrainingWarning, match="The targets are large"):
        history = net.fit(X, 1e8 * X.sum(axis=1), epochs=50, optimizer=LBFGS())
    assert history.epochs < 20
    assert history.message is not None
    assert history.message.startswith("converged in")
