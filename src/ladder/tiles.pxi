# Register tiles: a block of rows and nodes at a time, its sums in registers from first to last.
#
# Idea: use a number several times between its load and its leaving the register. The tiles are
#   the production kernels' own, unrolled by src/simd/tiles.py when fastbp is built.
# Expected: another two to three times faster, nearer to the peak the wider the layers are.
# Why: a core could start two multiply-adds a cycle, but each one in simd needs a load of its own,
#   and its sum waits for itself. A tile of 14 rows and 2 vectors has 28 sums that do not wait for
#   each other, and 16 loads for 28 multiply-adds.
#
# All three loops are one product, A(r, p) B(p, v) summed over p, with other strides.
#
# Needs: MOST_ROWS, real, SGD_TILES, TILES, transpose, activations.pxi, kernels.pxd, loops.pxd,
#   tuned.pxi, tuned_rung.pxi, vectors.pxi.
# Gives: LOOPS, next_tile, table, Tile, tiles_of, ZEROS.

cdef real ZEROS[4 * 64]  # as many as a tile is wide, and more

cdef struct Tile:
    Py_ssize_t rows       # of the product
    Py_ssize_t n_vectors
    Py_ssize_t row        # where this tile starts, and how large it is
    Py_ssize_t v
    Py_ssize_t R
    Py_ssize_t C
    Py_ssize_t left       # tiles below this one


cdef inline Tile tiles_of(Py_ssize_t rows, Py_ssize_t n_vectors) noexcept nogil:
    cdef Tile t
    t.rows, t.n_vectors = rows, n_vectors
    t.row = t.v = t.R = t.C = t.left = 0
    return t


cdef inline bint next_tile(Tile *t) noexcept nogil:
    """Two vectors wide if possible; rows are distributed evenly among the tiles."""
    if t.left == 0:
        t.v += t.C
        if t.v >= t.n_vectors or t.rows == 0:
            return False
        t.C = min(2, t.n_vectors - t.v)
        t.row = t.R = 0
        t.left = (t.rows + MOST_ROWS[t.C] - 1) // MOST_ROWS[t.C]
    t.row += t.R
    t.R = (t.rows - t.row + t.left - 1) // t.left
    t.left -= 1
    return True


cdef void product(const real *A, Py_ssize_t rs, Py_ssize_t ps, const real *B, Py_ssize_t ldb,
                  const real *start, real *to, Py_ssize_t ld, Py_ssize_t rows,
                  Py_ssize_t n_vectors, Py_ssize_t n) noexcept nogil:
    cdef Tile t = tiles_of(rows, n_vectors)
    while next_tile(&t):
        TILES[t.C][t.R](A + t.row * rs, rs, ps, B + t.v * LANES, ldb,
                        start if start == ZEROS else start + t.v * LANES, 0,
                        to + t.row * ld + t.v * LANES, ld, B, 0, n)


cdef void forward(const real *w, const real *b, const real *below, real *z,
                  Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    product(below, ld_in, 1, w, ld, b, z, ld, m, vectors_in(n_out), n_in)


cdef void transpose_w(const real *w, real *w_transposed,
                      Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    """Lay w out with rows j: where a sum runs over j, vectors hold neighbours in k."""
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    transpose(w, ld, w_transposed, ld_in, n_in, n_out)


cdef void backward(const real *w_transposed, const real *delta, real *delta_below,
                   Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    product(delta, ld, 1, w_transposed, ld_in, ZEROS, delta_below, ld_in, m, vectors_in(n_in),
            n_out)


cdef void accumulate(const real *delta, const real *below, real *dw, real *db,
                     Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t ld_in = row_length(n_in, sizeof(real)), ld = row_length(n_out, sizeof(real))
    product(below, 1, ld_in, delta, ld, ZEROS, dw, ld, n_in, vectors_in(n_out), m)
    sum_rows(delta, db, m, n_out)


cdef Loops table
table.k_major = table.padded = True
table.forward = <forward_t> forward
table.transpose = <transpose_t> transpose_w
table.backward = <backward_t> backward
table.accumulate = <accumulate_t> accumulate
LOOPS = PyCapsule_New(&table, "fastbp.loops", NULL)

include "fused.pxi"
