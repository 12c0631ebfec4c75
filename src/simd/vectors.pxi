# Vectors of `real` (simd.h), as Cython sees them.
#
# Needs: real.
# Gives: everything below.

from libc.math cimport NAN
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "simd.h" nogil:
    ctypedef double vec  # so Cython lets it be used with + - * /; the compiler knows better
    const Py_ssize_t LANES
    enum:
        MOST_SUMS  # numbers of the largest tile, of 14 x 2 vectors
    vec load(const real *p)
    void store(real *p, vec v)
    vec splat(real x)
    vec where_less(vec x, vec y, vec then, vec otherwise)
    vec where_equal(vec x, vec y, vec then, vec otherwise)
    vec at_least(vec least, vec x)
    vec at_most(vec most, vec x)
    vec absolute(vec x)
    vec square_root(vec x)
    vec with_sign_of(vec x, vec sign)
    vec round_magic(int k)
    vec power_of_two(vec n_in_bits)
    vec no_fma(vec x)
    double no_fma_double(double x)
    vec exponent(vec x)
    vec scaled_down(vec x, vec n)
    vec first_lanes(vec x, Py_ssize_t n, vec otherwise)
    Py_ssize_t count_equal(vec x, vec y, Py_ssize_t n)
    vec even_blocks(vec a, vec b, int s)
    vec odd_blocks(vec a, vec b, int s)
    vec lane(vec x, int i)
    real sum_of_lanes(vec x)
    real largest_lane(vec x)
    double sum_of_squares(vec x)
    ctypedef struct doubles_t:
        pass
    doubles_t no_doubles()
    doubles_t plus_squares(doubles_t total, vec x)
    doubles_t plus(doubles_t total, vec x)
    double double_of_lane(doubles_t x, Py_ssize_t i)
    void prefetch_l1(const char *p)
    void prefetch_l2(const char *p)

cdef extern from "dropout.h" nogil:
    uint64_t seed_of(uint64_t seed, uint64_t n)
    vec kept_or_marked(uint64_t row_seed, uint32_t j, uint32_t threshold, vec x)
    vec zero_where_marked(vec a, vec x)


cdef inline vec not_a_number() noexcept nogil:
    return splat(<real> NAN)


cdef inline Py_ssize_t vectors_in(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) // LANES
