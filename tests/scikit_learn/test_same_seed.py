"""fastbp.sklearn follows scikit-learn with the same seed."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from same_seed_cases import MIXED, OURS, THEIRS, Case, cases, compare, compared, outcome

pytest.importorskip(OURS)
#: One of each setting and of each data set, in the ordinary tests.
FEW = ("iris", "diabetes, scaled target", "multilabel", "two outputs", "counts", "numbers, CSR")


def chosen() -> list[Case]:
    """Each setting once, on data that take turns, and each data set with Adam in float32."""
    of_float64 = [case for case in cases() if case.x_type == "float64"]
    settings = dict.fromkeys(case.setting for case in of_float64)
    picked = []
    for i, setting in enumerate(settings):
        possible = [one for one in of_float64 if one.setting == setting and one.data in FEW]
        picked.append(possible[i % len(possible)])
    picked += [Case(name, "adam", "float32", "float32") for name in FEW]
    return [*picked, Case("two outputs", "sgd", *MIXED)]


@pytest.mark.parametrize("case", chosen(), ids=str)
def test_the_same_seed_gives_the_same_fit(case: Case) -> None:
    found = compared(case)
    assert found.agrees, (found.beyond, found.others)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_fit_on_all_data_with_all_settings() -> None:
    wrong = [found for case in cases() if not (found := compared(case)).agrees]
    assert not wrong, "\n".join(f"{one.case}: {one.beyond} {one.others}" for one in wrong)


@pytest.mark.parametrize("kind", [">f8", ">f4"])
def test_numbers_of_the_other_byte_order_are_read(kind: str) -> None:
    module = importlib.import_module(OURS)
    X = np.random.RandomState(0).normal(size=(50, 3)).astype(kind)
    y = X[:, 0].astype(kind)
    options = {"hidden_layer_sizes": (4,), "max_iter": 9, "random_state": 0, "tol": 1e9}
    options |= {"n_iter_no_change": 1}
    swapped = module.MLPRegressor(**options).fit(X, y)
    X, y = X.astype(np.float64), y.astype(np.float64)  # which scikit-learn makes of both
    native = module.MLPRegressor(**options).fit(X, y)
    np.testing.assert_array_equal(swapped.predict(X.astype(kind)), native.predict(X))


def test_the_score_of_float32_targets_has_a_float64_mean() -> None:
    """Of 1,000 and little beside it, where a float32 mean is wrong by 3e-5."""
    held_out = importlib.import_module("fastbp.sklearn.held_out")
    metrics = pytest.importorskip("sklearn.metrics")
    r = np.random.RandomState(0)
    y = (1000 + r.normal(size=(77, 1)) * 0.001).astype(np.float32)
    a = y.astype(np.float64) + r.normal(size=y.shape) * 0.001
    assert held_out.r2(y, a, None) == pytest.approx(metrics.r2_score(y, a), rel=1e-9)
    # Rows of two columns were added up one by one: the mean of a million years to 2019 was 2029.1.
    y = np.stack((np.arange(10**6) % 24, 2010 + np.arange(10**6) % 10), axis=1).astype(np.float32)
    means = np.broadcast_to(np.array([11.5, 2014.5], np.float32), y.shape)
    assert held_out.r2(y, means, None) == pytest.approx(0, abs=1e-6)


def test_lbfgs_has_no_partial_fit() -> None:
    module = importlib.import_module(OURS)
    for name in ("MLPClassifier", "MLPRegressor"):
        estimator = getattr(module, name)(solver="lbfgs")
        assert not hasattr(estimator, "partial_fit")
        assert hasattr(estimator.set_params(solver="sgd"), "partial_fit")


def test_a_difference_is_found() -> None:
    case = Case("iris", "adam")
    other = outcome(Case("iris", "alpha 0"), THEIRS)
    found = compare(case, other, outcome(case, THEIRS))
    assert found.beyond.keys() >= {"coefs_", "intercepts_", "loss_curve_", "predictions"}


def test_another_number_type_is_found() -> None:
    case = Case("iris", "adam")
    other = outcome(Case("iris", "adam", "float32", "float32"), THEIRS)
    assert any("float32" in one for one in compare(case, other, outcome(case, THEIRS)).others)
