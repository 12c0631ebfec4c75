"""Schedules: their formulas, one number at a time, their limits, and what they compare with."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import fastbp
from fastbp import schedules
from fastbp.schedules import (
    SCHEDULES,
    Cosine,
    CosLog,
    Exponential,
    Function,
    InverseScaling,
    OneCycle,
    PlateauState,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    as_schedule,
)

EXAMPLES = [
    StepDecay(epochs=3),
    StepDecay(0.5, steps=7),
    Exponential(),
    Exponential(0.9, epochs=1),
    Exponential(3.0),
    InverseScaling(),
    InverseScaling(1.0, steps=1),
    Cosine(),
    Cosine(0.1, 0.05, 2, epochs=30),
    Cosine(warmup=0.25, restarts=3),
    OneCycle(),
    OneCycle(0.25, 0.1, 0.01, steps=40),
    OneCycle(0.0),
    CosLog(),
    CosLog(epochs=4),
    ReduceOnPlateau(),
    ReduceOnPlateau(0.5, patience=3, min_delta=0.0, min_factor=0.01),
]
HORIZONS = (1, 2, 3, 7, 10, 40, 100, 333)
AFTER = 5  # steps beyond the horizon
# Arguments of cosines are below 2 pi 4 and carry some roundings of 2^-53 each, and a cosine's slope
# is at most 1: 25 * 4 * 1.1e-16 = 1.1e-14 at the most. The powers' errors are relative and smaller.
BOUND = 2e-14


def expected_factor(schedule: Schedule, t: int, T: float) -> float:
    """The formulas of docs/schedules.md for one step, in plain Python."""
    s: Any = schedule
    if isinstance(s, StepDecay):
        return float(s.factor ** (t // T))
    if isinstance(s, Exponential):
        return float(s.factor ** (t / T))
    if isinstance(s, InverseScaling):
        return float((1 + t / T) ** -s.power)
    if isinstance(s, Cosine):
        W, left = s.warmup * T, T - s.warmup * T
        if t >= T:
            return float(s.final)
        if t < W:
            return float(min(1, (t + 1) / W))
        length = left / (s.restarts + 1)
        u = math.fmod(t - W, length) / length
        if 1 - u < 1e-9:  # a cycle's end by rounding is the next one's beginning
            u = 0.0
        return float(s.final + (1 - s.final) * (1 + math.cos(math.pi * u)) / 2)
    if isinstance(s, OneCycle):
        # _annealing_cos and get_lr of torch.optim.lr_scheduler.OneCycleLR with max_lr = 1.
        first_end, last_end = s.warmup * T - 1, T - 1
        if t > last_end:
            return float(s.final)
        if t <= first_end and first_end > 0:
            start, end, share = s.start, 1.0, t / first_end
        else:
            start, end, share = 1.0, s.final, (t - first_end) / (last_end - first_end)
        return float(end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1))
    if isinstance(s, CosLog):
        return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * min(t / T, 1)))) / 2
    return 1.0


@pytest.mark.parametrize("T", HORIZONS)
@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_factors_are_those_of_the_formula(schedule: Schedule, T: int) -> None:
    t = np.arange(T + AFTER, dtype=np.float64)
    factors = schedule.factors(t, T)
    assert factors.dtype == np.float64
    expected = [expected_factor(schedule, step, T) for step in range(T + AFTER)]
    np.testing.assert_allclose(factors, expected, rtol=1e-14, atol=BOUND)


@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_steps_have_the_same_bits_however_many_are_asked_for(schedule: Schedule) -> None:
    t = np.arange(1000.0)
    whole = schedule.factors(t, 777)
    for size in (1, 3, 64):
        parts = [schedule.factors(t[i : i + size], 777) for i in range(0, len(t), size)]
        assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(schedule.factors(np.repeat(t, 2)[::2], 777), whole)
    assert schedule.factors(t.reshape(10, 100), 777).shape == (10, 100)


@pytest.mark.parametrize("T", [5e-324, 1e-300, 0.5, 1, 2, 2.5, 10, 1e6, 1e15, 1e300])
@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_factors_are_finite_and_never_negative(schedule: Schedule, T: float) -> None:
    t = np.array([0, 1, 2, 3, 9, 10, 11, 1e3, 1e6, 1e15, 1e300])
    with np.errstate(all="raise"):
        factors = schedule.factors(t, T)
    assert np.isfinite(factors).all()
    assert not np.signbit(factors).any()


@pytest.mark.parametrize("T", HORIZONS)
def test_the_ends_are_exact(T: int) -> None:
    beyond = [T, T + 1, 10 * T]
    for final in (0.0, 0.1, 0.3, 1e-3):
        for restarts in (0, 1, 2, 6):
            for warmup in (0.0, 0.07, 0.3):
                cosine = Cosine(final, warmup, restarts)
                assert (cosine.factors(beyond, T) == final).all()
            assert Cosine(final, 0.0, restarts).factors([0], T)[0] == 1.0
        assert (OneCycle(final=final).factors([T - 1, *beyond], T) == final).all()
    assert CosLog().factors([0], T)[0] == 0.0
    assert (CosLog().factors(beyond, T) == 0.0).all()
    for schedule in (StepDecay(epochs=1), Exponential(), InverseScaling()):
        assert schedule.factors([0], T)[0] == 1.0


def test_each_cycle_begins_at_one_whatever_rounds() -> None:
    for T in range(12, 1200, 12):
        for restarts in (1, 2, 3, 5):
            cycles = np.arange(restarts + 1.0) * (T // (restarts + 1))
            assert (Cosine(restarts=restarts).factors(cycles, T) == 1.0).all()
    for tenths in range(1, 10):  # of T = 10 n, the rest of which is a whole number of cycles
        for n in range(1, 60):
            cycles = np.arange(10.0 - tenths) * n + tenths * n
            schedule = Cosine(warmup=tenths / 10, restarts=9 - tenths)
            # The next cycle's first step may be off by a rounding of u, of which it is the square.
            assert (schedule.factors(cycles, 10 * n) > 1 - 1e-15).all()


def test_a_rate_falls_at_the_beginning_of_an_epoch_whatever_rounds() -> None:
    for tenths in range(1, 200):
        for steps_per_epoch in (10, 30, 70):
            T = StepDecay(0.5, epochs=tenths / 10).horizon(steps_per_epoch)
            steps = tenths * steps_per_epoch // 10
            assert steps == T
            assert StepDecay(0.5, epochs=1).factors([steps - 1, steps], T).tolist() == [1.0, 0.5]


def test_the_horizon_is_epochs_or_steps_or_one_fit() -> None:
    assert Cosine().horizon(7) is None
    assert Cosine(steps=100).horizon(7) == 100
    assert Cosine(epochs=3).horizon(7) == 21
    assert Cosine(epochs=0.5).horizon(7) == 3.5
    assert Cosine(epochs=1e-9).horizon(7) == pytest.approx(7e-9, rel=1e-15)
    assert Cosine(epochs=1e308).horizon(100) == sys.float_info.max
    assert InverseScaling().horizon(7) == 7
    assert InverseScaling(steps=1).horizon(7) == 1
    assert ReduceOnPlateau().horizon(7) is None
    assert Function(float).horizon(7) == 1  # any: its steps are the optimizer's


def test_a_warm_up_shorter_than_a_step_is_none() -> None:
    assert Cosine(warmup=0.05).factors([0, 1], 10)[0] == 1.0


# ---------------------------------------------------------------- a function of the caller's own


def test_a_function_is_called_once_for_each_step() -> None:
    seen: list[Any] = []

    def halving(step: int) -> float:
        seen.append(step)
        return 0.5**step

    schedule = as_schedule(halving)
    assert schedule is not None
    assert schedule.factors(np.arange(2.0, 6.0), 100).tolist() == [0.25, 0.125, 0.0625, 0.03125]
    assert seen == [2, 3, 4, 5]
    assert all(type(step) is int for step in seen)
    assert schedule == as_schedule(halving)
    assert schedule != as_schedule(lambda step: 1.0)
    assert hash(schedule) == hash(as_schedule(halving))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.5, "0.1", None, True, 1j, np.ones(2)])
def test_a_functions_bad_factor_is_refused_with_its_step(bad: Any) -> None:
    schedule = Function(lambda step: bad if step == 3 else 1.0)
    with pytest.raises((TypeError, ValueError), match="factor at step 3 must be"):
        schedule.factors(np.arange(5.0), 5)


def test_a_function_that_was_in_a_file_says_what_to_do() -> None:
    schedule = Function(lambda step: 1.0)
    assert schedule.config() == {"name": "function"}
    back = as_schedule(schedule.config())
    assert isinstance(back, Function)
    assert back != schedule
    with pytest.raises(ValueError, match=r"no file holds: pass optimizer=\.\.\. with the schedule"):
        back.factors(np.zeros(1), 1)


def test_a_callable_object_without_a_hash_is_a_schedule_too() -> None:
    class Constant:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Constant)

        def __call__(self, step: int) -> np.float32:
            return np.float32(0.5)

    assert as_schedule(Constant()) == as_schedule(Constant())
    assert hash(as_schedule(Constant())) == hash(as_schedule(Constant()))
    assert Function(Constant()).factors(np.arange(2.0), 2).tolist() == [0.5, 0.5]


# ---------------------------------------------------------------- plateaus


def walk(plateau: ReduceOnPlateau, losses: list[float]) -> list[float]:
    """The factor after each epoch."""
    state, factors = plateau.start(), []
    for loss in losses:
        state = plateau.after_epoch(state, loss)
        factors.append(state.factor)
    return factors


def by_keras_rule(losses: list[float], factor: float, patience: int, delta: float) -> list[float]:
    """keras.callbacks.ReduceLROnPlateau.on_epoch_end without a cooldown, for a rate of 1."""
    best, wait, rate, rates = math.inf, 0, 1.0, []
    for loss in losses:
        if loss < best - delta:
            best, wait = loss, 0
        else:
            wait += 1
            if wait >= patience:
                rate, wait = rate * factor, 0
        rates.append(rate)
    return rates


def by_torch_rule(
    losses: list[float], factor: float, patience: int, threshold: float, mode: str
) -> list[float]:
    """torch.optim.lr_scheduler.ReduceLROnPlateau.step without a cooldown, eps=0, a rate of 1."""
    best, bad, rate, rates = math.inf, 0, 1.0, []
    for loss in losses:
        limit = best * (1 - threshold) if mode == "rel" else best - threshold
        if loss < limit:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            rate, bad = rate * factor, 0
        rates.append(rate)
    return rates


def noisy_losses() -> list[float]:
    rng = np.random.default_rng(3)
    return [float(x) for x in 2 / np.arange(1, 121) + 0.03 * rng.standard_normal(120)]


@pytest.mark.parametrize("patience", [1, 2, 5, 10])
@pytest.mark.parametrize("delta", [0.0, 1e-4, 0.02])
def test_a_plateau_is_kerass(patience: int, delta: float) -> None:
    losses = noisy_losses()
    expected = by_keras_rule(losses, 0.5, patience, delta)
    assert walk(ReduceOnPlateau(0.5, patience=patience, min_delta=delta), losses) == expected
    assert expected[-1] < 1


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize("delta", [0.0, 1e-4, 0.02])
def test_a_plateau_is_torchs_with_one_epoch_more(patience: int, delta: float) -> None:
    losses = noisy_losses()
    ours = walk(ReduceOnPlateau(0.5, patience=patience + 1, min_delta=delta), losses)
    assert ours == by_torch_rule(losses, 0.5, patience, delta, "abs")
    same_patience = walk(ReduceOnPlateau(0.5, patience=patience, min_delta=delta), losses)
    assert same_patience != by_torch_rule(losses, 0.5, patience, delta, "abs")


def test_torchs_relative_threshold_is_another() -> None:
    losses = [100.0, 99.995, 99.99, 99.985]  # falls of less than a hundredth of a per cent
    assert by_torch_rule(losses, 0.5, 1, 1e-4, "rel")[-1] == 0.5
    assert walk(ReduceOnPlateau(0.5, patience=2), losses)[-1] == 1.0


def test_a_plateaus_states_are_as_told() -> None:
    plateau = ReduceOnPlateau(0.5, patience=2, min_delta=0.1, min_factor=0.3)
    assert plateau.needs_validation
    state = plateau.start()
    assert state == PlateauState(1.0, math.inf, 0)
    for loss, expected in [
        (1.0, (1.0, 1.0, 0)),
        (0.95, (1.0, 1.0, 1)),  # not by 0.1
        (0.85, (1.0, 0.85, 0)),
        (math.nan, (1.0, 0.85, 1)),
        (math.inf, (0.5, 0.85, 0)),
        (0.9, (0.5, 0.85, 1)),
        (0.9, (0.3, 0.85, 0)),  # not 0.25
        (0.9, (0.3, 0.85, 1)),
        (0.9, (0.3, 0.85, 0)),
    ]:
        before = state
        state = plateau.after_epoch(state, loss)
        assert state == expected
        assert plateau.after_epoch(before, loss) == state  # pure
    assert not any(
        kind.needs_validation for kind in SCHEDULES.values() if kind.name != plateau.name
    )


# ---------------------------------------------------------------- torch

TORCHS: list[tuple[Schedule, str, dict[str, Any]]] = [
    (OneCycle(), "OneCycleLR", {"max_lr": 1.0, "total_steps": 60}),
    (
        OneCycle(0.25, 0.5, 0.125),
        "OneCycleLR",
        {
            "max_lr": 1.0,
            "total_steps": 60,
            "pct_start": 0.25,
            "div_factor": 2,
            "final_div_factor": 4,
        },
    ),
    (Cosine(0.1), "CosineAnnealingLR", {"T_max": 60, "eta_min": 0.1}),
    (Cosine(restarts=2), "CosineAnnealingWarmRestarts", {"T_0": 20}),
    (StepDecay(0.5, steps=60), "StepLR", {"step_size": 60, "gamma": 0.5}),
    (StepDecay(0.5, steps=7), "StepLR", {"step_size": 7, "gamma": 0.5}),
    (Exponential(0.9, steps=1), "ExponentialLR", {"gamma": 0.9}),
]


@pytest.mark.parametrize(("schedule", "kind", "numbers"), TORCHS, ids=repr)
def test_rates_are_torchs(schedule: Schedule, kind: str, numbers: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **numbers)
    rates = []
    for _ in range(60):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if len(rates) < 60:
            scheduler.step()
    factors = schedule.factors(np.arange(60.0), schedule.horizon(60) or 60)
    if kind == "OneCycleLR":
        # Two cosines, NumPy's and C's, may differ by an ulp or two of 1; the rest is the same.
        np.testing.assert_allclose(factors, rates, rtol=0, atol=4 * np.finfo(float).eps)
        assert factors[0] == rates[0]
        assert factors[-1] == rates[-1]
    else:  # worked out by torch from the rate of the step before: 60 roundings
        np.testing.assert_allclose(factors, rates, rtol=60 * np.finfo(float).eps, atol=BOUND)


@pytest.mark.parametrize("mode", ["abs", "rel"])
def test_torchs_plateau_is_as_published(mode: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=3, threshold=0.02, threshold_mode=mode, eps=0
    )
    losses, rates = noisy_losses(), []
    for loss in losses:
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == by_torch_rule(losses, 0.5, 3, 0.02, mode)


# ---------------------------------------------------------------- descriptions

OPTIONS: dict[type[Schedule], dict[str, Any]] = {
    StepDecay: {"factor": 0.3, "epochs": 4.0},
    Exponential: {"factor": 0.3, "steps": 40.0},
    InverseScaling: {"power": 0.75, "epochs": 2.0},
    Cosine: {"final": 0.01, "warmup": 0.1, "restarts": 2, "epochs": 30.0},
    OneCycle: {"warmup": 0.2, "start": 0.1, "final": 0.01, "steps": 40.0},
    CosLog: {"epochs": 3.0},
    ReduceOnPlateau: {"factor": 0.5, "patience": 5, "min_delta": 0.01, "min_factor": 0.001},
}
DEFAULTS: dict[type[Schedule], dict[str, Any]] = {
    StepDecay: {"factor": 0.1},
    Exponential: {"factor": 0.1},
    InverseScaling: {"power": 0.5, "epochs": 1.0},
    Cosine: {"final": 0.0, "warmup": 0.0, "restarts": 0},
    OneCycle: {"warmup": 0.3, "start": 0.04, "final": 4e-6},
    CosLog: {},
    ReduceOnPlateau: {"factor": 0.1, "patience": 10, "min_delta": 1e-4, "min_factor": 0.0},
}
KINDS = list(OPTIONS)
BAD: list[tuple[type[Schedule], str, list[Any]]] = [
    *[
        (kind, name, [0, -1, math.nan, math.inf, "3", True, 1j])
        for kind in KINDS
        if kind is not ReduceOnPlateau
        for name in ("steps", "epochs")
    ],
    (StepDecay, "factor", [0, -0.1, math.nan, math.inf, "0.1", None]),
    (Exponential, "factor", [0, -0.1, math.nan, math.inf, "0.1", None]),
    (InverseScaling, "power", [-0.1, math.nan, math.inf, "0.1", None]),
    (Cosine, "final", [-0.1, 1, math.nan, "0.1", None]),
    (Cosine, "warmup", [-0.1, 1, math.nan, "0.1", None]),
    (Cosine, "restarts", [-1, 0.5, 10**6 + 1, 10**400, "1", None, True]),
    (OneCycle, "warmup", [-0.1, 1, math.nan, "0.1", None]),
    (OneCycle, "start", [-0.1, 1, math.nan, "0.1", None]),
    (OneCycle, "final", [-0.1, 1, math.nan, "0.1", None]),
    (ReduceOnPlateau, "factor", [0, 1, -0.1, math.nan, "0.1", None]),
    (ReduceOnPlateau, "patience", [0, -1, 1.5, "1", None, True]),
    (ReduceOnPlateau, "min_delta", [-0.1, math.nan, math.inf, "0.1", None]),
    (ReduceOnPlateau, "min_factor", [-0.1, 1, math.nan, "0.1", None]),
]


def made(kind: type[Schedule], **options: Any) -> Any:
    """One of a kind, which may need a horizon."""
    needed = {"epochs": 30.0} if kind is StepDecay and not {"steps", "epochs"} & {*options} else {}
    return kind(**options, **needed)


def test_every_schedule_is_tested() -> None:
    assert set(KINDS) == set(DEFAULTS) == set(SCHEDULES.values())
    assert {type(schedule) for schedule in EXAMPLES} == set(KINDS)
    assert {name for name in dir(schedules) if getattr(schedules, name) in KINDS} == {
        kind.__name__ for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_schedules_have_the_documented_defaults(kind: type[Schedule]) -> None:
    values = {k: v for k, v in dataclasses.asdict(made(kind)).items() if v is not None}
    expected = {**DEFAULTS[kind], **({"epochs": 30.0} if kind is StepDecay else {})}
    assert values == expected


@pytest.mark.parametrize("kind", KINDS)
def test_schedules_are_immutable_and_compare_by_what_they_describe(kind: type[Schedule]) -> None:
    schedule = kind(**OPTIONS[kind])
    for name in OPTIONS[kind]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(schedule, name, 0.5)
    assert schedule == kind(**OPTIONS[kind])
    assert hash(schedule) == hash(kind(**OPTIONS[kind]))
    assert schedule != made(kind)
    for name, value in DEFAULTS[kind].items():
        assert kind(**{**OPTIONS[kind], name: value}) != schedule
    assert all(schedule != other for other in EXAMPLES if type(other) is not kind)


@pytest.mark.parametrize("kind", KINDS)
def test_schedules_are_copied_by_what_they_describe(kind: type[Schedule]) -> None:
    for schedule in (made(kind), kind(**OPTIONS[kind])):
        config = schedule.config()
        assert {type(value) for value in config.values()} <= {str, int, float}
        for twin in (
            copy.deepcopy(schedule),
            pickle.loads(pickle.dumps(schedule)),
            as_schedule(json.loads(json.dumps(config))),
            eval(repr(schedule), vars(schedules)),
        ):
            assert twin == schedule
            assert repr(twin) == repr(schedule)


def test_schedules_show_how_to_make_them() -> None:
    assert repr(StepDecay(epochs=30)) == "StepDecay(factor=0.1, epochs=30.0)"
    assert repr(Cosine(warmup=0.1)) == "Cosine(final=0.0, warmup=0.1, restarts=0)"
    assert repr(CosLog(steps=10)) == "CosLog(steps=10.0)"
    assert repr(CosLog()) == "CosLog()"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, name, values in BAD for value in values],
)
def test_bad_numbers_are_refused_by_name(kind: type[Schedule], name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
        made(kind, **{name: value})


def test_numbers_of_numpys_become_pythons_and_minus_zero_zero() -> None:
    schedule = Cosine(np.float32(0.5), -0.0, np.int8(2), steps=np.int64(9))
    assert repr(schedule) == "Cosine(final=0.5, warmup=0.0, restarts=2, steps=9.0)"
    assert not np.signbit(Cosine(-0.0).factors([1], 1)).any()


def test_a_horizon_is_given_once_and_step_decay_needs_one() -> None:
    for kind in KINDS:
        if kind is not ReduceOnPlateau:
            with pytest.raises(ValueError, match=r"got steps=3 and epochs=4: pass one of them"):
                kind(steps=3, epochs=4)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match=r"needs epochs or steps.*try StepDecay\(0.5, epochs=30\)"):
        StepDecay(0.5)
    for T in (0, -1, math.nan, "7"):
        with pytest.raises((TypeError, ValueError), match="T must be"):
            Cosine().factors([0], T)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.1, r"schedule must be one of .*StepDecay, .* or None; got 0.1$"),
        ([0.1], r"a function f\(step\) that returns a factor"),
        ("cosine", r"got 'cosine': try schedule=fastbp\.schedules\.Cosine\(\)$"),
        ("step_decay", r"try schedule=fastbp\.schedules\.StepDecay\(epochs=30\)$"),
        ("warp", r"got 'warp'$"),
        (Cosine, r": try schedule=fastbp\.schedules\.Cosine\(\)$"),
        (StepDecay, r": try schedule=fastbp\.schedules\.StepDecay\(epochs=30\)$"),
        (Schedule, r"got <class 'fastbp.schedules.Schedule'>$"),
        (float, r"got <class 'float'>$"),
        (Schedule(), r"got Schedule\(\)$"),
        (fastbp.SGD(), r"got SGD\("),
        (np.ones(3), r"got array"),
    ],
    ids=repr,
)
def test_what_is_no_schedule_is_refused_with_a_remedy(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        as_schedule(value)


def test_every_remedy_can_be_followed() -> None:
    for kind in KINDS:
        with pytest.raises(TypeError) as caught:
            as_schedule(kind)
        remedy = str(caught.value).rpartition("try schedule=")[2]
        assert isinstance(eval(remedy, {"fastbp": fastbp}), kind)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "schedule must be one of 'step_decay'"),
        ({"name": "warp"}, "got 'warp'"),
        ({"name": ["cosine"]}, "got list"),
        ({"name": "cosine", "speed": 1}, "unknown entries: 'speed'; 'cosine' takes 'steps', "),
        ({"name": "function", "function": 1}, "unknown entries: 'function'; 'function' takes none"),
        ({"name": "cosine", "final": 2}, "final must be"),
    ],
)
def test_a_bad_config_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        as_schedule(config)


def test_no_schedule_is_none() -> None:
    assert as_schedule(None) is None


def test_fastbp_is_imported_without_its_schedules() -> None:
    code = "import sys, fastbp; assert 'fastbp.schedules' not in sys.modules; fastbp.schedules"
    subprocess.run([sys.executable, "-c", code], check=True)
