"""Training: options, epochs, history, progress, thread choice and diagnosis."""

from fastbp.training.options import Callback, EarlyStopping, Reporter

__all__ = ["Callback", "EarlyStopping", "Reporter"]
