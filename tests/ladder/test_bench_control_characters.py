"""What `fastbp bench` shows of a file, or of its name, cannot command a terminal."""

import json
from pathlib import Path

import pytest
from ladder_results import hostile

from fastbp.bench import custom_rungs, report, show_rung
from fastbp.bench.ladder_row import Row
from fastbp.bench.reading import load, read, views
from fastbp.bench.worker import reason
from fastbp.cli.command import main
from fastbp.errors import FileFormatError
from fastbp.text.page import Page

HARMFUL = "\x1b[2J\x9b31m\x07\u202ex"
HARMLESS = r"\x1b[2J\x9b31m\x07\u202ex"


def is_safe(text: str) -> bool:
    return text.replace("\n", "").isprintable()


def test_two_files_are_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # names short enough for no line to break in them
    first, second = hostile(HARMFUL), hostile("y" + HARMFUL)
    for name, content in ((f"a{HARMFUL}.json", first), ("b.json", second)):
        Path(name).write_text(json.dumps(content), encoding="utf-8")
    assert main(["bench", "--compare", f"a{HARMFUL}.json", "b.json"]) == 0
    output = capsys.readouterr().out
    assert is_safe(output)
    for text in (f"A is a{HARMLESS}.json", f"torch{HARMLESS}", f"torchy{HARMLESS}"):
        assert text in output
    assert [line.split()[:3] for line in output.splitlines() if line.startswith("cpu")] == [
        ["cpu", HARMLESS, f"y{HARMLESS}"]
    ]


def test_tables_are_written():
    run = read(hostile(HARMFUL))
    page_text = Page()
    for (results,) in views([run]).values():
        report.write_table(page_text, "a table", results, run.left_out)
    report.write_once(page_text, run.results)
    assert is_safe(str(page_text))
    assert HARMLESS in str(page_text)
    assert f"Left out: {HARMLESS}: {HARMLESS}." in " ".join(str(page_text).split())


def test_a_source_is_shown(tmp_path, capsys):
    source = tmp_path / "mine.py"
    source.write_text(
        '"""Mine\x1b[2J."""\n\n\ndef forward():\n\tprint("\x1b[2J")\n', encoding="utf-8"
    )
    assert show_rung.show(Row("mine", f"{source}:forward", f"mine{HARMFUL}", str(source))) == 0
    output = capsys.readouterr().out
    assert is_safe(output)
    assert f"mine: mine{HARMLESS}" in output
    assert '        print("\\x1b[2J")' in output  # a tab is eight columns, not an escape


def test_a_rung_of_ones_own_is_named_after_its_file(tmp_path):
    path = tmp_path / f"m{HARMFUL}.py"
    path.write_text("def mine(): ...\n", encoding="utf-8")
    assert custom_rungs.from_file(f"{path}:mine").idea == f"your own: m{HARMLESS}.py"


def test_why_a_rung_failed_is_one_safe_line():
    assert reason(ValueError(f"no{HARMFUL}\nmore")) == f"ValueError: no{HARMLESS}"


def test_a_file_that_is_no_run_is_refused(tmp_path):
    path = tmp_path / f"a{HARMFUL}.json"
    for content in ({"schema": 1, "results": [], "roofs": {HARMFUL: {HARMFUL: {}}}}, {HARMFUL: 1}):
        path.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(FileFormatError) as error:
            load(path)
        assert str(error.value).isprintable()
        assert f"a{HARMLESS}.json: " in str(error.value)
