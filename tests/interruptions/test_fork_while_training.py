"""A child forked while another thread trains can use the network, and its generator, as its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from source_tree import ROOT
from ways_in import run_script

# Not for ThreadSanitizer, which ends a child that was forked while there were threads.
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORKS = [
    pytest.param(8, id="8 forks"),
    pytest.param(216, id="216 forks", marks=pytest.mark.nightly),
]

# A child that waits for a lock which a thread of its parent holds waits for ever: an alarm ends it.
SCRIPT = """
import os, signal, sys, threading, time, warnings
sys.path.insert(0, {helpers!r})
import numpy as np, fastbp, fastbp.model_file.storage
from network_state import differences, is_finite, memory_fits, state_of
warnings.simplefilter("ignore", DeprecationWarning)  # fork while there are threads: that is it
warnings.simplefilter("ignore", UserWarning)  # random targets cannot be learnt

rng = np.random.default_rng(0)
X, y = rng.random((4000, 64), dtype="f4"), rng.integers(0, 10, 4000)
seed = np.random.default_rng(1)
net = fastbp.Network([64, 128, 10], activation="relu", seed=seed)
training, ended = threading.Event(), False

def train():
    while not ended:
        net.fit(X, y, epochs=3, optimizer="adam", callbacks=lambda *_: training.set())

def use():
    net.predict(X[:5])
    assert is_finite(net) and memory_fits(net)
    net.save(f"model {{os.getpid()}}")
    changed = differences(state_of(net), state_of(fastbp.Network.load(f"model {{os.getpid()}}")))
    assert not changed, changed

def draw():
    seed.random()

def copy():
    twin = net.copy()
    for one in (net, twin):
        one.fit(X[:99], y[:99], epochs=2, n_threads=1)
    changed = differences(state_of(net), state_of(twin))
    assert not changed, changed

def step():
    net.train_step(X[:9], y[:9])
    net.optimizer = fastbp.SGD(0.1)

def step_in_a_thread():
    # It mostly gets the memory, and so the identifier, of the thread that trains in the parent.
    stepped = []
    other = threading.Thread(target=lambda: (step(), stepped.append(True)))
    other.start()
    other.join()
    assert stepped
    step()

thread = threading.Thread(target=train)
thread.start()
training.wait()
failed = []
for i in range({count}):
    time.sleep(0.01 * (i % 3))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(4)
            {call}()
            code = 0
        except BaseException as error:
            print(f"{{type(error).__name__}}: {{error}}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if status:
        failed.append(os.waitstatus_to_exitcode(status))
        break
ended = True
thread.join()
assert not failed, failed
print("done")
"""


@pytest.mark.parametrize("count", FORKS)
@pytest.mark.parametrize("call", ["use", "draw", "copy", "step", "step_in_a_thread"])
def test_a_child_of_a_process_that_trains_goes_on_by_itself(
    call: str, count: int, tmp_path: Path
) -> None:
    code = SCRIPT.format(helpers=str(ROOT / "tests" / "helpers"), call=call, count=count)
    assert run_script(code, tmp_path, timeout=60 + 10 * count) == "done\n"
