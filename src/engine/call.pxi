# One call of the boundary as its loops see it.

cdef extern from "team.h" nogil:
    const int MAX_THREADS
    ctypedef struct barrier_slot_t:
        pass
    ctypedef struct team_t:
        int size
        barrier_slot_t *slots
    ctypedef void (*team_body_t)(void *argument, int rank) noexcept nogil
    void team_run(team_t *team, int size, team_body_t body, void *argument)
    int team_barrier(team_t *team, int rank, unsigned barrier)
    int team_asked(team_t *team)
    void team_stop(team_t *team, int why)

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"()  # leaves its exception for `raise_pending`
    void *PyErr_Occurred()

include "shuffle.pxi"

# How a call ended.
cdef enum Status:
    DONE, PAUSED, NONFINITE_X, NONFINITE_Y, NONFINITE_C, NONFINITE_W, OUT_OF_BOUNDS, INTERRUPTED

# What one thread found in its part.
cdef struct ThreadResult:
    int status
    Py_ssize_t bad    # where the first value that is not finite stands: row * columns + column
    Py_ssize_t right  # answers
    unsigned barriers
    char padding[CACHE_LINE]

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

# One call: the network, the memory of a chunk of a batch, the samples, how the weights are updated.
cdef struct Call:
    const Kernels *kernels
    const Layer *layers  # 0..L; of layer 0 only n_out, ld and place count
    Py_ssize_t L
    Py_ssize_t itemsize
    Py_ssize_t n_parameters
    Py_ssize_t macs
    LossId loss
    char *storage

    char **a          # a[0] is rank 0's: every thread gathers all rows for itself
    char **delta
    char *more_x      # a^(0) of the other threads
    Py_ssize_t of_x   # bytes of one
    char **z          # of a hidden layer mostly the same memory as its a
    char *y
    double *C_0
    char *sums        # for every thread `widest` numbers: n_out of the widest layer, or `scratch`
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
    bint updating       # whether other threads may be updating weights, which a handler might copy
    double C          # the sum of C_0
    char *out         # of a prediction
    Py_ssize_t bad    # rank 0's
    ThreadResult *results      # of every thread
