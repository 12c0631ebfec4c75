"""The answer of every kind of question, computed anew from the numbers that it shows.

Nothing of ``fastbp/lessons`` is used, nor the specification that it asks: formulas of NumPy, loops
that are counted, programs that are run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fastbp.operations import ACTIVATIONS

Question = dict[str, Any]
Array = np.ndarray[Any, Any]


def activation(given: Question) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """(g, g') by NumPy, of the table's formulas for arrays."""
    row = ACTIVATIONS[given["activation"]].with_values(*given["numbers"].values())
    return (
        lambda z: row.g(np, np.atleast_1d(np.asarray(z, float))),
        lambda z: row.derivative(np, np.atleast_1d(np.asarray(z, float))),
    )


#: C_0 of a and y, written out once more.
LOSSES: dict[str, Callable[..., float]] = {
    "squared_error": lambda a, y: np.sum((a - y) ** 2),
    "half_squared_error": lambda a, y: np.sum((a - y) ** 2) / 2,
    "mean_squared_error": lambda a, y: np.mean((a - y) ** 2),
    "cross_entropy": lambda a, y: -np.sum(y * np.log(a)),
    "binary_cross_entropy": lambda a, y: -np.sum(np.log(np.where(y == 1, a, 1 - a))),
    "absolute_error": lambda a, y: np.sum(np.abs(a - y)),
    "huber": lambda a, y, delta: np.sum(
        np.where(np.abs(a - y) <= delta, (a - y) ** 2 / 2, delta * (np.abs(a - y) - delta / 2))
    ),
    "log_cosh": lambda a, y: np.sum(np.log(np.cosh(a - y))),
    "poisson": lambda a, y: np.sum(a - y - np.where(y > 0, np.log(a), 0)),  # y is 0 or 1
    "quantile": lambda a, y, tau: np.sum(np.maximum(tau * (y - a), (1 - tau) * (a - y))),
}
#: Those whose delta is a_j - y_j with the activation that they go with.
MATCHED = {"cross_entropy", "binary_cross_entropy", "poisson"}


def _loss(q: Question) -> float:
    given = q["given"]
    a, y = np.array(given["a"]), np.array(given["y"])
    return float(LOSSES[given["loss"]](a, y, *given["numbers"].values()))


def _output_delta(q: Question) -> float:
    given = q["given"]
    a, y = given["a"], given["y"]
    if given["loss"] in MATCHED:
        return a - y
    numbers = given["loss_numbers"].values()
    # The loss of one output of n_L: the others are at their targets. Central differences are right
    # to h^2 or to 1e-16 / h, both far below the half unit of the fourth digit that is compared.
    h = 1e-5
    others = np.zeros(given["n_L"] - 1)

    def of(a_j: float) -> float:
        return LOSSES[given["loss"]](np.array([a_j, *others]), np.array([y, *others]), *numbers)

    slope = 0.0 if a == y else (of(a + h) - of(a - h)) / (2 * h)
    return float(slope * activation(given)[1](given["z"])[0])


def _node_output(q: Question) -> float:
    given = q["given"]
    return float(activation(given)[0](given["z"])[given["j"]])


def _node_input(q: Question) -> float:
    given = q["given"]
    z = np.array(given["w"]) @ given["a"] + given["b"]
    return float(z[given["j"]] + given["rest"])


def _hidden_delta(q: Question) -> float:
    given = q["given"]
    above = np.array(given["w"]).T @ np.array(given["delta"])
    total = above[given["k"]] + given["rest"]
    return float(activation(given)[1](given["z"])[0] * total)


def _parameters(q: Question) -> float:
    n = q["given"]["sizes"]
    weights = sum(a * b for a, b in pairwise(n))
    return weights + (sum(n[1:]) if q["given"]["bias"] else 0)


#: Kind -> the answer, for those whose answers are numbers.
NUMBERS: dict[str, Callable[[Question], float]] = {
    "matrix": lambda q: np.array(q["given"]["w"])[q["given"]["j"], q["given"]["k"]],
    "parameters": _parameters,
    "biases": lambda q: q["given"]["sizes"][q["given"]["l"]],
    "terms": lambda q: q["given"]["sizes"][q["given"]["l"] - int(q["given"]["forward"])],
    "z": _node_input,
    "a": _node_output,
    "loss": _loss,
    "output-delta": _output_delta,
    "hidden-delta": _hidden_delta,
    "old-weights": lambda q: q["given"]["slope"] * np.dot(q["given"]["old"], q["given"]["delta"]),
    "gradient": lambda q: np.outer(q["given"]["delta"], q["given"]["a"])[
        q["given"]["j"], q["given"]["k"]
    ],
    "bias-gradient": lambda q: q["given"]["delta"][q["given"]["j"]],
    "batch": lambda q: np.mean(np.multiply(q["given"]["delta"], q["given"]["a"])),
    "update": lambda q: (
        q["given"]["w"] - q["given"]["learning_rate"] * q["given"]["delta"] * q["given"]["a"]
    ),
}


# ---------------------------------------------------------------- answers that are words


def is_right_path(q: Question, choice: str) -> bool:
    """Of w_jk^(l), read from the question: from node k of layer l-1 to node j of layer l."""
    digits = re.search(r"w_(?:(\d)(\d)|(\d+),(\d+))\^\((\d+)\)", q["question"])
    assert digits is not None
    j, k, l = [int(group) for group in digits.groups() if group is not None]
    return [int(number) for number in re.findall(r"\d+", choice)] == [k, l - 1, j, l]


def is_right_shape(q: Question, choice: str) -> bool:
    l, sizes = q["given"]["l"], q["given"]["sizes"]
    return tuple(map(int, re.findall(r"\d+", choice))) == np.empty((sizes[l], sizes[l - 1])).shape


def is_right_product(q: Question, choice: str) -> bool:
    """Loss of output j, its slope at z_j, and a_k of the layer below; and no sign before them."""
    L, j, k = (q["given"][name] for name in "ljk")
    parts = choice.split(" · ")
    between = "," if max(j, k) > 9 else ""
    assert between or f"w_{j}{k}^({L})" in q["question"]
    symbols = re.findall(r"a_(\d+)\^\((\d+)\)|y_(\d+)", parts[0])
    nodes = {int(a or y) for a, _, y in symbols}
    return (
        not choice.startswith("-")
        and nodes <= {j}
        and parts[1:] == [f"g'(z_{j}^({L}))"] * q["given"]["chain_rule"] + [f"a_{k}^({L - 1})"]
    )


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


class Net:
    """A 2-4-3 network of sigmoid nodes and two samples, by matrices."""

    sizes = (2, 4, 3)

    def __init__(self) -> None:
        rng = np.random.default_rng(77)
        self.w = [None, rng.normal(size=(4, 2)), rng.normal(size=(3, 4))]
        self.b = [None, rng.normal(size=4), rng.normal(size=3)]
        self.X, self.Y = rng.normal(size=(2, 2)), rng.random((2, 3))

    def forward(self, x: Array) -> tuple[list[Any], list[Any]]:
        z, a = [None], [x]
        for l in (1, 2):
            z.append(self.w[l] @ a[-1] + self.b[l])
            a.append(_sigmoid(z[-1]))
        return z, a

    def backward(self, x: Array, y: Array) -> tuple[list[Any], list[Any]]:
        _, a = self.forward(x)
        delta = [None, None, 2 * (a[2] - y) * a[2] * (1 - a[2])]
        delta[1] = (self.w[2].T @ delta[2]) * a[1] * (1 - a[1])
        return delta, a


def is_right_program(lines: Sequence[str]) -> bool:
    """Run it on lists over two samples, and compare with sums of outer products."""
    net = Net()
    expected_w = [None] + [np.zeros_like(net.w[l]) for l in (1, 2)]
    expected_b = [None] + [np.zeros_like(net.b[l]) for l in (1, 2)]
    dC_dw = [None, *(w.tolist() for w in expected_w[1:])]
    dC_db = [None, *(b.tolist() for b in expected_b[1:])]
    for x, y in zip(net.X, net.Y, strict=True):
        delta, a = net.backward(x, y)
        for l in (1, 2):
            expected_w[l] += np.outer(delta[l], a[l - 1])
            expected_b[l] += delta[l]
        z, _ = net.forward(x)
        names = {
            "n": net.sizes,
            "z": [None, *(v.tolist() for v in z[1:])],
            "a": [v.tolist() for v in a],
            "y": y.tolist(),
            "w": [None, *(w.tolist() for w in net.w[1:])],
            "b": [None, *(b.tolist() for b in net.b[1:])],
            "delta": [None, [math.nan] * 4, [math.nan] * 3],
            "dC_dw": dC_dw,
            "dC_db": dC_db,
            "g_prime": lambda v: float(_sigmoid(v) * (1 - _sigmoid(v))),
        }
        try:
            exec("\n".join(lines), names)
        except (IndexError, TypeError):
            return False
    return all(
        np.allclose(dC_dw[l], expected_w[l], rtol=1e-10)
        and np.allclose(dC_db[l], expected_b[l], rtol=1e-10)
        for l in (1, 2)
    )


def is_wrong_line(q: Question, choice: str) -> bool:
    """Whether the right line in this one's place makes the program right."""
    lines, number = list(q["given"]["lines"]), int(choice.split()[1].rstrip(":"))
    assert choice == f"line {number}: {lines[number - 1].strip()}"
    assert all(line in q["question"] for line in lines)
    if is_right_program(lines) or number != q["given"]["line"]:
        return False
    lines[number - 1] = q["given"]["right"]
    return is_right_program(lines)


def is_right_order(q: Question, choice: str) -> bool:
    """Whether the parts in this order do what matrices do."""
    steps = {letter: step for step, letter in q["given"]["letters"].items()}
    net, state = Net(), {}
    x, y, rate = net.X[0], net.Y[0], 0.3
    delta, a = net.backward(x, y)
    expected = [net.w[l] - rate * np.outer(delta[l], a[l - 1]) for l in (1, 2)]
    w = [None, net.w[1].copy(), net.w[2].copy()]
    for letter in choice.split():
        step = steps[letter]
        try:
            if step == "F":
                state["a"] = net.forward(x)[1]
            elif step == "D2":
                state["d2"] = 2 * (state["a"][2] - y) * state["a"][2] * (1 - state["a"][2])
            elif step == "D1":
                state["d1"] = (w[2].T @ state["d2"]) * state["a"][1] * (1 - state["a"][1])
            else:
                l = int(step[1])
                w[l] -= rate * np.outer(state[f"d{l}"], state["a"][l - 1])
        except KeyError:
            return False
    return all(np.allclose(w[l], expected[l - 1], rtol=1e-12) for l in (1, 2))


class _Counted(list):
    """A list that can be read a hundred times."""

    reads = 0

    def __getitem__(self, index):
        self.reads += 1
        if self.reads > 100:
            raise TimeoutError
        return super().__getitem__(index)


def is_endless(q: Question, choice: str) -> bool:
    n = q["given"]["n"]
    names = {"n": n, "j": 0, "z_j": 0.5, "w": [[2.0] * n], "a": _Counted([3.0] * n)}
    try:
        exec(choice, names)
    except TimeoutError:
        return True
    assert names["z_j"] == 0.5 + 6.0 * n  # the others are not just loops that end
    return False


#: Kind -> whether a choice is right, for those whose answers are words.
WORDS: dict[str, Callable[[Question, str], bool]] = {
    "weight": is_right_path,
    "shape": is_right_shape,
    "factors": is_right_product,
    "wrong-line": is_wrong_line,
    "order": is_right_order,
    "endless-loop": is_endless,
}
