"""The terminal report: the list of rungs, a table for each problem, and one-time costs."""

from collections.abc import Iterable, Mapping, Sequence

from fastbp.bench.columns import COSTS, not_above
from fastbp.bench.number_format import digits, duration, or_dash, percent
from fastbp.bench.ranking import fastest
from fastbp.bench.results import Results
from fastbp.bench.schema import Result
from fastbp.bench.timing import NOISY, ROUNDS, SECONDS, SLOW_ROUNDS
from fastbp.bench.worker import blas_note
from fastbp.text.formatting import plural
from fastbp.text.page import Page
from fastbp.text.printable import printable

PRODUCTION = "fit"
LONGER = 4  # times as long a run halves an interval, if disturbances are random
INDENT = ""  # seven columns need the full width
ONE_TIME = ("error, ulp", "memory", "first result")  # of COSTS, those with a column each
WORK = {
    "step": "a training step",
    "forward": "the forward loop",
    "backward": "the backward loop",
    "accumulate": "the accumulate loop",
}


def write_opening(
    page: Page,
    names_and_ideas: Iterable[tuple[str, str]],
    nowhere: Mapping[str, str],
    document: Results,
) -> None:
    """Write the introduction: the rungs, those that are left out, and the columns' meaning."""
    machine = document["machine"]
    page.text(
        "The same network trained by the same three loops, forward, backward and accumulate, "
        "written in different ways. Each way, a rung, is first compared with the specification, "
        "number by number. Only what is right is timed: each in a process of its own, all in turns."
    )
    page.gap()
    page.table([[name, idea] for name, idea in names_and_ideas], "<<", INDENT)
    page.gap()
    for sentence in left_out(nowhere):
        page.text(sentence)
    if nowhere:
        page.gap()
    page.text(
        f"{printable(machine['cpu'])}, {machine['cores']} of its cores free to use, Python "
        f"{machine['python']}, NumPy {machine['numpy']}, fastbp's kernels {machine['kernels']}. "
        f"{printable(blas_note())}".rstrip()
    )
    page.gap()
    page.table(
        [
            ["time", f"of one sample, the median of {ROUNDS} rounds"],
            ["GFLOP/s", "billions of multiplications and additions a second"],
            ["% peak", "that as a share of the most that this machine does, just measured"],
            [
                "% mem",
                "bytes that it must move at least, as a share of what memory moves in "
                "that time; above 100 they came from caches",
            ],
            ["× before", "times as fast as the rung before, most often the row above"],
            ["~", "it cannot be told apart from the rung before"],
            ["× first", "times as fast as the first row"],
            [
                "*",
                f"too slow for this batch: reckoned from two smaller ones, in {SLOW_ROUNDS} rounds",
            ],
        ],
        "<<",
        INDENT,
    )


def heading(task: tuple[str, int], view: tuple[str, str, int]) -> str:
    """The heading of a table."""
    (shape, batch), (kernel, dtype, threads) = task, view
    return f"{shape}, batch {batch}: {WORK[kernel]} in {dtype} on {plural(threads, 'thread')}"


def write_table(
    page: Page,
    title: str,
    results: Sequence[Result],
    without: Mapping[str, str],
    seconds: float | None = None,
) -> None:
    """Write one table: a problem, number type, number of threads and kernel.

    ``without`` maps rungs that are left out to the reasons. ``seconds`` is the requested duration
    of the run, or None for the default.
    """
    page.heading(title)
    if results:
        page.text(results[0].formulas or "")
        page.gap()
        head = ["", "time", "GFLOP/s", "% peak", "% mem", "× before", "× first"]
        page.table([head, *map(_row, results)], "<>>>>>>", INDENT)
        page.gap()
    for sentence in _sentences(results, without, seconds):
        page.text(sentence)


def _row(result: Result) -> list[str]:
    name = result.rung + "*" * (result.scaled_from is not None)
    if result.ns is None:
        return [name, result.trouble, "", "", "", "", ""]
    ratio = or_dash(result.ratio_before)
    return [
        name,
        duration(result.ns),
        or_dash(result.gflops),
        or_dash(result.share_of_peak, _hundredths),
        or_dash(result.share_of_memory, _hundredths),
        f"~ {ratio}" if result.noisy else ratio,
        or_dash(result.ratio_first),
    ]


def _hundredths(share: float) -> str:
    return digits(100 * share)


