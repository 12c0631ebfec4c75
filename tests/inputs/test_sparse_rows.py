"""SciPy's sparse matrices and arrays as X: every call gives the bits of the dense array."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_sets import RUNNABLE, fast_path, forced
from recorded_slices import recorded
from team_sizes import exactly
from ways_in import EVERY_CALL, NUMBERS, bits, network, outcome, same_fastbp

import fastbp
from fastbp import SGD, Adam, Network
from fastbp.inputs import SparseRows, as_batch

sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")

M, N = 37, 11  # no multiple of a batch, or of a vector
RNG = np.random.default_rng(5)
DENSE = np.where(RNG.random((M, N)) < 0.4, RNG.standard_normal((M, N)), 0)
DENSE[[3, 4, M - 1]] = 0  # rows without values
LABELS = DENSE[:, :3].argmax(axis=1)
WEIGHTS = RNG.random(M) * (np.arange(M) != 5)


def canonical(dense: Any) -> Any:
    return sparse.csr_array(dense)


def backwards(dense: Any) -> Any:
    """The values of each row from its last column to its first."""
    csr = sparse.csr_array(dense)
    for start, end in zip(csr.indptr, csr.indptr[1:], strict=False):
        for array in (csr.indices, csr.data):
            array[start:end] = array[start:end][::-1].copy()
    csr.has_sorted_indices = csr.has_canonical_format = False
    return csr


def in_parts(dense: Any) -> Any:
    """Every value as two, one of them at its row's end."""
    csr = sparse.csr_array(dense)
    rows = []
    for start, end in zip(csr.indptr, csr.indptr[1:], strict=False):
        columns, values = csr.indices[start:end], csr.data[start:end]
        rows.append((np.tile(columns, 2), np.concatenate([0.75 * values, values - 0.75 * values])))
    indptr = np.cumsum([0] + [len(columns) for columns, _ in rows])
    columns, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return sparse.csr_array((values, columns.astype(np.int32), indptr), shape=dense.shape)


def with_zeros(dense: Any) -> Any:
    """Zeros that are stored."""
    csr = sparse.csr_array(np.where(dense == 0, 1, dense))
    csr.data[csr.data == 1] = 0
    return csr


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "canonical": canonical,
    "backwards": backwards,
    "in parts": in_parts,
    "with zeros": with_zeros,
}


def with_indices(csr: Any, dtype: str) -> Any:
    """The same with indices of a type: SciPy would choose one itself."""
    csr.indices, csr.indptr = csr.indices.astype(dtype), csr.indptr.astype(dtype)
    return csr


def test_indices_of_two_types_are_read() -> None:
    for types in (("int32", "int64"), ("int64", "int32"), (">i4", "uint16")):
        csr = canonical(DENSE)
        csr.indices, csr.indptr = csr.indices.astype(types[0]), csr.indptr.astype(types[1])
        assert trained(csr) == trained(DENSE)


def trained(X: Any, y: Any = LABELS, net: Network | None = None, **options: Any) -> Any:
    """The bits of a training, and of what the network then says to X."""
    net = net or network((N, 9, 3))
    options = {"epochs": 3, "batch_size": 8, "optimizer": "adam"} | options
    history = net.fit(X, y, **options)
    return bits(history.loss, history.validation_loss, net.parameters, net.predict(X))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("index_type", ["int32", "int64"])
