# What the tuned kernels are made of: vectors, and the type of a tile.

cdef extern from "simd.h" nogil:
    ctypedef double vec  # so Cython lets it be used with + - * /; the compiler knows better
    const Py_ssize_t LANES
    vec load(const real *p)
    void store(real *p, vec v)
    vec splat(real x)
    vec where_less(vec x, vec y, vec then, vec otherwise)
    vec absolute(vec x)
    vec with_sign_of(vec x, vec sign)
    vec power_of_two(vec n)
    vec nearest(vec x)

ctypedef vec (*vector_t)(vec) noexcept nogil
ctypedef void (*tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                        const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start,
                        real *to, Py_ssize_t ld_to, Py_ssize_t n) noexcept nogil

include "vector_maths.pxi"
