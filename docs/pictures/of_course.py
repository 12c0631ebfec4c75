"""The course's pictures: its network, with every number from ``net.trace``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from course_shapes import (
    WIDTH,
    Drawing,
    Point,
    arrow,
    between,
    box,
    circle,
    figure,
    link,
    symbol,
    words,
)
from graph import Line, Mark, graph

from fastbp.drawing.markup import Markup, tag
from fastbp.lessons.networks import small_network
from fastbp.lessons.questions import SIZES
from fastbp.model.trace import Trace
from fastbp.network import Network

# ---------------------------------------------------------------- the network


def course() -> tuple[Network, Trace]:
    """The course's network, and the numbers of its sample."""
    net, x, y = small_network(SIZES)
    return net, net.trace(x, y)


_X, _RADIUS = (38.0, 148.0, 258.0, 368.0), 25.0
_TARGET, _TOP = 432.0, 74.0


def places(l: int) -> list[Point]:
    """The nodes of a layer."""
    n, step = SIZES[l], 76.0
    middle = _TOP + 1.5 * step
    return [(_X[l], middle + (j - (n - 1) / 2) * step) for j in range(n)]


def headings(last: str = "target") -> list[Markup]:
    """The layers' names."""
    names = ["sample", "layer L−2", "layer L−1", "layer L"]
    return [words((x, 26), name) for x, name in zip(_X, names, strict=True)] + (
        [words((_TARGET, 26), last)] if last else []
    )


def nodes(value: Callable[[int, int], float], first: int = 0, digits: int = 2) -> list[Markup]:
    """The nodes of the layers from ``first`` on, with numbers in them."""
    shapes = []
    for l in range(len(SIZES)):
        for j, at in enumerate(places(l)):
            shapes.append(circle(at, _RADIUS, *(["faint"] if l < first else [])))
            if l >= first:
                shapes.append(figure((at[0], at[1] + 5), value(l, j), digits))
    return shapes


def targets(t: Trace) -> list[Markup]:
    """A target beside each output."""
    shapes = []
    for j, at in enumerate(places(3)):
        centre = (_TARGET, at[1])
        shapes += [
            link((at[0] + _RADIUS, at[1]), (_TARGET - 17, at[1]), "edge"),
            box(centre, 34, 34),
            words((_TARGET, at[1] + 5), f"{t.y[j]:g}", "figure"),
        ]
    return shapes


def weights(style: Callable[[int, int, int], tuple[str, float]]) -> list[Markup]:
    """A line for each weight, of a class and a width."""
    shapes = []
    for l in range(1, len(SIZES)):
        for j, end in enumerate(places(l)):
            for k, start in enumerate(places(l - 1)):
                class_, width = style(l, j, k)
                shapes.append(link(*between(start, end, _RADIUS), class_, width=width))
    return shapes


# ---------------------------------------------------------------- pictures


def intuition() -> Drawing:
    """Which way every weight should move."""
    _, t = course()
    largest = max(float(np.abs(t.dC_dw[l]).max()) for l in (1, 2, 3))

    def wish(l: int, j: int, k: int) -> tuple[str, float]:
        slope = float(t.dC_dw[l][j, k])
        sign = "weight minus" if slope > 0 else "weight plus"
        # The square root, or the thin ones of layer 1 would not be seen.
        return sign, max(1.0, 6.5 * float(np.sqrt(abs(slope) / largest)))

    body = [*headings(), *weights(wish), *nodes(lambda l, j: float(t.a[l][j])), *targets(t)]
    for j, (x, y) in enumerate(places(3)):
        up = t.a[3][j] < t.y[j]
        start, end = (y + 48, y + 28) if up else (y - 48, y - 28)
        body += [
            arrow((x, start), (x, end), size=10),
            words((x, y + 64 if up else y - 54), "should rise" if up else "should fall"),
        ]
    y = _TOP + 3 * 76.0 + 58
    for x, class_, word in ((38, "plus", "should grow"), (190, "minus", "should shrink")):
        body += [
            link((x, y - 5), (x + 34, y - 5), f"weight {class_}", width=4.0),
            words((x + 42, y), word, anchor="start"),
        ]
    return Drawing(
        "course-intuition",
        "Which way every weight should move",
        "The course's network with the outputs of all nodes. Output 0 should fall, output 1 should "
        "rise. Weights that should grow are solid, those that should shrink dashed; the wider, the "
        "more it matters.",
        y + 18,
        body,
    )


# Symbol -> the words below it, where it stands, and where its arrow begins and ends.
_CALLOUTS: dict[str, tuple[str, Point, Point, Point]] = {
    "z_j^(l)": ("input", (178, 172), (186, 196), (198, 234)),
    "g^(l)": ("activation", (258, 150), (258, 174), (258, 253)),
    "a_j^(l)": ("output", (344, 172), (336, 196), (318, 234)),
    "a_k^(l-1)": ("output of k", (58, 444), (59, 424), (60, 382)),
    "w_jk^(l)": ("weight, k to j", (158, 444), (146, 424), (115, 322)),
    "b_j^(l)": ("bias", (262, 444), (254, 424), (236, 406)),
    "δ_j^(l)": ("slope at z", (168, 362), (178, 340), (194, 308)),
    "y_j": ("target", (428, 196), (428, 220), (428, 247)),
    "C_0": ("loss", (404, 444), (404, 424), (404, 395)),
}


