# The passes over a chunk of a batch: forward, output and loss, backward, the gradient.
#
# They call the kernels layer by layer.
#
# Needs: boundary.pyx, call.pxi, custom_activations.pxi, custom_loss.pxi, kernels.pxd,
#   own_columns.pxi, threads.pxi, timeline.pxi.
# Gives: at_place, backward, fetch, forward, forward_hidden, forward_shared, gather_rows,
#   LAYER_WORK, NODE_WORK, output_and_loss, reads_in_place, sums_of_gradient.

from libc.math cimport log, log1p

# What a node costs beside its multiply-adds (an activation, a conversion), and a layer in every
# step (calls of kernels), in multiply-adds.
cdef Py_ssize_t NODE_WORK = 32
cdef Py_ssize_t LAYER_WORK = 4096
# Rows of a layer that one call of a kernel gets are worth so many slices of work: blocks of a large
# layer's weights are read anew in every call.
cdef Py_ssize_t SLICES_A_CALL = 4


cdef void fetch(Call *p, int rank, Py_ssize_t first, Py_ssize_t m) noexcept nogil:
    """Gather m rows of X, from the place `first` of the order on, and this thread's part of Y's.

    All threads gather all of X: they would have to take it out of each other's caches.
    """
    cdef Py_ssize_t mine, last, i, row
    cdef Source x = p.X, y = p.Y
    cdef const Py_ssize_t *order = p.order
    cdef ThreadResult *result = p.results + rank
    result.place = first
    # Batch by batch, for between two slices of a run Python can do anything to the arrays.
    for i in range(first, first + m):
        row = i if order == NULL else order[i]
        if not is_within(&x, &y, row):
            result.status = OUT_OF_BOUNDS
            team_stop(&p.team, OUT_OF_BOUNDS)
            return
    gather_rows(p, result, NONFINITE_X, &x, first, m, a_of(p, rank, 0), p.layers[0].ld)
    if p.plan.mode != PREDICT and result.status == DONE:
        partition(m, 1, p, rank, &mine, &last)
        gather_rows(p, result, NONFINITE_Y, &y, first + mine, last - mine,
                    p.y + mine * p.layers[p.L].ld * p.itemsize, p.layers[p.L].ld)
    timeline_mark(rank, MARK_FETCH, 0)


cdef inline bint reads_in_place(const Call *p) noexcept nogil:
    """Whether the rows of X are such as the kernels multiply: then a prediction needs no copy."""
    cdef const Source *x = &p.X
    return (x.kind == (FLOAT32 if p.itemsize == sizeof(float) else FLOAT64)
            and x.column_stride == p.itemsize and x.row_stride % p.itemsize == 0
            and <uintptr_t> x.data % p.itemsize == 0
            and p.order == NULL and not p.plan.check and p.kernels.terms_a_row == 1)


cdef void gather_rows(Call *p, ThreadResult *result, Status bad, Source *source, Py_ssize_t first,
                      Py_ssize_t m, char *to, Py_ssize_t ld) noexcept nogil:
    cdef const Py_ssize_t *order = NULL
    cdef Py_ssize_t at
    cdef Source rows = source[0]
    if p.order != NULL:
        order = p.order + first
    else:
        rows.data += first * rows.row_stride
    at = p.kernels.gather(&rows, order, m, to, ld, p.plan.check)
    if at == BROKEN_ROW:
        result.status = OUT_OF_BOUNDS
        team_stop(&p.team, OUT_OF_BOUNDS)
    elif at >= 0:
        result.status, result.bad = bad, first * source.n_columns + at
        team_stop(&p.team, bad)


