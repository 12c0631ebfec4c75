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
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

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


@dataclass
class Tally:
    """What became of the cases of one kernel set and number type."""

    isa: str
    number: str
    cases: int = 0
    values: int = 0
    near: list = field(default_factory=list)  # part of the bound that is used, and case
    wrong: list = field(default_factory=list)  # lines on each case that differs

    def add(self, case, old, new):
        """Compare the results of a case, or the reasons why there are none."""
        self.cases += 1
        if isinstance(old, str) or isinstance(new, str):
            outcomes = [of if isinstance(of, str) else "computes it" for of in (old, new)]
            self.wrong.append(["{}: OLD: {}; NEW: {}".format(case, *outcomes)])
            return
        if list(old) != list(new):
            names = ", ".join(sorted(set(old) ^ set(new))) or "their order"
            self.wrong.append([f"{case}: other results: {names}"])
            return
        self.values += sum(array.size for array, _ in old.values())
        different = [name for name in old if not same(old[name][0], new[name][0])]
        if not different:
            return
        bounded = self.isa == "plain" or case in ANY_ORDER
        error = worst(old, new) if bounded else np.inf
        if error <= 1:
            self.near.append((error, case))
            return
        size = f", {error:.3g} times the bound" if bounded else ""
        lines = [f"{case}: {len(different)} of {len(old)} results{size}"]
        lines += [difference_line(name, old[name][0], new[name][0]) for name in different[:LINES]]
        lines += [f"and {', '.join(different[LINES:])}"] * (len(different) > LINES)
        self.wrong.append(lines)

    def __str__(self):
        parts = [f"{self.cases - len(self.near) - len(self.wrong)} cases the same bits"]
        if not self.near and not self.wrong:
            parts = ["the same bits"]
        if self.near:
            largest, case = max(self.near)
            parts.append(f"{len(self.near)} within the bound (at most {largest:.3g} of it, {case})")
        if self.wrong:
            parts.append(f"{len(self.wrong)} DIFFER")
        head = f"{self.isa} {self.number}: {self.cases} cases, {self.values:,} values: "
        return "\n  ".join([head + ", ".join(parts), *map("\n    ".join, self.wrong)])


def same(old, new):
    """Whether two arrays have one type, one shape and the same bits."""
    other = differences(old, new)
    return other is not None and not other.any()


def compare(paths, isas, cases, numbers=tuple(NUMBERS)):
    """A tally for each number type, of two builds with their kernel sets, after it is done."""
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(len(paths)))
        sides = [stack.enter_context(closing(Side(*of))) for of in zip(paths, isas, strict=True)]
        for number in numbers:
            tally = Tally("plain" if "plain" in isas else isas[0], number)
            for case in cases:
                answers = [pool.submit(side, "compute", case, number) for side in sides]
                tally.add(case, *(answer.result() for answer in answers))
            yield tally


def sets_of(paths):
    """The kernel sets of both builds, after a line about each."""
    common = None
    for who, path in zip(("OLD", "NEW"), paths, strict=True):
        with closing(Side(path, CHOSEN)) as side:
            about, found = side("about"), side("sets")
        for reply in (about, found):
            if isinstance(reply, str):
                raise SystemExit(f"{who} cannot be asked: {reply}")
        sets, how = found
        print(
            f"{who}: fastbp {about['version']} in {about['folder']}; kernel sets: "
            f"{', '.join(sets)}; threads by {how}"
        )
        common = [isa for isa in common or sets if isa in sets]
    return common


def main(arguments=None):
    """Print what differs; 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("builds", nargs=2, metavar="BUILD", help="the old one, then the new one")
    add("--isa", nargs="+", metavar="SET", help=f"these kernel sets, or {CHOSEN!r} (default: all)")
    add("--only", nargs="+", metavar="NAME", help="cases with one of these in their names")
    add("--numbers", nargs="+", choices=[*NUMBERS], default=[*NUMBERS], help="number types")
    chosen = parser.parse_args(arguments)
    check_builds(chosen.builds, parser.error)
    cases = [case for case in CASES if any(name in case for name in chosen.only or [""])]
    if not cases:
        parser.error(f"no case has {' or '.join(chosen.only)} in its name")
    sets = sets_of(chosen.builds)
    isas = chosen.isa or [*sets, *[CHOSEN] * (sets != ["plain"])]
    if unknown := [isa for isa in isas if isa not in [*sets, CHOSEN]]:
        parser.error(f"not in both builds: {', '.join(unknown)}")
    wrong = 0
    for isa in isas:
        for tally in compare(chosen.builds, (isa, isa), cases, chosen.numbers):
            wrong += len(tally.wrong)
            print(tally, flush=True)
    print(f"Cases that differ: {wrong or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
