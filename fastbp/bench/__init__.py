"""The ladder: every way to write the loops of backpropagation, proved right, then timed.

``fastbp bench`` climbs it. A loop of your own takes part in the same proof and the same timing: as
a subclass of :class:`Rung` that is given by ``fastbp bench --rung mine.py:Mine`` or
:func:`register`. docs/adding-a-rung.md walks through one from nothing.

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
    from fastbp import cli

    return cli.main(["bench", *arguments])
