"""benchmarks/scikit_learn.py: both libraries fit the same, and the tables mark missed goals."""

from itertools import cycle

import pytest
import scikit_learn

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def short(_in_this_process, monkeypatch):
    monkeypatch.setattr(scikit_learn, "MOST_EPOCHS", 10)


def rows_of(text):
    return [line for line in text.splitlines() if line.startswith("| (8,)")]


def test_a_case_is_a_row_of_each_table(short, capsys):
    only = ["--quick", "--only", "(8,) x 100 / 200", "--part"]
    assert scikit_learn.main([*only, "fit", "short", "predict"]) == 0
    text = capsys.readouterr().out
    predictions, short_fit, fit = rows_of(text)[:2], *rows_of(text)[2:]
    assert [row.split(" | ")[:2] for row in predictions] == [["| (8,)", "1"], ["| (8,)", "1,000"]]
    assert short_fit.split(" | ")[:4] == fit.split(" | ")[:4] == ["| (8,)", "100", "200", "10"]
    assert "WRONG" not in text


def test_nothing_is_timed_where_the_losses_differ(short, capsys, monkeypatch):
    monkeypatch.setattr(scikit_learn, "BOUND", dict.fromkeys(scikit_learn.DTYPES, 1e-20))
    monkeypatch.setattr(scikit_learn.Estimators, "fit", None)
    scikit_learn.main(["--quick", "--only", "(8,) x 100 / 32", "--part", "fit"])
    (row,) = rows_of(capsys.readouterr().out)
    assert row.count("WRONG by") == 2


def test_a_goal_that_is_missed_is_marked():
    result = scikit_learn.Result.of([3.0, 4.0, 5.0], [2.0, 2.0, 2.0])
    assert result == scikit_learn.Result(4.0, 2.0, 2.0)
    assert result.cells(1, 2) == ["4.00", "2.00", "2.0"]
    assert result.cells(1, 2.1, most=1.9) == ["4.00", "2.00!", "2.0!"]
    assert result.cells(1, None) == ["4.00", "2.00", "2.0"]


def test_an_import_that_takes_too_long_is_marked(capsys, monkeypatch):
    seconds = cycle([(1.0, 0.031), (0.1, 0.05)])  # of the two imports in turns
    monkeypatch.setattr(scikit_learn, "import_seconds", lambda *_: next(seconds))
    scikit_learn.import_table(3)
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("| 1,000 | 31.0! | 30 |")
    assert second.endswith("| 100 | 50.0 |  |")


def test_a_fit_has_the_epochs_that_take_scikit_learn_some_tenths_of_a_second():
    cases = list(scikit_learn.cases())
    epochs = {(case.samples, case.batch): case.epochs for case in cases}
    assert epochs[100, 1] == 10
    assert epochs[100, 200] == 200  # of one step each
    assert epochs[1_000, 1] == 3
    assert epochs[10_000, 1] == 1
    assert len(cases) == 36
    assert all(case.goal for case in cases)
