"""The table of operations: one row for each activation, loss and update rule.

All lists of their names come from here: setup.py writes the compiled modules' ids, loops and
dispatch from these rows (``src/operation_files.py``), fastbp its choices and its files' groups, the
tests what they run over. The formulas that train stand in ``src/formulas/``, under the names of the
rows: a row without its formula does not compile.

Nothing but the standard library is imported, for setup.py loads this file by its path. A row's id
is its position in the table, in the order below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erfc, inf, log, pi, sqrt
from typing import Any, Literal, NamedTuple, Protocol, TypeVar


class Number(NamedTuple):
    """A number that an operation takes: its name, its range, and its value unless it is given.

    ``low`` and ``high`` are allowed, ``above`` and ``below`` are not, as in
    ``fastbp.inputs.check_number``.
    """

    name: str
    low: float | None = None
    above: float | None = None
    below: float | None = None
    default: float | None = None
    high: float | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The range as ``check_number`` takes it."""
        limits = {"low": self.low, "above": self.above, "high": self.high, "below": self.below}
        return {name: value for name, value in limits.items() if value is not None}

    def __str__(self) -> str:
        signs = {"low": ">=", "above": ">", "high": "<=", "below": "<"}
        limits = " and ".join(f"{signs[name]} {value:g}" for name, value in self.limits.items())
        return f"{self.name} {limits} ({self.default} unless given)"


class Kink(NamedTuple):
    """A z at which g' jumps; there g' counts as that of the left."""

    z: float
    left: float
    right: float


