"""Where scikit-learn's MLP does other than its documentation promises, and what fastbp does there.

docs/scikit-learn.md has the table; each test shows both. Where one of scikit-learn's halves fails,
scikit-learn has changed: then its row goes.
"""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from alarms import needs_alarms, with_alarm

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn.neural_network as theirs
from scipy.optimize import check_grad
from sklearn.datasets import load_linnerud
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

import fastbp.sklearn as ours

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = X[:, 0] - X[:, 1]
# Neither class's warnings of epochs that did not suffice, nor of NaN, are the subject here.
pytestmark = pytest.mark.filterwarnings("ignore")
#: Three numbers a row.
Y3 = X @ RNG.normal(size=(4, 3)) + 1


def regressor(module: Any, **parameters: Any) -> Any:
    return module.MLPRegressor(
        **{"hidden_layer_sizes": (4,), "max_iter": 30, "random_state": 0, **parameters}
    )


def classifier(module: Any, **parameters: Any) -> Any:
    return module.MLPClassifier(
        **{"hidden_layer_sizes": (4,), "max_iter": 30, "random_state": 0, **parameters}
    )


# ---------------------------------------------------------------- L-BFGS


def slope_error(module: Any, alpha: float) -> float:
    """How far the slope that SciPy gets is from central differences of the loss, at the start."""
    calls: list[Any] = []

    class Spy(module.MLPRegressor):  # type: ignore[misc, name-defined]
        def _loss_grad_lbfgs(self, packed: Any, *arguments: Any) -> Any:
            loss, slope = super()._loss_grad_lbfgs(packed, *arguments)
            if not calls:
                calls.append((packed.copy(), arguments, slope.copy()))
            return loss, slope

    estimator = Spy(
        hidden_layer_sizes=(4,), activation="tanh", solver="lbfgs", alpha=alpha, max_iter=1
    )
    estimator.set_params(random_state=0).fit(X, Y3)
    start, arguments, slope = calls[0]
    error = check_grad(
        lambda packed: estimator._loss_grad_lbfgs(packed.copy(), *arguments)[0],
        lambda packed: slope,
        start,
    )
    return float(error / np.linalg.norm(slope))


def test_the_slope_for_lbfgs_with_several_outputs() -> None:
    assert slope_error(theirs, alpha=0.0) == pytest.approx(1 - 1 / 3)  # three times the true one
    assert slope_error(ours, alpha=0.0) < 1e-6  # of differences with a step of 1.5e-8
    assert slope_error(ours, alpha=1.0) < 1e-6


def test_the_loss_of_lbfgs_with_several_outputs() -> None:
    x, y = map(scale, load_linnerud(return_X_y=True))
    of_zero = 0.5 * (y**2).mean()
    shares = {
        module: [
            regressor(module, hidden_layer_sizes=(20,), solver="lbfgs", alpha=1.0, max_iter=300)
            .set_params(random_state=seed)
            .fit(x, y)
            .loss_
            / of_zero
            for seed in range(4)
        ]
        for module in (theirs, ours)
    }
    assert max(shares[ours]) < 0.81
    assert 0.89 < min(shares[theirs]) < max(shares[theirs]) < 0.98


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_partial_fit_of_a_regressor(solver: str) -> None:
    is_stochastic = solver == "sgd"
    assert hasattr(classifier(theirs, solver=solver), "partial_fit") == is_stochastic
    assert hasattr(regressor(theirs, solver=solver), "partial_fit")
    assert hasattr(classifier(ours, solver=solver), "partial_fit") == is_stochastic
    assert hasattr(regressor(ours, solver=solver), "partial_fit") == is_stochastic


def test_partial_fit_of_a_regressor_with_lbfgs_is_a_whole_fit() -> None:
    assert regressor(theirs, solver="lbfgs", max_iter=200).partial_fit(X, Y).n_iter_ > 10
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as error:
        regressor(ours, solver="lbfgs").partial_fit(X, Y)
    assert "only available for stochastic optimizers" in str(error.value.__cause__)


