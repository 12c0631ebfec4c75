"""The ladder: implementations of backpropagation's loops, checked for correctness, then timed.

``fastbp bench`` runs it. A custom implementation gets the same checks and the same timing: a
subclass of :class:`Rung`, passed by ``fastbp bench --rung mine.py:Mine`` or :func:`register`.
docs/adding-a-rung.md builds one from nothing.

The table of rungs is :mod:`fastbp.bench.ladder`.
"""

from collections.abc import Sequence

from fastbp.bench.custom_rungs import register
from fastbp.bench.problems import Problem
from fastbp.bench.rung import ArrayRung, Numbers, Orders, Rung, UnsupportedError

__all__ = [
    "ArrayRung",
    "Numbers",
    "Orders",
    "Problem",
    "Rung",
    "UnsupportedError",
    "main",
    "register",
]


def main(arguments: Sequence[str] = ()) -> int:
    """Run ``fastbp bench`` with these arguments, and with what was registered.

    Examples
    --------
    >>> from fastbp import bench
    >>> bench.main(["--rungs", "numpy-out", "fit", "--sizes", "64-64-10"])     # doctest: +SKIP
    """
    from fastbp.cli import command as cli

    return cli.main(["bench", *arguments])
