"""benchmarks/options.py and keras_mnist.py: each option beside a step without it."""

import callbacks
import keras_mnist
import numpy as np
import options
import pytest
from peers import Fastbp
from tasks import Training

pytestmark = pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # noise is not learnt

CASES = options.cases()
SMALL = [case for case in CASES if case.name.startswith("T3")]
COMPARED = [case for case in SMALL if not case.option.dropout]  # masks are each library's own


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_differs_from_its_base_in_the_option_alone(case):
    base, option = vars(case.base), vars(case.option)
    differing = [name for name in base if base[name] != option[name]]
    assert len(differing) == 1


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_fastbp_trains_by_the_option(case):
    order = np.arange(case.option.steps * case.option.batch)
    outcomes = [Fastbp(workload, "float64").checked(order) for workload in (case.base, case.option)]
    assert np.array_equal(*outcomes) == bool(case.option.metrics)  # which change nothing


@pytest.mark.slow
@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
@pytest.mark.parametrize("peer", options.PEERS)
def test_peers_end_where_fastbp_does(peer, case):
    kind = options.PEERS[peer]
    pytest.importorskip(kind.needs, reason=f"{kind.needs} is not installed")
    task, order = Training(), np.arange(case.option.steps * case.option.batch)
    expected, outcome = (of(case.option, "float32").checked(order) for of in (Fastbp, kind))
    error, bound = task.error(case.option, "float32", outcome, expected)
    assert error <= 2 * bound < 0.1  # both have been rounded


@pytest.mark.slow
def test_the_script_prints_a_row_a_case_and_tells_of_goals(capsys):
    quick = ["--rounds", "2", "--seconds", "0.01"]
    assert options.main(["--only", "T3 silu", "T3 dropout", *quick]) in (0, 1)
    rows = capsys.readouterr().out.split("\n\n")[1].splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| T3 dropout 0.2", "| T3 silu"]


def test_callbacks_are_timed_beside_a_step_without(capsys):
    callbacks.main(["T3", "--rounds", "1", "--seconds", "0.001"])
    *_, header, _, row = capsys.readouterr().out.splitlines()
    assert header == "|  | us a step | with `on_epoch_end` | with `on_batch_end` |"
    assert row.startswith("| T3 digits | ")


def test_the_network_of_the_example_is_kerass():
    assert keras_mnist.SIZES == (784, 512, 512, 10)
    assert (keras_mnist.DROPOUT, keras_mnist.BATCH) == (0.2, 128)
