"""Tables on the command line: what is learnt from them, kept in the model and predicted."""

import csv
import re

import numpy as np
import pytest
from command_line import (
    FLOWERS,
    QUICK,
    flowers,
    refused,
    train_flowers,
    write,
)
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network, TableModel
from fastbp.cli.command import main
from fastbp.tabular.encoder import Encoder


def test_a_table_of_classes_is_learnt_and_predicted(capsys):
    write("flowers.csv", flowers(), FLOWERS)
    assert main(["train", "flowers.csv", "--target", "kind", "--quiet", *QUICK]) == 0
    assert re.fullmatch(r"held-out accuracy 100.00 % (±|\+-) \d.\d\d %\n", capsys.readouterr().out)
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
        "2 numbers: length, weight",
        "daisy (30), lily (30), rose (30)",
        "its cells are text",
        "72 rows to train on",
        "18 held out",
        "5 members, recipe good: hidden layers 128-128-128, relu; adamw, seed 0",
        "about a second of training",
        "5 networks in",
        "this model linear model always 'daisy'",
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
        assert main(["train", "rare.csv", "--target", "kind", "--recipe", "plain", *option]) == 0
        assert ("--class-weight balanced" in capsys.readouterr().out) == (not option)
        main(["predict", "rare.safetensors", "rare.csv"])
        found.append(capsys.readouterr().out.split()[1:].count("rare"))
    assert found[1] > 1.5 * found[0]
    arguments = ["train", "rare.csv", "--target", "a", "--drop", "kind"]
    assert "class_weight is for classes" in refused(
        capsys, *arguments, "--class-weight", "balanced"
    )


@pytest.mark.parametrize("options", [[], ["--probabilities"], ["--output", "out.csv"]])
def test_a_table_of_which_no_row_can_be_predicted_gets_empty_predictions(capsys, options):
    train_flowers()
    write("bad.csv", [["x", "1.5"], ["2.25", "y"]], ("length", "weight"))
    capsys.readouterr()
    assert main(["predict", "flowers.safetensors", "bad.csv", "--id", "length", *options]) == 0
    output = capsys.readouterr()
    assert "2 rows of 2 cannot be predicted" in output.err
    text = output.out
    if options[:1] == ["--output"]:
        with open("out.csv", encoding="utf-8") as file:
            text = file.read()
    rows = list(csv.reader(text.splitlines()))[1:]
    assert [row[0] for row in rows] == ["x", "2.25"]
    assert not any(cell for row in rows for cell in row[1:])


def test_a_number_in_a_message_is_written_as_in_the_table(capsys):
    write("sold.csv", [[i / 8, "yn"[i % 2], "ab"[i % 2]] for i in range(40)], ("x", "sold", "kind"))
    main(["train", "sold.csv", "--target", "kind", "--epochs", "1", "--quiet"])
    write("new.csv", [[i / 8, 368.77 + i] for i in range(4)], ("x", "sold"))
    main(["predict", "sold.safetensors", "new.csv"])
    assert "'368.77' is neither yes nor no" in capsys.readouterr().err
    write("comma.csv", [[i / 8, f"1,{i:03}"] for i in range(368, 400)], ("x", "price"))
    error = refused(capsys, "train", "comma.csv", "--target", "price")
    assert "'1,368' is 1368 if its comma separates thousands, and 1.368 if" in error


