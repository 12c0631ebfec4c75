"""The files that `fastbp train` writes: tried before the training, and never lost after it."""

import errno
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from command_line import FLOWERS, flowers, refused, run, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network
from fastbp.cli import learning_curve
from fastbp.cli.command import main
from fastbp.cli.output_files import check_outputs, save_with_fallback

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def no_training(monkeypatch):
    """Fail if anything is trained."""

    def fit(*args, **kwargs):
        raise AssertionError("it was trained before its files were tried")

    monkeypatch.setattr(Network, "fit", fit)


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """The temporary folder and the home folder, both new ones."""
    for name in ("temporary", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return tmp_path / "temporary", tmp_path / "home"


def forbid(monkeypatch, call, *, inside=None):
    """Let a call of `os` fail as in a folder that is read-only, for root too."""
    real = getattr(os, call)

    def refuse(path, *args, **kwargs):
        if inside is None or Path(path).parent == Path(inside).resolve():
            if call == "access":
                return False
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(f"fastbp.model_file.atomic_write.os.{call}", refuse)


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("option", ["--model", "--plot", None])
@pytest.mark.usefixtures("no_training")
def test_a_read_only_folder_is_found_before_the_training(capsys, monkeypatch, option, force):
    os.mkdir("ro")
    forbid(monkeypatch, "open", inside="ro" if option else ".")
    arguments = [option, "ro/m.svg"] if option else []
    path = "ro/m.svg" if option else "fastbp-digits.safetensors"
    error = refused(capsys, "train", *arguments, *force)
    assert f"{path} cannot be written (Permission denied); give another place with -" in error
    assert os.listdir("ro") == []


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.usefixtures("no_training")
def test_a_write_protected_model_is_found_before_the_training(capsys, monkeypatch, force):
    Network([64, 10]).save("old")
    before = Path("old").read_bytes()
    os.chmod("old", 0o444)
    if ROOT:  # for whom everything is writable
        forbid(monkeypatch, "access")
    error = refused(capsys, "train", "--model", "old", *force)
    assert "old cannot be written (the file is write-protected)" in error
    assert Path("old").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="there are no devices and pipes by name")
@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("path", ["/dev/null", "pipe"])
@pytest.mark.usefixtures("no_training")
def test_what_is_no_regular_file_is_found_before_the_training(capsys, path, force):
    if path == "pipe":
        os.mkfifo(path)
    error = refused(capsys, "train", "--model", path, *force)
    assert f"--model is {path}, which is not a regular file; give another name" in error


@pytest.mark.usefixtures("no_training")
def test_two_outputs_and_what_is_read_are_different_files(capsys):
    write("t.svg", flowers(), FLOWERS)
    table = ["train", "t.svg", "--target", "kind", "--force"]
    assert "--plot is t.svg, a file that is read" in refused(capsys, *table, "--plot", "t.svg")
    assert "--model is t.svg, a file that is read" in refused(capsys, *table, "--model", "t.svg")
    error = refused(capsys, *table, "--model", "a.svg", "--plot", "./a.svg")
    assert "--model and --plot are both a.svg; give two names" in error


def test_options_that_are_not_given_are_not_tried():
    check_outputs({"--model": Path("m"), "--plot": None}, [None])
    assert os.listdir() == []


