"""What wrong gradients come from: a function of the caller's own, or else what their pattern means.

A wrong derivative g' in layer l makes every delta from layer l down wrong; the layers above stay
right. A wrong slope of the loss makes all layers wrong. A lost factor leaves a constant ratio.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastbp.activations import Activation
from fastbp.checks.gradient_report import ParameterCheck
from fastbp.inputs import Array
from fastbp.losses import Loss
from fastbp.model.model import Model

#: The step in z, or in a: the cube root of the precision, and how near a slope must be to the
#: difference: h^2/6 g''' and u/h are some 1e-11 for g of size 1.
_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
_NEAR = 1e-6
#: Jumps of half the points' values that are none of a smooth function; float32's are some 6e-8.
_JUMP = 1e-9
#: How constant a ratio must be to be called a factor.
_CONSTANT = 1e-4
#: The share of points at which a function may be off, as at kinks, without being called wrong.
_FEW = 0.02


class Evidence(NamedTuple):
    """A float64 model, a pass through it, and what was compared."""

    model: Model
    z: list[Array]
    a: list[Array]
    y: Array
    checks: Sequence[ParameterCheck]


def causes_of(evidence: Evidence) -> list[str]:
    """Whose derivative is wrong, or what errors of this pattern usually mean."""
    return _own_causes(evidence) or [_pattern(evidence)]


def rough_causes(evidence: Evidence) -> list[str]:
    """Functions of the caller's own whose values jump from number to number: no slope can be had.

    Where they are smooth, g(z + h) - 2 g(z) + g(z - h) is some h^2 = 4e-11 of their size.
    """
    architecture, texts = evidence.model.architecture, []
    for l, g in enumerate(architecture.activations, start=1):
        if isinstance(g, Activation) and (text := _roughness(g.g, evidence.z[l - 1], "z")):
            texts.append(f"the activation of layer {l}: g ({_name(g.g)}) {text}")
    loss, y = architecture.loss, evidence.y
    if isinstance(loss, Loss) and (
        text := _roughness(lambda a: loss.value(a, y), evidence.a[-1], "a")
    ):
        texts.append(f"the loss: value ({_name(loss.value)}) {text}")
    return texts


def _roughness(function: Callable[[Array], Any], at: Array, symbol: str) -> str:
    at = at + 16 * _STEP  # beside a kink that many of them lie on, as a - y = 0
    same, again, up, down = (_call(function, at + step) for step in (0.0, 0.0, _STEP, -_STEP))
    if not np.array_equal(same, again, equal_nan=True):
        return f"is not repeatable: for the same {symbol} it gives other numbers each time"
    bends = np.abs(up - 2 * same + down) / np.maximum(1, np.abs(same))
    jump = float(np.nanmedian(bends)) if np.isfinite(bends).any() else 0.0
    if jump <= _JUMP:
        return ""
    return (
        f"is not smooth: it jumps by some {jump:.1g} of its size when {symbol} moves by "
        f"{_STEP:.1g}, as numbers of float32 do; compute it in float64"
    )


# ---------------------------------------------------------------- functions of the caller's own


def _own_causes(evidence: Evidence) -> list[str]:
    architecture = evidence.model.architecture
    texts = []
    if isinstance(architecture.loss, Loss):
        texts += _loss_causes(architecture.loss, evidence.a[-1], evidence.y)
    layers: dict[int, list[int]] = {}
    for l, g in enumerate(architecture.activations, start=1):
        if isinstance(g, Activation):
            layers.setdefault(id(g), []).append(l)
    for numbers in layers.values():
        g = architecture.activations[numbers[0] - 1]
        assert isinstance(g, Activation)
        for l in numbers:
            if text := _activation_cause(g, evidence.z[l - 1]):
                texts.append(f"{_of_layers(numbers)}: {text}")
                break
    return texts


def _of_layers(layers: Sequence[int]) -> str:
    return f"the activation of layer{'s' * (len(layers) > 1)} {', '.join(map(str, layers))}"


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _activation_cause(g: Activation, z: Array) -> str:
    """What is wrong with an activation at these z, or nothing."""
    if len(z[0]) > 1:
        moved = z.copy()
        moved[:, 0] += 0.5
        if not np.allclose(_call(g.g, moved)[:, 1:], _call(g.g, z)[:, 1:], rtol=1e-9, atol=1e-12):
            return (
                f"g ({_name(g.g)}) is not node by node: with z_0 changed, a_1 and others change "
                f"too, and g'(z_j) cannot hold all these derivatives"
            )
    if len(z) > 1:
        moved = z.copy()
        moved[0] += 0.5
        if not np.allclose(_call(g.g, moved)[1:], _call(g.g, z)[1:], rtol=1e-9, atol=1e-12):
            return (
                f"g ({_name(g.g)}) is not row by row: with one row of z changed, a of others "
                f"changes too, as by a mean over the rows"
            )
    h = _STEP * np.maximum(1, np.abs(z))
    up, down = z + h, z - h
    difference = (_call(g.g, up) - _call(g.g, down)) / (up - down)
    slope = _call(g.derivative, z)
    text = _mismatch(slope, difference, lambda i: f"at z = {z.flat[i]:.6g}")
    if not text:
        return ""
    if _agree(_call(g.derivative, _call(g.g, z)), difference):
        text += ". It is right for a = g(z): it is written in terms of a, and is called with z"
    return f"derivative ({_name(g.derivative)}) is not that of g ({_name(g.g)}): {text}"


def _loss_causes(loss: Loss, a: Array, y: Array) -> list[str]:
    gradient = np.asarray(loss.gradient(a, y), np.float64)
    difference = np.empty_like(a)
    for j in range(a.shape[1]):
        h = _STEP * np.maximum(1, np.abs(a[:, j]))
        # Where an output has limits, a step must not leave them.
        up, down = a.copy(), a.copy()
        inside = np.minimum(h, np.where((a[:, j] > 0) & (a[:, j] < 1), _room(a[:, j]) / 4, h))
        up[:, j] += inside
        down[:, j] -= inside
        with np.errstate(all="ignore"):
            values = [np.asarray(loss.value(p, y), np.float64) for p in (up, down)]
        difference[:, j] = (values[0] - values[1]) / (up[:, j] - down[:, j])
    n_L = a.shape[1]
    text = _mismatch(
        gradient,
        difference,
        lambda i: f"for a_{i % n_L} = {a.flat[i]:.6g} and y_{i % n_L} = {y.flat[i]:.6g}",
        n_L,
    )
    if not text:
        return []
    return [f"the loss: gradient ({_name(loss.gradient)}) is not that of value "
            f"({_name(loss.value)}): {text}"]  # fmt: skip


def _room(a: Array) -> Array:
    return np.asarray(np.minimum(a, 1 - a))


def _call(function: Callable[[Array], Any], z: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(function(z), np.float64)


def _errors(got: Array, difference: Array) -> Array:
    size = np.maximum(1, np.abs(difference))
    with np.errstate(invalid="ignore"):
        errors = np.abs(got - difference) / size
    return np.where(np.isfinite(errors), errors, np.inf)


def _agree(got: Array, difference: Array) -> bool:
    return bool(np.count_nonzero(_errors(got, difference) > _NEAR) <= _FEW * got.size)


def _mismatch(got: Array, difference: Array, place: Callable[[int], str], n_L: int = 0) -> str:
    """Where two slopes differ most, and by what factor if it is everywhere the same."""
    if _agree(got, difference):
        return ""
    i = int(_errors(got, difference).argmax())
    text = f"{place(i)} it gives {got.flat[i]:.6g}, and the difference is {difference.flat[i]:.6g}"
    ratio = _constant_ratio(got.ravel(), difference.ravel())
    return text if ratio is None else f"{text}. {_factor(ratio, 'It', n_L)}"


def _constant_ratio(got: Array, expected: Array) -> float | None:
    """The ratio of two, where that is the same everywhere, but not 1."""
    counts = np.abs(expected) > 1e-3 * np.abs(expected).max(initial=0)
    if not counts.any():
        return None
    ratios = got[counts] / expected[counts]
    ratio = float(np.median(ratios))
    is_constant = np.isfinite(ratio) and bool((np.abs(ratios - ratio) < _CONSTANT).all())
    return ratio if is_constant and abs(ratio - 1) > _CONSTANT else None


def _factor(ratio: float, subject: str, n_L: int = 0, m: int = 0) -> str:
    """What a constant ratio means."""
    rows = [
        (-1.0, "its sign is turned"),
        (0.0, "nothing arrives"),
        (2.0, "a 1/2 is missing in it, or a 2 too many"),
        (0.5, "a 2 is missing in it, or a 1/2 too many"),
        (m or np.nan, "the sum over the samples instead of their mean"),
        (1 / m if m else np.nan, "it is divided by the number of samples once too often"),
        (n_L or np.nan, "the sum over the outputs instead of their mean"),
        (1 / n_L if n_L else np.nan, "the mean over the outputs instead of their sum"),
    ]
    # With two outputs or two rows, several fit.
    meaning = ", or ".join(text for value, text in rows if abs(ratio - value) < _CONSTANT)
    return f"{subject} is {ratio:.5g} times what it should be, everywhere" + (
        f": {meaning}" if meaning else ""
    )


# ---------------------------------------------------------------- patterns


class _Pattern(NamedTuple):
    """Which weights and biases are wrong, by layer."""

    wrong_w: set[int]
    wrong_b: set[int]
    has_b: bool
    L: int

    @property
    def layers(self) -> set[int]:
        return self.wrong_w | self.wrong_b

    @property
    def top(self) -> int:
        return max(self.layers)


#: Patterns of wrong layers and what they usually come from; the first that fits is told.
_PATTERNS: tuple[tuple[Callable[[_Pattern], bool], str], ...] = (
    (
        lambda p: p.has_b and not p.wrong_w,
        "only biases are wrong: dC_0/db_j = delta_j is missing, or is not summed over the rows",
    ),
    (
        lambda p: p.has_b and not p.wrong_b,
        "only weights are wrong: dC_0/dw_jk = delta_j a_k has j and k swapped, or a_k of another "
        "layer",
    ),
    (
        lambda p: p.top == p.L and len(p.layers) == p.L,
        "all layers are wrong: the loss's slope dC_0/da_j, or g' of the output layer",
    ),
    (
        lambda p: p.layers == set(range(1, p.top + 1)) and p.top < p.L,
        "layer {top} and all below it are wrong, and those above are right: g' of layer {top}, or "
        "its sum over j of w_jk delta_j",
    ),
    (
        lambda p: len(p.layers) == 1,
        "layer {top} alone is wrong: its product delta_j a_k; the deltas are right",
    ),
    (lambda p: True, "layers {layers} are wrong, and no usual mistake fits"),
)


def _pattern(evidence: Evidence) -> str:
    checks = evidence.checks
    wrong = [check for check in checks if not check.is_right]
    L = len(evidence.z)
    ratio = _constant_ratio(
        np.array([check.gradient for check in checks]),
        np.array([check.difference for check in checks]),
    )
    if ratio is not None:
        n_L = evidence.model.architecture.sizes[-1]
        return _factor(ratio, "the gradient", n_L, len(evidence.a[0]))
    pattern = _Pattern(
        {check.l for check in wrong if check.k is not None},
        {check.l for check in wrong if check.k is None},
        any(check.k is None for check in checks),
        L,
    )
    text = next(text for fits, text in _PATTERNS if fits(pattern))
    return text.format(top=pattern.top, layers=", ".join(map(str, sorted(pattern.layers))))