@pytest.mark.parametrize("number_type", ["float32", "float64"])
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_every_call_gives_the_bits_of_the_dense_array(
    isa: str, numbers: str, number_type: str, index_type: str, layout: str
) -> None:
    X = with_indices(LAYOUTS[layout](DENSE.astype(number_type)), index_type)
    assert X.indices.dtype == X.indptr.dtype == index_type
    dense = X.toarray()
    results = []
    with forced(isa):
        for x in (X, dense):
            net = Network([N, 9, 3], seed=1, **NUMBERS[numbers])
            gradients = net.gradients(x, LABELS, sample_weight=WEIGHTS)
            results.append(
                [
                    bits(net.loss_value(x, LABELS), *gradients.weights, *gradients.biases),
                    trained(x, net=net, sample_weight=WEIGHTS),
                    bits(net.train_step(x[:5], LABELS[:5]), net.predict_classes(x)),
                    bits(net.score(x, LABELS), net.parameters),
                ]
            )
    assert results[0] == results[1]


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": False, "batch_size": 37},
        {"batch_size": 1},
        {"validation": 0.2, "early_stopping": 1, "sample_weight": WEIGHTS},
        {"validation": 0.2, "metrics": "log_loss"},
        {"optimizer": Adam(clip_norm=1.0, weight_decay=0.1), "l1": 1e-3},
        {"class_weight": "balanced", "check_input": False},
    ],
    ids=lambda options: ",".join(options) or "defaults",
)
def test_training_takes_the_same_steps(options: dict[str, Any], n_threads: int) -> None:
    results = []
    for X in (sparse.csr_matrix(DENSE), DENSE):
        net = Network([N, 40, 3], "relu", output_activation="softmax", loss="cross_entropy",
                      seed=2, dropout=0.3)  # fmt: skip
        with exactly(n_threads) as size:
            results.append(trained(X, net=net, n_threads=size, **options))
    assert results[0] == results[1]


def test_chunks_of_a_large_batch_and_predictions_of_many_rows() -> None:
    X = sparse.csr_array(np.tile(DENSE, (68, 1))[:2500])
    y = np.arange(2500) % 3
    assert trained(X, y, batch_size=2000) == trained(X.toarray(), y, batch_size=2000)
    net = network((N, 400, 3))
    out = [np.empty((2500, 3)) for _ in range(4)]
    rows = as_batch(X, N, net.dtype)
    for n_threads, a in zip((1, 2, 3), out, strict=False):
        net._model.program.predict(rows, a, n_threads)
    net._model.program.predict(X.toarray(), out[3])
    assert len({a.tobytes() for a in out}) == 1
    few = np.empty((2, 3))
    net._model.program.predict(rows[100:102], few, 3)  # fewer rows than threads
    assert bits(few) == bits(out[0][100:102])


@pytest.mark.parametrize("isa", RUNNABLE)
def test_steps_of_one_sample_on_a_small_network_read_sparse_rows(isa: str) -> None:
    results = []
    with forced(isa):
        for X in (sparse.csr_array(DENSE[:, :4]), DENSE[:, :4]):
            net = network((4, 3, 2))
            path = fast_path(isa, net, sgd_of_one=True)
            with recorded() as slices:
                results.append(trained(X, LABELS % 2, net, batch_size=1, optimizer=SGD(0.1),
                                       n_threads=1))  # fmt: skip
            assert all(path in row.paths for row in slices)
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "kind",
    ["csr_matrix", "csr_array", "csc_array", "coo_matrix", "lil_array", "dok_array", "dia_array",
     "bsr_array"],
)  # fmt: skip
def test_other_sparse_kinds_are_converted(kind: str) -> None:
    assert outcome(getattr(sparse, kind)(DENSE[:, :4]), LABELS) == outcome(DENSE[:, :4], LABELS)


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int64", "float16", "longdouble", ">f8"]
)
@pytest.mark.parametrize("network_type", ["float32", "float64"])
def test_other_number_types_are_converted(dtype: str, network_type: str) -> None:
    dense = np.abs(np.round(8 * DENSE[:, :4])).astype(dtype)
    csr = sparse.csr_array(dense.astype(float))
    csr.data = csr.data.astype(dtype)  # SciPy itself makes none of float16 or another byte order
    expected = outcome(dense, LABELS, network_type)
    assert outcome(csr, LABELS, network_type) == expected


def test_nothing_is_copied() -> None:
    for dtype in (np.float32, np.float64):
        X = sparse.csr_array(DENSE.astype(dtype))
        rows = as_batch(X, N, np.dtype("float32"))
        assert isinstance(rows, SparseRows)
        for name in ("data", "indices", "indptr"):
            assert np.shares_memory(getattr(rows, name), getattr(X, name))
        assert np.shares_memory(rows[2:9].data, X.data)
        assert as_batch(rows, N, np.dtype("float32")) is rows


