"""``fastbp bench --show RUNG``: a rung's loops beside the specification's, and what they became.

For a compiled rung, what the compiler said when fastbp was built stands behind each innermost
loop, and the machine code that does the work below, where there is an ``objdump``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path

from fastbp import reference
from fastbp.bench.assembly import code_of
from fastbp.bench.compiled_rows import COMPILED
from fastbp.bench.compiler_remarks import Remarks, compiler_of, remarks_on, summarize
from fastbp.bench.ladder_row import Row
from fastbp.bench.rung import UnsupportedError
from fastbp.page import WIDTH
from fastbp.printable import printable

HERE = Path(__file__).parent

# What a rung calls its loops -> what the specification calls them, where it has them.
SPECIFIED_AS = {
    "product": None,
    "forward": "forward",
    "backward": "backward",
    "accumulate": "accumulate",
    "fused_forward": "forward",
    "fused_backward": "backward",
    "fused_update": "accumulate",
}
LABEL = re.compile(r"[A-Z]\w+: ")  # begins a paragraph: "Idea: ..."
LOOP = re.compile(r" *(for|while)\b")
DEFINITION = r"^( *)(?:cdef [^\n]*?\b|def |static void NAME\()({})\b"


def show(row: Row) -> int:
    """Print a rung's source beside its twin, the compiler's words and the machine code.

    Parameters
    ----------
    row : Row
        Of the ladder, or of a rung of the user's own.

    Returns
    -------
    int
        0, the exit code.

    Examples
    --------
    >>> from fastbp.bench.ladder import LADDER
    >>> from fastbp.bench.show import show
    >>> show(LADDER[0])  # doctest: +ELLIPSIS
    specification: ...
    """
    for line in page(row, shutil.get_terminal_size().columns):
        print(printable(line))
    return 0


def page(row: Row, columns: int) -> Iterator[str]:
    """All there is to show, line by line, for a terminal of so many columns."""
    yield from wrapped([f"{row.name}: {row.idea}"], columns)
    if row.source is None:
        yield from ("", "Its source is not part of fastbp.")
        return
    path = HERE / row.source
    yield from ("", *wrapped(heading(path), columns))
    module, why = None, row.missing()
    try:
        module = module_of(row)
    except UnsupportedError as error:
        why = str(error)
    remarks = remarks_on(module) if module else {}
    loops = loops_in(path)
    for loop in loops:
        yield from ("", *side_by_side(loop, remarks, columns))
    if not loops:  # it has them from elsewhere
        yield from ("", str(path), *source_of(path).splitlines())
        for name in ("forward", "backward", "accumulate"):
            yield from ("", *specification_lines(name))
    if why:
        yield from ("", *wrapped([f"It does not run here: {why}."], columns))
    if module is not None:
        yield from machine_code(module, columns)


def heading(path: Path) -> list[str]:
    """The comment or docstring that a source starts with."""
    text = source_of(path)
    if ".py" in path.suffixes:
        try:
            return (ast.get_docstring(ast.parse(text)) or "").splitlines()
        except SyntaxError:  # a rung of the user's own; the source shows it
            return []
    comment = takewhile(lambda line: line.startswith(("#", "/*", " *")), text.splitlines())
    text_lines = (line for line in comment if not line.startswith("# cython:"))
    return [re.sub(r"^(# ?|/\* ?| \*/| \* ?)", "", line).rstrip() for line in text_lines]


def wrapped(lines: Sequence[str], columns: int) -> list[str]:
    """Prose as it is where the terminal has room for it, else each paragraph wrapped anew.

    >>> wrapped(["Idea: none at all.", "Why: it goes", "  on."], 12)
    ['Idea: none', 'at all.', 'Why: it goes', '  on.']
    """
    if max(map(len, lines), default=0) <= columns:
        return list(lines)
    paragraphs: list[list[str]] = []
    for line in lines:
        goes_on = paragraphs and line and paragraphs[-1][0] and not LABEL.match(line)
        if goes_on:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(
            " ".join(part.strip() for part in paragraph),
            min(columns, WIDTH),
            subsequent_indent="  " if paragraph[-1].startswith("  ") else "",
            break_on_hyphens=False,
        )
        or [""]
    ]


# ------------------------------------------------------------------------------- the sources


@dataclass(frozen=True)
class Loop:
    """One of a rung's functions: its file, the number of its first line, its lines."""

    name: str
    file: Path
    first: int
    lines: list[str]


