"""The numbers of docs/coming-from.md from PyTorch itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from library_formulas import (
    BELOW_THE_ROOT,
    CLASS_WEIGHTS,
    DECAY_GRADIENTS,
    LOGITS,
    MISTAKE,
    SIGNS,
    SMOOTHING,
    TARGETS,
    TINY,
    Formula,
    Numbers,
    defaults,
)


def torch_moves(
    kind: str,
    gradients: Sequence[float],
    start: float = 0.0,
    dtype: str = "float64",
    rates: Sequence[float] = (),
    **numbers: Any,
) -> Numbers:
    """Where one weight is after each gradient."""
    import torch

    torch.set_default_dtype(torch.float64)  # of NAdam's product
    try:
        w = torch.tensor(start, dtype=getattr(torch, dtype), requires_grad=True)
        optimizer = getattr(torch.optim, kind)([w], **numbers)
        places = []
        for i, gradient in enumerate(gradients):
            if rates:
                optimizer.param_groups[0]["lr"] = rates[i]
            w.grad = torch.tensor(gradient, dtype=w.dtype)
            optimizer.step()
            places.append(float(w.detach()))
        return tuple(places)
    finally:
        torch.set_default_dtype(torch.float32)


def torch_clip() -> Numbers:
    import torch

    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([w], 5.0)
    return tuple(w.grad.tolist())


def torch_loss(kind: str, a: Any, y: Any, **options: Any) -> Numbers:
    import torch

    if "weight" in options:
        options["weight"] = torch.tensor(options["weight"], dtype=torch.float64)
    return (float(getattr(torch.nn, kind)(**options)(torch.tensor(a), torch.tensor(y))),)


def torch_slopes(name: str, *places: float) -> Numbers:
    import torch

    z = torch.tensor(places, dtype=torch.float64, requires_grad=True)
    function = torch.abs if name == "abs" else getattr(torch.nn.functional, name)
    function(z).sum().backward()
    return tuple(z.grad.tolist())


def torch_values(name: str, *places: float) -> Numbers:
    import torch

    z = torch.tensor(places, dtype=torch.float64)
    return tuple(getattr(torch.nn.functional, name)(z).tolist())


def torch_plateau() -> Numbers:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for epoch in range(1, 100):
        scheduler.step(1.0)
        if optimizer.param_groups[0]["lr"] < 1:
            return (float(epoch),)
    raise AssertionError("the rate never fell")


def torch_dropout() -> Numbers:
    import torch

    return (float(torch.nn.Dropout(0.2)(torch.ones(1000)).max()),)


def torch_first_weights() -> Numbers:
    import torch

    return (float(torch.nn.Linear(784, 128).weight.detach().std() * 28),)


RUNS: dict[str, Formula] = {
    "Adam's eps": lambda: (-torch_moves("Adam", [TINY], lr=0.001)[0],),
    "RMSprop's eps": lambda: (-torch_moves("RMSprop", [TINY], lr=0.01)[0],),
    "Adagrad's eps and start": lambda: (-torch_moves("Adagrad", [TINY], lr=0.01)[0],),
    "NAdam's momentum": lambda: (-torch_moves("NAdam", [1.0], lr=0.002)[0],),
    "Rprop at a change of sign": lambda: torch_moves("Rprop", SIGNS),
    "Rprop of tiny gradients": lambda: torch_moves("Rprop", BELOW_THE_ROOT, dtype="float32"),
    "`weight_decay` of SGD": lambda: torch_moves(
        "SGD", DECAY_GRADIENTS, 1.0, lr=0.01, momentum=0.9, weight_decay=0.1
    )[-1:],
    "AdamW": lambda: torch_moves("AdamW", DECAY_GRADIENTS, 1.0, lr=0.01, weight_decay=0.1)[-1:],
    "AdamW's default decay": lambda: defaults(_torch("optim").AdamW, "weight_decay"),
    "SGD's default rate": lambda: defaults(_torch("optim").SGD, "lr"),
    "RMSprop's default rate and rho": lambda: defaults(_torch("optim").RMSprop, "lr", "alpha"),
    "momentum when the rate changes": lambda: torch_moves(
        "SGD", [1.0, 1.0], rates=(0.1, 0.01), lr=0.1, momentum=0.9
    )[-1:],
    "clipping by norm": torch_clip,
    "L2 penalty": lambda: (1 - torch_moves("SGD", [0.0], 1.0, lr=1.0, weight_decay=1.0)[0],),
    "class weights": lambda: torch_loss("CrossEntropyLoss", LOGITS, TARGETS, weight=CLASS_WEIGHTS),
    "label smoothing": lambda: torch_loss(
        "CrossEntropyLoss", LOGITS, TARGETS, label_smoothing=SMOOTHING
    ),
    "squared error": lambda: torch_loss("MSELoss", [[1.0, 2.0]], [[0.0, 0.0]]),
    "a confident mistake": lambda: torch_loss(
        "BCELoss", np.array([1 / (1 + np.exp(-MISTAKE))]), np.zeros(1)
    ),
    "rate on a plateau": torch_plateau,
    "dropout": torch_dropout,
    "first weights": torch_first_weights,
    "leaky_relu's slope": lambda: (-torch_values("leaky_relu", -1.0)[0],),
    "leaky_relu' at 0": lambda: torch_slopes("leaky_relu", 0.0),
    "selu' at 0": lambda: torch_slopes("selu", 0.0),
    "hard_sigmoid' at -3 and 3": lambda: torch_slopes("hardsigmoid", -3.0, 3.0),
    "absolute error' at 0": lambda: torch_slopes("abs", 0.0),
    "gelu": lambda: torch_values("gelu", 1.0),
}


def _torch(name: str) -> Any:
    import torch

    return getattr(torch, name)
