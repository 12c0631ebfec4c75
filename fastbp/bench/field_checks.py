"""Validation of the fields of a results file: a check returns the value or raises."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastbp.bench import problems
from fastbp.text.printable import printable

KERNELS = tuple(sorted(problems.KERNELS, key="step".__ne__))  # steps are shown first
Check = Callable[[Any, str], Any]


def refuse(location: str, value: object, expected: str) -> ValueError:
    """The error for a bad value: where it is, what it is, and what was expected."""
    value_text = repr(value)
    value_text = value_text if len(value_text) <= 60 else f"{value_text[:57]}..."
    return ValueError(
        f"results: {printable(location)} is {value_text}, expected {expected}; make the file with "
        "fastbp bench --json"
    )


def number(value: Any, location: str) -> float:
    """Any number, NaN and infinities too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(location, value, "a number")
    try:
        return float(value)
    except OverflowError:  # an integer of many digits
        raise refuse(location, value, "a number") from None


def _that(kind: type, fits: Callable[[Any], object], expected: str) -> Check:
    """A check that a value is of a type (exactly) and fits."""

    def check(value: Any, location: str) -> Any:
        if type(value) is not kind or not fits(value):
            raise refuse(location, value, expected)
        return printable(value) if kind is str else value

    return check


def _number_that(fits: Callable[[float], bool], expected: str) -> Check:
    def check(value: Any, location: str) -> float:
        result = number(value, location)
        if not fits(result):
            raise refuse(location, value, expected)
        return result

    return check


text = _that(str, lambda value: True, "text")
name = _that(str, str.strip, "a name")
shape = _that(
    str, re.compile(r"[1-9]\d{0,8}(-[1-9]\d{0,8})+", re.A).fullmatch, "widths like 784-30-10"
)
#: The name of a number type goes into the names of files.
dtype = _that(str, re.compile(r"[a-z]{1,12}[0-9]{0,3}").fullmatch, "a number type like float32")
kernel = _that(str, KERNELS.__contains__, f"one of {', '.join(KERNELS)}")
boolean = _that(bool, lambda value: True, "true or false")
positive_int = _that(int, range(1, 10**12).__contains__, "a whole number from 1")
nonnegative_int = _that(int, range(10**12).__contains__, "a whole number from 0")
at_least_zero = _number_that(lambda value: 0 <= value < 1e30, "a finite number from 0")
#: Within the limits of an axis.
positive = _number_that(lambda value: 1e-9 < value < 1e30, "a finite number above 0")


def times(value: Any, location: str) -> tuple[float, ...]:
    """A list of numbers above 0."""
    if not isinstance(value, list | tuple):
        raise refuse(location, value, "a list")
    return tuple(positive(time, f"{location}[{i}]") for i, time in enumerate(value))


def interval(value: Any, location: str) -> tuple[float, ...]:
    """[low, high], both above 0."""
    edges = times(value, location) if isinstance(value, list | tuple) and len(value) == 2 else ()
    if not edges or edges[0] > edges[1]:
        raise refuse(location, value, "[low, high]")
    return edges


def errors(value: Any, location: str) -> dict[str, float | None]:
    """An object of numbers, NaN and infinities too, or nulls."""
    check = or_null(number)
    return {
        str(name): check(error, f"{location}.{name}")
        for name, error in mapping(value, location).items()
    }


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
