"""The Python rungs of the ladder: the same mini-batch step, each time by other means."""

from collections.abc import Callable, Iterator

import numpy as np

from fastbp import SGD, reference, reference_tables
from fastbp.bench.problems import Task
from fastbp.validation import Array


class Rung:
    """One way to train on a task.

    A subclass takes copies of the first weights and implements ``step`` and ``layers``; one that
    can do many steps at a call overrides ``run``.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._batches = self._endless_batches()

    def _endless_batches(self) -> Iterator[Array]:
        rng, m, n = np.random.default_rng(1), len(self.task.X), self.task.problem.batch_size
        while True:
            order = rng.permutation(m) if self.task.shuffle else np.arange(m)
            for start in range(0, m, n):
                yield order[start : start + n]

    def run(self, steps: int) -> int:
        """Do at least ``steps`` steps; return how many."""
        for _ in range(steps):
            self.step(next(self._batches))
        return steps

    def step(self, rows: Array) -> None:
        """Gather these samples, and move every weight once."""
        raise NotImplementedError

    def layers(self) -> list[tuple[Array, Array]]:
        """Give (w, b) of layers 1 to L as they are now, w with shape (n_l, n_(l-1))."""
        raise NotImplementedError

    def parameters(self) -> Array:
        """All weights and biases, flat, as float64."""
        flat = [np.ravel(part) for layer in self.layers() for part in layer]
        return np.concatenate(flat).astype(np.float64)


class Specification(Rung):
    """fastbp.reference: lists and loops."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        problem, L = task.problem, len(task.weights)
        names = [problem.activation] * (L - 1) + [problem.output_activation]
        rows = [reference_tables.ACTIVATIONS[name] for name in names]
        self._g = [None, *(g for g, _ in rows)]
        self._g_prime = [None, *(g_prime for _, g_prime in rows)]
        self._loss = reference_tables.LOSSES[problem.loss]
        self._X, self._Y = task.X.tolist(), task.Y.tolist()
        self._w = [None, *(w.tolist() for w in task.weights)]
        self._b = [None, *(b.tolist() for b in task.biases)]

    def step(self, rows: Array) -> None:
        """One call of ``gradient`` and one of ``sgd_step``."""
        _, dC_dw, dC_db = reference.gradient(
            [self._X[i] for i in rows],
            [self._Y[i] for i in rows],
            self._w,
            self._b,
            self._g,
            self._g_prime,
            *self._loss,
        )
        reference.sgd_step(self._w, self._b, dC_dw, dC_db, self.task.problem.learning_rate)

    def layers(self) -> list[tuple[Array, Array]]:
        """Give the lists as arrays."""
        pairs = zip(self._w[1:], self._b[1:], strict=True)
        return [(np.array(w), np.array(b)) for w, b in pairs]


def _sigmoid(z: Array) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    np.reciprocal(z, out=z)


def _softmax(z: Array) -> None:
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)


def _sigmoid_slope(a: Array, slope: Array) -> None:
    np.subtract(1, a, out=slope)
    slope *= a


def _tanh_slope(a: Array, slope: Array) -> None:
    np.multiply(a, a, out=slope)
    np.subtract(1, slope, out=slope)


# Name -> (g in place, g' from a into a buffer); None where there is nothing to compute.
_IN_PLACE: dict[
    str, tuple[Callable[[Array], object] | None, Callable[[Array, Array], object] | None]
] = {
    "identity": (None, None),
    "sigmoid": (_sigmoid, _sigmoid_slope),
    "tanh": (lambda z: np.tanh(z, out=z), _tanh_slope),
    "relu": (lambda z: np.maximum(z, 0, out=z), lambda a, slope: np.greater(a, 0, out=slope)),
    "softmax": (_softmax, None),  # with cross_entropy delta = a - y, without a slope
}


