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
from fastbp.bench.reading import Limits
from fastbp.bench.schema import Result
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
    """FLOP/s, and bytes/s of memory, at most."""

    flops: float | None
    memory: float | None


@dataclass(frozen=True)
class _Axes:
    x: LogScale
    y: LogScale
    bottom: float


def draw(results: Sequence[Result], roof: Limits | None, letter: str = "") -> Picture | None:
    """Draw one view of one task; None where no rung has a speed and an intensity.

    Parameters
    ----------
    results : sequence of Result
        Of one shape, batch, kernel, number type and number of threads.
    roof : Roof or None
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
    ceiling = _Ceiling(roof.flops, roof.memory(first.kernel)) if roof else _Ceiling(None, None)
    axes = _axes(dots, ceiling)
    return Picture(
        name=f"roofline-{stem(first)}{f'-{letter.lower()}' if letter else ''}",
        title=f"Roofline: {describe(first)}{f' ({letter})' if letter else ''}",
        description=_description(dots, ceiling),
        height=axes.bottom + _BOTTOM,
        body=join([_frame(axes), _ceilings(axes, ceiling), _dots(axes, ceiling, dots, letter)]),
        how=HOW,
        notes=_notes(ceiling),
        columns=_COLUMNS,
        rows=[
            [
                dot.result.rung,
                digits(dot.gflops),
                digits(dot.intensity),
                percent(dot.gflops * 1e9 / ceiling.flops if ceiling.flops else None),
            ]
            for dot in dots
        ],
    )


def _axes(dots: Sequence[_Dot], roof: _Ceiling) -> _Axes:
    bottom = _TOP + max(260.0, _ROW * len(dots))
    heights = [dot.gflops for dot in dots]
    widths = [dot.intensity for dot in dots]
    if roof.flops:
        heights.append(roof.flops / 1e9)
    if roof.flops and roof.memory:
        widths.append(roof.flops / roof.memory)
    return _Axes(
        LogScale(min(*widths, 1.0) / 3, max(*widths, 10.0) * 3, _LEFT, _FIELD),
        # From low to high five times at least: two ticks.
        LogScale(min(min(heights) / 2, max(heights) * 2 / 5), max(heights) * 2, bottom, _TOP),
        bottom,
    )


def _frame(axes: _Axes) -> Markup:
    return join(
        [
            label(0, 12, "GFLOP/s", "small"),
            y_axis(axes.y, 7, _LEFT, _FIELD),
            x_axis(axes.x, 4, _TOP, axes.bottom, axes.bottom + 15),
            label(0, axes.bottom + 33, "FLOP for each byte of the least traffic", "small"),
        ]
    )


def _roof_labels(axes: _Axes, roof: _Ceiling) -> list[tuple[float, str]]:
    """What stands at the right end of the roof, lines from below, each with its height."""
    labels = [f"peak {digits(roof.flops / 1e9)} GFLOP/s"] if roof.flops else []
    labels += [f"memory {digits(roof.memory / 1e9)} GB/s"] if roof.memory else []
    end = roof.flops or axes.x.high * (roof.memory or 0.0)
    return [(axes.y(end / 1e9) + 4 - i * _LINE, content) for i, content in enumerate(labels)]


def _ceilings(axes: _Axes, roof: _Ceiling) -> Markup:
    parts = [label(_LABELS, y, content, "small") for y, content in _roof_labels(axes, roof)]
    peak = roof.flops / 1e9 if roof.flops else axes.y.high
    slope = roof.memory / 1e9 if roof.memory else None
    ridge = peak / slope if slope else axes.x.low
    if roof.flops:
        parts.append(line(axes.x(ridge), axes.y(peak), _FIELD, axes.y(peak), "roof"))
        parts.append(line(_LEFT, axes.y(peak), axes.x(ridge), axes.y(peak), "edge"))
    if slope:
        first = max(axes.x.low, axes.y.low / slope)
        last = min(ridge, axes.x.high)
        ends = (axes.x(first), axes.y(first * slope), axes.x(last), axes.y(last * slope))
        parts.append(line(*ends, "roof"))
    return join(parts)


def _dots(axes: _Axes, roof: _Ceiling, dots: Sequence[_Dot], letter: str) -> Markup:
    best = fastest([dot.result for dot in dots])
    heights = [axes.y(dot.gflops) for dot in dots]
    # Names stand below the roof's end: what is under the roof then has its line under it too.
    top = max([_TOP, *(y + _LINE for y, _ in _roof_labels(axes, roof))])
    label_positions = spread([y + 4 for y in heights], _LINE, top, axes.bottom)
    leaders, marks, names = [], [], []
    for dot, y, label_y in zip(dots, heights, label_positions, strict=True):
        x = axes.x(dot.intensity)
        bend = _FIELD - 3
        corners = [(x, y), (bend, label_y - 4), (_LABELS - 0.5, label_y - 4)]
        leaders.append(polyline(corners, "leader"))
        strong = dot.result in best
        doubt = " doubt" * (dot.result.scaled_from is not None)
        tip = f"{dot.result.rung}: {digits(dot.gflops)} GFLOP/s"
        colour = "best" if strong and not letter else letter.lower() or "a"
        marks.append(with_tip(tip, marker(x, y, f"{colour}{doubt}")))
        name = rung_label(dot.result)
        names.append(label(_LABELS, label_y, name, "strong" if strong else "plain", "name"))
    return join([*leaders, *marks, *names])


def _description(dots: Sequence[_Dot], roof: _Ceiling) -> str:
    top = max(dots, key=lambda dot: dot.gflops)
    parts = [f"{top.result.rung} reaches {digits(top.gflops)} GFLOP/s"]
    if roof.flops:
        share = percent(top.gflops * 1e9 / roof.flops)
        parts.append(f"{share} of the peak of {digits(roof.flops / 1e9)}")
    if roof.memory:
        parts.append(f"memory gives {digits(roof.memory / 1e9)} GB/s")
    return ", ".join(parts) + ". Both axes are logarithmic."


def _notes(roof: _Ceiling) -> list[str]:
    missing = [
        name
        for name, speed in (("the peak", roof.flops), ("memory's speed", roof.memory))
        if not speed
    ]
    return [f"Not drawn, for want of a measurement: {' and '.join(missing)}."] * bool(missing)
