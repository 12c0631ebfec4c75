"""What a rung has to do: training steps of small networks, with data and first weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from fastbp import SGD, Adam, Network, RMSprop
from fastbp.inputs import Array
from fastbp.operations import LOSSES

KERNELS = ("forward", "backward", "accumulate", "step")
OPTIMIZERS: dict[str, Callable[[float], SGD | Adam | RMSprop]] = {
    "sgd": SGD,
    "adam": Adam,
    "adam_hat": partial(Adam, eps_hat=True),
    "rmsprop": RMSprop,
}

DATA = 8_000_000  # bytes of samples at most, if that gives 2 batches: a cache holds them
BATCHES = 512  # of a network so small that its epoch would last no time


@dataclass(frozen=True)
class Problem:
    """One network, the size of its mini-batches and its optimizer.

    Parameters
    ----------
    sizes : tuple of int
        n_0, ..., n_L.
    activation, output_activation, loss : str
        fastbp's names of them, those that go together. `make_problem` chooses what is timed by
        default; a rung may have less, and says so.
    batch_size : int
        m, the rows of a mini-batch.
    learning_rate : float
    optimizer : {"sgd", "adam", "adam_hat", "rmsprop"}
        "adam_hat" adds eps to the root before the bias correction. What is proved is SGD.

    Examples
    --------
    >>> problem = make_problem((784, 128, 10), 32)
    >>> problem.shape, problem.flops("step"), problem.samples_bytes(4)
    ('784-128-10', 13090816, 3176)
    """

    sizes: tuple[int, ...]
    activation: str
    output_activation: str
    loss: str
    batch_size: int
    learning_rate: float = 0.01  # small: thousands of timed steps must not diverge
    optimizer: str = "sgd"

    def __str__(self) -> str:
        return f"{self.shape}, batch {self.batch_size}, {self.formulas}"

    @property
    def shape(self) -> str:
        """The sizes, as a user types them."""
        return "-".join(map(str, self.sizes))

    @property
    def activations(self) -> list[str]:
        """The activation of each layer, 1 to L."""
        return [self.activation] * (len(self.sizes) - 2) + [self.output_activation]

    @property
    def slopes(self) -> list[str]:
        """The activation whose g' is a factor of each layer's delta.

        The output's is the identity's where dC_0/dz_j is a_j - y_j itself.
        """
        output = self.output_activation if LOSSES[self.loss].chain_rule else "identity"
        return [*self.activations[:-1], output]

    @property
    def formulas(self) -> str:
        """Activations and loss, in words."""
        loss = self.loss.replace("_", " ")
        return f"{self.activation} / {self.output_activation}, {loss}"

    @property
    def weights(self) -> int:
        """The number of weights, without the biases."""
        return sum(n_in * n_out for n_in, n_out in pairwise(self.sizes))

    def flops(self, kernel: str) -> int:
        """Floating-point operations of the products of a mini-batch, two for a multiply-add.

        forward and accumulate have one product for each layer, backward for each but the first.
        """
        below = self.weights - self.sizes[0] * self.sizes[1]
        products = {"forward": self.weights, "backward": below, "accumulate": self.weights}
        products["step"] = sum(products.values())
        return 2 * self.batch_size * products[kernel]

    def least_bytes(self, kernel: str, itemsize: int) -> int:
        """What a mini-batch must move at least: the weights once, and the samples.

        ``forward`` and ``backward`` read the weights, ``accumulate`` writes as many numbers, and
        ``step`` reads them and writes them.
        """
        passes = 2 if kernel == "step" else 1
        return passes * self.weights * itemsize + self.batch_size * self.samples_bytes(itemsize)

    def samples_bytes(self, itemsize: int) -> int:
        """Of one sample and its targets."""
        return (self.sizes[0] + self.sizes[-1]) * itemsize

    def network(self, dtype: str, seed: "int | np.random.Generator" = 0) -> Network:
        """Make the network, with the same first weights in every number type."""
        return Network(
            list(self.sizes),
            activation=self.activation,
            loss=self.loss,
            output_activation=self.output_activation,
            dtype=dtype,
            seed=seed,
        )

    def make_optimizer(self) -> SGD | Adam | RMSprop:
        """Fastbp's description of the optimizer."""
        return OPTIMIZERS[self.optimizer](self.learning_rate)

    def first_parameters(self, dtype: str, seed: int = 0) -> tuple[list[Array], list[Array]]:
        """Weights (n_l, n_(l-1)) and biases (n_l,) of layers 1 to L, as fastbp draws them.

        The same numbers in float32 and in float64.
        """
        net = self.network("float32", seed)
        weights = [np.array(w, dtype, order="C") for w in net.weights]
        return weights, [np.array(b, dtype) for b in net.biases]

    def draw(self, dtype: str, m: int, seed: int = 0) -> tuple[Array, Array]:
        """Draw m samples X, uniform in [0, 1), and targets Y, 0 or 1: one 1 a row where n_L > 1.

        The same numbers in float32 and in float64.
        """
        rng = np.random.default_rng(seed)
        X = rng.random((m, self.sizes[0]), dtype=np.float32).astype(dtype)
        single_output = self.loss != "cross_entropy" and self.sizes[-1] == 1
        classes = 2 if single_output else self.sizes[-1]  # a single output tells two classes apart
        labels = rng.integers(classes, size=m)
        return X, np.ascontiguousarray(np.eye(classes, self.sizes[-1], dtype=dtype)[labels])

    def batches(self, itemsize: int) -> int:
        """Mini-batches of an epoch of the timed data."""
        fitting = DATA // (self.batch_size * self.samples_bytes(itemsize))
        return max(2, min(BATCHES, fitting))


# What is timed when nobody asks for anything else.
DEFAULT_PROBLEMS = (
    Problem((784, 30, 10), "sigmoid", "sigmoid", "half_squared_error", 10),
    Problem((64, 64, 10), "relu", "softmax", "cross_entropy", 32),
    Problem((784, 128, 10), "relu", "softmax", "cross_entropy", 32),
    Problem((784, 512, 512, 10), "relu", "softmax", "cross_entropy", 128),
)
DEFAULT_BATCH = 32


def make_problem(sizes: tuple[int, ...], batch_size: int | None = None) -> Problem:
    """Give a default shape its own formulas and batch; any other one relu and softmax.

    With a single output there is no softmax: its formulas are identity and half_squared_error.

    Examples
    --------
    >>> print(make_problem((784, 30, 10)))
    784-30-10, batch 10, sigmoid / sigmoid, half squared error
    >>> print(make_problem((4, 8, 1), 5))
    4-8-1, batch 5, relu / identity, half squared error
    """
    for problem in DEFAULT_PROBLEMS:
        if problem.sizes == tuple(sizes):
            return replace(problem, batch_size=batch_size or problem.batch_size)
    output = ("softmax", "cross_entropy") if sizes[-1] > 1 else ("identity", "half_squared_error")
    return Problem(tuple(sizes), "relu", *output, batch_size or DEFAULT_BATCH)
