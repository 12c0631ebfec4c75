"""Compiles the files of benchmarks/pitfalls/ with the directives and flags of the ladder's rungs.

Cython 3.2 or newer: the utility code of memoryviews, most of the C of so short a file, is compiled
once for all of them.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest import mock

from fastbp.bench.compilers import compiler_of, supported
from fastbp.bench.cython_build import import_module, options

SOURCES = Path(__file__).with_name("pitfalls")
OPENMP = "cython.parallel"  # a file that imports it is compiled with -fopenmp
JOBS = 2
#: The comment in which Cython quotes a line of a .pyx, before the C of that line.
QUOTATION = re.compile(r'/\* "[^"\n]*\.pyx":(\d+)\n.*?\*/', re.S)
KINDS = {"gcc": "GCC", "clang": "Clang"}
VERSION = re.compile(r"\b(\d+\.\d+\.\d+)\b")


@dataclass(frozen=True)
class Compiled:
    """A file of pitfalls/: its module, and the C of the lines of its two halves."""

    module: ModuleType
    wrong: str
    right: str


def source(name):
    """The text of a file of pitfalls/."""
    return (SOURCES / f"{name}.pyx").read_text(encoding="utf-8")


def compiler_version(command):
    """A compiler's kind and version: ``GCC 12.2.0``."""
    kind, line = compiler_of(command.split())
    return f"{KINDS.get(kind, command)} {''.join(VERSION.findall(line)[-1:]) or line}"


def flags(command):
    """The flags of the ladder's rungs that a compiler knows."""
    return supported(options()["flags"], compiler_of(command.split())[0])


def compiled(names, folder, command):
    """Compile files of pitfalls/ into an empty folder; a dict from name to `Compiled`.

    Raises
    ------
    RuntimeError
        If Cython or the C compiler refuses one. What they say goes to the standard error output.
    """
    from Cython.Build import cythonize
    from Cython.Compiler.Errors import CompileError as CythonError
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import CompileError

    utility = f"utility_of_{re.sub(r'[^a-z0-9]', '_', folder.name.lower())}"
    own = flags(command)

    def extension(name, path, openmp=False):
        more = ["-fopenmp"] * openmp
        return Extension(name, [str(path)], extra_compile_args=own + more, extra_link_args=more)

    extensions = [
        extension(utility, folder / f"{utility}.c"),
        *(extension(name, SOURCES / f"{name}.pyx", OPENMP in source(name)) for name in names),
    ]
    try:
        modules = cythonize(
            extensions,
            compiler_directives={
                **options()["directives"],
                "show_performance_hints": False,  # there are some where files are wrong
            },
            build_dir=str(folder / "c"),
            shared_utility_qualified_name=utility,
            force=True,
            quiet=True,
        )
        build = build_ext(Distribution({"ext_modules": modules}))
        build.build_lib, build.build_temp, build.parallel = str(folder), str(folder), JOBS
        with mock.patch.dict(os.environ, CC=command):
            build.ensure_finalized()
            build.run()
    except CythonError as error:
        raise RuntimeError(f"{error} is refused; Cython 3.2 or newer takes all pairs") from error
    except CompileError as error:
        raise RuntimeError(
            f"{error}; where omp.h is missing, install the compiler's OpenMP "
            "(Debian: libomp-19-dev for clang-19)"
        ) from error
    sys.modules[utility] = import_module(utility, build.get_ext_fullpath(utility))
    return {
        module.name: Compiled(
            import_module(module.name, build.get_ext_fullpath(module.name)),
            *_halves(module.name, Path(module.sources[0])),
        )
        for module in modules
        if module.name != utility
    }


def _halves(name, c_file):
    """The C of the lines below ``# wrong``, and of those below ``# right``."""
    lines = source(name).splitlines()
    wrong, right = (lines.index(f"# {half}") + 1 for half in ("wrong", "right"))
    parts = QUOTATION.split(c_file.read_text(encoding="utf-8"))
    c = {"wrong": [], "right": []}
    for line, text in zip(map(int, parts[1::2]), parts[2::2], strict=True):
        if line > wrong:
            # The C of the file's last line goes on to the end of the module.
            c["right" if line > right else "wrong"].append(
                text.partition("/* #### Code section")[0]
            )
    return "".join(c["wrong"]), "".join(c["right"])
