"""docs/adding-a-rung.md: what it says is what happens."""

import re
import shlex
import shutil

import pytest
from source_tree import ROOT
from ways_in import run_python

from fastbp.bench.reading import load

DOCUMENT = ROOT / "docs" / "adding-a-rung.md"

pytestmark = pytest.mark.skipif(
    not DOCUMENT.exists(), reason="the tests do not lie in a source tree"
)


def blocks(start, end):
    """What stands between two lines of the document, block by block."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(rf"^{start}\n(.*?)^{end}$", text, re.M | re.S)


def commands(words):
    """The lines of the document that are typed and begin with these words."""
    return re.findall(rf"^    ({words} .*)$", DOCUMENT.read_text("utf-8"), re.M)


@pytest.fixture
def folder(tmp_path):
    """The files that the document has the reader save."""
    text = " ".join(DOCUMENT.read_text("utf-8").split())
    saved = re.findall(r"[Ss]ave this as `(\w+\.pyx?)`", text)
    assert saved == ["mine.py", "kern.pyx", "climb.py"]
    for name, code in zip(saved, blocks("```(?:python|cython)", "```"), strict=True):
        (tmp_path / name).write_text(code, encoding="utf-8")
    return tmp_path


def run_command(line, folder, *extra):
    """Run a line of the document, with little time."""
    program, *arguments = shlex.split(line)
    start = {"fastbp": ["-m", "fastbp"], "python": []}[program]
    return run_python(*start, *arguments, *extra, cwd=folder)


def test_the_rung_is_proved_and_timed(folder):
    (line,) = commands("fastbp bench --rung mine.py:Mine")
    completed = run_command(line, folder, "--seconds", "0.1", "--json", "a.json")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    results = load(folder / "a.json").results
    assert [result.rung for result in results] == ["numpy-out", "fit", "mine"]
    assert all(result.status == "timed" for result in results)


@pytest.mark.slow
def test_the_broken_rung_is_found_wrong(folder):
    (line,) = commands("fastbp bench --rung mine.py:Mine")
    mine = folder / "mine.py"
    code = mine.read_text("utf-8")
    assert code.count(" > 0") == 1
    mine.write_text(code.replace(" > 0", " < 0"), encoding="utf-8")
    completed = run_command(line, folder, "--seconds", "0.1")
    assert completed.returncode == 1, completed.stdout + completed.stderr
    output = " ".join(completed.stdout.split())
    message = (
        r"WRONG: mine: (delta\(1\)\[row \d+, j \d+\]) is \S+, (expected \S+ within \S+) "
        r"(\(after backward; 1-1-2, batch \d+, float32, ordinary numbers\))\."
    )
    results = re.search(message, output)
    assert results, output
    (message_shown,) = re.findall(
        r"^    (WRONG: .*?\)\.)$", DOCUMENT.read_text("utf-8"), re.M | re.S
    )
    documented = re.fullmatch(message, " ".join(message_shown.split()))
    assert documented, "the document shows another message, or another network"
    assert documented.groups() == results.groups()


def test_the_cython_file_is_proved_timed_and_shown(folder):
    for package in ("Cython", "setuptools"):
        pytest.importorskip(package, reason=f"a Cython file is compiled by {package}")
    time, show, axes = commands("fastbp bench --rung kern.pyx")
    completed = run_command(time, folder, "--seconds", "0.1", "--json", "a.json")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    memoryviews, kern = load(folder / "a.json").results
    assert (kern.rung, kern.status, kern.before) == ("kern", "timed", memoryviews.rung)
    completed = run_command(show, folder)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "memoryviews, memoryviews.pyx:" in completed.stdout
    assert "no line of the loops calls Python" in completed.stdout
    if all(map(shutil.which, ("gcc", "clang"))):
        few = ("--rungs", "memoryviews", "--sizes", "5-4-3", "--seconds", "0.1", "--json", "b.json")
        completed = run_command(axes, folder, *few)
        assert completed.returncode == 0, completed.stdout + completed.stderr
        assert len(load(folder / "b.json").results) == 5


@pytest.mark.slow
def test_the_script_registers_and_runs(folder):
    (line,) = commands("python")
    script = folder / "climb.py"
    code = script.read_text("utf-8")
    script.write_text(code.replace('"--json"', '"--seconds", "0.1", "--json"'), encoding="utf-8")
    completed = run_command(line, folder)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    results = load(folder / "mine.json").results
    assert [result.rung for result in results] == ["numpy-out", "by-rows"]
    assert all(result.status == "timed" for result in results)
    assert results[1].idea == "one row of weights at a time"


@pytest.mark.slow
def test_a_rung_that_the_script_itself_holds_can_be_registered(folder):
    """Its process runs the script again, and neither registers nor climbs there."""
    mine = (folder / "mine.py").read_text("utf-8")
    script = (folder / "climb.py").read_text("utf-8").replace("from mine import Mine\n", "")
    combined = mine + script.replace('"--json", "mine.json"', '"--seconds", "0.1"')
    (folder / "whole.py").write_text(combined, encoding="utf-8")
    completed = run_command("python whole.py", folder)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert re.search(r"^by-rows +[\d,.]+ \S?s ", completed.stdout, re.M)


def test_a_script_that_climbs_whenever_it_is_imported_is_told_what_to_do(folder):
    script = (folder / "climb.py").read_text("utf-8")
    guard = 'if __name__ == "__main__":  # every rung\'s process imports this file\n'
    assert guard in script
    (folder / "climb.py").write_text(script.replace(guard, "if True:\n"), encoding="utf-8")
    completed = run_command("python climb.py", folder)
    assert 'fastbp.bench.main must do so under: if __name__ == "__main__":' in completed.stderr
