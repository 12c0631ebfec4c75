"""The ladder's tables in README.md and docs/benchmarks.md, from what `fastbp bench` measures.

    python benchmarks/ladder.py                    measure, and write the tables
    python benchmarks/ladder.py --from FILE ...    write those of files of fastbp bench --json
    python benchmarks/ladder.py --list             write the list of rungs alone; measures nothing

Other options go to `fastbp bench`, as in `python benchmarks/ladder.py --threads 1 2`. Without
--sizes and --batch it measures the default shapes and two small ones, where a call costs more than
the loops.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import geometric_mean

import markdown_blocks

from fastbp.bench import reading
from fastbp.bench.columns import COLUMNS, of_task, of_view, why_untimed
from fastbp.bench.ladder import LADDER
from fastbp.bench.ladder_row import PACKAGES
from fastbp.bench.number_format import digits, duration, times
from fastbp.bench.ranking import fastest
from fastbp.text.formatting import plural

ROOT = Path(__file__).parents[1]
README, DOCUMENT = ROOT / "README.md", ROOT / "docs" / "benchmarks.md"
LIST, FIGURES = "ladder.py, rungs", "ladder.py, figures"
PRODUCTION = ("train-step", "fit")  # fastbp as its users meet it
RIVALS = ("blas", "numba", "torch", "jax", "scikit-learn")  # what a reader would use instead
# The rows of README.md, besides the fastest of RIVALS: the loops in Python, in NumPy, typed, in
# registers, and as `Network.fit` runs them.
STORY = ("specification", "numpy-out", "memoryviews", "fused", "fit")
# Besides the default shapes: so small that what a call costs decides. XLA and plain tiles win here.
SMALL = ("--sizes", "2-4-1", "8-8-8", "--batch", "1")
CHOICES = {"--sizes", "--batch"}  # with one of them, only what is asked for is measured
# The columns of one task's table.
TASK = ("rung", "time", "95% interval", "× before", "before", "× first", "GFLOP/s", "of peak")
WINNERS = "Bold: the fastest, and what cannot be told from it."
# What may stand in a table's cells -> what it means. A legend has those that do.
MARKS = {
    "†": "too slow for the whole batch, reckoned from small ones.",
    "~": "cannot be told apart from the rung before.",
    "WRONG": "differs from the specification, so not timed.",
    "FAILED": "did not run to its end.",
}


def rungs():
    """The list of rungs, as the code has it."""
    rows = [
        [
            f"`{row.name}`",
            row.idea,
            f"`{row.baseline or above.name}`" if above else "-",
            ", ".join(PACKAGES.get(name, name) for name in row.needs) or "-",
            "yes" if row.threads else "-",
        ]
        for above, row in pairwise([None, *LADDER])
    ]
    table = markdown_blocks.markdown(["rung", "idea", "before", "needs", "threads"], rows)
    return table.replace("--:", "---")


def legend(*tables):
    """What these tables hold, and the marks that occur in them."""
    marks = [f"{mark}: {meaning}" for mark, meaning in MARKS.items() if mark in "".join(tables)]
    return " ".join(["Times are medians for one sample.", *marks, WINNERS])


def views(run):
    """Results by kernel, number type and threads, then by task; steps on one thread first."""
    by_view = defaultdict(dict)
    for (task, view), (results,) in reading.views([run]).items():
        by_view[view][task] = results
    return by_view


def cell(result, best):
    """A time with its marks, or why there is none."""
    if result is None or result.trouble:
        return result.trouble if result else "–"
    time_text = duration(result.ns) + "†" * (result.scaled_from is not None)
    return f"**{time_text}**" if result in best else time_text


def one_task(results):
    """All about one view of one task."""
    best = fastest(results)

    def cells(result):
        if result.ns is None:
            return [result.rung, cell(result, best), *["–"] * (len(TASK) - 2)]
        interval = " to ".join(map(duration, result.reach))
        own = {"time": cell(result, best), "95% interval": interval}
        return [own.get(name) or COLUMNS[name](result) for name in TASK]

    return markdown_blocks.markdown(TASK, list(map(cells, results)))


def side_by_side(tasks, cells=cell, only=None):
    """One view of all tasks: a row for each rung, or each in ``only``, a column for each task."""
    names = dict.fromkeys(result.rung for results in tasks.values() for result in results)
    columns = [({row.rung: row for row in results}, fastest(results)) for results in tasks.values()]
    rows = [
        [name, *(cells(by_rung.get(name), best) for by_rung, best in columns)]
        for name in names
        if only is None or name in only
    ]
    return markdown_blocks.markdown(["rung", *(of_task(task) for task in tasks)], rows)


def cell_with_ratio(result, best):
    """A time, and how many times faster than the first rung that is."""
    ratio = result.ratio_first if result and result.ns else None
    return cell(result, best) + (f" ({times(ratio)})" if ratio else "")


def formulas(tasks):
    """The activations and the loss of each task."""
    shapes = defaultdict(list)
    for (shape, _), results in tasks.items():
        shapes[results[0].formulas or "formulas unknown"].append(shape)
    parts = [f"{', '.join(dict.fromkeys(names))}: {text}" for text, names in shapes.items()]
    return f"{'; '.join(parts)}."


def losses(by_view):
    """Say where a step of fastbp is not the fastest: the sentences for docs/benchmarks.md."""
    lost, steps = [], 0
    for view, tasks in by_view.items():
        for task, results in tasks.items():
            ours = fastest([result for result in results if result.rung in PRODUCTION])
            if view[0] != "step" or not ours:
                continue
            steps += 1
            best = fastest(results)
            if not any(result.rung in PRODUCTION for result in best):
                ratio = digits(ours[0].ns / best[0].ns)
                lost.append(
                    f"- {of_task(task)}, {of_view(view)}: `{best[0].rung}` is {ratio} times as "
                    f"fast as `{ours[0].rung}`."
                )
    sentences = [f"fastbp is the fastest, or cannot be told from it, on {steps} of {steps} steps."]
    if lost:
        sentences = [f"fastbp is not the fastest on {len(lost)} of {steps} steps:", "\n".join(lost)]
    return sentences


def absent(run):
    """Say which rivals were not timed, so that nobody takes them for beaten."""
    timed = {result.rung for result in run.results if result.ns is not None}
    names = [f"`{name}`" for name in RIVALS if name not in timed]
    return [f"Not in this run, so nothing follows about them: {', '.join(names)}."] if names else []


def preface(run):
    """What the figures depend on."""
    facts = run.facts
    sentences = [
        f"Written by `python benchmarks/ladder.py`: {run.name}, cores: {facts.get('cores', '?')}, "
        f"kernel set {facts.get('kernels', '?')}, {facts.get('compiler') or 'compiler unknown'}, "
        f"Python {facts.get('python', '?')}, NumPy {facts.get('numpy', '?')}, fastbp "
        f"{facts.get('fastbp', '?')}, {str(facts.get('created', '?'))[:10]}."
    ]
    for (dtype, threads), roof in sorted(run.limits.items()):
        if roof.flops and roof.copy and roof.sum:
            sentences.append(
                f"At most, {dtype}, {plural(threads, 'thread')}: {digits(roof.flops / 1e9)} "
                f"GFLOP/s, {digits(roof.copy / 1e9)} GB/s copied, {digits(roof.sum / 1e9)} summed."
            )
    return " ".join(sentences)


def figures(run):
    """The block of docs/benchmarks.md."""
    by_view = views(run)
    if not by_view:
        raise ValueError("results: there is nothing measured in it; make it with fastbp bench")
    (first, tasks), *other_views = by_view.items()
    blocks = []
    for task, results in tasks.items():
        title = f"### {of_task(task)}: {of_view(first)}"
        blocks += [title, formulas({task: results}), one_task(results)]
        blocks += [f"{row.rung}: {why_untimed(row)}." for row in results if row.trouble]
    for view, other_tasks in other_views:
        title = f"### {of_view(view)[0].upper()}{of_view(view)[1:]}"
        blocks += [title, formulas(other_tasks), side_by_side(other_tasks)]
    if run.left_out:
        left_out = "\n".join(f"- {rung}: {why}" for rung, why in run.left_out.items())
        blocks += ["### Left out", left_out]
    tables = [part for part in blocks if part.startswith("|")]
    sentences = [*losses(by_view), *absent(run)]
    return [preface(run), legend(*tables), "### Where fastbp loses", *sentences, *blocks]


def short_figures(run):
    """The block of README.md: some rungs' steps of the first number type on one thread."""
    (view, tasks), *_ = views(run).items()
    names = {*STORY, best_rival(tasks)}
    table = side_by_side(tasks, cell_with_ratio, names)
    measured = {result.rung for results in tasks.values() for result in results}
    return [
        f"Time of a sample ({of_view(view)}; {run.name}), and how many times faster than the first "
        f"rung that is. {len(names & measured)} of {len(measured)} rungs are here; "
        "[docs/benchmarks.md](docs/benchmarks.md) has the others, and how to read them.",
        formulas(tasks),
        table,
        legend(table),
    ]


