# Explicit vectors: the loops of axpy, a whole vector of nodes j at a time.
#
# Idea: write the vectors down (simd.h), as wide as the machine has them, the sums in registers.
# Expected: two to four times faster than axpy, `backward` most.
# Why: a package for every x86-64 may use no more than SSE2's 16 bytes. This rung is built for
#   each instruction set and chosen when it is loaded: 32 bytes with AVX2, 64 with AVX-512, and a
#   product and its addition in one instruction. Rows are padded to whole cache lines, so there is
#   no rest to do one by one. And it is for us to choose the order: in `backward` there are as
#   many sums as lanes.
#
# Needs: real, kernels.pxd, loops.pxd, tuned_rung.pxi, vectors.pxi.
# Gives: LOOPS.

cdef void forward(const real *w, const real *b, const real *below, real *z,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, v, k
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    cdef vec sums
    for i in range(m):
        for v in range(vectors_in(n_out)):
            sums = load(b + v * LANES)
            for k in range(n_in):
                sums = sums + splat(below[i * ld_in + k]) * load(w + k * ld + v * LANES)
            store(z + i * ld + v * LANES, sums)


cdef void backward(const real *w, const real *delta, real *delta_below,
                   Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, v, k
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    cdef vec sums
    for i in range(m):
        for k in range(n_in):
            sums = splat(0)
            for v in range(vectors_in(n_out)):
                sums = sums + load(w + k * ld + v * LANES) * load(delta + i * ld + v * LANES)
            delta_below[i * ld_in + k] = sum_of_lanes(sums)


cdef void accumulate(const real *delta, const real *below, real *dw, real *db,
                     Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, v, k
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    cdef vec sums
    for v in range(vectors_in(n_out)):
        for k in range(n_in):
            sums = splat(0)
            for i in range(m):
                sums = sums + splat(below[i * ld_in + k]) * load(delta + i * ld + v * LANES)
            store(dw + k * ld + v * LANES, sums)
    sum_rows(delta, db, m, n_out)


cdef Loops table
table.k_major = table.padded = True
table.forward = <forward_t> forward
table.backward = <backward_t> backward
table.accumulate = <accumulate_t> accumulate
LOOPS = PyCapsule_New(&table, "fastbp.loops", NULL)
