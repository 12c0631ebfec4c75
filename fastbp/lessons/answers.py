"""Answers to what readers of the course ask: symbols, the same line with numbers, the result.

Each is of the small network that ``fastbp explain`` shows, computed when it is asked for.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from fastbp.lessons.document import Cell
from fastbp.lessons.formulas import Formula, Law, Layer, Node, Words
from fastbp.lessons.lesson import Lesson
from fastbp.lessons.networks import central_difference
from fastbp.lessons.substitution import in_brackets, in_numbers
from fastbp.network import Network
from fastbp.optimizers import SGD
from fastbp.text.page import number

LEARNING_RATE = 0.5


def bias(lesson: Lesson) -> None:
    """Where the bias is."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "The course's lesson leaves it out. It is one number for each node, b_j^(l), and z_j^(l) "
        "begins with it; here ",
        "node ",
        Node(1),
        " of the last layer:",
    )
    lesson.line("z_1^(L)", "b_1^(L) + Σ_k w_1k^(L) a_k^(L-1)", float(t.z[L][1]))
    lesson.text(
        "It is like a weight from a node whose output is always 1. So the last factor of its "
        "derivative is 1, where that of a weight is a_k^(l-1):"
    )
    lesson.line("dC_0/db_1^(L)", "δ_1^(L) · 1", float(t.dC_db[L][1]))
    lesson.page.text(
        "Network(..., bias=False) has no biases, as in the lesson; with bias=",
        Words('"fixed"'),
        " they are used, but never change.",
    )


def widths(lesson: Lesson) -> None:
    """What happens when layers have different widths."""
    t = lesson.t
    lesson.text(
        "Only the limits of the loops change: j runs over the nodes of layer l, and k over those "
        "of layer l-1. In fastbp a matrix of weights has a row for each j and a column for each k:"
    )
    rows: list[list[Cell]] = [["l", "nodes", "below", "weights, j by k"]]
    for l in range(1, t.L + 1):
        n_l, n_below = t.w[l].shape
        rows.append([Layer(l), str(n_l), str(n_below), f"{n_l} x {n_below}"])
    lesson.page.table(rows, ">>>>", head=True)
    lesson.page.gap()
    lesson.text(
        "Layer ",
        Layer(1),
        f" has {t.sizes[1]} nodes above {t.sizes[0]} inputs, so a sum over k has "
        f"{t.sizes[0]} terms:",
    )
    lesson.line("z_2^(1)", "b_2^(1) + Σ_k w_2k^(1) a_k^(0)", float(t.z[1][2]))
    lesson.text(
        f"Backward, the other index is summed: the last layer has {t.sizes[-1]} nodes, so a sum "
        f"over j has {t.sizes[-1]} terms:"
    )
    L = t.L
    lesson.line(
        "dC_0/da_2^(L-1)",
        "Σ_j w_j2^(L) δ_j^(L)",
        float(sum(t.w[L][j, 2] * t.delta[L][j] for j in range(t.sizes[L]))),
    )


def first_weights(lesson: Lesson) -> None:
    """Where the first weights come from."""
    n_in, n_out = lesson.net.sizes[:2]
    lesson.text(
        "They are drawn at random, once, when the network is made. By default (sigmoid, tanh) from "
        "-r to r, where r depends on the widths (Glorot and Bengio 2010), here those of layer ",
        Layer(1),
        " and of the inputs:",
    )
    r = sqrt(6 / (n_in + n_out))
    lesson.page.formula(
        (Law("r = sqrt(6 / (n_(l-1) + n_l))", r"r = \sqrt{\frac{6}{n_{l-1} + n_l}}"),),
        (
            Law(
                f"r = sqrt(6 / ({n_in} + {n_out}))", rf"r = \sqrt{{\frac{{6}}{{{n_in} + {n_out}}}}}"
            ),
        ),
        f"r = {number(r)}",
    )
    lesson.page.gap()
    drawn = Network([n_in, n_out], seed=0, dtype="float64").weights[0]
    lesson.text("The weights into node ", Node(0), " that seed 0 draws:")
    lesson.rows(*((Formula(f"w_0{k}^(1)"), float(drawn[0, k])) for k in range(n_in)))
    lesson.text(
        "Why at random: with equal weights all nodes of a layer compute the same and get the same "
        "gradient, so they stay equal forever. With every weight at 0.5 on the same sample:"
    )
    equal = lesson.net.copy()
    for w, b in zip(equal.weights, equal.biases, strict=True):
        w[...], b[...] = 0.5, 0.0
    t = equal.trace(lesson.x, lesson.y)
    lesson.rows(*((Formula(f"dC_0/dw_{j}0^(1)"), float(t.dC_dw[1][j, 0])) for j in range(n_out)))


