# Softmax and the output layer where rows are narrow: a vector holds one output of LANES samples.
#
# A row of ten outputs fills no vector, and what a whole row must agree on (its largest z, its sums)
# takes as long as all the rest. Columns have neither fault; two or three transposes pay for that.
#
# Needs: real, transpose_block, activations.pxi, kernels.pxd, losses.pxi, vector_maths.pxi,
#   vectors.pxi.
# Gives: NARROW, output_columns, output_rows_t, softmax_columns.

cdef enum:
    NARROW = 32  # outputs: on two vectors a row, rows and columns take about the same time

ctypedef void (*output_rows_t)(const Loss *loss, const Activation *g, const real *z, const real *a,
                               const real *y, const real *truth, Py_ssize_t ld,
                               real *delta, double *C_0,
                               Py_ssize_t *n_correct, double *is_correct,
                               Py_ssize_t m, Py_ssize_t n) noexcept nogil


cdef inline void to_columns(const real *rows, Py_ssize_t ld, real *columns,
                            Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j = 0
    while True:
        transpose_block(rows + j, ld, m, columns + j * LANES, LANES, n - j)
        j += LANES
        if j >= n:
            break


cdef inline void to_rows(const real *columns, real *rows, Py_ssize_t ld,
                         Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """Pads of the last vectors get zeros."""
    cdef Py_ssize_t j = 0
    while j < n:
        transpose_block(columns + j * LANES, LANES, n - j, rows + j, ld, m)
        j += LANES


cdef void softmax_columns(const real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                          Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef real of[NARROW * LARGEST_VECTOR]
    cdef Py_ssize_t j
    cdef vec e, top, total = splat(0)
    to_columns(z, ld_z, of, m, n)
    top = largest_column(of, n)
    for j in range(n):
        e = vexp(load(of + j * LANES) - top)
        store(of + j * LANES, e)
        total = total + e
    for j in range(n):
        store(of + j * LANES, load(of + j * LANES) / total)
    to_rows(of, a, ld_a, m, n)


cdef inline vec largest_column(const real *x, Py_ssize_t n) noexcept nogil:
    """The largest of n vectors, lane by lane, but for what is no number."""
    cdef Py_ssize_t j
    cdef vec x_j, top = load(x)
    for j in range(1, n):
        x_j = load(x + j * LANES)
        top = where_less(top, x_j, x_j, top)
    return top


cdef void output_columns(const Loss *loss, const Activation *g, const real *z, const real *a,
                         const real *y, const real *truth, Py_ssize_t ld,
                         real *delta, double *C_0,
                         Py_ssize_t *n_correct, double *is_correct,
                         Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """At most LANES rows."""
    cdef real of_z[NARROW * LARGEST_VECTOR]
    cdef real of_a[NARROW * LARGEST_VECTOR]
    cdef real of_y[NARROW * LARGEST_VECTOR]
    cdef const real *from_z = of_a  # for losses that do without
    cdef const real *true_y = of_y
    cdef Py_ssize_t i, j
    cdef double factor = loss_factor(loss.id, n)
    cdef vec a_j, y_j, term, error, top = splat(0), log_top = splat(0)
    cdef vec c = splat(<real> factor)
    cdef doubles_t total = no_doubles()
    to_columns(a, ld, of_a, m, n)
    to_columns(y, ld, of_y, m, n)
    if truth != y and (n_correct != NULL or is_correct != NULL):
        to_columns(truth, ld, of_z, m, n)
        true_y = of_z
    if n_correct != NULL:
        n_correct[0] += count_in_columns(of_a, true_y, m, n)
    if is_correct != NULL:
        mark_in_columns(of_a, true_y, is_correct, m, n)
    if reads_z(loss.id) or keeps_slope(g.id):
        to_columns(z, ld, of_z, m, n)
        from_z = of_z
    if reads_top(loss.id):
        top = largest_column(from_z, n)
        log_top = vlog(largest_column(of_a, n))
    for j in range(n):
        a_j, y_j = load(of_a + j * LANES), load(of_y + j * LANES)
        term = loss_term(loss, load(from_z + j * LANES), a_j, y_j, top, log_top)
        total = plus_squares(total, term) if sums_squares(loss.id) else plus(total, term)
        error = loss_delta(loss, a_j, y_j, c)
        if takes_slope(loss.id):
            error = error * slope_of(g, load(from_z + j * LANES), a_j)
        store(of_a + j * LANES, error)
    for i in range(m):
        C_0[i] = factor * double_of_lane(total, i)
    if delta != NULL:
        to_rows(of_a, delta, ld, m, n)


cdef Py_ssize_t count_in_columns(const real *a, const real *y,
                                 Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """In how many lanes the first largest number of either stands in the same place."""
    cdef vec of_a, of_y
    first_largest(a, y, n, &of_a, &of_y)
    return count_equal(of_a, of_y, m)


cdef inline void first_largest(const real *a, const real *y, Py_ssize_t n,
                               vec *in_a, vec *in_y) noexcept nogil:
    """Lane by lane, where the first largest number of each stands; one output: 1 from 1/2 on."""
    cdef Py_ssize_t j
    cdef vec x, place, top_a = load(a), top_y = load(y), of_a = splat(0), of_y = splat(0)
    if n == 1:
        of_a = where_less(top_a, splat(<real> 0.5), splat(0), splat(1))
        of_y = where_less(top_y, splat(<real> 0.5), splat(0), splat(1))
    for j in range(1, n):
        place = splat(<real> j)
        x = load(a + j * LANES)
        of_a, top_a = where_less(top_a, x, place, of_a), where_less(top_a, x, x, top_a)
        x = load(y + j * LANES)
        of_y, top_y = where_less(top_y, x, place, of_y), where_less(top_y, x, x, top_y)
    in_a[0], in_y[0] = of_a, of_y


cdef void mark_in_columns(const real *a, const real *y, double *is_correct,
                          Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """1 in those lanes, else 0."""
    cdef real of_a[LARGEST_VECTOR]
    cdef real of_y[LARGEST_VECTOR]
    cdef Py_ssize_t i
    cdef vec in_a, in_y
    for i in range(LARGEST_VECTOR):
        of_a[i] = of_y[i] = 0  # or GCC sees numbers that nothing wrote
    first_largest(a, y, n, &in_a, &in_y)
    store(of_a, in_a)
    store(of_y, in_y)
    for i in range(m):
        is_correct[i] = of_a[i] == of_y[i]
