"""Adam with eps added before the bias correction: scikit-learn's steps, and Keras's."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tolerances import assert_close

from fastbp import SGD, Adam, AdamW, Network

pytestmark = pytest.mark.kernels

N_STEPS = 50
RATE, BETA1, BETA2 = 0.01, 0.8, 0.99
#: Gradients are some 0.1 to 1; the last eps is no longer small beside their roots.
EVERY_EPS = (1e-8, 1e-4, 0.1)
TINY = 1e-9

Step = Callable[[list[Any], list[Any]], None]


def start(dtype: str = "float64") -> tuple[Network, Any, Any]:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 5)), rng.standard_normal((40, 3))
    net = Network([5, 7, 3], "tanh", output_activation="identity", dtype=dtype, seed=1)
    for b in net.biases:
        b[...] = rng.standard_normal(len(b)) / 2
    return net, X, y


def gradients_in_numpy(w: list[Any], b: list[Any], X: Any, y: Any) -> list[Any]:
    """dC/dw and dC/db of the mean over the samples of sum_j (a_j - y_j)^2."""
    hidden = np.tanh(X @ w[0].T + b[0])
    delta = 2 * (hidden @ w[1].T + b[1] - y) / len(X)
    delta_hidden = (delta @ w[1]) * (1 - hidden**2)
    return [delta_hidden.T @ X, delta.T @ hidden, delta_hidden.sum(axis=0), delta.sum(axis=0)]


def trained(step: Step, net: Network, X: Any, y: Any) -> Any:
    """The parameters after all steps, in the order of ``net.parameters``."""
    parameters = [p.astype(np.float64) for p in (*net.weights, *net.biases)]
    for _ in range(N_STEPS):
        step(parameters, gradients_in_numpy(parameters[:2], parameters[2:], X, y))
    w, b = parameters[:2], parameters[2:]
    return np.concatenate([w[0].ravel(), b[0], w[1].ravel(), b[1]])


class InNumPy:
    """Kingma and Ba (2015), the end of section 2, on arrays; and AdamW's decay of matrices."""

    def __init__(self, eps: float, decay: float = 0.0) -> None:
        self.eps, self.decay, self.t = eps, decay, 0
        self.m: list[Any] = [0.0] * 4
        self.v: list[Any] = [0.0] * 4

    def __call__(self, parameters: list[Any], gradients: list[Any]) -> None:
        self.t += 1
        rate = RATE * math.sqrt(1 - BETA2**self.t) / (1 - BETA1**self.t)
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            self.m[i] = BETA1 * self.m[i] + (1 - BETA1) * g
            self.v[i] = BETA2 * self.v[i] + (1 - BETA2) * g**2
            p -= RATE * self.decay * p * (p.ndim == 2)
            p -= rate * self.m[i] / (np.sqrt(self.v[i]) + self.eps)


def assert_fifty_steps(net: Network, X: Any, y: Any, optimizer: Any, expected: Any) -> None:
    before = net.parameters
    net.fit(X, y, epochs=N_STEPS, batch_size=len(X), optimizer=optimizer, shuffle=False)
    # Some 1e-16 for each operation of a step, and what 50 steps make of it.
    assert_close(net.parameters, expected, 1e-12)
    assert np.abs(before - expected).min() > 1e-4  # every parameter has moved


@pytest.mark.parametrize("eps", EVERY_EPS)
@pytest.mark.parametrize("decay", [None, 0.0, 0.3])
def test_fifty_steps_equal_the_formula(eps: float, decay: float | None) -> None:
    net, X, y = start()
    numbers: dict[str, Any] = {"beta2": BETA2, "eps": eps, "eps_hat": True}
    if decay is None:
        optimizer = Adam(RATE, BETA1, **numbers)
    else:
        optimizer = AdamW(RATE, BETA1, **numbers, weight_decay=decay)
    assert_fifty_steps(net, X, y, optimizer, trained(InNumPy(eps, decay or 0.0), net, X, y))


@pytest.mark.parametrize("eps", EVERY_EPS)
def test_fifty_steps_equal_scikit_learns(eps: float) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    net, X, y = start()
    parameters = [*net.weights, *net.biases]
    theirs = AdamOptimizer(parameters, RATE, beta_1=BETA1, beta_2=BETA2, epsilon=eps)
    optimizer = Adam(RATE, BETA1, beta2=BETA2, eps=eps, eps_hat=True)
    assert_fifty_steps(net, X, y, optimizer, trained(theirs.update_params, net, X, y))


