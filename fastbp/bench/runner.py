"""The run: each rung in its own process, checked, then timed in rounds, alternating with others."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import median
from typing import Any

from fastbp.bench import machine, measurements, results, timing
from fastbp.bench.ladder_row import Row
from fastbp.bench.machine_limits import MachineLimits
from fastbp.bench.measurements import Measurement
from fastbp.bench.problems import Problem
from fastbp.bench.proof import InconclusiveError, expectations, prove, still_right
from fastbp.bench.results import Entry, Results
from fastbp.bench.rung_process import RungProcess
from fastbp.bench.worker import DiedError, Worker, limited_to, reason, wait_until_idle

MAX_SHARE_OF_PEAK = 1.5  # more is an error; on a busy machine the peak may be measured too low
# What a rung takes, for the progress bar, which needs proportions alone: fitted to the default run.
PROOF_TURNS, WARMUP_TURNS = 3, 3  # of a proof, and of calibration and warm-up
TURN_FLOPS = 60e6  # operations of a step that double a turn


@dataclass(frozen=True)
class Plan:
    """What to time: the product of rungs, problems, number types, threads and kernels."""

    rows: Sequence[Row]
    problems: Sequence[Problem]
    dtypes: Sequence[str] = ("float32",)
    threads: Sequence[int] = (1,)
    kernels: Sequence[str] = ("step",)
    seconds: float | None = None  # for all rounds; None for the default

    @property
    def turn(self) -> float:
        """Seconds for which one rung is timed in a round."""
        tables = len(self.problems) * len(self.dtypes) * len(self.threads) * len(self.kernels)
        return timing.turn(self.seconds, len(self.rows) * tables)

    @staticmethod
    def turn_work(problem: Problem) -> float:
        """How much a turn takes of a rung on this problem, beside others."""
        return 1 + sqrt(problem.flops("step") / TURN_FLOPS)

    def nowhere(self) -> dict[str, str]:
        """Rows that can run in no table, with the reason: a missing package, say."""
        reasons = {}
        for row in self.rows:
            whys = [row.left_out(dtype, n) for dtype in self.dtypes for n in self.threads]
            if whys[0] is not None and None not in whys:
                reasons[row.name] = whys[0]
        return reasons

    def options(self) -> dict[str, Any]:
        """The options as the results file has them."""
        options = asdict(self)
        del options["rows"]
        return {"rungs": [row.name for row in self.rows], **options}


@dataclass(kw_only=True)
class Attempt(Measurement):
    """A measurement with the process in which it is made; what fails there is its ``why``."""

    process: RungProcess

    def prove(self, kernels: Sequence[str]) -> str | None:
        """Check the rung and prepare it for timing; returns the reason if it is left out."""
        call = self.process.call
        self.process.set_timeout(self.problem)
        try:
            traits = self.process.traits(self.problem, self.dtype)
            if isinstance(traits, str):
                return traits
            self.traits, self.first_result = traits, self.process.first_result
            self.rows = call("rows", self.problem, self.dtype, timing.LONGEST_STEP)
            cases = expectations(self.problem, self.dtype, self.rows)
            self.verdict = prove(call, cases, self.traits)
            if self.timed:
                call("prepare", self.problem, self.dtype, kernels, self.rows)
                self.memory = None if len(self.rows) > 1 else call("timed", 0, "memory")
        except InconclusiveError as error:
            return str(error)
        except RuntimeError as error:
            self.why = reason(error)
        return None

    def calibrate(self, kernel: str, seconds: float) -> None:
        """Find how many calls take so long, and what a call costs."""
        self.repeats = self.process.call("timed", -1, "calibrate", kernel, seconds)
        self.overhead = self.process.overhead(kernel, self.problem, self.dtype)

    def sample(self, kernel: str) -> None:
        """Add the nanoseconds per sample of one turn."""
        seconds = [
            self.process.call("timed", place, "time", kernel, self.repeats)
            for place in range(len(self.rows))
        ]
        m = self.problem.batch_size
        nanoseconds = 1e9 * timing.step_of(m, self.rows, seconds)
        self.samples.append(nanoseconds / (self.repeats * m))

    def check_afterwards(self, kernel: str, peak: float | None) -> None:
        """Fail a rung that exceeded the peak, or whose numbers are no longer right."""
        try:
            for place in range(len(self.rows)):
                case, stages = self.process.call("timed", place, "afterwards", kernel, self.repeats)
                mismatch = still_right(case, stages, self.traits.kernels).why
                if mismatch is not None:
                    self.why = f"right before its rounds, wrong after them: {mismatch}"
        except RuntimeError as error:
            self.why = reason(error)
        flops = self.problem.flops(kernel) / self.problem.batch_size
        share = measurements.share(flops, median(self.samples), peak) or 0.0
        if self.timed and share > MAX_SHARE_OF_PEAK:
            self.why = f"{share:.0%} of the peak is not possible: it cannot have done its work"


@dataclass(frozen=True)
class Table:
    """One printed table: all rungs on one problem."""

    problem: Problem
    dtype: str
    threads: int
    kernel: str
    results: list[Entry]
    left_out: dict[str, str]


def _start_limits_process(threads: int) -> Worker:
    """Start the process that measures the machine's limits; it is the first one of a run."""
    with limited_to(threads):
        worker = Worker(MachineLimits, threads)
    try:
        worker("open")
    except DiedError as error:
        raise ValueError(
            f"a process of its own could not be started: {error}. A script that calls "
            'fastbp.bench.main must do so under: if __name__ == "__main__":'
        ) from None
    return worker


