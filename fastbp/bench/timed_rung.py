"""One rung with its data, made to be timed; and what is looked at once it has been.

The proof sees a rung before its rounds. Here its very instance is tried once more after them: one
that does less when it is called often, that answers before it is done, or that only remembers what
it found, has been fast and is not right.
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

from fastbp.bench.case_runner import Stages, check_steps, done, read, run_loops
from fastbp.bench.cases import LOOPS, Case, Training
from fastbp.bench.problems import Problem
from fastbp.bench.retries import clocked, persistent
from fastbp.bench.rung import Orders, Rung, mini_batches
from fastbp.validation import Array

SEED = 1  # of the orders
OTHER_SEED = 2  # of what a loop is given after its rounds
SLOW = 20  # turns that a call takes of a rung so slow that nothing is done twice to be sure
MOST_ORDERED = 1 << 23  # samples in the orders of a turn: 64 MB, whatever a rung says it did
COUNTABLE = 0.1  # seconds of the longest step whose memory is counted, which takes much longer
AT_LEAST = 0.002  # seconds that reading must take after a call to say that this had not ended
REMEMBERED = 4.0  # times as slow as the others: the first call on new samples
AGAIN = 0.02  # seconds of those others, timed beside each first call: what slows it slows them
CLOCK = 5e-6  # seconds: two calls that differ by less are not told apart


class Timed:
    """A rung and an epoch of data, for these kernels."""

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
        """Let it go."""
        self._rung.close()

    # ------------------------------------------------------------------------- how long it takes

    def _whole_epochs(self, count: int) -> int:
        """About so many steps, but whole epochs if it is more than one."""
        an_epoch = len(self._X) // self._problem.batch_size
        return count if count < an_epoch else round(count / an_epoch) * an_epoch

    def _orders_of(self, count: int) -> list[Array]:
        """Orders of so many steps, the same at every call."""
        if count not in self._orders:
            m, n = self._problem.batch_size, len(self._X)
            whole = Orders(n, epochs=max(1, count * m // n), seed=SEED)
            self._orders[count] = [whole[0][: count * m]] if count * m < n else whole
        return self._orders[count]

    def time(self, kernel: str, count: int) -> float:
        """Seconds of so many calls; of a step, so many mini-batches of ``train``.

        Raises
        ------
        RuntimeError
            If ``train`` says that it did another number of steps.
        """
        orders = self._orders_of(count) if kernel == "step" else []
        call = getattr(self._rung, "train" if kernel == "step" else kernel)
        finish, steps = self._rung.finish, None
        gc.collect()
        gc.disable()
        try:
            before = perf_counter()
            if kernel == "step":
                steps = call(self._X, self._Y, orders)
            else:
                for _ in repeat(None, count):
                    call()
            finish()
            seconds = perf_counter() - before
        finally:
            gc.enable()
        if kernel == "step":
            check_steps(steps, mini_batches(orders, self._problem.batch_size))
            assert steps is not None
            seconds *= count / steps  # whole epochs may be a few more or less
        return seconds

    def _time_to_the_end(self, kernel: str, count: int) -> float:
        """The same, where reading the numbers afterwards takes no longer than reading them again.

        Raises
        ------
        RuntimeError
            If it does, time after time: the work went on behind the clock's back.
        """
        seconds = 0.0

        def attempt() -> tuple[str | None, bool]:
            nonlocal seconds
            seconds = self.time(kernel, count)
            first, again = clocked(self._rung.read), clocked(self._rung.read)
            waited = first.seconds - again.seconds
            # No less than reading takes by itself, or its own noise decides. What was put off for
            # longer than that grows with the count, and is found at the next one.
            if waited < max(AT_LEAST, seconds, again.seconds):
                return None, first.preempted
            return (
                f"{kernel} came back after {seconds:.2g} s with its work undone, which read then "
                f"waited {waited:.2g} s for; override finish to wait for it"
            ), first.preempted

        if complaint := persistent(attempt):
            raise RuntimeError(complaint)
        return seconds

    def calibrate(self, kernel: str, seconds: float) -> int:
        """How many calls take about so long; the last of them have just been done."""
        most = MOST_ORDERED // self._problem.batch_size if kernel == "step" else sys.maxsize
        count = 1
        while True:
            elapsed = self._time_to_the_end(kernel, count)
            if seconds / 4 < elapsed < SLOW * seconds:
                elapsed = self.time(kernel, count)  # the first one may have compiled for it
            wanted = max(1, min(most, round(count * seconds / max(elapsed, 1e-9))))
            if elapsed > seconds / 4 or wanted <= count:
                break
            count = min(wanted, 16 * count)
            count = self._whole_epochs(count) if kernel == "step" else count
        if kernel == "step":
            wanted = max(1, self._whole_epochs(wanted))
        if wanted != count:
            self._time_to_the_end(kernel, wanted)
        return wanted

    # ------------------------------------------------------------------------ what else it is like

    def memory(self) -> int | None:
        """The most bytes that were allocated at one moment of a step, beyond those before it.

        What Python's allocator and NumPy give out is counted; what C libraries take from malloc
        is not: None for a rung whose memory is all of that kind, and for a slow one, for which
        counting takes too long.
        """
        if not self._rung.counts_memory:
            return None
        step, x, y = self._rung.step, self._x, self._y
        before = perf_counter()
        step(x, y)  # what is made once is there now
        if perf_counter() - before > COUNTABLE:
            return None
        tracemalloc.start()
        try:
            step(x, y)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def afterwards(self, kernel: str, count: int) -> tuple[Case, Stages]:
        """Its numbers after one step more, or after the loops over other samples.

        Together with the case that this is, which begins with the weights that it says it has.

        Raises
        ------
        RuntimeError
            If a loop took much longer on new samples than it did on old ones.
        """
        now = read(self._rung)
        if kernel == "step":
            return self._step_more(now.w, now.b)
        self._answers_anew(kernel, count)
        self._x, self._y = self._problem.draw(self._dtype, len(self._x), OTHER_SEED)
        case = self._case(now.w, now.b, ("put", *LOOPS))
        return case, list(done(self._rung, case))

    def _case(self, w: list[Array], b: list[Array], does: tuple[str, ...]) -> Case:
        name = "after its rounds"
        return Case(name, self._problem, self._dtype, w, b, self._x, self._y, does=does)

    def _step_more(self, w: list[Array], b: list[Array]) -> tuple[Case, Stages]:
        """By ``train``, on some of the very samples that it was timed on."""
        m = self._problem.batch_size
        rows = Orders(len(self._X), epochs=1, seed=OTHER_SEED)[0][: m + m // 2]
        case = self._case(w, b, ("train",))
        timed = replace(case, training=Training(self._X, self._Y, ([rows],)))
        told = Training(self._X[rows], self._Y[rows], ([np.arange(len(rows))],))
        return replace(case, training=told), list(done(self._rung, timed))

    def _answers_anew(self, kernel: str, count: int) -> None:
        """Raise RuntimeError if a loop finds numbers once, and then only remembers them."""
        usual = self.time(kernel, count) / count
        few = max(1, min(count, round(AGAIN / max(usual, 1e-9))))
        seeds = numbers_from(OTHER_SEED + 1)  # of samples that it has never seen

        def call() -> None:
            getattr(self._rung, kernel)()
            self._rung.finish()

        def attempt() -> tuple[str | None, bool]:
            self._x, self._y = self._problem.draw(self._dtype, len(self._x), next(seeds))
            self._rung.put(self._x, self._y)
            run_loops(self._rung, until=kernel)
            self._rung.finish()
            first, again = clocked(call), self.time(kernel, few) / few
            if first.seconds <= REMEMBERED * max(usual, again) + CLOCK:
                return None, first.preempted
            return (
                f"{kernel} took {first.seconds:.2g} s on new samples and {again:.2g} s when it was "
                "called again; it must do its work in every call"
            ), first.preempted

        if complaint := persistent(attempt):
            raise RuntimeError(complaint)
