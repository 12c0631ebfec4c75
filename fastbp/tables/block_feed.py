"""Blocks of text one after the other, with what a fast reader makes of each."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from fastbp.tables.chunks import Chunk
from fastbp.tables.fast_blocks import has_pandas
from fastbp.tables.text_blocks import Block

_MOST_THREADS = 4


class BlockFeed:
    """Blocks in order, read ahead by some threads where that is faster.

    Parameters
    ----------
    blocks : iterator of Block
        The blocks.
    read : callable
        Returns a block's rows; None if it declines it.
    """

    def __init__(self, blocks: Iterator[Block], read: Callable[[Block], Chunk | None]) -> None:
        self._blocks = blocks
        self._read = read
        self._ahead: deque[tuple[Block, Future[Chunk | None] | None]] = deque()
        self._inside = False
        n_threads = min(os.cpu_count() or 1, _MOST_THREADS)
        self._n_ahead = n_threads + 1
        # NumPy's reader and the csv module hold Python's lock.
        self._pool = ThreadPoolExecutor(n_threads) if has_pandas() and n_threads > 1 else None

    def __enter__(self) -> BlockFeed:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def next_block(self) -> tuple[Block, Chunk | None] | None:
        """Return the next block, and its rows unless they were declined; None at the end."""
        if self._pool is not None:
            while len(self._ahead) < self._n_ahead:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._ahead.append((block, self._pool.submit(self._read, block)))
        item = self._take()
        if item is None:
            return None
        block, future = item
        return block, self._read(block) if future is None else future.result()

    def start_record(self) -> None:
        """Say that a record ended with the last line."""
        self._inside = False

    def lines(self, block: Block) -> Iterator[str]:
        """Yield the lines of a block, and those of the next ones that its last record needs."""
        item: tuple[Block, object] | None = (block, None)
        own = True
        while item is not None:
            lines = item[0].lines()
            for n_lines, line in enumerate(lines):
                if not (own or self._inside):
                    rest = line + "".join(lines)
                    self._ahead.appendleft((Block(rest.encode(), item[0].line + n_lines), None))
                    return
                self._inside = True
                yield line
            if not self._inside:
                return
            own = False
            item = self._take()

    def _take(self) -> tuple[Block, Future[Chunk | None] | None] | None:
        """Return the next block, with its rows to come where it was read ahead."""
        if self._ahead:
            return self._ahead.popleft()
        block = next(self._blocks, None)
        return None if block is None else (block, None)