@pytest.fixture
def float64_in_keras(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Keras in float64, on JAX, which is chosen before the import."""
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    floats = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(floats)
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("eps", EVERY_EPS)
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras's variables, on JAX
def test_fifty_steps_equal_kerass(eps: float, float64_in_keras: Any) -> None:
    keras = float64_in_keras
    net, X, y = start()
    variables = [keras.Variable(p.copy()) for p in (*net.weights, *net.biases)]
    theirs = keras.optimizers.Adam(RATE, beta_1=BETA1, beta_2=BETA2, epsilon=eps)

    def step(parameters: list[Any], gradients: list[Any]) -> None:
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
        for p, variable in zip(parameters, variables, strict=True):
            p[...] = np.asarray(variable)

    optimizer = Adam(RATE, BETA1, beta2=BETA2, eps=eps, eps_hat=True)
    assert_fifty_steps(net, X, y, optimizer, trained(step, net, X, y))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_eps_counts_more_before_the_correction_in_the_first_steps(dtype: str) -> None:
    """rate g / (g + eps) of a first gradient g, against rate g / (g + eps / sqrt(1 - beta2))."""
    moved = {}
    for eps_hat in (False, True):
        net = Network([1, 1], output_activation="identity", bias=False, dtype=dtype, seed=0)
        net.weights[0][...] = 0
        net.train_step([[1.0]], [-TINY / 2], optimizer=Adam(eps_hat=eps_hat))
        moved[eps_hat] = -float(net.weights[0][0, 0])
    # The formulas' rounding errors, in units of the number type's.
    rel = 20 * float(np.finfo(dtype).eps)
    assert moved[False] == pytest.approx(1e-3 * TINY / (TINY + 1e-8), rel=rel)
    corrected = 1e-8 / math.sqrt(1 - 0.999)
    assert moved[True] == pytest.approx(1e-3 * TINY / (TINY + corrected), rel=rel)


def test_float32_goes_as_far_as_float64() -> None:
    nets = {}
    for dtype in ("float32", "float64"):
        net, X, y = start(dtype)
        optimizer = Adam(RATE, eps=0.1, eps_hat=True)
        net.fit(X, y, epochs=N_STEPS, batch_size=8, optimizer=optimizer, shuffle=False)
        nets[dtype] = net.parameters
    # 250 steps that each round some units of 6e-8 of a weight near 1.
    assert np.abs(nets["float32"] - nets["float64"]).max() < 250 * 1e-7


def test_a_change_of_the_form_begins_a_new_memory() -> None:
    """What fit goes on with is the memory of an equal description alone."""
    twice, anew = start()[0], start()[0]
    _, X, y = start()
    twice.fit(X, y, epochs=3, optimizer=Adam(RATE), shuffle=False)
    anew.parameters = twice.parameters
    for net in (twice, anew):
        net.fit(X, y, epochs=3, optimizer=Adam(RATE, eps_hat=True), shuffle=False)
    assert np.array_equal(twice.parameters, anew.parameters)


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_a_file_keeps_the_form_and_has_no_word_of_the_default(kind: Any, tmp_path: Any) -> None:
    for eps_hat in (False, True):
        net, X, y = start()
        net.fit(X, y, epochs=2, optimizer=kind(RATE, eps_hat=eps_hat), shuffle=False)
        net.save(tmp_path / "net.safetensors")
        loaded = Network.load(tmp_path / "net.safetensors")
        assert loaded.optimizer == net.optimizer
        assert ("eps_hat" in loaded.optimizer.config()) == eps_hat
        for network in (net, loaded):
            network.fit(X, y, epochs=2, shuffle=False)
        assert np.array_equal(loaded.parameters, net.parameters)


def test_a_momentum_of_1_sums_all_steps() -> None:
    """Velocities -1, -2, -3 of a gradient of 1; Nesterov's look one step ahead."""
    for nesterov, places in ((False, [-1.0, -3.0, -6.0]), (True, [-2.0, -5.0, -9.0])):
        net = Network([1, 1], output_activation="identity", bias=False, dtype="float64", seed=0)
        w = net.weights[0]
        w[...] = 0
        seen = []
        for _ in range(3):
            optimizer = SGD(1.0, momentum=1.0, nesterov=nesterov)
            net.train_step([[1.0]], [w[0, 0] - 0.5], optimizer=optimizer)  # dC/dw = 2 (w - y)
            seen.append(float(w[0, 0]))
        assert seen == places
