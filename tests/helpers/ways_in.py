"""Every public call that takes data, and small networks and scripts to try them with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastbp

Call = Callable[[fastbp.Network, Any, Any], Any]

WITH_X: dict[str, Call] = {
    "predict": lambda net, X, y: net.predict(X),
    "predict_classes": lambda net, X, y: net.predict_classes(X),
}
WITH_Y: dict[str, Call] = {
    "fit": lambda net, X, y: net.fit(X, y, epochs=2, batch_size=5),
    "train_step": lambda net, X, y: net.train_step(X, y),
    "score": lambda net, X, y: net.score(X, y),
    "loss_value": lambda net, X, y: net.loss_value(X, y),
    "gradients": lambda net, X, y: net.gradients(X, y),
}
EVERY_CALL = WITH_X | WITH_Y

# What a network can compute with -> the arguments that say so.
NUMBERS: dict[str, dict[str, Any]] = {
    "float32": {"dtype": "float32"},
    "float64": {"dtype": "float64"},
    "bfloat16": {"compute": "bfloat16"},
}


def network(
    sizes: Any = (4, 5, 3), *, dtype: str = "float64", seed: Any = 1, **options: Any
) -> fastbp.Network:
    """A small network with the same weights each time."""
    return fastbp.Network(list(sizes), dtype=dtype, seed=seed, **options)


def identity_network(weights: Any, dtype: str = "float64", **options: Any) -> fastbp.Network:
    """One layer with the given w_jk and no bias, so that z is known exactly."""
    w = np.asarray(weights, dtype=dtype)
    net = network((w.shape[1], w.shape[0]), dtype=dtype, bias=False, **options)
    net.weights[0] = w
    return net


def samples(
    m: int = 12, features: int = 4, outputs: int = 3
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """X and Y of numbers with few digits: exact in float16 as in float64."""
    rng = np.random.default_rng(7)
    X = rng.integers(-32, 32, (m, features)) / 32
    return X, rng.integers(1, 32, (m, outputs)) / 32


def bits(*arrays: Any) -> list[tuple[Any, ...]]:
    """What two results must share to be called the same: type, shape and every bit."""
    return [(a.dtype.str, a.shape, a.tobytes()) for a in map(np.asarray, arrays)]


def gradient_arrays(gradients: Any) -> list[NDArray[Any]]:
    return [*gradients.weights, *gradients.biases]


def outcome(X: Any, y: Any, dtype: str = "float64", sizes: Any = (4, 5, 3)) -> Any:
    """The bits of all that a fresh network makes of X and y."""
    net = network(sizes, dtype=dtype)
    before = [net.predict(X), net.loss_value(X, y), *gradient_arrays(net.gradients(X, y))]
    history = net.fit(X, y, epochs=2, batch_size=5)
    step = net.train_step(X, y)
    return bits(*before, history.loss, step, net.score(X, y), net.parameters)


def same_fastbp() -> dict[str, str]:
    """An environment in which another process imports the fastbp that this one has."""
    return os.environ | {"PYTHONPATH": str(Path(fastbp.__file__).parent.parent)}


def run_python(
    *arguments: str, cwd: Path, timeout: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the fastbp that this process has."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=same_fastbp() | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def run_script(code: str, folder: Path, *, timeout: float = 60, **environment: str) -> str:
    """The output of Python code in a process of its own, where a crash is only a red test."""
    flags = ("-W", "error", "-X", "faulthandler")
    completed = run_python(*flags, "-c", code, cwd=folder, timeout=timeout, **environment)
    assert completed.returncode == 0, (
        f"exit code {completed.returncode}\n{completed.stdout}\n{completed.stderr}"
    )
    return completed.stdout
