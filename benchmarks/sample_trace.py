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
from itertools import pairwise

import numpy as np
import rounds
from rounds import Participant, Ratio

import fastbp

SIZES, ROUNDS, SECONDS = (784, 128, 10), 21, 0.1
GOAL = 3.0  # times PyTorch's pass, at most
BOUND = 1e-4  # of the gradient's norm: float32 sums of 784 terms in two orders


def network_and_sample():
    """The same in every process."""
    net = fastbp.Network(SIZES, "relu", output_activation="softmax", loss="cross_entropy", seed=0)
    return net, np.random.default_rng(0).random(SIZES[0], dtype=np.float32)


class Fastbp(Participant):
    """fastbp's trace."""

    def __init__(self, threads=1):
        self.net, self.x = network_and_sample()

    def trace(self):
        """The trace."""
        return self.net.trace(self.x, 3)

    def everything(self):
        """The trace with what is computed when it is read."""
        t = self.net.trace(self.x, 3)
        return t.g_prime, t.dC_da

    def gradients(self):
        """What PyTorch has too, in its order."""
        t = self.net.trace(self.x, 3)
        parameters = [part for l in (1, 2) for part in (t.dC_dw[l], t.dC_db[l])]
        return [np.array(part) for part in (*parameters, t.delta[1], t.dC_da[1], t.delta[2])]


class PyTorch(Participant):
    """A pass of eager modules and autograd."""

    def __init__(self, threads=1):
        import torch
        from torch import nn

        torch.set_num_threads(threads)
        net, x = network_and_sample()
        first, second = (nn.Linear(*pair) for pair in pairwise(SIZES))
        with torch.no_grad():
            for l, linear in enumerate((first, second), start=1):
                linear.weight.copy_(torch.from_numpy(np.array(net.layer(l).w)))
                linear.bias.copy_(torch.from_numpy(np.array(net.layer(l).b)))
        self._layers, self._loss = (first, nn.ReLU(), second), nn.CrossEntropyLoss()
        self._x, self._y = torch.from_numpy(x[None]), torch.tensor([3])

    def trace(self):
        """z, a and C_0 with their gradients."""
        for layer in self._layers:
            layer.zero_grad()
        kept = [self._x]
        for layer in self._layers:
            kept.append(layer(kept[-1]))
            kept[-1].retain_grad()
        C_0 = self._loss(kept[-1], self._y)
        C_0.backward()
        return kept, C_0

    def gradients(self):
        """Those of the parameters, layer by layer, and of z^(1), a^(1), z^(2)."""
        (_, *kept), _ = self.trace()
        parameters = [part for layer in self._layers for part in layer.parameters()]
        return [tensor.grad.numpy() for tensor in (*parameters, *kept)]


def measured(stack, n_rounds, seconds):
    """Name -> seconds a call, one of each a round."""
    ours, theirs = (rounds.start(stack, kind) for kind in (Fastbp, PyTorch))
    for call in (ours, theirs):
        call("open")
    for mine, expected in zip(ours("gradients"), theirs("gradients"), strict=True):
        error = np.linalg.norm(np.ravel(mine) - expected.ravel()) / np.linalg.norm(expected)
        if not error <= BOUND:
            raise RuntimeError(f"the two have different gradients: by {error:g} of their norm")
    turns = {
        "PyTorch, gradients retained": partial(theirs, "timed", "trace"),
        "`net.trace(x, y)`": partial(ours, "timed", "trace"),
        "with `g_prime` and `dC_da`": partial(ours, "timed", "everything"),
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
