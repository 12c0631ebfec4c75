"""The map of crossovers: for each width and batch, the rung that wins, and whether threads pay."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastbp.bench.numbers import duration, plural, times
from fastbp.bench.pictures.markup import Markup, join, tag, text
from fastbp.bench.pictures.picture import Picture, at, label
from fastbp.bench.ranking import fastest
from fastbp.bench.schema import Result

HOW = (
    "Each square: the letter of the fastest rung (≈: another is as fast, as far as can be told), "
    "and under it how many times faster the best time with more threads is than the best with "
    "one. A thick frame: threads pay."
)
COMMAND = (
    "fastbp bench --sizes 16-16-16 64-64-64 256-256-256 --batch 1 8 64 --threads 1 2 "
    "--json grid.json --html grid.html"
)
_KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TOP, _ROW, _KEY = 40.0, 54.0, 20.0  # pixels: of the head, a width, and a line of the key
_LEFT = 14.0  # per cent, for the widths


@dataclass(frozen=True)
class _Cell:
    """A width and a batch: the winners, and the gain of more threads than one."""

    winners: Sequence[Result]
    gain: float | None
    threads: int

    @property
    def best(self) -> Result:
        return self.winners[0]

    @property
    def pays(self) -> bool:
        return self.gain is not None and self.gain > 1 and self.best.threads > 1


def maps(results: Sequence[Result]) -> list[Picture]:
    """Draw a map for each number of layers, kernel and number type that has a grid.

    A grid is two widths and two batches at least, of networks whose layers are all of one width.
    """
    grids: dict[tuple[int, str, str], dict[tuple[int, int], list[Result]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in results:
        widths = [int(n) for n in one.shape.split("-")]
        if len(set(widths)) == 1 and one.ns is not None:
            grids[len(widths) - 1, one.kernel, one.dtype][widths[0], one.batch].append(one)
    return [
        _draw(layers, kernel, dtype, {place: _cell(rows) for place, rows in grid.items()})
        for (layers, kernel, dtype), grid in grids.items()
        if min(len({place[axis] for place in grid}) for axis in (0, 1)) > 1
    ]


def _cell(rows: Sequence[Result]) -> _Cell:
    fewest = min(one.threads for one in rows)
    alone = fastest([one for one in rows if one.threads == fewest])
    shared = fastest([one for one in rows if one.threads > fewest])
    gain = None
    if shared and alone[0].ns and shared[0].ns:
        gain = alone[0].ns / shared[0].ns
    return _Cell(fastest(rows), gain, shared[0].threads if shared else fewest)


def _draw(layers: int, kernel: str, dtype: str, cells: Mapping[tuple[int, int], _Cell]) -> Picture:
    widths, batches = (sorted({place[axis] for place in cells}) for axis in (0, 1))
    winners = list(dict.fromkeys(cells[place].best.rung for place in sorted(cells)))
    keys = {rung: _KEYS[i] if i < len(_KEYS) else "?" for i, rung in enumerate(winners)}
    step = (100.0 - _LEFT) / len(batches)
    body = [label(0, 14, "width", "small"), label(_LEFT, 14, "batch", "small")]
    for i, batch in enumerate(batches):
        body.append(label(_LEFT + (i + 0.5) * step, 32, f"{batch:,}", "plain", "middle"))
    for row, width in enumerate(widths):
        y = _TOP + row * _ROW
        body.append(label(0, y + 31, f"{width:,}", "plain"))
        for i, batch in enumerate(batches):
            cell = cells.get((width, batch))
            body.append(_square(cell, keys, _LEFT + i * step, y, step))
    y = _TOP + len(widths) * _ROW + 22
    for i, (rung, key) in enumerate(keys.items()):
        body.append(_entry(key, rung, winners.index(rung), y + i * _KEY))
    head = f"{plural(layers, 'layer')} of one width, {kernel}, {dtype}"
    return Picture(
        name=f"crossover-{layers}-layers-{kernel}-{dtype}",
        title=f"Which rung wins: {head}",
        description=f"A grid of {len(widths)} widths and {len(batches)} batches. "
        + " ".join(_sentence(place, cell) for place, cell in sorted(cells.items())),
        height=y + len(keys) * _KEY,
        body=join(body),
        how=HOW,
        notes=[],
        columns=["width", "batch", "fastest", "time a sample", "threads", "gain of threads"],
        rows=[
            [
                f"{width:,}",
                f"{batch:,}",
                " ≈ ".join(_whole(one) for one in cell.winners),
                duration(cell.best.ns or 0.0),
                str(cell.best.threads),
                times(cell.gain),
            ]
            for (width, batch), cell in sorted(cells.items())
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
    tied = any(one.rung != rung for one in cell.winners)
    parts = [
        tag("title", text("\n".join(_whole(one) for one in cell.winners))),
        tag("rect", **place, class_=f"cell tint{tint}{' pays' * cell.pays}"),
        label(middle, y + 22, keys[rung] + "≈" * tied, "key", "middle"),
    ]
    if cell.gain is not None:
        parts.append(label(middle, y + 40, times(cell.gain), "small", "middle"))
    return tag("g", *parts)


def _entry(key: str, rung: str, place: int, y: float) -> Markup:
    return join(
        [
            tag("rect", x=0, y=y - 13, width=20, height=17, rx=3, class_=f"cell tint{place % 6}"),
            tag("text", text(key), x=10, y=y, class_="plain middle"),
            tag("text", text(rung), x=28, y=y, class_="plain"),
        ]
    )


def _whole(one: Result) -> str:
    return f"{one.rung}, {plural(one.threads, 'thread')}"


def _sentence(place: tuple[int, int], cell: _Cell) -> str:
    return f"Width {place[0]:,}, batch {place[1]:,}: {_whole(cell.best)}."