class _HasParameters(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def parameters(self) -> tuple[Number, ...]: ...

    @property
    def values(self) -> tuple[float, ...]: ...

    @property
    def make(self) -> Callable[..., Any] | None: ...

    @property
    def has_defaults(self) -> bool: ...


Parametrised = TypeVar("Parametrised", bound=_HasParameters)


class _WithNumbers:
    """A row that may take numbers of the user's own.

    An operation with parameters has a row for each choice of their values, made by ``make``: all
    that depends on them is of these values. The table has the row of the defaults.
    """

    __slots__ = ()

    @property
    def numbers(self: _HasParameters) -> dict[str, float]:
        """The values of its parameters, by name."""
        return {
            number.name: value for number, value in zip(self.parameters, self.values, strict=True)
        }

    @property
    def has_defaults(self: _HasParameters) -> bool:
        """Whether its name alone says all."""
        return self.values == tuple(number.default for number in self.parameters)

    @property
    def label(self: _HasParameters) -> str:
        """Its name, with the values of the parameters where they are not the defaults."""
        values = ", ".join(map(_digits, self.values))
        return self.name if self.has_defaults else f"{self.name}({values})"

    def with_values(self: Parametrised, *values: float) -> Parametrised:
        """The row of other values of the parameters."""
        return self if self.make is None else _parametrised(self.make, self.parameters, values)


class _ActivationFields(NamedTuple):
    name: str
    formula: str
    derivative_formula: str
    latex: str
    g: Callable[..., Any]
    derivative: Callable[..., Any] | None  # None: there is none of a single node
    derivative_from_a: Callable[..., Any] | None  # None: it is no function of a
    keeps: Literal["a", "slope"] = "a"  # for the backward pass: g' comes from a, or is kept itself
    limits: tuple[float, float] = (-inf, inf)  # of its values
    rectifier: bool = False  # of the relu family, for which He's initialisation was made
    kinks: tuple[Kink, ...] = ()
    parameters: tuple[Number, ...] = ()  # of a layer
    values: tuple[float, ...] = ()  # of the parameters
    make: Callable[..., Any] | None = None


class ActivationRow(_ActivationFields, _WithNumbers):
    """An activation, a = g(z).

    ``g``, ``derivative`` (in terms of z) and ``derivative_from_a`` are for arrays, for reading,
    drawing and testing: they take NumPy and an array. The kinks and limits, too, are of the values
    of its parameters.
    """

    __slots__ = ()

    @property
    def by_node(self) -> bool:
        """Whether each a_j depends on z_j alone."""
        return self.derivative is not None


class Constant(NamedTuple):
    """The constant output with the least C: the baseline of a failed training.

    ``best`` takes NumPy, targets y, and their weights, which broadcast with y and sum to 1 over the
    rows; it returns a_j for each output.
    """

    best: Callable[..., Any]
    words: str
    words_of_classes: str  # where the targets are classes


class _LossFields(NamedTuple):
    name: str
    formula: str
    slope_formula: str
    latex: str
    output_activations: tuple[str, ...]
    family: str
    reads: tuple[Literal["z", "a", "y", "top", "log_top"], ...]
    term: Callable[..., Any]
    slope: Callable[..., Any]
    constant: Constant
    factor: float = 1.0
    mean: bool = False
    squares: bool = False
    chain_rule: bool = False
    # What the y_j of a row are: numbers; labels, each for itself; or shares, which sum to 1.
    targets: Literal["numbers", "labels", "shares"] = "numbers"
    target_limits: tuple[float, float] = (-inf, inf)
    kinks: tuple[float, ...] = ()  # where the slope jumps or bends, as a_j - y_j
    parameters: tuple[Number, ...] = ()
    values: tuple[float, ...] = ()  # of the parameters
    make: Callable[..., Any] | None = None
    remark: str = ""  # which of those with a like name it is
    slope_words: str = ""
    slope_of_a: Callable[..., Any] | None = None  # without chain_rule: dC_0/da_j


class LossRow(_LossFields, _WithNumbers):
    """C_0, the loss of one sample; a batch's C is the mean.

    The kernels compute it as

        C_0 = c sum_j term_j        or, with ``squares``, c sum_j term_j^2
        delta_j = delta(a_j, y_j)   or, with ``chain_rule``, g'(z_j) times that

    where c is ``factor``, or ``factor`` / n_L with ``mean``. ``family`` names the formulas of term
    and delta, which several losses may share; ``reads`` what the term is computed from. "top" and
    "log_top" are a row's largest z and the logarithm of its largest a.

    ``term`` and ``slope`` are for arrays: they take NumPy, a and y.
    C_0 = c sum_j term(a_j, y_j), squares included, and c slope(a_j, y_j) is dC_0/da_j with
    ``chain_rule``, else dC_0/dz_j: then ``slope_of_a``, which takes the same, is dC_0/da_j.
    ``slope_formula`` is c slope in symbols: a_j, y_j, n_L; what it names and ``formula`` does not
    define, ``slope_words`` does.
    """

    __slots__ = ()

    def c(self, n_L: int) -> float:
        """The factor of the sum over so many outputs."""
        return self.factor / n_L if self.mean else self.factor


class Memory(NamedTuple):
    """What a rule remembers of each parameter from step to step.

    It starts with ``start``: a number, or that one of the rule's numbers which has this name.
    """

    name: str
    start: float | str = 0.0


class RuleRow(NamedTuple):
    """An update rule; an optimizer has one or several, and chooses by its options."""

    name: str
    formula: str
    optimizer: str
    options: Mapping[str, Any]  # of which the optimizer chooses this rule, as an example
    numbers: tuple[Number, ...]
    memories: tuple[Memory, ...] = ()
    step_numbers: tuple[str, ...] = ()  # what is computed anew for each step, from t = 1, 2, ...
    full_batch: bool = False  # whether a step has to be of all samples

    @property
    def remembers(self) -> tuple[str, ...]:
        """The names of its memories."""
        return tuple(memory.name for memory in self.memories)


Row = TypeVar("Row", ActivationRow, LossRow, RuleRow)
T = TypeVar("T")


def _by_name(*rows: Row) -> dict[str, Row]:
    return {row.name: row for row in rows}


def _parametrised(
    make: Callable[..., Any],
    parameters: tuple[Number, ...],
    values: tuple[float, ...] | None = None,
) -> Any:
    """The row that ``make`` gives for these values of the parameters, or for the defaults."""
    if values is None:
        values = tuple(number.default or 0.0 for number in parameters)
    return make(*values)._replace(parameters=parameters, values=values, make=make)


def _digits(value: float) -> str:
    """All digits of a number, as a formula shows it: 0.2, 1e-05, 2."""
    return repr(value).removesuffix(".0")


def _sigmoid(np: Any, z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def _phi(np: Any, z: Any) -> Any:
    """Phi(z) = erfc(-z / sqrt(2)) / 2; NumPy has no erfc.

    -z / sqrt(2) is rounded to x, which at z = -5 is worth 12 units in the last place of Phi: the
    rest of it, times the derivative, makes up for that.
    """
    exact = -np.asarray(z, np.longdouble) / np.sqrt(np.longdouble(2))
    x = exact.astype(np.float64)
    rest = np.subtract(exact, x, where=np.isfinite(x), out=np.zeros_like(exact))
    erfc_x = np.frompyfunc(erfc, 1, 1)(x).astype(np.float64)
    phi = (erfc_x - 2 / sqrt(pi) * np.exp(-x * x) * rest) / 2
    return phi.astype(np.result_type(z, np.float64))


def _tanh_softplus(np: Any, z: Any) -> Any:
    return np.tanh(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


def _gelu_exponent(z: Any) -> Any:
    """sqrt(8 / pi) (z + 0.044715 z^3), both constants in two parts for NumPy's long double."""
    rest = z * (9.96930880911092e-17 + 6.175149918155315e-19 * z * z)
    return z * (1.5957691216057308 + 0.07135481627260025 * z * z) - rest


def _softmax(np: Any, z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


_SCALE = 1.0507009873554805  # lambda of Klambauer et al. (2017); their alpha is 1.6732632423543772
_SCALE_ALPHA = 1.7580993408473768  # the product, rounded once


def _leaky_relu(slope: float) -> ActivationRow:
    c = _digits(slope)
    return ActivationRow(
        "leaky_relu", f"z if z > 0, else {c} z", f"1 if z > 0, else {c}",
        rf"g(z) = \max(z, {c} z)",
        # With a slope of 0 it is 0 at minus infinity too.
        lambda np, z: np.where(z > 0, z, slope * z) if slope > 0 else np.maximum(z, 0),
        lambda np, z: np.where(z > 0, 1.0, slope),
        lambda np, a: np.where(a > 0, 1.0, slope),
        limits=(-inf if slope > 0 else 0, inf), rectifier=True,
        kinks=(Kink(0.0, slope, 1.0),))  # fmt: skip


def _elu(alpha: float) -> ActivationRow:
    c = _digits(alpha)
    left = "e^z - 1" if alpha == 1 else f"{c} (e^z - 1)"
    return ActivationRow(
        "elu", f"z if z > 0, else {left}", f"1 if z > 0, else a + {c}",
        rf"g(z) = z \;(z > 0),\; {left} \;(z \le 0)",
        lambda np, z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
        lambda np, z: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))),
        lambda np, a: np.where(a > 0, 1.0, a + alpha),
        limits=(-alpha, inf), rectifier=True,
        kinks=() if alpha == 1 else (Kink(0.0, alpha, 1.0),))  # fmt: skip


ACTIVATIONS: dict[str, ActivationRow] = _by_name(
    ActivationRow(
        "identity", "z", "1", r"g(z) = z",
        lambda np, z: z,
        lambda np, z: np.ones_like(z),
        lambda np, a: np.ones_like(a)),
    ActivationRow(
        "sigmoid", "1 / (1 + e^-z)", "a (1 - a)", r"g(z) = \frac{1}{1 + e^{-z}}",
        _sigmoid,
        lambda np, z: _sigmoid(np, z) * (1 - _sigmoid(np, z)),
        lambda np, a: a * (1 - a),
        limits=(0, 1)),
    ActivationRow(
        "tanh", "tanh z", "1 - a^2", r"g(z) = \tanh z",
        lambda np, z: np.tanh(z),
        lambda np, z: 1 - np.tanh(z) ** 2,
        lambda np, a: 1 - a**2,
        limits=(-1, 1)),
    ActivationRow(
        "relu", "max(0, z)", "1 if z > 0, else 0", r"g(z) = \max(0, z)",
        lambda np, z: np.maximum(z, 0),
        lambda np, z: np.where(z > 0, 1.0, 0.0),
        lambda np, a: np.where(a > 0, 1.0, 0.0),
        limits=(0, inf), rectifier=True, kinks=(Kink(0.0, 0.0, 1.0),)),
    # Maas, Hannun and Ng (2013)
    _parametrised(_leaky_relu, (Number("slope", low=0, below=1, default=0.01),)),
    # Clevert, Unterthiner and Hochreiter (2016)
    _parametrised(_elu, (Number("alpha", above=0, default=1.0),)),
    ActivationRow(
        "softplus", "ln(1 + e^z)", "1 - e^-a", r"g(z) = \ln(1 + e^z)",
        lambda np, z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
        _sigmoid,
        lambda np, a: -np.expm1(-a),
        limits=(0, inf)),
    ActivationRow(
        "gelu", "z Phi(z)", "Phi(z) + z e^(-z^2/2) / sqrt(2 pi), Phi(z) = erfc(-z / sqrt(2)) / 2",
        r"g(z) = z \Phi(z) = \frac{z}{2} \operatorname{erfc}\left(-\frac{z}{\sqrt{2}}\right)",
        lambda np, z: z * _phi(np, z),
        lambda np, z: _phi(np, z) + z * np.exp(-z * z / 2) / sqrt(2 * pi),
        None, keeps="slope",
        limits=(-0.16997120747990369, inf)),
    ActivationRow(
        "silu", "z / (1 + e^-z)", "s (1 + z (1 - s)), s = 1 / (1 + e^-z)",
        r"g(z) = \frac{z}{1 + e^{-z}}",
        lambda np, z: z * _sigmoid(np, z),
        lambda np, z: _sigmoid(np, z) * (1 + z * (1 - _sigmoid(np, z))),
        None, keeps="slope",
        limits=(-0.27846454276107380, inf)),
    ActivationRow(
        "softsign", "z / (1 + |z|)", "1 / (1 + |z|)^2", r"g(z) = \frac{z}{1 + |z|}",
        lambda np, z: z / (1 + np.abs(z)),
        lambda np, z: (1 / (1 + np.abs(z))) ** 2,
        None, keeps="slope",
        limits=(-1, 1)),
    # Its slope in PyTorch 2.13 is 1/6 rounded to float32, in float64 too.
    ActivationRow(
        "hard_sigmoid", "min(max(z + 3, 0), 6) / 6", "1/6 if -3 < z <= 3, else 0",
        r"g(z) = \frac{\min(\max(z + 3, 0), 6)}{6}",
        lambda np, z: np.minimum(np.maximum(z + 3, 0), 6) / 6,
        lambda np, z: np.where((z > -3) & (z <= 3), 1 / 6, 0.0),
        None, keeps="slope",
        limits=(0, 1), kinks=(Kink(-3.0, 0.0, 1 / 6), Kink(3.0, 1 / 6, 0.0))),
    ActivationRow(
        "selu", f"{_SCALE} z if z > 0, else {_SCALE_ALPHA} (e^z - 1)",
        f"{_SCALE} if z > 0, else {_SCALE_ALPHA} e^z",
        r"g(z) = \lambda z \;(z > 0),\; \lambda \alpha (e^z - 1) \;(z \le 0)"
        rf",\quad \lambda = {_SCALE},\; \lambda \alpha = {_SCALE_ALPHA}",
        lambda np, z: np.where(z > 0, _SCALE * z, _SCALE_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda np, z: np.where(z > 0, _SCALE, _SCALE_ALPHA * np.exp(np.minimum(z, 0))),
        None, keeps="slope",
        limits=(-_SCALE_ALPHA, inf), kinks=(Kink(0.0, _SCALE_ALPHA, _SCALE),)),
    ActivationRow(
        "exp", "e^z", "a", r"g(z) = e^z",
        lambda np, z: np.exp(z),
        lambda np, z: np.exp(z),
        lambda np, a: a,
        limits=(0, inf)),
    ActivationRow(
        "mish", "z tanh(ln(1 + e^z))",
        "t + z (1 - t^2) / (1 + e^-z), t = tanh(ln(1 + e^z))",
        r"g(z) = z \tanh(\ln(1 + e^z))",
        lambda np, z: z * _tanh_softplus(np, z),
        lambda np, z: (
            _tanh_softplus(np, z) + z * (1 - _tanh_softplus(np, z) ** 2) * _sigmoid(np, z)),
        None, keeps="slope",
        limits=(-0.30884341301725043, inf)),
    ActivationRow(
        "gelu_tanh", "z/2 (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3)))",
        "s (1 + z (1 - s) sqrt(8 / pi) (1 + 0.134145 z^2)), s = g(z) / z",
        r"g(z) = \frac{z}{2} \left(1 + \tanh\left("
        r"\sqrt{\tfrac{2}{\pi}} (z + 0.044715 z^3)\right)\right)",
        lambda np, z: z * _sigmoid(np, _gelu_exponent(z)),
        lambda np, z: _sigmoid(np, _gelu_exponent(z)) * (
            1 + z * _sigmoid(np, -_gelu_exponent(z)) * sqrt(8 / pi) * (1 + 0.134145 * z * z)),
        None, keeps="slope",
        limits=(-0.17004075057125406, inf)),
    ActivationRow(
        "softmax", "e^(z_j) / sum_i e^(z_i)", "with cross_entropy: delta_j = a_j - y_j",
        r"g(z)_j = \frac{e^{z_j}}{\sum_i e^{z_i}}",
        _softmax, None, None,
        limits=(0, 1)),
)  # fmt: skip

#: The activations of a hidden layer: those with a derivative node by node.
BY_NODE = tuple(name for name, row in ACTIVATIONS.items() if row.by_node)
#: Those of the relu family.
RECTIFIERS = tuple(name for name, row in ACTIVATIONS.items() if row.rectifier)


_MEAN = Constant(
    lambda np, y, weights: np.einsum("ij,ij->j", weights, y),  # without a product as large as y
    "the mean of y",
    "the shares of the classes",
)


def _squared_error(
    name: str,
    c: str,
    c_latex: str,
    of_slope: str,
    remark: str,
    factor: float = 1.0,
    mean: bool = False,
) -> LossRow:
    return LossRow(
        name, f"{c}sum_j (a_j - y_j)^2", f"{of_slope}(a_j - y_j)",
        rf"C_0 = {c_latex}\sum_j (a_j - y_j)^2", BY_NODE,
        "squared_error", ("a", "y"),
        lambda np, a, y: (a - y) ** 2,
        lambda np, a, y: 2 * (a - y),
        _MEAN, factor, mean, squares=True, chain_rule=True, remark=remark,
    )  # fmt: skip


def _entropy(np: Any, a: Any, y: Any) -> Any:
    return np.where(y > 0, -y * np.log(a), 0.0)  # 0 ln 0 = 0


def _share(np: Any, y: Any, a: Any) -> Any:
    """The quotient y / a, and 0 where y is 0."""
    return np.where(y > 0, y / np.where(y > 0, a, 1), 0.0)


def _quantile_of(np: Any, y: Any, weights: Any, tau: float) -> Any:
    """The least y of each output up to which the weights come to tau."""
    y, weights = np.broadcast_arrays(np.asarray(y, np.float64), weights)
    order = np.argsort(y, axis=0)
    sums = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    # The last sum is 1 but for its rounding. What has no weight before all others is passed over.
    place = np.sum((sums[:-1] < tau) | (sums[:-1] == 0), axis=0, keepdims=True)
    return np.take_along_axis(y, np.take_along_axis(order, place, axis=0), axis=0)[0]


def _root(slope: Callable[..., Any]) -> Constant:
    """Where a slope that rises with a_j has the mean 0: by bisection, to the last bit."""

    def best(np: Any, y: Any, weights: Any) -> Any:
        y, weights = np.broadcast_arrays(np.asarray(y, np.float64), weights)
        low, high = y.min(axis=0), y.max(axis=0)
        for _ in range(64):
            middle = low / 2 + high / 2
            is_above = (weights * slope(np, middle, y)).sum(axis=0) > 0
            low, high = np.where(is_above, low, middle), np.where(is_above, middle, high)
        return low / 2 + high / 2

    return Constant(best, "the best constant", "the best constant")


def _log_cosh_term(np: Any, a: Any, y: Any) -> Any:
    """ln(1 + 2 sinh^2(r/2)), which keeps r^2/2, and where that overflows |r| + ..."""
    r = np.abs(a - y)
    near = np.log1p(2 * np.sinh(np.where(r < 1, r, 0) / 2) ** 2)
    return np.where(r < 1, near, r + np.log1p(np.exp(-2 * r)) - log(2))


def _log_cosh_slope(np: Any, a: Any, y: Any) -> Any:
    return np.tanh(a - y)


def _poisson_term(np: Any, a: Any, y: Any) -> Any:
    return a - y + np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / a), 0.0)  # 0 ln 0 = 0


