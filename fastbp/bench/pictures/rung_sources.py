"""The rungs' own sources, what the compiler said of their loops, and what it made of them."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

from fastbp import reference
from fastbp.bench.assembly import MachineCode, code_of
from fastbp.bench.compiler_remarks import Note, notes_on
from fastbp.bench.ladder import LADDER
from fastbp.bench.ladder_row import Row
from fastbp.bench.rung import UnsupportedError
from fastbp.bench.show_rung import module_of
from fastbp.drawing.markup import Markup, tag, text


@dataclass(frozen=True)
class Source:
    """A rung's file: its lines, and notes on those that begin a loop, counted from 1.

    ``code`` is that of the module that runs here; None where a rung is not compiled.
    """

    name: str
    lines: Sequence[str]
    notes: Mapping[int, Sequence[Note]]
    code: MachineCode | None


def source_of(rung: str) -> Source | None:
    """Find a rung's source; None for a rung of the user's own, or where a build has none.

    >>> source_of("no such rung") is None
    True
    """
    row = next((row for row in LADDER if row.name == rung), None)
    if row is None or row.source is None:
        return None
    try:
        content = files("fastbp.bench").joinpath(row.source).read_text(encoding="utf-8")
    except OSError:
        return None
    notes = notes_on(PurePosixPath(row.source).name)
    return Source(row.source, content.splitlines(), notes, _code(row))


def specification() -> Source:
    """The loops that all others are compared with."""
    return Source("reference.py", inspect.getsource(reference).splitlines(), {}, None)


def _code(row: Row) -> MachineCode | None:
    try:
        module = module_of(row)
    except UnsupportedError as error:
        return MachineCode(why=str(error))
    return code_of(module) if module else None


def show(source: Source, idea: str, rung: str) -> Markup:
    """Make a part that opens, with numbered lines and the notes under them."""
    width = len(str(len(source.lines)))
    lines = []
    for number, line in enumerate(source.lines, start=1):
        notes = source.notes.get(number, ())
        number_tag = tag("span", text(f"{number:{width}}  "), class_="number")
        class_ = "vector" if notes and all(note.vectorised for note in notes) else None
        lines.append(tag("span", number_tag, text(line + "\n"), class_=class_))
        indent = " " * (width + 2 + len(line) - len(line.lstrip()))
        lines += [tag("span", text(f"{indent}↳ {note.summary}\n"), class_="note") for note in notes]
    summary = tag("summary", tag("b", text(rung)), text(f" {idea} ({source.name})"))
    listing = _listing(f"source of {rung}", lines)
    return tag("details", summary, listing, *_assembly(source.code, rung))


def _listing(name: str, lines: Sequence[Markup]) -> Markup:
    return tag("pre", tag("code", *lines), tabindex=0, role="region", aria_label=name)


def _assembly(code: MachineCode | None, rung: str) -> list[Markup]:
    """The loops that do the work, as the machine runs them, in a part that opens."""
    if code is None:
        return []
    if code.why:
        return [tag("p", text(f"No machine code: {code.why}."))]
    lines = []
    for name, loop in code.loops:
        lines.append(tag("span", text(f"the innermost loop of {name}\n"), class_="note"))
        lines.append(text("".join(f"    {line}\n" for line in loop)))
    summary = tag("summary", text(f"What the machine runs: {', '.join(n for n, _ in code.loops)}"))
    return [tag("details", summary, _listing(f"machine code of {rung}", lines))]
