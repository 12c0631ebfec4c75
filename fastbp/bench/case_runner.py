"""Run a rung on a test case and read its numbers after each action, as float64 arrays.

This runs in the rung's process, without the expected values. The parent compares (proof.py).
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from fastbp.bench.cases import LOOPS, Case
from fastbp.bench.rung import Numbers, Rung, UnsupportedError, as_float64, mini_batches

Stages = list[tuple[str, Numbers]]


def run_case(make: Callable[[], Rung], case: Case, twice: bool) -> tuple[Stages, str | None]:
    """Run a case; returns the rung's numbers after each action, and a complaint or None.

    Without numbers if the rung does not support the case's problem. ``twice`` calls each loop
    again, which must not change the numbers. A warning is raised as an error.
    """
    bytes_before = [array.tobytes() for array in case.arrays()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            rung = make()
        except UnsupportedError:
            return [], None
        stages = list(run_stages(rung, case, twice))
        complaint = _hides_nan(rung, case) if case.has_nan else None
        rung.close()
    if [array.tobytes() for array in case.arrays()] != bytes_before:
        complaint = "it wrote into the arrays that it was given"
    elif not _keeps_subnormals():
        complaint = "it switched subnormal numbers off for the thread that called it"
    return stages, complaint


def run_stages(rung: Rung, case: Case, twice: bool = False) -> Iterator[tuple[str, Numbers]]:
    """The rung's numbers after each action of a case that it supports."""
    for stage, method, arguments in case.walk():
        if method in LOOPS and method not in rung.kernels:
            continue
        for _ in range(2 if twice and method in LOOPS else 1):
            result = getattr(rung, method)(*arguments)
            rung.finish()
        if method == "train":
            check_steps(result, mini_batches(arguments[2], case.problem.batch_size))
        yield stage, read_numbers(rung)


def run_loops(rung: Rung, until: str = "") -> None:
    """Call its loops in order: all, or those before ``until``."""
    for name in LOOPS:
        if name == until:
            return
        if name in rung.kernels:
            getattr(rung, name)()


def check_steps(steps: Any, expected: int) -> None:
    """Raise RuntimeError if ``train`` returned a wrong number of steps."""
    if steps != expected:
        raise RuntimeError(f"train did {steps} steps, expected {expected}")


def read_numbers(rung: Rung) -> Numbers:
    """Call a rung's ``read`` and convert the result to float64 arrays.

    Raises
    ------
    TypeError
        If it is not Numbers of lists of arrays.
    """
    numbers = rung.read()
    if not isinstance(numbers, Numbers):
        raise TypeError(f"read must return fastbp.bench.Numbers, got {type(numbers).__name__}")
    return Numbers(*(_plain(field.name, getattr(numbers, field.name)) for field in fields(Numbers)))


def _plain(name: str, arrays: Any) -> Any:
    """Convert one list of arrays."""
    if arrays is None:
        return None
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"{name} of Numbers must be a list of arrays, got {type(arrays).__name__}")
    for l, array in enumerate(map(np.asarray, arrays), start=1):
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} of Numbers must hold real numbers, got {array.dtype} in {l}")
    return as_float64(arrays)


def _hides_nan(rung: Rung, case: Case) -> str | None:
    """A complaint if a NaN in a sample is lost in a step; raising an exception is fine.

    delta^(L) is NaN whatever the slopes are, and so must be each weight of the last layer.
    """
    try:
        rung.step(case.X, case.Y)
        rung.finish()
        last = read_numbers(rung).w[-1]
    except Exception:
        return None
    if np.isnan(last).all():
        return None
    return f"a NaN in a sample is lost in a step: w({len(case.weights)}) must be NaN and is not"


def _keeps_subnormals() -> bool:
    least = [float(np.finfo(dtype).smallest_subnormal) for dtype in (np.float32, np.float64)]
    single = np.float32(least[0]) * np.float32(1)
    return bool(single > 0 and least[1] * 1.0 > 0)
