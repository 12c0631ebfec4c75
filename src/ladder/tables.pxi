# A rung's tables of loops, one for each number type, as capsules for the driver.
#
# Needs: loops.pxd.
# Gives: LOOPS, of_float32, of_float64.

from cpython.pycapsule cimport PyCapsule_New

cdef Loops of_float32, of_float64

LOOPS = {
    "float32": PyCapsule_New(&of_float32, "fastbp.loops", NULL),
    "float64": PyCapsule_New(&of_float64, "fastbp.loops", NULL),
}
