"""``fastbp check`` on learners' programs: right ones pass, and each mistake is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastbp.learner_code.checking import check_file
from fastbp.learner_code.mistakes import MISTAKES
from fastbp.learner_code.verdict import Verdict

PROGRAMS = Path(__file__).parent / "programs"
RIGHT = sorted((PROGRAMS / "right").glob("*.py"))
BROKEN = sorted((PROGRAMS / "broken").glob("*.py"))
ENDLESS = "endless"


def expected(program: Path) -> tuple[str, str]:
    """The function and what is wrong with it, from a program's first line."""
    found = re.match(r"# (\w+): (\S+)\n", program.read_text("utf-8"))
    assert found, f"{program} does not say what is wrong with it"
    return found[1], found[2]


def outcome(verdict: Verdict) -> str:
    if verdict.status == "wrong":
        return "|".join(sorted("+".join(keys) for keys in verdict.mistakes)) or "unknown"
    return verdict.status


@pytest.mark.parametrize("program", RIGHT, ids=lambda path: path.stem)
def test_a_right_program_passes(program: Path) -> None:
    verdicts = check_file(str(program), own_process=False).verdicts
    assert [(of.function.name, of.status, of.difference) for of in verdicts if not of.right] == []


@pytest.mark.parametrize(
    "program", [of for of in BROKEN if expected(of)[1] != ENDLESS], ids=lambda path: path.stem
)
def test_a_mistake_is_named(program: Path) -> None:
    function, wrong = expected(program)
    verdicts = check_file(str(program), own_process=False).verdicts
    found = {of.function.name: outcome(of) for of in verdicts if not of.right}
    alternatives = "|".join(sorted("+".join(sorted(of.split("+"))) for of in wrong.split("|")))
    named = {
        name: "|".join(sorted("+".join(sorted(of.split("+"))) for of in text.split("|")))
        for name, text in found.items()
    }
    assert named == {function: alternatives}


def test_there_are_enough_programs() -> None:
    assert len(RIGHT) >= 10
    assert len(BROKEN) >= 30
    named = {key for of in BROKEN for key in re.split(r"[|+]", expected(of)[1])}
    assert len(named & MISTAKES.keys()) >= 30
