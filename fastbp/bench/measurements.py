"""From what was timed to what is shown: a result for each rung of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from fastbp.bench import timing
from fastbp.bench.ladder_row import Row
from fastbp.bench.problems import Problem
from fastbp.bench.proof import Verdict
from fastbp.bench.results import Entry
from fastbp.bench.rung_server import Traits

# What a kernel does with its largest arrays: read and write, or only read.
MEMORY_ROOF = {"forward": "sum", "backward": "sum", "accumulate": "copy", "step": "copy"}


@dataclass
class Cell:
    """One rung on one problem: what is known of it so far."""

    row: Row
    problem: Problem
    dtype: str
    threads: int
    verdict: Verdict | None = None  # None until it is proved
    why: str | None = None  # it could not be tried to the end
    traits: Traits = field(default_factory=Traits)
    rows: tuple[int, ...] = ()  # of the batches that it runs: two small ones if it is slow
    memory: int | None = None
    first_result: float | None = None
    overhead: float | None = None
    repeats: int = 0
    samples: list[float] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        """Whether there is, or will be, something to show."""
        return self.why is None and self.verdict is not None and self.verdict.right

    @property
    def status(self) -> str:
        """Of "timed", "wrong" and "failed"."""
        if self.verdict is not None and not self.verdict.right:
            return "wrong"
        return "failed" if self.why is not None else "timed"


def share_of_peak(cell: Cell, kernel: str, roof: float | None) -> float | None:
    """What it did of what the machine can, as a share; None where that is not known."""
    ns = median(cell.samples) if cell.samples else None
    return _share(cell.problem.flops(kernel) / cell.problem.batch_size, ns, roof)


def _share(of_a_sample: float, ns: float | None, roof: float | None) -> float | None:
    """Of what can be done in a second; None where that is not known, or nothing was timed."""
    return of_a_sample * 1e9 / ns / roof if ns and roof else None


def entries(cells: Iterable[Cell], kernel: str, roofs: Mapping[str, float]) -> list[Entry]:
    """The results of one table, in order; those that were timed are compared."""
    made: list[Entry] = []
    timed: list[Entry] = []
    for cell in cells:
        one = _entry(cell, kernel, roofs)
        made.append(one)
        if one["samples"]:
            _compare(one, timed, cell.row.before)
            timed.append(one)
    return made


def _entry(cell: Cell, kernel: str, roofs: Mapping[str, float]) -> Entry:
    problem, m = cell.problem, cell.problem.batch_size
    verdict = cell.verdict or Verdict()
    proved = cell.verdict is not None and verdict.right
    samples = cell.samples if cell.timed else []
    ns = median(samples) if samples else None
    flops = problem.flops(kernel) / m
    least = problem.least_bytes(kernel, np.dtype(cell.dtype).itemsize) / m
    return {
        "rung": cell.row.name,
        "idea": cell.row.idea,
        "shape": problem.shape,
        "formulas": problem.formulas,
        "batch": m,
        "dtype": cell.dtype,
        "threads": cell.threads,
        "kernel": kernel,
        "status": cell.status,
        "proved": proved,
        "errors": {"ulp": verdict.ulp, "norm": verdict.norm} if proved else None,
        "why": verdict.why or cell.why,
        "scaled_from": cell.rows[-1] if len(cell.rows) > 1 else None,
        "ns_per_sample": ns,
        "interval": list(timing.interval(samples)) if samples else None,
        "samples": samples,
        "repeats": cell.repeats,
        "flops_per_sample": flops,
        "gflops": flops / ns if ns else None,
        "bytes_per_sample": least,
        **_shares(kernel, flops, least, ns, roofs),
        "before": None,
        "ratio_before": None,
        "ratio_interval": None,
        "ratio_first": None,
        "bytes_allocated_per_step": cell.memory,
        "keeps_subnormals": cell.traits.keeps_subnormals,
        "first_result_seconds": cell.first_result,
        "call_overhead_ns": cell.overhead,
        "noisy": False,
    }


def _shares(
    kernel: str, flops: float, least: float, ns: float | None, roofs: Mapping[str, float]
) -> dict[str, float | None]:
    return {
        "share_of_peak": _share(flops, ns, roofs.get("flops")),
        "share_of_memory": _share(least, ns, roofs.get(MEMORY_ROOF[kernel])),
    }


def _compare(one: Entry, timed: list[Entry], name: str | None) -> None:
    """Set what is relative to the first rung, and to the one named or else the last one."""
    first = timed[0] if timed else one
    one["ratio_first"] = first["ns_per_sample"] / one["ns_per_sample"]
    if timed:
        before = next((other for other in timed if other["rung"] == name), timed[-1])
        one["before"] = before["rung"]
        one["ratio_before"] = before["ns_per_sample"] / one["ns_per_sample"]
        low, high = timing.ratio_interval(before["samples"], one["samples"])
        one["ratio_interval"] = [low, high]
        one["noisy"] = low <= 1 <= high


def against(
    results: Iterable[Entry], roofs: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Compare with the roofs as they were seen at last: the best of the whole run."""
    for one in results:
        of_these = roofs[one["dtype"]][str(one["threads"])]
        flops, least, ns = (one[f"{what}_per_sample"] for what in ("flops", "bytes", "ns"))
        one.update(_shares(one["kernel"], flops, least, ns, of_these))
