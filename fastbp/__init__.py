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
        kernel_sets as _dispatch,  # first: it says what to do where nothing is built
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
from fastbp.model.kernel_sets import show_config
from fastbp.network import Network
from fastbp.optimizers import SGD, Adam
from fastbp.training.history import History
from fastbp.training.options import EarlyStopping

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

# What is imported when it is first asked for, so that ``import fastbp`` stays quick: submodules,
# and a function of one whose name is not the function's own.
_LAZY = ("bench", "datasets", "explain", "reference")
_FUNCTIONS = {"explain": "lessons.explanation"}


def __getattr__(name: str) -> object:
    """Import a submodule, or the function of one, when it is first asked for."""
    if name in _LAZY:
        import importlib

        module = importlib.import_module(f"fastbp.{_FUNCTIONS.get(name, name)}")
        return getattr(module, name) if name in _FUNCTIONS else module
    raise AttributeError(f"module 'fastbp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])


del _dispatch
