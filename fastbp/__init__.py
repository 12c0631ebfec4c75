"""Backpropagation, index by index, at the speed of the machine.

>>> import fastbp
>>> X, y = fastbp.datasets.load_digits()
>>> net = fastbp.Network([64, 64, 10], activation="relu", output_activation="softmax",
...                      loss="cross_entropy", seed=0)
>>> history = net.fit(X, y, epochs=20, optimizer=fastbp.Adam(0.003), validation=0.2)
>>> history.validation_accuracy[-1] > 0.95
True
"""

from typing import TYPE_CHECKING

from fastbp.version import __version__ as __version__

try:
    from fastbp.model import (
        kernel_sets as _dispatch,  # its error explains a missing build
    )
except ImportError as error:
    from fastbp.cli.command import stop_command

    stop_command(error)
    raise
from fastbp.model.kernel_sets import show_config

if TYPE_CHECKING:
    from fastbp.activations import Activation
    from fastbp.checks.callback import DiagnosisCallback
    from fastbp.ensemble import Ensemble
    from fastbp.errors import (
        DivergenceError,
        FileFormatError,
        PerformanceWarning,
        ShapeError,
        TrainingWarning,
    )
    from fastbp.losses import Loss
    from fastbp.network import Network
    from fastbp.optimizers import LBFGS, SGD, Adagrad, Adam, AdamW, NAdam, RMSprop, RProp
    from fastbp.tabular.evaluation.table_evaluation import evaluate_table
    from fastbp.tabular.table_model import TableModel
    from fastbp.training.early_stopping import EarlyStopping
    from fastbp.training.history import History

__all__ = [
    "LBFGS",
    "SGD",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "DiagnosisCallback",
    "DivergenceError",
    "EarlyStopping",
    "Ensemble",
    "FileFormatError",
    "History",
    "Loss",
    "NAdam",
    "Network",
    "PerformanceWarning",
    "RMSprop",
    "RProp",
    "ShapeError",
    "TableModel",
    "TrainingWarning",
    "bench",
    "datasets",
    "evaluate_table",
    "explain",
    "interchange",
    "reference",
    "schedules",
    "show_config",
]

# Imported on first access: a program that needs the estimators of fastbp.sklearn alone, or the
# command line's help, does not wait for the rest. Submodules, and names in submodules.
_SUBMODULES = (
    "activations", "bench", "datasets", "errors", "initializers", "inputs", "interchange",
    "lessons", "losses", "model_file", "network", "operations", "optimizers", "reference",
    "schedules", "text", "training",
)  # fmt: skip
_WITH_EXTRAS = ("sklearn",)  # left out of dir(), whose names ``help`` looks up one and all
_PLACES = {
    "activations": ("Activation",),
    "checks.callback": ("DiagnosisCallback",),
    "ensemble": ("Ensemble",),
    "errors": (
        "DivergenceError", "FileFormatError", "PerformanceWarning", "ShapeError", "TrainingWarning",
    ),
    "lessons.explanation": ("explain",),
    "losses": ("Loss",),
    "network": ("Network",),
    "optimizers": ("LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "NAdam", "RMSprop", "RProp"),
    "tabular.evaluation.table_evaluation": ("evaluate_table",),
    "tabular.table_model": ("TableModel",),
    "training.early_stopping": ("EarlyStopping",),
    "training.history": ("History",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a submodule, or what is in one, on first access."""
    import importlib

    if name in _SUBMODULES or name in _WITH_EXTRAS:
        return importlib.import_module(f"fastbp.{name}")
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(f"fastbp.{_MODULE_OF[name]}"), name)
        globals()[name] = value  # from now on without this function
        return value
    raise AttributeError(f"module 'fastbp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES, *_MODULE_OF})


del _dispatch
