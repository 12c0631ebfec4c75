"""What a network of one table was told of its columns: the digits', and those of older models.

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
from dataclasses import asdict, dataclass
from typing import Any

from fastbp.errors import FileFormatError
from fastbp.text.formatting import list_names

_VERSION = 1
_TASKS = ("classify", "regress")


@dataclass(frozen=True)
class Preprocessing:
    """How a table's cells become inputs, and outputs become predictions; see the module.

    `fastbp.tabular.old_models` makes a model of tables of it.
    """

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
