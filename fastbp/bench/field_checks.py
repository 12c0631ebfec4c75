"""What a value of a results file may be: each check gives it back, or names its place."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastbp.printable import printable

KERNELS = ("step", "forward", "backward", "accumulate")
_SHAPE = re.compile(r"[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})+")
_DTYPE = re.compile(r"[a-z]{1,12}[0-9]{0,3}")  # goes into the names of files

Check = Callable[[Any, str], Any]


def refuse(where: str, got: object, expected: str) -> ValueError:
    """Make the error: the place, what is there, and what should be."""
    shown = repr(got)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ValueError(
        f"results: {printable(where)} is {shown}, expected {expected}; make the file with "
        "fastbp bench --json"
    )


def text(got: Any, where: str) -> str:
    """Any text, as it can be shown."""
    if not isinstance(got, str):
        raise refuse(where, got, "text")
    return printable(got)


def name(got: Any, where: str) -> str:
    """Text that can be seen."""
    shown = text(got, where)
    if not shown.strip():
        raise refuse(where, got, "a name")
    return shown


def truth(got: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(got, bool):
        raise refuse(where, got, "true or false")
    return got


def count(got: Any, where: str) -> int:
    """A whole number from 1."""
    if isinstance(got, bool) or not isinstance(got, int) or not 1 <= got < 10**12:
        raise refuse(where, got, "a whole number from 1")
    return got


def whole(got: Any, where: str) -> int:
    """A whole number from 0."""
    return 0 if got == 0 and not isinstance(got, bool | float) else count(got, where)


def number(got: Any, where: str) -> float:
    """Any number, NaN and infinities too."""
    if isinstance(got, bool) or not isinstance(got, int | float):
        raise refuse(where, got, "a number")
    try:
        return float(got)
    except OverflowError:  # a whole number may have any length
        raise refuse(where, got, "a number") from None


def positive(got: Any, where: str) -> float:
    """A finite number above 0."""
    value = number(got, where)
    if not 1e-9 < value < 1e30:  # one end of an axis, or a logarithm, would be lost beyond
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
    return tuple(positive(one, f"{where}[{i}]") for i, one in enumerate(got))


def errors(got: Any, where: str) -> dict[str, float | None]:
    """An object of numbers, NaN and infinities too, or nulls."""
    check = or_null(number)
    return {str(name): check(one, f"{where}.{name}") for name, one in mapping(got, where).items()}


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
    """The same, or None."""
    return lambda got, where: None if got is None else check(got, where)


def showable(value: Any) -> Any:
    """A value that nothing is checked of, with all text in it as it can be shown."""
    if isinstance(value, Mapping):
        return {printable(key): showable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return list(map(showable, value))
    return printable(value) if isinstance(value, str) else value


def mapping(got: Any, where: str) -> Mapping[str, Any]:
    """An object, whatever is in it."""
    if not isinstance(got, Mapping):
        raise refuse(where, got, "an object")
    return got
