"""benchmarks/sample_trace.py: both compute one gradient, and the table says how fast."""

import pytest
import rounds
import sample_trace

from fastbp.bench.worker import Local

pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr(rounds, "start", lambda stack, kind: Local(kind))


def test_the_script_prints_a_row_a_pass(capsys):
    assert sample_trace.main(["--rounds", "1", "--seconds", "0.001"]) in (0, 1)
    table = capsys.readouterr().out.split("\n\n")[1]
    assert len(table.splitlines()) == 5


def test_nothing_is_timed_where_the_gradients_differ(monkeypatch):
    monkeypatch.setattr(sample_trace.Traced, "gradients", lambda self: [0] * 7)
    with pytest.raises(RuntimeError, match="different gradients"):
        sample_trace.main([])
