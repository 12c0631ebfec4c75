"""README.md: its code runs, its commands exist, and its curve is what the command prints."""

import contextlib
import io
import re

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from source_tree import ROOT

from fastbp.cli.command import COMMANDS, main

README = ROOT / "README.md"
pytestmark = pytest.mark.skipif(not README.exists(), reason="the tests do not lie in a source tree")


def text():
    return README.read_text(encoding="utf-8")


def printed(*arguments):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(stream):
        assert main(list(arguments)) == 0
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8")


def labels(lines):
    """The numbers at the axes of a curve: losses, shares and the last epoch."""
    return [float(n) for line in lines for n in re.findall(r"(?<!\w)\d+\.?\d*(?=\s)", line + " ")]


def test_the_ten_lines_run():
    (code,) = re.findall(r"```python\n(.*?)```", text(), re.S)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, {})
    first, *_, last = output.getvalue().splitlines()
    assert float(first) > 0.95
    assert float(last) > 0.95


def test_the_ten_lines_run_in_the_folder_that_the_command_installed_from():
    # There Python finds the sources first, and only an editable install builds into them.
    (command,) = re.findall(r"^ {4}.*pip install (.*) &&.*fastbp train$", text(), re.M)
    assert command == "-e ."


def test_the_curve_is_what_train_prints():
    documented = [
        line[4:] for line in text().splitlines() if re.match(r" {4}.*[│└]|.*epoch \d", line)
    ]
    lines = printed("train").splitlines()
    printed_curve = [line for line in lines if re.match(r".*[│└]|.*epoch \d", line)]
    assert len(documented) == len(printed_curve) == 8
    # The last digits, and with them a dot or two, depend on the kernel set.
    assert labels(documented) == pytest.approx(labels(printed_curve), rel=0.05)
    assert [len(line) for line in documented] == [len(line) for line in printed_curve]


def test_the_commands_and_their_options_exist():
    # In README a command begins a line of code or stands between backticks.
    commands = re.findall(r"(?:`|^ {4}.*bin/)fastbp ([^`\n]+)", text(), re.M)
    names = {command.split()[0] for command in commands}
    assert names == {"train", "predict", "bench", "explain", "explore", "quiz", "check"}
    for command in commands:
        name, *options = command.split()
        assert name in COMMANDS
        usage = printed(name, "--help")
        assert all(word in usage for word in options if word.startswith("--")), command


def test_the_files_that_it_names_exist():
    folders = "fastbp|src|docs|examples|benchmarks|findings|tests"
    named = set(re.findall(rf"\]\(([\w./-]+)\)|`((?:{folders})/[\w./-]*)`", text()))
    assert len(named) > 15
    assert [
        path for pair in named for path in pair if path and not (README.parent / path).exists()
    ] == []


def test_every_term_of_the_glossary_has_a_home_that_exists():
    glossary = (README.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^\| (\w[^|]*) \| [^|]+ \| ([^|]+) \|$", glossary, re.M)[1:]
    assert len(terms) > 20
    for term, cell in terms:
        homes = re.findall(r"`([^`]+)`", cell)
        assert homes, term
        assert all((README.parent / home).exists() for home in homes), (term, homes)


def test_the_files_that_contributors_are_told_of_exist():
    root = README.parent
    text_of_page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`(?:\w+/)*(\w+\.(?:pyx|pxi|pxd|py|h))`", text_of_page))
    assert len(files) > 40
    folders = [root / name for name in ("fastbp", "src", "tests", "benchmarks", "docs")]
    names_of_files = {path.name for folder in folders for path in folder.rglob("*.*")}
    assert files - names_of_files - {"setup.py"} == set()


def test_its_tables_list_every_page():
    rows = re.findall(r"^\| ((?:`docs/[\w-]+\.md`(?:, )?)+) \|", text(), re.M)
    listed = [page for row in rows for page in re.findall(r"docs/([\w-]+\.md)", row)]
    pages = {path.name for path in (README.parent / "docs").glob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == pages - {"index.md", "contributing.md"}
