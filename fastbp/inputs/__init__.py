"""Input validation: every argument is checked here, once, and nowhere else.

``scalars`` has numbers and names, ``arrays`` arrays, ``frames`` and ``column_names`` data frames,
``object_arrays`` arrays of Python objects, ``precision`` what a conversion
loses, ``targets`` labels, class names and targets, ``target_kinds`` what those mean. Each error
names the argument, what was got, what was expected and what to do. After validation only what
memory safety depends on is checked again.
"""

from fastbp.inputs.array_type import Array
from fastbp.inputs.arrays import (
    DROP_ROWS,
    as_array,
    as_batch,
    as_parameter,
    as_real,
    check_finite,
    nonfinite,
)
from fastbp.inputs.column_names import check_column_names, column_names
from fastbp.inputs.precision import spread_rows
from fastbp.inputs.scalars import (
    as_generator,
    check_bias,
    check_choice,
    check_dtype,
    check_epochs,
    check_flag,
    check_integer,
    check_number,
    check_sizes,
    short_repr,
)
from fastbp.inputs.target_kinds import KINDS, classes_of, count_correct, possible_kinds
from fastbp.inputs.targets import Targets, as_targets, check_classes

__all__ = [
    "DROP_ROWS",
    "KINDS",
    "Array",
    "Targets",
    "as_array",
    "as_batch",
    "as_generator",
    "as_parameter",
    "as_real",
    "as_targets",
    "check_bias",
    "check_choice",
    "check_classes",
    "check_column_names",
    "check_dtype",
    "check_epochs",
    "check_finite",
    "check_flag",
    "check_integer",
    "check_number",
    "check_sizes",
    "classes_of",
    "column_names",
    "count_correct",
    "nonfinite",
    "possible_kinds",
    "short_repr",
    "spread_rows",
]
