"""Rungs with one fault each, in a file that another process can load; and one that is right."""

import os
import warnings

import numpy as np

from fastbp.bench import Rung, UnsupportedError
from fastbp.bench.rungs.numpy_allocating import NumPyAllocating


class Right(NumPyAllocating):
    """No fault."""


class WrongSign(NumPyAllocating):
    """One delta of the first layer has the other sign."""

    def backward(self):
        super().backward()
        self._delta[0][:1, -1:] *= -1


class WrongIndex(NumPyAllocating):
    """Takes w_jk of the neighbour for one weight."""

    def forward(self):
        w = self.w[0]
        if w.shape[1] > 1:
            self.w[0] = w.copy()
            self.w[0][-1, -1] = w[-1, -2]
        super().forward()
        self.w[0] = w


class Doubled(NumPyAllocating):
    """Twice the gradient."""

    def accumulate(self):
        super().accumulate()
        self._dw = [2 * dw for dw in self._dw]


class Zeros(NumPyAllocating):
    """Computes no bias gradient."""

    def accumulate(self):
        super().accumulate()
        self._db = [0 * db for db in self._db]


class NotANumber(NumPyAllocating):
    """Puts one NaN among the weights."""

    def update(self):
        super().update()
        if len(self._y):
            self.w[-1][-1, -1] = np.nan


class NeverMoves(NumPyAllocating):
    """Does nothing, very fast."""

    def update(self):
        pass


class EvenOnly(NumPyAllocating):
    """Forgets the last node of a layer of odd width."""

    def forward(self):
        super().forward()
        if self._a[1].shape[1] % 2:
            self._a[1][:, -1] = 0


class Float32Only(NumPyAllocating):
    """Wrong in float32, right in float64."""

    def update(self):
        super().update()
        if self.dtype == "float32":
            self.w[-1] = self.w[-1] * np.float32(1.0001)


class StaleSums(NumPyAllocating):
    """Adds to the sums that are there instead of overwriting them."""

    def accumulate(self):
        before = self._dw
        super().accumulate()
        if before:
            self._dw = [dw + old for dw, old in zip(self._dw, before, strict=True)]


class StaleLoop(StaleSums):
    """The same, but for the step, which forgets the sums first."""

    def step(self, X, Y):
        self._dw = []
        super().step(X, Y)


class NewWeights(NumPyAllocating):
    """Moves the last layer before the deltas below it are known: Mazur's page does it."""

    def step(self, X, Y):
        self.put(X, Y)
        self.forward()
        self.backward()
        self.accumulate()
        if len(self.w) > 1 and len(X):
            first, rate = self.w[-1], self.problem.learning_rate / len(X)
            self.w[-1] = first - rate * self._dw[-1]
            self.backward()
            self.accumulate()
            self.w[-1] = first
        self.update()


class OwnOrder(NumPyAllocating):
    """Trains on the samples as they lie."""

    def train(self, X, Y, orders):
        return super().train(X, Y, [np.sort(order) for order in orders])


class FewerSteps(NumPyAllocating):
    """Leaves out the last mini-batch, and says so."""

    def train(self, X, Y, orders):
        return super().train(X, Y, [order[: -self.problem.batch_size] for order in orders])


class ReluOfNaN(NumPyAllocating):
    """Makes 0 of NaN."""

    def forward(self):
        super().forward()
        self._a[1:] = [np.nan_to_num(a) for a in self._a[1:]]


class SpreadNaN(NumPyAllocating):
    """Lets a NaN of one row into the others."""

    def forward(self):
        super().forward()
        if len(self._y):
            self._a[-1] = self._a[-1] + 0 * self._a[-1].sum()


class Overflowing(NumPyAllocating):
    """Takes e^z without shifting z first."""

    def forward(self):
        super().forward()
        if self.problem.output_activation == "softmax":
            with np.errstate(over="ignore", invalid="ignore"):
                e = np.exp(self._a[-2] @ self.w[-1].T + self.b[-1])
                self._a[-1] = e / e.sum(axis=1, keepdims=True)


class FlushesSubnormals(NumPyAllocating):
    """Takes subnormal numbers for zeros."""

    def forward(self):
        normal = np.finfo(self.dtype).smallest_normal
        self._a[0] = np.where(np.abs(self._a[0]) < normal, 0, self._a[0])
        super().forward()


class LostLayer(NumPyAllocating):
    """Hands back too few weights."""

    def read(self):
        numbers = super().read()
        numbers.w = numbers.w[1:]
        return numbers


class Transposed(NumPyAllocating):
    """Hands back the weights the other way round."""

    def read(self):
        numbers = super().read()
        numbers.w = [w.T for w in numbers.w]
        return numbers


class KeepsForItself(NumPyAllocating):
    """Has no delta to show."""

    def read(self):
        numbers = super().read()
        numbers.delta = None
        return numbers


class WritesIntoX(NumPyAllocating):
    """Changes the samples it was given."""

    def forward(self):
        super().forward()
        self._a[0][...] *= 2
        super().forward()


class StepIsNotTheLoops(NumPyAllocating):
    """Right loops, and a step of its own that is wrong."""

    def step(self, X, Y):
        super().step(X, Y)
        super().step(X, Y)


WRONG = [one for one in vars().values() if isinstance(one, type) and one.__module__ == __name__]
WRONG.remove(Right)


class Raises(NumPyAllocating):
    """Fails."""

    def forward(self):
        raise ArithmeticError("no numbers today")


class Warns(NumPyAllocating):
    """Complains."""

    def forward(self):
        super().forward()
        warnings.warn("something is odd", RuntimeWarning, stacklevel=1)


class Crashes(NumPyAllocating):
    """Takes its process along."""

    def forward(self):
        os.abort()


class CrashesLater(NumPyAllocating):
    """The same, when it is timed."""

    def train(self, X, Y, orders):
        if len(X) > 100:
            os.abort()
        return super().train(X, Y, orders)


class ExitsLater(NumPyAllocating):
    """Ends its process when it is timed."""

    def train(self, X, Y, orders):
        if len(X) > 100:
            os._exit(7)
        return super().train(X, Y, orders)


class Picky(NumPyAllocating):
    """Has nothing like a network of two layers."""

    def __init__(self, problem, *rest):
        if len(problem.sizes) == 3:
            raise UnsupportedError("it has no two layers")
        super().__init__(problem, *rest)


class OnlySteps(NumPyAllocating):
    """Has no loops of its own."""

    kernels = ("step",)


class NoRung:
    """Has nothing that a rung needs."""

    def __init__(self, *arguments):
        pass


def make(*arguments):
    """A function may make a rung too."""
    return Right(*arguments)


assert issubclass(Right, Rung)
