# How the threads of a call share its loops.
#
# Every thread of a team (team.h; mostly of one) runs the same functions and does its part of each
# loop: of the outputs of a product, never of one of its sums. So the bits do not depend on the
# number of threads. A layer's columns j are divided in whole cache lines, rows where there are
# too few of them, or where that saves barriers (`ends_by_rows`). After a `barrier` all that was
# written before it is there for all.
#
# Needs: call.pxi, kernels.pxd, timeline.pxi.
# Gives: a_of, barrier, ends_by_rows, expect_updates, has_columns_for_all, partition, per_line,
#   poll_signals.

cdef inline void partition(Py_ssize_t n, Py_ssize_t unit, const Call *p, int rank,
                           Py_ssize_t *first, Py_ssize_t *last) noexcept nogil:
    """A thread's part of n things that stay together in groups of `unit`."""
    cdef Py_ssize_t groups
    if p.team.size == 1:
        first[0], last[0] = 0, n
        return
    groups = (n + unit - 1) // unit
    first[0] = min(n, groups * rank // p.team.size * unit)
    last[0] = min(n, groups * (rank + 1) // p.team.size * unit)


cdef inline char *a_of(const Call *p, int rank, Py_ssize_t l) noexcept nogil:
    return p.a[l] if l > 0 or rank == 0 else p.more_x + (rank - 1) * p.of_x


cdef inline Py_ssize_t per_line(const Call *p) noexcept nogil:
    return CACHE_LINE // p.itemsize


cdef inline bint has_columns_for_all(const Call *p, Py_ssize_t n) noexcept nogil:
    return p.team.size == 1 or n > per_line(p) * (p.team.size - 1)  # one thread divides nothing


cdef inline bint ends_by_rows(const Call *p) noexcept nogil:
    """Whether w^(2) is divided in rows, as w^(1) is in columns, which belong to the same nodes.

    A thread then propagates back through the weights that it will update, and no other reads those
    before the next step's first barrier. That saves two barriers of four.
    """
    return p.L == 2 and p.team.size > 1 and has_columns_for_all(p, p.layers[1].n_out)


cdef inline bint barrier(Call *p, int rank) noexcept nogil:
    """Wait for the others; false where one of them found a reason to stop."""
    p.results[rank].barriers += 1
    if team_barrier(&p.team, rank, p.results[rank].barriers) != 0:
        return False
    timeline_mark(rank, MARK_BARRIER, 0)
    if rank == 0:
        p.updating = False  # no weights are updated now: `expect_updates` comes before that
    return True


cdef inline void expect_updates(Call *p, int rank) noexcept nogil:
    """Look at no signals until the next barrier: others update their weights before this thread."""
    if rank == 0 and p.team.size > 1:
        p.updating = True


# How many times as long as a look at signals waited for the GIL the next one is left out, and for
# how many seconds at most: beside a busy thread of Python it waits 5 ms, beside one that keeps the
# GIL in a call of C as long as that takes.
cdef double POLL_PATIENCE = 24, MOST_POLL_PAUSE = 0.3


cdef bint signals_arrived(Call *p, double asked) noexcept with gil:
    """Let handlers run; asked for at that time."""
    cdef double now = clock_seconds()
    p.next_poll = now + min(POLL_PATIENCE * (now - asked), MOST_POLL_PAUSE)
    return check_signals() != 0


cdef bint poll_signals(Call *p, int rank, Py_ssize_t work) noexcept nogil:
    """Count work; from time to time let pending signals (Ctrl-C) be handled.

    Between two steps, for a handler may save or copy the network: not while weights are updated.
    """
    cdef double now
    if rank == 0:
        p.work += work
        if p.work >= p.kernels.slice_work and not p.updating:
            p.work = 0
            if p.polls and not team_asked(&p.team):
                now = clock_seconds()
                if now >= p.next_poll and signals_arrived(p, now):
                    team_stop(&p.team, INTERRUPTED)
    return team_asked(&p.team) == 0