def _huber(delta: float) -> LossRow:
    c, half = _digits(delta), _digits(delta / 2)
    line = f"|r| - {half}" if delta == 1 else f"{c} (|r| - {half})"
    slope = lambda np, a, y: np.minimum(np.maximum(a - y, -delta), delta)  # noqa: E731
    return LossRow(
        "huber", f"sum_j h(a_j - y_j), h(r) = r^2/2 if |r| <= {c}, else {line}", "h'(a_j - y_j)",
        rf"C_0 = \sum_j h(a_j - y_j),\quad h(r) = \tfrac{{1}}{{2}} r^2 \;(|r| \le {c}),\; "
        rf"{line} \;(|r| > {c})", BY_NODE,
        "huber", ("a", "y"),
        lambda np, a, y: (
            np.minimum(np.abs(a - y), delta)
            * (np.abs(a - y) - np.minimum(np.abs(a - y), delta) / 2)),
        slope, _root(slope), chain_rule=True, kinks=(-delta, delta),
        slope_words=f"h'(r) = min(max(r, -{c}), {c})",
        remark="the sum; a square up to |a_j - y_j| = delta, and a line beyond")  # fmt: skip


def _quantile(tau: float) -> LossRow:
    c, rest = _digits(tau), f"{1 - tau:.15g}"
    return LossRow(
        "quantile", f"sum_j h(a_j - y_j), h(r) = -{c} r if r < 0, else {rest} r", "h'(a_j - y_j)",
        rf"C_0 = \sum_j \max({c} (y_j - a_j),\, {rest} (a_j - y_j))", BY_NODE,
        "quantile", ("a", "y"),
        lambda np, a, y: np.where(a < y, tau * (y - a), (1 - tau) * (a - y)),
        lambda np, a, y: np.where(a < y, -tau, np.where(a > y, 1 - tau, 0.0)),
        Constant(
            lambda np, y, weights: _quantile_of(np, y, weights, tau),
            f"the {c}-quantile of y", f"the {c}-quantile of each class's zeros and ones"),
        chain_rule=True, kinks=(0.0,),
        slope_words=f"h'(r) = -{c} if r < 0, {rest} if r > 0, else 0",
        remark="the sum; a y_j above a_j counts tau, one below it 1 - tau, with the slope 0 at a "
        "target")  # fmt: skip


