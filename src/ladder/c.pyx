# The module around c_loops.h: its functions' names, and the tables of them.

from loops cimport Loops, accumulate_t, backward_t, forward_t

cdef extern from *:
    """
    #define real float
    #define NAME(f) f##_float
    #include "c_loops.h"
    #undef real
    #undef NAME
    #define real double
    #define NAME(f) f##_double
    #include "c_loops.h"
    #undef real
    #undef NAME
    """
    void forward_float() nogil
    void forward_double() nogil
    void backward_float() nogil
    void backward_double() nogil
    void accumulate_float() nogil
    void accumulate_double() nogil

include "tables.pxi"

of_float32.k_major = of_float64.k_major = True
of_float32.forward = <forward_t> forward_float
of_float64.forward = <forward_t> forward_double
of_float32.backward = <backward_t> backward_float
of_float64.backward = <backward_t> backward_double
of_float32.accumulate = <accumulate_t> accumulate_float
of_float64.accumulate = <accumulate_t> accumulate_double
