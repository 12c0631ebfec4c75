"""``fastbp bench --show RUNG``: a rung's loops side by side with the specification's.

With ``--before`` the loops of another rung stand there instead of the specification's. For a
compiled rung, the compiler's remarks follow each innermost loop, and the machine code of the
innermost loops is shown below, if there is an ``objdump``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path

from fastbp import reference
from fastbp.bench.assembly import MachineCode, code_in, code_of
from fastbp.bench.compiler_remarks import Remarks, compiler_in, remarks_in, reports, summarize
from fastbp.bench.cython_build import scores_of
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


def show(row: Row, before: Row | None = None) -> int:
    """Print a rung's source next to the specification, compiler remarks and machine code.

    Parameters
    ----------
    row : Row
        Of the ladder, or of a custom rung.
    before : Row, optional
        Whose loops stand there instead of the specification's.

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
    for line in page(row, shutil.get_terminal_size().columns, before):
        print(printable(line))
    return 0


def page(row: Row, columns: int, before: Row | None = None) -> Iterator[str]:
    """The lines to print, for a terminal of so many columns."""
    left = loops_before(before) if before else specified()
    yield from wrapped([f"{row.name}: {row.idea}"], columns)
    if row.source is None:
        yield from ("", "Its source is not part of fastbp.")
        return
    path = HERE / row.source
    compiled = compiled_of(row)
    scores = scores_of(path) if row.build else {}
    yield from ("", *wrapped(heading(path), columns))
    loops = loops_in(path)
    helpers = helpers_in(path) if row.build else []
    remarks = remarks_in(compiled.report)
    for loop in [*loops, *helpers]:
        right = loop.shown("this rung", remarks, scores, helpers)
        beside = left.get(SPECIFIED_AS[loop.name]) if loop.name in SPECIFIED_AS else None
        yield from ("", *side_by_side(beside, right, columns))
    if not loops:  # a library has them
        yield from ("", str(path), *source_of(path).splitlines())
        for lines in left.values():
            yield from ("", *lines)
    if row.build:
        yield from ("", *wrapped([on_scores([*loops, *helpers], scores)], columns))
    if compiled.why:
        yield from ("", *wrapped([f"It does not run here: {compiled.why}."], columns))
    if compiled.code is not None:
        yield from machine_code(compiled.report, compiled.code, columns)


def specified() -> dict[str | None, list[str]]:
    """The specification's loops by name, each under its title."""
    loops: dict[str | None, list[str]] = {}
    for name in ("forward", "backward", "accumulate"):
        lines, first = inspect.getsourcelines(getattr(reference, name))
        title = f"the specification, reference.py:{first}"
        loops[name] = [title, *(line.rstrip() for line in lines)]
    return loops


def loops_before(row: Row) -> dict[str | None, list[str]]:
    """A rung's loops by the specification's names, to show another rung's beside them.

    Raises
    ------
    ValueError
        If there are none in its file.
    """
    loops = loops_in(HERE / row.source) if row.source else []
    if not loops:
        raise ValueError(f"--before {row.name}: that rung's file has no loops to show")
    remarks = remarks_in(compiled_of(row).report)
    return {SPECIFIED_AS[loop.name]: loop.shown(row.name, remarks) for loop in loops}


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

    def shown(
        self,
        owner: str,
        remarks: Remarks,
        scores: Mapping[int, int] | None = None,
        helpers: Sequence[Loop] = (),
    ) -> list[str]:
        """The lines under a title, with the compiler's remarks and Cython's scores.

        The remarks, in short, are on innermost loops; a loop that calls a helper, whose own loops
        are shown, is none.
        """
        called = [rf"\b{re.escape(helper.name)}\(" for helper in helpers]
        out = [f"{owner}, {self.file.name}:{self.first}"]
        for n, line in enumerate(self.lines, start=self.first):
            notes = []
            loop_remarks = remarks.get((self.file.name, n), [])
            if (
                LOOP.match(line)
                and loop_remarks
                and is_innermost(self.lines[n - self.first :], called)
            ):
                notes.append(summarize(loop_remarks).summary)
            if scores and n in scores:
                notes.append(f"Python: {scores[n]}")
            out.append(f"{line}  <-- {'; '.join(notes)}" if notes else line)
        return out


