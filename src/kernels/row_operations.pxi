# The table's operations on rows: what every kernel set does in the same way, on its own `vec`.
# A set's softmax_rows takes at most LANES rows.
#
# Needs: real, activations.pxi, kernels.pxd, update_rules.pxi; one_lane.pxi and plain.pxi, or
#   tuned_output.pxi and vector_maths.pxi and vectors.pxi.
# Gives: activate, clipped_loss, drop, drop_delta, scale_rows, soften_rows, times_slope, update.

cdef void activate(const Activation *g, const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                   real *slope, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i = 0
    if g.id == SOFTMAX:
        while i < m:
            softmax_rows(z + i * ld_z, ld_z, a + i * ld_a, ld_a, min(LANES, m - i), n)
            i += LANES
    elif g.id != IDENTITY or z != a:
        G_ROWS[<int> g.id](g, z, ld_z, a, ld_a, slope, m, vectors_in(n))


cdef void times_slope(const Activation *g, const real *saved, const real *dC_da, real *delta,
                      Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    if g.id == SOFTMAX:
        times_softmax_slope(saved, dC_da, delta, ld, m, n)
    elif g.id != IDENTITY or dC_da != delta:
        SLOPE_ROWS[<int> g.id](g, saved, dC_da, delta, ld, m, vectors_in(n))


cdef void times_softmax_slope(const real *a, const real *dC_da, real *delta,
                              Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """delta_j = sum_i dC/da_i da_i/dz_j, where da_i/dz_j = a_i (1 if i = j, else 0) - a_i a_j."""
    cdef Py_ssize_t i, j
    cdef double total
    for i in range(m):
        total = 0
        for j in range(n):
            total += <double> a[j] * dC_da[j]
        for j in range(n):
            delta[j] = <real> (a[j] * (dC_da[j] - total))
        a, dC_da, delta = a + ld, dC_da + ld, delta + ld


cdef void drop(const Dropout *dropout, uint64_t seed, const real *x, real *y, Py_ssize_t ld,
               Py_ssize_t row, Py_ssize_t m, Py_ssize_t j, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, v
    cdef uint64_t row_seed
    cdef uint32_t threshold = dropout.threshold
    cdef vec scale = splat(<real> dropout.scale), zero = splat(0)
    for i in range(m):
        row_seed = seed_of(seed, row + i)
        for v in range(vectors_in(n)):
            # -0.0 + 0 is 0.0
            store(y + v * LANES, <vec> kept_or_marked(row_seed, j + v * LANES, threshold,
                                                      load(x + v * LANES) * scale + zero))
        x, y = x + ld, y + ld


cdef void scale_rows(real *x, Py_ssize_t ld, const double *factors,
                     Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, v
    cdef vec factor
    for i in range(m):
        factor = splat(<real> factors[i])
        for v in range(vectors_in(n)):
            store(x + v * LANES, load(x + v * LANES) * factor if <real> factors[i] != 0
                  else splat(0))
        x += ld


cdef void soften_rows(const real *y, const real *softening, real *t, Py_ssize_t ld,
                      bint normalizes, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef const real *shift = softening + ld
    cdef Py_ssize_t v, last = vectors_in(n)
    cdef vec x, total
    for _ in range(m):
        total = splat(0)
        for v in range(last):
            x = no_fma(load(softening + v * LANES) * load(y + v * LANES)) + load(shift + v * LANES)
            store(t + v * LANES, x)
            total = total + x
        if normalizes and sum_of_lanes(total) > 0:
            total = splat(sum_of_lanes(total))
            for v in range(last):
                store(t + v * LANES, load(t + v * LANES) / total)
        y, t = y + ld, t + ld


cdef void clipped_loss(const real *a, const real *y, Py_ssize_t ld, double clip,
                       double *C_0, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef real logarithms[LARGEST_VECTOR]
    cdef vec of_a, p, least = splat(<real> clip), most = splat(1) - least
    cdef Py_ssize_t i, v, j
    for i in range(m):
        C_0[i] = 0
        for v in range(vectors_in(n)):
            of_a = load(a + v * LANES)
            p = where_equal(load(y + v * LANES), splat(0), splat(1) - of_a, of_a)
            store(logarithms, vlog(at_least(least, at_most(most, p))))
            for j in range(min(LANES, n - v * LANES)):
                C_0[i] -= logarithms[j]
        a, y = a + ld, y + ld


cdef void drop_delta(const Dropout *dropout, const real *a, real *delta, Py_ssize_t ld,
                     Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t v
    cdef vec scale = splat(<real> dropout.scale)
    for _ in range(m):
        for v in range(vectors_in(n)):
            store(delta + v * LANES, <vec> zero_where_marked(load(a + v * LANES),
                                                             load(delta + v * LANES) * scale))
        a, delta = a + ld, delta + ld


cdef void update(const Update *u, real *w, const real *dw, void **memories, Py_ssize_t place,
                 Py_ssize_t ld, Py_ssize_t n_rows, Py_ssize_t n_out) noexcept nogil:
    cdef Rates r
    set_rates(u, &r)
    update_rows_of(u)(&r, w, memories, place, ld, dw, ld, n_rows, vectors_in(n_out))
