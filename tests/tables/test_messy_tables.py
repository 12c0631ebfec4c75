"""Tables as people have them: each gives the right model, or an error whose remedy works.

What is right is the model of the same rows in a plain table. The command line and Python learn
from each and predict the same, to the bit.
"""

import csv
import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import TableModel
from fastbp.cli.command import main

#: Size, town, garden, whether it is dear, rent: what the tables below hold.
ROWS = [
    (
        30 + (7 * i) % 41 + 0.25,
        ("Bonn", "Kiel", "Ulm")[i * i % 7 % 3],
        ("no", "yes")[i * 5 % 7 % 2],
        ("cheap", "dear")[(7 * i) % 41 > 20],
        1000.5 + 8 * ((7 * i) % 41),
    )
    for i in range(41)
]
NAMES = ("size", "town", "garden", "class", "rent")


def comma(number):
    return str(number).replace(".", ",")


def table(*, delimiter=",", end="", start=lambda i: "", above="", names=NAMES, **cells):
    """The rows as text; ``cells`` says how a column's cells are written."""
    lines = [delimiter.join(names) + end] if names else []
    for i, row in enumerate(ROWS):
        values = [
            str(cells[name](i, value) if name in cells else value)
            for name, value in zip(NAMES, row, strict=True)
        ]
        lines.append(start(i) + delimiter.join(values) + end)
    return above + "\n".join(lines) + "\n"


def gap(*rows, text=""):
    """Cells of which some are missing."""
    return lambda i, value: text if i in rows else value


COMMAS = {"size": lambda i, v: comma(v), "rent": lambda i, v: comma(v)}
THOUSANDS = {"rent": lambda i, v: f'"{v:,.2f}"'}

#: Files of the very rows above: the model is that of the plain table.
SAME = {
    "semicolons and decimal commas": table(delimiter=";", **COMMAS),
    "decimal commas in quotes": table(
        size=lambda i, v: f'"{comma(v)}"', rent=lambda i, v: f'"{comma(v)}"'
    ),
    "tabs": table(delimiter="\t"),
    "vertical bars": table(delimiter="|"),
    "commas between thousands": table(**THOUSANDS),
    "points between thousands": table(
        delimiter=";", rent=lambda i, v: f"{v:,.2f}".translate(str.maketrans(",.", ".,"))
    ),
    "spaces between thousands": table(rent=lambda i, v: f"{v:,.2f}".replace(",", " ")),
    "a unit": table(size=lambda i, v: f"{v} m2"),
    "a currency": table(rent=lambda i, v: f"€ {v}"),
    "percent": table(size=lambda i, v: f"{v}%"),
    "exponents": table(size=lambda i, v: f"{v:.4e}"),
    "spaces around cells": table(delimiter=" , "),
    "quotes around cells": table(**{n: lambda i, v: f'"{v}"' for n in NAMES}),
    "R's row names": table(delimiter=" ", start=lambda i: f'"{i + 1}" '),
    "a column that counts the rows": table(names=("", *NAMES), start=lambda i: f"{i + 1},"),
    "an identifier": table(names=("id", *NAMES), start=lambda i: f"{i * 17 % 900 + 5},"),
    "text that never repeats": table(names=("name", *NAMES), start=lambda i: f"person {i},"),
    "a constant column": table(names=("land", *NAMES), start=lambda i: "DE,"),
    "aligned columns": table(delimiter="   \t ", start=lambda i: " " * (i % 3)),
    "Orange's header": table(
        delimiter="\t", above="\t".join(NAMES) + "\nc\td\td\td\tc\n\t\t\tclass\t\n", names=()
    ),
    "delimiters at the ends of rows": table(end=","),
    "delimiters at the ends of rows but the first": table(
        above=",".join(NAMES) + "\n", names=(), end=","
    ),
    "comments above": table(above="# made by me, v2\n# on Monday\n"),
    "a title above": table(above="\n\n"),
    "Excel's first line": table(above="sep=;\n", delimiter=";"),
    "Windows' line ends": table().replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + table(),
    "blank lines": table().replace("\n", "\n\n"),
    "no line end at the end": table().rstrip("\n"),
    "capitals of yes and no": table(garden=lambda i, v: v.upper() if i % 2 else v),
}


