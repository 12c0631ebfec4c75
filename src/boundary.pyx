# The boundary: the only compiled module that sees Python objects.
#
# A Program is one network as the kernels see it: its layers' places in the flat storage and a
# kernel table. Each call takes arrays that fastbp/validation has made sure of, borrows their
# memory for the call, releases the GIL for what takes long, and runs whole batches. It checks
# again only what memory safety rests on (types, shapes, bounds). Nothing in here is typed float or
# double: the kernel table is, so one boundary serves both number types.

from cpython.buffer cimport (PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release,
                             PyObject_GetBuffer)
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite, pow
from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from kernels cimport *

# Name -> number in the kernel tables; fastbp's Python tables use the names.
ACTIVATION_IDS = {"identity": IDENTITY, "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU,
                  "leaky_relu": LEAKY_RELU, "elu": ELU, "softplus": SOFTPLUS, "softmax": SOFTMAX}
LOSS_IDS = {"squared_error": SQUARED_ERROR, "half_squared_error": HALF_SQUARED_ERROR,
            "mean_squared_error": MEAN_SQUARED_ERROR, "cross_entropy": CROSS_ENTROPY,
            "binary_cross_entropy": BINARY_CROSS_ENTROPY}
RULE_IDS = {"sgd": PLAIN_SGD, "momentum": MOMENTUM, "nesterov": NESTEROV, "adam": ADAM}

# Multiply-adds between two looks at pending signals. The plain kernels do 1 to 15 a nanosecond, so
# Ctrl-C is seen within about 70 ms.
cdef Py_ssize_t POLL_WORK = 1 << 26
# The most work for which gradient and update may be one: some 100 ms.
cdef Py_ssize_t FUSED_WORK = <Py_ssize_t> 1 << 32
# Work for which letting go of the GIL pays: some 50 microseconds.
cdef Py_ssize_t GIL_WORK = 1 << 18
# What a node costs beside its multiply-adds (an activation, a conversion), in multiply-adds.
cdef Py_ssize_t NODE_WORK = 32

# How a run of batches ended.
cdef enum Status:
    DONE, PAUSED, NONFINITE_X, NONFINITE_Y, NONFINITE_C, OUT_OF_BOUNDS
FINISHED = DONE
BAD_X = NONFINITE_X
BAD_Y = NONFINITE_Y
BAD_C = NONFINITE_C

ROWS_PER_CHUNK = ROW_BLOCK
LINE_BYTES = CACHE_LINE

cdef extern from *:
    """
    #ifdef FASTBP_DEBUG
    #define FASTBP_CHECKED 1
    #else
    #define FASTBP_CHECKED 0
    #endif
    """
    bint FASTBP_CHECKED
CHECKED = bool(FASTBP_CHECKED)

cdef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    Py_ssize_t ld
    Py_ssize_t w  # offsets in the storage, in elements
    Py_ssize_t b
    int activation
    Py_ssize_t width  # the leading dimension of a^(l), and where it lies in a workspace of one row
    Py_ssize_t place

# What one call of the boundary counts and finds.
cdef struct Tally:
    double loss  # the sum of C_0
    Py_ssize_t right
    Py_ssize_t work
    Py_ssize_t bad  # where the first value that is not finite stands: row * columns + column
    bint check
    bint count


# The samples of a call, where its sums go, and how the weights move; NULL where there is none.
cdef struct Job:
    Source X
    Source Y
    const Py_ssize_t *order
    Py_ssize_t n
    Py_ssize_t first
    Py_ssize_t batch_size
    Py_ssize_t n_parameters
    char *gradient
    char *part
    char *state1
    char *state2
    int64_t *step
    bint move_biases
    Update update
    Tally tally


def leading_dimension(Py_ssize_t n, Py_ssize_t itemsize):
    """Elements from one row of n numbers to the next: an odd number of cache lines.

    A power of two would send the rows of a wide layer to the same few cache sets.
    """
    return _leading_dimension(n, itemsize)


