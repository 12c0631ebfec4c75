"""Pictures of calls: when callbacks are called, and which rows make a step."""

from __future__ import annotations

from graph import INNER

from fastbp.drawing.markup import Markup, join, tag
from fastbp.drawing.picture import Picture
from fastbp.drawing.shapes import label, line, marker

_NAMES, _LANE, _BOX = 118.0, 34.0, 24.0  # pixels: room for names, a lane's height, a box's


def box(left: float, width: float, y: float, word: str, tint: str) -> Markup:
    """Draw a box around a word, in the middle of a lane."""
    shape = {"width": width, "height": _BOX, "rx": 4, "class_": f"cell {tint}"}
    rect = tag("rect", x=left, y=y - _BOX / 2, **shape)
    return join([rect, label(100 * (left + width / 2) / INNER, y + 4, word, "small", "middle")])


def callbacks() -> Picture:
    """Two epochs of three steps, and a lane for each method."""
    names = ["", "on_train_begin", "on_batch_end", "on_epoch_end", "on_train_end"]
    lanes = {name: 14 + i * _LANE for i, name in enumerate(names)}
    calls: dict[str, list[float]] = {name: [] for name in names[1:]}
    boxes, x = [], _NAMES + 12.0
    calls["on_train_begin"].append(x - 4)
    for epoch in range(2):
        for step in range(3):
            boxes.append(box(x, 48, lanes[""], f"step {3 * epoch + step}", "tint0"))
            x += 52
            calls["on_batch_end"].append(x - 2)
        boxes.append(box(x, 62, lanes[""], "validation", "tint1"))
        x += 66
        calls["on_epoch_end"].append(x - 2)
        x += 8
    calls["on_train_end"].append(x)
    parts = []
    for name in names[1:]:
        y = lanes[name]
        parts.append(line(100 * _NAMES / INNER, y, 100, y, "grid"))
        parts.append(label(0, y + 4, name, "name"))
        for place in calls[name]:
            at = 100 * place / INNER
            parts.append(line(at, lanes[""] + _BOX / 2, at, y, "leader"))
            parts.append(marker(at, y, "best"))
    return Picture(
        name="callbacks",
        title="When callbacks are called",
        description="on_train_begin before the first step, on_batch_end after each step,"
        " on_epoch_end after each epoch and its validation, on_train_end at the end.",
        height=lanes["on_train_end"] + 16,
        body=join([*parts, *boxes]),
        how="A fit of two epochs of three steps, from left to right; a dot is a call.",
        notes=["True from a method ends the fit at its dot; on_train_end is called then, too."],
        columns=["method", "calls"],
        rows=[[name, str(len(places))] for name, places in calls.items()],
    )


def streams() -> Picture:
    """Which of six rows make which step, by the call."""
    ways = [
        ("fit(X, y)", [["4 1", "0 5", "2 3"], ["1 0", "5 2", "3 4"]]),
        ("fit(batches)", [["0 1 2", "3", "4 5"], ["0 1 2", "3", "4 5"]]),
        ("partial_fit(X, y)", [["0 1", "2 3"], ["4 5"]]),
        ("learn_one(x, y)", [[str(i)] for i in range(6)]),
    ]
    parts = []
    for i, (name, groups) in enumerate(ways):
        y, x = 30 + i * 1.2 * _LANE, _NAMES + 8.0
        parts.append(label(0, y + 4, name, "name"))
        for k, group in enumerate(groups):
            for rows in group:
                width = 16 + 15 * len(rows.split())
                parts.append(box(x, width, y, rows, f"tint{k % 2}"))
                x += width + 4
            x += 12
    return Picture(
        name="streams",
        title="Which rows make a step",
        description="fit shuffles the rows in each epoch; batches come as they are, in each epoch;"
        " partial_fit takes each row once, in order; learn_one takes one row a step.",
        height=30 + 3.6 * _LANE + 22,
        body=join(parts),
        how="A box is a step with its rows. Colours change with the epoch, below with the call.",
        notes=["fit(batches) takes batches of any size, as they come."],
        columns=["call", "steps"],
        rows=[[name, " | ".join(", ".join(group) for group in groups)] for name, groups in ways],
    )
