"""benchmarks/engine.py: every peer trains as the specification does, and what is wrong says so."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fastbp import reference, reference_tables

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))  # scripts, not a package: hence E402

import engine  # noqa: E402
from machine import Local  # noqa: E402
from peers import Fastbp, NumPy, flat  # noqa: E402
from workloads import TABLE, Workload, drawn  # noqa: E402

ENTROPY = Workload("small", (3, 5, 4), "relu", "softmax", "cross_entropy", 6, "sgd")
SQUARED = Workload("deep", (4, 5, 3, 2), "tanh", "sigmoid", "half_squared_error", 3, "sgd")
SINGLE = Workload("one", (2, 3, 1), "sigmoid", "sigmoid", "binary_cross_entropy", 1, "sgd")
ADAM = replace(ENTROPY, optimizer="adam", learning_rate=0.001)
INSTALLED = [name for name, kind in engine.KINDS.items() if find_spec(kind.needs)]


class NoBiases(NumPy):
    """Never moves the last biases."""

    def _sgd(self):
        self._db[-1][...] = 0
        super()._sgd()


class WrongOrder(NumPy):
    """Takes the samples as they lie."""

    def train(self, orders):
        super().train([np.sort(order) for order in orders])


class HalfTheRate(NumPy):
    """Moves half as far."""

    def _sgd(self):
        self._dp *= 0.5
        super()._sgd()


class NotANumber(NumPy):
    """One weight is NaN."""

    def layers(self):
        w, _ = super().layers()[0]
        w[0, 0] = np.nan
        return super().layers()


class TooFew(NumPy):
    """Leaves a layer out."""

    def layers(self):
        return super().layers()[1:]


def specification(workload):
    """All weights and biases after one epoch of plain SGD, by fastbp.reference."""
    X, _, Y = workload.data("float64")
    w, b = zip(*workload.first_layers("float64"), strict=True)
    w, b = ([None, *(part.tolist() for part in parts)] for parts in (w, b))
    names = [workload.activation] * (len(workload.sizes) - 2) + [workload.output]
    pairs = [reference_tables.ACTIVATIONS[name] for name in names]
    g, g_prime = ([None, *column] for column in zip(*pairs, strict=True))
    loss = reference_tables.LOSSES[workload.loss]
    for start in range(0, len(X), workload.batch):
        x, y = (of[start : start + workload.batch].tolist() for of in (X, Y))
        _, dw, db = reference.gradient(x, y, w, b, g, g_prime, *loss)
        reference.sgd_step(w, b, dw, db, workload.learning_rate)
    return flat([(np.array(w_l), np.array(b_l)) for w_l, b_l in zip(w[1:], b[1:], strict=True)])


def measured(kind, workload=ENTROPY):
    asks = {"fastbp": Local(kind), "NumPy": Local(NumPy)}
    return engine.measure(workload, "float32", asks, Local(NumPy), rounds=1, seconds=0.001)


@pytest.mark.parametrize("workload", [ENTROPY, SQUARED, SINGLE], ids=str)
def test_the_yardstick_is_the_specification(workload):
    peer = NumPy(workload, "float64")
    expected = specification(workload)
    error = np.linalg.norm(peer.checked(np.arange(len(peer.X))) - expected)
    assert error <= 1e-12 * np.linalg.norm(expected)


def test_the_yardstick_does_adam_as_the_paper():
    peer = NumPy(ADAM, "float64")
    peer.start()
    peer._dp[...] = gradient = np.linspace(-1, 1, len(peer._dp))
    before = peer._p.copy()
    peer._adam()
    m, v = (1 - 0.9) * gradient / (1 - 0.9), (1 - 0.999) * gradient**2 / (1 - 0.999)
    np.testing.assert_allclose(peer._p, before - 0.001 * m / (np.sqrt(v) + 1e-8), rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("workload", [ENTROPY, SQUARED, SINGLE, ADAM], ids=str)
def test_fastbp_trains_as_the_yardstick(workload, dtype):
    error, bound = engine.Check(dtype, Local(NumPy))(workload, Local(Fastbp))
    assert error <= bound < 0.1


@pytest.mark.parametrize("kind", [NoBiases, WrongOrder, HalfTheRate, NotANumber, TooFew])
def test_a_wrong_peer_is_not_timed(kind):
    result = measured(kind)
    assert list(result["microseconds"]) == ["NumPy"]
    assert not result["peers"]["fastbp"]["right"]
    assert engine.summary(result, 1e9) == (None, None)
    page = str(engine.page([result], ["fastbp", "NumPy"], "float32", 1))
    assert "WRONG: small, fastbp: differs by" in " ".join(page.split())


def test_a_right_peer_is_timed():
    result = measured(Fastbp)
    assert all(time > 0 for time in result["microseconds"].values())
    faster, share = engine.summary(result, 1e9)
    assert faster > 0
    assert share > 0
    assert result["peak"] > 0


def test_the_bound_can_fail_in_every_workload_of_the_table():
    for workload in TABLE:
        assert engine.bound(workload, "float32", np.zeros(1), np.ones(1)) < 0.1


def test_flops_are_three_products_a_weight_less_the_delta_of_the_input():
    assert TABLE[4].flops == 2 * 32 * (3 * (784 * 128 + 128 * 10) - 784 * 128)


def test_drawn_shapes_are_the_same_for_a_seed():
    assert drawn(5, 0) == drawn(5, 0) != drawn(5, 1)
    assert all(one.flops < 2e9 for one in drawn(30, 0))


def test_an_unknown_workload_is_refused(capsys):
    with pytest.raises(SystemExit):
        engine.options(["T9"])
    assert "T9" in capsys.readouterr().err


def test_the_script_measures_every_library_that_is_installed(tmp_path):
    shape = "--sizes 3-5-4 --batch 64 --rounds 1 --seconds 0.001 --optimizer adam"
    file = tmp_path / "figures.json"
    ran = subprocess.run(
        [sys.executable, BENCHMARKS / "engine.py", *shape.split(), "--json", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= 80
    record = json.loads(file.read_text(encoding="utf-8"))
    assert list(record["results"][0]["microseconds"]) == INSTALLED
    assert record["threads"] == 1
    assert record["dtype"] == "float32"
