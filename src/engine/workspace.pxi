# The memory of a batch on its way, which the boundary allocates itself.
#
# Needs: array_views.pxi, boundary.pyx, call.pxi, kernels.pxd, zeroed_memory.pxi.
# Gives: Workspace.

cdef inline bint has_own_saved(Program program, Py_ssize_t l, bint steps) except -1:
    """Whether a hidden layer has memory for what g' comes from: for g', or a before dropout."""
    return program.keeps_slope[l] or (steps and program.layers[l].dropout.threshold > 0
                                      and not program.is_custom[l])


cdef class Workspace:
    """Memory for one chunk of a batch, allocated once, reused. It starts as zeros, so that the pads
    of delta are zero.

    Rows of a, l = 0..L, then delta, l = 1..L, then z^(L) and y, z and g' of hidden layers that have
    memory for them, C_0 of each row, for every thread of a team `sums`, a transposed w, and
    a^(0) of all threads but the first, their barrier slots, and for weights two numbers of
    each row; last, rows of targets that were softened.

    z and a of a hidden layer are the same memory: the backward pass needs no z, but a, from which
    it computes g', or g' itself, which then has memory of its own; so has a where dropout changes
    it, which is in `steps` alone. A callback needs z; `keeps_z` keeps every layer's, to be looked
    at.
    """

    cdef object memory
    cdef View view
    cdef Py_ssize_t rows
    cdef int threads
    cdef char **pointers  # to a, then to delta, then to z, then to what g' comes from
    cdef list callbacks   # by layer, and the loss's: None, or one with its rows; or None for all
    cdef char *y
    cdef char *softened
    cdef double *C_0
    cdef double *right
    cdef double *factors
    cdef char *sums
    cdef char *transposed
    cdef char *more_x
    cdef Py_ssize_t of_x
    cdef barrier_slot_t *slots
    cdef ThreadResult *results

    def __cinit__(self, Program program, Py_ssize_t rows, Py_ssize_t threads, bint keeps_z=False,
                  bint steps=False):
        cdef Py_ssize_t l, L = program.L, size = program.itemsize
        cdef Layer *layers = program.layers
        cdef Py_ssize_t of_output = layers[L].ld * rows * size
        cdef Py_ssize_t of_C_0 = (rows * sizeof(double) + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE
        cdef Py_ssize_t of_sums = threads * program.widest * size
        cdef Py_ssize_t of_a = program.padded * rows * size
        cdef Py_ssize_t of_delta = of_a - layers[0].ld * rows * size
        # Each thread's own rows of it (passes.pxi) are longer by a cache line at most.
        cdef Py_ssize_t of_transposed = program.transposed_size * size \
            + threads * CACHE_LINE * program.transposed_rows
        cdef Py_ssize_t of_x = layers[0].ld * rows * size
        cdef Py_ssize_t of_z = sum([
            layers[l].ld * rows * size
            * ((keeps_z or program.is_custom[l]) + has_own_saved(program, l, steps))
            for l in range(1, L)]) + of_output * has_own_saved(program, L, steps)
        cdef Py_ssize_t nbytes = of_a + of_delta + 2 * of_output + of_z + of_C_0 + of_sums \
            + of_transposed + (threads - 1) * of_x + CACHE_LINE + threads * sizeof(barrier_slot_t) \
            + CACHE_LINE + 2 * of_C_0 + CACHE_LINE + of_output
        cdef View view
        cdef char *base
        cdef char **z
        cdef char **saved
        self.rows, self.threads = rows, threads
        self.pointers = <char **> calloc(4 * (L + 1), sizeof(char *))
        if self.pointers != NULL:
            self.results = <ThreadResult *> calloc(threads, sizeof(ThreadResult))
        if self.results == NULL:
            raise MemoryError("no memory for the pointers of a workspace")
        try:
            self.memory = zeroed(nbytes)
        except MemoryError:
            raise MemoryError(f"no memory for a workspace of {nbytes} bytes") from None
        view = self.view = View(self.memory, b"B", 1, True)
        base = view.data + (-(<uintptr_t> view.data) % CACHE_LINE)
        for l in range(L + 1):
            self.pointers[l] = base + layers[l].place * rows * size
            self.pointers[L + 1 + l] = self.pointers[l] + of_delta
        base += of_a + of_delta
        z, saved = self.pointers + 2 * (L + 1), self.pointers + 3 * (L + 1)
        z[L], self.y = base, base + of_output
        base += 2 * of_output
        z[0] = self.pointers[0]
        for l in range(1, L):
            z[l] = self.pointers[l]
            if keeps_z or program.is_custom[l]:
                z[l] = base
                base += layers[l].ld * rows * size
        for l in range(L + 1):
            saved[l] = self.pointers[l]
            if has_own_saved(program, l, steps):
                saved[l] = base
                base += layers[l].ld * rows * size
        self.C_0, self.sums = <double *> base, base + of_C_0
        self.transposed = self.sums + of_sums
        self.more_x, self.of_x = self.transposed + of_transposed, of_x
        # A line between: a vector that is loaded at the end of a row may reach into it, and other
        # threads write to their slots at any time.
        self.slots = <barrier_slot_t *> (self.more_x + (threads - 1) * of_x + CACHE_LINE)
        self.right = <double *> (self.slots + threads)
        self.factors = <double *> (<char *> self.right + of_C_0)
        self.softened = <char *> self.factors + of_C_0
        self.softened += -(<uintptr_t> self.softened) % CACHE_LINE
        if program.callbacks is not None:
            self.callbacks = [None] * (L + 2)
            for l in range(1, L + 1):
                if program.is_custom[l]:
                    z_rows, a, delta = self.layer(program, l)
                    z_rows.flags.writeable = False  # and so its slices: who writes is found out
                    self.callbacks[l] = program.callbacks[l - 1], z_rows, a, delta
            if program.has_own_loss:
                _, a, delta = self.layer(program, L)
                y = self.array(program, L, self.y)
                a.flags.writeable = y.flags.writeable = False
                C_0 = ndarray((rows,), "d", self.memory, <char *> self.C_0 - self.view.data)
                self.callbacks[L + 1] = program.callbacks[L], a, y, delta, C_0

    cdef tuple layer(self, Program program, Py_ssize_t l):
        """z, a and delta of all rows of a layer, as arrays (rows, n_l) over this memory."""
        cdef char **of_l = self.pointers + l
        cdef Py_ssize_t step = program.L + 1
        return (self.array(program, l, of_l[2 * step]), self.array(program, l, of_l[0]),
                self.array(program, l, of_l[step]))

    cdef object array(self, Program program, Py_ssize_t l, char *data):
        cdef Layer *layer = program.layers + l
        cdef Py_ssize_t size = program.itemsize
        return ndarray((self.rows, layer.n_out), program.dtype, self.memory,
                       data - self.view.data, (layer.ld * size, size))

    cdef void lend(self, Call *p) noexcept nogil:
        p.a, p.delta = self.pointers, self.pointers + p.L + 1
        p.z, p.saved = self.pointers + 2 * (p.L + 1), self.pointers + 3 * (p.L + 1)
        p.y, p.C_0, p.right, p.factors = self.y, self.C_0, self.right, self.factors
        p.softened = self.softened
        p.callbacks = NULL if self.callbacks is None else <void *> self.callbacks
        p.sums, p.transposed = self.sums, self.transposed
        p.more_x, p.of_x = self.more_x, self.of_x
        p.team.slots, p.results = self.slots, self.results
        memset(p.results, 0, self.threads * sizeof(ThreadResult))

    def __dealloc__(self):
        free(self.pointers)
        free(self.results)
