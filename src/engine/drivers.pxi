# Whole calls: epochs of steps, an evaluation, a prediction.
#
# Needs: boundary.pyx, call.pxi, kernels.pxd, own_columns.pxi, passes.pxi, shuffle.pxi, step.pxi,
#   threads.pxi.
# Gives: begin_epoch, copy_state, evaluate, is_finite, predict, sum_correct, train, waited_long.

cdef void copy_state(const Call *p, int rank, State *to, const State *origin) noexcept nogil:
    """This thread's part of a state, without what threads have copies of."""
    cdef Py_ssize_t stretch_i, at, n
    cdef int i
    for stretch_i in range(n_stretches(p)):
        at = stretch(p, rank, stretch_i, &n) * p.itemsize
        memcpy(to.storage + at, origin.storage + at, n * p.itemsize)
        for i in range(p.plan.n_memories):
            memcpy(<char *> to.memories[i] + at, <char *> origin.memories[i] + at, n * p.itemsize)
    if rank == 0:
        memcpy(to.counters, origin.counters, 2 * sizeof(int64_t))


cdef void begin_epoch(Call *p, int rank) noexcept nogil:
    """Take a snapshot of what the last epoch left, and draw a new order."""
    cdef ThreadResult *result = p.results + rank
    if p.snapshot.storage != NULL and p.progress.epochs_done > 0:
        copy_state(p, rank, &p.snapshot, &p.state)
        if has_own_columns(p):
            memcpy(result.own_snapshot.storage, result.own.storage, of_copies(p))
            result.has_snapshot = True
    if rank == 0 and p.plan.shuffle:
        if not p.plan.continues_order:
            start_order(p.rows, p.order, p.n)
        draw_order(p.random, p.order, p.n)


