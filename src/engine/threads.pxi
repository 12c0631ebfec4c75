# How the threads of a call share its loops.
#
# Every member of a team (team.h; mostly of one) runs the same functions and does its share of each
# loop: of the outputs of a product, never of one of its sums. So the bits do not depend on the
# number of threads. A layer's columns j are shared out in whole cache lines, rows where there are
# too few of them, or where that saves meetings (`ends_by_rows`). At every `meet` all that was
# written before is there for all.

cdef inline void share(Py_ssize_t n, Py_ssize_t unit, Pass *p, int me,
                       Py_ssize_t *first, Py_ssize_t *last) noexcept nogil:
    """A member's part of n things that stay together in groups of `unit`."""
    cdef Py_ssize_t groups = (n + unit - 1) // unit
    if p.team.size == 1:
        first[0], last[0] = 0, n
        return
    first[0] = min(n, groups * me // p.team.size * unit)
    last[0] = min(n, groups * (me + 1) // p.team.size * unit)


cdef inline char *a_of(const Pass *p, int me, Py_ssize_t l) noexcept nogil:
    return p.a[l] if l > 0 or me == 0 else p.more_x + (me - 1) * p.of_x


cdef inline Py_ssize_t per_line(const Pass *p) noexcept nogil:
    return CACHE_LINE // p.itemsize


cdef inline bint has_columns_for_all(const Pass *p, Py_ssize_t n) noexcept nogil:
    return n > per_line(p) * (p.team.size - 1)


cdef inline bint ends_by_rows(const Pass *p) noexcept nogil:
    """Whether w^(2) is shared out in rows, as w^(1) is in columns, which belong to the same nodes.

    A member then propagates back through the weights that it will move, and nobody else reads
    those before the next step's first meeting. That saves two meetings of four.
    """
    return p.L == 2 and p.team.size > 1 and has_columns_for_all(p, p.layers[1].n_out)


cdef inline bint meet(Pass *p, int me) noexcept nogil:
    """Wait for the others; false where one of them found a reason to stop."""
    p.found[me].meetings += 1
    if team_wait(&p.team, me, p.found[me].meetings) != 0:
        return False
    if me == 0:
        p.moving = False  # nobody moves weights now; `expect_moves` is called before they do
    return True


cdef inline void expect_moves(Pass *p, int me) noexcept nogil:
    """Look at no signals until the next meeting: others move their weights before this member."""
    if me == 0 and p.team.size > 1:
        p.moving = True


cdef bint signals_arrived() noexcept with gil:
    return check_signals() != 0


cdef bint go_on(Pass *p, int me, Py_ssize_t work) noexcept nogil:
    """Count work; from time to time let pending signals (Ctrl-C) be handled.

    Between two steps, for a handler may save or copy the network: not while weights move.
    """
    if me == 0:
        p.work += work
        if p.work >= p.kernels.slice_work and not p.moving:
            p.work = 0
            if p.polls and not team_asked(&p.team) and signals_arrived():
                team_stop(&p.team, INTERRUPTED)
    return team_asked(&p.team) == 0
