# Activations of the caller's own: callbacks of the compiled pass, each with the rows of its layer.
#
# Needs: boundary.pyx, call.pxi.
# Gives: call_back, count_as_work.

ctypedef int (*leaving_error_t)(Call *p, Py_ssize_t l, Py_ssize_t first, Py_ssize_t last,
                                bint backward) noexcept nogil


cdef int count_as_work(Call *p, double start) except -1:
    """Count the time since `start` as the call's work, so that slices stay short."""
    cdef double seconds = perf_counter() - start
    p.callback_work += <Py_ssize_t> (seconds / SLICE_SECONDS * p.kernels.slice_work)
    return 0


cdef int call_layer(Call *p, Py_ssize_t l, Py_ssize_t first, Py_ssize_t last,
                    bint backward) except -1 with gil:
    """Let layer l's callback make a of z, or multiply what lies in delta by g'(z)."""
    cdef double start = perf_counter()
    callback, z, a, delta = (<list> p.callbacks)[l]
    if backward:
        callback.backward(z[first:last], delta[first:last])
    else:
        callback.forward(z[first:last], a[first:last])
    return count_as_work(p, start)


cdef void call_back(Call *p, Py_ssize_t l, Py_ssize_t first, Py_ssize_t last,
                    bint backward) noexcept nogil:
    """Call layer l's callback on some rows. Its exception ends the call, like a signal handler's.

    The exception stays with the interpreter until `raise_pending`; till then nothing else of
    Python's may run.
    """
    if first < last and team_asked(&p.team) == 0 \
            and (<leaving_error_t> call_layer)(p, l, first, last, backward) != 0:
        team_stop(&p.team, INTERRUPTED)
