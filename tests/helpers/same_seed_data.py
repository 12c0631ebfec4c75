"""The data that scikit-learn and fastbp.sklearn are compared on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Data:
    """X in float64, or CSR, and y; ``raw``: columns of other scales, or a target far from 1."""

    X: Any
    y: Array
    task: Literal["classifier", "regressor"]
    loss: str = "squared_error"
    raw: bool = False


def standardized(X: Array) -> Array:
    """Each column less its mean, over its deviation, where it has one."""
    deviation = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(deviation == 0, 1, deviation))


def bundled(name: str) -> tuple[Array, Array]:
    """One of scikit-learn's own data sets."""
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    return X, y


def californian(n: int = 2000) -> tuple[Array, Array]:
    """Eight skewed columns of very different scales, and a price that is cut off at 5.

    The shape of the California housing data, which is not bundled with scikit-learn.
    """
    r = np.random.RandomState(0)
    income = r.lognormal(1.2, 0.45, n)
    age = r.randint(1, 53, n).astype(float)
    rooms = r.lognormal(1.6, 0.35, n)
    bedrooms = 1 + r.gamma(0.5, 0.2, n)
    population = r.lognormal(7.0, 0.75, n).round()
    occupants = 1.5 + r.pareto(2.5, n)
    latitude = np.where(r.uniform(size=n) < 0.6, r.normal(34, 0.6, n), r.normal(37.8, 0.8, n))
    longitude = -119.6 - 0.8 * (latitude - 35.6) + r.normal(0, 0.7, n)
    price = 0.45 * income - 0.15 * occupants + 0.006 * age + 0.1 * np.sin(3 * latitude)
    price *= np.exp(0.25 * r.normal(size=n))
    X = np.column_stack([income, age, rooms, bedrooms, population, occupants, latitude, longitude])
    return X, np.clip(price, 0.15, 5.0)


def digits() -> Data:
    X, y = bundled("digits")
    return Data(X / 16, y, "classifier")


def breast_cancer_raw() -> Data:
    X, y = bundled("breast_cancer")
    return Data(X, y, "classifier", raw=True)


def breast_cancer() -> Data:
    X, y = bundled("breast_cancer")
    return Data(standardized(X), y, "classifier")


def iris() -> Data:
    return Data(*bundled("iris"), "classifier")


def wine() -> Data:
    X, y = bundled("wine")
    return Data(standardized(X), y, "classifier")


def multilabel() -> Data:
    from sklearn.datasets import make_multilabel_classification

    X, y = make_multilabel_classification(300, 12, n_classes=4, random_state=1)
    return Data(standardized(X), y, "classifier")


def diabetes() -> Data:
    X, y = bundled("diabetes")
    return Data(standardized(X), y, "regressor", raw=True)


def diabetes_scaled_target() -> Data:
    X, y = bundled("diabetes")
    return Data(standardized(X), standardized(y), "regressor")


def california_raw() -> Data:
    return Data(*californian(), "regressor", raw=True)


def california() -> Data:
    X, y = californian()
    return Data(standardized(X), y, "regressor")


def two_outputs() -> Data:
    r = np.random.RandomState(2)
    X = r.normal(size=(331, 7))
    y = np.column_stack([np.sin(X[:, 0]) + X[:, 1] * X[:, 2], X[:, 3] ** 2])
    return Data(X, y + 0.1 * r.normal(size=y.shape), "regressor")


def counts() -> Data:
    r = np.random.RandomState(3)
    X = r.normal(size=(405, 6))
    return Data(X, r.poisson(np.exp(0.5 * X[:, 0] + 0.3)), "regressor", "poisson")


def sparse_digits() -> Data:
    from scipy.sparse import csr_matrix

    X, y = bundled("digits")
    return Data(csr_matrix(X[:500] / 16), y[:500], "classifier")


def sparse_numbers() -> Data:
    from scipy.sparse import csr_matrix

    r = np.random.RandomState(4)
    X = r.normal(size=(303, 20)) * (r.uniform(size=(303, 20)) < 0.2)
    return Data(csr_matrix(X), X[:, 0] - X[:, 1] * X[:, 2] + 0.1 * r.normal(size=303), "regressor")


DATA: dict[str, Callable[[], Data]] = {
    "digits": digits,
    "breast cancer, raw": breast_cancer_raw,
    "breast cancer": breast_cancer,
    "iris": iris,
    "wine": wine,
    "multilabel": multilabel,
    "diabetes": diabetes,
    "diabetes, scaled target": diabetes_scaled_target,
    "California-like, raw": california_raw,
    "California-like": california,
    "two outputs": two_outputs,
    "counts": counts,
    "digits, CSR": sparse_digits,
    "numbers, CSR": sparse_numbers,
}


@cache
def data(name: str) -> Data:
    """A set by its name."""
    return DATA[name]()
