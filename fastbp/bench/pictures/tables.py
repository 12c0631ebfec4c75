"""The tables of the page: all results, what rungs cost, and the machine's facts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastbp.bench.field_checks import KERNELS
from fastbp.bench.number_format import digits, duration, or_dash, percent, span, times
from fastbp.bench.pictures.bars import ratio_text, why_untimed
from fastbp.bench.reading import Run
from fastbp.bench.schema import Result
from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup, join, tag, text

# Heading -> whether it is a number, and how a result says it.
_COLUMNS: tuple[tuple[str, bool], ...] = (
    ("rung", False),
    ("shape", False),
    ("batch", True),
    ("type", False),
    ("threads", True),
    ("kernel", False),
    ("rows run", True),
    ("time a sample", True),
    ("95% interval", True),
    ("× before", True),
    ("× first", True),
    ("GFLOP/s", True),
    ("of peak", True),
)
_COSTS = (
    "rung",
    "error, ulp",
    "error, relative norm",
    "bytes allocated a step",
    "first result, s",
    "a call, µs",
)


def all_results(runs: Sequence[Run], letters: str) -> Markup:
    """Make the table of everything, for sorting and searching."""
    several = len(runs) > 1
    columns = [*([("file", False)] if several else []), *_COLUMNS]
    rows = [
        [*([letter] if several else []), *_cells(result)]
        for letter, run in zip(letters, runs, strict=False)
        for result in sorted(run.results, key=_order)
    ]
    return table(
        [name for name, _ in columns],
        rows,
        "All results",
        numbers=[number for _, number in columns],
        id="all",
    )


def _order(result: Result) -> tuple[int, str, int]:
    return KERNELS.index(result.kernel), result.dtype, result.threads


def _cells(result: Result) -> list[str]:
    task = [
        result.rung,
        result.shape,
        f"{result.batch:,}",
        result.dtype,
        str(result.threads),
        result.kernel,
    ]
    if result.ns is None:
        return [*task, why_untimed(result)]
    return [
        *task,
        f"{result.scaled_from or result.batch:,}",
        duration(result.ns),
        span(*result.interval) if result.interval else "–",
        ratio_text(result),
        times(result.ratio_first),
        or_dash(result.gflops),
        percent(result.share_of_peak),
    ]


def costs(runs: Sequence[Run], letters: str) -> Markup:
    """Make the table of what a rung costs besides its time: in the first result that it has."""
    several = len(runs) > 1
    rows = []
    for letter, run in zip(letters, runs, strict=False):
        timed = [result for result in run.results if result.ns is not None]
        firsts = {result.rung: result for result in reversed(timed)}
        rows += [
            [*[letter] * several, rung, *map(or_dash, _costs(firsts[rung]))]
            for rung in run.rungs()
            if rung in firsts
        ]
    return table([*["file"] * several, *_COSTS], rows, "What each rung costs besides")


def _costs(result: Result) -> list[float | None]:
    overhead, errors = result.call_overhead_ns, result.errors or {}
    return [
        errors.get("ulp"),
        errors.get("norm"),
        result.bytes_allocated_per_step,
        result.first_result_seconds,
        None if overhead is None else overhead / 1e3,
    ]


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
