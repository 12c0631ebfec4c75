# The plain kernels in float64: a number type, the C maths functions of that type, one source.

# The included loops use these; the linter sees only this file.
from libc.math cimport copysign, exp, expm1, fabs, log, log1p, sqrt  # no-cython-lint

ctypedef double real

include "kernel_module.pxi"
include "plain.pxi"
include "output.pxi"
include "table_of_plain.pxi"
