"""Fits of the same seed by scikit-learn and by fastbp.sklearn, and what comes of each."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from typing import Any

import numpy as np
from same_seed_data import DATA, Array, data

THEIRS, OURS = "sklearn.neural_network", "fastbp.sklearn"
EPOCHS = 10
#: Rows that "batches of 1" fits, about, from everywhere.
FEW = 40
#: What may differ, relative to the largest number of an array.
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
#: How many times scikit-learn is asked what rounding makes of a case.
MOVES = 8

SGD: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.01}


@dataclass(frozen=True)
class Setting:
    """Parameters, and how the estimator is called."""

    options: dict[str, Any] = field(default_factory=dict)
    weighted: bool = False
    calls: str = "fit"
    rows: int | None = None


#: Names in the table, and settings.
SETTINGS: dict[str, Setting] = {
    "adam": Setting(),
    "adam, other numbers": Setting({"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4}),
    "sgd": Setting(SGD),
    "sgd, plain momentum": Setting(SGD | {"nesterovs_momentum": False}),
    "sgd, no momentum": Setting(SGD | {"momentum": 0.0}),
    "sgd, momentum 1": Setting(SGD | {"momentum": 1.0, "learning_rate_init": 1e-4}),
    "invscaling": Setting(SGD | {"learning_rate": "invscaling", "learning_rate_init": 0.1}),
    "invscaling, power 0.1, plain momentum": Setting(
        SGD | {"learning_rate": "invscaling", "power_t": 0.1, "nesterovs_momentum": False}
    ),
    "adaptive": Setting(SGD | {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1}),
    "adaptive, early stopping": Setting(
        SGD
        | {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1, "early_stopping": True}
    ),
    "sgd, large steps": Setting({"solver": "sgd", "learning_rate_init": 0.5}),
    "until it stops": Setting({"max_iter": 300, "tol": 1e-2, "hidden_layer_sizes": (8,)}),
    "verbose": Setting({"verbose": True, "max_iter": 3}),
    "verbose, early stopping": Setting({"verbose": True, "early_stopping": True, "max_iter": 3}),
    "lbfgs": Setting({"solver": "lbfgs"}),
    "lbfgs, tanh, weights": Setting(
        {"solver": "lbfgs", "activation": "tanh", "alpha": 1.0}, weighted=True
    ),
    "identity": Setting({"activation": "identity"}),
    "logistic": Setting({"activation": "logistic"}),
    "tanh": Setting({"activation": "tanh"}),
    "sgd, logistic": Setting(SGD | {"activation": "logistic"}),
    "sgd, tanh": Setting(SGD | {"activation": "tanh"}),
    "no hidden layer": Setting({"hidden_layer_sizes": ()}),
    "hidden (8,)": Setting({"hidden_layer_sizes": (8,)}),
    "hidden (100,)": Setting({"hidden_layer_sizes": (100,)}),
    "sgd, no hidden layer": Setting(SGD | {"hidden_layer_sizes": ()}),
    "batches of 1": Setting({"batch_size": 1}, rows=FEW),
    "sgd, batches of 1": Setting(SGD | {"batch_size": 1}, rows=FEW),
    "batches of 32": Setting({"batch_size": 32}),
    "batches of 10,000": Setting({"batch_size": 10_000}),
    "alpha 0": Setting({"alpha": 0.0}),
    "alpha 1, short last batch": Setting({"alpha": 1.0, "batch_size": 149}),
    "a large tol": Setting({"tol": 0.5, "n_iter_no_change": 2}),
    "in order": Setting({"shuffle": False}),
    "early stopping": Setting({"early_stopping": True}),
    "early stopping, stopped": Setting(
        {"early_stopping": True, "tol": 0.5, "n_iter_no_change": 2, "validation_fraction": 0.23}
    ),
    "sample weights": Setting(weighted=True),
    "sgd, sample weights": Setting(SGD, weighted=True),
    "early stopping, weights": Setting({"early_stopping": True}, weighted=True),
    "in order, weights": Setting({"shuffle": False, "batch_size": 50}, weighted=True),
    "partial_fit": Setting(calls="partial_fit"),
    "sgd, partial_fit": Setting(
        SGD | {"learning_rate": "invscaling"}, weighted=True, calls="partial_fit"
    ),
    "fit, partial_fit": Setting(calls="fit, partial_fit"),
    "warm_start": Setting({"warm_start": True, "max_iter": 4}, calls="warm_start"),
    "sgd, warm_start": Setting(
        SGD | {"warm_start": True, "max_iter": 4, "learning_rate": "invscaling"},
        calls="warm_start",
    ),
    "a RandomState, two fits": Setting(calls="two fits"),
}
#: Number types of X and y: with float32 samples and float64 targets scikit-learn goes back and
#: moves in float64.
TYPES = {"float64": ("float64", "float64"), "float32": ("float32", "float32")}
MIXED = ("float32", "float64")


@dataclass(frozen=True)
class Case:
    """A fit: of which data, in which number types, with which setting."""

    data: str
    setting: str
    x_type: str = "float64"
    y_type: str = "float64"

    def __str__(self) -> str:
        return f"{self.data}; {self.setting}; X {self.x_type}, y {self.y_type}"

    @property
    def tolerance(self) -> float:
        return TOLERANCE[self.x_type]


def is_compared(case: Case) -> bool:
    """Whether scikit-learn is right there, and more than rounding decides what it does."""
    setting, samples = SETTINGS[case.setting], data(case.data)
    if setting.options.get("solver") == "lbfgs" and case.data == "two outputs":
        return False  # its gradient is not that of its loss
    if not samples.raw:
        return True
    if setting.calls == "warm_start":
        return False  # the second fit's losses are larger, and here its best one is its own
    if case.x_type == "float64":
        return True
    if setting.options.get("activation") == "tanh":
        # A float32 near 1 is 1, 1 - 6e-8 or 1 - 1.2e-7, so that 1 - a^2 is wrong by half where tanh
        # is rounded the other way. Correctly rounded it moves scikit-learn's weights by 5e-3.
        return False
    if setting.options.get("solver") == "sgd" and samples.task == "regressor":
        return False  # the weights leave for infinity, and squares of errors are not float32
    return case.setting != "until it stops"  # hundreds of epochs


def cases() -> Iterator[Case]:
    """All of them."""
    for name in DATA:
        of_numbers = data(name).task == "regressor"
        for setting in SETTINGS:
            for types in (*TYPES.values(), *([MIXED] if of_numbers else [])):
                if is_compared(case := Case(name, setting, *types)):
                    yield case


@dataclass
class Outcome:
    """What a fit leaves: arrays by name, number types by name, warnings, and an error."""

    arrays: dict[str, list[Array]] = field(default_factory=dict)
    types: dict[str, Any] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    error: tuple[str, str] | None = None


ATTRIBUTES = ("coefs_", "intercepts_", "loss_curve_", "validation_scores_")
NUMBERS = ("loss_", "best_loss_", "best_validation_score_")
EXACT = ("n_iter_", "t_", "n_outputs_", "n_layers_", "out_activation_", "n_features_in_")


def outcome(case: Case, module: str, change: Callable[[Any], Any] = lambda X: X) -> Outcome:
    """Fit the case's estimator of ``module``; ``change`` is applied to X."""
    setting, samples = SETTINGS[case.setting], data(case.data)
    rows = (
        slice(None) if setting.rows is None else slice(0, None, samples.X.shape[0] // setting.rows)
    )
    X, y = change(samples.X[rows].astype(case.x_type)), samples.y[rows]
    if samples.task == "regressor":
        y = y.astype(case.y_type)
    weights = np.random.RandomState(9).uniform(0.2, 3, X.shape[0]).astype(case.x_type)
    options: dict[str, Any] = {
        "hidden_layer_sizes": (32, 16),
        "max_iter": EPOCHS,
        "random_state": np.random.RandomState(7) if setting.calls == "two fits" else 7,
        **setting.options,
    }
    if samples.task == "regressor":
        options["loss"] = samples.loss
    name = {"classifier": "MLPClassifier", "regressor": "MLPRegressor"}[samples.task]
    estimator = getattr(importlib.import_module(module), name)(**options)
    result = Outcome()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with redirect_stdout(StringIO()) as printed:
                call(estimator, setting, X, y, weights if setting.weighted else None)
            if case.x_type == "float64":  # its eight digits are more than float32 has
                result.types["printed"] = printed.getvalue()
            read(estimator, X, result)
        except Exception as error:  # compared with the other's
            result.error = type(error).__name__, str(error)
    result.warnings = sorted(
        {
            (one.category.__name__, str(one.message))
            for one in caught
            if one.category is not RuntimeWarning  # NumPy's, of an overflow
        }
    )
    return result


def call(estimator: Any, setting: Setting, X: Any, y: Array, weights: Array | None) -> None:
    """Fit once or several times, as the setting says."""
    if setting.calls in ("fit", "fit, partial_fit"):
        estimator.fit(X, y, sample_weight=weights)
    if setting.calls == "two fits":
        estimator.fit(X, y, sample_weight=weights).fit(X, y, sample_weight=weights)
    if setting.calls == "warm_start":  # before tol stops it, after which scikit-learn is wrong
        for _ in range(2):
            estimator.fit(X, y, sample_weight=weights)
    if "partial_fit" in setting.calls:
        classes = {"classes": labels(y)} if hasattr(estimator, "predict_proba") else {}
        half = X.shape[0] // 2
        for part in (slice(half), slice(half, None), slice(None)):
            some = None if weights is None else weights[part]
            estimator.partial_fit(X[part], y[part], sample_weight=some, **classes)


def labels(y: Array) -> Array:
    """What partial_fit takes for its classes."""
    return np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])


