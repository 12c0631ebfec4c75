# BLAS: each loop is one call of a library that others have tuned for decades.
#
# Idea: gemm, the product of matrices, from the BLAS that SciPy brings along
#   (scipy.linalg.cython_blas).
# Expected: beside tiles on wide layers, behind them on narrow ones.
# Why: a BLAS has register tiles too, and cuts large matrices into blocks that fit the caches. But
#   on the way in it looks at its arguments and copies both matrices into panels, which is much
#   for small ones; and it knows nothing but products, so bias, activation and update pass over
#   the memory once more.
#
# SciPy is not needed to build this: its functions are looked up at import, in the capsules that
# Cython exports. BLAS is column-major: what it takes for a matrix is ours transposed, so C = A B
# is computed as C' = B' A'.

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer

from scipy.linalg import cython_blas

from loops cimport *

ctypedef void (*sgemm_t)(char *, char *, int *, int *, int *, float *, const float *, int *,
                         const float *, int *, float *, float *, int *) noexcept nogil
ctypedef void (*dgemm_t)(char *, char *, int *, int *, int *, double *, const double *, int *,
                         const double *, int *, double *, double *, int *) noexcept nogil


cdef void *look_up(str name) except NULL:
    capsule = cython_blas.__pyx_capi__[name]
    cdef const char *signature = PyCapsule_GetName(capsule)
    if not signature.startswith(b"void (char *, char *, int *, int *, int *, "):
        raise ImportError(f"this SciPy's {name} is not what it was: {signature.decode()}")
    return PyCapsule_GetPointer(capsule, signature)


cdef sgemm_t sgemm = <sgemm_t> look_up("sgemm")
cdef dgemm_t dgemm = <dgemm_t> look_up("dgemm")


cdef void gemm(char trans_a, char trans_b, int rows, int columns, int terms,
               const real *a, int ld_a, const real *b, int ld_b, real beta,
               real *c, int ld_c) noexcept nogil:
    """Column-major c = a b + beta c, with a and b as they are (b"N") or transposed (b"T")."""
    cdef real one = 1
    if real is float:
        sgemm(&trans_a, &trans_b, &rows, &columns, &terms, &one, a, &ld_a, b, &ld_b, &beta,
              c, &ld_c)
    else:
        dgemm(&trans_a, &trans_b, &rows, &columns, &terms, &one, a, &ld_a, b, &ld_b, &beta,
              c, &ld_c)


cdef void forward(const real *w, const real *b, const real *below, real *z,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(m):
        for j in range(n_out):
            z[i * n_out + j] = b[j]
    gemm[real](b"N", b"N", n_out, m, n_in, w, n_out, below, n_in, 1, z, n_out)


cdef void backward(const real *w, const real *delta, real *delta_below,
                   Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    gemm[real](b"T", b"N", n_in, m, n_out, w, n_out, delta, n_out, 0, delta_below, n_in)


cdef void accumulate(const real *delta, const real *below, real *dw, real *db,
                     Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j
    gemm[real](b"N", b"T", n_out, n_in, m, delta, n_out, below, n_in, 0, dw, n_out)
    for j in range(n_out):
        db[j] = 0
    for i in range(m):
        for j in range(n_out):
            db[j] += delta[i * n_out + j]


cdef bint K_MAJOR = True

include "both.pxi"
