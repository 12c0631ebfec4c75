"""Where memory ends, a call fails and the network goes on: its optimizer has its own memory."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from source_tree import ROOT
from ways_in import run_script

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc",
    reason="needs glibc, to limit its memory",
)

# A copy of the parameters takes some 4 MB, and the rooms end between one, two and three of them,
# so that a call fails at each of its allocations. glibc is told to take every array from the system
# (M_MMAP_THRESHOLD, by its number): what an earlier call gave back would be room, too.
SCRIPT = """
import ctypes, resource, sys, warnings
from pathlib import Path
ctypes.CDLL(None).mallopt(-3, 2**17)
sys.path.insert(0, {helpers!r})
import numpy as np, fastbp
from fastbp import SGD, Adam
from network_state import differences, is_finite, memory_fits, state_of

MB = 2**20
X, y = np.ones((64, 1000), "f4"), np.eye(10, dtype="f4")[np.arange(64) % 10]
warnings.simplefilter("ignore", UserWarning)  # nothing can be learnt from ones

def network(before):
    net = fastbp.Network([1000, 1000, 10], seed=0)
    net.fit(X, y, epochs=1, n_threads=1, optimizer=before)
    return net

def fit(net, **options):
    return net.fit(X, y, epochs=1, n_threads=1, **options)

def in_room_of(megabytes, call):
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * MB, -1))
    try:
        call()
    except MemoryError:
        return "no memory"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    return "done"

PLAIN, MOMENTUM, ADAM = SGD(0.01), SGD(0.01, 0.9), Adam(0.001)
for old, new in ((PLAIN, ADAM), (MOMENTUM, ADAM), (ADAM, MOMENTUM)):
    results = []
    for megabytes in (2, 6, 10):
        case, net = (old, new, megabytes), network(old)
        before = state_of(net)
        results.append(in_room_of(megabytes, lambda: {call}))
        assert memory_fits(net), case
        if results[-1] == "no memory":
            changed = differences(before, state_of(net))
            assert not changed, (case, changed)
        # It goes on, with the optimizer that it has, and as a copy of it does.
        twin = net.copy()
        fit(net)
        fit(twin)
        changed = differences(state_of(net), state_of(twin))
        assert not changed, (case, changed)
    assert "no memory" in results, (old, new, results)
"""

CALLS = {
    "setter": "setattr(net, 'optimizer', new)",
    "fit": "fit(net, optimizer=new)",
    "train_step": "net.train_step(X, y, optimizer=new)",
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_without_memory_leaves_optimizer_and_memory_as_they_were(
    call: str, tmp_path: Path
) -> None:
    code = SCRIPT.format(helpers=str(ROOT / "tests" / "helpers"), call=CALLS[call])
    run_script(code, tmp_path)
