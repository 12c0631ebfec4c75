# The plain kernels in float32: a number type, the C maths functions of that type, one source.

from libc.math cimport expf as exp, expm1f as expm1, log, log1pf as log1p, sqrtf as sqrt
from libc.math cimport tanhf as tanh

ctypedef float real

include "kernel_module.pxi"
