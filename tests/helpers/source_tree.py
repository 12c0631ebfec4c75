"""Copies of the source tree, built in place, and programs that run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_SOURCES = shutil.ignore_patterns(
    ".*", "*.so", "*.pyd", "*.c", "build", "dist", "*.egg-info", "__pycache__"
)
# An editable install would lend a copy of the tree its compiled modules.
ALONE = "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if 'Editable' not in repr(f)]\n"

needs_tree = pytest.mark.skipif(
    not (ROOT / "setup.py").exists(), reason="the tests do not lie in a source tree"
)

# What .ci/run builds with: where nothing else differs, ccache has the objects from there.
STRICT = "-Wall -Wextra -Werror"

# Builds in place no more than an import needs, the plain kernel set, and the modules of other sets.
BUILD = """
import runpy, sys
import Cython.Build
modules = "boundary", "cpu", "plain_float32", "plain_float64", "plain_bfloat16", *sys.argv[1:]
cythonize = Cython.Build.cythonize
Cython.Build.cythonize = lambda extensions, **options: cythonize(
    [one for one in extensions if one.name.removeprefix("fastbp._") in modules], **options
)
sys.argv = ["setup.py", "-q", "build_ext", "--inplace"]
sys.path.insert(0, "")
runpy.run_path("setup.py", run_name="__main__")
"""


def run(
    *arguments: str | Path, cwd: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python; its output and errors come as one text."""
    completed = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert completed.returncode == 0 or not check, completed.stdout
    return completed


def copied_tree(to: Path) -> Path:
    """Copy the sources, without what a build has left."""
    return Path(shutil.copytree(ROOT, to, ignore=NOT_SOURCES))


def build_in_place(tree: Path, *modules: str, **environment: str) -> None:
    """Build the plain kernel set, and other modules by the end of their names."""
    run("-c", BUILD, *modules, cwd=tree, **{"CFLAGS": STRICT} | environment)
