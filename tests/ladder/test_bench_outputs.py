"""What `fastbp bench` measured reaches its files, whatever becomes of the tables it prints."""

import errno
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from ladder_results import select, small

from fastbp.bench import command, reading, runner
from fastbp.cli import main

SHAPES = ("784-30-10", "64-64-10")
FILES = ("--json", "figures.json", "--html", "page.html", "--plot", "plots")


class Stream:
    """Standard output that fails from some moment on; with neither isatty nor an encoding."""

    def __init__(self, until, error):
        self.written, self._until, self._error = "", until, error

    def write(self, text):
        if self._until is not None and self._until in self.written + text:
            raise self._error
        self.written += text

    def flush(self):
        pass

    def fileno(self):
        raise OSError("it has no number")


class TwoTables(runner.Runner):
    """A run of two tables that are measured in no time."""

    error = None

    def _problem(self, members, problem, dtype, threads):
        results = select(small(), shape=problem.shape, rung="fit", kernel="step")
        self.document["results"] += results
        yield runner.Table(problem, dtype, threads, "step", results, {})
        if self.error is not None:
            raise self.error

    def _measure_limits(self, limits, dtype, threads):
        self.document["roofs"] = small()["roofs"]


@pytest.fixture(autouse=True)
def _two_tables(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "Runner", TwoTables)
    silent = SimpleNamespace(close=lambda: None)
    monkeypatch.setattr(runner, "_start_limits_process", lambda threads: silent)


def measured(path="figures.json"):
    """The shapes in a file that is right, and whether it says that the run was interrupted."""
    run = reading.load(path)
    return tuple(dict.fromkeys(result.shape for result in run.results)), run.interrupted


def bench(*arguments):
    return main(["bench", "--rungs", "fit", "--sizes", *SHAPES, *arguments])


BROKEN = BrokenPipeError(errno.EPIPE, "Broken pipe")
FULL = OSError(errno.ENOSPC, "No space left on device")
CLOSED = ValueError("I/O operation on closed file.")
MOMENTS = ["The same network", SHAPES[0] + ",", SHAPES[1] + ",", "What each rung", "wrote figures"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("error", "code", "message"),
    [(BROKEN, 141, ""), (FULL, 2, "No space left"), (CLOSED, 2, "closed file")],
    ids=["broken", "full", "closed"],
)
def test_all_is_measured_and_written_when_standard_output_fails(
    monkeypatch, capsys, moment, error, code, message
):
    monkeypatch.setattr(sys, "stdout", Stream(moment, error))
    assert bench(*FILES) == code
    assert measured() == (SHAPES, False)
    err = capsys.readouterr().err
    for path in FILES[1::2]:
        assert os.path.exists(path)
        assert f"fastbp bench: wrote {path}\n" in err
    assert message in err


@pytest.mark.parametrize("error", [BROKEN, FULL, CLOSED], ids=["broken", "full", "closed"])
def test_without_a_file_a_run_whose_output_fails_ends_at_once(monkeypatch, error):
    monkeypatch.setattr(TwoTables, "_problem", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr(sys, "stdout", Stream("The same", error))
    assert bench() in (2, 141)


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), MemoryError(), KeyboardInterrupt()], ids=repr
)
def test_what_was_measured_before_an_error_is_written(monkeypatch, capsys, error):
    monkeypatch.setattr(TwoTables, "error", error)
    if isinstance(error, RuntimeError):
        with pytest.raises(RuntimeError, match="odd"):
            bench(*FILES)
    else:
        assert bench(*FILES) == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert measured() == (SHAPES[:1], True)
    assert os.path.exists("page.html")


def test_what_was_measured_before_ctrl_c_in_printing_is_written(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Stream(SHAPES[1] + ",", KeyboardInterrupt()))
    assert bench(*FILES) == 130
    assert measured() == (SHAPES, True)
    assert "fastbp bench: wrote figures.json\n" in capsys.readouterr().err


def test_an_old_file_stays_when_nothing_was_measured_before_an_error(monkeypatch):
    def fail(*arguments):
        raise MemoryError
        yield

    monkeypatch.setattr(TwoTables, "_problem", fail)
    Path("figures.json").write_text("old")
    assert bench(*FILES) == 2
    assert Path("figures.json").read_text() == "old"
    assert not os.path.exists("page.html")


def test_a_file_that_cannot_be_written_is_told_though_standard_output_failed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Stream(SHAPES[0] + ",", BROKEN))
    monkeypatch.setattr("fastbp.bench.output_files.check", lambda paths: None)
    os.mkdir("figures.json")
    assert bench(*FILES) == 2
    err = capsys.readouterr().err
    assert "--json figures.json could not be written" in err
    assert "fastbp bench: wrote page.html\n" in err


@pytest.mark.parametrize("stream", [None, Stream(None, None)], ids=["none", "bare"])
def test_a_run_needs_no_standard_output(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    parser = ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args(["--rungs", "fit", "--sizes", *SHAPES, *FILES])
    assert command.run(args) == 0
    assert measured() == (SHAPES, False)
    if stream is not None:
        assert stream.written.isascii()  # nobody said that it takes more
        assert "wrote figures.json" in stream.written


def test_two_files_are_compared_without_a_standard_output(monkeypatch):
    assert bench(*FILES) == 0
    monkeypatch.setattr(sys, "stdout", None)
    assert command._compare("figures.json", "figures.json") == 0


@pytest.mark.parametrize(
    ("full", "code", "message"), [(False, 141, ""), (True, 2, "fastbp bench: error: ")]
)
def test_the_files_are_written_when_a_pipe_has_no_reader_or_a_disk_is_full(
    monkeypatch, full, code, message
):
    if full and not os.path.exists("/dev/full"):
        pytest.skip("it needs a device that is full")
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    command = [sys.executable, "-m", "fastbp", "bench", "--rungs", "fit", "--sizes", "2-2"]
    reader, writer = os.pipe()
    os.close(reader)
    with open("/dev/full" if full else writer, "wb") as stdout:
        process = subprocess.run(
            [*command, "--seconds", "0", *FILES[:2]],
            stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", timeout=60,
        )  # fmt: skip
    assert process.returncode == code, process.stderr
    assert measured() == (("2-2",), False)
    assert process.stderr.startswith(f"fastbp bench: wrote figures.json\n{message}")
    assert process.stderr.count("\n") == 1 + full
