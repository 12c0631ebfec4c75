# Rows in and judgements out: what a step does around its loops.
#
# The gather reads the caller's rows where they lie, in any stride and order, and converts them to
# `real` on the way: no copy of X is ever made. It checks finiteness after the conversion, since
# 1e300 is finite in float64 and not in float32.

cdef Py_ssize_t gather(const Source *source, const Py_ssize_t *order, Py_ssize_t m,
                       real *out, Py_ssize_t ld, bint check) noexcept nogil:
    cdef Py_ssize_t i, c, n = source.n_columns, step = source.column_stride
    cdef const char *row
    cdef real *to
    cdef real value, zero
    for i in range(m):
        row = source.data + (order[i] if order != NULL else i) * source.row_stride
        to = out + i * ld
        if source.kind == FLOAT32:
            for c in range(n):
                to[c] = <real> (<const float *> (row + c * step))[0]
        elif source.kind == FLOAT64:
            for c in range(n):
                to[c] = <real> (<const double *> (row + c * step))[0]
        elif source.kind == UINT8:
            for c in range(n):
                to[c] = (<const unsigned char *> (row + c * step))[0]
        else:
            for c in range(n):
                to[c] = 0
            to[(<const Py_ssize_t *> row)[0]] = 1
        if check:
            zero = 0
            for c in range(n):
                value = to[c] - to[c]  # 0 for a finite number, else NaN
                zero += value
            if zero != 0:
                for c in range(n):
                    if to[c] - to[c] != 0:
                        return i * n + c
    return -1


cdef Py_ssize_t count_correct(const real *a, const real *y, Py_ssize_t ld,
                              Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j, of_a, of_y, right = 0
    for i in range(m):
        if n == 1:
            right += (a[i * ld] >= <real> 0.5) == (y[i * ld] >= <real> 0.5)
            continue
        of_a = of_y = 0
        for j in range(1, n):
            if a[i * ld + j] > a[i * ld + of_a]:
                of_a = j
            if y[i * ld + j] > y[i * ld + of_y]:
                of_y = j
        right += of_a == of_y
    return right
