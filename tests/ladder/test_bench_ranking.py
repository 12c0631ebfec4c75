"""Which rung is the fastest, and which are as fast: the same answer wherever it is told."""

from ladder_results import small

from fastbp.bench import report
from fastbp.bench.pictures import bars
from fastbp.bench.ranking import distinguishable, fastest
from fastbp.bench.reading import read, result
from fastbp.text.page import Page


def fit_result(**changes):
    first = {entry["rung"]: entry for entry in small()["results"]}["fit"]
    return result(first | changes)


def test_two_rungs_are_told_apart_by_their_rounds_and_not_by_their_intervals():
    drift = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
    slow = fit_result(samples=[1.1 * ns for ns in drift], ns_per_sample=8.8, interval=[1.1, 70.0])
    fast = fit_result(samples=drift, ns_per_sample=8.0, interval=[1.0, 64.0])
    assert distinguishable(slow, fast)
    apart = fit_result(samples=[1.0, 3.0] * 4, ns_per_sample=3.0, interval=[2.9, 3.1])
    near = fit_result(samples=[2.0] * 8, ns_per_sample=2.0, interval=[1.9, 2.1])
    assert not distinguishable(apart, near)


def test_without_rounds_intervals_decide_and_without_intervals_times():
    low = fit_result(samples=[], ns_per_sample=1.0, interval=[0.9, 1.1])
    for ns, interval, expected in (
        (1.05, [1.0, 1.2], False),
        (1.2, [1.15, 1.3], True),
        (1.2, None, True),
    ):
        assert (
            distinguishable(low, fit_result(samples=[], ns_per_sample=ns, interval=interval))
            is expected
        )


def test_the_fastest_is_first_and_what_was_not_timed_is_nowhere():
    slow = fit_result(rung="slow", ns_per_sample=9e9, samples=[], interval=None)
    fast = fit_result(rung="fast")
    wrong = fit_result(rung="wrong", proved=False, ns_per_sample=1.0, samples=[])
    assert [best.rung for best in fastest([slow, wrong, fast])] == ["fast"]
    assert fastest([wrong]) == []
    tie = fit_result(rung="tie", ns_per_sample=fast.ns * 1.001)
    assert [best.rung for best in fastest([tie, slow, fast])] == ["fast", "tie"]


def test_the_terminal_and_the_pictures_name_the_same_winners():
    rows = small()["results"]
    for row in rows:
        if row["rung"] == "jax":  # its interval meets fit's, and its rounds are all slower
            fit = next(of for of in rows if (of["rung"], of["shape"]) == ("fit", row["shape"]))
            row.update(samples=[1.02 * ns for ns in fit["samples"]], interval=fit["interval"])
            row.update(ns_per_sample=1.02 * fit["ns_per_sample"])
    table = [of for of in read({"schema": 1, "results": rows}).results if of.kernel == "step"][:23]
    page = Page()
    report.write_table(page, "A title", table, {})
    assert "Fastest: fit" in str(page)
    assert "not told from it" not in bars.draw([table]).description
