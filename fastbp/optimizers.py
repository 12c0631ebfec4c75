"""Optimizers: immutable descriptions of update rules.

Their memory (velocities, moments, the count of steps) belongs to the network that uses them, so
one optimizer can be shared by networks, compared, printed and written to a file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np

from fastbp.inputs import check_choice, check_flag, check_integer, check_number, short_repr
from fastbp.operations import AVERAGE, RULES, Memory, Number, RuleRow


@dataclass(frozen=True, repr=False)
class Optimizer:
    r"""What all descriptions share; use one of the subclasses.

    Every optimizer takes these options, by keyword. g is the mean of dC/dw over a batch, eta_t the
    rate of step t = 1, 2, ..., and w the weights before the step. In this order:

        1. g = g clip_norm / |g| if |g| > clip_norm    |g|: over all parameters that are learnt
        2. g = min(max(g, -clip_value), clip_value)
        3. g += l1 sign(w) + l2 w                     ``fit``'s options; of weights alone
        4. eta_t = learning_rate schedule(t), times its layer's rate; of biases times bias_rate
        5. w -= eta_t weight_decay w                  of weights alone
        6. the optimizer's rule, with g and eta_t
        7. average += (1 - ema) / (1 - ema^n) (w - average)    n: steps since the average began

    Parameters
    ----------
    learning_rate : float
        The rate at a schedule's factor 1.
    schedule : Schedule or callable, optional
        One of :mod:`fastbp.schedules`, or a function f(step) of the steps done, 0 in the first
        one, that gives a factor of the learning rate. It is called for some thousand coming steps
        at a time, and never in between.
    weight_decay : float or sequence of L floats, default 0.0
        At least 0; a sequence has one for each layer. It is decoupled from the gradient, as in
        AdamW and in all of Keras's optimizers. What PyTorch's SGD, Adam and RMSprop call
        weight_decay is an L2 gradient: ``fit(l2=...)`` here.
    clip_value : float, optional
        Above 0. Bounds each number of the gradient.
    clip_norm : float, optional
        Above 0. Bounds the gradient's norm; PyTorch divides by the norm + 1e-6, and so clips a
        little more. The whole gradient is made before any weight moves, which takes a step of
        a small network up to 1.4 times as long.
    layer_rates : sequence of L floats, optional
        At least 0: what each layer's learning rate is multiplied by. 0 leaves a layer as it is.
    bias_rate : float, default 1.0
        At least 0: what the biases' are multiplied by besides.
    ema : float, optional
        In (0, 1), such as 0.99: keeps a moving average of all parameters, with the correction that
        makes it their mean at first. Validation and early stopping go by the average, and the
        network has it after ``fit``. ``net.raw_parameters`` are those that training goes on from.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.
    """

    learning_rate: float
    _: KW_ONLY
    schedule: Any = None
    weight_decay: float | tuple[float, ...] = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    layer_rates: tuple[float, ...] | None = None
    bias_rate: float = 1.0
    ema: float | None = None

    name: ClassVar[str]
    #: The optimizer's rules in the table.
    rules: ClassVar[tuple[RuleRow, ...]] = ()
    #: What repr and ``config`` leave out where it is the default.
    options: ClassVar[tuple[str, ...]] = (
        "schedule", "weight_decay", "clip_value", "clip_norm", "layer_rates", "bias_rate", "ema",
    )  # fmt: skip
    #: Whether the compiled loop takes its steps, by a row of the table.
    compiled: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        """Find its rules in the table; another name's class keeps its parent's."""
        rules = tuple(row for row in RULES.values() if row.optimizer == cls.name)
        cls.rules = rules or cls.rules

    def __post_init__(self) -> None:
        for number in dict.fromkeys(number for row in self.rules for number in row.numbers):
            self._set(
                number.name, check_number(number.name, getattr(self, number.name), **number.limits)
            )
        self._check_options()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # frozen, but not yet built

    def _check_options(self) -> None:
        if self.schedule is not None:
            from fastbp.schedules import as_schedule  # most optimizers have none

            self._set("schedule", as_schedule(self.schedule))
        if not isinstance(self.weight_decay, (int, float, np.number)):
            self._set("weight_decay", _numbers("weight_decay", self.weight_decay))
        else:
            self._set("weight_decay", check_number("weight_decay", self.weight_decay, low=0))
        if self.layer_rates is not None:
            self._set("layer_rates", _numbers("layer_rates", self.layer_rates))
        self._set("bias_rate", check_number("bias_rate", self.bias_rate, low=0))
        for name, limits in (
            ("clip_value", {}), ("clip_norm", {}), ("ema", {"below": 1}),
        ):  # fmt: skip
            if (value := getattr(self, name)) is not None:
                self._set(name, check_number(name, value, above=0, **limits))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._shown().items())
        return f"{type(self).__name__}({shown})"

    def _shown(self) -> dict[str, Any]:
        """The fields in order, options last, those that are at their defaults left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        defaults = {field.name: field.default for field in fields(self)}
        names = [*(name for name in values if name not in Optimizer.options), *Optimizer.options]
        return {
            name: values[name]
            for name in names
            if name not in self.options or values[name] != defaults[name]
        }

    @cached_property
    def rule(self) -> RuleRow:
        """The update rule for these numbers."""
        return self.rules[0]

    @cached_property  # a step of a few nodes asks for them, and they never change
    def numbers(self) -> dict[str, float]:
        """The rule's numbers by name, as a training plan has them."""
        return {number.name: getattr(self, number.name) for number in self.rule.numbers}

    @cached_property
    def has_options(self) -> bool:
        """Whether there is more to it than its rule."""
        return any(getattr(self, name) != getattr(Optimizer, name) for name in Optimizer.options)

    @cached_property
    def memories(self) -> tuple[Memory, ...]:
        """The state kept for every parameter: the rule's, and the moving average."""
        return self.rule.memories + ((Memory(AVERAGE),) if self.ema else ())

    @cached_property
    def remembers(self) -> tuple[str, ...]:
        """The names of these."""
        return tuple(memory.name for memory in self.memories)

    @cached_property
    def starts(self) -> tuple[float, ...]:
        """What each of these starts with."""
        starts = [memory.start for memory in self.memories]
        return tuple(self.numbers[start] if isinstance(start, str) else start for start in starts)

    def config(self) -> dict[str, Any]:
        """The description as a dict that :func:`as_optimizer` reads back."""
        values = {name: list(x) if isinstance(x, tuple) else x for name, x in self._shown().items()}
        if "schedule" in values:
            values["schedule"] = self.schedule.config()
        return {"name": self.name, **values}


