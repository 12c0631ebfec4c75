"""What the compiler said of the rungs' loops when fastbp was built, and what that comes to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REPORTS = "reports"  # a folder of the package's data: NAME.txt for each compiled module
_REMARK = re.compile(r"([^:\s]+):(\d+): *(\w+: .+)")  # file, line of a loop, the compiler's words

Remarks = Mapping[tuple[str, int], Sequence[str]]  # by file and line


@dataclass(frozen=True)
class Note:
    """What became of a loop: whether it was vectorised, and that in words."""

    vectorised: bool
    words: str


@cache
def reports() -> Mapping[str, str]:
    """Module -> its report; none where a build has none."""
    folder = files("fastbp.bench").joinpath(REPORTS)
    found = {
        report.name.removesuffix(".txt"): report.read_text(encoding="utf-8")
        for report in (folder.iterdir() if folder.is_dir() else ())
    }
    return dict(sorted(found.items()))


def compiler_of(module: str) -> str:
    """Compiler and flags that a module was built with; empty where that is not known."""
    lines = reports().get(module, "").splitlines()
    return lines[0].removeprefix("# ") if lines else ""


def remarks_on(module: str) -> Remarks:
    """The remarks on a module's loops."""
    found: dict[tuple[str, int], list[str]] = {}
    for match in map(_REMARK.fullmatch, reports().get(module, "").splitlines()):
        if match:
            found.setdefault((match[1], int(match[2])), []).append(match[3])
    return found


def notes_on(file: str) -> dict[int, list[Note]]:
    """Line -> notes on the loop that begins there: one, or one for each kind with its modules."""
    said: dict[int, dict[Note, list[str]]] = {}
    for module in reports():
        for (name, line), remarks in remarks_on(module).items():
            if name == file:
                said.setdefault(line, {}).setdefault(verdict(remarks), []).append(module)
    return {line: list(_told_apart(modules)) for line, modules in said.items()}


def _told_apart(modules: Mapping[Note, Sequence[str]]) -> Iterator[Note]:
    for note, names in modules.items():
        words = f" ({', '.join(names)})" if len(modules) > 1 else ""
        yield Note(note.vectorised, note.words + words)


def verdict(remarks: Sequence[str]) -> Note:
    """Say in a line what a compiler's remarks on one loop come to.

    GCC calls a loop vectorised too whose sum it must take number by number.

    >>> verdict(["optimized: loop vectorized using 64 byte vectors"]).words
    'vectorised: 64 bytes at a time'
    >>> verdict(["note: using an in-order (fold-left) reduction.",
    ...          "optimized: loop vectorized using 16 byte vectors"])
    Note(vectorised=False, words='products in vectors, but added one by one, in order')
    """
    said = "\n".join(remarks)
    if "in-order" in said:
        return Note(False, "products in vectors, but added one by one, in order")
    if wide := re.findall(r"using (\d+) byte vectors", said):
        return Note(True, f"vectorised: {max(map(int, wide))} bytes at a time")
    if wide := re.findall(r"vectorization width: (\d+)", said):  # Clang's words
        widths = " or ".join(sorted(set(wide), key=int))
        return Note(True, f"vectorised: {widths} numbers at a time")
    if "written in vectors" in said:
        return Note(True, "written in vectors")
    reasons = re.findall(r"not vectorized: (.+?)\.?$", said, re.M)
    return Note(False, ": ".join(["not vectorised", *reasons[:1]]))
