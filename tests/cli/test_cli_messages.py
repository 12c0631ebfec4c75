"""Messages about a table or a model: never too long, never other than the names they name."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import flowers, refused, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import TableModel
from fastbp.cli.command import main
from fastbp.text.formatting import list_names, truncate

LONG = 100_000 * "n"
#: More than any message here needs; one name or cell has 50 times as much.
A_MESSAGE = 2000

LONG_TABLES = {
    "a name beside the target": ([[1, 2], [2, 3]], [LONG, "b"], "nope"),
    "a name of the target": ([[1, 2], [2, 2]], ["a", LONG], LONG),
    "a name of a column of words": ([["x", 2], ["y", 3]], [LONG, "b"], "b"),
    "a name twice": ([[1, 2], [2, 3]], [LONG, LONG], "b"),
    "a cell of the only class": ([[1, LONG], [2, LONG]], ["a", "b"], "b"),
    "a cell among numbers": ([[LONG, 1], [2, 2]], ["a", "b"], "b"),
    "a cell among targets": ([*([[i, i * i] for i in range(30)]), [3, LONG]], ["a", "b"], "b"),
}


@pytest.mark.parametrize("case", LONG_TABLES)
def test_a_table_does_not_choose_how_long_a_message_is(capsys, case):
    rows, header, target = LONG_TABLES[case]
    write("long.csv", rows, header)
    assert len(refused(capsys, "train", "long.csv", "--target", target)) < A_MESSAGE


def test_neither_does_a_model(capsys):
    write("rows.csv", [[x, f"{kind}{LONG}"] for x, _, kind in flowers()], [LONG, "b" + LONG])
    arguments = ["train", "rows.csv", "--target", "b" + LONG, "--model", "m", "--epochs", "1"]
    capsys.readouterr()
    assert main(arguments) == main(["info", "m"]) == main(["explain", "m", "rows.csv"]) == 0
    assert max(map(len, capsys.readouterr().out.split())) < A_MESSAGE
    write("other.csv", [[1, 2]], ["x", "y"])
    assert len(refused(capsys, "predict", "m", "other.csv")) < A_MESSAGE


def test_what_is_cut_off_is_the_end_of_long_text():
    assert truncate("price") == "price"
    assert truncate("0123456789", 8) == "01234..."
    assert list_names(["a", LONG], ["1", "all"]).startswith("a (1), nnn")
    assert list_names(["a", LONG], ["1", "all"]).endswith("nnn... (all)")


def options(error):
    """What an error's remedies say that a shell can read: each option with its argument."""
    matches = re.findall(r"\((--(?:drop|kind|missing)[ =].*?)\)", error)
    return [shlex.split(match) for match in matches]


def train(*arguments):
    small = ["--members", "1", "--hidden", "4", "--epochs", "1"]
    return ["train", "rows.csv", "--target", "kind", "--quiet", *small, *arguments]


@pytest.mark.parametrize("name", ["a  b", "{drop} {0}", "it's", '"q", r', "x=y", "--drop"])
@pytest.mark.parametrize("cell", ["??", "it's so", "-99 %"])
def test_what_a_message_advises_about_cells_works(capsys, name, cell):
    rows = [[cell if i == 7 else i * i, i * i, "ab"[i % 2]] for i in range(20)]
    write("rows.csv", rows, [name, "rest", "kind"])
    error = refused(capsys, *train())
    assert "line 9" in error
    remedies = options(error)
    assert [words[0][:5] for words in remedies] == ["--mis", "--kin", "--dro"]
    for remedy in remedies:
        assert main(train(*remedy)) == 0


LINES = {
    "a comment below": ("a,kind\n1,x\n2,y\n2,y\n# end\n", "line 5: 1 cell", "# end\n", ""),
    "a row cut off": ("a,kind\n1,x\n2\n2,y\n2,y\n", "correct that line", "2\n2,y", "2,y"),
    "a title": ("A title\n\na,kind\n1,x\n2,y\n2,y\n", "--skip N", "A title", "# A title"),
    "a title that goes": ("A title\n\na,kind\n1,x\n2,y\n2,y\n", "--skip N", "A title", ""),
}


@pytest.mark.parametrize("case", LINES)
def test_what_a_message_advises_about_lines_works(capsys, case):
    text, message, wrong, right = LINES[case]
    Path("rows.csv").write_text(text)
    assert message in refused(capsys, *train())
    Path("rows.csv").write_text(text.replace(wrong, right))
    assert main(train()) == 0


def test_lines_above_a_table_are_skipped_as_a_message_advises(capsys):
    Path("rows.csv").write_text("A title\n\na,kind\n1,x\n2,y\n2,y\n")
    assert "skip=N (--skip N) leaves out the lines above" in refused(capsys, *train())
    assert main(train("--skip", "2")) == 0


@pytest.mark.skipif(os.name != "posix" or not shutil.which("iconv"), reason="no iconv in a shell")
def test_old_text_of_windows_is_converted_as_a_message_advises(capsys):
    rows = [[x, kind + "\u20ac\u00e9"] for x, _, kind in flowers()]
    Path("rows.csv").write_text("a,kind\n" + "".join(f"{x},{k}\n" for x, k in rows), "cp1252")
    error = refused(capsys, *train())
    assert error.endswith("> utf8.csv\n")
    subprocess.run(["sh", "-c", error.partition("Windows: ")[2]], check=True)
    assert main(["train", "utf8.csv", *train()[2:]]) == 0
    assert set(TableModel.load("utf8.safetensors").classes) == {kind for _, kind in rows}


def test_classes_that_differ_in_capitals_only_are_pointed_out(capsys):
    write("rows.csv", [[i, ["Yes", "yes", "No", "n o"][i % 4]] for i in range(40)], ["a", "kind"])
    assert main(train()) == 0
    notes = capsys.readouterr().err
    assert "the classes Yes, yes differ in capitals or spaces only" in notes
    assert "the classes No, n o differ" in notes
