"""Formatting of times, ratios, rates and sizes with three significant digits."""

import math
from collections.abc import Callable

_BYTES = ((1e6, "MB"), (1e3, "kB"))
_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def digits(value: float) -> str:
    """Three significant digits, with thousands separators, without an exponent if readable.

    >>> digits(1234.5), digits(12.34), digits(0.01234), digits(1.2e-7), digits(float("nan"))
    ('1,230', '12.3', '0.0123', '1.2e-07', 'nan')
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if abs(value) < 1e-3:
        return f"{value:.2g}"
    size = math.floor(math.log10(abs(value)))
    rounded_value = round(value, 2 - size)
    size = math.floor(math.log10(abs(rounded_value)))  # 9.996 has become 10.0
    return f"{rounded_value:,.{max(0, 2 - size)}f}"


def or_dash(value: float | None, write: Callable[[float], str] = digits) -> str:
    """The same; a dash for None.

    >>> or_dash(12.345), or_dash(None), or_dash(2e3, duration)
    ('12.3', '–', '2.00 µs')
    """
    return "–" if value is None else write(value)


def duration(ns: float, write: Callable[[float], str] = digits) -> str:
    """A time in the unit that suits it.

    >>> duration(1234.5), duration(3.1e7)
    ('1.23 µs', '31.0 ms')
    """
    unit, name = next((pair for pair in _TIMES if ns >= 0.9995 * pair[0]), _TIMES[-1])
    return f"{write(ns / unit)} {name}"


def span(low: float, high: float) -> str:
    """Two times, in the unit that suits the longer.

    >>> span(990.0, 1010.0), span(65.46, 69.31)
    ('0.990 to 1.01 µs', '65.5 to 69.3 ns')
    """
    longer = duration(high)
    unit = next(size for size, name in _TIMES if longer.endswith(f" {name}"))
    return f"{digits(low / unit)} to {longer}"


def times(ratio: float | None) -> str:
    """How many times faster; two digits are enough of what is much slower.

    >>> times(1234.5), times(0.01234), times(None)
    ('1,230×', '0.012×', '–')
    """
    return or_dash(ratio, lambda ratio: f"{digits(ratio) if ratio >= 0.1 else f'{ratio:.2g}'}×")


def faster(ratio: float | None) -> str:
    """A ratio as a phrase.

    >>> faster(2.0), faster(0.005), faster(None)
    ('2.00× faster', '200× slower', '–')
    """
    if ratio is None:
        return "–"
    return f"{times(ratio)} faster" if ratio >= 1 else f"{times(1 / ratio)} slower"


def percent(share: float | None) -> str:
    """A share of a whole.

    >>> percent(0.0123)
    '1.23 %'
    """
    return or_dash(share, lambda share: f"{digits(100 * share)} %")


def size(count: float) -> str:
    """Bytes.

    >>> size(0), size(2560), size(787288), size(5_400_000)
    ('0 B', '2.56 kB', '787 kB', '5.40 MB')
    """
    unit, name = next((pair for pair in _BYTES if count >= 0.9995 * pair[0]), (1.0, "B"))
    return f"{digits(count / unit)} {name}" if unit > 1 else f"{count:.0f} B"
