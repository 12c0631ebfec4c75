"""Error messages for a failed rung: what it was doing, and the line in the user's own file."""

import sysconfig
import traceback
from pathlib import Path

import fastbp

# Method of RungServer, TimedRung or LearnerFile -> the phase of the run, for an error message.
WHEN = {
    "open": "when it was imported",
    "load": "when it was imported",
    "traits": "when it was made",
    "first_step": "when it was first run",
    "rows": "when its first steps were run",
    "run_case": "when it was proved",
    "prepare": "when it was made to be timed",
    "memory": "when its memory was counted",
    "calibrate": "when it was run to be timed",
    "time": "when it was timed",
    "afterwards": "when it was looked at after its rounds",
    "overhead": "when its call was timed",
}
# The module of every rung of a Cython file, whose own name need not be one in Python.
CYTHON_MODULE = "fastbp_rung"
_LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
NOT_USER_CODE = [Path(folder).resolve() for folder in (*fastbp.__path__, *_LIBRARIES)]


def when(method: str) -> str:
    """The phase in which a method is called; the method's name for any other one.

    >>> when("traits"), when("other")
    ('when it was made', 'in other')
    """
    return WHEN.get(method, f"in {method}")


def place(error: BaseException) -> str:
    """The innermost line of user code in a traceback; empty if there is none.

    User code belongs neither to fastbp nor to Python or installed packages. A Cython rung's file is
    known by its suffix and its module: Cython writes down where it was relative to another folder.

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
        module, _, function = frame.name.rpartition(".")
        if module == CYTHON_MODULE and path.suffix == ".pyx":
            return f"({path.name}, line {frame.lineno}, in {function})"
        if path.is_file() and not any(map(path.resolve().is_relative_to, NOT_USER_CODE)):
            return f"({path.name}, line {frame.lineno}, in {frame.name})"
    return ""
