# One step: the passes over a batch and the update, by the loops that its plan allows.
#
# Needs: boundary.pyx, call.pxi, kernels.pxd, own_columns.pxi, passes.pxi, step_numbers.pxi,
#   threads.pxi, timeline.pxi.
# Gives: can_fuse, factor_of, FUSED, has_factor, NORM_BLOCK, PLAIN, SMALL, step.

from libc.math cimport NAN, isfinite, sqrt

# About the rows of a tile of weights: after each tile some lines of the next batch are prefetched.
cdef Py_ssize_t TILE_ROWS = 14
# A batch of more bytes would be gone from the second cache when its turn comes, and with it what
# the update reads: 1024-2048-2048-1024's first layer took 18% longer with 512 rows.
cdef Py_ssize_t MOST_PREFETCHED = 1 << 20

# ------------------------------------------------------------------------------ the update

# Numbers of the gradient whose squares are summed by themselves: with fewer the sum of a layer
# would take longer, and with more there would be none for a second thread.
cdef Py_ssize_t NORM_BLOCK = 4096


cdef inline bint has_factor(const Plan *plan, int64_t t) noexcept nogil:
    """Whether the table of factors, if there is one, goes as far as step t."""
    return plan.factors == NULL or t - plan.first_step < plan.n_factors


cdef inline double factor_of(const Plan *plan, int64_t t) noexcept nogil:
    """What the learning rate of step t is multiplied by."""
    cdef int64_t i = max(0, t - plan.first_step)
    return 1 if plan.factors == NULL else plan.factors[i]


cdef Update update_of_step(const Plan *plan, int64_t t, Py_ssize_t m, double l2) noexcept nogil:
    """What is the same for all layers in step t, of a batch of m samples."""
    cdef Update u
    without_options(&u)
    u.rule, u.numbers, u.scale = plan.rule, plan.numbers, 1.0 / m
    u.clip_value, u.l1, u.l2 = plan.clip_value, plan.l1, l2
    if plan.ema > 0:
        u.average_share = average_share(plan.ema, <double> (t - plan.averaged_from))
    find_step_numbers(u.rule, &u.numbers, <double> t, &u.of_step)
    return u


cdef inline void choose_layer(const Plan *plan, Update *u, Py_ssize_t l, double factor,
                              double l2) noexcept nogil:
    """Layer l's own numbers of an update whose learning rate has this factor."""
    u.factor = u.bias_factor = factor
    if plan.layer_factors != NULL:
        u.factor *= plan.layer_factors[2 * (l - 1)]
        u.bias_factor *= plan.layer_factors[2 * (l - 1) + 1]
    u.l2 = l2
    u.weight_decay = 0 if plan.weight_decay == NULL else plan.weight_decay[l - 1]
    # Of plain SGD the two are the same, and without other options its loop is shorter.
    if u.rule == SGD and u.clip_value == INFINITY and u.l1 == 0 and u.average_share == 0:
        u.l2, u.weight_decay = l2 + u.weight_decay, 0


cdef bint clip_norm(Call *p, int rank, double *scale) noexcept nogil:
    """Scale the mean gradient down to the plan's norm, if it is longer; false if stopped.

    Blocks of the gradient, each summed by one thread, and then all blocks in one order.
    """
    cdef Py_ssize_t block, first, last, i, n = p.n_parameters
    cdef Py_ssize_t n_blocks = (n + NORM_BLOCK - 1) // NORM_BLOCK
    cdef double norm = 0
    partition(n_blocks, 1, p, rank, &first, &last)
    for block in range(first, last):
        i = block * NORM_BLOCK
        p.block_norms[block] = p.kernels.norm_squared(p.gradient + i * p.itemsize,
                                                      min(NORM_BLOCK, n - i))
    if not barrier(p, rank):
        return False
    expect_updates(p, rank)
    for block in range(n_blocks):
        norm += p.block_norms[block]
    norm = sqrt(norm) * scale[0]
    if norm == INFINITY:  # a square was too large for a double: no step, but not silently none
        scale[0] = NAN
    elif not norm <= p.plan.clip_norm:  # NaN, too, is to be seen in the weights
        scale[0] *= p.plan.clip_norm / norm
    return True


cdef inline double weight_of(const Call *p, int rank, Py_ssize_t m) noexcept nogil:
    """The sum of the divisors of a batch of m samples."""
    return m if p.weights == NULL else p.results[rank].weight