def learnt(path, target="class"):
    return TableModel(members=1, recipe="plain", epochs=3, seed=0).fit(path, target=target)


def write(text, name="t.csv"):
    Path(name).write_text(text, "utf-8", newline="")
    return name


FAST = ["--members", "1", "--recipe", "plain", "--epochs", "3", "--test-fraction", "0", "--quiet"]


def run(capsys, *arguments):
    """Run a command; return its exit code, its output and its messages."""
    capsys.readouterr()
    code = main(list(arguments))
    return code, *capsys.readouterr()


def train(capsys, path, *options, target="class"):
    return run(capsys, "train", path, "--target", target, *FAST, "--model", "m.safetensors",
               "--force", *options)  # fmt: skip


def predict(capsys, path, *options):
    code, out, err = run(capsys, "predict", "m.safetensors", path, *options)
    assert code == 0, err
    return list(csv.reader(out.splitlines()))[1:]


@cache  # the same for every test
def plain_outputs(target):
    model = learnt("plain.csv", target)
    return model.predict_proba("plain.csv") if model.classes else model.predict("plain.csv")


@pytest.fixture
def plain():
    """Rows of the plain table, and its models' outputs."""
    write(table(), "plain.csv")
    return {target: plain_outputs(target) for target in ("class", "rent")}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("target", ["class", "rent"])
@pytest.mark.parametrize("case", SAME)
def test_a_table_in_another_form_gives_the_same_model(case, target, plain, capsys):
    write(SAME[case])
    code, _, err = train(capsys, "t.csv", target=target)
    assert code == 0, err
    options = ["--probabilities"] if target == "class" else []
    written = np.array(
        [[float(cell) for cell in row[len(options):]] for row in predict(capsys, "t.csv", *options)]
    )  # fmt: skip
    assert np.array_equal(written, plain[target].reshape(41, -1))
    in_python = learnt("t.csv", target)
    outputs = in_python.predict_proba("t.csv") if options else in_python.predict("t.csv")
    assert np.array_equal(outputs, plain[target])
    loaded = TableModel.load("m.safetensors")
    assert np.array_equal(loaded.predict("t.csv"), in_python.predict("t.csv"))


def kinds(model):
    return {report.name: report.kind for report in model.explain_columns()}


def first_days(order, separator):
    """Dates of which some have a day that is no month."""
    return lambda i, v: separator.join(
        {"d": f"{1 + i % 28:02}", "m": f"{1 + i % 12:02}", "y": "2024"}[part] for part in order
    )


#: The cells of the column "size", in place of its own -> what it is then.
KINDS = {
    "zip codes": (lambda i, v: ("02139", "10001", "60601")[i % 3], "words"),
    "codes without a number": (lambda i, v: ("A1", "B2")[i % 2], "words"),
    "yes and no": (lambda i, v: ("yes", "no")[i % 2], "yes/no"),
    "truth values": (lambda i, v: ("TRUE", "FALSE")[i % 2], "yes/no"),
    "day, month, year": (first_days("dmy", "."), "date"),
    "month, day, year": (first_days("mdy", "/"), "date"),
    "year, month, day": (first_days("ymd", "-"), "date"),
    "moments": (lambda i, v: f"2024-05-{1 + i % 28:02} {i % 24:02}:30:00", "date"),
    "gaps": (gap(3, 8, 9), "number"),
    "gaps that say so": (gap(3, 8, text="NA"), "number"),
    "KEEL's gaps": (gap(3, 8, text="<null>"), "number"),
    "points for gaps": (gap(3, 8, text="."), "number"),
    "question marks": (gap(3, 8, text="?"), "number"),
    "gaps among words": (lambda i, v: ("red", "", "blue", "NA", "green")[i % 5], "words"),
    "many words": (lambda i, v: f"w{i // 2}", "words"),
}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("case", KINDS)
def test_a_column_is_taken_for_what_it_is_and_both_ways_predict_the_same(case, capsys):
    cells, kind = KINDS[case]
    write(table(size=cells))
    code, _, err = train(capsys, "t.csv")
    assert code == 0, err
    model = learnt("t.csv")
    assert kinds(model)["size"] == kinds(TableModel.load("m.safetensors"))["size"] == kind
    rows = predict(capsys, "t.csv", "--probabilities")
    assert [row[0] for row in rows] == model.predict("t.csv").tolist()
    written = [[float(cell) for cell in row[1:]] for row in rows]
    assert np.array_equal(written, model.predict_proba("t.csv"))


