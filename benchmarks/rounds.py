"""What the scripts share: participants in processes of their own, timed in interleaved rounds.

A participant is an object that a process of its own holds (:func:`start`). A turn is a function of
a count: it returns the seconds of so many units of work.
"""

import argparse
import time
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from itertools import repeat
from math import ceil
from statistics import median

import markdown_blocks
import numpy as np

from fastbp.bench.ladder_row import PACKAGES
from fastbp.bench.machine import load, processor
from fastbp.bench.number_format import digits
from fastbp.bench.timing import ratio, ratio_interval
from fastbp.bench.worker import Worker, blas_note, cores, limited_to
from fastbp.cli.arg_types import real_number, whole_number
from fastbp.model.kernel_sets import config
from fastbp.text.formatting import plural
from fastbp.text.printable import printable

REST = 0.3  # seconds before each turn: other libraries' threads spin for up to 0.2 s after work
COUNT, SECONDS = whole_number(1), real_number(1e-6)  # of command lines
ORDER = np.random.default_rng(0)  # of the turns of a round


def start(stack, kind, threads=1, variables=None):
    """Start a process that makes a ``kind`` when it is called with "open"; the stack ends it.

    It has so many cores and threads, and NumPy chooses its own kernels in it. ``variables`` are
    additional environment variables.
    """
    with limited_to(threads, variables):
        worker = Worker(kind, threads)
    stack.callback(worker.close)
    return worker


def repeated(call, count):
    """The seconds of so many calls."""
    before = time.perf_counter()
    for _ in repeat(None, count):
        call()
    return time.perf_counter() - before


class ByName:
    """A participant whose methods have turns by their names."""

    def repeated(self, method, count):
        """The seconds of so many calls of a method."""
        return repeated(getattr(self, method), count)


def start_alike(stack, kinds, arguments, method, bound):
    """Start two participants; raise where their arrays of ``method`` differ.

    They may differ by ``bound``, as a share of an array's norm.
    """
    calls = [start(stack, kind) for kind in kinds]
    for call in calls:
        call("open", *arguments)
    for ours, theirs in zip(*(call(method) for call in calls), strict=True):
        error = np.linalg.norm(np.ravel(ours) - np.ravel(theirs)) / np.linalg.norm(theirs)
        if not error <= bound:
            raise RuntimeError(f"the two have different {method}: by {error:g} of their norm")
    return calls


def count_for(turn, seconds):
    """How many units take about so long; they have just run, since JAX compiles for each count."""
    turn(1)
    count, taken = 1, turn(1)
    while taken < seconds / 4:
        count = min(8 * count, max(2 * count, ceil(count * seconds / taken)))
        taken = turn(count)
    target = max(1, round(count * seconds / taken))
    if target != count:
        turn(target)
    return target


def rest(seconds=None):
    """Sleep, by default for REST."""
    time.sleep(REST if seconds is None else seconds)


def in_rounds(turns, rounds, seconds, before=rest):
    """Each name's seconds for one unit, round by round; ``turns`` maps names to turns.

    In every round each has a turn of about ``seconds``, in an order drawn anew, and ``before`` is
    called before each.
    """
    counts = {name: count_for(turn, seconds) for name, turn in turns.items()}
    names = list(turns)
    times = {name: [] for name in names}
    for _ in range(rounds):
        for place in ORDER.permutation(len(names)):
            name = names[place]
            before()
            times[name].append(turns[name](counts[name]) / counts[name])
    return times


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, and its 95% bootstrap interval: drift cancels.

    >>> str(Ratio.of([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]))
    '2.00 (2.00 to 2.00)'
    """

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, times, by):
        """Of two lists of times, paired by round."""
        return cls(ratio(times, by), *ratio_interval(times, by))

    def __str__(self):
        return f"{digits(self.middle)} ({digits(self.low)} to {digits(self.high)})"


def us(times):
    """The median of times in seconds, in microseconds."""
    return digits(1e6 * median(times))


def print_table(columns, rows, title=""):
    """Print a Markdown table, each row as soon as it has been measured; a title below a gap.

    Returns the rows.
    """
    if title:
        print(f"\n{title}\n")
    print(markdown_blocks.markdown(columns, []))
    printed = []
    for row in rows:
        print(markdown_blocks.line(row), flush=True)
        printed.append(row)
    return printed


def machine(*packages):
    """The processor, the kernel set and the versions that figures depend on, in a sentence."""
    about = config()
    parts = [
        processor(),
        plural(len(cores()), "core"),
        f"kernel set {about['kernel set']}",
        f"fastbp {about['fastbp']}",
        *map(version, ("numpy", *packages)),
    ]
    return f"{', '.join(parts)}; load {load() or 0:.1f}. {printable(blas_note())}".rstrip()


def version(package):
    """A package and its version."""
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} not installed"


def sizes(text):
    """Widths that are typed like 784-128-10.

    >>> sizes("784-128-10")
    (784, 128, 10)
    """
    widths = text.split("-")
    if len(widths) < 2 or not all(width.isdecimal() and int(width) for width in widths):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape, like 784-128-10")
    return tuple(map(int, widths))


def parser(document, rounds, seconds):
    """A command line by the script's docstring, with the options that all scripts have."""
    made = argparse.ArgumentParser(description=document.partition("\n")[0])
    made.add_argument("--rounds", type=COUNT, default=rounds, help="turns of each (%(default)s)")
    made.add_argument("--seconds", type=SECONDS, default=seconds, help="of a turn (%(default)s)")
    return made


def parsed(made, arguments, *needs):
    """Read the command line; a module that is needed and not installed is an error."""
    options = made.parse_args(arguments)
    for module in needs:
        if find_spec(module) is None:
            package = PACKAGES.get(module, module)
            made.error(f"{package}, which is compared, is not installed: pip install {package}")
    return options
