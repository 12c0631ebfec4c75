"""The machine's limits: peak operations a second, memory bandwidth, and what a barrier takes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

import numpy as np

from fastbp._boundary import barrier_seconds, fma_peak
from fastbp.model.kernel_sets import kernels

BYTES = 128_000_000  # of an array: far more than the last-level cache
PEAK_SECONDS = 0.001  # of multiply-adds: short enough to fall between two preemptions
PEAK_REPEATS = 10


class MachineLimits:
    """Peak, bandwidth and barriers of a number of threads, each with its share of the arrays.

    Every call measures anew; of peak and bandwidth the caller keeps the best.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads, self._barrier = threads, Barrier(threads)
        self._pool = ThreadPoolExecutor(threads)
        self._source, self._target = (np.ones((threads, BYTES // 8 // threads)) for _ in range(2))

    def _on_all_threads(self, work: Callable[[int], float | None]) -> list[float]:
        """Run the work on all threads at once, started by a barrier; returns their results."""

        def begin(thread: int) -> float:
            self._barrier.wait()
            return work(thread) or 0.0

        return list(self._pool.map(begin, range(self._threads)))

    def flops(self, dtype: str) -> float:
        """Peak operations a second, in fused multiply-adds; 0 for the plain kernel set."""
        table = kernels(np.dtype(dtype), widest=1000)
        return max(
            sum(self._on_all_threads(lambda _: fma_peak(table, PEAK_SECONDS)))
            for _ in range(PEAK_REPEATS)
        )

    def barrier(self) -> float:
        """Seconds until all threads have met at a barrier: how far apart their cores are."""
        return barrier_seconds(self._threads)

    def bandwidth(self) -> dict[str, float]:
        """Bytes a second: read and written by a copy, and read by a sum."""

        def speed(work: Callable[[int], float | None], count: int) -> float:
            start = perf_counter()
            self._on_all_threads(work)
            return count / (perf_counter() - start)

        def copy(thread: int) -> None:
            np.copyto(self._target[thread], self._source[thread])

        return {
            "copy": speed(copy, 2 * self._source.nbytes),
            "sum": speed(lambda thread: float(self._source[thread].sum()), self._source.nbytes),
        }
