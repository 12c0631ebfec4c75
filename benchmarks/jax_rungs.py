"""JAX's rung with the options of benchmarks/options.py."""
# ruff: noqa: D102 - the methods are documented in Rung

import jax
import numpy as np

from fastbp.bench.rung import Numbers, as_float64
from fastbp.bench.rungs.with_jax import G, Jax

G |= {
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
}
tree = jax.tree


class WithOptions(Jax):
    """One jitted ``lax.scan``; its fastest generator draws what is dropped.

    Factors of schedules and averages come as numbers made beforehand.
    """

    supports = {}  # noqa: RUF012

    def start(self, weights, biases):
        super().start(weights, biases)
        jax.config.update("jax_default_prng_impl", "unsafe_rbg")
        workload = self._workload = self.problem.workload
        p, *memories = self._state

        def zeros():
            return tree.map(jax.numpy.zeros_like, p)

        memories += [zeros()] * (workload.rule == "rmsprop")
        self._state = (p, *memories), zeros() if workload.ema else None
        self._key, self._steps = jax.random.key(0), 0

    def read(self):
        (p, *_), average = self._state
        w, b = zip(*((np.asarray(w).T, np.asarray(b)) for w, b in average or p), strict=True)
        return Numbers(as_float64(w), as_float64(b))

    # ---------------------------------------------------------------- gradients

    def _z(self, p, x, key=None):
        random, keep = jax.random, 1 - self._workload.dropout
        for l, (w, b) in enumerate(p[:-1]):
            x = G[self.problem.activation](x @ w + b)
            if key is not None:
                kept = random.bernoulli(random.fold_in(key, l), keep, x.shape)
                x = jax.numpy.where(kept, x / keep, 0)
        return x @ p[-1][0] + p[-1][1]

    def _targets(self, y):
        """The targets as the loss takes them, and what a batch's losses are divided by."""
        s, K = self._workload.label_smoothing, y.shape[1]
        smoothed = (1 - s) * y + s / K if s else y
        if not self._workload.class_weighted:
            return smoothed, len(y)
        w = self._workload.class_weights(self.dtype)
        return w * smoothed, (y @ w).sum()

    def _loss(self, p, x, y, w=None, key=None):
        y, divisor = self._targets(y)
        losses = -(y * jax.nn.log_softmax(self._z(p, x, key))).sum(axis=1)
        return losses.sum() / divisor if w is None else (losses * w).sum() / w.sum()

    def _bounded(self, p, slopes):
        """The gradient as the rule takes it."""
        workload, np_ = self._workload, jax.numpy
        if workload.clip_norm:
            norm = np_.sqrt(sum((g * g).sum() for g in tree.leaves(slopes)))
            scale = np_.minimum(workload.clip_norm / norm, 1)
            slopes = tree.map(lambda g: scale * g, slopes)
        if bound := workload.clip_value:
            slopes = tree.map(lambda g: np_.clip(g, -bound, bound), slopes)
        if workload.l1:
            pairs = zip(p, slopes, strict=True)
            slopes = [(dw + workload.l1 * np_.sign(w), db) for (w, _), (dw, db) in pairs]
        return slopes

    # ---------------------------------------------------------------- steps

    def _rule(self, state, slopes, rates):
        if self._workload.rule != "rmsprop":
            return self._move(state, slopes, rates)
        (p, v), rule, root = state, self.problem.make_optimizer(), jax.numpy.sqrt
        v = tree.map(lambda v, g: rule.rho * v + (1 - rule.rho) * g * g, v, slopes)
        step = lambda p, g, v, rate: p - rate * g / (root(v) + rule.eps)  # noqa: E731
        return tree.map(step, p, slopes, v, rates), v

    def _stepped(self, state, average, slopes, factor=1.0, share=1.0):
        p, *memories = state
        slopes = self._bounded(p, slopes)
        rates = [(factor * rate, factor * rate) for rate in self._workload.rates]
        if decay := self._workload.decay:
            pairs = zip(p, rates, strict=True)
            p = [(w - rate * decay * w, b) for (w, b), (rate, _) in pairs]
        state = self._rule((p, *memories), slopes, rates)
        if self._workload.ema:
            average = tree.map(lambda m, w: m + share * (w - m), average, state[0])
        return state, average

    def _scan(self, state, samples, steps):
        if self._workload.dropout:
            steps = steps | {"key": jax.random.split(self._key, len(steps["rows"]))}

        def step(state, at):
            batch = [of.at[at["rows"]].get(mode="promise_in_bounds") for of in samples]
            slopes = jax.grad(self._loss)(state[0][0], *batch, key=at.get("key"))
            numbers = {name: at[name] for name in ("factor", "share") if name in at}
            return self._stepped(*state, slopes, **numbers), None

        return jax.lax.scan(step, state, steps)[0]

    def _epochs(self, X, Y, rows):
        workload, steps = self._workload, {"rows": rows}
        t = np.arange(self._steps, self._steps + len(rows))
        self._steps += len(rows)
        if workload.final_factor:
            steps["factor"] = workload.factors(t).astype(self.dtype)
        if workload.ema:
            steps["share"] = workload.shares(t).astype(self.dtype)
        weights = (workload.sample_weights(self.dtype),) if workload.weighted else ()
        self._state = self._run(self._state, (X, Y, *weights), steps)
