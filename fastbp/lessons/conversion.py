"""What an explanation says in another notation than the course's: δ, and the way to fastbp's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Formula, Words
from fastbp.lessons.networks import Weight
from fastbp.lessons.notations import NOTATIONS
from fastbp.model.trace import Trace
from fastbp.text.page import number


def definition_of_delta(notation: str) -> Formula:
    """What δ is; in code its name is that of the derivative itself."""
    return Formula("δ_j^(l)" if NOTATIONS[notation].code else "δ_j^(l) = dC_0/dz_j^(l)")


def write_repeated_part(page: Document, trace: Trace, notation: str) -> None:
    """Write what δ is, by its name in the notation."""
    page.heading("The part that repeats")
    page.text(
        definition_of_delta(notation),
        " is the same for all weights into a node, and is computed once:",
    )
    page.gap()
    write_rules(page, trace)


def write_rules(page: Document, trace: Trace) -> None:
    """Write how δ goes down a layer, and what derivatives it gives."""
    of_bias = "        dC_0/db_j^(l) = δ_j^(l)" if trace.bias else ""
    page.formula(
        "δ_k^(l-1) = g'(z_k^(l-1)) · Σ_j w_jk^(l) δ_j^(l)",
        f"dC_0/dw_jk^(l) = δ_j^(l) a_k^(l-1){of_bias}",
    )


class OwnLoss(NamedTuple):
    """The loss that goes with a notation in the place of the network's.

    ``factor`` times the network's is it; ``name`` is what a row of numbers calls it, ``words`` say
    what it is, and ``samples`` what it is over several: their "mean" or "sum".
    """

    name: str
    words: str
    factor: float
    samples: str


def own_loss(trace: Trace, notation: str) -> OwnLoss | None:
    """The notation's own squared error, or its mean over outputs of another loss.

    None where the network's loss is the same there, or is of the caller's own.
    """
    row, n_L, written = trace.loss_row, trace.sizes[-1], NOTATIONS[notation]
    own = written.own_loss
    if row is None:
        return None
    if row.squares:
        words = f"{own.name} is {own.formula} of one sample: "
        return OwnLoss(own.name, words, own.of_sample(n_L) / row.c(n_L), own.samples)
    if not own.mean_of_outputs or trace.activations[-1] == "softmax":
        return None  # a cross-entropy over classes is a sum there too
    words = f"{written.library} has the mean over the outputs where {row.label} is their sum: "
    return OwnLoss("the mean over outputs", words, 1 / n_L, own.samples)


def write_conversion(
    page: Document, trace: Trace, weights: Sequence[Weight], symbols: Sequence[str], notation: str
) -> None:
    """Write which number of fastbp's each derivative is, and what it is with the other's loss."""
    page.heading("The same in fastbp, and with their loss")
    rows: list[list[Cell]] = [["", *map(Formula, symbols)]]
    names: list[Cell] = [Words(f"t.dC_dw[{l}][{j}, {k}]") for l, j, k in weights]
    values = [float(trace.dC_dw[l][j, k]) + 0.0 for l, j, k in weights]
    rows += [
        ["in fastbp, t = net.trace(x, y)", *names],
        ["with the network's loss", *(f"{value:.15f}" for value in values)],
    ]
    own = own_loss(trace, notation)
    if own is not None:
        converted = (f"{value * own.factor + 0.0:.15f}" for value in values)
        rows.append([Words(f"with {own.name}"), *converted])
    page.table(rows, "<" + ">" * len(weights), head=True)
    page.gap()
    if own is None:
        page.text("The network's loss is no squared error, and there is nothing to convert.")
        return
    page.text(
        Words(own.words),
        "the network's loss times ",
        number(own.factor),
        ". So is each derivative, and a learning rate for the same step is that of the network's "
        "loss divided by it. Over samples it is ",
        "their sum." if own.samples == "sum" else "their mean, as in fastbp.",
    )
