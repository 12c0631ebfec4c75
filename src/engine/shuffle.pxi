# The order of the samples: NumPy's own shuffle, drawn from NumPy's own generator, but without a
# call of Python and an array for every epoch: for a network of a few nodes that costs a step.
#
# Needs: nothing.
# Gives: bitgen_t, draw_order, start_order, uint32_t, uint64_t.

from libc.stdint cimport uint32_t, uint64_t

# What the capsule of a bit generator holds, by NumPy's bitgen.h.
ctypedef struct bitgen_t:
    void *state
    uint64_t (*next_uint64)(void *) noexcept nogil
    uint32_t (*next_uint32)(void *) noexcept nogil
    double (*next_double)(void *) noexcept nogil
    uint64_t (*next_raw)(void *) noexcept nogil


cdef void start_order(const Py_ssize_t *rows, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    """The n rows (NULL: 0, 1, ...) as they come."""
    cdef Py_ssize_t i
    for i in range(n):
        order[i] = i if rows == NULL else rows[i]


cdef void draw_order(bitgen_t *random, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    """Shuffle n rows as ``generator.permutation`` and RandomState's ``shuffle`` do.

    Fisher and Yates, from the last place down; a place's partner is a random number of as many
    bits as the place has, drawn again while it is larger (as NumPy's random_interval does). Every
    draw swaps, one that is too large a row with itself: there is no branch to be predicted.
    """
    cdef Py_ssize_t i = n - 1, j, kept
    cdef uint64_t mask = 1
    while mask < <uint64_t> i:
        mask = mask << 1 | 1
    while i > 0:
        while mask >> 1 >= <uint64_t> i:
            mask >>= 1
        if mask <= <uint64_t> 0xffffffff:
            j = random.next_uint32(random.state) & mask
        else:
            j = <Py_ssize_t> (random.next_uint64(random.state) & mask)
        kept = j if j <= i else i
        order[i], order[kept] = order[kept], order[i]
        i -= j <= i