def _numbers(name: str, values: Any) -> tuple[float, ...]:
    """A sequence of numbers, none below 0."""
    got = short_repr(values)
    if hasattr(values, "__array__"):  # a Series' too, whose own indices may be other ones
        values = np.asarray(values)
    is_list = isinstance(values, Sequence) and not isinstance(values, str)
    is_vector = isinstance(values, np.ndarray) and values.ndim == 1
    if not (is_list or is_vector) or len(values) == 0:
        what = "a number, or a sequence" if name == "weight_decay" else "a sequence"
        raise TypeError(f"{name} must be {what} of a number a layer, got {got}")
    return tuple(check_number(f"{name}[{i}]", value, low=0) for i, value in enumerate(values))


@dataclass(frozen=True, repr=False)
class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum and Nesterov's look-ahead.

    The rule of the lessons, one word away: ``net.fit(X, y, optimizer="sgd")``.

    Without momentum, w -= learning_rate dC/dw. With momentum mu,

        v = mu v - learning_rate dC/dw ;  w += v

    and with ``nesterov=True`` instead w += mu v - learning_rate dC/dw (Sutskever et al., 2013).

    Parameters
    ----------
    learning_rate : float, default 0.1
        eta; at least 0.
    momentum : float, default 0.0
        mu, in [0, 1]; with 1 a velocity is the sum of all steps, and never fades.
    nesterov : bool, default False
        Needs momentum > 0.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import SGD
    >>> SGD(0.5, momentum=0.9)
    SGD(learning_rate=0.5, momentum=0.9, nesterov=False)
    """

    learning_rate: float = 0.1
    momentum: float = 0.0
    _: KW_ONLY
    nesterov: bool = False

    name: ClassVar[str] = "sgd"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("nesterov", check_flag("nesterov", self.nesterov))
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov=True needs momentum > 0, got momentum=0: try momentum=0.9")

    @cached_property
    def rule(self) -> RuleRow:
        """Plain SGD, or with momentum one of the two that remember a velocity."""
        return RULES["nesterov" if self.nesterov else "momentum" if self.momentum > 0 else "sgd"]


@dataclass(frozen=True, repr=False)
class Adam(Optimizer):
    r"""Adam (Kingma and Ba, 2015, algorithm 1), with eps outside the root: a network's default.

        m = beta1 m + (1 - beta1) dC/dw ;  v = beta2 v + (1 - beta2) (dC/dw)^2
        w -= learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    With ``eps_hat=True`` eps is added before the bias correction, the form that the paper gives at
    the end of section 2 and that scikit-learn and Keras have:

        w -= learning_rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)

    There eps counts as much as eps / sqrt(1 - beta2^t) above: 32 eps in the first step, and less
    and less from then on.

    Parameters
    ----------
    learning_rate : float, default 0.001
        At least 0.
    beta1, beta2 : float, default 0.9 and 0.999
        Each in [0, 1).
    eps : float, default 1e-8
        At least 1.2e-38. Keras has 1e-7.
    eps_hat : bool, default False
        Add eps before the bias correction. PyTorch and optax add it after.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import Adam
    >>> Adam(0.01) == Adam(0.01, beta1=0.9)
    True
    >>> Adam(eps=1e-7, eps_hat=True)
    Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-07, eps_hat=True)
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    _: KW_ONLY
    beta2: float = 0.999
    eps: float = 1e-8
    eps_hat: bool = False

    name: ClassVar[str] = "adam"
    options: ClassVar[tuple[str, ...]] = ("eps_hat", *Optimizer.options)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("eps_hat", check_flag("eps_hat", self.eps_hat))

    @cached_property
    def rule(self) -> RuleRow:
        """One of two: eps after the bias correction, or before."""
        return RULES["adam" + "_eps_hat" * self.eps_hat]


