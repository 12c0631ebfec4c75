"""The process of one build of fastbp: it computes the cases of benchmarks/bits.py.

It runs in that build's interpreter, as build_worker.py does.
"""

import io
import warnings
from contextlib import redirect_stdout

import build_worker
from bits_cases import CASES
from bits_results import how_threads

import fastbp


class Computer:
    """What the process holds: nothing, from case to case."""

    about = staticmethod(build_worker.about)

    def sets(self):
        """The kernel sets of this build, as it tells them itself, and how it forces threads."""
        text = io.StringIO()
        with redirect_stdout(text):
            fastbp.show_config()
        line = next(line for line in text.getvalue().splitlines() if "sets built" in line)
        return line.replace(",", " ").split()[3:], how_threads()

    def compute(self, case, number):
        """The results of a case: name -> (array, effort)."""
        return CASES[case](number).values


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="a network with an activation of your own")
    build_worker.main(Computer())
