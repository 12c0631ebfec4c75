"""Sequences of random calls on a network and its twin: the same bits, whatever the way there.

FASTBP_RANDOM_SECONDS is the time of the slow and of the nightly test; FASTBP_RANDOM_SEED is their
first sequence, so that another machine, or another night, tries others. `make random` runs the
nightly one under AddressSanitizer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import random_call_table
from random_calls import Architecture, check, draw, run, shrink
from recorded_slices import recorded
from team_sizes import real_size

from fastbp import Network

# Some 5 s in all, and a fifth of a second each; the slow test goes on for half a minute.
SEQUENCES, AT_A_TIME = 30, 5
# The timed tests begin here: the sequences before it are the ordinary ones.
FIRST = int(os.environ.get("FASTBP_RANDOM_SEED", "1000"))


@pytest.mark.kernels
@pytest.mark.threads
@pytest.mark.parametrize("first", range(0, SEQUENCES, AT_A_TIME))
def test_network_and_twin_hold_the_same_bits_after_every_call(first: int) -> None:
    with recorded() as slices:
        for seed in range(first, first + AT_A_TIME):
            check(seed)
    assert {row.team_size for row in slices} == {1, *map(real_size, (2, 3))}
    assert all(row.team_size == real_size(row.n_threads) for row in slices)


@pytest.mark.kernels
@pytest.mark.threads
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(30, id="half a minute", marks=pytest.mark.slow),
        pytest.param(3600, id="an hour", marks=pytest.mark.nightly),
    ],
)
def test_network_and_twin_hold_the_same_bits_for_long(seconds: float) -> None:
    seconds = float(os.environ.get("FASTBP_RANDOM_SECONDS", seconds))
    seed, end = FIRST, time.monotonic() + seconds
    while time.monotonic() < end:
        check(seed)
        seed += 1
    assert seed > FIRST


# ---------------------------------------------------------------------- the harness itself


def _by_an_ulp(flat: Any) -> None:
    flat[-1] = np.nextafter(flat[-1], np.inf)


def _predicts_otherwise(predict: Any) -> Any:
    """One result in the last place, where the rows do not lie as in C."""

    def changed(net: Any, X: Any) -> Any:
        out = predict(net, X)
        if not (isinstance(X, np.ndarray) and X.flags.c_contiguous):
            _by_an_ulp(out.reshape(-1))
        return out

    return changed


def _trains_otherwise_with_threads(fit: Any) -> Any:
    def changed(net: Any, X: Any, y: Any, **options: Any) -> Any:
        history = fit(net, X, y, **options)
        if options.get("n_threads") == 2:
            _by_an_ulp(net.biases[-1] if net.bias else net.weights[-1][-1])
        return history

    return changed


def _counts_no_step(train_step: Any) -> Any:
    def changed(net: Any, X: Any, y: Any, **options: Any) -> Any:
        C = train_step(net, X, y, **options)
        net._model.state.current.counters[0] -= 1
        return C

    return changed


def _forgets_the_generator(copy: Any) -> Any:
    def changed(net: Any) -> Any:
        new = copy(net)
        new._model.state.rng.random()
        return new

    return changed


def _trains_on_what_it_refuses(fit: Any) -> Any:
    def changed(net: Any, X: Any, y: Any, **options: Any) -> Any:
        try:
            return fit(net, X, y, **options)
        except ValueError:
            _by_an_ulp(net.weights[0][0])
            raise

    return changed


def _saves_without_classes(save: Any) -> Any:
    def changed(net: Any, path: Any) -> None:
        without = net.copy()
        without.classes = None
        save(without, path)

    return changed


FAULTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "a prediction off by an ulp": ("predict", _predicts_otherwise),
    "a weight off by an ulp with threads": ("fit", _trains_otherwise_with_threads),
    "a step that is not counted": ("train_step", _counts_no_step),
    "a copy with another generator": ("copy", _forgets_the_generator),
    "a refused fit that changes a weight": ("fit", _trains_on_what_it_refuses),
    "a file without class names": ("save", _saves_without_classes),
}


@pytest.mark.parametrize(
    "fault",
    # One of a call, one of what lies behind it; the others seek for seconds.
    [
        fault
        if fault in ("a step that is not counted", "a refused fit that changes a weight")
        else pytest.param(fault, marks=pytest.mark.slow)
        for fault in FAULTS
    ],
)
def test_a_fault_is_noticed_shrunk_and_repeated(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, spoil = FAULTS[fault]
    monkeypatch.setattr(Network, name, spoil(getattr(Network, name)))
    steady = {
        name: row
        for name, row in random_call_table.CALLS.items()
        if name not in random_call_table.DEPEND_ON_THE_INSTANT
    }
    monkeypatch.setattr(random_call_table, "CALLS", steady)
    failures = (run(seed, draw(seed)) for seed in range(100))
    failure = next(failure for failure in failures if failure is not None)
    shortest = shrink(failure)
    assert len(shortest.calls) <= 3, shortest
    again = run(shortest.seed, shortest.calls)
    assert again is not None
    assert str(again) == str(shortest)
    assert f"run({shortest.seed}, {list(shortest.calls)})" in str(shortest)


def test_a_sequence_follows_from_its_seed() -> None:
    assert draw(3) == draw(3) != draw(4)
    assert Architecture(3).options() == Architecture(3).options()


def test_every_call_can_be_made_first(tmp_path: Any) -> None:
    for name, row in random_call_table.CALLS.items():
        failure = run(2, [(name, 0)])
        assert failure is None, failure
        assert row.weight > 0
