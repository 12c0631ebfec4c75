"""What compilers are told and what they tell, for the build's rungs and for ``--rung kern.pyx``.

setup.py loads this file by its path, so it imports nothing but the standard library.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ENVIRONMENT = ("CFLAGS", "CPPFLAGS", "LDFLAGS")  # whose flags setuptools adds to every module's
# Compiler -> flags for optimization remarks on loops, written to {file}.
REPORT_FLAGS = {
    # "internals" tell of sums that are taken in order, which GCC calls vectorised all the same.
    "gcc": ["-fopt-info-vec-all-internals={file}"],
    "clang": ["-fsave-optimization-record=yaml", "-foptimization-record-file={file}"],
}
GCC_ALONE = {  # what other compilers take for a mistake
    "-fno-tree-loop-distribute-patterns",
    "-fno-unsafe-math-optimizations",  # Clang 14 warns that it contradicts -fno-trapping-math
}
LOOP = re.compile(r"\s*(for|while)\b")


class Build(NamedTuple):
    """A compiled module: its file, its compiler's version, its flags, and a report of its loops."""

    module: Path
    compiler: str
    flags: tuple[str, ...]
    report: str


def compiler_of(command: Sequence[str]) -> tuple[str, str]:
    """The kind of a compiler, "" if not one of those above, and its version line."""
    try:
        process = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "", ""
    kind = (
        "clang" if "clang" in process.stdout else "gcc" if "Free Software" in process.stdout else ""
    )
    return kind, process.stdout.partition("\n")[0]


def supported(flags: Iterable[str], kind: str) -> list[str]:
    """Leave out the flags that are for another compiler.

    >>> supported(["-O3", "-fno-unsafe-math-optimizations"], "clang")
    ['-O3']
    """
    return [flag for flag in flags if kind == "gcc" or flag not in GCC_ALONE]


def restore_lines(source: Path) -> None:
    """Add ``#line`` directives where Cython's own code resumes after a rung's code."""
    if source.suffix != ".c":
        return  # not translated by Cython
    lines, out = source.read_text("utf-8").split("\n"), []
    if any(line.endswith(f'"{source.name}"') for line in lines):
        return
    for line in lines:
        out.append(line)
        if line.startswith("/* #### Code section"):
            out.append(f'#line {len(out) + 2} "{source.name}"')
    source.write_text("\n".join(out), encoding="utf-8")


def remarks(kind: str, text: str) -> Iterator[tuple[str, int, str]]:
    """File, line and text of each of a compiler's remarks on loops."""
    if kind == "gcc":
        for match in re.finditer(r"^([^:\n]+):(\d+):\d+: (\w+): +(.+)$", text, re.M):
            file, line, sort, remark = match.groups()
            if sort == "optimized" or "in-order" in remark or remark.startswith("not vectorized:"):
                yield file, int(line), f"{sort}: {remark.strip()}"
        return
    for part in text.split("--- !")[1:]:
        place = re.search(r"DebugLoc: +{ File: '?([^,']+)'?,\s+Line: (\d+)", part)
        if place is None or not re.search(r"^Pass: +loop-vectorize$", part, re.M):
            continue
        sort = "optimized" if part.startswith("Passed") else "missed"
        remark = "".join(word.strip("'") for word in re.findall(r"^  - \w+: +(.+)$", part, re.M))
        yield place.group(1), int(place.group(2)), f"{sort}: {remark}"


def report(kind: str, text: str, files: Iterable[Path]) -> str:
    """A report of the remarks on the loops of these files: what was done, or else why not.

    A file is known by its name and its folder's: paths in remarks may begin anywhere.
    """
    sources = {path.parts[-2:]: path.read_text("utf-8", "replace").split("\n") for path in files}
    remarks_by_line: dict[tuple[str, int], set[str]] = {}
    for file, line, remark in remarks(kind, text):
        lines = sources.get(Path(file).parts[-2:], [])
        if not 1 <= line <= len(lines):  # Clang: line 0 for what it made itself
            continue
        while line > 1 and kind == "clang" and not LOOP.match(lines[line - 1]):
            line -= 1  # Clang points at the statement that prevents it
        if LOOP.match(lines[line - 1]):
            remark = "missed: written in vectors" if "vec_in_memory" in remark else remark
            remarks_by_line.setdefault((Path(file).name, line), set()).add(remark)
    out = []
    for (file, line), texts in sorted(remarks_by_line.items()):
        decisive = {
            remark for remark in texts if remark.startswith("optimized") or "in-order" in remark
        }
        out += [f"{file}:{line}: {remark}\n" for remark in sorted(decisive or texts)]
    return "".join(out)
