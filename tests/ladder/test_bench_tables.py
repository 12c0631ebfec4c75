"""`fastbp bench`: what its figures say, in a terminal, in a file and in two files."""

import re
from dataclasses import MISSING, fields
from itertools import permutations

import pytest
from command_line import refused
from ladder_results import document, entry
from source_tree import ROOT

from fastbp.bench import (
    compare,
    ladder,
    measurements,
    reading,
    report,
    results,
    runner,
    schema,
    timing,
)
from fastbp.bench.ladder_row import Row
from fastbp.bench.problems import KERNELS, make_problem
from fastbp.bench.proof import Verdict
from fastbp.bench.reading import read, result
from fastbp.cli import main
from fastbp.text.page import WIDTH, Page


def table(*entries, left_out=(), seconds=None):
    page = Page(spell_out=True)
    report.write_table(page, "A title", list(map(result, entries)), dict(left_out), seconds)
    return " ".join(str(page).split())


def once(*entries):
    page = Page(spell_out=True)
    report.write_once(page, list(map(result, entries)))
    return " ".join(str(page).split())


def test_the_table_says_plainly_where_fastbp_loses():
    text = table(entry("numpy-out", 100.0), entry("fit", 50.0), entry("jax", 40.0, ratio_first=2.5))
    assert "Fastest: jax, 2.50 times as fast as numpy-out" in text
    assert "fit is slower: jax is 1.25 times as fast." in text
    near = entry("jax", 49.9, samples=[49.0, 49.9, 52.0])
    text = table(entry("numpy-out", 100.0), entry("fit", 50.0), near)
    assert "fit cannot be told apart from it." in text
    text = table(entry("numpy-out", 100.0), entry("fit", 50.0, ratio_first=2.0))
    assert "Fastest: fit, 2.00 times as fast as numpy-out, at 25.0 % of the peak." in text
    assert "slower" not in text


def test_the_table_marks_what_cannot_be_told_apart_and_what_ran_a_smaller_batch():
    text = table(
        entry("specification", 9e9, scaled_from=2),
        entry("fit", 50.0, noisy=True, ratio_before=1.02, keeps_subnormals=False),
        left_out={"jax": "needs jax: pip install jax", "torch": "it uses one thread"},
    )
    assert "specification* 9.00 s" in text
    assert (
        "* Reckoned for 6 rows from a batch of 1 row and one of so many: specification 2." in text
    )
    assert "~ 1.02" in text
    assert "Takes subnormal numbers for zeros: fit." in text
    assert "Left out: jax: needs jax: pip install jax." in text


def test_a_rung_is_compared_with_the_one_that_it_differs_from_or_the_last_timed():
    def cell(name, ns, baseline=None):
        row = Row(name, "x:y", "an idea", baseline=baseline)
        return measurements.Measurement(
            row, make_problem((3, 2)), "float32", 1, Verdict(), samples=[ns, ns, 1.01 * ns]
        )

    cells = [cell("a", 80.0), cell("b", 40.0), cell("c", 20.0, "a"), cell("d", 10.0, "not-run")]
    entries = measurements.result_entries(cells, "step", {})
    assert [item["before"] for item in entries] == [None, "a", "a", "c"]
    assert [item["ratio_before"] for item in entries] == [None, 2.0, 4.0, 2.0]
    assert [item["ratio_first"] for item in entries] == [1.0, 2.0, 4.0, 8.0]
    assert "x before is to a for c." in table(*entries)
    cells[0].why = "it died"
    entries = measurements.result_entries(cells, "step", {})
    assert [item["before"] for item in entries] == [None, None, "b", "c"]


def test_what_a_rung_is_compared_with_stands_above_it_on_the_ladder():
    names = [row.name for row in ladder.LADDER]
    for place, row in enumerate(ladder.LADDER):
        assert row.baseline is None or row.baseline in names[: place - 1], row.name


def test_what_is_much_slower_still_has_its_ratio():
    text = table(entry("numpy-out", 1.0), entry("untyped", 2300.0, ratio_before=0.000434))
    assert "2.30 us 0.500 25.0 12.5 0.00043 1.00" in text


def test_the_table_warns_of_a_busy_machine():
    assert "busy" not in table(entry("fit", 50.0))
    wide = entry("fit", 50.0, interval=[40.0, 60.0])
    text = table(wide, entry("jax", 50.0))
    assert "busy, or its clock moved: the 95% intervals of 1 of 2 times are wider than 10%" in text
    assert f"with --seconds {4 * timing.SECONDS:.0f}, they are surer." in text
    assert "--seconds 800" in table(wide, seconds=200.0)


LONG = "a-rung-of-your-own-whose-name-its-author-could-not-bring-himself-to-cut-by-a-letter"


