"""Mazur's worked example, ``fastbp explain --example mazur``, and its two published slips."""

from math import exp

import numpy as np

from fastbp.lessons.document import Document
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.optimizers import SGD

X = np.array([[0.05, 0.10]])
Y = np.array([[0.01, 0.99]])
WEIGHTS = ([[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]])
BIASES = ([0.35, 0.35], [0.60, 0.60])
LEARNING_RATE = 0.5
STEPS = 10_000

# What the page prints.
PUBLISHED_WEIGHTS = (
    ["0.149780716", "0.19956143", "0.24975114", "0.29950229"],
    ["0.35891648", "0.408666186", "0.511301270", "0.561370121"],
)
PUBLISHED_E_1, PUBLISHED_E_END = "0.291027924", "0.0000351085"
PUBLISHED_OUTPUTS = ("0.015912196", "0.984065734")


def mazur_network(bias: bool | str = "fixed", loss: str = "half_squared_error") -> Network:
    """Mazur's 2-2-2 network in float64, before any step.

    >>> mazur_network().loss_value(X, Y)  # doctest: +ELLIPSIS
    0.29837110876000...
    """
    net = Network([2, 2, 2], loss=loss, bias=bias, dtype="float64")
    for l in (1, 2):
        net.weights[l - 1][...] = WEIGHTS[l - 1]
        net.biases[l - 1][...] = BIASES[l - 1]
    return net


def upper_layer_first(steps: int) -> tuple[float, list[float]]:
    """E and the outputs after training with the update-order bug, written out.

    The lines are those of the specification but for one: W(2) moves before delta(1) is computed.
    """
    w_1, w_2 = ([row[:] for row in layer] for layer in WEIGHTS)
    x, y = X[0].tolist(), Y[0].tolist()

    def layer(w: list[list[float]], b: list[float], a: list[float]) -> list[float]:
        return [1 / (1 + exp(-(b[j] + sum(w[j][k] * a[k] for k in (0, 1))))) for j in (0, 1)]

    for _ in range(steps):
        a_1 = layer(w_1, BIASES[0], x)
        a_2 = layer(w_2, BIASES[1], a_1)
        delta_2 = [(a_2[j] - y[j]) * a_2[j] * (1 - a_2[j]) for j in (0, 1)]
        for j in (0, 1):
            for k in (0, 1):
                w_2[j][k] -= LEARNING_RATE * delta_2[j] * a_1[k]  # too early
        delta_1 = [
            a_1[k] * (1 - a_1[k]) * sum(w_2[j][k] * delta_2[j] for j in (0, 1)) for k in (0, 1)
        ]
        for j in (0, 1):
            for k in (0, 1):
                w_1[j][k] -= LEARNING_RATE * delta_1[j] * x[k]
    a_2 = layer(w_2, BIASES[1], layer(w_1, BIASES[0], x))
    return sum((a_2[j] - y[j]) ** 2 for j in (0, 1)) / 2, a_2


def mazur(page: Document) -> None:
    """Write the worked example on a page."""
    net = mazur_network()
    trace = net.trace(X[0], Y[0])
    page.heading("Mazur's worked example in fastbp's notation")
    page.text(
        "Two inputs, two hidden nodes, two outputs; sigmoid everywhere; one sample. Mazur's "
        "E is C_0 with a ½, so no factor 2 follows. The biases take part but stay fixed. "
        f"Learning rate η = {LEARNING_RATE}. Nodes count from 0: Mazur's w1 to w4 are w_00, "
        "w_01, w_10, w_11 of layer 1, and w5 to w8 those of layer 2."
    )
    _write_pass(page, trace)
    net.train_step(X, Y, optimizer=SGD(LEARNING_RATE))
    _write_step(page, trace, net)
    _write_disagreement(page, net)
    _write_variants(page)


