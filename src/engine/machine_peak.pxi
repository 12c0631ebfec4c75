# What this machine can do: measurements for the benchmarks, no part of training.
#
# Needs: boundary.pyx, call.pxi, kernels.pxd.
# Gives: barrier_seconds, fma_peak.

def fma_peak(capsule not None, double seconds=0.05):
    """Floating-point operations a second of one thread in multiply-adds alone.

    The mean over so many seconds; 0.0 where the kernel set has no loop for it.
    """
    cdef Kernels *kernels = <Kernels *> PyCapsule_GetPointer(capsule, "fastbp.kernels")
    cdef Py_ssize_t slice_rounds = 1 << 16, rounds = 0  # a slice is some 0.2 ms
    cdef double start = perf_counter(), elapsed = 0
    if kernels.multiply_adds == NULL:
        return 0.0
    while rounds == 0 or elapsed < seconds:
        with nogil:
            kernels.multiply_adds(slice_rounds)
        rounds += slice_rounds
        elapsed = perf_counter() - start
    return rounds * <double> kernels.round_flops / elapsed


cdef struct Barriers:
    team_t team
    Py_ssize_t count
    double seconds


cdef void pass_barriers(void *argument, int rank) noexcept nogil:
    """The second half counts: the threads are awake by then."""
    cdef Barriers *barriers = <Barriers *> argument
    cdef Py_ssize_t i
    cdef double start = 0
    for i in range(2 * barriers.count):
        if i == barriers.count:
            start = clock_seconds()
        team_barrier(&barriers.team, rank, <unsigned> (i + 1))
    if rank == 0:
        barriers.seconds = clock_seconds() - start


def barrier_seconds(Py_ssize_t threads, Py_ssize_t count=1000):
    """What a barrier takes ``threads`` that do nothing else, the mean of ``count``: about as long
    as a cache line from one core to another and one back. Of one thread it is next to nothing."""
    cdef Barriers barriers
    slots = numpy.zeros(most_threads * sizeof(barrier_slot_t) + CACHE_LINE, "B")
    barriers.team.slots = <barrier_slot_t *> <uintptr_t> (
        slots.ctypes.data + -slots.ctypes.data % CACHE_LINE)
    barriers.count = max(count, 1)
    with nogil:
        team_run(&barriers.team, min(max(threads, 1), most_threads), pass_barriers, &barriers)
    return barriers.seconds / barriers.count
