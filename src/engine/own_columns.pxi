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
# Gives: everything below but copy_columns, place_copies.

cdef enum:
    PAGE = 4096  # bytes; no prefetcher reads beyond
    COPY_WORK = 512  # multiply-adds of a slice for each number that is copied: less does not pay
    MOST_OWN = 1 << 25  # bytes of all copies: what is larger does not stay in the second caches


cdef inline Py_ssize_t page_of(Py_ssize_t nbytes) noexcept nogil:
    """Bytes in whole pages, and one between."""
    return (nbytes + 2 * PAGE - 1) // PAGE * PAGE


cdef inline Py_ssize_t own_ld(Py_ssize_t n, Py_ssize_t itemsize) noexcept nogil:
    """Elements from one row of n columns to the next: whole lines, and an odd number of many."""
    cdef Py_ssize_t two_lines = 2 * CACHE_LINE // itemsize
    if n > two_lines:
        return row_length(n, itemsize)
    return two_lines if 2 * n > two_lines else two_lines // 2


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


# A thread's part of a layer: where its first w and b lie in a state, and what rows are apart.
cdef struct Part:
    State *state
    Py_ssize_t w
    Py_ssize_t b
    Py_ssize_t ld


cdef inline Part part_of(Call *p, int rank, Py_ssize_t l, Py_ssize_t k, Py_ssize_t j,
                         Py_ssize_t n) noexcept nogil:
    """Rows from k on of n columns from j on of layer l: in the thread's copies, if it has some of
    them, which are then all of these columns, else in the storage."""
    cdef const Layer *layer = p.layers + l
    cdef Part part = [&p.state, layer.w + k * layer.ld + j, layer.b + j, layer.ld]
    if owns_columns(p, l):
        part.state, part.ld = &p.results[rank].own, own_ld(n, p.itemsize)
        part.w = p.own.places[rank * (p.L + 1) + l]
        part.b = part.w + layer.n_in * part.ld
        part.w += k * part.ld
    return part


cdef inline Py_ssize_t n_stretches(const Call *p) noexcept nogil:
    """In how many stretches the storage holds what no thread has copies of."""
    return 2 * p.L if has_own_columns(p) else 1


cdef inline Py_ssize_t stretch(const Call *p, int rank, Py_ssize_t i, Py_ssize_t *n) noexcept nogil:
    """Where this thread's part of stretch i begins, and how many numbers it has.

    Without copies it is a part of all; else the weights, or the biases, of a layer are rank 0's.
    """
    cdef Py_ssize_t l = 1 + i // 2, first = 0, last = 0
    if not has_own_columns(p):
        partition(p.n_parameters, per_line(p), p, rank, &first, &last)
        n[0] = last - first
        return first
    n[0] = p.layers[l].ld * (1 if i % 2 else p.layers[l].n_in)
    if rank > 0 or owns_columns(p, l):
        n[0] = 0
    return p.layers[l].b if i % 2 else p.layers[l].w


cdef void copy_columns(Call *p, int rank, const State *state, const State *own,
                       bint to_state) noexcept nogil:
    """Between a state and this thread's copies: of its weights, biases and memories."""
    cdef Py_ssize_t l, j, last, k, row, place, n, size = p.itemsize
    cdef const Layer *layer
    cdef Part part
    cdef int i
    cdef char *shared
    cdef char *copy
    for l in range(1, p.L):
        if not owns_columns(p, l):
            continue
        layer = p.layers + l
        partition(layer.n_out, per_line(p), p, rank, &j, &last)
        part = part_of(p, rank, l, 0, j, last - j)
        n = ((last - j) * size + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE  # with the pads
        for i in range(1 + p.plan.n_memories):
            shared = state.storage if i == 0 else <char *> state.memories[i - 1]
            copy = own.storage if i == 0 else <char *> own.memories[i - 1]
            row = layer.n_in * rank // p.team.size  # each thread begins with other rows
            for k in range(layer.n_in + 1):
                place = (layer.w + row * layer.ld if row < layer.n_in else layer.b) + j
                if to_state:
                    memcpy(shared + place * size, copy + (part.w + row * part.ld) * size, n)
                else:
                    memcpy(copy + (part.w + row * part.ld) * size, shared + place * size, n)
                row = row + 1 if row < layer.n_in else 0


cdef void place_copies(const Call *p, char *data, State *own) noexcept nogil:
    cdef int i
    own.storage = data
    for i in range(p.plan.n_memories):
        own.memories[i] = data + (i + 1) * p.own.of_copy


cdef void take_columns(Call *p, int rank) noexcept nogil:
    """Before a slice: out of the storage."""
    cdef ThreadResult *result = p.results + rank
    cdef char *data = p.own.data + 2 * rank * of_copies(p)
    if has_own_columns(p):
        place_copies(p, data, &result.own)
        place_copies(p, data + of_copies(p), &result.own_snapshot)
        copy_columns(p, rank, &p.state, &result.own, False)


cdef void return_columns(Call *p, int rank) noexcept nogil:
    """After a slice: into the storage, and into the snapshot, if there is a new one."""
    cdef ThreadResult *result = p.results + rank
    if has_own_columns(p):
        copy_columns(p, rank, &p.state, &result.own, True)
        if result.has_snapshot:
            copy_columns(p, rank, &p.snapshot, &result.own_snapshot, True)
