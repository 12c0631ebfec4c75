"""What the terminal shows: the ladder, a table for each problem, and what each rung costs once."""

from collections.abc import Iterable, Mapping, Sequence

from fastbp.bench.results import Result, Results
from fastbp.bench.timing import NOISY, ROUNDS, can_be_told_apart
from fastbp.page import Page
from fastbp.progress import duration

PRODUCTION = "fit"
UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))
WORK = {
    "step": "a training step",
    "forward": "the forward loop",
    "backward": "the backward loop",
    "accumulate": "the accumulate loop",
}


def figure(value: float | None, digits: int = 3) -> str:
    """A number in at least so many digits, without an exponent; "-" for None.

    >>> figure(12345.6), figure(1.23456), figure(0.00123), figure(None)
    ('12,346', '1.23', '0.001', '-')
    """
    if value is None:
        return "-"
    decimals = max(0, digits - len(str(int(abs(value)))))
    return f"{value:,.{decimals if abs(value) >= 1 else digits}f}"


def percent(share: float | None) -> str:
    """A share of something, in percent.

    >>> percent(0.5694), percent(0.0123), percent(0.000001), percent(None)
    ('57', '1.2', '0.0', '-')
    """
    return "-" if share is None else f"{100 * share:.{0 if share >= 0.0995 else 1}f}"


