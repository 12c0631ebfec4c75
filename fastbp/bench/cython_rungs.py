"""Rungs of Cython files: ``fastbp bench --rung kern.pyx``.

Such a file has three functions and an include, as those of src/ladder have. It is compiled before
anything is timed; its process imports the module and gives its loops to the same driver.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from fastbp.bench import cython_build
from fastbp.bench.compiled_rungs import Compiled
from fastbp.bench.error_messages import CYTHON_MODULE
from fastbp.bench.ladder_row import Row
from fastbp.text.printable import printable

VARIABLE = "FASTBP_RUNG_MODULE"  # tells a rung's process which module it is


def rows_of(names: Mapping[str, str], compilers: Sequence[str], cflags: Sequence[str]) -> list[Row]:
    """Compile files with each compiler and each flags; returns a row for each.

    ``names`` has a rung's name for each file. "" stands for Python's own compiler, and for no
    flags besides the ladder's.

    Raises
    ------
    ValueError
        If there is no such file or compiler, or Cython is missing.
    CompilationError
        If a file does not compile.
    """
    for file in names:
        if not Path(file).is_file():
            what = f"{file} is a folder" if Path(file).is_dir() else f"there is no file {file}"
            raise ValueError(f"{what}; --rung needs the name of a Cython file, like kern.pyx")
    cython_build.check_tools()
    for compiler in compilers:
        cython_build.command_of(compiler)
    for flags in cflags:
        cython_build.words_of("--cflags", flags)
    c_files = {file: cython_build.translated(Path(file).resolve()) for file in names}
    choices = itertools.product(names, dict.fromkeys(compilers), dict.fromkeys(cflags))
    return [_row(names[of[0]], c_files[of[0]], *of) for of in choices]


def _row(name: str, c_file: Path, file: str, compiler: str, cflags: str) -> Row:
    path = Path(file).resolve()
    built = cython_build.build(path, c_file, compiler, cflags)
    axes = [axis for axis in (compiler, cflags) if axis]
    by = f", compiled by {' '.join(axes)}" if compiler else f", compiled with {cflags}"
    return Row(
        printable(" ".join([name, *axes])),
        file,
        printable(f"your own: {path.name}{by if axes else ''}"),
        str(path),
        threads=True,
        environment=((VARIABLE, str(built.module)),),
        build=built,
    )


#: What loops of this process have raised, from the last look on.
_raised: list[BaseException] = []


def _keep(unraisable: Any) -> None:
    if unraisable.exc_value is not None:
        _raised.append(unraisable.exc_value.with_traceback(unraisable.exc_traceback))


@cache
def module() -> ModuleType:
    """The module of this process."""
    sys.unraisablehook = _keep
    return cython_build.import_module(CYTHON_MODULE, os.environ[VARIABLE])


class CythonRung(Compiled):
    """The loops of the module of this process.

    A table of C functions passes no exception on: Python calls its hook for those that nobody can
    catch, and the first is raised at the end of the work.
    """

    def finish(self) -> None:
        """Raise what a loop has raised."""
        super().finish()
        if _raised:
            first, _raised[:] = _raised[0], []
            raise first

    def _module(self) -> Any:
        return module()
