"""Rows 65 and 66: the number of threads that is chosen by measuring is the one that is faster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pytest
from team_sizes import HAS_TEAMS

import fastbp
from fastbp.training import thread_trials, threads
from fastbp.training.fit import Run
from fastbp.training.thread_trials import Chooser, StepwiseChooser


def test_large_predictions_try_threads_and_small_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "available", lambda: 2)
    monkeypatch.setattr(threads, "_recent_limit", threads._RecentLimit())
    threads._shared_chooser.cache_clear()
    clock = Clock(monkeypatch)
    seen = []
    for m in (100, 100_000):
        for _ in range(4):
            with threads.PredictionThreads((40, 10), m, "float32") as n_threads:
                seen.append(n_threads)
                clock.now += thread_trials.TRIAL  # as long as a slice
    assert seen == [1, 1, 1, 1, 1, 2, 1, 2]


@pytest.mark.skipif(not HAS_TEAMS, reason="no threads wait where there are no teams")
def test_small_predictions_use_threads_that_still_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_recent_limit", lambda: 2)
    threads._shared_chooser.cache_clear()
    clock = Clock(monkeypatch)
    clock.now = 1.0

    def chosen(pause: float) -> list[int]:
        seen = []
        for _ in range(400):
            clock.now += pause
            with threads.PredictionThreads((40, 10), 10_000, "float32") as n_threads:
                seen.append(n_threads)
                clock.now += 1e-4 / n_threads
        return seen

    assert set(chosen(2 * thread_trials.LINGER)) == {1}
    assert chosen(thread_trials.LINGER / 2)[-100:] == [2] * 100
    assert set(chosen(2 * thread_trials.LINGER)) == {1}


class Clock:
    """The time that the modules read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        for module in (threads, thread_trials):
            monkeypatch.setattr(module, "perf_counter", lambda: self.now)


def play(chooser: Chooser, *slices: tuple[int, float, int, bool]) -> None:
    """Record slices (threads, seconds, samples, waited), which the chooser wants in that order."""
    for n, seconds, samples, waited in slices:
        assert chooser.next()[0] == n
        chooser.record(n, seconds, samples, waited=waited)


class Machine:
    """A make-believe machine: seconds a sample for every number of threads.

    So many samples are a slice of work; one is a step, and the least that runs. Where a core is
    taken, a step of more than one thread waits so long that the slice ends with it.
    """

    def __init__(self, samples: float = 1000.0, taken: bool = False, **seconds: float) -> None:
        self.samples, self.taken = samples, taken
        self.seconds = {int(name[1:]): value for name, value in seconds.items()}
        self.slices: list[tuple[int, float]] = []

    def run(self, chooser: Chooser, count: int) -> list[int]:
        """What the chooser chose for so many slices in a row."""
        chosen = []
        for _ in range(count):
            n, part = chooser.next()
            waited = self.taken and n > 1
            samples = 1 if waited else max(1, int(self.samples * part))
            chooser.record(n, samples * self.seconds[n], samples, waited=waited)
            self.slices.append((n, samples * self.seconds[n]))
            chosen.append(n)
        return chosen


def test_the_faster_number_of_threads_is_found_and_kept() -> None:
    for fast, machine in ((2, Machine(t1=1e-5, t2=6e-6)), (1, Machine(t1=1e-5, t2=1.4e-5))):
        chosen = machine.run(Chooser(1, 2), 400)
        assert set(chosen[:2]) == {1, 2}
        # The slower one's tries, of which some are two slices.
        assert sum(n != fast for n, _ in groupby(chosen)) < 0.2 * len(chosen)
        assert sum(n != fast for n, _ in groupby(chosen[-100:])) < 5
        # What trials cost: their share of all the time.
        trial_seconds = sum(seconds for n, seconds in machine.slices[2:] if n != fast)
        assert trial_seconds < 0.02 * sum(seconds for _, seconds in machine.slices)


