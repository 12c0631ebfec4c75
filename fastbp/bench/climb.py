"""The run: every rung in a process of its own, proved, then timed in rounds with all the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from fastbp.bench import course, figures, machine, results, timing
from fastbp.bench.figures import Cell
from fastbp.bench.host import Host
from fastbp.bench.problems import Problem
from fastbp.bench.proof import expectations, prove
from fastbp.bench.results import Entry, Results
from fastbp.bench.roofs import Roofs
from fastbp.bench.row import Row
from fastbp.bench.worker import DiedError, Worker, limited_to, reason

PATIENCE = 300.0  # seconds for one answer: what compiles may take its time
OVERHEAD_SECONDS = 0.02
TURNS = course.READY + timing.ROUNDS  # of a rung in a table, as long as they take


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


class Member:
    """A row with its process, which is started anew after a crash."""

    def __init__(self, row: Row, threads: int) -> None:
        self.row, self.threads = row, threads
        self.first_result: float | None = None
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
            return self._worker(method, *arguments, patience=PATIENCE)
        except DiedError:
            self.end()
            raise

    def overhead(self, kernel: str, problem: Problem, dtype: str) -> float | None:
        """Nanoseconds of a call, measured once for each kind of formulas."""
        key = kernel, problem.formulas, dtype
        if key not in self._overhead:
            seconds = self.ask("overhead", kernel, problem, dtype, OVERHEAD_SECONDS)
            self._overhead[key] = None if seconds is None else 1e9 * seconds
        return self._overhead[key]

    def end(self) -> None:
        """End its process."""
        if self._worker is not None:
            self._worker.end()
        self._worker = None


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
        self._done = 0.0  # seconds, as those of `course` go
        self._nowhere = plan.nowhere()
        self._rungs = max(1, len(plan.rows) - len(self._nowhere))
        problems = [*plan.problems] * len(plan.dtypes)
        one = course.whole(problems, plan.turn, TURNS * len(plan.kernels))
        self._all = self._rungs * len(plan.threads) * one

    def tables(self) -> Iterator[Table]:
        """Measure. Ctrl-C ends it, with what there is as the last table."""
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
            except KeyboardInterrupt:
                self.interrupted = True
                return
            finally:
                for member in members:
                    member.end()
                figures.against(self.found["results"], self.found["roofs"])
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
            why = member.row.left_out(dtype, threads) or self._prove(cell, member)
            if why is None:
                cells.append((cell, member))
            else:
                left_out[name] = why
                self.found["left_out"].setdefault(name, f"{problem.shape}, {dtype}: {why}")
            if name not in self._nowhere:
                self._done += course.proof(problem) + course.START * first
        for kernel in self.plan.kernels:
            table = Table(problem, dtype, threads, kernel, [], dict(left_out))
            yield self._table(cells, kernel, table)
            if self.interrupted:
                return

    def _prove(self, cell: Cell, member: Member) -> str | None:
        """Prove a rung right, and make it ready to be timed; returns why it is left out."""
        ask, problem, dtype = member.ask, cell.problem, cell.dtype
        try:
            seen = ask("look", problem, dtype)
            if isinstance(seen, str):
                return seen
            cell.traits = seen
            if member.first_result is None:
                member.first_result = ask("first_result", problem, dtype)
            cell.first_result = member.first_result
            cell.rows = ask("rows", problem, dtype, timing.LONGEST_STEP)
            m = problem.batch_size if cell.rows == problem.batch_size else 1
            cell.verdict = prove(ask, expectations(problem, dtype, m), cell.traits)
            if cell.timed:
                ask("prepare", replace(problem, batch_size=cell.rows), dtype, self.plan.kernels)
                cell.memory = ask("memory")
        except RuntimeError as error:
            cell.why = reason(error)
        return None

    def _table(self, cells: Cells, kernel: str, table: Table) -> Table:
        """Time all cells in rounds; Ctrl-C ends the rounds."""
        timed: Cells = []
        for cell, member in cells:
            cell.samples, cell.repeats = [], 0
            if kernel in cell.traits.kernels or not cell.timed:
                timed.append((cell, member))
            else:
                table.left_out[cell.row.name] = f"it has no {kernel} of its own"
        try:
            self._rounds(timed, kernel, table.problem)
        except KeyboardInterrupt:
            self.interrupted = True
        a_turn = course.turn(table.problem, self.plan.turn)
        self._done += TURNS * a_turn * (self._rungs - len(timed))
        shown = [cell for cell, _ in timed if cell.samples or not cell.timed]
        roofs = self.found["roofs"][table.dtype][str(table.threads)]
        table.results.extend(figures.entries(shown, kernel, roofs))
        self.found["results"].extend(table.results)
        return table

    def _rounds(self, cells: Cells, kernel: str, problem: Problem) -> None:
        a_turn = course.turn(problem, self.plan.turn)
        for number in range(1 + timing.ROUNDS):
            about = f"round {number} of {timing.ROUNDS}" if number else "getting ready"
            for cell, member in cells:
                self._show(f"{problem.shape}, {about}")
                self._done += a_turn if number else course.READY * a_turn
                if not cell.timed:
                    continue
                try:
                    if number == 0:
                        cell.repeats = member.ask("calibrate", kernel, self.plan.turn)
                        cell.overhead = member.overhead(kernel, cell.problem, cell.dtype)
                    else:
                        seconds = member.ask("time", kernel, cell.repeats)
                        cell.samples.append(seconds * 1e9 / (cell.repeats * cell.rows))
                except RuntimeError as error:
                    cell.why = reason(error)
