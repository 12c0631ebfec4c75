"""One process for each rung: its own thread pools, its own clock, and its own crash."""

import contextlib
import gc
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from fastbp.bench.error_messages import place, when
from fastbp.bench.protocol import Local, serve, type_and_message
from fastbp.errors import TrainingWarning
from fastbp.text.printable import printable

# Read by the thread pools of OpenBLAS, MKL, OpenMP and XLA when they are loaded.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# OpenBLAS's threads spin while they wait for work: for 2^26 cycles by default, here for 2^4.
SPIN = {"OPENBLAS_THREAD_TIMEOUT": "4"}

# OpenBLAS reads these when it is loaded. Without them it takes the kernels that fit the processor.
BLAS_CHOICE = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

POLL_SECONDS = 0.001
IDLE_SHARE = 0.1  # of a core, that an idle process may use
MAX_IDLE_WAIT = 0.5  # seconds


class DiedError(RuntimeError):
    """A worker's process ended, or was killed, before it returned a result."""


def cores() -> list[int]:
    """The cores available to this process."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def last_cores(threads: int) -> list[int]:
    """The cores for so many threads, of those available."""
    return cores()[-threads:]


@contextmanager
def limited_to(threads: int, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """Limit this process, and every process it starts, to so many cores and threads.

    XLA has no setting for its number of threads: it starts one for each available core. NumPy
    chooses its kernels itself: what the environment says of them is unset.
    ``variables`` are additional environment variables.
    """
    available, environment = cores(), dict(os.environ)
    if threads > len(available):
        raise ValueError(
            f"threads must be at most the {len(available)} cores of here, got {threads}"
        )
    os.environ.update(dict.fromkeys(POOLS, str(threads)), JAX_PLATFORMS="cpu", **SPIN)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes that outlive the compilation
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    for name in BLAS_CHOICE:
        os.environ.pop(name, None)
    os.environ.update(variables or {})
    pin = getattr(os, "sched_setaffinity", lambda *_: None)
    pin(0, last_cores(threads))
    try:
        yield
    finally:
        pin(0, available)
        os.environ.clear()
        os.environ.update(environment)


def blas_note() -> str:
    """A sentence about what the environment says of OpenBLAS's kernels; empty if it says nothing.

    >>> blas_note() == "" or blas_note().startswith("OPENBLAS_")
    True
    """
    given = [f"{name}={os.environ[name]}" for name in BLAS_CHOICE if name in os.environ]
    return f"{' and '.join(given)} unset: NumPy chooses its kernels itself." if given else ""


class HungError(DiedError):
    """A worker's process was killed because a call timed out."""


class Worker:
    """A process that holds a :class:`Local` and calls it; it ends with this process."""

    def __init__(self, kind: Callable[..., Any], threads: int = 1) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would share the thread pools
        self._pipe, child_pipe = context.Pipe()
        self._process = context.Process(
            target=serve_kind, args=(child_pipe, kind, threads), daemon=True
        )
        self._process.start()
        child_pipe.close()

    def __call__(
        self,
        method: str,
        *arguments: Any,
        timeout: float | None = None,
        activity: str | None = None,
    ) -> Any:
        """Call the method, wait at most ``timeout`` seconds, and raise here what was raised there.

        ``activity`` replaces the method in the error message of a process that dies or hangs.
        """
        activity = activity or method
        try:
            self._pipe.send((method, arguments))
            if not self._pipe.poll(timeout):
                self.kill()
                raise HungError(f"no answer after {timeout:.0f} s {when(activity)}")
            result, error = self._received(method)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join()
            raise DiedError(f"the process died {when(activity)}: {self._cause()}") from None
        if error:
            raise RuntimeError(f"{error}\nwas raised in the process of {method}")
        return result

    def wait_until_idle(self) -> None:
        """Wait until the process is idle: its thread pools may spin for a while."""
        wait_until_idle(self._process.pid or 0)

    def _received(self, method: str) -> Any:
        try:
            return self._pipe.recv()
        except (OSError, EOFError):
            raise
        except Exception as error:  # unpickling may raise anything
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

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def wait_until_idle(pid: int) -> None:
    """Wait until a process is idle, but not forever; only where its clock can be read (Linux)."""
    clock = ~pid << 3 | 2  # as clock_getcpuclockid computes it: of all its threads
    until = time.monotonic() + MAX_IDLE_WAIT
    with contextlib.suppress(OSError, AttributeError):
        while time.monotonic() < until:
            used, now = time.clock_gettime(clock), time.monotonic()
            time.sleep(POLL_SECONDS)
            if time.clock_gettime(clock) - used < IDLE_SHARE * (time.monotonic() - now):
                return


def serve_kind(pipe: Connection, kind: Callable[..., Any], threads: int) -> None:
    """Serve an object of this kind: the main function of a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent
    os.dup2(2, 1)  # a rung's prints must not mix with the tables
    warnings.simplefilter("ignore", TrainingWarning)  # the timed data are noise
    local = Local(kind, threads)

    def call(method: str, *arguments: Any) -> Any:
        result = local(method, *arguments)
        if method == "open":
            gc.freeze()  # every turn begins with a collection: not of all modules, 7 ms
        return result

    serve(pipe, call, lambda error: f"{reason(error)} {place(error)}".rstrip())


def reason(error: BaseException) -> str:
    """A one-line message for an error raised here or in a worker's process."""
    says_it_all = type(error) in (RuntimeError, DiedError, HungError)
    text = str(error) if says_it_all else type_and_message(error)
    return next(iter(map(printable, text.splitlines())), "RuntimeError")
