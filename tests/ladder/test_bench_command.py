"""`fastbp bench`: its command line, and rungs that are registered."""

import errno
import os
import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import SimpleNamespace

import broken_rungs
import pytest
from command_line import refused

from fastbp.bench import command, custom_rungs, ladder, runner
from fastbp.bench import ladder_row as rows
from fastbp.bench.problems import DEFAULT_PROBLEMS
from fastbp.bench.worker import cores
from fastbp.cli.command import main

HERE = Path(broken_rungs.__file__)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rungs", "numpy-ot"], "there is no rung 'numpy-ot'; did you mean numpy-out? There are"),
        (["--sizes", "784"], "'784' is no network; give the widths of its layers"),
        (["--sizes", "784-0-10"], "'784-0-10' is no network"),
        (["--sizes", "wide"], "'wide' is no network"),
        (["--batch", "0"], "'0' is not a whole number >= 1"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
        (["--threads", "1000"], f"--threads must be at most {len(cores())}, the cores"),
        (["--kernel", "sideways"], "invalid choice: 'sideways'"),
        (["--seconds", "-1"], "'-1' is not a finite number >= 0"),
        (["--seconds", "soon"], "'soon' is not a finite number"),
        (["--rung", "nowhere.py:f"], "there is no file nowhere.py"),
        (["--rung", "no_such_module:f"], "there is no module no_such_module"),
        (["--rung", "mine.py"], "a rung must be given as path.py:function"),
        (["--json", "/no/such/folder/a.json"], "there is no folder /no/such/folder"),
        (["--json", "."], "is a folder; give the name of a file in it"),
        (["--html", "/no/such/folder/a.html"], "there is no folder /no/such/folder"),
        (["--plot", "/no/such/folder/plots"], "there is no folder /no/such/folder"),
        (["--plot", __file__], "is a file; give the name of a folder"),
        (["--json", "a", "--html", "./a"], "--json and --html are both a; give two names"),
        (["--json", "a", "--plot", "a"], "--json and --plot are both a; give two names"),
        (["--foo"], "unrecognized arguments: --foo (see fastbp bench --help)"),
        (["--rungs", ","], "',' names no rung; leave --rungs out for all of them"),
        (["--rungs", ""], "'' names no rung"),
        (["--show", "fit", "--compare", "a", "b"], "not allowed with argument --show"),
        (["--show", "fit", "--html", "a"], "--show times nothing, so there is nothing to write"),
        (["--compare", "a", "b", "--json", "a"], "--compare times nothing, so there is nothing"),
        (
            ["--rung", f"{HERE}:make", "--rung", "broken_rungs:make"],
            f"--rung broken_rungs:make is named 'make', as {HERE}:make is; give one of the two",
        ),
        (["--show", "numpy-ot"], "there is no rung 'numpy-ot'; did you mean numpy-out?"),
        (["--compare", "a.json", "b.json"], "a.json: No such file or directory"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(capsys, arguments, message):
    assert message in refused(capsys, "bench", *arguments)


def test_pictures_and_sources_are_made_elsewhere_and_only_when_asked_for(monkeypatch, capsys):
    calls = []
    fakes = {
        "fastbp.bench.pictures": SimpleNamespace(
            write_html=lambda document, path: calls.append(("html", document["schema"], path)),
            write_plots=lambda document, folder: calls.append(("plot", document["schema"], folder)),
        ),
        "fastbp.bench.show_rung": SimpleNamespace(
            show=lambda row, before: calls.append(("show", row.name)) or 0
        ),
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)
    monkeypatch.setattr(runner.Runner, "tables", lambda self: (table for table in ()))
    assert main(["bench"]) == 0
    assert calls == []
    assert main(["bench", "--html", "a.html", "--plot", "plots"]) == 0
    assert main(["bench", "--show", "fit"]) == 0
    assert calls == [("html", 1, "a.html"), ("plot", 1, "plots"), ("show", "fit")]


class Missing:
    """A run in which no rung can be measured."""

    interrupted = False

    def __init__(self, plan, watch):
        opening = dict.fromkeys(("cpu", "cores", "python", "numpy", "kernels"), "some")
        self.document = {"machine": opening, "results": []}
        self._left_out = {row.name: row.left_out("float32", 1) or "it is odd" for row in plan.rows}
        self._problems = plan.problems

    def tables(self):
        for problem in self._problems:
            yield runner.Table(problem, "float32", 1, "step", [], self._left_out)


def test_what_is_missing_is_said_once_and_not_under_every_table(monkeypatch, capsys):
    monkeypatch.setattr(rows, "is_importable", lambda module: module != "numba")
    monkeypatch.setattr(command, "Runner", Missing)
    assert main(["bench", "--rungs", "fit", "numba"]) == 0
    out = capsys.readouterr().out
    assert out.count("Left out: numba: needs numba: pip install numba.") == 1
    assert out.index("Left out: numba") < out.index("784-30-10, batch 10")
    assert out.count("Left out: fit: it is odd.") == len(DEFAULT_PROBLEMS)


def test_nothing_to_time_is_an_error_at_once(monkeypatch, capsys):
    monkeypatch.setattr(rows, "is_importable", lambda module: False)
    monkeypatch.setattr(command, "Runner", lambda *_: pytest.fail("it has begun"))
    error = refused(capsys, "bench", "--rungs", "numba", "torch")
    assert "there is nothing to time. Left out: numba: needs numba: pip install numba." in error
    assert "Left out: torch: needs torch: pip install torch." in error
    error = refused(capsys, "bench", "--rungs", "openmp", "blas")
    assert "Left out: openmp: fastbp was built without it; installed with FASTBP_OPENMP=1" in error
    assert "Left out: blas: needs scipy: pip install scipy, or 'fastbp[bench]'." in error


def planned(*options):
    parser = ArgumentParser()
    command.add_arguments(parser)
    return command._plan(parser.parse_args(options))


@pytest.mark.parametrize("together", [True, False])
def test_what_is_asked_for_twice_is_timed_once(together):
    options = ["--rung", f"{HERE}:make"] * 2
    for name, value in [
        *(("dtype", "float64"), ("sizes", "5-4-3"), ("threads", "1"), ("batch", "6")),
        *(("kernel", "forward"), ("rungs", "fit")),
    ]:
        options += [f"--{name}", value, value] if together else [f"--{name}", value] * 2
    plan = planned(*options)
    assert [row.name for row in plan.rows] == ["fit", "make"]
    assert [(of.shape, of.batch_size) for of in plan.problems] == [("5-4-3", 6)]
    assert (plan.dtypes, plan.threads, plan.kernels) == (["float64"], [1], ["forward"])


def test_an_option_that_is_repeated_adds_up():
    plan = planned("--sizes", "5-4-3", "--sizes", "4-3-2", "6-2", "--batch", "1", "--batch", "2")
    assert [of.shape for of in plan.problems] == ["5-4-3"] * 2 + ["4-3-2"] * 2 + ["6-2"] * 2
    assert [of.batch_size for of in plan.problems] == [1, 2] * 3


@pytest.mark.parametrize("option", ["json", "html", "plot"])
@pytest.mark.parametrize("exists", [False, True])
def test_a_place_that_takes_no_files_is_refused_before_the_run(
    tmp_path, monkeypatch, capsys, option, exists
):
    path = tmp_path / "out"
    if exists and option == "plot":
        path.mkdir()
    elif exists:
        path.write_text("old", encoding="utf-8")

    def refuse(name, *how):
        raise PermissionError(errno.EACCES, "Permission denied", name)

    monkeypatch.setattr(runner.Runner, "tables", lambda self: pytest.fail("it has begun"))
    monkeypatch.setattr(os, "open", refuse)
    error = refused(capsys, "bench", f"--{option}", str(path))
    assert error.startswith(f"fastbp bench: error: {path}")
    assert error.endswith(f"(Permission denied); give another place with --{option}\n")


def test_what_can_be_written_is_written_whatever_else_cannot(tmp_path, monkeypatch, capsys):
    def run(self):
        (tmp_path / "json").mkdir()  # where a file was to be
        (tmp_path / "plots").write_text("and here a folder")
        yield from ()

    monkeypatch.setattr(runner.Runner, "tables", run)
    paths = {name: str(tmp_path / name) for name in ("json", "html", "plots")}
    options = ["--json", paths["json"], "--html", paths["html"], "--plot", paths["plots"]]
    assert main(["bench", *options]) == 2
    captured = capsys.readouterr()
    (wrote,) = (line for line in captured.out.splitlines() if line.startswith("wrote"))
    assert wrote.split(maxsplit=1)[1] == paths["html"]
    error = captured.err
    assert error.count("\n") == 1
    assert f"--json {paths['json']} could not be written: " in error
    assert f"--plot {paths['plots']} could not be written: " in error
    assert (tmp_path / "html").read_text().startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "json", "plots"]


def test_the_default_run_is_the_whole_ladder_on_the_default_problems():
    plan = planned()
    assert [row.name for row in plan.rows] == [row.name for row in ladder.LADDER]
    batches = {"784-30-10": 10, "64-64-10": 32, "784-128-10": 32, "784-512-512-10": 128}
    assert [(of.shape, of.batch_size) for of in plan.problems] == list(batches.items())
    plan = planned("--batch", "7", "8", "--rungs", "fit,numpy-out", "fit")
    assert [row.name for row in plan.rows] == ["numpy-out", "fit"]
    assert len(plan.problems) == 8


def test_the_help_lists_the_rungs(capsys):
    assert main(["bench", "--help"]) == 0
    out = capsys.readouterr().out
    for row in ladder.LADDER:
        assert re.search(rf"^  {row.name} +\S", out, re.M)


def test_a_rung_can_be_registered_once(monkeypatch):
    monkeypatch.setattr(ladder, "REGISTERED", [])
    custom_rungs.register("mine", broken_rungs.Right, idea="none")
    row = ladder.rows()[-1]
    assert (row.name, row.import_path) == ("mine", "broken_rungs:Right")
    for name in ("mine", "fit"):
        with pytest.raises(ValueError, match=f"name must be new, got '{name}'"):
            custom_rungs.register(name, broken_rungs.Right)
    for name in ("", "Mine", "my rung", 3):
        with pytest.raises(ValueError, match="name must be lower-case letters"):
            custom_rungs.register(name, broken_rungs.Right)
    with pytest.raises(ValueError, match="factory must be a class or a function, got int"):
        custom_rungs.register("other", 3)
    with pytest.raises(ValueError, match="factory must stand at the top level of a file"):
        custom_rungs.register("other", lambda *arguments: None)


def test_a_rung_of_a_file_is_named_after_what_makes_it():
    assert custom_rungs.from_file(f"{HERE}:WrongSign").name == "wrong-sign"
    assert custom_rungs.from_file(f"{HERE}:make").name == "make"
    assert custom_rungs.from_file("broken_rungs:Right").name == "right"