def size(count: int | None) -> str:
    """Bytes, for people.

    >>> size(0), size(2560), size(787288), size(5_400_000), size(None)
    ('0', '2.6 kB', '787 kB', '5.4 MB', '-')
    """
    if count is None:
        return "-"
    for unit, name in ((1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.{0 if count >= 100 * unit else 1}f} {name}"
    return str(count)


def nanoseconds(ns: float | None) -> str:
    """A time, for people.

    >>> nanoseconds(26468.9), nanoseconds(52.4), nanoseconds(None)
    ('26 µs', '52 ns', '-')
    """
    if ns is None:
        return "-"
    for unit, name in UNITS:
        if ns >= unit:
            return f"{ns / unit:.{0 if ns >= 10 * unit else 1}f} {name}"
    return f"{ns:.0f} ns"


def on_threads(threads: int) -> str:
    """How many, in words."""
    return f"{threads} thread{'s' * (threads > 1)}"


def write_opening(page: Page, names_and_ideas: Iterable[tuple[str, str]], found: Results) -> None:
    """Say what is about to happen, and what the columns mean."""
    machine = found["machine"]
    page.text(
        "The same network trained by the same three loops, forward, backward and accumulate, "
        "written in different ways. Each way, a rung, is first compared with the specification, "
        "number by number. Only what is right is timed: each in a process of its own, all in turns."
    )
    page.gap()
    page.table([[name, idea] for name, idea in names_and_ideas], "<<")
    page.gap()
    page.text(
        f"{machine['cpu']}, {machine['cores']} of its cores free to use, Python "
        f"{machine['python']}, NumPy {machine['numpy']}, fastbp's kernels {machine['kernels']}."
    )
    page.gap()
    page.table(
        [
            ["ns/sample", f"nanoseconds for one sample, the median of {ROUNDS} rounds"],
            ["GFLOP/s", "billions of multiplications and additions a second"],
            ["% peak", "of the most that this machine can do of these, as just measured"],
            ["% memory", "the least it must move, of what memory can; above 100: caches"],
            ["x before", "times as fast as the row above; ~ the two cannot be told apart"],
            ["x first", "times as fast as the first row"],
            ["*", "too slow for this batch: reckoned from two smaller ones"],
        ],
        "<<",
    )


def heading(shape: str, batch: int, kernel: str, dtype: str, threads: int) -> str:
    """What a table is about."""
    return f"{shape}, batch {batch}: {WORK[kernel]} in {dtype} on {on_threads(threads)}"


def write_table(
    page: Page, title: str, results: Sequence[Result], left_out: Mapping[str, str]
) -> None:
    """Write what belongs together: one problem, number type, number of threads and kernel."""
    page.heading(title)
    if results:
        page.text(results[0]["formulas"])
        page.gap()
        rows = [["", "ns/sample", "GFLOP/s", "% peak", "% memory", "x before", "x first"]]
        page.table([*rows, *map(_row, results)], "<>>>>>>")
        page.gap()
    for sentence in _sentences(results, left_out):
        page.text(sentence)


def _row(one: Result) -> list[str]:
    name = one["rung"] + "*" * (one["scaled_from"] is not None)
    if one["status"] != "timed":
        return [name, one["status"].upper(), "", "", "", "", ""]
    before = figure(one["ratio_before"])
    return [
        name,
        figure(one["ns_per_sample"]),
        figure(one["gflops"]),
        percent(one["share_of_peak"]),
        percent(one["share_of_memory"]),
        f"~ {before}" if one["noisy"] else before,
        figure(one["ratio_first"]),
    ]


def _sentences(results: Sequence[Result], left_out: Mapping[str, str]) -> Iterable[str]:
    """What the table shows, and what it does not."""
    for one in results:
        if one["status"] != "timed":
            yield f"{one['status'].upper()}: {one['rung']}: {one['why']}."
    timed = [one for one in results if one["status"] == "timed"]
    scaled = [f"{one['rung']} {one['scaled_from']}" for one in timed if one["scaled_from"]]
    if scaled:
        yield (
            f"* Reckoned for {results[0]['batch']} rows from a batch of 1 row and one of so many: "
            f"{', '.join(scaled)}."
        )
    flushing = [one["rung"] for one in timed if not one["keeps_subnormals"]]
    if flushing:
        yield f"Takes subnormal numbers for zeros: {', '.join(flushing)}."
    if len(timed) > 1:
        yield _fastest(timed)
    noisy = sum(_width(one) > NOISY for one in timed)
    if noisy:
        yield (
            f"The machine was busy, or its clock moved: {noisy} of {len(timed)} times are not "
            f"known to {NOISY:.0%}."
        )
    reasons: dict[str, list[str]] = {}
    for name, why in left_out.items():
        reasons.setdefault(why, []).append(name)
    for why, names in reasons.items():
        yield f"Left out: {', '.join(names)}: {why}."


def _fastest(timed: Sequence[Result]) -> str:
    """Who won; and if that is not fastbp's own, by how much."""
    best = min(timed, key=lambda one: float(one["ns_per_sample"]))
    text = f"Fastest: {best['rung']}"
    if best is not timed[0]:
        text += f", {figure(best['ratio_first'])} times as fast as {timed[0]['rung']}"
    if best["share_of_peak"]:
        text += f", at {percent(best['share_of_peak'])} % of the peak"
    own = [one for one in timed if one["rung"] == PRODUCTION]
    if own and best is not own[0]:
        times = own[0]["ns_per_sample"] / best["ns_per_sample"]
        text += (
            f". {PRODUCTION} is slower: {best['rung']} is {times:.2f} times as fast"
            if can_be_told_apart(own[0]["samples"], best["samples"])
            else f". {PRODUCTION} cannot be told apart from it"
        )
    return text + "."


def _width(one: Result) -> float:
    low, high = one["interval"]
    return float((high - low) / one["ns_per_sample"])


def write_once(page: Page, results: Sequence[Result]) -> None:
    """Write what each rung costs besides its time: its first and most telling result."""
    firsts: dict[str, Result] = {}
    for one in results:
        if one["status"] == "timed":
            firsts.setdefault(one["rung"], one)
    if not firsts:
        return
    page.heading("What each rung costs besides")
    head = ["", "error", "memory", "first result", "a call"]
    page.table([head, *map(_costs, firsts.values())], "<>>>>")
    page.gap()
    one = next(iter(firsts.values()))
    page.text(
        f"error: the largest found on {one['shape']} and the small shapes, in units in the last "
        f"place of {one['dtype']}. memory: the most that a step allocates at one moment, as Python "
        "and NumPy count it (- what C libraries take is not counted). first result: from the start "
        "of a new process, which imports NumPy and fastbp too, to the end of its first step. "
        "a call: what one costs where there is nothing to compute, on a 1-1 network."
    )


def _costs(one: Result) -> list[str]:
    ulp = one["errors"]["ulp"]
    return [
        one["rung"],
        f"{ulp:.1f} ulp" if ulp >= 0.05 else "0 ulp",
        size(one["allocations_per_step"]),
        duration(one["first_result_seconds"]),
        nanoseconds(one["call_overhead_ns"]),
    ]
