"""What Cython and a compiler say about a file, shortened, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parent / "sources"
SHOWN = 3  # errors at most; the others mostly follow from the first ones
_CYTHON = re.compile(r"^(?!warning: )(.+?):(\d+):\d+: (.+)$", re.M)
_COMPILER = re.compile(
    r"^(?:(.+?):(\d+):(?:\d+:)? |[^\s:]+: )?(?:fatal )?error: (?!command )(.+)$", re.M | re.I
)
_UNFIT = re.compile(r"^(.+?):(\d+):\d+: warning: cast .*incompatible function type", re.M)
_LINKER_FAILED = re.compile(r"ld returned|linker command failed")  # it has said why
_ITS_CALL = re.compile(r"error: command ", re.I)  # setuptools repeats the whole command line
# What ends a file of loops -> the rung whose functions are declared as it needs them.
ENDINGS = {"both.pxi": "pointers.pyx", "views.pxi": "memoryviews.pyx"}
# What an error says -> what to do, where that is not plain.
REMEDIES = {
    r"'(real|Loops|\w+_t)' is not a type identifier": "begin the file with: from loops cimport *",
    r"undeclared name not builtin: K_MAJOR": "say how w lies, before the include: cdef bint K_MAJOR"
    " = False (rows j, columns k) or True",
    r"annot decode": "save the file as UTF-8",
    r"Python\.h": "Python's headers are missing; on Debian and Ubuntu: apt install python3-dev",
}


class CompilationError(Exception):
    """Cython or the compiler refused a file; the text has several lines."""


def of_cython(path: Path, output: str) -> CompilationError:
    """The error that tells what Cython said."""
    return _error(path, "Cython", _CYTHON.findall(output), output)


def of_compiler(path: Path, command: str, output: str) -> CompilationError:
    """The error that tells what a compiler said."""
    errors = [error for error in _COMPILER.findall(output) if not _LINKER_FAILED.match(error[-1])]
    return _error(path, command, errors, output)


def misfits(path: Path, output: str) -> CompilationError | None:
    """The error where the compiler warned that a function has other arguments than are passed."""
    text = "the function has other arguments than it is called with"
    errors = [
        (file, line, text) for file, line in _UNFIT.findall(output) if Path(file).name in ENDINGS
    ]
    return _error(path, "the compiler", errors, output) if errors else None


def _error(
    path: Path, who: str, errors: list[tuple[str, str, str]], output: str
) -> CompilationError:
    firsts = {(file, line): (file, line, text) for file, line, text in reversed(errors)}
    shown = list(dict.fromkeys(firsts[file, line] for file, line, _ in errors))
    lines = [f"{path.name} does not compile; {who} says:"]
    if not any(file for file, _, _ in shown):  # the compiler or its flags may be at fault
        lines = [f"{path.name} is not compiled; {who} names no line of it, and says:"]
    for file, line, text in shown[:SHOWN]:
        lines.append(f"  {Path(file).name}, line {line}: {text}" if file else f"  {text}")
    if len(shown) > SHOWN:
        lines.append(f"  and {len(shown) - SHOWN} more")
    if not shown:
        said = [line for line in output.splitlines() if line and not _ITS_CALL.match(line)]
        lines += [f"  {line}" for line in said[-SHOWN:]]
    return CompilationError("\n".join([*lines, *_remedies(path, shown)]))


def _remedies(path: Path, errors: list[tuple[str, str, str]]) -> Iterator[str]:
    text = "\n".join(message for _, _, message in errors)
    for pattern, remedy in REMEDIES.items():
        if re.search(pattern, text):
            yield remedy
            return
    for file, line, _ in errors:
        ending = Path(file).name
        if ending in ENDINGS and (SOURCES / ending).is_file():
            source_line = (SOURCES / ending).read_text("utf-8").splitlines()[int(line) - 1]
            if name := re.search(r"\b(forward|backward|accumulate)\b", source_line):
                yield from _declaration(path, name.group(), ending)
                return


def _declaration(path: Path, name: str, ending: str) -> Iterator[str]:
    """How a function must be declared, and where it is declared otherwise."""
    own = path.read_text("utf-8", errors="replace")
    definition = rf"^cdef [^\n]*\b{name}\([^)]*\)[^:\n]*:"
    found = re.search(definition, own, re.M)
    where = f"line {own.count(chr(10), 0, found.start()) + 1}" if found else "it has none"
    yield f"{ending} needs a function {name} ({path.name}: {where}) that is declared so:"
    right = re.search(definition, (SOURCES / ENDINGS[ending]).read_text("utf-8"), re.M)
    yield from (f"  {line}" for line in (right.group().splitlines() if right else ()))