class VectorisedNumPy(Rung):
    """Matrix products and whole-array operations, with every buffer made once.

    Weights are kept (n_in, n_out), the faster way round for ``a @ w``; the learning rate and
    the mean over the batch go into the output's delta, the smallest array there is.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        problem, L = task.problem, len(task.weights)
        names = [problem.activation] * (L - 1) + [problem.output_activation]
        self._g = [_IN_PLACE[name] for name in names]
        self._w = [np.ascontiguousarray(w.T) for w in task.weights]
        self._b = [b.copy() for b in task.biases]
        self._dw, self._db = (
            [np.empty_like(part) for part in parts] for parts in (self._w, self._b)
        )
        self._a = [np.empty((problem.batch_size, n), task.dtype) for n in problem.sizes]
        self._y = np.empty_like(self._a[-1])
        self._delta, self._slope = ([np.empty_like(a) for a in self._a[1:]] for _ in range(2))

    def step(self, rows: Array) -> None:
        """Forward, backward, update."""
        task, a, delta, w = self.task, self._a, self._delta, self._w
        np.take(task.X, rows, axis=0, out=a[0], mode="clip")  # "raise" would copy once more
        np.take(task.Y, rows, axis=0, out=self._y, mode="clip")
        for i, (g, _) in enumerate(self._g):
            np.dot(a[i], w[i], out=a[i + 1])
            a[i + 1] += self._b[i]
            if g is not None:
                g(a[i + 1])
        np.subtract(a[-1], self._y, out=delta[-1])
        delta[-1] *= task.problem.learning_rate / len(rows)
        for i in reversed(range(len(w))):
            slope = self._g[i][1]
            if slope is not None:
                slope(a[i + 1], self._slope[i])
                delta[i] *= self._slope[i]
            if i > 0:
                np.dot(delta[i], w[i].T, out=delta[i - 1])
        for i in range(len(w)):
            np.dot(a[i].T, delta[i], out=self._dw[i])
            np.add.reduce(delta[i], axis=0, out=self._db[i])
            w[i] -= self._dw[i]
            self._b[i] -= self._db[i]

    def layers(self) -> list[tuple[Array, Array]]:
        """Give the weights the notation's way round."""
        return [(w.T, b) for w, b in zip(self._w, self._b, strict=True)]


class TrainStep(Rung):
    """fastbp's kernels, one call of ``net.train_step`` a step."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.net = task.problem.network(task.dtype)
        for l, (w, b) in enumerate(zip(task.weights, task.biases, strict=True)):
            self.net.weights[l][...] = w
            self.net.biases[l][...] = b
        self._optimizer = SGD(task.problem.learning_rate)
        self._x = np.empty((task.problem.batch_size, task.problem.sizes[0]), task.dtype)
        self._y = np.empty((task.problem.batch_size, task.problem.sizes[-1]), task.dtype)

    def step(self, rows: Array) -> None:
        """Gather, and one call."""
        np.take(self.task.X, rows, axis=0, out=self._x, mode="clip")
        np.take(self.task.Y, rows, axis=0, out=self._y, mode="clip")
        self.net.train_step(self._x, self._y, optimizer=self._optimizer)

    def layers(self) -> list[tuple[Array, Array]]:
        """Give the network's views."""
        return list(zip(self.net.weights, self.net.biases, strict=True))


class Fit(TrainStep):
    """fastbp's kernels, whole epochs at a call of ``net.fit``, on one thread."""

    def run(self, steps: int) -> int:
        """Do whole epochs; return their number of steps."""
        task, n = self.task, self.task.problem.batch_size
        steps_an_epoch = len(task.X) // n
        epochs = -(-steps // steps_an_epoch)
        self.net.fit(
            task.X,
            task.Y,
            epochs=epochs,
            batch_size=n,
            optimizer=self._optimizer,
            shuffle=task.shuffle,
            n_threads=1,
        )
        return epochs * steps_an_epoch


RUNGS: dict[str, Callable[[Task], Rung]] = {
    "specification": Specification,
    "NumPy, vectorised": VectorisedNumPy,
    "kernels, net.train_step": TrainStep,
    "kernels, net.fit": Fit,
}