def test_rows_of_sparse_rows() -> None:
    rows = as_batch(backwards(DENSE), N, np.dtype("float64"))
    for key in (slice(5, 20), slice(None, None, 3), slice(9, 2), np.array([30, 3, 3, 0])):
        assert bits(rows[key].toarray()) == bits(DENSE[key])
        assert len(rows[key]) == len(DENSE[key])
    assert bits(rows[5:20][np.array([2, 0])][1:].toarray()) == bits(DENSE[[5]])
    assert all(rows[i, c] == DENSE[i, c] for i in range(M) for c in range(N))
    assert sorted(rows[5:9].stored) == sorted(DENSE[5:9][DENSE[5:9] != 0])


def test_calls_of_one_sample_take_a_row() -> None:
    X = sparse.csr_array(DENSE[:, :4])
    results = []
    for x in (X[[7]], DENSE[7, :4]):
        net = network()
        losses = [net.learn_one(x, 2) for _ in range(3)]
        results.append(bits(losses, net.predict_one(x), net.trace(x, 1).dC_dw[1], net.parameters))
    assert results[0] == results[1]
    with pytest.raises(fastbp.ShapeError, match="x must be one sample, got 2 rows"):
        network().predict_one(X[:2])
    one = sparse.coo_array(DENSE[7, :4])
    if len(one.shape) == 1:  # SciPy 1.13 and later
        assert bits(network().predict_one(one)) == bits(network().predict_one(DENSE[7, :4]))
        with pytest.raises(
            fastbp.ShapeError, match=r"X must be a 2-d array.*1-d.*reshape\(1, -1\)"
        ):
            network().predict(one)


def test_batches_and_partial_fit_take_sparse_rows() -> None:
    results = []
    for X in (sparse.csr_array(DENSE), DENSE):
        net = network((N, 5, 3))
        batches = [(X[i : i + 9], LABELS[i : i + 9]) for i in range(0, M, 9)] + [(X[:0], [])]
        history = net.fit(batches, epochs=2, validation=(X[:7], LABELS[:7]))
        net.partial_fit(X, LABELS)
        results.append(bits(history.loss, history.validation_loss, net.parameters))
    assert results[0] == results[1]


