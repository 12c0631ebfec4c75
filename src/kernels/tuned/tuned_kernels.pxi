# The tuned kernels: the plain kernels' loops as products of register tiles.
#
#     forward      Z (m, n_out)      = b  + A(i, k) = a_ik        times  B(k, j) = w_jk
#     delta        D (m, n_in)       =      A(i, j) = delta_ij    times  B(j, k) = w_jk, transposed
#     accumulate   dW (n_in, n_out) +=      A(k, i) = a_ik        times  B(i, j) = delta_ij
#
# Every sum runs over p in the order of the plain kernels, whatever the tile's shape, so a row's
# result does not depend on the batch it is in, nor on how threads share the work. Rows are padded
# to whole cache lines (kernels.pxd): vectors may reach into the pads, which hold zeros where a sum
# runs over them.
#
# Needs: MOST_ROWS, real, SGD_TILES, TILES, transpose_block, activations.pxi, kernels.pxd, rows.pxi,
#   tuned.pxi, update_rules.pxi, vector_maths.pxi, vectors.pxi.
# Gives: exceeds_l2, FEW_ROWS, in_panels, panels, prefetch_rows, tuned_accumulate,
#   tuned_accumulate_bias, tuned_accumulate_update, tuned_delta, tuned_forward, update_biases,
#   update_panels, ZEROS.

cdef enum:
    DEPTH = 400  # most terms of a sum in a block that several tiles of rows read
    GRADIENT_DEPTH = 256  # of a gradient's sum: its A is packed on the stack, which may have 128 kB
    PANELS_BYTES = 1 << 18  # of B, over which rows pass together: they stay in the second cache
    MOST_PANELS = 8  # whose sums wait for more terms, in update_panels
    PACKED_ROWS = 16  # the most rows of a tile of two vectors (tiles.py), in whole vectors
    PACKING_PANELS = 3  # so many panels pay for packing a tile's A
    L2_BYTES = 1 << 18  # bytes of w from which on it may not lie in the second cache
    # Bytes of a gradient's A from which its tiles are packed. On an Intel Xeon
    # (family 6, model 167) dC/dw of 2048-2048 from 512 rows went from 110 to 138 GFLOP/s, that of
    # 784-512 from 128 rows from 131 to 150; of less of A, packing takes as long as it saves.
    FAR_BYTES = 1 << 18
    WIDE = 16  # vectors in a row from which on a single row has a loop of its own
    ENOUGH_ROWS = 16  # terms of a gradient that pay for a transpose
    FEW_ROWS = 3  # so few rows want wide panels: a sum waits for itself, more of them do not

cdef real ZEROS[4 * 64]

include "losses.pxi"
include "tuned_output.pxi"
include "row_operations.pxi"
include "small_networks.pxi"


cdef inline bint is_plain_sgd(const Update *u) noexcept nogil:
    return u.rule == SGD and u.l2 == 0 and not has_options(u)


cdef inline Py_ssize_t in_panels(Py_ssize_t n_vectors, Py_ssize_t C) noexcept nogil:
    """How many vectors go into panels of C. One left over makes the last of pairs a triple."""
    cdef Py_ssize_t rest = n_vectors % C
    return n_vectors - rest - (2 if C == 2 and rest == 1 and n_vectors > 1 else 0)


cdef inline bint is_far(Py_ssize_t ps, Py_ssize_t n) noexcept nogil:
    """Whether n terms of A, ps numbers apart, are more than FAR_BYTES."""
    return n * ps * <Py_ssize_t> sizeof(real) > FAR_BYTES


cdef void pack_columns(const real *A, Py_ssize_t ps, Py_ssize_t R, Py_ssize_t n,
                       real *to) noexcept nogil:
    """Copy R columns of n rows, each row to whole vectors: cache lines and pages that tiles read
    without a gap. What follows in A fills them, but in the last row, where A may end."""
    cdef Py_ssize_t p, v, r, n_vectors = vectors_in(R)
    for p in range(n - 1):
        for v in range(n_vectors):
            store(to + v * LANES, load(A + v * LANES))
        A += ps
        to += n_vectors * LANES
    for r in range(R):
        to[r] = A[r]


