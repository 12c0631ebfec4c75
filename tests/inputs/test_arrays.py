"""Rows 1 to 9: None, lists, and arrays however they lie in memory.

Rows that do not apply as they stand:

====  ============================================================================================
row   why
====  ============================================================================================
5     no public call has an `out`: held for the parameters, which only ever copy what they are given
====  ============================================================================================
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, WITH_Y, bits, network, outcome, samples

pytestmark = pytest.mark.kernels

X, Y = samples()
LABELS = np.arange(len(X)) % 3


@pytest.mark.parametrize("call", EVERY_CALL)
def test_row_1_none_for_x(call: str) -> None:
    with pytest.raises(TypeError, match=r"\bX must be an array, got None"):
        EVERY_CALL[call](network(), None, Y)


@pytest.mark.parametrize("call", WITH_Y)
def test_row_1_none_for_y(call: str) -> None:
    with pytest.raises(TypeError, match=r"\by must be .*, got None"):
        WITH_Y[call](network(), X, None)


def test_row_1_none_for_a_sample_or_a_parameter() -> None:
    net = network()
    with pytest.raises(TypeError, match=r"\bx must be an array, got None"):
        net.trace(None, Y[0])
    with pytest.raises(TypeError, match=r"\by must be .*, got None"):
        net.trace(X[0], None)
    with pytest.raises(TypeError, match=r"weights\[0\].* got None"):
        net.weights[0] = None
    with pytest.raises(TypeError, match=r"biases\[1\].* got None"):
        net.biases[1] = None
    with pytest.raises(TypeError, match=r"parameters.* got None"):
        net.parameters = None
    with pytest.raises(TypeError, match=r"validation.*None"):
        net.fit(X, Y, validation=(X, None))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("container", [list, tuple])
def test_row_2_nested_lists_and_tuples(container: type, dtype: str) -> None:
    as_lists = container(container(row) for row in X.tolist())
    assert outcome(as_lists, container(map(container, Y.tolist())), dtype) == outcome(X, Y, dtype)
    assert outcome(as_lists, container(LABELS.tolist()), dtype) == outcome(X, LABELS, dtype)


@pytest.mark.parametrize("as_given", [np.ndarray.tolist, np.asarray])
def test_row_2_finiteness_is_checked_after_the_conversion(as_given: Any) -> None:
    too_large = X.copy()
    too_large[6, 2] = 1e39  # finite in float64, not in float32
    network().fit(as_given(too_large), Y, epochs=1)
    net = network(dtype="float32")
    with pytest.raises(ValueError, match=r"\bX\b.*row 6, column 2"):
        net.fit(as_given(too_large), Y, epochs=1)
    assert bits(net.parameters) == bits(network(dtype="float32").parameters)


def test_row_3_ragged_lists() -> None:
    ragged: list[Any] = X.tolist()
    ragged[2], ragged[9] = ragged[2][:3], []
    with pytest.raises(ValueError, match=r"\bX\b.*row 2\b.*\b3\b"):
        network().predict(ragged)
    with pytest.raises(ValueError, match=r"\by\b.*row 1\b"):
        network().fit(X[:3], [[0, 0, 1], [0, 1], [1, 0, 0]])
    with pytest.raises(ValueError, match=r"\bX\b.*row 1\b"):
        network().predict([[1, 2, 3, 4], 5.0])
    with pytest.raises(ValueError, match=r"\bX\b.*row 1\b"):
        network().predict([[1, 2, 3, 4], [1, [2], 3, 4]])


def test_row_4_read_only_arrays() -> None:
    frozen_X, frozen_Y, frozen_labels = X.copy(), Y.copy(), LABELS.copy()
    for frozen in (frozen_X, frozen_Y, frozen_labels):
        frozen.flags.writeable = False
    assert outcome(frozen_X, frozen_Y) == outcome(X, Y)
    assert outcome(frozen_X, frozen_labels) == outcome(X, LABELS)
    assert bits(network().trace(frozen_X[0], frozen_Y[0]).C_0) == bits(
        network().trace(X[0], Y[0]).C_0
    )


@pytest.mark.parametrize("source", ["float32", "float64", "uint8"])
def test_row_4_a_read_only_memmap_is_never_copied(source: str, tmp_path: Path) -> None:
    path = tmp_path / "X"
    np.ones((120_000, 64), source).tofile(path)
    mapped = np.memmap(path, source, mode="r", shape=(120_000, 64))
    net = network((64, 2), dtype="float32")
    y = np.zeros((len(mapped), 2), "float32")
    tracemalloc.start()
    try:
        net.fit(mapped, y, epochs=1, batch_size=1000)
        net.loss_value(mapped, y)
        net.gradients(mapped, y)
        net.predict(mapped)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < mapped.nbytes / 2, f"{peak} bytes for an X of {mapped.nbytes}"


def test_row_5_parameters_copy_from_read_only_arrays() -> None:
    w, b = np.full((5, 4), 0.25), np.full(5, 0.5)
    flat = network().parameters
    for source in (w, b, flat):
        source.flags.writeable = False
    net = network()
    net.parameters = flat
    net.weights[0], net.biases[0] = w, b
    net.fit(X, Y, epochs=2)
    assert (w == 0.25).all()
    assert (b == 0.5).all()
    assert not (net.weights[0] == 0.25).any()


def test_row_5_a_read_only_view_refuses_and_training_goes_on() -> None:
    net, twin = network(), network()
    view = net.weights[0]
    view.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1.0
    net.fit(X, Y, epochs=2)
    twin.fit(X, Y, epochs=2)
    assert bits(net.parameters) == bits(twin.parameters)


def spaced(a: np.ndarray) -> np.ndarray:
    """The same numbers as every second column of a wider array."""
    wide = np.full((len(a), 2 * a.shape[1]), np.nan)
    wide[:, ::2] = a
    return wide[:, ::2]


LAYOUTS = {
    "Fortran order": np.asfortranarray,
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "rows reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "columns reversed": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "every second column": spaced,
    "every third row": lambda a: np.repeat(a, 3, axis=0)[::3],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_row_6_any_memory_layout_gives_the_same_bits(layout: str, dtype: str) -> None:
    strange = LAYOUTS[layout]
    assert outcome(strange(X), strange(Y), dtype) == outcome(X, Y, dtype)
    every_second = np.repeat(LABELS, 2)[::2]
    assert outcome(strange(X), every_second, dtype) == outcome(X, LABELS, dtype)
    for net_type in ("float32", "float64"):  # the layout is met in the array's own type too
        typed = strange(X.astype(dtype).astype(float)).astype(dtype, order="K")
        assert outcome(typed, Y, net_type) == outcome(X, Y, net_type)


def test_row_6_parameters_from_any_memory_layout() -> None:
    w = np.arange(20.0).reshape(5, 4)
    for strange in LAYOUTS.values():
        net = network()
        net.weights[0] = strange(w)
        assert bits(net.weights[0]) == bits(w)


def test_row_7_broadcast_arrays() -> None:
    one_row, one_column = np.broadcast_to(X[0], X.shape), np.broadcast_to(X[:, :1], X.shape)
    target, label = np.broadcast_to(Y[0], Y.shape), np.broadcast_to(np.intp(2), len(X))
    for broadcast in (one_row, one_column):
        assert outcome(broadcast, target) == outcome(broadcast.copy(), target.copy())
        assert outcome(broadcast, label) == outcome(broadcast.copy(), label.copy())


def unaligned(a: np.ndarray) -> np.ndarray:
    """The same numbers one byte off their natural place."""
    raw = bytearray(1) + bytearray(np.ascontiguousarray(a).tobytes())
    return np.frombuffer(raw, a.dtype, offset=1).reshape(a.shape)


def packed(a: np.ndarray) -> np.ndarray:
    """The same numbers as a field of a packed record."""
    record = np.zeros(len(a), [("flag", "u1"), ("values", a.dtype, a.shape[1:])])
    record["values"] = a
    return record["values"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("misalign", [unaligned, packed])
def test_row_8_unaligned_buffers(misalign: Any, dtype: str) -> None:
    for source in (X, X.astype("float32")):
        assert not misalign(source).flags.aligned
        assert outcome(misalign(source), misalign(Y), dtype) == outcome(X, Y, dtype)
        assert outcome(misalign(source), misalign(LABELS), dtype) == outcome(X, LABELS, dtype)
    net = network()
    net.parameters = misalign(network(seed=2).parameters)
    assert bits(net.parameters) == bits(network(seed=2).parameters)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("swapped", [">f8", ">f4", "<f8", "<f4"])
def test_row_9_either_byte_order(swapped: str, dtype: str) -> None:
    assert outcome(X.astype(swapped), Y.astype(swapped), dtype) == outcome(X, Y, dtype)
    for labels in (LABELS.astype(swapped[0] + "i8"), LABELS.astype(swapped[0] + "i2")):
        assert outcome(X, labels, dtype) == outcome(X, LABELS, dtype)
