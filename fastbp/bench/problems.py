"""What a rung has to do: training steps of small networks, with data and first weights."""

from dataclasses import dataclass, replace

import numpy as np

from fastbp import Network
from fastbp.validation import Array


@dataclass(frozen=True)
class Problem:
    """One network and the size of its mini-batches, trained by plain SGD."""

    sizes: tuple[int, ...]
    activation: str
    output_activation: str
    loss: str
    batch_size: int
    learning_rate: float = 0.01  # small: thousands of timed steps must not diverge

    def __str__(self) -> str:
        return (
            f"{'-'.join(map(str, self.sizes))}, {self.activation} / {self.output_activation}, "
            f"{self.loss}, batch {self.batch_size}"
        )

    def odd(self) -> "Problem":
        """Make the same with one more of everything: sizes that fill no vector and no tile."""
        return replace(self, sizes=tuple(n + 1 for n in self.sizes), batch_size=self.batch_size + 1)

    def network(self, dtype: str) -> Network:
        """Make the network, with the same first weights in every number type."""
        return Network(
            list(self.sizes),
            activation=self.activation,
            loss=self.loss,
            output_activation=self.output_activation,
            dtype=dtype,
            seed=0,
        )


PROBLEMS = {
    "nielsen": Problem((784, 30, 10), "sigmoid", "sigmoid", "half_squared_error", 10),
    "digits": Problem((64, 64, 10), "relu", "softmax", "cross_entropy", 32),
    "smooth": Problem((4, 32, 16, 4), "tanh", "identity", "half_squared_error", 64),
}


@dataclass(frozen=True)
class Task:
    """A problem with its data; whatever works on it copies what it changes.

    Parameters
    ----------
    X, Y : ndarray, shapes (m, n_0) and (m, n_L)
        Samples, uniform in [0, 1), and targets, 0 or 1: one 1 a row, where n_L > 1. They are the
        same numbers in float32 and in float64.
    weights, biases : list of ndarray
        Of layers 1 to L, (n_l, n_(l-1)) and (n_l,).
    shuffle : bool
        Whether the samples come in a fresh order every epoch.
    """

    problem: Problem
    dtype: str
    X: Array
    Y: Array
    weights: list[Array]
    biases: list[Array]
    shuffle: bool


def make_task(problem: Problem, dtype: str, *, batches: int, shuffle: bool) -> Task:
    """Draw ``batches`` mini-batches and the first weights, always from the same seed.

    >>> task = make_task(PROBLEMS["digits"], "float32", batches=2, shuffle=False)
    >>> task.X.shape, task.Y.shape
    ((64, 64), (64, 10))
    """
    rng = np.random.default_rng(0)
    m, n_L = batches * problem.batch_size, problem.sizes[-1]
    X = rng.random((m, problem.sizes[0]), dtype=np.float32).astype(dtype)
    classes = max(n_L, 2)  # a single output tells two classes apart
    Y = np.ascontiguousarray(np.eye(classes, n_L, dtype=dtype)[rng.integers(classes, size=m)])
    net = problem.network("float32")  # float32 draws are exact in float64 too
    return Task(
        problem,
        dtype,
        X,
        Y,
        [np.array(w, dtype, order="C") for w in net.weights],
        [np.array(b, dtype) for b in net.biases],
        shuffle,
    )
