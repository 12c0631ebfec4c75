"""Input validation: the checks of single values, each here and called once.

``scalars`` has numbers and names, ``arrays`` arrays, ``frames`` and ``column_names`` data frames,
``sparse_rows`` SciPy's sparse arrays,
``object_arrays`` arrays of Python objects, ``nesting`` dicts and lists, ``precision`` what a
conversion loses, ``targets`` labels, class names and targets, ``target_kinds`` what those mean,
``sample_weights`` and ``class_weights`` weights; ``splitting`` divides rows in two. How the fields
of an object go together is checked by the module of that object (``model/architecture.py``,
``optimizers.py``, ``training/options.py``, and ``training/samples.py`` for X, y and validation).
Each error names the argument, what was got, what was expected and what to do. After validation
only what memory safety depends on is checked again.
"""

from fastbp.inputs.array_type import Array, read_only
from fastbp.inputs.arrays import (
    DROP_ROWS,
    as_array,
    as_batch,
    as_parameter,
    as_real,
    check_finite,
    nonfinite,
)
from fastbp.inputs.class_weights import as_class_weights, balanced_weights, check_class_weight
from fastbp.inputs.column_names import check_column_names, column_names
from fastbp.inputs.nesting import check_preprocessing
from fastbp.inputs.precision import spread_rows
from fastbp.inputs.sample_weights import (
    as_sample_weights,
    scaled_together,
    scaled_weights,
    with_weight,
)
from fastbp.inputs.scalars import (
    as_generator,
    check_bias,
    check_choice,
    check_compute,
    check_dropout,
    check_dtype,
    check_epochs,
    check_flag,
    check_integer,
    check_number,
    check_sizes,
    short_repr,
)
from fastbp.inputs.sparse_rows import Rows, SparseRows, is_sparse, numbers_in
from fastbp.inputs.target_kinds import (
    KINDS,
    classes_of,
    correct_rows,
    possible_kinds,
    rows_in_block,
)
from fastbp.inputs.target_kinds import blocks as target_blocks
from fastbp.inputs.targets import Targets, as_targets, check_classes, one_row

__all__ = [
    "DROP_ROWS",
    "KINDS",
    "Array",
    "Rows",
    "SparseRows",
    "Targets",
    "as_array",
    "as_batch",
    "as_class_weights",
    "as_generator",
    "as_parameter",
    "as_real",
    "as_sample_weights",
    "as_targets",
    "balanced_weights",
    "check_bias",
    "check_choice",
    "check_class_weight",
    "check_classes",
    "check_column_names",
    "check_compute",
    "check_dropout",
    "check_dtype",
    "check_epochs",
    "check_finite",
    "check_flag",
    "check_integer",
    "check_number",
    "check_preprocessing",
    "check_sizes",
    "classes_of",
    "column_names",
    "correct_rows",
    "is_sparse",
    "nonfinite",
    "numbers_in",
    "one_row",
    "possible_kinds",
    "read_only",
    "rows_in_block",
    "scaled_together",
    "scaled_weights",
    "short_repr",
    "spread_rows",
    "target_blocks",
    "with_weight",
]
