"""Schedules: immutable descriptions of how the learning rate changes from step to step.

A schedule gives a factor for each step, and the step's rate is ``learning_rate`` times that:

    eta_t = learning_rate factor(t),   t = 0, 1, 2, ... steps done before this one

A formula runs over a horizon of T steps: ``epochs=`` or ``steps=``, counted from the first step
that the optimizer's state has made, or one call of ``fit`` where neither is given. A function
f(step) that returns a factor is a schedule too.
"""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fastbp.inputs import Array, check_choice, check_integer, check_number, short_repr

#: Of Cosine, so that a cycle's number times the rounding error of t / T stays far below 1.
_MOST_RESTARTS = 10**6
#: What t / T may be off by through rounding, where a cycle or an epoch begins.
_ROUNDING = 1e-9


@dataclass(frozen=True, repr=False)
class Schedule:
    """What all descriptions share; use one of the subclasses."""

    name: ClassVar[str]
    #: Whether it goes by the validation loss, and so needs validation samples.
    needs_validation: ClassVar[bool] = False
    #: The ranges of its numbers, as arguments of ``check_number``.
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {}

    def __post_init__(self) -> None:
        for name, limits in self.limits.items():
            value = check_number(name, getattr(self, name), **limits) + 0.0  # -0.0 is 0.0
            object.__setattr__(self, name, value)  # frozen, but not yet built

    def __repr__(self) -> str:
        """The call that makes it: positional arguments first, and nothing that is None."""
        given = self._given()
        in_order = sorted(fields(self), key=lambda field: bool(field.kw_only))
        arguments = [
            f"{field.name}={given[field.name]!r}" for field in in_order if field.name in given
        ]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _given(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def horizon(self, steps_per_epoch: int) -> float | None:
        """T in steps, or None for one call of fit."""
        return None

    def factors(self, t: ArrayLike, T: float) -> Array:
        """The factors of steps, float64: finite and at least 0.

        Parameters
        ----------
        t : array_like
            Steps done before each, from 0 at the beginning of the horizon; may lie beyond T.
        T : float
            The horizon in steps, above 0.
        """
        t, T = np.asarray(t, np.float64), check_number("T", T, above=0)
        with np.errstate(over="ignore", under="ignore"):  # a tiny T makes t / T infinite
            return np.maximum(self._formula(t, T), 0.0)  # a cosine may round below -1

    def _formula(self, t: Array, T: float) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no formula")

    def config(self) -> dict[str, Any]:
        """The description as a dict of plain values that :func:`as_schedule` reads back."""
        return {"name": self.name, **self._given()}


@dataclass(frozen=True, repr=False)
class _OverHorizon(Schedule):
    """A schedule whose T is steps, or epochs, or one call of fit."""

    _: KW_ONLY
    steps: float | None = None
    epochs: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None and self.epochs is not None:
            raise ValueError(
                f"steps and epochs both give the horizon, got steps={short_repr(self.steps)} and "
                f"epochs={short_repr(self.epochs)}: pass one of them"
            )
        for name in ("steps", "epochs"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, check_number(name, getattr(self, name), above=0))

    def horizon(self, steps_per_epoch: int) -> float | None:
        """T in steps, or None for one call of fit."""
        if self.epochs is None:
            return self.steps
        T = min(self.epochs * steps_per_epoch, sys.float_info.max)
        # 1.1 epochs of 10 steps are 11 steps, not 11.000000000000002.
        return float(round(T)) if abs(T - round(T)) < _ROUNDING * T else T


def _share(t: Array, T: float) -> Array:
    """The share of the horizon that is done: 1 from T on."""
    return np.minimum(t, T) / T


@dataclass(frozen=True, repr=False)
class StepDecay(_OverHorizon):
    """A rate that is multiplied by a number every so many epochs or steps.

        factor^floor(t / T)

    It goes on beyond T: T is how long the rate stays the same.

    Parameters
    ----------
    factor : float, default 0.1
        Above 0.
    steps, epochs : float
        T; above 0. One of them is needed.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or not one of steps and epochs is given.

    Notes
    -----
    ``torch.optim.lr_scheduler.StepLR(gamma=factor, step_size=epochs)``, called once an epoch.

    Examples
    --------
    >>> from fastbp.schedules import StepDecay
    >>> StepDecay(0.5, steps=10).factors([0, 9, 10, 20], 10).tolist()
    [1.0, 1.0, 0.5, 0.25]
    """

    factor: float = 0.1

    name: ClassVar[str] = "step_decay"
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {"factor": {"above": 0}}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is None and self.epochs is None:
            raise ValueError(
                "StepDecay needs epochs or steps, which say how long the rate stays the same: "
                f"try StepDecay({self.factor}, epochs=30)"
            )

    def _formula(self, t: Array, T: float) -> Array:
        return _power(self.factor, np.floor(t / T))


@dataclass(frozen=True, repr=False)
class Exponential(_OverHorizon):
    """A rate that falls by the same share in every step.

        factor^(t / T)

    It goes on beyond T, after which it has fallen to ``factor``. With a factor above 1 the rate
    grows: ``Exponential(1e6)`` from a tiny rate shows in ``history.loss`` which rates are too high.

    Parameters
    ----------
    factor : float, default 0.1
        Above 0.
    steps, epochs : float, optional
        T; above 0. Without them T is one call of fit.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or both steps and epochs are given.

    Notes
    -----
    ``torch.optim.lr_scheduler.ExponentialLR(gamma)``, called once an epoch, is
    ``Exponential(gamma, epochs=1)`` at the epochs' beginnings, and
    ``keras.optimizers.schedules.ExponentialDecay(rate, decay_steps, decay_rate)``
    ``Exponential(decay_rate, steps=decay_steps)``.

    Examples
    --------
    >>> from fastbp.schedules import Exponential
    >>> Exponential(0.25).factors([0, 50, 100, 200], 100).tolist()
    [1.0, 0.5, 0.25, 0.0625]
    """

    factor: float = 0.1

    name: ClassVar[str] = "exponential"
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {"factor": {"above": 0}}

    def _formula(self, t: Array, T: float) -> Array:
        return _power(self.factor, t / T)


def _power(factor: float, exponents: Array) -> Array:
    """factor^exponents, at most the largest finite number."""
    return np.minimum(np.power(factor, exponents), sys.float_info.max)


@dataclass(frozen=True, repr=False)
class InverseScaling(_OverHorizon):
    """A rate that falls as a power of time, fast at first and ever more slowly.

        (1 + t / T)^-power

    It goes on beyond T, after which it has fallen to 2^-power.

    Parameters
    ----------
    power : float, default 0.5
        At least 0.
    steps, epochs : float, optional
        T; above 0. Without them T is one epoch.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or both steps and epochs are given.

    Notes
    -----
    With ``steps=1`` it is (t + 1)^-power. scikit-learn's "invscaling" has that form with t counted
    in samples, which after one epoch of 1,797 samples leaves a rate of 0.1 at 0.0024.
    ``keras.optimizers.schedules.InverseTimeDecay`` is ``InverseScaling(1.0, steps=...)``. Robbins
    and Monro (1951) need a power above 0.5, and at most 1, for their proof of convergence.

    Examples
    --------
    >>> from fastbp.schedules import InverseScaling
    >>> InverseScaling()
    InverseScaling(power=0.5, epochs=1.0)
    >>> InverseScaling(1.0, steps=1).factors([0, 1, 3], 1).tolist()
    [1.0, 0.5, 0.25]
    """

    power: float = 0.5

    name: ClassVar[str] = "inverse_scaling"
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {"power": {"low": 0}}

    def __post_init__(self) -> None:
        if self.steps is None and self.epochs is None:
            object.__setattr__(self, "epochs", 1.0)
        super().__post_init__()

    def _formula(self, t: Array, T: float) -> Array:
        return np.power(1 + t / T, -self.power)


@dataclass(frozen=True, repr=False)
class Cosine(_OverHorizon):
    """Half a wave of the cosine, from 1 down to ``final``, after a linear warm-up.

        (t + 1) / W                                      for t < W = warmup T, at most 1
        final + (1 - final) (1 + cos(pi u)) / 2          after it

    u, from 0 to 1, is the share of the present cycle that is done; ``restarts`` + 1 cycles of equal
    length follow the warm-up, and each begins at 1. From T on the factor is ``final``.

    Parameters
    ----------
    final : float, default 0.0
        What a cycle ends with, in [0, 1).
    warmup : float, default 0.0
        The warm-up's share of the horizon, in [0, 1).
    restarts : int, default 0
        From 0 to 1,000,000.
    steps, epochs : float, optional
        T; above 0. Without them T is one call of fit.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or both steps and epochs are given.

    Notes
    -----
    Loshchilov and Hutter (2017), whose cycles may also grow; the warm-up is that of Goyal et al.
    (2017). ``torch.optim.lr_scheduler.CosineAnnealingLR(T_max=T, eta_min=final * learning_rate)``
    has the same numbers up to T, and swings back after it.

    Examples
    --------
    >>> from fastbp.schedules import Cosine
    >>> Cosine(warmup=0.5).factors([0, 1, 2, 3, 4, 5], 4).round(3).tolist()
    [0.5, 1.0, 1.0, 0.5, 0.0, 0.0]
    """

    final: float = 0.0
    warmup: float = 0.0
    restarts: int = 0

    name: ClassVar[str] = "cosine"
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "final": {"low": 0, "below": 1},
        "warmup": {"low": 0, "below": 1},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        restarts = check_integer("restarts", self.restarts, low=0, high=_MOST_RESTARTS)
        object.__setattr__(self, "restarts", restarts)

    def _formula(self, t: Array, T: float) -> Array:
        share = _share(t, T)
        cycles_done = (share - self.warmup) / (1 - self.warmup) * (self.restarts + 1)
        cycle = np.minimum(np.floor(cycles_done + _ROUNDING), self.restarts)
        u = np.clip(cycles_done - cycle, 0, 1)
        factors = self.final + (1 - self.final) * ((1 + np.cos(np.pi * u)) / 2)
        if not self.warmup:
            return factors
        W = max(self.warmup * T, sys.float_info.min)
        return np.where(t < W, np.minimum((t + 1) / W, 1), factors)


@dataclass(frozen=True, repr=False)
class OneCycle(_OverHorizon):
    """Smith's one cycle, of the rate alone: from ``start`` up to 1, then down to ``final``.

        from start to 1, along half a cosine,  for t <= warmup T - 1
        from 1 to final, along half a cosine,  after it

    ``learning_rate`` is the cycle's highest rate. The last step of the horizon, T - 1, has
    ``final``, and so have all beyond it.

    Parameters
    ----------
    warmup : float, default 0.3
        The share of the horizon until 1 is reached, in [0, 1).
    start : float, default 1/25
        In [0, 1).
    final : float, default 4e-6
        In [0, 1).
    steps, epochs : float, optional
        T; above 0. Without them T is one call of fit.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or both steps and epochs are given.

    Notes
    -----
    Smith and Topin (2018), as in ``torch.optim.lr_scheduler.OneCycleLR(max_lr, total_steps=T,
    anneal_strategy="cos", cycle_momentum=False)``: ``start`` is 1 / div_factor, ``final`` is
    1 / div_factor / final_div_factor. torch's momentum falls while the rate grows, unless told
    otherwise; here it stays.

    Examples
    --------
    >>> from fastbp.schedules import OneCycle
    >>> OneCycle(start=0.1, final=0.0).factors([0, 1, 2, 6, 9], 10).round(3).tolist()
    [0.1, 0.55, 1.0, 0.389, 0.0]
    """

    warmup: float = 0.3
    start: float = 1 / 25
    final: float = 1 / 25 / 1e4

    name: ClassVar[str] = "one_cycle"
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "warmup": {"low": 0, "below": 1},
        "start": {"low": 0, "below": 1},
        "final": {"low": 0, "below": 1},
    }

    def _formula(self, t: Array, T: float) -> Array:
        peak, last = self.warmup * T - 1, T - 1
        rising = (t < peak) & (peak > 0)
        up = _cosine(self.start, 1.0, t / (peak if peak > 0 else 1.0))
        down = _cosine(1.0, self.final, (t - peak) / (last - peak) if last > peak else t * 0 + 1)
        return np.where(rising, up, down)


