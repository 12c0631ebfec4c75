"""What a gradient check found: an object to ask, and a text to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fastbp.text.formatting import join_some, plural
from fastbp.text.symbols import indexed

#: Lines of failures and of kinks in the text; all are in the object.
_MOST_SHOWN = 5


def parameter_name(l: int, j: int, k: int | None) -> str:
    """Write a weight or a bias by its indices.

    >>> parameter_name(2, 0, 1), parameter_name(1, 12, 3), parameter_name(1, 4, None)
    ('w_01^(2)', 'w_12,3^(1)', 'b_4^(1)')
    """
    return indexed("b", l, j) if k is None else indexed("w", l, j, k)


class ParameterCheck(NamedTuple):
    """One weight or bias: its gradient beside the central difference.

    Attributes
    ----------
    l, j, k
        Its indices; ``k`` is None for a bias.
    gradient, difference : float
        dC/dw_jk by the backward pass, and (C(w + h) - C(w - h)) / 2h.
    bound : float
        How far the two may differ by rounding and truncation.
    h : float
        The step.
    """

    l: int
    j: int
    k: int | None
    gradient: float
    difference: float
    bound: float
    h: float

    @property
    def name(self) -> str:
        """Such as w_12^(1), or b_4^(2)."""
        return parameter_name(self.l, self.j, self.k)

    @property
    def error(self) -> float:
        """How far the two differ."""
        return abs(self.gradient - self.difference)

    @property
    def share(self) -> float:
        """The error by its bound: above 1 it is no rounding; NaN counts as infinite."""
        if not np.isfinite(self.difference):
            return np.inf
        share = self.error / self.bound
        return share if np.isfinite(share) else np.inf

    @property
    def is_right(self) -> bool:
        """Whether the error is within its bound."""
        return self.share <= 1

    def __str__(self) -> str:
        return (
            f"{self.name}: gradient {self.gradient:.9g}, difference {self.difference:.9g}, "
            f"{self.error:.2g} apart (bound {self.bound:.2g})"
        )


class Kink(NamedTuple):
    """A weight or bias within whose step a node, or an output's error, crosses a kink.

    C has no derivative there, or another one on each side, so no difference can be compared.

    Attributes
    ----------
    l, j, k
        The weight's indices; ``k`` is None for a bias.
    layer, node, row : int or None
        The node that crosses a kink of its activation, and the row of X of which it does; ``layer``
        is L + 1 for an output j whose a_j - y_j crosses a kink of the loss. None where an
        activation or a loss of the caller's own has a kink, of which the place is not known.
    """

    l: int
    j: int
    k: int | None
    layer: int | None = None
    node: int | None = None
    row: int | None = None

    @property
    def name(self) -> str:
        """Such as w_12^(1), or b_4^(2)."""
        return parameter_name(self.l, self.j, self.k)

    def __str__(self) -> str:
        if self.layer is None:
            return self.name
        return f"{self.name} (node {self.node} of layer {self.layer}, row {self.row})"


class LayerCheck(NamedTuple):
    """The checks of one layer's weights and biases.

    Attributes
    ----------
    l : int
    activation : str
    n_checked, n_wrong, n_kinks, n_parameters : int
        How many were compared, of these how many are wrong, how many are at a kink and were
        not compared, and how many there are.
    worst : ParameterCheck or None
        The one with the largest error by its bound.
    """

    l: int
    activation: str
    n_checked: int
    n_wrong: int
    n_kinks: int
    n_parameters: int
    worst: ParameterCheck | None


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck:
    """The result of :meth:`fastbp.Network.check_gradients`; printing it shows the report.

    Attributes
    ----------
    ok : bool
        Whether there was one to compare, every one that was is within its bound, and no function
        is too rough to compare with. It is also the truth value.
    worst : ParameterCheck or None
        The weight or bias with the largest error by its bound: ``.name``, ``.l``, ``.j``, ``.k``,
        ``.gradient``, ``.difference``, ``.error``, ``.bound``. None where all are at kinks.
    by_layer : tuple of LayerCheck
        ``by_layer[l - 1]`` is layer l's: counts, and its worst one.
    kinks : tuple of Kink
        What was not compared, and why.
    wrong : tuple of ParameterCheck
        Those outside their bounds, the worst first.
    causes : tuple of str
        What such a failure means: whose derivative is wrong, where that was found, else what errors
        of this pattern usually come from.
    n_checked, n_parameters, n_rows, n_samples : int
        How many weights and biases were compared, of how many; on how many rows, of how many.
    remarks : tuple of str
        What was left out or done otherwise: a sample of weights or rows, a copy in float64.
    """

    sizes: tuple[int, ...]
    by_layer: tuple[LayerCheck, ...]
    kinks: tuple[Kink, ...]
    wrong: tuple[ParameterCheck, ...]
    causes: tuple[str, ...]
    n_rows: int
    n_samples: int
    remarks: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient that was compared is within its bound, and one was."""
        return not (self.wrong or self.causes) and self.n_checked > 0

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst(self) -> ParameterCheck | None:
        """The one with the largest error by its bound."""
        worst = [layer.worst for layer in self.by_layer if layer.worst is not None]
        return max(worst, key=lambda check: check.share, default=None)

    @property
    def n_checked(self) -> int:
        """How many weights and biases were compared."""
        return sum(layer.n_checked for layer in self.by_layer)

    @property
    def n_parameters(self) -> int:
        """How many the network has."""
        return sum(layer.n_parameters for layer in self.by_layer)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        shape = "-".join(map(str, self.sizes))
        verdict = "right"
        if self.wrong:
            verdict = f"WRONG for {len(self.wrong):,} of {self.n_checked:,}"
        elif not self.ok:
            n = len(self.kinks)
            verdict = f"NOT COMPARED for {n:,} of {n + self.n_checked:,}, where slopes jump"
        yield f"Gradients of {shape}: {verdict}"
        yield (
            f"  {self.n_checked:,} of {plural(self.n_parameters, 'weight')} and biases against "
            f"central differences in float64, on {self.n_rows:,} of {plural(self.n_samples, 'row')}"
        )
        for layer in self.by_layer:
            yield (
                f"  layer {layer.l}, {layer.activation}: {layer.n_checked:,} compared, "
                f"{layer.n_wrong:,} wrong" + (f", {layer.n_kinks:,} at kinks" * bool(layer.n_kinks))
            )
            if layer.worst is not None:
                yield f"    worst {layer.worst}"
        if len(self.wrong) > 1:
            yield "  the worst:"
            yield from (f"    {check}" for check in self.wrong[:_MOST_SHOWN])
        if self.causes:
            yield "  what it means:"
            yield from (f"    - {cause}" for cause in self.causes)
        if self.kinks:
            names = join_some(map(str, self.kinks), _MOST_SHOWN)
            yield f"  at a kink, with nothing to compare with: {names}"
        yield from (f"  ({remark})" for remark in self.remarks)
