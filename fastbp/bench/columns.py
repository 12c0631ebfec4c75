"""What every table and picture says of a result: its columns, and the remarks on them."""

from collections.abc import Callable, Mapping, Sequence

from fastbp.bench.number_format import duration, or_dash, percent, size, span, times
from fastbp.bench.schema import Result
from fastbp.text.formatting import plural


def describe(result: Result) -> str:
    """Say what was done: shape, batch, kernel, number type and threads."""
    return f"{of_task(result.task)}, {of_view(result.view)}"


def of_task(task: tuple[str, int]) -> str:
    """A shape and a batch."""
    return f"{task[0]}, batch {task[1]:,}"


def of_view(view: tuple[str, str, int]) -> str:
    """A kernel, a number type and a number of threads."""
    return f"{view[0]}, {view[1]}, {plural(view[2], 'thread')}"


def ratio_text(result: Result) -> str:
    """How many times faster than the rung before, with ~ if that cannot be told."""
    return "~" * result.noisy + times(result.ratio_before)


#: Heading -> how a result says it.
COLUMNS: Mapping[str, Callable[[Result], str]] = {
    "rung": lambda result: result.rung,
    "shape": lambda result: result.shape,
    "batch": lambda result: f"{result.batch:,}",
    "type": lambda result: result.dtype,
    "threads": lambda result: str(result.threads),
    "kernel": lambda result: result.kernel,
    "rows run": lambda result: f"{result.scaled_from or result.batch:,}",
    "time a sample": lambda result: or_dash(result.ns, duration),
    "95% interval": lambda result: span(*result.interval) if result.interval else "–",
    "× before": ratio_text,
    "before": lambda result: result.before or "–",
    "× first": lambda result: times(result.ratio_first),
    "GFLOP/s": lambda result: or_dash(result.gflops),
    "of peak": lambda result: percent(result.share_of_peak),
}

#: What a rung costs besides its time.
COSTS: Mapping[str, Callable[[Result], str]] = {
    "error, ulp": lambda result: or_dash((result.errors or {}).get("ulp")),
    "error, norm": lambda result: or_dash((result.errors or {}).get("norm")),
    "memory": lambda result: or_dash(result.bytes_allocated_per_step, size),
    "first result": lambda result: or_dash(
        result.first_result_seconds, lambda seconds: duration(1e9 * seconds)
    ),
    "a call": lambda result: or_dash(result.call_overhead_ns, duration),
}


def footnote(result: Result) -> str:
    """What stands after the name of a rung that was timed on smaller batches."""
    return "*" * (result.scaled_from is not None)


def why_untimed(result: Result) -> str:
    """Say why there is no time; nothing if there is one."""
    return ": ".join(filter(None, (result.trouble, result.why))) if result.trouble else ""


def not_above(results: Sequence[Result]) -> str:
    """A sentence on the column "before", for rungs that are not compared with the timed row above.

    Examples
    --------
    >>> task = {"shape": "2-1", "batch": 1, "dtype": "float32", "threads": 1, "kernel": "step"}
    >>> timed = {"proved": True, "ns_per_sample": 1.0, **task}
    >>> names = [("a", None), ("b", "a"), ("c", "a"), ("d", "a"), ("e", "d")]
    >>> not_above([Result(rung=name, before=before, **timed) for name, before in names])
    '× before is to a for c, d.'
    """
    rungs: dict[str, list[str]] = {}
    above = None
    for result in results:
        if result.ns is None:
            continue
        if result.before is not None and result.before != above:
            rungs.setdefault(result.before, []).append(result.rung)
        above = result.rung
    parts = [f"to {baseline} for {', '.join(names)}" for baseline, names in rungs.items()]
    return f"× before is {'; '.join(parts)}." if parts else ""
