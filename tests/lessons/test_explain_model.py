"""`fastbp explain MODEL`: a network of the user's own, on a row of a table or on numbers."""

import re
import subprocess
import sys

import numpy as np
import pytest
from command_line import FLOWERS, flowers, refused, table_inputs, train_flowers, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

import fastbp
from fastbp import Network, TableModel
from fastbp.cli.command import main
from fastbp.lessons.notations import NOTATIONS
from fastbp.text.page import WIDTH, number


def explained(capsys, *arguments):
    capsys.readouterr()
    assert main(["explain", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def train_prices():
    """Write a table with a number to predict, and a model of it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = 1e6 + 5e4 * (x[:, 0] - 2 * x[:, 1])
    write("prices.csv", np.column_stack([x, y]).tolist(), ("a", "b", "price"))
    assert main(["train", "prices.csv", "--target", "price", "--quiet", "--epochs", "40"]) == 0
    return x, y


@pytest.mark.parametrize("row", [1, 2, 90])
def test_a_row_of_the_table_is_explained_with_its_own_target(capsys, row):
    train_flowers()
    text = explained(capsys, "flowers.safetensors", "flowers.csv", "--row", row)
    model = TableModel.load("flowers.safetensors")
    *cells, kind = flowers()[row - 1]
    x = table_inputs(model, dict(zip(FLOWERS[:2], cells, strict=True)))
    assert text.endswith(fastbp.explain(model.networks[0], x, kind) + "\n")
    assert f"Target: {kind}. The network answers {kind}: a_" in text
    assert "The model has 2 networks" in text
    for cell, value in zip(cells, x, strict=True):
        assert re.search(rf"{float(cell):.7g} +{re.escape(number(value))}\n", text)
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_first_row_is_explained_if_none_is_named(capsys):
    train_flowers()
    first = explained(capsys, "flowers.safetensors", "flowers.csv", "--row", 1)
    assert explained(capsys, "flowers.safetensors", "flowers.csv") == first


def test_options_may_stand_between_the_files(capsys):
    train_flowers()
    text = explained(capsys, "flowers.safetensors", "flowers.csv", "--row", 2, "--l", 1)
    assert explained(capsys, "flowers.safetensors", "--row", 2, "flowers.csv", "--l", 1) == text
    assert explained(capsys, "--row", 2, "--l", 1, "flowers.safetensors", "flowers.csv") == text


def test_numbers_in_the_units_of_the_table_are_a_sample(capsys):
    train_flowers()
    length, weight, kind = flowers()[3]
    text = explained(capsys, "flowers.safetensors", "flowers.csv", "--row", 4)
    derivation = text[text.index("dC_0/dw_12") :]
    for numbers in ([f"{length},{weight}"], [length, weight], [f"{length},", weight]):
        arguments = ["flowers.safetensors", "--input", *numbers, "--target", kind]
        assert explained(capsys, *arguments).endswith(derivation)


@pytest.mark.parametrize("numbers", [["-1,-2"], ["-1", "-2"], ["-1.0,-2e0"], ["-10e-1", "-2"]])
def test_negative_numbers_are_no_options(capsys, numbers):
    Network([2, 3, 2], seed=0).save("m")
    text = explained(capsys, "m", "--input", *numbers, "--target", "-1,0.5")
    assert text.endswith(fastbp.explain(Network.load("m"), [-1, -2], [-1, 0.5]) + "\n")


def test_a_target_given_goes_before_the_one_of_the_row(capsys):
    train_flowers()
    arguments = ["flowers.safetensors", "flowers.csv", "--row", 1, "--target"]
    assert "Target: daisy. The network answers rose" in explained(capsys, *arguments, "daisy")


def test_a_number_to_predict_is_in_the_unit_of_the_table(capsys):
    x, y = train_prices()
    text = " ".join(explained(capsys, "prices.safetensors", "prices.csv", "--row", 5).split())
    model = TableModel.load("prices.safetensors")
    member = model.fitted_members[0]
    inputs = table_inputs(model, {"a": x[4, 0], "b": x[4, 1]})
    a = member.network.predict(inputs[np.newaxis])[0]
    prediction = float(re.search(r"The network answers ([\d.e+]+) \(", text)[1])
    # The page computes in float64, `predict` in float32: six digits of the network's own unit.
    assert prediction == pytest.approx(member.scale.numbers(a)[0], rel=1e-6)
    assert f"y {number(member.scale.standardised(y[4:5])[0])}" in text


def test_a_table_without_a_header_is_taken_by_position(capsys):
    write("bare.csv", flowers())
    main(["train", "bare.csv", "--target", "3", "--quiet"])
    assert "Target: lily." in explained(capsys, "bare.safetensors", "bare.csv", "--row", 2)
    main(["train", "--quiet", "--epochs", "1"])  # the digits: pixels, and the digit at the end
    X, y = fastbp.datasets.load_digits()
    write("pixels.csv", [[*(X[i] * 16).astype(int), y[i]] for i in range(5)])
    text = explained(capsys, "fastbp-digits.safetensors", "pixels.csv", "--row", 3)
    assert f"Target: {y[2]}." in text
    assert "... and 54 more" in text


def test_a_network_that_knows_no_table_takes_numbers(capsys):
    net = Network([2, 3, 1], loss="binary_cross_entropy", seed=0)
    net.save("m")
    text = explained(capsys, "m", "--input", "0.5,1", "--target", "1")
    assert text.endswith(fastbp.explain(net, [0.5, 1], 1) + "\n")
    net.classes = ["no", "yes"]
    net.save("m")
    named = explained(capsys, "m", "--input", "0.5,1", "--target", "yes")
    assert named.endswith(fastbp.explain(net, [0.5, 1], 1) + "\n")
    Network([2, 3], output_activation="softmax", loss="cross_entropy", seed=0).save("m")
    text = explained(capsys, "m", "--input", "0.5,1", "--target", "2")
    assert explained(capsys, "m", "--input", "0.5,1", "--target", "0,0,1")[-900:] == text[-900:]


def test_a_class_may_be_written_as_another_spelling_of_its_number(capsys):
    rows = [
        [length, weight, {"rose": 1, "lily": 2, "daisy": 3}[k]] for length, weight, k in flowers()
    ]
    write("codes.csv", rows, FLOWERS)
    main(["train", "codes.csv", "--target", "kind", "--quiet", "--epochs", "1"])
    text = explained(capsys, "codes.safetensors", "codes.csv", "--target", "2.0")
    assert re.search(r"y +0\.0+ +1\.0+ +0\.0+\n", text)
    assert "'9'; expected one of 1, 2, 3" in refused(
        capsys, "explain", "codes.safetensors", "codes.csv", "--target", "9"
    )


@pytest.mark.parametrize("table", ["flowers.csv", "./flowers.csv", "a:b.csv"])
def test_the_row_may_name_its_table(capsys, table):
    train_flowers()
    write(table, flowers(), FLOWERS)
    expected = explained(capsys, "flowers.safetensors", table, "--row", 17)
    assert explained(capsys, "flowers.safetensors", "--row", f"{table}:17") == expected
    assert explained(capsys, "--row", f"{table}:17", "flowers.safetensors") == expected


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("format", ["markdown", "latex", "html"])
def test_names_of_files_columns_and_classes_stay_text_in_every_format(capsys, format, notation):
    evil = "</script><img src=x onerror=alert(1)>"
    rows = [[length, weight, kind + evil] for length, weight, kind in flowers()]
    write("e.csv", rows, (evil, "weight", "kind"))
    main(["train", "e.csv", "--target", "kind", "--quiet", "--epochs", "1"])
    text = explained(
        capsys, "e.safetensors", "--row", "e.csv:2", "--format", format, "--notation", notation
    )
    assert "<img" not in text
    assert "</script>" not in text
    assert text.count("onerror") >= 2


def test_the_format_and_the_notation_of_a_model_are_those_of_the_function(capsys):
    train_flowers()
    model = TableModel.load("flowers.safetensors")
    net = model.networks[0]
    x = table_inputs(model, dict(zip(FLOWERS[:2], flowers()[0][:2], strict=True)))
    text = explained(
        capsys, "flowers.safetensors", "--row", "flowers.csv:1", "--notation", "ng", "--l", 1
    )
    assert text.endswith(net.explain(x, flowers()[0][2], l=1, notation="ng") + "\n")


MISTAKES = {
    "no sample": (["m"], "there is no sample; name a table"),
    "no target": (["m", "--input", "1,2"], "--target is missing"),
    "one number of two": (["m", "--input", "1", "--target", "rose"], "2 columns: length, weight"),
    "a word": (
        ["m", "--input", "1", "b", "--target", "rose"],
        "--input, column 'weight': 'b' is not a number",
    ),
    "not finite": (["m", "--input", "1,inf", "--target", "rose"], "'inf' is not a finite number"),
    "no such class": (["m", "--input", "1,2", "--target", "ross"], "one of daisy, lily, rose"),
    "row 0": (["m", "flowers.csv", "--row", "0"], "'0' is not a whole number >= 1"),
    "row 91": (["m", "flowers.csv", "--row", "91"], "--row is 91, and flowers.csv has 90 rows"),
    "row 0 of a table": (["m", "--row", "flowers.csv:0"], "'0' is not a whole number >= 1"),
    "a word for a row": (["m", "--row", "flowers.csv:x"], "'x' is not a whole number >= 1"),
    "a table without a row": (
        ["m", "--row", "flowers.csv"],
        "'flowers.csv' is not a whole number >= 1; give a row such as 17, or FILE.csv:17",
    ),
    "a row of no table": (["m", "--row", ":3"], "':3' names no file before the colon"),
    "two tables": (
        ["m", "hole.csv", "--row", "flowers.csv:3"],
        "--row names flowers.csv, and hole",
    ),
    "a row and numbers": (
        ["m", "--row", "flowers.csv:3", "--input", "1,2"],
        "--input is the sample",
    ),
    "a format": (
        ["m", "flowers.csv", "--format", "pdf"],
        "argument --format: invalid choice: 'pdf'",
    ),
    "both": (["m", "flowers.csv", "--input", "1,2"], "--input is the sample itself"),
    "row of nothing": (["m", "--row", "2", "--input", "1,2"], "--input is the sample itself"),
    "no model": (["--row", "2"], "--row: not without a MODEL"),
    "a table for a model": (["flowers.csv"], "fastbp loads only what Network.save wrote"),
    "a size": (["m", "flowers.csv", "--sizes", "3-3"], "--sizes: not with a model (m)"),
    "an example": (["m", "flowers.csv", "--example", "mazur"], "--example: not with a model"),
    "no such layer": (["m", "flowers.csv", "--l", "9"], "--l: got 9, expected 1 to 4"),
    "no such file": (["m", "no.csv"], "no.csv: No such file"),
    "a third file": (["m", "flowers.csv", "x"], "unrecognized arguments: x"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_in_one_line(capsys, case):
    train_flowers()
    main(["train", "flowers.csv", "--target", "kind", "--epochs", "1", "--quiet", "--model", "m"])
    write("hole.csv", [*flowers()[:1], [1, "", "rose"]], FLOWERS)
    arguments, message = MISTAKES[case]
    assert message in refused(capsys, "explain", *arguments)


def test_only_the_row_itself_needs_cells_that_fit(capsys):
    train_flowers()
    write("hole.csv", [*flowers()[:1], [1, "wide", "rose"], [1, "", "rose"]], FLOWERS)
    for row in (1, 3):
        assert "Target: rose" in explained(capsys, "flowers.safetensors", "hole.csv", "--row", row)
    error = refused(capsys, "explain", "flowers.safetensors", "hole.csv", "--row", "2")
    assert "line 3, column 'weight': 'wide' is not a number" in error


def test_a_missing_cell_is_shown_as_missing(capsys):
    train_flowers()
    write("hole.csv", [[1, "", "rose"]], FLOWERS)
    text = explained(capsys, "flowers.safetensors", "hole.csv")
    assert re.search(r"1 +weight +missing ", text)


def test_a_number_in_another_spelling_concerns_its_own_row_alone(capsys):
    train_flowers()
    rows = flowers()
    rows[4][0] = rows[6][0] = "1,101"
    write("marks.csv", rows, FLOWERS)
    first = explained(capsys, "flowers.safetensors", "flowers.csv").splitlines()
    text = explained(capsys, "flowers.safetensors", "marks.csv").splitlines()
    assert text[2:] == first[2:]  # below the heading
    for row in (5, 7):
        error = refused(capsys, "explain", "flowers.safetensors", "marks.csv", "--row", str(row))
        assert f"line {row + 1}, column 'length': '1,101' is not a number written as" in error
    error = refused(capsys, "explain", "flowers.safetensors", "marks.csv", "--row", "9" * 30)
    assert "marks.csv has 90 rows" in error


def test_a_table_may_come_from_standard_input(capsys):
    train_flowers()
    text = explained(capsys, "flowers.safetensors", "flowers.csv", "--row", 2)
    command = [sys.executable, "-m", "fastbp", "explain", "flowers.safetensors", "-", "--row", "2"]
    with open("flowers.csv", "rb") as table:
        piped = subprocess.run(command, stdin=table, capture_output=True, encoding="utf-8")
    assert piped.stdout.splitlines()[2:] == text.splitlines()[2:]  # below the heading


def test_names_cannot_command_the_terminal(capsys):
    write("e.csv", flowers(), ("length\x1b[2J", "weight", "kind"))
    main(["train", "e.csv", "--target", "kind", "--quiet", "--epochs", "1"])
    text = explained(capsys, "e.safetensors", "e.csv")
    assert "\x1b" not in text
    assert r"length\x1b[2J" in text


def test_a_row_without_its_target_is_refused_until_the_target_is_given(capsys):
    train_flowers()
    write("gap.csv", [["1", "2", ""], ["3", "4", "rose"]], FLOWERS)
    row = ["explain", "flowers.safetensors", "--row", "gap.csv:1"]
    error = refused(capsys, *row)
    assert "row 1 of gap.csv has the target ''; name another --row" in error
    assert main([*row, "--target", "rose"]) == 0
    assert main(["explain", "flowers.safetensors", "--row", "gap.csv:2"]) == 0
