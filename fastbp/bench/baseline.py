"""The baseline of each rung: the one that its ratio refers to, most often the row above."""

from collections.abc import Sequence

from fastbp.bench.schema import Result


def not_above(results: Sequence[Result]) -> str:
    """A sentence on the column "before", for rungs whose baseline is not the timed row above.

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
