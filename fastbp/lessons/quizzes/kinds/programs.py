"""Programs to read: the wrong line of a backward pass, and the order of the steps.

Which line is wrong, and which order is right, is found by running the programs beside the
specification. They are this file's own; no text from outside is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from fastbp import reference
from fastbp.lessons.quizzes.draft import Draft
from fastbp.lessons.quizzes.setting import Setting

#: One sample's backward pass of a network with layers 1 and 2, added to the gradients.
BACKWARD = (
    "for j in range(n[2]):",
    "    delta[2][j] = 2 * (a[2][j] - y[j]) * g_prime(z[2][j])",
    "for k in range(n[1]):",
    "    s = 0.0",
    "    for j in range(n[2]):",
    "        s += w[2][j][k] * delta[2][j]",
    "    delta[1][k] = g_prime(z[1][k]) * s",
    "for l in (1, 2):",
    "    for j in range(n[l]):",
    "        for k in range(n[l - 1]):",
    "            dC_dw[l][j][k] += delta[l][j] * a[l - 1][k]",
    "        dC_db[l][j] += delta[l][j]",
)

#: Line (from 0) -> what is written there by mistake, and the mistake in words.
BROKEN_LINES: dict[int, dict[str, str]] = {
    1: {
        "    delta[2][j] = (a[2][j] - y[j]) * g_prime(z[2][j])": "the 2 of the derivative is lost",
        "    delta[2][j] = 2 * (a[2][j] - y[j]) * g_prime(a[2][j])": "g' is taken at a, not z",
        "    delta[2][j] = 2 * (y[j] - a[2][j]) * g_prime(z[2][j])": "the sign is wrong",
        "    delta[2][j] = 2 * (a[2][j] - y[j])": "g' is missing",
    },
    4: {"    for j in range(n[1]):": "j runs over layer 2, which has n[2] nodes"},
    5: {
        "        s += w[2][k][j] * delta[2][j]": "j and k are swapped",
        "        s = w[2][j][k] * delta[2][j]": "a sum needs +=",
        "        s += w[2][j][k] * delta[2][k]": "the weight from k to j goes with δ of j",
        "        s += delta[2][j]": "the weight is missing",
    },
    6: {
        "    delta[1][k] = g_prime(a[1][k]) * s": "g' is taken at a, not z",
        "    delta[1][k] = s": "g' is missing",
        "    delta[1][k] = g_prime(z[2][k]) * s": "δ of layer 1 needs g' at the z of layer 1",
    },
    10: {
        "            dC_dw[l][j][k] += delta[l][k] * a[l - 1][j]": "j and k are swapped",
        "            dC_dw[l][j][k] += delta[l][j] * a[l][j]": "the a is that of the layer below",
        "            dC_dw[l][j][k] = delta[l][j] * a[l - 1][k]": "samples add up: it needs +=",
        "            dC_dw[l][j][k] += delta[l][j] * z[l - 1][k]": "a node passes on a, not z",
    },
    11: {
        "        dC_db[l][j] += delta[l][j] * b[l][j]": "the bias is no factor",
        "        dC_db[l][j] += delta[l][j] * a[l - 1][j]": "no a is a factor of a bias",
        "        dC_db[l][j] = delta[l][j]": "samples add up: it needs +=",
    },
}

SIZES = (2, 4, 3)  # all different, so that a mistake shows
_SAMPLES = 2


def _numbers(seed: int = 0) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Weights, biases, samples and targets to run a program on."""
    rng = np.random.default_rng(seed)
    w = [None, *(rng.normal(size=(n, m)).tolist() for m, n in pairwise(SIZES))]
    b = [None, *(rng.normal(size=n).tolist() for n in SIZES[1:])]
    X, Y = rng.normal(size=(_SAMPLES, SIZES[0])), rng.random((_SAMPLES, SIZES[-1]))
    return w, b, X.tolist(), Y.tolist()


