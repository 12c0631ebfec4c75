"""What the two halves of each file of benchmarks/pitfalls/ give, and what they are timed on."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

N = 4096  # numbers in an array: 32 kB of doubles, which a first or second cache holds
ATOL = 1e-290  # what is smaller may be taken for zero


@dataclass(frozen=True)
class Pair:
    """A file of pitfalls/, and what is true of its functions ``wrong`` and ``right``.

    ``gives``: what they give for the arguments ``shown``: a result, what they leave in their last
    array, or an exception, as text; ``or`` stands between what different compilers make of it.
    ``timed``: arguments for which both give the same, within ``rtol``, after a time that is worth
    comparing. ``c``: a pattern that the C of ``wrong`` has and that of ``right`` has not.
    """

    name: str
    gives: tuple[str, str] | None = None
    shown: Callable[[], tuple[Any, ...]] = tuple
    timed: Callable[[], tuple[Any, ...]] | None = None
    c: str | None = None
    rtol: float = 1e-12


def result_of(function, arguments):
    """What a function returns, or else what it leaves in the last of its arrays."""
    result = function(*arguments)
    if result is not None:
        return result
    return [argument for argument in arguments if isinstance(argument, np.ndarray)][-1]


def outcome(function, arguments):
    """The same as text, or the exception that was raised or ignored."""
    ignored = []
    with mock.patch.object(sys, "unraisablehook", ignored.append):
        try:
            result = result_of(function, arguments)
        except Exception as error:
            return type(error).__name__
    text = str(result.tolist() if isinstance(result, np.ndarray) else result)
    return " ".join([text, *(f"({of.exc_type.__name__} ignored)" for of in ignored)])


def complaints(pair, compiled):
    """What is not true of a compiled pair."""
    functions = {"wrong": compiled.module.wrong, "right": compiled.module.right}
    if pair.gives:
        for (half, function), expected in zip(functions.items(), pair.gives, strict=True):
            if (got := outcome(function, pair.shown())) not in expected.split(" or "):
                yield f"{half} gives {got}, expected {expected}"
    if pair.timed:
        wrong, right = (result_of(function, pair.timed()) for function in functions.values())
        if not np.allclose(wrong, right, rtol=pair.rtol, atol=ATOL):
            yield "both should give the same for what they are timed on"
    if pair.c:
        has = {half: bool(re.search(pair.c, getattr(compiled, half))) for half in functions}
        if has != {"wrong": True, "right": False}:
            yield f"{pair.c} should be in the C of wrong alone: {has}"


def numbers(*shape):
    """Normal numbers, the same ones each time."""
    return np.random.default_rng(0).standard_normal(shape)


def vectors(dtype=np.float64):
    """x, and an array for the result."""
    return numbers(N).astype(dtype), np.zeros(N, dtype)


def float32_vectors():
    """The same in float32."""
    return vectors(np.float32)


def positive():
    """Numbers above zero, and an array for the result."""
    return np.abs(numbers(N)), np.zeros(N)


def layer(n_out=64, n_in=64):
    """w, a and z of a layer."""
    return numbers(n_out, n_in), numbers(n_in), np.zeros(n_out)


def read_only():
    """An array that must not be written into."""
    x = np.ones(3)
    x.flags.writeable = False
    return (x,)


#: By the headings of the page.
PAIRS = (
    # Wrong numbers
    Pair("prange_sum", ("2048.0", "4096.0"), lambda: (np.ones(N),), c="lastprivate.*total"),
    Pair("prange_max", ("0.0", "7.0"), lambda: (np.array([0.0, 7.0, 0.0, 0.0]),)),
    Pair(
        "nan_relu",
        ("[0.0, 0.0, 2.0]", "[nan, 0.0, 2.0]"),
        lambda: (np.array([np.nan, -2.0, 2.0]), np.zeros(3)),
    ),
    Pair("int_annotation", ("0.0", "1.5"), lambda: (0.5, 3.0)),
    Pair("true_division", ("0", "0.9"), lambda: (9, 10)),
    Pair("floor_division", ("(-3, -1)", "(-4, 1)"), lambda: (-7, 2)),
    Pair("int_power", ("4.052555153018976e+18", "4052555153018976267"), lambda: (39,)),
    Pair("swallowed", ("0.0 (ZeroDivisionError ignored)", "ZeroDivisionError"), lambda: (1.0, 0)),
    Pair("none_view", ("0.0", "TypeError"), lambda: (None,)),
    Pair("pointer_strides", ("1.0", "2.0"), lambda: (np.arange(6.0)[::2],)),
    Pair("overflow", ("-1794967296", "2500000000"), lambda: (50_000, 50_000)),
    Pair("unsigned", ("18446744073709551615", "-1"), lambda: (0,)),
    Pair("float_equal", ("False", "True"), lambda: (0.1,)),
    Pair("float_names", ("0.10000000149011612", "0.1"), lambda: (0.1,)),
    Pair("float_total", ("16777216.0", "20000000.0"), lambda: (20_000_000,)),
    Pair("read_only", ("ValueError", "1.0"), read_only),
    Pair(
        "swap",
        ("[[3.0, 4.0], [3.0, 4.0]]", "[[3.0, 4.0], [1.0, 2.0]]"),
        lambda: (np.array([[1.0, 2.0], [3.0, 4.0]]),),
    ),
    # Python objects in the loop
    Pair("object_sum", timed=lambda: layer()[:1], c="PyNumber_InPlaceAdd"),
    Pair("object_count", timed=lambda: vectors()[:1], c="__Pyx_PyLong_AddObjC"),
    Pair(
        "root",
        ("TypeError", "nan"),
        lambda: (np.array([-4.0]),),
        lambda: positive()[:1],
        c="complex",
    ),
    Pair("object_return", timed=vectors, c="PyFloat_FromDouble"),
    Pair("tuple_return", timed=vectors, c="PyTuple_New"),
    Pair("generator_sum", timed=lambda: (numbers(N), numbers(N)), c="Generator"),
    Pair("enumerate_view", timed=vectors, c="PyNumber_Multiply"),
    Pair("step_sign", timed=lambda: (numbers(N), 1), c="PyRange_Type"),
    Pair("rounding", timed=lambda: (10 * numbers(N), np.zeros(N, np.intp)), c="builtin_round"),
    Pair("math_module", timed=vectors, c="PyFloat_FromDouble"),
    Pair("global_rate", timed=vectors, c="PyNumber_Multiply"),
    Pair("untyped_argument", timed=lambda: (*vectors(), 0.5), c="PyNumber_Multiply"),
    Pair("untyped_range", timed=lambda: (numbers(N), N), c="PyRange_Type"),
    Pair("python_attributes", timed=vectors, c="PyNumber_Multiply"),
    Pair("row_objects", timed=lambda: layer(512, 8), c="__Pyx_GetItemInt"),
    Pair("inner_function", timed=lambda: (*vectors(), 0.5), c="PyFloat_FromDouble"),
    # Checks and the GIL
    Pair("noexcept", timed=vectors, c="PyErr_Occurred|ErrOccurredWithGIL"),
    Pair("void_nogil", timed=vectors, c="PyErr_Occurred|ErrOccurredWithGIL"),
    Pair("gil_in_loop", timed=vectors),
    Pair("bounds", timed=vectors, c="RaiseBufferIndexError"),
    Pair("methods", timed=vectors, c=r"__pyx_vtab\)->slope"),
    # What the C compiler makes of it
    Pair("power", timed=vectors, c=r"\bpow\("),
    Pair("float_literal", timed=float32_vectors, c=r"\(0\.1 \* ", rtol=1e-6),
    Pair("float_exp", timed=float32_vectors, c=r"\bexp\(", rtol=1e-6),
    Pair("strided", timed=vectors),
    Pair(
        "attributes",
        timed=lambda: (np.arange(16 * N).astype(np.uint8), np.zeros(16 * N, np.uint8)),
    ),
    Pair("one_sum", timed=lambda: vectors()[:1]),
    Pair("columns", timed=lambda: layer(512, 512)),
    Pair("clear", timed=lambda: layer(512, 8)[:1]),
    Pair("subnormals", timed=lambda: (np.zeros(N), 1e-307, 40)),
    Pair(
        "root_stored",
        # wrong: of GCC 12, or of Clang
        ("[nan, nan, nan, nan, inf] or [inf, inf, inf, inf, inf]", "[nan, nan, nan, nan, nan]"),
        lambda: (np.full(5, -np.inf), np.zeros(5)),
        positive,
        c=r"\bpow\(",
    ),
    # Not a trap: the same speed
    Pair("restrict", timed=vectors),
    Pair("attributes_double", timed=vectors),
    Pair("row_view", timed=layer),
    Pair("two_brackets", timed=lambda: layer()[:1]),
    Pair("square", timed=vectors, c=r"\bpow\("),
    Pair("absolute", timed=vectors),
    Pair("exact_literal", timed=float32_vectors, c=r"\(0\.5 \* "),
    Pair("struct_argument", timed=vectors),
    Pair("division_check", timed=lambda: (*vectors(), 3.0), c="ZeroDivisionError"),
)