def test_trials_of_long_steps_take_a_small_part_of_the_time() -> None:
    machine = Machine(0.001, t1=2.0, t2=1.0)  # some step of a second: a trial is as long as a slice
    machine.run(Chooser(1, 2, begin_with_most=True), 300)
    assert machine.slices[0][0] == 2
    trial_seconds = sum(seconds for n, seconds in machine.slices if n == 1)
    assert 0 < trial_seconds < 0.06 * sum(seconds for _, seconds in machine.slices)


def test_one_interrupted_slice_changes_nothing() -> None:
    machine, chooser = Machine(t1=1e-6, t2=6e-7), Chooser(1, 2)
    machine.run(chooser, 50)
    while machine.run(chooser, 1) != [1]:
        pass  # until the loser has had its trial
    machine.seconds[2] = 6e-6
    assert machine.run(chooser, 1) == [2]
    machine.seconds[2] = 6e-7
    assert machine.run(chooser, 6).count(2) >= 4, "all but a trial or two"


def test_long_steps_that_wait_for_a_core_make_one_thread_be_tried_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    machine = Machine(3.0, taken=True, t1=2e-3, t2=12e-3)
    chosen = machine.run(Chooser(1, 2, begin_with_most=True), 6)
    assert chosen[:5] == [2, 1, 1, 1, 2]  # soon again: it may be a library that spins
    # One such slice is an interruption, which costs a trial.
    machine = Machine(3.0, t1=2e-3, t2=1e-3)
    chooser = Chooser(1, 2, begin_with_most=True)
    assert machine.run(chooser, 2) == [2, 2]
    machine.taken, machine.seconds[2] = True, 12e-3
    assert machine.run(chooser, 1) == [2]
    machine.taken, machine.seconds[2] = False, 1e-3
    assert machine.run(chooser, 20)[0] == 1
    trial_seconds = sum(seconds for n, seconds in machine.slices if n == 1)
    assert trial_seconds < 0.05 * sum(seconds for _, seconds in machine.slices)


def test_after_a_lucky_trial_one_slice_that_waits_is_enough_and_the_next_trial_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    machine, chooser = Machine(3.0, t1=2e-3, t2=12e-3), Chooser(1, 2)
    chosen, seconds = [], 0.0
    while seconds < 0.3:
        machine.seconds[2] = 1e-3 if (lucky := chooser._trials[:1] == (2,)) else 12e-3
        machine.taken = not lucky
        chosen += machine.run(chooser, 1)
        seconds = sum(seconds for _, seconds in machine.slices)
    waited = [seconds for n, seconds in machine.slices if n == 2 and seconds > 10e-3]
    assert 0 < sum(waited) < 0.1 * seconds
    assert "2, 2, 2, 2" not in str(chosen), "two trials, and a slice"


@pytest.mark.skipif(not HAS_TEAMS, reason="no threads wait where there are no teams")
@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores, and a choice of cores",
)
def test_training_says_that_it_waited_for_a_core_that_others_keep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[tuple[int, bool]] = []

    def record(self: Chooser, n: int, seconds: float, m: int, costs: float, waited: bool) -> None:
        waits.append((n, waited))

    monkeypatch.setattr(Chooser, "record", record)
    cores = os.sched_getaffinity(0)
    pair = sorted(cores)[:2]
    loop = f"""
import os, signal
signal.alarm(90)
os.sched_setaffinity(0, {{{pair[1]}}})
while True: pass
"""
    X, y = np.zeros((256, 300), "float32"), np.zeros(256, int)
    net, until = fastbp.Network([300, 500, 500, 10], dtype="float32", seed=0), time.monotonic() + 60
    with ExitStack() as stack:
        for _ in range(4):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", loop]))
            stack.callback(process.kill)
        os.sched_setaffinity(0, pair)  # of this thread, and its workers
        stack.callback(os.sched_setaffinity, 0, cores)
        net.fit(X, y, n_threads=threads.Exactly(1), batch_size=128)
        assert set(waits) == {(1, False)}
        while (2, True) not in waits and time.monotonic() < until:
            net.fit(X, y, n_threads=threads.Exactly(2), batch_size=128)
    assert (2, True) in waits


