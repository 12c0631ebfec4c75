"""What an explanation says in another notation than the course's: δ, and the way to fastbp's."""

from __future__ import annotations

from collections.abc import Sequence

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


def own_factor(trace: Trace, notation: str) -> float | None:
    """What the network's loss is multiplied with to be the notation's own squared error.

    None where the network's is no squared error.
    """
    row, n_L = trace.loss_row, trace.sizes[-1]
    if row is None or not row.squares:
        return None
    return NOTATIONS[notation].own_loss.of_sample(n_L) / row.c(n_L)


def write_conversion(
    page: Document, trace: Trace, weights: Sequence[Weight], symbols: Sequence[str], notation: str
) -> None:
    """Write which number of fastbp's each derivative is, and what it is with the other's loss."""
    own = NOTATIONS[notation].own_loss
    page.heading("The same in fastbp, and with their loss")
    rows: list[list[Cell]] = [["", *map(Formula, symbols)]]
    names: list[Cell] = [Words(f"t.dC_dw[{l}][{j}, {k}]") for l, j, k in weights]
    values = [float(trace.dC_dw[l][j, k]) + 0.0 for l, j, k in weights]
    rows += [
        ["in fastbp, t = net.trace(x, y)", *names],
        ["with the network's loss", *(f"{value:.15f}" for value in values)],
    ]
    factor = own_factor(trace, notation)
    if factor is not None:
        rows.append(
            [Words(f"with {own.name}"), *(f"{value * factor + 0.0:.15f}" for value in values)]
        )
    page.table(rows, "<" + ">" * len(weights), head=True)
    page.gap()
    if factor is None:
        page.text("The network's loss is no squared error, and is the same in both.")
        return
    page.text(
        Words(f"{own.name} is {own.formula} of one sample: "),
        "the network's loss times ",
        number(factor),
        ". So is each derivative, and a learning rate for the same step is that of the network's "
        "loss divided by it. Over samples it is ",
        "their sum." if own.samples == "sum" else "their mean, as in fastbp.",
    )
