"""The process of one build of fastbp, which serves builds.py or bits.py.

It runs in that build's interpreter, and uses only public names of fastbp, so that old builds work
too. The arguments are the name of the script that asks, the file of the protocol that this
script's build of fastbp speaks, and the number of an inherited pipe.
"""

import io
import os
import sys
import warnings
from contextlib import redirect_stdout
from multiprocessing.connection import Connection
from runpy import run_path

import fastbp


class Build:
    """What is served to either script."""

    def about(self):
        """Where fastbp is, and what it says of itself."""
        return {"folder": os.path.dirname(fastbp.__file__), "version": fastbp.__version__}


class Trainer(Build):
    """One workload at a time, on some of the cores that the process started with."""

    def __init__(self):
        self._cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        self._threads, self._peer = 1, None

    def use(self, threads):
        """Take so many cores and threads for what is opened next."""
        self._threads = threads
        if self._cores:
            os.sched_setaffinity(0, self._cores[-threads:])

    def open(self, workload, dtype):
        """Make a workload's network and data, to be trained by exactly so many threads."""
        from peers import Fastbp

        self._peer = None  # frees the last one's memory first
        self._peer = Fastbp(workload, dtype, self._threads, n_threads=self._threads)

    def __getattr__(self, name):
        return getattr(self._peer, name)


class Computer(Build):
    """It holds nothing from case to case."""

    def __init__(self):
        from bits_cases import CASES
        from bits_results import how_threads

        self._cases, self._how_threads = CASES, how_threads

    def sets(self):
        """The kernel sets of this build, as it tells them itself, and how it forces threads."""
        text = io.StringIO()
        with redirect_stdout(text):
            fastbp.show_config()
        line = next(line for line in text.getvalue().splitlines() if "sets built" in line)
        return line.replace(",", " ").split()[3:], self._how_threads()

    def compute(self, case, number):
        """The results of a case: name -> (array, effort)."""
        return self._cases[case](number).values


if __name__ == "__main__":
    # What is trained is noise, and none can learn it. The warnings are filtered by their text:
    # where all of fastbp's are ignored, fit does not look for causes, as it does for users.
    for message in ("(after )?this fit", "a network with an activation of your own"):
        warnings.filterwarnings("ignore", message=message)
    script, protocol, pipe = sys.argv[1:]
    build = {"builds": Trainer, "bits": Computer}[script]()
    serve = run_path(protocol)["serve"]
    serve(Connection(int(pipe)), lambda method, *arguments: getattr(build, method)(*arguments))
