"""The ladder's compiled rungs, beside the proof that all rungs go through: test_bench_rungs.py."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ladder_cases import RELU, SIGMOIDS, TANH, draw, find, make
from source_tree import ROOT, needs_tree
from ways_in import run_script

from fastbp.bench.compiled_rungs import Pointers, import_loops
from fastbp.bench.ladder import COMPILED
from fastbp.bench.rung import Numbers, Rung, UnsupportedError
from fastbp.bench.rungs.specification import Specification

pytestmark = pytest.mark.kernels

NAMES = [row.name for row in COMPILED]
each_rung = pytest.mark.parametrize("name", NAMES)
each_type = pytest.mark.parametrize("dtype", ["float32", "float64"])


def same_weights(one: Rung, other: Rung) -> bool:
    return all(map(np.array_equal, one.read().w, other.read().w))


@each_type
@each_rung
def test_train_is_a_step_for_each_full_batch_of_an_order(name: str, dtype: str) -> None:
    kind, task = find(name), draw((5, 9, 3), dtype, TANH, 11, batch_size=4)
    orders = [np.random.default_rng(i).permutation(11) for i in range(2)]
    trained, stepped = make(kind, task), make(kind, task)
    assert trained.train(task.X, task.Y, orders) == 4  # 11 rows have two batches of four
    for order in orders:
        for rows in (order[:4], order[4:8]):
            stepped.step(task.X[rows], task.Y[rows])
    assert same_weights(trained, stepped)


@each_rung
def test_what_is_read_is_a_copy(name: str) -> None:
    kind, task = find(name), draw((3, 5, 2), "float64", SIGMOIDS, 4)
    rung = make(kind, task)
    rung.step(task.X, task.Y)
    rung.read().w[0][:] = np.nan
    rung.step(task.X, task.Y)
    assert np.isfinite(rung.read().w[0]).all()


def run_loops(rung: Rung, X: Any, Y: Any) -> Numbers:
    rung.put(X, Y)
    rung.forward()
    rung.backward()
    rung.accumulate()
    return rung.read()


@each_type
@each_rung
def test_row_34_a_row_of_nan_leaves_the_bits_of_the_others(name: str, dtype: str) -> None:
    kind = find(name)
    for formulas in (SIGMOIDS, RELU):
        task = draw((5, 18, 3), dtype, formulas, 6)
        X = task.X.copy()
        X[2] = np.nan
        clean, spoilt = (run_loops(make(kind, task), rows, task.Y) for rows in (task.X, X))
        for part in ("a", "delta"):
            for left, right in zip(getattr(spoilt, part), getattr(clean, part), strict=True):
                assert np.array_equal(np.delete(left, 2, axis=0), np.delete(right, 2, axis=0))


SUBNORMALS = """
import threading
import numpy as np
smallest, least_normal = float("5e-324"), float("2.2250738585072014e-308")
def intact():
    return (smallest > 0 and smallest * 1.0 == 2**-1074 and least_normal / 2 * 2 == least_normal
            and (np.float32([1e-45, 1e-40]) * np.float32(1)).all())
assert intact()
from fastbp.bench.custom_rungs import load_factory
from fastbp.bench.ladder import COMPILED
from fastbp.bench.problems import Problem
from fastbp.bench.rung import UnsupportedError
problem, run = Problem((20, 30, 3), "tanh", "identity", "half_squared_error", 8), 0
for row in COMPILED:
    try:
        rung = load_factory(row.import_path)(problem, "float32", 1,
                                             *problem.first_parameters("float32"))
    except UnsupportedError:
        continue
    assert intact(), row.name
    rung.step(*problem.draw("float32", 8))
    assert intact(), row.name
    run += 1
