"""fastbp's plain kernels: the three loops, typed, and nothing else, called as ``fit`` is.

Idea: src/kernels/plain/plain.pxi, the loops of the notation with their types, as any C compiler
builds them (FASTBP_ISA=plain chooses them when fastbp is imported, so they have a process of their
own).
Expected: faster than NumPy on small layers and slower on wide ones, at a quarter of the peak.
Why: the compiler makes vectors of the loops over j, but every multiply-add still fetches and stores
its sum: memory and not arithmetic sets the pace.
"""

from typing import ClassVar

from fastbp.bench.problems import KERNELS
from fastbp.bench.rungs.fit import Fit
from fastbp.inputs import Array
from fastbp.model import kernel_sets


class Plain(Fit):
    """The same as ``Fit``, in a process whose kernel set is the plain one.

    Its three loops are called layer by layer: they are what this rung is about.
    """

    kernels: ClassVar[tuple[str, ...]] = KERNELS

    def start(self, weights: list[Array], biases: list[Array]) -> None:
        """Insist on the kernel set."""
        if kernel_sets.ISA != "plain":
            raise RuntimeError(f"set FASTBP_ISA=plain: the kernel set is {kernel_sets.ISA}")
        super().start(weights, biases)
