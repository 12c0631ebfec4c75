"""Progress and learning curves, as they appear in a terminal, in a file and as a picture."""

import io
import sys

import numpy as np
import pytest

from fastbp import History, Network
from fastbp.cli.learning_curve import check_plot, draw, plot
from fastbp.text.formatting import duration, loss_text
from fastbp.training.progress import Bar, Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and can play back what it shows."""

    encoding = "utf-8"

    def isatty(self):
        return True

    def screen(self):
        """The lines on the screen, carriage returns obeyed."""
        lines = []
        for line in self.getvalue().split("\n"):
            visible = ""
            for part in line.split("\r"):
                visible = part + visible[len(part) :]
            lines.append(visible.rstrip())
        return lines


def history(epochs, *, validation=True, accuracy=True):
    loss = (2 * np.exp(-np.arange(epochs) / 4) + 0.01).tolist()
    losses = (1 - 0.8 * np.exp(-np.arange(epochs) / 3)).tolist()
    return History(
        loss=loss,
        accuracy=losses if accuracy else [],
        validation_loss=loss if validation else [],
        validation_accuracy=losses if validation and accuracy else [],
        seconds=[0.0061] * epochs,
    )


def follow(stream, epochs, *, samples=1000, stop=None, **kind):
    progress = Progress(stream)
    full, growing = history(epochs, **kind), History()
    progress.begin(epochs, samples)
    for epoch in range(1, (stop or epochs) + 1):
        for done in range(0, samples, 250):
            progress.advance(done)
        for name, values in vars(full).items():
            if values:
                getattr(growing, name).append(values[epoch - 1])
        progress.epoch_end(growing)
    progress.finish()
    return stream


def test_a_file_gets_a_heading_and_a_clean_line_an_epoch():
    text = follow(io.StringIO(), 40).getvalue()
    lines = text.splitlines()
    assert len(lines) == 41
    assert lines[0].split("  ")[0] == "epoch"
    assert "held-out accuracy" in lines[0]
    assert lines[-1].split()[0] == "40/40"
    assert "\r" not in text
    assert "\x1b" not in text
    assert text.isascii()


@pytest.mark.parametrize("epochs", [41, 100, 999, 100_000])
def test_many_epochs_make_about_twenty_lines(epochs):
    lines = follow(io.StringIO(), epochs, samples=1).getvalue().splitlines()
    assert 14 <= len(lines) <= 23
    assert lines[1].split()[0] == f"1/{epochs}"
    assert lines[-1].split()[0] == f"{epochs}/{epochs}"


@pytest.mark.parametrize("kind", [{}, {"accuracy": False}, {"validation": False}])
def test_lines_fit_in_80_columns_and_stand_in_columns(kind):
    lines = follow(io.StringIO(), 1000, **kind).getvalue().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 79


def test_the_last_epoch_is_shown_when_training_stops_early():
    lines = follow(io.StringIO(), 1000, stop=77).getvalue().splitlines()
    assert lines[-1].split()[0] == "77/1000"


def test_a_long_silence_is_broken(monkeypatch):
    now = iter(range(0, 10**6, 40))
    monkeypatch.setattr("fastbp.training.progress.time.monotonic", lambda: next(now))
    assert len(follow(io.StringIO(), 1000, stop=30).getvalue().splitlines()) > 10


@pytest.mark.parametrize(
    ("stream", "seconds", "rows"),
    [
        (io.StringIO(), 11, 30),  # every epoch
        (io.StringIO(), 9, 15),  # every second one: after 18 s
        (Terminal(), 11, 5),  # every sixth one: after 66 s
    ],
)
def test_a_log_is_silent_for_ten_seconds_and_a_terminal_for_sixty(
    monkeypatch, stream, seconds, rows
):
    now = 0.0
    monkeypatch.setattr("fastbp.training.progress.time.monotonic", lambda: now)
    progress, growing = Progress(stream), History()
    progress.begin(1000, 1)
    for epoch in range(30):
        now = float(epoch * seconds)
        growing.loss.append(0.5)
        growing.seconds.append(1.0)
        progress.epoch_end(growing)
    assert stream.getvalue().count("/1000") == rows


def test_a_terminal_has_a_bar_that_leaves_no_trace(monkeypatch):
    monkeypatch.setattr("fastbp.training.progress._SECONDS_BETWEEN_BARS", 0)
    terminal = follow(Terminal(), 5)
    assert "█" in terminal.getvalue()
    assert "left" in terminal.getvalue()
    lines = terminal.screen()
    assert [line.split()[0] for line in lines[1:-1]] == [f"{i}/5" for i in range(1, 6)]
    assert lines[-1] == ""


def test_a_bar_makes_no_guess_before_it_can_be_sure(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for fraction, guesses in [(0.0, False), (0.04, False), (0.06, True)]:
        terminal = Terminal()
        Bar(terminal, sure=0.05).show(fraction, "proving")
        assert "proving" in terminal.getvalue()
        assert (" left" in terminal.getvalue()) is guesses


def test_the_bar_is_taken_away_after_an_error():
    terminal = Terminal()
    progress = Progress(terminal)
    progress.begin(3, 100)
    progress.advance(50)
    progress.finish()
    assert terminal.screen() == [""]


def test_a_dumb_terminal_is_treated_as_a_file(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\r" not in follow(Terminal(), 3).getvalue()


def test_a_narrow_terminal_is_not_overrun(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    progress = Progress(terminal)
    progress.begin(3, 100)
    progress.advance(50)
    assert len(terminal.getvalue()) <= 30


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 79])
def test_rows_in_a_narrow_terminal_leave_their_last_columns_out(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [line for line in follow(Terminal(), 3).screen() if line]
    assert len(lines) == 4
    assert max(map(len, lines)) <= columns
    assert "loss" in lines[0]
    assert ("samples/s" in lines[0]) is (columns == 79)
    # A file has room for all of them.
    assert "samples/s" in follow(io.StringIO(), 3).getvalue()


def test_an_encoding_without_blocks_gets_ascii():
    terminal = Terminal()
    terminal.encoding = "ascii"
    assert follow(terminal, 3).getvalue().isascii()


def test_no_epochs_and_no_samples_write_nothing():
    progress = Progress(stream := Terminal())
    progress.begin(0, 0)
    progress.finish()
    assert stream.getvalue() == ""


def test_fit_reports_to_standard_output(capsys):
    net = Network([2, 3, 1], seed=0)
    X, y = np.random.default_rng(0).random((40, 2)), np.zeros(40)
    net.fit(X, y, epochs=3, progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "1/3", "2/3", "3/3"]
    net.fit(X, y, epochs=1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00031, "0.31 ms"),
        (0.0061, "6.1 ms"),
        (0.99999, "1.0 s"),
        (2.44, "2.4 s"),
        (59.96, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7300, "2 h 1 min"),
    ],
)
def test_durations_are_written_for_people(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("loss", "text"), [(0.0, "0.0000"), (1.23456, "1.2346"), (0.000012, "1.2e-05"), (1e7, "1e+07")]
)
def test_losses_are_written_in_a_few_characters(loss, text):
    assert loss_text(loss) == text


@pytest.mark.parametrize("braille", [True, False])
@pytest.mark.parametrize("epochs", [2, 3, 30, 500])
def test_the_curve_fits_in_80_columns(epochs, braille):
    text = draw(history(epochs), braille=braille)
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) == 9
    assert text.isascii() is not braille
    assert f"epoch {epochs}" in text
    assert "held-out accuracy" in text


@pytest.mark.parametrize("braille", [True, False])
def test_in_a_narrow_terminal_the_panels_stand_one_below_the_other(braille):
    beside = draw(history(30), braille=braille, columns=78).splitlines()
    below = draw(history(30), braille=braille, columns=77).splitlines()
    assert max(map(len, below)) <= 38
    assert len(below) == 2 * len(beside) + 1
    for panel, start in ((below[:9], 0), (below[10:], 40)):
        assert panel == [line[start : start + 38].rstrip() for line in beside]


def test_the_curve_falls_from_top_left_to_bottom_right():
    falling = History(loss=[3.0, 2.0, 1.0])
    rows = [line.split("|")[1] for line in draw(falling, braille=False).splitlines()[1:7]]
    columns = [row.index("*") for row in rows]
    assert columns == sorted(columns)
    assert columns[0] == 0
    assert rows[-1].rstrip().endswith("*")
    assert len(rows[-1].rstrip()) == 28


def test_there_is_no_curve_of_one_epoch_or_of_nonsense():
    assert draw(history(1)) == ""
    assert draw(History(loss=[1.0, float("nan")])) == ""


def test_a_flat_curve_and_zeros_are_drawn():
    assert "epoch 3" in draw(History(loss=[0.0, 0.0, 0.0]))
    assert "(log scale)" not in draw(History(loss=[5.0, 1.0, 0.0]))


@pytest.mark.parametrize("ending", [".svg", ".png"])
@pytest.mark.parametrize("kind", [{}, {"accuracy": False}, {"validation": False}])
def test_a_picture_is_drawn(tmp_path, ending, kind):
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    path = tmp_path / f"curve{ending}"
    check_plot(path)
    plot(history(5, **kind), path, "a title")
    assert path.read_bytes().startswith({".svg": b"<?xml", ".png": b"\x89PNG"}[ending])


def test_a_picture_without_matplotlib_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ValueError, match=r"pip install 'fastbp\[plot\]'"):
        check_plot(tmp_path / "curve.svg")
    with pytest.raises(ValueError, match=r"must be one of \.svg"):
        check_plot(tmp_path / "curve.gif")