def run_backward(lines: Sequence[str]) -> tuple[list[Any], list[Any]] | None:
    """The gradients that such a program adds up over two samples; None if it stops with an error.

    >>> run_backward(["dC_dw[1][5][5] = 0"]) is None
    True
    """
    w, b, X, Y = _numbers()
    dC_dw = [None, *([[0.0] * len(row) for row in w[l]] for l in (1, 2))]
    dC_db = [None, *([0.0] * len(b[l]) for l in (1, 2))]
    program = compile("\n".join(lines), "backward", "exec")
    for x, y in zip(X, Y, strict=True):
        z, a = reference.forward(x, w, b, [None, reference.sigmoid, reference.sigmoid])
        names = {
            "n": SIZES,
            "z": z,
            "a": a,
            "y": y,
            "w": w,
            "b": b,
            "delta": [None, [0.0] * SIZES[1], [0.0] * SIZES[2]],
            "dC_dw": dC_dw,
            "dC_db": dC_db,
            "g_prime": lambda z_j: reference.sigmoid_prime([z_j])[0],
        }
        try:
            exec(program, names)
        except (IndexError, TypeError):
            return None
    return dC_dw, dC_db


@cache
def is_right(lines: tuple[str, ...]) -> bool:
    """Whether a program adds up what the specification gives."""
    gradients = run_backward(lines)
    if gradients is None:
        return False
    w, b, X, Y = _numbers()
    slopes = [None, reference.sigmoid_prime, reference.sigmoid_prime]
    _, *means = reference.gradient(X, Y, w, b, [None, reference.sigmoid, reference.sigmoid], slopes)
    return all(
        np.allclose(actual[l], np.array(mean[l]) * _SAMPLES, rtol=1e-9, atol=1e-12)
        for actual, mean in zip(gradients, means, strict=True)
        for l in (1, 2)
    )


def wrong_lines(lines: tuple[str, ...]) -> list[int]:
    """The lines that, put right, make the program right."""
    return [
        i
        for i, line in enumerate(BACKWARD)
        if line != lines[i] and is_right((*lines[:i], line, *lines[i + 1 :]))
    ]


def wrong_line(setting: Setting) -> Draft | None:
    """Find the line of a backward pass that is wrong."""
    rng = setting.rng
    places = list(BROKEN_LINES)
    place = places[rng.integers(len(places))]
    variants = list(BROKEN_LINES[place])
    broken = variants[rng.integers(len(variants))]
    lines = (*BACKWARD[:place], broken, *BACKWARD[place + 1 :])
    if is_right(lines) or wrong_lines(lines) != [place]:
        return None

    def choice(i: int) -> str:
        return f"line {i + 1}: {lines[i].strip()}"

    others = [(choice(i), "this line is right") for i in places if i != place]
    listing = [f"{i:>2}  {line}" for i, line in enumerate(lines, 1)]
    return Draft(
        "\n".join(
            [
                "A network has layers 1 and 2, sigmoid nodes and the loss Σ_j (a_j - y_j)². For",
                "each sample of a batch this program runs after the forward pass, to add the",
                "sample's gradient to dC_dw and dC_db. Which line is wrong?",
                "",
                *listing,
            ]
        ),
        choice(place),
        others,
        f"Line {place + 1}: {BROKEN_LINES[place][broken]}.\n"
        f"It should be: {BACKWARD[place].strip()}\n"
        "Corrected like this, the program computes the right gradient.",
        {"lines": list(lines), "line": place + 1, "right": BACKWARD[place]},
    )


