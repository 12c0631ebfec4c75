"""Wrote the model files in fixtures/, and old_files.json: what the build that saved them said.

``test_old_files.py`` holds later builds to both. Commit e8b015a made the files there, before the
format had ``target_kind``. They are not to be made anew: files of a later build go into a folder
of their own. To make some, run this with that build's Python, from another folder, without
PYTHONPATH::

    python .../tests/helpers/old_files.py FOLDER
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import fastbp
from fastbp import SGD, Adam, Network

RECORD = "old_files.json"
SETS = ["x86-64-v3", "x86-64-v4"]  # the plain set's formulas may change in the last place

SOFTMAX: dict[str, Any] = {"output_activation": "softmax", "loss": "cross_entropy"}
COLUMNS = {"columns": ["a", "b", "c", "é"], "mean": [0.1, -1.5, 1e-300, 2.0], "n": 2**70}

# Name -> the arguments of Network, those of fit, and what is set after it.
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sgd": ({"sizes": [4, 5, 3], "activation": "tanh"}, {"optimizer": SGD(0.1)}, {}),
    "momentum": (
        {"sizes": [4, 5, 3], "activation": "softplus", "bias": "fixed", "dtype": "float64"},
        {"optimizer": SGD(0.05, momentum=0.9)},
        {"preprocessing": COLUMNS},
    ),
    "nesterov": (
        {"sizes": [4, 6, 5, 3], "activation": ["relu", "elu"], **SOFTMAX},
        {"optimizer": SGD(0.05, momentum=0.9, nesterov=True), "l2": 0.01},
        {},
    ),
    "adam": (
        {"sizes": [4, 5, 3], "loss": "binary_cross_entropy", "dtype": "float64"},
        {"optimizer": Adam(0.01, beta1=0.8, eps=1e-6)},
        {"preprocessing": {}},
    ),
    "bfloat16": (
        {"sizes": [4, 9, 3], "activation": "leaky_relu", "compute": "bfloat16", **SOFTMAX},
        {"optimizer": Adam(0.02)},
        {},
    ),
    "untrained": (
        {"sizes": [4, 3], "bias": False, "seed": np.random.Generator(np.random.SFC64(9))},
        {"epochs": 0},
        {},
    ),
}
BATCH = 5  # of 14 rows


def samples(name: str) -> tuple[list[Any], list[Any]]:
    """X and y as JSON can hold them."""
    rng = np.random.default_rng(sorted(NETWORKS).index(name))
    X, classes = rng.standard_normal((14, 4)), np.arange(14) % 3
    if name == "nesterov":
        y = np.array(["ant", "Bär", "猫"])[classes]
    elif name == "bfloat16":
        y = classes
    elif name == "adam":  # several labels a row
        y = rng.integers(0, 2, (14, 3))
    else:
        y = rng.integers(1, 32, (14, 3)) / 32
    return X.astype(np.float32).tolist(), y.tolist()


def saved(name: str, folder: Path) -> dict[str, Any]:
    """Train and save one network; what is in it."""
    network, fit, after = NETWORKS[name]
    X, y = samples(name)
    net = Network(**({"seed": 7} | network))
    net.fit(X, y, n_threads=1, **({"epochs": 3, "batch_size": BATCH} | fit))
    for attribute, value in after.items():
        setattr(net, attribute, value)
    net.save(folder / f"{name}.safetensors")
    state = net._model.state.description()
    return {
        "X": X,
        "y": y,
        "parameters": net.parameters.tolist(),
        "optimizer": net.optimizer.config(),
        "steps": state["steps"],
        "epochs": state["epochs"],
        "classes": None if net.classes is None else list(net.classes),
        "preprocessing": net.preprocessing,
    }


def continued(net: Any, X: Any, y: Any) -> dict[str, Any]:
    """What a loaded network says, and what one more epoch makes of it."""
    predictions = net.predict(X).tolist()
    together = net.copy().fit(X, y, epochs=1, batch_size=len(X), n_threads=1).loss[0]
    loss = net.fit(X, y, epochs=1, batch_size=BATCH, n_threads=1).loss[0]
    return {
        "predictions": predictions,
        "loss in one batch": together,
        "loss": loss,
        "parameters": hashlib.sha256(net.parameters.tobytes()).hexdigest(),
        "random": random_of(net),
    }


def random_of(net: Any) -> Any:
    """Where the generator stands that shuffles, as JSON."""
    state = net._model.state.description()["random"]
    return json.loads(json.dumps(state, default=lambda array: array.tolist()))


def compiler() -> str:
    """What compiled this build."""
    return str(_build()["compiler"])


def is_optimized() -> bool:
    """Whether it is no debug or sanitized build: with -O1 fewer products are fused."""
    return "-O1" not in _build()["flags"]["boundary"]


def _build() -> Any:
    path = Path(fastbp.__file__).parent / "bench" / "build.json"
    return json.loads(path.read_text("utf-8"))


def main(folder: Path) -> None:
    """Save all networks, then let each kernel set go on with them in a process of its own."""
    warnings.simplefilter("ignore", UserWarning)  # a few epochs teach them little
    if "FASTBP_FIXTURES_GO_ON" in os.environ:
        files = {name: Network.load(folder / f"{name}.safetensors") for name in NETWORKS}
        print(json.dumps({name: continued(net, *samples(name)) for name, net in files.items()}))
        return
    if (folder / RECORD).exists():
        sys.exit(f"{folder / RECORD} exists; old files are not made anew")
    networks = {name: saved(name, folder) for name in NETWORKS}
    results = {}
    for isa in SETS:
        environment = os.environ | {"FASTBP_ISA": isa, "FASTBP_FIXTURES_GO_ON": "1"}
        command = [sys.executable, __file__, str(folder)]
        output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
        results[isa] = json.loads(output)
    record = {"compiler": compiler(), "networks": networks, "results": results}
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
