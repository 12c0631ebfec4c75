"""A learner's file in its own process, with a time limit, on the ladder's workers."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastbp.bench.protocol import Local
from fastbp.bench.worker import DiedError, HungError, Worker
from fastbp.learner_code.endless import source_line, where_it_was, why_endless
from fastbp.learner_code.learner_file import Description, LearnerFile

SECONDS = 5.0
START_SECONDS = 120.0  # for Python to start and import NumPy, on a busy machine
GRACE = 0.25  # seconds beyond the limit, for the pipe to a busy process


class ImportFailedError(RuntimeError):
    """A learner's file cannot be imported; says why."""


class Session:
    """A learner's file in a process of its own; a new one after a call that did not end.

    Parameters
    ----------
    path : str
        The file.
    seconds : float
        The limit for its import, and for the calls of each function together.
    own_process : bool
        False calls it in this process, without a limit.
    """

    def __init__(self, path: str, seconds: float = SECONDS, own_process: bool = True) -> None:
        self._path, self.seconds, self._kind = path, seconds, Worker if own_process else Local
        self._folder = tempfile.TemporaryDirectory()
        self._dump = str(Path(self._folder.name) / "where")
        self._call: Any = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: object) -> None:
        if self._call is not None:
            self._call.kill()
        self._folder.cleanup()

    def __call__(self, method: str, *args: Any, seconds: float, activity: str | None = None) -> Any:
        """Call a method of the :class:`LearnerFile`."""
        if self._call is None:
            self._call = self._kind(LearnerFile)
            self._open()
        return self._ask(method, *args, seconds=seconds, activity=activity)

    def _open(self) -> None:
        try:
            self._ask("open", self._path, self._dump, seconds=START_SECONDS)
            if self._kind is Worker:
                self._ask("limit_memory")
            self._ask("load", self.seconds)
        except HungError:
            stopped = f"its import never ends: it was stopped after {self.seconds:g} s"
            words = "; ".join(filter(None, [stopped, self.where_words()]))
            raise ImportFailedError(
                f'{words}. What trains belongs under if __name__ == "__main__":'
            ) from None
        except RuntimeError as error:
            why = str(error).partition("\n")[0]
            raise ImportFailedError(f"it cannot be imported: {why}") from None

    def _ask(
        self, method: str, *args: Any, activity: str | None = None, seconds: float | None = None
    ) -> Any:
        limit = (self.seconds if seconds is None else seconds) + GRACE
        try:
            return self._call(method, *args, timeout=limit, activity=activity)
        except DiedError:
            self._call.kill()
            self._call = None
            raise

    def description(self) -> Description:
        """What the file has."""
        found: Description = self("describe", seconds=self.seconds)
        return found

    def where_words(self) -> str:
        """What keeps a loop going, or else where the file was when its time was up."""
        places = []
        with suppress(OSError):
            places = where_it_was(Path(self._dump).read_text("utf-8"))
        if not places:
            return ""
        path, line = places[0]
        at = f"it was at line {line} of {Path(path).name}, {source_line(path, line)!r}"
        return next(filter(None, (why_endless(*place) for place in places)), at)
