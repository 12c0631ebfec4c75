"""A call that did not end: where it was when its time was up, and what may keep it going."""

import ast
import linecache
import re
from pathlib import Path

from fastbp.bench.error_messages import NOT_USER_CODE

_FRAME = re.compile(r'File "(.+)", line (\d+) in (.+)')


def where_it_was(dump: str) -> list[tuple[str, int]]:
    """Files and lines of the user's, the innermost first, that faulthandler wrote down."""
    places = []
    for path, line, _ in _FRAME.findall(dump):
        resolved = Path(path).resolve()
        if resolved.is_file() and not any(map(resolved.is_relative_to, NOT_USER_CODE)):
            places.append((path, int(line)))
    return places


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
        counter = loop.test.left if isinstance(loop.test, ast.Compare) else loop.test
        if isinstance(counter, ast.Name) and not _changes(loop):
            waits = f"{source_line(path, loop.lineno)!r} of line {loop.lineno} waits for"
            return (
                f"no line of the loop changes {counter.id}, which {waits}; a line like "
                f"{counter.id} += 1 may be missing"
            )
    return ""


def _changes(loop: ast.While) -> bool:
    """Whether a line of a loop can change what it waits for, or leave it."""
    test = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name)}
    for part in loop.body:
        for node in ast.walk(part):
            if isinstance(node, ast.Break | ast.Return | ast.Raise):
                return True
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in test:
                return True
            # a list that the loop waits for may be changed by a method or an assignment
            if isinstance(node, ast.Attribute | ast.Subscript):
                owner = node.value
                stored = isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Store)
                if stored and isinstance(owner, ast.Name) and owner.id in test:
                    return True
    return False


def source_line(path: str, line: int) -> str:
    """A line of a file, without its indent."""
    return linecache.getline(path, line).strip()