def _write_pass(page: Document, trace: Trace) -> None:
    page.heading("Forward, then backward")
    page.formula(
        "z_j^(l) = b_j^(l) + Σ_k w_jk^(l) a_k^(l-1)        a_j^(l) = g(z_j^(l))",
        "δ_j^(2) = (a_j^(2) - y_j) · g'(z_j^(2))",
        "δ_k^(1) = g'(z_k^(1)) · Σ_j w_jk^(2) δ_j^(2)",
    )
    page.gap()
    nodes = {"x": trace.a[0]}
    for l in (1, 2):
        nodes |= {f"z^({l})": trace.z[l], f"a^({l})": trace.a[l]}
    nodes |= {"y": trace.y, "E_j = ½ (a_j - y_j)²": (trace.a[2] - trace.y) ** 2 / 2}
    nodes |= {f"δ^({l})": trace.delta[l] for l in (2, 1)}
    rows = [[symbol, *(f"{value:.9f}" for value in values)] for symbol, values in nodes.items()]
    page.table([["", "node 0", "node 1"], *rows], "<>>")
    page.gap()
    page.formula(f"E = {trace.C_0:.9f}")


def _write_step(page: Document, trace: Trace, net: Network) -> None:
    page.heading("One step")
    page.formula("dE/dw_jk^(l) = δ_j^(l) a_k^(l-1)        w_jk = w_jk - η dE/dw_jk")
    page.gap()
    rows = [["", "Mazur", "before", "dE/dw", "after", "page"]]
    for l in (2, 1):
        for j in (0, 1):
            for k in (0, 1):
                index = 2 * j + k
                rows.append(
                    [
                        f"w_{j}{k}^({l})",
                        f"w{4 * l - 3 + index}",
                        f"{trace.w[l][j, k]:.2f}",
                        f"{trace.dC_dw[l][j, k]:.9f}",
                        f"{net.weights[l - 1][j, k]:.9f}",
                        PUBLISHED_WEIGHTS[l - 1][index],
                    ]
                )
    page.table(rows, "<>>>>>")


def _write_disagreement(page: Document, one_step_net: Network) -> None:
    net = mazur_network()
    history = net.fit(X, Y, epochs=STEPS, batch_size=1, optimizer=SGD(LEARNING_RATE), shuffle=False)
    E_1, E_end = one_step_net.loss_value(X, Y), net.loss_value(X, Y)
    outputs, buggy_run = net.predict(X)[0], upper_layer_first(STEPS)
    page.heading("Why the published page disagrees with itself")
    page.text(
        "Its text and its weights above do what the chain rule says: all δ come from the "
        "weights of the forward pass, then every weight moves. Some of its later numbers "
        "come from a program that moves W(2) first and computes δ^(1) with the new W(2):"
    )
    page.gap()
    page.table(
        [
            ["", "all δ first", "W(2) moved first", "page"],
            ["E after 1 step", f"{E_1:.9f}", f"{upper_layer_first(1)[0]:.9f}", PUBLISHED_E_1],
            *(
                [
                    f"a_{j}^(2) after {STEPS:,}",
                    f"{outputs[j]:.9f}",
                    f"{buggy_run[1][j]:.9f}",
                    PUBLISHED_OUTPUTS[j],
                ]
                for j in (0, 1)
            ),
            [
                f"E after {STEPS - 1:,}",
                f"{history.loss[-1]:.10f}",
                f"{upper_layer_first(STEPS - 1)[0]:.10f}",
                "",
            ],
            [f"E after {STEPS:,}", f"{E_end:.10f}", f"{buggy_run[0]:.10f}", PUBLISHED_E_END],
        ],
        "<>>>",
    )
    page.gap()
    page.text(
        f'The last line is a slip of another kind. The page\'s E "after {STEPS:,} steps" is '
        f"that of {STEPS - 1:,} steps of the right algorithm: a loop that computes E before "
        f"its update shows, in its round {STEPS:,}, the E of the round before. So the page's "
        "E and its outputs belong to two different programs."
    )


def _write_variants(page: Document) -> None:
    page.heading("Close relatives")
    free, full = mazur_network(bias=True), mazur_network(loss="squared_error")
    full_E = full.loss_value(X, Y)
    free.train_step(X, Y, optimizer=SGD(LEARNING_RATE))
    full.train_step(X, Y, optimizer=SGD(LEARNING_RATE / 2))
    page.table(
        [
            ["biases updated too: E after one step", f"{free.loss_value(X, Y):.9f}"],
            ["the course's loss, without ½: C_0 at the start", f"{full_E:.9f}"],
            [
                f"  and w_00^(2) after one step with η = {LEARNING_RATE / 2}: as above",
                f"{full.weights[1][0, 0]:.9f}",
            ],
        ],
        "<>",
    )
