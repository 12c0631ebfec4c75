# What makes an included set of loops a kernel module: the table that the boundary takes. Which loop
# stands where in it, src/sets.py says; the module's last include fills it in.
#
# Needs: real.
# Gives: int32_t, int64_t, KERNELS, memcpy, memset, table.

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from kernels cimport *

include "rows.pxi"

cdef Kernels table

KERNELS = PyCapsule_New(&table, "fastbp.kernels", NULL)
