"""`fastbp bench`: its command line, and rungs that are registered."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import broken_rungs
import pytest
from command_line import refused

from fastbp.bench import climb, command, ladder, own_rungs
from fastbp.bench.worker import cores
from fastbp.cli import main

HERE = Path(broken_rungs.__file__)


@pytest.mark.parametrize(
    ("arguments", "words"),
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
        (["--show", "numpy-ot"], "there is no rung 'numpy-ot'; did you mean numpy-out?"),
        (["--compare", "a.json", "b.json"], "a.json: No such file or directory"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(capsys, arguments, words):
    assert words in refused(capsys, "bench", *arguments)


def test_pictures_and_sources_are_made_elsewhere_and_only_when_asked_for(monkeypatch, capsys):
    calls = []
    fakes = {
        "fastbp.bench.pictures": SimpleNamespace(
            write_html=lambda found, path: calls.append(("html", found["schema"], path)),
            write_plots=lambda found, folder: calls.append(("plot", found["schema"], folder)),
        ),
        "fastbp.bench.show": SimpleNamespace(show=lambda rung: calls.append(("show", rung))),
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)
    monkeypatch.setattr(climb.Climb, "tables", lambda self: iter(()))
    assert main(["bench"]) == 0
    assert calls == []
    assert main(["bench", "--html", "a.html", "--plot", "plots"]) == 0
    assert main(["bench", "--show", "fit"]) == 0
    assert calls == [("html", 1, "a.html"), ("plot", 1, "plots"), ("show", "fit")]


def test_the_default_run_is_the_whole_ladder_on_the_default_problems():
    args = SimpleNamespace(
        rung=[],
        rungs=None,
        sizes=None,
        batch=None,
        dtype=["float32"],
        threads=[1],
        kernel=["step"],
        seconds=30.0,
    )
    plan = command._plan(args)
    assert [row.name for row in plan.rows] == [row.name for row in ladder.LADDER]
    assert [of.shape for of in plan.problems] == [
        "784-30-10",
        "64-64-10",
        "784-128-10",
        "784-512-512-10",
    ]
    assert [of.batch_size for of in plan.problems] == [10, 32, 32, 128]
    args.batch, args.rungs = [7, 8], [["fit", "numpy-out"], ["fit"]]
    plan = command._plan(args)
    assert [row.name for row in plan.rows] == ["numpy-out", "fit"]
    assert len(plan.problems) == 8


def test_the_help_lists_the_rungs(capsys):
    assert main(["bench", "--help"]) == 0
    out = capsys.readouterr().out
    for row in ladder.LADDER:
        assert re.search(rf"^  {row.name} +\S", out, re.M)


@pytest.fixture
def _nothing_registered(monkeypatch):
    monkeypatch.setattr(ladder, "REGISTERED", [])


@pytest.mark.usefixtures("_nothing_registered")
def test_a_rung_can_be_registered_once():
    own_rungs.register("mine", broken_rungs.Right, idea="none")
    row = ladder.rows()[-1]
    assert (row.name, row.where) == ("mine", "broken_rungs:Right")
    for name in ("mine", "fit"):
        with pytest.raises(ValueError, match=f"name must be new, got '{name}'"):
            own_rungs.register(name, broken_rungs.Right)
    for name in ("", "Mine", "my rung", 3):
        with pytest.raises(ValueError, match="name must be lower-case letters"):
            own_rungs.register(name, broken_rungs.Right)
    with pytest.raises(ValueError, match="factory must be a class or a function, got int"):
        own_rungs.register("other", 3)
    with pytest.raises(ValueError, match="factory must stand at the top level of a file"):
        own_rungs.register("other", lambda *arguments: None)


def test_a_rung_of_a_file_is_named_after_what_makes_it():
    assert own_rungs.from_file(f"{HERE}:WrongSign").name == "wrong-sign"
    assert own_rungs.from_file(f"{HERE}:make").name == "make"
    assert own_rungs.from_file("broken_rungs:Right").name == "right"