def _cosine(start: float, end: float, u: Array) -> Array:
    """From start to end, along half a cosine."""
    return end + (start - end) / 2 * (np.cos(np.pi * np.clip(u, 0, 1)) + 1)


@dataclass(frozen=True, repr=False)
class CosLog(_OverHorizon):
    """Four waves of the rate, each twice as long as the one before.

        (1 - cos(2 pi log2(1 + 15 t / T))) / 2

    The first step has the factor 0, and so have those at T / 15, T / 5, 7 T / 15, T and all beyond
    T: there is nothing more to be learnt after the horizon, and from a single step nothing at all.

    Parameters
    ----------
    steps, epochs : float, optional
        T; above 0. Without them T is one call of fit.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range or not a number, or both steps and epochs are given.

    Notes
    -----
    Holzmüller, Grinsztajn and Steinwart (2024), arXiv 2407.04491: coslog_4, of the networks for
    tables that they call RealMLP.

    Examples
    --------
    >>> from fastbp.schedules import CosLog
    >>> CosLog().factors([0, 7, 15, 45, 105, 225], 225).round(3).tolist()
    [0.0, 0.973, 0.0, 0.0, 0.0, 0.0]
    """

    name: ClassVar[str] = "coslog"

    def _formula(self, t: Array, T: float) -> Array:
        waves: Array = np.log2(1 + 15 * _share(t, T))
        return (1 - np.cos(2 * np.pi * waves)) / 2


