"""What benchmarks/engine.py compares: how fastbp, and NumPy alone, train and predict.

A peer gathers mini-batches out of X and Y in memory in the order it is given, and for each does a
forward pass, a backward pass and an update. It predicts samples that lie ready in its own kind of
array.
"""
# ruff: noqa: D102 - the methods are documented in Peer

import warnings
from itertools import repeat
from math import sqrt
from time import perf_counter

import numpy as np

import fastbp

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
RULES = {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adamw": "AdamW"}
OWN_LOSS = (lambda a, y: -(y * np.log(a)).sum(axis=1), lambda a, y: -y / a)  # cross_entropy


class EpochEnd:
    """Called after each epoch."""

    def on_epoch_end(self, net, epoch, history):
        """Do nothing."""


class BatchEnd:
    """Called after each step."""

    def on_batch_end(self, net, step, C):
        """Do nothing."""


CALLBACKS = {"on_epoch_end": EpochEnd, "on_batch_end": BatchEnd}


class Peer:
    """One way to train and predict.

    A subclass gives ``start``, ``train``, ``layers`` and ``predictor``.
    """

    needs = "numpy"  # the module without which it is left out
    may_fail = False  # True leaves it out, with the reason, where it raises

    def __init__(self, workload, dtype, threads=1):
        self.workload, self.dtype, self.threads = workload, dtype, threads
        self.X, self.labels, self.Y = workload.data(dtype)
        self._rng = np.random.default_rng(2)

    @staticmethod
    def nearest(workload):
        """What it trains instead if it does not know this network; None if nothing like it."""
        return workload

    def start(self):
        """Go back to the first weights, and forget what the optimizer remembers."""
        raise NotImplementedError

    def train(self, orders):
        """Train one epoch for each order of the samples."""
        raise NotImplementedError

    def layers(self):
        """Give the (w, b) of each layer as arrays."""
        raise NotImplementedError

    def predictor(self, x):
        """Give a call without arguments that predicts these samples, once started."""
        raise NotImplementedError

    def epochs(self, count):
        """Train so many epochs, each in an order drawn for it."""
        self.train([self._rng.permutation(len(self.X)) for _ in range(count)])

    def checked(self, order):
        """All weights and biases after one epoch in this order, flat, in float64."""
        self.start()
        self.train([order])
        return flat(self.layers())

    def timed(self, count):
        """Seconds of so many epochs."""
        self.start()
        before = perf_counter()
        self.epochs(count)
        return perf_counter() - before

    def predicted(self, m):
        """a^(L) of m samples by the first weights, in float64; ``predicting`` repeats it."""
        self.start()
        self._predict = self.predictor(self.workload.samples(m, self.dtype))
        a = np.array(self._predict(), np.float64)
        return a[:, np.newaxis] if a.ndim == 1 else a

    def predicting(self, count):
        """Seconds of so many predictions."""
        predict, before = self._predict, perf_counter()
        for _ in repeat(None, count):
            predict()
        return perf_counter() - before


def set_ones(**options):
    """Those that are set: an old build need not know the others."""
    return {name: value for name, value in options.items() if value is not None and np.any(value)}


def flat(layers):
    """All numbers of the layers in one float64 vector."""
    return np.concatenate([np.ravel(part) for layer in layers for part in layer]).astype(np.float64)


class Fastbp(Peer):
    """Whole epochs in one call of ``net.fit``; the check of the input ran in ``checked``.

    By public names alone, and with no options but those of the workload: it runs in old builds too.
    By default ``fit`` chooses how many of the threads it takes.
    """

    def __init__(self, workload, dtype, threads=1, n_threads=None):
        super().__init__(workload, dtype, threads)
        loss = fastbp.Loss(*OWN_LOSS) if workload.own_loss else workload.loss
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a loss of one's own is slow
            self._net = self._first = fastbp.Network(
                workload.sizes,
                workload.activation,
                output_activation=workload.output,
                loss=loss,
                dtype=dtype,
                seed=0,
                **set_ones(compute=workload.compute, dropout=workload.dropout),
            )
        first = workload.first_layers(dtype)
        for (w, b), (first_w, first_b) in zip(self.layers(), first, strict=True):
            w[...], b[...] = first_w, first_b
        self.start()
        options = workload.of_optimizer
        if workload.final_factor:
            schedule = fastbp.schedules.Cosine(workload.final_factor, steps=workload.steps)
            options["schedule"] = schedule
        weights = dict(enumerate(workload.class_weights("float64").tolist()))
        self._how = {
            "batch_size": workload.batch,
            "optimizer": getattr(fastbp, RULES[workload.optimizer])(
                workload.learning_rate, **options
            ),
            "n_threads": 1 if threads == 1 else n_threads,
            **set_ones(
                l1=workload.l1,
                label_smoothing=workload.label_smoothing,
                class_weight=workload.class_weighted and weights,
            ),
        }
        self._weights = workload.sample_weights(dtype) if workload.weighted else None
        self._watched = set_ones(
            sample_weight=self._weights,
            metrics=workload.metrics,
            callbacks=workload.callback and CALLBACKS[workload.callback](),
        )

    def start(self):
        self._net = self._first.copy()

    def timed(self, count):
        self._net.parameters = self._first.parameters  # it keeps its memory, as NumPy its buffers
        before = perf_counter()
        self.epochs(count)
        return perf_counter() - before

    def train(self, orders):
        for order in orders:
            X, Y = self.X[order], self.Y[order]
            weights = {} if self._weights is None else {"sample_weight": self._weights[order]}
            self._net.fit(X, Y, epochs=1, shuffle=False, **weights, **self._how)

    def epochs(self, count):
        self._net.fit(self.X, self.Y, epochs=count, check_input=False, **self._watched, **self._how)

    def layers(self):
        return list(zip(self._net.weights, self._net.biases, strict=True))

    def predictor(self, x):
        return lambda: self._net.predict(x)


class NumPy(Peer):
    """Whole-array operations, every buffer and every view made once, all parameters in one array.

    An epoch's samples are gathered in one call, so that a mini-batch is a view made beforehand.
    """

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        self._first = [(w.T, b) for w, b in workload.first_layers(dtype)]  # (n_in, n_out) is faster
        size = sum(w.size + b.size for w, b in self._first)
        self._p, self._dp, self._m, self._v, self._s = (np.zeros(size, dtype) for _ in range(5))
        self._w, self._b = self._views(self._p)
        self._dw, self._db = self._views(self._dp)
        self._wT = [w.T for w in self._w]
        self._x, self._y = np.empty_like(self.X), np.empty_like(self.Y)
        rows = range(0, len(self.X), workload.batch)
        self._batches = [[of[i : i + workload.batch] for of in (self._x, self._y)] for i in rows]
        shapes = [(workload.batch, n) for n in workload.sizes[1:]]
        self._a, self._delta, self._slope = (
            [np.empty(shape, dtype) for shape in shapes] for _ in range(3)
        )
        self._aT = [a.T for a in self._a]
        self._positive = [np.empty(shape, bool) for shape in shapes]
        self._ones = np.ones(workload.batch, dtype)

    def _views(self, vector):
        weights, biases, place = [], [], 0
        for w, b in self._first:
            weights.append(vector[place : place + w.size].reshape(w.shape))
            biases.append(vector[place + w.size : place + w.size + b.size])
            place += w.size + b.size
        return weights, biases

    def start(self):
        for w, b, (first_w, first_b) in zip(self._w, self._b, self._first, strict=True):
            w[...], b[...] = first_w, first_b
        self._m[...] = self._v[...] = self._t = 0

    def train(self, orders):
        update = self._sgd if self.workload.optimizer == "sgd" else self._adam
        for order in orders:
            np.take(self.X, order, axis=0, out=self._x, mode="clip")  # "raise" makes a copy
            np.take(self.Y, order, axis=0, out=self._y, mode="clip")
            for x, y in self._batches:
                self._forward(x)
                self._backward(x, y)
                update()

    def _forward(self, a):
        last = len(self._w) - 1
        for l, (w, b, z) in enumerate(zip(self._w, self._b, self._a, strict=True)):
            np.dot(a, w, out=z)
            np.add(z, b, out=z)
            self._activate(self.workload.output if l == last else self.workload.activation, z)
            a = z

    def _activate(self, name, z):
        if name == "relu":
            np.maximum(z, 0, out=z)
        elif name == "tanh":
            np.tanh(z, out=z)
        elif name == "sigmoid":
            np.negative(z, out=z)
            np.exp(z, out=z)
            np.add(z, 1, out=z)
            np.reciprocal(z, out=z)
        elif name == "softmax":
            np.subtract(z, z.max(axis=1, keepdims=True), out=z)
            np.exp(z, out=z)
            np.divide(z, z.sum(axis=1, keepdims=True), out=z)

    def _times_slope(self, name, l):
        """Multiply delta by g' of the layer, in terms of a."""
        a, delta, slope = self._a[l], self._delta[l], self._slope[l]
        if name == "relu":
            np.greater(a, 0, out=self._positive[l])
            np.multiply(delta, self._positive[l], out=delta)
        elif name in ("sigmoid", "tanh"):
            np.multiply(a, a, out=slope)
            np.subtract(1 if name == "tanh" else a, slope, out=slope)
            np.multiply(delta, slope, out=delta)

    def _backward(self, x, y):
        workload, delta, last = self.workload, self._delta, len(self._w) - 1
        np.subtract(self._a[last], y, out=delta[last])
        # The mean, and SGD's learning rate, go into the smallest array there is.
        rate = workload.learning_rate if workload.optimizer == "sgd" else 1.0
        np.multiply(delta[last], rate / workload.batch, out=delta[last])
        if workload.loss == "half_squared_error":
            self._times_slope(workload.output, last)
        for l in range(last, -1, -1):
            np.dot(self._aT[l - 1] if l else x.T, delta[l], out=self._dw[l])
            np.dot(self._ones, delta[l], out=self._db[l])
            if l:
                np.dot(delta[l], self._wT[l], out=delta[l - 1])
                self._times_slope(workload.activation, l - 1)

    def _sgd(self):
        np.subtract(self._p, self._dp, out=self._p)

    def _adam(self):
        p, g, m, v, s = self._p, self._dp, self._m, self._v, self._s
        self._t += 1
        np.multiply(m, BETA1, out=m)
        np.multiply(g, 1 - BETA1, out=s)
        np.add(m, s, out=m)
        np.multiply(v, BETA2, out=v)
        np.multiply(g, g, out=g)
        np.multiply(g, 1 - BETA2, out=g)
        np.add(v, g, out=v)
        correction = 1 / (1 - BETA2**self._t)
        np.multiply(v, correction, out=s)
        np.sqrt(s, out=s)
        np.add(s, EPS * sqrt(correction) if self.workload.optimizer == "adam_hat" else EPS, out=s)
        np.divide(m, s, out=s)
        np.multiply(s, self.workload.learning_rate / (1 - BETA1**self._t), out=s)
        np.subtract(p, s, out=p)

    def layers(self):
        return list(zip(self._wT, self._b, strict=True))

    def predictor(self, x):
        self._a = [np.empty((len(x), n), self.dtype) for n in self.workload.sizes[1:]]

        def call():
            self._forward(x)
            return self._a[-1]

        return call
