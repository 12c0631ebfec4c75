"""`fastbp bench`: how its times are taken, and how sure they are."""

import numpy as np
import pytest

from fastbp.bench import ladder, rung_process, runner, timed_rung, timing
from fastbp.bench.problems import Problem, make_problem
from fastbp.bench.rung import Rung, mini_batches


def test_intervals_hold_the_median_and_shrink_with_agreement():
    wide, narrow = timing.interval([1.0, 2.0, 3.0, 4.0, 5.0]), timing.interval([3.0, 3.01, 3.02])
    assert wide[0] < 3 < wide[1]
    assert narrow[1] - narrow[0] < 0.1 < wide[1] - wide[0]


def test_a_slow_rung_gets_as_many_rows_as_its_time_allows():
    for one_row, rows in ((1e-9, 128), (0.001, 128), (0.01, 16), (0.1, 2), (0.2, 2), (50.0, 2)):
        batches = timing.rows_in_time(one_row.__mul__, 128, 0.25)
        assert batches == ((128,) if rows == 128 else (1, rows))
    assert timing.rows_in_time(lambda m: 0.1, 128, 0.25) == (128,)  # a step costs, not a row
    far_apart = timing.rows_in_time(lambda m: 0.3 + 0.001 * m, 128, 0.25)
    assert far_apart == (1, 64)
    assert timing.rows_in_time(lambda m: 9, 2, 0.25) == (2,)
    assert timing.rows_in_time(lambda m: 9, 1, 0.25) == (1,)


def test_a_moments_load_does_not_give_a_slow_rung_many_rows():
    """The first step was held up: two rows seem to take no longer than one, and four do."""
    tried = []

    def pace(m):
        tried.append(m)
        return 0.1 * m + (0.1 if m == 1 else 0)

    assert timing.rows_in_time(pace, 128, 0.25) == (1, 4)
    assert tried == [1, 2, 4]


@pytest.mark.parametrize("rows", [(1, 2), (1, 8), (1, 64)])
def test_a_scaled_time_does_not_depend_on_the_batches_that_it_was_scaled_from(rows):
    """A step costs 88 ms for its update and 105 for each row: on 128 rows, 105.7 ms a sample."""
    seconds = [0.088 + 0.105 * m for m in rows]
    assert timing.step_of(128, rows, seconds) == pytest.approx(0.088 + 0.105 * 128)
    assert timing.step_of(128, rows, [0.3, 0.2]) == 0.3  # noise alone: no row costs less than none


def test_an_interval_holds_the_median_as_often_as_it_says():
    """In 19 of 20 runs, to three standard deviations of a count of so many."""
    runs, rng = 1500, np.random.default_rng(0)
    samples = rng.lognormal(0, 0.05, (runs, timing.ROUNDS))  # whose median is 1
    n_covering = sum(low <= 1 <= high for low, high in map(timing.interval, samples))
    assert n_covering / runs > 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)


def test_equal_rungs_are_told_apart_no_more_often_than_one_in_twenty():
    runs, rng = 1500, np.random.default_rng(1)
    samples = rng.lognormal(0, 0.05, (runs, 2, timing.ROUNDS))
    apart = sum(timing.distinguishable(*pair) for pair in samples)
    assert apart / runs < 0.05 + 3 * np.sqrt(0.95 * 0.05 / runs)


class Idle(Rung):
    """Says that it has trained."""

    kernels = ("step",)

    def put(self, X, Y):
        pass

    def train(self, X, Y, orders):
        return mini_batches(orders, 32)

    def read(self):
        return None


def test_a_rung_that_takes_no_time_does_not_get_orders_without_end(monkeypatch):
    monkeypatch.setattr(timed_rung, "MAX_ORDERED", 1 << 12)
    problem = Problem((100_000, 1), "relu", "identity", "half_squared_error", 32)
    idle = timed_rung.TimedRung(
        lambda problem: Idle(problem, "float32", 1, [], []), problem, "float32", []
    )
    assert idle.calibrate("step", seconds=1e9) == (1 << 12) // 32


@pytest.mark.parametrize("seconds", [0.5, 20, 60, 120])
def test_the_seconds_that_are_asked_for_are_taken(seconds):
    plan = runner.Plan(ladder.LADDER[:2], [make_problem((3, 2, 2))], seconds=seconds)
    assert plan.turn * timing.ROUNDS * 2 == pytest.approx(seconds)
    endless = runner.Plan(ladder.LADDER[:2], [make_problem((3, 2, 2))], seconds=1e9)
    assert endless.turn == timing.LONGEST_TURN < rung_process.TIMEOUT / 4
