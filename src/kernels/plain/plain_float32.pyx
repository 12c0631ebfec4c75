# The plain kernels in float32: a number type, the C maths functions of that type, one source.

# The included loops use these; the linter sees only this file.
from libc.math cimport copysignf as copysign, expf as exp, expm1f as expm1  # no-cython-lint
from libc.math cimport fabsf as fabs, logf as log, log1pf as log1p, sqrtf as sqrt  # no-cython-lint

ctypedef float real

include "kernel_module.pxi"
include "plain.pxi"
include "output.pxi"
include "table_of_plain.pxi"
