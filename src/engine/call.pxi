# One call of the boundary as its loops see it.
#
# Needs: boundary.pyx, kernels.pxd.
# Gives: everything below but OwnColumns.

cdef extern from "team.h" nogil:
    const int MAX_THREADS
    const double WORKER_LINGER
    ctypedef struct barrier_slot_t:
        pass
    ctypedef struct team_t:
        int size
        double waited
        int lost
        barrier_slot_t *slots
    ctypedef void (*team_body_t)(void *argument, int rank) noexcept nogil
    void team_run(team_t *team, int size, team_body_t body, void *argument)
    int team_barrier(team_t *team, int rank, unsigned barrier)
    int team_asked(team_t *team)
    Py_ssize_t team_take(team_t *team, Py_ssize_t n)
    int workers_watch_forks()
    bint team_leaves_out(team_t *team, int rank)
    void team_stop(team_t *team, int why)

cdef extern from "clock.h" nogil:
    double clock_seconds()

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"()  # leaves its exception for `raise_pending`
    void *PyErr_Occurred()

include "shuffle.pxi"

# How a call ended.
cdef enum Status:
    DONE, PAUSED, NONFINITE_X, NONFINITE_Y, NONFINITE_C, NONFINITE_W, OUT_OF_BOUNDS, INTERRUPTED

# The parameters, and what a rule has to know of the steps before; or both at an epoch's end.
cdef struct State:
    char *storage
    void *memories[MOST_MEMORIES]  # as many as the plan says
    int64_t *counters              # steps, epochs

# What one thread found in its part, and what it has for itself.
cdef struct ThreadResult:
    int status
    Py_ssize_t bad    # where the first value that is not finite stands: row * columns + column
    Py_ssize_t n_correct
    unsigned barriers
    uint64_t seed     # of dropout in this step, and the chunk's first row
    Py_ssize_t chunk
    Py_ssize_t place  # of the chunk's first row in the order
    const char *X      # where a prediction reads a^(0) in the caller's memory; else NULL
    Py_ssize_t ld_X
    double weight     # the sum of the batch's divisors, and its rows by that
    double per_weight
    Py_ssize_t steps  # that the last call of `step` took
    State own          # its copies of columns (own_columns.pxi), their snapshot, and whether there
    State own_snapshot  # is a new one
    bint has_snapshot
    char padding[CACHE_LINE]

# What a call does with its samples; of each, also all that the ones before it do.
cdef enum Mode:
    PREDICT, EVALUATE, GRADIENT, TRAIN

# What stays the same in a call: filled from a TrainingPlan (fastbp/model/training_plan.py, which
# tells of the fields), or by hand where nothing is trained.
cdef struct Plan:
    Mode mode
    RuleId rule
    Numbers numbers
    int n_memories    # the rule's, and the moving average
    const double *factors  # of the learning rate from step `first_step` on, or NULL
    int64_t first_step
    int64_t n_factors
    const double *layer_factors  # of each layer's rate and its biases', or NULL
    const double *weight_decay   # of each layer, or NULL
    double clip_value
    double clip_norm
    double l1
    double l2
    double batch_l2   # divided by the batch's weight
    double ema
    int64_t averaged_from  # the step after which the moving average began
    Py_ssize_t batch_size
    bint learns_biases
    bint shuffle
    bint continues_order
    bint check
    CountId count
    double clip       # of probabilities, in C_0
    bint loss_by_batches
    double loss_factor
    double tol
    double patience   # below 0: epochs are not compared
    bint counts_epochs
    bint fast_paths
    bint normalizes
    uint64_t dropout_key

# Threads' own copies of their columns (own_columns.pxi).
cdef struct OwnColumns:
    char *data             # NULL: there are none
    int threads            # for a team of so many
    Py_ssize_t of_copy     # bytes of a thread's copy of the weights, or of a memory
    Py_ssize_t *places     # by thread and layer: where its part begins in a copy, in elements

# Where training stands, and what it gives.
cdef struct Progress:
    Py_ssize_t n_epochs
    Py_ssize_t epochs_done
    Py_ssize_t first       # samples done of the next one
    unsigned paths         # which loops the call's steps took: bits of Path
    bint begins_epochs     # false where the next one was begun before the call
    Py_ssize_t slice_work  # after which training pauses
    double seconds         # what the steps took
    Py_ssize_t base        # the epoch of losses[0] and n_correct[0]
    double *losses         # for every epoch the sum of C_0, or of w C_0
    double *n_correct      # and of correct predictions, or of their weights
    double *weight_sums    # with weights, and of all of them
    double *rates          # for every epoch the learning rate of its last step
    double best            # the least loss of an epoch, where the plan compares them
    Py_ssize_t stale       # epochs since the last that was better by more than the plan's tol

# One call: the network, the memory of a chunk of a batch, the samples, what is done with them.
cdef struct Call:
    const Kernels *kernels
    const Layer *layers  # 0..L; of layer 0 only n_out, ld and place count
    Py_ssize_t L
    Py_ssize_t itemsize
    Py_ssize_t n_parameters
    Py_ssize_t macs
    Loss loss

    char **a          # a[0] is rank 0's: every thread gathers all rows for itself
    char **delta
    char *more_x      # a^(0) of the other threads
    Py_ssize_t of_x   # bytes of one
    char **z          # of a hidden layer mostly the same memory as its a
    char **saved      # a, from which g' is computed, or g' itself
    char *y
    char *softened    # what `soften_rows` makes of it
    double *C_0       # with weights w C_0, and w where the prediction is correct
    double *right
    double *factors   # of delta^(L)
    char *sums        # for every thread `widest` numbers: n_out of the widest layer, or `scratch`
    Py_ssize_t widest
    char *transposed
    const char *is_custom  # by layer: whether its activation is a callback,
    const char *keeps_slope  # and whether it keeps g'
    bint has_own_loss  # whether C_0 and dC/da come from a callback
    void *callbacks   # the workspace's list of them
    Py_ssize_t callback_work  # the time that they took, in multiply-adds

    Source X
    Source Y
    const double *weights  # of the rows of X, or NULL
    const double *divisors  # whose sums divide those of w C_0: mostly the same
    const char *softening   # of the targets, or NULL
    Py_ssize_t *order
    Py_ssize_t n

    Plan plan
    char *gradient
    char *part        # a chunk's, of batches of several
    double *block_norms  # of blocks of weights or of the gradient, squared, where the plan needs it
    State state
    State snapshot    # of the last epoch's end; without a storage there is none
    OwnColumns own
    bitgen_t *random  # shuffles
    const Py_ssize_t *rows  # what is shuffled; NULL: all rows
    Progress progress

    team_t team
    Py_ssize_t work   # since the last look at pending signals
    bint polls        # whether there is anything to see
    double next_poll  # the time from which on to look
    bint updating       # whether other threads may be updating weights, which a handler might copy
    int status        # how it ended, where no thread stopped it
    double C          # the sum of C_0, or of w C_0
    double weight_sum  # of the samples, and of those predicted correctly
    double right_sum
    char *out         # of a prediction
    Py_ssize_t bad    # rank 0's
    ThreadResult *results      # of every thread