def read(estimator: Any, X: Any, result: Outcome) -> None:
    """Note the fitted attributes and the predictions."""
    for name in ATTRIBUTES:
        value = getattr(estimator, name, None)
        result.types[name] = None if value is None else [kind(one) for one in value]
        if value is not None and name in ("coefs_", "intercepts_"):
            result.arrays[name] = [np.array(one) for one in value]
        elif value is not None:
            result.arrays[name] = [np.array(value, np.float64)]
    for name in NUMBERS:
        value = getattr(estimator, name, "absent")
        result.types[name] = kind(value)
        if isinstance(value, (float, np.floating)):
            result.arrays[name] = [np.array([value], np.float64)]
    for name in EXACT:
        result.types[name] = getattr(estimator, name, "absent")
    if hasattr(estimator, "predict_proba"):
        result.arrays["predictions"] = [estimator.predict_proba(X)]
    else:
        result.arrays["predictions"] = [estimator.predict(X)]
    result.types["predictions"] = kind(result.arrays["predictions"][0])


def kind(value: Any) -> str:
    """A type, and an array's number type and shape."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} {value.shape}"
    return type(value).__name__ if value is not None else "None"


def difference(ours: Array, theirs: Array) -> float:
    """max |a - b| / max |b|, infinite where shapes differ or one is finite and the other not."""
    if ours.shape != theirs.shape or not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
        return float("inf")
    finite = np.isfinite(theirs)
    if not finite.any():
        return 0.0
    ours, theirs = ours[finite].astype(np.float64), theirs[finite].astype(np.float64)
    largest = np.abs(theirs).max()
    gap = np.abs(ours - theirs).max()
    return float(gap / largest) if largest else float(gap and np.inf)


@dataclass(frozen=True)
class Comparison:
    """Largest relative differences by name, and what is not the same at all, in words.

    ``rounding`` is how far scikit-learn goes itself with samples that are moved by their last bit,
    where that was looked at: ten times as far is no fault, for a sum rounds more than once.
    """

    case: Case
    differences: dict[str, float]
    others: list[str]
    rounding: dict[str, float] = field(default_factory=dict)

    def bound(self, name: str) -> float:
        """How large a difference may be."""
        return max(self.case.tolerance, 10 * self.rounding.get(name, 0.0))

    @property
    def beyond(self) -> dict[str, float]:
        """Differences that are too large."""
        return {k: v for k, v in self.differences.items() if not v <= self.bound(k)}

    @property
    def within_rounding(self) -> dict[str, float]:
        """Differences above the tolerance that scikit-learn has with itself."""
        return {
            k: v for k, v in self.differences.items() if self.case.tolerance < v <= self.bound(k)
        }

    @property
    def agrees(self) -> bool:
        return not self.others and not self.beyond


def compare(
    case: Case, ours: Outcome, theirs: Outcome, of_moved: Sequence[Outcome] = ()
) -> Comparison:
    """What differs between two outcomes; ``of_moved`` are scikit-learn's of moved samples."""
    others = [
        f"{name}: {a!r}, scikit-learn {b!r}"
        for name, a, b in (
            ("error", ours.error, theirs.error),
            *([] if theirs.error else [("warnings", ours.warnings, theirs.warnings)]),
            *((name, ours.types.get(name), b) for name, b in theirs.types.items()),
        )
        if a != b
    ]
    rounding: dict[str, float] = {}
    for one in of_moved:
        for name, value in differences(one, theirs).items():
            rounding[name] = max(value, rounding.get(name, 0.0))
    return Comparison(case, differences(ours, theirs), others, rounding)


