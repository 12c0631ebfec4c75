"""What a case of benchmarks/bits.py hands over, and the networks and samples that it is made of.

All of this runs in the interpreter of a build, old or new, and so uses public names of fastbp
alone. Every argument of ``fit`` is passed, for its defaults may differ from build to build. The
first weights are drawn here: what a build draws itself is a case of its own, and differs alone.
"""

import sys

import numpy as np
from bits_bound import bound

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


class Results:
    """The results of one case: name -> (array, bound of its error), in ``values``.

    What is added is of the network ``net``, whose batches have at most ``rows`` rows, after so many
    ``steps`` of training, some of which may have gone by the ``signs`` of numbers that were all
    rounding.
    """

    def __init__(self, number):
        self._number = number
        self.values = {}

    def of(self, net, rows=1, steps=0):
        """What comes next is of this network."""
        self.net, self.rows, self.steps, self.signs = net, rows, steps, False

    def start(self, sizes, batch, rows, **how):
        """A new network, and so many samples to train it on in batches of at most `batch`."""
        self.of(network(sizes, self._number, **how), batch)
        return self.net, *samples(self.net, rows)

    def add(self, name, value):
        """Keep a number or an array, under a name that was not used yet."""
        if name in self.values:
            raise KeyError(f"{name} is there already")
        of = self.net.sizes, self.rows, self.steps, self.signs
        self.values[name] = np.array(value), bound(*of, self._number)

    def looks(self, X, y):
        """All that a network computes of samples without learning, and every array of a trace."""
        net = self.net
        self.add("predict", net.predict(X))
        self.add("loss_value", net.loss_value(X, y))
        gradients = net.gradients(X, y)
        for l in range(1, net.L + 1):
            self.add(f"gradients.weights[{l}]", gradients.weights[l - 1])
            self.add(f"gradients.biases[{l}]", gradients.biases[l - 1])
        t = net.trace(X[:1], y[:1])
        for name in ("a", "z", "delta", "dC_dw", "dC_db", "w", "b"):
            for l in range(name != "a", t.L + 1):
                self.add(f"trace.{name}[{l}]", getattr(t, name)[l])
        self.add("trace.y", t.y)
        self.add("trace.C_0", t.C_0)

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
        history = self.net.fit(X, y, optimizer=optimizer, **every)
        steps = -(-len(X) // min(every["batch_size"], len(X)))
        self.trained(history.epochs * steps, optimizer)
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
            self.add(f"{prefix}history.{name}", getattr(history, name))
        if every["early_stopping"]:
            best = history.best_epoch
            self.add(f"{prefix}history.best_epoch", -1 if best is None else best)
        self.add(f"{prefix}parameters", self.net.parameters)
        self.add(f"{prefix}predict after fit", self.net.predict(X[:7]))

    def takes_steps(self, X, y, optimizer, count=1, prefix=""):
        """Take single steps, and look at the losses and the parameters."""
        losses = [self.net.train_step(X, y, optimizer=optimizer) for _ in range(count)]
        self.trained(count, optimizer)
        self.add(f"{prefix}train_step", losses)
        self.add(f"{prefix}parameters", self.net.parameters)

    def trained(self, steps, optimizer):
        """Count steps of an optimizer; None goes on with the one before."""
        self.steps += steps
        self.signs = self.signs or getattr(optimizer, "eps", 1) < 1e-3


def network(sizes, number, hidden="tanh", **how):
    """A network of sizes like "5-17-3".

    Without an initializer its weights are drawn here, evenly and with a variance of 1 / n_in.
    """
    every = {
        "output_activation": "identity",
        "loss": "half_squared_error",
        "bias": True,
        "initializer": "zeros",
        "seed": 5,
    } | how
    net = fastbp.Network([int(n) for n in sizes.split("-")], hidden, **every, **NUMBERS[number])
    if "initializer" in how:
        return net
    rng = np.random.default_rng(11)
    for w, b in zip(net.weights, net.biases, strict=True):
        w[...] = np.sqrt(12 / w.shape[1]) * (rng.random(w.shape) - 0.5)
        if net.bias:
            b[...] = 0.4 * (rng.random(b.shape) - 0.5)
    return net


def samples(net, m):
    """X and rows of targets that the network's loss takes; they are no use to learn from."""
    rng = np.random.default_rng(7)
    X = 3 * (rng.random((m, net.sizes[0])) - 0.5)
    Y = 0.1 + 0.8 * rng.random((m, net.sizes[-1]))
    if net.loss == "cross_entropy":
        Y /= Y.sum(axis=1, keepdims=True)
    return X.astype(net.dtype), Y.astype(net.dtype)
