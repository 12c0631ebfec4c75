"""One machine for all: the same cores, the same number of threads, one process for each peer."""

import multiprocessing
import os
import traceback
from contextlib import contextmanager

# What the thread pools of OpenBLAS, MKL, OpenMP and XLA read when they are loaded.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def last_cores(threads):
    """The cores that so many threads get, of those this process may use."""
    can_pin = hasattr(os, "sched_getaffinity")
    return sorted(os.sched_getaffinity(0) if can_pin else range(os.cpu_count()))[-threads:]


@contextmanager
def limited_to(threads):
    """Give this process, and every process it starts, so many cores and threads.

    XLA has no setting for its number of threads: it makes one for each core it may run on.
    """
    environment = dict(os.environ)
    os.environ.update(dict.fromkeys(POOLS, str(threads)), JAX_PLATFORMS="cpu")
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes that outlive the compiling
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    can_pin = hasattr(os, "sched_setaffinity")
    cores = os.sched_getaffinity(0) if can_pin else set()
    if can_pin and threads > len(cores):
        raise ValueError(f"threads must be at most the {len(cores)} cores of here, got {threads}")
    if can_pin:
        os.sched_setaffinity(0, last_cores(threads))
    try:
        yield
    finally:
        if can_pin:
            os.sched_setaffinity(0, cores)
        os.environ.clear()
        os.environ.update(environment)


class Worker:
    """A process that holds one peer and does what it is asked; it ends with this one.

    ``worker("open", workload, dtype)`` makes the peer, ``worker(method, *arguments)`` calls it.
    """

    def __init__(self, kind, threads=1):
        context = multiprocessing.get_context("spawn")  # a fork would share the thread pools
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, kind, threads), daemon=True)
        self._process.start()
        theirs.close()

    def __call__(self, method, *arguments):
        """Send, wait, and raise here what was raised there."""
        self._pipe.send((method, arguments))
        try:
            result, error = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"the process died in {method}{arguments}") from None
        if error:
            raise RuntimeError(f"{error}\nwas raised in the process of {method}{arguments}")
        return result

    def close(self):
        """End the process."""
        self._pipe.close()
        self._process.join()


def serve(pipe, kind, threads):
    """Answer until the pipe closes: the body of a worker's process."""
    call = Local(kind, threads)
    while True:
        try:
            method, arguments = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            pipe.send((call(method, *arguments), None))
        except Exception as error:
            pipe.send((None, f"{reason(error)}\n{traceback.format_exc()}"))


def reason(error):
    """Say in a line why it failed, here or in a worker's process."""
    text = str(error) if type(error) is RuntimeError else f"{type(error).__name__}: {error}"
    return next(iter(text.splitlines()), "RuntimeError")


class Spinner:
    """A process that wants one core for itself, between ``on`` and ``off``."""

    def __init__(self, core):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=spin, args=(theirs, core), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()  # it is there

    def on(self):
        """Let it spin."""
        self._pipe.send(None)
        self._pipe.recv()

    def off(self):
        """Let it rest."""
        self._pipe.send(None)
        self._pipe.recv()

    def close(self):
        """End the process."""
        self._pipe.close()
        self._process.join()


def spin(pipe, core):
    """Spin from one message to the next: the body of a spinner's process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    try:
        pipe.send(None)
        while True:
            pipe.recv()
            pipe.send(None)
            while not pipe.poll():
                sum(range(10_000))
            pipe.recv()
            pipe.send(None)
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return


class Local:
    """A peer in this process, asked as a Worker is."""

    def __init__(self, kind, threads=1):
        self._kind, self._threads, self._peer = kind, threads, None

    def __call__(self, method, *arguments):
        """Make the peer, or call it."""
        if method == "open":
            self._peer = None  # the last one's memory first
            self._peer = self._kind(*arguments, threads=self._threads)
            return None
        return getattr(self._peer, method)(*arguments)
