"""Rungs with one fault each, in a file that another process can load; and one that is right."""

import os
import time
import warnings

import numpy as np

from fastbp.bench import Numbers, Rung, UnsupportedError
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


class OnlyFirstOrder(NumPyAllocating):
    """Trains one epoch, whatever it is asked for, and says that it did all."""

    def train(self, X, Y, orders):
        super().train(X, Y, orders[:1])
        return sum(len(order) // self.problem.batch_size for order in orders)


class TrainsOnce(NumPyAllocating):
    """Does nothing from the second call of ``train`` on."""

    _trained = False

    def train(self, X, Y, orders):
        if not self._trained:
            self._trained = True
            return super().train(X, Y, orders)
        return sum(len(order) // self.problem.batch_size for order in orders)


class ThreeSteps(NumPyAllocating):
    """Does nothing after its third step."""

    _steps = 0

    def step(self, X, Y):
        self._steps += 1
        if self._steps <= 3:
            super().step(X, Y)


class TrainsLeftovers(NumPyAllocating):
    """Makes a mini-batch of the rows that are left over at an order's end."""

    def train(self, X, Y, orders):
        m, steps = self.problem.batch_size, super().train(X, Y, orders)
        for order in orders:
            rows = order[len(order) // m * m :]
            if len(rows):
                self.step(X[rows], Y[rows])
        return steps


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


class LosesNan(NumPyAllocating):
    """Has no loops of its own, and leaves out samples with a NaN."""

    kernels = ("step",)

    def step(self, X, Y):
        good = ~np.isnan(X).any(axis=1)
        super().step(X[good], Y[good])


WRONG = [kind for kind in vars().values() if isinstance(kind, type) and kind.__module__ == __name__]
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


class OddNumbers(NumPyAllocating):
    """Hands back what an attribute of the class says."""

    numbers = "nothing that was agreed on"

    def read(self):
        return self.numbers


class OwnNumbers(Numbers):
    """Known in the rung's own process only."""


class ReadsOwnNumbers(NumPyAllocating):
    """Hands back a kind of its own, which is as good."""

    def read(self):
        return OwnNumbers(**vars(super().read()))


def _odd(name, numbers):
    globals()[name] = type(name, (OddNumbers,), {"numbers": numbers, "__module__": __name__})


_odd("ReadsNone", None)
_odd("ReadsWords", Numbers(["a"], ["b"]))
_odd("ReadsThree", Numbers(3, []))


class Later(NumPyAllocating):
    """Comes back before its work is done, which ``read`` waits for; ``finish`` does not."""

    kernels = ("step",)

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._todo = []

    def train(self, X, Y, orders):
        self._todo.append((X, Y, [*orders]))
        return sum(len(order) // self.problem.batch_size for order in orders)

    def wait(self):
        for X, Y, orders in self._todo:
            super().train(X, Y, orders)
        self._todo = []

    def read(self):
        self.wait()
        return super().read()


class LaterButFinished(Later):
    """The same, with the hook that the clock waits for."""

    def finish(self):
        self.wait()


class Tires(NumPyAllocating):
    """Right for as many steps as the proof takes, and idle from then on."""

    _steps = 0

    def step(self, X, Y):
        self._steps += 1
        if self._steps <= 12:
            super().step(X, Y)


class Spoils(NumPyAllocating):
    """Right for as many steps as the proof takes; after that its weights are no numbers."""

    _steps = 0

    def step(self, X, Y):
        super().step(X, Y)
        self._steps += 1
        if self._steps > 12:
            self.w[0] = self.w[0] * np.nan


class TwoBatches(NumPyAllocating):
    """Trains two mini-batches of an order at most, and says so."""

    def train(self, X, Y, orders):
        return super().train(X, Y, [order[: 2 * self.problem.batch_size] for order in orders])


class Remembers(NumPyAllocating):
    """Goes forward once for each mini-batch that it is given."""

    _cached = None

    def put(self, X, Y):
        super().put(X, Y)
        self._cached = None

    def forward(self):
        if self._cached is None:
            super().forward()
            self._cached = self._a

    def update(self):
        super().update()
        self._cached = None


class RemembersContent(Remembers):
    """Goes forward once for the same numbers."""

    def put(self, X, Y):
        super().put(X, Y)
        self._key = X.tobytes()
        self._all = getattr(self, "_all", {})

    def forward(self):
        self._cached = self._a = self._all.get(self._key, self._a)
        if self._key not in self._all:
            NumPyAllocating.forward(self)
            self._all[self._key] = self._a

    def update(self):
        super().update()
        self._all.clear()


class TooFast(NumPyAllocating):
    """Right where anybody looks, and idle where there is much to do."""

    def train(self, X, Y, orders):
        if len(orders) > 3 or len(orders[0]) > 3 * self.problem.batch_size:
            return sum(len(order) // self.problem.batch_size for order in orders)
        return super().train(X, Y, orders)


class Hangs(NumPyAllocating):
    """Gives no answer."""

    def forward(self):
        time.sleep(1000)


class Chatters(NumPyAllocating):
    """Tells Python's stdout and the process's what it does."""

    def forward(self):
        super().forward()
        print("forward!", flush=True)
        os.write(1, b"forward, by its number!\n")


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


class Eights(NumPyAllocating):
    """Takes whole eights of samples and nothing else."""

    def __init__(self, problem, *arguments):
        if problem.batch_size % 8:
            raise UnsupportedError("batches of 8, 16, ... only")
        super().__init__(problem, *arguments)
