"""Which rung is the fastest, and which are as fast: the same answer wherever it is told."""

import pytest
from ladder_results import entry, select, small

from fastbp.bench import report
from fastbp.bench.pictures import bars
from fastbp.bench.ranking import distinguishable, fastest
from fastbp.bench.reading import result
from fastbp.text.page import Page


def timed(ns, samples=(), interval=None, **changes):
    return result(entry("fit", ns, samples=list(samples), interval=interval, **changes))


DRIFT = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # By their rounds, and not by their intervals.
        (timed(8.8, [1.1 * ns for ns in DRIFT], [1.1, 70.0]), timed(8.0, DRIFT, [1.0, 64.0]), True),
        (timed(3.0, [1.0, 3.0] * 4, [2.9, 3.1]), timed(2.0, [2.0] * 8, [1.9, 2.1]), False),
        # Without rounds by their intervals, and without those by their times.
        (timed(1.0, interval=[0.9, 1.1]), timed(1.05, interval=[1.0, 1.2]), False),
        (timed(1.0, interval=[0.9, 1.1]), timed(1.2, interval=[1.15, 1.3]), True),
        (timed(1.0, interval=[0.9, 1.1]), timed(1.2), True),
    ],
)
def test_rungs_are_told_apart_by_rounds_or_else_intervals_or_else_times(first, second, expected):
    assert distinguishable(first, second) is expected


def test_the_fastest_is_first_and_what_was_not_timed_is_nowhere():
    slow, fast = result(entry("slow", 9e9)), result(entry("fast", 10.0))
    wrong = result(entry("wrong", 1.0, proved=False))
    tie = result(entry("tie", 10.01, samples=[9.8, 10.01, 10.2]))
    assert [best.rung for best in fastest([slow, wrong, fast])] == ["fast"]
    assert fastest([wrong]) == []
    assert [best.rung for best in fastest([tie, slow, fast])] == ["fast", "tie"]


def test_the_terminal_and_the_pictures_name_the_same_winners():
    results = small()
    fit, jax = (
        select(results, rung=rung, shape="784-30-10", kernel="step")[0] for rung in ("fit", "jax")
    )
    # Its interval meets fit's, and its rounds are all slower.
    jax.update(samples=[1.02 * ns for ns in fit["samples"]], interval=fit["interval"])
    jax.update(ns_per_sample=1.02 * fit["ns_per_sample"])
    rows = select(results, shape="784-30-10", kernel="step")
    table = list(map(result, rows))
    page = Page()
    report.write_table(page, "A title", table, {})
    assert "Fastest: fit" in str(page)
    assert "not told from it" not in bars.draw([table]).description
