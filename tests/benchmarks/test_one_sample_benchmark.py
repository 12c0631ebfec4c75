"""benchmarks/one_sample.py and sample_trace.py: both sides compute the same, and have rows."""

import one_sample
import pytest
import sample_trace

pytestmark = [
    pytest.mark.usefixtures("_in_this_process"),
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
]


def test_the_table_has_a_row_for_each_call_of_a_stream(capsys):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    assert one_sample.main(["--rounds", "1", "--seconds", "0.001"]) in (0, 1)
    *_, learn, predict = capsys.readouterr().out.splitlines()
    assert learn.startswith("| `learn_one` | ")
    assert predict.startswith("| `predict_one` | ")


def test_the_table_has_a_row_for_each_pass_that_traces(capsys):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert sample_trace.main(["--rounds", "1", "--seconds", "0.001"]) in (0, 1)
    table = capsys.readouterr().out.split("\n\n")[1]
    assert len(table.splitlines()) == 5


@pytest.mark.parametrize(
    ("script", "kind", "method", "result", "needs"),
    [
        (one_sample, one_sample.OneByOne, "learn", None, "sklearn"),
        (sample_trace, sample_trace.Traced, "gradients", [0] * 7, "torch"),
    ],
)
def test_nothing_is_timed_where_the_two_differ(script, kind, method, result, needs, monkeypatch):
    pytest.importorskip(needs, reason=f"{needs} is not installed")
    monkeypatch.setattr(kind, method, lambda self: result)
    with pytest.raises(RuntimeError, match=r"the two have different (weights|gradients)"):
        script.main([])
