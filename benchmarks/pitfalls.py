r"""Loops, right beside wrong: what each gives, and how long it takes.

    python benchmarks/pitfalls.py                           all pairs, with $CC or cc
    python benchmarks/pitfalls.py power noexcept            some of them
    python benchmarks/pitfalls.py --cc gcc clang-19 --write with each compiler, into the page

A pair is a file of benchmarks/pitfalls/ with two functions, ``wrong`` and ``right``, and a row of
pitfall_pairs.py, which says what they give and what they are timed on. All are compiled with the
directives and flags of the ladder's rungs, and nothing is timed whose row is not true. Turns of the
two alternate on one core; a figure is the median of the rounds' ratios, with its 95% bootstrap
interval. A compiler needs OpenMP, as GCC has it; Debian has Clang's in libomp-19-dev.
"""

import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from markdown_blocks import markdown, write
from pitfall_build import compiled, compiler_version, flags, source
from pitfall_pairs import PAIRS, complaints, outcome
from rounds import Ratio, in_rounds, machine, parsed, parser, repeated, rest

from fastbp.bench.number_format import digits
from fastbp.bench.worker import limited_to

PAGE = Path(__file__).parents[1] / "docs" / "loop-pitfalls.md"
NAME = "pitfalls.py"  # of the block with the table
ROUNDS, SECONDS = 21, 0.005
SAME = 1.1  # a ratio below this, or its inverse, is no difference that a page should speak of


def about(commands):
    """What the figures rest on."""
    compilers = " and ".join(map(compiler_version, commands))
    return f"{machine('cython')} {compilers}, with `{' '.join(flags(commands[0]))}`."


def ratio(pair, module, rounds, seconds):
    """How many times as long as ``right`` ``wrong`` takes."""
    turns = {
        half: partial(repeated, partial(getattr(module, half), *pair.timed()))
        for half in ("wrong", "right")
    }
    return Ratio.of(*in_rounds(turns, rounds, seconds, partial(rest, 0)).values())


def cell(found):
    """A ratio in the table."""
    if found is None:
        return "-"
    return "same" if 1 / SAME < found.middle < SAME else digits(found.middle)


def results(pairs, command, folder, rounds=ROUNDS, seconds=SECONDS):
    """Name of each pair -> what both gave, and the ratio of their times, or None for either."""
    modules = compiled([pair.name for pair in pairs], folder, command)
    found = {}
    for pair in pairs:
        if wrong := list(complaints(pair, modules[pair.name])):
            raise RuntimeError(f"{pair.name}: {'; '.join(wrong)}")
    with limited_to(1):
        for pair in pairs:
            module = modules[pair.name].module
            gave = [outcome(f, pair.shown()) for f in (module.wrong, module.right)]
            times = ratio(pair, module, rounds, seconds) if pair.timed else None
            found[pair.name] = (gave if pair.gives else None, times)
    return found


def sentences(name, found):
    """What stands below a pair: what both gave, and the ratio with each compiler."""
    gave = {compiler: result[name][0] for compiler, result in found.items() if result[name][0]}
    if gave:
        same = len({tuple(both) for both in gave.values()}) == 1
        for compiler, (wrong, right) in list(gave.items())[: 1 if same else None]:
            place = "" if same else f" ({compiler})"
            yield f"`wrong` gives `{wrong}`, `right` `{right}`{place}."
    times = {compiler: result[name][1] for compiler, result in found.items() if result[name][1]}
    if times:
        each = (f"{times_as_long} with {compiler}" for compiler, times_as_long in times.items())
        yield f"Time of `wrong` by that of `right`: {', '.join(each)}."


def titles(page):
    """Name of each pair -> its heading on the page."""
    found, heading = {}, ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            heading = line.removeprefix("### ")
        elif line.endswith(".pyx: begin -->"):
            found[line.split()[1].removesuffix(".pyx:")] = heading
    return found


def code_block(name):
    """A pair's file, as it stands on the page."""
    return f"```cython\n{source(name)}```"


def table(names, found, page):
    """All pairs, with their ratios."""
    headings = titles(page)
    rows = [
        [headings.get(name, name), f"`{name}`", *(cell(of[name][1]) for of in found.values())]
        for name in names
    ]
    return markdown(["", "file", *found], rows)


def write_page(names, found, preface, page=PAGE):
    """Put code, outcomes and ratios into the page."""
    for name in names:
        write(page, f"{name}.pyx", [code_block(name), " ".join(sentences(name, found))])
    write(page, NAME, [preface, table(names, found, page)])


def main(arguments=None):
    """Check and time the pairs, and print the table."""
    made = parser(__doc__, ROUNDS, SECONDS)
    known = {pair.name: pair for pair in PAIRS}
    made.add_argument("pairs", nargs="*", metavar="PAIR", help="default: all")
    made.add_argument("--cc", nargs="+", default=[os.environ.get("CC", "cc")], metavar="COMPILER")
    made.add_argument("--write", action="store_true", help="put the figures into the page")
    options = parsed(made, arguments, "Cython", "setuptools")
    if unknown := set(options.pairs) - known.keys():
        made.error(f"no such pair: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if options.write and options.pairs:
        made.error("--write is for all pairs at once: name none")
    for command in options.cc:
        if not shutil.which(command.split()[-1]):
            made.error(f"there is no compiler {command} here; --cc names another")
    names = options.pairs or list(known)
    found = {}
    for command in options.cc:
        with tempfile.TemporaryDirectory(prefix="pitfalls-") as folder:
            version = compiler_version(command)
            pairs = [known[name] for name in names]
            try:
                found[version] = results(
                    pairs, command, Path(folder), options.rounds, options.seconds
                )
            except RuntimeError as error:  # not compiled, or not true
                made.exit(1, f"{version}: {error}\n")
    print(about(options.cc), "", table(names, found, PAGE), sep="\n")
    if options.write:
        write_page(names, found, about(options.cc))
    return 0


if __name__ == "__main__":
    sys.exit(main())
