# A `vec` of one number: what the formulas need, by the C maths functions of `real`.
#
# The twin of vectors.pxi and vector_maths.pxi.
#
# Needs: copysign, exp, expm1, fabs, log, log1p, real, sqrt.
# Gives: everything below but doubles_t.

from libc.math cimport NAN
from libc.stdint cimport uint32_t, uint64_t

ctypedef real vec
ctypedef double doubles_t  # a sum in double

cdef enum:
    LANES = 1

cdef extern from "dropout.h" nogil:
    uint64_t seed_of(uint64_t seed, uint64_t n)
    double kept_or_marked(uint64_t row_seed, uint32_t j, uint32_t threshold, double x)
    double zero_where_marked(double a, double x)

cdef inline Py_ssize_t vectors_in(Py_ssize_t n) noexcept nogil:
    return n

cdef inline vec load(const real *p) noexcept nogil:
    return p[0]

cdef inline void store(real *p, vec x) noexcept nogil:
    p[0] = x

cdef inline vec splat(real x) noexcept nogil:
    return x

cdef inline vec constant(double of_float, double of_double) noexcept nogil:
    return <real> (of_float if sizeof(real) == 4 else of_double)

cdef inline vec not_a_number() noexcept nogil:
    return <real> NAN

cdef inline vec where_less(vec x, vec y, vec then, vec otherwise) noexcept nogil:
    return then if x < y else otherwise

cdef inline vec where_equal(vec x, vec y, vec then, vec otherwise) noexcept nogil:
    return then if x == y else otherwise

cdef inline vec at_least(vec least, vec x) noexcept nogil:
    return least if x < least else x  # NaN stays NaN

cdef inline vec at_most(vec most, vec x) noexcept nogil:
    return most if most < x else x  # likewise

cdef inline vec absolute(vec x) noexcept nogil:
    return fabs(x)

cdef inline vec with_sign_of(vec x, vec sign) noexcept nogil:
    return copysign(x, sign)

cdef inline vec square_root(vec x) noexcept nogil:
    return sqrt(x)

cdef inline real sum_of_lanes(vec x) noexcept nogil:
    return x

cdef inline vec no_fma(vec x) noexcept nogil:
    return x  # nothing is fused in the plain kernels: see FLAGS in setup.py

cdef inline vec vexp(vec z) noexcept nogil:
    return exp(z)

cdef inline vec vexpm1(vec z) noexcept nogil:
    return expm1(z)

cdef inline vec vlog(vec x) noexcept nogil:
    return log(x)

cdef inline vec vlog1p(vec x) noexcept nogil:
    return log1p(x)

cdef inline doubles_t plus(doubles_t total, vec x) noexcept nogil:
    return total + x

cdef inline doubles_t plus_squares(doubles_t total, vec x) noexcept nogil:
    return total + <double> x * x
