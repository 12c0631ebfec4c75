"""The explorer's JavaScript computes what the library computes."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from javascript import engines, evaluate

from fastbp import SGD, Network
from fastbp.drawing.markup import resource
from fastbp.lessons import mazur
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES

SCRIPT = str(resource("fastbp.lessons.explorer", "arithmetic.js"))
# What arithmetic.js has a row for.
KNOWN_ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax")
KNOWN_LOSSES = [
    name
    for name, row in LOSSES.items()
    if row.squares or row.family in ("cross_entropy", "binary_cross_entropy")
]
# Both add at most six products in float64 in four layers: some 1e-15 of each number, times the
# weights' size. 1e-12 is what is promised.
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def described(net: Network) -> dict[str, Any]:
    """A network as arithmetic.js takes it, with lists for typed arrays."""
    layers = [net.layer(l) for l in range(1, net.L + 1)]
    return {
        "sizes": net.sizes,
        "layers": [
            None,
            *({"activation": g.activation, "numbers": list(g.numbers.values())} for g in layers),
        ],
        "loss": {"name": net.loss},
        "bias": net.bias,
        "w": [None, *(g.w.ravel().tolist() for g in layers)],
        "b": [None, *(g.b.tolist() if net.bias else [] for g in layers)],
    }


TYPED = """
const typed = (net) => ({ ...net,
  w: net.w.map((one) => one && Float64Array.from(one)),
  b: net.b.map((one) => one && Float64Array.from(one)) });
const lists = (layers) => layers.map((one) => one && [...one]);
const outcome = ({ net, X, Y, rate, newWeights, steps }) => {
  const copy = typed(net);
  if (!arithmetic.knows(copy)) return null;
  const pass = arithmetic.run(copy, X[0], Y[0]);
  const losses = [];
  for (let i = 0; i < steps; i++) {
    losses.push(arithmetic.step(copy, X.map((x, at) => [x, Y[at]]), rate, newWeights));
  }
  return { z: lists(pass.z), a: lists(pass.a), delta: lists(pass.delta), C: pass.C,
    w: lists(copy.w), b: lists(copy.b), losses,
    after: [...arithmetic.run(copy, X[0], Y[0]).a.at(-1)] };
};
"""


def outcomes(engine: str, cases: list[dict[str, Any]], folder: Path) -> list[Any]:
    results: list[Any] = evaluate(
        engine, SCRIPT + TYPED, "data.map(outcome)", json.loads(json.dumps(cases)), folder
    )
    return results


def networks() -> list[tuple[Network, np.ndarray, np.ndarray]]:
    """Each activation under each loss, each way of biases; random weights, samples and targets."""
    made = []
    rng = np.random.default_rng(7)
    biases = itertools.cycle((True, False, "fixed"))
    for loss in KNOWN_LOSSES:
        legal = LOSSES[loss].output_activations
        for output, hidden in itertools.product(
            [name for name in KNOWN_ACTIVATIONS if name in legal],
            [name for name in KNOWN_ACTIVATIONS if name in BY_NODE],
        ):
            net = Network(
                [3, 5, 4, 2],
                [hidden, ("leaky_relu", 0.3)],
                output_activation=output,
                loss=loss,
                dtype="float64",
                bias=next(biases),
                initializer="normal",
                seed=len(made),
            )
            X, Y = rng.normal(size=(4, 3)), rng.random((4, 2))
            made.append((net, X, Y / Y.sum(axis=1, keepdims=True)))
    return made


@engines()
def test_pass_and_step_are_the_librarys(engine: str, tmp_path: Path) -> None:
    made = networks()
    assert len(made) >= 60
    cases = [
        {"net": described(net), "X": X.tolist(), "Y": Y.tolist(), "rate": 0.3, "steps": 1}
        for net, X, Y in made
    ]
    for (net, X, Y), result in zip(made, outcomes(engine, cases, tmp_path), strict=True):
        trace = net.trace(X[0], Y[0])
        for l in range(1, net.L + 1):
            for name in ("z", "a", "delta"):
                np.testing.assert_allclose(result[name][l], getattr(trace, name)[l], **CLOSE)
        np.testing.assert_allclose(result["C"], trace.C_0, **CLOSE)
        C = net.train_step(X, Y, optimizer=SGD(0.3))
        np.testing.assert_allclose(result["losses"], [C], **CLOSE)
        for l in range(1, net.L + 1):
            np.testing.assert_allclose(result["w"][l], net.weights[l - 1].ravel(), **CLOSE)
            np.testing.assert_allclose(result["b"][l], net.biases[l - 1], **CLOSE)


@engines()
def test_both_of_mazurs_algorithms_after_10_000_steps(engine: str, tmp_path: Path) -> None:
    case = {
        "net": described(mazur.mazur_network()),
        "X": mazur.X.tolist(),
        "Y": mazur.Y.tolist(),
        "rate": mazur.LEARNING_RATE,
        "steps": mazur.STEPS,
    }
    right, slip = outcomes(engine, [case, case | {"newWeights": True}], tmp_path)
    net = mazur.mazur_network()
    history = net.fit(
        mazur.X,
        mazur.Y,
        epochs=mazur.STEPS,
        batch_size=1,
        optimizer=SGD(mazur.LEARNING_RATE),
        shuffle=False,
    )
    np.testing.assert_allclose(right["losses"], history.loss, **CLOSE)
    np.testing.assert_allclose(right["after"], net.predict(mazur.X)[0], **CLOSE)
    np.testing.assert_allclose(slip["after"], mazur.upper_layer_first(mazur.STEPS)[1], **CLOSE)
    assert [f"{a:.9f}" for a in slip["after"]] == list(mazur.PUBLISHED_OUTPUTS)


@engines()
def test_other_networks_are_not_computed(engine: str, tmp_path: Path) -> None:
    others = [
        Network([2, 2, 1], activation=name, dtype="float64")
        for name in ACTIVATIONS
        if name in BY_NODE and name not in KNOWN_ACTIVATIONS
    ]
    others += [
        Network([2, 1], output_activation=row.output_activations[0], loss=name, dtype="float64")
        for name, row in LOSSES.items()
        if name not in KNOWN_LOSSES
    ]
    assert len(others) > 5
    cases = [{"net": described(net), "X": [[1, 2]], "Y": [[1]]} for net in others]
    assert outcomes(engine, cases, tmp_path) == [None] * len(others)


@pytest.mark.parametrize("name", KNOWN_ACTIVATIONS)
def test_the_known_names_are_rows_of_the_table(name: str) -> None:
    assert name in ACTIVATIONS