def slope_from_output(lesson: Lesson) -> None:
    """Why code takes the derivative at the output a when the theory writes g'(z)."""
    t, L = lesson.t, lesson.t.L
    z, a = float(t.z[L][1]), float(t.a[L][1])
    lesson.text(
        "It is the same number, written with what the forward pass has computed already. For the "
        "sigmoid g'(z) = g(z) (1 - g(z)), and g(z) is a:"
    )
    lesson.line("g'^(L)(z_1^(L))", "a_1^(L) (1 - a_1^(L))", a * (1 - a))
    h = 1e-6
    row = t.row(L)
    assert row is not None
    rise = float(row.g(np, np.array(z + h)) - row.g(np, np.array(z - h)))
    lesson.text("The slope at z itself, as rise over run, without any formula for g':")
    lesson.page.formula(
        f"(g({number(z)} + h) - g({number(z)} - h)) / 2h = {number(rise / (2 * h))}"
    )
    lesson.page.gap()
    lesson.text(
        "It would be wrong to compute g' at a instead of z: the sigmoid's slope at a_1^(L) is "
        "another number, and not a derivative of anything here:"
    )
    assert row.derivative is not None
    lesson.page.formula(f"g'({number(a)}) = {number(float(row.derivative(np, np.array(a))))}")


def _step(lesson: Lesson) -> Network:
    """The network after one step."""
    after = lesson.net.copy()
    after.train_step(lesson.x[None], lesson.y[None], optimizer=SGD(LEARNING_RATE))
    return after


def old_weights(lesson: Lesson) -> None:
    """Whether the layer below uses the old or the new weights."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "The old ones, in every layer: all δ are computed with the weights of the forward pass, "
        "and only then are all weights changed. With the old weights:"
    )
    old = float(t.w[L][:, 2] @ t.delta[L])
    lesson.line("dC_0/da_2^(L-1)", "Σ_j w_j2^(L) δ_j^(L)", old)
    new_w = _step(lesson).weights[L - 1]
    new = float(new_w[:, 2] @ t.delta[L])
    lesson.text(
        f"With the new weights of the last layer, after a step with a learning rate of "
        f"{LEARNING_RATE}, but δ of the old ones, the same sum is the derivative of C_0 neither at "
        "the old weights nor at the new ones:"
    )
    terms = " + ".join(
        f"{in_brackets(w, first=j == 0)} · {in_brackets(delta)}"
        for j, (w, delta) in enumerate(zip(new_w[:, 2], t.delta[L], strict=True))
    )
    lesson.page.formula("Σ_j w_j2^(L) δ_j^(L)", terms, number(new))
    lesson.page.gap()
    lesson.rows(["old weights", old], ["new weights", new], ["their difference", new - old])
    lesson.page.text(
        "The best-known worked example makes this mistake: fastbp explain --example mazur."
    )


def how_far_back(lesson: Lesson) -> None:
    """How far back one goes before computing anew."""
    t = lesson.t
    after = _step(lesson)
    lesson.text(
        "To the first layer, once for each mini-batch: forward through all layers, δ from the last "
        "layer down to layer ",
        Layer(1),
        ", then one update of every weight; only then forward again, with the "
        f"new weights. One step with a learning rate of {LEARNING_RATE}:",
    )
    after_t = after.trace(lesson.x, lesson.y)
    w, slope = float(t.w[1][0, 0]), float(t.dC_dw[1][0, 0])
    lesson.page.formula(
        "w_00^(1) - η · dC_0/dw_00^(1)",
        f"{number(w)} - {LEARNING_RATE} · {number(slope)} = {number(float(after_t.w[1][0, 0]))}",
    )
    lesson.page.gap()
    lesson.rows(
        ["", "before", "after"],
        [Formula("w_00^(1)"), w, float(after_t.w[1][0, 0])],
        [Formula("w_12^(L)"), float(t.w[t.L][1, 2]), float(after_t.w[t.L][1, 2])],
        [Formula("C_0"), float(t.C_0), float(after_t.C_0)],
    )


def paths_to_the_output(lesson: Lesson) -> None:
    """Where the weights from layer l to the output are."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "There are none, unless l is L-1: weights lead from one layer to the next. A node further "
        "down acts on C_0 along every path through the layers above, and the sum over j collects "
        "them one layer at a time. From node ",
        Node(2),
        " of layer L-1 one edge leads to each output:",
    )
    lesson.line("dC_0/da_2^(L-1)", "Σ_j w_j2^(L) δ_j^(L)", float(t.w[L][:, 2] @ t.delta[L]))
    lesson.text(
        f"From a node of layer L-2 there are {t.sizes[L - 1]} times {t.sizes[L]} paths, but a sum "
        f"of {t.sizes[L - 1]} terms has them all, because each δ^(L-1) is itself such a sum:"
    )
    below = float(t.w[L - 1][:, 0] @ t.delta[L - 1])
    lesson.line("dC_0/da_0^(L-2)", "Σ_j w_j0^(L-1) δ_j^(L-1)", below)


