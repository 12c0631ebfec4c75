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


Measured = list[tuple[Measurement, RungProcess]]


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


ProgressCallback = Callable[[float, str], None]


class Runner:
    """One run: ``tables()`` yields each finished table, ``document`` collects the results."""

    def __init__(
        self, plan: Plan, report_progress: ProgressCallback = lambda share, text: None
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
        measured: Measured = []
        for process in processes:
            name = process.row.name
            self._report(f"{problem.shape}, proving {name}")
            measurement = Measurement(process.row, problem, dtype, threads)
            why = process.row.left_out(dtype, threads) or process.hung
            why = why or self._prove(measurement, process)
            if why is None:
                measured.append((measurement, process))
            else:
                left_out[name] = why
                self.document["left_out"].setdefault(name, f"{problem.shape}, {dtype}: {why}")
            if name not in self._nowhere:
                self._done += PROOF_TURNS * self.plan.turn_work(problem)
        for kernel in self.plan.kernels:
            table = Table(problem, dtype, threads, kernel, [], dict(left_out))
            yield self._table(measured, kernel, table)
            if self.interrupted:
                return

    def _prove(self, measurement: Measurement, process: RungProcess) -> str | None:
        """Check a rung and prepare it for timing; returns the reason if it is left out."""
        call, problem, dtype = process.call, measurement.problem, measurement.dtype
        process.set_timeout(problem)
        try:
            traits = process.traits(problem, dtype)
            if isinstance(traits, str):
                return traits
            measurement.traits, measurement.first_result = traits, process.first_result
            measurement.rows = call("rows", problem, dtype, timing.LONGEST_STEP)
            measurement.verdict = prove(
                call, expectations(problem, dtype, measurement.rows), measurement.traits
            )
            if measurement.timed:
                call("prepare", problem, dtype, self.plan.kernels, measurement.rows)
                measurement.memory = (
                    None if len(measurement.rows) > 1 else call("timed", 0, "memory")
                )
        except InconclusiveError as error:
            return str(error)
        except RuntimeError as error:
            measurement.why = reason(error)
        return None

    def _table(self, measured: Measured, kernel: str, table: Table) -> Table:
        """Time all rungs in rounds; Ctrl-C ends them."""
        timed: Measured = []
        for measurement, process in measured:
            measurement.samples, measurement.repeats = [], 0
            kernels = measurement.traits.kernels
            if kernel in kernels or not kernels:  # none: it failed before its traits were known
                timed.append((measurement, process))
            else:
                table.left_out[measurement.row.name] = f"it has no {kernel} of its own"
        try:
            self._rounds(timed, kernel, table.problem)
            for measurement, process in timed:
                self._check_afterwards(measurement, process, kernel)
        except KeyboardInterrupt:
            self.interrupted = True
        untimed = self._rungs - len(timed)
        turns = WARMUP_TURNS + timing.ROUNDS
        self._done += untimed * turns * self.plan.turn_work(table.problem)
        reported = [
            measurement for measurement, _ in timed if measurement.samples or not measurement.timed
        ]
        limits = self.document["roofs"][table.dtype][str(table.threads)]
        table.results.extend(measurements.result_entries(reported, kernel, limits))
        self.document["results"].extend(table.results)
        return table

    def _check_afterwards(
        self, measurement: Measurement, process: RungProcess, kernel: str
    ) -> None:
        """Fail a rung that exceeded the peak, or whose numbers are no longer right."""
        if not measurement.timed:
            return
        try:
            for index in range(len(measurement.rows)):
                case, stages = process.call(
                    "timed", index, "afterwards", kernel, measurement.repeats
                )
                mismatch = still_right(case, stages, measurement.traits.kernels).why
                if mismatch is not None:
                    measurement.why = f"right before its rounds, wrong after them: {mismatch}"
        except RuntimeError as error:
            measurement.why = reason(error)
        peak = self.document["roofs"][measurement.dtype][str(measurement.threads)].get("flops")
        flops = measurement.problem.flops(kernel) / measurement.problem.batch_size
        share = measurements.share(flops, median(measurement.samples), peak) or 0.0
        if measurement.timed and share > MAX_SHARE_OF_PEAK:
            measurement.why = (
                f"{share:.0%} of the peak is not possible: it cannot have done its work"
            )

    def _rounds(self, measured: Measured, kernel: str, problem: Problem) -> None:
        wait_until_idle(os.getpid())  # the expected values used NumPy's thread pool
        for number in range(1 + timing.ROUNDS):
            about = f"round {number} of {timing.ROUNDS}" if number else "getting ready"
            for measurement, process in measured:
                self._report(f"{problem.shape}, {about}")
                self._done += (1 if number else WARMUP_TURNS) * self.plan.turn_work(problem)
                if not measurement.timed or (
                    len(measurement.rows) > 1 and number > timing.SLOW_ROUNDS
                ):
                    continue
                try:
                    if number == 0:
                        measurement.repeats = process.call(
                            "timed", -1, "calibrate", kernel, self.plan.turn
                        )
                        measurement.overhead = process.overhead(
                            kernel, measurement.problem, measurement.dtype
                        )
                    else:
                        measurement.samples.append(self._sample(measurement, process, kernel))
                    process.wait_until_idle()
                except RuntimeError as error:
                    measurement.why = reason(error)

    def _sample(self, measurement: Measurement, process: RungProcess, kernel: str) -> float:
        """Nanoseconds per sample, from one turn."""
        seconds = [
            process.call("timed", place, "time", kernel, measurement.repeats)
            for place in range(len(measurement.rows))
        ]
        m = measurement.problem.batch_size
        return 1e9 * timing.step_of(m, measurement.rows, seconds) / (measurement.repeats * m)