def differences(ours: Outcome, theirs: Outcome) -> dict[str, float]:
    """The largest of each attribute's arrays."""
    return {
        name: max(map(difference, ours.arrays[name], arrays))
        if len(ours.arrays.get(name, ())) == len(arrays)
        else float("inf")
        for name, arrays in theirs.arrays.items()
    }


def compared(case: Case, module: str = OURS, sensitivity: bool = False) -> Comparison:
    """A case, with one BLAS thread: two would change scikit-learn's own bits."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        theirs = outcome(case, THEIRS)
        if sensitivity:
            return compare(case, outcome(case, THEIRS, partial(moved, 0)), theirs)
        ours = outcome(case, module)
        others = range(MOVES if compare(case, ours, theirs).beyond else 0)
        return compare(
            case, ours, theirs, [outcome(case, THEIRS, partial(moved, seed)) for seed in others]
        )


def moved(seed: int, X: Any) -> Any:
    """X with each number up, down or where it is, by one unit in the last place."""
    values = X.data if hasattr(X, "indptr") else X
    ulps = np.random.RandomState(seed).randint(-1, 2, values.shape).astype(values.dtype)
    changed = values * (1 + ulps * np.finfo(values.dtype).eps)
    if not hasattr(X, "indptr"):
        return changed
    X = X.copy()
    X.data = changed
    return X
