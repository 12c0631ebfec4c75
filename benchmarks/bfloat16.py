"""What compute="bfloat16" gains and what it costs: fastbp's training step beside that of float32.

    python benchmarks/bfloat16.py                T1 to T8, on one thread
    python benchmarks/bfloat16.py T6 --rounds 9
    python benchmarks/bfloat16.py --mnist FOLDER     accuracy on MNIST instead, and gradients

Both start from the same first weights; before they are timed, in turns, each trains an epoch in
the same order, and the difference of the weights is given relative to how far they moved.
"""

import sys
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import rounds
from peers import Fastbp
from rounds import Ratio
from tasks import Training, in_turns
from workloads import named

from fastbp import Network
from fastbp.datasets import load_mnist
from fastbp.model.kernel_sets import config

ROUNDS, SECONDS = 7, 0.2


def row(calls, workload, n_rounds, seconds):
    """Microseconds of a step with either, and the difference of the weights."""
    for compute, call in calls.items():
        call("open", replace(workload, compute=compute), "float32")
    task = Training()
    in_float32, in_bfloat16 = (task.outcome(workload, call) for call in calls.values())
    off, _ = task.error(workload, "float32", in_bfloat16, in_float32)
    if not off < 0.5:  # weights that never moved would be off by 1
        raise SystemExit(f"{workload.name}: wrong, the weights are {off:.2g} of their way apart")
    times = in_turns(task, workload, calls, n_rounds, seconds)
    ratio = Ratio.of(*times.values())
    return [task.label(workload), *map(rounds.us, times.values()), ratio, f"{off:.1%}"]


def network(compute, seed):
    """One for MNIST."""
    return Network(
        [784, 128, 10],
        "relu",
        output_activation="softmax",
        loss="cross_entropy",
        compute=compute,
        seed=seed,
    )


def train_on_mnist(folder, seeds=5, epochs=5, samples=128):
    """Test accuracy of 784-128-10 after so many epochs of Adam with either, and the gradients.

    Those are of the first and of the trained weights, over so many samples: the norm of their
    difference, relative to that of float32's, for each layer.
    """
    X, y = load_mnist(folder)
    test_X, test_y = load_mnist(folder, part="test")
    accuracy, off = {"float32": [], "bfloat16": []}, {"first": [], "learnt": []}
    for seed in range(seeds):
        net, net_bfloat16 = network(None, seed), network("bfloat16", seed)
        off["first"] += distances(net, net_bfloat16, X[:samples], y[:samples])
        for kind, trained in zip(accuracy, (net, net_bfloat16), strict=True):
            trained.fit(X, y, epochs=epochs, optimizer="adam")
            accuracy[kind].append(trained.score(test_X, test_y))
        off["learnt"] += distances(net, net_bfloat16, X[:samples], y[:samples])
    return accuracy, off


def distances(net, net_bfloat16, X, y):
    """Relative differences of each layer's gradient, with the parameters of `net`."""
    net_bfloat16.parameters = net.parameters
    pairs = zip(net.gradients(X, y).weights, net_bfloat16.gradients(X, y).weights, strict=True)
    return [np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in pairs]


def print_results(accuracy, off):
    """Print accuracies and gradient differences."""
    for kind, values in accuracy.items():
        percentages = ", ".join(f"{value:.2%}" for value in values)
        print(f"{kind}: test accuracy {np.mean(values):.2%} ({percentages})")
    for weights, values in off.items():
        print(f"gradients, {weights} weights: {min(values):.1%} to {max(values):.1%} off")


def main(arguments=None):
    """Print the table."""
    parser = rounds.parser(__doc__, ROUNDS, SECONDS)
    parser.add_argument("workloads", nargs="*", metavar="T1..T8", help="default: all")
    parser.add_argument("--mnist", metavar="FOLDER", help="what is learnt, instead of times")
    chosen = parser.parse_args(arguments)
    if chosen.mnist:
        print_results(*train_on_mnist(chosen.mnist))
        return
    workloads = named(chosen.workloads, parser.error)
    print(f"{rounds.machine()}\n\nMicroseconds for a training step; bfloat16 products: ", end="")
    print(f"{config()['bfloat16 products']}.\n")
    with ExitStack() as stack:
        calls = {compute: rounds.start(stack, Fastbp) for compute in (None, "bfloat16")}
        rows = (row(calls, workload, chosen.rounds, chosen.seconds) for workload in workloads)
        rounds.print_table(["", "float32", "bfloat16", "faster", "weights off by"], rows)


if __name__ == "__main__":
    sys.exit(main())
