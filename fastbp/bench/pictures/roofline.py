"""The roofline: what each rung reaches, under what the machine could do at most.

A rung that does I floating-point operations for each byte that must come from memory cannot do
more than min(peak, I bandwidth) of them a second (Williams, Waterman and Patterson, 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.bench.columns import describe
from fastbp.bench.number_format import digits, percent
from fastbp.bench.pictures.bars import rung_label, stem
from fastbp.bench.ranking import fastest
from fastbp.bench.schema import Limits, Result
from fastbp.drawing.axes import x_axis, y_axis
from fastbp.drawing.markup import Markup, join
from fastbp.drawing.picture import Picture
from fastbp.drawing.scales import LogScale, spread
from fastbp.drawing.shapes import label, line, marker, polyline, with_tip

_TOP, _BOTTOM = 30.0, 40.0  # pixels above and below the field
_LEFT, _FIELD, _LABELS = 11.0, 57.0, 60.0  # per cent: the field's ends, and where names begin
_LINE = 14.0  # pixels from one name to the next, at the least
_ROW = 25.0  # pixels of height for each rung
HOW = (
    "Rooflines: higher is faster. The thick line is what this machine was measured to do at most: "
    "left of its bend memory is the limit, right of it arithmetic. A dot may stand above the "
    "slope, as weights that stay in a cache need not come from memory again."
)
_COLUMNS = ("rung", "GFLOP/s", "FLOP a byte", "share of the peak")


@dataclass(frozen=True)
class _Dot:
    result: Result
    intensity: float
    gflops: float


@dataclass(frozen=True)
class _Ceiling:
    """GFLOP/s, and GB/s of memory, at most."""

    flops: float | None
    memory: float | None


def draw(results: Sequence[Result], roof: Limits | None, letter: str = "") -> Picture | None:
    """Draw one view of one task; None where no rung has a speed and an intensity.

    Parameters
    ----------
    results : sequence of Result
        Of one shape, batch, kernel, number type and number of threads.
    roof : Limits or None
        What the machine can do with that number type and so many threads.
    letter : str
        The file, where there are several.
    """
    dots = [
        _Dot(result, result.intensity, result.gflops)
        for result in results
        if result.ns is not None and result.intensity and result.gflops
    ]
    if not dots:
        return None
    first = dots[0].result
    limits = (roof.flops, roof.memory(first.kernel)) if roof else (None, None)
    ceiling = _Ceiling(*(speed / 1e9 if speed else None for speed in limits))
    x, y = _scales(dots, ceiling)
    return Picture(
        name=f"roofline-{stem(first)}{f'-{letter.lower()}' if letter else ''}",
        title=f"Roofline: {describe(first)}{f' ({letter})' if letter else ''}",
        description=_description(dots, ceiling),
        height=y.start + _BOTTOM,
        body=join([_frame(x, y), _ceilings(x, y, ceiling), _dots(x, y, ceiling, dots, letter)]),
        how=HOW,
        notes=_notes(ceiling),
        columns=_COLUMNS,
        rows=[
            [
                dot.result.rung,
                digits(dot.gflops),
                digits(dot.intensity),
                percent(dot.gflops / ceiling.flops if ceiling.flops else None),
            ]
            for dot in dots
        ],
    )


def _scales(dots: Sequence[_Dot], roof: _Ceiling) -> tuple[LogScale, LogScale]:
    bottom = _TOP + max(260.0, _ROW * len(dots))
    heights = [dot.gflops for dot in dots]
    widths = [dot.intensity for dot in dots]
    if roof.flops:
        heights.append(roof.flops)
    if roof.flops and roof.memory:
        widths.append(roof.flops / roof.memory)
    # From low to high five times at least: two ticks.
    low = min(min(heights) / 2, max(heights) * 2 / 5)
    return (
        LogScale(min(*widths, 1.0) / 3, max(*widths, 10.0) * 3, _LEFT, _FIELD),
        LogScale(low, max(heights) * 2, bottom, _TOP),
    )


def _frame(x: LogScale, y: LogScale) -> Markup:
    bottom = y.start
    return join(
        [
            label(0, 12, "GFLOP/s", "small"),
            y_axis(y, 7, _LEFT, _FIELD),
            x_axis(x, 4, _TOP, bottom, bottom + 15),
            label(0, bottom + 33, "FLOP for each byte of the least traffic", "small"),
        ]
    )


def _roof_labels(x: LogScale, y: LogScale, roof: _Ceiling) -> list[tuple[float, str]]:
    """What stands at the right end of the roof, lines from below, each with its height."""
    labels = [f"peak {digits(roof.flops)} GFLOP/s"] if roof.flops else []
    labels += [f"memory {digits(roof.memory)} GB/s"] if roof.memory else []
    end = roof.flops or x.high * (roof.memory or 0.0)
    return [(y(end) + 4 - i * _LINE, content) for i, content in enumerate(labels)]


def _ceilings(x: LogScale, y: LogScale, roof: _Ceiling) -> Markup:
    parts = [label(_LABELS, at, content, "small") for at, content in _roof_labels(x, y, roof)]
    peak, slope = roof.flops or y.high, roof.memory
    ridge = peak / slope if slope else x.low
    if roof.flops:
        parts.append(line(x(ridge), y(peak), _FIELD, y(peak), "roof"))
        parts.append(line(_LEFT, y(peak), x(ridge), y(peak), "edge"))
    if slope:
        first, last = max(x.low, y.low / slope), min(ridge, x.high)
        parts.append(line(x(first), y(first * slope), x(last), y(last * slope), "roof"))
    return join(parts)


def _dots(x: LogScale, y: LogScale, roof: _Ceiling, dots: Sequence[_Dot], letter: str) -> Markup:
    best = fastest([dot.result for dot in dots])
    heights = [y(dot.gflops) for dot in dots]
    # Names stand below the roof's end: what is under the roof then has its line under it too.
    top = max([_TOP, *(height + _LINE for height, _ in _roof_labels(x, y, roof))])
    label_heights = spread([height + 4 for height in heights], _LINE, top, y.start)
    leaders, marks, names = [], [], []
    for dot, height, label_height in zip(dots, heights, label_heights, strict=True):
        place, bend = x(dot.intensity), _FIELD - 3
        ends = [(bend, label_height - 4), (_LABELS - 0.5, label_height - 4)]
        leaders.append(polyline([(place, height), *ends], "leader"))
        strong = dot.result in best
        doubt = " doubt" * (dot.result.scaled_from is not None)
        tip = f"{dot.result.rung}: {digits(dot.gflops)} GFLOP/s"
        colour = "best" if strong and not letter else letter.lower() or "a"
        marks.append(with_tip(tip, marker(place, height, f"{colour}{doubt}")))
        classes = ("strong" if strong else "plain", "name")
        names.append(label(_LABELS, label_height, rung_label(dot.result), *classes))
    return join([*leaders, *marks, *names])


def _description(dots: Sequence[_Dot], roof: _Ceiling) -> str:
    top = max(dots, key=lambda dot: dot.gflops)
    parts = [f"{top.result.rung} reaches {digits(top.gflops)} GFLOP/s"]
    if roof.flops:
        share = percent(top.gflops / roof.flops)
        parts.append(f"{share} of the peak of {digits(roof.flops)}")
    if roof.memory:
        parts.append(f"memory gives {digits(roof.memory)} GB/s")
    return ", ".join(parts) + ". Both axes are logarithmic."


def _notes(roof: _Ceiling) -> list[str]:
    limits = {"the peak": roof.flops, "memory's speed": roof.memory}
    missing = [name for name, speed in limits.items() if not speed]
    return [f"Not drawn, for want of a measurement: {' and '.join(missing)}."] * bool(missing)
