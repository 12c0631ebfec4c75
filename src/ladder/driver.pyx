# The code that compiled rungs share: iterating over the layers, and all between the loops.
#
# A Walk is one network and one mini-batch. The loops over a layer come from a rung's table
# (loops.pxd), activations, their derivatives, the loss and SGD from that of the plain kernels
# (kernels.pxd). So two rungs differ by their loops alone. Nothing is typed float or double here:
# tables are.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_Release, PyObject_GetBuffer
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from kernels cimport (Activation, ActivationId, Kernels, Loss, LossId, SGD, SOFTMAX, Update,
                      row_length, without_options)
from loops cimport Loops

cdef int ROWS = PyBUF_ND | PyBUF_FORMAT  # C-contiguous, with its shape and the type of its numbers

# The arrays of a layer, in the order that `Walk` takes them in.
cdef enum:
    W, B, BELOW, Z, A, DELTA_BELOW, DELTA, DW, DB, W_TRANSPOSED, N_ARRAYS

ARRAYS = ("w", "b", "below", "z", "a", "delta_below", "delta", "dw", "db", "w_transposed")

cdef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    Py_ssize_t ld_in   # of a matrix whose rows are a layer's nodes: `below`, w by rows j
    Py_ssize_t ld_out
    Activation activation
    void *data[N_ARRAYS]     # the arrays
    void *operand[N_ARRAYS]  # the loops' arguments: the arrays, or objects with a memoryview


def layout(loops):
    """The layout of a rung's matrices: (k_major, padded), as in loops.pxd."""
    cdef const Loops *table = <const Loops *> PyCapsule_GetPointer(loops, "fastbp.loops")
    return bool(table.k_major), bool(table.padded)


