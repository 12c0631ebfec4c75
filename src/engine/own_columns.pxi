# Each thread's own copy of its columns of the weights.
#
# In the storage a row k of w^(l) holds the columns of all threads side by side. A core that reads
# its part of the rows makes its prefetchers ask for the lines behind, which are another core's, and
# which that one has to get back before it can write them: on Intel's Sapphire Rapids an update of
# 784 rows of 64 columns by two threads took four times as long as by one. So while a slice of
# training runs, the columns of the hidden layers lie in memory of the thread that updates them,
# with what the rule remembers of them: for every layer rows of its columns, then one of biases; and
# behind all these copies the same ones as the last epoch left them, the snapshot. Storage and
# snapshot are right again at the slice's end.
#
# Needs: boundary.pyx, call.pxi, kernels.pxd, threads.pxi.
# Gives: everything below but copy_columns.

cdef enum:
    PAGE = 4096  # bytes; no prefetcher reads beyond
    COPY_WORK = 512  # multiply-adds of a slice for each number that is copied: less does not pay
    MOST_OWN = 1 << 25  # bytes of all copies: what is larger does not stay in the second caches


cdef inline Py_ssize_t page_of(Py_ssize_t nbytes) noexcept nogil:
    """Bytes in whole pages, and one between."""
    return (nbytes + 2 * PAGE - 1) // PAGE * PAGE


cdef inline Py_ssize_t own_ld(Py_ssize_t n, Py_ssize_t itemsize) noexcept nogil:
    """Elements from one row of n columns to the next: whole lines, and an odd number of many."""
    cdef Py_ssize_t per_line = CACHE_LINE // itemsize
    cdef Py_ssize_t lines = (n + per_line - 1) // per_line
    return per_line * (lines if lines <= 2 else lines | 1)


cdef inline bint has_own_columns(const Call *p) noexcept nogil:
    """Whether threads have copies of some layers: a team may be smaller than was asked for."""
    return p.own.data != NULL and p.own.threads == p.team.size


cdef inline bint owns_columns(const Call *p, Py_ssize_t l) noexcept nogil:
    """Whether threads have columns of layer l of their own."""
    return has_own_columns(p) and l < p.L and has_columns_for_all(p, p.layers[l].n_out)


cdef Py_ssize_t place_columns(const Call *p, int rank, Py_ssize_t *places) noexcept nogil:
    """Where a thread's part of each layer begins in its copy, in elements; returns their number."""
    cdef Py_ssize_t l, j, last, n = 0
    for l in range(1, p.L):
        places[l] = n
        if has_columns_for_all(p, p.layers[l].n_out):
            partition(p.layers[l].n_out, per_line(p), p, rank, &j, &last)
            n += (p.layers[l].n_in + 1) * own_ld(last - j, p.itemsize)
    return n


cdef inline Py_ssize_t of_copies(const Call *p) noexcept nogil:
    """Bytes of a thread's copies: as many again are its snapshot."""
    return (1 + p.plan.n_memories) * p.own.of_copy


cdef inline char *own_copies(const Call *p, int rank) noexcept nogil:
    return p.own.data + rank * p.own.of_thread


cdef inline char *own_w(const Call *p, int rank, Py_ssize_t l) noexcept nogil:
    """A thread's columns of w^(l); its biases are the row n_in."""
    return own_copies(p, rank) + p.own.places[rank * (p.L + 1) + l] * p.itemsize


cdef void copy_columns(Call *p, int rank, const State *state, char *own,
                       bint to_state) noexcept nogil:
    """Between a state and this thread's copies: of its weights, biases and memories."""
    cdef Py_ssize_t l, j, last, k, row, ld, n, place, size = p.itemsize
    cdef const Layer *layer
    cdef int i
    cdef char *shared
    cdef char *to
    for l in range(1, p.L):
        if not owns_columns(p, l):
            continue
        layer = p.layers + l
        partition(layer.n_out, per_line(p), p, rank, &j, &last)
        ld = own_ld(last - j, size) * size
        n = ((last - j) * size + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE  # with the pads
        for i in range(1 + p.plan.n_memories):
            shared = state.storage if i == 0 else <char *> state.memories[i - 1]
            to = own + i * p.own.of_copy + p.own.places[rank * (p.L + 1) + l] * size
            row = layer.n_in * rank // p.team.size  # each thread begins with other rows
            for k in range(layer.n_in + 1):
                place = layer.w + row * layer.ld if row < layer.n_in else layer.b
                if to_state:
                    memcpy(shared + (place + j) * size, to + row * ld, n)
                else:
                    memcpy(to + row * ld, shared + (place + j) * size, n)
                row = row + 1 if row < layer.n_in else 0


cdef void take_columns(Call *p, int rank) noexcept nogil:
    """Before a slice: out of the storage."""
    if has_own_columns(p):
        copy_columns(p, rank, &p.state, own_copies(p, rank), False)


cdef void return_columns(Call *p, int rank) noexcept nogil:
    """After a slice: into the storage, and into the snapshot, if there is a new one."""
    if has_own_columns(p):
        copy_columns(p, rank, &p.state, own_copies(p, rank), True)
        if p.results[rank].has_snapshot:
            copy_columns(p, rank, &p.snapshot, own_copies(p, rank) + of_copies(p), True)