class Runner:
    """One run: ``tables()`` yields each finished table, ``document`` collects the results."""

    def __init__(
        self, plan: Plan, report_progress: Callable[[float, str], None] = lambda share, text: None
    ) -> None:
        self.plan, self._report_progress = plan, report_progress
        self.document: Results = results.new_document(plan.options())
        self.interrupted = False
        self._done = 0.0  # in turns of a tiny network
        self._nowhere = plan.nowhere()
        self._rungs = max(1, len(plan.rows) - len(self._nowhere))
        turns = PROOF_TURNS + (WARMUP_TURNS + timing.ROUNDS) * len(plan.kernels)
        runs = self._rungs * len(plan.threads) * len(plan.dtypes)
        self._total = runs * turns * sum(map(plan.turn_work, plan.problems))

    def tables(self) -> Generator[Table, None, None]:
        """Measure; after Ctrl-C the last table holds the rounds so far.

        ``document`` is complete however this generator ends, also when it is closed.
        """
        for threads in self.plan.threads:
            processes = [RungProcess(row, threads) for row in self.plan.rows]
            try:
                limits = _start_limits_process(threads)
                for dtype in self.plan.dtypes:
                    for problem in self.plan.problems:
                        self._measure_limits(limits, dtype, threads)
                        yield from self._problem(processes, problem, dtype, threads)
                        if self.interrupted:
                            return
                    self._measure_limits(limits, dtype, threads)
                limits.close()
            except (KeyboardInterrupt, GeneratorExit):
                self.interrupted = True
                return
            except BaseException:
                self.interrupted = True
                raise
            finally:
                for process in processes:
                    process.kill()
                measurements.update_shares(self.document["results"], self.document["roofs"])
                self.document["machine"]["load"][1] = machine.load()
                self.document["interrupted"] = self.interrupted

    def _report(self, text: str) -> None:
        self._report_progress(self._done / self._total, text)

    def _measure_limits(self, limits: Worker, dtype: str, threads: int) -> None:
        """Measure the machine's limits again, and keep the best."""
        best = self.document["roofs"].setdefault(dtype, {}).setdefault(str(threads), {})
        for name, speed in {"flops": limits("flops", dtype), **limits("bandwidth")}.items():
            best[name] = max(best.get(name, 0.0), speed)

    def _problem(
        self, processes: list[RungProcess], problem: Problem, dtype: str, threads: int
    ) -> Iterator[Table]:
        left_out: dict[str, str] = {}
        attempts: list[Attempt] = []
        for process in processes:
            name = process.row.name
            self._report(f"{problem.shape}, proving {name}")
            attempt = Attempt(process.row, problem, dtype, threads, process=process)
            why = process.row.left_out(dtype, threads) or process.hung
            why = why or attempt.prove(self.plan.kernels)
            if why is None:
                attempts.append(attempt)
            else:
                left_out[name] = why
                self.document["left_out"].setdefault(name, f"{problem.shape}, {dtype}: {why}")
            if name not in self._nowhere:
                self._done += PROOF_TURNS * self.plan.turn_work(problem)
        for kernel in self.plan.kernels:
            table = Table(problem, dtype, threads, kernel, [], dict(left_out))
            yield self._table(attempts, table)
            if self.interrupted:
                return

    def _table(self, attempts: list[Attempt], table: Table) -> Table:
        """Time all rungs in rounds; Ctrl-C ends them."""
        kernel, timed = table.kernel, []
        limits = self.document["roofs"][table.dtype][str(table.threads)]
        for attempt in attempts:
            attempt.samples, attempt.repeats = [], 0
            kernels = attempt.traits.kernels
            if kernel in kernels or not kernels:  # none: it failed before its traits were known
                timed.append(attempt)
            else:
                table.left_out[attempt.row.name] = f"it has no {kernel} of its own"
        try:
            self._rounds(timed, kernel, table.problem)
            for attempt in timed:
                if attempt.timed:
                    attempt.check_afterwards(kernel, limits.get("flops"))
        except KeyboardInterrupt:
            self.interrupted = True
        untimed = self._rungs - len(timed)
        turns = WARMUP_TURNS + timing.ROUNDS
        self._done += untimed * turns * self.plan.turn_work(table.problem)
        reported = [attempt for attempt in timed if attempt.samples or not attempt.timed]
        table.results.extend(measurements.result_entries(reported, kernel, limits))
        self.document["results"].extend(table.results)
        return table

    def _rounds(self, attempts: list[Attempt], kernel: str, problem: Problem) -> None:
        wait_until_idle(os.getpid())  # the expected values used NumPy's thread pool
        for number in range(1 + timing.ROUNDS):
            about = f"round {number} of {timing.ROUNDS}" if number else "getting ready"
            for attempt in attempts:
                self._report(f"{problem.shape}, {about}")
                self._done += (1 if number else WARMUP_TURNS) * self.plan.turn_work(problem)
                slow = len(attempt.rows) > 1
                if not attempt.timed or (slow and number > timing.SLOW_ROUNDS):
                    continue
                try:
                    if number == 0:
                        attempt.calibrate(kernel, self.plan.turn)
                    else:
                        attempt.sample(kernel)
                    attempt.process.wait_until_idle()
                except RuntimeError as error:
                    attempt.why = reason(error)
