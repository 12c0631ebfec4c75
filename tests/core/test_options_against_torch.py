"""Fifty steps of every optimizer with each option, beside torch.optim with the same, in float64.

What torch has is torch's: parameter groups, the decoupled decay of Adam, NAdam and AdamW, its
clipping, schedulers and average. By hand are the decay of the other optimizers, where torch's
weight_decay is an L2 gradient, and what RProp's moves are multiplied by. Where the rate changes
from step to step SGD's momentum is a twin in NumPy: its velocity holds the rate, torch's does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tolerances import assert_close, relative_error
from torch_cases import CASES, start

from fastbp import Network
from fastbp.schedules import (
    SCHEDULES,
    Cosine,
    CosLog,
    Exponential,
    Function,
    InverseScaling,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),  # noise is not learnt
]

N_STEPS, BATCH_SIZE = 50, 8


def every_other(step: int) -> float:
    return 1.0 if step % 2 else 0.25


SCHEDULED = {
    "step_decay": StepDecay(0.5, steps=7),
    "exponential": Exponential(0.1),
    "inverse_scaling": InverseScaling(steps=5),
    "cosine": Cosine(0.1, warmup=0.2, restarts=1, steps=40),
    "one_cycle": OneCycle(),
    "coslog": CosLog(),
    "reduce_on_plateau": ReduceOnPlateau(0.5, patience=2, min_delta=0.4, min_factor=0.2),
    "function": Function(every_other),
}
# Options of an optimizer, and penalties. RProp goes by signs: only a penalty shows its clipping.
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "weight_decay": ({"weight_decay": 0.3}, {}),
    "weight_decay of layers": ({"weight_decay": [0.0, 0.3]}, {}),
    "clip_norm": ({"clip_norm": 0.6}, {"l2": 0.5}),
    "clip_value": ({"clip_value": 0.05}, {"l2": 0.5}),
    "layer_rates": ({"layer_rates": [0.25, 0.75]}, {}),
    "a layer left as it is": ({"layer_rates": [0, 1]}, {}),
    "bias_rate": ({"bias_rate": 0.25}, {}),
    "ema": ({"ema": 0.9}, {}),
    "l1": ({}, {"l1": 0.1}),
    "l1 and l2": ({}, {"l1": 0.1, "l2": 0.2}),
    "everything": (
        {
            "schedule": SCHEDULED["cosine"],
            "weight_decay": [0.3, 0.1],
            "clip_norm": 0.6,
            "clip_value": 0.1,
            "layer_rates": [0.5, 0.75],
            "bias_rate": 0.25,
            "ema": 0.9,
        },
        {"l1": 0.1, "l2": 0.2},
    ),
    **{f"schedule {name}": ({"schedule": s}, {}) for name, s in SCHEDULED.items()},
}
DECOUPLED = {"AdamW": {}, "Adam": {"decoupled_weight_decay": True}}
DECOUPLED["NAdam"] = DECOUPLED["Adam"]


class RateInVelocity(torch.optim.SGD):  # type: ignore[misc]
    """The twin: v = mu v - lr g; w += v, or mu v - lr g."""

    def step(self) -> None:
        for group in self.param_groups:
            lr, mu = group["lr"], group["momentum"]
            for parameter in group["params"]:
                w, g = parameter.detach().numpy(), parameter.grad.numpy()
                v = mu * self.state[parameter].get("v", np.zeros(w.shape)) - lr * g
                self.state[parameter]["v"] = v
                w += mu * v - lr * g if group["nesterov"] else v


class RpropByFactor(torch.optim.Rprop):  # type: ignore[misc]
    """torch's takes ``lr`` for its first step alone: here all moves are times lr / first_lr."""

    def step(self) -> None:
        before = [[p.detach().clone() for p in group["params"]] for group in self.param_groups]
        rates = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] = group["first_lr"]
        super().step()
        for group, rate, starts in zip(self.param_groups, rates, before, strict=True):
            group["lr"] = rate
            for p, first in zip(group["params"], starts, strict=True):
                p.data = first + rate / group["first_lr"] * (p.data - first)


