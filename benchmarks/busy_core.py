"""A core that is taken by something else."""

import multiprocessing
import os


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
