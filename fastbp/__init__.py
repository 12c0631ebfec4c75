"""Backpropagation, index by index, at the speed of the machine.

>>> import fastbp
>>> X, y = fastbp.datasets.load_digits()
>>> net = fastbp.Network([64, 64, 10], activation="relu", output_activation="softmax",
...                      loss="cross_entropy", seed=0)
>>> history = net.fit(X, y, epochs=20, optimizer=fastbp.Adam(0.003), validation=0.2)
>>> history.validation_accuracy[-1] > 0.95
True
"""

from fastbp.version import __version__ as __version__

try:
    from fastbp.model import (
        kernel_sets as _dispatch,  # first: its error explains a missing build
    )
except ImportError as error:
    from fastbp.cli.command import stop_command

    stop_command(error)
    raise
from fastbp.activations import Activation
from fastbp.errors import (
    DivergenceError,
    FileFormatError,
    PerformanceWarning,
    ShapeError,
    TrainingWarning,
)
from fastbp.losses import Loss
from fastbp.model.kernel_sets import show_config
from fastbp.network import Network
from fastbp.optimizers import LBFGS, SGD, Adagrad, Adam, AdamW, NAdam, RMSprop, RProp
from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.history import History

__all__ = [
    "LBFGS",
    "SGD",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "DivergenceError",
    "EarlyStopping",
    "FileFormatError",
    "History",
    "Loss",
    "NAdam",
    "Network",
    "PerformanceWarning",
    "RMSprop",
    "RProp",
    "ShapeError",
    "TrainingWarning",
    "bench",
    "datasets",
    "explain",
    "reference",
    "schedules",
    "show_config",
]

# Imported on first access, to keep ``import fastbp`` fast: submodules, and functions of submodules
# that have another name.
_LAZY = ("bench", "datasets", "explain", "reference", "schedules")
_FUNCTIONS = {"explain": "lessons.explanation"}


def __getattr__(name: str) -> object:
    """Import a submodule, or a function of one, on first access."""
    if name in _LAZY:
        import importlib

        module = importlib.import_module(f"fastbp.{_FUNCTIONS.get(name, name)}")
        return getattr(module, name) if name in _FUNCTIONS else module
    raise AttributeError(f"module 'fastbp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])


del _dispatch
