"""Standard streams that are missing, closed or full: the work is done all the same."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import flowers, train_flowers, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network
from fastbp.cli.command import main
from fastbp.text.streams import is_terminal, standard_output, standard_streams
from fastbp.training.progress import Bar, Progress

POSIX = pytest.mark.skipif(os.name != "posix", reason="closes descriptors through a POSIX shell")


def shell(redirection, *arguments):
    """Run ``fastbp ARGUMENTS`` under a shell with a redirection such as ``>&-``."""
    command = f'exec "$0" -m fastbp "$@" {redirection}'
    return subprocess.run(
        ["sh", "-c", command, sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@POSIX
@pytest.mark.parametrize(
    ("redirection", "quiet"),
    [
        *[(closed, []) for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>&-")],
        *[(closed, ["--quiet"]) for closed in (">&-", "<&- >&- 2>&-")],  # writes a part of that
    ],
)
def test_a_network_is_trained_and_saved_without_standard_streams(redirection, quiet):
    completed = shell(redirection, "train", "--epochs", "2", "--model", "m", *quiet)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert Network.load("m").sizes[0] == 64


@POSIX
@pytest.mark.parametrize("command", [["info"], ["explain"], ["--version"], ["bench", "--help"]])
def test_every_command_runs_without_standard_output(command):
    completed = shell(">&-", *command)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")


@POSIX
def test_messages_never_go_to_standard_output():
    completed = shell("2>&-", "predict", "no-such-model", "table.csv")
    assert (completed.returncode, completed.stdout) == (2, "")
    completed = shell(">&- 2>&-", "train", "no-such-table.csv", "--target", "x")
    assert (completed.returncode, completed.stdout, completed.stderr) == (2, "", "")


@POSIX
def test_a_file_never_gets_the_descriptor_of_a_closed_stream():
    code = (
        "import os, fastbp.cli.command\n"
        "fastbp.cli.command._run = lambda *_: os.open('new', os.O_CREAT | os.O_RDWR)\n"
        "raise SystemExit(fastbp.cli.command.main([]))"
    )
    completed = subprocess.run(["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, code])
    assert completed.returncode >= 3


HAS_FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


@HAS_FULL
@pytest.mark.parametrize("command", ["info", "explain", "train"])
def test_standard_output_that_is_full_is_an_error_in_one_line(command):
    completed = shell(">/dev/full", command)
    assert completed.returncode == 2
    assert completed.stderr == f"fastbp {command}: error: No space left on device\n"


@HAS_FULL
def test_a_log_that_is_full_stops_nothing():
    write("rows.csv", [[i, x, y] for i, (x, y, _) in enumerate(flowers())], ["i", "x", "y"])
    # Both have something to note: a column that counts the rows, and one that is not used.
    completed = shell(
        "2>/dev/full", "train", "rows.csv", "--target", "y", "--epochs", "2", "--quiet"
    )
    assert (completed.returncode, completed.stdout[:8]) == (0, "held-out")
    write("more.csv", [[1, 2, 3]], ["i", "x", "more"])
    completed = shell("2>/dev/full", "predict", "rows.safetensors", "more.csv")
    assert (completed.returncode, completed.stdout[:10]) == (0, "prediction")


@HAS_FULL
@pytest.mark.parametrize("command", [["info", "nothing"], ["info", "--nothing"], ["nothing"]])
def test_an_error_that_cannot_be_said_is_still_an_error(command):
    assert shell("2>/dev/full", *command).returncode == 2


@pytest.mark.parametrize(
    "missing", [("stdout",), ("stdout", "stderr"), ("stdin", "stdout", "stderr")]
)
def test_main_runs_in_a_window_without_a_console(monkeypatch, missing):
    for name in missing:
        monkeypatch.setattr(sys, name, None)
    assert main(["train", "--epochs", "1", "--model", "m"]) == 0
    assert main(["explain", "m"]) == 2
    assert all(getattr(sys, name) is None for name in missing)


class OnlyWrites:
    """What `print` takes for a stream, and no more."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


@pytest.mark.parametrize(
    "command",
    [["train", "--epochs", "2"], ["info"], ["explain"], ["predict", "m", "flowers.csv"]],
)
def test_a_stream_that_only_writes_is_enough_for_a_command(monkeypatch, command):
    train_flowers()
    Path("flowers.safetensors").rename("m")
    monkeypatch.setattr(sys, "stdout", stream := OnlyWrites())
    assert main(command) == 0
    assert stream.text.isascii()  # it names no encoding
    assert len(stream.text) > 100


def fit(**options):
    return Network([2, 1], seed=0).fit([[0.0, 1.0]], [1.0], epochs=2, **options)


def test_progress_is_written_to_a_stream_that_only_writes(monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream := OnlyWrites())
    fit(progress=True)
    assert [line.split()[0] for line in stream.text.splitlines()] == ["epoch", "1/2", "2/2"]
    fit(progress=Progress(other := OnlyWrites()))
    assert len(other.text.splitlines()) == 3


@pytest.mark.parametrize("stream", [None, "closed"])
def test_fit_shows_its_progress_nowhere_if_there_is_no_standard_output(monkeypatch, stream):
    if stream == "closed":
        stream = io.StringIO()
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    assert len(fit(progress=True).loss) == 2


def test_a_bar_needs_no_isatty():
    Bar(stream := OnlyWrites()).show(0.5, "half")
    assert stream.text == ""
    assert not is_terminal(stream)


def test_streams_that_are_there_are_left_alone(capsys):
    before = sys.stdin, sys.stdout, sys.stderr
    with standard_streams():
        assert (sys.stdin, sys.stdout, sys.stderr) == before
        assert standard_output() is sys.stdout
        print("here")
    assert capsys.readouterr().out == "here\n"
