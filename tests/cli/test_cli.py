"""The command line, as a user meets it: what it prints, what it refuses, what it saves."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import (
    FLOWERS,
    QUICK,
    flowers,
    refused,
    run,
    train_flowers,
    write,
)
from model_files import peak_bytes
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network, TableModel
from fastbp.cli.command import COMMANDS, main
from fastbp.datasets import digits_split, load_digits
from fastbp.optimizers import OPTIMIZERS


def test_train_learns_the_digits_and_saves_them(capsys):
    assert main(["train"]) == 0
    lines = capsys.readouterr().out.splitlines()
    accuracy = re.fullmatch(r"held-out accuracy (\d+\.\d\d) %", lines[-1])
    assert float(accuracy[1]) >= 97
    assert max(map(len, lines)) <= 80
    assert sum(re.match(r" *\d+/40 ", line) is not None for line in lines) == 40
    net = Network.load("fastbp-digits.safetensors")
    X, y = load_digits()
    _, held_out = digits_split(y)
    assert f"{100 * net.score(X[held_out], y[held_out]):.2f}" == accuracy[1]


def test_train_is_the_same_for_the_same_seed(capsys):
    for seed in ("0", "0", "1"):
        main(["train", "--quiet", "--epochs", "2", "--seed", seed, "--model", f"m{seed}"])
    first, second, other = capsys.readouterr().out.splitlines()
    assert first == second
    assert not np.array_equal(Network.load("m0").parameters, Network.load("m1").parameters)
    assert first.startswith("held-out accuracy")
    assert other.startswith("held-out accuracy")


def test_the_digits_model_predicts_rows_of_pixels(capsys):
    main(["train", "--quiet"])
    X, y = load_digits()
    write("pixels.csv", (X[:50] * 16).astype(int).tolist())
    capsys.readouterr()
    assert main(["predict", "fastbp-digits.safetensors", "pixels.csv"]) == 0
    heading, *digits = capsys.readouterr().out.split()
    assert heading == "prediction"
    assert np.mean([int(digit) for digit in digits] == y[:50]) > 0.9


def test_the_held_out_rows_are_never_trained_on(monkeypatch):
    X, y = load_digits()
    training, held_out = digits_split(y)
    seen = {}

    def fit(self, X, y, *, validation, early_stopping=None, **options):
        seen.update(X=X, validation=validation, early_stopping=early_stopping)
        raise KeyboardInterrupt

    monkeypatch.setattr(Network, "fit", fit)
    assert main(["train"]) == 130
    np.testing.assert_array_equal(seen["X"], X[training])
    np.testing.assert_array_equal(seen["validation"][0], X[held_out])
    assert seen["early_stopping"] is None


BAD_OPTIONS = {
    "no target": (["flowers.csv"], "--target is missing"),
    "no such target": (["flowers.csv", "--target", "kinds"], "did you mean 'kind'"),
    "no file": (["no.csv", "--target", "kind"], "no.csv: No such file"),
    "no table": (["--target", "kind"], "--target is for a table"),
    "no epochs": (["--epochs", "0"], "not a whole number >= 1"),
    "endless epochs": (["--epochs", "1" + 30 * "0"], "epochs must be at most 1,000,000,000"),
    "half a batch": (["--batch-size", "1.5"], "not a whole number >= 1"),
    "a negative rate": (["--learning-rate", "-1"], "not a finite number >= 0"),
    "no rate": (["--l2", "nan"], "not a finite number >= 0"),
    "a share of all": (["flowers.csv", "--target", "kind", "--test-fraction", "1"], "and < 1"),
    "two splits": (
        ["flowers.csv", "--target", "kind", "--split", "time", "length", "--group", "weight"],
        "--split and --group both say",
    ),
    "a split by nothing": (
        ["flowers.csv", "--target", "kind", "--split", "length"],
        "--split: expected 2 arguments",
    ),
    "a split by space": (
        ["--target", "kind", "--split", "space", "length", "flowers.csv"],
        "expected time and the name of a column",
    ),
    "folds and a share": (
        ["flowers.csv", "--target", "kind", "--folds", "3", "--test-fraction", "0.3"],
        "leave --test-fraction out",
    ),
    "one fold": (["flowers.csv", "--target", "kind", "--folds", "1"], "not a whole number >= 2"),
    "importance on no row": (
        ["flowers.csv", "--target", "kind", "--importance", "--test-fraction", "0"],
        "--importance needs rows held out",
    ),
    "a split that holds nothing out": (
        ["flowers.csv", "--target", "kind", "--split", "time", "length", "--test-fraction", "0"],
        "--split needs rows held out",
    ),
    "groups by no column": (
        ["flowers.csv", "--target", "kind", "--group", "lenght"],
        "the column to split by is 'lenght', and flowers.csv has no such column; did you mean",
    ),
    "a split by words": (
        ["flowers.csv", "--target", "length", "--split", "time", "kind"],
        "flowers.csv, line 2, column 'kind': 'rose' is no number and no date",
    ),
    "no kind": (["flowers.csv", "--target", "kind", "--kind", "length=text"], "'text' is no kind"),
    "a kind of nothing": (["flowers.csv", "--target", "kind", "--kind", "length"], "zip=words"),
    "a kind of no column": (
        ["flowers.csv", "--target", "kind", "--kind", "lenght=words"],
        "did you mean 'length'",
    ),
    "two kinds of one": (
        ["flowers.csv", "--target", "kind", "--kind", "length=words", "--kind", "length=drop"],
        "--kind says 'length' twice",
    ),
    "members of the digits": (["--members", "2"], "--members is for a table"),
    "no width": (["--hidden", "64,"], "not a whole number >= 1"),
    "no activation": (["--activation", "step"], "'step'"),
    "no delimiter": (["flowers.csv", "--target", "kind", "--delimiter", "::"], "not one character"),
    "a line end in a name": (
        ["flowers.csv", "--target", "kind", "--drop", "a\nb"],
        "'a\\nb' is no list",
    ),
    "an unknown option": (["--hiden", "3"], "unrecognized arguments: --hiden"),
    "no folder": (["--model", "nowhere/m"], "no folder nowhere"),
    "a folder": (["--model", "."], "is a folder"),
    "not a model": (["--model", "flowers.csv"], "it looks like text"),
    "the table": (
        ["flowers.csv", "--target", "kind", "--model", "flowers.csv", "--force"],
        "a file that is read",
    ),
    "no picture": (["--plot", "curve.txt"], "must be one of .svg"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_train_refuses_bad_options_in_one_line(capsys, case):
    write("flowers.csv", flowers(), FLOWERS)
    arguments, message = BAD_OPTIONS[case]
    assert message in refused(capsys, "train", *arguments)
    assert os.listdir() == ["flowers.csv"]


def test_what_is_wrong_with_a_model_that_is_not_overwritten_is_said(capsys):
    train_flowers()
    path = Path("flowers.safetensors")
    path.write_bytes(path.read_bytes()[:-4])
    error = refused(capsys, "train", "flowers.csv", "--target", "kind")
    assert "the file is cut off" in error
    assert "--force" in error


def test_a_training_that_diverges_is_an_error_and_saves_nothing(capsys):
    rows = [[x, 1000 * x] for x in range(-50, 50, 2)]
    write("steep.csv", rows, ("x", "y"))
    table = ["train", "steep.csv", "--target", "y", "--recipe", "plain"]
    with np.errstate(all="ignore"):
        message = refused(capsys, *table, "--optimizer", "sgd", "--learning-rate", "1e6")
    assert "diverged" in message
    assert os.listdir() == ["steep.csv"]


def test_a_model_is_overwritten_and_that_is_said(capsys):
    for _ in range(2):
        assert main(["train", "--epochs", "1"]) == 0
    assert "the file that was there is overwritten" in capsys.readouterr().out


def test_force_overwrites_any_file():
    write("old", [["precious"]])
    assert main(["train", "--epochs", "1", "--model", "old", "--force", "--quiet"]) == 0
    assert Network.load("old").sizes[0] == 64


def test_info_describes_a_model_and_the_installation(capsys):
    train_flowers()
    capsys.readouterr()
    assert main(["info", "flowers.safetensors"]) == 0
    text = capsys.readouterr().out
    for phrase in (
        "kind (classify)",
        "3: daisy, lily, rose",
        "length (number), weight (number)",
        "good, seed 0",
        "2-128-128-128-3",
        "relu, softmax",
        "cross_entropy",
        "float32",
        "accuracy 1",
        "18 rows held out of 90",
    ):
        assert phrase in " ".join(text.split())
    assert main(["train", "--quiet", "--epochs", "1"]) == 0
    capsys.readouterr()
    assert main(["info", "fastbp-digits.safetensors"]) == 0
    text = capsys.readouterr().out
    for phrase in ("64-100-10", "adam", "digit (classify)", "7,510, float32", "pixel_0_0"):
        assert phrase in text
    assert main(["info"]) == 0
    assert "kernel set" in capsys.readouterr().out


def test_info_describes_a_network_that_was_never_trained(capsys):
    Network([2, 3], seed=0).save("new.safetensors")
    assert main(["info", "new.safetensors"]) == 0
    assert "none yet" in capsys.readouterr().out


def test_info_and_explain_tell_the_numbers_of_activations(capsys):
    net = Network([2, 3, 3], ("elu", 0.5), output_activation=("leaky_relu", 0.2), seed=0)
    net.save("numbers.safetensors")
    assert main(["info", "numbers.safetensors"]) == 0
    assert "elu(0.5), leaky_relu(0.2)\n" in capsys.readouterr().out
    assert main(["explain", "numbers.safetensors", "--input", "1,2", "--target", "0"]) == 0
    text = capsys.readouterr().out
    assert "2-3-3, elu(0.5), leaky_relu(0.2), squared_error" in text
    assert "elu(0.5): g(z) = z if z > 0, else 0.5 (e^z - 1)\n" in text


def test_info_shows_the_rates_of_dropout(capsys):
    for dropout in ([0.0, 0.25], 0.0):
        Network([2, 3, 3, 1], dropout=dropout, seed=0).save("m")
        assert main(["info", "m"]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        shown = [line[1:] for line in lines if line[:1] == ["dropout"]]
        assert shown == ([["0,", "0.25", "in", "training"]] if dropout else [])


def test_info_copies_nothing_of_the_network_that_it_describes(capsys):
    net = Network([512, 1024, 2], seed=0)
    net.train_step(np.zeros((1, 512)), [1])
    net.save("trained.safetensors")
    loading = peak_bytes(lambda: Network.load("trained.safetensors"))
    main(["info", "trained.safetensors"])  # imports what it needs
    describing = peak_bytes(lambda: main(["info", "trained.safetensors"]))
    assert describing - loading < net.parameters.nbytes / 2
    assert f"{net.parameters.size:,}, float32" in capsys.readouterr().out


def test_a_network_with_preprocessing_of_another_program_is_one_like_any_other(capsys):
    net = Network([2, 3], seed=0)
    net.preprocessing = {"mean": [1.0, 2.0], "words\x1b[2J": "a b"}
    net.save("m")
    assert main(["info", "m"]) == 0
    assert r"another program than fastbp: mean, words\x1b[2J" in capsys.readouterr().out
    assert main(["explain", "m", "--input", "1,2", "--target", "0"]) == 0
    assert "was not saved by fastbp train" in refused(capsys, "predict", "m", "no.csv")


def test_help_names_every_command_and_imports_none(capsys):
    code = (
        "import sys; from fastbp.cli.command import main; main(['--help']); "
        "sys.exit(any(m.startswith(('fastbp.cli.', 'fastbp.bench', 'fastbp.lessons.expla', "
        "'matplotlib')) for m in sys.modules if m != 'fastbp.cli.command'))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert all(name in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"usage: fastbp {command}" in capsys.readouterr().out


def test_optimizers_are_listed_by_the_alphabet(capsys):
    assert main(["train", "--help"]) == 0
    names = re.search(r"--optimizer \{([\w,]+)\}", capsys.readouterr().out)[1].split(",")
    assert names == sorted(name for name, kind in OPTIMIZERS.items() if kind.compiled)


def test_version_and_no_command(capsys):
    import fastbp

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fastbp {fastbp.__version__}\n"
    assert main([]) == 2
    assert "invalid choice: 'trane'" in refused(capsys, "trane")


def test_python_m_fastbp_works_in_a_plain_ascii_pipe():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    output, error = run("train", "--epochs", "3", env=environment).communicate()
    assert error == ""
    assert output.isascii()
    assert output.splitlines()[-1].startswith("held-out accuracy")


def test_names_beyond_the_terminals_encoding_are_escaped():
    write("flowers.csv", flowers(), ("length", "weight", "blüte"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    train = ["train", "flowers.csv", "--target", "blüte", *QUICK]
    output, error = run(*train, env=environment).communicate()
    assert error == ""
    assert "bl\\xfcte" in output


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
def test_a_reader_that_leaves_is_no_error():
    process = run("train", "--epochs", "2000")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_keeps_the_epochs_that_were_trained():
    process = run("train", "--epochs", "100000", "--model", "stopped.safetensors")
    for line in process.stdout:
        if line.lstrip().startswith("1/100000"):
            break
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped: after" in error
    assert "Traceback" not in error
    assert output.splitlines()[-1].startswith("held-out accuracy")
    assert Network.load("stopped.safetensors").sizes[0] == 64


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize("members", ["1", "9"])
def test_ctrl_c_keeps_what_the_networks_of_a_table_have_learnt(members):
    write("flowers.csv", flowers(), FLOWERS)
    process = run(
        "train", "flowers.csv", "--target", "kind", "--epochs", "1000000", "--members", members
    )
    for line in process.stdout:
        if line.startswith("expected"):
            break
    time.sleep(0.5)  # some epochs
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "had begun; saved as it was then: flowers.safetensors" in error
    assert "Traceback" not in error
    assert output.splitlines()[-1].startswith("held-out accuracy")
    model = TableModel.load("flowers.safetensors")
    assert 1 <= len(model.networks) <= int(members)
    assert model.score("flowers.csv") > 0.9


def test_ctrl_c_before_the_first_epoch_saves_nothing(capsys, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Network, "fit", stop)
    assert main(["train"]) == 130
    assert "nothing is saved" in capsys.readouterr().err
    assert os.listdir() == []


def test_ctrl_c_while_reading_is_quiet(capsys, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastbp.cli.train_table.open_source", stop)
    write("flowers.csv", flowers(), FLOWERS)
    assert main(["train", "flowers.csv", "--target", "kind"]) == 130
    assert capsys.readouterr().err == "fastbp train: interrupted\n"


def test_the_curve_can_be_drawn_into_a_file():
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    assert main(["train", "--epochs", "2", "--plot", "curve.svg", "--quiet"]) == 0
    with open("curve.svg", encoding="utf-8") as file:
        assert "<svg" in file.read()


@pytest.mark.parametrize("module", ["fastbp", "fastbp.cli", "script"])
def test_a_kernel_set_that_is_not_there_takes_the_command_one_line(module):
    start = ["-m", module]
    if module == "script":  # as the console script that pip makes
        with open("fastbp", "w", encoding="utf-8") as file:
            file.write("import sys\nfrom fastbp.cli.command import main\nsys.exit(main())\n")
        start = ["fastbp"]
    completed = subprocess.run(
        [sys.executable, *start, "info"],
        env=os.environ | {"FASTBP_ISA": "z80"},
        capture_output=True,
        text=True,
    )
    assert (completed.returncode, completed.stdout, completed.stderr.count("\n")) == (2, "", 1)
    assert completed.stderr.startswith(
        "fastbp: error: FASTBP_ISA='z80' names no kernel set of this build"
    )
    assert "plain" in completed.stderr


@pytest.mark.parametrize("arguments", [["-c", "import fastbp"], ["-m", "fastbp.bench.worker"]])
def test_other_programs_get_the_error_as_an_exception(arguments):
    completed = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"FASTBP_ISA": "z80"},
        capture_output=True,
        text=True,
    )
    assert completed.returncode == 1
    assert completed.stderr.splitlines()[-1].startswith("ImportError: FASTBP_ISA='z80'")
