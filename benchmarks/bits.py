r"""Two builds of fastbp, case by case: whether they compute the same bits.

    python benchmarks/bits.py OLD NEW                          half a minute
    python benchmarks/bits.py OLD NEW --isa plain x86-64-v3
    python benchmarks/bits.py OLD NEW --only adam "X uint8"    cases with this in their names

A build is named as for benchmarks/builds.py: a virtual environment or its interpreter, or a folder
in which fastbp is built in place. For each kernel set that both have and this machine runs (forced
by FASTBP_ISA; "chosen" is what a build takes unforced), and for each number type, every case of
benchmarks/bits_cases.py is computed by both, through public names alone. All results must have the
same type, shape and bits; NaN equals NaN, and -0.0 differs from 0.0. On the plain set, and where an
activation is the caller's own, sums may be in another order: there the difference may be as large
as the bound of benchmarks/bits_bound.py. A line says how much of it is used.

An interpreter may also be a program that starts an emulator, as ``make aarch64 FOLDER=...`` leaves
one for 64-bit Arm. With that done in both source trees (a quarter of an hour on two cores):

    QEMU_CPU=cortex-a53 python benchmarks/bits.py OLD/root/usr/bin/python3 NEW/root/usr/bin/python3

The exit code is 1 if anything differs, or if a case could not be computed by one of the builds.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from bits_bound import difference_line, differences, worst
from bits_cases import ANY_ORDER, CASES
from bits_results import NUMBERS
from build_process import BuildProcess, check_builds

from fastbp.bench.worker import DiedError

CHOSEN = "chosen"
PATIENCE = 60  # seconds for a case that takes a few milliseconds
LINES = 3  # about the results of one case


class Side:
    """One of the two builds, with one kernel set."""

    def __init__(self, place, isa):
        self._how = place, {"FASTBP_ISA": "" if isa == CHOSEN else isa}
        self._process = BuildProcess(*self._how)

    def __call__(self, method, *arguments):
        """What the build answers, or the reason why there is no answer."""
        try:
            name = repr(arguments[0]) if arguments else None
            return self._process(method, *arguments, timeout=PATIENCE, activity=name)
        except DiedError as error:
            self._process = BuildProcess(*self._how)  # for the next case
            return str(error)
        except RuntimeError as error:
            return str(error).splitlines()[0]

    def close(self):
        """Let the process end."""
        self._process.close()


def call_both(pool, sides, method, *arguments):
    """Ask both at once."""
    return list(pool.map(lambda side: side(method, *arguments), sides))


class Tally:
    """What became of the cases of one kernel set and number type."""

    def __init__(self, isa, number):
        self._isa, self._number = isa, number
        self.cases = self.values = self.near = 0
        self.largest, self.nearest = 0.0, None
        self.wrong = []  # a line for each, and some about its results

    def add(self, case, old, new):
        """Compare the results of a case, or the reasons why there are none."""
        self.cases += 1
        if isinstance(old, str) or isinstance(new, str):
            reasons = [
                f"{who} {outcome if isinstance(outcome, str) else 'computes it'}"
                for who, outcome in zip(("OLD:", "NEW:"), (old, new), strict=True)
            ]
            self.wrong.append([f"{case}: {'; '.join(reasons)}"])
            return
        if list(old) != list(new):
            names = ", ".join(sorted(set(old) ^ set(new))) or "their order"
            self.wrong.append([f"{case}: other results: {names}"])
            return
        self.values += sum(array.size for array, _ in old.values())
        arrays = [(name, old[name][0], new[name][0]) for name in old]
        different = [difference for difference in arrays if not same(*difference[1:])]
        if not different:
            return
        may = self._isa == "plain" or case in ANY_ORDER
        error = worst(old, new, self._number) if may else np.inf
        if error <= 1:
            self.near += 1
            if error >= self.largest:
                self.largest, self.nearest = error, case
            return
        size = f", {error:.3g} times the bound" if may else ""
        lines = [difference_line(*difference) for difference in different[:LINES]]
        others_line = [
            f"and {name}"
            for name in [", ".join(difference[0] for difference in different[LINES:])]
            if name
        ]
        self.wrong.append(
            [f"{case}: {len(different)} of {len(arrays)} results{size}", *lines, *others_line]
        )

    def __str__(self):
        head = f"{self._isa} {self._number}: {self.cases} cases, {self.values:,} values: "
        parts = [f"{self.cases - self.near - len(self.wrong)} cases the same bits"]
        if self.near:
            parts.append(
                f"{self.near} within the bound (at most {self.largest:.3g} of it, {self.nearest})"
            )
        if self.wrong:
            parts.append(f"{len(self.wrong)} DIFFER")
        elif not self.near:
            parts = ["the same bits"]
        lines = (
            f"  {'  ' * (i > 0)}{line}" for group in self.wrong for i, line in enumerate(group)
        )
        return "\n".join([head + ", ".join(parts), *lines])


def same(old, new):
    """Whether two arrays have one type, one shape and the same bits."""
    other = differences(old, new)
    return other is not None and not other.any()


def compare(paths, isas, cases, numbers=tuple(NUMBERS), pool=None):
    """A tally for each number type, of two builds with their kernel sets, after it is done."""
    with ExitStack() as stack:
        pool = pool or stack.enter_context(ThreadPoolExecutor(len(paths)))
        sides = []
        for path, isa in zip(paths, isas, strict=True):
            sides.append(Side(path, isa))
            stack.callback(sides[-1].close)
        for number in numbers:
            tally = Tally("plain" if "plain" in isas else isas[0], number)
            for case in cases:
                tally.add(case, *call_both(pool, sides, "compute", case, number))
            yield tally


def sets_of(paths, pool):
    """The kernel sets of both builds, after a line about each."""
    common = None
    for who, path in zip(("OLD", "NEW"), paths, strict=True):
        side = Side(path, CHOSEN)
        try:
            about, sets_reply = side("about"), side("sets")
        finally:
            side.close()
        if isinstance(about, str) or isinstance(sets_reply, str):
            raise SystemExit(
                f"{who} cannot be asked: {about if isinstance(about, str) else sets_reply}"
            )
        sets, how = sets_reply
        print(
            f"{who}: fastbp {about['version']} in {about['folder']}; kernel sets: "
            f"{', '.join(sets)}; threads by {how}"
        )
        common = sets if common is None else [isa for isa in common if isa in sets]
    return common


def options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("builds", nargs=2, metavar="BUILD", help="the old one, then the new one")
    add("--isa", nargs="+", metavar="SET", help=f"these kernel sets, or {CHOSEN!r} (default: all)")
    add("--only", nargs="+", metavar="NAME", help="cases with one of these in their names")
    add("--numbers", nargs="+", choices=[*NUMBERS], default=[*NUMBERS], help="number types")
    chosen = parser.parse_args(arguments)
    check_builds(chosen.builds, parser.error)
    chosen.cases = [case for case in CASES if any(name in case for name in chosen.only or [""])]
    if not chosen.cases:
        parser.error(f"no case has {' or '.join(chosen.only)} in its name")
    chosen.parser = parser
    return chosen


def main(arguments=None):
    """Print what differs; 1 if anything does."""
    chosen = options(arguments)
    wrong = 0
    with ThreadPoolExecutor(2) as pool:
        sets = sets_of(chosen.builds, pool)
        isas = chosen.isa or [*sets, *[CHOSEN] * (sets != ["plain"])]
        if unknown := [isa for isa in isas if isa not in [*sets, CHOSEN]]:
            chosen.parser.error(f"not in both builds: {', '.join(unknown)}")
        for isa in isas:
            for tally in compare(chosen.builds, (isa, isa), chosen.cases, chosen.numbers, pool):
                wrong += len(tally.wrong)
                print(tally, flush=True)
    print(f"Cases that differ: {wrong or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
