"""Reading and validating a results file of ``fastbp bench --json``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastbp.bench import field_checks
from fastbp.bench.field_checks import KERNELS, mapping, refuse
from fastbp.bench.schema import SCHEMA, Limits, Result, checked
from fastbp.errors import FileFormatError
from fastbp.model_file.strict_json import parse_json
from fastbp.text.printable import printable

RUN_FACTS = ("fastbp", "commit", "created", "options")
View = tuple[tuple[str, int], tuple[str, str, int]]  # a task, and a view of it


@dataclass(frozen=True)
class Run:
    """The validated contents of one file.

    ``letter`` is A to D where several files stand beside each other, else empty.
    """

    name: str
    facts: Mapping[str, Any]
    limits: Mapping[tuple[str, int], Limits]
    left_out: Mapping[str, str]
    results: tuple[Result, ...]
    interrupted: bool
    letter: str = ""

    def rungs(self) -> list[str]:
        """The rungs that were measured, in the file's order, which is the ladder's."""
        return list(dict.fromkeys(result.rung for result in self.results))

    def nowhere(self) -> list[str]:
        """The rungs without any result; others were left out of some tables only."""
        measured = self.rungs()
        return [rung for rung in self.left_out if rung not in measured]


def sides_of(runs: Sequence[Run]) -> dict[View, list[list[Result]]]:
    """The results by task and view, a list for each run; in the order of the files."""
    sides: dict[View, list[list[Result]]] = {}
    for i, run in enumerate(runs):
        for result in run.results:
            side = sides.setdefault((result.task, result.view), [[] for _ in runs])
            side[i].append(result)
    return sides


def views(runs: Sequence[Run]) -> dict[View, list[list[Result]]]:
    """The same, steps on one thread first."""
    sides = sides_of(runs)
    tasks = list(dict.fromkeys(task for task, _ in sides))
    dtypes = list(dict.fromkeys(dtype for _, (_, dtype, _) in sides))

    def order(key: View) -> tuple[int, ...]:
        task, (kernel, dtype, threads) = key
        return KERNELS.index(kernel), dtypes.index(dtype), threads, tasks.index(task)

    return {key: sides[key] for key in sorted(sides, key=order)}


def result(value: Any, location: str = "result") -> Result:
    """Check one of the file's ``results``."""
    return Result(**checked(Result, value, location))


def _machine_limits(value: Mapping[str, Any]) -> dict[tuple[str, int], Limits]:
    limits_by_key = {}
    for dtype, teams in value.items():
        for threads, roof in mapping(teams, f"roofs.{dtype}").items():
            location = f"roofs.{dtype}.{threads}"
            if not str(threads).isdecimal():
                raise refuse(location, threads, "a number of threads")
            limits = Limits(**checked(Limits, roof, location))
            limits_by_key[printable(dtype), int(threads)] = limits
    return limits_by_key


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
        If a required field is missing or a field is invalid; the message names it.

    Examples
    --------
    >>> read({"schema": 1, "results": []}).rungs()
    []
    """
    content = mapping(document, "the file")
    if isinstance(content.get("schema"), bool) or content.get("schema") != SCHEMA:
        raise refuse("schema", content.get("schema"), f"{SCHEMA}, the only one known here")
    rows = content.get("results")
    if not isinstance(rows, list):
        raise refuse("results", rows, "a list")
    results = tuple(result(row, f"results[{i}]") for i, row in enumerate(rows))
    first_index: dict[tuple[object, ...], int] = {}
    for i, entry in enumerate(results):
        earlier = first_index.setdefault((entry.rung, *entry.task, *entry.view), i)
        if earlier != i:
            raise ValueError(
                f"results: results[{i}] repeats results[{earlier}]: remove one of them"
            )
    machine, roofs, left_out = (
        mapping({} if content.get(name) is None else content[name], name)
        for name in ("machine", "roofs", "left_out")
    )
    of_run = {name: content[name] for name in RUN_FACTS if name in content}
    return Run(
        name=printable(machine.get("cpu") or "an unnamed machine"),
        facts=field_checks.showable({**machine, **of_run}),
        limits=_machine_limits(roofs),
        left_out={printable(rung): printable(why) for rung, why in left_out.items()},
        results=results,
        interrupted=field_checks.boolean(content.get("interrupted") or False, "interrupted"),
    )


def load(path: str | Path) -> Run:
    """Read and check a file of ``fastbp bench --json``.

    Raises
    ------
    OSError
        If it cannot be read.
    FileFormatError
        If it is not such a file, or from a newer fastbp; the message names the field.
    """
    try:
        return read(parse_json(Path(path).read_bytes(), "file"))
    except ValueError as error:
        raise FileFormatError(f"{printable(path)}: {error}") from None
