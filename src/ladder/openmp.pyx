# Threads: the rows of a mini-batch, and those of dw, are shared among them.
#
# Idea: prange where range stood, and the compiler's OpenMP does the rest. On one thread it is
#   axpy.
# Expected: twice as fast on two cores where a layer's loops take a hundred microseconds or more;
#   slower than on one thread where they take ten.
# Why: to wake the threads and to wait for the last one costs some microseconds for every loop
#   over a layer, three of them a layer and step. No sum is split: the result is the same, to the
#   last bit, for any number of threads.
#
# Built only where FASTBP_OPENMP=1 is set: fastbp links no OpenMP. A process that has run one of
# these loops must not fork: GCC's threads do not survive it, and the child would wait for them
# forever.

from cython.parallel cimport prange

from loops cimport *

cdef int threads = 1


def use(Py_ssize_t n):
    """Take so many threads from now on."""
    global threads
    threads = n


cdef void forward(const real *w, const real *b, const real *below, real *z,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef real a_k
    for i in prange(m, num_threads=threads, schedule="static"):
        for j in range(n_out):
            z[i * n_out + j] = b[j]
        for k in range(n_in):
            a_k = below[i * n_in + k]
            for j in range(n_out):
                z[i * n_out + j] += w[k * n_out + j] * a_k


cdef void backward(const real *w, const real *delta, real *delta_below,
                   Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef real dC_da_k
    for i in prange(m, num_threads=threads, schedule="static"):
        for k in range(n_in):
            dC_da_k = 0
            for j in range(n_out):
                dC_da_k = dC_da_k + w[k * n_out + j] * delta[i * n_out + j]  # += would share it
            delta_below[i * n_in + k] = dC_da_k


cdef void accumulate(const real *delta, const real *below, real *dw, real *db,
                     Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef real a_k
    for k in prange(n_in, num_threads=threads, schedule="static"):
        for j in range(n_out):
            dw[k * n_out + j] = 0
        for i in range(m):
            a_k = below[i * n_in + k]
            for j in range(n_out):
                dw[k * n_out + j] += delta[i * n_out + j] * a_k
    for j in range(n_out):
        db[j] = 0
    for i in range(m):
        for j in range(n_out):
            db[j] += delta[i * n_out + j]


cdef bint K_MAJOR = True

include "both.pxi"