def test_a_trial_that_was_lucky_costs_little() -> None:
    # A busy core may happen to be free while a trial runs.
    machine, chooser = Machine(t1=1e-5, t2=3e-5), Chooser(1, 2)
    machine.run(chooser, 50)
    best = sum(seconds / machine.seconds[n] for n, seconds in machine.slices) * 1e-5
    for _ in range(500):
        machine.seconds[2] = 6e-6 if chooser._trials == (2,) else 3e-5
        before = len(machine.slices)
        machine.run(chooser, 1)
        n, seconds = machine.slices[before]
        best += seconds / machine.seconds[n] * 1e-5
    assert sum(seconds for _, seconds in machine.slices) < 1.05 * best


def test_a_busy_neighbour_is_noticed_and_so_is_its_end() -> None:
    machine, chooser = Machine(t1=1e-5, t2=6e-6), Chooser(1, 2)
    machine.run(chooser, 50)
    machine.seconds[2] = 3e-5  # the second core is taken
    assert machine.run(chooser, 20).count(2) <= 6
    machine.seconds[2] = 6e-6
    seconds = sum(time for _, time in machine.slices)
    while sum(time for _, time in machine.slices) < seconds + 2 * thread_trials.MOST_SECONDS:
        machine.run(chooser, 1)
    assert machine.run(chooser, 10).count(2) >= 9


def test_more_threads_come_back_soon_after_a_pause_in_which_their_cores_were_taken() -> None:
    machine, chooser = Machine(t1=1e-5, t2=3e-5), Chooser(1, 2)
    while (
        sum(seconds for _, seconds in machine.slices) < 0.1
    ):  # as long as a library's threads spin
        machine.run(chooser, 1)
    machine.seconds[2] = 6e-6
    before = sum(seconds for _, seconds in machine.slices)
    while machine.run(chooser, 2) != [2, 2]:
        pass
    machine.slices = machine.slices[:-2]
    assert sum(seconds for _, seconds in machine.slices) - before < 0.02


