"""The side of a call where the object is; :class:`fastbp.bench.worker.Worker` has the other one.

This imports the standard library alone: ``benchmarks/build_worker.py`` loads it by its path, in
interpreters that have older builds of fastbp, with another version of this file or none.
"""

import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any


class Local:
    """An object in this process, with the interface of a Worker.

    ``call("open", *arguments)`` makes the object, ``kind(*arguments, threads=threads)``;
    ``call(method, *arguments)`` calls it.
    """

    def __init__(self, kind: Callable[..., Any], threads: int = 1) -> None:
        self._kind, self._threads, self._object = kind, threads, None

    def __call__(self, method: str, *arguments: Any, **of_a_process: object) -> Any:
        """Make the object, or call one of its methods; nothing limits the time it takes."""
        if method == "open":
            self._object = None  # frees the last one's memory first
            self._object = self._kind(*arguments, threads=self._threads)
            return None
        return getattr(self._object, method)(*arguments)

    def wait_until_idle(self) -> None:
        """Return at once: this process does not wait for itself."""

    def close(self) -> None:
        """Release the object."""
        self._object = None

    kill = close


def type_and_message(error: BaseException) -> str:
    """One line about an error.

    >>> type_and_message(ValueError("too long"))
    'ValueError: too long'
    """
    return f"{type(error).__name__}: {error}"


def serve(
    pipe: Connection,
    call: Callable[..., Any],
    one_line: Callable[[BaseException], str] = type_and_message,
) -> None:
    """Serve calls until the pipe closes.

    A method and its arguments come in. The result and None go out, or None and the text of an
    error: a line about it, then its traceback.
    """
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # whoever asked is gone
        while True:
            method, arguments = pipe.recv()
            try:
                pipe.send((call(method, *arguments), None))
            except Exception as error:
                pipe.send((None, f"{one_line(error)}\n{traceback.format_exc()}"))
