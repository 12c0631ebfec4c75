"""Tables on the command line: what is learnt from them, kept in the model and predicted."""

import csv
import re

import numpy as np
import pytest
from command_line import (
    FLOWERS,
    flowers,
    refused,
    train_flowers,
    write,
)
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network
from fastbp.cli import train
from fastbp.cli.command import main


def test_a_table_of_classes_is_learnt_and_predicted(capsys):
    train_flowers()
    assert capsys.readouterr().out == "held-out accuracy 100.00 %\n"
    assert main(["predict", "flowers.safetensors", "flowers.csv", "--probabilities"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(rows[0]) == ["prediction", "P(daisy)", "P(lily)", "P(rose)"]
    assert [row["prediction"] for row in rows] == [row[2] for row in flowers()]
    assert sum(float(p) for p in list(rows[0].values())[1:]) == pytest.approx(1, abs=1e-4)


def test_train_says_what_it_decided(capsys):
    write("flowers.csv", flowers(), FLOWERS)
    main(["train", "flowers.csv", "--target", "kind", "--epochs", "2"])
    text = " ".join(capsys.readouterr().out.split())
    for phrase in (
        "90 rows, comma-separated, with a header line",
        "2, standardised: length, weight",
        "daisy (30), lily (30), rose (30)",
        "its cells are text",
        "72 rows to train on",
        "18 held out",
        "2-100-3, relu, softmax, cross_entropy",
        "flowers.safetensors",
    ):
        assert phrase in text


def test_balanced_classes_find_more_of_a_rare_one(capsys):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 2))
    kinds = np.where(x[:, 0] + 0.7 * rng.standard_normal(600) > 1.6, "rare", "common")
    write("rare.csv", [[*row, kind] for row, kind in zip(x.tolist(), kinds, strict=True)],
          ("a", "b", "kind"))  # fmt: skip
    found = []
    for option in ([], ["--class-weight", "balanced"]):
        assert main(["train", "rare.csv", "--target", "kind", "--epochs", "30", *option]) == 0
        assert (", balanced classes" in capsys.readouterr().out) == bool(option)
        main(["predict", "rare.safetensors", "rare.csv"])
        found.append(capsys.readouterr().out.split()[1:].count("rare"))
    assert found[1] > 1.5 * found[0]
    arguments = ["train", "rare.csv", "--target", "a", "--drop", "kind"]
    assert "--class-weight is for classes" in refused(
        capsys, *arguments, "--class-weight", "balanced"
    )


