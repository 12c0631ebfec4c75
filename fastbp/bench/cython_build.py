"""Compiling a Cython file of the user's own as the build of fastbp compiles the ladder's rungs.

Cython and setuptools run in processes of their own: what they print is read here, and what they
change is theirs. All that they write goes into a temporary folder of this process.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

from fastbp.bench.compilers import (
    ENVIRONMENT,
    REPORT_FLAGS,
    Build,
    compiler_of,
    report,
    restore_lines,
    supported,
)
from fastbp.bench.cython_errors import SOURCES, CompilationError, misfits, of_compiler, of_cython
from fastbp.bench.error_messages import CYTHON_MODULE
from fastbp.bench.ladder_row import is_importable

# Warns of functions that have other arguments than the driver passes, which C would let through.
FITTING = {
    "gcc": ["-Wcast-function-type"],
    # From 16 on Clang tells pointers from `void *` here, unless told not to.
    "clang": [
        "-Wcast-function-type",
        "-Wno-cast-function-type-strict",
        "-Wno-unknown-warning-option",
    ],
}
WARNING = re.compile(r"-W[^,]*")  # -Wl,... is for the linker
# What the linker must be told too. Not all flags: see LINK_FLAGS in setup.py.
ALSO_LINKED = ("-fopenmp", "-flto", "-fsanitize", "-fuse-ld", "-Wl,", "-L", "-l")
# A line of the page that `cython -a` writes: its score and its number.
SCORE = re.compile(
    r'<pre class="cython line score-(\d+)"[^>]*>[^<]*<span class="[^"]*">(\d+)</span>'
)
SETUP = """
import json, sys
from setuptools import Extension, setup
setup(
    script_args=["-q", "build_ext", "--build-lib=.", "--build-temp=."],
    ext_modules=[Extension(**json.loads(sys.argv[1]))],
    packages=[], py_modules=[],
)
"""


@cache
def options() -> Mapping[str, Any]:
    """Directives, flags and environment of the ladder's modules, as the build recorded them."""
    try:
        text = resources.files("fastbp.bench").joinpath("build.json").read_text("utf-8")
        build = json.loads(text)
        return {**build["rungs"], "environment": build["environment"]}
    except (OSError, KeyError):
        raise ValueError(
            "this installation does not say how its own rungs were compiled; install fastbp again"
        ) from None


