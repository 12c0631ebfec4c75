"""The proof of the ladder's rungs: what is wrong is found, by number and place."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import broken_rungs
import numpy as np
import pytest
from faults import spoilt

from fastbp import reference, reference_tables
from fastbp.bench import proof
from fastbp.bench.cases import conclusive_case, small_cases, timed_case, why_inconclusive
from fastbp.bench.error_model import ErrorModel
from fastbp.bench.problems import DEFAULT_PROBLEMS, KERNELS, Problem, make_problem
from fastbp.bench.protocol import Local
from fastbp.bench.rung_server import RungServer
from fastbp.bench.worker import Worker

RELU = make_problem((9, 6, 4), 5)
SIGMOID = Problem((9, 6, 4), "sigmoid", "sigmoid", "half_squared_error", 5)
TANH = Problem((9, 6, 1), "tanh", "identity", "half_squared_error", 5)
FORMULAS = [RELU, SIGMOID, TANH]
# What no rung is timed at, and learners' loops are compared with: other factors of the squares.
SQUARES = [replace(SIGMOID, loss=loss) for loss in ("squared_error", "mean_squared_error")]
DTYPES = ["float32", "float64"]
HERE = Path(broken_rungs.__file__)


def load_rung(name):
    call = Local(RungServer)
    call("open", f"{HERE}:{name}")
    return call


def proved(name, problem, dtype):
    call = load_rung(name)
    traits = call("traits", problem, dtype)
    cases = proof.expectations(problem, dtype)
    return proof.prove(call, cases, traits)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("problem", FORMULAS, ids=str)
def test_a_right_rung_is_found_right_and_its_error_is_told(problem, dtype):
    for name in ("Right", "OnlySteps", "make"):
        verdict = proved(name, problem, dtype)
        assert verdict.right, verdict.why
        assert 0 < verdict.ulp < 100
        assert 0 < verdict.norm < 100 * np.finfo(dtype).eps


# What a problem cannot show: NaN meets no relu in them, and e^z of no output overflows.
HIDDEN = {("Overflowing", SIGMOID), ("Overflowing", TANH)}


@pytest.mark.parametrize("kind", broken_rungs.WRONG)
@pytest.mark.parametrize("problem", FORMULAS, ids=str)
def test_a_wrong_rung_is_found_wrong(kind, problem):
    if (kind.__name__, problem) in HIDDEN:
        return
    if kind is broken_rungs.FewerSteps:
        with pytest.raises(RuntimeError, match=r"train did \d steps, expected \d"):
            proved(kind.__name__, problem, "float32")
        return
    verdict = proved(kind.__name__, problem, "float32")
    assert not verdict.right
    if kind is not broken_rungs.Float32Only:
        assert not proved(kind.__name__, problem, "float64").right


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("WrongSign", r"^delta\(1\)\[row 0, j \d+\] is .*after backward; "),
        ("WrongIndex", r"^a\(1\)\[row \d+, j \d+\] is .*after forward; "),
        ("Doubled", r"^dw\(\d\)\[j \d+, k \d+\] is .*after accumulate; "),
        ("Zeros", r"^db\(\d\)\[j \d+\] is -?0, expected .*after accumulate; "),
        ("NotANumber", r"^w\(\d\)\[j 1, k 0\] is nan, expected .*after one step; 1-1-2, batch 1"),
        ("NewWeights", r"^w\(1\)\[j \d+, k \d+\] is .*after one step; "),
        ("OwnOrder", r"^[wb]\(\d\)\[.* after 5 steps|^[wb]\(\d\)\[.*\(after 5 steps; "),
        ("LostLayer", r"^w is 1 layers, expected 2 layers \(after put; "),
        ("Transposed", r"^w\(\d\) has shape \(\d+, \d+\), expected \(\d+, \d+\)"),
        ("KeepsForItself", r"^delta is nothing, expected 2 layers \(after backward; "),
        ("WritesIntoX", r"^it wrote into the arrays that it was given \("),
        ("ReluOfNaN", r"^a\(1\)\[row 1, j \d+\] is 0, expected nan \(.*NaN in row 1"),
        ("SpreadNaN", r"^a\(\d\)\[row 0, j \d+\] is nan, expected .*NaN in row 1"),
        ("FlushesSubnormals", r"^(a|dw)\(1\)\[.*subnormal samples"),
        ("Overflowing", r"^a\(3\)\[row \d+, j \d+\] is nan, expected .* z of \+-1000"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(name, place):
    why = proved(name, RELU, "float32").why
    assert re.search(place, why), why


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("problem", FORMULAS, ids=str)
def test_every_array_of_every_layer_is_looked_at_after_everything(problem, dtype):
    """No single fault in any array passes, at any stage at which it counts."""
    expected = proof.expect(conclusive_case(problem, dtype))
    right = RungServer(f"{HERE}:Right", 1).run_case(expected.case)[0]
    assert proof.compare_stages(expected, right, KERNELS).right
    tried = 0
    for place, (stage, numbers) in enumerate(right):
        for name in proof.CHECKED_AFTER.get(stage, proof.CHECKED_AFTER_STEPS):
            for l, array in enumerate(getattr(numbers, name)):
                faults = [*spoilt(array, np.argmax(np.abs(array))), ("shape", array[:-1])]
                for fault, wrong in faults:
                    layers = [*getattr(numbers, name)]
                    layers[l] = wrong
                    stages = [*right]
                    stages[place] = stage, replace(numbers, **{name: layers})
                    verdict = proof.compare_stages(expected, stages, KERNELS)
                    assert not verdict.right, (stage, name, l + 1, fault)
                    assert f"{name}({l + 1})" in verdict.why
                    assert f"(after {stage}; {expected.case})" in verdict.why
                    tried += 1
        assert not proof.compare_stages(expected, right[:place] + right[place + 1 :], KERNELS).right
    assert tried > 200


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("problem", [*FORMULAS, *SQUARES, *DEFAULT_PROBLEMS[:2]], ids=str)
def test_the_twin_is_the_specification(problem, dtype):
    """What large problems are compared with says what ``fastbp.reference`` says, in float64."""
    # Ordinary cases are the same numbers in both types; the default problems add no formulas.
    cases = [
        case
        for case in (small_cases(problem, dtype) if problem in FORMULAS + SQUARES else ())
        if dtype == "float64" or not case.ordinary
    ]
    if problem.weights < 30_000:
        cases.append(timed_case(problem, dtype, 2))
    for case in (replace(case_, dtype="float64") for case_ in cases):
        specified, model = (
            proof.expect(case, by_specification) for by_specification in (True, False)
        )
        for (stage, expected, bounds), (_, values, _) in zip(
            specified.stages, model.stages, strict=True
        ):
            for name in proof.CHECKED_AFTER.get(stage, proof.CHECKED_AFTER_STEPS):
                lists = (getattr(of, name) for of in (values, expected, bounds))
                verdict = proof.compare_arrays(name, *lists, "float64")
                assert verdict.right, (verdict.why, stage, str(case))


def test_the_expected_numbers_of_a_case_are_those_of_the_reference():
    case = conclusive_case(SIGMOID, "float64")
    stages = {stage: numbers for stage, numbers, _ in proof.expect(case).stages}
    g, g_prime = reference_tables.ACTIVATIONS["sigmoid"]
    w = [None, *(part.tolist() for part in case.weights)]
    b = [None, *(part.tolist() for part in case.biases)]
    functions = [[None, *[of] * 2] for of in (g, g_prime)]
    loss = reference_tables.LOSSES["half_squared_error"]
    X, Y, (epochs, _) = case.training
    reference.train(case.X.tolist(), case.Y.tolist(), w, b, *functions, 1, 5, 0.2, None, *loss)
    for l in (1, 2):
        np.testing.assert_allclose(stages["one step"].w[l - 1], w[l], rtol=1e-13)
    reference.train(X.tolist(), Y.tolist(), w, b, *functions, 2, 5, 0.2, epochs.__getitem__, *loss)
    for l in (1, 2):
        np.testing.assert_allclose(stages["5 steps"].w[l - 1], w[l], rtol=1e-13)


def test_bounds_are_small_enough_to_tell_on_every_default_problem():
    for problem in DEFAULT_PROBLEMS:
        # The last takes a second, and the bounds of float64 are 2^29 times smaller.
        for dtype in DTYPES if problem.weights < proof.MANY_WEIGHTS else ["float32"]:
            assert why_inconclusive(timed_case(problem, dtype, min(problem.batch_size, 16))) is None


def test_a_network_that_no_proof_can_check_is_refused_with_the_cause():
    deep = make_problem((3, *[2] * 60, 2), 4)
    with pytest.raises(
        proof.InconclusiveError, match=r"no gradient reaches layer \d+; take a larger"
    ):
        proof.expected_timed(deep, "float32", 4)
    case = conclusive_case(SIGMOID, "float32")
    assert why_inconclusive(case, max_share=1e-3) is None
    assert why_inconclusive(case, max_share=1e-9).startswith("rounding can hide a mistake")


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 2, 2, 2, 2, 2)])
def test_where_a_draw_tells_nothing_another_one_is_taken(sizes):
    problem = make_problem(sizes, 1)
    assert why_inconclusive(timed_case(problem, "float32", 1)) is not None
    assert why_inconclusive(proof.expected_timed(problem, "float32", 1).case) is None


def test_samples_near_a_kink_are_put_aside():
    case = timed_case(DEFAULT_PROBLEMS[2], "float32", 16)
    model = ErrorModel(case.problem, case.dtype, case.weights, case.biases)
    for X, Y in case.batches():
        model.put(X, Y)
        model.forward()
        assert model.margins().min() > 1
        model.step(X, Y)


def test_a_slope_that_rounding_decides_about_may_be_either():
    problem = replace(make_problem((1, 1, 1, 1), 1), learning_rate=0.1)
    ones = [np.ones((1, 1), np.float32)] * 3
    model = ErrorModel(problem, "float32", ones, [np.full(1, of, np.float32) for of in (-1, 1, 0)])
    for x, near in ((1 + 2**-23, True), (1.5, False)):
        model.put(np.full((1, 1), x), np.zeros((1, 1)))
        model.forward()
        model.backward()
        below, above = model.values.delta[:2]
        off = np.abs(below - (0 if below else above))  # from what the other slope would give
        assert (off <= model.bounds.delta[0]) == near
        assert (model.margins() < 1) == near


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("Raises", ArithmeticError, "no numbers today"),
        ("Warns", RuntimeWarning, "something is odd"),
        ("NoRung", TypeError, "it must make a fastbp.bench.Rung, got NoRung without put"),
        ("ReadsNone", TypeError, "read must return fastbp.bench.Numbers, got NoneType"),
        ("ReadsWords", TypeError, "w of Numbers must hold real numbers, got <U1 in 1"),
        ("ReadsThree", TypeError, "w of Numbers must be a list of arrays, got int"),
    ],
)
def test_a_rung_that_raises_or_gives_no_numbers_says_what(name, error, why):
    with pytest.raises(error, match=f"^{re.escape(why)}"):
        proved(name, RELU, "float32")


def test_what_a_rung_has_nothing_like_is_not_tried():
    assert load_rung("Picky")("traits", RELU, "float32") == "it has no two layers"
    assert load_rung("Picky")("run_case", conclusive_case(RELU, "float32")) == ([], None)


FLUSHING = """
import ctypes
from fastbp.bench.rungs.numpy_allocating import NumPyAllocating

