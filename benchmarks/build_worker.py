"""The process of one build of fastbp: it trains and predicts as benchmarks/builds.py asks it to.

It runs in that build's interpreter, and uses only public names of fastbp, so that old builds work
too. The first argument is the number of an inherited pipe.
"""

import os
import sys
import warnings
from multiprocessing.connection import Connection

from peers import Fastbp

import fastbp


class Build(Fastbp):
    """fastbp with a given number of threads, on as many cores."""

    def __init__(self, workload, dtype, threads):
        super().__init__(workload, dtype, threads)
        self._how["n_threads"] = threads


def about():
    """Where fastbp is, and what it says of itself."""
    return {"folder": os.path.dirname(fastbp.__file__), "version": fastbp.__version__}


class CurrentBuild:
    """One workload at a time, on some of the cores that the process started with."""

    def __init__(self):
        self._cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        self._threads, self._build = 1, None

    about = staticmethod(about)

    def use(self, threads):
        """Take so many cores and threads for what is opened next."""
        self._threads = threads
        if self._cores:
            os.sched_setaffinity(0, self._cores[-threads:])

    def open(self, workload, dtype):
        """Make a workload's network and data."""
        self._build = None  # frees the last one's memory first
        self._build = Build(workload, dtype, self._threads)

    def __getattr__(self, name):
        return getattr(self._build, name)


def serve(pipe, obj):
    """Serve calls of an object's methods until the pipe closes, as fastbp.bench.worker does."""
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((getattr(obj, method)(*arguments), None))
        except Exception as error:
            pipe.send((None, f"{type(error).__name__}: {error}"))


def main(obj):
    """Serve the pipe whose number is the first argument.

    What is trained is noise, and none can learn it. The warnings are filtered by their text, since
    fastbp looks for no causes where all of its warnings are ignored, and that look is a part of
    what fit does.
    """
    warnings.filterwarnings("ignore", message="(after )?this fit")
    serve(Connection(int(sys.argv[1])), obj)


if __name__ == "__main__":
    main(CurrentBuild())
