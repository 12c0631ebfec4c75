"""The rungs' own sources, with what the compiler made of their loops, from the package's data."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from fastbp.bench.ladder import LADDER
from fastbp.bench.pictures.markup import Markup, tag, text

REPORTS = "reports"  # a folder of the package's data: NAME.txt for each compiled module
_REMARK = re.compile(r"([^:\s]+):(\d+): (\w+: .+)")  # file, line of a loop, the compiler's words
_WIDTH = re.compile(r"vectorized using (\d+) byte vectors")


@dataclass(frozen=True)
class Note:
    """What became of a loop: whether it was vectorised, and that in words."""

    vectorised: bool
    words: str


@dataclass(frozen=True)
class Source:
    """A rung's file: its lines, and notes on those that begin a loop, counted from 1."""

    name: str
    lines: Sequence[str]
    notes: Mapping[int, Sequence[Note]]


def source_of(rung: str) -> Source | None:
    """Find a rung's source; None for a rung of the user's own, or where a build has none.

    >>> source_of("no such rung") is None
    True
    """
    name = next((row.source for row in LADDER if row.name == rung), None)
    try:
        content = files("fastbp.bench").joinpath(name).read_text(encoding="utf-8") if name else ""
    except OSError:
        return None
    if not name:
        return None
    said = _remarks().get(PurePosixPath(name).name, {})
    notes = {line: _notes(by_module) for line, by_module in said.items()}
    return Source(name, content.splitlines(), notes)


@cache
def _remarks() -> Mapping[str, Mapping[int, Mapping[str, Sequence[str]]]]:
    """File -> line -> compiled module -> remarks."""
    found: dict[str, dict[int, dict[str, list[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    folder = files("fastbp.bench").joinpath(REPORTS)
    for report in folder.iterdir() if folder.is_dir() else ():
        module = PurePosixPath(report.name).stem
        for match in map(_REMARK.fullmatch, report.read_text(encoding="utf-8").splitlines()):
            if match:
                found[match[1]][int(match[2])][module].append(match[3])
    return found


def _notes(by_module: Mapping[str, Sequence[str]]) -> list[Note]:
    """One note where all modules agree, else one for each kind, with the modules' names."""
    modules: dict[Note, list[str]] = defaultdict(list)
    for module, remarks in sorted(by_module.items()):
        modules[verdict(remarks)].append(module)
    if len(modules) == 1:
        return list(modules)
    return [
        Note(note.vectorised, f"{note.words} ({', '.join(names)})")
        for note, names in modules.items()
    ]


def verdict(remarks: Sequence[str]) -> Note:
    """Say in a line what a compiler's remarks on one loop come to.

    GCC calls a loop vectorised too whose sum it must take number by number.

    >>> verdict(["optimized: loop vectorized using 64 byte vectors"]).words
    'vectorised: 64-byte vectors'
    >>> verdict(["note: using an in-order (fold-left) reduction.",
    ...          "optimized: loop vectorized using 16 byte vectors"]).words
    'not vectorised: its sum must be taken in order'
    """
    everything = "\n".join(remarks)
    widths = sorted({int(width) for width in _WIDTH.findall(everything)}, reverse=True)
    if "in-order" in everything:
        return Note(False, "not vectorised: its sum must be taken in order")
    if widths:
        return Note(True, f"vectorised: {' and '.join(map(str, widths))}-byte vectors")
    if "optimized: vectorized loop" in everything:  # Clang's words
        return Note(True, remarks[0].removeprefix("optimized: "))
    reasons = re.findall(r"not vectorized: (.+?)\.?$", everything, re.M) or [remarks[0]]
    return Note(False, f"not vectorised: {reasons[0]}")


def show(source: Source, idea: str, rung: str) -> Markup:
    """Make a part that opens, with numbered lines and the notes under them."""
    width = len(str(len(source.lines)))
    lines = []
    for number, line in enumerate(source.lines, start=1):
        said = source.notes.get(number, ())
        counted = tag("span", text(f"{number:{width}}  "), class_="number")
        class_ = "vector" if said and all(note.vectorised for note in said) else None
        lines.append(tag("span", counted, text(line + "\n"), class_=class_))
        indent = " " * (width + 2 + len(line) - len(line.lstrip()))
        lines += [tag("span", text(f"{indent}↳ {note.words}\n"), class_="note") for note in said]
    summary = tag("summary", tag("b", text(rung)), text(f" {idea} ({source.name})"))
    code = tag(
        "pre", tag("code", *lines), tabindex=0, role="region", aria_label=f"source of {rung}"
    )
    return tag("details", summary, code)
