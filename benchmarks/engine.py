r"""One training step of fastbp beside NumPy, scikit-learn, PyTorch and JAX.

    python benchmarks/engine.py                          T1 to T8
    python benchmarks/engine.py --quick                  the same, roughly, in under a minute
    python benchmarks/engine.py T3 T5 --dtype float64
    python benchmarks/engine.py --sizes 784-128-10 --batch 32 --activation relu \
        --loss cross_entropy --optimizer sgd
    python benchmarks/engine.py --random 30              shapes that nobody tuned for

Each library runs in its own process, all of them on the same core (or ``--threads`` cores) with
thread pools of that size. Turns alternate, each from the same first weights and for about the
same time; a figure is the median over the rounds, divided by the number of steps. Orders are drawn
with ``permutation`` of NumPy's generator, within the time, by all of them. NumPy, PyTorch and JAX
are not asked for the loss. A library that is not installed is left out.

Nothing is timed that is not right: one epoch from the same first weights in the same order must
end, within the bound of :func:`bound`, where NumPy ends in float64. The tests hold that one to
fastbp.reference, the specification.

The peak is that of the fastest matrix product of NumPy, PyTorch and JAX, measured between the
rounds: a little below what the multiply-and-add units could do, so a share may exceed 100%.
"""

import argparse
import json
import platform
import sys
from dataclasses import asdict
from importlib import metadata
from importlib.util import find_spec
from math import ceil, sqrt
from statistics import median

import numpy as np
from libraries import Jax, PyTorch, ScikitLearn
from machine import Worker, limited_to
from peers import Fastbp, NumPy, flat
from workloads import OUTPUTS, RATES, TABLE, Workload, drawn

from fastbp.dispatch import config
from fastbp.page import Page

KINDS = {
    "fastbp": Fastbp,
    "NumPy": NumPy,
    "sklearn": ScikitLearn,
    "PyTorch": PyTorch,
    "JAX": Jax,
}
VERSIONED = ("numpy", "scikit-learn", "torch", "jax")


def bound(workload, dtype, before, expected):
    """The largest right error, relative to how far the weights move: |after - expected| / |change|.

    With u one rounding and sums of n terms, whose roundings add up as sqrt(n): each of S steps
    rounds every weight, in all sqrt(S) u |w|; and its gradient has a relative error of 2 L
    sqrt(n) u, for L layers forth and back, which it hands on to the change. The factor of 10
    is for layers, and later steps, that enlarge an error.

    Adam divides a gradient by its own size. Where one is smaller than its error, about one in
    1 / (sqrt(n) u), the step may go either way: an error of 2 in a part sqrt(n) u of the weights,
    2 sqrt(sqrt(n) u) in norm.
    """
    u, n = np.finfo(dtype).eps / 2, sqrt(max(*workload.sizes, workload.batch))
    moved = np.linalg.norm(expected - before)
    rounding = sqrt(workload.steps) * np.linalg.norm(expected) / moved
    error = 10 * u * (rounding + 2 * (len(workload.sizes) - 1) * n)
    return float(error + (2 * sqrt(n * u) if workload.optimizer != "sgd" else 0))


class Check:
    """One epoch of a peer against the yardstick's epoch in float64."""

    def __init__(self, dtype, yardstick):
        self._dtype, self._yardstick, self._expected = dtype, yardstick, {}

    def __call__(self, workload, ask):
        """Open the workload in the peer; give its error, and the bound."""
        order = np.random.default_rng(3).permutation(workload.steps * workload.batch)
        if workload not in self._expected:
            self._yardstick("open", workload, "float64")
            self._expected[workload] = self._yardstick("checked", order)
        expected, before = self._expected[workload], flat(workload.first_layers("float64"))
        ask("open", workload, self._dtype)
        after = ask("checked", order)
        if after.shape != expected.shape:
            return float("inf"), 0.0
        error = np.linalg.norm(after - expected) / np.linalg.norm(expected - before)
        return float(error), bound(workload, self._dtype, before, expected)


def measure(workload, dtype, asks, yardstick, rounds, seconds):
    """Check all, then time in turns those that are right; give what the JSON file holds.

    ``asks`` maps a name to a Worker, or to what is called in the same way.
    """
    peers, epochs, peak, check = {}, {}, 0.0, Check(dtype, yardstick)
    for name, ask in asks.items():
        trained = KINDS[name].nearest(workload)
        if trained is None:
            continue
        error, limit = check(trained, ask)
        peers[name] = {
            "trained": str(trained),
            "same": trained == workload,
            "right": error <= limit < 0.1,  # NaN is not; a bound of 10% could not tell
            "error": error,
            "bound": limit,
            "rounds": [],
        }
        if peers[name]["right"]:
            epochs[name] = ceil(seconds / ask("timed", 1))
            if epochs[name] > 1:
                ask("timed", epochs[name])  # JAX compiles anew for another length
    for _ in range(rounds):
        for name, count in epochs.items():
            time = asks[name]("timed", count) / (count * workload.steps)
            peers[name]["rounds"].append(time * 1e6)
            peak = max(peak, asks[name]("peak"))
    times = {name: median(peers[name]["rounds"]) for name in epochs}
    return {
        **asdict(workload),
        "flops": workload.flops,
        "peak": peak,
        "microseconds": times,
        "peers": peers,
    }


