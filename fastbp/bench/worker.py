"""One process for each rung: its own thread pools, its own clock, and its own crash."""

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from fastbp.bench.error_messages import place, when
from fastbp.errors import TrainingWarning
from fastbp.printable import printable

# What the thread pools of OpenBLAS, MKL, OpenMP and XLA read when they are loaded.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# OpenBLAS's threads wait for work with a core in use, for 2^26 cycles if they are not told 2^4.
SPIN = {"OPENBLAS_THREAD_TIMEOUT": "4"}


GLANCE = 0.001  # seconds
IDLE = 0.1  # of a core: what a process at rest may use of it
UNREST = 0.5  # seconds after which nobody waits any longer


class DiedError(RuntimeError):
    """A worker's process ended, or was ended, before it answered."""


def cores() -> list[int]:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def last_cores(threads: int) -> list[int]:
    """The cores that so many threads get, of those this process may use."""
    return cores()[-threads:]


@contextmanager
def limited_to(threads: int, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """Give this process, and every process it starts, so many cores and threads.

    XLA has no setting for its number of threads: it makes one for each core it may run on. With
    ``more`` they get these environment variables besides.
    """
    before, environment = cores(), dict(os.environ)
    if threads > len(before):
        raise ValueError(f"threads must be at most the {len(before)} cores of here, got {threads}")
    os.environ.update(dict.fromkeys(POOLS, str(threads)), JAX_PLATFORMS="cpu", **SPIN)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes that outlive the compiling
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.environ.update(more or {})
    pin = getattr(os, "sched_setaffinity", lambda *_: None)
    pin(0, last_cores(threads))
    try:
        yield
    finally:
        pin(0, before)
        os.environ.clear()
        os.environ.update(environment)


class HungError(DiedError):
    """It was ended because it did not answer in time."""


class Worker:
    """A process that holds one object and does what it is asked; it ends with this one.

    ``worker("open", *arguments)`` makes the object, ``kind(*arguments, threads=threads)``;
    ``worker(method, *arguments)`` calls it.
    """

    def __init__(self, kind: Callable[..., Any], threads: int = 1) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would share the thread pools
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, kind, threads), daemon=True)
        self._process.start()
        theirs.close()

    def __call__(
        self, method: str, *arguments: Any, patience: float | None = None, told: str | None = None
    ) -> Any:
        """Send, wait for at most so many seconds, and raise here what was raised there.

        ``told`` names what is asked in the words for a process that dies or hangs.
        """
        told = told or method
        try:
            self._pipe.send((method, arguments))
            if not self._pipe.poll(patience):
                self.end()
                raise HungError(f"no answer after {patience:.0f} s {when(told)}")
            result, error = self._received(method)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join()
            raise DiedError(f"the process died {when(told)}: {self._cause()}") from None
        if error:
            raise RuntimeError(f"{error}\nwas raised in the process of {method}")
        return result

    def rest(self) -> None:
        """Wait until the process does nothing: its thread pools may wait with a core in use."""
        rest(self._process.pid or 0)

    def _received(self, method: str) -> Any:
        try:
            return self._pipe.recv()
        except (OSError, EOFError):
            raise
        except Exception as error:  # whatever a class of the other process does when it is read
            raise RuntimeError(
                f"{method} answered what this process cannot read: {reason(error)}"
            ) from None

    def _cause(self) -> str:
        code = self._process.exitcode or 0
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def close(self) -> None:
        """Let the process end."""
        self._pipe.close()
        self._process.join()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def rest(pid: int) -> None:
    """Wait until a process does nothing, but not for ever; where its clock can be read (Linux)."""
    clock = ~pid << 3 | 2  # as clock_getcpuclockid numbers them: all its threads
    until = time.monotonic() + UNREST
    with contextlib.suppress(OSError, AttributeError):
        while time.monotonic() < until:
            used, now = time.clock_gettime(clock), time.monotonic()
            time.sleep(GLANCE)
            if time.clock_gettime(clock) - used < IDLE * (time.monotonic() - now):
                return


def serve(pipe: Connection, kind: Callable[..., Any], threads: int) -> None:
    """Answer until the pipe closes: the body of a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    os.dup2(2, 1)  # what is printed there would stand in the tables
    warnings.simplefilter("ignore", TrainingWarning)  # noise is what is timed: none can learn it
    call = Local(kind, threads)
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((call(method, *arguments), None))
        except Exception as error:
            why = f"{reason(error)} {place(error)}".rstrip()
            pipe.send((None, f"{why}\n{traceback.format_exc()}"))


def reason(error: BaseException) -> str:
    """Say in a line why it failed, here or in a worker's process."""
    text = (
        str(error)
        if type(error) in (RuntimeError, DiedError, HungError)
        else f"{type(error).__name__}: {error}"
    )
    return next(iter(map(printable, text.splitlines())), "RuntimeError")


class Local:
    """An object in this process, asked as a Worker is."""

    def __init__(self, kind: Callable[..., Any], threads: int = 1) -> None:
        self._kind, self._threads, self._held = kind, threads, None

    def __call__(self, method: str, *arguments: Any, patience: float | None = None) -> Any:
        """Make the object, or call it."""
        if method == "open":
            self._held = None  # the last one's memory first
            self._held = self._kind(*arguments, threads=self._threads)
            return None
        return getattr(self._held, method)(*arguments)

    def close(self) -> None:
        """Forget the object."""
        self._held = None

    end = close
