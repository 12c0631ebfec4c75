# The passes over a batch, and over epochs of them: what calls the kernels, layer by layer.
#
# Every member of a team (team.h; mostly of one) runs the same functions and does its share of each
# loop: of the outputs of a product, never of one of its sums. So the bits do not depend on the
# number of threads. A layer's columns j are shared out in whole cache lines, rows where there are
# too few of them. At every `meet` all that was written before is there for all.

from libc.math cimport isfinite, pow

cdef extern from "team.h" nogil:
    const int MOST_MEMBERS
    ctypedef struct team_place_t:
        pass
    ctypedef struct team_t:
        int size
        team_place_t *places
    ctypedef void (*team_body_t)(void *argument, int member) noexcept nogil
    void team_run(team_t *team, int size, team_body_t body, void *argument)
    int team_wait(team_t *team, int me, unsigned meeting)
    int team_asked(team_t *team)
    void team_stop(team_t *team, int why)

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"()  # leaves its exception for the boundary to raise

include "order.pxi"

# The most work of a batch for which gradient and update may be one: some 100 ms of an update.
cdef Py_ssize_t FUSED_WORK = <Py_ssize_t> 1 << 33
# What a node costs beside its multiply-adds (an activation, a conversion), in multiply-adds.
cdef Py_ssize_t NODE_WORK = 32
# Rows of a layer that one call of a kernel gets are worth so many slices of work: blocks of a large
# layer's weights are read anew in every call.
cdef Py_ssize_t SLICES_A_CALL = 4

# How a call ended.
cdef enum Status:
    DONE, PAUSED, NONFINITE_X, NONFINITE_Y, NONFINITE_C, NONFINITE_W, OUT_OF_BOUNDS, INTERRUPTED

# What one member found in its share.
cdef struct Found:
    int status
    Py_ssize_t bad    # where the first value that is not finite stands: row * columns + column
    Py_ssize_t right  # answers
    unsigned meetings
    char unshared[CACHE_LINE]

# Where training stands, and what it gives.
cdef struct Epochs:
    Py_ssize_t wanted
    Py_ssize_t counted  # epochs done
    Py_ssize_t first    # samples done of the next one
    Py_ssize_t slice_work  # after which training pauses
    int status
    double *losses      # for every epoch the sum of C_0
    int64_t *rights     # and of right answers
    bitgen_t *random    # shuffles; NULL: the order stays
    const Py_ssize_t *rows  # what is shuffled; NULL: all rows
    char *kept          # the state at the last epoch's end; NULL: nobody wants it
    char *kept1
    char *kept2
    int64_t *kept_counters

# One call: the network, the memory of a chunk of a batch, the samples, how the weights move.
cdef struct Pass:
    const Kernels *kernels
    const Layer *layers  # 0..L; of layer 0 only n_out, ld and place count
    Py_ssize_t L
    Py_ssize_t itemsize
    Py_ssize_t n_parameters
    Py_ssize_t macs
    LossId loss
    char *storage

    char **a          # a[0] is the first member's: every member gathers all rows for itself
    char **delta
    char *more_x      # a^(0) of the other members
    Py_ssize_t of_x   # bytes of one
    char *z
    char *y
    double *C_0
    char *sums        # for every member `widest` numbers
    Py_ssize_t widest
    char *transposed

    Source X
    Source Y
    Py_ssize_t *order
    Py_ssize_t n
    bint check
    bint count

    Py_ssize_t batch_size
    char *gradient
    char *part
    char *state1
    char *state2
    int64_t *counters  # the first counts steps
    bint move_biases
    Update update
    Epochs epochs

    team_t team
    Py_ssize_t work   # since the last look at pending signals
    bint polls        # whether there is anything to see
    double C          # the sum of C_0
    Py_ssize_t bad    # the first member's
    Found *found      # of every member


# ------------------------------------------------------------------------------ shares