@pytest.mark.parametrize("taken", [False, True])
def test_a_pause_brings_a_trial_unless_the_last_one_waited_for_a_process(
    taken: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    machine, chooser = Machine(3.0, taken, t1=2e-3, t2=12e-3), Chooser(1, 2)
    trials = []
    for _ in range(4):
        chooser._end_of_last = 0.0  # a pause
        machine.slices = []
        while sum(seconds for _, seconds in machine.slices) < 0.08:
            machine.run(chooser, 1)
        trials.append(sum(n == 2 for n, _ in machine.slices))
    after_the_first = trials[1:]
    assert sum(after_the_first) <= 2 if taken else min(after_the_first) >= 1, trials


def test_what_a_trial_has_to_fetch_from_another_cache_does_not_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5
    chooser, before, spent, on_two = Chooser(1, 2), 1, 0.0, 0.0
    while spent < 0.5:
        n, part = chooser.next()
        taken = n == 2 and spent < 0.03
        steps = 1 if taken else max(1, int(66 * part))
        fetching = 0.5e-3 if n > before else 0.0
        seconds = 12e-3 if taken else steps * (76e-6 if n == 1 else 54e-6) + fetching
        chooser.record(n, seconds, steps, waited=taken)
        before, spent = n, spent + seconds
        on_two += seconds if n == 2 and spent > 0.3 else 0.0
    assert on_two > 0.18


def test_a_process_of_long_ago_delays_no_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    machine, chooser = Machine(3.0, taken=True, t1=2e-3, t2=12e-3), Chooser(1, 2)
    alone = 0.0  # seconds since the last trial
    for _ in range(1000):
        machine.run(chooser, 1)
        n, seconds = machine.slices[-1]
        alone = 0.0 if n == 2 else alone + seconds
        if alone > 0.25:
            break
    chooser._end_of_last = 0.0  # a pause
    machine.taken, machine.seconds[2], machine.slices = False, 1e-3, []
    assert any(machine.run(chooser, 2) == [2, 2] for _ in range(1000))
    assert sum(seconds for n, seconds in machine.slices if n == 1) < 0.06


def test_trials_that_wait_for_a_busy_core_take_a_small_part_of_the_time() -> None:
    wait = 5e-3  # until the other process gives the core away
    machine, chooser = Machine(t1=1e-5, t2=6e-6), Chooser(1, 2)
    machine.run(chooser, 50)
    machine.seconds[2] = 3e-5
    chooser._recent_seconds, chooser._end_of_last = 0.0, 0.0  # a pause
    slices: list[tuple[int, float]] = []
    while sum(seconds for _, seconds in slices) < thread_trials.RECENT:
        n, part = chooser.next()
        samples = 1 if n == 2 else max(1, int(machine.samples * part))
        slices.append((n, samples * machine.seconds[n] + (wait if n == 2 else 0)))
        chooser.record(n, slices[-1][1], samples, waited=n == 2)
    later = slices[6:]  # it has noticed by then
    waited = sum(wait for n, _ in later if n == 2)
    assert 0 < waited < 0.1 * sum(seconds for _, seconds in later)


def test_slices_get_as_long_as_they_should() -> None:
    for seconds in (1e-7, 1e-5, 1e-4):
        machine = Machine(t1=seconds)
        machine.run(Chooser(1), 3)
        expected = min(thread_trials.SLICE, thread_trials.LONGEST * 1000 * seconds)
        assert machine.slices[-1][1] == pytest.approx(expected, rel=0.1)


def test_what_was_learnt_holds_for_all_networks_that_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "available", lambda: 2)
    kind = ((40, 300, 10), 200, "float32", "sgd")
    first = threads.chooser(None, *kind)
    assert threads.chooser(None, *kind) is first
    assert threads.chooser(None, (40, 300, 11), *kind[1:]) is not first
    assert threads.chooser(None, *kind[:-1], "adam") is not first
    monkeypatch.setattr(threads, "available", lambda: 3)
    assert threads.chooser(None, *kind) is not first
    assert threads.chooser(2, *kind) is first, "a limit of two, whatever else there is"


def test_steps_too_short_for_threads_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available", lambda: 2)
    short = threads.chooser(None, (3, 4, 1), 10)
    assert set(Machine(t1=1.0, t2=0.1).run(short, 9)) == {1}


def test_a_number_of_threads_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available", lambda: 4)
    short, long = ((3, 4, 1), 10), ((300, 400, 10), 200)
    machine = Machine(t1=1.0, t2=0.6, t3=0.4, t4=0.1)
    assert set(machine.run(threads.chooser(4, *short), 9)) == {1}
    assert set(machine.run(threads.chooser(3, *long), 99)) == {1, 3}
    assert set(machine.run(threads.chooser(1, *long), 9)) == {1}
    assert set(machine.run(threads.chooser(99, *long), 99)) == {1, 4}, "never more than cores"
    for forced in (short, long):
        exactly = threads.chooser(threads.check_threads(threads.Exactly(3)), *forced)
        assert set(machine.run(exactly, 9)) == {3}


def test_steps_are_compared_several_at_a_time_and_without_the_first_after_a_change() -> None:
    # Two threads are faster once they are awake: the first step on them takes 2 ms.
    chooser, chosen, before = StepwiseChooser(1, 2), [], 0
    for _ in range(2000):
        n, length = chooser.next()
        assert length == 0
        awake = 3e-4 if n == 2 else 4e-4
        chooser.record(n, 2e-3 if n != before else awake, 1)
        chosen.append(n)
        before = n
    changes = [i for i in range(1, len(chosen)) if chosen[i] != chosen[i - 1]]
    first_trials = [after - start for start, after in pairwise(changes[:3])]
    assert min(first_trials) > 8, "of several steps"
    assert chosen[-1000:].count(2) > 950


