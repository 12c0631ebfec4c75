"""Rows 10 to 18: number types, and the containers of other libraries."""

from __future__ import annotations

import array
import warnings
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, bits, network, outcome, samples

X, Y = samples()
LABELS = np.arange(len(X)) % 3

NUMBER_TYPES = [
    "float16",
    "float32",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("source", NUMBER_TYPES)
def test_row_10_every_real_number_type_is_widened(source: str, dtype: str) -> None:
    numbers = (np.abs(X * 32) % 2 if source == "bool" else np.abs(X * 32)).astype(source)
    assert outcome(numbers, Y, dtype) == outcome(numbers.astype(dtype), Y, dtype)
    one_hot = np.eye(3, dtype=source)[LABELS]
    assert outcome(X, one_hot, dtype) == outcome(X, one_hot.astype(dtype), dtype)


def test_row_10_longdouble_warns_where_digits_are_lost() -> None:
    exact = X.astype(np.longdouble)
    assert bits(network().predict(exact)) == bits(network().predict(X))
    finer = exact + np.ldexp(np.longdouble(1), -60)
    if (finer == X).all():
        pytest.skip("longdouble is float64 on this platform")
    with pytest.warns(UserWarning, match=r"\bX\b.*precision"):
        predicted = network().predict(finer)
    assert bits(predicted) == bits(network().predict(finer.astype("float64")))


COMPLEX = r"(?=.*\b{}).*complex data not supported"  # in either order


@pytest.mark.parametrize("call", EVERY_CALL)
def test_row_11_complex_numbers(call: str) -> None:
    with pytest.raises(ValueError, match=COMPLEX.format("X")):
        EVERY_CALL[call](network(), X + 0j, Y)
    if call in WITH_Y:
        with pytest.raises(ValueError, match=COMPLEX.format("y")):
            WITH_Y[call](network(), X, Y.astype("complex64"))


def test_row_11_complex_parameters() -> None:
    with pytest.raises(ValueError, match=COMPLEX.format(r"weights\[0\]")):
        network().weights[0] = np.ones((5, 4), complex)
    with pytest.raises(ValueError, match=COMPLEX.format("X")):
        network().predict([[1, 2, 3, 4j]])


def test_row_12_object_arrays() -> None:
    assert outcome(X.astype(object), Y.astype(object)) == outcome(X, Y)
    assert outcome(X, LABELS.astype(object)) == outcome(X, LABELS)
    for element in ("seven", "0.5", [1.0], 1j, object()):
        strange = X.astype(object)
        strange[3, 1] = element
        with pytest.raises((TypeError, ValueError), match=r"\bX\b.*(\[3, 1\]|row 3, column 1)"):
            network().predict(strange)
    missing = X.astype(object)
    missing[3, 1] = None  # a missing value, as None and NaN are in a data frame
    with pytest.raises(ValueError, match=r"\bX\b.*row 3, column 1"):
        network().fit(missing, Y)


def record_array() -> np.ndarray:
    return np.zeros(12, [("a", "f8"), ("b", "f8"), ("c", "f8"), ("d", "f8")])


NO_NUMBERS: dict[str, Any] = {
    "str": "0.1, 0.2",
    "bytes": b"0.1, 0.2",
    "numeric strings": np.full((12, 4), "0.5"),
    "byte strings": np.full((12, 4), b"0.5"),
    "dates": np.zeros((12, 4), "datetime64[s]"),
    "durations": np.zeros((12, 4), "timedelta64[ns]"),
    "structured": record_array(),
    "dict": {"a": [0.0]},
    "set": {0.5},
    "object": object(),
    "generator": (row for row in X),
    "lists of str": [["a", "b", "c", "d"]],
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_row_13_what_is_no_number(kind: str) -> None:
    with pytest.raises((TypeError, ValueError), match=r"\bX\b"):
        network().predict(NO_NUMBERS[kind])
    with pytest.raises((TypeError, ValueError), match=r"\by\b"):
        network().loss_value(X, NO_NUMBERS[kind])


def test_row_14_masked_arrays() -> None:
    masked_X, masked_Y = np.ma.masked_less(X, -0.5), np.ma.masked_less(Y, 0.2)
    for arguments, name in (((masked_X, Y), "X"), ((X, masked_Y), "y")):
        for call in WITH_Y.values():
            with pytest.raises(ValueError, match=rf"\b{name}\b.*fill or drop masked values first"):
                call(network(), *arguments)
    assert outcome(np.ma.array(X), np.ma.array(Y)) == outcome(X, Y)  # nothing is masked
    first = np.ma.masked_less(X[0], 10)
    for sample in (first, first.reshape(1, -1)):
        with pytest.raises(ValueError, match=r"\bx\b.*fill or drop masked values first"):
            network().trace(sample, Y[0])
    with pytest.raises(ValueError, match=r"\by\b.*fill or drop masked values first"):
        network().trace(X[0], np.ma.masked_less(Y[0], 10))


def test_row_13_one_sample_that_is_no_numbers() -> None:
    for kind in ("str", "bytes", "structured", "dict", "set", "object"):
        with pytest.raises((TypeError, ValueError), match=r"\bx\b"):
            network().trace(NO_NUMBERS[kind], Y[0])
        with pytest.raises((TypeError, ValueError), match=r"\by\b"):
            network().trace(X[0], NO_NUMBERS[kind])
    with pytest.raises((TypeError, ValueError), match=r"\bx\b"):
        network().trace([0.5, [0.5], 0.5, 0.5], Y[0])


def test_row_15_numpy_matrix() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # NumPy's own, about np.matrix
        matrix_X, matrix_Y = np.asmatrix(X), np.asmatrix(Y)
    with pytest.raises(TypeError, match=r"\bX\b.*matrix.*asarray"):
        network().predict(matrix_X)
    with pytest.raises(TypeError, match=r"\by\b.*matrix.*asarray"):
        network().fit(X, matrix_Y)


@pytest.mark.parametrize("kind", ["csr_matrix", "csr_array", "coo_array", "csc_array"])
def test_row_16_sparse_arrays(kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    assert outcome(getattr(sparse, kind)(X), Y) == outcome(X, Y)
    for call in WITH_Y.values():
        with pytest.raises(TypeError, match=r"\by\b.*dense.*\.toarray\(\)"):
            call(network(), X, getattr(sparse, kind)(Y))


def test_row_17_pandas_frames() -> None:
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame(X, columns=["age", "height", "income", "rooms"])
    assert outcome(frame, pd.DataFrame(Y)) == outcome(X, Y)
    assert outcome(frame, pd.Series(LABELS)) == outcome(X, LABELS)
    assert outcome(frame.astype("Float64"), Y) == outcome(X, Y)
    mixed = frame.assign(height=["tall"] * len(X))
    with pytest.raises((TypeError, ValueError), match=r"\bX\b.*height"):
        network().predict(mixed)
    missing = frame.astype("Float64")
    missing.loc[4, "rooms"] = pd.NA
    with pytest.raises((TypeError, ValueError), match=r"\bX\b.*(rooms|row 4, column 3)"):
        network().fit(missing, Y)
    frame.loc[4, "rooms"] = np.nan
    with pytest.raises(ValueError, match=r"\bX\b.*row 4, column 3"):
        network().fit(frame, Y)
    for unit in ("s", "ns"):
        dates = pd.DataFrame(np.full(X.shape, np.datetime64("2020-01-01", unit)))
        for frame in (dates, dates - dates.iloc[0]):
            with pytest.raises((TypeError, ValueError), match=r"\bX\b"):
                network().predict(frame)
    net = network()
    net.fit(X, pd.Series(np.array(["a", "b", "c"])[LABELS]), epochs=1)
    assert list(net.classes) == ["a", "b", "c"]


def test_row_17_polars_frames() -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = pl.DataFrame(X, schema=["age", "height", "income", "rooms"])
    assert outcome(frame, pl.DataFrame(Y)) == outcome(X, Y)
    assert outcome(frame, pl.Series(LABELS)) == outcome(X, LABELS)
    with pytest.raises((TypeError, ValueError), match=r"\bX\b.*height"):
        network().predict(frame.with_columns(height=pl.lit("tall")))


class OnlyDLPack:
    """Data that can only be had through DLPack."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data

    def __dlpack__(self, **options: Any) -> Any:
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.data.__dlpack_device__()


BUFFERS = {
    "memoryview": memoryview,
    "array.array": lambda a: (
        memoryview(array.array(a.dtype.char, a.ravel().tolist()))
        .cast("B")
        .cast(a.dtype.char, a.shape)
    ),
    "DLPack": OnlyDLPack,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("buffer", BUFFERS)
def test_row_18_buffers(buffer: str, dtype: str) -> None:
    wrap = BUFFERS[buffer]
    for source in ("float32", "float64"):
        wrapped = wrap(X.astype(source)), wrap(Y.astype(source))
        assert outcome(*wrapped, dtype) == outcome(X, Y, dtype)
    labels = array.array("q", LABELS.tolist())
    assert outcome(X, labels, dtype) == outcome(X, LABELS, dtype)


def test_row_18_torch_tensors() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tensor_X, tensor_Y = torch.from_numpy(X), torch.from_numpy(Y)
    assert outcome(tensor_X, tensor_Y) == outcome(X, Y)
    assert outcome(tensor_X.T.contiguous().T, torch.from_numpy(LABELS)) == outcome(X, LABELS)
    with pytest.raises(TypeError, match=r"\bX\b.*detach\(\)"):
        network().predict(tensor_X.clone().requires_grad_())
    with pytest.raises(TypeError, match=r"\by\b.*detach\(\)"):
        network().fit(X, tensor_Y.clone().requires_grad_())
    with pytest.raises(TypeError, match=r"\bx\b.*detach\(\)"):
        network().trace(tensor_X[0].clone().requires_grad_(), Y[0])
    assert network().trace(tensor_X[0], tensor_Y[0]).C_0 == network().trace(X[0], Y[0]).C_0
