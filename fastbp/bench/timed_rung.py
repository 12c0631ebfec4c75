"""One rung with its data: its timing, and the checks after its rounds.

The proof runs before the rounds, on other instances. Here the timed instance itself is checked
after them, since a rung may skip work when called often, return before its work is done, or cache
its results.
"""

import gc
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count as numbers_from
from itertools import repeat
from time import perf_counter

import numpy as np

from fastbp.bench.case_runner import Stages, check_steps, read_numbers, run_loops, run_stages
from fastbp.bench.cases import LOOPS, Case, Training
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Orders, Rung, mini_batches
from fastbp.inputs import Array

SEED = 1  # of the orders
OTHER_SEED = 2  # of a loop's samples in the checks
MAX_CALL_TURNS = 20  # a call that takes more turns is not repeated in the calibration
MAX_ORDERED = 1 << 23  # samples in the orders of a turn: 64 MB, even if the rung skips its work
MAX_TRACED_STEP = 0.1  # seconds of a step; tracing the memory of a slower one takes too long
MIN_READ_WAIT = 0.002  # seconds; a shorter wait in read after a call is no evidence
CACHED_RATIO = 4.0  # a first call on new samples, relative to repeated ones, that shows a cache
REPEAT_SECONDS = 0.02  # of those repeated calls, timed next to the first: both meet the same load
CLOCK_RESOLUTION = 5e-6  # seconds: smaller differences are ignored

# The scheduler may give the core to another process for 3 to 40 ms in the middle of a measurement,
# so that one alone is no evidence. Beside two or three busy loops, 16 to 39% of single tries of
# right rungs on 784-512-512-10 failed: three in a row in 0.3 to 1.3% of all checks, ten in a row
# never in 500. A rung that cheats fails in all of them.
TRIES = 20


def raise_if_persistent(attempt: Callable[[], str | None]) -> None:
    """Raise RuntimeError with the last complaint of a check by time if no attempt is without.

    >>> complaints = iter(["late", "late", None])
    >>> raise_if_persistent(lambda: next(complaints))
    """
    for _ in range(TRIES):
        if (complaint := attempt()) is None:
            return
    raise RuntimeError(complaint)


def seconds_of(call: Callable[[], object]) -> float:
    """Time a call."""
    start = perf_counter()
    call()
    return perf_counter() - start


