# One sample at a time: a step or a prediction without what surrounds those of a batch.
#
# From the first look at an argument's memory to the end no line of Python code runs: what is called
# are C functions of exact built-in types and of NumPy's own, which call no method of anybody's, and
# nothing is freed that has one. The GIL is held all the while. So no other thread of Python's runs,
# and no signal's handler: the arrays cannot be resized, so no buffer is borrowed; nobody sees half
# of a step, so the state's lock is not taken; and nobody begins to train meanwhile, so the training
# lock is not either. Both are looked at, for their holder may be at work without the GIL, or wait
# for it in the middle of a save. Threads that predict without the GIL read the weights without any
# lock, beside `run` too. An interpreter without a GIL takes it back when it imports this module.
#
# A step either is whole or changes nothing: what is not as it must be goes the long way, which
# finds it once more and says what it is. The snapshot's arrays, which belong to the training that
# is under way, are this step's: no other is.
#
# Needs: array_views.pxi, boundary.pyx, call.pxi, drivers.pxi, kernels.pxd, locks.pxi, plan.pxi,
#   step.pxi, workspace.pxi.
# Gives: OneSample.

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_AsDouble
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject

cdef extern from *:
    """
    /* How an array of NumPy's begins: PyArrayObject_fields of its C interface, which has kept it
     * since 1.0 and is not needed for anything else here. */
    typedef struct {
        PyObject_HEAD
        char *data;
        int nd;
        Py_ssize_t *shape;
        Py_ssize_t *strides;
        PyObject *base;
        PyObject *dtype;
    } array_fields_t;
    """
    ctypedef struct array_fields_t:
        char *data
        int nd
        Py_ssize_t *shape
        Py_ssize_t *strides
        PyObject *dtype

# Types of numbers in native byte order have one object each; an array with a copy of it (one that
# was unpickled may have one) goes the long way.
cdef object dtype_of_float32 = numpy.dtype("float32")
cdef object dtype_of_float64 = numpy.dtype("float64")
cdef object dtype_of_uint8 = numpy.dtype("uint8")
cdef object float32_scalar = numpy.float32, float64_scalar = numpy.float64
cdef object bool_scalar = numpy.bool_, text_scalar = numpy.str_
cdef frozenset integer_scalars = frozenset(numpy.dtype(kind).type for kind in "bhilqBHILQ")

# The largest integer up to which float64 holds each: a larger one would be rounded twice.
cdef long long LARGEST_INTEGER = 1LL << 53


cdef bint begins_so(array) except -1:
    """Whether the fields of an array are where array_fields_t has them."""
    cdef array_fields_t *fields = <array_fields_t *> <PyObject *> array
    cdef int i
    if ndarray.__basicsize__ < <Py_ssize_t> sizeof(array_fields_t) \
            or <uintptr_t> fields.data != array.__array_interface__["data"][0] \
            or fields.nd != array.ndim or fields.dtype != <PyObject *> array.dtype:
        return False
    for i in range(fields.nd):
        if fields.shape[i] != array.shape[i] or fields.strides[i] != array.strides[i]:
            return False
    return True


# A NumPy of another layout costs the short way, and nothing else.
cdef bint knows_arrays = begins_so(numpy.zeros(5)) \
    and begins_so(numpy.zeros((3, 8), "float32")[:, ::2]) \
    and begins_so(numpy.zeros((2, 3, 4), "uint8").T)


cdef bint take_row(array, Source *to) except -1:
    """Point to a vector of as many numbers as `to` has columns, or return False."""
    cdef array_fields_t *fields = <array_fields_t *> <PyObject *> array
    cdef Py_ssize_t size
    if type(array) is not ndarray or fields.nd != 1 or fields.shape[0] != to.n_columns:
        return False
    if fields.dtype == <PyObject *> dtype_of_float32:
        to.kind, size = FLOAT32, sizeof(float)
    elif fields.dtype == <PyObject *> dtype_of_float64:
        to.kind, size = FLOAT64, sizeof(double)
    elif fields.dtype == <PyObject *> dtype_of_uint8:
        to.kind, size = UINT8, 1
    else:
        return False
    to.data, to.column_stride = fields.data, fields.strides[0]
    return (<uintptr_t> to.data | <uintptr_t> to.column_stride) % <uintptr_t> size == 0