#: The cells of the target "class" -> the classes, and of how many rows.
CLASSES = {
    "zip codes": (lambda i, v: ("02139", "10001")[i % 2], ("02139", "10001"), 41),
    "exponents": (lambda i, v: ("2E1", "20")[i % 2], ("20", "2E1"), 41),
    "one and one point nothing": (lambda i, v: ("1", "1.0", "2")[i % 3], ("1", "2"), 41),
    "truth values": (lambda i, v: ("TRUE", "True", "false")[i % 3], ("false", "TRUE"), 41),
    "commas and quotes": (lambda i, v: ('"a, b"', '"c ""d"""')[i % 2], ("a, b", 'c "d"'), 41),
    "control characters": (lambda i, v: ("\u202ea", "\x1b[2J")[i % 2], ("\x1b[2J", "\u202ea"), 41),
    "formulas": (lambda i, v: ("=1+1", "@x")[i % 2], ("=1+1", "@x"), 41),
    "gaps": (gap(2, 3, 4), ("cheap", "dear"), 38),
    "question marks": (gap(2, 3, text="?"), ("cheap", "dear"), 39),
    "numbers and gaps": (lambda i, v: ("0", "1", "NA")[i % 3], ("0", "1"), 28),
}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("case", CLASSES)
def test_names_of_classes_are_the_cells_text(case, capsys):
    cells, classes, n = CLASSES[case]
    write(table(**{"class": cells}))
    code, _, err = train(capsys, "t.csv")
    assert code == 0, err
    model = learnt("t.csv")
    assert sorted(model.classes) == sorted(classes)
    assert ("without a target" in err) == (n < 41)
    if n < 41:
        assert f"{41 - n} rows of 41 without a target" in err
    rows = predict(capsys, "t.csv", "--id", "class")
    assert [row[1] for row in rows] == model.predict("t.csv").tolist()
    assert {row[1] for row in rows} <= set(classes)


def remedies(message):
    """The options that a message gives in brackets, as a shell takes them."""
    found = re.findall(r"[( ](--[a-z][^()]*)\)", message)
    return [words for words in map(shlex.split, found) if len(words) > 1 or "=" in words[0]]


