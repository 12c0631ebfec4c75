"""Tables in HTML: of any rows, of all results, and of the machine's facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastbp.bench.checks import KERNELS
from fastbp.bench.numbers import digits, or_dash, percent, times
from fastbp.bench.pictures.bars import before, marks
from fastbp.bench.pictures.markup import Markup, join, tag, text
from fastbp.bench.reading import Run
from fastbp.bench.schema import Result

_TALL = 60  # rows; longer tables scroll by themselves
# Heading -> whether it is a number, and how a result says it.
_COLUMNS: tuple[tuple[str, bool], ...] = (
    ("rung", False),
    ("shape", False),
    ("batch", True),
    ("type", False),
    ("threads", True),
    ("kernel", False),
    ("ns a sample", True),
    ("from", True),
    ("to", True),
    ("× first", True),
    ("× before", True),
    ("before", False),
    ("GFLOP/s", True),
    ("of peak", True),
    ("bytes allocated a step", True),
    ("first result, s", True),
    ("a call, µs", True),
    ("error, ulp", True),
    ("error, norm", True),
    ("marks", False),
)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    name: str,
    *,
    numbers: Sequence[bool] = (),
    **attributes: object,
) -> Markup:
    """Make a table whose first cells head their rows; wide ones scroll by themselves."""
    numeric = numbers or [_is_number([row[i] for row in rows]) for i in range(len(columns))]
    classes = ["n" if number else None for number in numeric]
    head = tag(
        "tr",
        *(
            tag("th", text(column), scope="col", class_=class_)
            for column, class_ in zip(columns, classes, strict=True)
        ),
    )
    body = (
        tag(
            "tr",
            tag("th", text(row[0]), scope="row"),
            *(
                tag("td", text(cell), class_=class_)
                for cell, class_ in zip(row[1:], classes[1:], strict=True)
            ),
        )
        for row in rows
    )
    whole = tag(
        "table",
        tag("caption", text(name), class_="unseen"),
        tag("thead", head),
        tag("tbody", *body),
        **attributes,
    )
    tall = " tall" * (len(rows) > _TALL)
    return tag("div", whole, class_=f"scroll{tall}", role="region", aria_label=name, tabindex=0)


def _is_number(cells: Sequence[str]) -> bool:
    return all(cell[:1].isdigit() or cell in ("–", "") for cell in cells) and any(cells)


def all_results(runs: Sequence[Run], letters: str) -> Markup:
    """Make the table of everything, for sorting and searching."""
    several = len(runs) > 1
    columns = [*([("file", False)] if several else []), *_COLUMNS]
    rows = [
        [*([letter] if several else []), *_cells(result)]
        for letter, run in zip(letters, runs, strict=False)
        for result in sorted(run.results, key=_order)
    ]
    return table(
        [name for name, _ in columns],
        rows,
        "All results",
        numbers=[number for _, number in columns],
        id="all",
    )


def _order(one: Result) -> tuple[int, str, int]:
    return KERNELS.index(one.kernel), one.dtype, one.threads


def _cells(one: Result) -> list[str]:
    low, high = one.interval if one.interval and one.ns else (None, None)
    overhead, errors = one.call_overhead_ns, one.errors or {}
    return [
        one.rung,
        one.shape,
        f"{one.batch:,}",
        one.dtype,
        str(one.threads),
        one.kernel,
        *map(or_dash, (one.ns, low, high)),
        times(one.ratio_first),
        before(one),
        one.before or "–",
        or_dash(one.gflops),
        percent(one.share_of_peak),
        or_dash(one.bytes_allocated_per_step),
        or_dash(one.first_result_seconds),
        or_dash(None if overhead is None else overhead / 1e3),
        or_dash(errors.get("ulp")),
        or_dash(errors.get("norm")),
        "; ".join(marks(one)),
    ]


def facts(run: Run, name: str) -> Markup:
    """List what is known of a machine and of the run on it."""
    pairs = [(key.replace("_", " "), _fact(value)) for key, value in run.facts.items()]
    for (dtype, threads), roof in sorted(run.roofs.items()):
        where = f"{dtype}, threads: {threads}"
        if roof.flops:
            pairs.append((f"peak, {where}", f"{digits(roof.flops / 1e9)} GFLOP/s"))
        for way, speed in (("copied", roof.copy), ("summed", roof.sum)):
            if speed:
                pairs.append((f"memory {way}, {where}", f"{digits(speed / 1e9)} GB/s"))
    pairs += [(f"left out: {rung}", why) for rung, why in run.left_out.items()]
    return table(["", "value"], pairs, name, numbers=[False, False], class_="facts")


def _fact(value: Any) -> str:
    """Write a value of the file in a line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_fact(one)}" for key, one in value.items()) or "–"
    if isinstance(value, list | tuple):
        return " ".join(map(_fact, value)) or "–"
    return "–" if value is None else str(value)


def notes(words: Sequence[str]) -> Markup:
    """Make the sentences under a picture."""
    return tag("figcaption", join((text(word) for word in words), " "))
