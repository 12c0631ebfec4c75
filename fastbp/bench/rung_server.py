"""The object in a rung's process: makes the rung, runs it on cases, and times it."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import repeat
from time import perf_counter
from typing import Any, NamedTuple

from fastbp.bench.case_runner import Stages, run_case, run_loops
from fastbp.bench.cases import Case
from fastbp.bench.custom_rungs import load_factory
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Rung, UnsupportedError
from fastbp.bench.timed_rung import TimedRung, seconds_of
from fastbp.bench.timing import rows_in_time

METHODS = ("put", "step", "train", "read", "finish", "close")


class Traits(NamedTuple):
    """What a rung declares about itself."""

    kernels: tuple[str, ...] = ()
    keeps_subnormals: bool = True


class RungServer:
    """One rung, by the import path in its row of the ladder."""

    def __init__(self, import_path: str, threads: int) -> None:
        self._factory = load_factory(import_path)
        self._threads = threads
        self._timed: list[TimedRung] = []

    def _make_rung(self, problem: Problem, dtype: str, parameters: Any = None) -> Rung:
        weights, biases = parameters or problem.first_parameters(dtype)
        rung = self._factory(problem, dtype, self._threads, weights, biases)
        missing = [name for name in METHODS if not hasattr(rung, name)]
        if missing:
            raise TypeError(
                f"it must make a fastbp.bench.Rung, got {type(rung).__name__} without "
                f"{', '.join(missing)}"
            )
        return rung

    # -------------------------------------------------------------------------------- proof

    def traits(self, problem: Problem, dtype: str, first_step: bool = False) -> Traits | str:
        """The rung's traits, or the reason why it does not support this problem."""
        try:
            rung = self._make_rung(problem, dtype)
        except UnsupportedError as error:
            return str(error)
        if first_step:
            rung.step(*problem.draw(dtype, problem.batch_size))
            rung.finish()
        rung.close()
        return Traits(tuple(map(str, rung.kernels)), bool(rung.keeps_subnormals))

    def run_case(self, case: Case, twice: bool = True) -> tuple[Stages, str | None]:
        """Run a case: see :func:`fastbp.bench.case_runner.trial`."""
        own = deepcopy(case)
        return run_case(
            lambda: self._make_rung(own.problem, own.dtype, (own.weights, own.biases)), own, twice
        )

    # ------------------------------------------------------------------------------- timing

    def first_step(self, problem: Problem, dtype: str) -> Traits | str:
        """The same, after a first step."""
        return self.traits(problem, dtype, first_step=True)

    def rows(self, problem: Problem, dtype: str, limit: float) -> tuple[int, ...]:
        """The batch sizes to run: the problem's, or two smaller ones if that is too slow."""
        try:
            return rows_in_time(
                lambda m: self._step_seconds(problem, dtype, m, limit), problem.batch_size, limit
            )
        except UnsupportedError:  # it supports no smaller ones
            return (problem.batch_size,)

    def _step_seconds(self, problem: Problem, dtype: str, m: int, limit: float) -> float:
        """Seconds of a step of m rows; a single row that took too long is timed twice.

        Its first step may have compiled. If larger ones do, the batch only comes out smaller.
        """
        X, Y = problem.draw(dtype, m)
        rung = self._make_rung(replace(problem, batch_size=m), dtype)

        def step() -> None:
            rung.step(X, Y)
            rung.finish()

        seconds = seconds_of(step)
        if m == 1 and seconds > limit / problem.batch_size:
            seconds = seconds_of(step)
        rung.close()
        return seconds

    def prepare(
        self, problem: Problem, dtype: str, kernels: Sequence[str], rows: Sequence[int]
    ) -> None:
        """Make the rungs and data to be timed next, one for each batch size."""
        for timed in self._timed:
            timed.close()
        self._timed = []  # frees their memory first
        for m in rows:
            sized = replace(problem, batch_size=m)
            self._timed.append(
                TimedRung(lambda of: self._make_rung(of, dtype), sized, dtype, kernels)
            )

    def timed(self, place: int, method: str, *arguments: Any) -> Any:
        """What was prepared is asked: a method of :class:`fastbp.bench.timed_rung.TimedRung`."""
        return getattr(self._timed[place], method)(*arguments)

    def overhead(self, kernel: str, problem: Problem, dtype: str, seconds: float) -> float | None:
        """Seconds of a call with next to no work: a 1-1 network and one sample.

        With the problem's formulas; None if the rung does not support that.
        """
        outputs = min(problem.sizes[-1], 2)  # a softmax needs two outputs
        least = replace(problem, sizes=(1, outputs), batch_size=1)
        X, Y = least.draw(dtype, 1)
        try:
            rung = self._make_rung(least, dtype)
        except UnsupportedError:
            return None
        rung.put(X, Y)
        run_loops(rung)
        call, arguments = getattr(rung, kernel), (X, Y) if kernel == "step" else ()

        def seconds_each(count: int) -> float:
            start = perf_counter()
            for _ in repeat(None, count):
                call(*arguments)
            rung.finish()
            return (perf_counter() - start) / count

        seconds_each(1)
        count = max(1, int(seconds / 5 / seconds_each(3)))
        best = min(seconds_each(count) for _ in range(5))
        rung.close()
        return best
