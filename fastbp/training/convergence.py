"""The end of a fit whose loss no longer falls."""

from dataclasses import dataclass
from math import inf


@dataclass(slots=True, eq=False, repr=False)
class Convergence:
    """A fit has converged after more than ``patience`` epochs that were no better than before.

    The compiled loop compares the losses, so that it need not come back for each epoch. An epoch is
    better where its loss is no more than the least one less ``tol``.

    Attributes
    ----------
    best, stale
        The least loss of an epoch so far, and the epochs since the last better one.
    """

    tol: float
    patience: float
    best: float = inf
    stale: int = 0

    @property
    def is_reached(self) -> bool:
        """Whether so many epochs were no better."""
        return self.stale > self.patience

    def follow(self, loss: float) -> None:
        """Count one more epoch, as the compiled loop does."""
        self.stale = self.stale + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)

    def goes_on(self) -> bool:
        """Whether training goes on all the same, with the count at 0: by a smaller rate, say."""
        return False