def source_of(path: Path) -> str:
    """A source's text, with the columns that its tabs stand for."""
    return path.read_text("utf-8").expandtabs()


def loops_in(path: Path) -> list[Loop]:
    """The three loops in a source, or else in the sources that it includes."""
    text = source_of(path)
    loops = []
    for start in re.finditer(DEFINITION.format("|".join(SPECIFIED_AS)), text, re.M):
        indent, name = start.groups()
        first = text.count("\n", 0, start.start())
        lines = text.splitlines()[first:]
        body = [lines[0], *takewhile(re.compile(rf"$|{indent} ").match, lines[1:])]
        while not body[-1]:
            body.pop()
        body += [line for line in lines[len(body) : len(body) + 1] if line == "}"]
        loops.append(Loop(name, path, first + 1, body))
    if loops:
        return loops
    names = [Path(name).name for name in re.findall(r'^include "(.+)"$', text, re.M)]
    files = [folder / name for name in names for folder in (path.parent, HERE.parent)]
    return [loop for file in files if file.exists() for loop in loops_in(file)]


def side_by_side(loop: Loop, remarks: Remarks, columns: int) -> list[str]:
    """A loop and its twin: in two columns where there is room, else one after the other."""
    right = [f"this rung, {loop.file.name}:{loop.first}", *annotated(loop, remarks)]
    name = SPECIFIED_AS[loop.name]
    if name is None:
        return right
    left = specification_lines(name)
    if left[1:] == right[1:]:
        return [f"this rung and {left[0]}", *left[1:]]
    width = max(map(len, left)) + 2
    if width + max(map(len, right)) <= columns:
        return [f"{a:{width}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
    return [*left, "", *right]


def specification_lines(name: str) -> list[str]:
    """The specification's function of this name."""
    lines, first = inspect.getsourcelines(getattr(reference, name))
    return [f"the specification, reference.py:{first}", *(line.rstrip() for line in lines)]


def annotated(loop: Loop, remarks: Remarks) -> list[str]:
    """Its lines, with what became of each innermost loop behind it."""
    out = []
    for i, line in enumerate(loop.lines):
        start = LOOP.match(line)
        loop_remarks = remarks.get((loop.file.name, loop.first + i), [])
        if start and loop_remarks and is_innermost(loop.lines[i:]):
            line = f"{line}  <-- {summarize(loop_remarks).words}"
        out.append(line)
    return out


def is_innermost(lines: list[str]) -> bool:
    """Whether the loop in the first line has none in it."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = takewhile(lambda line: len(line) - len(line.lstrip()) > indent, lines[1:])
    return not any(map(LOOP.match, body))


# ------------------------------------------------------------------------------ the compiler


def module_of(row: Row) -> str | None:
    """The module that a rung runs in float32 here; None for one that is not compiled.

    Raises
    ------
    UnsupportedError
        If it is one, and there is none here.
    """
    if row not in COMPILED:
        return None
    package, _, name = row.where.partition(":")
    module: str = getattr(importlib.import_module(package), name).module_of("float32")
    return module


def machine_code(module: str, columns: int) -> Iterator[str]:
    """The compiler and its flags, and the loops that do the work; or why there are none."""
    if built := compiler_of(module):
        yield from ("", *wrapped([f"Built by {built}"], columns))
    code = code_of(module)
    if code.why:
        yield from ("", *wrapped([f"No machine code to show: {code.why}."], columns))
    for name, lines in code.loops:
        yield from ("", f"the innermost loop of {name}, compiled:")
        yield from (f"    {line}" for line in lines)
