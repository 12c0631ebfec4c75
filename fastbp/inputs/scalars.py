"""Validation of numbers, flags, names, sizes, dtypes and seeds.

Every check names the argument, what was got, what was expected and, where it helps, what to do.
"""

import contextlib
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: Of one call of `fit`, which keeps a loss and a count of 8 bytes each for every epoch.
MOST_EPOCHS = 10**9
_DIGITS_SHOWN = 40
#: Characters of an invalid value that a message shows.
_SHOWN = 70


def short_repr(value: object) -> str:
    """A value as errors show it: on one line, and cut where it is an array or a long list.

    Examples
    --------
    >>> short_repr(list(range(1000)))
    '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, ...'
    """
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # of an integer of more digits than Python writes
        return f"one of many digits ({type(value).__name__})"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return ``value`` if it is one of the names, else raise an error that lists them."""
    choices = list(choices)
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be one of {', '.join(map(repr, choices))}; got {type(value).__name__}"
        )
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}; got {short_repr(value)}"
        )
    return value


def check_number(
    name: str,
    value: object,
    *,
    low: float = -math.inf,
    above: float = -math.inf,
    high: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return a finite real number as a float: >= ``low``, > ``above``, <= ``high``, < ``below``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(
            f"{name} must be a number, got {short_repr(value)} ({type(value).__name__})"
        )
    if isinstance(value, np.complexfloating):
        raise TypeError(f"{name} must be a real number, got {short_repr(value)}")
    try:
        number = float(value)
    except OverflowError:  # an int beyond the largest float
        number = math.inf
    if not (math.isfinite(number) and low <= number <= high and above < number < below):
        limits = [
            f"{sign} {limit:g}"
            for sign, limit in ((">=", low), (">", above), ("<=", high), ("<", below))
            if math.isfinite(limit)
        ]
        raise ValueError(
            f"{name} must be {' and '.join(['finite', *limits])}; got {short_repr(value)}"
        )
    return number


def check_integer(
    name: str,
    value: object,
    *,
    low: int | None = None,
    high: int | None = None,
    hint: str = "",
) -> int:
    """Return an integer (NumPy's too, but no bool), ``low`` at least and ``high`` at most."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {short_repr(value)} (bool){hint}")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(
            f"{name} must be an integer, got {short_repr(value)} ({type(value).__name__}){hint}"
        ) from None
    if low is not None and number < low:
        raise ValueError(f"{name} must be at least {low}, got {_digits(number)}{hint}")
    if high is not None and number > high:
        raise ValueError(f"{name} must be at most {high:,}, got {_digits(number)}{hint}")
    return number


def check_epochs(value: object) -> int:
    """Return a number of epochs, from 0 to `MOST_EPOCHS`."""
    return check_integer("epochs", value, low=0, high=MOST_EPOCHS)


def _digits(number: int) -> str:
    """Write an integer, or how long it is: Python refuses to write one of over 4,300 digits."""
    if abs(number) < 10**_DIGITS_SHOWN:
        return str(number)
    digits = int(number.bit_length() * math.log10(2)) + 1
    return f"a {'negative ' * (number < 0)}number of some {digits:,} digits"


def check_flag(name: str, value: object) -> bool:
    """Return a bool (NumPy's too)."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {short_repr(value)}")
    return bool(value)


def check_sizes(sizes: object) -> tuple[int, ...]:
    """Return the layers' widths n_0, ..., n_L: at least two, each an integer of at least 1."""
    if (
        isinstance(sizes, (str, bytes))
        or not isinstance(sizes, (Sequence, np.ndarray))
        or (isinstance(sizes, np.ndarray) and sizes.ndim != 1)
    ):
        raise TypeError(
            "sizes must be a list of the layers' widths like [784, 30, 10], got "
            f"{short_repr(sizes)}"
        )
    widths = tuple(check_integer(f"sizes[{l}]", size, low=1) for l, size in enumerate(sizes))
    if len(widths) < 2:
        raise ValueError(
            f"sizes must have at least two widths, the input's and the output's, "
            f"got {list(widths)}; for example [784, 30, 10]"
        )
    return widths


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """Return float32 or float64 as a dtype."""
    kind: np.dtype[Any] = np.dtype(object)
    # Text is compared, never parsed: NumPy would read a small language in it.
    if not isinstance(dtype, str) or dtype in ("float32", "float64"):
        with contextlib.suppress(TypeError, ValueError):
            kind = np.dtype(dtype)
    if dtype is None or kind not in (np.dtype("float32"), np.dtype("float64")):  # None is float64
        hint = ". For products in it: dtype='float32', compute='bfloat16'"
        raise ValueError(
            f"dtype must be 'float32' or 'float64', got {short_repr(dtype)}"
            + (hint if str(dtype) == "bfloat16" else "")
        )
    return kind


def check_bias(bias: object) -> bool | str:
    """Return True, False or "fixed"."""
    if isinstance(bias, (bool, np.bool_)):
        return bool(bias)
    if bias == "fixed" and isinstance(bias, str):
        return bias
    raise ValueError(f"bias must be True, False or 'fixed', got {short_repr(bias)}")


def check_compute(value: object, dtype: np.dtype[Any]) -> str | None:
    """Return the number type of products: None for the network's own, or "bfloat16"."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"compute must be None or 'bfloat16', got {type(value).__name__}")
    if value != "bfloat16":
        raise ValueError(f"compute must be None or 'bfloat16', got {short_repr(value)}")
    if dtype != np.float32:
        raise ValueError(
            f"compute='bfloat16' goes with dtype='float32', the type of its sums and weights; got "
            f"dtype={dtype.name!r}. Leave compute out for products in {dtype.name}"
        )
    return str(value)


MOST_DROPOUT = 1 - 2**-32


def check_dropout(value: object, n_hidden: int) -> tuple[float, ...]:
    """Return the hidden layers' rates of dropout, each >= 0 and < 1: one for all, or a list."""
    if isinstance(value, (list, tuple)):
        if len(value) != n_hidden:
            raise ValueError(
                f"dropout must be one rate or one for each of the {n_hidden} hidden layers, "
                f"got {len(value)}"
            )
        rates = [check_number(f"dropout[{i}]", p, low=0, below=1) for i, p in enumerate(value)]
    else:
        rates = [check_number("dropout", value, low=0, below=1)]
        if rates[0] and not n_hidden:
            raise ValueError(
                f"dropout must be 0 in a network without hidden layers, got {short_repr(value)}: "
                "it drops hidden nodes only"
            )
        rates *= n_hidden
    if rates and max(rates) > MOST_DROPOUT:
        raise ValueError(
            f"dropout must be at most 1 - 2**-32, as nodes are drawn by 32 bits, got {max(rates)!r}"
        )
    return tuple(rate + 0.0 for rate in rates)  # -0.0 is 0.0


def as_generator(seed: Any) -> "np.random.Generator":
    """Return a random generator from a seed; a Generator is used as it is."""
    if isinstance(seed, (bool, np.bool_)):
        raise TypeError(f"seed must be an int, a Generator or None, got {short_repr(seed)}")
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"seed must be None, an int >= 0 or a numpy.random.Generator, got {short_repr(seed)}"
        ) from None
