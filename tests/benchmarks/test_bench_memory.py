"""benchmarks/memory.py: the peak is that of the call, and each call is made."""

import gc

import memory
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    not memory.measured(), reason="the system does not tell a peak, or cannot be made to forget it"
)
MB = 1_000_000
COUNTED = 2 * MB  # the kernel adds pages to its counts by batches, one for each core


def test_a_peak_is_seen_after_it_and_until_it_is_forgotten():
    gc.collect()  # or what other tests left may be freed between the two looks
    memory.forget()
    np.ones(50 * MB, np.uint8)
    # Not before, for it may fall meanwhile: the system takes pages that are idle.
    after = memory.resident()
    assert memory.resident(peak=True) - after >= 50 * MB - COUNTED
    memory.forget()
    assert memory.resident(peak=True) - memory.resident() <= COUNTED


@pytest.mark.parametrize("optimizer", memory.OPTIMIZERS)
@pytest.mark.parametrize("action", memory.ACTIONS)
def test_every_action_is_measured_between_its_ends(tmp_path, monkeypatch, action, optimizer):
    """By a made-up memory: 100 before, 130 with the network, 190 at most, and 150 after load."""
    large = memory.Large((6, 5, 4), optimizer, str(tmp_path))
    large._start = 100
    now = iter([130, 150])
    monkeypatch.setattr(memory, "forget", lambda: None)
    monkeypatch.setattr(memory, "resident", lambda peak=False: 190 if peak else next(now))
    beyond, total, size = large.peak(action)
    assert (beyond, total) == (40 if action == "load" else 60, 90)
    assert size == 4 * (6 * 5 + 5 + 5 * 4 + 4)


def test_what_is_saved_loaded_copied_and_pickled_is_the_network(tmp_path):
    large = memory.Large((6, 5, 4), "Adam", str(tmp_path))
    net = memory.network((6, 5, 4), seed=1)
    memory.ACTIONS["save"](large, net)
    for other in (memory.ACTIONS[name](large, net) for name in ("load", "copy")):
        np.testing.assert_array_equal(other.parameters, net.parameters)
    assert isinstance(memory.ACTIONS["pickle"](large, net), bytes)
    before = net.parameters
    memory.ACTIONS["first fit"](large, net)
    assert (net.parameters != before).any()


def test_the_table_has_a_row_for_each_action_and_the_search_is_told(monkeypatch, capsys):
    calls = []

    def fake_measure(kind, arguments, question, environment=None):
        calls.append((kind, question))
        return 12 * MB if kind is memory.Search else (2 * MB, 3 * MB, MB)

    monkeypatch.setattr(memory, "in_new_process", fake_measure)
    assert memory.main(["--sizes", "30-20-10", "--search", "7", "--search-sizes", "5-4-3"]) == 0
    out = capsys.readouterr().out
    for action in memory.ACTIONS:
        assert f"| {action} | 2.00 | 3.00 | 2.00 | 3.00 |" in out
    assert len(calls) == 2 * len(memory.ACTIONS) + 1
    assert "A search over 7 networks 5-4-3: 12 MB at most." in out


def test_a_search_is_made_in_a_process_of_its_own():
    assert memory.in_new_process(memory.Search, ((5, 4, 3), 2), ()) > 5 * MB  # Python alone is more
