# Reading the caller's samples, and counting correct predictions: what surrounds a step's products.
#
# The gather reads the caller's rows where they lie, in any stride and order, and converts them to
# `real` on the way: no copy of X is ever made. It checks finiteness after the conversion, since
# 1e300 is finite in float64 and not in float32. Of sparse rows the values are added to zeros, one
# by one: they may be in any order, and several in one place.
#
# Needs: real, kernel_module.pxi, kernels.pxd.
# Gives: add, all_finite, count_correct, count_exact, gather, gather_row, norm_squared.

ctypedef fused number:
    float
    double
    unsigned char


cdef inline void convert(const number *row, Py_ssize_t step, real *to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t c
    if step != sizeof(number):
        for c in range(n):
            to[c] = <real> (<const number *> (<const char *> row + c * step))[0]
    else:
        for c in range(n):  # contiguous: a loop that compilers vectorise
            to[c] = <real> row[c]


ctypedef fused sparse_number:
    float
    double

ctypedef fused sparse_index:
    int32_t
    int64_t


cdef inline bint add_values(const sparse_number *values, const sparse_index *columns,
                            Py_ssize_t count, real *to, Py_ssize_t n) noexcept nogil:
    """Add each value to the number in its column; false where there is no such column."""
    cdef Py_ssize_t i
    cdef sparse_index c
    for i in range(count):
        c = columns[i]  # read once: another thread of the caller's may write meanwhile
        if not 0 <= c < n:
            return False
        to[c] += <real> values[i]
    return True


cdef bint gather_sparse_row(const Source *source, Py_ssize_t i, real *to) noexcept nogil:
    cdef const char *start = source.data + i * source.row_stride
    cdef const char *columns
    cdef const char *values
    cdef Py_ssize_t first, last, n = source.n_columns
    if source.row_stride == sizeof(int32_t):
        first, last = (<const int32_t *> start)[0], (<const int32_t *> start)[1]
    else:
        first = <Py_ssize_t> (<const int64_t *> start)[0]
        last = <Py_ssize_t> (<const int64_t *> start)[1]
    if not 0 <= first <= last <= source.n_values:
        return False
    memset(to, 0, n * sizeof(real))
    columns = source.columns + first * source.index_size
    if source.kind == SPARSE_FLOAT32:
        values = source.values + first * <Py_ssize_t> sizeof(float)
        if source.index_size == sizeof(int32_t):
            return add_values(<const float *> values, <const int32_t *> columns, last - first,
                              to, n)
        return add_values(<const float *> values, <const int64_t *> columns, last - first, to, n)
    values = source.values + first * <Py_ssize_t> sizeof(double)
    if source.index_size == sizeof(int32_t):
        return add_values(<const double *> values, <const int32_t *> columns, last - first, to, n)
    return add_values(<const double *> values, <const int64_t *> columns, last - first, to, n)


cdef inline bint gather_row(const Source *source, Py_ssize_t i, real *to) noexcept nogil:
    """Convert a row; false if it is sparse and broken."""
    cdef Py_ssize_t c, n = source.n_columns, step = source.column_stride
    cdef const char *row = source.data + i * source.row_stride
    if source.kind == FLOAT32:
        convert(<const float *> row, step, to, n)
    elif source.kind == FLOAT64:
        convert(<const double *> row, step, to, n)
    elif source.kind == UINT8:
        convert(<const unsigned char *> row, step, to, n)
    elif source.kind == LABELS:
        for c in range(n):
            to[c] = 0
        to[(<const Py_ssize_t *> row)[0]] = 1
    else:
        return gather_sparse_row(source, i, to)
    return True


cdef Py_ssize_t first_nonfinite(const real *row, Py_ssize_t n) noexcept nogil:
    """The index of the first NaN or infinity, or -1."""
    cdef Py_ssize_t c
    cdef int bad = 0
    for c in range(n):
        bad |= row[c] - row[c] != 0  # x - x is 0 for a finite number, else NaN
    if bad:
        for c in range(n):
            if row[c] - row[c] != 0:
                return c
    return -1


cdef bint all_finite(const real *x, Py_ssize_t n) noexcept nogil:
    return first_nonfinite(x, n) < 0


cdef Py_ssize_t gather(const Source *source, const Py_ssize_t *order, Py_ssize_t m,
                       real *out, Py_ssize_t ld, bint check) noexcept nogil:
    cdef Py_ssize_t i, c, n = source.n_columns
    for i in range(m):
        if not gather_row(source, order[i] if order != NULL else i, out + i * ld):
            return BROKEN_ROW
    if check:  # all rows at once, pads and all: they are zero
        c = first_nonfinite(out, m * ld)
        if c >= 0:
            return c // ld * n + c % ld
    return -1


cdef Py_ssize_t count_correct(const real *a, const real *y, Py_ssize_t ld,
                              Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j, of_a, of_y, n_correct = 0
    for i in range(m):
        if n == 1:
            n_correct += (a[i * ld] >= <real> 0.5) == (y[i * ld] >= <real> 0.5)
            continue
        of_a = of_y = 0
        for j in range(1, n):
            if a[i * ld + j] > a[i * ld + of_a]:
                of_a = j
            if y[i * ld + j] > y[i * ld + of_y]:
                of_y = j
        n_correct += of_a == of_y
    return n_correct


cdef Py_ssize_t count_exact(const real *a, const real *y, Py_ssize_t ld,
                            Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j, n_correct = 0
    cdef int wrong
    for i in range(m):
        wrong = 0
        for j in range(n):
            wrong |= (a[i * ld + j] >= <real> 0.5) != (y[i * ld + j] >= <real> 0.5)
        n_correct += wrong == 0
    return n_correct


cdef double norm_squared(const real *x, Py_ssize_t n) noexcept nogil:
    cdef double sums[8]  # which compilers keep in vectors
    cdef Py_ssize_t p = 0, i
    for i in range(8):
        sums[i] = 0
    while p < n:
        for i in range(8):
            sums[i] += <double> x[p + i] * x[p + i]
        p += 8
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))


cdef void add(real *total, const real *part, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t p
    for p in range(n):
        total[p] += part[p]
