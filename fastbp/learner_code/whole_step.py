"""A whole training step with a switch for each classical mistake, of :mod:`.formulas`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastbp.inputs import Array
from fastbp.learner_code.formulas import (
    RIGHT,
    InapplicableError,
    Wrong,
    activation,
    delta_below,
    gradient,
    mean,
    moved,
    output_delta,
    weighted_input,
)

# Layers, from 0, that a loop leaves out.
_FIXED = {
    "last_layer_alone": slice(None, -1),
    "first_layer_fixed": slice(0, 1),
    "last_layer_fixed": slice(-1, None),
}


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
        if "output_like_hidden" in wrong:
            name = names[0]
        linear = "no_output_activation" in wrong and l == L - 1
        if "x_everywhere" in wrong and x.shape[1] != w[l].shape[1]:
            raise InapplicableError("x in a layer of another width")
        below = x if "x_everywhere" in wrong else a[-1]
        z.append(weighted_input(w[l], b[l], below, wrong))
        a.append(activation("identity" if linear else name, z[-1], wrong))
    delta: list[Any] = [None] * L
    dw: list[Any] = [None] * L
    db: list[Any] = [None] * L
    new_w, new_b = list(w), list(b)
    for l in range(L - 1, -1, -1):
        if l == L - 1:
            delta[l] = output_delta(names[l], loss, z[l], a[l + 1], y, wrong)
        else:
            used = (new_w if "new_weights_below" in wrong else w)[l + 1]
            above = z[l + 1], a[l + 2]
            delta[l] = delta_below(used, delta[l + 1], z[l], a[l + 1], names[l], wrong, above)
        below_z = z[l - 1] if l else x
        sums = gradient(delta[l], a[l], wrong, below_z, a[l + 1])
        dw[l], db[l] = (mean(total, m, wrong, of) for total, of in zip(sums, "wb", strict=True))
        if dw[l].shape != w[l].shape:
            raise InapplicableError("the transposed gradient of a matrix that is not square")
        new_w[l], new_b[l] = moved(w[l], b[l], dw[l], db[l], rate, wrong)
    for key, fixed in _FIXED.items():
        if key in wrong:
            new_w[fixed], new_b[fixed] = w[fixed], b[fixed]
    return Pass(z, a[1:], delta, dw, db, new_w, new_b)


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
