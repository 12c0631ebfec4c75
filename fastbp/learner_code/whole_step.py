"""A whole training step with a switch for each classical mistake, of :mod:`.formulas`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastbp.inputs import Array
from fastbp.learner_code.formulas import (
    NO_SLOPES,
    RIGHT,
    InapplicableError,
    Wrong,
    activation,
    at,
    delta_below,
    gradient,
    mean,
    moved,
    output_delta,
    weighted_input,
)


@dataclass
class Pass:
    """All numbers of a training step; ``z[l - 1]`` is z^(l), and so on. dw and db are means."""

    z: list[Array]
    a: list[Array]
    delta: list[Array]
    dw: list[Array]
    db: list[Array]
    w: list[Array]
    b: list[Array]


def whole_step(
    names: Sequence[str],
    loss: str,
    x: Array,
    y: Array,
    w: Sequence[Array],
    b: Sequence[Array],
    rate: float,
    wrong: Wrong = RIGHT,
) -> Pass:
    """Forward, backward, gradients and the update, for the rows of x together."""
    if "update_each_sample" in wrong and len(x) > 1:
        return _sample_by_sample(names, loss, x, y, w, b, rate, wrong)
    w, b, m, L = list(w), list(b), len(x), len(w)
    z: list[Array] = []
    a: list[Array] = [x]
    for l, name in enumerate(names):
        here = at(wrong, l == L - 1)
        if "output_like_hidden" in wrong:
            name = names[0]
        linear = ("no_output_activation" if l == L - 1 else "no_hidden_activation") in wrong
        if "x_everywhere" in wrong and x.shape[1] != w[l].shape[1]:
            raise InapplicableError("x in a layer of another width")
        below = x if "x_everywhere" in wrong else a[-1]
        if "z_fed_forward" in wrong and l:
            below = z[-1]
        z.append(weighted_input(w[l], b[l], below, here))
        a.append(activation("identity" if linear else name, z[-1], here))
    delta: list[Any] = [None] * L
    dw: list[Any] = [None] * L
    db: list[Any] = [None] * L
    new_w, new_b = list(w), list(b)
    fixed, passed = fixed_layers(L, wrong), y
    for l in range(L - 1, -1, -1):
        here = at(wrong, l == L - 1)

        delta_of = partial(output_delta, names[l], loss, z[l], a[l + 1], y)
        if l < L - 1:
            used, above = weights_above(w, l, wrong, new_w), (z[l + 1], a[l + 2])
            delta_of = partial(delta_below, used, passed, z[l], a[l + 1], names[l], above=above)
        delta[l] = delta_of(wrong=here)
        passed = delta_of(wrong=here | NO_SLOPES) if "errors_passed_back" in wrong else delta[l]
        below_z = z[l - 1] if l else x
        sums = gradient(delta[l], a[l], here, below_z, a[l + 1], (x, a[l - 1]))
        dw[l], db[l] = (
            (l not in fixed) * mean(total, m, x.shape[1], a[l].shape[1], here, of)
            for total, of in zip(sums, "wb", strict=True)
        )
        new_w[l], new_b[l] = moved(w[l], b[l], dw[l], db[l], rate, here)
    if "layers_reversed" in wrong:
        dw, db = dw[::-1], db[::-1]
        of_layers = zip(w, b, dw, db, strict=True)
        new_w, new_b = map(list, zip(*(moved(*of, rate, wrong) for of in of_layers), strict=True))
    return Pass(z, a[1:], delta, dw, db, new_w, new_b)


def fixed_layers(L: int, wrong: Wrong) -> set[int]:
    """Layers, from 0, that a loop leaves out."""
    left_out = {
        "last_layer_alone": range(L - 1),
        "first_layer_fixed": range(1),
        "last_layer_fixed": range(L - 1, L),
    }
    return {l for key in left_out.keys() & wrong for l in left_out[key]}


def weights_above(
    w: Sequence[Array], l: int, wrong: Wrong, new_w: Sequence[Array] | None = None
) -> Array:
    """w^(l+1), which delta of layer l needs."""
    if "weights_of_layer_below" in wrong:
        if w[l].shape != w[l + 1].shape:
            raise InapplicableError("the weights of a layer of another shape", fails=True)
        return w[l]
    return w[l + 1] if new_w is None or "new_weights_below" not in wrong else new_w[l + 1]


def _sample_by_sample(
    names: Sequence[str],
    loss: str,
    x: Array,
    y: Array,
    w: Sequence[Array],
    b: Sequence[Array],
    rate: float,
    wrong: Wrong,
) -> Pass:
    """An update after each sample."""
    for i in range(len(x)):
        step = whole_step(names, loss, x[i : i + 1], y[i : i + 1], w, b, rate, wrong)
        w, b = step.w, step.b
    return step
