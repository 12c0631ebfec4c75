r"""Keras's MNIST example, trained by fastbp and by PyTorch: accuracy on the test images, and time.

    python benchmarks/keras_mnist.py FOLDER               3 seeds, one thread, 20 epochs
    python benchmarks/keras_mnist.py FOLDER --seeds 1 --epochs 5 --threads 2

784-512-512-10, relu, softmax, dropout of 0.2 after each hidden layer, RMSprop with a learning rate
of 0.001 and a rho of 0.9, mini-batches of 128. In 20 epochs Keras's own run reached 98.40%. FOLDER
has the four files of MNIST. The two libraries take turns, seed by seed, each in a process of its
own. PyTorch runs eagerly, on tensors in memory, gathered an epoch at a time. Seconds are those of
the training alone.
"""

import argparse
import itertools
import statistics
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from time import perf_counter, sleep

import rounds

from fastbp.datasets import load_mnist

SIZES, RATE, RHO, EPS, DROPOUT, BATCH = (784, 512, 512, 10), 0.001, 0.9, 1e-7, 0.2, 128


class Fastbp:
    """One call of ``fit``."""

    def __init__(self, folder, threads=1):
        self._threads = threads
        self._train, self._test = load_mnist(folder), load_mnist(folder, part="test")

    def run(self, seed, epochs):
        """Train from this seed: the share of the test images that is right, and the seconds."""
        import fastbp

        net = fastbp.Network(
            SIZES,
            "relu",
            output_activation="softmax",
            loss="cross_entropy",
            dropout=DROPOUT,
            seed=seed,
        )
        before = perf_counter()
        net.fit(
            *self._train,
            epochs=epochs,
            batch_size=BATCH,
            optimizer=fastbp.RMSprop(RATE, rho=RHO, eps=EPS),
            n_threads=self._threads,
        )
        return net.score(*self._test), perf_counter() - before


class PyTorch:
    """Eager, with the modules of torch.nn and torch.optim."""

    def __init__(self, folder, threads=1):
        import torch

        torch.set_num_threads(threads)
        arrays = *load_mnist(folder), *load_mnist(folder, part="test")
        self._X, self._y, self._X_test, self._y_test = map(torch.from_numpy, arrays)

    def run(self, seed, epochs):
        """As Fastbp's."""
        import torch
        from torch import nn

        torch.manual_seed(seed)
        parts = []
        for n_in, n_out in itertools.pairwise(SIZES):
            parts += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(DROPOUT)]
        model = nn.Sequential(*parts[:-2])
        rule = torch.optim.RMSprop(model.parameters(), lr=RATE, alpha=RHO, eps=EPS, foreach=True)
        before = perf_counter()
        for _ in range(epochs):
            order = torch.randperm(len(self._X))
            X, y = self._X[order], self._y[order]
            for x, labels in zip(X.split(BATCH), y.split(BATCH), strict=True):
                rule.zero_grad()
                nn.functional.cross_entropy(model(x), labels).backward()
                rule.step()
        seconds = perf_counter() - before
        model.eval()
        with torch.inference_mode():
            right = model(self._X_test).argmax(dim=1) == self._y_test
        return float(right.float().mean()), seconds


KINDS = {"fastbp": Fastbp, "torch": PyTorch}


def main(arguments=None):
    """Print each run, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--seeds", type=rounds.COUNT, default=3)
    parser.add_argument("--epochs", type=rounds.COUNT, default=20)
    parser.add_argument("--threads", type=rounds.COUNT, default=1)
    args = parser.parse_args(arguments)
    kinds = {name: kind for name, kind in KINDS.items() if find_spec(name)}
    print(f"{rounds.machine('torch')}\n")
    runs = {name: [] for name in kinds}
    with ExitStack() as stack:
        calls = {name: rounds.start(stack, kind, args.threads) for name, kind in kinds.items()}
        for call in calls.values():
            call("open", args.folder)
        for seed, (name, call) in itertools.product(range(args.seeds), calls.items()):
            sleep(rounds.REST)
            runs[name].append(call("run", seed, args.epochs))
            right, seconds = runs[name][-1]
            print(f"{name}, seed {seed}: {right:.2%} in {seconds:.1f} s", flush=True)
    for name, results in runs.items():
        right, seconds = map(statistics.median, zip(*results, strict=True))
        print(f"{name}: median {right:.2%}, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
