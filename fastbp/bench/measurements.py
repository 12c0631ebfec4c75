"""Measurements of a rung on a problem, and the result entries made of them."""

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
from fastbp.bench.schema import RESULT, Limits


@dataclass
class Measurement:
    """The state of one rung on one problem during a run."""

    row: Row
    problem: Problem
    dtype: str
    threads: int
    verdict: Verdict | None = None  # None until it is proved
    why: str | None = None  # the reason of a failure
    traits: Traits = field(default_factory=Traits)
    rows: tuple[int, ...] = ()  # the batch sizes that it runs: two small ones if it is slow
    memory: int | None = None
    first_result: float | None = None
    overhead: float | None = None
    repeats: int = 0
    samples: list[float] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        """Whether it has a time, or will have one."""
        return self.why is None and self.verdict is not None and self.verdict.right

    @property
    def status(self) -> str:
        """One of "timed", "wrong" and "failed"."""
        if self.verdict is not None and not self.verdict.right:
            return "wrong"
        return "failed" if self.why is not None else "timed"


def share(per_sample: float, ns: float | None, limit: float | None) -> float | None:
    """The share of a limit, which is per second; None if the limit or the time is unknown."""
    return per_sample * 1e9 / ns / limit if ns and limit else None


def result_entries(
    measurements: Iterable[Measurement], kernel: str, limits: Mapping[str, float]
) -> list[Entry]:
    """The result entries of one table, in order, with the ratios of those that were timed."""
    entries: list[Entry] = []
    timed: list[Entry] = []
    for measurement in measurements:
        entry = _entry(measurement, kernel)
        _set_shares(entry, limits)
        entries.append(entry)
        if entry["samples"]:
            _compare(entry, timed, measurement.row.baseline)
            timed.append(entry)
    return entries


def _entry(measurement: Measurement, kernel: str) -> Entry:
    problem, m = measurement.problem, measurement.problem.batch_size
    build = measurement.row.build
    verdict = measurement.verdict or Verdict()
    proved = measurement.verdict is not None and verdict.right
    samples = measurement.samples if measurement.timed else []
    ns = median(samples) if samples else None
    flops = problem.flops(kernel) / m
    return dict.fromkeys(RESULT) | {
        "rung": measurement.row.name,
        "idea": measurement.row.idea,
        "compiler": build.compiler if build else None,
        "flags": " ".join(build.flags) if build else None,
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
        "bytes_per_sample": problem.least_bytes(kernel, np.dtype(measurement.dtype).itemsize) / m,
        "bytes_allocated_per_step": measurement.memory,
        "keeps_subnormals": measurement.traits.keeps_subnormals,
        "first_result_seconds": measurement.first_result,
        "call_overhead_ns": measurement.overhead,
        "noisy": False,
    }


def _set_shares(entry: Entry, limits: Mapping[str, float]) -> None:
    """Set the shares of the machine's limits, as far as those are known."""
    ns, known = entry["ns_per_sample"], Limits(**limits)
    entry["share_of_peak"] = share(entry["flops_per_sample"], ns, known.flops)
    bandwidth = known.memory(entry["kernel"])
    entry["share_of_memory"] = share(entry["bytes_per_sample"], ns, bandwidth)


def _compare(entry: Entry, timed: list[Entry], baseline: str | None) -> None:
    """Set the ratios to the first rung, and to the baseline or else the last timed rung."""
    first = timed[0] if timed else entry
    entry["ratio_first"] = first["ns_per_sample"] / entry["ns_per_sample"]
    if timed:
        reference = next(
            (candidate for candidate in timed if candidate["rung"] == baseline), timed[-1]
        )
        entry["before"] = reference["rung"]
        entry["ratio_before"] = timing.ratio(reference["samples"], entry["samples"])
        low, high = timing.ratio_interval(reference["samples"], entry["samples"])
        entry["ratio_interval"] = [low, high]
        entry["noisy"] = low <= 1 <= high


def update_shares(
    results: Iterable[Entry], limits: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Set the shares of the machine's limits, as measured over the whole run."""
    for entry in results:
        _set_shares(entry, limits[entry["dtype"]][str(entry["threads"])])
