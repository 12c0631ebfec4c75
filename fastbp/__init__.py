"""Backpropagation, index by index, at the speed of the machine.

>>> import fastbp
>>> X, y = fastbp.datasets.load_digits()
>>> net = fastbp.Network([64, 64, 10], activation="relu", output_activation="softmax",
...                      loss="cross_entropy", seed=0)
>>> history = net.fit(X, y, epochs=20, optimizer=fastbp.Adam(0.003), validation=0.2)
>>> history.validation_accuracy[-1] > 0.95
True
"""

__version__ = "0.1.0"

from fastbp import dispatch as _dispatch  # first: it says what to do where nothing is built
from fastbp.activations import Activation
from fastbp.dispatch import show_config
from fastbp.errors import (
    DivergenceError,
    FileFormatError,
    PerformanceWarning,
    ShapeError,
    TrainingWarning,
)
from fastbp.history import History
from fastbp.network import Network
from fastbp.optimizers import SGD, Adam
from fastbp.training import EarlyStopping

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "DivergenceError",
    "EarlyStopping",
    "FileFormatError",
    "History",
    "Network",
    "PerformanceWarning",
    "ShapeError",
    "TrainingWarning",
    "bench",
    "datasets",
    "explain",
    "reference",
    "show_config",
]

_LAZY = ("bench", "datasets", "explain", "reference")


def __getattr__(name: str) -> object:
    """Import a submodule when it is first asked for: ``import fastbp`` stays quick."""
    if name in _LAZY:
        import importlib

        return importlib.import_module(f"fastbp.{name}")
    raise AttributeError(f"module 'fastbp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])


del _dispatch
