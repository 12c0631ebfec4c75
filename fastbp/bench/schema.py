"""What a file of ``fastbp bench --json`` holds: every key, and the check of its value.

docs/bench-schema.md says what each means; a test compares the keys. fastbp writes every key. A
reader insists on those of a `Result` that have no default, and on nothing wrong in the others. The
keys of the file as a whole stand in results.py, those of its ``machine`` in machine.py.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from fastbp.bench import field_checks as check
from fastbp.bench.field_checks import Check, mapping, or_null

SCHEMA = 1


def _required(check: Check) -> Any:
    return field(metadata={"check": check})


def _may_lack(check: Check, default: Any = None) -> Any:
    """A key whose default stands for it where it is missing; null only where that is null."""
    or_default = or_null(check) if default is None else check
    return field(default=default, metadata={"check": or_default})


def checked(kind: type[Any], value: Any, location: str) -> dict[str, Any]:
    """The fields of a dataclass that an object has, each checked; further keys are left out."""
    row = mapping(value, location)
    required = [field_.name for field_ in fields(kind) if field_.default is MISSING]
    if missing := [name for name in required if name not in row]:
        raise ValueError(
            f"results: {location} has no {missing[0]!r}; make the file with fastbp bench --json"
        )
    return {
        field_.name: field_.metadata["check"](row[field_.name], f"{location}.{field_.name}")
        for field_ in fields(kind)
        if field_.name in row
    }


@dataclass(frozen=True)
class Limits:
    """The machine's limits for a number of threads, a second; None if not measured.

    Parameters
    ----------
    flops : float or None
        Floating-point operations in multiply-adds alone.
    copy, sum : float or None
        Bytes that a copy reads and writes, and that a sum reads.
    """

    flops: float | None = _may_lack(check.at_least_zero)
    copy: float | None = _may_lack(check.at_least_zero)
    sum: float | None = _may_lack(check.at_least_zero)

    def memory(self, kernel: str) -> float | None:
        """The bandwidth that limits a kernel: of copying if it writes, else of reading."""
        return self.sum if kernel in ("forward", "backward") else self.copy


@dataclass(frozen=True, kw_only=True)
class Result:
    """One rung on one task: each of ``results``, of the same names, checked."""

    rung: str = _required(check.name)
    idea: str | None = _may_lack(check.text)
    compiler: str | None = _may_lack(check.text)
    flags: str | None = _may_lack(check.text)
    shape: str = _required(check.shape)
    formulas: str | None = _may_lack(check.text)
    batch: int = _required(check.positive_int)
    dtype: str = _required(check.dtype)
    threads: int = _required(check.positive_int)
    kernel: str = _required(check.kernel)
    status: str | None = _may_lack(check.text)
    proved: bool = _required(check.boolean)
    errors: Mapping[str, float | None] | None = _may_lack(check.errors)
    why: str | None = _may_lack(check.text)
    scaled_from: int | None = _may_lack(check.positive_int)
    ns_per_sample: float | None = _required(or_null(check.positive))
    interval: tuple[float, float] | None = _may_lack(check.interval)
    samples: tuple[float, ...] = _may_lack(check.times, ())
    repeats: int | None = _may_lack(check.nonnegative_int)
    flops_per_sample: float | None = _may_lack(check.at_least_zero)
    gflops: float | None = _may_lack(check.at_least_zero)
    share_of_peak: float | None = _may_lack(check.at_least_zero)
    bytes_per_sample: float | None = _may_lack(check.positive)
    share_of_memory: float | None = _may_lack(check.at_least_zero)
    before: str | None = _may_lack(check.name)
    ratio_before: float | None = _may_lack(check.positive)
    ratio_interval: tuple[float, float] | None = _may_lack(check.interval)
    ratio_first: float | None = _may_lack(check.positive)
    bytes_allocated_per_step: float | None = _may_lack(check.at_least_zero)
    keeps_subnormals: bool = _may_lack(check.boolean, True)
    first_result_seconds: float | None = _may_lack(check.at_least_zero)
    call_overhead_ns: float | None = _may_lack(check.number)
    noisy: bool = _may_lack(check.boolean, False)

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


#: The keys of each of ``results``.
RESULT = tuple(field_.name for field_ in fields(Result))
