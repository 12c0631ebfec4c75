"""Fifty steps of every optimizer, beside those of torch.optim, in float64.

The rates are such that steps shrink: RMSprop's first ones are ten times as long as its rate, and
at 0.01 they are so long that 50 of them magnify a rounding error by 10^5.

Both start from one network and make their own gradients. Biases stand in a parameter group of their
own, as no penalty touches them here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tolerances import assert_close
from torch_cases import CASES, Case, start

from fastbp import Adagrad, AdamW, NAdam, Network, RMSprop, RProp
from fastbp.operations import RULES

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = pytest.mark.kernels

N_STEPS = 50
OTHER_NUMBERS: dict[str, Case] = {
    "adamw": (
        AdamW(0.03, 0.6, beta2=0.95, eps=1e-4, weight_decay=0.3),
        "AdamW",
        {"lr": 0.03, "betas": (0.6, 0.95), "eps": 1e-4, "weight_decay": 0.3},
    ),
    "nadam": (
        NAdam(0.01, 0.6, beta2=0.95, eps=1e-4, momentum_decay=0.3),
        "NAdam",
        {"lr": 0.01, "betas": (0.6, 0.95), "eps": 1e-4, "momentum_decay": 0.3},
    ),
    "adagrad": (
        Adagrad(0.03, initial_accumulator=0.1, eps=1e-4),
        "Adagrad",
        {"lr": 0.03, "initial_accumulator_value": 0.1, "eps": 1e-4},
    ),
    "rmsprop": (
        RMSprop(0.003, rho=0.9, eps=1e-4),
        "RMSprop",
        {"lr": 0.003, "alpha": 0.9, "eps": 1e-4},
    ),
    "rprop": (
        RProp(0.003, etas=(0.3, 1.1), steps=(1e-3, 0.1)),
        "Rprop",
        {"lr": 0.003, "etas": (0.3, 1.1), "step_sizes": (1e-3, 0.1)},
    ),
}
WITHOUT_L2 = {"adamw", "rprop"}  # what torch calls weight_decay is decoupled there, or missing
RUNS = [
    (optimizer, kind, numbers, l2)
    for rule, (optimizer, kind, numbers) in [*CASES.items(), *OTHER_NUMBERS.items()]
    for l2 in ((0.0,) if rule in WITHOUT_L2 else (0.0, 0.1))
]


@pytest.fixture(autouse=True)
def float64_by_default() -> Iterator[None]:
    """NAdam's product of momenta has torch's default type, whatever that of the weights."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def trained_by_torch(net: Network, X: Any, y: Any, kind: str, numbers: Any, l2: float) -> Any:
    """The parameters after all steps, in the order of ``net.parameters``."""
    w = [torch.tensor(w.copy(), requires_grad=True) for w in net.weights]
    b = [torch.tensor(b.copy(), requires_grad=True) for b in net.biases]
    decay = numbers.get("weight_decay", 0.01) if kind == "AdamW" else l2
    groups: list[dict[str, Any]] = [{"params": w}, {"params": b}]
    if kind != "Rprop":
        groups[0]["weight_decay"], groups[1]["weight_decay"] = decay, 0.0
    optimizer = getattr(torch.optim, kind)(groups, **numbers)
    X, y = torch.tensor(X), torch.tensor(y)
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        a = torch.tanh(X @ w[0].T + b[0]) @ w[1].T + b[1]
        ((a - y) ** 2).sum(dim=1).mean().backward()
        optimizer.step()
    return np.concatenate(
        [p.detach().numpy().ravel() for pair in zip(w, b, strict=True) for p in pair]
    )


def test_every_rule_has_a_case() -> None:
    rules = {optimizer.rule.name for optimizer, *_ in CASES.values()}
    assert rules == RULES.keys() - {"adam_eps_hat"}  # scikit-learn's and Keras's: test_eps_hat.py


@pytest.mark.parametrize(("optimizer", "kind", "numbers", "l2"), RUNS, ids=str)
def test_fifty_steps_equal_torchs(
    optimizer: Any, kind: str, numbers: dict[str, Any], l2: float
) -> None:
    net, X, y = start()
    expected = trained_by_torch(net, X, y, kind, numbers, l2)
    before = net.parameters
    net.fit(X, y, epochs=N_STEPS, batch_size=len(X), optimizer=optimizer, l2=l2, shuffle=False)
    # Some 1e-16 for each operation of a step, and what 50 steps make of it.
    assert_close(net.parameters, expected, 1e-12)
    assert np.abs(before - expected).min() > 1e-4  # every parameter has moved
