# The most that this thread's multiply-add units do: sums that wait for nothing but themselves.
#
# A multiply-add takes about 4 cycles and a core starts up to two a cycle, so 8 independent sums
# keep the units busy; 12, and the two numbers they share, still fit into 16 registers.
#
# Needs: real, vectors.pxi.
# Gives: multiply_adds, PEAK_SUMS.

cdef enum:
    PEAK_SUMS = 12


cdef double multiply_adds(Py_ssize_t rounds) noexcept nogil:
    cdef vec x = splat(0.5), y = splat(1)
    # Equal starts would be merged, and one that starts at 2, which all of them approach, would
    # never change: compilers see both, and leave multiply-adds out that are counted.
    cdef vec c0 = splat(3), c1 = splat(4), c2 = splat(5), c3 = splat(6), c4 = splat(7)
    cdef vec c5 = splat(8), c6 = splat(9), c7 = splat(10), c8 = splat(11), c9 = splat(12)
    cdef vec c10 = splat(13), c11 = splat(14)
    cdef real lanes[64]
    cdef Py_ssize_t r
    for r in range(rounds):
        c0 = c0 * x + y
        c1 = c1 * x + y
        c2 = c2 * x + y
        c3 = c3 * x + y
        c4 = c4 * x + y
        c5 = c5 * x + y
        c6 = c6 * x + y
        c7 = c7 * x + y
        c8 = c8 * x + y
        c9 = c9 * x + y
        c10 = c10 * x + y
        c11 = c11 * x + y
    store(lanes, c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11)
    return lanes[0]