LOSSES: dict[str, LossRow] = _by_name(
    _squared_error("squared_error", "", "", "2 ", "the sum, no 1/2"),
    _squared_error("half_squared_error", "1/2 ", r"\tfrac{1}{2} ", "", "half the sum", factor=0.5),
    _squared_error(
        "mean_squared_error", "1/n_L ", r"\frac{1}{n_L} ", "2/n_L ", "over the outputs", mean=True),
    LossRow(
        "cross_entropy", "-sum_j y_j ln a_j", "(a_j - y_j)",
        r"C_0 = -\sum_j y_j \ln a_j", ("softmax",),
        "cross_entropy", ("z", "y", "top", "log_top"),
        _entropy,
        lambda np, a, y: a - y,
        _MEAN, targets="shares", target_limits=(0, 1), remark="with softmax",
        slope_of_a=lambda np, a, y: -_share(np, y, a)),
    LossRow(
        "binary_cross_entropy", "-sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))", "(a_j - y_j)",
        r"C_0 = -\sum_j \left( y_j \ln a_j + (1 - y_j) \ln(1 - a_j) \right)", ("sigmoid",),
        "binary_cross_entropy", ("z", "y"),
        lambda np, a, y: _entropy(np, a, y) + _entropy(np, 1 - a, 1 - y),
        lambda np, a, y: a - y,
        _MEAN, targets="labels", target_limits=(0, 1), remark="with sigmoid",
        slope_of_a=lambda np, a, y: _share(np, 1 - y, 1 - a) - _share(np, y, a)),
    LossRow(
        "absolute_error", "sum_j |a_j - y_j|", "sign(a_j - y_j)",
        r"C_0 = \sum_j |a_j - y_j|", BY_NODE,
        "absolute_error", ("a", "y"),
        lambda np, a, y: np.abs(a - y),
        lambda np, a, y: np.sign(a - y),
        Constant(
            lambda np, y, weights: _quantile_of(np, y, weights, 0.5),
            "the median of y", "the median of each class's zeros and ones"),
        chain_rule=True, kinks=(0.0,), remark="the sum, with the slope 0 at a target"),
    # Huber (1964)
    _parametrised(_huber, (Number("delta", above=0, default=1.0),)),
    LossRow(
        "log_cosh", "sum_j ln cosh(a_j - y_j)", "tanh(a_j - y_j)",
        r"C_0 = \sum_j \ln \cosh(a_j - y_j)", BY_NODE,
        "log_cosh", ("a", "y"),
        _log_cosh_term, _log_cosh_slope, _root(_log_cosh_slope),
        chain_rule=True, remark="the sum of ln cosh(a_j - y_j)"),
    LossRow(
        "poisson", "sum_j (a_j - y_j + y_j ln(y_j / a_j))", "(a_j - y_j)",
        r"C_0 = \sum_j \left( a_j - y_j + y_j \ln(y_j / a_j) \right)", ("exp",),
        "poisson", ("z", "a", "y"),
        _poisson_term,
        lambda np, a, y: a - y,
        _MEAN, target_limits=(0, inf),
        remark="with exp and y_j >= 0; half the deviance, summed: PyTorch and Keras leave out the "
        "terms of y_j alone, which change no gradient",
        slope_of_a=lambda np, a, y: 1 - _share(np, y, a)),
    # Koenker and Bassett (1978)
    _parametrised(_quantile, (Number("tau", above=0, below=1, default=0.5),)),
)  # fmt: skip

