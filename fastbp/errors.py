"""The exceptions and warnings of fastbp."""


class ShapeError(ValueError):
    """An array has the wrong number of dimensions, rows or columns."""


class FileFormatError(ValueError):
    """A file is invalid: truncated, altered, of another kind or version."""


class DivergenceError(RuntimeError):
    """Training reached a loss or weights that are not finite.

    Attributes
    ----------
    epoch : int
        The epoch it happened in, counted from 0 in the call of ``fit``.
    loss : float
        The last finite loss seen, or NaN if there was none.
    learning_rate : float or None
        The learning rate in force; None with LBFGS, which has none.
    checked_input : bool
        Whether the samples were known to be finite.
    """

    def __init__(
        self, epoch: int, loss: float, learning_rate: float | None, checked_input: bool = True
    ) -> None:
        super().__init__(epoch, loss, learning_rate, checked_input)
        self.checked_input = checked_input
        self.epoch = epoch
        self.loss = loss
        self.learning_rate = learning_rate

    def __str__(self) -> str:
        rate, remedy = "", "Scale the "
        if self.learning_rate is not None:
            rate = f", learning_rate {self.learning_rate:g}"
            remedy = "Use a smaller learning_rate, scale the "
        return (
            f"training diverged in epoch {self.epoch} (last finite loss {self.loss:.6g}"
            f"{rate}): the loss or the weights are no longer finite. "
            f"The batch that did it was not applied. {remedy}"
            f"inputs and targets, or start from smaller weights"
            + (
                ""
                if self.checked_input
                else ". Or X or y hold NaN or infinities: check_input=True says where"
            )
        )


class TrainingWarning(UserWarning):
    """Training ended no better than a constant output; the message gives causes and remedies."""


class PerformanceWarning(UserWarning):
    """The result is correct, but a slower code path was used."""
