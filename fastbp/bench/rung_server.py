"""What a worker's process holds: one rung, made, tried and timed as it is told."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from time import perf_counter
from typing import Any, NamedTuple

from fastbp.bench.case_runner import Stages, run_loops, trial
from fastbp.bench.cases import Case
from fastbp.bench.custom_rungs import find
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Rung, UnsupportedError
from fastbp.bench.timed_rung import Timed
from fastbp.bench.timing import rows_in_time

METHODS = ("put", "step", "train", "read", "finish", "close")


class Traits(NamedTuple):
    """What a rung says of itself."""

    kernels: tuple[str, ...] = ()
    keeps_subnormals: bool = True


class Host:
    """One rung, by its place in the ladder's table."""

    def __init__(self, where: str, threads: int) -> None:
        self._make = find(where)
        self._threads = threads
        self._timed: list[Timed] = []

    def _new(self, problem: Problem, dtype: str, parameters: Any = None) -> Rung:
        weights, biases = parameters or problem.first_parameters(dtype)
        rung = self._make(problem, dtype, self._threads, weights, biases)
        missing = [name for name in METHODS if not hasattr(rung, name)]
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
        return Traits(tuple(map(str, rung.kernels)), bool(rung.keeps_subnormals))

    def trial(self, case: Case, twice: bool = True) -> tuple[Stages, str | None]:
        """Run a case: see :func:`fastbp.bench.case_runner.trial`."""
        own = case.copy()
        return trial(
            lambda: self._new(own.problem, own.dtype, (own.weights, own.biases)), own, twice
        )

    # -------------------------------------------------------------------------- to be timed

    def first_step(self, problem: Problem, dtype: str) -> str | None:
        """Do one, as the first thing in a process; returns why it has nothing like the problem."""
        X, Y = problem.draw(dtype, problem.batch_size)
        try:
            rung = self._new(problem, dtype)
        except UnsupportedError as error:
            return str(error)
        rung.step(X, Y)
        rung.finish()
        rung.close()
        return None

    def rows(self, problem: Problem, dtype: str, limit: float) -> tuple[int, ...]:
        """The batches that it runs: the problem's, unless a step of that takes longer than this."""
        try:
            return rows_in_time(
                lambda m: self._pace(problem, dtype, m, limit), problem.batch_size, limit
            )
        except UnsupportedError:  # it takes no smaller ones
            return (problem.batch_size,)

    def _pace(self, problem: Problem, dtype: str, m: int, limit: float) -> float:
        """Seconds of a step of m rows; of a second one, if it is a single row's that took too long.

        That one may have compiled. Where others do, the batch comes out smaller: no harm.
        """
        X, Y = problem.draw(dtype, m)
        rung, seconds = self._new(replace(problem, batch_size=m), dtype), math.inf
        enough = math.inf if m > 1 else limit / problem.batch_size
        for _ in range(2):
            if seconds > enough or seconds == math.inf:
                before = perf_counter()
                rung.step(X, Y)
                rung.finish()
                seconds = perf_counter() - before
        rung.close()
        return seconds

    def prepare(
        self, problem: Problem, dtype: str, kernels: Sequence[str], rows: Sequence[int]
    ) -> None:
        """Make it, and the data, for what is timed next: these kernels, with so many rows each."""
        for timed in self._timed:
            timed.close()
        self._timed = []  # their memory first
        for m in rows:
            one = replace(problem, batch_size=m)
            self._timed.append(Timed(lambda of: self._new(of, dtype), one, dtype, kernels))

    def timed(self, place: int, method: str, *arguments: Any) -> Any:
        """What was prepared is asked: a method of :class:`fastbp.bench.timed_rung.Timed`."""
        return getattr(self._timed[place], method)(*arguments)

    def overhead(self, kernel: str, problem: Problem, dtype: str, seconds: float) -> float | None:
        """Seconds of a call where there is next to nothing to do: a 1-1 network, one sample.

        With the problem's formulas; None if it has nothing like that.
        """
        outputs = min(problem.sizes[-1], 2)  # a softmax has two outputs at least
        least = replace(problem, sizes=(1, outputs), batch_size=1)
        X, Y = least.draw(dtype, 1)
        try:
            rung = self._new(least, dtype)
        except UnsupportedError:
            return None
        rung.put(X, Y)
        run_loops(rung)
        call, arguments = getattr(rung, kernel), (X, Y) if kernel == "step" else ()

        def of(count: int) -> float:
            before = perf_counter()
            for _ in repeat(None, count):
                call(*arguments)
            rung.finish()
            return (perf_counter() - before) / count

        of(1)
        count = max(1, int(seconds / 5 / of(3)))
        best = min(of(count) for _ in range(5))
        rung.close()
        return best
