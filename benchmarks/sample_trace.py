r"""A trace of one sample, beside PyTorch's pass with the same numbers retained.

    python benchmarks/sample_trace.py                 the table, in Markdown
    python benchmarks/sample_trace.py --rounds 5      with fewer rounds

784-128-10, relu, softmax with cross_entropy, float32; each in a process with one thread on one
core. PyTorch's pass keeps z and a of each layer and, by retain_grad, their gradients beside those
of the parameters, which start from None in each pass. It is not asked for the gradient of x, which
a trace does not have. Both start from the same weights, and what both have (dC/dw, dC/db, dC/dz,
dC/da) must agree within 1e-4 of its norm, or nothing is timed. A trace has a copy of the parameters
and a^(L) besides; g' and dC/da are computed when they are read, which the last row does. The three
take turns; a time is the median of its rounds, a ratio the median of the rounds' ratios, with its
95% bootstrap interval.
"""

import sys
from contextlib import ExitStack
from functools import partial

import numpy as np
import rounds
from peers import Fastbp
from rounds import ByName, Ratio
from rung_peers import PyTorch
from workloads import ENTROPY, Workload

WORKLOAD = Workload("trace", (784, 128, 10), "relu", "softmax", ENTROPY, 1, "sgd")
ROUNDS, SECONDS = 21, 0.1
GOAL = 3.0  # times PyTorch's pass, at most
BOUND = 1e-4  # of the gradient's norm: float32 sums of 784 terms in two orders


class Traced(ByName, Fastbp):
    """fastbp's trace."""

    def trace(self):
        """The trace."""
        return self._net.trace(self.X[0], 3)

    def everything(self):
        """The trace with what is computed when it is read."""
        t = self.trace()
        return t.g_prime, t.dC_da

    def gradients(self):
        """What PyTorch has too, in its order."""
        t = self.trace()
        parameters = [part for l in (1, 2) for part in (t.dC_dw[l], t.dC_db[l])]
        return [np.array(part) for part in (*parameters, t.delta[1], t.dC_da[1], t.delta[2])]


class Retained(ByName, PyTorch):
    """A pass of eager modules and autograd."""

    def start(self):
        """Find the modules, and make tensors of the sample."""
        import torch

        super().start()
        self._modules = list(self._rung._model)  # up to z of the output
        self._loss = torch.nn.CrossEntropyLoss()
        self._x, self._y = torch.from_numpy(self.X[:1]), torch.tensor([3])

    def trace(self):
        """z, a and C_0 with their gradients."""
        for module in self._modules:
            module.zero_grad()
        kept = [self._x]
        for module in self._modules:
            kept.append(module(kept[-1]))
            kept[-1].retain_grad()
        C_0 = self._loss(kept[-1], self._y)
        C_0.backward()
        return kept, C_0

    def gradients(self):
        """Those of the parameters, layer by layer, and of z^(1), a^(1), z^(2)."""
        self.start()
        (_, *kept), _ = self.trace()
        parameters = [part for module in self._modules for part in module.parameters()]
        return [tensor.grad.numpy() for tensor in (*parameters, *kept)]


def measured(stack, n_rounds, seconds):
    """Name -> seconds a call, one of each a round."""
    kinds = Traced, Retained
    ours, theirs = rounds.start_alike(stack, kinds, (WORKLOAD, "float32"), "gradients", BOUND)
    turns = {
        "PyTorch, gradients retained": partial(theirs, "repeated", "trace"),
        "`net.trace(x, y)`": partial(ours, "repeated", "trace"),
        "with `g_prime` and `dC_da`": partial(ours, "repeated", "everything"),
    }
    return rounds.in_rounds(turns, n_rounds, seconds)


def main(arguments=None):
    """Print the table; 1 where the goal was missed."""
    options = rounds.parsed(rounds.parser(__doc__, ROUNDS, SECONDS), arguments, "torch")
    print(f"{rounds.machine('torch')}\n")
    with ExitStack() as stack:
        times = measured(stack, options.rounds, options.seconds)
    theirs, *_ = times.values()
    ratios = {name: Ratio.of(of, theirs) for name, of in times.items()}
    rows = ([name, rounds.us(of), ratios[name]] for name, of in times.items())
    rounds.print_table(["", "us", "by PyTorch's"], rows)
    return 0 if ratios["with `g_prime` and `dC_da`"].middle <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
