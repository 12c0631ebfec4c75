"""Data frames of pandas, polars and pyarrow: their columns become one array of numbers."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, bits, network, outcome, samples

from fastbp.inputs import as_batch

pd = pytest.importorskip("pandas", reason="pandas is not installed")

X, Y = samples()
LABELS = np.arange(len(X)) % 3
FLAGS = LABELS == 1
NAMES = np.array(["ant", "bee", "cat"])[LABELS]
COLUMNS = ["age", "height", "income", "flag"]
NUMBERS = np.column_stack([X[:, :3], FLAGS])  # what the frames below hold
MIXED = pd.DataFrame(X[:, :3], columns=COLUMNS[:3]).assign(flag=FLAGS)


def arrow_backed(frame: Any) -> Any:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return frame.convert_dtypes(dtype_backend="pyarrow")


def polars_frame(frame: Any) -> Any:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    # One by one, since polars reads a pandas frame through pyarrow.
    return pl.DataFrame({str(label): column.tolist() for label, column in frame.items()})


def arrow_table(frame: Any) -> Any:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return pa.table({str(label): column.tolist() for label, column in frame.items()})


# Every kind of frame -> how it is made of a pandas frame.
KINDS: dict[str, Callable[[Any], Any]] = {
    "NumPy's types": lambda frame: frame,
    "nullable types": lambda frame: frame.convert_dtypes(),
    "Arrow's types": arrow_backed,
    "objects": lambda frame: frame.astype(object),
    "sparse": lambda frame: frame.astype(
        {c: pd.SparseDtype(kind) for c, kind in frame.dtypes.items()}
    ),
    "polars": polars_frame,
    "lazy polars": lambda frame: polars_frame(frame).lazy(),
    "pyarrow": arrow_table,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_several_types_is_the_array_of_its_numbers(kind: str, dtype: str) -> None:
    frame = KINDS[kind](MIXED)
    assert outcome(frame, LABELS, dtype) == outcome(NUMBERS, LABELS, dtype)
    net = network(dtype=dtype)
    expected = net.trace(NUMBERS[0], Y[0]).a[0]
    assert bits(net.trace(frame[:1] if "lazy" not in kind else frame.head(1), Y[0]).a[0]) == bits(
        expected
    )


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_several_types_become_one_array_of_the_network_s_type(kind: str) -> None:
    frame = KINDS[kind](MIXED)
    for dtype in map(np.dtype, ("float32", "float64")):
        for order in "FC":
            array = as_batch(frame, 4, dtype, order=order)
            assert bits(array) == bits(NUMBERS.astype(dtype))
            assert array.flags[f"{order}_CONTIGUOUS"]


def test_get_dummies_makes_a_frame_that_is_read() -> None:
    frame = pd.get_dummies(pd.DataFrame({"x": X[:, 0], "kind": NAMES}))
    assert frame["kind_ant"].dtype == bool
    expected = np.column_stack([X[:, 0], np.eye(3)[LABELS]])
    assert bits(network().predict(frame)) == bits(network().predict(expected))


@pytest.mark.parametrize("kind", ["NumPy's types", "nullable types", "Arrow's types", "polars"])
def test_a_frame_is_converted_without_a_python_object_for_each_number(kind: str) -> None:
    """Beside the array of float32, a column in float64 may be there, and some small objects."""
    rows = 5_000
    frame = pd.DataFrame({f"c{c}": np.arange(float(rows)) for c in range(19)})
    frame = KINDS[kind](frame.assign(flag=True))
    tracemalloc.start()
    try:
        as_batch(frame, 20, np.dtype("float32"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < rows * (20 * 4 + 2 * 8) + 100_000


def test_a_frame_of_one_type_is_not_copied() -> None:
    frame = pd.DataFrame(X, columns=COLUMNS)
    assert np.shares_memory(as_batch(frame, 4, np.dtype("float32")), np.asarray(frame))


GAP = 4  # the row in which a number is missing


def objects_with_none(column: Any) -> Any:
    return column.astype(object).where(column.index != GAP, None)


# What stands for a missing number -> how a column gets it.
MISSING: dict[str, Callable[[Any], Any]] = {
    "None": objects_with_none,
    "NaN": lambda column: column.astype(float).where(column.index != GAP),
    "NaN beside objects": lambda column: column.astype(object).where(column.index != GAP, np.nan),
    "pandas.NA": lambda column: column.convert_dtypes().mask(column.index == GAP, pd.NA),
    "pandas.NA beside objects": lambda column: column.astype(object).where(
        column.index != GAP, pd.NA
    ),
    "Arrow's null": lambda column: arrow_backed(column).mask(column.index == GAP, pd.NA),
}


@pytest.mark.parametrize("column", ["height", "flag"])
@pytest.mark.parametrize("missing", [*MISSING, "polars's null", "pyarrow's null"])
def test_what_is_missing_is_nan_and_fit_names_its_row_and_column(missing: str, column: str) -> None:
    c = COLUMNS.index(column)
    make = MISSING.get(missing, objects_with_none)
    frame = MIXED.assign(**{column: make(MIXED[column])})
    if missing not in MISSING:
        frame = KINDS[missing.split("'")[0]](frame)
    expected = NUMBERS.copy()
    expected[GAP, c] = np.nan
    assert bits(network().predict(frame)) == bits(network().predict(expected))
    for call in ("fit", "train_step"):
        with pytest.raises(ValueError, match=rf"^X\b.*row {GAP}, column {c}, '{column}'.* is nan"):
            WITH_Y[call](network(), frame, LABELS)
    with pytest.raises(ValueError, match=rf"^validation X\b.*row {GAP}, column {c}, '{column}'"):
        network().fit(MIXED, LABELS, validation=(frame, LABELS))


@pytest.mark.parametrize("dtypes", ["float64", "object", "Float64"])
def test_a_number_too_large_for_float32_is_shown_as_it_is(dtypes: str) -> None:
    frame = pd.DataFrame(X[:, :3], columns=COLUMNS[:3])
    frame.loc[6, "income"] = 1e39
    frame = frame.astype(dtypes).assign(flag=FLAGS)
    with np.errstate(all="raise"), pytest.raises(ValueError, match=r"'income'.*1e\+39, too large"):
        network(dtype="float32").fit(frame, LABELS)
    network(dtype="float64").fit(frame, LABELS, epochs=1)


# What a column may hold that is no number -> how it is made, in pandas.
NO_NUMBERS: dict[str, Callable[[], Any]] = {
    "text": lambda: NAMES.tolist(),
    "text of numbers": lambda: ["1.5"] * len(X),
    "categories": lambda: pd.Categorical(NAMES),
    "categories of numbers": lambda: pd.Categorical(LABELS),
    "dates": lambda: pd.date_range("2020-01-01", periods=len(X), freq="h"),
    "dates with a zone": lambda: pd.date_range("2020-01-01", periods=len(X), tz="UTC"),
    "durations": lambda: pd.to_timedelta(np.arange(len(X)), unit="s"),
    "periods": lambda: pd.period_range("2020-01", periods=len(X), freq="M"),
    "intervals": lambda: pd.interval_range(0, len(X)),
    "complex numbers": lambda: X[:, 0] + 1j,
    "lists": lambda: [[1.0]] * len(X),
    "bytes": lambda: [b"1"] * len(X),
}


@pytest.mark.parametrize("call", EVERY_CALL)
def test_columns_that_hold_no_numbers_are_named(call: str) -> None:
    for make in NO_NUMBERS.values():
        for frame in (MIXED.assign(height=make()), MIXED.assign(height=make(), age=make())):
            wrong = [c for c in ("age", "height") if not frame[c].equals(MIXED[c])]
            with pytest.raises(ValueError, match=r"^X must hold numbers only") as error:
                EVERY_CALL[call](network(), frame, LABELS)
            assert [repr(c) in str(error.value) for c in COLUMNS] == [c in wrong for c in COLUMNS]
            assert "rop" in str(error.value)


def test_polars_columns_that_hold_no_numbers_are_named() -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars_frame(MIXED)
    moment = pl.datetime(2020, 1, 1)
    for column in (
        pl.lit("tall"),
        pl.lit("tall").cast(pl.Categorical),
        pl.lit("tall").cast(pl.Enum(["tall"])),
        moment,
        moment.cast(pl.Date),
        moment.cast(pl.Time),
        moment - moment,
        pl.lit([1.0]),
        pl.lit(1).cast(pl.Int128),  # which polars does not give to NumPy
        pl.struct(pl.lit(1)),
    ):
        with pytest.raises(ValueError, match=r"^X must hold numbers only.*'height' \(") as error:
            network().predict(frame.with_columns(height=column))
        assert "'age'" not in str(error.value)


def advised(error: pytest.ExceptionInfo[ValueError]) -> str:
    """The expression after "for example" in an error."""
    return re.split("for example (?:with )?", str(error.value))[1].removesuffix(". Or drop them")


@pytest.mark.parametrize("kind", ["NumPy's types", "Arrow's types", "polars", "pyarrow"])
def test_the_advice_for_text_and_times_helps(kind: str) -> None:
    names = {"pandas": pd}
    for holds in ("text", "categories"):
        frame = KINDS[kind](MIXED.iloc[:, :2].assign(height=NO_NUMBERS[holds]()))
        with pytest.raises(ValueError, match="for example") as error:
            network().predict(frame)
        encoded = eval(advised(error), names | {"X": frame})
        expected = np.column_stack([X[:, 0], np.eye(3)[LABELS]])
        assert bits(network().predict(encoded)) == bits(network().predict(expected))
    if kind == "pyarrow":
        return  # its columns have no arithmetic of their own
    for holds in ("dates", "durations"):
        frame = KINDS[kind](MIXED.assign(age=NO_NUMBERS[holds]()))
        with pytest.raises(ValueError, match="for example") as error:
            network().predict(frame)
        numbers = eval(advised(error), names | {"X": frame})
        hours = np.arange(len(X)) * (3600.0 if holds == "dates" else 1.0)
        assert np.asarray(numbers, float).tolist() == hours.tolist()


def test_of_many_wrong_columns_the_first_are_named() -> None:
    frame = pd.DataFrame({f"c{c}": ["text"] for c in range(1000)})
    with pytest.raises(ValueError, match=r"'c0' .*'c9' .* and 990 more") as error:
        network((1000, 3)).predict(frame)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize("categories", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sparse"])
def test_a_frame_of_one_column_of_names_is_taken_as_the_column(kind: str, categories: bool) -> None:
    frame = pd.DataFrame({"species": pd.Categorical(NAMES) if categories else NAMES})
    net = network()
    history = net.fit(X, KINDS[kind](frame), epochs=2)
    assert net.classes == ("ant", "bee", "cat")
    assert history.loss == network().fit(X, NAMES, epochs=2).loss
    for call in WITH_Y.values():
        call(net, X, KINDS[kind](frame))


def test_two_columns_of_names_are_no_targets() -> None:
    frame = pd.DataFrame({"a": NAMES, "b": NAMES})
    with pytest.raises(ValueError, match=r"^y must hold numbers only.*'a'.*'b'"):
        network().fit(X, frame)


def test_targets_of_several_types() -> None:
    frame = pd.DataFrame(Y[:, :2], columns=["p", "q"]).assign(flag=FLAGS)
    assert outcome(X, frame) == outcome(X, np.column_stack([Y[:, :2], FLAGS]))


def test_columns_named_as_what_frames_are_known_by() -> None:
    """pandas offers its columns as attributes, and they may have any name."""
    names = ["requires_grad", "collect", "tocsr", "collect_schema"]
    assert outcome(MIXED.set_axis(names, axis=1), LABELS) == outcome(NUMBERS, LABELS)
