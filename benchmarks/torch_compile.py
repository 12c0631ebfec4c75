"""What benchmarks/engine.py compares: PyTorch as ``torch.compile`` makes it."""
# ruff: noqa: D102 - the methods are documented in Peer

import numpy as np
from libraries import PyTorch
from peers import BETA1, BETA2, EPS


class CompiledPyTorch(PyTorch):
    """One graph a step: forward, gradient and update. Compiling is not timed.

    ``cpp_wrapper`` calls the compiled loops from C++, which is a tenth faster on small networks.
    Parameters, and what the optimizer remembers, are tensors that live as long as the peer: other
    ones would be compiled for anew.
    """

    may_fail = True  # it needs a C++ compiler, and takes the newest Pythons late
    _how = {"dynamic": False, "fullgraph": True, "options": {"cpp_wrapper": True}}  # noqa: RUF012

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        torch = self._torch
        torch.compiler.reset()  # it gives up after some networks in one process
        layers = workload.first_layers(dtype)
        self._p = [torch.from_numpy(part.copy()) for layer in layers for part in layer]
        self._m, self._v = ([torch.zeros_like(p) for p in self._p] for _ in range(2))
        self._t = torch.zeros((), dtype=getattr(torch, dtype))
        self._step = torch.compile(self._one_step, **self._how)

    def start(self):
        first = [part for layer in self.workload.first_layers(self.dtype) for part in layer]
        for p, initial in zip(self._p, first, strict=True):
            p.copy_(self._torch.from_numpy(initial))
        for state in (*self._m, *self._v, self._t):
            state.zero_()

    def _z(self, p, x):
        torch = self._torch
        g = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
        for place in range(0, len(p) - 2, 2):
            x = g[self.workload.activation](torch.nn.functional.linear(x, p[place], p[place + 1]))
        return torch.nn.functional.linear(x, p[-2], p[-1])

    def _output(self, x):
        z, output = self._z(self._p, x), self.workload.output
        if output == "softmax":
            return self._torch.softmax(z, dim=1)
        return z if output == "identity" else getattr(self._torch, output)(z)

    def _loss_of(self, p, x, y):
        z, workload = self._z(p, x), self.workload
        if workload.loss == "half_squared_error" and workload.output != "identity":
            z = getattr(self._torch, workload.output)(z)
        return self._loss(z, y)

    def _one_step(self, x, y):
        gradient = self._torch.func.grad(self._loss_of)(self._p, x, y)
        rate = self.workload.learning_rate
        if self.workload.optimizer == "sgd":
            for p, g in zip(self._p, gradient, strict=True):
                p.sub_(rate * g)
            return
        self._t.add_(1)
        step, correction = rate / (1 - BETA1**self._t), 1 / (1 - BETA2**self._t)
        for p, g, m, v in zip(self._p, gradient, self._m, self._v, strict=True):
            m.copy_(BETA1 * m + (1 - BETA1) * g)
            v.copy_(BETA2 * v + (1 - BETA2) * g * g)
            p.sub_(step * m / ((v * correction).sqrt() + EPS))

    def layers(self):
        parts = [np.array(p) for p in self._p]
        return list(zip(parts[::2], parts[1::2], strict=True))

    def predictor(self, x):
        run, x = self._torch.compile(self._output, **self._how), self._torch.from_numpy(x)
        return lambda: run(x)