cdef inline double number_at(const Source *source, Py_ssize_t c) noexcept nogil:
    cdef const char *at = source.data + c * source.column_stride
    if source.kind == FLOAT32:
        return (<const float *> at)[0]
    return (<const double *> at)[0] if source.kind == FLOAT64 else (<const unsigned char *> at)[0]


cdef void step_on_one(void *argument, int rank) noexcept nogil:
    """A step that is taken back where it leaves numbers that are not finite, as an epoch is."""
    cdef Call *p = <Call *> argument
    cdef int64_t t = p.state.counters[0] + 1
    p.C = 0
    copy_state(p, rank, &p.snapshot, &p.state)
    if step(p, rank, 0, 1, t, &p.C) == 0:
        p.status = NONFINITE_C  # or something that has its own status
        return
    p.state.counters[0] = t
    if not is_finite(p, rank):
        copy_state(p, rank, &p.state, &p.snapshot)
        p.status = NONFINITE_W


cdef class OneSample:
    """The short ways of one network: ``OneSample(program, state, training_lock, state_lock)``.

    ``predict(x)`` and ``learn(x, y)`` return None, having changed nothing, where anything is not as
    they need it: x is an array of its own type (n_0,), of float32, float64 or uint8; y is a number,
    a label, a class's name, or such an array (n_L,); no activation is the caller's own; the work is
    too little for the GIL to be released; and for `learn`, that `ready` was called with the plan of
    a step and the optimizer and what the data taught have not been replaced since.
    """

    cdef Program program
    cdef object state, optimizer, learned, dropout_key
    cdef ExclusiveLock training_lock
    cdef FairRLock state_lock
    cdef Workspace workspace
    cdef list views
    cdef Call training, prediction
    cdef bint is_short, is_ready
    # The targets' rules; see fastbp/model/target_rules.py.
    cdef bint takes_labels, checks_rows, binary, one_hot
    cdef double low, high, tolerance
    cdef dict names
    cdef double number
    cdef Py_ssize_t label

    def __cinit__(self, Program program not None, state not None,
                  ExclusiveLock training_lock not None, FairRLock state_lock not None):
        self.program, self.state = program, state
        self.training_lock, self.state_lock = training_lock, state_lock
        self.is_short = knows_arrays and program.callbacks is None and program.macs < GIL_WORK

    cdef int open(self) except -1:
        """Allocate what stays for all calls."""
        cdef Call *p = &self.prediction
        cdef Workspace workspace = Workspace(self.program, 1, 1, False, True)
        if self.workspace is not None:
            return 0  # another thread's, or a handler's: that line is Python's
        self.program.samples(p, None, None, None)
        workspace.lend(p)
        p.polls = False
        self.one_row(&p.X, self.program.layers[0].n_out)
        p.n = 1
        self.workspace = workspace
        return 0

    cdef void one_row(self, Source *source, Py_ssize_t n_columns) noexcept nogil:
        memset(source, 0, sizeof(Source))
        source.n_rows, source.n_columns = 1, n_columns

    def ready(self, plan not None, changes not None, optimizer not None, learned not None,
              dropout_key, targets not None):
        """Take over the plan of a step on one sample and what it changes.

        It serves as long as the state's optimizer, what it has learned and the key of dropout are
        these objects. `targets` has the rules of targets.
        """
        cdef Call *p = &self.training
        cdef list views = []
        cdef View flat, gradient
        self.is_ready = False
        if not self.is_short:
            return
        if self.workspace is None:
            self.open()
        self.program.samples(p, None, None, None)
        self.workspace.lend(p)
        p.polls, p.n = False, 1
        self.one_row(&p.X, self.program.layers[0].n_out)
        self.one_row(&p.Y, self.program.layers[self.program.L].n_out)
        take_plan(self.program, &p.plan, plan, views)
        self.program.storage.require(p.plan.batch_size == 1)
        take_state(self.program, &p.state, p.plan.n_memories, changes.memories, changes.counters,
                   views)
        storage, memories, counters = changes.snapshot
        take_state(self.program, &p.snapshot, p.plan.n_memories, memories, counters, views)
        flat = self.program.parameters_like(storage)
        gradient = self.program.parameters_like(changes.gradient)
        p.snapshot.storage, p.gradient = data_of(flat), data_of(gradient)
        views += [flat, gradient]
        self.takes_labels, self.binary, self.one_hot = \
            targets.takes_labels, targets.binary, targets.one_hot
        self.low, self.high = targets.limits
        self.tolerance, self.names = targets.tolerance, targets.names
        self.checks_rows = targets.checks_rows
        self.views, self.optimizer, self.learned = views, optimizer, learned
        self.dropout_key = dropout_key if p.plan.dropout_key != 0 else None
        self.is_ready = True

    def predict(self, x):
        """a^(L), a fresh array (n_L,); or None."""
        cdef Call *p = &self.prediction
        if not self.is_short:
            return None
        if self.workspace is None:
            self.open()
        out = empty(self.program.layers[self.program.L].n_out, self.program.dtype)
        if not take_row(x, &p.X):
            return None
        p.out = (<array_fields_t *> <PyObject *> out).data
        team_run(&p.team, 1, predict, p)
        return out

    def learn(self, x, y):
        """C before one step; or None."""
        cdef Call *p = &self.training
        if not self.is_ready or self.state.current is not self.optimizer \
                or self.state.learned is not self.learned \
                or (self.dropout_key is not None
                    and self.state.dropout_key is not self.dropout_key) \
                or not self.take_target(y) or not take_row(x, &p.X) \
                or self.training_lock.is_held() or self.state_lock.owner != 0:
            return None
        p.status = p.results[0].status = DONE
        team_run(&p.team, 1, step_on_one, p)
        return p.C if p.status == DONE else None

    cdef bint take_target(self, y) except -1:
        """Point the call to y, where it is one that needs no conversion in Python and is right."""
        cdef Source *to = &self.training.Y
        cdef Py_ssize_t c, ones = 0
        cdef double a, total = 0
        cdef bint many = to.n_columns > 1
        cdef long long integer
        cdef int overflow = 0
        kind = type(y)
        if kind is ndarray:
            if not take_row(y, to):
                return False
            if self.checks_rows:
                for c in range(to.n_columns):
                    a = number_at(to, c)
                    if not self.low <= a <= self.high or (self.binary and a != 0 and a != 1):
                        return False
                    total += a
                    ones += a == 1
            return not ((self.one_hot and ones != 1)
                        or (self.tolerance > 0 and abs(total - 1) > self.tolerance))
        if kind is float or kind is float64_scalar:
            a = PyFloat_AS_DOUBLE(y)
        elif kind is float32_scalar:
            a = PyFloat_AsDouble(y)
        elif kind is int or kind in integer_scalars:
            integer = PyLong_AsLongLongAndOverflow(
                y if kind is int else PyNumber_Index(y), &overflow)
            if overflow or not -LARGEST_INTEGER <= integer <= LARGEST_INTEGER:
                return False
            if many:
                return self.take_label(integer)
            a = integer
        elif kind is bool or kind is bool_scalar:
            if many:
                return self.take_label(1 if y else 0)
            a = 1 if y else 0
        elif (kind is str or kind is text_scalar) and self.names is not None and y in self.names:
            if many:
                return self.take_label(self.names[y])
            a = self.names[y]
        else:
            return False
        if many or not self.low <= a <= self.high or (self.binary and a != 0 and a != 1):
            return False
        self.number = a
        to.data, to.kind, to.column_stride = <char *> &self.number, FLOAT64, sizeof(double)
        return True

    cdef bint take_label(self, long long label) noexcept nogil:
        cdef Source *to = &self.training.Y
        if not self.takes_labels or not 0 <= label < to.n_columns:
            return False
        self.label = label
        to.data, to.kind, to.column_stride = <char *> &self.label, LABELS, 0
        return True
