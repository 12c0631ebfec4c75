# The plain kernels: the loops of backpropagation over j and k, as the notation writes them.
#
#     forward      z_j = b_j + sum_k w_jk a_k ,  a_j = g(z_j)
#     delta        delta_k (layer l-1) = g'(z_k) sum_j w_jk delta_j
#     accumulate   dC/dw_jk += delta_j a_k ,  dC/db_j += delta_j
#     update       w_jk -= eta dC/dw_jk
#
# Included with `real` = float or double and the C maths functions of that type. `below` is a^(l-1).
# The innermost loop runs over j wherever the order of a sum allows it: w_jk is contiguous in j,
# and independent sums are what a compiler may vectorise (a single sum over k it must not reorder).
# No kernel allocates, fails or knows a policy; what each must do is written in kernels.pxd.

cdef void forward(const real *w, Py_ssize_t ld_w, const real *b,
                  const real *below, Py_ssize_t ld_below,
                  real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a, real *sums,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                  int activation) noexcept nogil:
    cdef Py_ssize_t i, j, k, block
    cdef real a_k
    for i in range(m):
        block = 0
        while block < n_in:
            for j in range(n_out):
                sums[j] = b[j] if block == 0 else 0
            for k in range(block, min(n_in, block + SUM_BLOCK)):
                a_k = below[i * ld_below + k]
                for j in range(n_out):
                    sums[j] += w[k * ld_w + j] * a_k
            for j in range(n_out):
                z[i * ld_z + j] = sums[j] if block == 0 else z[i * ld_z + j] + sums[j]
            block += SUM_BLOCK
        activate_row(activation, z + i * ld_z, a + i * ld_a, n_out)


cdef void activate(int activation, const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                   Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(m):
        activate_row(activation, z + i * ld_z, a + i * ld_a, n)


cdef void activate_row(int activation, const real *z, real *a, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef real top, total
    cdef scalar_t g = G[activation]
    if activation == SOFTMAX:
        top = z[0]
        for j in range(n):
            top = z[j] if z[j] > top else top
        total = 0
        for j in range(n):
            a[j] = exp(z[j] - top)
            total += a[j]
        for j in range(n):
            a[j] /= total
    elif activation != IDENTITY or z != a:
        for j in range(n):
            a[j] = g(z[j])


cdef void delta_below(const real *w, Py_ssize_t ld_w, const real *transposed,  # which is not used
                      const real *delta, Py_ssize_t ld_delta,
                      const real *below, real *delta_k, Py_ssize_t ld_below,
                      Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                      int activation_below) noexcept nogil:
    cdef Py_ssize_t i, j, k, block
    cdef real dC_da_k, part
    cdef scalar_t slope = SLOPE[activation_below]
    for i in range(m):
        for k in range(n_in):
            dC_da_k = 0
            block = 0
            while block < n_out:
                part = 0
                for j in range(block, min(n_out, block + SUM_BLOCK)):
                    part += w[k * ld_w + j] * delta[i * ld_delta + j]
                dC_da_k += part
                block += SUM_BLOCK
            delta_k[i * ld_below + k] = slope(below[i * ld_below + k]) * dC_da_k


cdef void times_slope(int activation, const real *a, const real *dC_da, real *delta,
                      Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef scalar_t slope = SLOPE[activation]
    for i in range(m):
        for j in range(n):
            delta[i * ld + j] = slope(a[i * ld + j]) * dC_da[i * ld + j]


cdef void accumulate(const real *delta, Py_ssize_t ld_delta,
                     const real *below, Py_ssize_t ld_below, real *dw, Py_ssize_t ld_w,
                     Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                     Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j, k
    cdef real a_k
    for k in range(k_first, k_last):  # outside i, so that the row dw_.k stays in the cache
        for i in range(m):
            a_k = below[i * ld_below + k]
            for j in range(n_out):
                dw[k * ld_w + j] += delta[i * ld_delta + j] * a_k


cdef void accumulate_bias(const real *delta, Py_ssize_t ld_delta, real *db,
                          Py_ssize_t m, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(m):
        for j in range(n_out):
            db[j] += delta[i * ld_delta + j]


cdef void add(real *total, const real *part, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t p
    for p in range(n):
        total[p] += part[p]


cdef void update(const Update *u, real *w, const real *dw, real *state1, real *state2,
                 Py_ssize_t ld, Py_ssize_t n_rows, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n_rows):
        update_row(u, w, dw + k * ld, state1, state2, k * ld, n_out)


cdef inline void update_row(const Update *u, real *w, const real *dw, real *state1, real *state2,
                            Py_ssize_t row, Py_ssize_t n) noexcept nogil:
    if u.rule == PLAIN_SGD:
        sgd(u, w + row, dw, n)
    elif u.rule == ADAM:
        adam(u, w + row, dw, state1 + row, state2 + row, n)
    else:
        momentum(u, w + row, dw, state1 + row, n)


cdef inline void sgd(const Update *u, real *w, const real *dw, Py_ssize_t n) noexcept nogil:
    cdef real eta = <real> u.learning_rate, scale = <real> u.scale, l2 = <real> u.l2
    cdef Py_ssize_t j
    for j in range(n):
        w[j] -= eta * (scale * dw[j] + l2 * w[j])


cdef inline void momentum(const Update *u, real *w, const real *dw, real *v,
                          Py_ssize_t n) noexcept nogil:
    cdef real eta = <real> u.learning_rate, scale = <real> u.scale, l2 = <real> u.l2
    cdef real mu = <real> u.momentum, step
    cdef Py_ssize_t j
    for j in range(n):
        step = eta * (scale * dw[j] + l2 * w[j])
        v[j] = mu * v[j] - step
        w[j] += mu * v[j] - step if u.rule == NESTEROV else v[j]


cdef inline void adam(const Update *u, real *w, const real *dw, real *m, real *v,
                      Py_ssize_t n) noexcept nogil:
    cdef real eta = <real> (u.learning_rate / u.correction1), root = <real> (1 / u.correction2)
    cdef real scale = <real> u.scale, l2 = <real> u.l2, eps = <real> u.eps
    cdef real beta1 = <real> u.momentum, rest1 = <real> (1 - u.momentum)  # not 1 - beta1: the
    cdef real beta2 = <real> u.beta2, rest2 = <real> (1 - u.beta2)  # float32 0.999 is 1e-8 off
    cdef real dC_dw
    cdef Py_ssize_t j
    for j in range(n):
        dC_dw = scale * dw[j] + l2 * w[j]
        m[j] = beta1 * m[j] + rest1 * dC_dw
        v[j] = beta2 * v[j] + rest2 * dC_dw * dC_dw
        w[j] -= eta * m[j] / (sqrt(root * v[j]) + eps)
