"""The names of model files, as the system and as errors have them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from fastbp.errors import FileFormatError


def path_name(path: object) -> str:
    """The name of a file as the system wants it; TypeError where it is no path."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return name


@contextmanager
def error_with_path(path: object) -> Iterator[None]:
    """Say which file could not be loaded, in a FileFormatError of the block."""
    start = f"cannot load {path_name(path)!r}: "
    try:
        yield
    except FileFormatError as error:
        if str(error).startswith(start):
            raise
        raise FileFormatError(f"{start}{error}") from error.__cause__
