"""Results of ``fastbp bench --json``, checked once, so that what draws them need not ask."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from fastbp.bench.pictures import checks
from fastbp.bench.pictures.checks import KERNELS, Check, mapping, or_null, refuse

SCHEMA = 1
__all__ = ["KERNELS", "Result", "Roof", "Run", "read"]


def _is(check: Check) -> dict[str, Check]:
    return {"check": check}


@dataclass(frozen=True)
class Result:
    """One rung on one task: the object of the file, of the same names."""

    rung: str = field(metadata=_is(checks.name))
    shape: str = field(metadata=_is(checks.shape))
    batch: int = field(metadata=_is(checks.count))
    dtype: str = field(metadata=_is(checks.dtype))
    threads: int = field(metadata=_is(checks.count))
    kernel: str = field(metadata=_is(checks.kernel))
    proved: bool = field(metadata=_is(checks.truth))
    ns_per_sample: float | None = field(metadata=_is(or_null(checks.positive)))
    interval: tuple[float, float] | None = field(
        default=None, metadata=_is(or_null(checks.interval))
    )
    formulas: str | None = field(default=None, metadata=_is(or_null(checks.text)))
    status: str | None = field(default=None, metadata=_is(or_null(checks.text)))
    idea: str | None = field(default=None, metadata=_is(or_null(checks.text)))
    why: str | None = field(default=None, metadata=_is(or_null(checks.text)))
    errors: Mapping[str, float | None] = field(default_factory=dict, metadata=_is(checks.errors))
    scaled_from: int | None = field(default=None, metadata=_is(or_null(checks.count)))
    gflops: float | None = field(default=None, metadata=_is(or_null(checks.positive)))
    share_of_peak: float | None = field(default=None, metadata=_is(or_null(checks.at_least_zero)))
    flops_per_sample: float | None = field(
        default=None, metadata=_is(or_null(checks.at_least_zero))
    )
    bytes_per_sample: float | None = field(default=None, metadata=_is(or_null(checks.positive)))
    ratio_before: float | None = field(default=None, metadata=_is(or_null(checks.positive)))
    ratio_interval: tuple[float, float] | None = field(
        default=None, metadata=_is(or_null(checks.interval))
    )
    ratio_first: float | None = field(default=None, metadata=_is(or_null(checks.positive)))
    allocations_per_step: float | None = field(default=None, metadata=_is(or_null(checks.number)))
    first_result_seconds: float | None = field(default=None, metadata=_is(or_null(checks.number)))
    call_overhead_ns: float | None = field(default=None, metadata=_is(or_null(checks.number)))
    noisy: bool = field(default=False, metadata=_is(checks.truth))

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


@dataclass(frozen=True)
class Roof:
    """What so many threads can do at most, a second; None where it was not measured.

    Parameters
    ----------
    flops : float or None
        Floating-point operations in multiply-adds alone.
    copy, sum : float or None
        Bytes that a copy reads and writes, and that a sum reads.
    """

    flops: float | None = None
    copy: float | None = None
    sum: float | None = None

    def memory(self, kernel: str) -> float | None:
        """Bytes a second of memory, as the kernel uses it: it writes numbers, or reads them."""
        return self.sum if kernel in ("forward", "backward") else self.copy


@dataclass(frozen=True)
class Run:
    """One file: what was measured, where, and how."""

    name: str
    facts: Mapping[str, Any]
    roofs: Mapping[tuple[str, int], Roof]
    left_out: Mapping[str, str]
    results: tuple[Result, ...]
    interrupted: bool

    def rungs(self) -> list[str]:
        """The rungs that were measured, in the file's order, which is the ladder's."""
        return list(dict.fromkeys(result.rung for result in self.results))

    def nowhere(self) -> list[str]:
        """The rungs that were left out everywhere: others have results, on fewer threads say."""
        there = self.rungs()
        return [rung for rung in self.left_out if rung not in there]


def _result(got: Any, where: str) -> Result:
    row = mapping(got, where)
    return Result(**{one.name: _one(row, one, where) for one in fields(Result)})


def _one(row: Mapping[str, Any], one: "Field[Any]", where: str) -> Any:
    optional = one.default is not MISSING or one.default_factory is not MISSING
    if one.name not in row or (row[one.name] is None and one.default_factory is not MISSING):
        if not optional:
            raise ValueError(
                f"results: {where} has no {one.name!r}; make the file with fastbp bench --json"
            )
        return one.default if one.default is not MISSING else {}
    return one.metadata["check"](row[one.name], f"{where}.{one.name}")


def _roofs(got: Any) -> dict[tuple[str, int], Roof]:
    found = {}
    for dtype, teams in mapping(got, "roofs").items():
        for threads, roof in mapping(teams, f"roofs.{dtype}").items():
            where = f"roofs.{dtype}.{threads}"
            if not str(threads).isdecimal():
                raise refuse(where, threads, "a number of threads")
            check = or_null(checks.at_least_zero)
            speeds = {
                name: check(mapping(roof, where).get(name), f"{where}.{name}") or None
                for name in ("flops", "copy", "sum")
            }
            found[dtype, int(threads)] = Roof(**speeds)
    return found


def read(document: object) -> Run:
    """Check one file's contents.

    Parameters
    ----------
    document : dict
        What ``fastbp bench --json`` writes, parsed.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If anything that is drawn is missing or is not what it should be; it names the place.

    Examples
    --------
    >>> read({"schema": 1, "results": []}).rungs()
    []
    """
    whole = mapping(document, "the file")
    if whole.get("schema") != SCHEMA:
        raise refuse("schema", whole.get("schema"), f"{SCHEMA}, the only one known here")
    rows = whole.get("results")
    if not isinstance(rows, list):
        raise refuse("results", rows, "a list")
    results = tuple(_result(row, f"results[{i}]") for i, row in enumerate(rows))
    first: dict[tuple[object, ...], int] = {}
    for i, result in enumerate(results):
        before = first.setdefault((result.rung, *result.task, *result.view), i)
        if before != i:
            raise ValueError(f"results: results[{i}] repeats results[{before}]: remove one of them")
    machine = mapping(whole.get("machine") or {}, "machine")
    facts = {
        **machine,
        **{
            name: whole[name]
            for name in ("fastbp", "commit", "created", "options")
            if name in whole
        },
    }
    return Run(
        name=str(machine.get("cpu") or "an unnamed machine"),
        facts=facts,
        roofs=_roofs(whole.get("roofs") or {}),
        left_out={
            str(rung): str(why)
            for rung, why in mapping(whole.get("left_out") or {}, "left_out").items()
        },
        results=results,
        interrupted=checks.truth(whole.get("interrupted") or False, "interrupted"),
    )
