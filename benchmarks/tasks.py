"""The tasks: a training step or a prediction, checked first, then timed in alternating turns."""
# ruff: noqa: D102 - the methods are documented in Task

from collections import defaultdict
from dataclasses import asdict
from functools import partial
from math import sqrt
from statistics import median

import numpy as np
import rounds
from peers import flat
from rung_peers import PEERS

from fastbp.bench.worker import reason

RIVALS = ("NumPy", "PyTorch")  # fastbp loses where it is slower than one of these
SCALE_ROWS = 1024  # for the norm of a prediction: that of a single row may be near 0


class Task:
    """What is timed of a workload; ``call`` calls a peer that has opened it.

    A subclass gives ``label``, the row's name in a table; ``flops`` of one unit; ``units`` in one
    count of ``method``, which times so many; ``same``, whether another workload is the same work;
    a peer's ``outcome``; and ``error``: that of an outcome, and the largest right one.
    """

    def expected(self, workload, call):
        """What an outcome is compared with; tasks of the same ``key`` share it."""
        return self.outcome(workload, call)


class Training(Task):
    """A step: an epoch or more from the first weights, divided by the steps."""

    name = key = "training"
    unit, method = "a training step", "timed"

    def label(self, workload):
        rule = ", Adam" * (workload.optimizer != "sgd")
        return f"{workload.name} {workload.layers}, batch {workload.batch}{rule}"

    def flops(self, workload):
        return workload.flops

    def units(self, workload):
        return workload.steps

    def same(self, nearest, workload):
        return nearest == workload

    def outcome(self, workload, call):
        order = np.random.default_rng(3).permutation(workload.steps * workload.batch)
        return call("checked", order)

    def error(self, workload, dtype, outcome, expected):
        """Relative to how far the weights move.

        With u one rounding and sums of n terms, whose roundings add up as sqrt(n): each of S
        steps rounds every weight, in all sqrt(S) u |w|; and its gradient has a relative error of
        2 L sqrt(n) u, for L layers forth and back, which it hands on to the change. The factor of
        10 is for layers, and later steps, that enlarge an error.

        Adam divides a gradient by its own size. Where one is smaller than its error, about one in
        1 / (sqrt(n) u), the step may go either way: an error of 2 in a part sqrt(n) u of the
        weights, 2 sqrt(sqrt(n) u) in norm.
        """
        if outcome.shape != expected.shape:
            return float("inf"), 0.0
        before = flat(workload.first_layers("float64"))
        u, n = np.finfo(dtype).eps / 2, sqrt(max(*workload.sizes, workload.batch))
        moved = np.linalg.norm(expected - before)
        rounding = sqrt(workload.steps) * np.linalg.norm(expected) / moved
        bound = 10 * u * (rounding + 2 * (len(workload.sizes) - 1) * n)
        bound += 2 * sqrt(n * u) if workload.optimizer != "sgd" else 0
        return np.linalg.norm(outcome - expected) / moved, bound


class Prediction(Task):
    """a^(L) of a batch, one call after the other."""

    method = "predicting"

    def __init__(self, rows):
        self.rows = rows
        self.name = f"prediction, batch {rows}"
        self.key = max(rows, SCALE_ROWS)  # of what is expected: the rows that are asked for
        self.unit = f"a prediction of a batch of {rows:,}"

    def label(self, workload):
        return f"{workload.name} {workload.layers}"

    def flops(self, workload):
        return 2 * self.rows * sum(workload.weights)

    def units(self, workload):
        return 1

    def same(self, nearest, workload):
        """How it was trained does not matter."""
        return all(
            getattr(nearest, name) == getattr(workload, name)
            for name in ("sizes", "activation", "output")
        )

    def outcome(self, workload, call):
        return call("predicted", self.rows)

    def expected(self, workload, call):
        """More rows than are timed, where those are few."""
        return call("predicted", self.key)

    def error(self, workload, dtype, outcome, expected):
        """Its root mean square, relative to that of a^(L).

        Each of L layers adds a relative error of sqrt(n) u, and the factor of 10 is for those
        that enlarge one (see Training).
        """
        scale, expected = np.mean(expected**2), expected[: self.rows]
        if outcome.shape != expected.shape:
            return float("inf"), 0.0
        n = sqrt(max(workload.sizes))
        bound = 10 * (len(workload.sizes) - 1) * n * np.finfo(dtype).eps / 2
        return sqrt(np.mean((outcome - expected) ** 2) / scale), bound


