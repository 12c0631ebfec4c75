# What the tuned kernels are made of: vectors, the formulas on them, the types of tiles, and the
# move of SGD that one kind of tile ends with.

include "vectors.pxi"
include "vector_maths.pxi"
include "activations.pxi"
include "update_rules.pxi"

ctypedef void (*tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                        const real *B, Py_ssize_t ldb, const real *start, Py_ssize_t ld_start,
                        real *to, Py_ssize_t ld_to,
                        const real *ahead, Py_ssize_t ahead_step, Py_ssize_t n) noexcept nogil
ctypedef void (*sgd_tile_t)(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                            const real *B, Py_ssize_t ldb, real rate, real *w, Py_ssize_t ld_w,
                            const real *ahead, Py_ssize_t ahead_step,
                            Py_ssize_t n) noexcept nogil


cdef inline void move(real *w, vec dw, vec rate) noexcept nogil:
    store(w, moved_by_sgd(load(w), dw, rate))
