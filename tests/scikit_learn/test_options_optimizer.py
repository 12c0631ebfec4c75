"""optimizer, schedule, ema and callbacks: fastbp's own, as Network.fit has them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from estimator_twins import SETTINGS, equal_parameters, twin

import fastbp
from fastbp import schedules
from fastbp.optimizers import OPTIMIZERS
from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(2)
X = RNG.normal(size=(90, 4))
Y = RNG.normal(size=(90, 2))
CLASSES = RNG.integers(0, 3, 90)


def network():
    return twin([4, 7, 2], output_activation="identity", loss="half_squared_error")


def trained(optimizer, **options):
    net = network()
    options = {"epochs": 6, "batch_size": 20, "shuffle": False} | options
    return net, net.fit(X, Y, optimizer=optimizer, **options)


def regressor(**parameters):
    return MLPRegressor("half_squared_error", (7,), **SETTINGS | parameters)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"lbfgs"}))
def test_each_optimizer_by_name_is_a_networks(name):
    rule = fastbp.optimizers.as_optimizer(name).rule
    batch_size = {"batch_size": None if rule.full_batch else 20}
    net, history = trained(name, **batch_size)
    size = {"batch_size": "auto" if rule.full_batch else 20}
    estimator = regressor(optimizer=name, **size).fit(X, Y)
    assert equal_parameters(estimator, net)
    np.testing.assert_allclose(estimator.loss_curve_, history.loss, rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_an_optimizer_takes_the_place_of_the_solver_and_its_numbers(solver):
    optimizer = fastbp.RMSprop(0.01, momentum=0.5, clip_norm=1.0, layer_rates=[1.0, 0.5])
    net, _ = trained(optimizer)
    numbers = {"learning_rate_init": 7.0, "momentum": 0.1, "beta_1": 0.0, "epsilon": 1.0}
    assert equal_parameters(regressor(optimizer=optimizer, solver=solver, **numbers).fit(X, Y), net)


def test_all_samples_that_are_trained_on_make_a_step_of_rprop():
    with pytest.raises(ValueError, match="batch_size must be at least 90"):
        regressor(optimizer="rprop", batch_size=20).fit(X, Y)
    estimator = regressor(optimizer="rprop", batch_size="auto", early_stopping=True)
    many = [np.tile(rows, (4, 1)) for rows in (X, Y)]  # more than the 200 of a batch else
    assert estimator.fit(*many)._engine.model.state.steps == estimator.n_iter_


SCHEDULES = {
    "Cosine": schedules.Cosine(),
    "OneCycle, 3 epochs": schedules.OneCycle(epochs=3),
    "StepDecay": schedules.StepDecay(0.5, steps=7),
    "a function": lambda step: 1 / (1 + step),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("solver", ["adam", "sgd", None])
def test_a_schedule_runs_over_max_iter_epochs(schedule, solver):
    optimizers = {
        "adam": (fastbp.Adam(0.01, eps_hat=True), {"solver": "adam"}),
        "sgd": (fastbp.SGD(0.01, 0.9, nesterov=True), {"solver": "sgd"}),
        None: (fastbp.Adagrad(0.01), {"optimizer": fastbp.Adagrad(0.01)}),
    }
    optimizer, parameters = optimizers[solver]
    net, _ = trained(type(optimizer)(**vars_of(optimizer), schedule=schedule))
    estimator = regressor(schedule=schedule, learning_rate_init=0.01, **parameters).fit(X, Y)
    assert equal_parameters(estimator, net)


def vars_of(optimizer):
    config = optimizer.config()
    del config["name"]
    return config


def test_a_plateau_follows_the_validation_loss():
    plateau = schedules.ReduceOnPlateau(0.5, patience=1, min_delta=1.0)
    net, history = trained(fastbp.SGD(0.01, schedule=plateau), validation=(X[:30], Y[:30]))
    assert history.learning_rate[-1] < 0.01
    optimizer = fastbp.SGD(0.01)
    estimator = regressor(optimizer=optimizer, schedule=plateau)
    assert equal_parameters(estimator.fit(X, Y, validation_data=(X[:30], Y[:30])), net)
    with pytest.raises(ValueError, match="pass validation_data"):
        estimator.fit(X, Y)


def test_fits_with_a_schedule_repeat_each_other():
    # Plain SGD has no memory that begins anew, and yet its steps count from 0 again.
    schedule = schedules.StepDecay(0.1, steps=5)
    estimator = regressor(optimizer=fastbp.SGD(0.05), schedule=schedule, shuffle=True)
    first = estimator.fit(X, Y).coefs_[0].copy()
    assert np.array_equal(estimator.fit(X, Y).coefs_[0], first)


def test_a_warm_start_begins_the_schedule_and_dropout_anew():
    schedule = schedules.StepDecay(0.1, steps=5)
    estimator = regressor(optimizer=fastbp.SGD(0.05), schedule=schedule, dropout=0.5)
    state = estimator.set_params(warm_start=True, max_iter=1).fit(X, Y)._engine.model.state
    key = state.dropout_key
    estimator.fit(X, Y)
    assert state is estimator._engine.model.state
    assert state.steps == 5
    assert state.dropout_key != key


def test_partial_fit_goes_on_along_a_schedule():
    schedule = schedules.Cosine(steps=15)  # 5 steps an epoch
    net, _ = trained(fastbp.SGD(0.05, 0.9, schedule=schedule), epochs=3)
    estimator = regressor(optimizer=fastbp.SGD(0.05, 0.9), schedule=schedule)
    for _ in range(3):
        estimator.partial_fit(X, Y)
    assert equal_parameters(estimator, net)
    with pytest.raises(ValueError, match="steps= or epochs="):
        regressor(schedule=schedules.Cosine()).partial_fit(X, Y)


def test_ema_gives_the_average_at_the_end():
    optimizer = fastbp.Adam(eps_hat=True, ema=0.9)
    net, _ = trained(optimizer)
    estimator = regressor(ema=0.9).fit(X, Y)
    assert equal_parameters(estimator, net)
    assert not equal_parameters(regressor().fit(X, Y), net)
    assert equal_parameters(regressor(optimizer=optimizer).fit(X, Y), trained(optimizer)[0])


def test_partial_fit_goes_on_from_the_raw_parameters():
    net = network()
    for _ in range(2):
        net.fit(X, Y, epochs=1, batch_size=20, shuffle=False, optimizer=fastbp.SGD(0.05, ema=0.9))
    estimator = regressor(optimizer=fastbp.SGD(0.05), ema=0.9)
    assert equal_parameters(estimator.partial_fit(X, Y).partial_fit(X, Y), net)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"schedule": schedules.Cosine(), "learning_rate": "adaptive"}, "learning_rate"),
        ({"schedule": schedules.Cosine(), "learning_rate": "invscaling"}, "learning_rate"),
        ({"optimizer": "adam", "learning_rate": "invscaling"}, "learning_rate"),
        ({"optimizer": fastbp.SGD(ema=0.5), "ema": 0.5}, "ema is given twice"),
        (
            {"optimizer": fastbp.SGD(schedule=schedules.Cosine()), "schedule": schedules.Cosine()},
            "schedule is given twice",
        ),
    ],
)
def test_what_says_the_same_thing_twice_is_refused(parameters, message):
    estimator = regressor(solver="sgd", **parameters)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, Y)
    assert not hasattr(estimator, "coefs_")


def test_tol_ends_training_with_any_optimizer(capsys):
    settings = {"optimizer": fastbp.SGD(1e-9), "n_iter_no_change": 2, "tol": 1e-4, "max_iter": 50}
    estimator = regressor(**settings, verbose=True).fit(X, Y)
    assert estimator.n_iter_ == 4  # the first is better than none, and then more than two are not
    assert "Training loss did not improve more than tol=0.000100" in capsys.readouterr().out


# ---------------------------------------------------------------- callbacks


class Recorder:
    """Keeps the calls in their order, with what the estimator was in each."""

    def __init__(self, stops_at=None):
        self.calls, self.stops_at = [], stops_at

    def on_train_begin(self, estimator):
        self.calls.append(("begin", estimator.n_iter_))

    def on_batch_end(self, estimator, step, C):
        self.calls.append(("batch", step))

    def on_epoch_end(self, estimator, epoch, history):
        assert estimator.loss_curve_[-1] == history.loss[-1]
        self.calls.append(("epoch", epoch, estimator.n_iter_, estimator.predict(X).sum()))
        return epoch == self.stops_at

    def on_train_end(self, estimator, history):
        self.calls.append(("end", len(history.loss), estimator.predict(X).sum()))


def test_callbacks_get_the_estimator_as_it_is():
    recorder = Recorder()
    estimator = regressor(callbacks=recorder, max_iter=2, batch_size=45).fit(X, Y)
    kinds = [call[0] for call in recorder.calls]
    assert kinds == ["begin", "batch", "batch", "epoch", "batch", "batch", "epoch", "end"]
    assert [call[1:3] for call in recorder.calls if call[0] == "epoch"] == [(0, 1), (1, 2)]
    assert recorder.calls[-1][2] == estimator.predict(X).sum()


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_callback_ends_training(early_stopping):
    parameters = {"early_stopping": early_stopping, "max_iter": 3}
    for stops_at in (1, 2):
        estimator = regressor(callbacks=[Recorder(stops_at)], **parameters).fit(X, Y)
        assert estimator.n_iter_ == len(estimator.loss_curve_) == stops_at + 1
    assert (
        regressor(callbacks=lambda estimator, epoch, history: True, **parameters).fit(X, Y).n_iter_
        == 1
    )


def test_the_last_call_sees_the_weights_of_the_best_score():
    recorder = Recorder()
    parameters = {"early_stopping": True, "learning_rate_init": 0.3, "max_iter": 20}
    estimator = regressor(callbacks=recorder, **parameters).fit(X, Y)
    best = int(np.argmax(estimator.validation_scores_))
    predictions = [call[3] for call in recorder.calls if call[0] == "epoch"]
    assert best < estimator.n_iter_ - 1
    assert recorder.calls[-1][2] == predictions[best] == estimator.predict(X).sum()


@pytest.mark.parametrize("last_step", [None, 52], ids=["whole epochs", "within an epoch"])
def test_an_error_in_the_last_call_leaves_the_weights_of_the_best_score(last_step):
    class Fails(Recorder):
        def on_batch_end(self, estimator, step, C):
            return step == last_step

        def on_train_end(self, estimator, history):
            raise ZeroDivisionError

    recorder = Fails()
    parameters = {"early_stopping": True, "learning_rate_init": 0.3, "max_iter": 20}
    estimator = regressor(callbacks=recorder, **parameters)
    with pytest.raises(ZeroDivisionError):
        estimator.fit(X, Y)
    best = int(np.argmax(estimator.validation_scores_))
    predictions = [call[3] for call in recorder.calls if call[0] == "epoch"]
    assert best < estimator.n_iter_ - 1
    assert estimator.predict(X).sum() == predictions[best]


def test_callbacks_leave_all_bits_as_they_are():
    for early_stopping in (False, True):
        parameters = {"early_stopping": early_stopping, "shuffle": True, "alpha": 0.1}
        one = regressor(**parameters).fit(X, Y)
        other = regressor(callbacks=Recorder(), **parameters).fit(X, Y)
        assert one.loss_curve_ == other.loss_curve_
        assert np.array_equal(one.coefs_[0], other.coefs_[0])


def test_an_error_in_a_callback_comes_through():
    def fails(estimator, epoch, history):
        raise ZeroDivisionError("mine")

    estimator = MLPClassifier((6,), callbacks=fails)
    with pytest.raises(ZeroDivisionError, match="mine"):
        estimator.fit(X, CLASSES)
    assert len(estimator.loss_curve_) == 1
    with pytest.raises(TypeError, match="did you mean on_epoch_end"):
        MLPClassifier((6,), callbacks=[type("C", (), {"on_epoc_end": fails})()]).fit(X, CLASSES)
