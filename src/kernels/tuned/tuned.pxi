# What the tuned kernels are made of: vectors, the types of tiles and of the activations' loops, and
# the move of SGD that one kind of tile ends with.

include "vectors.pxi"

ctypedef void (*tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                        const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start,
                        real *to, Py_ssize_t ld_to,
                        const real *ahead, Py_ssize_t ahead_step, Py_ssize_t n) noexcept nogil
ctypedef void (*sgd_tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                            const real *B, Py_ssize_t ldb, real rate, real *w, Py_ssize_t ld_w,
                            const real *ahead, Py_ssize_t ahead_step,
                            Py_ssize_t n) noexcept nogil

ctypedef void (*rows_t)(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                        Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil
ctypedef void (*slopes_t)(const real *a, const real *dC_da, real *delta, Py_ssize_t ld,
                          Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil

cdef rows_t G_ROWS[N_ACTIVATIONS]
cdef slopes_t SLOPE_ROWS[N_ACTIVATIONS]


cdef inline vec moved_by_sgd(vec w, vec dw, vec rate) noexcept nogil:
    return w - rate * dw


cdef inline void move(real *w, vec dw, vec rate) noexcept nogil:
    store(w, moved_by_sgd(load(w), dw, rate))


include "vector_maths.pxi"
