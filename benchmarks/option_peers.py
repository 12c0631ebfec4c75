"""What benchmarks/options.py compares: fastbp, PyTorch and JAX with the same options of a step."""
# ruff: noqa: D102 - the methods are documented in Peer

import warnings
from dataclasses import dataclass

import numpy as np
from libraries import Jax, PyTorch
from peers import Fastbp
from workloads import Workload

RHO, RMSPROP_EPS, DECAY = 0.99, 1e-8, 0.01  # PyTorch's defaults

ENTROPY = (lambda a, y: -(y * np.log(a)).sum(axis=1), lambda a, y: -y / a)


@dataclass(frozen=True)
class WithOptions(Workload):
    """A workload with dropout, weights, smoothed targets, metrics, or a loss of one's own."""

    dropout: float = 0.0
    weighted: bool = False
    metrics: tuple[str, ...] = ()
    label_smoothing: float = 0.0
    class_weighted: bool = False
    own_loss: bool = False  # cross_entropy as a formula of a

    def sample_weights(self, dtype):
        """One number a sample, in [0.5, 1.5)."""
        return (0.5 + np.random.default_rng(5).random(self.steps * self.batch)).astype(dtype)

    def class_weights(self, dtype):
        """One number a class, from 0.5 to 1.5."""
        return np.linspace(0.5, 1.5, self.sizes[-1]).astype(dtype)


class FastbpWithOptions(Fastbp):
    """Whole epochs in one call of ``net.fit``."""

    def __init__(self, workload, dtype, threads=1):
        import fastbp

        super().__init__(workload, dtype, threads)
        self._weights = workload.sample_weights(dtype) if workload.weighted else None
        self._rule = self._how["optimizer"]
        if workload.label_smoothing:
            self._how["label_smoothing"] = workload.label_smoothing
        if workload.class_weighted:
            self._how["class_weight"] = dict(enumerate(workload.class_weights(dtype).tolist()))
        if workload.dropout or workload.own_loss:
            first = self._first
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", fastbp.PerformanceWarning)
                self._first = fastbp.Network(
                    workload.sizes,
                    workload.activation,
                    output_activation=workload.output,
                    loss=fastbp.Loss(*ENTROPY) if workload.own_loss else workload.loss,
                    dtype=dtype,
                    dropout=workload.dropout,
                    seed=0,
                )
            self._first.parameters = first.parameters
            self.start()

    @staticmethod
    def optimizers():
        import fastbp

        more = {"rmsprop": fastbp.RMSprop, "adamw": fastbp.AdamW}
        return Fastbp.optimizers() | more

    def train(self, orders):
        for order in orders:
            weights = None if self._weights is None else self._weights[order]
            self._net.fit(
                self.X[order],
                self.Y[order],
                epochs=1,
                shuffle=False,
                sample_weight=weights,
                **self._how,
            )

    def epochs(self, count):
        self._net.fit(
            self.X,
            self.Y,
            epochs=count,
            check_input=False,
            sample_weight=self._weights,
            metrics=self.workload.metrics,
            **self._how,
        )