def test_after_a_step_that_waited_for_a_core_one_thread_takes_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    chooser, chosen = StepwiseChooser(1, 2, begin_with_most=True), []
    for _ in range(20):
        n, _ = chooser.next()
        chooser.record(n, 2e-3 if n == 1 else 12e-3, 1, waited=n == 2)
        chosen.append(n)
    assert chosen[:6] == [2, 1, 1, 1, 1, 1]


def test_slices_that_wait_and_are_faster_still_go_on() -> None:
    # A core that is taken half of the time.
    machine = Machine(0.001, taken=True, t1=108e-3, t2=62e-3)
    chosen = machine.run(Chooser(1, 2, begin_with_most=True), 100)
    assert chosen.count(1) < 10


def test_one_slice_that_is_not_much_slower_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch).now = 0.5
    chooser = Chooser(1, 2, begin_with_most=True)
    play(chooser, (2, 0.11, 1, True), (1, 0.1, 1, False), (2, 0.06, 1, False))


def test_a_loss_delays_the_next_trial_and_after_waiting_over_pauses_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, chooser = Clock(monkeypatch), Chooser(1, 2)
    clock.now = 0.5
    play(chooser, *[(1, 2e-3, 1, False), (2, 1e-3, 1, False)] * 2)
    play(chooser, (2, 12e-3, 1, True), (1, 2e-3, 1, False))
    assert chooser._unpaid == chooser._seconds_left == pytest.approx(0.2)  # 20 times 10 ms
    play(chooser, *[(1, 20e-3, 10, False)] * 11)
    play(chooser, *[(2, 3e-3, 1, False)] * 2)  # slower, though no thread waited
    assert chooser._unpaid == 0
    assert chooser._seconds_left == pytest.approx(0.04)
    play(chooser, *[(1, 25e-3, 10, False)] * 2, (2, 0.09, 1, True))
    assert chooser._unpaid == thread_trials.MOST_SECONDS
    clock.now += 1.1 * thread_trials.MOST_SECONDS
    chooser.next()
    assert chooser._seconds_left <= 2 * thread_trials.RETRY


def test_a_trial_that_takes_more_than_twice_as_long_decides_alone_and_its_costs_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5
    chooser = Chooser(1, 2)
    play(chooser, *[(1, 2e-3, 1, False), (2, 1e-3, 1, False)] * 2)
    play(chooser, (2, 12e-3, 1, True), (1, 2e-3, 1, False))
    play(chooser, *[(1, 20e-3, 10, False)] * 11)
    assert chooser.next()[0] == 2
    chooser.record(2, 5e-3, 1, costs=1e-3)
    assert chooser._seconds_left == pytest.approx(0.08)  # 20 times 4 ms
    assert chooser.next()[0] == 1


@pytest.mark.parametrize(
    ("one", "two", "waited"),
    [(27e-6, 3e-3, True), (27e-6, 1.9e-3, False), (3e-3, 20e-3, False), (1.0, 0.5, False)],
)
def test_a_short_call_that_takes_long_on_two_threads_waited(
    one: float, two: float, waited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch).now = 0.5
    chooser = StepwiseChooser(1, 2)
    while chooser._trials:
        chooser.record(chooser.next()[0], one / 2 if chooser._threads == 2 else one, 1)
    chooser._rest, chooser._slice = 0.0, 100.0
    assert chooser.next()[0] == 2
    chooser._is_first = False
    chooser.record(2, two, 1)
    assert (chooser._rest == 0) == waited


def test_a_call_on_one_thread_did_not_wait_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch).now = 0.5
    chooser = StepwiseChooser(1, 2)
    while chooser._trials:
        chooser.record(chooser.next()[0], 3e-5 * chooser._threads, 1)
    chooser._rest, chooser._slice = 0.0, 100.0
    assert chooser.next()[0] == 1
    chooser.record(1, 50e-3, 1)
    assert chooser._rest > 0


