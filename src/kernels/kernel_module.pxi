# What makes an included set of loops a kernel module: the table that the boundary takes.

from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

from kernels cimport *

include "scalar.pxi"
include "rows.pxi"
include "plain.pxi"
include "output.pxi"

cdef Kernels table
table.itemsize = sizeof(real)
table.slice_work = 1 << 25
table.scratch = 0
table.gather = <gather_t> gather
table.forward = <forward_t> forward
table.activate = <activate_t> activate
table.output = <output_t> output
table.count_exact = <count_exact_t> count_exact
table.transpose = NULL
table.delta = <delta_t> delta_below
table.slope = <slope_t> times_slope
table.accumulate = <accumulate_t> accumulate
table.accumulate_bias = <accumulate_bias_t> accumulate_bias
table.add = <add_t> add
table.update = <update_t> update
table.accumulate_update = NULL
table.all_finite = <all_finite_t> all_finite
table.small_steps = NULL
table.multiply_adds = NULL
table.round_flops = 0

KERNELS = PyCapsule_New(&table, "fastbp.kernels", NULL)
