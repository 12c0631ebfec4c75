"""benchmarks/ladder.py: its tables are the code's rungs and the file's numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import markdown_blocks
import pytest
from ladder_results import RUNGS, SHAPES, grid, make_wrong, select, small
from source_tree import ROOT
from tracked import engine as tracked

import ladder
from fastbp.bench.ladder import LADDER
from fastbp.bench.number_format import duration
from fastbp.bench.reading import Run, read

Write = Callable[..., list[str]]


def tables(block: str) -> list[tuple[str, list[list[str]]]]:
    """(the heading above it, rows of cells) of each table in a block."""
    titled, title = [], ""
    for part in block.split("\n\n"):
        if part.startswith("###"):
            title = part
        if part.startswith("|"):
            rows = [[c.strip() for c in line.split("|")[1:-1]] for line in part.splitlines()]
            titled.append((title, rows))
    return titled


def texts() -> list[str]:
    """What README.md and docs/benchmarks.md hold."""
    return [path.read_text(encoding="utf-8") for path in (ladder.README, ladder.DOCUMENT)]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Runs the script on files of results; it writes into copies, whose texts are given."""
    for name in ("README", "DOCUMENT"):
        path = tmp_path / f"{name}.md"
        path.write_bytes(getattr(ladder, name).read_bytes())
        monkeypatch.setattr(ladder, name, path)

    def write(*documents: dict[str, Any], options: tuple[str, ...] = ()) -> list[str]:
        paths = [tmp_path / f"results{i}.json" for i in range(len(documents))]
        for path, results in zip(paths, documents, strict=True):
            path.write_text(json.dumps(results), encoding="utf-8")
        assert ladder.main(["--from", *map(str, paths), *options]) == 0
        return texts()

    return write


def figures(results: dict[str, Any]) -> str:
    """The block of docs/benchmarks.md."""
    return "\n".join(ladder.figures(read(results)))


# What is in the documents now


def test_the_document_lists_the_rungs_of_the_code() -> None:
    block = markdown_blocks.written(ladder.DOCUMENT, ladder.LIST)
    assert block == ladder.rungs(), "run python benchmarks/ladder.py --list"
    ((_, rows),) = tables(block)
    assert [row[0].strip("`") for row in rows[2:]] == [row.name for row in LADDER]
    befores = {row[0].strip("`"): row[2].strip("`") for row in rows[2:]}
    assert befores["specification"] == "-"
    assert (befores["untyped"], befores["pure-mode"]) == ("specification", "untyped")


@pytest.mark.parametrize("document", [ladder.README, ladder.DOCUMENT], ids=lambda path: path.name)
def test_the_figures_are_of_the_rungs_of_the_code(document: Path) -> None:
    block = markdown_blocks.written(document, ladder.FIGURES)
    ladder_names = [row.name for row in LADDER]
    for _, rows in tables(block):
        names = [row[0] for row in rows[2:]]
        assert names == [name for name in ladder_names if name in names], "run benchmarks/ladder.py"
    measured = {row[0] for row in tables(block)[0][1][2:]}
    left_out = set(re.findall(r"^- ([\w-]+): ", block.partition("### Left out")[2], re.M))
    if document == ladder.DOCUMENT:
        assert measured | left_out == set(ladder_names), "run benchmarks/ladder.py"


# What the script writes


def test_the_tables_hold_the_files_numbers(write: Write) -> None:
    write(small())
    block = markdown_blocks.written(ladder.DOCUMENT, ladder.FIGURES)
    by_title = dict(tables(block))
    run = read(small())
    for sizes, batch in SHAPES[:2]:
        shape = "-".join(map(str, sizes))
        rows = by_title[f"### {shape}, batch {batch}: step, float32, 1 thread"]
        assert [row[0] for row in rows[2:]] == list(RUNGS)
        cells = {row[0]: row for row in rows[2:]}
        for result in run.results:
            if (result.shape, result.kernel) == (shape, "step") and result.ns is not None:
                assert cells[result.rung][1].strip("*†~") == duration(result.ns)
        assert cells["openmp"][1:] == ["WRONG", *["–"] * 6]
        assert cells["specification"][1].endswith("†")
        assert cells["fit"][1].startswith("**")
        assert [cells[name][4] for name in ("specification", "untyped", "fused", "train-step")] == [
            "–", "specification", "tiles", "fused",
        ]  # fmt: skip
    assert "### Forward, float32, 1 thread" in by_title
    assert "openmp: WRONG: dC/dw differs by 0.25" in block
    assert "- scikit-learn: not installed" in block
    ((_, short),) = tables(markdown_blocks.written(ladder.README, ladder.FIGURES))
    assert short[0] == ["rung", "784-30-10, batch 10", "64-64-10, batch 32"]
    names = [row[0] for row in short[2:]]
    assert names == ["specification", "numpy-out", "memoryviews", "fused", "blas", "fit"]
    assert re.fullmatch(r"\*\*\d+ ns\*\* \([\d,]+×\)", short[2 + names.index("fit")][1])


