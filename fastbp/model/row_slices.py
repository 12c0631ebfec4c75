"""Blocks of rows: what is done to a large array block by block takes the memory of one."""

from collections.abc import Iterator

# Large enough for a block's cost in Python to vanish, small enough to stay in a core's cache.
BLOCK_BYTES = 1 << 20


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
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    for start in range(0, n_rows if row_bytes else 0, step):
        yield slice(start, min(start + step, n_rows))