class ReferenceResults:
    """Expected results by NumPy in float64, computed once each."""

    def __init__(self, call):
        self._call, self._results = call, {}

    def __call__(self, task, workload):
        """The expected result of a task."""
        key = task.key, workload
        if key not in self._results:
            self._call("open", workload, "float64")
            self._results[key] = task.expected(workload, self._call)
        return self._results[key]


class Team:
    """The peers on a number of threads, and the machine's limits for it, as far as measured.

    ``calls`` maps names in KINDS to Workers, or to other objects with their interface.
    """

    def __init__(self, threads, calls, limits):
        self.threads, self.calls, self._limits = threads, calls, limits
        self.peak, self.bandwidth = defaultdict(float), defaultdict(float)
        self.barrier = 0.0
        limits("open")

    def measure_limits(self, dtype, times):
        """Measure the machine's limits so many times more, and keep the best.

        Of the barriers it is the median of these alone, after a rest.
        """
        rounds.rest()
        self.barrier = median(self._limits("barrier") for _ in range(times))
        for _ in range(times):
            self.peak[dtype] = max(self.peak[dtype], self._limits("flops", dtype))
            for name, speed in self._limits("bandwidth").items():
                self.bandwidth[name] = max(self.bandwidth[name], speed)


def checked(task, workload, dtype, name, call, references):
    """Open the workload in a peer, and say whether it is right; None if it has nothing like it."""
    nearest = PEERS[name].nearest(workload)
    if nearest is None:
        return None
    record = {"trained": str(nearest), "same": task.same(nearest, workload), "rounds": []}
    expected = references(task, nearest)
    try:
        call("open", nearest, dtype)
        outcome = task.outcome(nearest, call)
    except Exception as error:
        if not PEERS[name].may_fail:
            raise
        return {**record, "left out": reason(error)}
    error, bound = task.error(nearest, dtype, outcome, expected)
    # NaN is not right; and a bound of 10% could not tell.
    return {
        **record,
        "error": float(error),
        "bound": float(bound),
        "right": bool(error <= bound < 0.1),
    }


def in_turns(task, workload, calls, n_rounds, seconds, before=rounds.rest):
    """Each name's seconds for the task, round by round; ``calls`` have opened the workload."""
    turns = {name: partial(call, task.method) for name, call in calls.items()}
    times, units = rounds.in_rounds(turns, n_rounds, seconds, before), task.units(workload)
    return {name: [time / units for time in of] for name, of in times.items()}


def measure(task, workload, dtype, teams, references, n_rounds, seconds, before=rounds.rest):
    """Check all, then time in turns those that are right; a result for each team."""
    peers, right = {team.threads: {} for team in teams}, {}
    for team in teams:
        for name, call in team.calls.items():
            peer = checked(task, workload, dtype, name, call, references)
            if peer is not None:
                peers[team.threads][name] = peer
                if peer.get("right"):
                    right[team.threads, name] = call
    times = in_turns(task, workload, right, n_rounds, seconds, before)
    for (threads, name), of in times.items():
        peers[threads][name]["rounds"] = [1e6 * time for time in of]
    for team in teams:
        team.measure_limits(dtype, n_rounds)
    return {
        team.threads: {
            **result(task, workload, peers[team.threads]),
            "barrier": 1e6 * team.barrier,
        }
        for team in teams
    }


def result(task, workload, peers):
    """What the JSON file holds of one workload."""
    times = {name: median(peer["rounds"]) for name, peer in peers.items() if peer["rounds"]}
    ours = times.get("fastbp")
    other_times = [time for name, time in times.items() if name != "fastbp"]
    return {
        "label": task.label(workload),
        **asdict(workload),
        "flops": task.flops(workload),
        "microseconds": times,
        "faster": min(other_times) / ours if ours and other_times else None,
        "lost to": {
            name: times[name] / ours for name in RIVALS if ours and times.get(name, ours) < ours
        },
        "peers": peers,
    }
