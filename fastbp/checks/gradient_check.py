"""Every weight's gradient against the central difference of C, in float64.

With w moved by h,

    D(h) = (C(w + h) - C(w - h)) / 2h = dC/dw + h^2 C'''/6 + rounding of E/h

where E is the error of a computed C. The sum is least at h = (3 E / C''')^(1/3): the cube root of
the machine's precision times the scale on which C changes. A step of w_jk changes z_j by h a_k, so

    h = eps^(1/3) max(1, |w_jk|) / max(1, max |a_k|)        eps = 2^-52, eps^(1/3) = 6.1e-6

with 1 for a_k in a bias's. The bound is what both errors may come to:

    |dC/dw - D(h)| <= E/h + 2 |D(2h) - D(h)|

The truncation of D(2h) is four times that of D(h), and so a third of |D(2h) - D(h)|; but where C''
jumps, as at a kink of relu on a row whose delta is 0, it is twice that of D(h), and so all of it.
E is what ``gradient_bound`` estimates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fastbp.checks.gradient_bound import LAMBDA, ULPS, U, rounding_of_C
from fastbp.checks.gradient_causes import Evidence, causes_of, rough_causes
from fastbp.checks.gradient_report import GradientCheck, Kink, LayerCheck, ParameterCheck
from fastbp.inputs import Array, Rows, SparseRows, Targets, check_finite, check_integer
from fastbp.losses import Loss
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.training.samples import evaluated_samples

_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
#: Of w, below which w + h would not be of its digits any more.
_LEAST_STEP = 1e-10
_TINY = float(np.finfo(np.float64).tiny)
#: Where a kink lies within +-2h, the step is divided by this, so many times.
_SHRINK, _TRIES = 16, 3
#: A truncation or a jump of the slope by more than this share of the gradients' size is none of a
#: smooth function.
_ROUGH = 1e-5
#: Rows that are looked at. With more, some z is always near a kink: of 32 rows and 512 nodes one in
#: ten weights moves one across, of 1,000 rows each.
_MOST_ROWS = 32
#: Multiply-adds of all differences unless ``max_weights`` says more, some seconds; and how many
#: weights and biases are compared at least.
_WORK, _FEWEST = 4e10, 200

Index = tuple[int, int, int | None]


class _Point(NamedTuple):
    """C of one set of parameters, and the z that may cross kinks; ``off`` is a - y."""

    C: float
    z: list[Array]
    off: Array | None


def check_gradients(model: Model, X: Any, y: Any, max_weights: Any, seed: Any) -> GradientCheck:
    """Compare the gradients; see :meth:`fastbp.Network.check_gradients`."""
    most = None if max_weights is None else check_integer("max_weights", max_weights, low=1)
    rng = np.random.default_rng(check_integer("seed", seed, low=0))
    X, targets, _ = evaluated_samples(model, X, y)
    n_samples = len(X)
    rows = _some_rows(n_samples, rng)
    X, targets = _dense_rows(X, rows), targets._replace(array=targets.array[rows])
    check_finite(X, "X", "Drop such rows")
    if targets.array.dtype.kind == "f":
        check_finite(targets.array, "y", "Drop such rows")
    check = _Check(in_float64(model), X, targets, rows)
    indices = list(check.chosen(most, rng))
    return check.run(indices, n_samples, _remarks(model, check, len(indices), n_samples, seed))


def in_float64(model: Model) -> Model:
    """A copy with the same parameters in float64, whose products are made in float64."""
    architecture = replace(model.architecture, dtype=np.dtype(np.float64), compute=None)
    twin = Model.zeros(architecture, np.random.default_rng(0))
    with model.state_lock.hold():
        twin.state.parameters.scatter(model.state.parameters.dense().astype(np.float64))
        twin.state.learned = model.state.learned
    return twin


def _some_rows(n: int, rng: np.random.Generator) -> Array:
    if n <= _MOST_ROWS:
        return np.arange(n)
    return np.sort(rng.choice(n, _MOST_ROWS, replace=False))


def _dense_rows(X: Rows, rows: Array) -> Array:
    part = X[rows].toarray() if isinstance(X, SparseRows) else X[rows]
    return np.ascontiguousarray(part, np.float64)


def _remarks(
    model: Model, check: "_Check", n_chosen: int, n_samples: int, seed: int
) -> tuple[str, ...]:
    """What was left out, or done otherwise than by the network itself."""
    remarks, n_rows, architecture = [], len(check.X), model.architecture
    if architecture.dtype != np.float64:
        rounding = "" if architecture.compute is None else f", without {architecture.compute}"
        remarks.append(
            f"checked on a copy in float64{rounding}: {architecture.dtype.name} has too few digits"
        )
    if n_chosen < check.n_parameters:
        remarks.append(
            f"the weights and biases were chosen by seed={seed}; max_weights= takes more"
        )
    if n_rows < n_samples:
        remarks.append(f"the rows were chosen by seed={seed}")
    return tuple(remarks)


class _Check:
    """The comparison of one float64 model on some rows."""

    def __init__(self, model: Model, X: Array, targets: Targets, rows: Array) -> None:
        self.model, self.X, self.y, self.rows = model, X, targets, rows
        architecture = model.architecture
        self.parameters = model.state.parameters
        self.n_parameters = sum(part.size for _, part in self.parameters.parts())
        #: Places where slopes jump: by layer, and of the loss.
        self.kinks = [
            [kink.z for kink in row.kinks] if row is not None else [] for row in architecture.rows
        ]
        self.loss_kinks = (
            () if isinstance(architecture.loss, Loss) else (architecture.loss_row.kinks)
        )
        self.has_kinks = any(self.kinks) or bool(self.loss_kinks)
        gradient = Parameters(model.layout, True)
        C, self.z, self.a, self.delta = model.program.trace(X, targets.array, gradient.flat)
        if not all(np.isfinite(array).all() for array in (np.array(C), *self.a)):
            raise ValueError(
                f"C is {C}, of outputs up to {np.abs(self.a[-1]).max():g}, on the rows looked at: "
                f"what is not finite has no differences. Check a new network, on scaled rows"
            )
        self.C = C / len(X)
        self.gradients = model.gradients(X, targets)
        y = targets.array
        if y.ndim == 1:
            y = np.eye(architecture.sizes[-1])[y]
        self.y_rows = np.asarray(y, np.float64)
        self.E = rounding_of_C(model, self.C, self.z, self.a, self.delta, self.y_rows)
        self.reach = [np.maximum(1, np.abs(a).max(axis=0)) for a in self.a]
        sizes = [float(np.abs(g).max(initial=0)) for g in self.gradients.weights]
        self.size = max(sizes)

    # ---------------------------------------------------------------- which ones

    def chosen(self, most: int | None, rng: np.random.Generator) -> Iterator[Index]:
        """The weights and biases to compare: all, or of each part as many as there is room for."""
        parts = [
            (l, name, part)
            for l in range(1, len(self.z) + 1)
            for name, part in (
                ("w", self.parameters.weights[l - 1]),
                ("b", self.parameters.biases[l - 1]),
            )
        ]
        if most is None:
            a_difference = 4 * len(self.X) * self.n_parameters
            most = max(_FEWEST, int(_WORK / a_difference))
        shares = _shared([part.size for _, _, part in parts], most)
        for (l, name, part), count in zip(parts, shares, strict=True):
            flat = (
                np.arange(part.size)
                if count == part.size
                else np.sort(rng.choice(part.size, count, replace=False))
            )
            for i in flat.tolist():
                j, k = divmod(i, part.shape[1]) if name == "w" else (i, None)
                yield l, j, k

    # ---------------------------------------------------------------- differences

    def run(
        self, indices: Sequence[Index], n_samples: int, remarks: tuple[str, ...]
    ) -> GradientCheck:
        """Compare these, and say what it comes to."""
        L = len(self.z)
        checks: list[list[ParameterCheck]] = [[] for _ in range(L)]
        kinks: list[list[Kink]] = [[] for _ in range(L)]
        for l, j, k in indices:
            result = self.compare(l, j, k)
            (checks if isinstance(result, ParameterCheck) else kinks)[l - 1].append(result)  # type: ignore[arg-type]
        architecture = self.model.architecture
        by_layer = tuple(
            LayerCheck(
                l,
                architecture.labels[l - 1],
                len(checks[l - 1]),
                sum(not check.is_right for check in checks[l - 1]),
                len(kinks[l - 1]),
                self.parameters.weights[l - 1].size + self.parameters.biases[l - 1].size,
                max(checks[l - 1], key=lambda check: check.share, default=None),
            )
            for l in range(1, L + 1)
        )
        all_checks = [check for layer in checks for check in layer]
        wrong = [check for check in all_checks if not check.is_right]
        wrong.sort(key=lambda check: check.share, reverse=True)
        all_kinks = [kink for layer in kinks for kink in layer]
        evidence = Evidence(self.model, self.z, self.a, self.y_rows, all_checks)
        causes = causes_of(evidence) if wrong else []
        if any(kink.layer is None for kink in all_kinks):
            causes += rough_causes(evidence)
        return GradientCheck(
            architecture.sizes,
            by_layer,
            tuple(all_kinks),
            tuple(wrong),
            tuple(causes),
            len(self.X),
            n_samples,
            remarks,
        )

    def compare(self, l: int, j: int, k: int | None) -> ParameterCheck | Kink:
        """One weight or bias, with the largest of some steps that reaches no kink."""
        index: tuple[int, ...]
        if k is None:
            part, index, reach = self.parameters.biases[l - 1], (j,), 1.0
            gradient = float(self.gradients.biases[l - 1][j])
        else:
            part, index, reach = self.parameters.weights[l - 1], (j, k), self.reach[l - 1][k]
            gradient = float(self.gradients.weights[l - 1][j, k])
        size = max(1.0, abs(float(part[index])))
        h = size * max(_STEP / float(reach), _LEAST_STEP)
        kink: Kink | None = None
        for _ in range(_TRIES):
            difference, wide, jump, largest_C, crossing = self._difference(part, index, h)
            truncation = abs(wide - difference)
            # Where C is 0 here, it is the C around that is rounded.
            rounding = max(self.E, LAMBDA * ULPS * U * largest_C, _TINY) / h
            smooth = 4 * rounding + _ROUGH * max(self.size, abs(difference))
            rough = truncation > smooth or jump > smooth
            if crossing is None and not rough:
                bound = rounding + 2 * truncation
                return ParameterCheck(l, j, k, gradient, difference, bound, h)
            if not np.isfinite(difference):
                return ParameterCheck(l, j, k, gradient, difference, rounding, h)
            kink = Kink(l, j, k, *(crossing or (None, None, None)))
            h /= _SHRINK
        assert kink is not None
        return kink

    def _difference(
        self, part: Array, index: tuple[int, ...], h: float
    ) -> tuple[float, float, float, float, tuple[int, int, int] | None]:
        """D(h), D(2h), the slope's jump, the largest |C|, and what crosses a kink, if anything.

        Of a smooth C, the slopes on both sides of w differ by S(h) = h C'', so that S(2h) = 2 S(h);
        at a kink S(2h) = S(h) = the jump. A kink between w and w + h shows in D(2h) - D(h).
        """
        original = float(part[index])
        try:
            near, far = (
                [self._at(part, index, original + sign * step, step == 2 * h) for sign in (1, -1)]
                for step in (h, 2 * h)
            )
        finally:
            part[index] = original
        steps = [
            (original + step) - (original - step)  # as rounded
            for step in (h, 2 * h)
        ]
        D, wide = (
            (up.C - down.C) / step for (up, down), step in zip((near, far), steps, strict=True)
        )
        bend, wide_bend = (
            2 * (up.C - 2 * self.C + down.C) / step
            for (up, down), step in zip((near, far), steps, strict=True)
        )
        largest_C = max(abs(point.C) for point in (*near, *far))
        return D, wide, abs(wide_bend - 2 * bend), largest_C, self._crossing(*far)

    def _at(self, part: Array, index: tuple[int, ...], value: float, is_far: bool) -> _Point:
        part[index] = value
        y = self.y.array
        if self.has_kinks and is_far:
            C, z, a, _ = self.model.program.trace(self.X, y, None)
            off = a[-1] - self.y_rows if self.loss_kinks else None
            return _Point(C / len(self.X), z, off)
        C = self.model.program.gradients(self.X, y, None, None, None, False)[1]
        return _Point(C / len(self.X), [], None)

    def _crossing(self, up: _Point, down: _Point) -> tuple[int, int, int] | None:
        """(layer, node, row) of a z on different sides of a kink, or (L + 1, j, row) of a - y."""
        places = [
            (l, above, below, kinks)
            for l, (above, below, kinks) in enumerate(
                zip(up.z, down.z, self.kinks, strict=False), start=1
            )
        ]
        if up.off is not None and down.off is not None:
            places.append((len(self.kinks) + 1, up.off, down.off, list(self.loss_kinks)))
        for l, above, below, kinks in places:
            for kink in kinks:
                crosses = (above > kink) != (below > kink)
                if crosses.any():
                    row, node = np.argwhere(crosses)[0].tolist()
                    return l, node, int(self.rows[row])
        return None


def _shared(sizes: Sequence[int], most: int) -> list[int]:
    """How many of each part: all of the small ones, the rest shared evenly.

    >>> _shared([4, 100, 2], 10)
    [4, 4, 2]
    """
    shares, left = [0] * len(sizes), most
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    for place, i in enumerate(order):
        shares[i] = min(sizes[i], left // (len(sizes) - place))
        left -= shares[i]
    return shares
