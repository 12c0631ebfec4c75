"""Results of ``fastbp bench --json``, checked once, so that whoever shows them need not ask."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from fastbp.bench import field_checks
from fastbp.bench.field_checks import mapping, or_null, refuse
from fastbp.bench.schema import KEYS, SCHEMA, Result
from fastbp.errors import FileFormatError
from fastbp.printable import printable
from fastbp.strict_json import parse_json


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
        return list(dict.fromkeys(one.rung for one in self.results))

    def nowhere(self) -> list[str]:
        """The rungs that were left out everywhere: others have results, on fewer threads say."""
        there = self.rungs()
        return [rung for rung in self.left_out if rung not in there]

    def tables(self) -> dict[tuple[Any, ...], list[Result]]:
        """The results that can be compared with each other, by what they have in common."""
        found: dict[tuple[Any, ...], list[Result]] = {}
        for one in self.results:
            found.setdefault(tuple(getattr(one, key) for key in KEYS), []).append(one)
        return found


def result(got: Any, where: str = "result") -> Result:
    """Check one of the file's ``results``."""
    row = mapping(got, where)
    needed = [one.name for one in fields(Result) if one.default is MISSING]
    if missing := [name for name in needed if name not in row]:
        raise ValueError(
            f"results: {where} has no {missing[0]!r}; make the file with fastbp bench --json"
        )
    return Result(
        **{
            one.name: one.metadata["check"](row[one.name], f"{where}.{one.name}")
            for one in fields(Result)
            if one.name in row
        }
    )


def _roofs(got: Mapping[str, Any]) -> dict[tuple[str, int], Roof]:
    found = {}
    for dtype, teams in got.items():
        for threads, roof in mapping(teams, f"roofs.{dtype}").items():
            where = f"roofs.{dtype}.{threads}"
            if not str(threads).isdecimal():
                raise refuse(where, threads, "a number of threads")
            check = or_null(field_checks.at_least_zero)
            speeds = {
                name: check(mapping(roof, where).get(name), f"{where}.{name}") or None
                for name in ("flops", "copy", "sum")
            }
            found[printable(dtype), int(threads)] = Roof(**speeds)
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
    if isinstance(whole.get("schema"), bool) or whole.get("schema") != SCHEMA:
        raise refuse("schema", whole.get("schema"), f"{SCHEMA}, the only one known here")
    rows = whole.get("results")
    if not isinstance(rows, list):
        raise refuse("results", rows, "a list")
    results = tuple(result(row, f"results[{i}]") for i, row in enumerate(rows))
    first: dict[tuple[object, ...], int] = {}
    for i, one in enumerate(results):
        before = first.setdefault((one.rung, *one.task, *one.view), i)
        if before != i:
            raise ValueError(f"results: results[{i}] repeats results[{before}]: remove one of them")
    machine, roofs, left_out = (
        mapping({} if whole.get(name) is None else whole[name], name)
        for name in ("machine", "roofs", "left_out")
    )
    facts = {
        **machine,
        **{
            name: whole[name]
            for name in ("fastbp", "commit", "created", "options")
            if name in whole
        },
    }
    return Run(
        name=printable(machine.get("cpu") or "an unnamed machine"),
        facts=field_checks.showable(facts),
        roofs=_roofs(roofs),
        left_out={printable(rung): printable(why) for rung, why in left_out.items()},
        results=results,
        interrupted=field_checks.truth(whole.get("interrupted") or False, "interrupted"),
    )


def load(path: str | Path) -> Run:
    """Read and check a file of ``fastbp bench --json``.

    Raises
    ------
    OSError
        If it cannot be read.
    FileFormatError
        If it is anything else, or from a newer fastbp; the place is named.
    """
    try:
        return read(parse_json(Path(path).read_bytes(), "file"))
    except ValueError as error:
        raise FileFormatError(f"{printable(path)}: {error}") from None
