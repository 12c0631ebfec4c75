"""What a rung does in a case: its numbers after each thing done, as plain arrays of float64.

Nothing here knows what is right. What a trial comes to is compared elsewhere (proof.py), by the
process that the rung cannot touch.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from fastbp.bench.cases import LOOPS, Case
from fastbp.bench.rung import Numbers, Rung, UnsupportedError, as_float64, mini_batches

Stages = list[tuple[str, Numbers]]


def trial(make: Callable[[], Rung], case: Case, twice: bool) -> tuple[Stages, str | None]:
    """Its numbers after each thing done to a copy of the case, and what else it did wrong.

    No numbers, if it has nothing like the case's problem. ``twice`` calls each loop again, which
    must change nothing. A warning is raised as an error.
    """
    given = [array.tobytes() for array in case.arrays()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            rung = make()
        except UnsupportedError:
            return [], None
        stages = list(done(rung, case, twice))
        complaint = _hidden(rung, case) if case.spoils else None
        rung.close()
    if [array.tobytes() for array in case.arrays()] != given:
        complaint = "it wrote into the arrays that it was given"
    elif not _has_subnormals():
        complaint = "it switched subnormal numbers off for the thread that called it"
    return stages, complaint


def done(rung: Rung, case: Case, twice: bool = False) -> Iterator[tuple[str, Numbers]]:
    """Its numbers after each thing that is done in a case and that it has."""
    for stage, method, given in case.walk():
        if method in LOOPS and method not in rung.kernels:
            continue
        for _ in range(2 if twice and method in LOOPS else 1):
            result = getattr(rung, method)(*given)
            rung.finish()
        if method == "train":
            check_steps(result, mini_batches(given[2], case.problem.batch_size))
        yield stage, read(rung)


def run_loops(rung: Rung, until: str = "") -> None:
    """Call its loops in order, all of them or those before one."""
    for name in LOOPS:
        if name == until:
            return
        if name in rung.kernels:
            getattr(rung, name)()


def check_steps(told: Any, expected: int) -> None:
    """Raise RuntimeError where ``train`` returns another number than that of its steps."""
    if told != expected:
        raise RuntimeError(f"train did {told} steps, expected {expected}")


def read(rung: Rung) -> Numbers:
    """What a rung's ``read`` returns, in arrays that another process can take.

    Raises
    ------
    TypeError
        If that is anything but Numbers of lists of arrays.
    """
    found = rung.read()
    if not isinstance(found, Numbers):
        raise TypeError(f"read must return fastbp.bench.Numbers, got {type(found).__name__}")
    return Numbers(*(_plain(field.name, getattr(found, field.name)) for field in fields(Numbers)))


def _plain(name: str, arrays: Any) -> Any:
    """One of its lists."""
    if arrays is None:
        return None
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"{name} of Numbers must be a list of arrays, got {type(arrays).__name__}")
    for l, array in enumerate(map(np.asarray, arrays), start=1):
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} of Numbers must hold real numbers, got {array.dtype} in {l}")
    return as_float64(arrays)


def _hidden(rung: Rung, case: Case) -> str | None:
    """A complaint if a NaN leaves no trace in a step; to raise an exception is a trace.

    Whatever a slope makes of it, delta^(L) is NaN, and so is each weight of the last layer.
    """
    try:
        rung.step(case.X, case.Y)
        rung.finish()
        last = read(rung).w[-1]
    except Exception:
        return None
    if np.isnan(last).all():
        return None
    return f"a NaN in a sample is lost in a step: w({len(case.weights)}) must be NaN and is not"


def _has_subnormals() -> bool:
    least = [float(np.finfo(dtype).smallest_subnormal) for dtype in (np.float32, np.float64)]
    single = np.float32(least[0]) * np.float32(1)
    return bool(single > 0 and least[1] * 1.0 > 0)
