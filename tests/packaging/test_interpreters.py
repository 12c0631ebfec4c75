"""Interpreters that the compiled modules do not support: told, never crashed into."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from pathlib import Path

import pytest
from source_tree import ROOT
from ways_in import run_script

import fastbp  # noqa: F401 - loads the modules

MODULE = next(
    (name for name in ("_interpreters", "_xxsubinterpreters") if importlib.util.find_spec(name)), ""
)

SECOND = """
import {module} as interpreters
code = '''
import importlib.util
try:
    {load}
except ImportError as error:
    print("ImportError:", error, flush=True)
else:
    print("loaded", flush=True)
'''
import fastbp
import {first}  # some are loaded when a network needs them
second = interpreters.create()
interpreters.run_string(second, code)
interpreters.destroy(second)
fastbp.Network([2, 1], seed=0).predict([[1, 2]])
"""
OF_FASTBP = "import fastbp"
# The module by itself: NumPy, which refuses too, is not met on the way.
OF_A_MODULE = (
    "spec = importlib.util.spec_from_file_location({name!r}, {path!r}); "
    "spec.loader.exec_module(importlib.util.module_from_spec(spec))"
)
LOADED = sorted(
    name
    for name, module in sys.modules.items()
    if name.startswith("fastbp._") and getattr(module, "__file__", "").endswith((".so", ".pyd"))
)


def second_interpreter(load: str, folder: Path, *, first: str = "fastbp") -> str:
    if not MODULE:
        pytest.skip("this Python has no module for a second interpreter")
    return run_script(SECOND.format(module=MODULE, load=load, first=first), folder)


def test_row_70_a_second_interpreter_cannot_import_fastbp(tmp_path: Path) -> None:
    assert second_interpreter(OF_FASTBP, tmp_path).startswith("ImportError: ")


@pytest.mark.parametrize("name", LOADED)
def test_row_70_no_module_loads_into_a_second_interpreter(name: str, tmp_path: Path) -> None:
    load = OF_A_MODULE.format(name=name, path=sys.modules[name].__file__)
    assert second_interpreter(load, tmp_path, first=name).startswith("ImportError: ")


def test_row_69_modules_do_not_claim_to_run_without_the_gil(tmp_path: Path) -> None:
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        code = "import sys, warnings; warnings.simplefilter('ignore'); import fastbp\n"
        assert run_script(code + "print(sys._is_gil_enabled())", tmp_path) == "True\n"
    setup = ROOT / "setup.py"
    if not setup.exists():
        pytest.skip("the tests do not lie in a source tree")
    (directives,) = [
        ast.literal_eval(node.value)
        for node in ast.parse(setup.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DIRECTIVES"
    ]
    assert directives["freethreading_compatible"] is False
