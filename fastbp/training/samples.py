"""The samples of a training: X and y as the boundary reads them, and which rows are held out."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.inputs import Array, Targets, check_number, classes_of, nonfinite, shown
from fastbp.training.options import EarlyStopping
from fastbp.training.splitting import split_rows

if TYPE_CHECKING:
    from fastbp.network import Network


class Samples(NamedTuple):
    """Samples that the boundary can read; ``rows`` None means all of them."""

    X: Array
    y: Targets
    rows: Array | None

    def __len__(self) -> int:
        return len(self.X) if self.rows is None else len(self.rows)


def checked_samples(
    net: "Network",
    X: Any,
    y: Any,
    validation: Any,
    stopping: EarlyStopping | None,
    *,
    decides_kind: bool = False,
    check_precision: bool = True,
) -> tuple[Samples, Samples | None]:
    """The training samples and the held-out ones, checked.

    What a network's targets mean is decided once, from all of them: a single batch is too few.
    """
    X, y = _pair(
        net, X, y, learn_names=True, infer_kind=decides_kind, check_precision=check_precision
    )
    if decides_kind:
        net._target_kind = y.kind
    if len(X) == 0:
        raise ValueError("X and y must hold at least one sample to train on, got 0")
    if validation is None:
        return Samples(X, y, None), None
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ValueError(
                f"validation must be a pair (X, y) or a fraction, got {len(validation)} elements"
            )
        held_X, held_y = validation
        held_out = Samples(*_pair(net, held_X, held_y, "validation "), None)
        training = Samples(X, y, None)
    else:
        if isinstance(validation, bool) or not isinstance(validation, (int, float, np.number)):
            raise TypeError(
                f"validation must be a pair (X, y) or a fraction between 0 and 1, "
                f"got {shown(validation)}"
            )
        fraction = check_number("validation", validation, above=0, below=1)
        one_class_each = y.has_accuracy and y.kind != "multilabel"
        labels = classes_of(y.array) if one_class_each else None
        try:
            kept, held = split_rows(len(X), fraction, labels, net._state.rng)
        except ValueError as error:
            raise ValueError(f"validation={fraction:g}: {error}") from None
        training, held_out = Samples(X, y, kept), Samples(X, y, held)
    if len(held_out) == 0:
        raise ValueError("validation must hold at least one sample, got 0")
    if stopping is not None and len(held_out) < 2:
        raise ValueError(
            "early_stopping needs at least 2 validation samples to judge by, got 1; hold out more"
        )
    return training, held_out


def _pair(
    net: "Network",
    X: Any,
    y: Any,
    prefix: str = "",
    *,
    learn_names: bool = False,
    infer_kind: bool = False,
    check_precision: bool = False,
) -> tuple[Array, Targets]:
    X = net._batch(
        X,
        f"{prefix}X",
        order="C",  # every epoch reads it row by row
        learn_names=learn_names,
        check_precision=check_precision,
    )
    targets = net._targets(
        y,
        len(X),
        f"{prefix}y",
        fitted_kind=net._target_kind,
        infer_kind=infer_kind,
        may_name=True,
    )
    if targets.classes is not None:
        net._classes = targets.classes
    return X, targets


def bad_value(
    samples: Samples,
    status: int,
    bad: int,
    order: Array | None,
    names: tuple[str, ...] | None,
    prefix: str = "",
) -> ValueError:
    """Return the error for the number that is not finite at ``bad`` of the rows in ``order``."""
    name, array = ("X", samples.X) if status == _boundary.BAD_X else ("y", samples.y.array)
    names = names if name == "X" else None
    row, column = divmod(bad, array.shape[1])
    row = row if order is None else int(order[row])
    return nonfinite(prefix + name, (row, column), array[row, column], columns=names)
