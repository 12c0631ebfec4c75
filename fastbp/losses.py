"""The class for a loss of one's own, and the legal pairs of output activation and loss.

The built-in losses are in fastbp.operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.operations import LOSSES

Array = np.ndarray[Any, Any]
Function = Callable[[Array, Array], Any]


@dataclass(frozen=True, repr=False)
class Loss:
    """A loss C_0 of one sample, and its derivative with respect to the outputs.

    Parameters
    ----------
    value : callable
        ``value(a, y)`` maps m rows of outputs a and targets y, arrays (m, n_L), to C_0 of each row,
        (m,). C is the mean over the rows, which fastbp takes, with the sample weights if any.
    gradient : callable
        ``gradient(a, y)`` maps the same arrays to dC_0/da_j of each row, (m, n_L).

    Notes
    -----
    ``Network(..., loss=Loss(value, gradient))`` goes with every output activation, one of your own
    too. The deltas of the output layer are delta_j = g'(z_j) dC_0/da_j, and with softmax
    delta_j = a_j (dC_0/da_j - sum_i a_i dC_0/da_i).

    Targets are taken as for squared_error: numbers (m, n_L), or class labels or names, which y has
    as one-hot rows. a and y have the network's number type. What the functions return may have any
    real one: C_0 is kept in float64, the gradient in the network's.

    Both are called from the compiled loops, for a batch at a time, 1024 rows at most, and on one
    thread: value for each batch, gradient where there is something to learn. That is slower than a
    built-in loss (docs/own-loss.md has numbers), and gives a ``PerformanceWarning``. Predictions
    call neither. a and y are read-only and hold these numbers during the call alone: copy what you
    keep. An exception ends the training; so does a gradient that is not finite where the value is.
    A value that is not finite is a ``DivergenceError``, as for every loss. A training that fails to
    learn gives no ``TrainingWarning``, for the best constant output is not known. Such a network
    cannot be saved to a model file, which holds no code; it can be pickled if both functions can.

    The gradient is easy to get wrong, and training then just learns less: check it once with
    :meth:`fastbp.Network.check_gradients`. Without that, only a gradient that
    was divided by the number of rows is found out and refused.

    Examples
    --------
    Errors below the target count three times as much as those above it:

    >>> import numpy as np
    >>> from fastbp import Loss
    >>> def value(a, y):
    ...     return (np.where(a < y, 3.0, 1.0) * (a - y) ** 2).sum(axis=1)
    >>> def gradient(a, y):
    ...     return np.where(a < y, 6.0, 2.0) * (a - y)
    >>> loss = Loss(value, gradient)
    >>> loss
    Loss(value, gradient)
    >>> loss.value(np.array([[1.0], [3.0]]), np.array([[2.0], [2.0]]))
    array([3., 1.])
    """

    value: Function
    gradient: Function

    def __post_init__(self) -> None:
        for name, shape in (("value", "(m,), C_0 of each row"), ("gradient", "(m, n_L), dC_0/da")):
            if not callable(getattr(self, name)):
                raise TypeError(
                    f"{name} must be a callable from the arrays a and y, (m, n_L), to an array "
                    f"{shape}; got {type(getattr(self, name)).__name__}"
                )

    def __repr__(self) -> str:
        names = (getattr(f, "__name__", type(f).__name__) for f in (self.value, self.gradient))
        return f"Loss({', '.join(names)})"


#: Every legal (output activation, loss), for messages and tests.
LEGAL_PAIRS = tuple(
    (activation, name) for name, loss in LOSSES.items() for activation in loss.output_activations
)


def check_pair(output_activation: str, loss: str) -> None:
    """Raise ValueError, listing the legal pairs, unless the two go together."""
    if output_activation not in LOSSES[loss].output_activations:
        # The few first, whose loss or whose output it may have been.
        groups = sorted(dict.fromkeys(row.output_activations for row in LOSSES.values()), key=len)
        legal = "; ".join(
            ", ".join(name for name, row in LOSSES.items() if row.output_activations == outputs)
            + f" with {', '.join(outputs)}"
            for outputs in groups
        )
        raise ValueError(
            f"loss={loss!r} does not go with output_activation={output_activation!r}. "
            f"The legal pairs are: {legal}; and an fastbp.Loss of your own with any"
        )
