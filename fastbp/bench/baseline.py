"""Which rung each one is compared with, for those that show it: most often the row above."""

from collections.abc import Sequence

from fastbp.bench.schema import Result


def not_above(results: Sequence[Result]) -> str:
    """Say what "before" means in one table, where it is not the last timed row above.

    Examples
    --------
    >>> task = {"shape": "2-1", "batch": 1, "dtype": "float32", "threads": 1, "kernel": "step"}
    >>> timed = {"proved": True, "ns_per_sample": 1.0, **task}
    >>> names = [("a", None), ("b", "a"), ("c", "a"), ("d", "a"), ("e", "d")]
    >>> not_above([Result(rung=name, before=before, **timed) for name, before in names])
    '× before is to a for c, d.'
    """
    found: dict[str, list[str]] = {}
    above = None
    for one in results:
        if one.ns is None:
            continue
        if one.before is not None and one.before != above:
            found.setdefault(one.before, []).append(one.rung)
        above = one.rung
    parts = [f"to {before} for {', '.join(names)}" for before, names in found.items()]
    return f"× before is {'; '.join(parts)}." if parts else ""