class Flushing(NumPyAllocating):
    def forward(self):
        super().forward()
        ctypes.CDLL({library!r}).flush()
"""
FLUSH = "#include <xmmintrin.h>\nvoid flush(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }\n"


@pytest.mark.skipif(
    shutil.which("cc") is None or sys.platform != "linux", reason="it needs a C compiler on Linux"
)
def test_row_42_a_rung_that_switches_subnormals_off_for_its_process_is_found(tmp_path):
    (tmp_path / "flush.c").write_text(FLUSH)
    library = str(tmp_path / "flush.so")
    completed = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(tmp_path / "flush.c")])
    if completed.returncode:
        pytest.skip("the flag is that of SSE, which this machine has not")
    (tmp_path / "flushing.py").write_text(FLUSHING.format(library=library))
    call = Worker(RungServer)
    try:
        call("open", f"{tmp_path / 'flushing.py'}:Flushing")
        case = conclusive_case(make_problem((6, 5, 3), 2), "float64")
        assert "switched subnormal numbers off" in call("run_case", case)[1]
    finally:
        call.kill()


def test_two_numbers_that_differ_are_shown_different() -> None:
    right, bound = [np.array([0.2])], [np.full(1, 1e-16)]
    for off, shown in (
        (1e-3, "0.201, expected 0.2 "),
        (3e-9, "0.200000003, expected 0.2 "),
        (3e-16, "0.2000000000000003"),
    ):
        why = proof.compare_arrays("b", [right[0] + off], right, bound, "float64").why
        assert why is not None
        assert f"is {shown}" in why
