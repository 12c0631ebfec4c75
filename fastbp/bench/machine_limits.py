"""What the machine could do at most: multiply-adds a second, and bytes to and from its memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

import numpy as np

from fastbp._boundary import fma_peak
from fastbp.dispatch import kernels

BYTES = 128_000_000  # of an array: far more than a last cache holds
GLANCE, GLANCES = 0.001, 10  # seconds of multiply-adds: short enough to fall between other work


class Roofs:
    """Both, for so many threads; ``threads`` arrays share the bytes of one.

    Every call measures once more: the best of all calls is the machine's.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads, self._barrier = threads, Barrier(threads)
        self._pool = ThreadPoolExecutor(threads)
        self._from, self._to = (np.ones((threads, BYTES // 8 // threads)) for _ in range(2))

    def _together(self, work: Callable[[int], float | None]) -> list[float]:
        """What the threads return, each begun when all are ready."""

        def begin(thread: int) -> float:
            self._barrier.wait()
            return work(thread) or 0.0

        return list(self._pool.map(begin, range(self._threads)))

    def flops(self, dtype: str) -> float:
        """Floating-point operations a second in multiply-adds alone; 0 for the plain set."""
        table = kernels(np.dtype(dtype), widest=1000)
        return max(sum(self._together(lambda _: fma_peak(table, GLANCE))) for _ in range(GLANCES))

    def bandwidth(self) -> dict[str, float]:
        """Bytes a second: of a copy, those read and those written, and of a sum, those read."""

        def speed(work: Callable[[int], float | None], count: int) -> float:
            before = perf_counter()
            self._together(work)
            return count / (perf_counter() - before)

        def copy(thread: int) -> None:
            np.copyto(self._to[thread], self._from[thread])

        return {
            "copy": speed(copy, 2 * self._from.nbytes),
            "sum": speed(lambda thread: float(self._from[thread].sum()), self._from.nbytes),
        }
