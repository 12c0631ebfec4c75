"""Training: options, epochs, history, progress, thread choice and diagnosis."""

from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.options import Callback, Reporter

__all__ = ["Callback", "EarlyStopping", "Reporter"]