cdef inline Py_ssize_t at_once(const Call *p, Py_ssize_t rows, Py_ssize_t macs) noexcept nogil:
    """How many rows of so many multiply-adds each one call of a kernel gets."""
    cdef Py_ssize_t most = SLICES_A_CALL * p.kernels.slice_work
    return rows if rows * macs <= most else max(1, most // macs)


cdef inline bint drops(const Call *p, Py_ssize_t l) noexcept nogil:
    """Whether nodes of layer l are dropped in this call."""
    return p.plan.dropout_key != 0 and p.layers[l].dropout.threshold > 0


cdef void forward(Call *p, int rank, Py_ssize_t l, Py_ssize_t row, Py_ssize_t last,
                  Py_ssize_t j, Py_ssize_t n_out) noexcept nogil:
    """Columns j, ..., j + n_out - 1 of layer l, of the rows from `row` to `last`."""
    cdef const Layer *layer = p.layers + l
    cdef Py_ssize_t m, size = p.itemsize, ld_below = p.layers[l - 1].ld
    cdef const char *below = a_of(p, rank, l - 1)
    cdef char *z = p.z[l]
    cdef char *a = p.a[l]
    cdef char *slope = NULL
    cdef Py_ssize_t first = row
    cdef Part part = part_of(p, rank, l, 0, j, n_out)
    if p.keeps_slope[l] and p.plan.mode >= GRADIENT:
        slope = p.saved[l]
    elif drops(p, l) and not p.is_custom[l]:
        z = a = p.saved[l]
    if l == 1 and p.results[rank].X != NULL:
        below, ld_below = p.results[rank].X, p.results[rank].ld_X
    while row < last:
        m = at_once(p, last - row, layer.n_in * n_out)
        p.kernels.forward(
            part.state.storage + part.w * size, part.ld, part.state.storage + part.b * size,
            below + row * ld_below * size, ld_below,
            z + (row * layer.ld + j) * size, layer.ld,
            a + (row * layer.ld + j) * size, layer.ld,
            slope + (row * layer.ld + j) * size if slope != NULL else NULL,
            p.sums + rank * p.widest * size, m, layer.n_in, n_out, &layer.activation)
        row += m
        if not poll_signals(p, rank, m * (layer.n_in + NODE_WORK) * n_out):
            return
    if p.is_custom[l]:
        call_back(p, l, first, last, False)
        a = p.a[l]
    if drops(p, l):
        row = (first * layer.ld + j) * size
        p.kernels.drop(&layer.dropout, seed_of(p.results[rank].seed, l), a + row, p.a[l] + row,
                       layer.ld, p.results[rank].chunk + first, last - first, j, n_out)


cdef void forward_part(Call *p, int rank, int part, Py_ssize_t l, Py_ssize_t m) noexcept nogil:
    """A part of m rows of a layer: some columns, or some rows where it has too few."""
    cdef Py_ssize_t first, last
    if has_columns_for_all(p, p.layers[l].n_out):
        partition(p.layers[l].n_out, per_line(p), p, part, &first, &last)
        forward(p, rank, l, 0, m, first, last - first)
    else:
        partition(m, 1, p, part, &first, &last)
        forward(p, rank, l, first, last, 0, p.layers[l].n_out)


cdef void forward_shared(Call *p, int rank, Py_ssize_t l, Py_ssize_t m) noexcept nogil:
    """This thread's part of m rows of a layer.

    In a prediction rank 0 also does the parts of threads that have not begun by then: it would wait
    for milliseconds where another library's threads spin on their cores.
    """
    cdef int part
    forward_part(p, rank, rank, l, m)
    if rank == 0 and p.plan.mode == PREDICT:
        for part in range(1, p.team.size):
            if team_leaves_out(&p.team, part):
                forward_part(p, rank, part, l, m)


cdef bint forward_hidden(Call *p, int rank, Py_ssize_t m) noexcept nogil:
    """Layers 1 to L-1 of m rows that lie in a^(0)."""
    cdef Py_ssize_t l
    for l in range(1, p.L):
        forward_shared(p, rank, l, m)
        timeline_mark(rank, MARK_FORWARD, l)
        if not barrier(p, rank):
            return False
    return True


cdef inline double at_place(const Call *p, const double *weights, Py_ssize_t place) noexcept nogil:
    """The weight of the sample at a place of the order; 0 of a row that `fetch` will refuse."""
    cdef Py_ssize_t row = place if p.order == NULL else p.order[place]
    return weights[row] if 0 <= row < p.X.n_rows else 0


cdef void clear_row(Call *p, Py_ssize_t i) noexcept nogil:
    """Zeros in the hidden layers of row i, which has no weight: infinity times 0 would be NaN."""
    cdef Py_ssize_t l, at, nbytes
    for l in range(1, p.L):
        nbytes = p.layers[l].n_out * p.itemsize
        at = i * p.layers[l].ld * p.itemsize
        memset(p.a[l] + at, 0, nbytes)
        memset(p.z[l] + at, 0, nbytes)
        memset(p.saved[l] + at, 0, nbytes)


cdef void weigh(Call *p, int rank, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Weight C_0 and delta^(L) of some rows of the chunk, and enter the divisors of correct ones.

    delta^(L) by w over the batch's mean divisor, which is about 1 however large weights are, and
    exactly 1 where all are the same power of two. What is not finite counts nothing in a row
    without weight.
    """
    cdef Py_ssize_t place = p.results[rank].place, ld = p.layers[p.L].ld, n = p.layers[p.L].n_out
    cdef Py_ssize_t i, at
    cdef double per_weight = p.results[rank].per_weight, w
    cdef double *C_0 = p.C_0
    cdef double *right = p.right
    cdef double *factors = p.factors
    if p.plan.count == COUNT_EVERY:
        for i in range(first, last):
            at = i * ld * p.itemsize
            right[i] = p.kernels.count_exact(p.a[p.L] + at, p.y + at, ld, 1, n)
    elif p.plan.count == COUNT_NOTHING:
        memset(right + first, 0, (last - first) * sizeof(double))
    for i in range(first, last):
        w = at_place(p, p.weights, place + i)
        right[i] *= w if p.divisors == p.weights else at_place(p, p.divisors, place + i)
        C_0[i] = w * C_0[i] if w > 0 else 0
        factors[i] = w * per_weight
        if w == 0 and p.plan.mode >= GRADIENT:
            clear_row(p, i)
    # Of one row the factor is 1, if its divisor is its weight.
    if p.plan.mode >= GRADIENT and (p.plan.batch_size != 1 or p.divisors != p.weights):
        p.kernels.scale_rows(p.delta[p.L] + first * ld * p.itemsize, ld, p.factors + first,
                             last - first, n)


cdef void clip_loss(Call *p, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """C_0 of some rows as of probabilities in [clip, 1 - clip]; labels are 0 or 1."""
    cdef const Layer *layer = p.layers + p.L
    cdef double least = -log1p(-p.plan.clip), most = -log(p.plan.clip)
    cdef Py_ssize_t i, at = first * layer.ld * p.itemsize
    if layer.activation.id != SOFTMAX:
        p.kernels.clipped_loss(p.a[p.L] + at, p.y + at, layer.ld, p.plan.clip, p.C_0 + first,
                               last - first, layer.n_out)
        return
    for i in range(first, last):  # one of a row's terms is not 0
        p.C_0[i] = min(max(p.C_0[i], least), most)


cdef bint output_and_loss(Call *p, int rank, Py_ssize_t m) noexcept nogil:
    """Layer L by rows (softmax needs a whole one), C_0 of each, and delta^(L)."""
    cdef const Layer *layer = p.layers + p.L
    cdef bint learn = p.plan.mode >= GRADIENT, weighted = p.weights != NULL
    cdef bint counts = p.plan.count == COUNT_LARGEST
    cdef Py_ssize_t first, last, at
    cdef char *y
    partition(m, 1, p, rank, &first, &last)
    if first < last:
        forward(p, rank, p.L, first, last, 0, layer.n_out)
    if first < last and p.plan.mode != PREDICT:
        at = first * layer.ld * p.itemsize
        y = p.y + at
        if p.softening != NULL:
            y = p.softened + at
            p.kernels.soften_rows(p.y + at, p.softening, y, layer.ld, p.plan.normalizes,
                                  last - first, layer.n_out)
        p.kernels.output(&p.loss, &layer.activation, p.z[p.L] + at, p.a[p.L] + at, y, p.y + at,
                         layer.ld, p.delta[p.L] + at if learn and not p.has_own_loss else NULL,
                         p.C_0 + first,
                         &p.results[rank].n_correct if counts and not weighted else NULL,
                         p.right + first if counts and weighted else NULL,
                         last - first, layer.n_out)
        if p.plan.clip > 0:
            clip_loss(p, first, last)
        if p.has_own_loss:
            call_own_loss(p, first, last)
        if learn and p.is_custom[p.L]:
            call_back(p, p.L, first, last, True)
        if weighted:
            weigh(p, rank, first, last)
        elif p.plan.count == COUNT_EVERY:
            p.results[rank].n_correct += p.kernels.count_exact(
                p.a[p.L] + at, p.y + at, layer.ld, last - first, layer.n_out)
    timeline_mark(rank, MARK_OUTPUT, p.L)
    poll_signals(p, rank, 0)  # in every step: no update is under way, and a thread may have no rows
    return barrier(p, rank)


cdef inline char *transposed_rows(const Call *p, int rank, Py_ssize_t l,
                                  Py_ssize_t k) noexcept nogil:
    """Where rows k, ... of w^(l), which are this thread's, lie transposed: in memory of its own."""
    cdef Py_ssize_t rows = p.layers[l].n_out + LARGEST_VECTOR
    return p.transposed + (k + rank * per_line(p)) * rows * p.itemsize


cdef void transpose_rows(Call *p, int rank, Py_ssize_t l, Py_ssize_t k,
                         Py_ssize_t last) noexcept nogil:
    """Lay out rows k to `last` of w^(l), which may be several threads' columns, by j."""
    cdef Py_ssize_t j = 0, last_j = p.layers[l].n_out
    cdef Py_ssize_t ld = own_ld(last - k, p.itemsize), size = p.itemsize
    cdef char *to = transposed_rows(p, rank, l, k)
    cdef bint owned = owns_columns(p, l)
    cdef Part part
    cdef int owner
    for owner in range(p.team.size if owned else 1):
        if owned:
            partition(p.layers[l].n_out, per_line(p), p, owner, &j, &last_j)
        part = part_of(p, owner, l, k, j, last_j - j)
        p.kernels.transpose(part.state.storage + part.w * size, part.ld,
                            to + j // p.kernels.terms_a_row * ld * size, ld, last - k, last_j - j)


cdef bint backward(Call *p, int rank, Py_ssize_t m) noexcept nogil:
    """From delta^(L) down to delta^(1), a thread having some of the nodes k of each layer."""
    cdef Py_ssize_t l, k, last, row, rows, most, size = p.itemsize
    cdef bint waits = not ends_by_rows(p)
    cdef const Layer *layer
    cdef const Layer *below
    cdef char *w
    cdef const char *saved
    if not waits:
        expect_updates(p, rank)
    for l in range(p.L, 1, -1):
        layer, below = p.layers + l, p.layers + l - 1
        saved = p.saved[l - 1] if p.keeps_slope[l - 1] or drops(p, l - 1) else p.a[l - 1]
        k, last = 0, layer.n_in if rank == 0 else 0
        if has_columns_for_all(p, layer.n_in):
            partition(layer.n_in, per_line(p), p, rank, &k, &last)
        w = p.state.storage + (layer.w + k * layer.ld) * size
        if p.kernels.transpose != NULL and k < last:
            transpose_rows(p, rank, l, k, last)
        row, rows = 0, m if k < last else 0
        while row < rows:
            most = at_once(p, rows - row, (last - k) * layer.n_out)
            p.kernels.delta(
                w, layer.ld, transposed_rows(p, rank, l, k), own_ld(last - k, size),
                p.delta[l] + row * layer.ld * size, layer.ld,
                saved + (row * below.ld + k) * size,
                p.delta[l - 1] + (row * below.ld + k) * size, below.ld,
                most, last - k, layer.n_out, &below.activation)
            row += most
            # Without a barrier, the others would update their weights all the same.
            if not poll_signals(p, rank, most * (last - k) * layer.n_out) and waits:
                break
        if p.is_custom[l - 1]:
            call_back(p, l - 1, 0, m, True)
        if k < last and drops(p, l - 1):  # last: no g' makes anything but 0 of a dropped node
            p.kernels.drop_delta(&below.dropout, p.a[l - 1] + k * size, p.delta[l - 1] + k * size,
                                 below.ld, row, last - k)
        timeline_mark(rank, MARK_BACKWARD, l)
        if waits and not barrier(p, rank):
            return False
    return True


cdef void accumulate(Call *p, int rank, Py_ssize_t m, char *gradient) noexcept nogil:
    """Every layer's dC/dw and dC/db over m rows, added to `gradient`: rows k of w."""
    cdef Py_ssize_t l, first, last, most, size = p.itemsize
    cdef const Layer *layer
    for l in range(1, p.L + 1):
        layer = p.layers + l
        partition(layer.n_in, 1, p, rank, &first, &last)
        while first < last:
            most = at_once(p, last - first, m * layer.n_out)
            p.kernels.accumulate(
                p.delta[l], layer.ld, a_of(p, rank, l - 1), p.layers[l - 1].ld,
                gradient + layer.w * size, layer.ld, m, first, first + most, layer.n_out)
            first += most
            if not poll_signals(p, rank, m * most * layer.n_out):
                return
        if rank == 0 and (p.plan.mode != TRAIN or p.plan.learns_biases):  # else not in the norm
            p.kernels.accumulate_bias(p.delta[l], layer.ld, gradient + layer.b * size, m,
                                      layer.n_out)


cdef bint sums_of_gradient(Call *p, int rank, Py_ssize_t m, bint is_first) noexcept nogil:
    """The gradient of a chunk, into a fresh accumulator: a sum over millions of rows in float32
    keeps its digits."""
    cdef char *into = p.gradient if is_first else p.part
    cdef Py_ssize_t first, last, size = p.itemsize
    partition(p.n_parameters, per_line(p), p, rank, &first, &last)
    memset(into + first * size, 0, (last - first) * size)
    if not barrier(p, rank):
        return False
    accumulate(p, rank, m, into)
    if not barrier(p, rank):
        return False
    if not is_first:
        p.kernels.add(p.gradient + first * size, into + first * size, last - first)
    return barrier(p, rank)