cdef class Walk:
    """One network and one mini-batch: ``Walk(loops, plain, layers, loss, y, C_0, learning_rate)``.

    ``loops`` and ``plain`` are the capsules of a rung and of the plain kernels. ``layers`` has for
    each layer (n_in, n_out, activation's number, arrays, views): the arrays by the order of
    ``ARRAYS``, None for one that there is not, and what the loops are given instead of each, or
    None. ``y`` and ``C_0`` have a row for each sample that fits, ``y`` as wide as those of a^(L).
    """

    cdef const Loops *loops
    cdef const Kernels *plain
    cdef Layer *layers  # 1..L
    cdef Py_ssize_t L, m, max_rows, itemsize
    cdef Loss loss
    cdef char *y
    cdef double *C_0
    cdef Update sgd
    cdef list owners

    def __cinit__(self, loops, plain, list layers, Py_ssize_t loss, y, C_0, double learning_rate):
        cdef Py_ssize_t l, n, activation
        cdef Layer *layer
        self.owners = [loops, plain, layers, y, C_0]  # keep the memory behind the pointers alive
        self.loops = <const Loops *> PyCapsule_GetPointer(loops, "fastbp.loops")
        if self.loops.forward == NULL or self.loops.backward == NULL or (
                self.loops.accumulate == NULL):
            raise ValueError("the rung's table must have forward, backward and accumulate")
        self.plain = <const Kernels *> PyCapsule_GetPointer(plain, "fastbp.kernels")
        self.itemsize, self.loss.id = self.plain.itemsize, <LossId> loss
        self.L, self.max_rows = len(layers), len(C_0)
        self.y, self.C_0 = <char *> address(y), <double *> address(C_0)
        without_options(&self.sgd)
        self.sgd.rule, self.sgd.numbers.learning_rate = SGD, learning_rate
        self.layers = <Layer *> calloc(self.L + 1, sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError("no memory for the table of layers")
        for l in range(1, self.L + 1):
            layer = self.layers + l
            layer.n_in, layer.n_out, activation, arrays, views = layers[l - 1]
            layer.activation.id = <ActivationId> activation
            layer.ld_in, layer.ld_out = self.length(layer.n_in), self.length(layer.n_out)
            for n in range(N_ARRAYS):
                layer.data[n] = address(arrays[n])
                layer.operand[n] = layer.data[n] if views[n] is None else <void *> views[n]
        self.layers[0].n_out, self.layers[0].ld_out = self.layers[1].n_in, self.layers[1].ld_in

    def __dealloc__(self):
        free(self.layers)

    cdef Py_ssize_t length(self, Py_ssize_t n) noexcept nogil:
        return row_length(n, self.itemsize) if self.loops.padded else n

    # ------------------------------------------------------------------ the kernels, for Python

    def put(self, X, Y):
        """Take a mini-batch: C-contiguous rows of the network's number type."""
        cdef Py_buffer x, y
        cdef Py_ssize_t m = self.borrow(X, Y, &x, &y)
        if m <= self.max_rows:
            self.gather(&x, &y, NULL, m)
        PyBuffer_Release(&x)
        PyBuffer_Release(&y)
        if m > self.max_rows:
            raise ValueError(f"X must have at most {self.max_rows} rows, the batch size, got {m}")

    def forward(self):
        """Compute a^(1), ..., a^(L)."""
        self.compute_a()

    def backward(self):
        """Compute delta^(L), ..., delta^(1)."""
        self.compute_delta()

    def accumulate(self):
        """Sum dC/dw and dC/db over the rows."""
        cdef Py_ssize_t l
        for l in range(1, self.L + 1):
            self.sum_gradient(self.layers + l)

    def update(self):
        """Update every weight by the mean gradient."""
        cdef Py_ssize_t l
        if self.m > 0:
            self.sgd.scale = 1.0 / self.m
            for l in range(1, self.L + 1):
                self.update_layer(self.layers + l)

    def step(self, X, Y):
        """One whole training step."""
        self.put(X, Y)
        self.train_step()

    def epoch(self, X, Y, order):
        """Train on full batches of the samples in an order (int64); returns the number of steps."""
        cdef Py_buffer x, y, rows
        cdef Py_ssize_t batch, batches = 0, n = self.borrow(X, Y, &x, &y)
        try:
            PyObject_GetBuffer(order, &rows, ROWS)
            if rows.itemsize != sizeof(int64_t) or rows.format[0] not in b"lq":
                PyBuffer_Release(&rows)
                raise ValueError(f"order must be of int64, got {order.dtype}")
            if are_within(<const int64_t *> rows.buf, rows.len // 8, n):
                batches = rows.len // 8 // self.max_rows
                for batch in range(batches):
                    self.gather(&x, &y, <const int64_t *> rows.buf + batch * self.max_rows,
                                self.max_rows)
                    self.train_step()
            else:
                batches = -1
            PyBuffer_Release(&rows)
        finally:
            PyBuffer_Release(&x)
            PyBuffer_Release(&y)
        if batches < 0:
            raise IndexError(f"order must hold rows of X, 0 to {n - 1}")
        return batches

    cdef Py_ssize_t borrow(self, X, Y, Py_buffer *x, Py_buffer *y) except -1:
        """Acquire both buffers; returns their number of rows."""
        cdef Py_ssize_t n_x = self.layers[0].n_out, n_y = self.layers[self.L].n_out
        cdef bytes kind = b"f" if self.itemsize == sizeof(float) else b"d"
        PyObject_GetBuffer(X, x, ROWS)
        try:
            PyObject_GetBuffer(Y, y, ROWS)
        except BaseException:
            PyBuffer_Release(x)
            raise
        if has_rows(x, kind, n_x) and has_rows(y, kind, n_y) and x.shape[0] == y.shape[0]:
            return x.shape[0]
        PyBuffer_Release(x)
        PyBuffer_Release(y)
        raise ValueError(f"X must have rows of {n_x} and Y as many of {n_y} numbers of format "
                         f"'{kind.decode()}', got {X.shape} and {Y.shape} of {X.dtype} and "
                         f"{Y.dtype}")

    # ------------------------------------------------------------------ iterating over the layers

    cdef void train_step(self) noexcept nogil:
        cdef Py_ssize_t l
        cdef Layer *layer
        self.compute_a()
        self.compute_delta()
        if self.m == 0:
            return
        self.sgd.scale = 1.0 / self.m
        for l in range(1, self.L + 1):  # every delta is known before a weight moves
            layer = self.layers + l
            if self.loops.fused_update != NULL:
                self.loops.fused_update(
                    layer.operand[DELTA], layer.operand[BELOW], layer.operand[W], layer.operand[B],
                    self.sgd.numbers.learning_rate * self.sgd.scale,
                    self.m, layer.n_in, layer.n_out)
            else:
                self.sum_gradient(layer)
                self.update_layer(layer)

    cdef void compute_a(self) noexcept nogil:
        cdef Py_ssize_t l
        cdef Layer *layer
        for l in range(1, self.L + 1):
            layer = self.layers + l
            if self.loops.fused_forward != NULL and layer.activation.id != SOFTMAX:
                self.loops.fused_forward(
                    layer.operand[W], layer.operand[B], layer.operand[BELOW], layer.operand[Z],
                    layer.operand[A], self.m, layer.n_in, layer.n_out, &layer.activation)
                continue
            self.loops.forward(layer.operand[W], layer.operand[B], layer.operand[BELOW],
                               layer.operand[Z], self.m, layer.n_in, layer.n_out)
            self.plain.activate(&layer.activation, layer.data[Z], layer.ld_out,
                                layer.data[A], layer.ld_out, NULL, self.m, layer.n_out)

    cdef void compute_delta(self) noexcept nogil:
        cdef Py_ssize_t l
        cdef void *w
        cdef Layer *layer = self.layers + self.L
        cdef const Activation *below
        self.plain.output(&self.loss, &layer.activation, layer.data[Z], layer.data[A], self.y,
                          self.y, layer.ld_out, layer.data[DELTA], self.C_0, NULL, NULL,
                          self.m, layer.n_out)
        for l in range(self.L, 1, -1):
            layer, below = self.layers + l, &self.layers[l - 1].activation
            w = layer.operand[W]
            if self.loops.transpose != NULL:
                w = layer.operand[W_TRANSPOSED]
                self.loops.transpose(layer.operand[W], w, layer.n_in, layer.n_out)
            if self.loops.fused_backward != NULL:
                self.loops.fused_backward(
                    w, layer.operand[DELTA], layer.operand[BELOW], layer.operand[DELTA_BELOW],
                    self.m, layer.n_in, layer.n_out, below)
                continue
            self.loops.backward(w, layer.operand[DELTA], layer.operand[DELTA_BELOW],
                                self.m, layer.n_in, layer.n_out)
            self.plain.slope(below, layer.data[BELOW], layer.data[DELTA_BELOW],
                             layer.data[DELTA_BELOW], layer.ld_in, self.m, layer.n_in)

    cdef void sum_gradient(self, const Layer *layer) noexcept nogil:
        self.loops.accumulate(layer.operand[DELTA], layer.operand[BELOW], layer.operand[DW],
                              layer.operand[DB], self.m, layer.n_in, layer.n_out)

    cdef void update_layer(self, const Layer *layer) noexcept nogil:
        cdef bint k_major = self.loops.k_major
        self.plain.update(&self.sgd, layer.data[W], layer.data[DW], NULL, 0,
                          layer.ld_out if k_major else layer.ld_in,
                          layer.n_in if k_major else layer.n_out,
                          layer.n_out if k_major else layer.n_in)
        self.plain.update(&self.sgd, layer.data[B], layer.data[DB], NULL, 0, 0, 1, layer.n_out)

    cdef void gather(self, const Py_buffer *x, const Py_buffer *y, const int64_t *order,
                     Py_ssize_t m) noexcept nogil:
        """Copy m rows: the first ones, or those listed in an order."""
        self.m = m
        gather_rows(<const char *> x.buf, order, m, self.layers[0].n_out * self.itemsize,
                    <char *> self.layers[1].data[BELOW], self.layers[0].ld_out * self.itemsize)
        gather_rows(<const char *> y.buf, order, m, self.layers[self.L].n_out * self.itemsize,
                    self.y, self.layers[self.L].ld_out * self.itemsize)


cdef bint has_rows(const Py_buffer *of, bytes kind, Py_ssize_t n) except -1:
    """Whether it is a matrix of n columns of this format; comparing sizes would not suffice."""
    return of.ndim == 2 and of.shape[1] == n and of.format == kind


cdef void gather_rows(const char *rows, const int64_t *order, Py_ssize_t m, Py_ssize_t nbytes,
                      char *to, Py_ssize_t step) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(m):
        memcpy(to + i * step, rows + (i if order == NULL else order[i]) * nbytes, nbytes)


cdef bint are_within(const int64_t *order, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(m):
        if not 0 <= order[i] < n:
            return False
    return True


cdef void *address(array) except? NULL:
    return NULL if array is None else <void *> <uintptr_t> array.ctypes.data