def failing_save(monkeypatch, *folders):
    """Let `Network.save` fail in the present folder, and in these."""
    save = Network.save

    def fail(self, path):
        place = Path(path).resolve()
        if place.parent == Path.cwd() or any(map(place.is_relative_to, folders)):
            raise FULL
        save(self, path)

    monkeypatch.setattr(Network, "save", fail)


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
@pytest.mark.parametrize("full", [0, 1])
def test_what_cannot_be_saved_is_saved_in_a_temporary_folder(
    capsys, monkeypatch, folders, full, quiet
):
    with monkeypatch.context() as patch:
        failing_save(patch, *folders[:full])
        assert main(["train", "--epochs", "2", "--model", "m", *quiet]) == 2
    output = capsys.readouterr()
    match = re.fullmatch(
        r"fastbp train: error: m could not be written \(No space left on device\); the trained "
        r"model is saved in (.+)\n",
        output.err,
    )
    place = Path(match[1])
    assert place.name == "m"
    assert place.parent.parent == folders[full]
    accuracy = re.search(r"held-out accuracy (\d+\.\d\d) %$", output.out.strip())[1]
    assert main(["train", "--epochs", "2", "--model", "same", "--quiet"]) == 0
    assert capsys.readouterr().out == f"held-out accuracy {accuracy} %\n"
    assert (Network.load(place).parameters == Network.load("same").parameters).all()


def test_what_can_be_saved_nowhere_is_the_first_error(capsys, monkeypatch, folders):
    failing_save(monkeypatch, *folders)
    assert "No space left on device" in refused(capsys, "train", "--epochs", "1", "--model", "m")
    assert [os.listdir(folder) for folder in folders] == [[], []]


def test_a_place_that_turned_into_a_folder_costs_no_network(folders):
    def save(path):
        if path == Path("m"):
            raise ValueError("path: m is not a regular file")
        path.write_text("saved")

    place, error = save_with_fallback(save, Path("m"))
    assert isinstance(error, ValueError)
    assert place.read_text() == "saved"


def test_a_report_that_fails_comes_after_the_model_is_saved(capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise FULL

    monkeypatch.setattr("fastbp.cli.train_report.draw", fail)
    assert "No space left" in refused(capsys, "train", "--epochs", "1", "--model", "m")
    assert Network.load("m").sizes[0] == 64


def test_a_full_log_ends_the_training_and_keeps_the_network(capsys, monkeypatch):
    def fail(self, history):
        if len(history.loss) == 3:
            raise FULL

    monkeypatch.setattr("fastbp.training.progress.Progress.epoch_end", fail)
    assert main(["train", "--epochs", "9", "--model", "m"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith("fastbp train: stopped: after 3 of 9 epochs; saved as it was")
    assert error[1] == "fastbp train: error: No space left on device"
    assert Network.load("m").sizes[0] == 64


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_and_a_disk_that_is_full_keep_the_network_too(tmp_path, folders):
    code = (
        "import errno, os, fastbp, fastbp.cli.command\n"
        "save = fastbp.Network.save\n"
        "def fail(net, path):\n"
        "    if os.path.dirname(path) == '': raise OSError(errno.ENOSPC, 'full')\n"
        "    save(net, path)\n"
        "def stop(self, history): raise KeyboardInterrupt\n"
        "fastbp.Network.save = fail\n"
        "from fastbp.training.progress import Progress\n"
        "Progress.epoch_end = stop\n"
        "raise SystemExit(fastbp.cli.command.main(['train', '--model', 'm']))"
    )
    environment = {**os.environ, "TMPDIR": str(folders[0])}
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert completed.returncode == 2
    place = re.search(r"saved in (.+)\n", completed.stderr)[1]
    assert f"stopped: after 1 of 40 epochs; saved as it was then: {place}" in (completed.stderr)
    assert Network.load(place).sizes[0] == 64


def test_a_picture_replaces_the_old_one_as_a_whole(monkeypatch):
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    Path("c.svg").write_text("old")

    def fail(path, chunks):
        raise FULL

    monkeypatch.setattr(learning_curve, "replace_file", fail)
    with pytest.raises(OSError, match="No space"):
        learning_curve.plot(learning_curve.History(loss=[2.0, 1.0]), Path("c.svg"))
    assert Path("c.svg").read_text() == "old"


def test_the_command_refuses_before_it_works_as_a_process_too():
    process = run("train", "--model", "/dev/null", "--force")
    output, error = process.communicate()
    assert (process.returncode, output) == (2, "")
    assert "not a regular file" in error
