"""Blocks of rows: what is done to a large array block by block takes the memory of one."""

from collections.abc import Iterator

# Large enough for a block's cost in Python to vanish, small enough to stay in a core's cache.
BLOCK_BYTES = 1 << 20


def slices(n_rows: int, step: int) -> Iterator[slice]:
    """Cut rows into blocks of ``step``; the last one may be shorter.

    Examples
    --------
    >>> list(slices(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))


def row_slices(shape: tuple[int, ...], itemsize: int) -> Iterator[slice]:
    """Cut the first axis into blocks of some `BLOCK_BYTES`, of one row at least.

    Examples
    --------
    >>> list(row_slices((5, 2**17), 4))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    n_rows, row_bytes = shape[0], itemsize
    for n in shape[1:]:
        row_bytes *= n
    return slices(n_rows if row_bytes else 0, max(1, BLOCK_BYTES // max(1, row_bytes)))