def test_the_readme_has_six_rows_which_are_the_documents() -> None:
    """The story's five rungs and the best rival, with the document's own times."""
    ((_, short),) = tables(markdown_blocks.written(ladder.README, ladder.FIGURES))
    names = [row[0] for row in short[2:]]
    assert len(names) == 6
    (rival,) = set(names) - set(ladder.STORY)
    assert rival in ladder.RIVALS
    by_title = dict(tables(markdown_blocks.written(ladder.DOCUMENT, ladder.FIGURES)))
    for column, title in enumerate(short[0][1:], start=1):
        document = {row[0]: row for row in by_title[f"### {title}: step, float32, 1 thread"][2:]}
        for row in short[2:]:
            time, _, ratio = row[column].partition(" (")
            assert (time.strip("*"), ratio.rstrip(")")) == (
                document[row[0]][1].strip("*~ "),
                document[row[0]][5],
            )
    assert "(docs/benchmarks.md)" in ladder.README.read_text(encoding="utf-8")


def test_the_rival_that_is_shown_is_the_fastest_over_all_tasks() -> None:
    results = small()
    (_, tasks), *_ = ladder.views(read(results)).items()
    best = ladder.best_rival(tasks)
    times, others = (
        [row["ns_per_sample"] for row in select(results, rung=rung, kernel="step")]
        for rung in (best, "torch")
    )
    assert all(a < b for a, b in zip(times, others, strict=True))
    for result in select(results, rung=best, shape="64-64-10"):  # it cannot be timed on one of them
        make_wrong(result, "it is wrong")
    (_, tasks), *_ = ladder.views(read(results)).items()
    assert ladder.best_rival(tasks) not in (best, None)
    assert ladder.best_rival({}) is None


def test_the_formulas_of_each_problem_stand_above_its_table() -> None:
    run = read(small())
    parts = ladder.figures(run)
    above = {parts[i]: parts[i + 1] for i, part in enumerate(parts) if part.startswith("###")}
    ours, theirs = "784-30-10: sigmoid / sigmoid, half squared error", "64-64-10: relu / softmax, "
    assert above["### 784-30-10, batch 10: step, float32, 1 thread"] == f"{ours}."
    expected = f"{ours}; {theirs}cross entropy."
    assert above["### Forward, float32, 1 thread"] == expected
    assert expected in ladder.short_figures(run)


def test_a_legend_explains_the_marks_that_its_tables_have_and_no_others() -> None:
    results = small()
    text = figures(results)
    for mark in "†~":
        assert f" {mark}: {ladder.MARKS[mark]}" in text
    assert "WRONG: differs" in text
    assert "FAILED:" not in text
    *_, short = ladder.short_figures(read(results))
    assert "~" not in short  # no cell of that table has it
    results["results"] = select(results, rung="axpy") + select(results, rung="fit")
    *_, short = ladder.short_figures(read(results))
    assert short == f"Times are medians for one sample. {ladder.WINNERS}"


def test_writing_twice_changes_nothing_and_nothing_else_is_touched(write: Write) -> None:
    before, once = texts(), write(small())
    assert write(small()) == once
    begin, end = markdown_blocks.marks(ladder.FIGURES)
    for old, new in zip(before, once, strict=True):
        assert new != old
        assert new.split(begin)[0] == old.split(begin)[0]
        assert new.split(end)[1] == old.split(end)[1]


