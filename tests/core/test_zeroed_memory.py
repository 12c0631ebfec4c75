"""Memory in huge pages: as good as NumPy's, and given back."""

from __future__ import annotations

import mmap
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ways_in import run_script

from fastbp import Network, _boundary
from fastbp._boundary import LEAST_IN_HUGE_PAGES as LEAST
from fastbp._boundary import zeroed

HUGE_PAGE = 1 << 21
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
HAS_HUGE_PAGES = hasattr(mmap, "MADV_HUGEPAGE")
needs_huge_pages = pytest.mark.skipif(not HAS_HUGE_PAGES, reason="not on Linux")


def is_advised(address: int) -> bool:
    """Whether the system was asked for huge pages where this address lies."""
    inside = False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        edges = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
        if edges:
            inside = int(edges[1], 16) <= address < int(edges[2], 16)
        elif inside and line.startswith("VmFlags:"):
            return "hg" in line.split()
    raise LookupError(hex(address))


@pytest.mark.parametrize("nbytes", [0, 1, LEAST - 1, LEAST, LEAST + 1, 3 * HUGE_PAGE + 5])
def test_so_many_bytes_of_zero_that_can_be_written_to(nbytes: int) -> None:
    memory = zeroed(nbytes)
    assert memory.dtype == np.uint8
    assert memory.shape == (nbytes,)
    assert not memory.any()
    memory += 1
    assert (memory == 1).all()


@needs_huge_pages
@pytest.mark.skipif(not SETTING.exists(), reason="the kernel has no huge pages")
@pytest.mark.parametrize("quarters", [3, 4, 5, 7, 9, 11])
def test_large_memory_is_in_huge_pages_but_a_tail_that_would_fill_less_than_three_quarters(
    quarters: int,
) -> None:
    memory = zeroed(quarters * HUGE_PAGE // 4)
    start, huge = memory.ctypes.data, (quarters + 1) // 4 * HUGE_PAGE
    assert start % HUGE_PAGE == 0
    assert is_advised(start)
    assert is_advised(start + huge - 1)
    assert len(memory) <= huge or not is_advised(start + huge)


@pytest.mark.parametrize("nbytes", [1 << 60, sys.maxsize - 1])
def test_no_room_is_a_memory_error(nbytes: int) -> None:
    with pytest.raises(MemoryError):
        zeroed(nbytes)


@needs_huge_pages
def test_a_kernel_without_huge_pages_gives_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutHugePages(mmap.mmap):
        def madvise(self, *_: Any) -> None:
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(mmap, "mmap", WithoutHugePages)
    assert not zeroed(LEAST).any()


def test_training_has_the_same_bits_in_pages_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((300, 400)), rng.random((300, 2))

    def trained() -> Network:
        net = Network([400, 700, 2], seed=0)
        net.fit(X, y, epochs=2, batch_size=150, optimizer="adam")
        return net

    in_huge_pages = trained()
    monkeypatch.setattr(_boundary, "LEAST_IN_HUGE_PAGES", sys.maxsize)
    assert np.array_equal(in_huge_pages.parameters, trained().parameters)


GIVEN_BACK = """
import numpy as np
from pathlib import Path
from fastbp import Network

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

X = np.ones((64, 500), np.float32)
for i in range(25):
    net = Network([500, 700, 1], seed=0)
    net.fit(X, X[:, :1], epochs=1, n_threads=1)
    if i == 4:
        before = resident()
print(resident() - before)
"""


@needs_huge_pages
def test_memory_of_networks_that_are_gone_is_given_back(tmp_path: Path) -> None:
    # Twenty networks' parameters, memory and workspaces are 20 x 10 MB.
    assert int(run_script(GIVEN_BACK, tmp_path)) < 20_000


@needs_huge_pages
def test_where_there_is_no_room_for_alignment_numpy_allocates(tmp_path: Path) -> None:
    script = """
import resource
from pathlib import Path
from fastbp._boundary import zeroed
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 5 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(zeroed(4 * 2**20).any())
"""
    assert run_script(script, tmp_path) == "False\n"
