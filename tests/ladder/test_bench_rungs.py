"""The ladder's rungs: all of them right, on every shape, and each of them what the table says."""

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from itertools import chain, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from source_tree import ROOT, needs_tree

from fastbp.bench import ladder, proof
from fastbp.bench.cases import Training, conclusive_case
from fastbp.bench.custom_rungs import load_factory
from fastbp.bench.ladder_row import EXTRAS, Row, how_to_get
from fastbp.bench.problems import DEFAULT_PROBLEMS, KERNELS, Problem, make_problem
from fastbp.bench.protocol import Local
from fastbp.bench.rung import Orders, Rung, UnsupportedError
from fastbp.bench.rung_server import RungServer
from fastbp.bench.rungs.fit import Fit
from fastbp.bench.worker import Worker, limited_to

SLOWLY = {"numba", "torch", "jax"}  # are imported and compile for seconds
SLOW = SLOWLY | {"numpy-indexing"}  # which takes index after index in Python
ROWS = [
    pytest.param(row, id=row.name, marks=pytest.mark.slow if row.name in SLOW else ())
    for row in ladder.LADDER
]
RELU = make_problem((11, 6, 5, 3), 7)
SIGMOID = Problem((11, 6, 3), "sigmoid", "sigmoid", "half_squared_error", 7)
TANH = Problem((11, 6, 3), "tanh", "identity", "half_squared_error", 7)
SINGLE = make_problem((5, 4, 1), 3)
WIDTHS = range(1, 34)
# Every shape means a compilation for these, of a second or so: some shapes of all sizes.
COMPILED_FOR_EVERY_SHAPE = {"jax": 97}


def skip_missing(row: Row) -> Row:
    """Skip what is not installed, with the reason."""
    why = row.left_out("float32", 1)
    if why is not None:
        pytest.skip(f"{row.name}: {why}")
    return row


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Worker | Local]]:
    """What holds the rungs so far."""
    servers: dict[str, Worker | Local] = {}
    yield servers
    for server in servers.values():
        server.kill()


@pytest.fixture
def call(row: Row, servers: dict[str, Worker | Local]) -> Worker | Local:
    """What holds the rung: a process only if it has its own environment or is imported slowly.

    A run of the ladder has all rungs in processes: see test_bench.py.
    """
    skip_missing(row)
    if row.name not in servers:
        with limited_to(1, dict(row.environment)):
            kind = Worker if row.environment or row.name in SLOWLY else Local
            server = servers[row.name] = kind(RungServer)
        server("open", row.import_path)
    traits = servers[row.name]("traits", SIGMOID, "float32")
    if isinstance(traits, str):  # OpenMP without a build for it, vectors in the plain set
        pytest.skip(f"{row.name}: {traits}")
    return servers[row.name]


@pytest.mark.parametrize("row", ROWS)
def test_a_rung_is_right(row: Row, call: Worker | Local) -> None:
    """On the small and extreme cases, and on a network as a user would give it."""
    problems = [RELU, SIGMOID, TANH, SINGLE]
    if row.name in COMPILED_FOR_EVERY_SHAPE:
        problems = [SIGMOID]
    for problem, dtype in product(problems, row.dtypes):
        traits = call("traits", problem, dtype)
        if isinstance(traits, str):
            continue
        cases = proof.expectations(problem, dtype)
        verdict = proof.prove(call, cases, traits)
        assert verdict.right, verdict.why


@functools.cache
def on_every_shape(dtype: str) -> list[proof.Expected]:
    """A layer of each width above one of each, with what is right."""
    expected = []
    for n_in, n_out in product(WIDTHS, WIDTHS):
        problem = make_problem((2, n_in, n_out), 1 + (n_in + n_out) % 5)
        expected.append(proof.expect(conclusive_case(problem, dtype)))
    return expected


# The specification says what is right there: it would only be compared with itself.
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", [row for row in ROWS if row.id != "specification"])
def test_a_rung_is_right_on_all_shapes_up_to_33(row: Row, call: Worker | Local, dtype: str) -> None:
    if dtype not in row.dtypes:
        pytest.skip(f"{row.name} has no {dtype}")
    expected = on_every_shape(dtype)[:: COMPILED_FOR_EVERY_SHAPE.get(row.name, 1)]
    traits = call("traits", RELU, dtype)
    verdict = proof.prove(call, expected, traits)
    assert verdict.right, verdict.why