def test_predict_finds_columns_by_name(capsys):
    train_flowers()
    rows = [["x", weight, length] for length, weight, _ in flowers()]
    write("turned.csv", rows, ("note", "weight", "length"))
    capsys.readouterr()
    assert main(["predict", "flowers.safetensors", "turned.csv", "--output", "out.csv"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "note: 1 column not used: note\n"
    with open("out.csv", encoding="utf-8") as file:
        assert file.read().split()[1:] == [row[2] for row in flowers()]
    write("less.csv", [["1"]], ("length",))
    assert "lacks 1 column that the model needs: weight" in refused(
        capsys, "predict", "flowers.safetensors", "less.csv"
    )


def test_predict_refuses_a_table_without_names_unless_told(capsys):
    train_flowers()
    write("bare.csv", [row[:2] for row in flowers()])
    arguments = ["predict", "flowers.safetensors", "bare.csv"]
    assert "give --no-header" in refused(capsys, *arguments)
    assert main([*arguments, "--no-header"]) == 0
    assert capsys.readouterr().out.split()[1:] == [row[2] for row in flowers()]


def test_a_table_without_names_is_used_by_position(capsys):
    write("bare.csv", flowers())
    write("features.csv", [row[:2] for row in flowers()])
    write("narrow.csv", [row[:1] for row in flowers()])
    main(["train", "bare.csv", "--target", "3", "--quiet"])
    for name in ("bare.csv", "features.csv"):
        capsys.readouterr()
        assert main(["predict", "bare.safetensors", name]) == 0
        assert capsys.readouterr().out.split()[1:] == [row[2] for row in flowers()]
    error = refused(capsys, "predict", "bare.safetensors", "narrow.csv")
    assert "has 1 column; expected 3" in error


def test_a_table_of_numbers_is_learnt_and_predicted_in_its_unit(capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    y = 1e6 + 5e4 * (x[:, 0] - 2 * x[:, 1])
    write("prices.csv", np.column_stack([x, y]).tolist(), ("a", "b", "c", "price"))
    assert main(["train", "prices.csv", "--target", "price"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert float(re.fullmatch(r"held-out R2 (0\.\d{3})", lines[-1])[1]) > 0.95
    assert any("held-out RMSE" in line for line in lines)
    main(["predict", "prices.safetensors", "prices.csv"])
    predicted = [float(v) for v in capsys.readouterr().out.split()[1:]]
    assert np.corrcoef(predicted, y)[0, 1] > 0.98
    assert abs(np.mean(predicted) - y.mean()) < 5e4
    assert "--probabilities is for classes" in refused(
        capsys, "predict", "prices.safetensors", "prices.csv", "--probabilities"
    )


def test_statistics_come_from_the_training_part_alone(monkeypatch):
    seen = []
    from fastbp.cli import train_data

    real = train_data.fit_preprocessing

    def spy(values, **how):
        seen.append(len(values))
        return real(values, **how)

    monkeypatch.setattr(train_data, "fit_preprocessing", spy)
    write("flowers.csv", flowers(), FLOWERS)
    main(["train", "flowers.csv", "--target", "kind", "--quiet", "--epochs", "1"])
    assert seen == [72]


def test_missing_cells_are_filled_on_request_and_in_predictions_too(capsys):
    rows = flowers()
    rows[4][0], rows[7][0] = "", "n/a"
    write("gaps.csv", rows, FLOWERS)
    arguments = ["train", "gaps.csv", "--target", "kind"]
    assert "line 6, column 'length': the cell is missing ('')" in refused(capsys, *arguments)
    assert main([*arguments, "--fill", "median"]) == 0
    assert "2 cells with the median: length (2)" in capsys.readouterr().out
    assert main(["predict", "gaps.safetensors", "gaps.csv"]) == 0
    assert len(capsys.readouterr().out.split()) == 91


def test_missing_cells_are_refused_in_predictions_of_a_model_that_does_not_fill(capsys):
    train_flowers()
    write("gaps.csv", [["1", ""]], FLOWERS[:2])
    assert "trained without --fill" in refused(capsys, "predict", "flowers.safetensors", "gaps.csv")


def test_columns_can_be_dropped(capsys):
    write("more.csv", [["Ann, B.", *row] for row in flowers()], ("the, name", *FLOWERS))
    message = refused(capsys, "train", "more.csv", "--target", "kind")
    assert "column 'the, name'" in message
    arguments = ["train", "more.csv", "--target", "kind", "--quiet"]
    assert main([*arguments, "--drop", '"the, name"']) == 0
    assert "--drop is 'nam'" in refused(capsys, *arguments, "--drop", "nam")
    assert "names the target" in refused(capsys, *arguments, "--drop", "kind")


def test_a_class_with_one_row_is_trained_on(capsys):
    write("rare.csv", [*flowers(30), ["900", "900", "orchid"]], FLOWERS)
    assert main(["train", "rare.csv", "--target", "kind", "--quiet"]) == 0
    assert "orchid" in Network.load("rare.safetensors").classes


def test_a_column_that_counts_the_rows_is_pointed_out(capsys):
    write("counted.csv", [[i, *row] for i, row in enumerate(flowers())], ("", *FLOWERS))
    main(["train", "counted.csv", "--target", "kind", "--quiet"])
    assert "--drop 'column 1'" in capsys.readouterr().err


@pytest.mark.slow
def test_sixty_thousand_columns_go_into_a_model_file_and_are_found_again(capsys):
    n = 60_001
    rows = np.random.default_rng(0).normal(size=(12, n)).tolist()
    write(
        "wide.csv",
        [[*row, "ab"[i % 2]] for i, row in enumerate(rows)],
        [*(f"measurement {i}" for i in range(n)), "kind"],
    )
    arguments = [
        "train",
        "wide.csv",
        "--target",
        "kind",
        "--quiet",
        "--hidden",
        "4",
        "--epochs",
        "1",
        "--fill",
        "mean",
    ]
    assert main(arguments) == 0
    assert main(["predict", "wide.safetensors", "wide.csv"]) == 0


def test_predict_refuses_what_is_no_model_of_train(capsys):
    train_flowers()
    assert refused(capsys, "predict", "flowers.csv", "flowers.csv")
    Network([2, 3], seed=0).save("plain.safetensors")
    assert "was not saved by fastbp train" in refused(
        capsys, "predict", "plain.safetensors", "flowers.csv"
    )
    assert "a file that is read" in refused(
        capsys, "predict", "flowers.safetensors", "flowers.csv", "--output", "flowers.csv"
    )


def test_predict_names_the_line_of_a_number_that_is_too_large(capsys):
    train_flowers()
    write("large.csv", [["1", "2"], ["1e300", "2"]], FLOWERS[:2])
    assert "line 3: a number is too large" in refused(
        capsys, "predict", "flowers.safetensors", "large.csv"
    )


@pytest.mark.parametrize("limit", ["HEADER_CAP", "MOST_VALUES"])
def test_a_table_too_wide_for_a_model_file_is_refused_before_training(capsys, monkeypatch, limit):
    monkeypatch.setattr(Network, "fit", lambda *_, **__: pytest.fail("it was trained"))
    monkeypatch.setattr(train, limit, 20_000)
    n = 1_000  # the lists of more columns are tensors
    rows = [[*range(i * i, n + i * i), "ab"[i % 2]] for i in range(5)]
    write("wide.csv", rows, [*(f"a long name for a measurement {i}" for i in range(n)), "kind"])
    error = refused(capsys, "train", "wide.csv", "--target", "kind")
    assert "1,000 columns" in error
    assert "--drop" in error


def test_a_prediction_that_fails_keeps_the_old_output(capsys):
    train_flowers()
    with open("wide.csv", "w") as file:
        file.write("length,width,weight\n1e300,1,1\n")
    with open("old.csv", "w") as file:
        file.write("keep")
    assert main(["predict", "flowers.safetensors", "wide.csv", "--output", "old.csv"]) == 2
    with open("old.csv") as file:
        assert file.read() == "keep"