cdef Py_ssize_t _leading_dimension(Py_ssize_t n, Py_ssize_t itemsize) noexcept nogil:
    cdef Py_ssize_t per_line = CACHE_LINE // itemsize
    return ((n + per_line - 1) // per_line | 1) * per_line


include "memory.pxi"


cdef class Program:
    """One network, ready to run: ``Program(kernels, storage, layers, loss)``.

    ``layers`` lists (n_in, n_out, ld, offset of w, offset of b, activation's number) for each
    layer; offsets are in elements of the flat array ``storage``, which the program reads and, in
    ``run``, writes.
    """

    cdef Kernels *kernels
    cdef object capsule
    cdef View storage
    cdef Layer *layers
    cdef Py_ssize_t L, itemsize, widest, width_0, padded, macs, transposed_size
    cdef LossId loss
    cdef str kind
    cdef Workspace spare

    def __cinit__(self, capsule not None, storage not None, list layers not None, int loss):
        cdef Py_ssize_t l
        cdef Layer *layer
        self.capsule = capsule
        self.kernels = <Kernels *> PyCapsule_GetPointer(capsule, "fastbp.kernels")
        self.itemsize = self.kernels.itemsize
        self.kind = "f" if self.itemsize == 4 else "d"
        self.storage = View(storage, self.kind, 1, True)
        self.storage.dense(self.storage.rows())
        self.loss = <LossId> loss
        self.L = len(layers)
        self.layers = <Layer *> malloc(max(self.L, 1) * sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError("no memory for the table of layers")
        for l in range(self.L):
            layer = self.layers + l
            layer.n_in, layer.n_out, layer.ld, layer.w, layer.b, layer.activation = layers[l]
            self.storage.require(
                layer.n_in > 0 and layer.n_out > 0 and min(layer.w, layer.b) >= 0
                and layer.ld == _leading_dimension(layer.n_out, self.itemsize)
                and layer.w + layer.n_in * layer.ld <= self.storage.rows()
                and layer.b + layer.ld <= self.storage.rows()
                and 0 <= layer.activation < N_ACTIVATIONS
                and (l == 0 or layer.n_in == self.layers[l - 1].n_out))
            if l == 0:
                self.padded = self.width_0 = _leading_dimension(layer.n_in, self.itemsize)
            layer.width, layer.place = layer.ld, self.padded
            self.padded += layer.width
            self.widest = max(self.widest, layer.n_in, layer.n_out)
            if l > 0 and self.kernels.transpose != NULL:
                self.transposed_size = max(self.transposed_size, layer.n_out * self.width(l))
            self.macs += layer.n_in * layer.n_out + NODE_WORK * (layer.n_in + layer.n_out)
        self.storage.require(self.L > 0)

    def __dealloc__(self):
        free(self.layers)

    # ------------------------------------------------------------------ memory

    cdef Py_ssize_t nodes(self, Py_ssize_t l) noexcept nogil:
        return self.layers[0].n_in if l == 0 else self.layers[l - 1].n_out

    cdef Py_ssize_t width(self, Py_ssize_t l) noexcept nogil:
        """The leading dimension of layer l's activations."""
        return self.width_0 if l == 0 else self.layers[l - 1].width

    cdef Workspace workspace(self, Py_ssize_t rows):
        """The spare workspace if it is free and large enough, else a new one.

        Rows of a, l = 0..L, then delta, l = 0..L, then z^(L) and y; `sums` and a transposed w at
        the end.
        """
        cdef Workspace ws = self.spare
        cdef Py_ssize_t numbers
        rows = min(max(rows, 1), ROW_BLOCK)
        self.spare = None
        if ws is None or ws.rows < rows:
            numbers = (2 * self.padded + 2 * self.width(self.L)) * rows \
                + _leading_dimension(self.widest, self.itemsize) + self.transposed_size
            ws = Workspace(numbers * self.itemsize, rows)
        return ws

    cdef char *a(self, Workspace ws, Py_ssize_t l) noexcept nogil:
        cdef Py_ssize_t place = 0 if l == 0 else self.layers[l - 1].place
        return ws.base + place * ws.rows * self.itemsize

    cdef char *delta(self, Workspace ws, Py_ssize_t l) noexcept nogil:
        return self.a(ws, l) + self.padded * ws.rows * self.itemsize

    cdef char *z(self, Workspace ws) noexcept nogil:
        return ws.base + 2 * self.padded * ws.rows * self.itemsize

    cdef char *y(self, Workspace ws) noexcept nogil:
        return self.z(ws) + self.width(self.L) * ws.rows * self.itemsize

    cdef char *sums(self, Workspace ws) noexcept nogil:
        return self.y(ws) + self.width(self.L) * ws.rows * self.itemsize

    cdef char *transposed(self, Workspace ws) noexcept nogil:
        return self.sums(ws) + _leading_dimension(self.widest, self.itemsize) * self.itemsize

    # ------------------------------------------------------------------ the loops of a chunk

    cdef int poll(self, Tally *tally, Py_ssize_t work) except -1 nogil:
        """Count work, and from time to time let pending signals (Ctrl-C) be handled."""
        tally.work += work
        if tally.work >= POLL_WORK:
            tally.work = 0
            with gil:
                PyErr_CheckSignals()
        return 0

    cdef int forward(self, Workspace ws, Py_ssize_t m, Tally *tally) except -1 nogil:
        """All layers of m rows that lie in a^(0)."""
        cdef Py_ssize_t l, row, last, tile, ld_below, ld, size = self.itemsize
        cdef Layer *layer
        cdef char *z
        cdef char *a
        for l in range(1, self.L + 1):
            layer = self.layers + l - 1
            ld_below, ld = self.width(l - 1), self.width(l)
            a = self.a(ws, l)
            z = self.z(ws) if l == self.L else a
            tile = max(1, self.kernels.call_work // (layer.n_in * layer.n_out))
            row = 0
            while row < m:
                last = min(m, row + tile)
                self.kernels.forward(
                    self.storage.data + layer.w * size, layer.ld,
                    self.storage.data + layer.b * size,
                    self.a(ws, l - 1) + row * ld_below * size, ld_below,
                    z + row * ld * size, ld, a + row * ld * size, ld, self.sums(ws),
                    last - row, layer.n_in, layer.n_out, layer.activation)
                self.poll(tally, (last - row) * (layer.n_in + NODE_WORK) * layer.n_out)
                row = last
        return 0

    cdef int backward(self, Workspace ws, Py_ssize_t m, Tally *tally) except -1 nogil:
        """From delta^(L) down to delta^(1)."""
        cdef Py_ssize_t l, first, last, tile, ld_below, ld, size = self.itemsize
        cdef Layer *layer
        for l in range(self.L, 1, -1):
            layer = self.layers + l - 1
            ld_below, ld = self.width(l - 1), self.width(l)
            if self.kernels.transpose != NULL:
                self.kernels.transpose(self.storage.data + layer.w * size, layer.ld,
                                       self.transposed(ws), ld_below, layer.n_in, layer.n_out)
            tile = max(1, self.kernels.call_work // (layer.n_in * layer.n_out))
            first = 0
            while first < m:
                last = min(m, first + tile)
                self.kernels.delta(
                    self.storage.data + layer.w * size, layer.ld, self.transposed(ws),
                    self.delta(ws, l) + first * ld * size, ld,
                    self.a(ws, l - 1) + first * ld_below * size,
                    self.delta(ws, l - 1) + first * ld_below * size, ld_below,
                    last - first, layer.n_in, layer.n_out, self.layers[l - 2].activation)
                self.poll(tally, (last - first) * layer.n_in * layer.n_out)
                first = last
        return 0

    cdef int accumulate(self, Workspace ws, Py_ssize_t m, char *gradient,
                        Tally *tally) except -1 nogil:
        """Every layer's dC/dw and dC/db over m rows, added to `gradient`."""
        cdef Py_ssize_t l, first, last, tile, size = self.itemsize
        cdef Layer *layer
        for l in range(1, self.L + 1):
            layer = self.layers + l - 1
            tile = max(1, self.kernels.call_work // (m * layer.n_out))
            first = 0
            while first < layer.n_in:
                last = min(layer.n_in, first + tile)
                self.kernels.accumulate(
                    self.delta(ws, l), self.width(l), self.a(ws, l - 1), self.width(l - 1),
                    gradient + layer.w * size, layer.ld, m, first, last, layer.n_out)
                self.poll(tally, m * (last - first) * layer.n_out)
                first = last
            self.kernels.accumulate_bias(self.delta(ws, l), self.width(l),
                                         gradient + layer.b * size, m, layer.n_out)
        return 0

    cdef int fetch(self, Workspace ws, const Job *job, Py_ssize_t first, Py_ssize_t m,
                   Tally *tally) except -1 nogil:
        """Gather m rows of X, and of Y if there is one, from the place `first` of the order on."""
        cdef Source x = job.X, y = job.Y
        cdef const Py_ssize_t *order = job.order
        cdef Py_ssize_t i, row, label = 0
        # Batch by batch, for between two slices of a run Python can do anything to the arrays.
        for i in range(first, first + m):
            row = i if order == NULL else order[i]
            if not 0 <= row < x.n_rows:
                return OUT_OF_BOUNDS
            if y.kind == LABELS and y.data != NULL:
                label = (<const Py_ssize_t *> (y.data + row * y.row_stride))[0]
                if not 0 <= label < y.n_columns:
                    return OUT_OF_BOUNDS
        if order == NULL:
            x.data += first * x.row_stride
            y.data += first * y.row_stride
        else:
            order += first
        tally.bad = self.kernels.gather(&x, order, m, self.a(ws, 0), self.width(0), tally.check)
        if tally.bad >= 0:
            tally.bad += first * x.n_columns
            return NONFINITE_X
        if y.data == NULL:
            return DONE
        tally.bad = self.kernels.gather(&y, order, m, self.y(ws), self.width(self.L), tally.check)
        if tally.bad >= 0:
            tally.bad += first * y.n_columns
            return NONFINITE_Y
        return DONE

    cdef int batch(self, Workspace ws, Job *job, Py_ssize_t first, Py_ssize_t m) except -1 nogil:
        """The sums over m rows of C_0, into the tally, and of its gradient, if one is wanted.

        Where gradient and update are one, it ends with the deltas.

        Chunks of ROW_BLOCK rows each get a fresh accumulator (`part`), so that a float32 sum over
        millions of rows keeps its digits, and a workspace never holds more rows than that.
        """
        cdef Py_ssize_t chunk = 0, rows
        cdef Tally *tally = &job.tally
        cdef char *into = job.gradient
        cdef int status
        while chunk < m:
            rows = min(m - chunk, ROW_BLOCK)
            status = self.fetch(ws, job, first + chunk, rows, tally)
            if status != DONE:
                return status
            self.forward(ws, rows, tally)
            tally.loss += self.kernels.output(
                self.loss, self.layers[self.L - 1].activation, self.z(ws), self.a(ws, self.L),
                self.y(ws), self.width(self.L), NULL if into == NULL else self.delta(ws, self.L),
                NULL, rows, self.nodes(self.L))
            if tally.count:
                tally.right += self.kernels.count_correct(
                    self.a(ws, self.L), self.y(ws), self.width(self.L), rows, self.nodes(self.L))
            if into != NULL:
                self.backward(ws, rows, tally)
            if into != NULL and not self.fuses(job, m):
                into = job.gradient if chunk == 0 else job.part
                memset(into, 0, job.n_parameters * self.itemsize)
                self.accumulate(ws, rows, into, tally)
                if chunk > 0:
                    self.kernels.add(job.gradient, into, job.n_parameters)
            self.poll(tally, rows * NODE_WORK * (self.nodes(0) + self.nodes(self.L)))
            chunk += rows
        return DONE

    cdef int train(self, Workspace ws, Job *job) except -1 nogil:
        """Batches from `job.first` on, until all are done or a bounded slice of work is."""
        cdef Py_ssize_t m, work = 0
        cdef double before
        cdef int status
        while job.first < job.n:
            m = min(job.batch_size, job.n - job.first)
            before = job.tally.loss
            status = self.batch(ws, job, job.first, m)
            if status == DONE and not isfinite(job.tally.loss):
                status = NONFINITE_C
            if status != DONE:
                job.tally.loss = before
                return status
            self.move(ws, job, m)
            job.first += m
            work += m * self.macs * 3 + 2 * job.n_parameters
            if work >= POLL_WORK and job.first < job.n:
                return PAUSED
        return DONE

    cdef int predict_rows(self, Workspace ws, const Job *job, char *out) except -1 nogil:
        """a^(L) of all rows into `out`, dense."""
        cdef Py_ssize_t chunk = 0, i, rows, ld = self.width(self.L) * self.itemsize
        cdef Py_ssize_t n_L = self.nodes(self.L) * self.itemsize
        cdef Tally tally = job.tally
        while chunk < job.n:
            rows = min(job.n - chunk, ROW_BLOCK)
            self.fetch(ws, job, chunk, rows, &tally)  # all rows in order: none is out of bounds
            self.forward(ws, rows, &tally)
            for i in range(rows):
                memcpy(out + (chunk + i) * n_L, self.a(ws, self.L) + i * ld, n_L)
            chunk += rows
        return 0

    cdef bint fuses(self, const Job *job, Py_ssize_t m) noexcept nogil:
        """Whether a batch's gradient and update are one: if it is one chunk, and to be moved by.

        Both give the same bits. No signal is seen while they are one, so the largest are not.
        """
        return self.kernels.accumulate_update != NULL and job.step != NULL and m <= ROW_BLOCK \
            and m * self.macs <= FUSED_WORK

    cdef void update(self, Workspace ws, const Job *job, Py_ssize_t m, bint fused) noexcept nogil:
        """Every weight moves, and every bias, which no penalty touches.

        The gradient's sums are the job's, or (`fused`) still to be made from the deltas in `ws`.
        """
        cdef Py_ssize_t l, at, size = self.itemsize
        cdef Layer *layer
        cdef const Update *u = &job.update
        cdef Update of_bias = u[0]
        cdef char *gradient = job.gradient
        cdef char *state1 = job.state1
        cdef char *state2 = job.state2
        of_bias.l2 = 0
        for l in range(self.L):
            layer = self.layers + l
            at = layer.w * size
            if fused:
                self.kernels.accumulate_update(
                    u, self.delta(ws, l + 1), self.width(l + 1), self.a(ws, l), self.width(l),
                    self.storage.data + at, NULL if state1 == NULL else state1 + at,
                    NULL if state2 == NULL else state2 + at,
                    layer.ld, m, layer.n_in, layer.n_out)
            else:
                self.kernels.update(u, self.storage.data + at, gradient + at,
                                    NULL if state1 == NULL else state1 + at,
                                    NULL if state2 == NULL else state2 + at,
                                    layer.ld, layer.n_in, layer.n_out)
            if job.move_biases:
                at = layer.b * size
                if fused:
                    memset(gradient + at, 0, layer.ld * size)
                    self.kernels.accumulate_bias(self.delta(ws, l + 1), self.width(l + 1),
                                                 gradient + at, m, layer.n_out)
                self.kernels.update(&of_bias, self.storage.data + at, gradient + at,
                                    NULL if state1 == NULL else state1 + at,
                                    NULL if state2 == NULL else state2 + at,
                                    layer.ld, 1, layer.n_out)

    cdef void move(self, Workspace ws, Job *job, Py_ssize_t m) noexcept nogil:
        """One step over m samples, from the gradient's sums or from the deltas in a workspace."""
        cdef Update *u = &job.update
        job.step[0] += 1
        u.scale = 1.0 / m
        if u.rule == ADAM:
            u.correction1 = 1 - pow(u.momentum, <double> job.step[0])
            u.correction2 = 1 - pow(u.beta2, <double> job.step[0])
        self.update(ws, job, m, ws is not None and self.fuses(job, m))

    # ------------------------------------------------------------------ calls on batches

    cdef View parameters_like(self, array):
        cdef View view
        if array is None:
            return None
        view = View(array, self.kind, 1, True)
        view.dense(self.storage.rows())
        return view

    cdef int samples(self, Job *job, View x, View y, View order) except -1:
        """Put the samples into a job, once they fit each other; `fetch` looks at the indices."""
        memset(job, 0, sizeof(Job))
        job.n_parameters = self.storage.rows()
        job.X = source_of(x, self.nodes(0))
        job.n = x.rows()
        if y is not None:
            job.Y = source_of(y, self.nodes(self.L))
            y.require(x.rows() == y.rows())
        if order is not None:
            order.dense(order.rows())
            job.order = <Py_ssize_t *> order.data
            job.n = order.rows()
        return 0

    cdef int rule(self, Job *job, rule, View gradient, View state1, View state2, View counters,
                  numbers) except -1:
        """Put into a job how the weights move; what changes from step to step is set by `move`."""
        cdef Update *u = &job.update
        u.rule = <RuleId> <int> rule
        self.storage.require((u.rule == PLAIN_SGD or state1 is not None)
                             and (u.rule != ADAM or state2 is not None))
        counters.require(counters.rows() >= 1)
        u.learning_rate, u.l2, u.momentum, u.beta2, u.eps = numbers
        u.scale = u.correction1 = u.correction2 = 1
        job.gradient, job.state1, job.state2 = gradient.data, data_of(state1), data_of(state2)
        job.step = <int64_t *> counters.data
        return 0

    def step(self, Py_ssize_t m, *, gradient, rule, state1, state2, counters,
             double learning_rate, double l2=0, double momentum=0, double beta2=0, double eps=0,
             bint move_biases=True):
        """One update from gradient sums over m samples that were computed elsewhere."""
        cdef View g = self.parameters_like(gradient)
        cdef View s1 = self.parameters_like(state1), s2 = self.parameters_like(state2)
        cdef View steps = View(counters, "lq", 1, True)
        cdef Job job
        memset(&job, 0, sizeof(Job))
        self.rule(&job, rule, g, s1, s2, steps, (learning_rate, l2, momentum, beta2, eps))
        job.move_biases = move_biases
        steps.require(m > 0)
        self.move(None, &job, m)

    def run(self, X, Y, order, *, gradient, part, rule, state1, state2, counters,
            Py_ssize_t first, Py_ssize_t batch_size, double learning_rate, double l2=0,
            double momentum=0, double beta2=0, double eps=0, bint move_biases=True,
            bint check=True, bint count=False):
        """Train on batches of the samples that `order` lists, from the place `first` on.

        Returns (status, place, sum of C_0, right answers, index of a bad value) once all are done,
        after a bounded slice of work (call again with `first` = place), or at the first value that
        is not finite: a C that is not finite never reaches the weights. `counters` is an int64
        array whose first element counts the steps taken.
        """
        cdef View x = View(X, "fdB", 2), y = targets(Y)
        cdef View rows = None if order is None else View(order, "lq", 1)
        cdef View g = self.parameters_like(gradient), p = self.parameters_like(part)
        cdef View s1 = self.parameters_like(state1), s2 = self.parameters_like(state2)
        cdef View steps = View(counters, "lq", 1, True)
        cdef int status
        cdef Job job
        cdef Workspace ws
        self.samples(&job, x, y, rows)
        self.rule(&job, rule, g, s1, s2, steps, (learning_rate, l2, momentum, beta2, eps))
        job.part = data_of(p)
        job.first, job.batch_size, job.move_biases = first, batch_size, move_biases
        job.tally.check, job.tally.count = check, count
        g.require(0 <= first and batch_size > 0
                  and (min(batch_size, job.n) <= ROW_BLOCK or p is not None))
        ws = self.workspace(min(batch_size, job.n))
        try:
            if job.n * self.macs < GIL_WORK:
                status = self.train(ws, &job)
            else:
                with nogil:
                    status = self.train(ws, &job)
        finally:
            self.spare = ws
        x.require(status != OUT_OF_BOUNDS)
        return status, job.first, job.tally.loss, job.tally.right, job.tally.bad

    def gradients(self, X, Y, order, gradient, part, bint check=True):
        """The sums over samples of dC_0/dw and dC_0/db into `gradient`, laid out as the storage.

        ``order=None`` takes all samples; ``gradient=None`` leaves the gradient out. Returns
        (status, sum of C_0, right answers, index of a bad value), so this is the evaluation too.
        """
        cdef View x = View(X, "fdB", 2), y = targets(Y)
        cdef View rows = None if order is None else View(order, "lq", 1)
        cdef View g = self.parameters_like(gradient), p = self.parameters_like(part)
        cdef int status
        cdef Job job
        cdef Workspace ws
        self.samples(&job, x, y, rows)
        x.require(job.n <= ROW_BLOCK or g is None or p is not None)
        job.gradient, job.part = data_of(g), data_of(p)
        job.tally.check, job.tally.count = check, True
        ws = self.workspace(job.n)
        try:
            if job.n * self.macs < GIL_WORK:
                status = self.batch(ws, &job, 0, job.n)
            else:
                with nogil:
                    status = self.batch(ws, &job, 0, job.n)
        finally:
            self.spare = ws
        x.require(status != OUT_OF_BOUNDS)
        return status, job.tally.loss, job.tally.right, job.tally.bad

    def predict(self, X, out):
        """a^(L) of every row of X into `out`, (m, n_L), dense."""
        cdef View x = View(X, "fdB", 2), to = View(out, self.kind, 2, True)
        cdef Job job
        cdef Workspace ws
        self.samples(&job, x, None, None)
        to.dense(self.nodes(self.L), job.n)
        ws = self.workspace(job.n)
        try:
            if job.n * self.macs < GIL_WORK:
                self.predict_rows(ws, &job, to.data)
            else:
                with nogil:
                    self.predict_rows(ws, &job, to.data)
        finally:
            self.spare = ws

    # ------------------------------------------------------------------ calls on one layer

    cdef Layer *layer(self, Py_ssize_t l) except NULL:
        self.storage.require(1 <= l <= self.L)
        return self.layers + l - 1

    cdef View rows_of(self, array, Py_ssize_t m, Py_ssize_t l, bint writable=False):
        """m rows of layer l with their pads, like those of a workspace."""
        cdef View view = View(array, self.kind, 2, writable)
        view.dense(self.width(l), m)
        return view

    def forward_layer(self, Py_ssize_t l, below, z, a):
        """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j): (m, n_(l-1)) to two arrays (m, n_l)."""
        cdef Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(below)
        cdef View x = self.rows_of(below, m, l - 1)
        cdef View to_z = self.rows_of(z, m, l, True), to_a = self.rows_of(a, m, l, True)
        cdef Workspace ws = self.workspace(1)
        with nogil:
            self.kernels.forward(
                self.storage.data + layer.w * self.itemsize, layer.ld,
                self.storage.data + layer.b * self.itemsize, x.data, self.width(l - 1),
                to_z.data, self.width(l), to_a.data, self.width(l), self.sums(ws),
                m, layer.n_in, layer.n_out, layer.activation)
        self.spare = ws

    def output_layer(self, z, a, y, delta, C_0):
        """C_0 of each sample, into a float64 array, and delta^(L), for m samples."""
        cdef Py_ssize_t m = len(z)
        cdef View from_z = self.rows_of(z, m, self.L), from_a = self.rows_of(a, m, self.L)
        cdef View from_y = self.rows_of(y, m, self.L), to = self.rows_of(delta, m, self.L, True)
        cdef View losses = View(C_0, "d", 1, True)
        losses.dense(m)
        self.kernels.output(self.loss, self.layers[self.L - 1].activation, from_z.data, from_a.data,
                            from_y.data, self.width(self.L), to.data, <double *> losses.data, m,
                            self.nodes(self.L))

    def backward_layer(self, Py_ssize_t l, delta, dC_da):
        """sum_j w_jk delta_j of layer l, which is dC_0/da_k of layer l-1."""
        cdef Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(delta), ld_below = self.width(l - 1)
        cdef View of_l = self.rows_of(delta, m, l), to = self.rows_of(dC_da, m, l - 1, True)
        cdef Workspace ws = self.workspace(1)
        cdef char *w = self.storage.data + layer.w * self.itemsize
        of_l.require(l > 1)
        with nogil:
            if self.kernels.transpose != NULL:
                self.kernels.transpose(w, layer.ld, self.transposed(ws), ld_below,
                                       layer.n_in, layer.n_out)
            # identity's g' is 1 for any a: what `below` holds does not matter, if only it is there
            self.kernels.delta(w, layer.ld, self.transposed(ws), of_l.data, self.width(l),
                               to.data, to.data, ld_below, m, layer.n_in, layer.n_out, IDENTITY)
        self.spare = ws

    def slope_layer(self, Py_ssize_t l, a, dC_da, delta):
        """delta_j = g'(z_j) dC_0/da_j of layer l, from its a."""
        cdef Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(a)
        cdef View of_a = self.rows_of(a, m, l), of_dC = self.rows_of(dC_da, m, l)
        cdef View to = self.rows_of(delta, m, l, True)
        self.kernels.slope(layer.activation, of_a.data, of_dC.data, to.data, self.width(l),
                           m, layer.n_out)

    def accumulate_layer(self, Py_ssize_t l, delta, below, gradient):
        """dC/dw_jk += delta_j a_k, dC/db_j += delta_j of layer l, in an array like the storage."""
        cdef Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(delta)
        cdef View of_l = self.rows_of(delta, m, l), x = self.rows_of(below, m, l - 1)
        cdef View g = self.parameters_like(gradient)
        with nogil:
            self.kernels.accumulate(of_l.data, self.width(l), x.data, self.width(l - 1),
                                    g.data + layer.w * self.itemsize, layer.ld, m, 0, layer.n_in,
                                    layer.n_out)
            self.kernels.accumulate_bias(of_l.data, self.width(l),
                                         g.data + layer.b * self.itemsize, m, layer.n_out)
