# The output layer: the loss of each sample, and delta^(L), where the backward pass starts. C_0 is a
# double, and summed in double; the formulas are those of losses.pxi.
#
# Needs: real, activations.pxi, kernels.pxd, losses.pxi, one_lane.pxi, rows.pxi.
# Gives: output.

cdef void output(const Loss *loss, const Activation *g, const real *z, const real *a,
                 const real *y, const real *truth, Py_ssize_t ld, real *delta, double *C_0,
                 Py_ssize_t *n_correct, double *is_correct,
                 Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if n_correct != NULL:
        n_correct[0] += count_correct(a, truth, ld, m, n)
    for i in range(m):
        if is_correct != NULL:
            is_correct[i] = count_correct(a + i * ld, truth + i * ld, ld, 1, n)
        C_0[i] = sample_loss(loss, z + i * ld, a + i * ld, y + i * ld, n)
        if delta != NULL:
            output_delta(loss, g, z + i * ld, a + i * ld, y + i * ld, delta + i * ld, ld, n)


cdef double sample_loss(const Loss *loss, const real *z, const real *a, const real *y,
                        Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef Py_ssize_t at_top = 0
    cdef real term, top = 0, log_top = 0
    cdef double total = 0
    if reads_top(loss.id):
        for j in range(n):
            at_top = j if z[j] > z[at_top] else at_top
        top, log_top = z[at_top], vlog(a[at_top])
    for j in range(n):
        term = loss_term(loss, z[j], a[j], y[j], top, log_top)
        total = plus_squares(total, term) if sums_squares(loss.id) else plus(total, term)
    return loss_factor(loss.id, n) * total


cdef void output_delta(const Loss *loss, const Activation *g, const real *z, const real *a,
                       const real *y, real *delta, Py_ssize_t ld, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef real factor = <real> loss_factor(loss.id, n)
    for j in range(n):
        delta[j] = loss_delta(loss, a[j], y[j], factor)
    if takes_slope(loss.id):
        for j in range(n):
            delta[j] *= slope_of(g, z[j], a[j])
