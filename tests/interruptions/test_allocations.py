"""Memory is planned, then used: no allocation in a step, and none that fails unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from allocations import run_counted
from ways_in import NUMBERS

# Networks like those of docs/engine.md, T6 and T7 with smaller layers:
# (sizes, activation, output's, loss, batch, optimizer).
HALF = "half_squared_error"
NETWORKS = {
    "T1": ([2, 4, 1], "sigmoid", "sigmoid", HALF, 1, "sgd"),
    "T2": ([784, 30, 10], "sigmoid", "sigmoid", HALF, 10, "sgd"),
    "T3": ([64, 64, 10], "relu", "softmax", "cross_entropy", 32, "sgd"),
    "T4": ([4, 32, 16, 4], "tanh", "identity", HALF, 64, "sgd"),
    "T5": ([784, 128, 10], "relu", "softmax", "cross_entropy", 32, "adam"),
    "T6": ([784, 128, 128, 10], "relu", "softmax", "cross_entropy", 128, "sgd"),
    "T7": ([256, 512, 512, 256], "relu", "identity", HALF, 512, "sgd"),
    "T8": ([16] * 17, "tanh", "identity", HALF, 16, "sgd"),
    "batches of several chunks": ([9, 7, 2], "elu", "identity", HALF, 2500, "adam"),
}

COUNT = """
import gc, json, numpy as np, fastbp
class Counted:
    def __init__(self, program):
        self.program, self.counts = program, []
    def __getattr__(self, name):
        return getattr(self.program, name)
    def run(self, *arguments, **more):
        before = calls.value
        result = self.program.run(*arguments, **more)
        self.counts.append(calls.value - before)
        return result
RULES = {{"sgd": fastbp.SGD(1e-4), "adam": fastbp.Adam(1e-4)}}
def allocations(sizes, activation, output, loss, batch, optimizer):
    net = fastbp.Network(sizes, activation=activation, output_activation=output, loss=loss,
                         seed=0, **{numbers!r})
    X = np.random.default_rng(0).random((3 * batch, sizes[0])).astype(net.dtype)
    Y = np.eye(sizes[-1], dtype=net.dtype)[np.arange(len(X)) % sizes[-1]]
    counted = net._model.program = Counted(net._model.program)
    def counts(epochs):
        counted.counts.clear()
        net.fit(X, Y, epochs=epochs, batch_size=batch, optimizer=RULES[optimizer], n_threads=1)
        return list(counted.counts)
    return counts(2)[0], counts(2), counts(4)
gc.disable()  # it may free at any time
print(json.dumps({{name: allocations(*case) for name, case in {networks!r}.items()}}))
"""


@pytest.mark.parametrize("numbers", NUMBERS)
def test_steps_allocate_nothing(numbers: str, tmp_path: Path) -> None:
    code = COUNT.format(networks=NETWORKS, numbers=NUMBERS[numbers])
    output = run_counted(code, tmp_path)
    for name, (of_first_call, few, many) in json.loads(output).items():
        assert few, name
        assert of_first_call > few[0], name  # the workspace: allocations are seen
        # What a call takes for its arguments, however many its steps.
        assert set(many) == set(few), name


REFUSE = """
import gc, json, numpy as np, fastbp
def made():
    return fastbp.Network([6, 5, 3], activation="tanh", dtype={dtype!r}, seed=0)
rng = np.random.default_rng(0)
X, Y = rng.random((3000, 6)), rng.random((3000, 3))  # more than a chunk, converted on the way
CALLS = {{
    "Network": lambda net: made(),
    "copy": lambda net: net.copy(),
    "fit": lambda net: net.fit(X, Y, epochs=1, batch_size=2000, optimizer="adam"),
    "fit with options": lambda net: net.fit(
        X, Y, epochs=2, batch_size=2000, validation=0.2, early_stopping=1,
        optimizer=fastbp.Adam(ema=0.9, clip_norm=0.1, schedule=fastbp.schedules.Cosine())),
    "fit, batches": lambda net: net.fit([(X, Y)], epochs=1, optimizer=fastbp.SGD(ema=0.9)),
    "train_step": lambda net: net.train_step(X, Y),
    "learn_one": lambda net: net.learn_one(X[0], Y[0]),
    "predict": lambda net: net.predict(X),
    "predict_one": lambda net: net.predict_one(X[0]),
    "score": lambda net: net.score(X, Y),
    "loss_value": lambda net: net.loss_value(X, Y),
    "gradients": lambda net: net.gradients(X, Y),
    "trace": lambda net: net.trace(X[0], Y[0]).term(1, 0, 0),
    "trace_batch": lambda net: net.trace_batch(X, Y),
    "trace_step": lambda net: net.trace_step(X[0], Y[0]),
    "jvp": lambda net: net.jvp(X, X, net.parameters),
    "vjp": lambda net: net.vjp(X, Y),
}}
sites, left = {{}}, {{}}
watched.value = 1
for name, call in CALLS.items():
    sites[name], before = 0, alive.value
    while True:  # the first allocation fails, then the second, until the call needs no more
        net = made()
        weights = net.parameters.tobytes()
        asked.value, fail_at.value = 0, sites[name] + 1
        try:
            call(net)
        except MemoryError as error:
            assert str(error), name
        else:
            break
        finally:
            needed, fail_at.value = asked.value, 0
        sites[name] += 1
        assert needed == sites[name], (name, needed)
        assert net.parameters.tobytes() == weights, name
        fresh = made()
        assert np.array_equal(net.predict(X), fresh.predict(X)), name
        losses = [n.fit(X, Y, optimizer="sgd", epochs=1, shuffle=False).loss for n in (net, fresh)]
        assert losses[0] == losses[1], name
    net = fresh = error = None
    gc.collect()
    left[name] = alive.value - before
print(json.dumps([sites, left]))
"""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_76_every_allocation_may_fail(dtype: str, tmp_path: Path) -> None:
    sites, left = json.loads(run_counted(REFUSE.format(dtype=dtype), tmp_path))
    assert all(sites.values()), sites  # each call has one that was seen to fail
    assert not any(left.values()), left
