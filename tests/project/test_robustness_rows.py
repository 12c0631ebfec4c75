"""docs/robustness.md and the tests that are named after its rows say the same."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from functools import cache

import pytest
from source_tree import ROOT

TESTS, PAGE = ROOT / "tests", ROOT / "docs" / "robustness.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not beside tests/")

UNTESTED = "no test"  # how the promise of a row without tests says so


def rows() -> list[tuple[int, str, str]]:
    """Number, promise and last cell of each row of the page's tables."""
    cells = re.findall(r"^\| (\d+) \|[^|]+\|([^|]+)\|([^|]+)\|$", PAGE.read_text("utf-8"), re.M)
    return [(int(number), promise, tests) for number, promise, tests in cells]


@cache
def names_of_tests() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_rows_are_numbered_from_1_without_a_gap() -> None:
    numbers = [number for number, _, _ in rows()]
    assert len(numbers) >= 106
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_row_in_a_test_s_name_is_on_the_page() -> None:
    numbers = {number for number, _, _ in rows()}
    row_matches = {name: re.match(r"test_row_(\d+)_", name) for name in names_of_tests()}
    unknown = {name for name, row in row_matches.items() if row and int(row[1]) not in numbers}
    assert not unknown
    assert sum(row is not None for row in row_matches.values()) > 100


def test_every_row_names_tests_that_exist_or_says_that_it_has_none() -> None:
    names = names_of_tests()
    for number, promise, cell in rows():
        patterns = re.findall(r"`(test_[\w*]+)`", cell)
        assert bool(patterns) != (UNTESTED in promise), f"row {number}"
        for pattern in patterns:
            assert any(fnmatchcase(name, pattern) for name in names), f"row {number}: {pattern}"


def test_every_test_of_a_row_is_among_those_the_row_names() -> None:
    cells = {number: cell for number, _, cell in rows()}
    for name in names_of_tests():
        if row := re.match(r"test_row_(\d+)_", name):
            assert f"`{row[0]}*`" in cells[int(row[1])], name
