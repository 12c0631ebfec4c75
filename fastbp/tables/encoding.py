"""Detection of text that is not UTF-8, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from fastbp.errors import FileFormatError
from fastbp.text.formatting import shell_quote

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
# Which bytes of each four are 0 where a letter, digit or delimiter is ASCII, and which hardly ever.
_ZERO_PLACES = {
    "UTF-32LE": ((1, 2, 3), (0,)),
    "UTF-32BE": ((0, 1, 2), (3,)),
    "UTF-16LE": ((1, 3), (0, 2)),
    "UTF-16BE": ((0, 2), (1, 3)),
}
# More than this share of a table's characters is ASCII, its digits and delimiters alone; less than
# that are letters such as U+0100, whose other byte is 0.
_FEWEST_ZEROS, _MOST_ZEROS = 0.25, 0.05


def check_encoding(start: bytes, label: str, path: Path | None) -> None:
    """Raise for text in UTF-16 or UTF-32, by the first bytes.

    Parameters
    ----------
    start : bytes
        The first bytes, some kB where there are so many.
    label : str
        Its name in messages.
    path : Path or None
        The file, for the command that converts it; None for a pipe.

    Raises
    ------
    FileFormatError
        The message gives the encoding, and a remedy.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            raise FileFormatError(f"{label} is text in {encoding}; {remedy(encoding, path)}")
    if encoding := _unmarked(start):
        raise FileFormatError(
            f"{label} is text in {encoding} without a byte order mark; {remedy(encoding, path)}"
        )


def _unmarked(start: bytes) -> str:
    """Name the encoding that explains where the bytes 0 are; empty if none does."""
    columns = [start[i::4] for i in range(4)]
    shares = [column.count(0) / max(len(column), 1) for column in columns]
    for encoding, (zeros, nonzeros) in _ZERO_PLACES.items():
        if all(shares[i] > _FEWEST_ZEROS for i in zeros) and all(
            shares[i] < _MOST_ZEROS for i in nonzeros
        ):
            return encoding
    return ""


def remedy(encoding: str, path: Path | None, condition: str = "") -> str:
    """Return the command that converts a file, or a pipe (None), to UTF-8."""
    convert, comma = f"iconv -f {encoding} -t UTF-8", condition and f", {condition}"
    if path is None:
        return f"pipe it through {convert}{comma}"
    return f"save it as UTF-8, or convert it{comma}: {convert} {shell_quote(str(path))} > utf8.csv"
