# What a kernel set is: the table of loops that a kernel module hands to the boundary.
#
# Only declarations stand here, so cimporting this file imports nothing at run time.
# A matrix is a pointer, a count of rows and a leading dimension (ld, in elements). Data of the
# network's number type is `void *` in this table, so that one boundary serves float32 and float64;
# the kernels themselves are typed. Weights are k-major: w_jk lies at w[k * ld + j]. Every row is
# padded to whole cache lines; kernels may work on the pads too. Pads of w, b, delta, y and a^(0)
# hold zeros and get none but zeros; pads of z and of the other a hold anything, and nothing reads
# them into a result.

from libc.math cimport INFINITY
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

cdef enum:
    CACHE_LINE = 64   # bytes; rows of the storage start on a line
    SUM_BLOCK = 4096  # terms of a sum over nodes before a fresh accumulator: bounds float32's error
    ROW_BLOCK = 1024  # rows of a batch before a fresh gradient accumulator; bounds memory too
    SMALL_LAYERS = 8  # layers at most for the path of small networks
    LARGEST_VECTOR = 16  # numbers in the longest vector of any set
    BROKEN_ROW = -2      # see gather_t

cdef inline Py_ssize_t row_length(Py_ssize_t n, Py_ssize_t itemsize) noexcept nogil:
    """Elements from one row of n numbers to the next (ld): an odd number of cache lines.

    A power of two would send the rows of a wide layer to the same few cache sets.
    """
    cdef Py_ssize_t per_line = CACHE_LINE // itemsize
    return ((n + per_line - 1) // per_line | 1) * per_line

# ActivationId, LossId and RuleId, how many numbers operations take, and the structs Numbers and
# StepNumbers of the rules' numbers: written from fastbp/operations.py.
include "operation_ids.pxi"

# Which answers are right: none is counted, the largest output is the target's, or every one is.
cdef enum CountId:
    COUNT_NOTHING, COUNT_LARGEST, COUNT_EVERY

cdef enum SourceKind:
    FLOAT32, FLOAT64, UINT8, LABELS, SPARSE_FLOAT32, SPARSE_FLOAT64

# The activation of a layer, with the numbers that it takes.
ctypedef struct Activation:
    ActivationId id
    double parameters[MOST_PARAMETERS]

# The loss, likewise.
ctypedef struct Loss:
    LossId id
    double parameters[MOST_PARAMETERS]

# Dropout of a layer's nodes: one is dropped where its 32 bits (dropout.h) are below the threshold.
ctypedef struct Dropout:
    uint32_t threshold  # 0: none is
    double scale        # 1 / the share of nodes that are kept

# Layer l of a network; its w and b in the flat storage, its a and delta in a workspace.
ctypedef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    Py_ssize_t ld  # of w, and of its a and delta
    Py_ssize_t w   # offsets in the storage, in elements
    Py_ssize_t b
    Activation activation
    Dropout dropout
    Py_ssize_t place  # in a workspace of one row

# The caller's samples as they lie in memory; strides in bytes. LABELS are Py_ssize_t class
# indices, read as one-hot rows of n_columns. Of sparse rows (CSR) `data` says where each one's
# values begin, the last one's end behind it (indptr), and `columns` where each value belongs
# (indices); what these say is looked at where it is read. All are contiguous.
ctypedef struct Source:
    const char *data
    Py_ssize_t row_stride
    Py_ssize_t column_stride
    Py_ssize_t n_rows
    Py_ssize_t n_columns
    SourceKind kind
    const char *values
    const char *columns
    Py_ssize_t n_values
    Py_ssize_t index_size  # of a number in `columns`, 4 or 8 bytes; in `data` it is the stride

cdef inline bint is_within(const Source *x, const Source *y, Py_ssize_t row) noexcept nogil:
    """Whether there is such a row, and an output for its label."""
    cdef Py_ssize_t label = 0
    if not 0 <= row < x.n_rows:
        return False
    if y.kind == LABELS and y.data != NULL:
        label = (<const Py_ssize_t *> (y.data + row * y.row_stride))[0]
    return y.data == NULL or 0 <= label < y.n_columns

# One update of the weights; which of the numbers count depends on the rule.
ctypedef struct Update:
    RuleId rule
    double scale          # 1 / samples in the batch: the gradient's sums become means
    double factor         # of the learning rate, in this step and layer; that of its biases
    double bias_factor
    double clip_value     # of each number of the mean gradient; infinite where there is none
    double l1
    double l2
    double weight_decay   # w loses rate weight_decay w
    double average_share  # of the new w in its moving average, the last memory; 0: there is none
    Numbers numbers
    StepNumbers of_step

cdef inline void without_options(Update *u) noexcept nogil:
    """A rule alone, at its learning rate."""
    memset(u, 0, sizeof(Update))
    u.factor, u.bias_factor, u.clip_value = 1, 1, INFINITY

cdef inline double rate_of(const Update *u) noexcept nogil:
    return u.numbers.learning_rate * u.factor

cdef inline bint has_options_of_biases(const Update *u) noexcept nogil:
    """Whether there is more to their update than the rule: no penalty touches them."""
    return u.clip_value != INFINITY or u.average_share != 0

cdef inline bint has_options(const Update *u) noexcept nogil:
    """Whether there is more to an update than its rule and l2."""
    return u.l1 != 0 or u.weight_decay != 0 or has_options_of_biases(u)

cdef inline bint prepares_gradient(const Update *u) noexcept nogil:
    """Whether a rule cannot make the gradient itself of sums and a w that has decayed."""
    return u.clip_value != INFINITY or u.l1 != 0 or (u.l2 != 0 and u.weight_decay != 0)

cdef inline Update update_of_biases(const Update *u) noexcept nogil:
    """The update of biases, which have a rate of their own, and which no penalty touches."""
    cdef Update of_biases = u[0]
    of_biases.factor = u.bias_factor
    of_biases.l1 = of_biases.l2 = of_biases.weight_decay = 0
    return of_biases

# The rows that are gathered next. Long loops prefetch their cache lines meanwhile: as many at a
# time as a sum has terms, or `at_once` where a row has fewer.
ctypedef struct PrefetchCursor:
    const Source *source
    const Source *next  # the one after it, or NULL
    const Py_ssize_t *order
    Py_ssize_t first    # rows, in places of the order
    Py_ssize_t last
    Py_ssize_t row
    Py_ssize_t byte     # how much of the row has been prefetched
    Py_ssize_t at_once

# Copies m rows into `out`; returns -1, or with `check` the index (row * n_columns + column) of the
# first value that is not finite after conversion, or BROKEN_ROW where a sparse row has values or
# columns that are not there. `order` NULL means rows 0, 1, ...
ctypedef Py_ssize_t (*gather_t)(const Source *source, const Py_ssize_t *order, Py_ssize_t m,
                                void *out, Py_ssize_t ld, bint check) noexcept nogil

# z_j = b_j + sum_k w_jk a_k and a_j = g(z_j) for m rows. z and a may be one buffer. Where `slope`
# is not NULL, g'(z_j) too, of an activation that keeps that; its rows are ld_a apart. sums: room
# for n_out numbers, and for as many as the set's `scratch` says.
ctypedef void (*forward_t)(const void *w, Py_ssize_t ld_w, const void *b,
                           const void *below, Py_ssize_t ld_below,
                           void *z, Py_ssize_t ld_z, void *a, Py_ssize_t ld_a,
                           void *slope, void *sums,
                           Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                           const Activation *g) noexcept nogil

# a_j = g(z_j) for m rows of n, and g'(z_j), as above.
ctypedef void (*activate_t)(const Activation *g, const void *z, Py_ssize_t ld_z,
                            void *a, Py_ssize_t ld_a, void *slope,
                            Py_ssize_t m, Py_ssize_t n) noexcept nogil

# C_0 of each of m rows. Where its pointer is not NULL, delta^(L) too; to `n_correct` is added how
# many have their largest a_j (one output: a >= 1/2) where `truth` has it, and `is_correct` gets 1
# for each of them, 0 for the others. `truth` is y, or what y was before `soften_rows`.
ctypedef void (*output_t)(const Loss *loss, const Activation *g, const void *z, const void *a,
                          const void *y, const void *truth, Py_ssize_t ld,
                          void *delta, double *C_0,
                          Py_ssize_t *n_correct, double *is_correct,
                          Py_ssize_t m, Py_ssize_t n) noexcept nogil

# How many of m rows have every a_j on y_j's side of 1/2: for rows of several labels, of which
# `output` looks at the largest alone.
ctypedef Py_ssize_t (*count_exact_t)(const void *a, const void *y, Py_ssize_t ld,
                                     Py_ssize_t m, Py_ssize_t n) noexcept nogil

# Lays w out with j as the row, for `delta`; a set that has no use for that has NULL here. It may
# write whole vectors: rows up to a multiple of LARGEST_VECTOR, and the pads of each.
ctypedef void (*transpose_t)(const void *w, Py_ssize_t ld_w, void *to, Py_ssize_t ld_to,
                             Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# delta_k = g'(z_k) sum_j w_jk delta_j for m rows. `saved` is what the activation keeps: a_k, from
# which g' is computed, or g'(z_k) itself. `transposed` is what `transpose` made of w.
ctypedef void (*delta_t)(const void *w, Py_ssize_t ld_w,
                         const void *transposed, Py_ssize_t ld_transposed,
                         const void *delta, Py_ssize_t ld_delta,
                         const void *saved, void *delta_below, Py_ssize_t ld_below,
                         Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out,
                         const Activation *g_below) noexcept nogil

# delta_j = g'(z_j) dC/da_j for m rows of n; `saved` as above. Of softmax, which no other loop takes
# here, it is a_j (dC/da_j - sum_i a_i dC/da_i).
ctypedef void (*slope_t)(const Activation *g, const void *saved, const void *dC_da, void *delta,
                         Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n) noexcept nogil

# y_j = x_j scale where node j is kept, else -0.0, which stands for nothing else, for m rows of n
# from node j on; x and y may be one buffer. `seed` is that of the layer in this step, and row the
# first one's place in the batch.
ctypedef void (*drop_t)(const Dropout *dropout, uint64_t seed, const void *x, void *y,
                        Py_ssize_t ld, Py_ssize_t row, Py_ssize_t m,
                        Py_ssize_t j, Py_ssize_t n) noexcept nogil

# delta_j times the scale, or 0 where a_j says that node j is dropped.
ctypedef void (*drop_delta_t)(const Dropout *dropout, const void *a, void *delta, Py_ssize_t ld,
                              Py_ssize_t m, Py_ssize_t n) noexcept nogil

# dC/dw_jk += delta_j a_k over m rows, for k in [k_first, k_last).
ctypedef void (*accumulate_t)(const void *delta, Py_ssize_t ld_delta,
                              const void *below, Py_ssize_t ld_below, void *dw, Py_ssize_t ld_w,
                              Py_ssize_t m, Py_ssize_t k_first, Py_ssize_t k_last,
                              Py_ssize_t n_out) noexcept nogil

# dC/db_j += delta_j over m rows.
ctypedef void (*accumulate_bias_t)(const void *delta, Py_ssize_t ld_delta, void *db,
                                   Py_ssize_t m, Py_ssize_t n_out) noexcept nogil

# x_j = factor x_j in m rows of n, each of which has its factor; 0 where that is, whatever x holds.
ctypedef void (*scale_rows_t)(void *x, Py_ssize_t ld, const double *factors,
                              Py_ssize_t m, Py_ssize_t n) noexcept nogil

# t_j = scale_j y_j + shift_j in m rows of n, divided by the sum of the row's where `normalizes`, if
# that is above 0. scale and shift are the two rows of `softening`, whose pads hold zeros.
ctypedef void (*soften_rows_t)(const void *y, const void *softening, void *t, Py_ssize_t ld,
                               bint normalizes, Py_ssize_t m, Py_ssize_t n) noexcept nogil

# C_0 of m rows of labels 0 or 1, each for itself: -ln of the probability that a gives each, rounded
# as that is, in [clip, 1 - clip].
ctypedef void (*clipped_loss_t)(const void *a, const void *y, Py_ssize_t ld, double clip,
                                double *C_0, Py_ssize_t m, Py_ssize_t n) noexcept nogil

# The sum of x_j^2 over n numbers, in double; n is a multiple of 8.
ctypedef double (*norm_squared_t)(const void *x, Py_ssize_t n) noexcept nogil

# total += part, n numbers.
ctypedef void (*add_t)(void *total, const void *part, Py_ssize_t n) noexcept nogil

# Updates n_rows rows of n_out parameters. What the rule remembers of each parameter lies in arrays
# laid out as the storage is, n_memories(u.rule) of them, and then the moving average, if there is
# one: that of w[0] at memories[i] + place, in elements. Nothing else of `memories` is read.
ctypedef void (*update_t)(const Update *u, void *w, const void *dw,
                          void **memories, Py_ssize_t place,
                          Py_ssize_t ld, Py_ssize_t n_rows, Py_ssize_t n_out) noexcept nogil

# Both at once, the gradient never leaving the first cache: from delta and a^(l-1) of all m rows of
# the batch straight to the updated weights, and to the biases, which no penalty touches, unless `b`
# is NULL. `memories` as above, with the places of w and b. m is at most ROW_BLOCK; sums as above. A
# set that keeps gradient and update apart has NULL here.
ctypedef void (*accumulate_update_t)(const Update *u, PrefetchCursor *cursor, void *sums,
                                     const void *delta, Py_ssize_t ld_delta,
                                     const void *below, Py_ssize_t ld_below,
                                     void *w, Py_ssize_t ld_w, void *b, void **memories,
                                     Py_ssize_t place_w, Py_ssize_t place_b,
                                     Py_ssize_t m, Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil

# Steps of SGD on one sample each, for networks whose every layer fits into one vector: samples
# `first` to `last` of the order, as long as they are good. Returns how many steps it took; the next
# sample, if there is one, has a fault. Adds to the sum of C_0, and to `n_correct` as `count` says.
# With weights of the rows of X, w C_0 is summed, the weights of the correct ones are added to
# `right` instead, and a sample without weight counts as good, but moves nothing.
ctypedef struct SmallNetwork:
    const Layer *layers
    Py_ssize_t L
    const Loss *loss
    void *storage
    double learning_rate
    bint learns_biases
    CountId count
    const double *weights  # or NULL
    const void *softening  # likewise: see soften_rows_t
    double *right
ctypedef Py_ssize_t (*small_steps_t)(const SmallNetwork *net, const Source *X, const Source *Y,
                                     const Py_ssize_t *order, Py_ssize_t first, Py_ssize_t last,
                                     bint check, double *C,
                                     Py_ssize_t *n_correct) noexcept nogil

# Whether n numbers are all finite.
ctypedef bint (*all_finite_t)(const void *x, Py_ssize_t n) noexcept nogil

# So many rounds of multiply-adds alone, for the peak; its result keeps them from being left out.
ctypedef double (*multiply_adds_t)(Py_ssize_t rounds) noexcept nogil

ctypedef struct Kernels:
    Py_ssize_t itemsize
    Py_ssize_t slice_work  # multiply-adds in some 5 to 50 ms: between looks at pending signals
    Py_ssize_t scratch     # numbers that `sums` must have room for, at least
    gather_t gather
    forward_t forward
    activate_t activate
    output_t output
    count_exact_t count_exact
    transpose_t transpose
    Py_ssize_t terms_a_row  # rows j of w that make a row of what `transpose` writes: 1, or 2
    delta_t delta
    slope_t slope
    drop_t drop
    drop_delta_t drop_delta
    accumulate_t accumulate
    accumulate_bias_t accumulate_bias
    scale_rows_t scale_rows
    soften_rows_t soften_rows
    clipped_loss_t clipped_loss
    add_t add
    norm_squared_t norm_squared
    update_t update
    accumulate_update_t accumulate_update
    all_finite_t all_finite
    small_steps_t small_steps  # or NULL
    Py_ssize_t small_width     # the most nodes of a layer for that
    multiply_adds_t multiply_adds  # NULL where there are no vectors of its own
    Py_ssize_t round_flops  # floating-point operations in one of its rounds