_RATE = Number("learning_rate", low=0)
_MU = Number("momentum", low=0, high=1)
_MU_OPEN = Number("momentum", low=0, below=1)
_RHO = Number("rho", low=0, below=1)
_BETA1, _BETA2 = Number("beta1", low=0, below=1), Number("beta2", low=0, below=1)
_EPS = Number("eps", low=1.2e-38)  # the smallest normal float32: less would be 0 there, and 0/0
_VELOCITY = Memory("velocity")
_FIRST_MOMENT, _SECOND_MOMENT = Memory("first_moment"), Memory("second_moment")

RULES: dict[str, RuleRow] = _by_name(
    RuleRow("sgd", "w -= learning_rate dC/dw", "sgd", {}, (_RATE,)),
    RuleRow(
        "momentum", "v = mu v - learning_rate dC/dw ;  w += v",
        "sgd", {"momentum": 0.9}, (_RATE, _MU), (_VELOCITY,)),
    RuleRow(
        "nesterov", "v = mu v - learning_rate dC/dw ;  w += mu v - learning_rate dC/dw",
        "sgd", {"momentum": 0.9, "nesterov": True}, (_RATE, _MU), (_VELOCITY,)),
    RuleRow(
        "adam",
        "m = beta1 m + (1 - beta1) dC/dw ;  v = beta2 v + (1 - beta2) (dC/dw)^2 ;  "
        "w -= learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)",
        "adam", {}, (_RATE, _BETA1, _BETA2, _EPS), (_FIRST_MOMENT, _SECOND_MOMENT),
        step_numbers=("correction1", "correction2")),
    RuleRow(
        "adam_eps_hat",
        "m, v as Adam ;  "
        "w -= learning_rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)",
        "adam", {"eps_hat": True}, (_RATE, _BETA1, _BETA2, _EPS), (_FIRST_MOMENT, _SECOND_MOMENT),
        step_numbers=("correction1", "correction2")),
    RuleRow(
        "rmsprop",
        "v = rho v + (1 - rho) (dC/dw)^2 ;  w -= learning_rate dC/dw / (sqrt(v) + eps)",
        "rmsprop", {}, (_RATE, _RHO, _EPS), (_SECOND_MOMENT,)),
    RuleRow(
        "rmsprop_momentum",
        "v = rho v + (1 - rho) (dC/dw)^2 ;  u = mu u + dC/dw / (sqrt(v) + eps) ;  "
        "w -= learning_rate u",
        "rmsprop", {"momentum": 0.9}, (_RATE, _RHO, _EPS, _MU_OPEN), (_SECOND_MOMENT, _VELOCITY)),
    RuleRow(
        "rmsprop_centered",
        "v = rho v + (1 - rho) (dC/dw)^2 ;  m = rho m + (1 - rho) dC/dw ;  "
        "w -= learning_rate dC/dw / (sqrt(v - m^2) + eps)",
        "rmsprop", {"centered": True}, (_RATE, _RHO, _EPS), (_SECOND_MOMENT, _FIRST_MOMENT)),
    RuleRow(
        "rmsprop_centered_momentum",
        "v = rho v + (1 - rho) (dC/dw)^2 ;  m = rho m + (1 - rho) dC/dw ;  "
        "u = mu u + dC/dw / (sqrt(v - m^2) + eps) ;  w -= learning_rate u",
        "rmsprop", {"momentum": 0.9, "centered": True}, (_RATE, _RHO, _EPS, _MU_OPEN),
        (_SECOND_MOMENT, _FIRST_MOMENT, _VELOCITY)),
    RuleRow(
        "adagrad", "s += (dC/dw)^2 ;  w -= learning_rate dC/dw / (sqrt(s) + eps)",
        "adagrad", {}, (_RATE, Number("initial_accumulator", low=0), _EPS),
        (Memory("sum_of_squares", "initial_accumulator"),)),
    RuleRow(
        "nadam",
        "m, v as Adam ;  mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) ;  P_t = mu_1 ... mu_t ;  "
        "w -= learning_rate (dC/dw (1 - mu_t) / (1 - P_t) + m mu_(t+1) / (1 - P_(t+1))) / "
        "(sqrt(v / (1 - beta2^t)) + eps)",
        "nadam", {}, (_RATE, _BETA1, _BETA2, _EPS, Number("momentum_decay", low=0)),
        (_FIRST_MOMENT, _SECOND_MOMENT),
        step_numbers=("correction2", "gradient_share", "moment_share")),
    # iRprop-: Igel and Huesken (2003)
    RuleRow(
        "rprop",
        "step *= eta_plus where dC/dw has its last sign, eta_minus where it has the other, within "
        "[least_step, largest_step] ;  w -= step sign(dC/dw), where dC/dw counts as 0, now and in "
        "the next step, if it has the other sign",
        "rprop", {},
        (
            Number("learning_rate", above=0),
            Number("eta_minus", above=0, below=1),
            Number("eta_plus", above=1),
            Number("least_step", low=1.2e-38),  # less would be 0 in float32 for ever
            Number("largest_step", low=1.2e-38),
        ),
        (Memory("previous_gradient"), Memory("step_size", "learning_rate")),
        full_batch=True),
)  # fmt: skip


