# The end of a rung of memoryviews: objects that hold the views, since a table of C functions
# cannot, and making a view takes a microsecond.
#
# Needs: loops.pxd, memoryviews.pyx.
# Gives: View32, View64, VIEWS.

include "tables.pxi"


cdef class View32:
    cdef float[:, ::1] rows
    cdef float[::1] row

    def __init__(self, array):
        self.rows, self.row = array, array[0]


cdef class View64:
    cdef double[:, ::1] rows
    cdef double[::1] row

    def __init__(self, array):
        self.rows, self.row = array, array[0]


ctypedef fused View:
    View32
    View64


cdef void forward_views(View w, View b, View below, View z,
                        Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept:
    forward(w.rows, b.row, below.rows, z.rows, m)


cdef void backward_views(View w, View delta, View delta_below,
                         Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept:
    backward(w.rows, delta.rows, delta_below.rows, m)


cdef void accumulate_views(View delta, View below, View dw, View db,
                           Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept:
    accumulate(delta.rows, below.rows, dw.rows, db.row, m)


# By way of `void *`: the driver calls them as if they needed no GIL and raised nothing. It holds
# the GIL; an IndexError would be printed, its numbers would be wrong, and the proof would fail.
of_float32.forward = <forward_t> <void *> forward_views[View32]
of_float64.forward = <forward_t> <void *> forward_views[View64]
of_float32.backward = <backward_t> <void *> backward_views[View32]
of_float64.backward = <backward_t> <void *> backward_views[View64]
of_float32.accumulate = <accumulate_t> <void *> accumulate_views[View32]
of_float64.accumulate = <accumulate_t> <void *> accumulate_views[View64]

VIEWS = {"float32": View32, "float64": View64}