def test_lbfgs_takes_sparse_rows() -> None:
    assert trained(sparse.csr_array(DENSE), optimizer="lbfgs", batch_size=None) == trained(
        DENSE, optimizer="lbfgs", batch_size=None
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_number_that_is_not_finite_is_named_by_its_row_and_column(
    value: float, batch_size: int
) -> None:
    X = canonical(DENSE)
    place = X.indptr[20] + 1
    X.data[place], column = value, X.indices[place]
    for options in ({}, {"validation": 0.3}, {"shuffle": False}):
        with pytest.raises(ValueError, match=rf"X\[20, {column}\] \(row 20, column {column}\) is"):
            network((N, 5, 3)).fit(X, LABELS, batch_size=batch_size, **options)
    net = network((N, 5, 3))
    with pytest.raises(ValueError, match=rf"validation X must.*row 20, column {column}"):
        net.fit(DENSE, LABELS, validation=(X, LABELS))
    if np.isnan(value):
        assert np.isnan(net.predict(X)[20]).all()
        assert np.isfinite(net.predict(X)[19]).all()
        for call in (net.predict_classes, lambda X: net.score(X, LABELS)):
            with pytest.raises(ValueError, match=r"row 20 of X .*X holds NaN"):
                call(X)


def test_a_number_too_large_for_float32_is_named() -> None:
    X = canonical(DENSE)
    X.data[0], column = 1e300, X.indices[0]
    with pytest.raises(ValueError, match=rf"X\[0, {column}\].*1e\+300, too large for.*float32"):
        network((N, 5, 3), dtype="float32").fit(X, LABELS)


def test_the_wrong_width_is_refused() -> None:
    for call in EVERY_CALL.values():
        with pytest.raises(fastbp.ShapeError, match=r"expected 4 features, got 11 \(shape"):
            call(network(), sparse.csr_array(DENSE), LABELS)


def test_complex_numbers_and_text_are_refused() -> None:
    with pytest.raises(ValueError, match=r"complex data not supported: X.*X\.real"):
        network((N, 3)).predict(sparse.csr_array(DENSE + 1j))


def first_index(csr: Any, value: int) -> None:
    csr.indices[4] = value


def start(csr: Any, i: int, value: int) -> None:
    csr.indptr[i] = value


# What is wrong with a matrix -> how it is done, and what the error says.
BROKEN: dict[str, tuple[Callable[[Any], None], str]] = {
    "a column too far": (lambda csr: first_index(csr, N), rf"column {N}; the columns are 0 to 10"),
    "a far column": (lambda csr: first_index(csr, 2**31 - 1), "column 2147483647; the columns"),
    "a negative column": (lambda csr: first_index(csr, -1), "row [01] has a number in column -1"),
    "a negative start": (lambda csr: start(csr, 0, -1), "indptr must rise from 0"),
    "rows that fall": (lambda csr: start(csr, 9, 0), "indptr.*it falls after row 8"),
    "an end too far": (lambda csr: start(csr, -1, 10**6), r"indptr.*got 0\.\.1000000"),
    "a middle too far": (lambda csr: start(csr, 5, 10**6), "indptr.*it falls after row 5"),
}


@pytest.mark.parametrize("index_type", ["int32", "int64"])
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_matrix_is_refused(what: str, index_type: str) -> None:
    break_it, message = BROKEN[what]
    for call in EVERY_CALL.values():
        X, net = with_indices(canonical(DENSE), index_type), network((N, 5, 3))
        before = bits(net.parameters)
        break_it(X)
        with pytest.raises(ValueError, match=f"X is a broken sparse array.*{message}"):
            call(net, X, LABELS)
        assert bits(net.parameters) == before


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    for name, cut in (("indices", slice(-1)), ("data", slice(-1)), ("indptr", slice(-1))):
        X = canonical(DENSE)
        setattr(X, name, getattr(X, name)[cut])
        with pytest.raises(ValueError, match=r"X is a broken sparse array: X\."):
            network((N, 5, 3)).predict(X)
    X = canonical(DENSE)
    X.indices = X.indices.astype(float)
    with pytest.raises(ValueError, match=r"X\.indices must hold integers, got dtype float64"):
        network((N, 5, 3)).predict(X)


@pytest.mark.parametrize("index_type", ["int32", "int64"])
@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_breaks_while_it_is_in_use_is_an_error_and_no_crash(
    what: str, n_threads: int, index_type: str
) -> None:
    """The engine looks at what it reads, row by row."""
    X = with_indices(canonical(DENSE), index_type)

    def break_later(net: Network, epoch: int, history: Any) -> None:
        if epoch == 1:
            BROKEN[what][0](X)

    for batch_size, optimizer in ((1, SGD(0.01)), (8, "adam"), (2000, "adam")):
        X = with_indices(canonical(DENSE), index_type)
        net = network((N, 4, 2))
        with pytest.raises(ValueError, match=r"X holds a broken sparse row.*do not change X"):
            net.fit(X, LABELS % 2, epochs=5, batch_size=batch_size, optimizer=optimizer,
                    callbacks=break_later, n_threads=n_threads)  # fmt: skip
        assert np.isfinite(net.parameters).all()
        net.fit(DENSE, LABELS % 2, epochs=1)


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_the_boundary_refuses_broken_rows_in_every_call(what: str, n_threads: int) -> None:
    csr = canonical(DENSE)
    BROKEN[what][0](csr)
    rows = SparseRows(csr.data, csr.indices, csr.indptr, csr.shape)
    program, y = network((N, 40, 3))._model.program, LABELS
    for call in (
        lambda: program.predict(rows, np.empty((M, 3)), n_threads),
        lambda: program.gradients(rows, y, None, None, None, n_threads=n_threads),
        lambda: program.trace(rows, y, None),
    ):
        with pytest.raises(ValueError, match="X holds a broken sparse row"):
            call()


def test_the_boundary_refuses_arrays_that_are_no_sparse_rows() -> None:
    csr = canonical(DENSE)
    program = network((N, 5, 3))._model.program
    for change in (
        {"data": csr.data.astype(int)},
        {"data": np.repeat(csr.data, 2)[::2]},
        {"indices": csr.indices[:-1]},
        {"indices": csr.indices.astype("int16")},
        {"indptr": csr.indptr.astype(float)},
        {"indptr": csr.indptr[:0]},
        {"shape": (M, N + 1)},
    ):
        parts = {"data": csr.data, "indices": csr.indices, "indptr": csr.indptr, "shape": csr.shape}
        with pytest.raises(ValueError, match="boundary"):
            program.predict(SparseRows(**(parts | change)), np.empty((M, 3)))


def test_a_failed_fit_of_sparse_rows_is_looked_into() -> None:
    X = sparse.csr_array(np.where(np.arange(N) == 2, 1e5, DENSE))
    net = network((N, 5, 1), activation="relu")
    with pytest.warns(fastbp.TrainingWarning, match=r"column 2 \(1e\+05 to 1e\+05\)"):
        net.fit(X, LABELS / 2.0, epochs=40, optimizer=SGD(1e-12))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        network((N, 5, 1), activation="relu").fit(X, LABELS / 2.0, epochs=40)
    (text,) = [str(row.message) for row in seen]
    s = abs(X).max(axis=0).toarray().ravel()  # what the warning says
    assert "s = abs(X).max(axis=0).toarray().ravel() (1 where that is 0)" in text
    assert "X = X @ scipy.sparse.diags(1 / s)" in text
    s[s == 0] = 1
    network((N, 5, 1), activation="relu").fit(X @ sparse.diags(1 / s), LABELS / 2.0, epochs=40)


def test_wide_rows_are_predicted_some_at_a_time() -> None:
    n = 1 << 18  # 64 rows of float32 are 64 MB
    rng = np.random.default_rng(3)
    values, columns = rng.random(1000, dtype="float32"), rng.integers(0, n, 1000)
    X = sparse.csr_array((values, columns, np.arange(0, 1001, 5)), shape=(200, n))
    net = Network([n, 1], seed=0)
    tracemalloc.start()
    try:
        a = net.predict(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 70e6
    assert bits(a[150:154]) == bits(net.predict(X[150:154].toarray()))


def test_columns_whose_differences_are_lost_are_warned_of() -> None:
    dense = DENSE.copy()
    dense[:, 6] = 1.7e9 + np.arange(M)
    X = sparse.csr_array(dense)
    texts = []
    for x in (X, dense):
        with pytest.warns(UserWarning, match="float32 cannot hold") as seen:
            as_batch(x, N, np.dtype("float32"), check_precision=True)
        texts.append(str(seen[0].message))
    assert texts[0].replace("X[:, [6]].toarray()", "X[:, 6]") == texts[1]
    with pytest.warns(UserWarning, match="float32 cannot hold"):
        network((N, 5, 3), dtype="float32").fit(X, LABELS, epochs=1)
    remedy = X[:, [6]].toarray() - X[:, [6]].toarray().min()  # as the warning has it
    assert bits(remedy[:, 0]) == bits(np.arange(float(M)))
    dense[:, 6] = 1e5 * DENSE[:, 6]  # large, and different in float32
    net = network((N, 5, 3), dtype="float32")
    assert bits(net.predict(sparse.csr_array(dense))) == bits(net.predict(dense))


def test_scipy_is_not_imported_for_it() -> None:
    code = "import sys, fastbp, fastbp.inputs; assert not any('scipy' in m for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=same_fastbp())
