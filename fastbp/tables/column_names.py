"""Names of columns: those of a table that has none, and that all are different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fastbp.errors import FileFormatError
from fastbp.text.formatting import list_names


def numbered_names(n: int) -> list[str]:
    """The names of n columns that have none: ``column 1`` and so on."""
    return [f"column {i}" for i in range(1, n + 1)]


def check_different(
    names: Iterable[str],
    place: str,
    remedy: str = "rename them",
    *,
    error: type[ValueError] = FileFormatError,
) -> None:
    """Raise if two columns have one name.

    >>> check_different(["size", "size"], "cars.csv, line 1")
    Traceback (most recent call last):
    fastbp.errors.FileFormatError: cars.csv, line 1: more than one column is named size; rename them
    """
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise error(f"{place}: more than one column is named {list_names(repeated)}; {remedy}")