@dataclass(frozen=True, repr=False)
class AdamW(Adam):
    r"""Adam with decoupled weight decay (Loshchilov and Hutter, 2019): Adam's rule, 0.01 of it.

        w -= learning_rate weight_decay w ;  then Adam's step

    The decay does not go through Adam's quotient, as ``l2`` does. Weights decay, biases
    never do (in PyTorch they do unless they are in a parameter group of their own).

    Parameters
    ----------
    learning_rate, beta1, beta2, eps, eps_hat
        As those of :class:`Adam`.
    weight_decay : float or sequence of L floats, default 0.01
        At least 0. Keras has 0.004, optax 0.0001.
    schedule, clip_value, clip_norm, layer_rates, bias_rate, ema
        See :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import AdamW
    >>> AdamW(weight_decay=0.1)
    AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.1)
    """

    _: KW_ONLY
    weight_decay: float | tuple[float, ...] = 0.01

    name: ClassVar[str] = "adamw"
    options: ClassVar[tuple[str, ...]] = tuple(
        name for name in Adam.options if name != "weight_decay"
    )


@dataclass(frozen=True, repr=False)
class NAdam(Optimizer):
    r"""Adam with Nesterov's look-ahead (Dozat, 2016) and a growing momentum, as in PyTorch.

        m = beta1 m + (1 - beta1) dC/dw ;  v = beta2 v + (1 - beta2) (dC/dw)^2
        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) ;  P_t = mu_1 mu_2 ... mu_t
        m_hat = dC/dw (1 - mu_t) / (1 - P_t) + m mu_(t+1) / (1 - P_(t+1))
        w -= learning_rate m_hat / (sqrt(v / (1 - beta2^t)) + eps)

    P_t is float64 whatever the network's number type; PyTorch has it in its default type, and so
    agrees to 1e-7 only unless that is float64. Keras has 0.96^t and no momentum_decay, and optax
    no schedule: its first step is 1.4 times as long.

    Parameters
    ----------
    learning_rate : float, default 0.002
        At least 0. Keras has 0.001.
    beta1, beta2 : float, default 0.9 and 0.999
        Each in [0, 1).
    eps : float, default 1e-8
        At least 1.2e-38.
    momentum_decay : float, default 0.004
        At least 0; 0 is mu_t = beta1 / 2 for ever.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import NAdam
    >>> NAdam(0.001) == NAdam(0.001, beta1=0.9)
    True
    """

    learning_rate: float = 2e-3
    beta1: float = 0.9
    _: KW_ONLY
    beta2: float = 0.999
    eps: float = 1e-8
    momentum_decay: float = 0.004

    name: ClassVar[str] = "nadam"


