"""The tables of the page: all results, what rungs cost, and the machine's facts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastbp.bench.columns import COLUMNS, COSTS, why_untimed
from fastbp.bench.number_format import digits
from fastbp.bench.reading import Run, views
from fastbp.bench.schema import Result
from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup, join, tag, text

_TASK = ("rung", "shape", "batch", "type", "threads", "kernel")  # of all results
_TIMES = ("rows run", "time a sample", "95% interval", "× before", "× first", "GFLOP/s", "of peak")
_TEXT = ("file", "rung", "shape", "type", "kernel")  # the columns that are no numbers


def _all_files(
    runs: Sequence[Run], columns: Sequence[str], rows: Callable[[Run], Iterable[list[str]]]
) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of all runs, with the file's letter first where there are several."""
    file = ["file"] if len(runs) > 1 else []
    return [*file, *columns], [[*run.letter, *row] for run in runs for row in rows(run)]


def all_results(runs: Sequence[Run]) -> Markup:
    """Make the table of everything, for sorting and searching."""
    columns, rows = _all_files(runs, [*_TASK, *_TIMES], _results)
    numbers = [name not in _TEXT for name in columns]
    return table(columns, rows, "All results", numbers=numbers, id="all")


def _results(run: Run) -> Iterator[list[str]]:
    for (results,) in views([run]).values():
        yield from map(_cells, results)


def _cells(result: Result) -> list[str]:
    if result.ns is None:
        return [*(COLUMNS[name](result) for name in _TASK), why_untimed(result)]
    return [COLUMNS[name](result) for name in (*_TASK, *_TIMES)]


def costs(runs: Sequence[Run]) -> Markup:
    """Make the table of what a rung costs besides its time: in the first result that it has."""
    columns, rows = _all_files(runs, ["rung", *COSTS], _costs)
    return table(columns, rows, "What each rung costs besides")


def _costs(run: Run) -> Iterator[list[str]]:
    timed = [result for result in run.results if result.ns is not None]
    firsts = {result.rung: result for result in reversed(timed)}
    for rung in run.rungs():
        if rung in firsts:
            yield [rung, *(cost(firsts[rung]) for cost in COSTS.values())]


def facts(run: Run, name: str) -> Markup:
    """List what is known of a machine and of the run on it."""
    pairs = [
        (key.replace("_", " "), _fact(value)) for key, value in run.facts.items() if key != "flags"
    ]
    for (dtype, threads), roof in sorted(run.limits.items()):
        view = f"{dtype}, threads: {threads}"
        if roof.flops:
            pairs.append((f"peak, {view}", f"{digits(roof.flops / 1e9)} GFLOP/s"))
        for operation, speed in (("copied", roof.copy), ("summed", roof.sum)):
            if speed:
                pairs.append((f"memory {operation}, {view}", f"{digits(speed / 1e9)} GB/s"))
    nowhere = run.nowhere()
    for rung, why in run.left_out.items():
        pairs.append((f"left out{'' if rung in nowhere else ' in places'}: {rung}", why))
    fact_table = table(["", "value"], pairs, name, numbers=[False, False], class_="facts")
    return join([fact_table, *_flags(run.facts.get("flags"), name)])


def _flags(flags: Any, name: str) -> Iterator[Markup]:
    """List the compiler's flags, folded; modules that have the same ones share a row."""
    modules: dict[str, list[str]] = defaultdict(list)
    for module, flag_text in flags.items() if isinstance(flags, Mapping) else ():
        modules[_fact(flag_text)].append(str(module))
    if modules:
        rows = [[", ".join(names), flag_text] for flag_text, names in modules.items()]
        listed = table(["modules", "flags"], rows, f"Flags, {name}", class_="facts")
        yield tag("details", tag("summary", text("The compiler's flags")), listed)


def _fact(value: Any) -> str:
    """Write a value of the file in a line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_fact(item)}" for key, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return " ".join(map(_fact, value)) or "–"
    return "–" if value is None else str(value)
