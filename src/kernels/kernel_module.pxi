# What makes an included set of loops a kernel module: the table that the boundary takes, with what
# every set has. The set's own loops, included after this, put themselves in.

from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

from kernels cimport *

include "rows.pxi"

cdef Kernels table
table.itemsize = sizeof(real)
table.scratch = 0
table.gather = <gather_t> gather
table.count_exact = <count_exact_t> count_exact
table.transpose = NULL
table.add = <add_t> add
table.accumulate_update = NULL
table.all_finite = <all_finite_t> all_finite
table.small_steps = NULL
table.multiply_adds = NULL
table.round_flops = 0

KERNELS = PyCapsule_New(&table, "fastbp.kernels", NULL)
