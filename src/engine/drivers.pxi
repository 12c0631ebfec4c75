# Whole calls: epochs of steps, an evaluation, a prediction.

cdef void begin_epoch(Call *p) noexcept nogil:
    """Keep what the last epoch left, and draw a new order."""
    cdef Epochs *e = &p.epochs
    cdef Py_ssize_t nbytes = p.n_parameters * p.itemsize
    if e.kept != NULL and e.counted > 0:
        memcpy(e.kept, p.storage, nbytes)
        if p.state1 != NULL:
            memcpy(e.kept1, p.state1, nbytes)
        if p.state2 != NULL:
            memcpy(e.kept2, p.state2, nbytes)
        memcpy(e.kept_counters, p.counters, 2 * sizeof(int64_t))
    if e.random != NULL:
        draw_order(e.random, e.rows, p.order, p.n)


cdef bint is_finite(const Call *p) noexcept nogil:
    """Whether all that training changes is: Adam's update by an infinite moment would be zero."""
    return p.kernels.all_finite(p.storage, p.n_parameters) \
        and (p.state1 == NULL or p.kernels.all_finite(p.state1, p.n_parameters)) \
        and (p.state2 == NULL or p.kernels.all_finite(p.state2, p.n_parameters))


cdef void count_right(Call *p) noexcept nogil:
    """Add what the threads have counted to the epoch's sum."""
    cdef int rank
    for rank in range(p.team.size):
        p.epochs.rights[p.epochs.counted - p.epochs.base] += p.results[rank].right
        p.results[rank].right = 0


cdef bint is_small(const Call *p) noexcept nogil:
    """Whether steps of one sample have a path of their own."""
    cdef Py_ssize_t l
    if p.kernels.small_steps == NULL or p.callbacks != NULL or p.team.size > 1 or p.batch_size > 1 \
            or p.L > SMALL_LAYERS or p.update.rule != SGD or p.update.l2 != 0 \
            or p.layers[p.L].activation == SOFTMAX:
        return False
    for l in range(p.L + 1):
        if p.layers[l].n_out > p.kernels.small_width:
            return False
    return True


cdef Py_ssize_t take_small_steps(Call *p, Py_ssize_t first, double *loss) noexcept nogil:
    """Steps from the place `first` on, for a bounded time; as many as are good."""
    cdef SmallNetwork net = [p.layers, p.L, p.loss, p.storage, p.update.numbers.learning_rate,
                             p.move_biases, p.count]
    cdef Py_ssize_t last = min(p.n, first + 1 + p.kernels.slice_work // (4 * p.macs))
    return p.kernels.small_steps(&net, &p.X, &p.Y, p.order, first, last, p.check, loss,
                                 &p.results[0].right)


cdef void train(void *argument, int rank) noexcept nogil:
    """Epochs from the place where they were left on, until all are done or a slice of work is.

    A C that is not finite never reaches the weights.
    """
    cdef Call *p = <Call *> argument
    cdef Epochs *e = &p.epochs
    cdef Py_ssize_t first = e.first, epoch = e.counted, m, right, work = 0
    cdef int64_t step = p.counters[0]
    cdef Update u = p.update
    cdef Ahead ahead
    cdef double C
    cdef bint small = is_small(p), continues
    while epoch < e.wanted and work + p.callback_work < e.slice_work:
        if first == 0:
            if rank == 0:
                begin_epoch(p)
            if not barrier(p, rank):
                return
        C = 0
        m = take_small_steps(p, first, e.losses + (epoch - e.base)) if small else 0
        if m > 0:
            first += m
            step += m
        else:
            m = min(p.batch_size, p.n - first)
            right = p.results[rank].right
            if not batch(p, rank, first, m, &C) or not isfinite(C):
                p.results[rank].right = right
                if rank == 0 and not team_asked(&p.team):
                    e.status = NONFINITE_C
                return
            first += m
            step += 1
            at_step(&u, step, m)
            start_prefetch(p, first, &ahead)
            update_weights(p, rank, &u, &ahead, m if fuses(p, m) else 0)
        work += m * p.macs * 3 + 2 * p.n_parameters + (0 if small else p.L * LAYER_WORK)
        if rank == 0:
            e.losses[epoch - e.base] += C
            p.counters[0] = step
            e.first = first
        if small:
            poll_signals(p, rank, m * p.macs)
        continues = (ends_by_rows(p) and first < p.n) or barrier(p, rank)
        if first == p.n:
            if rank == 0:  # also where it stops here: the epoch is whole
                count_right(p)
                if is_finite(p):
                    e.first, e.counted = 0, epoch + 1
                    p.counters[1] += e.counts
                else:
                    team_stop(&p.team, NONFINITE_W)
            continues = continues and barrier(p, rank)
            first, epoch = 0, epoch + 1
        if not continues:
            return
    if rank == 0 and epoch < e.wanted:
        e.status = PAUSED


cdef void evaluate(void *argument, int rank) noexcept nogil:
    """The sum of C_0 over all samples, and its gradient, if one is wanted."""
    cdef Call *p = <Call *> argument
    cdef double C
    if batch(p, rank, 0, p.n, &C) and rank == 0:
        p.C = C


cdef void predict(void *argument, int rank) noexcept nogil:
    """a^(L) of all rows, dense."""
    cdef Call *p = <Call *> argument
    if p.n < p.team.size:
        predict_few(p, rank)
    else:
        predict_rows(p, rank)


cdef void predict_few(Call *p, int rank) noexcept nogil:
    """Every thread has some of each layer's columns."""
    cdef const Layer *layer = p.layers + p.L
    cdef Py_ssize_t i, j = 0, last = layer.n_out if rank == 0 else 0
    cdef Py_ssize_t n_L = layer.n_out * p.itemsize
    fetch(p, rank, 0, p.n)
    if not forward_hidden(p, rank, p.n):
        return
    if layer.activation != SOFTMAX and has_columns_for_all(p, layer.n_out):
        partition(layer.n_out, per_line(p), p, rank, &j, &last)
    if j < last:
        forward(p, rank, p.L, 0, p.n, j, last - j)
    if barrier(p, rank) and rank == 0:
        for i in range(p.n):
            memcpy(p.out + i * n_L, p.a[p.L] + i * layer.ld * p.itemsize, n_L)


cdef void predict_rows(Call *p, int rank) noexcept nogil:
    """Every thread has some of the rows, and waits for no other."""
    cdef Py_ssize_t row, last, l, i, rows, ld = p.layers[p.L].ld * p.itemsize
    cdef Py_ssize_t n_L = p.layers[p.L].n_out * p.itemsize
    cdef Py_ssize_t room = min(p.n, ROW_BLOCK) // p.team.size, mine = rank * room  # in a workspace
    cdef Source x = p.X
    partition(p.n, 1, p, rank, &row, &last)
    while row < last:
        rows = min(last - row, room)
        gather_rows(p, p.results + rank, NONFINITE_X, &x, row, rows,
                    a_of(p, rank, 0) + mine * p.layers[0].ld * p.itemsize, p.layers[0].ld)
        for l in range(1, p.L + 1):
            forward(p, rank, l, mine, mine + rows, 0, p.layers[l].n_out)
        for i in range(rows):
            memcpy(p.out + (row + i) * n_L, p.a[p.L] + (mine + i) * ld, n_L)
        row += rows
        if not poll_signals(p, rank, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out)):
            return
