"""One page with all of it: no request to anywhere, and readable without its script."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fastbp.bench.columns import describe, of_task, of_view
from fastbp.bench.number_format import duration, or_dash, times
from fastbp.bench.pictures import bars, crossover, roofline, rung_sources, tables
from fastbp.bench.pictures.bars import LETTERS
from fastbp.bench.ranking import fastest
from fastbp.bench.reading import Run, View, views
from fastbp.drawing.markup import Markup, resource, tag, text
from fastbp.drawing.page import document, figure, paragraph, section
from fastbp.drawing.picture import Picture
from fastbp.text.formatting import plural

_HERE = "fastbp.bench.pictures"
_FEW = 6  # tasks that are shown one under the other, unless one is chosen
INTERRUPTED = (
    "This run was interrupted: tables may be missing, and the last one rests on fewer rounds and "
    "was not looked at after them."
)


def pictures(runs: Sequence[Run], side: bars.Side) -> Iterator[Picture]:
    """Draw one view of one task: the bars, and a roofline for each file."""
    yield bars.draw(side)
    for run, results in zip(runs, side, strict=True):
        if results:
            roof = run.limits.get((results[0].dtype, results[0].threads))
            picture = roofline.draw(results, roof, run.letter)
            if picture is not None:
                yield picture


def make(runs: Sequence[Run]) -> Markup:
    """Make the whole page."""
    if len(runs) > 1:
        runs = [replace(run, letter=letter) for letter, run in zip(LETTERS, runs, strict=False)]
    title = "The ladder: " + " and ".join(run.name for run in runs)
    links, sections = [], []
    for name, (heading, parts) in _SECTIONS.items():
        links.append(tag("li", tag("a", text(heading), href=f"#{name}")))
        sections.append(section(name, heading, *parts(runs)))
    return document(
        title,
        _header(runs, title),
        tag("nav", tag("ul", *links), aria_label="Parts of this page"),
        tag("main", *sections),
        style=resource(_HERE, "ladder.css"),
        script=resource(_HERE, "page.js"),
    )


def _header(runs: Sequence[Run], title: str) -> Markup:
    button = tag("button", text("Dark colours"), id="theme", type="button")
    paragraphs = []
    for run in runs:
        paragraphs.append(paragraph(_summary(run)))
        if run.interrupted:
            paragraphs.append(tag("p", text(INTERRUPTED), class_="wrong"))
    return tag(
        "header",
        tag("div", tag("h1", text(title)), *paragraphs),
        tag("div", button, class_="controls", hidden=True),
    )


def _titled(run: Run, title: str) -> str:
    """A title, after the file's letter where there are several."""
    return f"{run.letter}: {title}" if run.letter else title


def _summary(run: Run) -> str:
    """Say in a few sentences what came out."""
    parts = [f"{_titled(run, run.name)}."] if run.letter else []
    for (results,) in views([run]).values():
        if best := fastest(results):
            ratio = best[0].ratio_first
            parts.append(
                f"{describe(best[0])}: the fastest of {plural(len(results), 'rung')} is "
                f"{best[0].rung} with {or_dash(best[0].ns, duration)} a sample"
                + (f", {times(ratio)} the first rung's speed." if ratio else ".")
            )
            break
    for trouble in dict.fromkeys(result.trouble for result in run.results if result.trouble):
        rungs = dict.fromkeys(result.rung for result in run.results if result.trouble == trouble)
        parts.append(f"{trouble}: {', '.join(rungs)}.")
    if run.nowhere():
        parts.append(f"Left out: {', '.join(run.nowhere())}.")
    return " ".join(parts) or "Nothing was measured."


def _ladder(runs: Sequence[Run]) -> list[Markup]:
    sorted_views = views(runs)
    cards = []
    for (task, view), side in sorted_views.items():
        kernel, dtype, threads = view
        formulas = next((result.formulas for results in side for result in results), None)
        cards.append(
            tag(
                "article",
                tag("h3", text(of_task(task))),
                tag("p", text("; ".join(filter(None, [formulas, of_view(view)])))),
                tag("div", *map(figure, pictures(runs, side)), class_="pair"),
                class_="card",
                data_task=of_task(task),
                data_kernel=kernel,
                data_dtype=dtype,
                data_threads=threads,
            )
        )
    how = paragraph(
        "Each rung writes the same loops in another way. All were compared with the specification "
        "before they were timed. A time is the median for one sample; its whisker is the 95% "
        "interval of that median.",
    )
    guide = [paragraph(bars.HOW if len(runs) == 1 else bars.HOW_SEVERAL), paragraph(roofline.HOW)]
    return [how, *guide, _choices(list(sorted_views)), *cards]


