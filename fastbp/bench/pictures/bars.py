"""The ladder as horizontal bars on a logarithmic scale, with intervals."""

from collections.abc import Sequence

from fastbp.bench.columns import COLUMNS, describe, footnote, not_above, ratio_text, why_untimed
from fastbp.bench.number_format import duration, span, times
from fastbp.bench.ranking import fastest
from fastbp.bench.schema import Result
from fastbp.drawing.axes import tick, x_axis
from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.scales import LogScale
from fastbp.drawing.shapes import bar, label, truncate, whisker, with_tip

HOW = (
    "Bars: shorter is faster; the scale is logarithmic. At the right: the time of a sample, how "
    "many times faster that is than the rung before, which is the row above or named under the "
    "picture, and than the first. In the strong colour: the "
    "fastest, and what cannot be told from it."
)
HOW_SEVERAL = "Bars: shorter is faster; the scale is logarithmic."
LETTERS = "ABCD"  # files beside each other, each with a colour
_HEAD = 46  # pixels above the first rung
_NAME, _BAR, _GAP = 18, 10, 8  # heights: a rung's words, one bar, and what keeps rungs apart
_COLUMNS = ("rung", "time a sample", "95% interval", "× before", "× first")  # of COLUMNS

Side = Sequence[Sequence[Result]]  # one view of one task, from each file


def stem(result: Result) -> str:
    """What was done, for the name of a file."""
    return f"{result.shape}-batch-{result.batch}-{result.kernel}-{result.dtype}-{result.threads}"


def rung_label(result: Result) -> str:
    """Write a rung's name, cut if it is long, and what points to a note on its batch."""
    return truncate(result.rung) + footnote(result)


def draw(side: Side) -> Picture:
    """Draw one view of one task: a bar for each rung, and for each file where there are several."""
    first = next(result for results in side for result in results)
    timed = [result for results in side for result in results if result.ns is not None]
    reaches = [edge for result in timed for edge in result.reach] or [1.0, 1000.0]
    # The shortest bar is to be seen, and two ticks at least.
    low = min(min(reaches) / 2, max(reaches) / 5)
    scale = LogScale(low, max(reaches) * 1.02, 0.0, 100.0)
    best = [result for results in side for result in fastest(results)]
    body, y = [], float(_HEAD)
    for rung in dict.fromkeys(result.rung for results in side for result in results):
        row = [next((result for result in file if result.rung == rung), None) for file in side]
        body.append(_rung(row, scale, y, best))
        y += _NAME + _GAP + _BAR * len(side) * any(result and result.ns for result in row)
    grid = x_axis(scale, 5, _HEAD - 8, y, _HEAD - 14, lambda ns: duration(ns, tick))
    return Picture(
        name=f"bars-{stem(first)}",
        title=f"Time a sample: {describe(first)}",
        description=_description(side),
        height=y,
        body=join([grid, _header(len(side)), *body]),
        how=HOW if len(side) == 1 else HOW_SEVERAL,
        notes=_notes(side),
        columns=_COLUMNS if len(side) == 1 else ("file", *_COLUMNS),
        rows=[
            _cells(result) if len(side) == 1 else [letter, *_cells(result)]
            for letter, results in zip(LETTERS, side, strict=False)
            for result in results
        ],
    )


def _rung(
    row: Sequence[Result | None], scale: LogScale, y: float, best: Sequence[Result]
) -> Markup:
    results = [result for result in row if result is not None]
    name = max(map(rung_label, results), key=len)
    wrong = any(result.trouble for result in results)
    strong = "strong" if len(row) == 1 and results[0] in best else "plain"
    parts = [
        label(0, y + 12, name, strong),
        label(100, y + 12, _figures(row), strong, "end", *["wrong"] * wrong),
    ]
    for i, result in enumerate(row):
        if result is not None and result.ns is not None:
            colour = LETTERS[i].lower() if len(row) > 1 else "best" if result in best else "a"
            parts.append(_bar(result, scale, y + _NAME + i * _BAR, colour))
    return with_tip(_tip(results), *parts)


