# One call of the boundary as its loops see it, and how a team of threads shares them out.
#
# Every member of a team (team.h; mostly of one) runs the same functions and does its share of each
# loop: of the outputs of a product, never of one of its sums. So the bits do not depend on the
# number of threads. A layer's columns j are shared out in whole cache lines, rows where there are
# too few of them, or where that saves meetings (`ends_by_rows`). At every `meet` all that was
# written before is there for all.

cdef extern from "team.h" nogil:
    const int MOST_MEMBERS
    ctypedef struct team_place_t:
        pass
    ctypedef struct team_t:
        int size
        team_place_t *places
    ctypedef void (*team_body_t)(void *argument, int member) noexcept nogil
    void team_run(team_t *team, int size, team_body_t body, void *argument)
    int team_wait(team_t *team, int me, unsigned meeting)
    int team_asked(team_t *team)
    void team_stop(team_t *team, int why)

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"()  # leaves its exception for `raise_pending`
    void *PyErr_Occurred()

include "order.pxi"

# How a call ended.
cdef enum Status:
    DONE, PAUSED, NONFINITE_X, NONFINITE_Y, NONFINITE_C, NONFINITE_W, OUT_OF_BOUNDS, INTERRUPTED

# What one member found in its share.
cdef struct Found:
    int status
    Py_ssize_t bad    # where the first value that is not finite stands: row * columns + column
    Py_ssize_t right  # answers
    unsigned meetings
    char unshared[CACHE_LINE]

# Where training stands, and what it gives.
cdef struct Epochs:
    Py_ssize_t wanted
    Py_ssize_t counted  # epochs done
    Py_ssize_t first    # samples done of the next one
    Py_ssize_t slice_work  # after which training pauses
    int status
    Py_ssize_t base     # the epoch of losses[0] and rights[0]
    double *losses      # for every epoch the sum of C_0
    int64_t *rights     # and of right answers
    bint counts         # whether the network's count of epochs goes on
    bitgen_t *random    # shuffles; NULL: the order stays
    const Py_ssize_t *rows  # what is shuffled; NULL: all rows
    char *kept          # the state at the last epoch's end; NULL: nobody wants it
    char *kept1
    char *kept2
    int64_t *kept_counters

# One call: the network, the memory of a chunk of a batch, the samples, how the weights move.
cdef struct Pass:
    const Kernels *kernels
    const Layer *layers  # 0..L; of layer 0 only n_out, ld and place count
    Py_ssize_t L
    Py_ssize_t itemsize
    Py_ssize_t n_parameters
    Py_ssize_t macs
    LossId loss
    char *storage

    char **a          # a[0] is the first member's: every member gathers all rows for itself
    char **delta
    char *more_x      # a^(0) of the other members
    Py_ssize_t of_x   # bytes of one
    char **z          # of a hidden layer mostly the same memory as its a
    char *y
    double *C_0
    char *sums        # for every member `widest` numbers: n_out of the widest layer, or `scratch`
    Py_ssize_t widest
    char *transposed
    const char *is_custom  # by layer: whether its activation is a callback
    void *callbacks   # the workspace's list of them
    Py_ssize_t callback_work  # the time that they took, in multiply-adds

    Source X
    Source Y
    Py_ssize_t *order
    Py_ssize_t n
    bint check
    CountId count

    Py_ssize_t batch_size
    char *gradient
    char *part
    char *state1
    char *state2
    int64_t *counters  # steps, epochs
    bint move_biases
    Update update
    Epochs epochs

    team_t team
    Py_ssize_t work   # since the last look at pending signals
    bint polls        # whether there is anything to see
    bint moving       # whether other members may be moving weights, which a handler might copy
    double C          # the sum of C_0
    char *out         # of a prediction
    Py_ssize_t bad    # the first member's
    Found *found      # of every member


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
