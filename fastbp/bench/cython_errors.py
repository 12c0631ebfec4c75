"""What Cython and a compiler say about a file, shortened to the file's own lines."""

from __future__ import annotations

import re
from pathlib import Path

SHOWN = 3  # errors at most; the others mostly follow from the first ones
_CYTHON = re.compile(r"^(?!warning: )(.+?):(\d+):(\d+): (.+)$", re.M)
_COMPILER = re.compile(r"^(?:(.+?):(\d+):(?:\d+:)? )?(?:\S+: )?(?:fatal )?error: (.+)$", re.M)


class CompilationError(Exception):
    """Cython or the compiler refused a file; the text has several lines."""


def of_cython(path: Path, output: str) -> CompilationError:
    """The error that tells what Cython said."""
    errors = [(file, int(line), text) for file, line, _, text in _CYTHON.findall(output)]
    return _error(path, "Cython", errors, output)


def of_compiler(path: Path, command: str, output: str) -> CompilationError:
    """The error that tells what a compiler said."""
    errors = [(file, int(line or 0), text) for file, line, text in _COMPILER.findall(output)]
    return _error(path, command, errors, output)


def _error(
    path: Path, who: str, errors: list[tuple[str, int, str]], output: str
) -> CompilationError:
    lines = [f"{path.name} does not compile. {who} says:"]
    for file, line, text in errors[:SHOWN]:
        lines.append(f"  {Path(file).name}, line {line}: {text}" if file else f"  {text}")
    if len(errors) > SHOWN:
        lines.append(f"  and {len(errors) - SHOWN} more")
    if not errors:
        lines += [f"  {line}" for line in output.strip().splitlines()[-SHOWN:]]
    return CompilationError("\n".join(lines))
