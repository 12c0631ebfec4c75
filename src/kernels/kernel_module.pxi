# What makes an included set of loops a kernel module: the table that the boundary takes. Which loop
# stands where in it, src/sets.py says; the module's last include fills it in.
#
# Needs: real.
# Gives: KERNELS, memcpy, table.

from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

from kernels cimport *

include "rows.pxi"

cdef Kernels table

KERNELS = PyCapsule_New(&table, "fastbp.kernels", NULL)