class PlateauState(NamedTuple):
    """Where a :class:`ReduceOnPlateau` stands: saved and resumed with the network.

    Attributes
    ----------
    factor : float
        The present epoch's factor.
    mark : float
        The loss to beat.
    wait : int
        Epochs since it was beaten, or since the factor fell.
    """

    factor: float
    mark: float
    wait: int


@dataclass(frozen=True, repr=False)
class ReduceOnPlateau(Schedule):
    """A rate that falls when the validation loss no longer does.

    An epoch improves if its validation loss is below mark - min_delta; the mark is then that loss.
    After ``patience`` epochs in a row without an improvement the rate is multiplied by ``factor``,
    the wait begins again, and the mark stays. The rate is the same in all steps of an epoch. It has
    no horizon.

    Parameters
    ----------
    factor : float, default 0.1
        Above 0 and below 1.
    patience : int, default 10
        Epochs; at least 1.
    min_delta : float, default 1e-4
        How far below the mark a loss must be; at least 0.
    min_factor : float, default 0.0
        The factors' product does not fall below it; in [0, 1).

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number. ``fit`` raises ValueError if there are no
        validation samples.

    Notes
    -----
    ``keras.callbacks.ReduceLROnPlateau`` counts the same way (its min_lr is a rate, not a factor).
    ``torch.optim.lr_scheduler.ReduceLROnPlateau`` waits one epoch longer, for more than
    ``patience``, and its threshold is relative unless told otherwise: an improvement is a loss
    below mark (1 - 1e-4). ``ReduceOnPlateau(patience=p + 1, min_delta=d)`` is torch's with
    ``patience=p, threshold=d, threshold_mode="abs", eps=0``.

    Examples
    --------
    >>> from fastbp.schedules import ReduceOnPlateau
    >>> plateau = ReduceOnPlateau(0.5, patience=2)
    >>> state = plateau.start()
    >>> for loss in (1.0, 0.8, 0.9, 0.8, 0.8):
    ...     state = plateau.after_epoch(state, loss)
    >>> state
    PlateauState(factor=0.5, mark=0.8, wait=1)
    """

    factor: float = 0.1
    _: KW_ONLY
    patience: int = 10
    min_delta: float = 1e-4
    min_factor: float = 0.0

    name: ClassVar[str] = "reduce_on_plateau"
    needs_validation: ClassVar[bool] = True
    limits: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "factor": {"above": 0, "below": 1},
        "min_delta": {"low": 0},
        "min_factor": {"low": 0, "below": 1},
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "patience", check_integer("patience", self.patience, low=1))

    def start(self) -> PlateauState:
        """Where it stands before the first epoch."""
        return PlateauState(1.0, math.inf, 0)

    def after_epoch(self, state: PlateauState, validation_loss: float) -> PlateauState:
        """Where it stands after an epoch; a loss of NaN is no improvement."""
        if validation_loss < state.mark - self.min_delta:
            return PlateauState(state.factor, validation_loss, 0)
        if state.wait + 1 < self.patience:
            return state._replace(wait=state.wait + 1)
        return state._replace(factor=max(state.factor * self.factor, self.min_factor), wait=0)

    def read(self, values: Any) -> PlateauState:
        """The state that a file has as [factor, mark or None, wait]; ValueError if it is none."""
        if not isinstance(values, list) or len(values) != 3:
            raise ValueError(f"plateau must be [factor, mark, wait], got {short_repr(values)}")
        factor, mark, wait = values
        return PlateauState(
            check_number("plateau's factor", factor, low=0),
            math.inf if mark is None else check_number("plateau's mark", mark),
            check_integer("plateau's wait", wait, low=0),
        )

    def _formula(self, t: Array, T: float) -> Array:
        """1 for all: what the epochs add is in the state."""
        return np.ones_like(t)