def summary(result, peak):
    """Times faster than the best other peer, and the share of the peak; None without a time."""
    others = [time for name, time in result["microseconds"].items() if name != "fastbp"]
    ours = result["microseconds"].get("fastbp")
    if ours is None:
        return None, None
    share = result["flops"] / (ours * 1e-6) / peak if peak else None
    return min(others) / ours if others else None, share


def cell(result, name):
    """A time, "~" before it for a network that is only the nearest, or why there is none."""
    if name not in result["peers"]:
        return "-"
    peer, time = result["peers"][name], result["microseconds"].get(name)
    if time is None:
        return "WRONG"
    return ("" if peer["same"] else "~") + number(time)


def number(time):
    """Three digits at least, no exponent."""
    return f"{time:.{0 if time >= 100 else 1 if time >= 10 else 2 if time >= 1 else 3}f}"


def page(results, names, dtype, threads):
    """The table, in 80 columns."""
    peak = max(result["peak"] for result in results)
    rows = []
    for result in results:
        faster, share = summary(result, peak)
        rows.append(
            [
                result["name"],
                *(cell(result, name) for name in names),
                "-" if faster is None else f"{faster:.2f}",
                "-" if share is None else f"{share:.0%}",
            ]
        )
    out = Page(spell_out=True)
    out.text(
        f"Microseconds a training step, {dtype}, {threads} thread{'s' * (threads > 1)}; times "
        f"faster than the best other; share of the peak, {peak / 1e9:.0f} GFLOP/s in the fastest "
        "matrix product measured in between. ~: the nearest network that it has."
    )
    out.gap()
    out.table([["", *names, "faster", "share"], *rows], "<" + ">" * (len(names) + 2))
    wrong = [
        f"{result['name']}, {name}: differs by {peer['error']:.1e} of the change of the weights, "
        f"more than {peer['bound']:.1e}."
        for result in results
        for name, peer in result["peers"].items()
        if not peer["right"]
    ]
    for sentence in wrong:
        out.gap()
        out.text("WRONG: " + sentence)
    return out


def installed(names):
    """Those of these names whose library is here."""
    return [name for name in names if find_spec(KINDS[name].needs)]


def versions():
    """What the figures depend on, beside the machine's load."""
    found = {}
    for name in VERSIONED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return {**config(), **found, "processor": platform.processor() or platform.machine()}


def options(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("workloads", nargs="*", metavar="T1..T8", help="which of the table (default: all)")
    add("--sizes", help="a shape of your own instead, like 784-128-10")
    add("--batch", type=int, default=32)
    add("--activation", choices=["relu", "sigmoid", "tanh"], default="relu")
    add("--output", choices=["identity", "sigmoid", "softmax"], help="default: by the loss")
    add("--loss", choices=list(OUTPUTS), default="cross_entropy")
    add("--optimizer", choices=list(RATES), default="sgd")
    add("--learning-rate", type=float)
    add("--random", type=int, metavar="N", help="N shapes drawn at random instead")
    add("--seed", type=int, default=0, help="of those shapes")
    add("--dtype", choices=["float32", "float64"], default="float32")
    add("--threads", type=int, default=1)
    add("--peers", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="PEER")
    add("--rounds", type=int, help="turns of each (default: 7)")
    add("--seconds", type=float, help="a turn lasts, at least one epoch (default: 0.2)")
    add("--quick", action="store_true", help="2 rounds of 0.03 seconds")
    add("--json", metavar="FILE", help="write everything measured")
    chosen = parser.parse_args(arguments)
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 7)
    chosen.seconds = chosen.seconds or (0.03 if chosen.quick else 0.2)
    unknown = set(chosen.workloads) - {one.name.split()[0] for one in TABLE}
    if unknown:
        parser.error(f"unknown workloads: {', '.join(sorted(unknown))}; there are T1 to T8")
    return chosen


def selected(chosen):
    """The workloads that the command line asks for."""
    if chosen.random:
        return drawn(chosen.random, chosen.seed)
    if chosen.sizes:
        return [
            Workload(
                "shape",
                tuple(int(n) for n in chosen.sizes.split("-")),
                chosen.activation,
                chosen.output or OUTPUTS[chosen.loss],
                chosen.loss,
                chosen.batch,
                chosen.optimizer,
                chosen.learning_rate or RATES[chosen.optimizer],
            )
        ]
    wanted = chosen.workloads or [one.name.split()[0] for one in TABLE]
    return [one for one in TABLE if one.name.split()[0] in wanted]


def main(arguments=None):
    """Print the table; 1 if anything was wrong."""
    chosen = options(arguments)
    names, workloads = installed(chosen.peers), selected(chosen)
    for one in workloads if chosen.random or chosen.sizes else []:
        print(f"{one.name}: {one}")
    with limited_to(chosen.threads):
        asks = {name: Worker(KINDS[name], chosen.threads) for name in names}
        yardstick = Worker(NumPy, chosen.threads)
        try:
            results = [
                measure(one, chosen.dtype, asks, yardstick, chosen.rounds, chosen.seconds)
                for one in workloads
            ]
        finally:
            for worker in (*asks.values(), yardstick):
                worker.close()
    print(page(results, names, chosen.dtype, chosen.threads))
    if chosen.json:
        record = {"dtype": chosen.dtype, "threads": chosen.threads, **versions()}
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({**record, "results": results}, file, indent=1)
    return 0 if all(peer["right"] for one in results for peer in one["peers"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
