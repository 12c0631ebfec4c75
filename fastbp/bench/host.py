"""What a worker's process holds: one rung, made, tried and timed as it is told.

Nothing here knows what is right. What a trial comes to is compared elsewhere (proof.py), by the
process that the rung cannot touch.
"""

import gc
import sys
import tracemalloc
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from fastbp.bench.cases import Case
from fastbp.bench.own_rungs import find
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Numbers, Orders, Rung, UnsupportedError
from fastbp.bench.timing import SOME_ROWS, rows_in_time
from fastbp.validation import Array

SEED = 1  # of the orders
SLOW = 20  # turns that a call takes of a rung so slow that nothing is done twice to be sure
MOST_ORDERED = 1 << 23  # samples in the orders of a turn: 64 MB, whatever a rung says it did
COUNTABLE = 0.1  # seconds of the longest step whose memory is counted, which takes much longer
Stages = list[tuple[str, Numbers]]


class Traits(NamedTuple):
    """What a rung says of itself."""

    kernels: tuple[str, ...] = ()
    keeps_subnormals: bool = True


class Host:
    """One rung, by its place in the ladder's table."""

    def __init__(self, where: str, threads: int) -> None:
        before = perf_counter()
        self._make = find(where)
        self._import_seconds = perf_counter() - before
        self._threads = threads
        self._rung: Rung | None = None
        self._orders: dict[int, list[Array]] = {}

    def _new(self, problem: Problem, dtype: str, parameters: Any = None) -> Rung:
        weights, biases = parameters or problem.first_parameters(dtype)
        rung = self._make(problem, dtype, self._threads, weights, biases)
        missing = [name for name in ("put", "step", "train", "read") if not hasattr(rung, name)]
        if missing:
            raise TypeError(
                f"it must make a fastbp.bench.Rung, got {type(rung).__name__} without "
                f"{', '.join(missing)}"
            )
        return rung

    # ------------------------------------------------------------------------- to be proved

    def look(self, problem: Problem, dtype: str) -> Traits | str:
        """What it is, or why it has nothing like this problem."""
        try:
            rung = self._new(problem, dtype)
        except UnsupportedError as error:
            return str(error)
        rung.close()
        return Traits(tuple(rung.kernels), bool(rung.keeps_subnormals))

    def trial(self, case: Case, twice: bool = True) -> tuple[Stages, str | None]:
        """Its numbers after each thing done to a case, and what else it did that it must not.

        No numbers, if it has nothing like the case's problem. ``twice`` calls each loop again,
        which must change nothing. A warning is raised as an error.
        """
        given, case = case.arrays(), case.copy()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                rung = self._new(case.problem, case.dtype, (case.weights, case.biases))
            except UnsupportedError:
                return [], None
            stages = list(self._stages(rung, case, twice))
            rung.close()
        complaint = None
        if [array.tobytes() for array in case.arrays()] != [array.tobytes() for array in given]:
            complaint = "it wrote into the arrays that it was given"
        elif not _has_subnormals():
            complaint = "it switched subnormal numbers off for the whole process"
        return stages, complaint

    @staticmethod
    def _stages(rung: Rung, case: Case, twice: bool) -> Any:
        rung.put(case.X, case.Y)
        yield "put", rung.read()
        for name in ("forward", "backward", "accumulate"):
            if name in rung.kernels:
                for _ in range(2 if twice else 1):
                    getattr(rung, name)()
                yield name, rung.read()
        if not case.steps:
            return
        rung.step(case.X, case.Y)
        yield "one step", rung.read()
        if case.epoch is not None:
            done, expected = rung.train(*case.epoch), case.trained
            if done != expected:
                raise RuntimeError(f"train did {done} steps, expected {expected}")
            yield f"{1 + done} steps", rung.read()

    # -------------------------------------------------------------------------- to be timed

    def first_result(self, problem: Problem, dtype: str) -> float:
        """Seconds to its first step: import, making, compiling; the first call in a process."""
        X, Y = problem.draw(dtype, problem.batch_size)
        parameters = problem.first_parameters(dtype)
        before = perf_counter()
        rung = self._new(problem, dtype, parameters)
        rung.step(X, Y)
        seconds = perf_counter() - before
        rung.close()
        return self._import_seconds + seconds

    def rows(self, problem: Problem, dtype: str, limit: float) -> int:
        """The rows that a step of it can have: the batch, unless that takes longer than this."""
        one = self._pace(problem, dtype, 1, limit / problem.batch_size)
        some = SOME_ROWS * one  # at most
        if problem.batch_size * one > limit > some / 4:
            some = self._pace(problem, dtype, SOME_ROWS, limit)
        return rows_in_time(one, some, problem.batch_size, limit)

    def _pace(self, problem: Problem, dtype: str, m: int, limit: float) -> float:
        """Seconds of a step of m rows; of a second one, if the first took too long."""
        X, Y = problem.draw(dtype, m)
        rung, seconds = self._new(replace(problem, batch_size=m), dtype), limit + 1
        for _ in range(2):
            if seconds > limit:
                before = perf_counter()
                rung.step(X, Y)
                seconds = perf_counter() - before
        rung.close()
        return seconds

    def prepare(self, problem: Problem, dtype: str, kernels: Sequence[str]) -> None:
        """Make it, and the data, for what is timed next: these kernels."""
        self.put_away()
        itemsize = np.dtype(dtype).itemsize
        self._X, self._Y = problem.draw(dtype, problem.batch_size * problem.batches(itemsize))
        self._x, self._y = (of[: problem.batch_size].copy() for of in (self._X, self._Y))
        self._rung = self._new(problem, dtype)
        self._rung.put(self._x, self._y)
        if any(kernel != "step" for kernel in kernels):
            for name in ("forward", "backward", "accumulate"):
                if name in self._rung.kernels:
                    getattr(self._rung, name)()

    def put_away(self) -> None:
        """Forget what was prepared."""
        if self._rung is not None:
            self._rung.close()
        self._rung, self._orders = None, {}

    def whole_epochs(self, count: int) -> int:
        """About so many steps, but whole epochs if it is more than one."""
        assert self._rung is not None
        an_epoch = len(self._X) // self._rung.problem.batch_size
        return count if count < an_epoch else round(count / an_epoch) * an_epoch

    def _orders_of(self, count: int) -> list[Array]:
        """Orders of so many steps, the same at every call."""
        if count not in self._orders:
            assert self._rung is not None
            m, n = self._rung.problem.batch_size, len(self._X)
            whole = Orders(n, epochs=max(1, count * m // n), seed=SEED)
            self._orders[count] = [whole[0][: count * m]] if count * m < n else whole
        return self._orders[count]

    def time(self, kernel: str, count: int) -> float:
        """Seconds of so many calls; of a step, so many mini-batches of ``train``."""
        assert self._rung is not None
        orders = self._orders_of(count) if kernel == "step" else []
        call = getattr(self._rung, "train" if kernel == "step" else kernel)
        gc.collect()
        gc.disable()
        try:
            before = perf_counter()
            if kernel == "step":
                call(self._X, self._Y, orders)
            else:
                for _ in repeat(None, count):
                    call()
            return perf_counter() - before
        finally:
            gc.enable()

    def calibrate(self, kernel: str, seconds: float) -> int:
        """How many calls take about so long; the last of them have just been done."""
        assert self._rung is not None
        m = self._rung.problem.batch_size
        most = MOST_ORDERED // m if kernel == "step" else sys.maxsize
        count = 1
        while True:
            elapsed = self.time(kernel, count)
            if seconds / 4 < elapsed < SLOW * seconds:
                elapsed = self.time(kernel, count)  # the first one may have compiled for it
            wanted = max(1, min(most, round(count * seconds / max(elapsed, 1e-9))))
            if elapsed > seconds / 4 or wanted <= count:
                break
            count = min(wanted, 16 * count)
            count = self.whole_epochs(count) if kernel == "step" else count
        if kernel == "step":
            wanted = max(1, self.whole_epochs(wanted))
        if wanted != count:
            self.time(kernel, wanted)
        return wanted

    def memory(self) -> int | None:
        """The most bytes that were allocated at one moment of a step, beyond those before it.

        What Python's allocator and NumPy give out is counted; what C libraries take from malloc
        is not: None for a rung whose memory is all of that kind, and for a slow one, for which
        counting takes too long.
        """
        assert self._rung is not None
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

    def overhead(self, kernel: str, problem: Problem, dtype: str, seconds: float) -> float | None:
        """Seconds of a call where there is next to nothing to do: a 1-1 network, one sample.

        With the problem's formulas; None if it has nothing like that.
        """
        least = replace(problem, sizes=(1, 1), batch_size=1)
        X, Y = least.draw(dtype, 1)
        try:
            rung = self._new(least, dtype)
        except UnsupportedError:
            return None
        rung.put(X, Y)
        for name in ("forward", "backward", "accumulate"):
            if name in rung.kernels:
                getattr(rung, name)()
        call, arguments = getattr(rung, kernel), (X, Y) if kernel == "step" else ()

        def of(count: int) -> float:
            before = perf_counter()
            for _ in repeat(None, count):
                call(*arguments)
            return (perf_counter() - before) / count

        of(1)
        count = max(1, int(seconds / 5 / of(3)))
        best = min(of(count) for _ in range(5))
        rung.close()
        return best


def _has_subnormals() -> bool:
    least = [float(np.finfo(dtype).smallest_subnormal) for dtype in (np.float32, np.float64)]
    single = np.float32(least[0]) * np.float32(1)
    return bool(single > 0 and least[1] * 1.0 > 0)
