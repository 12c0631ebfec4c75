"""A network as HTML, for notebooks: its layers, what it predicts and how it is trained."""

from __future__ import annotations

from itertools import pairwise

from fastbp.drawing.html_table import table
from fastbp.drawing.markup import Markup
from fastbp.drawing.notebook import fragment, paragraph
from fastbp.losses import Loss
from fastbp.model.architecture import Architecture
from fastbp.model.model import Model
from fastbp.text.formatting import plural, truncate

# Of more layers the first and the last are shown.
_MOST_LAYERS, _FIRST, _LAST = 24, 12, 6
_MOST_NAMES = 6
_LONGEST_NAME = 40
_LONGEST = 300


def as_html(model: Model) -> Markup:
    """Describe a network in a table with a row for each layer, and a few lines."""
    architecture, state = model.architecture, model.state
    sizes, learned, current = architecture.sizes, state.learned, state.current
    rates = (*architecture.dropout, 0.0) if any(architecture.dropout) else None
    headings = ["l", "nodes", "weights", "parameters", "activation"] + ["dropout"] * bool(rates)
    L = len(sizes) - 1
    rows = [["0", f"{sizes[0]:,}", "–", "–", "input"] + ["–"] * bool(rates)]
    counts = [n * (n_below + bool(architecture.bias)) for n_below, n in pairwise(sizes)]
    for l in _shown(L):
        if l is None:
            rows.append(["…", f"{L - _FIRST - _LAST:,} layers between"])
            continue
        rows.append(
            [
                f"{l:,}",
                f"{sizes[l]:,}",
                f"{sizes[l]:,} × {sizes[l - 1]:,}",
                f"{counts[l - 1]:,}",
                truncate(architecture.labels[l - 1], _LONGEST_NAME),
                *([f"{rates[l - 1]:g}" if rates[l - 1] else "–"] if rates else []),
            ]
        )
    biases = {True: "", False: "no biases", "fixed": "fixed biases"}[architecture.bias]
    numbers = architecture.dtype.name + f", products in {architecture.compute}" * bool(
        architecture.compute
    )
    lines = [
        ", ".join(filter(None, [plural(sum(counts), "parameter"), numbers, biases])),
        f"loss: {_loss_of(architecture)}",
        f"optimizer: {truncate(repr(current.optimizer), _LONGEST)}",
        f"trained for {plural(state.epochs, 'epoch')}",
    ]
    for kind, names in (("class", learned.classes), ("feature", learned.feature_names)):
        if names:
            lines.append(f"{_names(kind, names)}")
    heading = f"Network: {plural(L, 'layer')}, {sizes[0]:,} inputs, {plural(sizes[-1], 'output')}"
    body = table(
        headings,
        rows,
        "Layers, from the input to the output",
        numbers=[False, True, True, True, False, True][: len(headings)],
    )
    return fragment(
        "Network", paragraph(heading, "heading"), body, *(paragraph(line) for line in lines)
    )


def _shown(L: int) -> list[int | None]:
    """The layers with a row; None stands for those between."""
    if L <= _MOST_LAYERS:
        return list(range(1, L + 1))
    return [*range(1, _FIRST + 1), None, *range(L - _LAST + 1, L + 1)]


def _names(kind: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(truncate(str(name), _LONGEST_NAME) for name in names[:_MOST_NAMES])
    n_others = len(names) - _MOST_NAMES
    more = f" and {n_others:,} more" * (n_others > 0)
    plural_kind = {"class": "classes", "feature": "features"}[kind]
    return f"{len(names):,} {kind if len(names) == 1 else plural_kind}: {shown}{more}"


def _loss_of(architecture: Architecture) -> str:
    if isinstance(architecture.loss, Loss):
        return truncate(repr(architecture.loss), _LONGEST)
    return architecture.loss_row.label