def _choices(keys: Sequence[View]) -> Markup:
    columns = {
        "task": ("layers", [of_task(task) for task, _ in keys]),
        "kernel": ("loops", [view[0] for _, view in keys]),
        "dtype": ("number type", [view[1] for _, view in keys]),
        "threads": ("threads", [str(view[2]) for _, view in keys]),
    }
    parts = []
    for name, (title, values) in columns.items():
        options = [tag("option", text(value), value=value) for value in dict.fromkeys(values)]
        if name == "task":
            few = len(options) <= _FEW
            options.insert(0 if few else len(options), tag("option", text("all"), value=""))
        parts.append(tag("label", text(title), tag("select", *options, data_choice=name)))
    status = tag("p", id="shown", role="status")
    return tag(
        "div", tag("div", *parts, class_="bar-of-choices"), status, class_="controls", hidden=True
    )


def _crossover(runs: Sequence[Run]) -> list[Markup]:
    parts = []
    for run in runs:
        for picture in crossover.maps(run.results):
            heading = tag("h3", text(_titled(run, picture.title)))
            parts.append(tag("article", heading, figure(picture), class_="card"))
    if parts:
        parts.insert(0, paragraph(crossover.HOW))
    else:
        command = tag("code", text(crossover.COMMAND))
        parts += [paragraph(crossover.NONE), tag("pre", command, tabindex=0)]
    return parts


def _machine(runs: Sequence[Run]) -> list[Markup]:
    parts = []
    for run in runs:
        name = _titled(run, run.name)
        parts += [tag("h3", text(name)), tables.facts(run, f"Facts of {name}")]
    return parts


def _all(runs: Sequence[Run]) -> list[Markup]:
    search = tag(
        "label",
        text("rows with all of these words"),
        tag("input", type="search", id="search", autocomplete="off", spellcheck="false"),
    )
    return [
        paragraph(
            "Rows run: the batch, or the larger of the two small ones that a slow rung's time is "
            "reckoned from. ~: cannot be told apart from the rung before. A heading sorts."
        ),
        tag("div", search, tag("p", id="found", role="status"), class_="controls", hidden=True),
        tables.all_results(runs),
        tag("h3", text("What each rung costs besides")),
        paragraph(
            "On the first problem that it was timed on. Error: the largest that was found, in "
            "units in the last place, and relative to an array's norm. Memory: allocated at one "
            "moment of a step. First result: until the end of the first step. A call: where there "
            "is next to nothing to compute."
        ),
        tables.costs(runs),
    ]


def _sources(runs: Sequence[Run]) -> list[Markup]:
    ideas = {result.rung: result.idea or "" for run in runs for result in run.results}
    source_of = {rung: rung_sources.source_of(rung) for rung in ideas}
    parts = [
        rung_sources.show(source, ideas[rung], rung) for rung, source in source_of.items() if source
    ]
    missing = [rung for rung, source in source_of.items() if source is None]
    paragraphs = [
        paragraph(
            "As they came with this fastbp. Under a line that begins a loop: what this build's "
            "compiler made of it; coloured where it became vector instructions. Below a compiled "
            "rung: the loops that do its work, in the machine code of this build."
        )
    ]
    if missing:
        paragraphs.append(paragraph(f"Without a source here: {', '.join(missing)}."))
    if not parts:
        paragraphs = [paragraph("No sources of these rungs come with this build.")]
    compared = "the loops that every rung is compared with"
    parts.insert(0, rung_sources.show(rung_sources.specification(), compared, "fastbp.reference"))
    return [*paragraphs, *parts]


_SECTIONS = {
    "ladder": ("The ladder", _ladder),
    "crossover": ("Crossovers", _crossover),
    "machine": ("The machine", _machine),
    "results": ("All results", _all),
    "sources": ("Sources", _sources),
}