seen = []
thread = threading.Thread(target=lambda: seen.append(intact()))
thread.start(), thread.join()
assert seen == [True]
assert run >= 8
"""


def test_row_42_the_process_keeps_its_subnormals(tmp_path: Path) -> None:
    run_script(SUBNORMALS, tmp_path)


@each_rung
def test_row_44_floating_point_flags_do_not_leak(name: str) -> None:
    kind = find(name)
    values = np.array([0.5, -0.25, 1e3, -1e3, 1e-300, -5e-324, 1e-42, 0.0, 87.5, -104.0, 709.5])
    with np.errstate(all="raise"):
        for n in range(1, 34):
            for formulas in (TANH, RELU):
                task = draw((n, n, n), "float64", formulas, 5)
                task.X[:] = np.resize(values, (5, n))
                rung = make(kind, task)
                rung.step(task.X, task.Y)
                run_loops(rung, task.X, task.Y)
                np.sqrt(np.arange(n) / 3)


def test_arrays_that_do_not_fit_are_refused() -> None:
    task = draw((3, 5, 2), "float64", SIGMOIDS, 4)
    rung = make(Pointers, task)
    for X, Y in (
        (task.X[:, :2], task.Y),  # not contiguous
        (task.X[:, :2].copy(), task.Y),
        (task.X[:3], task.Y),
        (np.ones((5, 3)), np.ones((5, 2))),  # more rows than a batch
        (task.X.astype("float32"), task.Y),
    ):
        with pytest.raises((ValueError, BufferError)):
            rung.put(X, Y)
    wide = draw((3, 5, 2), "float32", SIGMOIDS, 8)
    single = make(Pointers, wide)
    for X, Y in (
        (task.X, task.Y),  # 4 rows of float64 are as long as 8 of float32
        (wide.X.view("int32"), wide.Y),
        (wide.X, wide.Y.astype(">f4")),
        (wide.X.reshape(-1), wide.Y),
    ):
        with pytest.raises(ValueError, match="X must have rows of 3 and Y as many of 2 numbers"):
            single.put(X, Y)
        with pytest.raises(ValueError, match="X must have rows of 3 and Y as many of 2 numbers"):
            single.train(X, Y, [np.arange(8)])
    with pytest.raises(ValueError, match="order must be of int64, got int32"):
        rung.train(task.X, task.Y, [np.arange(4, dtype="int32")])
    with pytest.raises(ValueError, match="order must be of int64, got float64"):
        rung.train(task.X, task.Y, [np.arange(4.0)])
    for bad in (4, -1):
        with pytest.raises(IndexError, match="0 to 3"):
            rung.train(task.X, task.Y, [np.array([0, 1, 2, bad])])


# ---------------------------------------------------------------------- what is there, and why not


def test_rows_are_there_without_any_compiled_rung(tmp_path: Path) -> None:
    run_script(
        "import sys\nfrom fastbp.bench.ladder import COMPILED\n"
        "assert len({row.name for row in COMPILED}) == len(COMPILED) >= 13\n"
        "loaded = [m for m in sys.modules if m.startswith('fastbp.bench._')]\n"
        "assert not loaded, loaded\n",
        tmp_path,
    )


def test_a_rung_that_is_not_built_says_so() -> None:
    with pytest.raises(UnsupportedError, match="this build has no such module"):
        import_loops("nothing_like_it")


def test_the_plain_kernel_set_has_no_vectors(tmp_path: Path) -> None:
    run_script(
        "import os\nos.environ['FASTBP_ISA'] = 'plain'\nimport fastbp.bench.compiled_rungs as c\n"
        "for kind in (c.Simd, c.Tiles, c.Fused):\n"
        "    try:\n"
        "        kind.module_of('float32')\n"
        "    except c.UnsupportedError as error:\n"
        "        assert 'plain' in str(error)\n"
        "    else:\n"
        "        raise AssertionError(kind)\n",
        tmp_path,
    )


@each_type
def test_threads_do_not_change_a_bit(dtype: str) -> None:
    kind, task = find("openmp"), draw((19, 33, 5), dtype, TANH, 21)
    rungs = []
    for threads in (1, 2, 3):  # a number that holds for the module
        rungs.append(kind(task.problem, dtype, threads, task.weights, task.biases))
        rungs[-1].step(task.X, task.Y)
    assert all(same_weights(rungs[0], other) for other in rungs[1:])


def test_untyped_differs_from_the_specification_by_compilation_alone() -> None:
    untyped, task = find("untyped"), draw((5, 7, 3), "float64", TANH, 4)
    assert {name for name in vars(untyped) if not name.startswith("__")} == {"module"}
    assert not {name for name in vars(Specification) if not name.startswith("__")}
    assert untyped.__bases__ == Specification.__bases__
    compiled, interpreted = make(untyped, task), make(Specification, task)
    for rung in (compiled, interpreted):
        for _ in range(3):
            rung.step(task.X, task.Y)
    assert same_weights(compiled, interpreted)


@needs_tree
def test_pure_mode_runs_uncompiled_too() -> None:
    pytest.importorskip("Cython", reason="its stand-in for the types is part of Cython")
    source = runpy.run_path(str(ROOT / "src" / "ladder" / "pure_mode.py"))
    kind, task = find("pure-mode"), draw((5, 7, 3), "float64", TANH, 4)
    compiled, uncompiled = make(kind, task), make(kind, task)
    uncompiled._loops = SimpleNamespace(**source)  # type: ignore[attr-defined]  # of Lists
    for rung in (compiled, uncompiled):
        rung.step(task.X, task.Y)
    assert same_weights(compiled, uncompiled)