def test_calls_that_a_process_interrupts_are_soon_made_on_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch).now = 0.5  # no pause but those below
    # It leaves its core to a new thread for 2 ms, and then keeps it for 8.
    chooser, calls, spent, since = StepwiseChooser(1, 2), 0, 0.0, 0.0
    while spent < 0.5:
        n, _ = chooser.next()
        seconds = 27e-6 if n == 1 else 17e-6
        since = since + seconds if n == 2 else 0.0
        if since > 2e-3:
            seconds, since = 8e-3, 0.0
        chooser.record(n, seconds, 1)
        calls, spent = calls + 1, spent + seconds
    assert spent < 1.1 * 27e-6 * calls


def test_the_cost_of_every_step_counts_where_all_steps_have_it() -> None:
    chooser, chosen = StepwiseChooser(1, 2), []
    for _ in range(2000):
        n, _ = chooser.next()
        chooser.record(n, 4e-4 if n == 1 else 3e-4, 1, costs=0 if n == 1 else 2e-4)
        chosen.append(n)
    assert chosen[-1000:].count(1) > 950


def test_a_step_of_another_python_thread_is_not_taken_for_one_of_the_slice() -> None:
    chooser = StepwiseChooser(1, 2)
    n, _ = chooser.next()
    for _ in range(1000):
        chooser.record(3 - n, 1.0, 1)
    assert chooser.next() == (n, 0)
    for _ in range(9):  # the second ends the slice: what comes before the next one is late
        chooser.record(n, thread_trials.TRIAL, 1)
    assert chooser._times == {n: (thread_trials.TRIAL,)}


def test_predictions_far_apart_are_hardly_ever_made_on_the_slower_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, chooser, chosen = Clock(monkeypatch), StepwiseChooser(1, 2), []
    for _ in range(5000):
        clock.now += 2 * thread_trials.PAUSE
        n, _ = chooser.next()
        seconds = 2e-3 if n == 1 else 3e-3
        clock.now += seconds
        chooser.record(n, seconds, 1)
        chosen.append(n)
    assert chosen[:500].count(2) < 200
    assert chosen[-2000:].count(2) < 100


def test_the_limit_of_predictions_is_read_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, limit, cores = Clock(monkeypatch), threads._RecentLimit(), 2
    monkeypatch.setattr(threads, "available", lambda: cores)
    clock.now = 1.0
    assert limit() == 2
    cores = 3
    assert limit() == 2
    clock.now += 1.1 * threads.RECENT_LIMIT
    assert limit() == 3


def test_a_prediction_that_failed_or_was_limited_teaches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "_recent_limit", lambda: 4)
    threads._shared_chooser.cache_clear()
    arguments: Any = (41, 10), 100_000, "float32"
    with threads.PredictionThreads(*arguments, n_threads=1) as n_threads:
        assert n_threads == 1
    with suppress(RuntimeError), threads.PredictionThreads(*arguments):
        raise RuntimeError
    context = threads.PredictionThreads(*arguments)
    assert context._chooser is not None
    assert (context._chooser._candidates, context._chooser._times) == ((1, 4), {})
    limited = threads.PredictionThreads(*arguments, n_threads=2)
    assert limited._chooser is not None
    assert limited._chooser._candidates == (1, 2)


def test_many_steps_go_into_a_call_where_nobody_wants_to_hear_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, train_slice = [], Run.train_slice
    monkeypatch.setattr(Run, "train_slice", lambda run: calls.append(1) or train_slice(run))
    net, r = fastbp.Network([4, 5, 3], seed=0), np.random.default_rng(0)
    X, y = r.random((2000, 4)), r.random((2000, 3))
    for train in (
        lambda: net.partial_fit(X, y, batch_size=2),
        lambda: net.fit(X[:8], y[:8], epochs=1000, optimizer="rprop"),
        lambda: net.fit(X[:8], y[:8], epochs=1000, batch_size=8),
    ):
        calls.clear()
        train()
        assert len(calls) < 100, "of 1000 steps"
