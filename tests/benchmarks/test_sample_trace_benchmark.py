"""benchmarks/sample_trace.py: both compute one gradient, and the table says how fast."""

import pytest
import sample_trace

pytest.importorskip("torch", reason="PyTorch is not installed")


def test_the_script_prints_a_row_a_pass(capsys):
    assert sample_trace.main(["--rounds", "1", "--calls", "1"]) in (0, 1)
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_nothing_is_timed_where_the_gradients_differ(monkeypatch):
    monkeypatch.setattr(sample_trace.Fastbp, "gradients", lambda self: [0] * 7)
    with pytest.raises(RuntimeError, match="different gradients"):
        sample_trace.measured(1, 1)
