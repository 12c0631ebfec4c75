"""A call that did not end: where it was when its time was up, and what may keep it going."""

import ast
import linecache
import re
from pathlib import Path

from fastbp.bench.error_messages import NOT_USER_CODE

_FRAME = re.compile(r'File "(.+)", line (\d+) in (.+)')


def where_it_was(dump: str) -> tuple[str, int] | None:
    """The file and line of the user's that ran, from faulthandler's lines; None if it ended."""
    for path, line, _ in _FRAME.findall(dump):
        resolved = Path(path).resolve()
        if resolved.is_file() and not any(map(resolved.is_relative_to, NOT_USER_CODE)):
            return path, int(line)
    return None


def why_endless(path: str, line: int) -> str:
    """What the loop around a line looks like: nothing in it changes what it waits for, say."""
    try:
        tree = ast.parse(Path(path).read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ""
    loops = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.While) and node.lineno <= line <= (node.end_lineno or line)
    ]
    for loop in sorted(loops, key=lambda loop: -loop.lineno):  # the innermost first
        waited_for = _names(loop.test, ast.Load)
        changed = {name for part in loop.body for name in _names(part, ast.Store)}
        called = any(isinstance(node, ast.Call) for node in ast.walk(loop.test))
        if not called and waited_for and not waited_for & changed and not _leaves(loop):
            names = " and ".join(sorted(waited_for))
            return (
                f"the loop of line {loop.lineno}, {source_line(path, loop.lineno)!r}, waits for "
                f"{names}, and no line in it changes {names}: is a line such as "
                f"{min(waited_for, key=len)} += 1 missing?"
            )
    return ""


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, context)
    }


def _leaves(loop: ast.While) -> bool:
    """Whether a break, return or raise can end it."""
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in ast.walk(loop))


def source_line(path: str, line: int) -> str:
    """A line of a file, without its indent."""
    return linecache.getline(path, line).strip()
