"""``import fastbp`` loads little, and every public name comes when it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fastbp

SOURCE = Path(fastbp.__file__).read_text("utf-8")


def typed_imports() -> dict[str, str]:
    """What type checkers see: name -> module."""
    block = next(
        node
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
    )
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {
        alias.name: str(node.module).removeprefix("fastbp.")
        for node in imports
        for alias in node.names
    }


def test_type_checkers_find_a_name_where_it_is_imported_from() -> None:
    functions = {"explain"}  # lessons are no part of the typed names
    assert typed_imports() == {
        name: module for name, module in fastbp._MODULE_OF.items() if name not in functions
    }


@pytest.mark.parametrize("name", fastbp.__all__)
def test_a_public_name_is_there_and_in_dir(name: str) -> None:
    value = getattr(fastbp, name)
    assert getattr(fastbp, name) is value
    assert dir(fastbp).count(name) == 1


def test_an_import_loads_the_kernels_and_nothing_that_may_not_be_needed() -> None:
    program = "import sys, fastbp; print(*(m for m in sys.modules if m.startswith('fastbp.')))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("fastbp._")}
    assert loaded == {"fastbp.version", "fastbp.model", "fastbp.model.kernel_sets"}


def test_a_name_that_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match="'fastbp' has no attribute 'Netwrok'"):
        _ = fastbp.Netwrok


def test_help_needs_nothing_that_may_not_be_installed() -> None:
    block = "import sys; sys.modules['sklearn'] = sys.modules['scipy'] = None\n"
    program = f"{block}import inspect, fastbp; print(*dict(inspect.getmembers(fastbp)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert {"Network", "interchange"} < set(done.stdout.split())