cdef void square_weights(Call *p, int rank) noexcept nogil:
    """This thread's part of the squares of all weights, in blocks, each summed by one thread."""
    cdef Py_ssize_t l, i, n, n_blocks, block, first, last
    cdef double *norms = p.block_norms
    for l in range(1, p.L + 1):
        n = p.layers[l].n_in * p.layers[l].ld
        n_blocks = (n + NORM_BLOCK - 1) // NORM_BLOCK
        partition(n_blocks, 1, p, rank, &first, &last)
        for block in range(first, last):
            i = block * NORM_BLOCK
            norms[block] = p.kernels.norm_squared(
                p.state.storage + (p.layers[l].w + i) * p.itemsize, min(NORM_BLOCK, n - i))
        norms += n_blocks


cdef double sum_of_squares(const Call *p) noexcept nogil:
    """Of all weights, of the blocks that `square_weights` has left."""
    cdef Py_ssize_t l, block
    cdef const double *norms = p.block_norms
    cdef double squares = 0
    for l in range(1, p.L + 1):
        for block in range((p.layers[l].n_in * p.layers[l].ld + NORM_BLOCK - 1) // NORM_BLOCK):
            squares += norms[0]
            norms += 1
    return squares


cdef double loss_of_batch(const Call *p, int rank, double total, double squares) noexcept nogil:
    """The mean C of a batch with its penalty, times its rows; `total` is the sum of w C_0."""
    total = p.plan.loss_factor * total + p.plan.batch_l2 / 2 * squares
    return total if p.weights == NULL else p.results[rank].per_weight * total


cdef bint update_weights(Call *p, int rank, int64_t t, Py_ssize_t m, bint fused,
                         PrefetchCursor *cursor) noexcept nogil:
    """Step t of the rule: update every weight, and every bias, which no penalty touches.

    The sums of the gradient of m rows are in p.gradient or, fused, still to be made of the deltas.
    False if the call was stopped before.
    """
    cdef Py_ssize_t l, j, last, k, last_k, size = p.itemsize
    cdef char *w
    cdef char *b
    cdef const Layer *layer
    cdef const Layer *below
    cdef bint by_columns, updates_b
    cdef Part part
    cdef double factor = factor_of(&p.plan, t)
    cdef bint differ = p.plan.layer_factors != NULL or p.plan.weight_decay != NULL  # the layers
    cdef double l2 = p.plan.l2 + p.plan.batch_l2 / weight_of(p, rank, m)
    cdef Update u = update_of_step(&p.plan, t, m, l2), of_biases
    if p.plan.clip_norm != INFINITY and not clip_norm(p, rank, &u.scale):
        return False
    choose_layer(&p.plan, &u, 1, factor, l2)
    for l in range(1, p.L + 1):
        layer, below = p.layers + l, p.layers + l - 1
        if differ:
            choose_layer(&p.plan, &u, l, factor, l2)
        j, last, k, last_k = 0, layer.n_out, 0, layer.n_in
        # Rows of the output layer, if they are not the others' in every second cache line.
        by_columns = has_columns_for_all(p, layer.n_out) and not (
            l == p.L and (ends_by_rows(p) or has_own_columns(p)))
        if by_columns:
            partition(layer.n_out, per_line(p), p, rank, &j, &last)
        else:
            partition(layer.n_in, per_line(p) if ends_by_rows(p) else 1, p, rank, &k, &last_k)
        part = part_of(p, rank, l, k, j, last - j)
        w, b = part.state.storage + part.w * size, part.state.storage + part.b * size
        updates_b = p.plan.learns_biases and (by_columns or rank == 0)
        if fused:
            p.kernels.accumulate_update(
                &u, cursor, p.sums + rank * p.widest * size,
                p.delta[l] + j * size, layer.ld, a_of(p, rank, l - 1) + k * size, below.ld,
                w, part.ld, b if updates_b else NULL, part.state.memories, part.w, part.b,
                m, last_k - k, last - j)
            timeline_mark(rank, MARK_UPDATE, l)
            continue
        p.kernels.update(&u, w, p.gradient + part.w * size, part.state.memories, part.w, layer.ld,
                         last_k - k, last - j)
        if updates_b:
            of_biases = update_of_biases(&u)
            p.kernels.update(&of_biases, b, p.gradient + part.b * size, part.state.memories, part.b,
                             layer.ld, 1, last - j)
    return True


cdef void start_prefetch(Call *p, Py_ssize_t first, PrefetchCursor *cursor) noexcept nogil:
    """Begin to prefetch the rows of the next batch, while weights are updated."""
    cdef Py_ssize_t lines, tiles
    cdef Py_ssize_t rows = max(0, min(p.plan.batch_size, p.n - first))
    cursor.source, cursor.next, cursor.order, cursor.byte = &p.X, &p.Y, p.order, 0
    cursor.row = cursor.first = first
    cursor.last = first + rows
    if rows == 0 or rows * (p.layers[0].ld + p.layers[p.L].ld) * p.itemsize > MOST_PREFETCHED:
        cursor.source = NULL
    lines = rows * (p.X.n_columns * p.itemsize // CACHE_LINE + 2)
    tiles = 1 + p.layers[1].n_in // TILE_ROWS * (p.layers[1].n_out // per_line(p) + 1) // 2
    cursor.at_once = 1 + lines // tiles


# ------------------------------------------------------------------------------ one step

# The loops of a batch. All give the same bits.
cdef enum Path:
    PLAIN = 1,  # the gradient, then the update
    FUSED = 2,  # both at once
    SMALL = 4   # steps of one sample on a network of a few nodes: many of them at once

# The most work of a batch for which gradient and update may be one, as no signal is seen meanwhile:
# some 100 ms of an update.
cdef Py_ssize_t FUSED_WORK = <Py_ssize_t> 1 << 33


cdef Path fast_path(const Call *p, Py_ssize_t m) noexcept nogil:
    """The fastest loops that there are for a batch of m rows."""
    cdef const Plan *plan = &p.plan
    if plan.mode != TRAIN or not plan.fast_paths:
        return PLAIN
    if plan.batch_size == 1 and is_plain_sgd(plan) and p.team.size == 1 \
            and p.callbacks == NULL and plan.dropout_key == 0 and not plan.normalizes \
            and not plan.loss_by_batches and plan.clip == 0 \
            and p.divisors == p.weights and is_small(p):
        return SMALL
    return FUSED if can_fuse(p, m) else PLAIN


cdef inline bint can_fuse(const Call *p, Py_ssize_t m) noexcept nogil:
    """Whether gradient and update of m rows may be one, where fast paths are allowed."""
    return p.kernels.accumulate_update != NULL and p.plan.clip_norm == INFINITY \
        and m <= ROW_BLOCK and m * p.macs <= FUSED_WORK


cdef inline bint is_plain_sgd(const Plan *plan) noexcept nogil:
    """Whether w -= learning_rate dC/dw is all."""
    return plan.rule == SGD and plan.factors == NULL and plan.layer_factors == NULL \
        and plan.weight_decay == NULL and plan.clip_value == INFINITY \
        and plan.clip_norm == INFINITY and plan.l1 == 0 and plan.l2 == 0 and plan.ema == 0 \
        and plan.batch_l2 == 0


cdef bint is_small(const Call *p) noexcept nogil:
    """Whether the kernel set has loops for networks as small as this one."""
    cdef Py_ssize_t l
    if p.kernels.small_steps == NULL or p.L > SMALL_LAYERS \
            or p.layers[p.L].activation.id == SOFTMAX:
        return False
    for l in range(p.L + 1):
        if p.layers[l].n_out > p.kernels.small_width:
            return False
    return True


cdef Py_ssize_t small_steps(Call *p, Py_ssize_t first, double *C) noexcept nogil:
    """Steps from the place `first` on, for a bounded time; as many as are good."""
    cdef SmallNetwork net = [p.layers, p.L, &p.loss, p.state.storage,
                             p.plan.numbers.learning_rate, p.plan.learns_biases, p.plan.count,
                             p.weights, p.softening, &p.right_sum]
    cdef Py_ssize_t work = min(p.kernels.slice_work, p.progress.slice_work)
    cdef Py_ssize_t last = min(p.n, first + 1 + work // (4 * p.macs))
    return p.kernels.small_steps(&net, &p.X, &p.Y, p.order, first, last, p.plan.check, C,
                                 &p.results[0].n_correct)


cdef Py_ssize_t count_weights(Call *p, Py_ssize_t first, Py_ssize_t m) noexcept nogil:
    """Add the weights of m samples to their sum, one by one; how many are above 0."""
    cdef Py_ssize_t i, n = 0
    cdef double w
    for i in range(first, first + m):
        w = at_place(p, p.divisors, i)
        p.weight_sum += w
        n += w > 0
    return n


cdef double sum_of_weights(const Call *p, Py_ssize_t first, Py_ssize_t m) noexcept nogil:
    """Of m samples: every thread sums them, in one order."""
    cdef Py_ssize_t i
    cdef double total = 0
    for i in range(first, first + m):
        total += at_place(p, p.divisors, i)
    return total


cdef bint pass_over(Call *p, int rank, Py_ssize_t first, Py_ssize_t m) noexcept nogil:
    """Take no step on a batch that has no weight, but look at its numbers as at all others."""
    cdef Py_ssize_t chunk = 0, rows
    while chunk < m:
        rows = min(m - chunk, ROW_BLOCK)
        fetch(p, rank, first + chunk, rows)
        if not barrier(p, rank):  # before others write the rows of the next one
            return False
        chunk += rows
        poll_signals(p, rank, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out))
    return True


cdef Py_ssize_t step(Call *p, int rank, Py_ssize_t first, Py_ssize_t m, int64_t t,
                     double *C) noexcept nogil:
    """What the plan's mode asks for of m samples, from the place `first` of the order on.

    That is the forward pass, the sum of C_0, which is added to C, the sums of the gradient, and
    step t of the update. Returns the number of samples: more than m where one call takes several
    steps, 0 if it was stopped. A C that is not finite never reaches the weights. With weights, the
    sums are those of w C_0 and of the weighted gradient, and a batch without a divisor takes no
    step.
    """
    cdef Path path = fast_path(p, m)
    cdef Mode mode = p.plan.mode
    cdef Py_ssize_t chunk = 0, rows, i, done, n_correct = p.results[rank].n_correct
    cdef PrefetchCursor cursor
    cdef double total = 0, right = 0, squares = 0
    cdef bint penalized = p.plan.loss_by_batches and p.plan.batch_l2 > 0
    p.results[rank].steps = 1
    timeline_mark(rank, MARK_START, 0)
    if path == SMALL:
        if not poll_signals(p, rank, 0):
            return 0
        done = small_steps(p, first, C)
        p.work += done * p.macs
        if done > 0:
            p.progress.paths |= SMALL
            if p.weights != NULL:
                p.results[rank].steps = count_weights(p, first, done)
            else:
                p.results[rank].steps = done
            return done
        path = PLAIN  # the next sample has a fault, and these loops tell which
    if p.weights != NULL:
        p.results[rank].weight = sum_of_weights(p, first, m)
        if p.results[rank].weight == 0:
            p.results[rank].steps = 0
            return m if pass_over(p, rank, first, m) else 0
        p.results[rank].per_weight = m / p.results[rank].weight
    if p.plan.dropout_key != 0:
        p.results[rank].seed = seed_of(p.plan.dropout_key, t)
    while chunk < m:
        rows = min(m - chunk, ROW_BLOCK)
        p.results[rank].chunk = chunk
        fetch(p, rank, first + chunk, rows)
        if not forward_hidden(p, rank, rows):
            break
        if chunk == 0 and penalized:
            square_weights(p, rank)  # behind a barrier, or the last of the step before
        if not output_and_loss(p, rank, rows):
            break
        if chunk == 0 and penalized and rank == 0:
            squares = sum_of_squares(p)  # before `clip_norm` has others there
        if mode >= EVALUATE:
            # Every thread all of them, in one order. Both sums at once, for each term of either
            # waits for the one before.
            if p.weights != NULL and rank == 0:
                for i in range(rows):
                    total += p.C_0[i]
                    right += p.right[i]
            else:
                for i in range(rows):
                    total += p.C_0[i]
        if mode >= GRADIENT:
            if not backward(p, rank, rows):
                break
            if path == PLAIN and not sums_of_gradient(p, rank, rows, chunk == 0):
                break
        chunk += rows
        # With a single layer nobody waits before the next chunk's C_0, which rank 0 still sums.
        if mode == EVALUATE and p.L == 1 and chunk < m and not barrier(p, rank):
            break
        if chunk == m and mode == TRAIN:
            expect_updates(p, rank)
        poll_signals(p, rank, rows * NODE_WORK * (p.layers[0].n_out + p.layers[p.L].n_out)
                     + p.L * LAYER_WORK)
    if chunk < m or (mode == TRAIN and not isfinite(total)):
        p.results[rank].n_correct = n_correct
        if rank == 0 and not team_asked(&p.team):
            p.status = NONFINITE_C
        return 0
    if mode == TRAIN:
        start_prefetch(p, first + m, &cursor)
        if not update_weights(p, rank, t, m, path == FUSED, &cursor):
            p.results[rank].n_correct = n_correct
            return 0
    if rank == 0:
        C[0] += loss_of_batch(p, rank, total, squares) if p.plan.loss_by_batches else total
        p.right_sum += right
        p.weight_sum += p.results[rank].weight
        p.progress.paths |= path
    return m