#: The moving average of the parameters, and while they are that, those that training goes on from.
AVERAGE, RAW = "average", "raw"


def memory_names() -> tuple[str, ...]:
    """What may be kept for each parameter: the groups of tensors of a model file."""
    remembered = [name for row in RULES.values() for name in row.remembers]
    return tuple(dict.fromkeys([*remembered, AVERAGE, RAW]))


def fill_in_names(documented: type[T]) -> type[T]:
    """Put the table's names into a docstring, for {HIDDEN}, {WITH_NUMBERS}, and so on."""
    if documented.__doc__ is not None:
        losses = [f'"{name}" ({row.remark})' for name, row in LOSSES.items()]
        with_numbers, losses_with_numbers = (
            ",\n        ".join(
                f'("{name}", {", ".join(number.name for number in row.parameters)}) with '
                + ", ".join(map(str, row.parameters))
                for name, row in table.items()
                if row.parameters
            )
            for table in (ACTIVATIONS, LOSSES)
        )
        lists = {
            "{HIDDEN}": ",\n        ".join(
                f'"{name}", {ACTIVATIONS[name].formula}' for name in BY_NODE
            ),
            "{WITH_NUMBERS}": with_numbers,
            "{LOSSES_WITH_NUMBERS}": losses_with_numbers,
            "{RECTIFIERS}": " or ".join(RECTIFIERS),
            "{LOSSES}": ",\n        ".join(losses),
        }
        for placeholder, names in lists.items():
            documented.__doc__ = documented.__doc__.replace(placeholder, names)
    return documented