@pytest.mark.parametrize("spell_out", [True, False])
def test_no_table_is_wider_than_a_terminal_whatever_the_names_and_figures(spell_out):
    widest = {
        "gflops": 0.00123, "share_of_peak": 0.0000123, "share_of_memory": 12.34,
        "ratio_before": 0.00043, "ratio_first": 11_700.0, "noisy": True, "scaled_from": 2,
        "bytes_allocated_per_step": 999_000, "first_result_seconds": 0.0999,
        "call_overhead_ns": 99_900.0,
    }  # fmt: skip
    names = [row.name for row in ladder.LADDER]
    results_ = [result(entry(name, 408e6, **widest)) for name in [*names, LONG, LONG[:40]]]
    wrong = entry("wrong-" + LONG, None, proved=False, status="wrong", why="it is " * 20)
    page = Page(spell_out)
    opening = {"machine": dict.fromkeys(document([])["machine"], "some")}
    report.write_opening(page, [(row.name, row.idea) for row in ladder.LADDER], {}, opening)
    report.write_opening(page, [(LONG, "an idea " * 20)], {LONG: "why " * 30}, opening)
    title = report.heading(("-".join(["1000"] * 20), 128), ("accumulate", "float64", 2))
    report.write_table(page, title, [*results_, result(wrong)], {LONG: "a reason " * 20})
    report.write_once(page, results_)
    kernels = [entry(LONG, 1.0, kernel=name, call_overhead_ns=99_900.0) for name in KERNELS]
    report.write_once(page, list(map(result, kernels)))
    run = read(document([entry(name, 408e6, **widest) for name in [*names, LONG]]))
    compare.write_comparison(page, run, run)
    lines = str(page).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    time = "408 ms"
    assert [line.split()[0] for line in lines if time in line][: len(names)] == [
        f"{name}*" for name in names
    ]
    for name in (LONG, LONG[:40]):  # all of it is there, over as many lines as it needs
        assert f"{name}*" in "".join(line.split("  ")[0] for line in lines)


def test_what_a_call_is_of_stands_above_it():
    step = entry("fit", 50.0, call_overhead_ns=31_000.0)
    assert "first result a call of step fit 1.00 0 B 10.0 ms 31.0 us error:" in once(step)
    forward = [
        entry(name, 9.0, kernel="forward", call_overhead_ns=ns)
        for name, ns in [("c", 7.0), ("d", 8.0)]
    ]
    assert "first result a call of forward c 1.00 0 B 10.0 ms 7.00 ns d" in once(*forward)
    text = once(forward[0], step, entry("c", 60.0, call_overhead_ns=270.0))
    assert "first result c 1.00 0 B 10.0 ms fit 1.00 0 B 10.0 ms a call of" in text
    assert "a call of forward step c 7.00 ns 270 ns fit - 31.0 us error:" in text


def test_a_table_of_nothing_says_why():
    text = table(left_out={"jax": "needs jax: pip install jax"})
    assert text == "A title ------- Left out: jax: needs jax: pip install jax."
    assert once() == ""


# ------------------------------------------------------------------------------ two files


def test_the_schema_is_documented():
    described = ROOT / "docs" / "bench-schema.md"
    if not described.exists():
        pytest.skip("the tests do not lie in a source tree")
    text = " ".join(described.read_text("utf-8").split())
    keys = re.findall(r"\| `(\w+)` \| ", text)
    empty = results.new_document({})
    assert keys == [*empty, *empty["machine"], *schema.RESULT]
    required = [of.name for of in fields(schema.Result) if of.default is MISSING]
    names = [f"`{name}`" for name in required]
    assert f"of each result {', '.join(names[:-1])} and {names[-1]}." in text


