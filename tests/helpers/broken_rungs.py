"""Rungs with one fault each, in a file that another process can load; and one that is right."""

import os
import time
import warnings

import numpy as np

from fastbp.bench import Numbers, Rung, UnsupportedError
from fastbp.bench.rung import mini_batches
from fastbp.bench.rungs.numpy_allocating import NumPyAllocating


class Right(NumPyAllocating):
    """No fault."""


def after(method):
    """Make a rung of a function that is called after a method, after read with its numbers."""

    def rung_of(fault):
        def broken(self):
            numbers = getattr(NumPyAllocating, method)(self)
            fault(self) if numbers is None else fault(self, numbers)
            return numbers

        members = {method: broken, "__doc__": fault.__doc__, "__module__": __name__}
        return type(fault.__name__, (NumPyAllocating,), members)

    return rung_of


@after("backward")
def WrongSign(rung):
    """One delta of the first layer has the other sign."""
    rung._delta[0][:1, -1:] *= -1


class WrongIndex(NumPyAllocating):
    """Takes w_jk of the neighbour for one weight."""

    def forward(self):
        w = self.w[0]
        if w.shape[1] > 1:
            self.w[0] = w.copy()
            self.w[0][-1, -1] = w[-1, -2]
        super().forward()
        self.w[0] = w


@after("accumulate")
def Doubled(rung):
    """Twice the gradient."""
    rung._dw = [2 * dw for dw in rung._dw]


@after("accumulate")
def Zeros(rung):
    """Computes no bias gradient."""
    rung._db = [0 * db for db in rung._db]


@after("update")
def NotANumber(rung):
    """Puts one NaN among the weights."""
    if len(rung._y):
        rung.w[-1][-1, -1] = np.nan


class NeverMoves(NumPyAllocating):
    """Does nothing, very fast."""

    def update(self):
        pass


@after("forward")
def EvenOnly(rung):
    """Forgets the last node of a layer of odd width."""
    if rung._a[1].shape[1] % 2:
        rung._a[1][:, -1] = 0


@after("update")
def Float32Only(rung):
    """Wrong in float32, right in float64."""
    if rung.dtype == "float32":
        rung.w[-1] = rung.w[-1] * np.float32(1.0001)


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
        return mini_batches(orders, self.problem.batch_size)


class TrainsOnce(NumPyAllocating):
    """Does nothing from the second call of ``train`` on."""

    _trained = False

    def train(self, X, Y, orders):
        if not self._trained:
            self._trained = True
            return super().train(X, Y, orders)
        return mini_batches(orders, self.problem.batch_size)


class ThreeSteps(NumPyAllocating):
    """Does nothing after its third step."""

    _left = 3

    def step(self, X, Y):
        self._left -= 1
        if self._left >= 0:
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


@after("forward")
def ReluOfNaN(rung):
    """Makes 0 of NaN."""
    rung._a[1:] = [np.nan_to_num(a) for a in rung._a[1:]]


@after("forward")
def SpreadNaN(rung):
    """Lets a NaN of one row into the others."""
    if len(rung._y):
        rung._a[-1] = rung._a[-1] + 0 * rung._a[-1].sum()


@after("forward")
def Overflowing(rung):
    """Takes e^z without shifting z first."""
    if rung.problem.output_activation == "softmax":
        with np.errstate(over="ignore", invalid="ignore"):
            e = np.exp(rung._a[-2] @ rung.w[-1].T + rung.b[-1])
            rung._a[-1] = e / e.sum(axis=1, keepdims=True)


class FlushesSubnormals(NumPyAllocating):
    """Takes subnormal numbers for zeros."""

    def forward(self):
        normal = np.finfo(self.dtype).smallest_normal
        self._a[0] = np.where(np.abs(self._a[0]) < normal, 0, self._a[0])
        super().forward()


@after("read")
def LostLayer(rung, numbers):
    """Hands back too few weights."""
    numbers.w = numbers.w[1:]


@after("read")
def Transposed(rung, numbers):
    """Hands back the weights the other way round."""
    numbers.w = [w.T for w in numbers.w]


@after("read")
def KeepsForItself(rung, numbers):
    """Has no delta to show."""
    numbers.delta = None


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


@after("forward")
def Warns(rung):
    """Complains."""
    warnings.warn("something is odd", RuntimeWarning, stacklevel=1)


class OwnNumbers(Numbers):
    """Known in the rung's own process only."""


class ReadsOwnNumbers(NumPyAllocating):
    """Hands back a kind of its own, which is as good."""

    def read(self):
        return OwnNumbers(**vars(super().read()))


def _reads(numbers):
    """A rung that hands back something else."""
    return type("Reads", (NumPyAllocating,), {"read": lambda self: numbers})


ReadsNone = _reads(None)
ReadsWords = _reads(Numbers(["a"], ["b"]))
ReadsThree = _reads(Numbers(3, []))


class Later(NumPyAllocating):
    """Comes back before its work is done, which ``read`` waits for; ``finish`` does not."""

    kernels = ("step",)

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._todo = []

    def train(self, X, Y, orders):
        self._todo.append((X, Y, [*orders]))
        return mini_batches(orders, self.problem.batch_size)

    def wait(self):
        for X, Y, orders in self._todo:
            super().train(X, Y, orders)
        self._todo = []

    def read(self):
        self.wait()
        return super().read()


class LaterButFinished(Later):
    """The same, with the hook that the clock waits for."""

    finish = Later.wait


class Tires(ThreeSteps):
    """Right for as many steps as the proof takes, and idle from then on."""

    _left = 12


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
            return mini_batches(orders, self.problem.batch_size)
        return super().train(X, Y, orders)


class Hangs(NumPyAllocating):
    """Gives no answer."""

    def forward(self):
        time.sleep(1000)


@after("forward")
def Chatters(rung):
    """Tells Python's stdout and the process's what it does."""
    print("forward!", flush=True)
    os.write(1, b"forward, by its number!\n")


class Crashes(NumPyAllocating):
    """Takes its process along."""

    def forward(self):
        os.abort()


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
