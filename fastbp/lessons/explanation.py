"""The text of ``fastbp.explain``: forward pass, dC_0/dw_jk in its factors, and three checks."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastbp.errors import PerformanceWarning
from fastbp.inputs import Array, check_integer
from fastbp.lessons.loss_factor import loss_factor, notated
from fastbp.lessons.weight import Derivation, Names
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.operations import ACTIVATIONS, LOSSES
from fastbp.text.page import Page, number

DEFAULT_SEED = 959  # with it the sum over j has terms of both signs, and no gradient is tiny
NODES_ACROSS = 5  # nodes of a layer that fit side by side in 80 columns
Weight = tuple[int, int, int]


def explain(
    net: Network,
    x: Any,
    y: Any,
    *,
    l: int | None = None,
    j: int | None = None,
    k: int | None = None,
    spell_out: bool = False,
) -> str:
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
    spell_out : bool
        True writes ASCII only: "delta" for the Greek letter, and so on.

    Returns
    -------
    str
        A page of at most 80 columns.

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
    """
    if not isinstance(net, Network):
        raise TypeError(f"net must be a Network, got {type(net).__name__}")
    float64_net = in_float64(net)
    trace = float64_net.trace(x, y)
    page = Page(spell_out)
    write_explanation(page, float64_net, trace.a[0], trace.y, choose_weights(net.sizes, l, j, k))
    return str(page)


def in_float64(net: Network) -> Network:
    """Return a copy with the same parameters in float64, so that every check has its digits.

    Raises
    ------
    ValueError
        If an activation is not in the table.
    """
    _check_activations(net.activations)
    layers = [net.layer(l) for l in range(1, net.L + 1)]
    *hidden, output = [
        (g.activation, *g.numbers.values()) if g.numbers else g.activation for g in layers
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)  # of a loss of its own, once more
        copy = Network(
            net.sizes,
            hidden,
            output_activation=output,
            loss=net.loss,
            bias=net.bias,
            dtype="float64",
            initializer="zeros",
        )
    copy.parameters = net.parameters
    copy.classes = net.classes
    return copy


def _check_activations(names: Sequence[str | None]) -> None:
    if set(names) - set(ACTIVATIONS):
        raise ValueError(
            "net has an activation of its own, whose formula is not known here; "
            f"expected one of {', '.join(ACTIVATIONS)}"
        )


def small_network(
    sizes: Sequence[int],
    *,
    seed: int = DEFAULT_SEED,
    activation: str = "sigmoid",
    loss: str = "squared_error",
) -> tuple[Network, Array, Array]:
    """Make a float64 network with a sample whose numbers can be typed into a calculator.

    Parameters
    ----------
    sizes : sequence of int
        The widths.
    seed : int
        Of the weights, biases (both drawn from N(0, 1)) and the sample (uniform in [0, 1)).
    activation, loss : str
        The output takes ``activation`` too, unless the loss needs another.

    Returns
    -------
    net : fastbp.Network
        Its weights and biases are rounded to two decimals.
    x : ndarray, shape (sizes[0],)
        Rounded likewise.
    y : ndarray, shape (sizes[-1],)
        1 for node 1 (for the only node, if there is one) and 0 for the others.

    Examples
    --------
    >>> net, x, y = small_network([4, 3, 3, 2])
    >>> net.sizes, x.shape, y.tolist()
    ((4, 3, 3, 2), (4,), [0.0, 1.0])
    """
    legal = LOSSES[loss].output_activations
    net = Network(
        list(sizes),
        activation=activation,
        loss=loss,
        dtype="float64",
        output_activation=activation if activation in legal else legal[0],
        initializer="normal",
        seed=seed,
    )
    net.parameters = np.round(net.parameters, 2)
    x = np.round(np.random.default_rng(seed).random(sizes[0]), 2)
    y = np.zeros(sizes[-1])
    y[min(1, sizes[-1] - 1)] = 1.0
    return net, x, y


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


