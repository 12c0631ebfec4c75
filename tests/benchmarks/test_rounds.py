"""benchmarks/rounds.py: participants have their turns alike, and what they depend on is told."""

import importlib
import os
from contextlib import ExitStack

import pytest
import rounds
from rounds import Ratio

from fastbp.bench.worker import BLAS_CHOICE


class Clock:
    """Turns that take so many seconds a unit, and write down who had one, and who rested."""

    def __init__(self, monkeypatch, **seconds):
        self.log, self._seconds = [], seconds
        self.turns = {name: lambda count, name=name: self.turn(name, count) for name in seconds}
        monkeypatch.setattr(rounds.time, "sleep", lambda seconds: self.log.append(seconds))

    def turn(self, name, count):
        self.log.append((name, count))
        return self._seconds[name] * count


def test_everyone_has_a_turn_in_every_round_after_a_rest_in_orders_that_differ(monkeypatch):
    clock = Clock(monkeypatch, a=2.0, b=0.25, c=4.0)
    times = rounds.in_rounds(clock.turns, 12, 1.0)
    assert times == {"a": [2.0] * 12, "b": [0.25] * 12, "c": [4.0] * 12}
    first = clock.log.index(rounds.REST)
    in_rounds = clock.log[first:]
    assert in_rounds[::2] == [rounds.REST] * 36
    orders = [tuple(in_rounds[i : i + 6][1::2]) for i in range(0, 72, 6)]
    assert all(sorted(order) == [("a", 1), ("b", 4), ("c", 1)] for order in orders)
    assert len(set(orders)) > 3


@pytest.mark.parametrize(("seconds", "count"), [(1e-6, 100_000), (0.03, 3), (0.1, 1), (5.0, 1)])
def test_a_turn_is_about_as_long_as_asked_and_has_run_before(monkeypatch, seconds, count):
    clock = Clock(monkeypatch, a=seconds)
    assert rounds.count_for(clock.turns["a"], 0.1) == count
    assert clock.log[-1] == ("a", count)


def test_the_ratio_is_that_of_each_round_whatever_drifts():
    assert Ratio.of([1.0, 2.0, 4.0, 8.0], [2.0, 4.0, 8.0, 16.0]) == Ratio(0.5, 0.5, 0.5)


class Environment:
    """Tells what a participant's process finds."""

    def __init__(self, threads):
        self.threads = threads

    def variables(self):
        return dict(os.environ)


def test_numpy_chooses_its_kernels_and_the_line_about_the_machine_says_so(monkeypatch):
    for name in BLAS_CHOICE:
        monkeypatch.setenv(name, "1")
    with ExitStack() as stack:
        call = rounds.start(stack, Environment, variables={"MORE": "2"})
        call("open")
        found = call("variables")
    assert not set(BLAS_CHOICE) & set(found)
    assert (found["MORE"], found["OPENBLAS_NUM_THREADS"]) == ("2", "1")
    assert os.environ[BLAS_CHOICE[0]] == "1"
    line = rounds.machine("no-such-package")
    assert "OPENBLAS_CORETYPE=1 and OPENBLAS_L2_SIZE=1 unset: NumPy chooses its kernels" in line
    assert "no-such-package not installed" in line


def test_what_is_compared_and_not_installed_is_named(capsys):
    parser = rounds.parser("Compare.", 3, 0.1)
    assert rounds.parsed(parser, [], "numpy").rounds == 3
    with pytest.raises(SystemExit):
        rounds.parsed(parser, [], "no_such_module")
    assert "pip install no_such_module" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "arguments", "complaint"),
    [
        ("thread_scaling", "T5 --rounds 0", "'0' is not a whole number >= 1"),
        ("thread_scaling", "784-0-10", "'784-0-10' is no shape, like 784-128-10"),
        ("thread_scaling", "784", "'784' is no shape, like 784-128-10"),
        ("thread_timeline", "T9", "unknown workloads: T9; there are T1 to T8"),
        ("thread_timeline", "T2 --threads 0", "'0' is not a whole number >= 1"),
        ("thread_timeline", "T2 --seconds -1", "'-1' is not a finite number"),
        ("builds", "A B --threads 0", "'0' is not a whole number >= 1"),
        ("engine", "--sizes 5", "'5' is no shape, like 784-128-10"),
    ],
)
def test_arguments_that_cannot_be_are_refused(script, arguments, complaint, capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(script).main(arguments.split())
    assert stop.value.code == 2
    assert complaint in capsys.readouterr().err