cdef void panels(const real *A, Py_ssize_t rs, Py_ssize_t ps, const real *B, Py_ssize_t ldb,
                 const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
                 Py_ssize_t m, Py_ssize_t first, Py_ssize_t last, Py_ssize_t C,
                 const real *next_B, Py_ssize_t n) noexcept nogil:
    """Vectors first..last of a product, in panels of C; m is split evenly over the tiles.

    With `start` NULL the sums begin at zero and are added to what is there. Each tile prefetches
    into the second cache: the last one of a row of tiles the next row's A, if its terms lie side by
    side, the others of the first row the next panel of B, of both of which another core may have
    made a part; and those of the last two rows, if there are more, what is read of B next. Of a
    large gradient, whose terms of A lie far apart, all prefetch A, and its columns are packed.
    """
    cdef real sums[MOST_SUMS]
    cdef real packed[PACKED_ROWS * GRADIENT_DEPTH]
    cdef Py_ssize_t R, v, r, c, at, width = C * LANES, row = 0
    cdef const real *tile_A
    cdef Py_ssize_t tile_ps = ps
    cdef Py_ssize_t tiles_left = (m + MOST_ROWS[C] - 1) // MOST_ROWS[C]
    cdef bint prefetches_B = tiles_left > 2
    cdef bint far = rs == 1 and is_far(ps, n)
    cdef bint packs = far and last - first >= PACKING_PANELS * C and n <= GRADIENT_DEPTH
    cdef const real *next_lines
    cdef Py_ssize_t step
    while row < m:
        R = (m - row + tiles_left - 1) // tiles_left
        v = first
        tile_A = A + row * rs
        if packs:
            pack_columns(tile_A, ps, R, n, packed)
            tile_A, tile_ps = packed, vectors_in(R) * LANES
        while v < last:  # inside the rows: a tile's rows of A stay in the first cache
            at = v * LANES
            next_lines, step = B + at, ldb
            if v + C >= last and ps == 1 and tiles_left > 1:
                next_lines, step = A + (row + R) * rs, LANES
            elif far:  # the end of the next tile's A, as in update_panels
                next_lines, step = A + (row + 2 * R) * rs, ps
            elif row == 0 and v + C < last:
                next_lines += width
            elif prefetches_B and tiles_left <= 2:
                next_lines = next_B + (v - first + (C // 2 if tiles_left == 1 else 0)) * LANES
            if far:
                prefetch_rows(to + row * ld_to + at, ld_to, R, width)
            if start != NULL:
                TILES[C][R](tile_A, rs, tile_ps, B + at, ldb,
                            start if start == ZEROS else start + row * ld_start + at, ld_start,
                            to + row * ld_to + at, ld_to, next_lines, step, n)
            else:
                TILES[C][R](tile_A, rs, tile_ps, B + at, ldb, ZEROS, 0, sums, width,
                            next_lines, step, n)
                for r in range(R):
                    for c in range(width):
                        to[(row + r) * ld_to + at + c] += sums[r * width + c]
            v += C
        row += R
        tiles_left -= 1


cdef void one_row(const real *A, Py_ssize_t ps, const real *B, Py_ssize_t ldb, const real *start,
                  real *to, Py_ssize_t n_vectors, Py_ssize_t n) noexcept nogil:
    """A product of one row, eight terms at a time: B is read once, row after row, in one
    stream; the sums stay in the first cache."""
    cdef Py_ssize_t v, at, p = 0
    cdef vec x0, x1, x2, x3, x4, x5, x6, x7, c
    while p + 8 <= n:
        x0, x1, x2, x3 = splat(A[0]), splat(A[ps]), splat(A[2 * ps]), splat(A[3 * ps])
        x4, x5 = splat(A[4 * ps]), splat(A[5 * ps])
        x6, x7 = splat(A[6 * ps]), splat(A[7 * ps])
        for v in range(n_vectors):
            at = v * LANES
            c = load(start + at) + x0 * load(B + at)
            c = c + x1 * load(B + ldb + at)
            c = c + x2 * load(B + 2 * ldb + at)
            c = c + x3 * load(B + 3 * ldb + at)
            c = c + x4 * load(B + 4 * ldb + at)
            c = c + x5 * load(B + 5 * ldb + at)
            c = c + x6 * load(B + 6 * ldb + at)
            c = c + x7 * load(B + 7 * ldb + at)
            store(to + at, c)
        A, B, start = A + 8 * ps, B + 8 * ldb, to
        p += 8
    while p < n:
        for v in range(n_vectors):
            store(to + v * LANES, load(start + v * LANES) + splat(A[0]) * load(B + v * LANES))
        A, B, start = A + ps, B + ldb, to
        p += 1


cdef inline Py_ssize_t block_of(Py_ssize_t n, Py_ssize_t most) noexcept nogil:
    """The terms of the first of equal blocks of at most `most`: of 784, 2 x 392. Each block reads
    and writes all sums, for which a short one has too few terms."""
    cdef Py_ssize_t n_blocks = (n + most - 1) // most
    return (n + n_blocks - 1) // n_blocks


cdef inline Py_ssize_t panels_in_l2(Py_ssize_t depth, Py_ssize_t C) noexcept nogil:
    """How many panels of B, C vectors wide, stay in the second cache."""
    return max(1, min(MOST_PANELS, PANELS_BYTES // (depth * C * LANES * <Py_ssize_t> sizeof(real))))


cdef void product_in_blocks(const real *A, Py_ssize_t rs, Py_ssize_t ps,
                            const real *B, Py_ssize_t ldb,
                            const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
                            Py_ssize_t m, Py_ssize_t n_vectors, Py_ssize_t n) noexcept nogil:
    """Equal blocks of at most DEPTH terms (of a gradient GRADIENT_DEPTH), and of panels of B: so
    much of B stays in the second cache while all rows pass over it. One tile of rows passes over B
    once, and needs no blocks. After SUM_BLOCK terms come fresh sums, a whole block at a time.
    """
    cdef Py_ssize_t depth, v, last, n_panels, p = 0, C = 4 if m <= FEW_ROWS else 2
    cdef Py_ssize_t most = DEPTH if ps == 1 else GRADIENT_DEPTH
    cdef Py_ssize_t in_C = in_panels(n_vectors, C)
    cdef const real *next_B
    if m <= MOST_ROWS[C]:
        most = SUM_BLOCK
    if m == 1 and n_vectors >= WIDE and n <= SUM_BLOCK and start != ZEROS:
        one_row(A, ps, B, ldb, start, to, n_vectors, n)
        return
    while True:
        depth = min(n - p, SUM_BLOCK) if p >= SUM_BLOCK else block_of(min(n, SUM_BLOCK) - p, most)
        if p >= SUM_BLOCK:
            start = NULL
        n_panels = panels_in_l2(depth, C)
        v = 0
        while v < in_C:
            last = min(in_C, v + C * n_panels)
            next_B = B + p * ldb + last * LANES if last < in_C else B + (p + depth) * ldb
            panels(A + p * ps, rs, ps, B + p * ldb, ldb, start, ld_start, to, ld_to,
                   m, v, last, C, next_B, depth)
            v = last
        if in_C < n_vectors:
            panels(A + p * ps, rs, ps, B + p * ldb, ldb, start, ld_start, to, ld_to,
                   m, in_C, n_vectors, n_vectors - in_C, B + (p + depth) * ldb, depth)
        p += depth
        if p >= n:
            break
        start, ld_start = to, ld_to


cdef inline void product(const real *A, Py_ssize_t rs, Py_ssize_t ps, const real *B, Py_ssize_t ldb,
                         const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
                         Py_ssize_t m, Py_ssize_t n_vectors, Py_ssize_t n) noexcept nogil:
    """`to` (m rows of vectors) = `start` + A B over n terms.

    A single tile, of the shape that `panels` would choose, is called from here: a call in between
    would cost up to a quarter of it.
    """
    if n <= SUM_BLOCK and n_vectors <= (4 if m <= FEW_ROWS else 3) and m <= MOST_ROWS[n_vectors]:
        TILES[n_vectors][m](A, rs, ps, B, ldb, start, ld_start, to, ld_to, B, ldb, n)
    else:
        product_in_blocks(A, rs, ps, B, ldb, start, ld_start, to, ld_to, m, n_vectors, n)


cdef void tuned_forward(const real *w, Py_ssize_t ld_w, const real *b,
                        const real *below, Py_ssize_t ld_below,
                        real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                        real *slope, real *sums,
                        Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                        const Activation *g) noexcept nogil:
    product(below, ld_below, 1, w, ld_w, b, 0, z, ld_z, m, vectors_in(n_out), n_in)
    activate(g, z, ld_z, a, ld_a, slope, m, n_out)


cdef void tuned_delta(const real *w, Py_ssize_t ld_w,
                      const real *transposed, Py_ssize_t ld_transposed,
                      const real *delta, Py_ssize_t ld_delta,
                      const real *saved, real *delta_k, Py_ssize_t ld_below,
                      Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                      const Activation *g_below) noexcept nogil:
    product(delta, ld_delta, 1, transposed, ld_transposed, ZEROS, 0, delta_k, ld_below,
            m, vectors_in(n_in), n_out)
    times_slope(g_below, saved, delta_k, delta_k, ld_below, m, n_in)


cdef void tuned_accumulate(const real *delta, Py_ssize_t ld_delta,
                           const real *below, Py_ssize_t ld_below, real *dw, Py_ssize_t ld_w,
                           Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                           Py_ssize_t n_out) noexcept nogil:
    product(below + k_first, 1, ld_below, delta, ld_delta, dw + k_first * ld_w, ld_w,
            dw + k_first * ld_w, ld_w, k_last - k_first, vectors_in(n_out), m)


cdef void tuned_accumulate_bias(const real *delta, Py_ssize_t ld_delta, real *db,
                                Py_ssize_t m, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t v
    for v in range(vectors_in(n_out)):
        store(db + v * LANES, load(db + v * LANES) + sum_of_rows(delta + v * LANES, ld_delta, m))


cdef inline vec sum_of_rows(const real *x, Py_ssize_t ld, Py_ssize_t m) noexcept nogil:
    """Of m vectors, by four sums side by side: one would wait for itself."""
    cdef vec s0 = splat(0), s1 = s0, s2 = s0, s3 = s0
    cdef Py_ssize_t i = 0
    while i + 4 <= m:
        s0, s1 = s0 + load(x), s1 + load(x + ld)
        s2, s3 = s2 + load(x + 2 * ld), s3 + load(x + 3 * ld)
        x += 4 * ld
        i += 4
    while i < m:
        s0 = s0 + load(x)
        x += ld
        i += 1
    return (s0 + s1) + (s2 + s3)


cdef void tuned_accumulate_update(const Update *u, PrefetchCursor *cursor, void *sums,  # not used
                                  const real *delta, Py_ssize_t ld_delta,
                                  const real *below, Py_ssize_t ld_below,
                                  real *w, Py_ssize_t ld_w, real *b, void **memories,
                                  Py_ssize_t place_w, Py_ssize_t place_b,
                                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t v = 0, last, n_vectors = vectors_in(n_out), in_pairs = in_panels(n_vectors, 2)
    if n_out <= LANES // 2 and m >= ENOUGH_ROWS:
        update_narrow(u, delta, ld_delta, below, ld_below, w, ld_w, memories, place_w,
                      m, n_in, n_out)
        in_pairs = n_vectors = 0
    elif n_vectors == 1 and 0 < n_in <= MOST_ROWS[1] and is_plain_sgd(u):  # the rest costs as much
        if cursor.source != NULL:
            prefetch_next(cursor)
        SGD_TILES[1][n_in](below, 1, ld_below, delta, ld_delta, sgd_rate(u), w, ld_w,
                           delta, ld_delta, m)
        in_pairs = n_vectors = 0
    while v < in_pairs:
        last = min(in_pairs, v + 2 * panels_in_l2(block_of(m, GRADIENT_DEPTH), 2))
        update_panels(u, cursor, delta, ld_delta, below, ld_below, w, ld_w, memories, place_w,
                      m, n_in, v, last, 2)
        v = last
    if in_pairs < n_vectors:
        update_panels(u, cursor, delta, ld_delta, below, ld_below, w, ld_w, memories, place_w,
                      m, n_in, in_pairs, n_vectors, n_vectors - in_pairs)
    if b != NULL:
        update_biases(u, delta, ld_delta, b, memories, place_b, m, vectors_in(n_out))


cdef void update_narrow(const Update *u, const real *delta, Py_ssize_t ld_delta,
                        const real *below, Py_ssize_t ld_below,
                        real *w, Py_ssize_t ld_w, void **memories, Py_ssize_t place,
                        Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    """Where few outputs leave most of a vector empty: dC/dw transposed, with vectors over k."""
    cdef real transposed[LARGEST_VECTOR * LARGEST_VECTOR]
    cdef real dw[LARGEST_VECTOR * LARGEST_VECTOR]
    cdef Rates rates
    cdef update_rows_t update_rows = update_rows_of(u)
    cdef Py_ssize_t n_rows, k = 0
    set_rates(u, &rates)
    while k < n_in:
        n_rows = min(LANES, n_in - k)
        TILES[1][n_out](delta, 1, ld_delta, below + k, ld_below, ZEROS, 0, transposed, LANES,
                        below + k, ld_below, m)
        transpose_block(transposed, LANES, n_out, dw, LANES, n_rows)
        update_rows(&rates, w + k * ld_w, memories, place + k * ld_w, ld_w, dw, LANES, n_rows, 1)
        k += LANES


cdef void update_biases(const Update *u, const real *delta, Py_ssize_t ld_delta,
                        real *b, void **memories, Py_ssize_t place,
                        Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t v
    cdef real db[LARGEST_VECTOR]
    # No penalty touches them. A copy of the update would take a layer of 16 nodes 2% longer.
    cdef bint by_sgd = u.rule == SGD and not has_options_of_biases(u)
    cdef vec sums, rate = splat(<real> (u.numbers.learning_rate * u.bias_factor * u.scale))
    cdef Rates rates
    cdef Update of_biases
    cdef update_rows_t update_rows = NULL
    if not by_sgd:
        of_biases = update_of_biases(u)
        set_rates(&of_biases, &rates)
        update_rows = update_rows_of(&of_biases)
    for v in range(n_vectors):
        sums = sum_of_rows(delta + v * LANES, ld_delta, m)
        if by_sgd:
            sgd_update_at(b + v * LANES, sums, rate)
        else:
            store(db, sums)
            update_rows(&rates, b + v * LANES, memories, place + v * LANES, 0, db, 0, 1, 1)


cdef inline bint exceeds_l2(Py_ssize_t n_in, Py_ssize_t ld_w) noexcept nogil:
    """Whether w may lie beyond the second cache."""
    return n_in * ld_w * <Py_ssize_t> sizeof(real) > L2_BYTES


cdef void update_panels(const Update *u, PrefetchCursor *cursor,
                        const real *delta, Py_ssize_t ld_delta,
                        const real *below, Py_ssize_t ld_below,
                        real *w, Py_ssize_t ld_w, void **memories, Py_ssize_t place,
                        Py_ssize_t m, Py_ssize_t n_in,
                        Py_ssize_t first, Py_ssize_t last, Py_ssize_t C) noexcept nogil:
    """Like `panels`, for the gradient; each tile of it updates its weights at once.

    Between blocks of terms the sums of a row of tiles wait in `dw`.
    """
    cdef real dw[MOST_PANELS * MOST_SUMS]
    cdef real packed[PACKED_ROWS * GRADIENT_DEPTH]
    cdef bint by_sgd = is_plain_sgd(u) and m <= GRADIENT_DEPTH
    cdef bint packs = last - first >= PACKING_PANELS * C and is_far(ld_below, m), ends
    cdef real rate = sgd_rate(u)
    cdef bint w_exceeds_l2 = exceeds_l2(n_in, ld_w)
    cdef Rates rates
    cdef update_rows_t update_rows = update_rows_of(u)
    cdef int i, remembered = n_memories(u.rule) + (u.average_share != 0)
    cdef Py_ssize_t v, R, p, at, depth, ps, width = C * LANES, k = 0
    cdef Py_ssize_t block = block_of(m, GRADIENT_DEPTH)
    cdef Py_ssize_t tiles_left = (n_in + MOST_ROWS[C] - 1) // MOST_ROWS[C]
    cdef const real *next_A
    cdef const real *A
    cdef const real *B
    cdef const real *start
    cdef real *sums
    cdef Py_ssize_t step
    if not by_sgd:
        set_rates(u, &rates)
    while k < n_in:
        R = (n_in - k + tiles_left - 1) // tiles_left
        p = 0
        while p < m:
            depth = min(block, m - p)
            ends = p + depth == m
            A, ps = below + p * ld_below + k, ld_below
            if packs:
                pack_columns(A, ps, R, depth, packed)
                A, ps = packed, vectors_in(R) * LANES
            v = first
            while v < last:
                at = k * ld_w + v * LANES
                B = delta + p * ld_delta + v * LANES
                # The end of the next tile's A: too far apart for the hardware's prefetcher.
                next_A, step = below + p * ld_below + k + 2 * R, ld_below
                if cursor.source != NULL:
                    if C > 1 and row_bytes(cursor.source) >= m * CACHE_LINE:  # the tile prefetches
                        next_A = <const real *> advance_lines(cursor, depth)
                        step = CACHE_LINE // sizeof(real)
                    elif ends:
                        prefetch_next(cursor)
                if w_exceeds_l2 and ends:  # fetched while the tile sums
                    prefetch_rows(w + at, ld_w, R, width)
                    for i in range(remembered):
                        prefetch_rows(<real *> memories[i] + place + at, ld_w, R, width)
                if by_sgd:
                    SGD_TILES[C][R](A, 1, ps, B, ld_delta, rate, w + at, ld_w, next_A, step, depth)
                else:
                    sums = dw
                    if m > GRADIENT_DEPTH:
                        sums += (v - first) // C * MOST_SUMS
                    start = sums
                    if p == 0:
                        start = ZEROS
                    TILES[C][R](A, 1, ps, B, ld_delta, start, width if p else 0,
                                sums, width, next_A, step, depth)
                    if ends:
                        update_rows(&rates, w + at, memories, place + at, ld_w, sums, width, R, C)
                v += C
            p += depth
        k += R
        tiles_left -= 1


cdef inline void prefetch_rows(const real *x, Py_ssize_t ld, Py_ssize_t m,
                               Py_ssize_t width) noexcept nogil:
    cdef Py_ssize_t i, byte
    for i in range(m):
        byte = 0
        while byte < <Py_ssize_t> (width * sizeof(real)):
            prefetch_l1(<const char *> (x + i * ld) + byte)
            byte += CACHE_LINE


cdef void prefetch_next(PrefetchCursor *cursor) noexcept nogil:
    """The next `at_once` lines. Row by row: the bookkeeping for every line took as long again; and
    all rows of one line, as a shuffled fit has them, at once: that of every row took 4% of a step.
    """
    cdef Py_ssize_t i, n, left = cursor.at_once
    cdef const char *line
    while left > 0 and has_rows(cursor):
        if row_bytes(cursor.source) <= CACHE_LINE and cursor.order != NULL:
            n = min(left, cursor.last - cursor.row)
            for i in range(cursor.row, cursor.row + n):
                prefetch_l1(cursor.source.data + cursor.order[i] * cursor.source.row_stride)
            cursor.row += n
        else:
            n = min(left, (row_bytes(cursor.source) - cursor.byte + CACHE_LINE - 1) // CACHE_LINE)
            line = advance_lines(cursor, n)
            for i in range(n):
                prefetch_l1(line + i * CACHE_LINE)
        left -= n


cdef inline Py_ssize_t row_bytes(const Source *source) noexcept nogil:
    return source.n_columns * source.column_stride


cdef inline bint has_rows(PrefetchCursor *cursor) noexcept nogil:
    """Whether there is another row, of this source or of the next one."""
    if cursor.source != NULL and cursor.row == cursor.last:
        cursor.source, cursor.next = cursor.next, NULL
        cursor.row = cursor.first
    return cursor.source != NULL


cdef inline const char *advance_lines(PrefetchCursor *cursor, Py_ssize_t n_lines) noexcept nogil:
    """Where the next lines lie; the row may end before so many. NULL after the last row."""
    cdef Py_ssize_t row
    cdef const char *line
    if not has_rows(cursor):
        return NULL
    row = cursor.row if cursor.order == NULL else cursor.order[cursor.row]
    line = cursor.source.data + row * cursor.source.row_stride + cursor.byte
    cursor.byte += n_lines * CACHE_LINE
    if cursor.byte >= row_bytes(cursor.source):
        cursor.byte = 0
        cursor.row += 1
    return line


include "peak.pxi"
