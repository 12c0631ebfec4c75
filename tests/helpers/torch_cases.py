"""Every rule's optimizer beside that of torch.optim, and a network and samples to train on."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp import SGD, Adagrad, Adam, AdamW, NAdam, Network, RMSprop, RProp

Case = tuple[Any, str, dict[str, Any]]

# A rule's optimizer, torch's, and torch's numbers where their names or defaults are others.
CASES: dict[str, Case] = {
    "sgd": (SGD(0.1), "SGD", {"lr": 0.1}),
    "momentum": (SGD(0.05, momentum=0.8), "SGD", {"lr": 0.05, "momentum": 0.8}),
    "nesterov": (
        SGD(0.05, momentum=0.8, nesterov=True),
        "SGD",
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    "adam": (Adam(0.01, 0.8), "Adam", {"lr": 0.01, "betas": (0.8, 0.999)}),
    "adamw": (AdamW(0.01), "AdamW", {"lr": 0.01}),
    "nadam": (NAdam(), "NAdam", {}),
    "adagrad": (Adagrad(), "Adagrad", {}),
    "rmsprop": (RMSprop(0.001), "RMSprop", {"lr": 0.001}),
    "rmsprop_momentum": (RMSprop(0.001, momentum=0.8), "RMSprop", {"lr": 0.001, "momentum": 0.8}),
    "rmsprop_centered": (RMSprop(0.001, centered=True), "RMSprop", {"lr": 0.001, "centered": True}),
    "rmsprop_centered_momentum": (
        RMSprop(0.001, momentum=0.8, centered=True),
        "RMSprop",
        {"lr": 0.001, "momentum": 0.8, "centered": True},
    ),
    "rprop": (RProp(), "Rprop", {}),
}


def start() -> tuple[Network, Any, Any]:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 5)), rng.standard_normal((40, 3))
    net = Network([5, 7, 3], "tanh", output_activation="identity", dtype="float64", seed=1)
    for b in net.biases:
        b[...] = rng.standard_normal(len(b)) / 2
    return net, X, y
