"""How it is told that a rung failed: what was done to it, and where in whose file."""

import sysconfig
import traceback
from pathlib import Path

import fastbp

# What a process was asked (see host.py) -> when that is, for who did not write this.
WHEN = {
    "open": "when it was imported",
    "look": "when it was made",
    "first_step": "when it was first run",
    "rows": "when its first steps were run",
    "trial": "when it was proved",
    "prepare": "when it was made to be timed",
    "memory": "when its memory was counted",
    "calibrate": "when it was run to be timed",
    "time": "when it was timed",
    "afterwards": "when it was looked at after its rounds",
    "overhead": "when its call was timed",
}
_LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
NOT_THEIRS = [Path(folder).resolve() for folder in (*fastbp.__path__, *_LIBRARIES)]


def when(method: str) -> str:
    """When a process does what it is asked by this name.

    >>> when("look"), when("told")
    ('when it was made', 'in told')
    """
    return WHEN.get(method, f"in {method}")


def place(error: BaseException) -> str:
    """The last line of a user's own that an error went through; empty where there is none.

    Own is what belongs neither to fastbp nor to Python or its packages.

    Examples
    --------
    >>> try:
    ...     [][0]
    ... except IndexError as error:
    ...     place(error)
    ''
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(map(path.resolve().is_relative_to, NOT_THEIRS)):
            return f"({path.name}, line {frame.lineno}, in {frame.name})"
    return ""