class PyTorchWithOptions(PyTorch):
    """Eager, with the modules and optimizers of torch.nn and torch.optim."""

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        if workload.weighted:
            weights = self._torch.from_numpy(workload.sample_weights(dtype))
            self._samples = *self._samples, weights
            self._gathered = [self._torch.empty_like(of) for of in self._samples]
            batches = (of.split(workload.batch) for of in self._gathered)
            self._batches = [(x, (y, w)) for x, y, w in zip(*batches, strict=True)]
        self._options = {}
        if workload.label_smoothing:
            self._options["label_smoothing"] = workload.label_smoothing
        if workload.class_weighted:
            self._options["weight"] = self._torch.from_numpy(workload.class_weights(dtype))

    def activations(self):
        nn = self._torch.nn
        return super().activations() | {"gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish}

    def start(self):
        super().start()
        nn, rate = self._torch.nn, self.workload.dropout
        if rate:
            parts = []
            for part in self._model:
                dropped = not hasattr(part, "weight")
                parts += [part, nn.Dropout(rate)] if dropped else [part]
            self._model = nn.Sequential(*parts)

    def optimizer(self, parameters):
        optim, rate = self._torch.optim, self.workload.learning_rate
        if self.workload.optimizer == "rmsprop":  # there is none that is fused
            return optim.RMSprop(parameters, lr=rate, foreach=True)
        if self.workload.optimizer != "adamw":
            return super().optimizer(parameters)
        parameters = list(parameters)
        groups = [
            {"params": parameters[::2], "weight_decay": DECAY},
            {"params": parameters[1::2], "weight_decay": 0.0},  # biases
        ]
        return optim.AdamW(groups, lr=rate, fused=True)

    def _loss(self, z, y):
        if self.workload.own_loss:
            return -z.softmax(dim=1).gather(1, y[:, None]).log().mean()
        if self._options:
            return self._torch.nn.functional.cross_entropy(z, y, **self._options)
        if not self.workload.weighted:
            return super()._loss(z, y)
        y, w = y
        losses = self._torch.nn.functional.cross_entropy(z, y, reduction="none")
        return (losses * w).sum() / w.sum()


class JaxWithOptions(Jax):
    """One jitted ``lax.scan``; its fastest generator draws what is dropped."""

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        jax = self._jax
        jax.config.update("jax_default_prng_impl", "unsafe_rbg")
        self._key = jax.random.key(0)
        if workload.weighted:
            self._samples = *self._samples, jax.numpy.asarray(workload.sample_weights(dtype))

    def activations(self):
        nn = self._jax.nn
        more = {"gelu": lambda z: nn.gelu(z, approximate=False), "silu": nn.silu, "mish": nn.mish}
        return super().activations() | more

    def start(self):
        super().start()
        jax, (p, *memory) = self._jax, self._state
        if self.workload.optimizer == "adamw":
            zeros = [jax.tree.map(jax.numpy.zeros_like, p) for _ in range(2)]
            memory = [*zeros, jax.numpy.asarray(0.0, self.dtype)]
        if self.workload.optimizer == "rmsprop":
            memory = [jax.tree.map(jax.numpy.zeros_like, p)]
        self._state = (p, *memory)

    def _update(self, state, dp):
        tree, rate = self._jax.tree.map, self.workload.learning_rate
        if self.workload.optimizer == "rmsprop":
            sqrt = self._jax.numpy.sqrt
            p, v = state
            v = tree(lambda v, g: RHO * v + (1 - RHO) * g * g, v, dp)
            return tree(lambda p, g, v: p - rate * g / (sqrt(v) + RMSPROP_EPS), p, dp, v), v
        if self.workload.optimizer == "adamw":
            p = [(w - rate * DECAY * w, b) for w, b in state[0]]
            return super()._update((p, *state[1:]), dp)
        return super()._update(state, dp)

    def _hidden(self, x, l, key):
        if not self.workload.dropout or key is None:
            return x
        random, keep = self._jax.random, 1 - self.workload.dropout
        kept = random.bernoulli(random.fold_in(key, l), keep, x.shape)
        return self._jax.numpy.where(kept, x / keep, 0)

    def _z(self, p, x, key=None):
        g = self.activations()[self.workload.activation]
        for l, (w, b) in enumerate(p[:-1]):
            x = self._hidden(g(x @ w + b), l, key)
        return x @ p[-1][0] + p[-1][1]

    def _targets(self, y):
        """The targets as the loss takes them, and what a batch's losses are divided by."""
        s, K = self.workload.label_smoothing, y.shape[1]
        smoothed = (1 - s) * y + s / K if s else y
        if not self.workload.class_weighted:
            return smoothed, len(y)
        w = self.workload.class_weights(self.dtype)
        return w * smoothed, (y @ w).sum()

    def _weighted_loss(self, p, x, y, w, key):
        y, divisor = self._targets(y)
        losses = -(y * self._jax.nn.log_softmax(self._z(p, x, key))).sum(axis=1)
        return losses.sum() / divisor if w is None else (losses * w).sum() / w.sum()

    def _scan(self, state, X, Y, *rest):
        (weights, rows) = rest if self.workload.weighted else (None, *rest)
        jax = self._jax
        keys = jax.random.split(self._key, len(rows))

        def step(state, at):
            rows, key = at
            x, y = (of.at[rows].get(mode="promise_in_bounds") for of in (X, Y))
            w = None if weights is None else weights.at[rows].get(mode="promise_in_bounds")
            gradient = jax.grad(self._weighted_loss)(state[0], x, y, w, key)
            return self._update(state, gradient), None

        return jax.lax.scan(step, state, (rows, keys))[0]
