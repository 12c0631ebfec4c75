"""What is compared: how a participant is checked and timed, and fastbp.

Nothing but fastbp's public names is imported here, so that builds.py can time old builds. A peer
gathers mini-batches out of X and Y in memory in the order it is given, and for each does a
forward pass, a backward pass and an update. It predicts samples that lie ready in its own kind of
array.
"""
# ruff: noqa: D102 - the methods are documented in Peer

import warnings
from contextlib import nullcontext
from itertools import repeat
from time import perf_counter

import numpy as np

import fastbp

RULES = {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adamw": "AdamW"}
OWN_LOSS = (lambda a, y: -(y * np.log(a)).sum(axis=1), lambda a, y: -y / a)  # cross_entropy


def nothing(self, net, *_):
    """What the methods of callbacks do."""


CALLBACKS = {name: type(name, (), {name: nothing}) for name in ("on_epoch_end", "on_batch_end")}


class Peer:
    """One way to train and predict.

    A subclass gives ``start()``, which goes back to the first weights and forgets what the
    optimizer remembers; ``train(orders)``, which trains an epoch for each order of the samples;
    ``epochs(count)``, which trains so many, each in an order drawn for it; ``layers()``, the (w, b)
    of each layer as arrays; and ``predictor(x)``, a context that gives a call without arguments,
    which predicts these samples.
    """

    needs = "numpy"  # the module without which it is left out
    may_fail = False  # True leaves it out, with the reason, where it raises

    def __init__(self, workload, dtype, threads=1):
        self.workload, self.dtype, self.threads = workload, dtype, threads
        self.X, self.Y = workload.data(dtype)

    @staticmethod
    def nearest(workload):
        """What it trains instead if it does not know this network; None if nothing like it."""
        return workload

    def checked(self, order):
        """All weights and biases after one epoch in this order, flat, in float64."""
        self.start()
        self.train([order])
        return flat(self.layers())

    def timed(self, count):
        """Seconds of so many epochs."""
        before = perf_counter()
        self.epochs(count)
        return perf_counter() - before

    def predicted(self, m):
        """a^(L) of m samples by the first weights, in float64; ``predicting`` repeats it."""
        self.start()
        self._x = self.workload.samples(m, self.dtype)
        with self.predictor(self._x) as predict:
            a = np.array(predict(), np.float64)
        return a.reshape(len(a), -1)

    def predicting(self, count):
        """Seconds of so many predictions."""
        with self.predictor(self._x) as predict:
            before = perf_counter()
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
        return super().timed(count)

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
        return nullcontext(lambda: self._net.predict(x))