@pytest.mark.parametrize("row", ROWS)
def test_a_rung_trains_on_any_orders(row: Row, call: Worker | Local) -> None:
    """On parts of an epoch and on several, whoever drew them; what fills no batch is left out."""
    problem = replace(RELU, batch_size=4, sizes=(5, 6, 3))
    case = conclusive_case(problem, "float64")
    X, Y = problem.draw("float64", 14, seed=3)
    for orders in (
        [np.array([3, 1, 9, 0, 13, 2, 7])],
        [np.arange(14)[::-1].copy(), np.arange(5), np.arange(3)],
        Orders(14, epochs=3, seed=5),
        Orders(12, epochs=2, seed=6),
    ):
        case = replace(case, training=Training(X, Y, (orders,)))
        expected = proof.expect(case)
        stages, complaint = call("run_case", case)
        assert complaint is None
        verdict = proof.compare_stages(expected, stages, call("traits", problem, "float64").kernels)
        assert verdict.right, verdict.why


OPTIMIZERS = ("sgd", "adam", "adam_hat")
PREDICTED = [RELU, SINGLE, Problem((5, 4, 1), "tanh", "sigmoid", "binary_cross_entropy", 4)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("row", ROWS)
def test_a_rung_trains_and_predicts_with_the_optimizers_that_it_has(
    row: Row, optimizer: str
) -> None:
    """As ``fit`` does, which tests/core holds to the specification."""
    skip_missing(row)
    if row.environment:
        pytest.skip(f"{row.name} has a process of its own")
    tried = 0
    for problem in (replace(of, optimizer=optimizer) for of in PREDICTED):
        X, Y = problem.draw("float64", 4 * problem.batch_size)
        arguments = (problem, "float64", 1, *problem.first_parameters("float64"))
        try:
            rung = load_factory(row.import_path)(*arguments)
        except UnsupportedError:
            continue
        for kind in (rung, fit := Fit(*arguments)):
            kind.train(X, Y, Orders(len(X), epochs=2, seed=1))
            kind.finish()
        tried += 1
        for actual, expected in zip(rung.read().w, fit.read().w, strict=True):
            np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)
        x = X[: problem.batch_size]
        np.testing.assert_allclose(rung.predict(x), fit.predict(x), rtol=0, atol=1e-12)
        rung.close()
    if not tried:
        pytest.skip(f"{row.name} has no {optimizer} here")


@pytest.mark.parametrize("row", ROWS)
def test_a_rung_says_in_its_first_lines_what_it_is_for(row: Row) -> None:
    text = files("fastbp.bench").joinpath(row.source).read_text("utf-8")
    words = re.findall(r"^.{0,4}(Idea|Expected|Why): ", text[:1200], re.M)
    assert words == ["Idea", "Expected", "Why"], row.source
    assert text.isascii()


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_can_be_typed_and_read(row: Row) -> None:
    assert ladder.NAME.fullmatch(row.name)
    assert len(f"    {row.name:20}{row.idea}") <= 80
    assert [other.name for other in ladder.LADDER].count(row.name) == 1
    assert set(row.dtypes) <= {"float32", "float64"}


@pytest.mark.parametrize("row", ROWS)
def test_a_rung_is_a_rung(row: Row, call: Worker | Local) -> None:
    traits = call("traits", RELU, row.dtypes[0])
    assert set(traits.kernels) <= set(KERNELS)
    assert "step" in traits.kernels


def test_the_ladder_begins_with_the_specification_and_has_the_production_kernels() -> None:
    names = [row.name for row in ladder.LADDER]
    assert names[0] == "specification"
    assert names.index("plain") < names.index("train-step") < names.index("fit")


