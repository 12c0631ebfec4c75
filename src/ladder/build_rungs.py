"""How the ladder's rungs are built: what setup.py does for them beyond compiling modules.

Most rungs are written for both number types at once and are one module. A rung that fixes a number
type, or an instruction set too, is written as a body, which a file of a few lines includes for
each. While it compiles, the compiler writes down what becomes of each loop; its remarks on the
rungs' own lines are installed beside the sources, for ``fastbp bench --show``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import tiles

FOLDER = Path(__file__).parent
SOURCES = sorted(
    path for path in FOLDER.iterdir() if path.is_file() and path.name != "build_rungs.py"
)

# Compiler -> flags that make it write down what became of each loop; {file} is where.
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
        tiles.write_if_new(folder / includes[1], tiles.unrolled(registers, lanes, widest=2))
    return tiles.write_if_new(
        folder / f"{rung}_{name}.pyx",
        f"ctypedef {number_type} real\n\n" + "".join(f'include "{path}"\n' for path in includes),
    )


def compiler_of(command: Sequence[str]) -> tuple[str, str]:
    """Which compiler a command starts, "" if none of those above, and its version in a line."""
    try:
        done = subprocess.run(
            [*command[:1], "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "", ""
    kind = "clang" if "clang" in done.stdout else "gcc" if "Free Software" in done.stdout else ""
    return kind, done.stdout.partition("\n")[0]


def restore_lines(source: Path) -> None:
    """Say where Cython's own code goes on: its ``#line``s only say where a rung's code starts."""
    if source.suffix != ".c":
        return  # nothing was translated
    lines, out = source.read_text("utf-8").split("\n"), []
    if any(line.endswith(f'"{source.name}"') for line in lines):
        return
    for line in lines:
        out.append(line)
        if line.startswith("/* #### Code section"):
            out.append(f'#line {len(out) + 2} "{source.name}"')
    source.write_text("\n".join(out), encoding="utf-8")


def remarks(kind: str, text: str) -> Iterator[tuple[str, int, str]]:
    """File, line and words of each of a compiler's remarks about a loop."""
    if kind == "gcc":
        for match in re.finditer(r"^([^:\n]+):(\d+):\d+: (\w+): +(.+)$", text, re.M):
            file, line, sort, words = match.groups()
            if sort == "optimized" or "in-order" in words or words.startswith("not vectorized:"):
                yield file, int(line), f"{sort}: {words.strip()}"
        return
    for part in text.split("--- !")[1:]:
        place = re.search(r"DebugLoc: +{ File: '?([^,']+)'?,\s+Line: (\d+)", part)
        if place is None or not re.search(r"^Pass: +loop-vectorize$", part, re.M):
            continue
        sort = "optimized" if part.startswith("Passed") else "missed"
        said = "".join(word.strip("'") for word in re.findall(r"^  - \w+: +(.+)$", part, re.M))
        yield place.group(1), int(place.group(2)), f"{sort}: {said}"


def report(kind: str, text: str) -> str:
    """A compiler's remarks on the loops of the files here: what it did, or else why it did not."""
    sources = {path.name: path.read_text("utf-8").split("\n") for path in SOURCES}
    kept: dict[tuple[str, int], set[str]] = {}
    for file, line, said in remarks(kind, text):
        lines = sources.get(Path(file).name, [])
        if Path(file).parent.name != FOLDER.name or line > len(lines):
            continue
        while line > 1 and kind == "clang" and not LOOP.match(lines[line - 1]):
            line -= 1  # it points at the statement that is why not
        if LOOP.match(lines[line - 1]):
            said = "missed: written in vectors" if "vec_in_memory" in said else said
            kept.setdefault((Path(file).name, line), set()).add(said)
    out = []
    for (file, line), all_said in sorted(kept.items()):
        done = {said for said in all_said if said.startswith("optimized") or "in-order" in said}
        out += [f"{file}:{line}: {said}\n" for said in sorted(done or all_said)]
    return "".join(out)


def install_sources(folder: Path) -> None:
    """Copy the sources to where they are shown from."""
    for path in SOURCES:
        # As text: whoever looks for Python files in the package is not to find one there.
        suffix = ".txt" if path.suffix == ".py" else ""
        shutil.copyfile(path, folder / f"{path.name}{suffix}")
