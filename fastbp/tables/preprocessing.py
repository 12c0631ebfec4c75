"""Preprocessing of table columns: filling, standardization, and the inverse for predictions.

`Preprocessing.to_dict` gives, and `Preprocessing.from_dict` checks, a dict that JSON can hold:

====================  ==========================================================================
``"version"``         1
``"task"``            ``"classify"`` or ``"regress"``
``"target"``          the name of the target column
``"columns"``         the names of the feature columns, in the order of the network's inputs
``"positions"``       where each of them stood in the table, from 0
``"width"``           how many columns the table had
``"header"``          whether a header line named them; without one they are matched by position
``"means"``           one number a column, and
``"scales"``          one more (> 0): the input is (cell - mean) / scale
``"fill"``            null, or one number a column that replaces missing cells
``"target_mean"``     the prediction in the target's unit is
``"target_scale"``    output * target_scale + target_mean (0 and 1 for classes)
====================  ==========================================================================

The names of the classes are the network's own (``net.classes``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.text.formatting import list_names

_VERSION = 1
_TASKS = ("classify", "regress")
_FILLS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "mean": np.nanmean,
    "median": np.nanmedian,
}


@dataclass(frozen=True)
class Preprocessing:
    """How a table's cells become inputs, and outputs become predictions; see the module."""

    task: str
    target: str
    columns: list[str]
    positions: list[int]
    width: int
    header: bool
    means: list[float]
    scales: list[float]
    fill: list[float] | None = None
    target_mean: float = 0.0
    target_scale: float = 1.0

    def inputs(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the network's inputs from the cells, shape (n_rows, n_columns)."""
        # Too large a number becomes inf, which fit refuses and names; NumPy need not warn as well.
        with np.errstate(over="ignore"):
            return ((self.filled(values) - self.means) / self.scales).astype(np.float32)

    def filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cells with the missing ones filled, if the model fills at all."""
        return values if self.fill is None else np.where(np.isnan(values), self.fill, values)

    def targets(self, y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the network's targets from numbers in the target's unit."""
        return ((y - self.target_mean) / self.target_scale).astype(np.float32)

    def predictions(self, output: NDArray[Any]) -> NDArray[np.float64]:
        """Return numbers in the target's unit from the network's outputs."""
        return output.astype(np.float64) * self.target_scale + self.target_mean

    def to_dict(self) -> dict[str, Any]:
        """Return the dict that the model file keeps."""
        return {"version": _VERSION, **asdict(self)}

    @classmethod
    def of(cls, content: dict[str, Any] | None, n_inputs: int) -> Preprocessing | None:
        """The preprocessing that ``fastbp train`` stored in a network, or None.

        Raises
        ------
        FileFormatError
            If it is of another version, or not what `to_dict` gives.
        """
        is_ours = content is not None and {"version", "task", "columns"} <= content.keys()
        return cls.from_dict(content, n_inputs) if is_ours else None

    @classmethod
    def from_dict(cls, entries: object, n_inputs: int) -> Preprocessing:
        """Check a dict from a model file whose network has `n_inputs` inputs.

        Raises
        ------
        FileFormatError
            If it is of another version, or not what `to_dict` gives.
        """
        if not isinstance(entries, dict):
            raise FileFormatError(
                f"the model's preprocessing is a {type(entries).__name__}, expected a dict"
            )
        content = dict(entries)
        version = content.pop("version", None)
        if version != _VERSION:
            raise FileFormatError(
                f"the model's preprocessing is of version {version!r}, this fastbp reads {_VERSION}"
            )
        if set(content) != set(cls.__dataclass_fields__):
            bad_names = sorted(map(str, set(content) ^ set(cls.__dataclass_fields__)))
            raise FileFormatError(
                f"the model's preprocessing has unknown or missing entries: {list_names(bad_names)}"
            )
        for name, good in _checks(content, n_inputs).items():
            if not good:
                raise FileFormatError(
                    f"the model's preprocessing holds a bad {name!r}: {content[name]!r:.80}"
                )
        # An integer of JSON may have more digits than NumPy takes.
        numbers = {
            name: [*map(float, content[name])]
            for name in ("means", "scales", "fill")
            if content[name]
        }
        return cls(**content | numbers)


def fit_preprocessing(
    values: NDArray[np.float64], *, standardize: bool, fill: str | None
) -> tuple[list[float], list[float], list[float] | None]:
    """Find means, scales and fill values of the columns of the training part.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows, n_columns)
        The training part's cells, NaN where one is missing; no column is all NaN.
    standardize : bool
        Without it, the means are 0 and the scales 1.
    fill : {"mean", "median"}, a number as text, or None
        The replacement for missing cells.

    Returns
    -------
    means, scales, fill : list of float (the last may be None)
    """
    fill_values: NDArray[np.float64] | None = None
    if fill is not None:
        rule = _FILLS.get(fill)
        fill_values = (
            np.full(values.shape[1], float(fill)) if rule is None else rule(values, axis=0)
        )
        values = np.where(np.isnan(values), fill_values, values)
    means, scales = np.zeros(values.shape[1]), np.ones(values.shape[1])
    if standardize:
        means, scales = mean_and_scale(values)
    return means.tolist(), scales.tolist(), None if fill_values is None else fill_values.tolist()


def mean_and_scale(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find mean and standard deviation down the rows; a constant column has scale 1."""
    largest = np.abs(values).max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    # Divided by the largest, no square overflows or is lost.
    unit = values / largest
    scale = unit.std(axis=0) * largest
    # A constant column's deviation need not round to 0 exactly, so it is recognised by its range.
    constant = (values.max(axis=0) == values.min(axis=0)) | (scale == 0)
    return unit.mean(axis=0) * largest, np.where(constant, 1.0, scale)


def fill_value(text: str) -> str:
    """Check a fill value: mean, median or a finite number."""
    try:
        if text in _FILLS or math.isfinite(float(text)):
            return text
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not mean, median or a finite number")


def _checks(content: dict[str, Any], n_inputs: int) -> dict[str, bool]:
    """Return for every entry whether it is valid."""

    def numbers(value: object) -> bool:
        return isinstance(value, list) and len(value) == n_inputs and all(map(_finite, value))

    width = content["width"]
    positions = content["positions"]
    width_good = type(width) is int and width >= n_inputs
    return {
        "task": content["task"] in _TASKS,
        "target": isinstance(content["target"], str),
        "columns": isinstance(content["columns"], list)
        and len(content["columns"]) == n_inputs == len(set(map(str, content["columns"])))
        and all(isinstance(name, str) for name in content["columns"]),
        "width": width_good,
        "positions": isinstance(positions, list)
        and width_good
        and len(positions) == n_inputs == len(set(map(str, positions)))
        and all(type(i) is int and 0 <= i < width for i in positions),
        "header": isinstance(content["header"], bool),
        "means": numbers(content["means"]),
        "scales": numbers(content["scales"]) and all(scale > 0 for scale in content["scales"]),
        "fill": content["fill"] is None or numbers(content["fill"]),
        "target_mean": _finite(content["target_mean"]),
        "target_scale": _finite(content["target_scale"]) and content["target_scale"] > 0,
    }


def _finite(value: object) -> bool:
    """Whether a value from JSON is a finite number."""
    try:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer beyond any float
        return False