def compared(tmp_path, capsys, a, b):
    for name, content in (("a.json", a), ("b.json", b)):
        results.save(content, str(tmp_path / name))
    assert main(["bench", "--compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= WIDTH
    return " ".join(out.split())


def test_two_files_are_put_side_by_side(tmp_path, capsys):
    a = document([entry("numpy-out", 100.0), entry("fit", 50.0), entry("only-a", 1.0)])
    b = document([entry("numpy-out", 100.5), entry("fit", 25.0)], cpu="Another one")
    text = compared(tmp_path, capsys, a, b)
    assert "cpu A processor of 2 cores at 3.7 GHz Another one" in text
    assert "numpy-out 100 ns 100 ns ~ 0.995" in text
    assert "fit 50.0 ns 25.0 ns 2.00" in text
    assert "the order is the same; 0 of 1 ratios of neighbours agree" in text
    assert "Timed in A only: only-a." in text
    other = document([entry("fit", 100.0), entry("numpy-out", 50.0, shape="9-9-9")])
    text = compared(tmp_path, capsys, a, other)
    assert "Only in B: 9-9-9, batch 6: a training step in float32 on 1 thread." in text
    swapped = document([entry("numpy-out", 20.0), entry("fit", 50.0)])
    text = compared(tmp_path, capsys, a, swapped)
    assert "the order is not the same: numpy-out with fit changed places, and both runs" in text
    tie = document([entry("numpy-out", 20.0, samples=[60.0, 20.0, 10.0]), entry("fit", 50.0)])
    text = compared(tmp_path, capsys, a, tie)
    assert "the order is the same but for ties: numpy-out with fit;" in text
    text = compared(tmp_path, capsys, a, a)
    assert "2 of 2 ratios of neighbours agree" in text
    assert "Reckoned" not in text
    scaled = document([entry("numpy-out", 100.0, scaled_from=4), entry("fit", 50.0)])
    text = compared(tmp_path, capsys, a, scaled)
    assert "Reckoned from other batches in A than in B: numpy-out the whole and 4." in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2]", "must be a JSON object"),
        ("{", "is not valid JSON"),
        ("{}", "schema is None, expected 1"),
        ('{"schema": 1, "results": [{}]}', "results[0] has no 'rung'"),
    ],
)
def test_a_file_that_is_no_run_is_refused(tmp_path, capsys, content, message):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    results.save(document([entry("fit", 1.0)]), str(good))
    bad.write_text(content, encoding="utf-8")
    error = refused(capsys, "bench", "--compare", str(good), str(bad))
    assert message in error
    assert "bad.json" in error


def test_what_a_file_need_not_hold_is_not_needed_to_compare_it(tmp_path, capsys):
    required = ("rung", "shape", "batch", "dtype", "threads", "kernel", "proved", "ns_per_sample")
    few = [{key: item[key] for key in required} for item in (entry("a", 3.0), entry("fit", 2.0))]
    bare = {"schema": 1, "results": few}
    text = compared(tmp_path, capsys, bare, bare)
    assert "fit 2.00 ns 2.00 ns ~ 1.00" in text
    assert "the order is the same; 1 of 1 ratios" in text
    null = document([entry("a", 3.0, interval=None), entry("fit", 2.0, interval=None)])
    assert "fit 2.00 ns 2.00 ns ~ 1.00" in compared(tmp_path, capsys, null, null)


def test_a_comparison_names_its_files_and_what_is_only_in_one(tmp_path, capsys):
    threads = [entry("fit", 1.0, threads=n) for n in (1, 2)]
    text = compared(tmp_path, capsys, document(threads[:1]), document(threads))
    a, b = (str(tmp_path / name) for name in ("a.json", "b.json"))
    squeezed = text.replace(" ", "")
    assert f"Ais{a},Bis{b}.".replace(" ", "") in squeezed
    assert "Only in B: 4-3-2, batch 6: a training step in float32 on 2 threads." in text
    assert "order" not in text  # of one rung


def test_a_comparison_of_runs_that_share_nothing_says_so():
    for a, b, message in [
        ([], [entry("fit", 1.0)], "They have no table in common"),
        ([entry("fit", 1.0)], [entry("fit", 1.0, formulas="others")], "They have no table in"),
        ([entry("c", 1.0)], [entry("fit", 1.0)], "No rung was timed in both."),
    ]:
        page = Page()
        compare.write_comparison(page, read(document(a)), read(document(b)))
        assert message in str(page)
        assert "order" not in str(page)


def test_steps_on_one_thread_stand_first_in_every_order_of_the_file():
    order = [("step", "float64", 1), ("step", "float64", 2), ("forward", "float64", 1)]
    for views in permutations(order):
        entries = [
            entry("fit", 1.0, kernel=kernel, dtype=dtype, threads=threads)
            for kernel, dtype, threads in views
        ]
        assert [view for _, view in reading.views([read(document(entries))])] == order


def test_what_can_be_tried_nowhere_is_told_from_what_is_special_to_a_table():
    needs, one_type, one_thread, able = (
        Row("needs", "x:y", "", needs=("no_such_module",)),
        Row("one-type", "x:y", "", dtypes=("float32",), threads=True),
        Row("one-thread", "x:y", ""),
        Row("able", "x:y", "", threads=True),
    )
    rows = [needs, one_type, one_thread, able]
    pip = {"needs": "needs no_such_module: pip install no_such_module"}
    for dtypes, threads, special in [
        (["float32"], [1], {}),
        (["float32", "float64"], [1, 2], {}),
        (["float64"], [1], {"one-type": "it has no float64"}),
        (["float32"], [2], {"one-thread": "it uses one thread"}),
    ]:
        assert runner.Plan(rows, [], dtypes, threads).nowhere() == pip | special