def _sentences(
    results: Sequence[Result], without: Mapping[str, str], seconds: float | None
) -> Iterable[str]:
    """The sentences below a table."""
    for result in results:
        if result.trouble:
            yield f"{result.trouble}: {result.rung}: {result.why}."
    timed = [result for result in results if result.ns is not None]
    scaled = [f"{result.rung} {result.scaled_from}" for result in timed if result.scaled_from]
    if scaled:
        yield (
            f"* Reckoned for {results[0].batch} rows from a batch of 1 row and one of so many: "
            f"{', '.join(scaled)}."
        )
    flushing = [result.rung for result in timed if not result.keeps_subnormals]
    if flushing:
        yield f"Takes subnormal numbers for zeros: {', '.join(flushing)}."
    if note := not_above(results):
        yield note
    if len(timed) > 1:
        yield _fastest(timed)
    widths = [(high - low) / (row.ns or 1.0) for row in timed for low, high in [row.reach]]
    noisy = sum(width > NOISY for width in widths)
    if noisy:
        longer = LONGER * max(SECONDS, seconds or 0.0)
        yield (
            f"The machine was busy, or its clock moved: the 95% intervals of {noisy} of "
            f"{len(timed)} times are wider than {NOISY:.0%} of them. When it is less busy, or with "
            f"--seconds {longer:.0f}, they are surer."
        )
    yield from left_out(without)


def left_out(whys: Mapping[str, str]) -> Iterable[str]:
    """Sentences on the rungs that are left out, grouped by reason.

    >>> list(left_out({"numba": "it uses one thread", "c": "it uses one thread"}))
    ['Left out: numba, c: it uses one thread.']
    """
    reasons: dict[str, list[str]] = {}
    for name, why in whys.items():
        reasons.setdefault(why, []).append(name)
    for why, names in reasons.items():
        yield f"Left out: {', '.join(names)}: {why}."


def _fastest(timed: Sequence[Result]) -> str:
    """The sentence on the fastest rung; if it is not fastbp's, with the ratio to that."""
    best, *tied = fastest(timed)
    text = f"Fastest: {best.rung}"
    if best is not timed[0]:
        text += f", {digits(best.ratio_first or 1.0)} times as fast as {timed[0].rung}"
    if best.share_of_peak:
        text += f", at {percent(best.share_of_peak)} of the peak"
    production = [result for result in timed if result.rung == PRODUCTION]
    if production and best is not production[0]:
        ratio = (production[0].ns or 0.0) / (best.ns or 1.0)
        text += (
            f". {PRODUCTION} cannot be told apart from it"
            if production[0] in tied
            else f". {PRODUCTION} is slower: {best.rung} is {digits(ratio)} times as fast"
        )
    return text + "."


def write_once(page: Page, results: Sequence[Result]) -> None:
    """Write the one-time costs of each rung, from its first result for each kernel."""
    firsts: dict[str, dict[str, Result]] = {}
    for result in results:
        if result.ns is not None:
            firsts.setdefault(result.rung, {}).setdefault(result.kernel, result)
    if not firsts:
        return
    page.heading("What each rung costs besides")
    kernels = list(dict.fromkeys(kernel for of in firsts.values() for kernel in of))
    head, calls = ["", *ONE_TIME], ["a call of", *kernels]
    rows = {
        rung: [COSTS[name](next(iter(of.values()))) for name in ONE_TIME]
        for rung, of in firsts.items()
    }
    call_rows = {
        rung: [COSTS["a call"](of[kernel]) if kernel in of else "–" for kernel in kernels]
        for rung, of in firsts.items()
    }
    if len(kernels) == 1:
        head.append(f"a call of {kernels[0]}")
        _write_costs(page, head, {rung: rows[rung] + call_rows[rung] for rung in rows})
    else:  # more than a line has room for
        _write_costs(page, head, rows)
        _write_costs(page, calls, call_rows)
    result = next(iter(next(iter(firsts.values())).values()))
    page.text(
        f"error: the largest found on {result.shape} and the small shapes, in units in the last "
        f"place of {result.dtype}. memory: the most that a step allocates at one moment, as Python "
        "and NumPy count it (– where that is not known). first result: from the start of a new "
        "process, which imports NumPy and fastbp too, to the end of its first step. a call: what "
        "one costs where there is nothing to compute, on a 1-1 network; a rung that trains whole "
        f"epochs at a call, as {PRODUCTION} does, pays that once for many batches."
    )


def _write_costs(page: Page, head: list[str], rows: Mapping[str, list[str]]) -> None:
    cells = [head, *([rung, *row] for rung, row in rows.items())]
    page.table(cells, "<".ljust(len(head), ">"), INDENT)
    page.gap()
