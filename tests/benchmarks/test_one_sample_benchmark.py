"""benchmarks/one_sample.py: both libraries learn the same, and the table says how fast."""

import numpy as np
import one_sample
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def test_the_script_prints_a_row_a_call_and_tells_of_goals(capsys):
    assert one_sample.main(["--rounds", "1", "--seconds", "0.001"]) in (0, 1)
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| `learn_one`", "| `predict_one`"]


def test_nothing_is_timed_where_one_library_learns_something_else(monkeypatch):
    monkeypatch.setattr(one_sample.Fastbp, "learn", lambda self, stream: None)
    with pytest.raises(RuntimeError, match="predict differently"):
        one_sample.measured(1, 0.001)


def test_a_long_call_is_timed_on_part_of_the_stream():
    calls = []
    seconds = one_sample.seconds_a_call(calls.append, np.arange(64).tolist(), 0.0)
    assert seconds > 0
    assert [len(stream) for stream in calls] == [64, 8, 1]
