"""Reads a how-to of docs/: the changes that it makes to the source tree, and what one types.

Above each block of changes stands the file: "In `src/sets.py`:". A block's lines begin as in a
unified diff: with a blank what is there already, with + and - what comes and goes. Of what is shown
under a command, ``...`` stands for anything, as in a doctest.
"""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from source_tree import ALONE, ROOT, run

CHANGE = re.compile(r"^In `([^`]+)`:\n\n```diff\n(.*?)^```$", re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
PROGRAMS = {"python": [], "fastbp": ["-m", "fastbp"], "pytest": ["-m", "pytest"]}
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class HowTo:
    """A page of docs/."""

    def __init__(self, name: str) -> None:
        self.path = ROOT / "docs" / name
        self.text = self.path.read_text("utf-8")

    def apply(self, tree: Path) -> None:
        """Make the page's changes in a copy of the source tree."""
        assert self.text.count("```diff") == len(CHANGE.findall(self.text))
        for name, block in CHANGE.findall(self.text):
            path, lines = tree / name, block.splitlines(keepends=True)
            assert {line[0] for line in lines} <= {" ", "+", "-", "\n"}, block
            old, new = (
                "".join(line[1:] or line for line in lines if line[0] != sign) for sign in "+-"
            )
            text = path.read_text("utf-8")
            assert text.count(old) == 1, f"{self.path.name}: not once in {name}:\n{old}"
            path.write_text(text.replace(old, new), encoding="utf-8")

    def commands(self) -> Iterator[tuple[str, str]]:
        """The commands, each with what the page shows of its output."""
        for block in CONSOLE.findall(self.text):
            for entry in block.removeprefix("$ ").split("\n$ "):
                command, _, output = entry.replace("\\\n", "").partition("\n")
                yield command, output

    def run(self, tree: Path) -> int:
        """Type the commands, all but those of pip; return how many."""
        (tree / "sitecustomize.py").write_text(ALONE, encoding="utf-8")
        count = 0
        for command, expected_output in self.commands():
            tokens = shlex.split(command)
            settings = dict(word.split("=") for word in tokens if re.match(r"[A-Z_]+=", word))
            program, *arguments = tokens[len(settings) :]
            if program != "pip":
                environment = {"FASTBP_ISA": "plain", "PYTHONPATH": str(tree)} | settings
                completed = run(*PROGRAMS[program], *arguments, cwd=tree, **environment)
                if expected_output:
                    same = doctest.OutputChecker().check_output(
                        expected_output, completed.stdout, LOOSELY
                    )
                    assert same, (
                        f"{command}\nshown:\n{expected_output}\nprinted:\n{completed.stdout}"
                    )
                count += 1
        return count
