# One layer at a time, on arrays of the caller's own: for measuring the loops one by one, for traces
# and linear maps, and for tests that put each array at the end of its memory. Nothing trains here.
#
# Needs: array_views.pxi, boundary.pyx, kernels.pxd, shuffle.pxi, workspace.pxi.
# Gives: LayerCalls.

cdef class LayerCalls:
    """The kernels of a program's layers, l = 1..L: ``LayerCalls(program)``.

    Arrays are (m, ld): rows of the layer with their pads, like those of a workspace.
    """

    cdef Program program
    cdef const Kernels *kernels

    def __cinit__(self, Program program not None):
        self.program, self.kernels = program, program.kernels

    cdef const Layer *layer(self, Py_ssize_t l) except NULL:
        self.program.storage.require(1 <= l <= self.program.L)
        return self.program.layers + l

    cdef char *parameters_at(self, Py_ssize_t place) except NULL:
        return self.program.storage.data + place * self.program.itemsize

    cdef View rows_of(self, array, Py_ssize_t m, Py_ssize_t l, bint writable=False):
        """m rows of layer l, l = 0..L."""
        cdef View view = View(array, self.program.kind, 2, writable)
        view.dense(self.program.layers[l].ld, m)
        return view

    def forward(self, Py_ssize_t l, below, z, a, slope=None):
        """z_j = b_j + sum_k w_jk a_k and a_j = g(z_j): rows of layer l-1 to two arrays of l's.

        g'(z_j) too, of an activation that keeps that, where there is an array for it.
        """
        cdef const Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(below), ld_below = self.program.layers[l - 1].ld
        cdef View x = self.rows_of(below, m, l - 1)
        cdef View to_z = self.rows_of(z, m, l, True), to_a = self.rows_of(a, m, l, True)
        cdef View to_slope = None if slope is None else self.rows_of(slope, m, l, True)
        cdef char *of_slope = data_of(to_slope)
        cdef Workspace ws = self.program.workspace(1)
        cdef char *w = self.parameters_at(layer.w)
        cdef char *b = self.parameters_at(layer.b)
        with nogil:
            self.kernels.forward(w, layer.ld, b, x.data, ld_below, to_z.data, layer.ld,
                                 to_a.data, layer.ld, of_slope, ws.sums,
                                 m, layer.n_in, layer.n_out, &layer.activation)
        self.program.spare = ws

    def drop(self, Py_ssize_t l, key, Py_ssize_t t, Py_ssize_t row, x, y):
        """y_j = x_j / (1 - rate) where node j of layer l is kept in step t, else -0.0.

        The rows are the batch's from `row` on; y may be x.
        """
        cdef const Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(x)
        cdef uint64_t seed = key
        cdef View of_x = self.rows_of(x, m, l), of_y = self.rows_of(y, m, l, True)
        self.kernels.drop(&layer.dropout, seed_of(seed_of(seed, t), l), of_x.data, of_y.data,
                          layer.ld, row, m, 0, layer.n_out)

    def output(self, z, a, y, delta, C_0):
        """C_0 of each of m samples, into a float64 array, and delta^(L)."""
        cdef Py_ssize_t m = len(z), L = self.program.L
        cdef const Layer *layer = self.layer(L)
        cdef View from_z = self.rows_of(z, m, L), from_a = self.rows_of(a, m, L)
        cdef View from_y = self.rows_of(y, m, L), to = self.rows_of(delta, m, L, True)
        cdef View losses = View(C_0, b"d", 1, True)
        losses.dense(m)
        self.kernels.output(&self.program.loss, &layer.activation, from_z.data, from_a.data,
                            from_y.data, from_y.data, layer.ld, to.data, <double *> losses.data,
                            NULL, NULL, m, layer.n_out)

    def backward(self, Py_ssize_t l, delta, dC_da):
        """sum_j w_jk delta_j of layer l > 1, which is dC_0/da_k of layer l-1."""
        cdef const Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(delta), ld_below = self.program.layers[l - 1].ld
        cdef View of_l = self.rows_of(delta, m, l), to = self.rows_of(dC_da, m, l - 1, True)
        cdef Workspace ws = self.program.workspace(1)
        cdef char *w = self.parameters_at(layer.w)
        cdef Activation identity
        identity.id = IDENTITY
        of_l.require(l > 1)
        with nogil:
            if self.kernels.transpose != NULL:
                self.kernels.transpose(w, layer.ld, ws.transposed, ld_below,
                                       layer.n_in, layer.n_out)
            # identity's g' is 1 anywhere: what `saved` holds does not matter, if only it is there
            self.kernels.delta(w, layer.ld, ws.transposed, ld_below, of_l.data, layer.ld,
                               to.data, to.data, ld_below, m, layer.n_in, layer.n_out, &identity)
        self.program.spare = ws

    def slope(self, Py_ssize_t l, saved, dC_da, delta):
        """delta_j = g'(z_j) dC_0/da_j of layer l, from what its activation keeps: a, or g'."""
        cdef const Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(saved)
        cdef View of_g = self.rows_of(saved, m, l), of_dC = self.rows_of(dC_da, m, l)
        cdef View to = self.rows_of(delta, m, l, True)
        to.require(HAS_SLOPE[<int> layer.activation.id])
        self.kernels.slope(&layer.activation, of_g.data, of_dC.data, to.data, layer.ld,
                           m, layer.n_out)

    def accumulate(self, Py_ssize_t l, delta, below, gradient):
        """dC/dw_jk += delta_j a_k, dC/db_j += delta_j of layer l, in an array like the storage."""
        cdef const Layer *layer = self.layer(l)
        cdef Py_ssize_t m = len(delta), ld_below = self.program.layers[l - 1].ld
        cdef View of_l = self.rows_of(delta, m, l), x = self.rows_of(below, m, l - 1)
        cdef View g = self.program.parameters_like(gradient)
        cdef char *dw = g.data + layer.w * self.program.itemsize
        cdef char *db = g.data + layer.b * self.program.itemsize
        with nogil:
            self.kernels.accumulate(of_l.data, layer.ld, x.data, ld_below, dw, layer.ld,
                                    m, 0, layer.n_in, layer.n_out)
            self.kernels.accumulate_bias(of_l.data, layer.ld, db, m, layer.n_out)
