"""Building the ladder's rungs: what setup.py does for them besides compiling modules.

Most rungs are written for both number types at once and are one module. A rung that fixes a number
type, or an instruction set too, is written as a body, which a file of a few lines includes for
each. The compiler's optimization remarks on the rungs' loops are installed with the sources, for
``fastbp bench --show``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import tiles

from sources import write_if_new

FOLDER = Path(__file__).parent
SOURCES = sorted(
    path for path in FOLDER.iterdir() if path.is_file() and path.name != "build_rungs.py"
)

# Compiler -> flags for optimization remarks on loops, written to {file}.
REPORT_FLAGS = {
    # "internals" tell of sums that are taken in order, which GCC calls vectorised all the same.
    "gcc": ["-fopt-info-vec-all-internals={file}"],
    "clang": ["-fsave-optimization-record=yaml", "-foptimization-record-file={file}"],
}
LOOP = re.compile(r"\s*(for|while)\b")


def write_tuned(
    folder: Path, rung: str, name: str, registers: int, lanes: int, number_type: str
) -> Path:
    """Write the module of a rung, kernel set and number type; returns its path."""
    includes = ["tuned_rung.pxi", f"{rung}.pxi"]
    if rung == "tiles":
        includes.insert(1, f"unrolled_{name}.pxi")
        # Wider tiles are for batches of very few rows, and would take half as long again to build.
        write_if_new(folder / includes[1], tiles.unrolled(registers, lanes, widest=2))
    return write_if_new(
        folder / f"{rung}_{name}.pyx",
        f"ctypedef {number_type} real\n\n" + "".join(f'include "{path}"\n' for path in includes),
    )


def compiler_of(command: Sequence[str]) -> tuple[str, str]:
    """The kind of a compiler, "" if not one of those above, and its version line."""
    try:
        process = subprocess.run(
            [*command[:1], "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "", ""
    kind = (
        "clang" if "clang" in process.stdout else "gcc" if "Free Software" in process.stdout else ""
    )
    return kind, process.stdout.partition("\n")[0]


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


def report(kind: str, text: str) -> str:
    """A report of the remarks on the loops of the files here: what was done, or else why not."""
    sources = {path.name: path.read_text("utf-8").split("\n") for path in SOURCES}
    remarks_by_line: dict[tuple[str, int], set[str]] = {}
    for file, line, remark in remarks(kind, text):
        lines = sources.get(Path(file).name, [])
        if Path(file).parent.name != FOLDER.name or line > len(lines):
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


def install_sources(folder: Path) -> None:
    """Copy the sources into the package, where ``--show`` reads them."""
    for path in SOURCES:
        # As text: whoever looks for Python files in the package is not to find one there.
        suffix = ".txt" if path.suffix == ".py" else ""
        shutil.copyfile(path, folder / f"{path.name}{suffix}")
