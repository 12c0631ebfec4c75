"""``fastbp bench --show RUNG``: a rung's loops side by side with the specification's.

For a compiled rung, the compiler's remarks follow each innermost loop, and the machine code of
the innermost loops is shown below, if there is an ``objdump``.
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
from fastbp.bench.compiler_remarks import Remarks, compiler_of, remarks_on, summarize
from fastbp.bench.ladder import COMPILED
from fastbp.bench.ladder_row import Row
from fastbp.bench.rung import UnsupportedError
from fastbp.text.page import WIDTH
from fastbp.text.printable import printable

HERE = Path(__file__).parent

# A rung's name of a loop -> the specification's, or None.
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
    """Print a rung's source next to the specification, compiler remarks and machine code.

    Parameters
    ----------
    row : Row
        Of the ladder, or of a custom rung.

    Returns
    -------
    int
        0, the exit code.

    Examples
    --------
    >>> from fastbp.bench.ladder import LADDER
    >>> from fastbp.bench.show_rung import show
    >>> show(LADDER[0])  # doctest: +ELLIPSIS
    specification: ...
    """
    for line in page(row, shutil.get_terminal_size().columns):
        print(printable(line))
    return 0


def page(row: Row, columns: int) -> Iterator[str]:
    """The lines to print, for a terminal of so many columns."""
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
    if not loops:  # a library has them
        yield from ("", str(path), *source_of(path).splitlines())
        for name in ("forward", "backward", "accumulate"):
            yield from ("", *specification_lines(name))
    if why:
        yield from ("", *wrapped([f"It does not run here: {why}."], columns))
    if module is not None:
        yield from machine_code(module, columns)


def heading(path: Path) -> list[str]:
    """The comment or docstring at the start of a source."""
    text = source_of(path)
    if ".py" in path.suffixes:
        try:
            return (ast.get_docstring(ast.parse(text)) or "").splitlines()
        except SyntaxError:  # in a custom rung; the source is shown anyway
            return []
    comment = takewhile(lambda line: line.startswith(("#", "/*", " *")), text.splitlines())
    text_lines = (line for line in comment if not line.startswith("# cython:"))
    return [re.sub(r"^(# ?|/\* ?| \*/| \* ?)", "", line).rstrip() for line in text_lines]


def wrapped(lines: Sequence[str], columns: int) -> list[str]:
    """Prose as it is if the terminal is wide enough, else each paragraph wrapped.

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
    """One of a rung's functions: its file, first line number and lines."""

    name: str
    file: Path
    first: int
    lines: list[str]


def source_of(path: Path) -> str:
    """A source's text, with tabs expanded."""
    return path.read_text("utf-8").expandtabs()


def loops_in(path: Path) -> list[Loop]:
    """The three loops of a source, or else of the sources that it includes."""
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
    """A loop and the specification's: in two columns if there is room, else in sequence."""
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
    """A loop's lines, each innermost loop with a summary of the compiler's remarks."""
    out = []
    for i, line in enumerate(loop.lines):
        start = LOOP.match(line)
        loop_remarks = remarks.get((loop.file.name, loop.first + i), [])
        if start and loop_remarks and is_innermost(loop.lines[i:]):
            line = f"{line}  <-- {summarize(loop_remarks).summary}"
        out.append(line)
    return out


def is_innermost(lines: list[str]) -> bool:
    """Whether the loop in the first line contains no other loop."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = takewhile(lambda line: len(line) - len(line.lstrip()) > indent, lines[1:])
    return not any(map(LOOP.match, body))


# ------------------------------------------------------------------------------ the compiler


def module_of(row: Row) -> str | None:
    """The module that a rung runs in float32 here; None for one that is not compiled.

    Raises
    ------
    UnsupportedError
        If it is compiled, but not in this build.
    """
    if row not in COMPILED:
        return None
    package, _, name = row.import_path.partition(":")
    module: str = getattr(importlib.import_module(package), name).module_of("float32")
    return module


def machine_code(module: str, columns: int) -> Iterator[str]:
    """The compiler and its flags, and the innermost loops, or the reason why there are none."""
    if built := compiler_of(module):
        yield from ("", *wrapped([f"Built by {built}"], columns))
    code = code_of(module)
    if code.why:
        yield from ("", *wrapped([f"No machine code to show: {code.why}."], columns))
    for name, lines in code.loops:
        yield from ("", f"the innermost loop of {name}, compiled:")
        yield from (f"    {line}" for line in lines)
