"""Checks of output paths before a command starts, and saving with a fallback folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from fastbp.model_file.atomic_write import check_replaceable
from fastbp.tables.source import STANDARD_STREAM

# The same file as a path, on the systems that have one.
_STANDARD_INPUT_FILE = Path("/dev/stdin")


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Raise now, before the work, if one of a command's files could not be written after it.

    Parameters
    ----------
    outputs : mapping
        Option -> its file, given or default; None is left out.
    inputs : iterable of Path
        Files that the command reads, none of which may be written over.

    Raises
    ------
    ValueError
        If a path cannot be a file, is named twice, or is also an input.
    OSError
        If the folder, or the old file in it, may not be written to.
    """
    options_by_path: dict[str, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        _check_folder(path)
        check_not_read(path, option, *filter(None, inputs))
        real_path = os.path.normcase(os.path.realpath(path))
        if real_path in options_by_path:
            raise ValueError(
                f"{options_by_path[real_path]} and {option} are both {path}; give two names"
            )
        options_by_path[real_path] = option
        _check_writable(option, path)


def check_not_read(output: Path, option: str, *inputs: Path) -> None:
    """Raise if a file to write to is one that is read, by whatever name."""
    if not output.exists():
        return
    for path in inputs:
        path = _STANDARD_INPUT_FILE if path == STANDARD_STREAM else path
        if path.exists() and output.samefile(path):
            raise ValueError(f"{option} is {output}, a file that is read; give another")


def _check_folder(path: Path) -> None:
    """Raise now if a file could not be written to this path later."""
    folder = path.parent
    if not folder.is_dir():
        raise ValueError(f"{path}: there is no folder {folder}; make it first")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file in it")


def _check_writable(option: str, path: Path) -> None:
    if path.exists() and not path.is_file():
        raise ValueError(f"{option} is {path}, which is not a regular file; give another name")
    try:
        check_replaceable(str(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(
            f"{path} cannot be written ({reason}); give another place with {option}"
        ) from error


def save_with_fallback(save: Callable[[Path], None], path: Path) -> tuple[Path, Exception | None]:
    """Save to a path, or where that fails into a new folder for temporary files.

    Parameters
    ----------
    save : callable
        Writes the file whose path it is given.
    path : Path
        Where it should be.

    Returns
    -------
    path : Path
        Where it is.
    error : OSError, ValueError or None
        Why it is not where it should be.

    Raises
    ------
    OSError, ValueError
        The first one, if it could be saved nowhere.
    """
    try:
        save(path)
        return path, None
    except (OSError, ValueError) as error:
        # The temporary folder is often on the same disk, or in memory; the home folder is not.
        for parent in (tempfile.gettempdir, Path.home):
            with contextlib.suppress(OSError, RuntimeError):
                return _save_in_new_folder(save, parent(), path.name), error
        raise


def _save_in_new_folder(save: Callable[[Path], None], parent: str | Path, name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fastbp-", dir=parent))
    try:
        save(folder / name)
    except BaseException:
        folder.rmdir()
        raise
    return folder / name