@cache
def folder() -> Path:
    """A folder that is removed when this process ends."""
    made = tempfile.mkdtemp(prefix="fastbp-rung-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def check_tools() -> None:
    """Raise ValueError unless Cython and setuptools are installed."""
    missing = [name for name in ("Cython", "setuptools") if not is_importable(name)]
    if missing:
        raise ValueError(
            f"a rung of a Cython file needs {' and '.join(missing)}: pip install cython setuptools"
        )


def command_of(compiler: str) -> list[str]:
    """The words that call a compiler; of "", the one that Python's extensions are built with.

    Raises
    ------
    ValueError
        If there is no such compiler.
    """
    text = compiler or os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    words = words_of("--cc", text)
    if words and shutil.which(words[0]):
        return words
    raise ValueError(
        f"there is no compiler {text!r}; name others after --cc"
        if compiler
        else f"a rung of a Cython file needs a C compiler, and there is no {text!r}; CC or --cc "
        "names another. On Debian and Ubuntu: apt install gcc python3-dev"
    )


def environment(command: Sequence[str]) -> dict[str, str]:
    """The environment for setuptools: this compiler, and otherwise that of fastbp's build.

    CFLAGS there replace Python's own flags: the same loops would come out otherwise. Without its
    warnings, which the build may have made errors.
    """
    flags = {
        name: shlex.join(word for word in shlex.split(value) if not WARNING.fullmatch(word))
        for name, value in options()["environment"].items()
    }
    ours = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    # ccache answers from its store without writing GCC's report again (4.7.5).
    return ours | flags | {"CCACHE_DISABLE": "1", "CC": shlex.join(command)}


def words_of(option: str, text: str) -> list[str]:
    """The words of an option, split as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{option} {text!r}: {str(error).lower()}") from None


def build(path: Path, c_file: Path, compiler: str, cflags: str) -> Build:
    """Compile what :func:`translated` made of a file, with flags besides those of the ladder's.

    Raises
    ------
    CompilationError
        If the compiler refuses it.
    """
    into = Path(tempfile.mkdtemp(dir=folder()))
    shutil.copy(c_file, into)
    command = command_of(compiler)
    kind, version = compiler_of(command)
    own = words_of("--cflags", cflags)
    flags = [*supported(options()["flags"], kind), *own]
    remarks = into / "remarks"
    extension = {
        "name": CYTHON_MODULE,
        "sources": [c_file.name],
        "include_dirs": [str(path.parent), str(SOURCES)],
        "extra_compile_args": [
            *flags,
            *FITTING.get(kind, []),
            *(flag.format(file=remarks) for flag in REPORT_FLAGS.get(kind, [])),
        ],
        "extra_link_args": [
            *supported(options()["link_flags"], kind),
            *(flag for flag in own if flag.startswith(ALSO_LINKED)),
        ],
    }
    process = run(["-c", SETUP, json.dumps(extension)], into, environment(command))
    modules = list(into.glob(f"{CYTHON_MODULE}*{sysconfig.get_config_var('EXT_SUFFIX')}"))
    if process.returncode or not modules:
        raise of_compiler(path, shlex.join(command), process.stderr)
    if error := misfits(path, process.stderr):
        raise error
    text = report(kind, remarks.read_text("utf-8", "replace"), [path]) if remarks.exists() else ""
    version = version or command[0]
    text = f"# {version}: {' '.join(flags)}\n{text}"  # as the ladder's reports are
    return Build(modules[0], version, tuple(flags), text)


def translated(path: Path) -> Path:
    """The C file that Cython makes of a file, for all compilers.

    Raises
    ------
    CompilationError
        If Cython refuses it, or it hands over no loops.
    """
    into = Path(tempfile.mkdtemp(dir=folder()))
    c_file = into / f"{CYTHON_MODULE}.c"
    cython(path, c_file, ["--line-directives"])
    if '"fastbp.loops"' not in c_file.read_text("utf-8", "replace"):
        raise CompilationError(
            f"{path.name} hands over no loops; its last line must be "
            'include "both.pxi" for loops over pointers, include "views.pxi" over memoryviews'
        )
    restore_lines(c_file)
    return c_file


def cython(path: Path, c_file: Path, extra: Sequence[str]) -> None:
    """Run Cython with the directives of the ladder's modules."""
    directives = [
        word
        for name, value in options()["directives"].items()
        for word in ("-X", f"{name}={value}")
    ]
    process = run(
        [
            *("-m", "cython", *extra, *directives, "--module-name", CYTHON_MODULE),
            *("-I", str(path.parent), "-I", str(SOURCES), "-o", str(c_file), str(path)),
        ],
        c_file.parent,
        dict(os.environ),
    )
    if process.returncode:
        raise of_cython(path, process.stderr)


def scores_of(path: Path) -> Mapping[int, int]:
    """Line -> score, of the yellow lines of ``cython -a``: 5 for each call of Python's C API.

    Raises
    ------
    CompilationError
        If Cython refuses the file.
    """
    c_file = Path(tempfile.mkdtemp(dir=folder())) / f"{CYTHON_MODULE}.c"
    cython(path, c_file, ["--annotate"])
    page = c_file.with_suffix(".html").read_text("utf-8")
    return {int(line): int(score) for score, line in SCORE.findall(page) if score != "0"}


def import_module(name: str, path: str) -> ModuleType:
    """Import a compiled module from its file; no import statement would find it."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(
    arguments: Sequence[str], into: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python; what it prints is text in any case."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=into,
        env=environment | {"LC_ALL": "C"},  # messages in English
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