cdef bint is_finite(const Call *p, int rank) noexcept nogil:
    """Whether this thread's part of what training changes is: Adam's update by an infinite moment
    would be zero."""
    cdef Py_ssize_t stretch_i, at, n
    cdef int i
    if has_own_columns(p) and not p.kernels.all_finite(p.results[rank].own.storage,
                                                       of_copies(p) // p.itemsize):
        return False
    for stretch_i in range(n_stretches(p)):
        at = stretch(p, rank, stretch_i, &n) * p.itemsize
        for i in range(p.plan.n_memories):
            if not p.kernels.all_finite(<char *> p.state.memories[i] + at, n):
                return False
        if not p.kernels.all_finite(p.state.storage + at, n):
            return False
    return True


cdef bint has_converged(Call *p, double loss) noexcept nogil:
    """Whether the losses of more epochs than the plan's patience were no better than before.

    An epoch is better where its loss is no more than the least one less tol.
    """
    cdef Progress *progress = &p.progress
    if p.plan.patience < 0:
        return False
    progress.stale = progress.stale + 1 if loss > progress.best - p.plan.tol else 0
    progress.best = min(progress.best, loss)
    return progress.stale > p.plan.patience


cdef void sum_correct(Call *p) noexcept nogil:
    """Enter the epoch's sums of weights, or add what the threads have counted."""
    cdef Progress *progress = &p.progress
    cdef int rank
    if p.weights != NULL:
        progress.n_correct[progress.epochs_done - progress.base] = p.right_sum
        progress.weight_sums[progress.epochs_done - progress.base] = p.weight_sum
        p.right_sum = p.weight_sum = 0
    for rank in range(p.team.size):
        progress.n_correct[progress.epochs_done - progress.base] += p.results[rank].n_correct
        p.results[rank].n_correct = 0


cdef void train(void *argument, int rank) noexcept nogil:
    """Epochs, with each thread's own copies of its columns."""
    cdef Call *p = <Call *> argument
    cdef double start
    take_columns(p, rank)
    start = clock_seconds()
    train_epochs(p, rank)
    if rank == 0:
        p.progress.seconds = clock_seconds() - start
    return_columns(p, rank)


# Seconds of the caller's thread at barriers in a slice, and another thread's core is taken.
cdef double MOST_WAITED = 5e-3


cdef bint waited_long(Call *p) noexcept nogil:
    """Whether the caller's thread waited longer than that in this call."""
    return p.team.waited > MOST_WAITED


cdef void train_epochs(Call *p, int rank) noexcept nogil:
    """From the place where they were left on, until all are done or a slice of work is."""
    cdef Progress *progress = &p.progress
    cdef Py_ssize_t first = progress.first, epoch = progress.epochs_done, m, work = 0
    cdef Py_ssize_t batch_size = p.plan.batch_size
    cdef int64_t steps = p.state.counters[0]
    cdef bint continues
    while epoch < progress.n_epochs and work + p.callback_work < progress.slice_work \
            and has_factor(&p.plan, steps + 1):
        if first == 0:
            if progress.begins_epochs:
                begin_epoch(p, rank)
            if not barrier(p, rank):
                return
        m = step(p, rank, first, min(batch_size, p.n - first), steps + 1,
                 progress.losses + (epoch - progress.base))
        if m == 0:
            return
        first += m
        steps += p.results[rank].steps
        work += m * p.macs * 3 + 2 * p.n_parameters + p.L * LAYER_WORK
        if rank == 0:
            p.state.counters[0] = steps
            progress.first = first
            if waited_long(p) and not team_asked(&p.team):
                team_stop(&p.team, PAUSED)  # so that fewer threads may go on
        continues = (ends_by_rows(p) and first < p.n) or barrier(p, rank)
        if first == p.n:
            if not is_finite(p, rank):
                team_stop(&p.team, NONFINITE_W)
            continues = barrier(p, rank) and continues
            if rank == 0:  # also where it stops here: the epoch is whole
                sum_correct(p)
                progress.rates[epoch - progress.base] = \
                    p.plan.numbers.learning_rate * factor_of(&p.plan, steps)
                if team_asked(&p.team) != NONFINITE_W:
                    progress.first, progress.epochs_done = 0, epoch + 1
                    p.state.counters[1] += p.plan.counts_epochs
                    if has_converged(p, progress.losses[epoch - progress.base] / p.n):
                        progress.n_epochs = epoch + 1
            continues = barrier(p, rank) and continues
            first, epoch = 0, epoch + 1
        if not continues:
            return
    if rank == 0 and epoch < progress.n_epochs:
        p.status = PAUSED


cdef void evaluate(void *argument, int rank) noexcept nogil:
    """The sum of C_0 over all samples, and its gradient, if that is the mode."""
    cdef Call *p = <Call *> argument
    step(p, rank, 0, p.n, 0, &p.C)


# Rows that a thread takes at a time: so many stay in the second cache from layer to layer. More of
# them are worth it where parameters have more than FAR_PARAMETERS bytes and come from memory each
# time (1,024 rows of 1024-2048-2048-1024 took 132 ms with 128 at a time, 121 with 256; networks of
# 2 to 14 MB the same within 3%), and Python's functions are called.
cdef Py_ssize_t ROWS_AT_ONCE = 128, ROWS_OF_FAR = 256, FAR_PARAMETERS = 1 << 24
# From so many rows for each thread on all threads read all of w, and so they do where it has fewer
# bytes: fewer rows of a larger one take as long as it takes to come from memory.
cdef Py_ssize_t MANY_ROWS = 32, LARGE_W = 1 << 20
# They share columns only where X, which each of them gathers, and w^(L), if one of them computes
# all of layer L, have at most one number for so many of w.
cdef Py_ssize_t UNSHARED = 8


cdef void predict(void *argument, int rank) noexcept nogil:
    """a^(L) of all rows, dense."""
    cdef Call *p = <Call *> argument
    if shares_columns(p):
        predict_few(p, rank)
    else:
        predict_rows(p, rank)


cdef inline bint divides_output(const Call *p) noexcept nogil:
    """Whether threads can share the columns of layer L: softmax needs a whole row."""
    cdef const Layer *layer = p.layers + p.L
    return layer.activation.id != SOFTMAX and has_columns_for_all(p, layer.n_out)


cdef bint shares_columns(const Call *p) noexcept nogil:
    """Whether each thread has some columns of the layers, not some rows."""
    cdef const Layer *layer = p.layers + p.L
    if p.n < p.team.size:
        return True
    return (p.n < min(p.team.size * MANY_ROWS, ROW_BLOCK) and p.team.size > 1
            and p.n_parameters * p.itemsize > LARGE_W
            and p.n * p.layers[0].n_out <= p.n_parameters // UNSHARED
            and (divides_output(p) or layer.n_in * layer.n_out <= p.n_parameters // UNSHARED))


cdef void predict_few(Call *p, int rank) noexcept nogil:
    """Every thread has some of each layer's columns."""
    cdef const Layer *layer = p.layers + p.L
    cdef Py_ssize_t i, n_L = layer.n_out * p.itemsize
    fetch(p, rank, 0, p.n)
    if not forward_hidden(p, rank, p.n):
        return
    if divides_output(p):
        forward_shared(p, rank, p.L, p.n)
    elif rank == 0:
        forward(p, rank, p.L, 0, p.n, 0, layer.n_out)
    if barrier(p, rank) and rank == 0:
        for i in range(p.n):
            memcpy(p.out + i * n_L, p.a[p.L] + i * layer.ld * p.itemsize, n_L)


cdef inline Py_ssize_t rows_at_once(const Call *p) noexcept nogil:
    if p.callbacks != NULL:
        return ROW_BLOCK
    return ROWS_OF_FAR if p.n_parameters * p.itemsize > FAR_PARAMETERS else ROWS_AT_ONCE


cdef void predict_rows(Call *p, int rank) noexcept nogil:
    """Every thread takes the next block of rows, and waits for no other."""
    cdef Py_ssize_t row, l, i, rows, ld = p.layers[p.L].ld * p.itemsize
    cdef Py_ssize_t n_L = p.layers[p.L].n_out * p.itemsize
    cdef Py_ssize_t room = min(rows_at_once(p), min(p.n, ROW_BLOCK) // p.team.size)
    cdef Py_ssize_t mine = rank * room  # in the workspace
    cdef Source x = p.X
    cdef ThreadResult *result = p.results + rank
    cdef bint in_place = reads_in_place(p)
    while True:
        row = team_take(&p.team, room)
        if row >= p.n:
            return
        rows = min(p.n - row, room)
        if in_place:
            result.X, result.ld_X = x.data + (row - mine) * x.row_stride, x.row_stride // p.itemsize
        else:
            gather_rows(p, result, NONFINITE_X, &x, row, rows,
                        a_of(p, rank, 0) + mine * p.layers[0].ld * p.itemsize, p.layers[0].ld)
        for l in range(1, p.L + 1):
            forward(p, rank, l, mine, mine + rows, 0, p.layers[l].n_out)
        result.X = NULL
        for i in range(rows):
            memcpy(p.out + (row + i) * n_L, p.a[p.L] + (mine + i) * ld, n_L)
        if not poll_signals(p, rank, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out)):
            return
