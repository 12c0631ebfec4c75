"""A build of fastbp, by the name that a command line has for it, and a process that it runs in."""

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from multiprocessing import Pipe
from pathlib import Path

from fastbp.bench import protocol
from fastbp.bench.worker import Worker

PROGRAM = Path(__file__).with_name("build_worker.py")


class Interpreter(subprocess.Popen):
    """A process of another interpreter, with what Worker asks of one of multiprocessing."""

    join = subprocess.Popen.wait
    exitcode = property(subprocess.Popen.poll)  # None while it runs


class BuildProcess(Worker):
    """The process of one build, asked as a Worker is; build_worker.py says for what.

    ``variables`` are environment variables, beside those of this process. The cores for so many
    ``threads`` are limited where it is started.
    """

    def __init__(self, place, variables=None, threads=1):
        python, folder = locate(place)
        environment = {**os.environ, **(variables or {})}
        environment.pop("PYTHONPATH", None)  # or all builds would be one
        if folder:
            environment["PYTHONPATH"] = folder
        self._pipe, theirs = Pipe()
        arguments = str(threads), protocol.__file__, str(theirs.fileno())
        self._process = Interpreter(
            [python, PROGRAM, *arguments], pass_fds=[theirs.fileno()], env=environment
        )
        theirs.close()


def locate(place):
    """The interpreter of a build, and the folder that fastbp is in if it is not installed there."""
    path = Path(place)
    # Without compiled modules there, an editable install would lend it those of another tree.
    if any((path / "fastbp" / f"_boundary{suffix}").is_file() for suffix in EXTENSION_SUFFIXES):
        return sys.executable, str(path.resolve())
    for python in (path, path / "bin" / "python", path / "Scripts" / "python.exe"):
        if python.is_file():
            return str(python.absolute()), None  # not resolved: a link decides what is installed
    raise ValueError(
        f"{place} is no build; give a virtual environment, its interpreter, or a folder that holds "
        "a built fastbp"
    )


def check_builds(paths, fail):
    """Call ``fail`` with the reason if one of them is no build."""
    for path in paths:
        try:
            locate(path)
        except ValueError as error:
            fail(str(error))
