# The output layer: the loss of each sample, and delta^(L), where the backward pass starts.
#
#     squared errors       C_0 = c sum_j (a_j - y_j)^2          delta_j = 2 c (a_j - y_j) g'(z_j)
#     cross_entropy        C_0 = -sum_j y_j ln a_j              delta_j = a_j - y_j
#     binary_cross_entropy C_0 = -sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))    delta_j = a_j - y_j
#
# with c = 1, 1/2 or 1/n_L. The entropies are computed from z, in forms that are finite where
# a_j underflows. C_0 is a double, and summed in double.

cdef void output(LossId loss, int activation, const real *z, const real *a,
                 const real *y, Py_ssize_t ld, real *delta, double *C_0,
                 Py_ssize_t *right, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if right != NULL:
        right[0] += count_correct(a, y, ld, m, n)
    for i in range(m):
        C_0[i] = sample_loss(loss, z + i * ld, a + i * ld, y + i * ld, n)
        if delta != NULL:
            output_delta(loss, activation, a + i * ld, y + i * ld, delta + i * ld, n)


cdef double square_factor(LossId loss, Py_ssize_t n) noexcept nogil:
    if loss == MEAN_SQUARED_ERROR:
        return 1.0 / n
    return 0.5 if loss == HALF_SQUARED_ERROR else 1


cdef double sample_loss(LossId loss, const real *z, const real *a, const real *y,
                        Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef Py_ssize_t top = 0
    cdef double C_0 = 0, log_sum, difference
    cdef double factor = square_factor(loss, n)
    if loss == CROSS_ENTROPY:  # -ln a_j = ln sum_h e^(z_h) - z_j: finite where a_j underflows
        for j in range(n):
            top = j if z[j] > z[top] else top
        log_sum = z[top] - log(a[top])  # the largest a_j is at least 1/n: its logarithm is exact
        for j in range(n):
            C_0 += y[j] * (log_sum - z[j]) if y[j] != 0 else 0  # 0 ln 0 = 0
    elif loss == BINARY_CROSS_ENTROPY:  # ln(1 + e^z) - y z
        for j in range(n):
            C_0 += softplus(z[j]) - y[j] * <double> z[j]
    else:
        for j in range(n):
            difference = <double> a[j] - y[j]
            C_0 += factor * difference * difference
    return C_0


cdef void output_delta(LossId loss, int activation, const real *a, const real *y, real *delta,
                       Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef real factor = <real> (2 * square_factor(loss, n))
    cdef scalar_t slope = SLOPE[activation]
    if loss == CROSS_ENTROPY or loss == BINARY_CROSS_ENTROPY:
        for j in range(n):
            delta[j] = a[j] - y[j]
    else:
        for j in range(n):
            delta[j] = factor * (a[j] - y[j]) * slope(a[j])
