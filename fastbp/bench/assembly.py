"""Disassembly of a compiled module: its functions and their innermost loops."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A line of a disassembly: address and instruction.
Instruction = tuple[int, str]

JUMP = re.compile(r"(j\w+|b(?:\.\w+)?|cbn?z|tbn?z)\s+(?:.*[, ])?([0-9a-f]+) <")
ARITHMETIC = re.compile(r"v?(?:mul|add|fn?m(?:add|sub)\w*)[ps][sd]\b|f(?:mla|mul|add|madd)\b")
ON_VECTORS = re.compile(r"\w+p[sd]\b|\w+ +v")


@dataclass(frozen=True)
class MachineCode:
    """Names and lines of a module's innermost loops, or the reason why there are none."""

    loops: tuple[tuple[str, tuple[str, ...]], ...] = ()
    why: str = ""


@cache  # a page shows the same modules for every file on it
def code_of(module: str) -> MachineCode:
    """The busiest innermost loop of each function of ``fastbp.bench._module``."""
    spec = importlib.util.find_spec(f"fastbp.bench._{module}")
    if spec is None or spec.origin is None:
        return MachineCode(why="this build has no such module")
    return code_in(Path(spec.origin))


def code_in(file: Path) -> MachineCode:
    """The busiest innermost loop of each function of a module.

    Only of the largest tile, since there are many, and of functions of float, not of double.
    """
    if shutil.which("objdump") is None:
        return MachineCode(why="there is no objdump here to disassemble it with")
    functions = functions_of(file)
    tiles = {name: re.search(r"_tile_(\d+)x2$", name) for name in functions}
    largest = max((int(tile.group(1)) for tile in tiles.values() if tile), default=0)
    names_pattern = rf"tile_{largest}x2" if largest else "forward|backward|accumulate"
    loops = []
    for name, instructions in functions.items():
        match = re.search(rf"(?:^|_)((?:sgd_)?(?:{names_pattern}))(_views|_float)?(\.\w+)*$", name)
        loop = busiest_loop(instructions)
        if match and loop and "_fuse_1" not in name:
            loops.append((match.group(1), tuple(line.expandtabs(8) for line in loop)))
    if loops:
        return MachineCode(tuple(loops))
    return MachineCode(
        why="no innermost loop of it does arithmetic by itself"
        if functions
        else "objdump finds no functions in it"
    )


def functions_of(module: Path) -> dict[str, list[Instruction]]:
    """The functions of a module by name; empty if it was stripped."""
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", module], capture_output=True, text=True, check=False
    ).stdout
    functions: dict[str, list[Instruction]] = {}
    for line in listing.splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            instructions = functions.setdefault(start.group(1), [])
        elif match := re.match(r" *([0-9a-f]+):\t(.+)$", line):
            instructions.append((int(match.group(1), 16), match.group(2).rstrip()))
    return functions


def plain_loops(function: list[Instruction]) -> Iterator[list[str]]:
    """Innermost loops: ranges ended by a conditional backward jump, without other jumps inside."""
    matches = [(at, JUMP.match(text)) for at, text in function]
    jumps = [(at, int(jump.group(2), 16), jump.group(1)) for at, jump in matches if jump]
    for last, first, name in jumps:
        if first > last or first < function[0][0] or name in ("jmp", "b"):
            continue
        if not any(first <= at < last and first <= to <= last for at, to, _ in jumps):
            yield [text for at, text in function if first <= at <= last]


def busiest_loop(function: list[Instruction]) -> list[str]:
    """The innermost loop with the most arithmetic; vector instructions count twice."""

    def work(loop: list[str]) -> int:
        arithmetic = [text for text in loop if ARITHMETIC.match(text)]
        return len(arithmetic) + sum(ON_VECTORS.match(text) is not None for text in arithmetic)

    busiest = max(plain_loops(function), key=work, default=[])
    return busiest if work(busiest) else []