def best_rival(tasks):
    """The name of the rival that is fastest over all tasks, by the mean of its ratios; or None."""
    ratios = defaultdict(list)
    for results in tasks.values():
        timed = {row.rung: row.ns for row in results if row.rung in RIVALS and row.ns}
        for name, ns in timed.items():
            ratios[name].append(ns / min(timed.values()))
    # One that could not be timed everywhere is not compared with those that were.
    everywhere = {name: values for name, values in ratios.items() if len(values) == len(tasks)}
    return min(everywhere, key=lambda name: geometric_mean(everywhere[name]), default=None)


def measure(options):
    """Run `fastbp bench` on the default shapes and the small ones, and give what it wrote."""
    chosen = any(option.partition("=")[0] in CHOICES for option in options)
    runs = [measure_once(options)] + ([] if chosen else [measure_once([*options, *SMALL])])
    return together(runs)


def together(runs):
    """Runs on one machine as one: the facts are of the first."""
    runs = list(runs)
    left_out = {rung: why for run in reversed(runs) for rung, why in run.left_out.items()}
    results = tuple(result for run in runs for result in run.results)
    return replace(runs[0], left_out=left_out, results=results)


def measure_once(options):
    """Run `fastbp bench` and give what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command = [sys.executable, "-m", "fastbp", "bench", "--json", str(file), *options]
        code = subprocess.run(command, check=False).returncode
        if not file.exists():
            raise SystemExit(code or 2)
        return reading.load(file)


def main(arguments=None):
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--from", dest="files", nargs="+", metavar="FILE", type=Path, help="measure nothing"
    )
    parser.add_argument("--list", action="store_true", help="write the list of rungs alone")
    chosen, options = parser.parse_known_args(arguments)
    if options and (chosen.files or chosen.list):
        parser.error(f"nothing is measured, so {' '.join(options)} would do nothing")
    if chosen.list:
        markdown_blocks.write(DOCUMENT, LIST, [rungs()])
        return 0
    run = together(map(reading.load, chosen.files)) if chosen.files else measure(options)
    block, short = figures(run), short_figures(run)
    markdown_blocks.write(DOCUMENT, LIST, [rungs()])
    markdown_blocks.write(DOCUMENT, FIGURES, block)
    markdown_blocks.write(README, FIGURES, short)
    return 0


if __name__ == "__main__":
    sys.exit(main())
