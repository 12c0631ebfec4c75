# compute="bfloat16": products of numbers rounded to bfloat16, with float32 sums.
#
#     sum_p A(r, p) B(p, v)  becomes  sum_p bf16(A(r, p)) bf16(B(p, v))
#
# and everything else stays as it is: weights, activations, deltas, gradients and an optimizer's
# memory are float32. The tiles of such a module (tiles.py) multiply pairs of terms p, p + 1
# (bfloat16.h). Here the operands are rounded and laid out as pairs, a block at a time: B in panels
# that stay in the second cache, A for one row of tiles, in the first. However blocks, tiles, rows
# and threads share the work, the same pairs go into a sum in the same order.
#
# Needs: MOST_ROWS, real, transpose_block, kernels.pxd, row_operations.pxi, tuned_kernels.pxi,
#   vectors.pxi.
# Gives: accumulate_in_pairs, accumulate_update_in_pairs, delta_in_pairs, forward_in_pairs,
#   pair_in_all_lanes, PAIR_SLICE_WORK, PAIRS_OF_A, PAIRS_OF_B, plus_products, transpose_in_pairs.

cdef extern from "bfloat16.h" nogil:
    const Py_ssize_t PAIR_SLICE_WORK
    vec pair_in_all_lanes(const real *p)
    vec pairs_along(vec a, vec b)
    vec pairs_across(vec a, vec b)
    vec plus_products(vec c, vec x, vec y)

cdef enum:
    MOST_TERMS = 384  # of a sum before the next block
    PAIRS_OF_B = 1 << 15  # of a block: 128 kB
    # A tile has at most LARGEST_VECTOR rows and 4 vectors (MOST_ROWS in tiles.py).
    PAIRS_OF_TILE = LARGEST_VECTOR * MOST_TERMS // 2
    PAIRS_OF_A = LARGEST_VECTOR * ROW_BLOCK // 2  # a tile of the longest gradient's sums
    PAIRS_ON_STACK = 4 * LARGEST_VECTOR * MOST_TERMS // 2  # 48 kB; a whole stack may have 128

# Where the terms of a sum lie: side by side in a row, a row apart, or as pairs a row apart.
cdef enum Direction:
    ALONG, ACROSS, IN_PAIRS


