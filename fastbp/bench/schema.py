"""What a file of ``fastbp bench --json`` holds: every key, what it means, what it may be.

docs/bench-schema.md says the same to people, and a test compares the two. fastbp writes every key.
A reader insists on those of a `Result` that have no default, and on nothing wrong in the others.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from fastbp.bench import field_checks
from fastbp.bench.field_checks import Check, or_null

SCHEMA = 1

#: Key -> what it holds, for the file as a whole.
DOCUMENT = {
    "schema": "1, the number of this format",
    "created": "when the run began: ISO 8601, with the time zone",
    "fastbp": "its version",
    "commit": "the checkout's commit, or null",
    "machine": "an object: see below",
    "roofs": "number type -> threads -> {flops, copy, sum}: floating-point operations a second in "
    "multiply-adds alone, bytes a second read and written by a copy, and read by a sum, of arrays "
    "that no cache holds",
    "options": "what was asked for",
    "left_out": "rung -> why it was not tried, or not everywhere",
    "interrupted": "true if Ctrl-C or an error ended the run: tables may be missing, and the last "
    "one rests on fewer rounds and was not looked at after them",
    "results": "a list of objects: see below",
}
#: Key -> what it holds, for ``machine``.
MACHINE = {
    "cpu": "the processor's name",
    "cores": "those that the run could use",
    "system": "the operating system",
    "python": "its version",
    "numpy": "its version",
    "compiler": "that built fastbp, or null",
    "flags": "kernel set -> the compiler's flags",
    "environment": "CFLAGS, CPPFLAGS and LDFLAGS of the build, if they were set; the compiler got "
    "them before its flags",
    "kernels": "the kernel set in use",
    "load": "[before, after]: processes that wanted a core in the last minute, or null",
    "packages": "optional package -> version, if installed",
}


def _required(check: Check, means: str) -> Any:
    return field(metadata={"check": check, "means": means})


def _may_lack(check: Check, means: str, default: Any = None) -> Any:
    """A key whose default stands for it where it is missing; null only where that is null."""
    or_default = or_null(check) if default is None else check
    return field(default=default, metadata={"check": or_default, "means": means})


@dataclass(frozen=True, kw_only=True)
class Result:
    """One rung on one task: each of ``results``, of the same names, checked."""

    rung: str = _required(field_checks.name, "its name")
    idea: str | None = _may_lack(field_checks.text, "one line: what it does differently")
    shape: str = _required(field_checks.shape, 'the layers\' widths, "784-30-10"')
    formulas: str | None = _may_lack(field_checks.text, "activations and loss, in words")
    batch: int = _required(field_checks.positive_int, "rows of a mini-batch")
    dtype: str = _required(field_checks.dtype, '"float32" or "float64"')
    threads: int = _required(field_checks.positive_int, "how many it was allowed")
    kernel: str = _required(field_checks.kernel, '"forward", "backward", "accumulate" or "step"')
    status: str | None = _may_lack(
        field_checks.text,
        '"timed", "wrong" or "failed": its process died, it raised, or it was right no longer '
        "after its rounds",
    )
    proved: bool = _required(
        field_checks.boolean,
        "whether it was found right before it was timed; what is not is not timed",
    )
    errors: Mapping[str, float | None] | None = _may_lack(
        field_checks.errors,
        "{ulp, norm}: its largest error, in units in the last place of the largest number of an "
        "array, and relative to an array's norm; null where it was not found right",
    )
    why: str | None = _may_lack(
        field_checks.text,
        "what is wrong with it, and where, or why it could not be timed; null if nothing",
    )
    scaled_from: int | None = _may_lack(
        field_checks.positive_int,
        "the larger of the two small batches that a slow rung ran, the other being 1 row: its time "
        "is that of the whole batch on the line c + r m through both; null if it ran the batch",
    )
    ns_per_sample: float | None = _required(
        or_null(field_checks.positive),
        "nanoseconds for a sample, the median of samples; null if not timed",
    )
    interval: tuple[float, float] | None = _may_lack(
        field_checks.interval,
        "[low, high]: the 95% bootstrap interval of that median, or the range of a slow rung's "
        "three samples; null if not timed",
    )
    samples: tuple[float, ...] = _may_lack(
        field_checks.times, "nanoseconds for a sample in each round", ()
    )
    repeats: int | None = _may_lack(
        field_checks.nonnegative_int, "calls in each round; of a step: mini-batches"
    )
    flops_per_sample: float | None = _may_lack(
        field_checks.at_least_zero,
        "floating-point operations of the products, two for a multiply-add",
    )
    gflops: float | None = _may_lack(field_checks.at_least_zero, "billions of those a second")
    share_of_peak: float | None = _may_lack(
        field_checks.at_least_zero,
        "gflops as a share of roofs' flops; null where that is not known",
    )
    bytes_per_sample: float | None = _may_lack(
        field_checks.positive,
        "the least that must move: weights once a batch (twice in a step, read and written) and "
        "the samples",
    )
    share_of_memory: float | None = _may_lack(
        field_checks.at_least_zero,
        "what that makes in a second as a share of roofs' sum (forward, backward) or copy; more "
        "than 1 where caches held it",
    )
    before: str | None = _may_lack(
        field_checks.name,
        "the rung that it is compared with: the one that it differs from by its idea, or the last "
        "one timed before it where that was not timed; null for the first",
    )
    ratio_before: float | None = _may_lack(
        field_checks.positive, "how many times as fast as that; null for the first"
    )
    ratio_interval: tuple[float, float] | None = _may_lack(
        field_checks.interval,
        "[low, high]: the 95% bootstrap interval of ratio_before, from ratios round by round",
    )
    ratio_first: float | None = _may_lack(
        field_checks.positive, "how many times as fast as the first rung of its table"
    )
    bytes_allocated_per_step: float | None = _may_lack(
        field_checks.at_least_zero,
        "the most bytes allocated at one moment of a step by Python and NumPy, 0 for none; null "
        "where that is not known: the step is too slow to count them, or a library takes memory of "
        "its own",
    )
    keeps_subnormals: bool = _may_lack(
        field_checks.boolean, "false where numbers below the smallest normal one become zeros", True
    )
    first_result_seconds: float | None = _may_lack(
        field_checks.at_least_zero,
        "from the start of a new process to the end of its first step, on the first shape: Python, "
        "NumPy, fastbp and the rung itself imported, the network made, all of it compiled",
    )
    call_overhead_ns: float | None = _may_lack(
        field_checks.number, "nanoseconds of a call on a 1-1 network with one sample, or null"
    )
    noisy: bool = _may_lack(
        field_checks.boolean,
        "true if it cannot be told apart from before, by ratio_interval",
        False,
    )

    @property
    def task(self) -> tuple[str, int]:
        """The shape and the batch."""
        return self.shape, self.batch

    @property
    def view(self) -> tuple[str, str, int]:
        """The kernel, the number type and the threads."""
        return self.kernel, self.dtype, self.threads

    @property
    def ns(self) -> float | None:
        """The time of a rung that may be timed: one that was proved right."""
        return self.ns_per_sample if self.proved else None

    @property
    def reach(self) -> tuple[float, float]:
        """The interval of its time, or the time itself; (inf, inf) without one."""
        if self.ns is None:
            return math.inf, math.inf
        low, high = self.interval or (self.ns, self.ns)
        return min(low, self.ns), max(high, self.ns)

    @property
    def trouble(self) -> str:
        """In capitals, why there is no time; empty if there is one."""
        if self.ns is not None:
            return ""
        return (self.status or ("not timed" if self.proved else "wrong")).upper()

    @property
    def intensity(self) -> float | None:
        """Floating-point operations for each byte of the least traffic."""
        flops, traffic = self.flops_per_sample, self.bytes_per_sample
        return flops / traffic if flops and traffic else None


#: Key -> what it holds, for each of ``results``.
RESULT = {field_.name: field_.metadata["means"] for field_ in fields(Result)}
#: What makes two results comparable.
KEYS = ("shape", "formulas", "batch", "dtype", "threads", "kernel")
