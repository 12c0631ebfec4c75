# The boundary: the only compiled module that sees Python objects.
#
# A Program is one network as the kernels see it: its layers' places in the flat storage and a
# kernel table. Each call takes arrays that fastbp/inputs has made sure of, borrows their
# memory for the call, releases the GIL for what takes long, and runs whole batches. It checks
# again only what memory safety rests on (types, shapes, bounds). Nothing in here is typed float or
# double: the kernel table is, so one boundary serves both number types.

from cpython.buffer cimport (PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release,
                             PyObject_GetBuffer)
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strchr

from threading import current_thread, main_thread

import numpy

from time import perf_counter

from kernels cimport *

# Name -> number in the kernel tables; fastbp's Python tables use the names.
include "step_numbers.pxi"
include "operation_names.pxi"
COUNT_IDS = {"nothing": COUNT_NOTHING, "largest": COUNT_LARGEST, "every": COUNT_EVERY}


# Work for which letting go of the GIL pays: some 50 microseconds.
cdef Py_ssize_t GIL_WORK = 1 << 18
# A typical slice of work, by which the time in callbacks is converted into work.
cdef double SLICE_SECONDS = 5e-3

ROWS_PER_CHUNK = ROW_BLOCK
LINE_BYTES = CACHE_LINE
# With the GIL held, which no fork of Python's can then be under way with.
cdef Py_ssize_t most_threads = MAX_THREADS if workers_watch_forks() == 0 else 1
MOST_THREADS = most_threads
LINGER = WORKER_LINGER

cdef double one_core_until = 0  # of predictions, by the clock


def use_one_core(double seconds):
    """Let predictions know that for so long they have one core."""
    global one_core_until
    one_core_until = clock_seconds() + seconds


cdef extern from "dropout.h" nogil:
    uint64_t seed_of(uint64_t seed, uint64_t n)

cdef extern from *:
    """
    #ifdef FASTBP_DEBUG
    #define FASTBP_CHECKED 1
    #else
    #define FASTBP_CHECKED 0
    #endif
    """
    bint FASTBP_CHECKED
CHECKED = bool(FASTBP_CHECKED)

include "call.pxi"
include "nesting.pxi"
include "timeline.pxi"
include "threads.pxi"
include "own_columns.pxi"
include "custom_activations.pxi"
include "custom_loss.pxi"
include "passes.pxi"

WORK_OF_A_NODE = NODE_WORK

include "step.pxi"
include "drivers.pxi"

FINISHED = DONE
UNFINISHED = PAUSED
BAD_X = NONFINITE_X
BAD_Y = NONFINITE_Y
BAD_C = NONFINITE_C
BAD_W = NONFINITE_W
NORM_BLOCK_SIZE = NORM_BLOCK
PATHS = {"plain": PLAIN, "fused": FUSED, "small": SMALL}


def leading_dimension(Py_ssize_t n, Py_ssize_t itemsize):
    """Elements from one row of n numbers to the next: an odd number of cache lines."""
    return row_length(n, itemsize)


cdef object ndarray = numpy.ndarray, empty = numpy.empty


cdef bint may_poll(Py_ssize_t n_threads) except -1:
    """Whether a call may ask for the GIL to look at signals, which are the main thread's.

    Another thread that asks while the interpreter ends never comes back; its team would go on, with
    a Call on the stack of a thread that is gone.
    """
    return n_threads == 1 or current_thread() is main_thread()

cdef class Program

include "array_views.pxi"
include "zeroed_memory.pxi"
include "workspace.pxi"
include "plan.pxi"
include "locks.pxi"


cdef int raise_pending() except? -1:
    return -1 if PyErr_Occurred() != NULL else 0


cdef int run_team(Call *p, int size, team_body_t body, double work) except -1:
    """Run a call's loops; what a signal's handler raised meanwhile is raised here."""
    if size == 1 and work < GIL_WORK and p.callbacks == NULL:
        team_run(&p.team, 1, body, p)  # too short for signals: no code of Python's can nest in it
        return raise_pending()
    enter_call()
    with nogil:
        team_run(&p.team, size, body, p)
    leave_call()
    raise_pending()
    if p.team.lost:
        raise RuntimeError(
            "this process was forked by a signal's handler within a call of the network, and has "
            "none of the threads that shared it: the child of such a fork can only end, by "
            "os._exit, or begin another program")
    return 0


