"""The loop that serves calls from another process; :class:`fastbp.bench.worker.Worker` calls.

It imports the standard library alone: ``benchmarks/build_worker.py`` loads it by its path, in
interpreters that have older builds of fastbp, with another version of this file or none.
"""

import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


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
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((call(method, *arguments), None))
        except Exception as error:
            pipe.send((None, f"{one_line(error)}\n{traceback.format_exc()}"))
