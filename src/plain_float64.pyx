# The plain kernels in float64: a number type, the C maths functions of that type, one source.

from libc.math cimport exp, expm1, log, log1p, sqrt, tanh

ctypedef double real

include "kernel_module.pxi"
