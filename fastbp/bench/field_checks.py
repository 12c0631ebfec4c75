"""Validation of the fields of a results file: a check returns the value or raises."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastbp.text.printable import printable

KERNELS = ("step", "forward", "backward", "accumulate")
_SHAPE = re.compile(r"[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})+")
_DTYPE = re.compile(r"[a-z]{1,12}[0-9]{0,3}")  # goes into the names of files

Check = Callable[[Any, str], Any]


def refuse(where: str, got: object, expected: str) -> ValueError:
    """The error for a bad value: where it is, what it is, and what was expected."""
    shown = repr(got)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ValueError(
        f"results: {printable(where)} is {shown}, expected {expected}; make the file with "
        "fastbp bench --json"
    )


def text(got: Any, where: str) -> str:
    """Any text, made printable."""
    if not isinstance(got, str):
        raise refuse(where, got, "text")
    return printable(got)


def name(got: Any, where: str) -> str:
    """Text that is not blank."""
    shown = text(got, where)
    if not shown.strip():
        raise refuse(where, got, "a name")
    return shown


def boolean(got: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(got, bool):
        raise refuse(where, got, "true or false")
    return got


def positive_int(got: Any, where: str) -> int:
    """A whole number from 1."""
    if isinstance(got, bool) or not isinstance(got, int) or not 1 <= got < 10**12:
        raise refuse(where, got, "a whole number from 1")
    return got


def nonnegative_int(got: Any, where: str) -> int:
    """A whole number from 0."""
    return 0 if got == 0 and not isinstance(got, bool | float) else positive_int(got, where)


def number(got: Any, where: str) -> float:
    """Any number, NaN and infinities too."""
    if isinstance(got, bool) or not isinstance(got, int | float):
        raise refuse(where, got, "a number")
    try:
        return float(got)
    except OverflowError:  # an integer of many digits
        raise refuse(where, got, "a number") from None


def positive(got: Any, where: str) -> float:
    """A finite number above 0."""
    value = number(got, where)
    if not 1e-9 < value < 1e30:  # the limits of an axis
        raise refuse(where, got, "a finite number above 0")
    return value


def at_least_zero(got: Any, where: str) -> float:
    """A finite number from 0."""
    value = number(got, where)
    if not 0 <= value < 1e30:
        raise refuse(where, got, "a finite number from 0")
    return value


def interval(got: Any, where: str) -> tuple[float, float]:
    """[low, high], both above 0."""
    if not isinstance(got, list | tuple) or len(got) != 2:
        raise refuse(where, got, "[low, high]")
    low, high = (positive(value, f"{where}[{i}]") for i, value in enumerate(got))
    if low > high:
        raise refuse(where, got, "[low, high]")
    return low, high


def times(got: Any, where: str) -> tuple[float, ...]:
    """A list of numbers above 0."""
    if not isinstance(got, list | tuple):
        raise refuse(where, got, "a list")
    return tuple(positive(time, f"{where}[{i}]") for i, time in enumerate(got))


def errors(got: Any, where: str) -> dict[str, float | None]:
    """An object of numbers, NaN and infinities too, or nulls."""
    check = or_null(number)
    return {
        str(name): check(error, f"{where}.{name}") for name, error in mapping(got, where).items()
    }


def shape(got: Any, where: str) -> str:
    """Widths of layers, two at least."""
    if not isinstance(got, str) or not _SHAPE.fullmatch(got):
        raise refuse(where, got, "widths of layers like 784-30-10")
    return got


def dtype(got: Any, where: str) -> str:
    """The name of a number type."""
    if not isinstance(got, str) or not _DTYPE.fullmatch(got):
        raise refuse(where, got, "a number type like float32")
    return got


def kernel(got: Any, where: str) -> str:
    """One of `KERNELS`."""
    if got not in KERNELS:
        raise refuse(where, got, f"one of {', '.join(KERNELS)}")
    return str(got)


def or_null(check: Check) -> Check:
    """A check that also takes None."""
    return lambda got, where: None if got is None else check(got, where)


def showable(value: Any) -> Any:
    """An unchecked value, with all text in it made printable."""
    if isinstance(value, Mapping):
        return {printable(key): showable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(showable, value))
    return printable(value) if isinstance(value, str) else value


def mapping(got: Any, where: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(got, Mapping):
        raise refuse(where, got, "an object")
    return got
