"""The first factor of the chain rule: dC_0/da_j, or dC_0/dz_j where the loss goes with g."""

from typing import Protocol

import numpy as np

from fastbp.lessons.formulas import Formula, Law, Node, Part, Words
from fastbp.losses import Loss
from fastbp.model.trace import Trace
from fastbp.operations import ActivationRow, LossRow
from fastbp.text.page import number


class LossFactor(Protocol):
    """That factor of each output of a sample, in symbols and in numbers."""

    label: str
    #: What C_0 is, and what the symbols mean.
    formulas: tuple[tuple[Part, ...], ...]
    #: Whether it is dC_0/dz_j: then no g' is another factor.
    fused: bool
    #: Of each output.
    values: list[float]

    def symbols(self, a_j: str, j: int | str) -> str:
        """Output j's, whose a is written a_j."""
        ...

    def numbers(self, j: int) -> str:
        """The symbols with what stands for them."""
        ...

    def why_zero(self, j: int) -> tuple[Part, ...]:
        """Explain a value of 0."""
        ...


def notated(row: ActivationRow | LossRow) -> str:
    """A row's formula in the notation's letters."""
    return row.formula.replace("sum_", "Σ_").replace("^2", "²")


class TableFactor:
    """Of a loss in the table."""

    def __init__(self, trace: Trace, row: LossRow) -> None:
        self._a, self._y, self._row = trace.a[trace.L], trace.y, row
        self._n_L = trace.sizes[-1]
        self.label = row.label
        self.formulas: tuple[tuple[Part, ...], ...] = (
            (Words(f"{row.label}: "), Law(f"C_0 = {notated(row)}", row.latex)),
            *([(Words(row.slope_words),)] if row.slope_words else []),
        )
        self.fused = not row.chain_rule
        self.values = [
            row.c(self._n_L) * float(row.slope(np, float(a_j), float(y_j)))
            for a_j, y_j in zip(self._a, self._y, strict=True)
        ]

    def _formula(self, a_j: str, y_j: str) -> str:
        formula = self._row.slope_formula.replace("n_L", str(self._n_L))
        return formula.replace("y_j", y_j).replace("a_j", a_j)

    def symbols(self, a_j: str, j: int | str) -> str:
        """``2 (a_1^(L) - y_1)``."""
        return self._formula(a_j, f"y_{j}")

    def numbers(self, j: int) -> str:
        """``2 (0.7513651 - 1.0000000)``."""
        return self._formula(number(self._a[j]), number(self._y[j]))

    def why_zero(self, j: int) -> tuple[Part, ...]:
        """That there is no error."""
        return "output ", Node(j), " is at its target"


class OwnFactor:
    """Of a loss of the caller's own: d_j is what its gradient gives."""

    def __init__(self, trace: Trace, loss: Loss) -> None:
        a, y = trace.a[trace.L], trace.y
        self._a, self._d = a, np.asarray(loss.gradient(a[np.newaxis], y[np.newaxis]), a.dtype)[0]
        self.label = repr(loss)
        self.fused = trace.activations[-1] == "softmax"
        self._sum = float(self._d @ a)  # which only softmax has
        self.values = (a * (self._d - self._sum) if self.fused else self._d).tolist()
        self.formulas: tuple[tuple[Part, ...], ...] = (
            ("the loss is one of your own: C_0 = value(a, y)",),
            ("d_j = dC_0/da_j comes from your function gradient(a, y)",),
            *([(Formula("dC_0/dz_j = a_j (d_j - s), s = Σ_i d_i a_i"),)] if self.fused else []),
        )

    def symbols(self, a_j: str, j: int | str) -> str:
        """``d_1``, and with softmax ``a_1^(L) (d_1 - s)``."""
        return f"{a_j} (d_{j} - s)" if self.fused else f"d_{j}"

    def numbers(self, j: int) -> str:
        """Of softmax alone: d_j is a number itself."""
        if not self.fused:
            return ""
        return f"{number(self._a[j])} ({number(self._d[j])} - {number(self._sum)})"

    def why_zero(self, j: int) -> tuple[Part, ...]:
        """That it is the caller's function that says so."""
        if self.fused:
            end = f" equals s, the mean of all d_i weighted with their a_i, or a_{j} is 0"
            return f"d_{j}", end
        return "your gradient gives 0 for output ", Node(j)


def loss_factor(trace: Trace) -> LossFactor:
    """The factor of a sample's loss."""
    if isinstance(trace.loss, Loss):
        return OwnFactor(trace, trace.loss)
    assert trace.loss_row is not None
    return TableFactor(trace, trace.loss_row)
