"""Which targets of one sample the compiled short way takes without a look from Python."""

from dataclasses import dataclass
from math import inf

from fastbp.inputs.targets import SUM_TOLERANCE
from fastbp.model.architecture import Architecture
from fastbp.model.state import Learned

#: How far the sum of a soft label may be from 1: half of what is allowed, so that a sum in another
#: order than NumPy's decides nothing.
_SUM_TOLERANCE = SUM_TOLERANCE / 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TargetRules:
    """What targets must be like, by the rules of ``inputs.targets``; all else goes the long way.

    Attributes
    ----------
    takes_labels
        Whether class indices may come; with one output there are none.
    limits
        What each number must lie in.
    binary, one_hot
        Whether each must be 0 or 1, and just one of a row be 1.
    tolerance
        How far a row's sum may be from 1; 0 asks for no sum.
    names
        Class name -> index, or its target with one output.
    checks_rows
        Whether a row has to be looked at for any of these.
    """

    takes_labels: bool
    limits: tuple[float, float]
    binary: bool
    one_hot: bool
    tolerance: float
    names: dict[str, int] | None
    checks_rows: bool

    @classmethod
    def of(cls, architecture: Architecture, learned: Learned) -> "TargetRules":
        """The rules for a network's targets, after what its first data taught."""
        row, n_L = architecture.loss_row, architecture.sizes[-1]
        kind, classes, output = learned.target_kind, learned.classes, architecture.names[-1]
        shares = row.targets == "shares"
        any_row = kind in (None, "numbers") or shares  # which are classes, whatever they hold
        takes_classes = kind not in ("multilabel", "numbers") and (n_L > 1 or output == "sigmoid")
        return cls(
            takes_classes and n_L > 1,
            row.target_limits,
            binary=not any_row,
            one_hot=not any_row and n_L > 1 and kind != "multilabel",
            tolerance=_SUM_TOLERANCE if shares else 0.0,
            names={name: c for c, name in enumerate(classes or ())} if takes_classes else None,
            checks_rows=shares or not any_row or row.target_limits != (-inf, inf),
        )