class Torch:
    """A network of torch's, its optimizer and its average."""

    def __init__(self, net: Network, optimizer: Any, kind: str, numbers: Any, n_steps: int) -> None:
        self.options = optimizer
        self.model = torch.nn.Sequential(
            torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)
        )
        self.layers = [self.model[0], self.model[2]]
        for layer, w, b in zip(self.layers, net.weights, net.biases, strict=True):
            layer.weight.data, layer.bias.data = torch.tensor(w.copy()), torch.tensor(b.copy())
        kinds = {"Rprop": RpropByFactor}
        if kind == "SGD" and optimizer.momentum and optimizer.schedule:
            kinds["SGD"] = RateInVelocity
        self.has_decay = kind in DECOUPLED
        numbers = {"lr": optimizer.learning_rate} | numbers | DECOUPLED.get(kind, {})
        self.optimizer = kinds.get(kind, getattr(torch.optim, kind))(self.groups(), **numbers)
        self.scheduler = self.make_scheduler(optimizer.schedule, n_steps)
        ema = optimizer.ema
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model,
            avg_fn=ema and (lambda a, w, n: a + (1 - ema) / (1 - ema ** (n + 1)) * (w - a)),
        )

    def groups(self) -> list[dict[str, Any]]:
        """One for each parameter."""
        options, L = self.options, len(self.layers)
        eta, decay = options.learning_rate, options.weight_decay
        decays = decay if isinstance(decay, tuple) else (decay,) * L
        groups = []
        for layer, decay, times in zip(
            self.layers, decays, options.layer_rates or (1.0,) * L, strict=True
        ):
            for p, rate, of_weights in (
                (layer.weight, eta * times, decay),
                (layer.bias, eta * times * options.bias_rate, 0.0),
            ):
                group = {"params": [p], "lr": rate, "first_lr": eta, "decay": of_weights}
                groups.append(group | ({"weight_decay": of_weights} if self.has_decay else {}))
        return groups

    def make_scheduler(self, schedule: Any, n_steps: int) -> Any:
        if schedule is None:
            return None
        if isinstance(schedule, ReduceOnPlateau):  # torch's waits for one epoch more
            return torch.optim.lr_scheduler.ReduceLROnPlateau(
                self.optimizer,
                factor=schedule.factor,
                patience=schedule.patience - 1,
                threshold=schedule.min_delta,
                threshold_mode="abs",
                min_lr=[schedule.min_factor * g["lr"] for g in self.optimizer.param_groups],
                eps=0,
            )
        T = schedule.horizon(1) or n_steps
        return torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: float(schedule.factors(step, T))
        )

    def loss(self, X: Any, y: Any) -> Any:
        return ((self.model(X) - y) ** 2).sum(dim=1).mean()

    def step(self, X: Any, y: Any, l1: float = 0.0, l2: float = 0.0) -> None:
        parameters = list(self.model.parameters())
        self.optimizer.zero_grad()
        self.loss(X, y).backward()
        if (clip_norm := self.options.clip_norm) is not None:
            norm = torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
            if norm > clip_norm:  # torch has divided by norm + 1e-6
                for p in parameters:
                    p.grad *= (norm + 1e-6) / norm
        if self.options.clip_value is not None:
            torch.nn.utils.clip_grad_value_(parameters, self.options.clip_value)
        weights = [layer.weight for layer in self.layers]
        sum(l1 * w.abs().sum() + l2 / 2 * (w**2).sum() for w in weights).backward()
        with torch.no_grad():
            for group in () if self.has_decay else self.optimizer.param_groups:
                for p in group["params"]:
                    p *= 1 - group["lr"] * group["decay"]
        self.optimizer.step()
        self.average.update_parameters(self.model)
        if isinstance(self.scheduler, torch.optim.lr_scheduler.LambdaLR):
            self.scheduler.step()

    def epoch_end(self, X: Any, y: Any) -> None:
        if isinstance(self.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            with torch.no_grad():
                self.scheduler.step(self.loss(X, y))


def flat(model: Any) -> Any:
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


@pytest.fixture(autouse=True)
def float64_by_default() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def a_weight_of_zero() -> tuple[Network, Any, Any]:
    """The slope of l1 is 0 there."""
    net, X, y = start()
    net.weights[0][0, 0] = 0
    return net, X, y


def fit(optimizer: Any, **penalties: float) -> tuple[Network, Any]:
    net, X, y = a_weight_of_zero()
    size = None if optimizer.rule.full_batch else BATCH_SIZE
    history = net.fit(
        X,
        y,
        epochs=N_STEPS if size is None else N_STEPS * size // len(X),
        batch_size=size,
        optimizer=optimizer,
        shuffle=False,
        validation=(X, y),
        **penalties,
    )
    return net, history


def test_every_schedule_has_a_case() -> None:
    assert list(SCHEDULED) == [*SCHEDULES, Function.name]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("rule", CASES)
def test_fifty_steps_with_an_option_equal_torchs(rule: str, option: str) -> None:
    optimizer, kind, numbers = CASES[rule]
    options, penalties = OPTIONS[option]
    optimizer_with = replace(optimizer, **options)
    net, X, y = a_weight_of_zero()
    size = len(X) if optimizer.rule.full_batch else BATCH_SIZE
    twin = Torch(net, optimizer_with, kind, numbers, N_STEPS)
    X, y = torch.tensor(X), torch.tensor(y)
    for _ in range(N_STEPS * size // len(X)):
        for i in range(0, len(X), size):
            twin.step(X[i : i + size], y[i : i + size], **penalties)
        twin.epoch_end(X, y)
    net, history = fit(optimizer_with, **penalties)
    # Some 1e-16 for each operation of a step, and what 50 steps make of it.
    assert_close(net.raw_parameters, flat(twin.model), 1e-12)
    assert_close(net.parameters, flat(twin.average if optimizer_with.ema else twin.model), 1e-12)
    plain, plain_history = fit(optimizer, **(penalties if options else {}))
    assert relative_error(net.parameters, plain.parameters) > 1e-3  # the option does something
    if "schedule" in options:
        assert history.learning_rate != plain_history.learning_rate
