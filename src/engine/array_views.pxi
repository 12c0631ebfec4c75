# The caller's arrays, whose memory the boundary borrows.
#
# Needs: boundary.pyx, kernels.pxd.
# Gives: data_of, holds, inputs, source, source_of, targets, View, weights_of.

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
    cdef View starts  # of sparse rows, whose values these are; else None
    cdef View columns
    cdef Py_ssize_t n_columns

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
        return self.buffer.shape[0] if self.starts is None else self.starts.buffer.shape[0] - 1

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


cdef View index_view(array):
    cdef View view = View(array, b"ilq", 1)
    view.dense(view.buffer.shape[0])
    view.require(view.buffer.itemsize == 4 or view.buffer.itemsize == 8)
    return view


cdef View inputs(X):
    """X: an array of rows, or SparseRows (fastbp/inputs/sparse_rows.py)."""
    cdef View view
    if isinstance(X, ndarray):
        return View(X, b"fdB", 2)
    view = View(X.data, b"fd", 1)
    view.dense(view.buffer.shape[0])
    view.starts, view.columns = index_view(X.indptr), index_view(X.indices)
    view.starts.require(view.starts.buffer.shape[0] > 0)
    view.columns.require(view.columns.buffer.shape[0] == view.buffer.shape[0])
    view.n_columns = X.shape[1]
    return view


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
    cdef Source s
    if view.starts is None:
        view.require(view.buffer.ndim == 1 or view.buffer.shape[1] == n_columns)
        return source(&view.buffer, n_columns)
    view.require(view.n_columns == n_columns)
    s.data, s.row_stride = view.starts.data, view.starts.buffer.itemsize
    s.column_stride = 0  # so that of a row to come its beginning is prefetched, and no more
    s.n_rows, s.n_columns = view.rows(), n_columns
    s.kind = SPARSE_FLOAT32 if view.buffer.format[0] == c"f" else SPARSE_FLOAT64
    s.values, s.n_values = view.data, view.buffer.shape[0]
    s.columns, s.index_size = view.columns.data, view.columns.buffer.itemsize
    return s


cdef Source source(const Py_buffer *buffer, Py_ssize_t n_columns) noexcept nogil:
    cdef Source s
    cdef char kind = buffer.format[0]
    memset(&s, 0, sizeof(Source))
    s.data = <const char *> buffer.buf
    s.row_stride, s.column_stride = buffer.strides[0], 0
    s.n_rows, s.n_columns = buffer.shape[0], n_columns
    s.kind = LABELS
    if buffer.ndim == 2:
        s.column_stride = buffer.strides[1]
        s.kind = FLOAT32 if kind == c"f" else FLOAT64 if kind == c"d" else UINT8
    return s
