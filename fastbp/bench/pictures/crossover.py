"""The map of crossovers: for each network and batch, the rung that wins, and if threads pay."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fastbp.bench.columns import of_task
from fastbp.bench.number_format import duration, faster, times
from fastbp.bench.ranking import fastest
from fastbp.bench.schema import Result
from fastbp.drawing.markup import Markup, join, tag, text
from fastbp.drawing.picture import Picture
from fastbp.drawing.shapes import at, label, truncate, with_tip
from fastbp.text.formatting import plural

HOW = (
    "Each square: the letter of the fastest rung (≈: another is as fast, as far as can be told), "
    "and under it how many times faster the best time with more threads is than the best with "
    "one, or that it is slower. A thick frame: threads pay."
)
NONE = (
    "No grid was measured. It takes two networks at least, each with two batches or more. This "
    "command makes one:"
)
COMMAND = (
    "fastbp bench --sizes 16-16-16 64-64-64 256-256-256 --batch 1 8 64 --threads 1 2 "
    "--html grid.html"
)
_KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TOP, _ROW, _KEY = 40.0, 54.0, 20.0  # pixels: of the head, a network, and a line of the key
_LONGEST, _LETTER = 15, 2.1  # letters of a network's name, and per cent for each on a phone
Place = tuple[str, int]  # a network and a batch


@dataclass(frozen=True)
class _Cell:
    """What won on a network and a batch, and the gain of more threads than one."""

    winners: Sequence[Result]
    gain: float | None

    @property
    def best(self) -> Result:
        return self.winners[0]

    @property
    def pays(self) -> bool:
        return self.gain is not None and self.gain > 1 and self.best.threads > 1


def maps(results: Sequence[Result]) -> list[Picture]:
    """Draw a map for each kernel and number type that has a grid: two networks, two batches each.

    The networks stand in the order of their weights, so that it is seen where another rung takes
    over.
    """
    grids: dict[tuple[str, str], dict[Place, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.ns is not None:
            grids[result.kernel, result.dtype][result.task].append(result)
    drawn = []
    for (kernel, dtype), places in grids.items():
        batches = Counter(shape for shape, _ in places)
        rows = sorted((_weights(shape), shape) for shape in batches if batches[shape] > 1)
        if len(rows) > 1:
            cells = {
                (shape, batch): _cell(places[shape, batch])
                for _, shape in rows
                for batch in sorted(batch for of, batch in places if of == shape)
            }
            drawn.append(_draw(kernel, dtype, cells))
    return drawn


def _weights(shape: str) -> int:
    return sum(n * m for n, m in pairwise(map(int, shape.split("-"))))


def _cell(rows: Sequence[Result]) -> _Cell:
    fewest = min(result.threads for result in rows)
    alone = fastest([result for result in rows if result.threads == fewest])
    shared = fastest([result for result in rows if result.threads > fewest])
    gain = (alone[0].ns or 0.0) / (shared[0].ns or 1.0) if shared else None
    return _Cell(fastest(rows), gain)


def _draw(kernel: str, dtype: str, cells: Mapping[Place, _Cell]) -> Picture:
    networks = list(dict.fromkeys(shape for shape, _ in cells))
    batches = sorted({batch for _, batch in cells})
    winners = list(dict.fromkeys(cell.best.rung for cell in cells.values()))
    keys = {rung: _KEYS[i] if i < len(_KEYS) else "?" for i, rung in enumerate(winners)}
    names = [truncate(shape, _LONGEST) for shape in networks]
    left = _LETTER * (1 + max(map(len, names)))
    step = (100.0 - left) / len(batches)
    body = [label(0, 14, "layers", "small"), label(left, 14, "batch", "small")]
    for i, batch in enumerate(batches):
        body.append(label(left + (i + 0.5) * step, 32, f"{batch:,}", "plain", "middle"))
    for row, (shape, name) in enumerate(zip(networks, names, strict=True)):
        y = _TOP + row * _ROW
        body.append(label(0, y + 31, name, "plain"))
        for i, batch in enumerate(batches):
            cell = cells.get((shape, batch))
            body.append(_square(cell, keys, left + i * step, y, step))
    y = _TOP + len(networks) * _ROW + 22
    for i, (rung, key) in enumerate(keys.items()):
        body.append(_entry(key, rung, i, y + i * _KEY))
    return Picture(
        name=f"crossover-{kernel}-{dtype}",
        title=f"Which rung wins: {kernel}, {dtype}",
        description=" ".join(
            [
                f"A grid of {len(networks)} networks and {len(batches)} batches.",
                *(
                    f"{of_task(place)}: {_rung_and_threads(cell.best)}."
                    for place, cell in cells.items()
                ),
            ]
        ),
        height=y + len(keys) * _KEY,
        body=join(body),
        how=HOW,
        notes=[],
        columns=["layers", "batch", "fastest", "time a sample", "threads", "more threads are"],
        rows=[
            [
                shape,
                f"{batch:,}",
                " ≈ ".join(_rung_and_threads(result) for result in cell.winners),
                duration(cell.best.ns or 0.0),
                str(cell.best.threads),
                faster(cell.gain),
            ]
            for (shape, batch), cell in cells.items()
        ],
    )


def _square(
    cell: _Cell | None, keys: Mapping[str, str], x: float, y: float, width: float
) -> Markup:
    place = {"x": at(x + 0.4), "y": y, "width": at(width - 0.8), "height": _ROW - 5, "rx": 3}
    if cell is None:
        return tag("rect", **place, class_="cell none")
    rung = cell.best.rung
    tint = list(keys).index(rung) % 6
    middle = x + width / 2
    tied = any(result.rung != rung for result in cell.winners)
    parts = [
        tag("rect", **place, class_=f"cell tint{tint}{' pays' * cell.pays}"),
        label(middle, y + 22, keys[rung] + "≈" * tied, "key", "middle"),
    ]
    if cell.gain is not None:
        gain = times(cell.gain) if cell.gain >= 1 else "slower"
        parts.append(label(middle, y + 40, gain, "small", "middle"))
    return with_tip("\n".join(_rung_and_threads(result) for result in cell.winners), *parts)


def _entry(key: str, rung: str, place: int, y: float) -> Markup:
    return join(
        [
            tag("rect", x=0, y=y - 13, width=20, height=17, rx=3, class_=f"cell tint{place % 6}"),
            tag("text", text(key), x=10, y=y, class_="plain middle"),
            tag("text", text(rung), x=28, y=y, class_="plain"),
        ]
    )


def _rung_and_threads(result: Result) -> str:
    return f"{result.rung}, {plural(result.threads, 'thread')}"
