"""Progress bars, and a table row for each epoch."""

from __future__ import annotations

import time
from typing import TextIO

from fastbp.text.formatting import duration, loss_text
from fastbp.text.streams import can_write, columns_of, flush, is_terminal, standard_output
from fastbp.training.history import History

# Up to so many epochs each has its row; of more, about so many are shown. A terminal has few rows
# to scroll through, a file has many.
_EVERY_EPOCH_UP_TO, _ROWS = 40, 20
_ROWS_ON_A_TERMINAL = 10
_SECONDS_BETWEEN_BARS = 0.1
# An epoch that would not be shown is shown after all when nothing was written for so long: a log
# has nothing else to show that training goes on, a terminal has the bar.
_SECONDS_OF_SILENCE = 10.0
_SECONDS_OF_SILENCE_ON_A_TERMINAL = 60.0
_BAR_WIDTH = 40


class Bar:
    """A progress bar: one line of a terminal; elsewhere nothing is written.

    Parameters
    ----------
    stream : text stream
        Where to write.
    width : int
        Of the bar, in characters.
    sure : float
        The share that must be done before an estimate of the time left is shown.
    """

    def __init__(self, stream: TextIO, width: int = _BAR_WIDTH, sure: float = 0.0) -> None:
        self._stream = stream
        self._sure = sure
        self._width = width
        self.in_terminal = is_terminal(stream)
        self._full, self._empty = "█░" if can_write(stream, "█░") else "#."
        self._length = 0
        self.begin()

    def begin(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._last = -_SECONDS_BETWEEN_BARS

    def show(self, share: float, text: str) -> None:
        """Show the share that is done, a text, and an estimate of the time left."""
        now = time.monotonic()
        if not self.in_terminal or now - self._last < _SECONDS_BETWEEN_BARS:
            return
        self._last = now
        share = min(share, 1.0)
        full = round(share * self._width)
        remaining = ""
        if share > self._sure:
            remaining = f"  {duration((now - self._start) * (1 - share) / share)} left"
        bar = self._full * full + self._empty * (self._width - full)
        line = f"  {bar} {share:4.0%}  {text}{remaining}"
        # A line as wide as the terminal would wrap, and the next bar would not cover it.
        line = line[: columns_of(self._stream) - 1]
        self._write("\r" + line.ljust(self._length))
        self._length = len(line)

    def erase(self) -> None:
        """Take the bar away."""
        if self._length:
            self._write("\r" + " " * self._length + "\r")
            self._length = 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        flush(self._stream)


class Progress:
    """Write the progress of `fit` to a stream, for people.

    In a terminal a bar moves below the rows; elsewhere (a file, a pipe) there are only the rows.
    Of many epochs about 20 are shown, the first and the last among them.

    Parameters
    ----------
    stream : text stream, optional
        Where to write; standard output if not given, and nowhere if there is none.

    Examples
    --------
    >>> from fastbp import Network
    >>> from fastbp.training.progress import Progress
    >>> net = Network([2, 3, 1], seed=0)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = net.fit(X, y, epochs=2, progress=Progress())         # doctest: +SKIP
      epoch      loss       time   samples/s
        1/2    0.2567   0.012 ms     340,000
        2/2    0.2561   0.011 ms     360,000
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = standard_output() if stream is None else stream
        self._bar = Bar(self._stream)
        self._columns = columns_of(self._stream)
        self.begin(0, 0)

    def begin(self, epochs: int, samples: int) -> None:
        """Start a run of so many epochs of so many samples, or of 0: not known before the first."""
        self._epochs = epochs
        self._samples = samples
        if self._bar.in_terminal:
            self._stride = -(-epochs // _ROWS_ON_A_TERMINAL)
            self._silence = _SECONDS_OF_SILENCE_ON_A_TERMINAL
        else:
            self._stride = 1 if epochs <= _EVERY_EPOCH_UP_TO else -(-epochs // _ROWS)
            self._silence = _SECONDS_OF_SILENCE
        self._done = self._shown = self._seen = 0
        self._history: History | None = None
        self._last_row = time.monotonic()
        self._bar.begin()

    def advance(self, samples_done: int) -> None:
        """Show how many samples of the running epoch are done."""
        self._seen = samples_done
        in_epoch = samples_done / self._samples if self._samples else 0.0
        share = (self._done + min(in_epoch, 1.0)) / max(self._epochs, 1)
        self._bar.show(share, f"epoch {min(self._done + 1, self._epochs)}/{self._epochs}")

    def epoch_end(self, history: History) -> None:
        """Write a row for the epoch that has just ended, if it is one to be shown."""
        self._samples = self._samples or self._seen
        self._done = len(history.loss)
        self._history = history
        silence = time.monotonic() - self._last_row
        if self._done in (1, self._epochs) or (
            self._done % self._stride == 0 or silence > self._silence
        ):
            self._row()

    def finish(self) -> None:
        """Write the last epoch's row if training stopped early, and take the bar away."""
        if self._done > self._shown:
            self._row()
        self._bar.erase()

    def _row(self) -> None:
        """Write the row of the last epoch, after a heading if it is the first row."""
        history = self._history
        if history is None:
            return
        seconds = history.seconds[-1]
        rate = self._samples / seconds if seconds > 0 else 0.0
        # The held-out accuracy, where there is one.
        accuracy, name = history.validation_accuracy, "held-out accuracy"
        if not accuracy:
            accuracy, name = history.accuracy, "accuracy"
        cells = [("epoch", f"{self._done}/{self._epochs}", 2 * len(str(self._epochs)) + 1)]
        cells.append(("loss", loss_text(history.loss[-1]), 8))
        if history.validation_loss:
            cells.append(("held-out loss", loss_text(history.validation_loss[-1]), 8))
        if accuracy:
            cells.append((name, f"{100 * accuracy[-1]:.2f} %", 8))
        cells.append(("time", duration(seconds), 11))
        cells.append(("samples/s", f"{rate:,.0f}", 10))
        widths = [max(len(heading), width) for heading, _, width in cells]
        # In a terminal too narrow for a row the last columns are left out; the loss stays.
        while len(cells) > 2 and sum(widths) + 2 * len(widths) - 2 > self._columns:
            del cells[-1], widths[-1]
        self._bar.erase()
        headings, figures, _ = zip(*cells, strict=True)
        for line in [figures] if self._shown else [headings, figures]:
            texts = [str(text).rjust(width) for text, width in zip(line, widths, strict=True)]
            self._write("  ".join(texts) + "\n")
        self._shown = self._done
        self._last_row = time.monotonic()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        flush(self._stream)
