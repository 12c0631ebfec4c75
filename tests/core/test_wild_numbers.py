"""NaN, infinities and the largest numbers in every kernel of every set: seen, and harmless.

With FASTBP_SANITIZE=undefined the same calls show that no number is cast to an integer it does
not fit (`make sanitize`).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from kernel_sets import RUNNABLE
from ways_in import EVERY_CALL, network, run_script

from fastbp import SGD, Adam, DivergenceError
from fastbp.operations import BY_NODE, LOSSES

pytestmark = pytest.mark.kernels

# Loss -> the output activations that go with it.
OUTPUTS = {loss: row.output_activations for loss, row in LOSSES.items()}


def wild(dtype: str) -> list[float]:
    limits = np.finfo(dtype)
    ends = [np.inf, limits.max, limits.tiny, limits.smallest_subnormal, 2.0**31, 2.0**63]
    return [np.nan, 0.0, -0.0, 1.5, *ends, *(-end for end in ends)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
def test_row_37_no_number_is_an_index(loss: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    numbers = np.array(wild(dtype), dtype)
    labels = rng.integers(0, 17, 33)
    tame, Y = rng.random((33, 19)), np.eye(17)[labels]
    outputs = OUTPUTS[loss]
    for i in range(max(len(BY_NODE), len(outputs))):  # each of both, the next in turn
        hidden, output = BY_NODE[i % len(BY_NODE)], outputs[i % len(outputs)]
        options = {"activation": hidden, "output_activation": output, "loss": loss}
        wild_weights = network((19, 18, 17), dtype=dtype, **options)
        for w in wild_weights.weights:  # live views, which nobody checks
            w[...] = rng.choice(numbers, w.shape)
        wild_samples = rng.choice(numbers, (33, 19)), network((19, 18, 17), dtype=dtype, **options)
        for X, net in (wild_samples, (tame, wild_weights)):
            good = ~np.isnan(net.predict(X)).any(axis=1)
            classes = net.predict_classes(X[good])
            assert ((classes >= 0) & (classes < 17)).all()
            for name in EVERY_CALL.keys() - {"fit", "train_step"}:
                with np.errstate(all="ignore"), suppress(ValueError):  # those that check
                    EVERY_CALL[name](net, X, Y)
            for optimizer in (SGD(0.1, momentum=0.9), Adam(0.1)):
                with suppress(DivergenceError):
                    net.fit(X, Y, optimizer=optimizer, l2=0.1, batch_size=8, check_input=False)


SEEN = """
import numpy as np, fastbp
assert fastbp.model.kernel_sets.ISA == {isa!r}
rng = np.random.default_rng(0)
def error_of(net, X, Y):
    before = net.parameters.tobytes()
    try:
        net.fit(X, Y, epochs=1, batch_size=5, shuffle=False)
    except ValueError as error:
        assert net.parameters.tobytes() == before
        return str(error)
for dtype in ("float32", "float64"):
    for n in range(1, 71):
        net = fastbp.Network([n, 3, n], output_activation="identity", dtype=dtype, seed=0)
        for source in ("float32", "float64"):
            arrays = {{key: rng.random((11, n)).astype(source) for key in ("X", "y")}}
            if n % 3 == 0:  # a stride of its own
                arrays = {{k: np.repeat(a, 2, axis=1)[:, ::2] for k, a in arrays.items()}}
            assert error_of(net.copy(), arrays["X"], arrays["y"]) is None
            for bad in (np.nan, np.inf, -np.inf):
                for name in ("X", "y"):
                    row, column = int(rng.integers(11)), int(rng.integers(n))
                    good, arrays[name][row, column] = arrays[name][row, column], bad
                    said = error_of(net, arrays["X"], arrays["y"])
                    arrays[name][row, column] = good
                    assert said and f"row {{row}}, column {{column}}" in said, (n, said)
        for bad in (np.nan, np.inf):
            spoilt = net.copy()
            spoilt.weights[0][-1, -1] = bad  # a live view: C is not finite, and is looked at
            try:
                spoilt.fit(np.ones((2, n)), np.ones((2, n)), epochs=1)
            except fastbp.DivergenceError:
                continue
            raise AssertionError((n, bad))
"""


@pytest.mark.parametrize("isa", RUNNABLE)
def test_row_43_every_set_sees_what_is_not_finite(
    isa: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTBP_ISA", isa)
    run_script(SEEN.format(isa=isa), tmp_path)
