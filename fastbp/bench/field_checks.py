"""Validation of the fields of a results file: a check returns the value or raises."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastbp.text.printable import printable

KERNELS = ("step", "forward", "backward", "accumulate")
_SHAPE = re.compile(r"[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})+")
_DTYPE = re.compile(r"[a-z]{1,12}[0-9]{0,3}")  # goes into the names of files

Check = Callable[[Any, str], Any]


def refuse(location: str, value: object, expected: str) -> ValueError:
    """The error for a bad value: where it is, what it is, and what was expected."""
    value_text = repr(value)
    value_text = value_text if len(value_text) <= 60 else f"{value_text[:57]}..."
    return ValueError(
        f"results: {printable(location)} is {value_text}, expected {expected}; make the file with "
        "fastbp bench --json"
    )


def text(value: Any, location: str) -> str:
    """Any text, made printable."""
    if not isinstance(value, str):
        raise refuse(location, value, "text")
    return printable(value)


def name(value: Any, location: str) -> str:
    """Text that is not blank."""
    text_value = text(value, location)
    if not text_value.strip():
        raise refuse(location, value, "a name")
    return text_value


def boolean(value: Any, location: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refuse(location, value, "true or false")
    return value


def positive_int(value: Any, location: str) -> int:
    """A whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 10**12:
        raise refuse(location, value, "a whole number from 1")
    return value


def nonnegative_int(value: Any, location: str) -> int:
    """A whole number from 0."""
    return (
        0 if value == 0 and not isinstance(value, bool | float) else positive_int(value, location)
    )


def number(value: Any, location: str) -> float:
    """Any number, NaN and infinities too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(location, value, "a number")
    try:
        return float(value)
    except OverflowError:  # an integer of many digits
        raise refuse(location, value, "a number") from None


def positive(value: Any, location: str) -> float:
    """A finite number above 0."""
    result = number(value, location)
    if not 1e-9 < result < 1e30:  # the limits of an axis
        raise refuse(location, value, "a finite number above 0")
    return result


def at_least_zero(value: Any, location: str) -> float:
    """A finite number from 0."""
    result = number(value, location)
    if not 0 <= result < 1e30:
        raise refuse(location, value, "a finite number from 0")
    return result


def interval(value: Any, location: str) -> tuple[float, float]:
    """[low, high], both above 0."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse(location, value, "[low, high]")
    low, high = (positive(edge, f"{location}[{i}]") for i, edge in enumerate(value))
    if low > high:
        raise refuse(location, value, "[low, high]")
    return low, high


def times(value: Any, location: str) -> tuple[float, ...]:
    """A list of numbers above 0."""
    if not isinstance(value, list | tuple):
        raise refuse(location, value, "a list")
    return tuple(positive(time, f"{location}[{i}]") for i, time in enumerate(value))


def errors(value: Any, location: str) -> dict[str, float | None]:
    """An object of numbers, NaN and infinities too, or nulls."""
    check = or_null(number)
    return {
        str(name): check(error, f"{location}.{name}")
        for name, error in mapping(value, location).items()
    }


def shape(value: Any, location: str) -> str:
    """Widths of layers, two at least."""
    if not isinstance(value, str) or not _SHAPE.fullmatch(value):
        raise refuse(location, value, "widths of layers like 784-30-10")
    return value


def dtype(value: Any, location: str) -> str:
    """The name of a number type."""
    if not isinstance(value, str) or not _DTYPE.fullmatch(value):
        raise refuse(location, value, "a number type like float32")
    return value


def kernel(value: Any, location: str) -> str:
    """One of `KERNELS`."""
    if value not in KERNELS:
        raise refuse(location, value, f"one of {', '.join(KERNELS)}")
    return str(value)


def or_null(check: Check) -> Check:
    """A check that also takes None."""
    return lambda value, location: None if value is None else check(value, location)


def showable(value: Any) -> Any:
    """An unchecked value, with all text in it made printable."""
    if isinstance(value, Mapping):
        return {printable(key): showable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(showable, value))
    return printable(value) if isinstance(value, str) else value


def mapping(value: Any, location: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise refuse(location, value, "an object")
    return value
