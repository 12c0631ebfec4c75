# A loss of the caller's own: a callback of the compiled pass, with the rows of the output layer.
#
# Needs: boundary.pyx, call.pxi, custom_activations.pxi, kernels.pxd.
# Gives: call_own_loss.

ctypedef int (*leaving_loss_error_t)(Call *p, Py_ssize_t first, Py_ssize_t last) noexcept nogil


cdef int call_loss(Call *p, Py_ssize_t first, Py_ssize_t last) except -1 with gil:
    """Let the callback give C_0 of some rows and, where that is wanted, dC_0/da."""
    cdef double start = perf_counter()
    callback, a, y, delta, C_0 = (<list> p.callbacks)[p.L + 1]
    callback(a[first:last], y[first:last],
             delta[first:last] if p.plan.mode >= GRADIENT else None, C_0[first:last])
    return count_as_work(p, start)


cdef void call_own_loss(Call *p, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """C_0 and delta^(L) of some rows, whose a and y are there. An exception ends the call."""
    cdef const Layer *layer = p.layers + p.L
    cdef Py_ssize_t at = first * layer.ld * p.itemsize, i
    if team_asked(&p.team) == 0 and (<leaving_loss_error_t> call_loss)(p, first, last) != 0:
        team_stop(&p.team, INTERRUPTED)
    if p.plan.mode >= GRADIENT and not p.is_custom[p.L]:
        p.kernels.slope(&layer.activation, p.saved[p.L] + at, p.delta[p.L] + at,
                        p.delta[p.L] + at, layer.ld, last - first, layer.n_out)
        # Times a slope that is NaN in the pads of a, they would stay NaN in all later calls.
        for i in range(first, last):
            memset(p.delta[p.L] + (i * layer.ld + layer.n_out) * p.itemsize, 0,
                   (layer.ld - layer.n_out) * p.itemsize)
