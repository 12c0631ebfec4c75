"""PyTorch's rung with the options of benchmarks/options.py, and as ``torch.compile`` makes it."""
# ruff: noqa: D102 - the methods are documented in Rung

from collections import defaultdict
from itertools import chain, count, repeat

import numpy as np
import torch
from torch import nn

from fastbp.bench.rung import Numbers, as_float64
from fastbp.bench.rungs.with_torch import G, PyTorch

F, optim = nn.functional, torch.optim
G |= {"gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish}


class WithOptions(PyTorch):
    """Eager, with the modules and optimizers of torch.nn and torch.optim."""

    supports = {}  # noqa: RUF012

    def start(self, weights, biases):
        workload = self._workload = self.problem.workload
        torch.manual_seed(0)
        super().start(weights, biases)
        if workload.dropout:
            parts = list(self._model)
            for place in range(len(parts) - 1, 1, -2):  # behind each hidden activation
                parts.insert(place, nn.Dropout(workload.dropout))
            self._model = nn.Sequential(*parts)
        self._sample_weights = torch.from_numpy(workload.sample_weights(self.dtype))
        self._loss_options = {"label_smoothing": workload.label_smoothing}
        if workload.class_weighted:
            self._loss_options["weight"] = torch.from_numpy(workload.class_weights(self.dtype))
        self._start_options()

    def _make_optimizer(self):
        """One parameter group for each rate and decay: a single one, where they are the same."""
        workload, groups = self._workload, defaultdict(list)
        for layer, rate in zip(self._layers, workload.rates, strict=True):
            groups[rate, workload.decay].append(layer.weight)
            groups[rate, 0.0].append(layer.bias)
        rule, how = {
            "sgd": (optim.SGD, {"fused": True}),  # whose L2 gradient is a decay
            "adam": (optim.AdamW if workload.decay else optim.Adam, {"fused": True}),
            "rmsprop": (optim.RMSprop, {"foreach": True}),  # there is none that is fused
        }[workload.rule]
        return rule(
            [
                {"params": group, "lr": rate, "weight_decay": decay}
                for (rate, decay), group in groups.items()
            ],
            **how,
        )

    def _start_options(self):
        """Find what a step does before and after the rule, by torch's fastest ways."""
        workload, clip, parameters = self._workload, nn.utils, list(self._model.parameters())
        weights = [layer.weight for layer in self._layers]
        shares, factors = map(workload.shares, count()), iter(())
        if workload.final_factor:
            first_ones = workload.factors(np.arange(workload.steps)).tolist()
            factors = chain(first_ones, repeat(workload.final_factor))
        average = self._average = [torch.zeros_like(p) for p in parameters]
        rates = [(group, group["lr"]) for group in self._optimizer.param_groups]

        def add_l1(l1):
            gradients = [w.grad for w in weights]
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=l1)

        def set_rates(_):
            factor = next(factors)
            for group, rate in rates:
                group["lr"] = rate * factor

        def add_to_average(_):
            torch._foreach_lerp_(average, parameters, next(shares))

        before = {
            # Divides by the norm + 1e-6: far less than the roundings of float32 come to.
            "clip_norm": lambda bound: clip.clip_grad_norm_(parameters, bound, foreach=True),
            "clip_value": lambda bound: clip.clip_grad_value_(parameters, bound, foreach=True),
            "l1": torch.no_grad()(add_l1),
            "final_factor": set_rates,
        }
        after = {"ema": torch.no_grad()(add_to_average)}

        self._before, self._after = (
            [(change, value) for name, change in of.items() if (value := getattr(workload, name))]
            for of in (before, after)
        )

    def _tensors(self, X, Y):
        weights = (self._sample_weights,) if self._workload.weighted else ()
        return *super()._tensors(X, Y), *weights

    def _step(self, x, y, w=None):
        self._optimizer.zero_grad()
        self._loss(self._model(x), y, w).backward()
        for change, value in self._before:
            change(value)
        self._optimizer.step()
        for change, value in self._after:
            change(value)

    def _loss(self, z, y, w=None):
        if self._workload.own_loss:
            return -z.softmax(dim=1).gather(1, y[:, None]).log().mean()
        if w is None:
            return F.cross_entropy(z, y, **self._loss_options)
        return (F.cross_entropy(z, y, reduction="none") * w).sum() / w.sum()

    def read(self):
        if not self._workload.ema:
            return super().read()
        average = as_float64([p.numpy() for p in self._average])
        return Numbers(average[::2], average[1::2])


class Compiled(PyTorch):
    """One graph a step: forward, gradient and update. Compiling is not timed.

    ``cpp_wrapper`` calls the compiled loops from C++, which is a tenth faster on small networks.
    Parameters, and what the optimizer remembers, are tensors that live as long as the rung: other
    ones would be compiled for anew.
    """

    _how = {"dynamic": False, "fullgraph": True, "options": {"cpp_wrapper": True}}  # noqa: RUF012

    def start(self, weights, biases):
        if not hasattr(self, "_p"):
            super().start(weights, biases)
            torch.compiler.reset()  # it gives up after some networks in one process
            # Tensors, and functions of them: calls of modules are a tenth slower once compiled.
            self._p = [p.detach() for p in self._model.parameters()]
            self._m, self._v = ([torch.zeros_like(p) for p in self._p] for _ in range(2))
            self._t = torch.zeros((), dtype=getattr(torch, self.dtype))
            self._rule = self.problem.make_optimizer()
            self._step = torch.compile(self._one_step, **self._how)
            self._whole = torch.compile(self._output, **self._how)
        first = chain.from_iterable(zip(weights, biases, strict=True))
        for p, initial in zip(self._p, first, strict=True):
            p.copy_(torch.from_numpy(initial))
        for state in (*self._m, *self._v, self._t):
            state.zero_()

    def _z(self, p, x):
        g = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
        for place in range(0, len(p) - 2, 2):
            x = g[self.problem.activation](F.linear(x, p[place], p[place + 1]))
        return F.linear(x, p[-2], p[-1])

    def _a(self, z):
        output = self.problem.output_activation
        if output == "softmax":
            return torch.softmax(z, dim=1)
        return z if output == "identity" else getattr(torch, output)(z)

    def _output(self, x):
        return self._a(self._z(self._p, x))

    def _loss_of(self, p, x, y):
        z = self._z(p, x)
        return self._loss(z if self._takes_z else self._a(z), y)

    def _one_step(self, x, y):
        gradient = torch.func.grad(self._loss_of)(self._p, x, y)
        rate, rule = self.problem.learning_rate, self._rule
        if self.problem.optimizer == "sgd":
            for p, g in zip(self._p, gradient, strict=True):
                p.sub_(rate * g)
            return
        self._t.add_(1)
        step, correction = rate / (1 - rule.beta1**self._t), 1 / (1 - rule.beta2**self._t)
        for p, g, m, v in zip(self._p, gradient, self._m, self._v, strict=True):
            m.copy_(rule.beta1 * m + (1 - rule.beta1) * g)
            v.copy_(rule.beta2 * v + (1 - rule.beta2) * g * g)
            p.sub_(step * m / ((v * correction).sqrt() + rule.eps))