def notation() -> Drawing:
    """Every symbol, with an arrow to its place in the last two layers."""
    _, t = course()
    L, j, k = t.L, 1, 2
    below = [(60.0, y) for y in (196.0, 277.0, 357.0)]
    z_at, a_at, other = (206.0, 270.0), (310.0, 270.0), (258.0, 88.0)
    bias, target, loss = (226.0, 390.0), (428.0, 270.0), (404.0, 374.0)
    body = [
        words((60, 30), "layer l − 1"),
        words((258, 30), "layer l, here the last"),
        words((60, 162), "its nodes: k", "words"),
    ]
    for i, start in enumerate(below):
        body.append(link(*between(start, (other[0] - 62, other[1] + 6), 23, 4), "link", "faint"))
        chosen = ["chosen"] if i == k else ["link"]
        body.append(link(*between(start, (z_at[0] - 36, z_at[1]), 23, 0), *chosen))
    body += [
        tag("g", box(other, 124, 52), words((258, 93), f"node j = {1 - j}"), class_="faint"),
        link((bias[0], bias[1] - 14), (bias[0], z_at[1] + 36)),
        link((a_at[0] + 36, a_at[1]), (target[0] - 24, target[1]), "edge"),
        link((a_at[0] + 20, a_at[1] + 36), (loss[0] - 20, loss[1] - 21)),
        link((target[0], target[1] + 21), (loss[0] + 14, loss[1] - 21)),
        tag("rect", x=160, y=224, width=196, height=92, rx=14, class_="box"),
        box(z_at, 72, 72, "reached"),
        box(a_at, 72, 72, "reached"),
        arrow((z_at[0] + 37, z_at[1]), (a_at[0] - 37, a_at[1])),
        words((292, 334), f"node j = {j}"),
        figure((z_at[0], z_at[1] + 5), t.z[L][j]),
        figure((a_at[0], a_at[1] + 5), t.a[L][j]),
        box(bias, 44, 28),
        figure((bias[0], bias[1] + 5), t.b[L][j], 2),
        box(target, 48, 42),
        words((target[0], target[1] + 5), f"{t.y[j]:g}", "figure"),
        box(loss, 62, 42, "loss"),
        figure((loss[0], loss[1] + 5), t.C_0),
    ]
    for i, at in enumerate(below):
        body += [circle(at, 23, *(["reached"] if i == k else []))]
        body += [figure((at[0], at[1] + 5), t.a[L - 1][i]), words((18, at[1] + 5), f"{i}")]
    for name, (meaning, at, start, end) in _CALLOUTS.items():
        is_above = end[1] > at[1]
        body += [
            arrow(start, end),
            symbol((at[0], at[1] - 2 if not is_above else at[1] + 8), name),
            words((at[0], at[1] + 18 if not is_above else at[1] - 16), meaning),
        ]
    return Drawing(
        "course-notation",
        "Every symbol and its place",
        "Node 1 of the last layer of the course's network, with the three nodes below it, its "
        "bias, its target and the loss. An arrow leads from each symbol to its place: "
        + ", ".join(f"{name} ({meaning})" for name, (meaning, *_) in _CALLOUTS.items()),
        478,
        body,
    )


def _chain(
    name: str, title: str, description: str, beside: Sequence[tuple[str, str]], *, factors: bool
) -> Drawing:
    """Boxes from w_12 to C_0, one below another, with formulas beside the links."""
    _, t = course()
    L = t.L
    links = [
        ("w_12^(L)", float(t.w[L][1, 2])),
        ("z_1^(L)", float(t.z[L][1])),
        ("a_1^(L)", float(t.a[L][1])),
        ("C_0", float(t.C_0)),
    ]
    body = []
    step, x = 92.0, 92.0
    kind = "figure" if factors else "words"
    for i, (letter, value) in enumerate(links):
        y = 44 + step * i
        body += [
            box((x, y), 156, 48, "loss" if i == 3 else "reached"),
            symbol((x - 30, y + 6), letter, class_="plain"),
            figure((x + 40, y + 5), value, 4),
        ]
        if i < 3:
            middle = y + step / 2
            body.append(arrow((x, y + 24), (x, y + step - 24), size=10))
            first, second = beside[i]
            body += [
                symbol((x + 24, middle + (0 if factors else -2)), first, "start"),
                words((x + 24, middle + 18), second, kind, anchor="start"),
            ]
    height = 44 + 3 * step + 40
    if factors:
        slope = float(t.dC_dw[L][1, 2])
        height += 34
        product = f"= {slope:.4f}, the product of the three".replace("-", "−")
        body += [
            symbol((16, height - 22), "dC_0/dw_12^(L)", "start"),
            words((128, height - 22), product, "figure", anchor="start"),
        ]
    return Drawing(name, title, description, height, body)


