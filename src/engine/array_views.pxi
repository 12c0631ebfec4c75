# The caller's arrays, whose memory the boundary borrows.
#
# Needs: boundary.pyx, kernels.pxd.
# Gives: data_of, holds, source, source_of, targets, View, weights_of.

cdef bint holds(const Py_buffer *buffer, const char *kinds) noexcept nogil:
    """Whether a buffer's numbers are of one of the kinds (letters of struct); "lq" are indices."""
    return buffer.format[0] != 0 and strchr(kinds, buffer.format[0]) != NULL \
        and buffer.format[1] == 0 \
        and (kinds[0] != c"l" or buffer.itemsize == sizeof(Py_ssize_t))


cdef class View:
    """An array's memory, borrowed until the view dies."""

    cdef Py_buffer buffer
    cdef bint held
    cdef char *data

    def __cinit__(self, array, bytes kinds, Py_ssize_t ndim, bint writable=False):
        PyObject_GetBuffer(array, &self.buffer,
                           PyBUF_STRIDES | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
        self.held = True
        self.data = <char *> self.buffer.buf
        if self.buffer.ndim != ndim or not holds(&self.buffer, kinds):
            raise ValueError(f"the boundary takes {ndim}-d arrays of {kinds.decode()}, got "
                             f"{self.buffer.ndim}-d {self.buffer.format.decode()}")

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)

    cdef Py_ssize_t rows(self) noexcept nogil:
        return self.buffer.shape[0]

    cdef int require(self, bint condition) except -1:
        if not condition:
            raise ValueError(f"the boundary got an array of shape "
                             f"{tuple([self.buffer.shape[i] for i in range(self.buffer.ndim)])} "
                             f"that does not fit the network or is not contiguous")
        return 0

    cdef int dense(self, Py_ssize_t n, Py_ssize_t m=1) except -1:
        """Require m rows of n contiguous numbers (or n in all, where the view is 1-d)."""
        cdef int last = self.buffer.ndim - 1
        self.require(self.buffer.strides[last] == self.buffer.itemsize
                     or self.buffer.shape[last] < 2)
        if last == 0:
            self.require(self.buffer.shape[0] == n * m)
        else:
            self.require(self.buffer.shape[0] == m and self.buffer.shape[1] == n
                         and (m < 2 or self.buffer.strides[0] == n * self.buffer.itemsize))
        return 0


cdef char *data_of(View view) noexcept nogil:
    return NULL if view is None else view.data


cdef View targets(Y):
    return View(Y, b"lq", 1) if Y.ndim == 1 else View(Y, b"fdB", 2)


cdef View weights_of(weights, View x):
    """Weights of the rows of X, where there are any: as many float64 numbers, contiguous."""
    cdef View view
    if weights is None:
        return None
    view = View(weights, b"d", 1)
    view.dense(x.rows())
    return view


cdef Source source_of(View view, Py_ssize_t n_columns) except *:
    view.require(view.buffer.ndim == 1 or view.buffer.shape[1] == n_columns)
    return source(&view.buffer, n_columns)


cdef Source source(const Py_buffer *buffer, Py_ssize_t n_columns) noexcept nogil:
    cdef Source s
    cdef char kind = buffer.format[0]
    s.data = <const char *> buffer.buf
    s.row_stride, s.column_stride = buffer.strides[0], 0
    s.n_rows, s.n_columns = buffer.shape[0], n_columns
    s.kind = LABELS
    if buffer.ndim == 2:
        s.column_stride = buffer.strides[1]
        s.kind = FLOAT32 if kind == c"f" else FLOAT64 if kind == c"d" else UINT8
    return s
