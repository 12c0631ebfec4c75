"""The content of ``net.explain``: forward pass, dC_0/dw_jk in its factors, and three checks."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastbp.inputs import Array, check_choice, check_column_names, check_flag, check_integer
from fastbp.lessons.conversion import write_conversion, write_repeated_part, write_rules
from fastbp.lessons.document import Cell, Document
from fastbp.lessons.formulas import Formula, Law, Layer, Node, Part, Words
from fastbp.lessons.loss_factor import loss_factor, notated
from fastbp.lessons.networks import Weight, central_difference, check_activations, in_float64
from fastbp.lessons.notations import NOTATIONS
from fastbp.lessons.renderers import RENDERERS, render
from fastbp.lessons.weight import Derivation, Names
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.operations import ActivationRow
from fastbp.text.page import number
from fastbp.text.rendered import Rendered

NODES_ACROSS = 5  # nodes of a layer that fit side by side in 80 columns


def explain(
    net: Network,
    x: Any,
    y: Any,
    *,
    l: int | None = None,
    j: int | None = None,
    k: int | None = None,
    format: str = "text",
    notation: str = "course",
    spell_out: bool = False,
) -> Rendered:
    """Explain dC_0/dw_jk^(l) of a network on one sample, in symbols and in numbers.

    Parameters
    ----------
    net : Network
        With built-in activations. It is not changed; what is computed is computed in float64. Of
        a loss of its own, dC_0/da_j is what the loss's gradient gives.
    x, y
        The sample and its target, as for :meth:`Network.trace`.
    l, j, k : int, optional
        Which weight: of layer l = 1..L, from node k of layer l - 1 to node j. Without any of them
        two weights are explained, one of the last layer and one of the layer below.
    format : "text", "markdown", "latex" or "html"
        What is returned: a page of at most 80 columns (of a notation in code, more); Markdown with
        formulas between dollar signs; LaTeX that needs no package, for KaTeX and MathJax too; or a
        piece of a page with MathML, without scripts, in ASCII.
    notation : "course", "nielsen", "ng", "pytorch" or "keras"
        In whose symbols, which docs/notation.md has side by side. The derivative is that of the
        network's own loss in each; in all but the course's a section at the end converts it to
        fastbp's indices, and a loss to that author's (a squared error with ½, a mean over outputs).
    spell_out : bool
        True writes a text in ASCII only: "delta" for the Greek letter, and so on.

    Returns
    -------
    str
        Of a class of its own: a notebook shows it rendered.

    Raises
    ------
    ValueError, TypeError
        If there is no such weight, x and y are no sample of this network, or an activation is the
        caller's own, whose formula is not known here.

    Examples
    --------
    >>> import fastbp
    >>> net = fastbp.Network([2, 3, 1], seed=0)
    >>> text = fastbp.explain(net, [0.5, 1.0], 1, l=2, j=0, k=1)
    >>> text.splitlines()[0]
    'dC_0/dw_01^(L) on a 2-3-1 network'
    >>> net.explain([0.5, 1.0], 1, l=2, j=0, k=1, notation="nielsen").splitlines()[0]
    '∂C_x/∂w^L_12 on a 2-3-1 network'
    """
    if not isinstance(net, Network):
        raise TypeError(f"net must be a Network, got {type(net).__name__}")
    check_choice("format", format, RENDERERS)
    check_choice("notation", notation, NOTATIONS)
    check_flag("spell_out", spell_out)
    check_column_names(x, net.feature_names, "x")
    float64_net = in_float64(net)
    trace = float64_net.trace(x, y)
    page, weights = Document(net.sizes), choose_weights(net.sizes, l, j, k)
    write_explanation(page, float64_net, trace.a[0], trace.y, weights, notation)
    return render(page, format, notation, spell_out=spell_out)


def choose_weights(
    sizes: Sequence[int], l: int | None, j: int | None, k: int | None, prefix: str = ""
) -> list[Weight]:
    """Return the one weight asked for, or the lesson's two (the nearest there are).

    ``prefix`` is written before the names of l, j and k in an error.
    """
    L = len(sizes) - 1
    if l is None and j is None and k is None:
        defaults = [(L, 1, 2), (L - 1, 2, 2)][:L]
        return [(m, min(j, sizes[m] - 1), min(k, sizes[m - 1] - 1)) for m, j, k in defaults]
    l, j, k = (
        default if value is None else check_integer(f"{prefix}{name}", value)
        for name, value, default in (("l", l, L), ("j", j, 0), ("k", k, 0))
    )
    if not 1 <= l <= L:
        raise ValueError(
            f"{prefix}l: got {l}, expected 1 to {L}: weights lead into layers 1 to L, "
            "and layer 0 is the input"
        )
    for name, node, layer in (("j", j, l), ("k", k, l - 1)):
        if not 0 <= node < sizes[layer]:
            raise ValueError(
                f"{prefix}{name}: got {node}, expected 0 to {sizes[layer] - 1}: layer "
                f"{layer} has {sizes[layer]} nodes, and nodes count from 0"
            )
    return [(l, j, k)]


def write_explanation(
    page: Document,
    net: Network,
    x: Array,
    y: Array,
    weights: list[Weight],
    notation: str = "course",
) -> None:
    """Write the pass of one sample, the derivation of each weight, and three checks of it.

    Parameters
    ----------
    page : Document
        Where to write.
    net : fastbp.Network
        With activations from the table; float64 for checks in full digits.
    x, y : ndarray
        The sample and its target.
    weights : list of (l, j, k)
        With l = 1..L. Layers are named from L where each is L or L-1, else by number.
    notation : str
        Which one the page will be rendered in, and so explains: a name of ``NOTATIONS``.

    Raises
    ------
    ValueError
        If an activation is not in the table.

    Examples
    --------
    >>> from fastbp.lessons.networks import small_network
    >>> page = Document([2, 2])
    >>> write_explanation(page, *small_network([2, 2]), weights=[(1, 0, 1)])
    >>> "dC_0/dw_01^(L)" in render(page)
    True
    """
    trace = net.trace(x, y)
    check_activations(trace.activations[1:])
    names = Names(net.L, relative=all(l >= net.L - 1 for l, _, _ in weights))
    symbols = [f"dC_0/d{names.of('w', *weight)}" for weight in weights]
    title = " and ".join(symbols) + " on a "
    page.heading(title, Words("-".join(map(str, net.sizes))), " network")
    _write_pass(page, trace, notation)
    values = []
    for symbol, (l, j, k) in zip(symbols, weights, strict=True):
        page.heading(
            f"{symbol}: from node ", Node(k), " of layer ", names.layer(l - 1),
            " to node ", Node(j), " of layer ", names.layer(l),
        )  # fmt: skip
        values.append(Derivation(page, trace, names, notation).weight(l, j, k))
    if notation == "course":
        _write_delta(page, trace)
    else:
        write_repeated_part(page, trace, notation)
    _write_delta_products(page, trace, names, weights)
    _write_checks(page, net, x, y, weights, symbols, values)
    if notation != "course":
        write_conversion(page, trace, weights, symbols, notation)
    page.gap()
    page.text(
        "That is one sample. Over m samples the gradient is the mean of theirs. For "
        "another weight of this network give l, j and k: --l, --j and --k of fastbp explain."
    )


def _write_introduction(page: Document, L: int, notation: str) -> None:
    row = NOTATIONS[notation]
    if notation == "course":
        page.text(
            f"Layers count from the input: a^(0) = x is the sample, and L = {L}. Nodes count "
            "from 0: w_jk^(l) leads from node k of layer l-1 to node j of layer l, and ",
            Words("w_12 is w[1, 2]."),
        )
        return
    page.text(
        "In the notation of ", Words(row.title), ": the input is layer ", Layer(0),
        ", the output layer ", Layer(L), f", and nodes count from {row.first_node}. "
        "w_jk^(l) leads from node k of layer l-1 to node j of layer l.",
    )  # fmt: skip


def _law(row: ActivationRow) -> tuple[Part, ...]:
    return Words(f"{row.label}: "), Law(f"g(z) = {notated(row)}", row.latex)


def _write_pass(page: Document, trace: Trace, notation: str) -> None:
    L = trace.L
    _write_introduction(page, L, notation)
    page.gap()
    activations = [g for l in range(1, L + 1) if (g := trace.row(l))]
    b_j = "b_j^(l) + " if trace.bias else ""
    page.formula(
        f"z_j^(l) = {b_j}Σ_k w_jk^(l) a_k^(l-1)        a_j^(l) = g^(l)(z_j^(l))",
        *dict.fromkeys(map(_law, activations)),  # each once
        *loss_factor(trace).formulas,
    )
    page.gap()
    widest = max(trace.sizes)
    across = min(widest, NODES_ACROSS)

    def row(l: int | None, letter: str, values: Any, symbol: Part | None = None) -> list[Cell]:
        cells: list[Cell] = [number(value) for value in values[:across]]
        cells += [""] * (across - len(cells))
        level: Cell = "" if l is None else Layer(l)
        return [level, symbol or Words(letter), *cells, "..." if len(values) > across else ""]

    nodes: list[Cell] = [("node ", Node(j)) for j in range(across)]
    rows: list[list[Cell]] = [["l", "", *nodes, ""], row(0, "x", trace.a[0])]
    for l in range(1, L + 1):
        numbers = {"b": trace.b[l]} if trace.bias else {}
        numbers |= {"z": trace.z[l], "a": trace.a[l]}
        rows += [
            row(l if i == 0 else None, letter, values)
            for i, (letter, values) in enumerate(numbers.items())
        ]
    page.table([*rows, row(None, "y", trace.y)], "<<" + ">" * across + "<", head=True)
    page.gap()
    page.formula(f"C_0 = {number(trace.C_0)}")


def _write_delta(page: Document, trace: Trace) -> None:
    of_bias, course = "The course has no bias: b_j^(l) is added to z_j^(l). And it", "The course"
    page.heading("What fastbp adds: b and δ" if trace.bias else "What fastbp adds: δ")
    page.text(
        f"{of_bias if trace.bias else course} writes every product "
        "out; fastbp gives the part that repeats a name, δ_j^(l) = dC_0/dz_j^(l), and "
        "computes it once:"
    )
    page.gap()
    write_rules(page, trace)


def _write_delta_products(
    page: Document, trace: Trace, names: Names, weights: list[Weight]
) -> None:
    page.gap()
    rows: list[list[Cell]] = []
    for l, j, k in weights:
        delta, a = float(trace.delta[l][j]), float(trace.a[l - 1][k])
        rows.append(
            [
                Formula(f"{names.of('δ', l, j)} · {names.of('a', l - 1, k)}"),
                Formula(f"= {number(delta)} · {number(a)}"),
                "=",
                number(delta * a),
            ]
        )
    page.table(rows, "<<<>")


def _write_checks(
    page: Document,
    net: Network,
    x: Array,
    y: Array,
    weights: list[Weight],
    symbols: list[str],
    values: list[float],
) -> None:
    trace, gradients = net.trace(x, y), net.gradients(x[np.newaxis], y[np.newaxis])
    page.heading("The same number four times")
    methods: list[tuple[str, Callable[[Weight], float]]] = [
        ("factors above", lambda weight: values[weights.index(weight)]),
        ("δ_j a_k (net.trace)", lambda weight: trace.dC_dw[weight[0]][weight[1:]]),
        ("net.gradients", lambda weight: gradients.weights[weight[0] - 1][weight[1:]]),
        ("central difference", lambda weight: central_difference(net, x, y, weight)),
    ]
    rows: list[list[Cell]] = [["", *map(Formula, symbols)]]
    rows += [
        [name, *(f"{float(value(weight)) + 0.0:.15f}" for weight in weights)]
        for name, value in methods
    ]
    page.table(rows, "<" + ">" * len(weights), head=True)
    page.gap()
    page.text(
        "The central difference knows no chain rule: (C_0(w + h) - C_0(w - h)) / 2h with "
        "h = 1e-6, good to about nine decimals."
    )
