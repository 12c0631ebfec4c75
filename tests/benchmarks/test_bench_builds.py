"""benchmarks/builds.py: builds have their turns alike, and what is surely slower is marked."""

import sys
from pathlib import Path

import builds
import numpy as np
import pytest
from build_process import BuildProcess, locate
from tasks import Prediction, Training
from workloads import TABLE

import fastbp

HERE = str(Path(fastbp.__file__).parents[1])  # where this build is, installed or in place
T1 = TABLE[0]


def cell(*rounds):
    measured = builds.Cell(T1, "float32", Training(), 1)
    measured.times = [list(times) for times in rounds]
    return measured


def test_a_cell_is_marked_where_its_whole_interval_is_below_the_limit():
    base = np.ones(21)
    noise = np.linspace(-0.03, 0.03, 21)
    for factor, slower in [(1.0, False), (0.99, False), (0.9, True), (1.1, False)]:
        measured = cell(base, base / (factor + noise))
        assert measured.slower(1) == slower
        (mark,) = map(str, measured.row(["A", "B/A"])[2:])
        assert mark.startswith("**0.900 (0.8") == slower
        assert mark.endswith("slower**") == slower


def test_what_is_wrong_is_not_timed(monkeypatch):
    outcomes = iter([{"right": True}, {"right": False, "error": 0.5, "bound": 1e-6}])
    monkeypatch.setattr(builds, "checked", lambda *_: next(outcomes))
    measured = builds.Cell(T1, "float32", Prediction(1), 1)
    measured.measure([lambda *_: pytest.fail("it is timed")] * 2, None, 3, 0.1)
    assert measured.row(["A", "B/A"]) == [
        "T1 xor, float32: predict, 1 row",
        "WRONG: B/A off by 5.0e-01 (at most 1.0e-06)",
        "",
    ]


@pytest.mark.parametrize(
    ("slow", "repeat", "runs", "code"),
    [
        ([set(), set()], 3, 1, 0),
        ([{0, 2}, {2}, set(), {0}], 3, 3, 0),
        ([{0, 2}, {2}, {2}, {2}], 3, 4, 1),
        ([{1}], 0, 1, 1),
    ],
)
def test_only_slower_cells_are_repeated_and_only_those_slower_every_time_are_left(
    monkeypatch, capsys, slow, repeat, runs, code
):
    seen = []

    def run(paths, cells, *how):
        """B/A is as ``slow`` says; the noise of A/A is always marked, which repeats nothing."""
        for cell_ in cells:
            ratio = 0.5 if cell_.label in {every[i] for i in slow[len(seen)]} else 1.0
            cell_.times = [[ratio] * 5, [2.0] * 5, [1.0] * 5]
        seen.append([cell_.label for cell_ in cells])

    every = [cell_.label for cell_ in builds.cells_of([T1], ["float32"], [1])]
    monkeypatch.setattr(builds, "run", run)
    options = ["--only", "T1", "--threads", "1", "--repeat", str(repeat)]
    assert builds.main([HERE, HERE, sys.executable, *options]) == code
    expected = [every]
    for marked in slow[: runs - 1]:
        expected.append([label for label in expected[-1] if every.index(label) in marked])
    assert seen == expected
    left = [every[i] for i in slow[runs - 1]] if code else ["none"]
    assert f"Slower or wrong: {', '.join(left)}." in capsys.readouterr().out


def test_a_build_is_an_environment_an_interpreter_or_a_folder(tmp_path):
    assert locate(HERE) == (sys.executable, HERE)
    assert locate(sys.executable) == (sys.executable, None)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    assert locate(str(tmp_path)) == (str(python), None)


def test_a_source_tree_that_is_not_built_in_place_is_no_build(tmp_path):
    (tmp_path / "fastbp").mkdir()
    (tmp_path / "fastbp" / "__init__.py").touch()
    with pytest.raises(ValueError, match="or a folder that holds a built fastbp"):
        locate(str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HERE], "give two builds or more"),
        ([HERE, "/no/such/place"], "/no/such/place is no build; give a virtual environment"),
        ([HERE, HERE, "--only", "T9"], "unknown workloads: T9"),
        ([HERE, HERE, "--threads", "1000"], "--threads must be at most"),
    ],
)
def test_bad_arguments_are_refused(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        builds.main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_build_that_fails_says_why():
    build = BuildProcess(HERE)
    try:
        with pytest.raises(RuntimeError, match=r"AttributeError: .* no attribute 'timed'"):
            build("timed", 1)
        assert Path(build("about")["folder"]) == Path(HERE) / "fastbp"
    finally:
        build.close()


def test_this_build_beside_itself(capsys):
    options = ["--only", "T1", "--threads", "1", "--rounds", "2", "--seconds", "0.001"]
    assert builds.main([HERE, HERE, *options]) == 0
    out = capsys.readouterr().out
    for label in (
        "T1 xor, float32: fit, 1 thread",
        "float32: predict, 1 row",
        "predict, 1,024 rows",
    ):
        (row,) = (line for line in out.splitlines() if label in line)
        assert row.count(" | ") == 2
    assert "|  | A, µs | A/A (95%) |" in out
