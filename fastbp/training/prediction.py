"""The outputs of many rows, on as many threads as pay."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.inputs import Array, Rows, SparseRows
from fastbp.model.model import Model
from fastbp.model.row_slices import slices
from fastbp.training.one_sample import one_row_of
from fastbp.training.samples import batch
from fastbp.training.threads import PredictionThreads

#: Of a block of rows: some milliseconds of work, so that threads pay.
BLOCK_BYTES = 1 << 23
#: Sparse rows become dense where they are predicted, up to 1024 of a call together: 64 MB, or more
#: where rows are so wide that fewer would read the weights too often.
_DENSE_BYTES, _FEWEST_SPARSE_ROWS = 1 << 26, 64


def outputs(model: Model, X: Any, most_threads: int | None = None) -> Array:
    """a^(L) of every row of X."""
    X, architecture = batch(model, X), model.architecture
    sizes, dtype = architecture.sizes, architecture.dtype
    a = np.empty((len(X), sizes[-1]), dtype)
    kind = architecture.compute or dtype.char  # dtype.name takes 2 us
    with PredictionThreads(sizes, len(X), kind, n_threads=most_threads) as n_threads:
        if isinstance(X, SparseRows):
            step = max(_FEWEST_SPARSE_ROWS, _DENSE_BYTES // (X.shape[1] * dtype.itemsize))
            for rows in slices(len(X), step):
                model.program.predict(X[rows], a[rows], n_threads)
        else:
            model.program.predict(X, a, n_threads)
    return a


def output_blocks(
    model: Model, X: Rows, rows: Array | None, out: Array | None, most_threads: int | None = None
) -> Iterator[tuple[slice, Array]]:
    """a^(L) of checked samples, some at a time: which of them, and their outputs.

    They are those of the moving average while training keeps one.

    ``rows`` lists rows of X; None stands for all. Outputs are written into ``out``, (m, n_L), or
    else into memory that the next block reuses. So large arrays, and files mapped into memory, are
    never copied as a whole.
    """
    architecture = model.architecture
    sizes, dtype = architecture.sizes, architecture.dtype
    kind = architecture.compute or dtype.char
    n = len(X) if rows is None else len(rows)
    size = max(1, BLOCK_BYTES // (8 * max(sizes[0], sizes[-1])))
    memory = np.empty((min(size, n), sizes[-1]), dtype) if out is None else out
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        a = memory[: block.stop - start] if out is None else out[block]
        with PredictionThreads(sizes, len(a), kind, n_threads=most_threads) as n_threads:
            part = X[block] if rows is None else X[rows[block]]
            model.program.predict(part, a, n_threads, model.state.averaged_parameters)
        yield block, a


def one_output(model: Model, x: Any) -> Array:
    """a^(L) of one sample, whatever holds it."""
    return np.array(outputs(model, one_row_of(model, x))[0])
