"""What benchmarks/engine.py compares: scikit-learn, PyTorch and JAX at their best."""
# ruff: noqa: D102 - the methods are documented in Peer

import warnings
from dataclasses import replace

import numpy as np
from peers import BETA1, BETA2, EPS, Peer


class ScikitLearn(Peer):
    """Whole epochs in one ``fit``; the check goes by ``partial_fit``, which keeps the weights."""

    needs = "sklearn"

    @staticmethod
    def nearest(workload):
        """Sigmoid and softmax outputs go with cross-entropies only, and two classes with one.

        Its Adam adds eps to the root before the bias correction (end of the paper's section 2).
        """
        n_L, output = workload.sizes[-1], workload.output
        if workload.optimizer == "adam":
            workload = replace(workload, optimizer="adam_hat")
        if output == "identity":
            return workload
        if output not in ("sigmoid", "softmax") or n_L == 2:
            return None
        if n_L == 1:
            return replace(workload, output="sigmoid", loss="binary_cross_entropy")
        return replace(workload, output="softmax", loss="cross_entropy")

    def _new(self, epochs, shuffle):
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        workload = self.workload
        names = {"sigmoid": "logistic"}
        kind = MLPRegressor if workload.output == "identity" else MLPClassifier
        return kind(
            hidden_layer_sizes=workload.sizes[1:-1],
            activation=names.get(workload.activation, workload.activation),
            solver=workload.optimizer.removesuffix("_hat"),
            momentum=0.0,
            alpha=0.0,
            learning_rate_init=workload.learning_rate,
            batch_size=workload.batch,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            shuffle=shuffle,
            random_state=0,
        )

    def start(self):
        warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iterations")
        regression = self.workload.output == "identity"
        y = self.Y if regression else self.labels
        self._y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        self._first_call_kwargs = {} if regression else {"classes": np.unique(y)}

    def train(self, orders):
        estimator = self._estimator = self._new(1, shuffle=False)
        batch = slice(self.workload.batch)
        estimator.partial_fit(
            self.X[batch], self._y[batch], **self._first_call_kwargs
        )  # makes what is replaced
        first = self.workload.first_layers(self.dtype)
        for (w, b), (first_w, first_b) in zip(self.layers(), first, strict=True):
            w[...], b[...] = first_w, first_b
        del estimator._optimizer
        for order in orders:
            estimator.partial_fit(self.X[order], self._y[order])

    def epochs(self, count):
        estimator = self._new(count, shuffle=True).fit(self.X, self._y)
        if estimator.n_iter_ != count:
            raise RuntimeError(f"scikit-learn stopped after {estimator.n_iter_} of {count} epochs")

    def layers(self):
        pairs = zip(self._estimator.coefs_, self._estimator.intercepts_, strict=True)
        return [(w.T, b) for w, b in pairs]

    def predictor(self, x):
        self.train([])
        regression = self.workload.output == "identity"
        predict = self._estimator.predict if regression else self._estimator.predict_proba
        return lambda: predict(x)

    def predicted(self, m):
        return super().predicted(m)[:, -self.workload.sizes[-1] :]  # one output has two columns


class PyTorch(Peer):
    """Eager: a Sequential, autograd and the fused optimizer; an epoch gathered as in NumPy."""

    needs = "torch"

    def __init__(self, workload, dtype, threads=1):
        import torch

        super().__init__(workload, dtype, threads)
        torch.set_num_threads(threads)
        self._torch = torch
        self._samples = torch.from_numpy(self.X), torch.from_numpy(self.Y)
        if workload.loss == "cross_entropy":
            self._samples = self._samples[0], torch.from_numpy(self.labels)  # faster than one-hot
        self._gathered = [torch.empty_like(of) for of in self._samples]
        self._batches = list(zip(*(of.split(workload.batch) for of in self._gathered), strict=True))

    def activations(self):
        nn = self._torch.nn
        return {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}

    def optimizer(self, parameters):
        optim = self._torch.optim
        rule = {"sgd": optim.SGD, "adam": optim.Adam}[self.workload.optimizer]
        return rule(parameters, lr=self.workload.learning_rate, fused=True)

    def start(self):
        torch, nn, workload = self._torch, self._torch.nn, self.workload
        g = self.activations()
        modules = []
        for w, b in workload.first_layers(self.dtype):
            linear = nn.Linear(w.shape[1], w.shape[0], dtype=getattr(torch, self.dtype))
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [linear, g[workload.activation]()]
        modules.pop()
        if workload.loss == "half_squared_error" and workload.output != "identity":
            modules.append(g[workload.output]())
        self._model = nn.Sequential(*modules)
        self._optimizer = self.optimizer(self._model.parameters())

    def _loss(self, z, y):
        F, loss = self._torch.nn.functional, self.workload.loss
        if loss == "cross_entropy":
            return F.cross_entropy(z, y)
        if loss == "half_squared_error":
            return F.mse_loss(z, y, reduction="sum") * (0.5 / len(y))
        return F.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(y)

    def train(self, orders):
        torch, step = self._torch, self._step
        for order in orders:
            rows = torch.from_numpy(order)
            for of, gathered in zip(self._samples, self._gathered, strict=True):
                torch.index_select(of, 0, rows, out=gathered)
            for x, y in self._batches:
                step(x, y)

    def _step(self, x, y):
        self._optimizer.zero_grad()
        self._loss(self._model(x), y).backward()
        self._optimizer.step()

    def layers(self):
        layers = [part for part in self._model if hasattr(part, "weight")]
        return [(part.weight.detach().numpy(), part.bias.detach().numpy()) for part in layers]

    def predictor(self, x):
        model, x = self._model, self._torch.from_numpy(x)
        if self.workload.loss != "half_squared_error":
            nn = self._torch.nn
            output = nn.Softmax(dim=1) if self.workload.output == "softmax" else nn.Sigmoid()
            model = nn.Sequential(*model, output)
        return lambda: model(x)

    def predicted(self, m):
        with self._torch.inference_mode():
            return super().predicted(m)

    def predicting(self, count):
        with self._torch.inference_mode():
            return super().predicting(count)


