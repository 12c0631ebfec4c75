"""What the compiled training loop is given: the plan, and the arrays that it borrows."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER
from kernel_sets import RUNNABLE, fast_path, forced
from recorded_slices import path_names
from source_tree import ROOT
from ways_in import NUMBERS

from fastbp import SGD, Adam, Network
from fastbp._boundary import BAD_X, FINISHED
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState

ENGINE = ROOT / "src" / "engine"


def arguments(
    net: Network, optimizer: Any
) -> tuple[TrainingPlan, TrainingData, TrainingState, TrainingProgress]:
    """One epoch of four samples in batches of two."""
    layout = net._model.layout
    rng = np.random.default_rng(0)
    return (
        TrainingPlan(optimizer.rule.name, optimizer.numbers, 2),
        TrainingData(rng.random((4, 3)), rng.random((4, 2))),
        TrainingState(layout.zeros(), None, layout.memory(optimizer.starts), np.zeros(2, np.int64)),
        TrainingProgress.of(1, 1),
    )


@pytest.mark.skipif(not ENGINE.exists(), reason="the tests do not lie in a source tree")
def test_every_field_of_a_plan_reaches_the_compiled_loop() -> None:
    names = {field.name for field in fields(TrainingPlan)}
    struct = re.search(r"cdef struct Plan:\n(.*?)\n\n", (ENGINE / "call.pxi").read_text(), re.S)
    assert struct is not None
    members = {line.split("#")[0].split()[-1].lstrip("*") for line in struct[1].splitlines()}
    counts = {"n_memories", "n_factors"}  # which follow from the plan's fields
    assert members == names | counts | {"mode"}
    filled = (ENGINE / "plan.pxi").read_text().partition("cdef int take_plan")[2]
    filled = filled.partition("cdef int take_state")[0]
    assigned = re.findall(r"^ +(to\.[^=\n]*) = ", filled, re.M)
    assert set(re.findall(r"to\.(\w+)", " ".join(assigned))) == names | counts | {"mode"}
    assert set(re.findall(r"\bplan\.(\w+)", filled)) == names


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=lambda optimizer: optimizer.rule.name)
def test_progress_moves_on_as_training_does(optimizer: Any) -> None:
    net = Network([3, 2], seed=0)
    plan, data, state, progress = arguments(net, optimizer)
    before = net.parameters
    assert net._model.program.run(plan, data, state, progress) == FINISHED
    assert (progress.epochs_done, progress.first) == (1, 0)
    assert state.counters.tolist() == [2, 1]
    assert progress.losses[0] > 0
    assert not np.array_equal(net.parameters, before)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_progress_tells_which_loops_ran_and_a_plan_takes_the_fast_ones(
    isa: str, numbers: str
) -> None:
    with forced(isa):
        net = Network([3, 2], seed=0, **NUMBERS[numbers])
    plan, data, state, progress = arguments(net, SGD(0.5))
    small = {"numbers": SGD(0.5).numbers, "batch_size": 1}
    assert progress.paths == progress.team_size == 0
    for other, path in (
        ({}, fast_path(isa, net)),
        (small, fast_path(isa, net, sgd_of_one=True)),
        ({"fast_paths": False}, "plain"),
        (small | {"fast_paths": False}, "plain"),
    ):
        progress = TrainingProgress.of(1, 1)
        net._model.program.run(replace(plan, **other), data, state, progress)
        assert (path_names(progress.paths), progress.team_size) == ({path}, 1)
    data.X[0, 0] = np.nan
    progress = TrainingProgress.of(1, 1)
    assert net._model.program.run(plan, data, state, progress) == BAD_X
    assert (progress.paths, progress.team_size) == (0, 1)


def test_biases_stay_where_a_plan_does_not_learn_them() -> None:
    net = Network([3, 2], seed=0)
    net.biases[0][...] = 0.25
    plan, data, state, progress = arguments(net, SGD(0.5))
    net._model.program.run(replace(plan, learns_biases=False), data, state, progress)
    assert net.biases[0].tolist() == [0.25, 0.25]


@pytest.mark.parametrize(
    ("optimizer", "n"),
    [(SGD(0.1), 1), (SGD(0.1, momentum=0.5), 0), (SGD(0.1, momentum=0.5), 2), (Adam(), 1)],
    ids=str,
)
def test_a_rule_is_given_as_many_memories_as_its_row_says(optimizer: Any, n: int) -> None:
    net = Network([3, 2], seed=0)
    plan, data, state, progress = arguments(net, optimizer)
    state.memories = net._model.layout.memory([0.0] * n)
    with pytest.raises(ValueError, match="does not fit the network"):
        net._model.program.run(plan, data, state, progress)


def test_no_memory_is_read_or_written_beyond_its_end() -> None:
    net = Network([3, 2], seed=0)
    plan, data, state, progress = arguments(net, Adam())
    program = net._model.program
    short = state.memories[0][:-1]
    parameters, counters = net._model.layout.zeros(), np.zeros(2, np.int64)
    for part, value in (
        ("memories", (state.memories[0], short)),
        ("memories", (state.memories[0], None)),
        ("gradient", short),
        ("counters", np.zeros(1, np.int64)),
        ("snapshot", (parameters, (short, short), counters)),
        ("snapshot", (parameters, (), counters)),
        ("snapshot", (parameters, state.memories, counters[:1])),
        ("snapshot", (short, state.memories, counters)),
    ):
        with pytest.raises((ValueError, TypeError)):
            program.run(plan, data, replace(state, **{part: value}), progress)


@pytest.mark.parametrize(
    "numbers", [{}, {"learning_rate": 0.1, "momentum": 0.5}, {"momentum": 0.5}], ids=str
)
def test_a_rule_takes_exactly_its_numbers(numbers: dict[str, float]) -> None:
    net = Network([3, 2], seed=0)
    plan, *rest = arguments(net, SGD(0.1))
    with pytest.raises(ValueError, match="boundary"):
        net._model.program.run(replace(plan, numbers=numbers), *rest)


@pytest.mark.parametrize(
    "wrong",
    [{"first": 4}, {"first": -1}, {"epochs_done": 1}, {"base": 1}, {"n_epochs": 2}],
    ids=str,
)
def test_progress_outside_its_arrays_is_refused(wrong: dict[str, int]) -> None:
    net = Network([3, 2], seed=0)
    plan, data, state, progress = arguments(net, SGD(0.1))
    with pytest.raises(ValueError, match="boundary"):
        net._model.program.run(plan, data, state, replace(progress, **wrong))


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"count": 3}, {"count": -1}], ids=str)
def test_a_plan_out_of_range_is_refused(wrong: dict[str, int]) -> None:
    net = Network([3, 2], seed=0)
    plan, *rest = arguments(net, SGD(0.1))
    with pytest.raises(ValueError, match="boundary"):
        net._model.program.run(replace(plan, **wrong), *rest)
