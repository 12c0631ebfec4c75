"""The table of docs/notation.md: each quantity in fastbp and in every notation.

``python docs/notations.py`` writes it into the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fastbp.lessons.as_text import TextWriter
from fastbp.lessons.formulas import Activation, Piece, parse_formula
from fastbp.lessons.notations import LOSS_CONVENTIONS, NOTATIONS, Notation, Speller


class Quantity(NamedTuple):
    """A row of the table: words, the course's symbol, and where fastbp has the number.

    In ``fastbp`` stand a network ``net``, its trace ``t``, a batch ``X``, ``Y``, and l, j, k.
    """

    words: str
    symbol: str
    fastbp: str


#: What has a symbol; ``t`` is ``net.trace(x, y)``.
QUANTITIES = (
    Quantity("the sample", "a_k^(0)", "t.a[0][k]"),
    Quantity("weight, from k to j", "w_jk^(l)", "net.layer(l).w[j, k]"),
    Quantity("bias", "b_j^(l)", "net.layer(l).b[j]"),
    Quantity("input of a node", "z_j^(l)", "t.z[l][j]"),
    Quantity("output of a node", "a_j^(l)", "t.a[l][j]"),
    Quantity("of the layer below", "a_k^(l-1)", "t.a[l - 1][k]"),
    Quantity("target", "y_j", "t.y[j]"),
    Quantity("loss of one sample", "C_0", "t.C_0"),
    Quantity("its slope at z_j", "δ_j^(l)", "t.delta[l][j]"),
    Quantity("gradient of a weight", "dC_0/dw_jk^(l)", "t.dC_dw[l][j, k]"),
    Quantity("gradient of a bias", "dC_0/db_j^(l)", "t.dC_db[l][j]"),
)


class Fact(NamedTuple):
    """A row of the table that is a field of the notation."""

    words: str
    fastbp: str
    of: Callable[[Notation], str]


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


FACTS = (
    Fact("the input is layer number", "0", lambda row: str(row.input_layer)),
    Fact("nodes count from", "0", lambda row: str(row.first_node)),
    Fact(
        "first index of a weight", "j, to", lambda row: "j, to" if row.order == "jk" else "k, from"
    ),
    Fact(
        "squared error of one sample", "the course's, by default", lambda row: row.own_loss.formula
    ),
    Fact("over samples", "the mean", lambda row: f"the {row.own_loss.samples}"),
    Fact("its name", "`net.loss_value(X, Y)`", lambda row: row.others["cost"]),
    Fact("learning rate", "`learning_rate`", lambda row: row.others["rate"]),
    Fact("number of samples", "m, `len(X)`", lambda row: row.others["samples"]),
    Fact("nodes of a layer", "n_l, `net.sizes[l]`", lambda row: row.others["width"]),
)


def symbol_in(notation: Notation, symbol: tuple[Piece, ...]) -> str:
    """A symbol for any layer in a notation."""
    return TextWriter(Speller(notation)).formula(symbol)


def _quantity(notation: Notation, quantity: Quantity) -> str:
    name = _code(symbol_in(notation, parse_formula(quantity.symbol)))
    is_missing = any(quantity.symbol.startswith(letter) for letter in notation.lacks)
    return f"none; fastbp adds {name}" if is_missing else name


def notations_table() -> str:
    """The table in Markdown.

    Examples
    --------
    >>> notations_table().splitlines()[5]  # doctest: +ELLIPSIS
    '| input of a node | `t.z[l][j]` | `z_j^(l)` | `z^l_j` | `z^[l]_j` | `z[j]` | `z[j]` |'
    """
    notations = NOTATIONS.values()
    rows = [
        ["", "fastbp, `t = net.trace(x, y)`", *(_code(row.name) for row in notations)],
        ["---"] * (2 + len(notations)),
    ]
    for quantity in QUANTITIES:
        cells = [_quantity(notation, quantity) for notation in notations]
        rows.append([quantity.words, _code(quantity.fastbp), *cells])
        if quantity.symbol == "z_j^(l)":
            g = [_code(symbol_in(notation, (Activation("l"),))) for notation in notations]
            rows.append(["activation function", "`activation=`, `output_activation=`", *g])
    rows += [[fact.words, fact.fastbp, *map(fact.of, notations)] for fact in FACTS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def losses_table() -> str:
    """The conventions of a squared error in Markdown."""
    rows = [["", "of one sample", "over samples", "times the course's C"], ["---"] * 4]
    for row in LOSS_CONVENTIONS:
        factors = [f"{row.factor:g}"] * (row.factor != 1) + ["1/n_L"] * row.mean_of_outputs
        factors += ["m"] * (row.samples == "sum")
        factor = " ".join(factors) or "1"
        rows.append([row.name, row.formula, f"the {row.samples}", factor])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


#: What stands between the marks of the page.
TABLES = {"notations": notations_table, "squared errors": losses_table}


def with_tables(page: str) -> str:
    """A page with its tables as they are now.

    Each stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``.
    """
    for name, table in TABLES.items():
        begin, end = f"<!-- table: {name} -->", "<!-- end of table -->"
        before, _, rest = page.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise ValueError(f"the page has no lines {begin!r} and {end!r}")
        page = f"{before}{begin}\n\n{table()}\n\n{end}{after}"
    return page
