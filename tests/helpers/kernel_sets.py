"""The kernel sets that this build has and this machine can run; as a script, their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastbp import Network
from fastbp.model import kernel_sets

RUNNABLE = kernel_sets.runnable()

#: The length of a set's vectors; layers that fit into one have loops of their own.
VECTOR_BYTES = {"plain": 0, "aarch64-neon": 16, "x86-64-v3": 32, "x86-64-v4": 64}


@contextmanager
def forced(isa: str) -> Iterator[None]:
    """Networks that are made in here use this set, as with FASTBP_ISA."""
    kernel_sets._bfloat16_set.cache_clear()
    with patch.object(kernel_sets, "ISA", isa), patch.object(kernel_sets, "_FORCED", True):
        yield
    kernel_sets._bfloat16_set.cache_clear()


def fast_path(isa: str, net: Network, *, sgd_of_one: bool = False) -> str:
    """The loops that a forced set has for batches of up to ROWS_PER_CHUNK rows.

    ``sgd_of_one`` stands for steps of plain SGD on one sample, with one thread and no penalty.
    """
    if isa == "plain":
        return "plain"
    # There are no such loops for bfloat16 products, nor for a softmax.
    is_small = max(net.sizes) * net.dtype.itemsize <= VECTOR_BYTES[isa]
    has_loop = net.compute is None and net.activations[-1] != "softmax"
    return "small" if sgd_of_one and is_small and has_loop else "fused"


if __name__ == "__main__":
    print(*RUNNABLE)