def test_what_is_left_out_is_no_feature(capsys):
    write("ids.csv", [[i, i % 7 / 8, "ab"[i % 2]] for i in range(40)], ("id", "x", "kind"))
    main(["train", "ids.csv", "--target", "kind", "--epochs", "1"])
    assert "features   1 number: x; 1 left out\n" in capsys.readouterr().out


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
    main(["train", "bare.csv", "--target", "3", "--quiet", *QUICK])
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
    assert main(["train", "prices.csv", "--target", "price", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert float(re.match(r"held-out R2 (0\.\d{4})", lines[-1])[1]) > 0.95
    assert any(line.split()[:1] == ["RMSE"] for line in lines)
    main(["predict", "prices.safetensors", "prices.csv"])
    predicted = [float(v) for v in capsys.readouterr().out.split()[1:]]
    assert np.corrcoef(predicted, y)[0, 1] > 0.98
    assert abs(np.mean(predicted) - y.mean()) < 5e4
    assert "--probabilities is for classes" in refused(
        capsys, "predict", "prices.safetensors", "prices.csv", "--probabilities"
    )


def test_statistics_come_from_the_training_part_alone(monkeypatch):
    seen = []
    real = Encoder.fit.__func__

    def spy(cls, columns, rows=None, **how):
        seen.append(len(columns[0].values) if rows is None else len(rows))
        return real(cls, columns, rows, **how)

    monkeypatch.setattr(Encoder, "fit", classmethod(spy))
    write("flowers.csv", flowers(), FLOWERS)
    main(["train", "flowers.csv", "--target", "kind", "--quiet", "--epochs", "1"])
    assert max(seen) == 72
    assert sorted(seen)[:5] == [57, 57, 58, 58, 58]  # the members'


def test_missing_cells_need_no_option(capsys):
    rows = flowers()
    rows[4][0], rows[7][0] = "", "n/a"
    write("gaps.csv", rows, FLOWERS)
    assert main(["train", "gaps.csv", "--target", "kind", *QUICK]) == 0
    assert "missing where it says 'n/a' (1)" in " ".join(capsys.readouterr().out.split())
    assert main(["predict", "gaps.safetensors", "gaps.csv"]) == 0
    assert len(capsys.readouterr().out.split()) == 91


def test_rows_without_a_target_are_left_out_and_counted(capsys):
    rows = flowers()
    rows[4][2] = rows[8][2] = ""
    write("gaps.csv", rows, FLOWERS)
    assert main(["train", "gaps.csv", "--target", "kind", "--quiet", *QUICK]) == 0
    assert "2 rows of 90 without a target ('kind') left out" in capsys.readouterr().err


def test_columns_can_be_dropped(capsys):
    write("more.csv", [[f"Ann, B. {i % 7}", *row] for i, row in enumerate(flowers())],
          ("the, name", *FLOWERS))  # fmt: skip
    arguments = ["train", "more.csv", "--target", "kind", "--quiet", *QUICK]
    assert main([*arguments, "--drop", '"the, name"']) == 0
    assert set(TableModel.load("more.safetensors").features) == {"length", "weight"}
    assert "is 'nam', and more.csv has no such column" in refused(
        capsys, *arguments, "--drop", "nam"
    )
    assert "target" in refused(capsys, *arguments, "--drop", "kind")


def test_a_class_with_one_row_is_trained_on():
    write("rare.csv", [*flowers(30), ["900", "900", "orchid"]], FLOWERS)
    assert main(["train", "rare.csv", "--target", "kind", "--quiet", *QUICK]) == 0
    assert "orchid" in TableModel.load("rare.safetensors").classes


def test_a_column_that_counts_the_rows_is_left_out_with_a_note(capsys):
    write("counted.csv", [[i, *row] for i, row in enumerate(flowers())], ("", *FLOWERS))
    main(["train", "counted.csv", "--target", "kind", *QUICK])
    assert "column 1: left out;" in capsys.readouterr().out
    assert set(TableModel.load("counted.safetensors").features) == {"length", "weight"}


def test_groups_stay_together_in_the_members_though_no_row_is_held_out(monkeypatch):
    seen = []
    fit_typed = TableModel.fit_typed

    def fit(self, typed, *, groups=None, **how):
        seen.append(groups)
        return fit_typed(self, typed, groups=groups, **how)

    monkeypatch.setattr(TableModel, "fit_typed", fit)
    write("beds.csv", [[i // 9, *row] for i, row in enumerate(flowers())], ("bed", *FLOWERS))
    arguments = ["train", "beds.csv", "--target", "kind", "--group", "bed", "--epochs", "1"]
    assert main([*arguments, "--test-fraction", "0"]) == 0
    assert np.array_equal(np.unique(seen[0], return_inverse=True)[1], np.arange(90) // 9)


@pytest.mark.parametrize(
    "how",
    [
        [],
        ["--folds", "3"],
        ["--test-fraction", "0"],
        ["--test-fraction", "0", "--group", "bed"],
        ["--group", "bed"],
        ["--split", "time", "day"],
        ["--group", "bed", "--folds", "3", "--importance"],
    ],
)
def test_rows_are_held_out_as_asked(capsys, how):
    rows = [[i // 9, f"2024-01-{i % 28 + 1:02}", *row] for i, row in enumerate(flowers())]
    write("beds.csv", rows, ("bed", "day", *FLOWERS))
    assert main(["train", "beds.csv", "--target", "kind", *QUICK, *how]) == 0
    text = capsys.readouterr().out
    last = text.splitlines()[-1]
    model = TableModel.load("beds.safetensors")
    assert ("bed" in model.features) == ("--group" not in how)
    assert any(name.startswith("day") for name in model.features)
    if "--test-fraction" in how:
        assert "is not known" in last
        assert model.card["evaluation"] is None
    else:
        assert last.startswith("3-fold accuracy" if "--folds" in how else "held-out accuracy")
        assert model.card["evaluation"]["folds"] == (3 if "--folds" in how else 1)
    assert ("is shuffled" in text or "are shuffled" in text) == ("--importance" in how)


def test_training_on_all_rows_is_what_python_does():
    write("flowers.csv", flowers(), FLOWERS)
    arguments = ["train", "flowers.csv", "--target", "kind", "--quiet", "--seed", "3"]
    assert main([*arguments, "--test-fraction", "0", "--members", "2"]) == 0
    model = TableModel(members=2, seed=3).fit("flowers.csv", target="kind")
    loaded = TableModel.load("flowers.safetensors")
    np.testing.assert_array_equal(
        loaded.predict_proba("flowers.csv"), model.predict_proba("flowers.csv")
    )


OPTIONS = [
    ["--hidden", "16,8", "--activation", "tanh", "--epochs", "3", "--batch-size", "16"],
    ["--optimizer", "rmsprop", "--learning-rate", "0.01", "--schedule", "none", "--epochs", "3"],
    ["--schedule", "cosine", "--dropout", "0.1", "--ema", "0.9", "--l2", "0.001", "--epochs", "3"],
    ["--initializer", "he_normal", "--compute", "bfloat16", "--epochs", "3"],
    ["--early-stopping", "2", "--class-weight", "balanced", "--epochs", "20"],
    ["--recipe", "plain", "--epochs", "3", "--optimizer", "rprop"],
]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_options_of_training_are_those_of_the_network(options):
    write("flowers.csv", flowers(), FLOWERS)
    arguments = ["train", "flowers.csv", "--target", "kind", "--quiet", "--members", "1"]
    assert main([*arguments, *options]) == 0
    model = TableModel.load("flowers.safetensors")
    (net,) = model.networks
    if "--hidden" in options:
        assert net.sizes == (2, 16, 8, 3)
        assert net.activations[:-1] == ("tanh", "tanh")
    if "--dropout" in options:
        assert set(net.dropout) == {0.1}
    if "--compute" in options:
        assert net.compute == "bfloat16"
    given = {"early_stopping": 2} if "--early-stopping" in options else {}
    assert given.items() <= model.options.items()


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


def test_a_number_far_outside_the_training_rows_is_predicted(capsys):
    train_flowers()
    write("large.csv", [["1", "2"], ["1e300", "2"]], FLOWERS[:2])
    capsys.readouterr()
    assert main(["predict", "flowers.safetensors", "large.csv"]) == 0
    assert len(capsys.readouterr().out.split()) == 3


def test_a_table_too_wide_for_a_model_file_is_refused_before_training(capsys, monkeypatch):
    monkeypatch.setattr(Network, "fit", lambda *_, **__: pytest.fail("it was trained"))
    monkeypatch.setattr("fastbp.tabular.model_files.HEADER_CAP", 30_000)
    n = 1_000
    rows = [[*range(i * i, n + i * i), "ab"[i % 2]] for i in range(5)]
    write("wide.csv", rows, [*(f"a long name for a measurement {i}" for i in range(n)), "kind"])
    error = refused(capsys, "train", "wide.csv", "--target", "kind")
    assert "1,001 columns" in error
    assert "--drop" in error


def test_a_prediction_that_fails_keeps_the_old_output():
    train_flowers()
    with open("narrow.csv", "w") as file:
        file.write("length,width\n1,1\n")
    with open("old.csv", "w") as file:
        file.write("keep")
    assert main(["predict", "flowers.safetensors", "narrow.csv", "--output", "old.csv"]) == 2
    with open("old.csv") as file:
        assert file.read() == "keep"
