"""Columns whose different values become equal in float32 are warned of; ordinary ones are not."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, network

from fastbp.inputs.precision import columns_that_collapse

# Columns that are not scaled are the point here, and no network learns from such.
pytestmark = pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")

M = 1000
RNG = np.random.default_rng(0)
LABELS = np.arange(M) % 3
SECONDS = 1_700_000_000 + np.arange(M)

# Columns that lose their differences: in float32 these numbers lie further apart than they differ.
COLLAPSING: dict[str, Any] = {
    "Unix times, in order": SECONDS,
    "Unix times, shuffled": RNG.permutation(SECONDS),
    "Unix times as 32-bit integers": SECONDS.astype("int32"),
    "Unix times in nanoseconds": SECONDS * 1_000_000_000,
    "Unix times with milliseconds": SECONDS + RNG.random(M),
    "some of them missing": np.where(np.arange(M) % 5, SECONDS, np.nan),
    "some of them zero": np.where(np.arange(M) % 5, SECONDS, 0),
    "negative": -SECONDS,
    "fractions of a day, counted from 1900": 45_000 + np.arange(M) / 86_400,
    "large numbers that vary little": 1e12 + RNG.normal(size=M),
}

# Ordinary columns, in float64 or integers.
ORDINARY: dict[str, Any] = {
    "uniform": RNG.random(M),
    "normal": RNG.normal(size=M),
    "large": RNG.normal(1e6, 1e5, M),
    "very large": RNG.random(M) * 1e300,
    "over many magnitudes": np.exp(RNG.normal(0, 20, M)),
    "incomes": RNG.lognormal(10, 1, M).round(2),
    "years": 1900 + RNG.integers(0, 120, M),
    "kelvin": 273.15 + RNG.normal(15, 10, M),
    "pascal": 101_325 + RNG.normal(0, 1000, M),
    "identity numbers": np.arange(M) + 1_000_000,
    "hash values": RNG.integers(-(2**62), 2**62, M),
    "days of two years as Unix times": 1_700_000_000 + 86_400 * RNG.integers(0, 730, M),
    "Unix times of ten years": 1_400_000_000 + RNG.integers(0, 315_000_000, M),
    "one value": np.full(M, 1_700_000_000),
    "two values": 1_700_000_000 + RNG.integers(0, 2, M),
    "flags": RNG.integers(0, 2, M),
    "bytes": RNG.integers(0, 256, M),
    "exact": 2**24 * RNG.integers(0, 1000, M),
    "not a number": np.full(M, np.nan),
    "infinities": np.where(RNG.random(M) < 0.5, np.inf, -np.inf),
    "zeros": np.zeros(M),
}


def beside_ordinary(column: Any) -> np.ndarray:
    """Four columns, of which the given one is number 2."""
    kind = np.asarray(column).dtype
    return np.column_stack([ORDINARY["flags"], ORDINARY["bytes"], column, LABELS]).astype(kind)


@pytest.mark.parametrize("name", COLLAPSING)
def test_a_column_that_collapses_is_found(name: str) -> None:
    assert columns_that_collapse(beside_ordinary(COLLAPSING[name])) == [2]


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_column_is_no_false_alarm(name: str) -> None:
    assert columns_that_collapse(beside_ordinary(ORDINARY[name])) == []


@pytest.mark.parametrize("m", [0, 1, 2, 3, 5, 8, 9, 64, 65, 200, 20_000])
def test_any_number_of_rows_will_do(m: int) -> None:
    X = np.random.default_rng(1).random((m, 3)) * [1, 1e5, 0]
    X[:, 2] = 1.7e9 + np.arange(m)
    assert columns_that_collapse(X) == ([2] if m > 2 else [])
    assert columns_that_collapse(np.asfortranarray(X)[::-1]) == ([2] if m > 2 else [])


@pytest.mark.parametrize("call", ["fit", "score", "loss_value", "predict", "predict_classes"])
def test_one_warning_a_call_names_the_columns_and_the_caller(call: str) -> None:
    X = [[0.5, 1e9 + i / 10, 0.25, 1e9 - i] for i in range(12)]  # a list, never read directly
    for samples in (X, np.array(X)) if call in WITH_Y else (X,):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            EVERY_CALL[call](network(dtype="float32"), samples, LABELS[:12])
        assert len(caught) == 1
        assert caught[0].category is UserWarning
        assert "X[:, 1], X[:, 3]. Subtract" in str(caught[0].message)
        assert caught[0].filename.endswith("ways_in.py")


def test_the_remedy_helps() -> None:
    X = beside_ordinary(SECONDS)
    with pytest.warns(UserWarning, match="for example") as caught:
        network(dtype="float32").fit(X, LABELS, epochs=1)
    remedy = str(caught[0].message).split("for example ")[1]
    X[:, 2] = eval(remedy)
    network(dtype="float32").fit(X, LABELS, epochs=1)


def test_a_network_of_float64_keeps_the_differences() -> None:
    network(dtype="float64").fit(beside_ordinary(SECONDS), LABELS, epochs=1)


def test_steps_and_gradients_are_made_in_loops_and_do_not_look() -> None:
    X = beside_ordinary(SECONDS)
    network(dtype="float32").train_step(X, LABELS)
    network(dtype="float32").gradients(X, LABELS)


@pytest.mark.parametrize("kind", ["one type", "several types", "nullable", "polars"])
def test_columns_of_a_frame_are_named(kind: str) -> None:
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame(beside_ordinary(SECONDS), columns=["flag", "byte", "time", "label"])
    if kind == "several types":
        frame["flag"] = frame["flag"] > 0
    if kind == "nullable":
        frame = frame.astype("Int64")
    if kind == "polars":
        pl = pytest.importorskip("polars", reason="polars is not installed")
        frame = pl.DataFrame({label: column.tolist() for label, column in frame.items()})
    with pytest.warns(UserWarning, match=r"X\['time'\] - X\['time'\]\.min\(\)$") as caught:
        network(dtype="float32").fit(frame, LABELS, epochs=1, batch_size=100)
    assert len(caught) == 1
    if kind != "polars":  # whose columns are not assigned so
        frame["time"] = frame["time"] - frame["time"].min()
        network(dtype="float32").fit(frame, LABELS, epochs=1)