def test_a_rung_that_needs_what_is_missing_says_how_to_get_it() -> None:
    row = Row("x", "x:x", "x", needs=("no_such_module.part",))
    assert row.left_out("float32", 1) == ("needs no_such_module: pip install no_such_module")
    row = replace(row, needs=("sklearn_is_missing",))
    assert how_to_get("sklearn.neural_network") == ("needs scikit-learn: pip install scikit-learn")
    assert how_to_get("scipy.linalg") == "needs scipy: pip install scipy, or 'fastbp[bench]'"
    assert "installed with FASTBP_OPENMP=1 set" in how_to_get("fastbp.bench._openmp")
    assert how_to_get("fastbp._no_such_kernel") == "this installation was built without it"
    row = replace(row, needs=(), dtypes=("float64",))
    assert row.left_out("float32", 1) == "it has no float32"
    assert row.left_out("float64", 2) == "it uses one thread"
    assert row.left_out("float64", 1) is None


@needs_tree
def test_the_extras_that_rungs_name_are_there() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = pyproject["project"]["optional-dependencies"]
    for package, extra in EXTRAS.items():
        assert package in extras[extra]


def test_a_problem_counts_its_operations() -> None:
    problem = DEFAULT_PROBLEMS[2]
    products = 784 * 128 + 128 * 10
    assert problem.flops("forward") == problem.flops("accumulate") == 2 * 32 * products
    assert problem.flops("backward") == 2 * 32 * 128 * 10
    assert problem.flops("step") == 2 * 32 * (3 * products - 784 * 128)
    assert problem.least_bytes("forward", 4) == 4 * (products + 32 * 794)
    assert problem.least_bytes("step", 8) == 8 * (2 * products + 32 * 794)


def drawn_arrays(dtype: str) -> Iterator[NDArray[Any]]:
    """Samples and first parameters of problems, and all arrays of a case of the proof."""
    for problem in (RELU, SINGLE):
        yield from problem.draw(dtype, 9)
        yield from chain(*problem.first_parameters(dtype))
    yield from conclusive_case(RELU, dtype).arrays()


def test_the_same_numbers_are_drawn_in_both_number_types() -> None:
    for single, double in zip(drawn_arrays("float32"), drawn_arrays("float64"), strict=True):
        assert (single.dtype, double.dtype) == (np.float32, np.float64)
        assert np.array_equal(single, double)
        assert single.flags.c_contiguous


def test_a_default_shape_keeps_its_formulas_and_any_other_gets_relu() -> None:
    for problem in DEFAULT_PROBLEMS:
        assert make_problem(problem.sizes) == problem
        assert make_problem(problem.sizes, 3) == replace(problem, batch_size=3)
    assert make_problem((3, 2, 1)).loss == "half_squared_error"
    assert make_problem((3, 2, 2)).output_activation == "softmax"


def test_orders_are_what_a_generator_draws() -> None:
    orders, rng = Orders(9, epochs=3, seed=4), np.random.default_rng(4)
    assert len(orders) == 3
    for order in orders:
        assert np.array_equal(order, rng.permutation(9))
        assert order.dtype == np.int64


def test_a_rung_without_loops_says_so() -> None:
    weights, biases = RELU.first_parameters("float32")
    rung = Rung(RELU, "float32", 1, weights, biases)
    for name in ("forward", "backward", "accumulate", "update", "read"):
        with pytest.raises(NotImplementedError):
            getattr(rung, name)()


def test_a_rung_says_what_it_has_not() -> None:
    problem = replace(RELU, optimizer="adam")
    with pytest.raises(UnsupportedError, match="it has no optimizer adam"):
        Rung(problem, "float32", 1, *problem.first_parameters("float32"))


@pytest.mark.parametrize(("allowed", "expected"), [(1, 1), (2, None), (4, None)])
def test_fit_chooses_its_threads_itself_where_it_may_have_several(
    allowed: int, expected: int | None
) -> None:
    rung = Fit(SINGLE, "float32", allowed, *SINGLE.first_parameters("float32"))
    seen = []
    rung.net = SimpleNamespace(fit=lambda *_, n_threads, **__: seen.append(n_threads))  # type: ignore[assignment]  # all that is looked at
    X, Y = SINGLE.draw("float32", 6)
    rung.step(X, Y)
    rung.train(X, Y, Orders(6, epochs=1, seed=0))
    rung.train(X, Y, [np.arange(6)])
    assert seen == [expected] * 3
