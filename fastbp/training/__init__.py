"""Training: a fit's options, epochs, history, threads, and what is said of its result."""

from fastbp.training.options import Callback, EarlyStopping, Reporter

__all__ = ["Callback", "EarlyStopping", "Reporter"]