class Jax(Peer):
    """One jitted ``lax.scan`` over all steps of all epochs, its state donated."""

    needs = "jax"

    def __init__(self, workload, dtype, threads=1):
        import jax

        super().__init__(workload, dtype, threads)
        jax.config.update("jax_enable_x64", dtype == "float64")
        self._jax = jax
        self._samples = jax.numpy.asarray(self.X), jax.numpy.asarray(self.Y)
        self._run = jax.jit(self._scan, donate_argnums=0)

    def start(self):
        asarray = self._jax.numpy.asarray
        p = [(asarray(w.T), asarray(b)) for w, b in self.workload.first_layers(self.dtype)]
        self._state = (p,)
        if self.workload.optimizer == "adam":
            zeros = [self._jax.tree.map(self._jax.numpy.zeros_like, p) for _ in range(2)]
            self._state = (p, *zeros, asarray(0.0, self.dtype))

    def activations(self):
        jax = self._jax
        return {"sigmoid": jax.nn.sigmoid, "tanh": jax.numpy.tanh, "relu": jax.nn.relu}

    def _z(self, p, x):
        g = self.activations()[self.workload.activation]
        for w, b in p[:-1]:
            x = g(x @ w + b)
        return x @ p[-1][0] + p[-1][1]

    def _output(self, p, x):
        nn, z = self._jax.nn, self._z(p, x)
        g = {"sigmoid": nn.sigmoid, "softmax": nn.softmax, "tanh": nn.tanh, "relu": nn.relu}
        return z if self.workload.output == "identity" else g[self.workload.output](z)

    def _loss(self, p, x, y):
        jax, z = self._jax, self._z(p, x)
        if self.workload.loss == "cross_entropy":
            return -(y * jax.nn.log_softmax(z)).sum() / len(y)
        if self.workload.loss == "half_squared_error":
            return 0.5 * ((self._output(p, x) - y) ** 2).sum() / len(y)
        return (jax.nn.softplus(z) - y * z).sum() / len(y)

    def _update(self, state, dp, rates):
        """One step, with a rate for each parameter."""
        sqrt, tree = self._jax.numpy.sqrt, self._jax.tree.map
        if self.workload.optimizer == "sgd":
            return (tree(lambda p, g, rate: p - rate * g, *state, dp, rates),)
        p, m, v, t = state
        t = t + 1
        m = tree(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, dp)
        v = tree(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, dp)
        steps, correction = tree(lambda rate: rate / (1 - BETA1**t), rates), 1 / (1 - BETA2**t)
        p = tree(lambda p, m, v, step: p - step * m / (sqrt(v * correction) + EPS), p, m, v, steps)
        return p, m, v, t

    def _scan(self, state, X, Y, rows):
        rate = self.workload.learning_rate
        rates = [(rate, rate)] * len(state[0])

        def step(state, rows):
            x, y = (of.at[rows].get(mode="promise_in_bounds") for of in (X, Y))
            return self._update(state, self._jax.grad(self._loss)(state[0], x, y), rates), None

        return self._jax.lax.scan(step, state, rows)[0]

    def train(self, orders):
        rows = np.concatenate(orders).astype(np.int32).reshape(-1, self.workload.batch)
        self._state = self._jax.block_until_ready(self._run(self._state, *self._samples, rows))

    def layers(self):
        return [(np.asarray(w).T, np.asarray(b)) for w, b in self._state[0]]

    def predictor(self, x):
        run, p, x = self._jax.jit(self._output), self._state[0], self._jax.numpy.asarray(x)
        return lambda: run(p, x).block_until_ready()
