"""The compiler's optimization remarks on the rungs' loops, from the build of fastbp."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REPORTS = "reports"  # a folder of the package's data: NAME.txt for each compiled module
_REMARK = re.compile(r"([^:]+):(\d+): *(\w+: .+)")  # file, line of a loop, remark

Remarks = Mapping[tuple[str, int], Sequence[str]]  # by file and line


@dataclass(frozen=True)
class Note:
    """A summary of the remarks on one loop; `summary` is one line of text."""

    vectorised: bool
    summary: str


@cache
def reports() -> Mapping[str, str]:
    """Reports by module; empty for a build without them."""
    folder = files("fastbp.bench").joinpath(REPORTS)
    texts = {
        report.name.removesuffix(".txt"): report.read_text(encoding="utf-8")
        for report in (folder.iterdir() if folder.is_dir() else ())
    }
    return dict(sorted(texts.items()))


def compiler_in(report: str) -> str:
    """Compiler and flags of a module's build; empty if unknown."""
    return report.partition("\n")[0].removeprefix("# ")


def remarks_on(module: str) -> Remarks:
    """The remarks on a module's loops."""
    return remarks_in(reports().get(module, ""))


def remarks_in(report: str) -> Remarks:
    r"""The remarks of a report.

    >>> remarks_in("# gcc 12: -O3\nmy kern.pyx:5: missed: no\n")
    {('my kern.pyx', 5): ['missed: no']}
    """
    remarks_by_line = defaultdict(list)
    for match in map(_REMARK.fullmatch, report.splitlines()):
        if match:
            remarks_by_line[match[1], int(match[2])].append(match[3])
    return dict(remarks_by_line)


def notes_on(file: str) -> dict[int, list[Note]]:
    """Notes by line of a file; where modules differ, one note for each with the modules' names."""
    modules_by_note: dict[int, dict[Note, list[str]]] = defaultdict(lambda: defaultdict(list))
    for module in reports():
        for (name, line), remarks in remarks_on(module).items():
            if name == file:
                modules_by_note[line][summarize(remarks)].append(module)
    return {
        line: [
            Note(note.vectorised, note.summary + f" ({', '.join(names)})" * (len(modules) > 1))
            for note, names in modules.items()
        ]
        for line, modules in modules_by_note.items()
    }


def summarize(remarks: Sequence[str]) -> Note:
    """Summarize a compiler's remarks on one loop.

    GCC also calls a loop vectorised if it still adds the products one by one, in order.

    >>> summarize(["optimized: loop vectorized using 64 byte vectors"]).summary
    'vectorised: 64 bytes at a time'
    >>> summarize(["note: using an in-order (fold-left) reduction.",
    ...            "optimized: loop vectorized using 16 byte vectors"])
    Note(vectorised=False, summary='products in vectors, but added one by one, in order')
    """
    text = "\n".join(remarks)
    if "in-order" in text:
        return Note(False, "products in vectors, but added one by one, in order")
    if byte_counts := re.findall(r"using (\d+) byte vectors", text):
        return Note(True, f"vectorised: {max(map(int, byte_counts))} bytes at a time")
    if lane_counts := re.findall(r"vectorization width: (\d+)", text):  # Clang's wording
        counts = " or ".join(sorted(set(lane_counts), key=int))
        return Note(True, f"vectorised: {counts} numbers at a time")
    if "written in vectors" in text:
        return Note(True, "written in vectors")
    reasons = re.findall(r"not vectorized: (.+?)\.?$", text, re.M)
    return Note(False, ": ".join(["not vectorised", *reasons[:1]]))
