"""What a case of benchmarks/bits.py hands over, and the networks and samples that it is made of.

All of this runs in the interpreter of a build, old or new, and so uses public names of fastbp
alone. Every argument of ``fit`` is passed, for its defaults may differ from build to build. The
first weights are drawn here: what a build draws itself is a case of its own, and differs alone.
"""

import sys
from dataclasses import dataclass

import numpy as np

import fastbp

NUMBERS = {
    "float32": {"dtype": "float32", "compute": None},
    "float64": {"dtype": "float64", "compute": None},
    "bfloat16": {"dtype": "float32", "compute": "bfloat16"},
}


def threads(number):
    """So many threads for ``fit``: as an order, in builds that have a way to give one.

    A plain number is an order to builds up to e8b015a, and a limit to later ones. There it is an
    order as ``Exactly``, which is not public: it is looked for in all modules that are loaded, and
    ``how_threads`` tells what was found.
    """
    return number if _exactly() is None else _exactly()(number)


def _exactly():
    assert fastbp.Network  # builds that import late have imported what they train with
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("fastbp")]
    return next((module.Exactly for module in modules if hasattr(module, "Exactly")), None)


def how_threads():
    """What a number of threads means here."""
    kind = _exactly()
    return "a plain n_threads" if kind is None else f"{kind.__module__}.{kind.__name__}"


@dataclass(frozen=True)
class Effort:
    """What the rounding of a number grows with; benchmarks/bits_bound.py makes a bound of it."""

    layers: int  # with weights
    longest: int  # sum: of so many terms
    fewest: int  # numbers in a layer's array of a, of a batch
    steps: int  # of training before
    signs: bool  # whether a step may have gone by the sign of a number that was all rounding


class Results:
    """The named results of one case, each with its effort."""

    def __init__(self):
        self.values = {}
        self._net, self._rows, self._steps, self._signs = None, 1, 0, False

    def of(self, net, rows=1, steps=0):
        """What comes next is of this network, after so many steps, in batches of so many rows."""
        self._net, self._rows, self._steps, self._signs = net, rows, steps, False
        return net

    def start(self, number, sizes, batch, rows, **how):
        """A new network, and so many samples to train it on in batches of at most `batch`."""
        net = self.of(network(number, sizes, **how), batch)
        return net, *samples(net, rows)

    def add(self, name, value):
        """Keep a number or an array, under a name that was not used yet."""
        if name in self.values:
            raise KeyError(f"{name} is there already")
        sizes = self._net.sizes
        self.values[name] = (
            np.array(value),
            Effort(
                layers=len(sizes) - 1,
                longest=max(*sizes, self._rows),
                fewest=self._rows * min(sizes),
                steps=self._steps,
                signs=self._signs,
            ),
        )

    def looks(self, X, y, prefix=""):
        """All that a network computes of samples without learning."""
        net = self._net
        self.add(f"{prefix}predict", net.predict(X))
        self.add(f"{prefix}loss_value", net.loss_value(X, y))
        gradients = net.gradients(X, y)
        for l in range(1, net.L + 1):
            self.add(f"{prefix}gradients.weights[{l}]", gradients.weights[l - 1])
            self.add(f"{prefix}gradients.biases[{l}]", gradients.biases[l - 1])
        self.traces(X[:1], y[:1], prefix)

    def traces(self, x, y, prefix=""):
        """Every array of the trace of one sample."""
        t = self._net.trace(x, y)
        for name in ("a", "z", "delta", "dC_dw", "dC_db", "w", "b"):
            for l in range(name != "a", t.L + 1):
                self.add(f"{prefix}trace.{name}[{l}]", getattr(t, name)[l])
        self.add(f"{prefix}trace.y", t.y)
        self.add(f"{prefix}trace.C_0", t.C_0)

    def fits(self, X, y, optimizer, prefix="", **how):
        """Train, and look at the history, the parameters and a prediction."""
        every = {
            "epochs": 1,
            "batch_size": 16,
            "l2": 0.0,
            "shuffle": False,
            "validation": None,
            "early_stopping": None,
            "callbacks": (),
            "progress": None,
            "n_threads": threads(1),
            "check_input": True,
        } | how
        history = self._net.fit(X, y, optimizer=optimizer, **every)
        self._steps += history.epochs * -(-len(X) // min(every["batch_size"], len(X)))
        self.goes_by(optimizer)
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
            self.add(f"{prefix}history.{name}", getattr(history, name))
        if every["early_stopping"]:
            best = history.best_epoch
            self.add(f"{prefix}history.best_epoch", -1 if best is None else best)
        self.add(f"{prefix}parameters", self._net.parameters)
        self.add(f"{prefix}predict after fit", self._net.predict(X[:7]))

    def steps(self, X, y, optimizer, count=1, prefix=""):
        """Take single steps, and look at the losses and the parameters."""
        losses = [self._net.train_step(X, y, optimizer=optimizer) for _ in range(count)]
        self._steps += count
        self.goes_by(optimizer)
        self.add(f"{prefix}train_step", losses)
        self.add(f"{prefix}parameters", self._net.parameters)

    def goes_by(self, optimizer):
        """Say which rule moves the weights, if fit is not told."""
        self._signs = self._signs or getattr(optimizer, "eps", 1) < 1e-3


def network(number, sizes, hidden="tanh", output="identity", loss="half_squared_error", **how):
    """A network whose weights are drawn here, evenly and with a variance of 1 / n_in."""
    net = fastbp.Network(
        list(sizes),
        hidden,
        output_activation=output,
        loss=loss,
        **{"bias": True, "initializer": "zeros", "seed": 5} | how,
        **NUMBERS[number],
    )
    rng = np.random.default_rng(11)
    for w, b in zip(net.weights, net.biases, strict=True):
        w[...] = np.sqrt(12 / w.shape[1]) * (rng.random(w.shape) - 0.5)
        if net.bias:
            b[...] = 0.4 * (rng.random(b.shape) - 0.5)
    return net


def samples(net, m, dtype=None):
    """X and rows of targets that the network's loss takes; they are no use to learn from."""
    rng = np.random.default_rng(7)
    X = 3 * (rng.random((m, net.sizes[0])) - 0.5)
    Y = 0.1 + 0.8 * rng.random((m, net.sizes[-1]))
    if net.loss == "cross_entropy":
        Y /= Y.sum(axis=1, keepdims=True)
    return X.astype(dtype or net.dtype), Y.astype(dtype or net.dtype)
