"""JAX with the options of benchmarks/options.py."""
# ruff: noqa: D102 - the methods are documented in Peer

import numpy as np
from libraries import Jax

RHO, RMSPROP_EPS = 0.99, 1e-8  # PyTorch's defaults
MEMORIES = {"sgd": 0, "rmsprop": 1, "adam": 2}


class JaxWithOptions(Jax):
    """One jitted ``lax.scan``; its fastest generator draws what is dropped.

    Factors of schedules and averages come as numbers made beforehand.
    """

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
        jax, workload, p = self._jax, self.workload, self._state[0]

        def zeros():
            return self._jax.tree.map(jax.numpy.zeros_like, p)

        memory = [zeros() for _ in range(MEMORIES[workload.rule])]
        if workload.rule == "adam":
            memory.append(jax.numpy.asarray(0.0, self.dtype))
        self._state = (p, *memory), zeros() if workload.ema else None
        self._steps = 0

    def layers(self):
        (p, *_), average = self._state
        return [(np.asarray(w).T, np.asarray(b)) for w, b in average or p]

    # ---------------------------------------------------------------- gradients

    def _hidden(self, x, l, key):
        if key is None:
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

    def _weighted_loss(self, p, x, y, w=None, key=None):
        y, divisor = self._targets(y)
        losses = -(y * self._jax.nn.log_softmax(self._z(p, x, key))).sum(axis=1)
        return losses.sum() / divisor if w is None else (losses * w).sum() / w.sum()

    def _bounded(self, p, dp):
        """The gradient as the rule takes it."""
        workload, tree, np_ = self.workload, self._jax.tree, self._jax.numpy
        if workload.clip_norm:
            norm = np_.sqrt(sum((g * g).sum() for g in tree.leaves(dp)))
            scale = np_.minimum(workload.clip_norm / norm, 1)
            dp = tree.map(lambda g: scale * g, dp)
        if workload.clip_value:
            dp = tree.map(lambda g: np_.clip(g, -workload.clip_value, workload.clip_value), dp)
        if workload.l1:
            pairs = zip(p, dp, strict=True)
            dp = [(dw + workload.l1 * np_.sign(w), db) for (w, _), (dw, db) in pairs]
        return dp

    # ---------------------------------------------------------------- steps

    def _update(self, state, dp, rates):
        if self.workload.rule != "rmsprop":
            return super()._update(state, dp, rates)
        sqrt, tree = self._jax.numpy.sqrt, self._jax.tree.map
        p, v = state
        v = tree(lambda v, g: RHO * v + (1 - RHO) * g * g, v, dp)
        p = tree(lambda p, g, v, rate: p - rate * g / (sqrt(v) + RMSPROP_EPS), p, dp, v, rates)
        return p, v

    def _step(self, state, average, dp, factor=1.0, share=1.0):
        p, *memory = state
        dp = self._bounded(p, dp)
        rates = [(factor * rate, factor * rate) for rate in self.workload.rates]
        if decay := self.workload.decay:
            pairs = zip(p, rates, strict=True)
            p = [(w - rate * decay * w, b) for (w, b), (rate, _) in pairs]
        state = self._update((p, *memory), dp, rates)
        if self.workload.ema:
            average = self._jax.tree.map(lambda m, w: m + share * (w - m), average, state[0])
        return state, average

    def _scan(self, state, *samples_and_steps):
        jax, (*samples, steps) = self._jax, samples_and_steps
        if self.workload.dropout:
            steps = steps | {"key": jax.random.split(self._key, len(steps["rows"]))}

        def step(state, at):
            batch = [of.at[at["rows"]].get(mode="promise_in_bounds") for of in samples]
            gradient = jax.grad(self._weighted_loss)(state[0][0], *batch, key=at.get("key"))
            numbers = {name: at[name] for name in ("factor", "share") if name in at}
            return self._step(*state, gradient, **numbers), None

        return jax.lax.scan(step, state, steps)[0]

    def train(self, orders):
        workload = self.workload
        rows = np.concatenate(orders).astype(np.int32).reshape(-1, workload.batch)
        t = np.arange(self._steps, self._steps + len(rows))
        self._steps += len(rows)
        steps = {"rows": rows}
        if workload.final_factor:
            steps["factor"] = workload.factors(t).astype(self.dtype)
        if workload.ema:
            steps["share"] = workload.shares(t).astype(self.dtype)
        self._state = self._jax.block_until_ready(self._run(self._state, *self._samples, steps))
