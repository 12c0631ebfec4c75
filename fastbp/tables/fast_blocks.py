"""Fast reading of plain blocks of delimited text, by pandas or NumPy.

What is read here is what Python's csv module and `float` give, to the bit: a block that could be
read otherwise is declined, and then they read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from numpy.typing import NDArray

from fastbp.tables.numpy_blocks import read_by_numpy
from fastbp.tables.pandas_blocks import read_by_pandas
from fastbp.tables.plain_blocks import KnownColumns, plain_block

# From here on pandas' work for each column is more than that for its cells.
_WIDE = 1000


class FastReader:
    """Read some columns of plain blocks of one table.

    Parameters
    ----------
    delimiter : str
        What separates the cells.
    n_columns : int
        The number of cells of a row.
    places : sequence of int
        The positions of the columns that are wanted.
    as_text : sequence of bool
        Whether each of these is wanted as text.
    """

    def __init__(
        self, delimiter: str, n_columns: int, places: Sequence[int], as_text: Sequence[bool]
    ) -> None:
        self._delimiter = delimiter
        self._n_columns = n_columns
        self._places = places
        self._as_text = as_text
        self._known = KnownColumns()

    def read(self, text: bytes) -> list[NDArray[Any]] | None:
        """Read a block of whole lines in UTF-8 (which was checked); None to decline it."""
        block = plain_block(text, self._delimiter) if self._places else None
        # In a table of one column a blank line is no row, and "" is read as one.
        if block is None or (block.quoted and self._n_columns == 1):
            return None
        by_pandas = has_pandas() and self._n_columns <= _WIDE
        read = read_by_pandas if by_pandas else read_by_numpy
        return read(block, self._n_columns, self._places, self._as_text, self._known)


@cache
def has_pandas() -> bool:
    """Whether a pandas is installed that is faster than NumPy at numbers as exact as `float`'s.

    Since 3.1 its own way is exact; before, its exact one takes twice as long as NumPy's.
    """
    try:
        major, minor = (int(part) for part in version("pandas").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return False
    return (major, minor) >= (3, 1)
