"""A bar chart of lines of text, in block elements or in plain ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastbp.text.formatting import truncate
from fastbp.text.printable import printable

#: A full cell and the seven that are filled from the left by an eighth more each.
BLOCKS = " ▏▎▍▌▋▊▉█"
WIDTH = 80
_LEAST_BAR, _MOST_BAR = 8, 40
_LEAST_NAME, _MOST_NAME = 8, 32
_GAP = "  "


@dataclass(frozen=True)
class Bar:
    """A bar: its name, its length as a number, and what is written behind it."""

    name: str
    value: float
    text: str


def draw_bars(bars: Sequence[Bar], *, width: int = WIDTH, unicode: bool = True) -> list[str]:
    r"""Draw a line for each bar: the name, the number, the bar.

    Parameters
    ----------
    bars : sequence of Bar
        The largest value makes the longest bar; values below 0 make none.
    width : int
        The columns of a line; names give way first, and the bar has 8 columns at least.
    unicode : bool
        Whether the bars are block elements, to an eighth of a column; else ``#``.

    Returns
    -------
    list of str

    Examples
    --------
    >>> print("\n".join(draw_bars([Bar("age", 0.2, "0.20"), Bar("sex", 0.05, "0.05")],
    ...                           width=30, unicode=False)))
    age  0.20  ###################
    sex  0.05  #####
    """
    if not bars:
        return []
    names = [printable(bar.name) for bar in bars]
    text_width = max(len(bar.text) for bar in bars)
    room = width - text_width - 2 * len(_GAP)
    name_width = min(max(map(len, names)), _MOST_NAME, max(_LEAST_NAME, room - _LEAST_BAR))
    longest = min(max(_LEAST_BAR, room - name_width), _MOST_BAR)
    largest = max(bar.value for bar in bars)
    lines = []
    for name, bar in zip(names, bars, strict=True):
        part = max(0.0, bar.value / largest) if largest > 0 else 0.0
        drawn = _blocks(part, longest) if unicode else "#" * round(part * longest)
        shown = truncate(name, name_width)
        lines.append(f"{shown:<{name_width}}{_GAP}{bar.text:>{text_width}}{_GAP}{drawn}".rstrip())
    return lines


def _blocks(part: float, longest: int) -> str:
    eighths = round(part * longest * 8)
    full, rest = divmod(eighths, 8)
    return BLOCKS[8] * full + (BLOCKS[rest] if rest else "")