def write_explanation(page: Page, net: Network, x: Array, y: Array, weights: list[Weight]) -> None:
    """Write the pass of one sample, the derivation of each weight, and three checks of it.

    Parameters
    ----------
    page : Page
        Where to write.
    net : fastbp.Network
        With activations from the table; float64 for checks in full digits.
    x, y : ndarray
        The sample and its target.
    weights : list of (l, j, k)
        With l = 1..L. Layers are named from L where each is L or L-1, else by number.

    Raises
    ------
    ValueError
        If an activation is not in the table.

    Examples
    --------
    >>> page = Page(spell_out=True)
    >>> write_explanation(page, *small_network([2, 2]), weights=[(1, 0, 1)])
    >>> "dC_0/dw_01^(L)" in str(page)
    True
    """
    trace = net.trace(x, y)
    _check_activations(trace.activations[1:])
    names = Names(net.L, relative=all(l >= net.L - 1 for l, _, _ in weights))
    symbols = [f"dC_0/d{names.of('w', *weight)}" for weight in weights]
    page.heading(" and ".join(symbols) + f" on a {'-'.join(map(str, net.sizes))} network")
    _write_pass(page, trace)
    values = []
    for symbol, (l, j, k) in zip(symbols, weights, strict=True):
        page.heading(
            f"{symbol}: from node {k} of layer {names.layer(l - 1)} "
            f"to node {j} of layer {names.layer(l)}"
        )
        values.append(Derivation(page, trace, names).weight(l, j, k))
    _write_delta(page, trace, names, weights)
    _write_checks(page, net, x, y, weights, symbols, values)


def _write_pass(page: Page, trace: Trace) -> None:
    L = trace.L
    page.text(
        f"Layers count from the input: a^(0) = x is the sample, and L = {L}. Nodes count "
        "from 0: w_jk^(l) leads from node k of layer l-1 to node j of layer l, and w_12 is "
        "w[1, 2]."
    )
    page.gap()
    activations = [g for l in range(1, L + 1) if (g := trace.row(l))]
    page.formula(
        "z_j^(l) = b_j^(l) + Σ_k w_jk^(l) a_k^(l-1)        a_j^(l) = g^(l)(z_j^(l))",
        *dict.fromkeys(f"{g.label}: g(z) = {notated(g)}" for g in activations),  # each once
        *loss_factor(trace).formulas,
    )
    page.gap()
    widest = max(trace.sizes)
    across = min(widest, NODES_ACROSS)

    def row(layer: str, symbol: str, values: Any) -> list[str]:
        cells = [number(value) for value in values[:across]]
        cells += [""] * (across - len(cells))
        return [layer, symbol, *cells, "..." if len(values) > across else ""]

    rows = [["l", "", *(f"node {j}" for j in range(across)), ""], row("0", "x", trace.a[0])]
    for l in range(1, L + 1):
        rows += [row(str(l), "b", trace.b[l]), row("", "z", trace.z[l]), row("", "a", trace.a[l])]
    page.table([*rows, row("", "y", trace.y)], "<<" + ">" * across + "<")
    page.gap()
    page.formula(f"C_0 = {number(trace.C_0)}")


def _write_delta(page: Page, trace: Trace, names: Names, weights: list[Weight]) -> None:
    page.heading("What fastbp adds: b and δ")
    page.text(
        "The course has no bias: b_j^(l) is added to z_j^(l). And it writes every product "
        "out; fastbp gives the part that repeats a name, δ_j^(l) = dC_0/dz_j^(l), and "
        "computes it once:"
    )
    page.gap()
    page.formula(
        "δ_k^(l-1) = g'(z_k^(l-1)) · Σ_j w_jk^(l) δ_j^(l)",
        "dC_0/dw_jk^(l) = δ_j^(l) a_k^(l-1)        dC_0/db_j^(l) = δ_j^(l)",
    )
    page.gap()
    rows = []
    for l, j, k in weights:
        delta, a = float(trace.delta[l][j]), float(trace.a[l - 1][k])
        rows.append(
            [
                f"{names.of('δ', l, j)} · {names.of('a', l - 1, k)}",
                f"= {number(delta)} · {number(a)}",
                "=",
                number(delta * a),
            ]
        )
    page.table(rows, "<<<>")


def _write_checks(
    page: Page,
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
    rows = [["", *symbols]]
    rows += [
        [name, *(f"{float(value(weight)) + 0.0:.15f}" for weight in weights)]
        for name, value in methods
    ]
    page.table(rows, "<" + ">" * len(weights))
    page.gap()
    page.text(
        "The central difference knows no chain rule: (C_0(w + h) - C_0(w - h)) / 2h with "
        "h = 1e-6, good to about nine decimals."
    )
    page.gap()
    page.text(
        "That is one sample. Over m samples the gradient is the mean of theirs. For "
        "another weight of this network add --l, --j and --k."
    )


def central_difference(net: Network, x: Array, y: Array, weight: Weight, h: float = 1e-6) -> float:
    """(C_0(w + h) - C_0(w - h)) / 2h for one weight w = w_jk^(l), on a copy of the network."""
    l, j, k = weight
    C_0 = []
    for step in (h, -h):
        shifted_net = net.copy()
        shifted_net.weights[l - 1][j, k] += step
        C_0.append(shifted_net.loss_value(x[np.newaxis], y[np.newaxis]))
    return float((C_0[0] - C_0[1]) / (2 * h))