@dataclass(frozen=True, repr=False)
class Function(Schedule):
    """A function of the caller's own: ``f(step)`` returns a factor, a finite number of at least 0.

    It is called once for each step, some steps ahead of the training, with step = 0, 1, 2, ...
    A file holds no code: what is read back from one has no function.
    """

    function: Callable[[int], float] | None = None

    name: ClassVar[str] = "function"

    def horizon(self, steps_per_epoch: int) -> float:
        """Any number: the steps count from the optimizer's first one."""
        return 1.0

    def __hash__(self) -> int:
        """One for all, since a callable object need not have one."""
        return hash(self.name)

    def _formula(self, t: Array, T: float) -> Array:
        if self.function is None:
            raise ValueError(
                "the optimizer's schedule was a Python function, which no file holds: pass "
                "optimizer=... with the schedule again"
            )
        factors = [
            check_number(f"the schedule's factor at step {step}", self.function(step), low=0)
            for step in map(int, t.ravel())
        ]
        return np.asarray(factors, np.float64).reshape(t.shape)

    def config(self) -> dict[str, Any]:
        """The name alone: reading it back gives a description whose factors raise ValueError."""
        return {"name": self.name}


_KINDS = (StepDecay, Exponential, InverseScaling, Cosine, OneCycle, CosLog, ReduceOnPlateau)
SCHEDULES: dict[str, type[Schedule]] = {kind.name: kind for kind in _KINDS}

