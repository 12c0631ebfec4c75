"""Custom rungs: registration, import paths and loading."""

import importlib
import importlib.util
import inspect
import multiprocessing
import re
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from fastbp.bench import ladder
from fastbp.bench.ladder import NAME, rows
from fastbp.bench.ladder_row import Row, is_importable
from fastbp.bench.rung import Rung
from fastbp.text.printable import printable


def register(
    name: str,
    factory: Callable[..., Any] | str,
    *,
    idea: str = "your own",
    source: str | None = None,
    needs: Sequence[str] = (),
    dtypes: Sequence[str] = ("float32", "float64"),
    threads: bool = False,
) -> None:
    """Add a rung of your own to the ladder, with the same proof and the same timing.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens; no rung may have it yet.
    factory : class, function or str
        A subclass of :class:`fastbp.bench.Rung`, or a function of the same arguments that makes
        one; or where it is: "package.module:name", "folder/file.py:name". Its process imports it
        from there, so it must be at the top level of a file.
    idea : str
        One line for the table.
    source : str, optional
        The file that ``--show`` shows.
    needs, dtypes, threads
        As in :class:`Row`.

    Raises
    ------
    ValueError
        If the name is not of that kind or taken, or nothing can be imported from there.

    Examples
    --------
    >>> register("mine", "mine.py:Mine", idea="the same, but mine")     # doctest: +SKIP
    """
    in_child = getattr(factory, "__module__", None) == "__mp_main__"
    if in_child or multiprocessing.parent_process() is not None:
        return  # the rung's process imports this file again
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"name must be lower-case letters, digits and hyphens, got {name!r}")
    import_path = factory if isinstance(factory, str) else import_path_of(factory)
    check_import_path(import_path)
    row = Row(name, import_path, idea, source, tuple(needs), tuple(dtypes), threads)
    if name in {other.name for other in rows()}:
        raise ValueError(f"name must be new, got {name!r}, which is a rung already")
    ladder.REGISTERED.append(row)


def import_path_of(factory: Callable[..., Any]) -> str:
    """The import path of a class or function, for another process.

    Raises
    ------
    ValueError
        If it has none: it was typed into a prompt, or is nested in a function.
    """
    if not callable(factory):
        raise ValueError(f"factory must be a class or a function, got {type(factory).__name__}")
    name = getattr(factory, "__qualname__", "<nameless>")
    if "<" in name:
        raise ValueError(
            f"factory must stand at the top level of a file, got {name}: its process imports it"
        )
    if factory.__module__ != "__main__":
        return f"{factory.__module__}:{name}"
    try:
        return f"{Path(inspect.getfile(factory)).resolve()}:{name}"
    except (TypeError, OSError):
        raise ValueError(
            f"factory must stand in a file, got {name}, which was typed: its process imports it"
        ) from None


def check_import_path(import_path: str) -> None:
    """Raise ValueError if this is not an import path of an existing file or module."""
    module, colon, name = import_path.rpartition(":")
    if not colon or not module or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(
            "a rung must be given as path.py:function, package.module:function, or on the command "
            f"line kern.pyx, got {import_path!r}"
        )
    if module.endswith(".pyx"):
        raise ValueError(f"a Cython file is given by its name alone: --rung {module}")
    if module.endswith(".py"):
        if not Path(module).is_file():
            raise ValueError(f"there is no file {module}, where the rung {import_path!r} should be")
    elif not is_importable(module):
        raise ValueError(f"there is no module {module}, where the rung {import_path!r} should be")


def from_options(
    rungs: Sequence[str],
    compilers: Sequence[str] | None = None,
    cflags: Sequence[str] | None = None,
) -> list[Row]:
    """The rows of rungs given by import paths, or by the names of Cython files.

    A Cython file has one for each compiler and each flags.
    """
    files = [given for given in rungs if given.endswith(".pyx")]
    for option, values in (("--cc", compilers), ("--cflags", cflags)):
        if values and not files:
            raise ValueError(
                f"{option} is for Cython files alone, and none is given; add --rung FILE.pyx"
            )
    rows = [from_file(given) for given in rungs if given not in files]
    if files:
        from fastbp.bench import cython_rungs

        names = {file: rung_name_of(Path(file).stem) for file in files}
        rows += cython_rungs.rows_of(names, compilers or [""], cflags or [""])
    return rows


def from_file(import_path: str) -> Row:
    """The row of a rung given by its import path, named after it."""
    check_import_path(import_path)
    module, _, name = import_path.rpartition(":")
    idea = f"your own: {printable(Path(module).name)}"
    return Row(rung_name_of(name), import_path, idea, _source(module), threads=True)


def rung_name_of(name: str) -> str:
    """A name for a rung that is called so in its file.

    >>> rung_name_of("WrongSign"), rung_name_of("my kern_2"), rung_name_of("fit")
    ('wrong-sign', 'my-kern-2', 'own-fit')
    """
    rung_name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
    rung_name = rung_name.strip("-") or "own"
    names = {row.name for row in rows()}
    return rung_name if rung_name not in names else f"own-{rung_name}"


def _source(module: str) -> str | None:
    """The file of "folder/file.py" or "package.module"; None where a module has none."""
    if module.endswith(".py"):
        return str(Path(module).resolve())
    spec = importlib.util.find_spec(module)
    return spec.origin if spec and spec.has_location else None


def load_factory(import_path: str) -> Callable[..., Rung]:
    """Import what makes a rung: "package.module:Class", or "folder/file.py:function".

    Raises
    ------
    AttributeError
        If the module has nothing of that name.
    """
    if import_path.endswith(".pyx"):
        from fastbp.bench.cython_rungs import CythonRung

        return CythonRung
    module_name, _, name = import_path.rpartition(":")
    if module_name.endswith(".py"):
        module = load_file(Path(module_name).resolve())
    else:
        module = importlib.import_module(module_name)
    try:
        factory = attrgetter(name)(module)
    except AttributeError:
        names = [attribute for attribute in vars(module) if not attribute.startswith("_")]
        raise AttributeError(f"{module_name} has no {name!r}; it has: {', '.join(names)}") from None
    if not callable(factory):
        raise TypeError(
            f"{import_path} must be a class or a function, got {type(factory).__name__}"
        )
    return factory  # type: ignore[no-any-return]  # its result is checked when it is made


def load_file(path: Path) -> ModuleType:
    """Import a file as a module; it can import modules from its folder."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"fastbp_rung_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Numba and dataclasses look there
    spec.loader.exec_module(module)
    return module