def source_of(path: Path) -> str:
    """A source's text, with tabs expanded."""
    return path.read_text("utf-8-sig", "replace").expandtabs()


def helpers_in(path: Path) -> list[Loop]:
    """The other functions of a source that have loops."""
    others = _functions(path, rf"(?!(?:{'|'.join(SPECIFIED_AS)})\b)\w+(?=\()")
    return [of for of in others if any(map(LOOP.match, of.lines))]


def loops_in(path: Path) -> list[Loop]:
    """The three loops of a source, or else of the sources that it includes."""
    if loops := _functions(path, "|".join(SPECIFIED_AS)):
        return loops
    names = [Path(name).name for name in re.findall(r'^include "(.+)"$', source_of(path), re.M)]
    files = [folder / name for name in names for folder in (path.parent, HERE.parent)]
    return [loop for file in files if file.exists() for loop in loops_in(file)]


def _functions(path: Path, names: str) -> list[Loop]:
    """The functions of a source whose names match a pattern."""
    text = source_of(path)
    loops = []
    for start in re.finditer(DEFINITION.format(names), text, re.M):
        indent, name = start.groups()
        first = text.count("\n", 0, start.start())
        lines = text.splitlines()[first:]
        body = [lines[0], *takewhile(re.compile(rf"$|{indent} ").match, lines[1:])]
        while not body[-1]:
            body.pop()
        body += [line for line in lines[len(body) : len(body) + 1] if line == "}"]
        loops.append(Loop(name, path, first + 1, body))
    return loops


def side_by_side(left: list[str] | None, right: list[str], columns: int) -> list[str]:
    """Two loops under their titles: in two columns if there is room, else in sequence."""
    if left is None:
        return right
    if left[1:] == right[1:]:
        return [f"{right[0].partition(',')[0]} and {left[0]}", *left[1:]]
    width = max(map(len, left)) + 2
    if width + max(map(len, right)) <= columns:
        return [f"{a:{width}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
    return [*left, "", *right]


def on_scores(loops: Sequence[Loop], scores: Mapping[int, int]) -> str:
    """A sentence on the scores of the lines of these loops."""
    lines = {loop.first + i for loop in loops for i in range(len(loop.lines))}
    if not lines & set(scores):
        return "Cython's annotation: no line of the loops calls Python."
    return (
        'Cython\'s annotation: "Python: N" marks a line whose C code calls Python; N is the score '
        "of `cython -a`, 5 for a call of Python's C API."
    )


def is_innermost(lines: list[str], called: Sequence[str] = ()) -> bool:
    """Whether the loop in the first line contains no other loop, and nothing of these patterns."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = list(takewhile(lambda line: len(line) - len(line.lstrip()) > indent, lines[1:]))
    return not any(map(LOOP.match, body)) and not any(
        re.search(pattern, line) for pattern in called for line in body
    )


# ------------------------------------------------------------------------------ the compiler


@dataclass(frozen=True)
class Compiled:
    """A rung's report and machine code, None if it is not compiled; and why it does not run."""

    report: str = ""
    code: MachineCode | None = None
    why: str | None = None


def compiled_of(row: Row) -> Compiled:
    """What the compiler said of a rung and made of it."""
    if row.build is not None:
        return Compiled(row.build.report, code_in(row.build.module))
    try:
        module = module_of(row)
    except UnsupportedError as error:
        return Compiled(why=str(error))
    code = code_of(module) if module else None
    return Compiled(reports().get(module or "", ""), code, row.missing())


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


def machine_code(report: str, code: MachineCode, columns: int) -> Iterator[str]:
    """The compiler and its flags, and the innermost loops, or the reason why there are none."""
    if built := compiler_in(report):
        yield from ("", *wrapped([f"Built by {built}"], columns))
    if code.why:
        yield from ("", *wrapped([f"No machine code to show: {code.why}."], columns))
    for name, lines in code.loops:
        yield from ("", f"the innermost loop of {name}, compiled:")
        yield from (f"    {line}" for line in lines)
