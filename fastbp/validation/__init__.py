"""The one door: every argument is checked here, once, and nowhere else.

``scalars`` has numbers and names, ``arrays`` what the caller has as arrays, ``targets`` labels,
class names and targets, ``target_kinds`` what those mean. Each check names the argument, what was
got, what was expected and what to do. Behind the door nothing is checked again but what memory
safety rests on.
"""

from fastbp.validation.arrays import (
    Array,
    as_array,
    as_batch,
    as_parameter,
    as_real,
    check_finite,
    nonfinite,
)
from fastbp.validation.scalars import (
    as_generator,
    check_bias,
    check_choice,
    check_dtype,
    check_flag,
    check_integer,
    check_number,
    check_sizes,
)
from fastbp.validation.target_kinds import KINDS, classes_of, possible_kinds
from fastbp.validation.targets import Targets, as_targets

__all__ = [
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
    "check_dtype",
    "check_finite",
    "check_flag",
    "check_integer",
    "check_number",
    "check_sizes",
    "classes_of",
    "nonfinite",
    "possible_kinds",
]
