"""`fastbp bench`: what is wrong is never timed, and the table can be read."""

import argparse
import json
import re

import numpy as np
import pytest

from fastbp.bench import command
from fastbp.bench.harness import BOUNDS, climb, prove, relative_error
from fastbp.bench.problems import PROBLEMS, Problem, make_task
from fastbp.bench.rungs import RUNGS, Fit, Specification, TrainStep, VectorisedNumPy
from fastbp.cli import main
from fastbp.page import WIDTH

SMALL = Problem((3, 4, 2), "tanh", "identity", "half_squared_error", 5)


class WrongSign(VectorisedNumPy):
    """Moves one bias the wrong way."""

    def step(self, rows):
        super().step(rows)
        self._b[0][0] += 2 * self._db[0][0]


class Doubled(VectorisedNumPy):
    """Moves every weight twice as far."""

    def step(self, rows):
        super().step(rows)
        for w, dw in zip(self._w, self._dw, strict=True):
            w -= dw


class StaleBuffer(VectorisedNumPy):
    """Adds the step before to each step: right only the first time."""

    def step(self, rows):
        before = [dw.copy() for dw in self._dw] if self._used else []
        super().step(rows)
        for w, dw in zip(self._w, before, strict=bool(before)):
            w -= dw
        self._used = True

    _used = False


class NotANumber(VectorisedNumPy):
    """Puts one NaN among the weights."""

    def step(self, rows):
        super().step(rows)
        self._w[0][0, 0] = np.nan


class EvenOnly(VectorisedNumPy):
    """Forgets the last node of a layer of odd width."""

    def step(self, rows):
        last = self._b[0][-1]
        super().step(rows)
        if len(self._b[0]) % 2:
            self._b[0][-1] = last


class Float32Only(VectorisedNumPy):
    """Wrong in float32, right in float64."""

    def step(self, rows):
        super().step(rows)
        if self.task.dtype == "float32":
            self._w[-1] *= 1.001


class LostLayer(VectorisedNumPy):
    """Hands back too few weights."""

    def layers(self):
        return super().layers()[1:]


class NeverMoves(VectorisedNumPy):
    """Does nothing, very fast."""

    def step(self, rows):
        pass


BROKEN = [WrongSign, Doubled, StaleBuffer, NotANumber, EvenOnly, Float32Only, LostLayer, NeverMoves]


@pytest.mark.parametrize("rung", BROKEN)
def test_a_broken_rung_is_found_wrong(rung):
    assert not prove(rung, SMALL).right


def test_a_broken_rung_is_named_and_not_timed():
    page = command.Page(spell_out=True)
    rungs = {"specification": Specification, "doubled": Doubled, "NumPy": VectorisedNumPy}
    command.write_table(page, "small", climb(SMALL, rungs, seconds=0.01))
    assert re.search(r"^ +doubled +\d\S+ +\d\S+ +WRONG +not timed$", str(page), re.M)
    assert re.search(r"^ +NumPy +\d\S+ +\d\S+ +[\d,.]+ +[\d,.]+$", str(page), re.M)


def test_the_command_fails_if_a_rung_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(command, "PROBLEMS", {"small": SMALL})
    monkeypatch.setattr(command, "RUNGS", {"specification": Specification, "doubled": Doubled})
    assert command.run(arguments("--seconds", "0.01")) == 1
    assert "WRONG" in capsys.readouterr().out


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_rung_agrees_with_the_specification(rung, problem):
    verdict = prove(RUNGS[rung], PROBLEMS[problem])
    assert verdict.right, verdict.errors
    assert set(verdict.errors) == set(BOUNDS)


def test_relative_error_rejects_nan_zeros_and_a_doubled_result():
    before, expected = np.array([1.0, 2.0]), np.array([1.5, 2.5])
    assert relative_error(expected, expected, before) == 0
    for wrong in (before * np.nan, np.zeros(2), 2 * expected - before, before, expected[:1]):
        assert not relative_error(wrong, expected, before) <= 0.5


def test_a_task_holds_the_same_numbers_in_both_number_types():
    single, double = (
        make_task(PROBLEMS["nielsen"], dtype, batches=2, shuffle=False) for dtype in BOUNDS
    )
    for name in ("X", "Y"):
        assert np.array_equal(getattr(single, name), getattr(double, name))
    for one, other in zip(single.weights, double.weights, strict=True):
        assert np.array_equal(one, other)


def test_rungs_leave_the_task_as_it_was():
    task = make_task(SMALL, "float64", batches=2, shuffle=True)
    before = [part.copy() for part in (task.X, task.Y, *task.weights, *task.biases)]
    for make_rung in RUNGS.values():
        make_rung(task).run(2)
    after = (task.X, task.Y, *task.weights, *task.biases)
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))


def test_fit_says_how_many_steps_it_did():
    rung = Fit(make_task(SMALL, "float32", batches=4, shuffle=True))
    assert [rung.run(steps) for steps in (1, 4, 5)] == [4, 4, 8]


def test_shuffled_rungs_see_every_sample_once_an_epoch():
    rung = TrainStep(make_task(SMALL, "float32", batches=4, shuffle=True))
    for _ in range(2):
        rows = np.concatenate([next(rung._batches) for _ in range(4)])
        assert sorted(rows) == list(range(20))


def arguments(*options):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(options)


def test_the_table_fits_in_80_columns_and_the_json_says_the_same(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "PROBLEMS", {"small": SMALL})
    path = tmp_path / "figures.json"
    assert command.run(arguments("--seconds", "0.05", "--json", str(path))) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= WIDTH
    figures = json.loads(path.read_text("utf-8"))["problems"]["small"]
    assert list(figures) == list(RUNGS)
    for name, row in figures.items():
        assert row["right"]
        shown = re.search(rf"{re.escape(name)} .*? ([\d,]+\.\d)  +([\d,]+\.\d)$", out, re.M)
        microseconds = float(shown.group(1).replace(",", ""))
        assert microseconds == pytest.approx(row["seconds"] * 1e6, abs=0.06)


def test_a_file_that_cannot_be_written_is_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "PROBLEMS", {})
    assert main(["bench", "--json", str(tmp_path)]) == 2
    assert re.match(f"fastbp bench: error: {tmp_path}: ", capsys.readouterr().err)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_bad_seconds_are_refused(capsys, seconds):
    assert main(["bench", "--seconds", seconds]) == 2
    assert "expected a number of seconds above 0" in capsys.readouterr().err