class TimedRung:
    """A rung with an epoch of data, ready to be timed at these kernels."""

    def __init__(
        self, make: Callable[[Problem], Rung], problem: Problem, dtype: str, kernels: Sequence[str]
    ) -> None:
        self._problem, self._dtype = problem, dtype
        m, itemsize = problem.batch_size, np.dtype(dtype).itemsize
        self._X, self._Y = problem.draw(dtype, m * problem.batches(itemsize))
        self._x, self._y = (of[:m].copy() for of in (self._X, self._Y))
        self._orders: dict[int, list[Array]] = {}
        self._rung = make(problem)
        self._rung.put(self._x, self._y)
        if any(kernel != "step" for kernel in kernels):
            run_loops(self._rung)

    def close(self) -> None:
        """Close the rung."""
        self._rung.close()

    # ------------------------------------------------------------------------------------ timing

    def _rounded(self, kernel: str, count: int) -> int:
        """Round a number of steps to whole epochs if it is at least one epoch."""
        an_epoch = len(self._X) // self._problem.batch_size
        if kernel != "step" or count < an_epoch:
            return count
        return round(count / an_epoch) * an_epoch

    def _orders_of(self, count: int) -> list[Array]:
        """The orders of so many steps, the same in every call."""
        if count not in self._orders:
            m, n = self._problem.batch_size, len(self._X)
            epochs = Orders(n, epochs=max(1, count * m // n), seed=SEED)
            self._orders[count] = [epochs[0][: count * m]] if count * m < n else epochs
        return self._orders[count]

    def time(self, kernel: str, count: int) -> float:
        """Time so many calls, in seconds; of a step, so many mini-batches of ``train``.

        Raises
        ------
        RuntimeError
            If ``train`` returns another number of steps.
        """
        orders = self._orders_of(count) if kernel == "step" else []
        call = getattr(self._rung, "train" if kernel == "step" else kernel)
        finish, steps = self._rung.finish, None
        gc.collect()
        gc.disable()
        try:
            start = perf_counter()
            if kernel == "step":
                steps = call(self._X, self._Y, orders)
            else:
                for _ in repeat(None, count):
                    call()
            finish()
            seconds = perf_counter() - start
        finally:
            gc.enable()
        if kernel == "step":
            check_steps(steps, mini_batches(orders, self._problem.batch_size))
            assert steps is not None
            seconds *= count / steps  # whole epochs may differ a little from count
        return seconds

    def _time_until_finished(self, kernel: str, count: int) -> float:
        """The same, after checking that the work was finished: reading must not wait for it.

        Raises
        ------
        RuntimeError
            If the first read takes longer than the second in every attempt.
        """
        seconds = 0.0

        def attempt() -> str | None:
            nonlocal seconds
            seconds = self.time(kernel, count)
            first, again = seconds_of(self._rung.read), seconds_of(self._rung.read)
            # The threshold is at least the time of a read, or its noise would decide. Deferred work
            # grows with the count, so it is found at a larger one.
            if first - again < max(MIN_READ_WAIT, seconds, again):
                return None
            return (
                f"{kernel} came back after {seconds:.2g} s with its work undone, which read then "
                f"waited {first - again:.2g} s for; override finish to wait for it"
            )

        raise_if_persistent(attempt)
        return seconds

    def calibrate(self, kernel: str, seconds: float) -> int:
        """Find how many calls take about so long; they have just run, as a warm-up."""
        most = MAX_ORDERED // self._problem.batch_size if kernel == "step" else sys.maxsize
        count = 1
        while True:
            elapsed = self._time_until_finished(kernel, count)
            if seconds / 4 < elapsed < MAX_CALL_TURNS * seconds:
                elapsed = self.time(kernel, count)  # the first call may have compiled
            target = max(1, min(most, round(count * seconds / max(elapsed, 1e-9))))
            if elapsed > seconds / 4 or target <= count:
                break
            count = self._rounded(kernel, min(target, 16 * count))
        target = self._rounded(kernel, target)
        if target != count:
            self._time_until_finished(kernel, target)
        return target

    # ------------------------------------------------------------------- memory, and later checks

    def memory(self) -> int | None:
        """The peak of allocated bytes during a step, above those before it.

        Counts what Python's allocator and NumPy allocate, not malloc in C libraries: None for a
        rung that uses only that, and for a slow one, for which tracing takes too long.
        """
        if not self._rung.counts_memory:
            return None
        step, x, y = self._rung.step, self._x, self._y
        start = perf_counter()
        step(x, y)  # makes the buffers that are made once
        if perf_counter() - start > MAX_TRACED_STEP:
            return None
        tracemalloc.start()
        try:
            step(x, y)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def afterwards(self, kernel: str, count: int) -> tuple[Case, Stages]:
        """Run one more step, or the loops on new samples; returns the case and the numbers.

        The case starts from the rung's current weights.

        Raises
        ------
        RuntimeError
            If a loop takes much longer on new samples than on old ones.
        """
        now = read_numbers(self._rung)
        if kernel == "step":
            return self._run_another_step(now.w, now.b)
        self._check_not_cached(kernel, count)
        self._x, self._y = self._problem.draw(self._dtype, len(self._x), OTHER_SEED)
        case = self._case(now.w, now.b, ("put", *LOOPS))
        return case, list(run_stages(self._rung, case))

    def _case(self, w: list[Array], b: list[Array], actions: tuple[str, ...]) -> Case:
        name = "after its rounds"
        return Case(name, self._problem, self._dtype, w, b, self._x, self._y, actions=actions)

    def _run_another_step(self, w: list[Array], b: list[Array]) -> tuple[Case, Stages]:
        """Train on some of the samples that were timed."""
        m = self._problem.batch_size
        rows = Orders(len(self._X), epochs=1, seed=OTHER_SEED)[0][: m + m // 2]
        case = self._case(w, b, ("train",))
        timed = replace(case, training=Training(self._X, self._Y, ([rows],)))
        training = Training(self._X[rows], self._Y[rows], ([np.arange(len(rows))],))
        return replace(case, training=training), list(run_stages(self._rung, timed))

    def _check_not_cached(self, kernel: str, count: int) -> None:
        """Raise RuntimeError if a loop caches its results instead of computing them again."""
        usual = self.time(kernel, count) / count
        few = max(1, min(count, round(REPEAT_SECONDS / max(usual, 1e-9))))
        seeds = numbers_from(OTHER_SEED + 1)  # of new samples

        def call() -> None:
            getattr(self._rung, kernel)()
            self._rung.finish()

        def attempt() -> str | None:
            self._x, self._y = self._problem.draw(self._dtype, len(self._x), next(seeds))
            self._rung.put(self._x, self._y)
            run_loops(self._rung, until=kernel)
            self._rung.finish()
            first, again = seconds_of(call), self.time(kernel, few) / few
            if first <= CACHED_RATIO * max(usual, again) + CLOCK_RESOLUTION:
                return None
            return (
                f"{kernel} took {first:.2g} s on new samples and {again:.2g} s when it was called "
                "again; it must do its work in every call"
            )

        raise_if_persistent(attempt)