# ---------------------------------------------------------------- weights


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_batch_without_weight(solver: str) -> None:
    weights = np.repeat([1.0, 0.0, 1.0], [20, 20, 20])
    parameters = {"solver": solver, "batch_size": 20, "shuffle": False, "max_iter": 5, "alpha": 0.1}
    with pytest.raises(ZeroDivisionError):
        regressor(theirs, **parameters).fit(X, Y, weights)
    some = weights > 0
    estimator = regressor(ours, **parameters).fit(X, Y, weights)
    twin = regressor(theirs, **parameters).fit(X[some], Y[some], weights[some])
    for array, other in zip(estimator.coefs_, twin.coefs_, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-9)
    # Their losses are means over rows: two thirds of the rows have a loss.
    np.testing.assert_allclose(estimator.loss_curve_, np.array(twin.loss_curve_) * 2 / 3, rtol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_negative_weight(solver: str) -> None:
    weights = np.ones(60)
    weights[3] = -0.5
    regressor(theirs, solver=solver, max_iter=5).fit(X, Y, weights)
    all_negative, positive = (
        regressor(theirs, solver="adam", alpha=0.0).fit(X, Y, np.full(60, sign)).coefs_[0]
        for sign in (-1.0, 1.0)
    )
    assert np.array_equal(all_negative, positive)
    estimator = regressor(ours, solver=solver, max_iter=5)
    for given in (weights, weights.tolist()):
        with pytest.raises(ValueError, match=r"sample_weight\[3\] is -0.5. A weight of 0 leaves"):
            estimator.fit(X, Y, given)
    assert not hasattr(estimator, "coefs_")
    estimator.fit(X, Y, np.maximum(weights, 0))


# ---------------------------------------------------------------- losses that are not finite


@pytest.mark.parametrize(
    ("solver", "fit"), [("sgd", "fit"), ("adam", "fit"), ("lbfgs", "fit"), ("sgd", "partial_fit")]
)
def test_a_negative_count(solver: str, fit: str) -> None:
    y = np.abs(Y)
    y[7] = -2.0
    parameters = {"loss": "poisson", "solver": solver, "tol": 1e9}
    estimator = getattr(regressor(theirs, **parameters), fit)(X, y)
    assert np.isnan(estimator.loss_)
    assert estimator.n_iter_ == {"fit": 30, "partial_fit": 1}[fit] * (solver != "lbfgs")
    refusing = regressor(ours, **parameters)
    with pytest.raises(ValueError, match=r"loss='poisson' needs y >= 0, and y\[7\] is -2.0"):
        getattr(refusing, fit)(X, y)
    assert not hasattr(refusing, "coefs_")
    with pytest.raises(ValueError, match=r"and y\[7, 1\] is -2.0"):
        getattr(refusing, fit)(X, np.c_[np.abs(Y), y])
    getattr(refusing, fit)(X, np.abs(Y))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_loss_that_is_nan(early_stopping: bool) -> None:
    parameters = {
        "solver": "sgd",
        "learning_rate_init": 1e3,
        "early_stopping": early_stopping,
        "tol": 1e9,
    }

    def curve(module: Any) -> list[float]:
        estimator = regressor(module, **parameters)
        if early_stopping:
            estimator.fit(X, 1e3 * Y)
        else:
            with pytest.raises(ValueError, match="non-finite parameter weights"):
                estimator.fit(X, 1e3 * Y)
        return list(estimator.loss_curve_)

    their_curve, our_curve = curve(theirs), curve(ours)
    assert np.isnan(their_curve).sum() > 10
    assert np.isnan(our_curve).sum() <= 1
    assert len(our_curve) < len(their_curve)


def test_squares_that_overflow() -> None:
    x = (1e25 * X).astype(np.float32)
    with np.errstate(over="ignore"):
        estimator = classifier(theirs, max_iter=5).fit(x, Y > 0)
    assert np.isfinite(estimator.loss_curve_).all()
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        classifier(ours, max_iter=5).fit(x, Y > 0)


# ---------------------------------------------------------------- classes


def test_the_columns_of_a_single_class() -> None:
    names = ["a"] * 60
    for module, columns in ((theirs, 2), (ours, 1)):
        estimator = classifier(module).fit(X, names)
        assert estimator.classes_.tolist() == ["a"]
        assert estimator.predict_proba(X).shape == (60, columns)
        assert estimator.predict_log_proba(X).shape == (60, columns)
        assert set(estimator.predict(X)) == {"a"}
    assert (estimator.predict_proba(X) == 1).all()


@pytest.mark.parametrize("lone", ["ape", "cat"])  # before the other, and behind
def test_the_name_of_a_class_with_one_row(lone: str) -> None:
    names = [lone] + ["bee"] * 59
    with pytest.raises(ValueError, match="least populated") as error:
        classifier(theirs, early_stopping=True).fit(X, names)
    assert lone not in str(error.value)
    assert not hasattr(error.value, "__notes__")
    with pytest.raises(ValueError, match="least populated") as error:
        classifier(ours, early_stopping=True).fit(X, names)
    (note,) = error.value.__notes__
    assert f"labels of these classes are ['{lone}']" in note
    classifier(ours, early_stopping=True).fit(X, [lone] * 2 + ["bee"] * 58)


# ---------------------------------------------------------------- one fit after another


def epochs_of_fits(estimator: Any, n_fits: int) -> list[int]:
    return [estimator.fit(X, Y).n_iter_ for _ in range(n_fits)]


def test_a_warm_start_after_a_stop_by_tol() -> None:
    parameters = {"warm_start": True, "tol": 1e9, "n_iter_no_change": 3}
    assert epochs_of_fits(regressor(theirs, **parameters), 3) == [5, 1, 1]
    assert epochs_of_fits(regressor(ours, **parameters), 3) == [5, 5, 5]


def held_out_score(estimator: Any, y: Any) -> float:
    """The score on the rows that a first fit with this random state holds out."""
    state = np.random.RandomState(0)
    sizes = [X.shape[1], 4, 1]
    for n_in, n_out in pairwise(sizes):  # the first weights
        state.uniform(size=(n_in, n_out)), state.uniform(size=n_out)
    *_, rows = train_test_split(np.arange(60), random_state=state, test_size=0.3)
    return float(estimator.score(X[rows], y[rows]))


def test_a_warm_start_with_early_stopping() -> None:
    y = Y + 0.5 * np.random.default_rng(1).normal(size=60)
    parameters = {
        "warm_start": True,
        "early_stopping": True,
        "validation_fraction": 0.3,
        "learning_rate_init": 0.05,
        "max_iter": 60,
    }
    agree = {}
    for module in (theirs, ours):
        estimator = regressor(module, **parameters).fit(X, y)
        assert held_out_score(estimator, y) == pytest.approx(estimator.best_validation_score_)
        estimator.set_params(learning_rate_init=0.2).fit(X, y)
        score = held_out_score(estimator, y)
        agree[module] = score == pytest.approx(estimator.best_validation_score_)
    assert agree == {theirs: False, ours: True}


# ---------------------------------------------------------------- Ctrl-C


def interrupt() -> None:
    raise KeyboardInterrupt


@needs_alarms
@pytest.mark.parametrize(("solver", "early_stopping"), [("sgd", False), ("adam", True)])
def test_ctrl_c(solver: str, early_stopping: bool) -> None:
    parameters = {
        "solver": solver,
        "max_iter": 1_000_000,
        "n_iter_no_change": np.inf,
        "early_stopping": early_stopping,
        "batch_size": 7,
        "tol": 0.0,
    }
    swallowing, raising = regressor(theirs, **parameters), regressor(ours, **parameters)
    for module in (theirs, ours):
        regressor(module, **{**parameters, "max_iter": 1}).fit(X, Y)  # imports what it needs
    with pytest.warns(UserWarning, match="interrupted by user"):
        with_alarm(lambda: swallowing.fit(X, Y), 0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        with_alarm(lambda: raising.fit(X, Y), 0.3, interrupt)
    n = raising.n_iter_
    twin = regressor(ours, **{**parameters, "max_iter": n}).fit(X, Y)
    assert raising.loss_curve_ == twin.loss_curve_
    assert raising.t_ == twin.t_
    assert raising.loss_ == twin.loss_
    assert raising.best_loss_ == twin.best_loss_
    assert raising.validation_scores_ == twin.validation_scores_
    assert raising._no_improvement_count == twin._no_improvement_count
    for array, other in zip(raising.coefs_, twin.coefs_, strict=True):
        assert np.array_equal(array, other)
    if not early_stopping:  # it trains on from there
        for estimator in (raising, twin):
            estimator.partial_fit(X, Y)
        assert raising.loss_ == twin.loss_


def test_ctrl_c_in_lbfgs(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (theirs, ours):
        estimator = regressor(module, solver="lbfgs", warm_start=True, max_iter=3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(X, Y)
        before = [array.copy() for array in estimator.coefs_]
        evaluations = iter(range(5))
        evaluate = estimator._loss_grad_lbfgs

        def interrupted(*arguments: Any, turns: Any = evaluations, call: Any = evaluate) -> Any:
            if next(turns, None) is None:
                raise KeyboardInterrupt
            return call(*arguments)

        monkeypatch.setattr(estimator, "_loss_grad_lbfgs", interrupted)
        estimator.set_params(max_iter=1000, alpha=1.0)
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(X, -Y)
        are_same = all(map(np.array_equal, estimator.coefs_, before))
        assert are_same == (module is ours)


# ---------------------------------------------------------------- numbers of another type


def test_the_type_of_a_parameter() -> None:
    x = X.astype(np.float32)

    def differ(module: Any) -> bool:
        coefs = [
            classifier(module, beta_1=beta_1, max_iter=60).fit(x, Y > 0).coefs_[0]
            for beta_1 in (0.9, np.float64(0.9))
        ]
        return not np.array_equal(*coefs)

    assert differ(theirs)
    assert not differ(ours)