def _bar(result: Result, scale: LogScale, y: float, colour: str) -> Markup:
    end, height = scale(result.ns or 0.0), _BAR - 1
    low, high = map(scale, result.reach)
    doubt = " doubt" * (result.scaled_from is not None)
    shapes = bar(end, y, height, f"{colour}{doubt}"), whisker(low, high, y + height / 2)
    return join(shapes)


def _figures(row: Sequence[Result | None]) -> str:
    """What stands at the right of a rung."""
    if len(row) == 1 and row[0] is not None:
        result = row[0]
        if result.ns is None:
            return result.trouble
        return f"{duration(result.ns)} · {ratio_text(result)} · {times(result.ratio_first)}"
    cells = (result and (duration(result.ns) if result.ns else result.trouble) for result in row)
    return " | ".join(cell or "–" for cell in cells)


def _header(files: int) -> Markup:
    if files == 1:
        return label(100, 12, "time · × before · × first", "small", "end")
    letters = LETTERS[:files]
    parts = []
    for i, letter in enumerate(letters):
        square = {"x": 14 + 34 * i, "y": 3, "width": 10, "height": 10}
        parts.append(tag("rect", **square, class_=f"bar {letter.lower()}"))
        parts.append(tag("text", text(letter), x=28 + 34 * i, y=12, class_="small"))
    return join([*parts, label(100, 12, " | ".join(letters), "small", "end")])


def _tip(row: Sequence[Result]) -> str:
    """What to know about the times of a rung before believing them."""
    lines = [row[0].rung + (f": {row[0].idea}" if row[0].idea else "")]
    for result in row:
        if result.ns is None:
            lines.append(why_untimed(result))
            continue
        lines.append(f"{duration(result.ns)} ({span(*result.reach)})")
        if result.scaled_from is not None:
            lines.append(f"reckoned from batches of 1 and {result.scaled_from:,}")
        if result.noisy:
            lines.append("cannot be told apart from the rung before")
    return "\n".join(lines)


def _cells(result: Result) -> list[str]:
    if result.ns is None:
        return [result.rung, why_untimed(result)]
    marks = {"rung": footnote(result), "× before": _range(result.ratio_interval)}
    return [COLUMNS[name](result) + marks.get(name, "") for name in _COLUMNS]


def _range(edges: tuple[float, float] | None) -> str:
    low, high = (times(edge).removesuffix("×") for edge in edges or (None, None))
    return f" ({low} to {high})" if edges else ""


def _description(side: Side) -> str:
    parts = []
    for letter, results in zip(LETTERS, side, strict=False):
        best = fastest(results)
        if best and best[0].ns is not None:
            others = "; not told from it: " + ", ".join(result.rung for result in best[1:])
            parts.append(
                f"{f'{letter}: ' * (len(side) > 1)}{len(results)} rungs; the fastest is "
                f"{best[0].rung} with {duration(best[0].ns)} a sample{others * (len(best) > 1)}."
            )
    return " ".join([*parts, "Horizontal bars on a logarithmic scale; shorter is faster."])


def _notes(side: Side) -> list[str]:
    all_results = [result for results in side for result in results]
    notes = []
    batches = sorted(
        {result.scaled_from for result in all_results if result.scaled_from is not None}
    )
    if batches:
        notes.append(
            "*: too slow for the whole batch, reckoned from one of 1 and one of "
            f"{' or '.join(f'{batch:,}' for batch in batches)}."
        )
    notes += filter(None, [not_above(results) for results in side[:1]])
    if any(result.noisy for result in all_results):
        notes.append("~: cannot be told apart from the rung before.")
    reasons = {result.rung: why_untimed(result) for result in all_results if result.trouble}
    return notes + [f"{rung}: {why}." for rung, why in reasons.items()]
