"""The run: every rung in a process of its own, proved, then timed in rounds with all the others."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastbp.bench import machine, measurements, results, time_left, timing
from fastbp.bench.ladder_row import Row
from fastbp.bench.machine_limits import Roofs
from fastbp.bench.measurements import Cell
from fastbp.bench.problems import Problem
from fastbp.bench.proof import UntellableError, expectations, prove, still_right
from fastbp.bench.results import Entry, Results
from fastbp.bench.rung_process import Member
from fastbp.bench.worker import DiedError, Worker, limited_to, reason, rest

IMPOSSIBLE = 1.5  # of the peak; a busy machine may show less of that than there is
TURNS = time_left.READY + timing.ROUNDS  # of a rung in a table, as long as they take


@dataclass(frozen=True)
class Plan:
    """What to time: each row on each problem, in each number type, and so on."""

    rows: Sequence[Row]
    problems: Sequence[Problem]
    dtypes: Sequence[str] = ("float32",)
    threads: Sequence[int] = (1,)
    kernels: Sequence[str] = ("step",)
    seconds: float | None = None  # for all rounds; None: as long as is usual

    @property
    def tables(self) -> int:
        """How many there will be."""
        return len(self.problems) * len(self.dtypes) * len(self.threads) * len(self.kernels)

    @property
    def turn(self) -> float:
        """Seconds that one rung is timed for in a round."""
        return timing.turn(self.seconds, len(self.rows) * self.tables)

    def nowhere(self) -> dict[str, str]:
        """Rows that cannot be tried in any table, and why: a package is missing, say."""
        found = {}
        for row in self.rows:
            whys = [row.left_out(dtype, n) for dtype in self.dtypes for n in self.threads]
            if whys[0] is not None and None not in whys:
                found[row.name] = whys[0]
        return found

    def options(self) -> dict[str, Any]:
        """For the file."""
        return {
            "rungs": [row.name for row in self.rows],
            "problems": [asdict(problem) for problem in self.problems],
            "dtypes": list(self.dtypes),
            "threads": list(self.threads),
            "kernels": list(self.kernels),
            "seconds": self.seconds,
        }


Cells = list[tuple[Cell, Member]]


@dataclass(frozen=True)
class Table:
    """What is printed together: all rungs on one problem."""

    problem: Problem
    dtype: str
    threads: int
    kernel: str
    results: list[Entry]
    left_out: dict[str, str]


def _roofs(threads: int) -> Worker:
    """The process that measures the roofs: the first one that a run starts."""
    with limited_to(threads):
        worker = Worker(Roofs, threads)
    try:
        worker("open")
    except DiedError as error:
        raise ValueError(
            f"a process of its own could not be started: {error}. A script that calls "
            'fastbp.bench.main must do so under: if __name__ == "__main__":'
        ) from None
    return worker


Watch = Callable[[float, str], None]


class Climb:
    """One run. ``tables()`` yields each table when it is finished; ``found`` is the document."""

    def __init__(self, plan: Plan, watch: Watch = lambda share, text: None) -> None:
        self.plan, self._watch = plan, watch
        self.found: Results = results.start(plan.options())
        self.interrupted = False
        self._done = 0.0  # seconds, as those of `time_left` go
        self._nowhere = plan.nowhere()
        self._rungs = max(1, len(plan.rows) - len(self._nowhere))
        problems = [*plan.problems] * len(plan.dtypes)
        one = time_left.whole(problems, plan.turn, TURNS * len(plan.kernels))
        self._all = self._rungs * len(plan.threads) * one

    def tables(self) -> Generator[Table, None, None]:
        """Measure. Ctrl-C ends it, with what there is as the last table.

        However it ends, and also when it is closed, ``found`` is then what was measured.
        """
        for threads in self.plan.threads:
            members = [Member(row, threads) for row in self.plan.rows]
            try:
                roofs = _roofs(threads)
                for dtype in self.plan.dtypes:
                    for problem in self.plan.problems:
                        self._look_up(roofs, dtype, threads)
                        yield from self._problem(members, problem, dtype, threads)
                        if self.interrupted:
                            return
                    self._look_up(roofs, dtype, threads)
                roofs.close()
            except (KeyboardInterrupt, GeneratorExit):
                self.interrupted = True
                return
            except BaseException:
                self.interrupted = True
                raise
            finally:
                for member in members:
                    member.end()
                measurements.against(self.found["results"], self.found["roofs"])
                self.found["machine"]["load"][1] = machine.load()
                self.found["interrupted"] = self.interrupted

    def _show(self, text: str) -> None:
        self._watch(self._done / self._all, text)

    def _look_up(self, roofs: Worker, dtype: str, threads: int) -> None:
        """Measure the roofs once more; the best is the machine's."""
        seen = self.found["roofs"].setdefault(dtype, {}).setdefault(str(threads), {})
        for name, speed in {"flops": roofs("flops", dtype), **roofs("bandwidth")}.items():
            seen[name] = max(seen.get(name, 0.0), speed)

    def _problem(
        self, members: list[Member], problem: Problem, dtype: str, threads: int
    ) -> Iterator[Table]:
        left_out: dict[str, str] = {}
        cells: Cells = []
        for member in members:
            name = member.row.name
            self._show(f"{problem.shape}, proving {name}")
            first = member.first_result is None
            cell = Cell(member.row, problem, dtype, threads)
            why = member.row.left_out(dtype, threads) or member.silent
            why = why or self._prove(cell, member)
            if why is None:
                cells.append((cell, member))
            else:
                left_out[name] = why
                self.found["left_out"].setdefault(name, f"{problem.shape}, {dtype}: {why}")
            if name not in self._nowhere:
                self._done += time_left.proof(problem) + time_left.START * first
        for kernel in self.plan.kernels:
            table = Table(problem, dtype, threads, kernel, [], dict(left_out))
            yield self._table(cells, kernel, table)
            if self.interrupted:
                return

    def _prove(self, cell: Cell, member: Member) -> str | None:
        """Prove a rung right, and make it ready to be timed; returns why it is left out."""
        ask, problem, dtype = member.ask, cell.problem, cell.dtype
        member.take_time_for(problem)
        try:
            why = None if member.first_result else member.first_step(problem, dtype)
            seen = why or ask("look", problem, dtype)
            if isinstance(seen, str):
                return seen
            cell.traits, cell.first_result = seen, member.first_result
            cell.rows = ask("rows", problem, dtype, timing.LONGEST_STEP)
            cell.verdict = prove(ask, expectations(problem, dtype, cell.rows), cell.traits)
            if cell.timed:
                ask("prepare", problem, dtype, self.plan.kernels, cell.rows)
                cell.memory = None if len(cell.rows) > 1 else ask("timed", 0, "memory")
        except UntellableError as error:
            return str(error)
        except RuntimeError as error:
            cell.why = reason(error)
        return None

    def _table(self, cells: Cells, kernel: str, table: Table) -> Table:
        """Time all cells in rounds; Ctrl-C ends the rounds."""
        timed: Cells = []
        for cell, member in cells:
            cell.samples, cell.repeats = [], 0
            if kernel in cell.traits.kernels or not cell.traits.kernels:  # none: never looked at
                timed.append((cell, member))
            else:
                table.left_out[cell.row.name] = f"it has no {kernel} of its own"
        try:
            self._rounds(timed, kernel, table.problem)
            for cell, member in timed:
                self._look_back(cell, member, kernel)
        except KeyboardInterrupt:
            self.interrupted = True
        a_turn = time_left.turn(table.problem, self.plan.turn)
        self._done += TURNS * a_turn * (self._rungs - len(timed))
        shown = [cell for cell, _ in timed if cell.samples or not cell.timed]
        roofs = self.found["roofs"][table.dtype][str(table.threads)]
        table.results.extend(measurements.entries(shown, kernel, roofs))
        self.found["results"].extend(table.results)
        return table

    def _look_back(self, cell: Cell, member: Member, kernel: str) -> None:
        """What was fast must have been possible, and must be right still."""
        roof = self.found["roofs"][cell.dtype][str(cell.threads)].get("flops")
        if not cell.timed:
            return
        try:
            for place in range(len(cell.rows)):
                case, stages = member.ask("timed", place, "afterwards", kernel, cell.repeats)
                wrong = still_right(case, stages, cell.traits.kernels).why
                if wrong is not None:
                    cell.why = f"right before its rounds, wrong after them: {wrong}"
        except RuntimeError as error:
            cell.why = reason(error)
        share = measurements.share_of_peak(cell, kernel, roof)
        if cell.why is None and share is not None and share > IMPOSSIBLE:
            cell.why = f"{share:.0%} of the peak is not possible: it cannot have done its work"

    def _rounds(self, cells: Cells, kernel: str, problem: Problem) -> None:
        rest(os.getpid())  # which has proved, with a thread pool of its own
        a_turn = time_left.turn(problem, self.plan.turn)
        for number in range(1 + timing.ROUNDS):
            about = f"round {number} of {timing.ROUNDS}" if number else "getting ready"
            for cell, member in cells:
                self._show(f"{problem.shape}, {about}")
                self._done += a_turn if number else time_left.READY * a_turn
                if not cell.timed or (len(cell.rows) > 1 and number > timing.SLOW_ROUNDS):
                    continue
                try:
                    if number == 0:
                        cell.repeats = member.ask("timed", -1, "calibrate", kernel, self.plan.turn)
                        cell.overhead = member.overhead(kernel, cell.problem, cell.dtype)
                    else:
                        cell.samples.append(self._sample(cell, member, kernel))
                    member.rest()
                except RuntimeError as error:
                    cell.why = reason(error)

    def _sample(self, cell: Cell, member: Member, kernel: str) -> float:
        """Nanoseconds for a sample, from one turn."""
        seconds = [
            member.ask("timed", place, "time", kernel, cell.repeats)
            for place in range(len(cell.rows))
        ]
        m = cell.problem.batch_size
        return 1e9 * timing.step_of(m, cell.rows, seconds) / (cell.repeats * m)