@dataclass(frozen=True, repr=False)
class RMSprop(Optimizer):
    r"""RMSprop (Tieleman and Hinton, 2012), with eps outside the root, as in PyTorch.

        v = rho v + (1 - rho) (dC/dw)^2 ;  w -= learning_rate dC/dw / (sqrt(v) + eps)

    With ``centered=True`` (Graves, 2013) the root is that of the variance, v - m^2, where
    m = rho m + (1 - rho) dC/dw. With momentum mu the quotient q goes into a velocity:
    u = mu u + q ;  w -= learning_rate u. Keras (1e-7) and optax have eps inside the root: at the
    rate and rho of here a first gradient of 1e-9 moves a weight by 3e-8 in Keras, and by 1e-3 here.

    Parameters
    ----------
    learning_rate : float, default 0.01
        At least 0. Keras has 0.001.
    rho : float, default 0.99
        In [0, 1). Keras and optax have 0.9.
    eps : float, default 1e-8
        At least 1.2e-38.
    momentum : float, default 0.0
        mu, in [0, 1).
    centered : bool, default False
        Divide by the root of the variance.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import RMSprop
    >>> RMSprop(0.001, rho=0.9)
    RMSprop(learning_rate=0.001, rho=0.9, eps=1e-08, momentum=0.0, centered=False)
    """

    learning_rate: float = 1e-2
    rho: float = 0.99
    _: KW_ONLY
    eps: float = 1e-8
    momentum: float = 0.0
    centered: bool = False

    name: ClassVar[str] = "rmsprop"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("centered", check_flag("centered", self.centered))

    @cached_property
    def rule(self) -> RuleRow:
        """One of four: centered or not, with momentum or without."""
        name = "rmsprop" + "_centered" * self.centered + "_momentum" * (self.momentum > 0)
        return RULES[name]


@dataclass(frozen=True, repr=False)
class Adagrad(Optimizer):
    r"""Adagrad (Duchi, Hazan and Singer, 2011), with eps outside the root, as in PyTorch.

        s += (dC/dw)^2 ;  w -= learning_rate dC/dw / (sqrt(s) + eps)

    The sum s only grows, and the steps shrink with it. Keras and optax start it with 0.1 and have
    eps = 1e-7 inside the root: a first gradient of 1e-9 moves a weight by 3e-11 there, by
    0.91 learning_rate here.

    Parameters
    ----------
    learning_rate : float, default 0.01
        At least 0. Keras has 0.001.
    initial_accumulator : float, default 0.0
        What s starts with; at least 0.
    eps : float, default 1e-10
        At least 1.2e-38.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import Adagrad
    >>> Adagrad(initial_accumulator=0.1)
    Adagrad(learning_rate=0.01, initial_accumulator=0.1, eps=1e-10)
    """

    learning_rate: float = 1e-2
    _: KW_ONLY
    initial_accumulator: float = 0.0
    eps: float = 1e-10

    name: ClassVar[str] = "adagrad"


