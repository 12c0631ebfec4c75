# What this machine's multiply-add units can do: a measurement for the ladder, no part of training.
#
# Needs: boundary.pyx, kernels.pxd.
# Gives: fma_peak.

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