cdef inline void share(Py_ssize_t n, Py_ssize_t unit, Pass *p, int me,
                       Py_ssize_t *first, Py_ssize_t *last) noexcept nogil:
    """A member's part of n things that stay together in groups of `unit`."""
    cdef Py_ssize_t groups = (n + unit - 1) // unit
    if p.team.size == 1:
        first[0], last[0] = 0, n
        return
    first[0] = min(n, groups * me // p.team.size * unit)
    last[0] = min(n, groups * (me + 1) // p.team.size * unit)


cdef inline char *a_of(const Pass *p, int me, Py_ssize_t l) noexcept nogil:
    return p.a[l] if l > 0 or me == 0 else p.more_x + (me - 1) * p.of_x


cdef inline Py_ssize_t per_line(const Pass *p) noexcept nogil:
    return CACHE_LINE // p.itemsize


cdef inline bint has_columns_for_all(const Pass *p, Py_ssize_t n) noexcept nogil:
    return p.team.size == 1 or n > per_line(p) * (p.team.size - 1)


cdef inline bint meet(Pass *p, int me) noexcept nogil:
    """Wait for the others; false where one of them found a reason to stop."""
    p.found[me].meetings += 1
    return team_wait(&p.team, me, p.found[me].meetings) == 0


cdef bint signals_arrived() noexcept with gil:
    return check_signals() != 0


cdef bint go_on(Pass *p, int me, Py_ssize_t work) noexcept nogil:
    """Count work; from time to time let pending signals (Ctrl-C) be handled."""
    if me == 0:
        p.work += work
        if p.work >= p.kernels.slice_work:
            p.work = 0
            if p.polls and signals_arrived():
                team_stop(&p.team, INTERRUPTED)
    return team_asked(&p.team) == 0


# ------------------------------------------------------------------------------ one chunk

cdef void fetch(Pass *p, int me, Py_ssize_t first, Py_ssize_t m) noexcept nogil:
    """Gather m rows of X, from the place `first` of the order on, and a share of Y's.

    All members gather all of X: they would have to take it out of each other's caches.
    """
    cdef Py_ssize_t mine, last, i, row, label
    cdef Source x = p.X, y = p.Y
    cdef const Py_ssize_t *order = p.order
    cdef Found *found = p.found + me
    # Batch by batch, for between two slices of a run Python can do anything to the arrays.
    for i in range(first, first + m):
        row = i if order == NULL else order[i]
        found.status = DONE if 0 <= row < x.n_rows else OUT_OF_BOUNDS
        if found.status == DONE and y.kind == LABELS and y.data != NULL:
            label = (<const Py_ssize_t *> (y.data + row * y.row_stride))[0]
            found.status = DONE if 0 <= label < y.n_columns else OUT_OF_BOUNDS
        if found.status != DONE:
            team_stop(&p.team, OUT_OF_BOUNDS)
            return
    gather_rows(p, found, NONFINITE_X, &x, first, m, a_of(p, me, 0), p.layers[0].ld)
    if y.data != NULL and found.status == DONE:
        share(m, 1, p, me, &mine, &last)
        gather_rows(p, found, NONFINITE_Y, &y, first + mine, last - mine,
                    p.y + mine * p.layers[p.L].ld * p.itemsize, p.layers[p.L].ld)


cdef void gather_rows(Pass *p, Found *found, Status bad, Source *source, Py_ssize_t first,
                      Py_ssize_t m, char *to, Py_ssize_t ld) noexcept nogil:
    cdef const Py_ssize_t *order = NULL
    cdef Py_ssize_t at
    if p.order != NULL:
        order = p.order + first
    else:
        source.data += first * source.row_stride
    at = p.kernels.gather(source, order, m, to, ld, p.check)
    if at >= 0:
        found.status, found.bad = bad, first * source.n_columns + at
        team_stop(&p.team, bad)


cdef void forward(Pass *p, int me, Py_ssize_t l, Py_ssize_t row, Py_ssize_t last,
                  Py_ssize_t j, Py_ssize_t n_out) noexcept nogil:
    """Columns j, ..., j + n_out - 1 of layer l, of the rows from `row` to `last`."""
    cdef const Layer *layer = p.layers + l
    cdef Py_ssize_t m, size = p.itemsize, ld_below = p.layers[l - 1].ld
    cdef Py_ssize_t most = max(1, SLICES_A_CALL * p.kernels.slice_work // (layer.n_in * n_out))
    cdef char *z = p.z if l == p.L else p.a[l]
    while row < last:
        m = min(most, last - row)
        p.kernels.forward(
            p.storage + (layer.w + j) * size, layer.ld, p.storage + (layer.b + j) * size,
            a_of(p, me, l - 1) + row * ld_below * size, ld_below,
            z + (row * layer.ld + j) * size, layer.ld,
            p.a[l] + (row * layer.ld + j) * size, layer.ld,
            p.sums + me * p.widest * size, m, layer.n_in, n_out, layer.activation)
        row += m
        if not go_on(p, me, m * (layer.n_in + NODE_WORK) * n_out):
            return


cdef bint forward_hidden(Pass *p, int me, Py_ssize_t m) noexcept nogil:
    """Layers 1 to L-1 of m rows that lie in a^(0)."""
    cdef Py_ssize_t l, first, last
    for l in range(1, p.L):
        if has_columns_for_all(p, p.layers[l].n_out):
            share(p.layers[l].n_out, per_line(p), p, me, &first, &last)
            forward(p, me, l, 0, m, first, last - first)
        else:
            share(m, 1, p, me, &first, &last)
            forward(p, me, l, first, last, 0, p.layers[l].n_out)
        if not meet(p, me):
            return False
    return True


cdef bint judge(Pass *p, int me, Py_ssize_t m, bint learn) noexcept nogil:
    """Layer L by rows (softmax needs a whole one), C_0 of each, and delta^(L)."""
    cdef const Layer *layer = p.layers + p.L
    cdef Py_ssize_t first, last, at
    share(m, 1, p, me, &first, &last)
    if first < last:
        forward(p, me, p.L, first, last, 0, layer.n_out)
        at = first * layer.ld * p.itemsize
        p.kernels.output(p.loss, layer.activation, p.z + at, p.a[p.L] + at, p.y + at, layer.ld,
                         p.delta[p.L] + at if learn else NULL, p.C_0 + first, last - first,
                         layer.n_out)
        if p.count:
            p.found[me].right += p.kernels.count_correct(p.a[p.L] + at, p.y + at, layer.ld,
                                                         last - first, layer.n_out)
    return meet(p, me)


cdef bint backward(Pass *p, int me, Py_ssize_t m) noexcept nogil:
    """From delta^(L) down to delta^(1), a member having some of the nodes k of each layer."""
    cdef Py_ssize_t l, k, last, row, rows, most, size = p.itemsize
    cdef const Layer *layer
    cdef const Layer *below
    cdef char *w
    for l in range(p.L, 1, -1):
        layer, below = p.layers + l, p.layers + l - 1
        k, last = 0, layer.n_in if me == 0 else 0
        if has_columns_for_all(p, layer.n_in):
            share(layer.n_in, per_line(p), p, me, &k, &last)
        w = p.storage + (layer.w + k * layer.ld) * size
        if p.kernels.transpose != NULL and k < last:
            p.kernels.transpose(w, layer.ld, p.transposed + k * size, below.ld, last - k,
                                layer.n_out)
        row, rows = 0, m if k < last else 0
        while row < rows:
            most = max(1, SLICES_A_CALL * p.kernels.slice_work // ((last - k) * layer.n_out))
            most = min(most, rows - row)
            p.kernels.delta(
                w, layer.ld, p.transposed + k * size,
                p.delta[l] + row * layer.ld * size, layer.ld,
                p.a[l - 1] + (row * below.ld + k) * size,
                p.delta[l - 1] + (row * below.ld + k) * size, below.ld,
                most, last - k, layer.n_out, below.activation)
            row += most
            if not go_on(p, me, most * (last - k) * layer.n_out):
                break
        if not meet(p, me):
            return False
    return True


cdef void accumulate(Pass *p, int me, Py_ssize_t m, char *gradient) noexcept nogil:
    """Every layer's dC/dw and dC/db over m rows, added to `gradient`: rows k of w."""
    cdef Py_ssize_t l, first, last, most, size = p.itemsize
    cdef const Layer *layer
    for l in range(1, p.L + 1):
        layer = p.layers + l
        most = max(1, SLICES_A_CALL * p.kernels.slice_work // (m * layer.n_out))
        share(layer.n_in, 1, p, me, &first, &last)
        while first < last:
            most = min(most, last - first)
            p.kernels.accumulate(
                p.delta[l], layer.ld, a_of(p, me, l - 1), p.layers[l - 1].ld,
                gradient + layer.w * size, layer.ld, m, first, first + most, layer.n_out)
            first += most
            if not go_on(p, me, m * most * layer.n_out):
                return
        if me == 0:
            p.kernels.accumulate_bias(p.delta[l], layer.ld, gradient + layer.b * size, m,
                                      layer.n_out)


cdef bint sums_of_gradient(Pass *p, int me, Py_ssize_t m, bint is_first) noexcept nogil:
    """The gradient of a chunk, into a fresh accumulator: a sum over millions of rows in float32
    keeps its digits."""
    cdef char *into = p.gradient if is_first else p.part
    cdef Py_ssize_t first, last, size = p.itemsize
    share(p.n_parameters, per_line(p), p, me, &first, &last)
    memset(into + first * size, 0, (last - first) * size)
    if not meet(p, me):
        return False
    accumulate(p, me, m, into)
    if not meet(p, me):
        return False
    if not is_first:
        p.kernels.add(p.gradient + first * size, into + first * size, last - first)
    return meet(p, me)


# ------------------------------------------------------------------------------ one step

cdef bint fuses(const Pass *p, Py_ssize_t m) noexcept nogil:
    """Whether a batch's gradient and update are one: if it is one chunk, and to be moved by.

    Both give the same bits. No signal is seen while they are one, so the largest are not.
    """
    return p.kernels.accumulate_update != NULL and p.counters != NULL and m <= ROW_BLOCK \
        and m * p.macs <= FUSED_WORK


cdef bint batch(Pass *p, int me, Py_ssize_t first, Py_ssize_t m, double *C) noexcept nogil:
    """The sum over m rows of C_0, and the sums of its gradient, if one is wanted (p.gradient).

    Where gradient and update are one, it ends with the deltas. False if it was stopped.
    """
    cdef Py_ssize_t chunk = 0, rows, i
    cdef bint learn = p.gradient != NULL, apart = learn and not fuses(p, m)
    C[0] = 0
    while chunk < m:
        rows = min(m - chunk, ROW_BLOCK)
        fetch(p, me, first + chunk, rows)
        if not (forward_hidden(p, me, rows) and judge(p, me, rows, learn)):
            return False
        for i in range(rows):  # every member all of them, in one order
            C[0] += p.C_0[i]
        if learn and not backward(p, me, rows):
            return False
        if apart and not sums_of_gradient(p, me, rows, chunk == 0):
            return False
        chunk += rows
        go_on(p, me, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out))
    return True


cdef inline char *moved_to(char *state, Py_ssize_t bytes_) noexcept nogil:
    return NULL if state == NULL else state + bytes_


cdef void move(Pass *p, int me, const Update *u, Ahead *ahead, Py_ssize_t m) noexcept nogil:
    """Every weight moves, and every bias, which no penalty touches.

    The gradient's sums are in p.gradient, or still to be made from the deltas of m rows.
    """
    cdef Py_ssize_t l, j, last, k, last_k, w, b, size = p.itemsize
    cdef const Layer *layer
    cdef const Layer *below
    cdef bint fused = m > 0, by_columns, moves_b
    cdef Update of_bias = u[0]
    of_bias.l2 = 0
    for l in range(1, p.L + 1):
        layer, below = p.layers + l, p.layers + l - 1
        j, last, k, last_k = 0, layer.n_out, 0, layer.n_in
        by_columns = has_columns_for_all(p, layer.n_out)
        if by_columns:
            share(layer.n_out, per_line(p), p, me, &j, &last)
        else:
            share(layer.n_in, 1, p, me, &k, &last_k)
        w, b = (layer.w + k * layer.ld + j) * size, (layer.b + j) * size
        moves_b = p.move_biases and (by_columns or me == 0)
        if fused:
            p.kernels.accumulate_update(
                u, ahead, p.delta[l] + j * size, layer.ld, a_of(p, me, l - 1) + k * size, below.ld,
                p.storage + w, moved_to(p.state1, w), moved_to(p.state2, w), layer.ld,
                p.storage + b if moves_b else NULL, moved_to(p.state1, b), moved_to(p.state2, b),
                m, last_k - k, last - j)
            continue
        p.kernels.update(u, p.storage + w, p.gradient + w, moved_to(p.state1, w),
                         moved_to(p.state2, w), layer.ld, last_k - k, last - j)
        if moves_b:
            p.kernels.update(&of_bias, p.storage + b, p.gradient + b, moved_to(p.state1, b),
                             moved_to(p.state2, b), layer.ld, 1, last - j)


cdef void at_step(Update *u, int64_t step, Py_ssize_t m) noexcept nogil:
    """What of an update depends on the step and on the samples in the batch."""
    u.scale = 1.0 / m
    if u.rule == ADAM:
        u.correction1 = 1 - pow(u.momentum, <double> step)
        u.correction2 = 1 - pow(u.beta2, <double> step)


cdef void look_ahead(Pass *p, Py_ssize_t first, Ahead *ahead) noexcept nogil:
    """Set out to ask memory for the rows of the next batch, while weights move."""
    cdef Py_ssize_t lines, tiles
    cdef Py_ssize_t rows = max(0, min(p.batch_size, p.n - first))
    ahead.source, ahead.next, ahead.order, ahead.byte = &p.X, &p.Y, p.order, 0
    ahead.row = ahead.first = first
    ahead.last = first + rows
    if rows == 0:
        ahead.source = NULL
    lines = rows * (p.X.n_columns * p.itemsize // CACHE_LINE + 2)
    tiles = 1 + p.layers[1].n_in // 14 * (p.layers[1].n_out // per_line(p) + 1) // 2
    ahead.at_once = 1 + lines // tiles


# ------------------------------------------------------------------------------ whole calls

cdef void begin_epoch(Pass *p) noexcept nogil:
    """Keep what the last epoch left, and draw a new order."""
    cdef Epochs *e = &p.epochs
    cdef Py_ssize_t nbytes = p.n_parameters * p.itemsize
    if e.kept != NULL and e.counted > 0:
        memcpy(e.kept, p.storage, nbytes)
        if p.state1 != NULL:
            memcpy(e.kept1, p.state1, nbytes)
        if p.state2 != NULL:
            memcpy(e.kept2, p.state2, nbytes)
        e.kept_counters[0] = p.counters[0]
    if e.random != NULL:
        draw_order(e.random, e.rows, p.order, p.n)


cdef void count_right(Pass *p) noexcept nogil:
    """Add what the members have counted to the epoch's sum."""
    cdef int member
    for member in range(p.team.size):
        p.epochs.rights[p.epochs.counted] += p.found[member].right
        p.found[member].right = 0


cdef bint is_small(const Pass *p) noexcept nogil:
    """Whether steps of one sample have a path of their own."""
    cdef Py_ssize_t l
    if p.kernels.small_steps == NULL or p.team.size > 1 or p.batch_size > 1 \
            or p.L > SMALL_LAYERS or p.update.rule != PLAIN_SGD or p.update.l2 != 0 \
            or p.layers[p.L].activation == SOFTMAX:
        return False
    for l in range(p.L + 1):
        if p.layers[l].n_out > p.kernels.small_width:
            return False
    return True


cdef Py_ssize_t take_small_steps(Pass *p, Py_ssize_t first, double *C) noexcept nogil:
    """Steps from the place `first` on, for a bounded time; as many as are good."""
    cdef SmallNetwork net = [p.layers, p.L, p.loss, p.storage, p.update.learning_rate,
                             p.move_biases]
    cdef Py_ssize_t last = min(p.n, first + 1 + p.kernels.slice_work // (4 * p.macs))
    C[0] = 0
    return p.kernels.small_steps(&net, &p.X, &p.Y, p.order, first, last, p.check, C,
                                 &p.found[0].right if p.count else NULL)


cdef void train(void *argument, int me) noexcept nogil:
    """Epochs from the place where they were left on, until all are done or a slice of work is.

    A C that is not finite never reaches the weights.
    """
    cdef Pass *p = <Pass *> argument
    cdef Epochs *e = &p.epochs
    cdef Py_ssize_t first = e.first, epoch = e.counted, m, right, work = 0
    cdef int64_t step = p.counters[0]
    cdef Update u = p.update
    cdef Ahead ahead
    cdef double C
    cdef bint small = is_small(p)
    while epoch < e.wanted and work < e.slice_work:
        if first == 0:
            if me == 0:
                begin_epoch(p)
            if not meet(p, me):
                return
        m = take_small_steps(p, first, &C) if small else 0
        if m > 0:
            first += m
            step += m
            go_on(p, me, m * p.macs)
        else:
            m = min(p.batch_size, p.n - first)
            right = p.found[me].right
            if not batch(p, me, first, m, &C) or not isfinite(C):
                p.found[me].right = right
                if me == 0 and not team_asked(&p.team):
                    e.status = NONFINITE_C
                return
            first += m
            step += 1
            at_step(&u, step, m)
            look_ahead(p, first, &ahead)
            move(p, me, &u, &ahead, m if fuses(p, m) else 0)
        work += m * p.macs * 3 + 2 * p.n_parameters
        if me == 0:
            e.losses[epoch] += C
            p.counters[0] = step
            e.first = first
        if not meet(p, me):
            return
        if first == p.n:
            if me == 0:
                count_right(p)
                if p.kernels.all_finite(p.storage, p.n_parameters):
                    e.first, e.counted = 0, epoch + 1
                else:
                    team_stop(&p.team, NONFINITE_W)
            if not meet(p, me):
                return
            first, epoch = 0, epoch + 1
    if me == 0 and epoch < e.wanted:
        e.status = PAUSED


cdef void evaluate(void *argument, int me) noexcept nogil:
    """The sum of C_0 over all samples, and its gradient, if one is wanted."""
    cdef Pass *p = <Pass *> argument
    cdef double C
    if batch(p, me, 0, p.n, &C) and me == 0:
        p.C = C


cdef void predict(Pass *p, char *out) noexcept nogil:
    """a^(L) of all rows into `out`, dense."""
    cdef Py_ssize_t chunk = 0, i, rows, ld = p.layers[p.L].ld * p.itemsize
    cdef Py_ssize_t n_L = p.layers[p.L].n_out * p.itemsize
    while chunk < p.n:
        rows = min(p.n - chunk, ROW_BLOCK)
        fetch(p, 0, chunk, rows)  # all rows in order: none is out of bounds
        if not forward_hidden(p, 0, rows):
            return
        forward(p, 0, p.L, 0, rows, 0, p.layers[p.L].n_out)
        for i in range(rows):
            memcpy(out + (chunk + i) * n_L, p.a[p.L] + i * ld, n_L)
        chunk += rows
        if not go_on(p, 0, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out)):
            return
