"""Validation of X and y for training and evaluation, and the validation split."""

from typing import Any, NamedTuple

import numpy as np

from fastbp import _boundary
from fastbp.errors import ShapeError
from fastbp.inputs import (
    Array,
    Rows,
    Targets,
    as_batch,
    as_sample_weights,
    as_targets,
    check_column_names,
    check_number,
    classes_of,
    column_names,
    nonfinite,
    one_row,
    short_repr,
    with_weight,
)
from fastbp.inputs.splitting import split_rows
from fastbp.model.model import Model
from fastbp.training.early_stopping import EarlyStopping
from fastbp.training.softening import Softening, soften


class Samples(NamedTuple):
    """Samples that the boundary can read: ``n`` of them, all rows where ``rows`` is None.

    ``weights`` are those of all rows of X, or None where all count the same; ``divisors`` what they
    are divided by, where that is not their own sum, and ``softening`` what targets become.
    """

    X: Rows
    y: Targets
    rows: Array | None
    n: int
    weights: Array | None = None
    divisors: Array | None = None
    softening: Softening | None = None

    def counted(self) -> "Samples":
        """Those that have a weight above 0."""
        if self.weights is None:
            return self
        rows = with_weight(self.weights, self.rows)
        return self._replace(rows=rows, n=self.n if rows is None else len(rows))

    def softened(self, model: Model, label_smoothing: float, class_weight: Any) -> "Samples":
        """With the targets and weights of these options of fit."""
        weights, divisors, softening = soften(
            model, self.y, self.rows, self.weights, label_smoothing, class_weight
        )
        return self._replace(weights=weights, divisors=divisors, softening=softening)


def batch(
    model: Model,
    X: Any,
    name: str = "X",
    *,
    order: str = "F",
    check_precision: bool = True,
    one_sample: bool = False,
) -> Rows:
    """X as the boundary reads it; a data frame must have the columns of the first fit.

    The arguments are those of :func:`fastbp.inputs.as_batch`.
    """
    if type(X) is not np.ndarray:  # which has no names
        check_column_names(X, model.state.learned.feature_names, name)
    architecture = model.architecture
    return as_batch(
        X,
        architecture.sizes[0],
        architecture.dtype,
        name,
        order=order,
        check_precision=check_precision,
        one_sample=one_sample,
    )


def evaluated_samples(
    model: Model,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    infer_kind: bool = False,
    check_precision: bool = True,
) -> tuple[Rows, Targets, Array | None]:
    """Samples to evaluate, and their weights; the kind of y matters to a score alone."""
    X = batch(model, X, check_precision=check_precision)
    if len(X) == 0:
        raise ValueError("X must hold at least one sample, got 0")
    learned = model.state.learned
    targets = as_targets(
        y,
        len(X),
        dtype=model.architecture.dtype,
        classes=learned.classes,
        fitted_kind=learned.target_kind if infer_kind else None,
        infer_kind=infer_kind,
        **model.output,
    )
    if sample_weight is None:
        return X, targets, None
    return X, targets, as_sample_weights(sample_weight, len(X))


def one_sample(model: Model, x: Any, y: Any) -> tuple[Rows, Targets]:
    """One sample to trace: x (n_0,) or (1, n_0), and y a label, (n_L,) or (1, n_L)."""
    X = batch(model, x, "x", one_sample=True)
    if len(X) != 1:
        raise ShapeError(f"x must be one sample, got {len(X)} rows")
    row = one_row(y, model.architecture.sizes[-1])
    dtype, classes = model.architecture.dtype, model.classes
    return X, as_targets(row, 1, dtype=dtype, classes=classes, **model.output)


def checked_samples(
    model: Model,
    X: Any,
    y: Any,
    validation: Any,
    stopping: EarlyStopping | None,
    sample_weight: Any = None,
    *,
    decides_kind: bool = False,
    check_precision: bool = True,
) -> tuple[Samples, Samples | None]:
    """The training samples and the held-out ones, checked.

    The kind of a network's targets is inferred once, from all of them: a single batch is too few.
    """
    X, y = _pair(
        model, X, y, learn_names=True, infer_kind=decides_kind, check_precision=check_precision
    )
    if decides_kind and y.kind != model.state.learned.target_kind:
        model.learn(target_kind=y.kind)
    if len(X) == 0:
        raise ValueError("X and y must hold at least one sample to train on, got 0")
    weights = None if sample_weight is None else as_sample_weights(sample_weight, len(X))
    training = Samples(X, y, None, len(X), weights)
    if validation is None:
        return training, None
    choices = "a pair (X, y), a triple (X, y, sample_weight) or a fraction between 0 and 1"
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise ValueError(f"validation must be {choices}, got {len(validation)} elements")
        held_X, held_y = _pair(model, validation[0], validation[1], "validation ")
        held_out = Samples(held_X, held_y, None, len(held_X))
        if held_out.n and len(validation) == 3 and validation[2] is not None:
            held_out = held_out._replace(
                weights=as_sample_weights(validation[2], held_out.n, "validation sample_weight")
            )
    else:
        if isinstance(validation, bool) or not isinstance(validation, (int, float, np.number)):
            raise TypeError(f"validation must be {choices}, got {short_repr(validation)}")
        fraction = check_number("validation", validation, above=0, below=1)
        one_class_each = y.has_accuracy and y.kind != "multilabel"
        labels = classes_of(y.array) if one_class_each else None
        try:
            train_rows, held_out_rows = split_rows(len(X), fraction, labels, model.state.rng)
        except ValueError as error:
            raise ValueError(f"validation={fraction:g}: {error}") from None
        training = Samples(X, y, train_rows, len(train_rows), weights)
        held_out = Samples(X, y, held_out_rows, len(held_out_rows), weights)
        if weights is not None:
            for part, what in ((training, "to train on"), (held_out, "held out")):
                if not weights[part.rows].any():
                    raise ValueError(
                        f"validation={fraction:g}: the {part.n} samples {what} have weights of 0 "
                        f"alone; pass validation=(X, y, sample_weight)"
                    )
    if held_out.n == 0:
        raise ValueError("validation must hold at least one sample, got 0")
    if stopping is not None and held_out.counted().n < 2:
        raise ValueError(
            "early_stopping needs at least 2 validation samples to judge by, got 1; hold out more"
        )
    return training, held_out


def _pair(
    model: Model,
    X: Any,
    y: Any,
    prefix: str = "",
    *,
    learn_names: bool = False,
    infer_kind: bool = False,
    check_precision: bool = False,
) -> tuple[Rows, Targets]:
    # In C order, since every epoch reads it row by row.
    array = batch(model, X, f"{prefix}X", order="C", check_precision=check_precision)
    state = model.state
    if learn_names and type(X) is not np.ndarray and state.learned.feature_names is None:
        model.learn(feature_names=column_names(X))
    targets = as_targets(
        y,
        len(array),
        dtype=model.architecture.dtype,
        classes=state.learned.classes,
        fitted_kind=state.learned.target_kind,
        infer_kind=infer_kind,
        may_name=True,
        name=f"{prefix}y",
        **model.output,
    )
    if targets.classes is not None:
        model.learn(classes=targets.classes)
    return array, targets


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