@dataclass(frozen=True, repr=False)
class RProp(Optimizer):
    r"""Resilient backpropagation on full batches: iRprop- (Igel and Huesken, 2003), as in PyTorch.

    Each parameter has a step of its own. It becomes etas[1] times as long where dC/dw has the sign
    that it had in the step before, and etas[0] times where it has the other one; then the parameter
    rests, and the next step leaves its size alone. Only signs are compared, so that no gradient is
    too small:

        w -= step sign(dC/dw)

    The signs of small batches say little. ``fit`` takes all samples as one batch, and refuses a
    ``batch_size`` below their number; ``train_step`` takes what it is given as all samples. optax's
    rprop is one step late.

    Parameters
    ----------
    learning_rate : float, default 0.01
        What each step starts with; above 0. To change it later changes no step. A schedule, the
        layers' and the biases' rates multiply what a parameter moves by instead, and no step.
    etas : pair of float, default (0.5, 1.2)
        The first in (0, 1), the second above 1.
    steps : pair of float, default (1e-6, 50.0)
        The shortest and the longest step; at least 1.2e-38. A learning_rate outside them, but in
        the number type's range, counts as the nearer one.
    schedule, weight_decay, clip_value, clip_norm, layer_rates, bias_rate, ema
        Of every optimizer; see :class:`fastbp.optimizers.Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import Network, RProp
    >>> net = Network([2, 4, 1], seed=0)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = net.fit(X, y, epochs=60, optimizer=RProp())
    >>> history.loss[-1] < history.loss[0]
    True
    """

    learning_rate: float = 1e-2
    _: KW_ONLY
    etas: tuple[float, float] = (0.5, 1.2)
    steps: tuple[float, float] = (1e-6, 50.0)

    name: ClassVar[str] = "rprop"

    def __post_init__(self) -> None:
        rate, *of_pairs = self.rule.numbers
        learning_rate = check_number("learning_rate", self.learning_rate, **rate.limits)
        etas = _pair("etas", self.etas, *of_pairs[:2])
        steps = _pair("steps", self.steps, *of_pairs[2:])
        if steps[0] > steps[1]:
            raise ValueError(f"steps must be (shortest, longest), got {short_repr(self.steps)}")
        self._set("learning_rate", learning_rate)
        self._set("etas", etas)
        self._set("steps", steps)
        self._check_options()

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The rule's numbers by name: those of the pairs one by one."""
        values = (self.learning_rate, *self.etas, *self.steps)
        return {number.name: x for number, x in zip(self.rule.numbers, values, strict=True)}


def _pair(name: str, value: object, first: Number, second: Number) -> tuple[float, float]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name} must be a pair of numbers, got {short_repr(value)}")
    return (
        check_number(f"{name}[0]", value[0], **first.limits),
        check_number(f"{name}[1]", value[1], **second.limits),
    )


