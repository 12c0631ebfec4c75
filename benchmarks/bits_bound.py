"""Whether two results of a case are the same bits, and how far apart other orders of sums may be.

The bound, on the norm of a difference relative to the norm of the result. Let u be one rounding. A
sum of n terms of random signs is off by some sqrt(n) u of itself, and the bias, g, g', the loss and
the mean add 8 u or less (rounding_error.py in tests/helpers/): ``e = (sqrt(n) + 8) u`` for a layer.
There are two passes through L layers, forth and back, and a step of training changes the weights by
so small a part of them that its own error adds no more than one e. Both builds may be off by as
much:

    2 (2 L + S) e

for a result after S steps, with n the longest sum. It is the statistical size, not the worst case,
and so it can fail: it is 1e-5 for three layers of 33 nodes in float32, and 2e-14 in float64. All
sums in another order, plain against x86-64-v3, come to 0.12 of it in the worst of all cases.

With compute="bfloat16" a number that is off by e is rounded to another one of 8 bits, 2^-8 away,
for a part e / 2^-8 of the numbers, which is as much in norm as 2^-8 sqrt(2^8 e) in all of them.
One of N, the numbers in a layer's array, has it at least: 2^-8 sqrt(max(2^8 e, 1 / N)).

Adam with a small eps divides a gradient by its own size: where one is smaller than its error, a
part e of them, the step may go either way, 2 sqrt(e) in norm (benchmarks/tasks.py) of a step
that is a tenth of the weights' size or less: S sqrt(e) / 5.

All parts of one result, such as the layers of a trace, share one norm: a layer of one node may be
near zero by cancellation, and then carries the rounding of the larger ones.
"""

from collections import defaultdict
from math import sqrt

import numpy as np

FUNCTION = 8  # u of one evaluation of g, g' or the loss
STEP = 0.1  # of the weights' size: what a step of Adam changes them by


def bound(sizes, rows, steps, signs, number):
    """How far results of two builds may be apart, relative to their norm.

    They are of a network of these sizes, of batches of so many rows, after so many steps of
    training; ``signs``: whether a step may have gone by the sign of a number that was all rounding.
    """
    u = float(np.finfo("float32" if number == "bfloat16" else number).eps) / 2
    e = (sqrt(max(*sizes, rows)) + FUNCTION) * u
    if number == "bfloat16":
        e += 2**-8 * sqrt(max(2**8 * e, 1 / (rows * min(sizes))))
    return 2 * (2 * (len(sizes) - 1) + steps) * e + 2 * STEP * steps * sqrt(e) * signs


def differences(old, new):
    """Where two arrays differ in a bit, NaN apart; None if they are not of one kind and shape."""
    if old.dtype != new.dtype or old.shape != new.shape:
        return None
    if old.dtype.kind != "f":
        return old != new
    bits = f"u{old.dtype.itemsize}"
    other = np.ascontiguousarray(old).view(bits) != np.ascontiguousarray(new).view(bits)
    return other.reshape(old.shape) & ~(np.isnan(old) & np.isnan(new))


def difference_line(name, old, new):
    """One line about a result that differs, with its first value that does."""
    other = differences(old, new)
    if other is None:
        return f"{name}: {old.dtype}{list(old.shape)}, then {new.dtype}{list(new.shape)}"
    at = tuple(map(int, np.argwhere(other)[0]))
    count = f"{np.count_nonzero(other)} of {other.size}"
    place = f"[{', '.join(map(str, at))}]" if at else ""
    exact = ""  # for numbers that are too near to look different
    if old.dtype.kind == "f":
        exact = f", {float(old[at]).hex()} and {float(new[at]).hex()}"
    return f"{name}{place}: {old[at]!s}, then {new[at]!s}{exact} ({count})"


def worst(old, new):
    """The largest error of a case's results in units of its bound: infinite for another shape.

    Results of the same name up to a "[" are parts of one.
    """
    parts = defaultdict(list)
    for name in old:
        parts[name.split("[")[0]].append(name)
    return max(_error(old, new, *part) for part in parts.items())


def _error(old, new, group, names):
    if any(differences(old[name][0], new[name][0]) is None for name in names):
        return np.inf
    first, second = (
        np.concatenate([arrays[name][0].ravel() for name in names]) for arrays in (old, new)
    )
    if first.dtype.kind != "f":
        return 0.0 if np.array_equal(first, second) else np.inf
    finite = np.isfinite(first) & np.isfinite(second)
    if not np.array_equal(first[~finite], second[~finite], equal_nan=True):
        return np.inf
    first, second = first[finite].astype(float), second[finite].astype(float)
    largest = max(np.abs(first).max(initial=0), 1e-300)  # no square may underflow or overflow
    error = np.linalg.norm(first / largest - second / largest)
    if error == 0:
        return 0.0
    # R^2 is 1 minus a quotient that is off by so much of itself, and may be near 0.
    size = max(np.linalg.norm(first / largest), (1 / largest) * ("score" in group))
    return error / size / max(old[name][1] for name in names)