#: What is wrong -> the table, the options, what the message says, and how many remedies it gives.
ERRORS = {
    "a comma that may be either": (
        {"rent": lambda i, v: f'"{i + 1},{200 + i}"'}, "rent", "'1,200' is 1200 if its comma", 2),
    "a feature's comma that may be either": (
        {"size": lambda i, v: f'"{i + 1},{200 + i}"'}, "class", "1.2 if it is a decimal comma", 2),
    "days that may be months": (
        {"size": lambda i, v: f"{1 + i % 12}/{1 + i % 5}/2024"}, "class",
        "no cell of the column", 2),
    "a word among numbers": (
        {"size": gap(5, text="n/k")}, "class", "line 7, column 'size': 'n/k' is not a number", 3),
    "a dash among numbers": ({"size": gap(5, text="--")}, "class", "'--' is not a number", 3),
    "a word with spaces": ({"size": gap(5, text="not known")}, "class", "'not known'", 3),
    "a word with a dollar": ({"size": gap(5, text="$x 'y'")}, "class", "line 7", 3),
    "a word among dates": (
        {"size": lambda i, v: "soon" if i == 5 else f"2024-05-{1 + i % 28:02}"}, "class",
        "'soon' is not a date", 3),
    "a word among numbers to predict": (
        {"rent": gap(5, text="free")}, "rent", "line 7, column 'rent': 'free' is not a number", 1),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("case", ERRORS)
def test_an_error_names_the_cell_and_each_of_its_remedies_works(case, capsys):
    cells, target, words, n = ERRORS[case]
    write(table(**cells))
    code, out, err = train(capsys, "t.csv", target=target)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    found = [words for words in remedies(err) if words[0] != "--task"]
    assert len(found) == n
    for words in found:
        code, _, err = train(capsys, "t.csv", *words, target=target)
        assert code == 0, (words, err)
        rows = predict(capsys, "t.csv")
        model = TableModel.load("m.safetensors")
        assert [row[0] for row in rows] == [
            value if isinstance(value, str) else repr(float(value))
            for value in model.predict("t.csv").tolist()
        ]


#: Content of a file that is refused -> what the message says, the options that mend it.
FILES = {
    "a title": ("Rents of 2024\n\n" + table(), "skip=N (--skip N)", ["--skip", "2"]),
    "a title as wide as the table": ("Rents,,,,\n" + table(), "--skip N", ["--skip", "1"]),
    "no names": (table(names=()), "give the column's number, 1 to 5", ["--target", "4"]),
}


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("case", FILES)
def test_a_file_that_begins_otherwise_is_learnt_as_its_message_says(case, plain, capsys):
    content, words, options = FILES[case]
    write(content)
    code, _, err = train(capsys, "t.csv")
    assert code == 2
    assert words in err
    code, _, err = train(capsys, "t.csv", *options)
    assert code == 0, err
    reading = options if options[0] == "--skip" else []
    rows = predict(capsys, "t.csv", "--probabilities", *reading)
    assert np.array_equal([[float(cell) for cell in row[1:]] for row in rows], plain["class"])


@pytest.mark.skipif(shutil.which("iconv") is None, reason="the remedy is a command")
@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_in_another_encoding_is_learnt_after_the_command_of_its_message(encoding, capsys):
    text = table().replace("Ulm", "Köln")
    Path("t.csv").write_bytes(text.encode(encoding))
    code, _, err = train(capsys, "t.csv")
    assert code == 2
    subprocess.run(re.search("iconv .*", err)[0], shell=True, check=True)
    assert Path("utf8.csv").read_text("utf-8") == text
    assert train(capsys, "utf8.csv")[0] == 0


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_a_libsvm_file_is_learnt_with_either_base_of_its_message(capsys):
    write("".join(f"{i % 2} 1:{i % 7}.5 3:{i % 5}\n" for i in range(40)))
    code, _, err = train(capsys, "t.csv", target="y")
    assert (code, len(remedies(err))) == (2, 2)
    for words in remedies(err):
        assert train(capsys, "t.csv", *words, target="y")[0] == 0
        rows = predict(capsys, "t.csv")
        assert [row[0] for row in rows] == TableModel.load("m.safetensors").predict(
            "t.csv"
        ).tolist()


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_predict_takes_another_order_and_other_columns(plain, capsys):
    train(capsys, "plain.csv")
    with open("plain.csv", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    turned = "\n".join(";".join([*row[::-1], "extra"]) for row in rows)
    write(turned)
    code, out, err = run(capsys, "predict", "m.safetensors", "t.csv", "--probabilities")
    assert (code, err) == (0, "note: 1 column not used: extra\n")
    written = [[float(cell) for cell in row[1:]] for row in list(csv.reader(out.splitlines()))[1:]]
    assert np.array_equal(written, plain["class"])