cdef void pack_across(const real *x, Py_ssize_t ld, Py_ssize_t n, real odd, real *to,
                      Py_ssize_t n_vectors) noexcept nogil:
    """n rows of vectors, two a pair; the last of an odd number of rows goes with `odd`."""
    cdef Py_ssize_t p, v
    for p in range(n // 2):
        prefetch_l2(<const char *> (x + n_vectors * LANES))  # comes next
        prefetch_l2(<const char *> (x + ld + n_vectors * LANES))
        for v in range(n_vectors):
            store(to + v * LANES, pairs_across(load(x + v * LANES), load(x + ld + v * LANES)))
        x, to = x + 2 * ld, to + n_vectors * LANES
    if n % 2:
        for v in range(n_vectors):
            store(to + v * LANES, pairs_across(load(x + v * LANES), splat(odd)))


cdef void pack_along(const real *x, Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n, real *to,
                     Py_ssize_t ld_to) noexcept nogil:
    """n numbers of each of m rows; behind them come zeros."""
    cdef Py_ssize_t r, p, rest
    cdef vec first, second
    for r in range(m):
        p = 0
        while p + 2 * LANES <= n:
            store(to + p // 2, pairs_along(load(x + p), load(x + p + LANES)))
            p += 2 * LANES
        rest = n - p
        if rest > 0:
            first, second = first_lanes(load(x + p), rest, splat(0)), splat(0)
            if rest > LANES:
                second = first_lanes(load(x + p + LANES), rest - LANES, splat(0))
            store(to + p // 2, pairs_along(first, second))
        x, to = x + ld, to + ld_to


cdef void pack_transposed(const real *x, Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n, real *to,
                          Py_ssize_t ld_to) noexcept nogil:
    """n numbers of each of m rows, which become columns: vectors over the rows."""
    cdef real block[LARGEST_VECTOR * LARGEST_VECTOR]
    cdef Py_ssize_t r = 0, p, rows, terms
    while r < m:
        rows, p = min(LANES, m - r), 0
        while p < n:
            terms = min(2 * LANES, n - p)
            pack_along(x + r * ld + p, ld, rows, terms, block, LANES)
            transpose_block(block, LANES, rows, to + p // 2 * ld_to + r, ld_to, (terms + 1) // 2)
            p += 2 * LANES
        r += LANES


cdef const real *pack_tile(Direction terms, const real *A, Py_ssize_t ld, Py_ssize_t row,
                           Py_ssize_t R, Py_ssize_t m, Py_ssize_t n, real *to) noexcept nogil:
    """n terms of a tile's R rows, of m; returns where the first lies. Nothing beyond m is read."""
    cdef real few[2 * LARGEST_VECTOR]
    cdef Py_ssize_t r, p, width = vectors_in(R) * LANES, at = min(row, m - width)
    if terms == ALONG:
        pack_along(A + row * ld, ld, R, n, to, pairs_apart(n))
        return to
    if at >= 0:
        pack_across(A + at, ld, n, 0, to, width // LANES)
        return to + (row - at)
    for p in range(n):
        for r in range(width):
            few[p % 2 * width + r] = A[p * ld + r] if r < m else 0
        if p % 2 or p == n - 1:
            pack_across(few, width, p % 2 + 1, 0, to + p // 2 * width, width // LANES)
    return to + row


cdef inline Py_ssize_t pairs_apart(Py_ssize_t n) noexcept nogil:
    """From one row of n terms to the next, where pairs lie along it."""
    return (n + 2 * LANES - 1) // (2 * LANES) * LANES


cdef void pack_panels(const real *B, Py_ssize_t ld, Py_ssize_t n, Py_ssize_t n_vectors,
                      Py_ssize_t C, real *to) noexcept nogil:
    """n rows of B in panels of C vectors, one panel after the other."""
    cdef Py_ssize_t v = 0
    while v < n_vectors:
        pack_across(B + v * LANES, ld, n, -0.0, to, C)  # -0 leaves a sum of -0 its sign
        to += (n + 1) // 2 * C * LANES
        v += C


cdef inline Py_ssize_t block_end(Py_ssize_t v, Py_ssize_t n_vectors, Py_ssize_t *C,
                                 Py_ssize_t n_pairs, Py_ssize_t room) noexcept nogil:
    """The last vector of a block of panels of C that begins with vector v, and has room for so many
    pairs. Sets the C of the last vectors."""
    cdef Py_ssize_t in_C = in_panels(n_vectors, C[0])
    if v >= in_C:
        C[0] = n_vectors - in_C
        return n_vectors
    return min(in_C, v + max(1, room // (n_pairs * C[0] * LANES)) * C[0])


cdef void product_of_pairs(const real *A, Py_ssize_t ld_A, Direction terms_A,
                           const real *B, Py_ssize_t ld_B, Direction terms_B,
                           const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
                           Py_ssize_t m, Py_ssize_t n_columns, Py_ssize_t n,
                           real *of_B, Py_ssize_t room) noexcept nogil:
    """Like `product`, of numbers rounded to bfloat16; of_B has room for so many pairs.

    After SUM_BLOCK terms every block has fresh sums.
    """
    cdef real of_A[PAIRS_OF_TILE]
    cdef const real *tile_A
    cdef const real *panel
    cdef Py_ssize_t p = 0, v, last, row, R, C, tiles_left, depth, n_pairs, at, rs, ps, ld, step
    cdef Py_ssize_t n_vectors = vectors_in(n_columns)
    while p < n:
        depth = next_depth((n if p >= SUM_BLOCK else min(n, SUM_BLOCK)) - p)
        n_pairs = (depth + 1) // 2
        if p >= SUM_BLOCK:
            start = NULL
        v = 0
        while v < n_vectors:
            C = 4 if m <= FEW_ROWS else 2
            last = block_end(v, n_vectors, &C, n_pairs, room)
            if terms_B != IN_PAIRS:
                pack_panels(B + p * ld_B + v * LANES, ld_B, depth, last - v, C, of_B)
            row, tiles_left = 0, (m + MOST_ROWS[C] - 1) // MOST_ROWS[C]
            while row < m:
                R = (m - row + tiles_left - 1) // tiles_left
                rs, ps = 1, vectors_in(R) * LANES
                if terms_A == ALONG:
                    rs, ps = pairs_apart(depth), 1
                tile_A = pack_tile(terms_A, A + (p if terms_A == ALONG else p * ld_A), ld_A,
                                   row, R, m, depth, of_A)
                panel, ld, step = of_B, C * LANES, n_pairs * C * LANES
                if terms_B == IN_PAIRS:
                    panel, ld, step = B + p // 2 * ld_B + v * LANES, ld_B, C * LANES
                at = v * LANES
                while at < last * LANES:
                    panels(tile_A, rs, ps, panel, ld,
                           start if start == NULL or start == ZEROS
                           else start + row * ld_start + at, ld_start,
                           to + row * ld_to + at, ld_to, R, 0, C, C, panel, n_pairs)
                    panel += step
                    at += C * LANES
                row += R
                tiles_left -= 1
            v = last
        p += depth
        if start != NULL:
            start, ld_start = to, ld_to


cdef inline Py_ssize_t next_depth(Py_ssize_t n) noexcept nogil:
    """Terms of the next block where n are left, so that no block is much smaller than another."""
    cdef Py_ssize_t blocks = (n + MOST_TERMS - 1) // MOST_TERMS
    return min(n, (n + blocks - 1) // blocks + 2 * LANES - 1 & -2 * LANES)


cdef void forward_in_pairs(const real *w, Py_ssize_t ld_w, const real *b,
                           const real *below, Py_ssize_t ld_below,
                           real *z, Py_ssize_t ld_z, real *a, Py_ssize_t ld_a,
                           real *slope, real *sums,
                           Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                           const Activation *g) noexcept nogil:
    product_of_pairs(below, ld_below, ALONG, w, ld_w, ACROSS, b, 0, z, ld_z, m, n_out, n_in,
                     sums, PAIRS_OF_B)
    activate(g, z, ld_z, a, ld_a, slope, m, n_out)


cdef void transpose_in_pairs(const real *w, Py_ssize_t ld_w, real *to, Py_ssize_t ld_to,
                             Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    pack_transposed(w, ld_w, n_in, n_out, to, ld_to)


cdef void delta_in_pairs(const real *w, Py_ssize_t ld_w,
                         const real *transposed, Py_ssize_t ld_transposed,
                         const real *delta, Py_ssize_t ld_delta,
                         const real *saved, real *delta_k, Py_ssize_t ld_below,
                         Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                         const Activation *g_below) noexcept nogil:
    product_of_pairs(delta, ld_delta, ALONG, transposed, ld_transposed, IN_PAIRS, ZEROS, 0,
                     delta_k, ld_below, m, n_in, n_out, NULL, PAIRS_OF_B)
    times_slope(g_below, saved, delta_k, delta_k, ld_below, m, n_in)


cdef void accumulate_in_pairs(const real *delta, Py_ssize_t ld_delta,
                              const real *below, Py_ssize_t ld_below, real *dw, Py_ssize_t ld_w,
                              Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                              Py_ssize_t n_out) noexcept nogil:
    cdef real of_B[PAIRS_ON_STACK]
    product_of_pairs(below + k_first, ld_below, ACROSS, delta, ld_delta, ACROSS,
                     dw + k_first * ld_w, ld_w, dw + k_first * ld_w, ld_w,
                     k_last - k_first, n_out, m, of_B, PAIRS_ON_STACK)


cdef void accumulate_update_in_pairs(const Update *u, PrefetchCursor *cursor, real *sums,
                                     const real *delta, Py_ssize_t ld_delta,
                                     const real *below, Py_ssize_t ld_below,
                                     real *w, Py_ssize_t ld_w, real *b, void **memories,
                                     Py_ssize_t place_w, Py_ssize_t place_b,
                                     Py_ssize_t m, Py_ssize_t n_in,
                                     Py_ssize_t n_out) noexcept nogil:
    cdef real *of_A = sums
    cdef real *of_B = sums + PAIRS_OF_A
    cdef const real *tile_A
    cdef const real *panel
    cdef Py_ssize_t v = 0, last, C, k, R, tiles_left, at
    cdef Py_ssize_t n_vectors = vectors_in(n_out), n_pairs = (m + 1) // 2
    cdef bint w_exceeds_l2 = exceeds_l2(n_in, ld_w)
    while v < n_vectors:
        C = 2
        last = block_end(v, n_vectors, &C, n_pairs, PAIRS_OF_B)
        pack_panels(delta + v * LANES, ld_delta, m, last - v, C, of_B)
        k, tiles_left = 0, (n_in + MOST_ROWS[C] - 1) // MOST_ROWS[C]
        while k < n_in:
            R = (n_in - k + tiles_left - 1) // tiles_left
            if w_exceeds_l2:  # fetched while the tile is laid out
                prefetch_rows(w + k * ld_w + v * LANES, ld_w, R, (last - v) * LANES)
            tile_A = pack_tile(ACROSS, below, ld_below, k, R, n_in, m, of_A)
            panel, at = of_B, k * ld_w + v * LANES
            while at < k * ld_w + last * LANES:
                update_panels(u, cursor, panel, C * LANES, tile_A, vectors_in(R) * LANES, w + at,
                              ld_w, memories, place_w + at, n_pairs, R, 0, C, C)
                panel += n_pairs * C * LANES
                at += C * LANES
            k += R
            tiles_left -= 1
        v = last
    if b != NULL:
        update_biases(u, delta, ld_delta, b, memories, place_b, m, n_vectors)