@dataclass(frozen=True, repr=False)
class LBFGS(Optimizer):
    r"""L-BFGS (Liu and Nocedal, 1989) on all samples, by SciPy; needs the extra ``[scipy]``.

    ``scipy.optimize.minimize(method="L-BFGS-B")`` minimizes C + l2/2 sum w_jk^2 over the weights
    and biases, in float64, with the gradient of the compiled loops. An epoch is one of its
    iterations: a direction -H dC/dw, where H is made of the last ``history_size`` changes of w and
    dC/dw, and a line search along it that has C some two times at most iterations.

    It suits some thousands of parameters and samples, where C has no noise and many digits are
    wanted. ``fit`` therefore refuses dropout, ``batch_size`` below the number of samples and a
    callback's ``on_batch_end``; ``train_step`` refuses it. ``history.loss`` holds C after each
    iteration, without the penalty, and ``history.message`` why the last one ended the fit. One that
    has converged takes fewer epochs than were asked for. Each fit starts afresh, without the
    changes that the one before remembered. docs/lbfgs.md says more.

    Parameters
    ----------
    learning_rate : float
        1.0 alone: the line search finds how long each step is.
    history_size : int, default 10
        Changes that are remembered, at least 1: SciPy's maxcor. Each takes the memory of two copies
        of the parameters in float64.
    gtol : float, default 1e-5
        Converged where no \|dC/dw\| (with the penalty's part) is larger; at least 0. scikit-learn's
        ``tol`` is 1e-4.
    ftol : float or None, default None
        Converged where an iteration lowers C by no more than ftol max(C before, C after, 1); at
        least 0. None: 2.2e-9, SciPy's, in float64. In float32, where C is known to some 1e-7 of
        itself, 1e-7.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or not a number.

    Examples
    --------
    >>> from fastbp import LBFGS, Network
    >>> net = Network([2, 4, 1], dtype="float64", seed=0)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = net.fit(X, y, epochs=200, optimizer=LBFGS())
    >>> history.epochs < 200 and history.loss[-1] < 1e-4
    True
    """

    learning_rate: float = 1.0
    _: KW_ONLY
    history_size: int = 10
    gtol: float = 1e-5
    ftol: float | None = None

    name: ClassVar[str] = "lbfgs"
    options: ClassVar[tuple[str, ...]] = ("learning_rate", *Optimizer.options)
    compiled: ClassVar[bool] = False
    rules: ClassVar[tuple[RuleRow, ...]] = (
        RuleRow("lbfgs", "w -= step H dC/dw", "lbfgs", {}, (), full_batch=True),
    )

    def __post_init__(self) -> None:
        # Also what every optimizer of the compiled loops takes, and this one cannot.
        for option in fields(self):
            value = getattr(self, option.name)
            if option.name not in ("history_size", "gtol", "ftol") and value != option.default:
                raise ValueError(
                    f"LBFGS takes no {option.name}, got {short_repr(value)}: its line search finds "
                    f"how long each step along its direction is; leave it out"
                )
        check = {
            "history_size": check_integer("history_size", self.history_size, low=1),
            "gtol": check_number("gtol", self.gtol, low=0),
            "ftol": None if self.ftol is None else check_number("ftol", self.ftol, low=0),
        }
        for name, value in check.items():
            self._set(name, value)


def _kinds(parent: type[Optimizer]) -> Iterator[type[Optimizer]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from _kinds(kind)


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.name: kind for kind in _kinds(Optimizer)}


@cache  # descriptions never change, and to check one's numbers takes as long as a small step
def _by_name(name: str) -> Optimizer:
    return OPTIMIZERS[name]()  # type: ignore[call-arg]


def as_optimizer(value: object) -> Optimizer:
    """Turn a name, a description or a ``config()`` dict into a description."""
    if isinstance(value, Optimizer) and type(value) is not Optimizer:
        return value
    if isinstance(value, str):
        return _by_name(check_choice("optimizer", value, OPTIMIZERS))
    if isinstance(value, dict):
        entries = dict(value)
        kind = OPTIMIZERS[check_choice("optimizer", entries.pop("name", None), OPTIMIZERS)]
        field_names = [field.name for field in fields(kind) if field.init]
        if unknown := [name for name in entries if name not in field_names]:
            raise ValueError(
                f"optimizer has unknown entries: {', '.join(map(short_repr, unknown))}; "
                f"{kind.name!r} takes {', '.join(map(repr, field_names))}"
            )
        return kind(**entries)
    raise TypeError(
        f"optimizer must be a name ({', '.join(map(repr, OPTIMIZERS))}), an object like "
        f"SGD(0.1, momentum=0.9), or None for the network's own; got {short_repr(value)}"
    )