def j_and_k(lesson: Lesson) -> None:
    """Which of j and k belongs to layer l."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "j belongs to layer l, where the weight leads to; k to layer l-1, where it comes from. "
        "w_12^(L) is the weight from node ",
        Node(2),
        " of layer L-1 to node ",
        Node(1),
        " of layer L. In fastbp it is ",
        Words(f"t.w[{L}][1, 2]"),
        " with t = net.trace(x, y), row 1 and column 2 of the matrix, counted from 0:",
    )
    lesson.page.formula(f"w_12^(L) = {number(float(t.w[L][1, 2]))}")
    lesson.page.gap()
    lesson.text("In z_j^(l) it is multiplied by the output of layer l-1 with the same k:")
    lesson.line("z_1^(L)", "b_1^(L) + Σ_k w_1k^(L) a_k^(L-1)", float(t.z[L][1]))
    rows, columns = t.w[L].shape
    lesson.page.text(
        f"With j and k swapped, row 2 and column 1, it would not exist: this matrix has {rows} "
        f"rows and {columns} columns. In a square matrix, the swap gives a wrong number without "
        "an error, as in layer ",
        Layer(L - 1),
        ":",
    )
    lesson.page.gap()
    lesson.rows(
        [Formula(f"w_12^({L - 1})"), float(t.w[L - 1][1, 2])],
        [Formula(f"w_21^({L - 1})"), float(t.w[L - 1][2, 1])],
    )


def sum_as_loop(lesson: Lesson) -> None:
    """What the sum sign is in code."""
    t, L = lesson.t, lesson.t.L
    w, a = t.w[L][1].round(7).tolist(), t.a[L - 1].round(7).tolist()
    z = 0.0
    for k in range(len(a)):
        z += w[k] * a[k]
    lesson.text("A loop that starts at 0 and adds. Without the bias:")
    lesson.page.formula("Σ_k w_1k^(L) a_k^(L-1)", in_numbers("Σ_k w_1k^(L) a_k^(L-1)", t))
    lesson.page.gap()
    lesson.page.code(
        f"w_1 = {w}",
        f"a = {a}",
        "z = 0.0",
        "for k in range(len(a)):",
        "    z += w_1[k] * a[k]",
    )
    lesson.page.gap()
    lesson.page.formula(f"z = {number(z)}")


def endless_loop(lesson: Lesson) -> None:
    """The loop that lacks its j++."""
    t, L = lesson.t, lesson.t.L
    terms = ((t.a[L] - t.y) ** 2).tolist()
    turns, j, total = 1000, 0, 0.0
    for _ in range(turns):
        total += terms[j]  # and nothing moves j
    lesson.text("The loss is a sum over the nodes j of the last layer:")
    lesson.line("C_0", "Σ_j (a_j^(L) - y_j)²", float(t.C_0))
    lesson.text(
        "A while loop has to increase j itself. Without its last line (j++ in other languages), j "
        "stays 0, the condition stays true, and the first term is added forever:"
    )
    lesson.page.code(
        f"terms = {[round(term, 7) for term in terms]}",
        "j = 0",
        "C_0 = 0.0",
        "while j < len(terms):",
        "    C_0 += terms[j]",
        "    j += 1",
    )
    lesson.page.gap()
    lesson.rows(
        ["", "j", Words("C_0")],
        ["with j += 1, at its end", str(len(terms)), float(sum(terms))],
        [f"without it, after {turns} rounds", str(j), total],
    )
    lesson.page.text("A for loop over range(n) counts by itself.")


def the_maths(lesson: Lesson) -> None:
    """Whether one needs the maths."""
    t, L = lesson.t, lesson.t.L
    lesson.text(
        "To use a library, no. To know what it does, you need products, sums, and one idea, the "
        "slope: how much C_0 changes if a weight changes a little. It can be measured without "
        "calculus, by moving w_12^(L) by h to either side and running the network:"
    )
    h = 1e-4
    losses = []
    for step in (h, -h):
        moved = lesson.net.copy()
        moved.weights[L - 1][1, 2] += step
        losses.append(moved.loss_value(lesson.x[None], lesson.y[None]))
    lesson.page.formula(
        "(C_0(w + h) - C_0(w - h)) / 2h",
        f"({losses[0]:.10f} - {losses[1]:.10f}) / {2 * h}",
        number(central_difference(lesson.net, lesson.x, lesson.y, (L, 1, 2), h)),
    )
    lesson.page.gap()
    lesson.text("The chain rule gives the same number, and those of all weights in one pass:")
    lesson.line("dC_0/dw_12^(L)", "δ_1^(L) a_2^(L-1)", float(t.dC_dw[L][1, 2]))
