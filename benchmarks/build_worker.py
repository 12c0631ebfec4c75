"""The process of one build of fastbp, which serves builds.py and bits.py.

It runs in that build's interpreter, and uses only public names of fastbp, so that old builds work
too. The arguments are a number of threads, the file of the protocol that the script's own fastbp
speaks, and the number of an inherited pipe.
"""

import io
import os
import sys
import warnings
from contextlib import redirect_stdout
from functools import partial
from multiprocessing.connection import Connection
from runpy import run_path
from types import SimpleNamespace

from peers import Fastbp

import fastbp


def about():
    """Where fastbp is, and what it says of itself."""
    return {"folder": os.path.dirname(fastbp.__file__), "version": fastbp.__version__}


def sets():
    """The kernel sets of this build, as it tells them itself, and how it forces threads."""
    from bits_results import how_threads

    text = io.StringIO()
    with redirect_stdout(text):
        fastbp.show_config()
    line = next(line for line in text.getvalue().splitlines() if "sets built" in line)
    return line.replace(",", " ").split()[3:], how_threads()


def compute(case, number):
    """The results of a case of bits.py: name -> (array, bound)."""
    from bits_cases import CASES

    return CASES[case](number).values


def trainer(workload, dtype, threads):
    """A workload of builds.py, to be trained by exactly so many threads."""
    return Fastbp(workload, dtype, threads, n_threads=threads)


if __name__ == "__main__":
    # What is trained is noise, and none can learn it. The warnings are filtered by their text:
    # where all of fastbp's are ignored, fit does not look for causes, as it does for users.
    for message in ("(after )?this fit", "a network with an activation of your own"):
        warnings.filterwarnings("ignore", message=message)
    threads, path, pipe = sys.argv[1:]
    protocol = SimpleNamespace(**run_path(path))
    opened = protocol.Local(trainer, int(threads))
    functions = {"about": about, "sets": sets, "compute": compute}

    def call(method, *arguments):
        """One of the functions, or a method of the workload that is open."""
        return functions.get(method, partial(opened, method))(*arguments)

    protocol.serve(Connection(int(pipe)), call)