def test_a_loss_of_fastbp_is_told_with_its_ratio() -> None:
    results = small()
    fit, jax = (
        select(results, rung=rung, shape="64-64-10", kernel="step")[0] for rung in ("fit", "jax")
    )
    ns = fit["ns_per_sample"] / 2
    jax.update(ns_per_sample=ns, interval=[0.95 * ns, 1.05 * ns], samples=[ns] * 9)
    text = figures(results)
    assert "fastbp is not the fastest on 1 of 2 steps:" in text
    assert "- 64-64-10, batch 32, step, float32, 1 thread: `jax` is 2.00 times as fast" in text
    won = figures(small())
    assert "fastbp is the fastest, or cannot be told from it, on 2 of 2 steps." in won
    for block in (text, won):
        assert "Not in this run, so nothing follows about them: `scikit-learn`." in block


def test_rivals_that_were_not_timed_are_named() -> None:
    results = small()
    for result in select(results, rung="torch"):
        make_wrong(result, "it is wrong")
    untried = [row for rung in ("jax", "numba", "blas") for row in select(results, rung=rung)]
    remaining = [row for row in results["results"] if row not in untried]
    text = figures(results | {"results": remaining})
    names = "`blas`, `numba`, `torch`, `jax`, `scikit-learn`"
    assert f"Not in this run, so nothing follows about them: {names}." in text
    others = [row | {"rung": "scikit-learn"} for row in select(results, rung="fit")]
    assert "Not in this run" not in figures(small() | {"results": small()["results"] + others})


def test_the_documents_have_small_shapes_besides_unless_others_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[list[str]] = []

    def once(options: list[str]) -> Run:
        calls.append(options)
        return read(grid((8, 16), (1,)) if "8-8-8" in options else small())

    monkeypatch.setattr(ladder, "measure_once", once)
    run = ladder.measure(["--threads", "1"])
    small_ones = ["--sizes", "2-4-1", "8-8-8", "--batch", "1"]
    assert calls == [["--threads", "1"], ["--threads", "1", *small_ones]]
    assert {result.shape for result in run.results} == {
        "784-30-10",
        "64-64-10",
        "8-8-8",
        "16-16-16",
    }
    assert "### 8-8-8, batch 1: step, float32, 1 thread" in ladder.figures(run)
    for options in (["--sizes", "3-2"], ["--batch=7"]):
        calls.clear()
        ladder.measure(options)
        assert calls == [options]


def test_several_files_of_one_machine_are_written_as_one(write: Write) -> None:
    _, text = write(small(), grid((8, 16), (1,)))
    for title in ("784-30-10, batch 10", "8-8-8, batch 1"):
        assert f"### {title}: step, float32, 1 thread" in text


def test_names_cannot_break_a_table_or_a_block(write: Write) -> None:
    results = small()
    for result in results["results"]:
        result["rung"] += f" | {markdown_blocks.marks(ladder.FIGURES)[1]}\n\nx"
    write(results)
    write(small())  # the marks are still there, once each


@pytest.mark.parametrize(
    ("results", "complaint"),
    [({"schema": 2}, "schema is 2"), ({"schema": 1, "results": []}, "nothing measured")],
)
def test_a_bad_file_changes_no_document(
    results: dict[str, Any], complaint: str, write: Write
) -> None:
    before = texts()
    with pytest.raises(ValueError, match=complaint):
        write(results)
    assert texts() == before


def test_options_that_would_do_nothing_are_refused(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        write(small(), options=("--threads", "2"))
    assert "--threads 2 would do nothing" in capsys.readouterr().err


# Beside it


@pytest.mark.parametrize("kind", [tracked.Train, tracked.Predict])
def test_what_asv_times_can_be_run(kind: type[tracked.OneTask]) -> None:
    settings = json.loads((ROOT / "benchmarks" / "asv.conf.json").read_text(encoding="utf-8"))
    assert (ROOT / "benchmarks" / settings["benchmark_dir"] / "engine.py").is_file()
    benchmark = kind()
    benchmark.setup("64-64-10", "float64")
    for name in dir(benchmark):
        if name.startswith("time_"):
            getattr(benchmark, name)("64-64-10", "float64")
