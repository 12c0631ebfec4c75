"""Training: options, epochs, history, progress, thread choice and diagnosis."""

from fastbp.training.callbacks import Callback
from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.options import Reporter

__all__ = ["Callback", "EarlyStopping", "Reporter"]
