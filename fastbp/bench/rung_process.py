"""A row of the ladder and its process: asked, waited for, and started anew."""

from time import perf_counter
from typing import Any

from fastbp.bench.ladder_row import Row
from fastbp.bench.problems import Problem
from fastbp.bench.rung_server import Host
from fastbp.bench.worker import DiedError, HungError, Worker, limited_to

PATIENCE = 120.0  # seconds for one answer: what compiles may take its time
SLOWEST = 0.5e-6  # seconds more for each operation of a step: Python's loops take 0.2e-6
MOST_PATIENCE = 24 * 3600.0  # the operating system's own limit for a wait is 24 days
OVERHEAD_SECONDS = 0.02


class Member:
    """A row with its process, which is started anew after a crash."""

    def __init__(self, row: Row, threads: int) -> None:
        self.row, self.threads = row, threads
        self.first_result: float | None = None
        self.silent: str | None = None  # why it is asked no more
        self.patience = PATIENCE
        self._worker: Worker | None = None
        self._overhead: dict[tuple[str, str, str], float | None] = {}

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call the row's :class:`Host`."""
        if self._worker is None:
            with limited_to(self.threads, dict(self.row.environment)):
                self._worker = Worker(Host, self.threads)
            try:
                self._ask("open", self.row.where)
            except RuntimeError:
                self.end()
                raise
        return self._ask(method, *arguments)

    def _ask(self, method: str, *arguments: Any) -> Any:
        assert self._worker is not None
        try:
            told = arguments[1] if method == "timed" else method  # what is asked of what is timed
            return self._worker(method, *arguments, patience=self.patience, told=told)
        except DiedError as error:
            if isinstance(error, HungError):
                self.silent = f"it is not asked again: {error} once"
            self.end()
            raise

    def take_time_for(self, problem: Problem) -> None:
        """Set how long an answer may take that is about this problem."""
        self.patience = min(PATIENCE + SLOWEST * problem.flops("step"), MOST_PATIENCE)

    def first_step(self, problem: Problem, dtype: str) -> str | None:
        """Time all that comes before the end of a first step, from the start of a new process on.

        Returns why there is none, if it has nothing like the problem.
        """
        self.end()
        before = perf_counter()
        why: str | None = self.ask("first_step", problem, dtype)
        if why is None:
            self.first_result = perf_counter() - before
        return why

    def overhead(self, kernel: str, problem: Problem, dtype: str) -> float | None:
        """Nanoseconds of a call, measured once for each kind of formulas."""
        key = kernel, problem.formulas, dtype
        if key not in self._overhead:
            seconds = self.ask("overhead", kernel, problem, dtype, OVERHEAD_SECONDS)
            self._overhead[key] = None if seconds is None else 1e9 * seconds
        return self._overhead[key]

    def rest(self) -> None:
        """Wait until its process does nothing, or the next rung's turn would be shared with it."""
        if self._worker is not None:
            self._worker.rest()

    def end(self) -> None:
        """End its process."""
        if self._worker is not None:
            self._worker.end()
        self._worker = None
