"""Pipes into and out of the command line, and what a failed prediction leaves behind."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FLOWERS, QUICK, flowers, refused, run, train_flowers, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp.cli.command import main

posix_only = pytest.mark.skipif(os.name != "posix", reason="pipes have no names elsewhere")


def shell(command):
    """Run fastbp in a shell; return what it printed."""
    command = command.replace("fastbp ", f"{sys.executable} -m fastbp ")
    return subprocess.run(
        ["bash", "-c", command], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


@posix_only
@pytest.mark.parametrize(
    "command",
    [
        "cat flowers.csv | fastbp predict flowers.safetensors - --output -",
        "fastbp predict flowers.safetensors <(cat flowers.csv) --output /dev/stdout",
        "fastbp predict flowers.safetensors /dev/stdin --output >(cat) < flowers.csv | cat",
    ],
)
def test_tables_are_read_from_pipes_and_predictions_written_to_them(command):
    train_flowers()
    assert shell(command).split() == ["prediction", *(row[2] for row in flowers())]


@posix_only
def test_what_others_wrote_to_an_open_file_stays():
    train_flowers()
    shell(
        "{ echo before; fastbp predict flowers.safetensors flowers.csv --output /dev/fd/3 3>&1; "
        "echo after; } > out.csv"
    )
    lines = Path("out.csv").read_text().split()
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("before", "prediction", "after", 93)


@posix_only
def test_a_model_is_trained_from_standard_input():
    train_flowers()
    shell(f"cat flowers.csv | fastbp train - --target kind --quiet {' '.join(QUICK)}")
    assert Path("table.safetensors").read_bytes() == Path("flowers.safetensors").read_bytes()


def test_messages_about_a_pipe_have_its_lines():
    process = run("train", "-", "--target", "b", stdin=subprocess.PIPE)
    rows = "".join(f"{i},{'xy'[i % 2]}\n" for i in range(1, 20))
    output, error = process.communicate(f"a,b\n{rows}wide,y\n")
    assert (process.returncode, output) == (2, "")
    assert error.startswith("fastbp train: error: standard input, line 21, column 'a': 'wide' is")
    assert error.count("\n") == 1


def test_an_output_that_fails_keeps_the_old_file(capsys, monkeypatch):
    train_flowers()
    Path("old.csv").write_text("keep")
    real, calls = os.write, []

    def full(descriptor, data):
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:50])

    monkeypatch.setattr("fastbp.model_file.atomic_write.os.write", full)
    error = refused(capsys, "predict", "flowers.safetensors", "flowers.csv", "--output", "old.csv")
    assert (
        error
        == "fastbp predict: error: old.csv: No space left on device; the old file is unchanged\n"
    )
    assert calls[0] > 50
    assert Path("old.csv").read_text() == "keep"
    assert sorted(os.listdir()) == ["flowers.csv", "flowers.safetensors", "old.csv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_device_that_takes_no_more_is_named(capsys):
    train_flowers()
    arguments = ["predict", "flowers.safetensors", "flowers.csv", "--output", "/dev/full"]
    assert "error: /dev/full: No space left on device" in refused(capsys, *arguments)


def test_an_output_is_refused_before_the_work(capsys, monkeypatch):
    train_flowers()
    Path("old.csv").write_text("keep")
    monkeypatch.setattr("fastbp.cli.predict.open_for", lambda *_: pytest.fail("it was read"))
    monkeypatch.setattr("fastbp.model_file.atomic_write.os.access", lambda *_: False)
    predict = ["predict", "flowers.safetensors", "flowers.csv", "--output"]
    assert "write-protected" in refused(capsys, *predict, "old.csv")
    assert "there is no folder" in refused(capsys, *predict, "nowhere/new.csv")
    assert "a file that is read" in refused(capsys, *predict, "flowers.csv")


@posix_only
def test_an_output_that_is_standard_input_is_refused():
    train_flowers()
    with open("flowers.csv") as stdin:
        process = run("predict", "flowers.safetensors", "-", "--output", "flowers.csv", stdin=stdin)
        _, error = process.communicate()
    assert process.returncode == 2
    assert "--output is flowers.csv, a file that is read" in error


NAMES = ["ro\x1b[2Jse", "li\u202ely", "daisy", '"x",\n y']
TRAIN_NAMES = ["train", "names.csv", "--target", "ki\x9bnd", *QUICK]


def train_names():
    """A model with control characters in the names of its columns and classes."""
    rows = [[x, y, NAMES[i % 3]] for i, (x, y, _) in enumerate(flowers())]
    rows += [["900", "900", NAMES[3]]] * 20
    write("names.csv", rows, ("len\x1b]0;t\x07gth", "we\u200bight", "ki\x9bnd"))
    return rows


def test_text_of_a_table_or_a_model_reaches_a_terminal_as_escapes(capsys):
    train_names()
    assert main([*TRAIN_NAMES, "--model", "m\x1b[1m"]) == 0
    assert main(["info", "m\x1b[1m"]) == 0
    captured = capsys.readouterr()
    assert main(["train", "names.csv", "--target", "kind"]) == 2
    assert main(["predict", "m\x1b[1m", "no\x1b[2J.csv"]) == 2
    assert main(["predict", "m\x1b[1m", "names.csv", "--\x1b[2J"]) == 2
    write("less.csv", [["1"]], ("len\x1b]0;t\x07gth",))
    assert main(["predict", "m\x1b[1m", "less.csv"]) == 2
    write("more.csv", [["1", "2", "3"]], ("len\x1b]0;t\x07gth", "we\u200bight", "mo\x1bre"))
    assert main(["predict", "m\x1b[1m", "more.csv", "--output", "out.csv"]) == 0
    error = capsys.readouterr().err
    text = captured.out + captured.err + error
    assert text.replace("\n", "").isprintable()
    for name in (r"len\x1b]0;t\x07gth", r"we\u200bight", r"ki\x9bnd", r"ro\x1b[2Jse", r"m\x1b[1m"):
        assert name in text
    for name in (r"no\x1b[2J.csv: No such file", r"--\x1b[2J", r"not used: mo\x1bre"):
        assert name in error


def test_predictions_in_a_file_keep_the_bytes_of_the_classes():
    rows = train_names()
    assert main([*TRAIN_NAMES, "--model", "m", "--quiet"]) == 0
    assert main(["predict", "m", "names.csv", "--output", "out.csv"]) == 0
    with open("out.csv", encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)][1:] == [row[2] for row in rows]


@posix_only
def test_a_pipe_gets_the_bytes_of_the_classes_whatever_its_encoding():
    train_names()
    assert main([*TRAIN_NAMES, "--model", "m", "--quiet"]) == 0
    assert main(["predict", "m", "names.csv", "--output", "out.csv"]) == 0
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "fastbp", "predict", "m", "names.csv"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    assert output == Path("out.csv").read_bytes()


@posix_only
def test_a_terminal_gets_escapes_in_predictions_too():
    import pty

    rows = train_names()
    assert main([*TRAIN_NAMES, "--model", "m", "--quiet"]) == 0
    write("less.csv", [row[:2] for row in rows[::30]], ("len\x1b]0;t\x07gth", "we\u200bight"))
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "fastbp", "predict", "m", "less.csv"]
    subprocess.run(command, check=True, stdout=terminal)
    os.close(terminal)
    output = os.read(screen, 10_000).decode()
    os.close(screen)
    assert output.replace("\r\n", "").isprintable()
    assert r"ro\x1b[2Jse" in output


def test_a_column_with_control_characters_can_be_dropped_as_advised(capsys):
    rows = [["Ann" if i == 5 else i * i, *row] for i, row in enumerate(flowers())]
    write("names.csv", rows, ("na\x1b[2J'\\\nme", *FLOWERS))
    error = refused(capsys, "train", "names.csv", "--target", "kind")
    option = error[error.index("(--drop ") + 1 : error.rindex(")")]
    assert option == "--drop " + r"""$'"na\033[2J\047\134\012me"'"""
    if os.name == "posix":
        shell(f"fastbp train names.csv --target kind --quiet --epochs 1 {option}")
        assert Path("names.safetensors").exists()


def test_labels_agree_between_table_model_and_predictions(capsys):
    labels = ["01234", "02345", "1e5"]
    rows = [[x, y, labels[i % 3]] for i, (x, y, _) in enumerate(flowers())]
    write("codes.csv", rows, ("a", "b", "code"))
    for task in ([], ["--task", "classify"]):
        assert main(["train", "codes.csv", "--target", "code", "--quiet", *QUICK, *task]) == 0
        capsys.readouterr()
        assert main(["predict", "codes.safetensors", "codes.csv"]) == 0
        assert capsys.readouterr().out.split()[1:] == [row[2] for row in rows]
        assert main(["info", "codes.safetensors"]) == 0
        assert "3: 01234, 02345, 1e5" in capsys.readouterr().out


@pytest.mark.parametrize("cell", ["1.234.567", "2,5"])
def test_a_number_in_another_spelling_than_its_column_is_no_gap(capsys, cell):
    # Beside 1.234.567 stand numbers such as 234.567, which are read; nothing is put in its place.
    rows = flowers()
    rows[3][0] = cell
    write("marks.csv", rows, FLOWERS)
    train = ["train", "marks.csv", "--target", "kind", "--quiet", *QUICK]
    error = refused(capsys, *train)
    assert f"line 5, column 'length': '{cell}' is not a number written as the others" in error
    assert main([*train, "--drop", "length"]) == 0
    rows[3][0], rows[3][2] = "1.5", cell
    for i, row in enumerate(rows):
        row[2] = row[2] if row[2] == cell else f"7.{i + 1}"
    write("marks.csv", rows, FLOWERS)
    assert "line 5, column 'kind'" in refused(capsys, *train)


def test_a_row_with_a_cell_that_does_not_fit_is_marked_and_counted(capsys):
    train_flowers()
    rows = flowers()
    rows[3][0], rows[5][1] = "1,101", "wide"
    write("marks.csv", rows, FLOWERS)
    capsys.readouterr()
    assert main(["predict", "flowers.safetensors", "marks.csv", "--id", "kind,weight"]) == 0
    output = capsys.readouterr()
    predicted = list(csv.DictReader(output.out.splitlines()))
    assert [row["prediction"] for row in predicted] == [
        "" if i in (3, 5) else row[2] for i, row in enumerate(rows)
    ]
    assert [[row["kind"], row["weight"]] for row in predicted] == [row[:0:-1] for row in rows]
    assert output.err == (
        "note: 2 rows of 90 cannot be predicted, and their predictions are empty: line 5, column "
        "'length': '1,101' is not a number written as the others are (decimal point); line 7, "
        "column 'weight': 'wide' is not a number\n"
    )


OLDER = Path(__file__).parents[1] / "fixtures" / "older_tables"


@pytest.mark.parametrize("name", ["flowers", "prices", "gaps", "bare"])
def test_a_model_of_an_older_fastbp_predicts_what_it_did(capsys, name):
    model, table = OLDER / f"{name}.safetensors", OLDER / f"{name}.csv"
    expected = (OLDER / f"{name}-predicted.csv").read_text().split()
    assert main(["predict", str(model), str(table)]) == 0
    heading, *predicted = capsys.readouterr().out.split()
    assert heading == expected[0]
    if name == "prices":  # written with seven digits
        assert [f"{float(number):.7g}" for number in predicted] == expected[1:]
    else:
        assert predicted == expected[1:]
    assert main(["info", str(model)]) == 0
    assert main(["explain", str(model), str(table)]) == 0


def test_an_older_model_that_did_not_fill_needs_every_cell(capsys):
    write("hole.csv", [["1", ""]], FLOWERS[:2])
    error = refused(capsys, "predict", str(OLDER / "flowers.safetensors"), "hole.csv")
    assert "row 0 (from 0), column 'weight' is missing" in error