cdef inline bint is_activation(size_t id, bint needs_slope) noexcept nogil:
    """Whether there is one of that id, and it has a slope where that is needed."""
    return id < <size_t> N_ACTIVATIONS and (HAS_SLOPE[id] or not needs_slope)


cdef class Program:
    """One network, ready to run: ``Program(kernels, storage, layers, loss, callbacks, ...)``.

    ``layers`` lists (n_in, n_out, ld, offset of w, offset of b, activation's id, its parameters,
    the rate of dropout) for each layer; offsets are in elements of the flat array ``storage``,
    which the program reads and, in ``run``, writes. ``loss`` is its id and its parameters.

    ``callbacks`` lists for each layer None, or an object that applies an activation of the caller's
    own: ``forward(z, a)`` and ``backward(z, delta)`` get some rows of the layer as arrays (m, n),
    which are theirs for the call alone, and put g(z) into a, or multiply delta, which holds dC/da,
    by g'(z). Such a layer's activation is identity to the kernels. The last entry is None, or a
    loss of the caller's own, ``loss(a, y, delta, C_0)``: it puts C_0 of each row into C_0 and,
    unless delta is None, dC_0/da into that. ``None`` instead of a list stands for no callbacks. A
    network that has some trains on one thread; with a loss alone it predicts on several.
    """

    cdef Kernels *kernels
    cdef object capsule
    cdef View storage
    cdef Layer *layers  # 0..L
    cdef char *is_custom    # 0..L: whether g is a callback,
    cdef char *keeps_slope  # and whether the forward pass keeps g' for the backward pass
    cdef list callbacks
    cdef bint has_own_layers, has_own_loss  # among the callbacks
    cdef Py_ssize_t L, itemsize, widest, padded, macs, transposed_size, transposed_rows
    cdef Loss loss
    cdef bytes kind
    cdef object dtype
    cdef Workspace spare
    cdef Workspace spare_of_steps
    cdef object own_columns  # memory for threads' copies, of the last call that had some
    cdef object own_places, own_layout
    cdef double next_poll  # of signals in training: a slice goes on where the last one ended
    cdef Py_ssize_t close_rows, lone_rows  # of predict_fast: after another prediction, and else
    cdef double last_prediction  # when it ended, of more rows than close_rows

    def __cinit__(self, capsule not None, storage not None, list layers not None,
                  tuple loss not None, list callbacks, tuple rows_of_one not None):
        self.close_rows, self.lone_rows = rows_of_one
        cdef Py_ssize_t l, activation, loss_id
        cdef Layer *layer
        self.capsule = capsule
        self.kernels = <Kernels *> PyCapsule_GetPointer(capsule, "fastbp.kernels")
        self.itemsize, self.widest = self.kernels.itemsize, self.kernels.scratch
        self.kind = b"f" if self.itemsize == 4 else b"d"
        self.dtype = storage.dtype
        self.storage = View(storage, self.kind, 1, True)
        self.storage.dense(self.storage.rows())
        self.L = len(layers)
        loss_id, numbers = loss
        self.storage.require(self.L > 0 and 0 <= loss_id < N_LOSSES)
        self.loss.id = <LossId> loss_id
        self.take_numbers(self.loss.parameters, numbers, N_LOSS_PARAMETERS[loss_id])
        self.layers = <Layer *> calloc(self.L + 1, sizeof(Layer))
        if self.layers != NULL:
            self.is_custom = <char *> calloc(2 * (self.L + 1), 1)
        if self.is_custom == NULL:
            raise MemoryError("no memory for the table of layers")
        self.keeps_slope = self.is_custom + self.L + 1
        if callbacks is not None:
            self.storage.require(len(callbacks) == self.L + 1)
            self.callbacks = callbacks
            self.has_own_loss = callbacks[self.L] is not None
            for l in range(1, self.L + 1):
                self.is_custom[l] = callbacks[l - 1] is not None
                self.has_own_layers |= self.is_custom[l]
        for l in range(1, self.L + 1):
            layer = self.layers + l
            layer.n_in, layer.n_out, layer.ld, layer.w, layer.b, activation, numbers, rate = \
                layers[l - 1]
            if l == 1:
                self.layers[0].n_out = layer.n_in
                self.layers[0].ld = row_length(layer.n_in, self.itemsize)
                self.padded = self.layers[0].ld
            self.storage.require(
                layer.n_in > 0 and layer.n_out > 0 and min(layer.w, layer.b) >= 0
                and layer.ld == row_length(layer.n_out, self.itemsize)
                and layer.w + layer.n_in * layer.ld <= self.storage.rows()
                and layer.b + layer.ld <= self.storage.rows()
                and is_activation(<size_t> activation,
                                  l < self.L or (TAKES_SLOPE[loss_id] and not self.has_own_loss))
                and (activation == IDENTITY or not self.is_custom[l])
                and layer.n_in == self.layers[l - 1].n_out)
            layer.activation.id = <ActivationId> activation
            self.take_numbers(layer.activation.parameters, numbers, N_PARAMETERS[activation])
            self.storage.require(0 <= rate < 1 and (rate == 0 or l < self.L))
            # Rounded, and of the largest rates at most all but one in 2^32.
            layer.dropout.threshold = <uint32_t> min(<double> rate * 4294967296.0 + 0.5,
                                                     4294967295.0)
            layer.dropout.scale = 1 / (1 - <double> rate)
            self.keeps_slope[l] = KEEPS_SLOPE[activation] and (l < self.L or self.has_own_loss)
            layer.place = self.padded
            self.padded += layer.ld
            self.widest = max(self.widest, self.layers[l - 1].ld, layer.ld)
            if l > 1 and self.kernels.transpose != NULL:
                self.transposed_rows = max(self.transposed_rows, layer.n_out + LARGEST_VECTOR)
                self.transposed_size = max(
                    self.transposed_size,
                    (layer.n_out + LARGEST_VECTOR) * self.layers[l - 1].ld)
            self.macs += layer.n_in * layer.n_out + NODE_WORK * (layer.n_in + layer.n_out)

    cdef int take_numbers(self, double *to, numbers, int count) except -1:
        """Those of an activation or a loss: as many as it takes."""
        cdef int i
        self.storage.require(len(numbers) == count)
        for i in range(count):
            to[i] = numbers[i]
        return 0

    def __dealloc__(self):
        free(self.layers)
        free(self.is_custom)

    # ------------------------------------------------------------------ a call's memory

    cdef Workspace workspace(self, Py_ssize_t rows, int threads=1, bint steps=False):
        """The spare workspace if it is free and large enough, else a new one.

        Training has one of its own, since rows of a batch lie as far apart as the workspace is
        long: 17 layers of 16 nodes take 4% longer a step of 16 rows in one of 256 rows.
        """
        cdef Workspace ws
        rows = min(max(rows, 1), ROW_BLOCK)
        if steps:
            ws, self.spare_of_steps = self.spare_of_steps, None
        else:
            ws, self.spare = self.spare, None
        if ws is None or ws.rows < rows or ws.threads < threads:
            ws = None  # its memory first
            ws = Workspace(self, rows, threads, False, steps)
        return ws

    cdef int team_size(self, Py_ssize_t n_threads, bint calls_back) except -1:
        """How many threads a call has that may have so many."""
        return max(1, min(n_threads, 1 if calls_back else most_threads))

    cdef int lend_columns(self, Call *p, int size) except -1:
        """Give threads memory for their own columns, where all steps of the call can use it."""
        cdef Py_ssize_t rank, n = 0, nbytes, step = self.L + 1
        cdef Py_ssize_t *places
        cdef const Plan *plan = &p.plan
        cdef double work = min(<double> p.progress.slice_work, <double> p.n * p.macs * 3
                               * (p.progress.n_epochs - p.progress.epochs_done))
        if size == 1 or self.L == 1 or self.kernels.transpose == NULL or not plan.fast_paths \
                or not can_fuse(p, plan.batch_size) or plan.batch_l2 > 0 \
                or work < <double> COPY_WORK * p.n_parameters * (1 + plan.n_memories):
            return 0
        if self.own_places is None or len(self.own_places) != size * step:
            self.own_places = numpy.zeros(size * step, numpy.intp)
        places = <Py_ssize_t *> <uintptr_t> self.own_places.ctypes.data
        p.team.size = size
        for rank in range(size):
            n = max(n, place_columns(p, rank, places + rank * step))
        p.own.of_copy = page_of(n * self.itemsize)
        nbytes = size * 2 * of_copies(p)
        if n == 0 or nbytes > MOST_OWN:
            return 0
        if self.own_columns is None or self.own_columns.size < nbytes + PAGE:
            self.own_columns = None  # its memory first
            self.own_columns = zeroed(nbytes + PAGE)
        elif self.own_layout != (size, plan.n_memories):
            self.own_columns.fill(0)  # what no row covers is looked at, too: it must be finite
        self.own_layout = size, plan.n_memories
        p.own.data = <char *> ((<uintptr_t> self.own_columns.ctypes.data + PAGE - 1)
                               // PAGE * PAGE)
        p.own.places, p.own.threads = places, size
        p.polls = False  # of handlers' signals, which may look at the storage; the slice is short
        return 0

    cdef View parameters_like(self, array):
        cdef View view
        if array is None:
            return None
        view = View(array, self.kind, 1, True)
        view.dense(self.storage.rows())
        return view

    cdef int samples(self, Call *p, View x, View y, View order) except -1:
        """Put network and samples into a call, once they fit; `fetch` looks at the indices."""
        memset(p, 0, sizeof(Call))
        p.kernels, p.layers, p.L, p.itemsize = self.kernels, self.layers, self.L, self.itemsize
        p.n_parameters, p.macs, p.loss = self.storage.rows(), self.macs, self.loss
        p.state.storage, p.widest = self.storage.data, self.widest
        p.is_custom, p.keeps_slope = self.is_custom, self.keeps_slope
        p.has_own_loss = self.has_own_loss
        p.team.size, p.polls = 1, True
        if x is None:
            return 0
        p.X = source_of(x, self.layers[0].n_out)
        p.n = x.rows()
        if y is not None:
            p.Y = source_of(y, self.layers[self.L].n_out)
            y.require(x.rows() == y.rows())
        if order is not None:
            order.dense(order.rows())
            p.order = <Py_ssize_t *> order.data
            p.n = order.rows()
        return 0

    # ------------------------------------------------------------------ calls on batches

    def run(self, plan not None, data not None, state not None, progress not None):
        """Train for so many bounded slices of work; see fastbp/model/training_plan.py.

        Returns how it ended, and moves `progress` on: call again while that is UNFINISHED.
        """
        cdef bint shuffle = plan.shuffle
        cdef View x = inputs(data.X), y = targets(data.y)
        cdef View rows = None if data.rows is None else View(data.rows, b"lq", 1)
        cdef View order = View(data.order, b"lq", 1, True) if shuffle else rows
        cdef View gradient = self.parameters_like(state.gradient)
        cdef View part = self.parameters_like(state.part), of_snapshot = None
        cdef View losses = View(progress.losses, b"d", 1, True)
        cdef View n_correct = View(progress.n_correct, b"d", 1, True)
        cdef View weights = weights_of(data.weights, x)
        cdef View divisors = weights if data.divisors is None else weights_of(data.divisors, x)
        cdef View softening = None
        cdef View sums = None if weights is None else View(progress.weight_sums, b"d", 1, True)
        cdef View rates = View(progress.rates, b"d", 1, True)
        cdef View norms = None if state.block_norms is None \
            else View(state.block_norms, b"d", 1, True)
        cdef list views = []  # of the plan's arrays, the memories and the counters
        cdef Call p
        cdef Progress *now = &p.progress
        cdef Workspace ws
        cdef int size
        self.samples(&p, x, y, order)
        p.weights = <const double *> data_of(weights)
        p.divisors = <const double *> data_of(divisors)
        if data.softening is not None:
            softening = View(data.softening, self.kind, 2)
            softening.dense(self.layers[self.L].ld, 2)
            p.softening = softening.data
        take_plan(self, &p.plan, plan, views)
        p.plan.batch_size = min(p.plan.batch_size, p.n)
        take_state(self, &p.state, p.plan.n_memories, state.memories, state.counters, views)
        if state.snapshot is not None:
            storage, memories, counters = state.snapshot
            of_snapshot = self.parameters_like(storage)
            p.snapshot.storage = data_of(of_snapshot)
            take_state(self, &p.snapshot, p.plan.n_memories, memories, counters, views)
        p.gradient, p.part = data_of(gradient), data_of(part)
        p.block_norms = <double *> data_of(norms)
        now.n_epochs, now.epochs_done = progress.n_epochs, progress.epochs_done
        now.first, now.base, now.begins_epochs = progress.first, progress.base, True
        now.slice_work = max(1, <Py_ssize_t> (<double> progress.slices * self.kernels.slice_work))
        now.losses, now.n_correct = <double *> losses.data, <double *> n_correct.data
        now.weight_sums, now.rates = <double *> data_of(sums), <double *> rates.data
        now.best, now.stale = progress.best, progress.stale
        x.require(0 <= now.first < p.n and 0 <= now.base <= now.epochs_done < now.n_epochs
                  and min(losses.rows(), n_correct.rows(), rates.rows()) >= now.n_epochs - now.base
                  and (sums is None or sums.rows() == losses.rows())
                  and (weights is not None or divisors is None)
                  and ((p.plan.clip_norm == INFINITY and p.plan.batch_l2 == 0) or (
                      norms is not None
                      and (norms.rows() - self.L) * NORM_BLOCK >= p.n_parameters))
                  and 1 + p.state.counters[0] >= p.plan.first_step
                  and has_factor(&p.plan, 1 + p.state.counters[0])
                  and gradient is not None
                  and (p.plan.batch_size <= ROW_BLOCK or part is not None)
                  and (not shuffle or rows is None or rows.rows() == p.n))
        if sums is not None and now.first > 0:  # summed on, so that no bit depends on the slices
            p.right_sum = now.n_correct[now.epochs_done - now.base]
            p.weight_sum = now.weight_sums[now.epochs_done - now.base]
        size = self.team_size(progress.n_threads, self.callbacks is not None)
        lock = None
        if shuffle:
            p.random = <bitgen_t *> PyCapsule_GetPointer(state.random.bit_generator.capsule,
                                                         "BitGenerator")
            p.rows = <const Py_ssize_t *> data_of(rows)
            lock = state.random.bit_generator.lock
        ws = self.workspace(p.plan.batch_size, size, True)
        ws.lend(&p)
        p.polls = may_poll(size)
        p.next_poll = self.next_poll
        self.lend_columns(&p, size)
        if self.callbacks is not None and lock is not None:
            # They may draw from the generator themselves, or wait for a thread that does.
            if now.first == 0:
                with lock:
                    begin_epoch(&p, 0)
            now.begins_epochs, now.n_epochs, lock = False, now.epochs_done + 1, None
        if lock is not None:
            lock.acquire()
        try:
            if lock is not None:
                generator_locks[id(lock)] = lock, this_thread()
            run_team(&p, size, train, <double> p.n * self.macs * (now.n_epochs - now.epochs_done))
        finally:
            self.spare_of_steps, self.next_poll = ws, p.next_poll
            if lock is not None:
                generator_locks.pop(id(lock), None)
                lock.release()
        if now.epochs_done < now.n_epochs:
            sum_correct(&p)  # of the part of an epoch
        status = self.ended(&p)
        if status == PAUSED and now.epochs_done >= now.n_epochs:
            status = DONE
        progress.epochs_done, progress.first, progress.bad = now.epochs_done, now.first, p.bad
        progress.own_columns = bool(has_own_columns(&p))
        progress.team_size, progress.paths = p.team.size, now.paths
        progress.best, progress.stale = now.best, now.stale
        progress.seconds, progress.waited = now.seconds, waited_long(&p)
        return status

    cdef int ended(self, Call *p) except -1:
        """How a call ended; a bad index is raised."""
        cdef int rank, status = p.status
        for rank in range(p.team.size - 1, -1, -1):
            if p.results[rank].status != DONE:
                status, p.bad = p.results[rank].status, p.results[rank].bad
        if status == DONE or status == PAUSED:
            status = team_asked(&p.team) or status
        if status == OUT_OF_BOUNDS and p.X.kind >= SPARSE_FLOAT32:
            raise ValueError(
                f"X holds a broken sparse row: indptr must not decrease, from 0 on and to "
                f"{p.X.n_values} at most, and indices must be from 0 to {p.X.n_columns - 1}; do "
                f"not change X's arrays while it is in use")
        self.storage.require(status != OUT_OF_BOUNDS)
        return status

    def gradients(self, X, Y, order, gradient, part, bint check=True,
                  Py_ssize_t count=COUNT_LARGEST, weights=None, parameters=None,
                  Py_ssize_t n_threads=1, double clip=0):
        """The sums over samples of dC_0/dw and dC_0/db into `gradient`, laid out as the storage.

        ``order=None`` takes all samples; ``gradient=None`` leaves the gradient out. Returns
        (status, sum of C_0, correct predictions, index of a bad value), so this is the evaluation
        too; ``count`` is one of COUNT_IDS. With ``weights`` of the rows of X, the gradient is as
        many times its weighted mean as there are samples, and instead of the sums stand C and the
        share of correct predictions: weighted means. ``parameters`` laid out as the storage take
        its place. No bit depends on ``n_threads``. ``clip`` as in a TrainingPlan.
        """
        cdef View x = inputs(X), y = targets(Y)
        cdef View rows = None if order is None else View(order, b"lq", 1)
        cdef View g = self.parameters_like(gradient), partial = self.parameters_like(part)
        cdef View w = weights_of(weights, x), other = self.parameters_like(parameters)
        cdef Call p
        cdef Workspace ws
        cdef Py_ssize_t rank, n_correct = 0
        self.samples(&p, x, y, rows)
        p.weights = p.divisors = <const double *> data_of(w)
        if other is not None:
            p.state.storage = other.data
        x.require(p.n <= ROW_BLOCK or g is None or partial is not None)
        p.plan.mode = EVALUATE if g is None else GRADIENT
        p.plan.check, p.plan.count, p.plan.clip = check, <CountId> count, clip
        p.gradient, p.part = data_of(g), data_of(partial)
        n_threads = self.team_size(n_threads, self.callbacks is not None)
        ws = self.workspace(p.n, n_threads)
        ws.lend(&p)
        p.polls = may_poll(n_threads)
        try:
            run_team(&p, n_threads, evaluate, <double> p.n * self.macs)
        finally:
            self.spare = ws
        status = self.ended(&p)
        if w is None or p.weight_sum == 0:
            for rank in range(p.team.size):
                n_correct += p.results[rank].n_correct
            return status, p.C, n_correct, p.bad
        return status, p.C / p.weight_sum, p.right_sum / p.weight_sum, p.bad

    def trace(self, X, Y, gradient):
        """(C, z, a, delta) of at most ROWS_PER_CHUNK samples; C and `gradient` as in `gradients`.

        These are lists of fresh arrays (m, n_l): ``a[l]`` of l = 0..L, ``z[l - 1]`` and
        ``delta[l - 1]`` of l = 1..L. C tells something with a Y alone, and delta with a gradient.
        """
        cdef View x = inputs(X), y = None if Y is None else targets(Y)
        cdef View g = self.parameters_like(gradient)
        cdef Call p
        cdef Workspace ws
        self.samples(&p, x, y, None)
        x.require(p.n <= ROW_BLOCK and (y is not None or g is None))
        p.plan.mode = PREDICT if y is None else EVALUATE if g is None else GRADIENT
        p.gradient = data_of(g)
        ws = Workspace(self, max(p.n, 1), 1, True)
        ws.lend(&p)
        run_team(&p, 1, evaluate, <double> p.n * self.macs)
        self.ended(&p)
        z, a, delta = zip(*[[rows[:p.n].copy() for rows in ws.layer(self, l)]
                            for l in range(self.L + 1)])
        return p.C, list(z[1:]), list(a), list(delta[1:])

    def predict(self, X, out, Py_ssize_t n_threads=1, parameters=None):
        """a^(L) of every row of X into `out`, (m, n_L), dense. Returns the size of its team.

        ``parameters`` as in `gradients`.
        """
        cdef View other = self.parameters_like(parameters)
        cdef View x = inputs(X), to = View(out, self.kind, 2, True)
        cdef Source rows = source_of(x, self.layers[0].n_out)
        to.dense(self.layers[self.L].n_out, x.rows())
        return self.predict_rows_of(&rows, to.data, n_threads, other)

    cdef bint takes_fast(self, Py_ssize_t m, bint alone) noexcept nogil:
        """Whether one thread predicts so many rows."""
        cdef double now
        if m <= self.close_rows or m > self.lone_rows or alone:
            return m <= self.lone_rows
        now = clock_seconds()
        return now - self.last_prediction > WORKER_LINGER or now < one_core_until

    def predict_fast(self, X):
        """a^(L) of every row of X, or None where X is no array that can be read as it is, or has
        more rows than one thread predicts.

        These are `close_rows` in a call that follows a prediction at once, whose threads still
        wait, and else, or where there is but one core, `lone_rows`. It is the short way for one
        row, where checks and conversions would take longer than the network.
        """
        return self.outputs_of_few(X, False)

    def predict_alone(self, X):
        """The same for a call that is to have one thread: of `lone_rows` in any case."""
        return self.outputs_of_few(X, True)

    cdef object outputs_of_few(self, X, bint alone):
        cdef Py_buffer x, to
        cdef Source rows
        if type(X) is not ndarray:
            return None
        try:
            PyObject_GetBuffer(X, &x, PyBUF_STRIDES | PyBUF_FORMAT)
        except (ValueError, BufferError):  # a type that has no buffer
            return None
        try:
            if x.ndim != 2 or x.shape[1] != self.layers[0].n_out or not holds(&x, b"fdB") \
                    or not self.takes_fast(x.shape[0], alone) \
                    or (<uintptr_t> x.buf | x.strides[0] | x.strides[1]) % x.itemsize != 0:
                return None
            out = empty((x.shape[0], self.layers[self.L].n_out), self.dtype)
            PyObject_GetBuffer(out, &to, PyBUF_WRITABLE)
            try:
                rows = source(&x, self.layers[0].n_out)
                self.predict_rows_of(&rows, <char *> to.buf, 1)
            finally:
                PyBuffer_Release(&to)
        finally:
            PyBuffer_Release(&x)
        return out

    cdef int predict_rows_of(self, const Source *x, char *out, Py_ssize_t n_threads,
                             View parameters=None) except -1:
        cdef Call p
        cdef Workspace ws
        self.samples(&p, None, None, None)
        if parameters is not None:
            p.state.storage = parameters.data
        p.X = x[0]
        p.n = p.X.n_rows
        n_threads = self.team_size(n_threads, self.has_own_layers)
        ws = self.workspace(p.n, n_threads)
        ws.lend(&p)
        if not self.has_own_layers:
            p.callbacks = NULL  # a prediction has no loss
        p.out, p.polls = out, may_poll(n_threads)
        try:
            run_team(&p, n_threads, predict, <double> p.n * self.macs)
        finally:
            self.spare = ws
            if p.n > self.close_rows:  # else nobody asks; it takes 8% of one row of 2-4-1
                self.last_prediction = clock_seconds()
        self.ended(&p)
        return p.team.size


include "one_sample.pxi"
include "layer_calls.pxi"
include "machine_peak.pxi"
