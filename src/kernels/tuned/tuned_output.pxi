# Softmax and the output layer (output.pxi) on whole vectors: a row at a time, its pads masked, or
# where rows are narrow the columns of LANES rows.
#
# Needs: real, transpose_block, activations.pxi, kernels.pxd, losses.pxi, vector_maths.pxi,
#   vectors.pxi.
# Gives: softmax_rows, tuned_output.

include "narrow_output.pxi"


cdef void softmax_rows(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                       Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """At most LANES rows."""
    cdef Py_ssize_t i
    if n <= NARROW:
        softmax_columns(z, ld_z, a, ld_a, m, n)
        return
    for i in range(m):
        softmax(z + i * ld_z, a + i * ld_a, n)


cdef void softmax(const real *z, real *a, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t v, last = vectors_in(n) - 1
    cdef real top = largest_of(z, n)
    cdef vec e, total = splat(0)
    for v in range(last + 1):
        e = vexp(load(z + v * LANES) - splat(top))
        if v == last:
            e = first_lanes(e, n - v * LANES, splat(0))
        store(a + v * LANES, e)
        total = total + e
    total = splat(sum_of_lanes(total))
    for v in range(last + 1):
        store(a + v * LANES, load(a + v * LANES) / total)


cdef inline real largest_of(const real *x, Py_ssize_t n) noexcept nogil:
    """The largest of n numbers; if the first is no number, or every one, it may be none either."""
    cdef Py_ssize_t v, last = vectors_in(n) - 1
    cdef vec y, top = splat(x[0])
    for v in range(last + 1):
        y = load(x + v * LANES)
        if v == last:
            y = first_lanes(y, n - v * LANES, top)
        top = where_less(top, y, y, top)
    return largest_lane(top)


cdef void tuned_output(const Loss *loss, const Activation *g, const real *z, const real *a,
                       const real *y, const real *truth, Py_ssize_t ld,
                       real *delta, double *C_0,
                       Py_ssize_t *n_correct, double *is_correct,
                       Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t row = 0
    cdef output_rows_t some_rows = output_columns if n <= NARROW else output_rows
    while row < m:
        some_rows(loss, g, z + row * ld, a + row * ld, y + row * ld, truth + row * ld, ld,
                  NULL if delta == NULL else delta + row * ld, C_0 + row, n_correct,
                  NULL if is_correct == NULL else is_correct + row, min(LANES, m - row), n)
        row += LANES


cdef void output_rows(const Loss *loss, const Activation *g, const real *z, const real *a,
                      const real *y, const real *truth, Py_ssize_t ld,
                      real *delta, double *C_0,
                      Py_ssize_t *n_correct, double *is_correct,
                      Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """At most LANES rows: the logarithms of all of them are one vector's.

    Pads of delta get zeros: a and y are made equal there.
    """
    cdef real top[LARGEST_VECTOR]
    cdef real log_top[LARGEST_VECTOR]
    cdef Py_ssize_t i, v, at, last = vectors_in(n) - 1
    cdef double factor = loss_factor(loss.id, n), total
    cdef vec error, of_a, of_y, term, terms, c = splat(<real> factor)
    for i in range(LANES):
        top[i], log_top[i] = 0, 1
    if reads_top(loss.id):
        for i in range(m):
            top[i] = largest_of(z + i * ld, n)
            log_top[i] = largest_of(a + i * ld, n)
        store(log_top, vlog(load(log_top)))
    for i in range(m):
        total = 0
        terms = splat(0)
        for v in range(last + 1):
            at = i * ld + v * LANES
            of_y, of_a = load(y + at), load(a + at)
            if v == last:
                of_a = first_lanes(of_a, n - v * LANES, of_y)
            term = loss_term(loss, load(z + at), of_a, of_y, splat(top[i]), splat(log_top[i]))
            if sums_squares(loss.id):
                total += factor * sum_of_squares(term)
            else:
                terms = terms + first_lanes(term, n - v * LANES, splat(0))
            if delta != NULL:
                error = loss_delta(loss, of_a, of_y, c)
                if takes_slope(loss.id):
                    error = error * slope_of(g, load(z + at), of_a)
                store(delta + at, error)
        C_0[i] = total + factor * sum_of_lanes(terms)
    if n_correct != NULL:
        n_correct[0] += count_in_rows(a, truth, ld, m, n)
    if is_correct != NULL:
        for i in range(m):
            is_correct[i] = count_in_rows(a + i * ld, truth + i * ld, ld, 1, n)


cdef Py_ssize_t count_in_rows(const real *a, const real *y, Py_ssize_t ld,
                              Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """The first place where either row has its largest number must be that of the other too."""
    cdef Py_ssize_t i, j, n_correct = 0
    cdef real of_a, of_y
    for i in range(m):
        of_a, of_y = largest_of(a, n), largest_of(y, n)
        j = 0
        while j < n - 1 and a[j] != of_a and y[j] != of_y:
            j += 1
        n_correct += a[j] == of_a and y[j] == of_y
        a, y = a + ld, y + ld
    return n_correct
