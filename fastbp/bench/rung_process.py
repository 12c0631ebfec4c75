"""The parent's side of a rung's process: calls with a timeout, and a restart after a crash."""

from time import perf_counter
from typing import Any

from fastbp.bench.ladder_row import Row
from fastbp.bench.problems import Problem
from fastbp.bench.rung_server import RungServer, Traits
from fastbp.bench.worker import DiedError, HungError, Worker, limited_to

TIMEOUT = 120.0  # seconds for one call, which may compile
SECONDS_PER_FLOP = 0.5e-6  # added to it for each operation of a step: Python's take 0.2e-6
MAX_TIMEOUT = 24 * 3600.0  # the operating system's limit is 24 days
OVERHEAD_SECONDS = 0.02


class RungProcess:
    """A rung's process, which is restarted after a crash."""

    def __init__(self, row: Row, threads: int) -> None:
        self.row, self.threads = row, threads
        self.first_result: float | None = None
        self.hung: str | None = None  # the message, once a call timed out
        self.timeout = TIMEOUT
        self._worker: Worker | None = None
        self._overhead: dict[tuple[str, str, str], float | None] = {}

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the :class:`RungServer` in the process."""
        if self._worker is None:
            with limited_to(self.threads, dict(self.row.environment)):
                self._worker = Worker(RungServer, self.threads)
            try:
                self._call("open", self.row.import_path)
            except RuntimeError:
                self.kill()
                raise
        return self._call(method, *arguments)

    def _call(self, method: str, *arguments: Any) -> Any:
        assert self._worker is not None
        try:
            activity = arguments[1] if method == "timed" else method  # the method of TimedRung
            return self._worker(method, *arguments, timeout=self.timeout, activity=activity)
        except DiedError as error:
            if isinstance(error, HungError):
                self.hung = f"it is not asked again: {error} once"
            self.kill()
            raise

    def set_timeout(self, problem: Problem) -> None:
        """Set the timeout of calls about this problem."""
        self.timeout = min(TIMEOUT + SECONDS_PER_FLOP * problem.flops("step"), MAX_TIMEOUT)

    def traits(self, problem: Problem, dtype: str) -> Traits | str:
        """The rung's traits, or the reason why it does not support the problem.

        The first time they come with a first step, timed from the start of a new process on.
        """
        if self.first_result is not None:
            traits: Traits | str = self.call("traits", problem, dtype)
            return traits
        self.kill()
        start = perf_counter()
        traits = self.call("first_step", problem, dtype)
        if not isinstance(traits, str):
            self.first_result = perf_counter() - start
        return traits

    def overhead(self, kernel: str, problem: Problem, dtype: str) -> float | None:
        """Nanoseconds of a call, measured once for each set of formulas."""
        key = kernel, problem.formulas, dtype
        if key not in self._overhead:
            seconds = self.call("overhead", kernel, problem, dtype, OVERHEAD_SECONDS)
            self._overhead[key] = None if seconds is None else 1e9 * seconds
        return self._overhead[key]

    def wait_until_idle(self) -> None:
        """Wait until the process is idle, so that it does not disturb the next rung's turn."""
        if self._worker is not None:
            self._worker.wait_until_idle()

    def kill(self) -> None:
        """Kill the process."""
        if self._worker is not None:
            self._worker.kill()
        self._worker = None
