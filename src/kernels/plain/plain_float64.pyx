# The plain kernels in float64: a number type, the C maths functions of that type, one source.

# The included loops use these; the linter sees only this file.
from libc.math cimport exp, expm1, log, log1p, sqrt, tanh  # no-cython-lint

ctypedef double real

include "kernel_module.pxi"
