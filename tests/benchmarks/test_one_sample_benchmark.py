"""benchmarks/one_sample.py: both libraries learn the same, and the table says how fast."""

import one_sample
import pytest
import rounds

from fastbp.bench.worker import Local

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr(rounds, "start", lambda stack, kind: Local(kind))


def test_the_script_prints_a_row_a_call_and_tells_of_goals(capsys):
    assert one_sample.main(["--rounds", "1", "--seconds", "0.001"]) in (0, 1)
    *_, learn, predict = capsys.readouterr().out.splitlines()
    assert learn.startswith("| `learn_one` | ")
    assert predict.startswith("| `predict_one` | ")


def test_nothing_is_timed_where_one_library_learns_something_else(monkeypatch):
    monkeypatch.setattr(one_sample.OneByOne, "learn", lambda self: None)
    with pytest.raises(RuntimeError, match="learn differently"):
        one_sample.main([])
