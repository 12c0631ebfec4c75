"""What a busy machine does to a clock is not blamed on a rung, and what a rung does still is.

The clock is a made-up one: it moves only by what is done, so nothing here depends on the machine.
"""

import itertools
import random

import pytest
from broken_rungs import Right

from fastbp.bench import timed_rung
from fastbp.bench.problems import make_problem
from fastbp.bench.rung import mini_batches
from fastbp.bench.timed_rung import CACHED_RATIO, CLOCK_RESOLUTION, TRIES, TimedRung

PROBLEM = make_problem((3, 2, 2), 2)
STEP, READ, FORWARD = 0.0025, 0.012, 0.001  # seconds; of 784-512-512-10, batch 128
AWAY = 0.037  # the longest time that the core was seen to be away
LOADS = ["quiet", "away", "busy from then on"]
BUSY = 5  # times as slow, beside four busy loops on the same core


class Machine:
    """A clock, and a core that may be away: for which seconds those looked at next are held up."""

    def __init__(self, delays=(), busy_from=float("inf")):
        self.now, self._busy_from = 0.0, busy_from
        self._delays = itertools.chain(delays, itertools.repeat(0.0))

    def works(self, seconds):
        self.now += seconds * (BUSY if self.now >= self._busy_from else 1)

    def is_held_up(self):
        self.now += next(self._delays)


class OnMachine(Right):
    """Right, and as slow as it is said to be; whoever reads its numbers may be held up."""

    def __init__(self, machine, *arguments):
        super().__init__(*arguments)
        self.machine, self.trained = machine, []

    def train(self, X, Y, orders):
        self.trained.append(mini_batches(orders, PROBLEM.batch_size))
        self.take(self.trained[-1] * STEP)
        return self.trained[-1]

    def take(self, seconds):
        self.machine.works(seconds)

    def read(self):
        self.machine.works(READ)
        self.machine.is_held_up()
        return super().read()

    def forward(self):
        self.machine.works(FORWARD)
        super().forward()


class Defers(OnMachine):
    """Queues its steps, which takes next to no time, and does them when its numbers are read."""

    at_once, later, todo = 0, 1, 0.0

    def take(self, seconds):
        self.machine.works(1e-6 + self.at_once * seconds)
        self.todo += self.later * seconds

    def read(self):
        self.machine.works(self.todo)
        self.todo = 0.0
        return super().read()


class DefersMost(Defers):
    """Does a quarter of its work at once, which is long enough to end the count at one step."""

    at_once, later = 1, 3


class HeldUp(OnMachine):
    """Whoever calls its loop on new samples may be held up."""

    fresh = False

    def put(self, X, Y):
        super().put(X, Y)
        self.fresh = True

    def forward(self):
        super().forward()
        if self.fresh:
            self.machine.is_held_up()
        self.fresh = False


class Remembers(HeldUp):
    """Goes forward once for the samples it was given."""

    def forward(self):
        if self.fresh:
            super().forward()
        self.machine.works(1e-6)


@pytest.fixture
def timed_on(monkeypatch):
    """Make one rung on one machine, with the machine's clocks."""

    def make(kind, machine):
        monkeypatch.setattr(timed_rung, "perf_counter", lambda: machine.now)
        monkeypatch.setattr(timed_rung.gc, "collect", lambda: 0)  # slow after many other tests
        first = PROBLEM.first_parameters("float32")
        rungs = []

        def rung(problem):
            rungs.append(kind(machine, problem, "float32", 1, *first))
            return rungs[-1]

        return TimedRung(rung, PROBLEM, "float32", ["step"]), rungs[0]

    return make


def first_readings(*delays):
    """Delays of the first of each two readings."""
    return itertools.chain.from_iterable((delay, 0.0) for delay in delays)


def beside_busy_loops(seed):
    """Delays of two in five readings."""
    rng = random.Random(seed)
    while True:
        yield rng.uniform(READ, AWAY) if rng.random() < 0.4 else 0.0


@pytest.mark.parametrize(
    ("delays", "attempts"),
    [([], 1), ([AWAY] * (TRIES - 1), TRIES), ([0.99 * READ] * TRIES, 1)],
    ids=["never", "long", "less than a reading"],
)
def test_a_right_rung_is_not_blamed_when_the_core_was_away_while_it_was_read(
    timed_on, delays, attempts
):
    timed, rung = timed_on(OnMachine, Machine(first_readings(*delays)))
    assert timed._time_until_finished("step", 1) == pytest.approx(STEP)
    assert len(rung.trained) == attempts


def test_a_right_rung_is_not_blamed_beside_busy_loops(timed_on):
    for seed in range(500):
        timed, _ = timed_on(OnMachine, Machine(beside_busy_loops(seed)))
        timed._time_until_finished("step", 1)


@pytest.mark.parametrize("delay", [0.0, AWAY])
def test_a_rung_that_defers_its_work_is_blamed_for_it(timed_on, delay):
    """At the first count whose work outlasts a reading; with every reading held up besides."""
    timed, rung = timed_on(Defers, Machine(itertools.repeat(delay)))
    with pytest.raises(RuntimeError, match=r"step came back after 1e-06 s with its work undone"):
        timed.calibrate("step", 0.1)
    assert rung.trained[-TRIES:] == [rung.trained[-1]] * TRIES
    assert len(rung.trained) <= TRIES + 3  # of smaller counts


def test_a_rung_that_defers_its_work_is_blamed_beside_busy_loops(timed_on):
    for seed in range(20):
        timed, _ = timed_on(Defers, Machine(beside_busy_loops(seed)))
        with pytest.raises(RuntimeError, match="with its work undone"):
            timed.calibrate("step", 0.1)


def test_what_defers_only_a_part_is_found_at_the_count_that_is_timed(timed_on):
    timed, _ = timed_on(DefersMost, Machine())
    with pytest.raises(RuntimeError, match="with its work undone"):
        timed.calibrate("step", 3.6 * STEP)


@pytest.mark.parametrize(
    "machine", [{}, {"delays": [AWAY] * (TRIES - 1)}, {"busy_from": 10 * FORWARD}], ids=LOADS
)
def test_a_loop_is_not_blamed_when_the_machine_was_slow_on_new_samples(timed_on, machine):
    timed, _ = timed_on(HeldUp, Machine(**machine))
    timed._check_not_cached("forward", 10)


@pytest.mark.parametrize(
    "machine", [{}, {"delays": itertools.repeat(AWAY)}, {"busy_from": 0.001}], ids=LOADS
)
def test_a_loop_that_only_remembers_is_blamed_for_it(timed_on, machine):
    assert FORWARD > CACHED_RATIO * BUSY * 1e-6 + CLOCK_RESOLUTION
    timed, _ = timed_on(Remembers, Machine(**machine))
    with pytest.raises(RuntimeError, match=r"forward took \S+ s on new samples and \S+ s when it"):
        timed._check_not_cached("forward", 10)