def chain() -> Drawing:
    """The loss as a composition."""
    return _chain(
        "course-chain",
        "From a weight to the loss",
        "w_12^(L) = 0.05 determines z_1^(L) = 0.7585, that a_1^(L) = 0.6810, that C_0 = 0.7986.",
        [
            ("z_1^(L) = b_1^(L) + Σ_k w_1k^(L) a_k^(L-1)", "one term has this weight in it"),
            ("a_1^(L) = g(z_1^(L))", "the sigmoid of z"),
            ("C_0 = Σ_j (a_j^(L) − y_j)²", "one term has this output in it"),
        ],
        factors=False,
    )


def factors() -> Drawing:
    """The derivative as a product along the chain."""
    _, t = course()
    first, second, third = t.a[2][2], t.g_prime[3][1], t.dC_da[3][1]
    return _chain(
        "course-factors",
        "The three factors",
        "Between the boxes of the chain from w_12^(L) to C_0: the rates of its three links.",
        [
            ("a_2^(L-1)", f"= {first:.4f}"),
            ("g'^(L)(z_1^(L))", f"= {second:.4f}"),
            ("2 (a_1^(L) − y_1)", f"= {third:.4f}".replace("-", "−")),
        ],
        factors=True,
    )


def slope() -> Drawing:
    """C_0 over one weight, with the tangent at its value."""
    net, t = course()
    at, value = float(t.w[3][1, 2]), t.C_0
    tangent = float(t.dC_dw[3][1, 2])
    xs = np.linspace(-4, 4, 81)
    losses = []
    for w in xs:
        changed = net.copy()
        changed.weights[2][1, 2] = w
        losses.append(round(changed.loss_value(t.a[0][None], t.y[None]), 6))
    ends = [at - 1.6, at + 1.6]
    height = 300.0
    body = graph(
        [
            Line("the loss", xs.tolist(), losses, "a"),
            Line("its slope here", ends, [value + tangent * (end - at) for end in ends], "best"),
        ],
        (-4, 4),
        (0.6, 1.6),
        "",
        "",
        width=WIDTH - 20,
        height=height - 34,
        marks=[Mark(at, value, f"slope {tangent:.4f}".replace("-", "−"), up=14)],
    )
    return Drawing(
        "course-slope",
        "The loss over one weight",
        f"C_0 as w_12^(L) goes from -4 to 4; at its value {at} the slope is {tangent:.4f}.",
        height,
        [
            tag("svg", body, x=8, y=4, width=WIDTH - 20, height=height - 34),
            symbol((20, 24), "C_0"),
            symbol((WIDTH / 2 + 10, height - 14), "w_12^(L)"),
        ],
    )


def paths() -> Drawing:
    """From w_22 of layer L-1 over both outputs to the loss."""
    _, t = course()
    # Layer 2's node 2 is the lowest; from layer 1's node 2 a level line leads to it.
    loss = (_TARGET - 4, places(2)[1][1])
    chosen = {(2, 2, 2), (3, 0, 2), (3, 1, 2)}
    body = [*headings("loss"), *weights(lambda l, j, k: ("link faint", 1.2))]
    for l, j, k in sorted(chosen):
        start, end = between(places(l - 1)[k], places(l)[j], _RADIUS)
        body.append(arrow(start, end, "chosen", size=13))
    for at in places(3):
        body.append(arrow(*between(at, loss, _RADIUS, 26), "chosen", size=13))
    body += [
        *nodes(lambda l, j: float(t.a[l][j])),
        box(loss, 50, 40, "loss"),
        figure((loss[0], loss[1] + 5), t.C_0),
    ]
    (x, y), (x_end, _) = places(1)[2], places(2)[2]
    body.append(symbol(((x + x_end) / 2, y + 26), "w_22^(L-1)"))
    body += [
        symbol((310, 213), "w_02^(L)", class_="on-link"),
        symbol((322, 284), "w_12^(L)"),
    ]
    return Drawing(
        "course-paths",
        "The paths of a weight of the layer below",
        "From node 2 of layer L-2 the weight w_22 leads to node 2 of layer L-1; from there two "
        "weights lead to the two outputs, and both act on the loss.",
        346,
        body,
    )


def deltas() -> Drawing:
    """Delta in every node, found from the right to the left."""
    _, t = course()
    body = [*headings(), *targets(t)]
    for l in range(1, len(SIZES)):
        for end in places(l - 1):
            for start in places(l):
                if l == 1:
                    body.append(link(*between(start, end, _RADIUS), "link", "faint"))
                else:
                    body.append(arrow(*between(start, end, _RADIUS), "arrow", size=9))
    body += [
        *nodes(lambda l, j: float(t.delta[l][j]) if l else 0.0, first=1, digits=3),
        *(symbol((_X[l], 364), f"δ_j^({name})") for l, name in ((1, "L-2"), (2, "L-1"), (3, "L"))),
        words((_X[0], 362), "no δ"),
    ]
    return Drawing(
        "course-deltas",
        "Delta goes back",
        "The course's network with delta in each node; arrows lead from the outputs to layer 2 and "
        "from there to layer 1.",
        384,
        body,
    )
