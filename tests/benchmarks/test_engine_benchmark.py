"""benchmarks/engine.py: every peer does as the specification does, and what is wrong says so."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
from peers import Fastbp, flat
from rung_peers import CompiledPyTorch, NumPy, OfRung
from tables import share_of_peak, table_of_peers
from tasks import Prediction, ReferenceResults, Team, Training, checked, measure
from team_sizes import HAS_TEAMS
from workloads import TABLE, Workload, drawn

from fastbp import _boundary
from fastbp.bench.protocol import Local
from fastbp.model import kernel_sets

# What is timed is noise: none can learn it.
pytestmark = pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")

ENTROPY = Workload("small", (3, 5, 4), "relu", "softmax", "cross_entropy", 6, "sgd")
SQUARED = Workload("deep", (4, 5, 3, 2), "tanh", "sigmoid", "half_squared_error", 3, "sgd")
SINGLE = Workload("one", (2, 3, 1), "sigmoid", "sigmoid", "binary_cross_entropy", 1, "sgd")
ADAM = replace(ENTROPY, optimizer="adam", learning_rate=0.001)
ROWS = Prediction(7)


def test_bfloat16_is_timed_beside_float32(capsys: pytest.CaptureFixture[str]) -> None:
    bfloat16 = importlib.import_module("bfloat16")
    bfloat16.main(["T3", "--rounds", "1", "--seconds", "0.001"])
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith("| T3 digits 64-64-10, batch 32 |")
    assert 0 < float(row.split("|")[-2].strip(" %")) < 10
    with pytest.raises(SystemExit):
        bfloat16.main(["T9"])


def peer(path, **attributes):
    """A rung as a peer; its class is found under its path."""
    return type(path.partition(":")[2], (OfRung,), {"path": path, **attributes})


def broken(name, **attributes):
    """A rung of tests/helpers/broken_rungs.py as a peer."""
    return peer(f"broken_rungs:{name}", **attributes)


def first_row_twice(self, x):
    return NumPy.predictor(self, x[np.maximum(np.arange(len(x)) - 1, 0)])


def one_row_more(self, x):
    return NumPy.predictor(self, np.vstack([x, x[:1]]))


WRONG_INDEX = broken("WrongIndex")
WRONG_STEPS = (
    *map(broken, ("Doubled", "NewWeights", "NotANumber", "OwnOrder", "WrongSign", "Zeros")),
    type("ALayerLess", (NumPy,), {"layers": lambda self: NumPy.layers(self)[1:]}),
    WRONG_INDEX,
)
WRONG_PREDICTIONS = (
    WRONG_INDEX,
    type("FirstRowTwice", (NumPy,), {"predictor": first_row_twice}),
    type("OneRowMore", (NumPy,), {"predictor": one_row_more}),
)
FAILS = broken("Raises", may_fail=True)


def limits(method, *_):
    """Those of a machine that was not measured."""
    return {"copy": 1e9, "sum": 1e9} if method == "bandwidth" else 1e9


def team(kind, threads=1):
    return Team(threads, {"fastbp": Local(kind), "NumPy": Local(NumPy)}, limits)


def measured(kind, task, teams=None, workload=ENTROPY):
    teams = teams or [team(kind)]
    references = ReferenceResults(Local(NumPy))
    return measure(task, workload, "float32", teams, references, 1, 0.001)


def page(result, task, threads=1):
    names, of = ["fastbp", "NumPy"], team(NumPy, threads)
    return " ".join(str(table_of_peers(task, "float32", of, [result], names, {}).page()).split())


def test_tables_of_several_threads_tell_what_a_barrier_took():
    result = measured(NumPy, Training(), [team(NumPy, 2)])[2]
    assert result["barrier"] == 1e15  # microseconds
    told = "until all threads have met at a barrier"
    assert told in page(result, Training(), 2)
    assert told not in page(result, Training())


@pytest.mark.parametrize("workload", [ENTROPY, SQUARED, SINGLE], ids=str)
def test_the_yardstick_is_the_specification(workload):
    specification = peer("fastbp.bench.rungs.specification:Specification")
    peers = [kind(workload, "float64") for kind in (specification, NumPy)]
    expected, outcome = (peer.checked(np.arange(len(peer.X))) for peer in peers)
    assert np.linalg.norm(outcome - expected) <= 1e-12 * np.linalg.norm(expected)
    expected, outcome = (peer.predicted(3) for peer in peers)  # as many as a batch of the smallest
    np.testing.assert_allclose(outcome, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", [Training(), ROWS, Prediction(1)], ids=lambda task: task.name)
@pytest.mark.parametrize("workload", [ENTROPY, SQUARED, SINGLE, ADAM], ids=str)
def test_fastbp_does_as_the_yardstick(workload, task, dtype):
    references = ReferenceResults(Local(NumPy))
    outcome = checked(task, workload, dtype, "fastbp", Local(Fastbp), references)
    assert outcome["right"], outcome


@pytest.mark.slow  # it compiles twelve graphs
@pytest.mark.filterwarnings("ignore")  # of PyTorch's own
def test_compiled_pytorch_does_as_the_yardstick():
    pytest.importorskip("torch")
    references = ReferenceResults(Local(NumPy))
    for workload in (ENTROPY, SQUARED, SINGLE, ADAM):
        for task in (Training(), ROWS, Prediction(1)):
            ask = Local(CompiledPyTorch)
            outcome = checked(task, workload, "float32", "torch.compile", ask, references)
            if "left out" in outcome:
                pytest.skip(outcome["left out"])
            assert outcome["right"], outcome


@pytest.mark.parametrize(
    ("kind", "task"),
    [(kind, Training()) for kind in WRONG_STEPS]
    + [(kind, ROWS) for kind in WRONG_PREDICTIONS]
    + [(WRONG_INDEX, Prediction(1))],
    ids=lambda of: getattr(of, "__name__", None) or of.name,
)
def test_a_wrong_peer_is_not_timed(kind, task, monkeypatch):
    monkeypatch.setattr(Workload, "steps", 64)  # not 2,048, which NumPy takes half a second for
    result = measured(kind, task)[1]
    assert list(result["microseconds"]) == ["NumPy"]
    assert not result["peers"]["fastbp"]["right"]
    assert result["faster"] is None
    assert share_of_peak(result, 1e9) is None
    assert "WRONG: small, fastbp: differs by" in page(result, task)
    assert "won 0 of 1; losses: small, not timed." in page(result, task)


@pytest.mark.parametrize("task", [Training(), ROWS], ids=lambda task: task.name)
def test_a_peer_that_may_fail_is_left_out_with_the_reason(task, monkeypatch):
    monkeypatch.setattr("tasks.PEERS", {"fastbp": FAILS, "NumPy": NumPy})
    result = measured(FAILS, task)[1]
    assert list(result["microseconds"]) == ["NumPy"]
    assert "Left out: fastbp: ArithmeticError: no numbers today." in page(result, task)


@pytest.mark.parametrize("task", [Training(), ROWS], ids=lambda task: task.name)
def test_a_peer_that_may_not_fail_stops_everything(task):
    with pytest.raises(ArithmeticError, match="no numbers today"):
        measured(FAILS, task)


@pytest.mark.parametrize("task", [Training(), ROWS], ids=lambda task: task.name)
def test_right_peers_are_timed_with_every_number_of_threads(task):
    results = measured(Fastbp, task, [team(Fastbp, 1), team(Fastbp, 2)])
    assert list(results) == [1, 2]
    for result in results.values():
        assert len(result["microseconds"]) == 2
        assert all(time > 0 for time in result["microseconds"].values())
        assert result["faster"] > 0
        assert share_of_peak(result, 1e9) > 0


def test_the_bound_can_fail_in_every_workload_of_the_table():
    for workload in TABLE:
        expected = flat(workload.first_layers("float64")) * 2  # moved as far as they are long
        assert Training().error(workload, "float32", expected, expected)[1] < 0.1
        ones = np.ones((7, 1))
        assert ROWS.error(workload, "float32", ones, ones)[1] < 0.1


def test_the_peak_is_measured_for_vectors_and_zero_without():
    for dtype in ("float32", "float64"):
        plain = importlib.import_module(f"fastbp._plain_{dtype}").KERNELS
        assert _boundary.fma_peak(plain) == 0.0
        peak = _boundary.fma_peak(kernel_sets.kernels(np.dtype(dtype), widest=1000), 0.001)
        assert (peak > 1e8) == (kernel_sets.ISA != "plain")  # a slow machine's, and a busy one's
    with pytest.raises(ValueError, match="PyCapsule"):
        _boundary.fma_peak(object())


@pytest.mark.skipif(not HAS_TEAMS, reason="no threads here")
def test_a_barrier_of_two_threads_takes_longer_than_that_of_one():
    assert _boundary.barrier_seconds(2) > 5 * _boundary.barrier_seconds(1)  # some 80 ns, and 1
    assert np.isfinite(_boundary.barrier_seconds(2, 0))


def test_flops_are_three_products_a_weight_less_the_delta_of_the_input():
    assert TABLE[4].flops == 2 * 32 * (3 * (784 * 128 + 128 * 10) - 784 * 128)


def test_drawn_shapes_are_the_same_for_a_seed():
    assert drawn(5, 0) == drawn(5, 0) != drawn(5, 1)
    assert all(workload.flops < 2e9 for workload in drawn(30, 0))


def test_an_epoch_is_short_or_as_short_as_can_be():
    assert all(workload.steps * workload.flops < 2e10 for workload in drawn(100, 0))
    assert all(workload.steps >= 2 for workload in (*drawn(100, 0), *TABLE))
