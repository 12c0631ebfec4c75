# What the tuned kernels are made of: vectors, the type of a tile, and the activations' loops.

cdef extern from "simd.h" nogil:
    ctypedef double vec  # so Cython lets it be used with + - * /; the compiler knows better
    const Py_ssize_t LANES
    vec load(const real *p)
    void store(real *p, vec v)
    vec splat(real x)
    vec where_less(vec x, vec y, vec then, vec otherwise)
    vec where_equal(vec x, vec y, vec then, vec otherwise)
    vec absolute(vec x)
    vec square_root(vec x)
    vec with_sign_of(vec x, vec sign)
    vec whole(int k)
    vec power_of_two(vec n_in_bits)
    vec rounded(vec x)
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
    void ask_for(const char *p)

ctypedef void (*tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                        const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start,
                        real *to, Py_ssize_t ld_to, Py_ssize_t n) noexcept nogil
ctypedef void (*sgd_tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                            const real *B, Py_ssize_t ldb, real rate, real *w, Py_ssize_t ld_w,
                            Py_ssize_t n) noexcept nogil

ctypedef void (*rows_t)(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                        Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil
ctypedef void (*slopes_t)(const real *a, const real *dC_da, real *delta, Py_ssize_t ld,
                          Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil

cdef rows_t G_ROWS[N_ACTIVATIONS]
cdef slopes_t SLOPE_ROWS[N_ACTIVATIONS]


cdef inline Py_ssize_t vectors_in(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) // LANES


include "vector_maths.pxi"
include "tuned_update.pxi"