#: What each needs to be made, where it needs anything.
_NEEDED = {StepDecay.name: "epochs=30"}


def as_schedule(value: object) -> Schedule | None:
    """Turn None, a description, a ``config()`` dict or a function f(step) into a description.

    Examples
    --------
    >>> from fastbp.schedules import Cosine, as_schedule
    >>> as_schedule(Cosine(warmup=0.1).config())
    Cosine(final=0.0, warmup=0.1, restarts=0)
    >>> as_schedule(lambda step: 1 / (1 + step)).factors([0, 1, 3], 4).tolist()
    [1.0, 0.5, 0.25]
    """
    if value is None or (isinstance(value, Schedule) and type(value) is not Schedule):
        return value
    if isinstance(value, dict):
        return _from_config(value)
    if callable(value) and not isinstance(value, type):
        return Function(value)
    kinds = ", ".join(kind.__name__ for kind in _KINDS)
    kind = SCHEDULES.get(value) if isinstance(value, str) else value
    remedy = ""
    if isinstance(kind, type) and issubclass(kind, _KINDS):
        call = f"{kind.__name__}({_NEEDED.get(kind.name, '')})"
        remedy = f": try schedule=fastbp.schedules.{call}"
    raise TypeError(
        f"schedule must be one of fastbp.schedules ({kinds}), a function f(step) that returns a "
        f"factor, or None; got {short_repr(value)}{remedy}"
    )


def _from_config(config: dict[str, Any]) -> Schedule:
    entries = dict(config)
    kinds: dict[str, type[Schedule]] = {**SCHEDULES, Function.name: Function}
    kind = kinds[check_choice("schedule", entries.pop("name", None), kinds)]
    names = [] if kind is Function else [field.name for field in fields(kind)]
    if unknown := [name for name in entries if name not in names]:
        raise ValueError(
            f"schedule has unknown entries: {', '.join(map(short_repr, unknown))}; "
            f"{kind.name!r} takes {', '.join(map(repr, names)) or 'none'}"
        )
    return kind(**entries)
