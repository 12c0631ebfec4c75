# Locks that a signal handler cannot leave held.
#
# Python runs signal handlers between two bytecodes, hence also between `lock.acquire()` and the
# `try` that would release it, and again inside `finally`. These locks are entered and left by C
# functions alone, so `with` has no such gap, except in CPython 3.14, where a handler can run
# between __enter__ and the block (python/cpython#148874). Therefore each `with` has an object of
# its own, which leaves the lock when it is freed, if it has not done so before.
#
# A child of fork inherits locks whose holders do not exist there. Each lock therefore remembers in
# which generation of the process it was taken, and is free in the next one, unless the thread that
# forked holds it. A thread's identifier alone does not tell: a new thread may get a lost one's.
#
# Needs: array_views.pxi, boundary.pyx.
# Gives: Claim, ExclusiveLock, FairRLock, generator_locks, Hold, replace_all, this_thread.

cimport cython

import os

from threading import Lock, RLock

cdef unsigned long generation = 0  # how many forks lie between this process and the first import
cdef unsigned long survivor = 0    # the thread that made the last fork,
cdef unsigned long survivor_since = 0  # and the first generation that it has come from
cdef dict generator_locks = {}     # id -> (lock of a generator that a call of `run` holds, thread)

cdef extern from "Python.h":
    unsigned long this_thread "PyThread_get_thread_ident"()


def _after_fork_in_child():
    global generation, survivor, survivor_since
    if survivor != this_thread():
        survivor, survivor_since = this_thread(), generation
    generation += 1
    for key, (lock, thread) in list(generator_locks.items()):
        if thread != survivor:
            del generator_locks[key]
            if hasattr(lock, "_at_fork_reinit"):  # CPython's
                lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


cdef bint is_of_this_process(unsigned long thread, unsigned long taken_in) noexcept nogil:
    """Whether a thread that took a lock in that generation exists here."""
    return taken_in == generation or (thread == survivor and taken_in >= survivor_since)


# Handlers raise a few times at most; what is raised more often is no handler's.
cdef int MOST_ATTEMPTS = 100


cdef class ExclusiveLock:
    """A lock that refuses instead of waiting: ``with lock.claim("fit"): ...``

    Entering raises RuntimeError while any thread holds the lock, this one included.
    """

    cdef unsigned long owner, taken_in
    cdef Py_ssize_t n_claims
    cdef str holder

    def claim(self, str what not None, snapshot=None):
        """What enters and leaves the lock, for one ``with``; ``what`` begins the error message.

        ``snapshot.take()`` is called once the lock is held, ``snapshot.settle(error)`` before it is
        free: to its end, even where handlers raise meanwhile. What they raise comes out then.
        """
        return Claim.__new__(Claim, self, what, snapshot)

    @property
    def claim_number(self):
        """The number of the claim that holds the lock, of all from 1 on; 0 where it is free.

        What is true for the time of a claim alone remembers this number, and never is left behind.
        """
        return self.n_claims if self.is_held() else 0

    cdef bint is_held(self) except -1:
        return self.owner != 0 and is_of_this_process(self.owner, self.taken_in)


@cython.no_gc  # it is in no circle, and its lock is there to the end
cdef class Claim:
    cdef ExclusiveLock lock
    cdef str what
    cdef object snapshot
    cdef bint entered

    def __cinit__(self, ExclusiveLock lock not None, str what not None, snapshot=None):
        self.lock, self.what, self.snapshot = lock, what, snapshot

    def __enter__(self):
        cdef ExclusiveLock lock = self.lock
        if lock.is_held():
            where = "by the call that this one is made from" if lock.owner == this_thread() \
                else "in another thread"
            raise RuntimeError(f"{self.what}: this network is already being trained, {where} "
                               f"({lock.holder}). Wait for it, or train a net.copy(); the "
                               f"learning rate can be set at any time: net.learning_rate = ...")
        lock.owner, lock.taken_in, lock.holder = this_thread(), generation, self.what
        lock.n_claims += 1
        self.entered = True
        if self.snapshot is not None:
            try:
                self.snapshot.take()
            except BaseException:
                self.leave()
                raise

    def __exit__(self, kind, error, traceback):  # no *error: the tuple would need memory
        try:
            if self.snapshot is not None:
                self.settle(error)
        finally:
            self.leave()

    def __dealloc__(self):
        self.leave()

    cdef int settle(self, error) except -1:
        cdef int i
        interrupt = None
        for i in range(MOST_ATTEMPTS):
            try:
                self.snapshot.settle(error)
                break
            except BaseException as raised:
                interrupt = raised
        if interrupt is not None:
            raise interrupt
        return 0

    cdef int leave(self) except -1:
        if self.entered:
            self.entered, self.lock.owner = False, 0
        return 0


cdef class FairRLock:
    """A re-entrant lock whose waiters get their turn: ``with lock.hold(): ...``

    A thread that releases an ordinary lock and takes it again at once, as training does between
    two slices of work, seldom leaves room for others. Here the next holder waits at the turnstile,
    and whoever comes after it, too.
    """

    cdef object turnstile  # re-entrant: a signal handler may run while this thread waits behind it
    cdef object inner
    cdef unsigned long owner, taken_in, made_in
    cdef Py_ssize_t depth

    def __cinit__(self):
        self.turnstile, self.inner, self.made_in = RLock(), Lock(), generation

    def hold(self):
        """What enters and leaves the lock, for one ``with``."""
        return Hold.__new__(Hold, self)

    cdef int acquire(self) except -1:
        if self.made_in != generation:
            self.renew()
        if self.owner != this_thread():
            self.turnstile.acquire()  # raises what a handler raises; nothing is held then
            try:
                self.inner.acquire()
            finally:
                self.turnstile.release()
            self.owner, self.taken_in = this_thread(), generation
        self.depth += 1
        return 0

    cdef int release(self) except -1:
        self.depth -= 1
        if self.depth == 0:
            self.owner = 0
            self.inner.release()
        return 0

    cdef int renew(self) except -1:
        """Be free of threads that a child of fork does not have."""
        self.turnstile = RLock()
        if self.owner == 0 or not is_of_this_process(self.owner, self.taken_in):
            self.inner, self.owner, self.depth = Lock(), 0, 0
        self.made_in = generation
        return 0


@cython.no_gc
cdef class Hold:
    cdef FairRLock lock
    cdef bint entered

    def __cinit__(self, FairRLock lock not None):
        self.lock = lock

    def __enter__(self):
        self.lock.acquire()
        self.entered = True

    def __exit__(self, kind, error, traceback):
        self.leave()

    def __dealloc__(self):
        self.leave()

    cdef int leave(self) except -1:
        if self.entered:
            self.entered = False
            self.lock.release()
        return 0


def replace_all(list pairs not None, list attributes=None):
    """Copy (to, from) pairs of flat arrays of one size, and set (object, name, value) attributes.

    Nothing else of Python's runs meanwhile, so no signal handler sees some replaced and others
    not. Where a pair does not fit, or the first attribute cannot be set, nothing is.
    """
    cdef View to, origin
    cdef list views = [(View(a, b"fdlq", 1, True), View(b, b"fdlq", 1)) for a, b in pairs]
    for to, origin in views:
        to.dense(origin.rows())
        origin.dense(origin.rows())
        to.require(to.buffer.itemsize == origin.buffer.itemsize)
    for owner, name, value in attributes or ():
        setattr(owner, name, value)
    for to, origin in views:
        memcpy(to.data, origin.data, to.buffer.len)