#: The steps of one training step, by letter.
STEPS = {
    "F": "forward: z and a of every layer",
    "D2": "δ^(2) from a^(2), z^(2) and y",
    "D1": "δ^(1) from w^(2), δ^(2) and z^(1)",
    "W2": "w^(2) moves: w_jk -= η δ_j a_k",
    "W1": "w^(1) moves: w_jk -= η δ_j a_k",
}
ORDERS = {
    ("F", "D2", "D1", "W2", "W1"): "",
    ("F", "D2", "D1", "W1", "W2"): "",
    ("F", "D2", "W2", "D1", "W1"): "δ^(1) is computed with the new w^(2)",
    ("D2", "D1", "F", "W2", "W1"): "δ comes before the forward pass that it needs",
    ("F", "D1", "D2", "W2", "W1"): "δ^(1) needs δ^(2), which comes after it",
    ("F", "W2", "W1", "D2", "D1"): "the weights move before there is any δ",
    ("F", "D1", "W1", "D2", "W2"): "backward goes from the output down, and this goes up",
}


def run_order(order: Sequence[str]) -> list[Any] | None:
    """The weights after the steps in this order; None if one needs what is not there yet."""
    w, b, X, Y = _numbers()
    x, y, rate = X[0], Y[0], 0.5
    g = [None, reference.sigmoid, reference.sigmoid]
    state: dict[Any, Any] = {}

    def move(l: int) -> None:
        for j in range(SIZES[l]):
            for k in range(SIZES[l - 1]):
                w[l][j][k] -= rate * state["delta", l][j] * state["a"][l - 1][k]

    def backward() -> None:
        slope = reference.sigmoid_prime(state["z"][1])
        above = np.array(w[2]).T @ np.array(state["delta", 2])
        state["delta", 1] = [float(s * d) for s, d in zip(slope, above, strict=True)]

    def output() -> None:
        state["delta", 2] = reference.squared_error_delta(
            state["z"][2], state["a"][2], y, reference.sigmoid_prime
        )

    def forward() -> None:
        state["z"], state["a"] = reference.forward(x, w, b, g)

    actions: dict[str, Callable[[], None]] = {
        "F": forward,
        "D2": output,
        "D1": backward,
        "W2": lambda: move(2),
        "W1": lambda: move(1),
    }
    try:
        for step in order:
            actions[step]()
    except KeyError:
        return None
    return w


@cache
def is_gradient_descent(order: tuple[str, ...]) -> bool:
    """Whether the steps in this order are the specification's."""
    moved = run_order(order)
    w, b, X, Y = _numbers()
    slopes = [None, reference.sigmoid_prime, reference.sigmoid_prime]
    _, dC_dw, dC_db = reference.gradient(
        X[:1], Y[:1], w, b, [None, reference.sigmoid, reference.sigmoid], slopes
    )
    reference.sgd_step(w, b, dC_dw, dC_db, 0.5)
    return moved is not None and all(np.allclose(moved[l], w[l], rtol=1e-12) for l in (1, 2))


def order_of_update(setting: Setting) -> Draft | None:
    """Choose the right order of the steps."""
    names = list(STEPS)
    shuffled = [names[i] for i in setting.rng.permutation(len(names))]
    letters = dict(zip(shuffled, "PQRST", strict=True))

    def written(order: Sequence[str]) -> str:
        return " ".join(letters[step] for step in order)

    right = [order for order in ORDERS if is_gradient_descent(order)]
    answer = right[setting.rng.integers(len(right))]
    wrong = [(written(order), words) for order, words in ORDERS.items() if order not in right]
    return Draft(
        "\n".join(
            [
                "These are the parts of one step of gradient descent on a network with two layers",
                "of weights:",
                "",
                *(f"    {letters[name]}  {STEPS[name]}" for name in shuffled),
                "",
                "Which order is right?",
            ]
        ),
        written(answer),
        wrong,
        "Forward first; then every δ, from the output down, with the weights of the forward pass; "
        "then the weights move.\n"
        + "\n".join(f"{letters[step]}  {STEPS[step]}" for step in answer)
        + f"\n{written(answer)} gives the weights of the specification.",
        {"letters": letters, "orders": {written(order): list(order) for order in ORDERS}},
    )
