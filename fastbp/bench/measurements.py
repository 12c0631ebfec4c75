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
MEMORY_LIMIT = {"forward": "sum", "backward": "sum", "accumulate": "copy", "step": "copy"}


@dataclass
class Measurement:
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


def share_of_peak(measurement: Measurement, kernel: str, peak: float | None) -> float | None:
    """What it did of what the machine can, as a share; None where that is not known."""
    ns = median(measurement.samples) if measurement.samples else None
    return _share(measurement.problem.flops(kernel) / measurement.problem.batch_size, ns, peak)


def _share(per_sample: float, ns: float | None, limit: float | None) -> float | None:
    """Of what can be done in a second; None where that is not known, or nothing was timed."""
    return per_sample * 1e9 / ns / limit if ns and limit else None


def result_entries(
    measurements: Iterable[Measurement], kernel: str, limits: Mapping[str, float]
) -> list[Entry]:
    """The results of one table, in order; those that were timed are compared."""
    entries: list[Entry] = []
    timed: list[Entry] = []
    for measurement in measurements:
        entry = _entry(measurement, kernel, limits)
        entries.append(entry)
        if entry["samples"]:
            _compare(entry, timed, measurement.row.baseline)
            timed.append(entry)
    return entries


def _entry(measurement: Measurement, kernel: str, limits: Mapping[str, float]) -> Entry:
    problem, m = measurement.problem, measurement.problem.batch_size
    verdict = measurement.verdict or Verdict()
    proved = measurement.verdict is not None and verdict.right
    samples = measurement.samples if measurement.timed else []
    ns = median(samples) if samples else None
    flops = problem.flops(kernel) / m
    least = problem.least_bytes(kernel, np.dtype(measurement.dtype).itemsize) / m
    return {
        "rung": measurement.row.name,
        "idea": measurement.row.idea,
        "shape": problem.shape,
        "formulas": problem.formulas,
        "batch": m,
        "dtype": measurement.dtype,
        "threads": measurement.threads,
        "kernel": kernel,
        "status": measurement.status,
        "proved": proved,
        "errors": {"ulp": verdict.ulp, "norm": verdict.norm} if proved else None,
        "why": verdict.why or measurement.why,
        "scaled_from": measurement.rows[-1] if len(measurement.rows) > 1 else None,
        "ns_per_sample": ns,
        "interval": list(timing.interval(samples)) if samples else None,
        "samples": samples,
        "repeats": measurement.repeats,
        "flops_per_sample": flops,
        "gflops": flops / ns if ns else None,
        "bytes_per_sample": least,
        **_shares(kernel, flops, least, ns, limits),
        "before": None,
        "ratio_before": None,
        "ratio_interval": None,
        "ratio_first": None,
        "bytes_allocated_per_step": measurement.memory,
        "keeps_subnormals": measurement.traits.keeps_subnormals,
        "first_result_seconds": measurement.first_result,
        "call_overhead_ns": measurement.overhead,
        "noisy": False,
    }


def _shares(
    kernel: str, flops: float, least: float, ns: float | None, limits: Mapping[str, float]
) -> dict[str, float | None]:
    return {
        "share_of_peak": _share(flops, ns, limits.get("flops")),
        "share_of_memory": _share(least, ns, limits.get(MEMORY_LIMIT[kernel])),
    }


def _compare(entry: Entry, timed: list[Entry], baseline: str | None) -> None:
    """Set what is relative to the first rung, and to the one named or else the last one."""
    first = timed[0] if timed else entry
    entry["ratio_first"] = first["ns_per_sample"] / entry["ns_per_sample"]
    if timed:
        before = next(
            (candidate for candidate in timed if candidate["rung"] == baseline), timed[-1]
        )
        entry["before"] = before["rung"]
        entry["ratio_before"] = before["ns_per_sample"] / entry["ns_per_sample"]
        low, high = timing.ratio_interval(before["samples"], entry["samples"])
        entry["ratio_interval"] = [low, high]
        entry["noisy"] = low <= 1 <= high


def update_shares(
    results: Iterable[Entry], limits: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Compare with the roofs as they were seen at last: the best of the whole run."""
    for entry in results:
        of_entry = limits[entry["dtype"]][str(entry["threads"])]
        flops, least, ns = (entry[f"{what}_per_sample"] for what in ("flops", "bytes", "ns"))
        entry.update(_shares(entry["kernel"], flops, least, ns, of_entry))
