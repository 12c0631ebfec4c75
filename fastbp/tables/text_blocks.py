"""The text of a table in blocks of whole lines."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from fastbp.tables.checked_reader import count_byte
from fastbp.tables.source import LONGEST_LINE, TextSource

_BLOCK = 1 << 22
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Some whole lines.

    Attributes
    ----------
    text : bytes
        The lines with their ends, in UTF-8, which was checked.
    line : int
        The number of the first one in the file, from 1.
    """

    text: bytes
    line: int

    def lines(self) -> Iterator[str]:
        """Yield its lines, each with its end."""
        return io.StringIO(self.text.decode("utf-8"), newline="")


def read_blocks(source: TextSource, start: int) -> Iterator[Block]:
    """Yield the lines after the first `start` ones, some megabytes at a time.

    Raises
    ------
    FileFormatError
        If a line is not UTF-8, or has no end.
    """
    line = 1
    rest: list[bytes] = []
    with source.binary() as file:
        if file.peek(3)[:3] == _BYTE_ORDER_MARK:
            file.read(3)
        while piece := file.read(_BLOCK):
            cut = _line_end(piece)
            if not cut:
                rest.append(piece)
                if sum(map(len, rest)) > LONGEST_LINE:
                    raise source.line_too_long(line)
                continue
            text = b"".join([*rest, memoryview(piece)[:cut]])
            rest = [piece[cut:]]
            yield from _checked(source, text, line, start)
            line += count_lines(text)
    if any(rest):
        yield from _checked(source, b"".join(rest), line, start)


def count_lines(text: bytes) -> int:
    r"""Count the line ends: ``\n``, ``\r\n`` or ``\r``."""
    ends = count_byte(text, b"\n")
    if b"\r" in text:
        ends += text.count(b"\r") - text.count(b"\r\n")
    return ends


def _checked(source: TextSource, text: bytes, line: int, start: int) -> Iterator[Block]:
    """Yield the block without those of its lines that are among the first `start`."""
    try:
        if not text.isascii():
            text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise source.not_utf8() from error
    if line <= start:
        lines = list(Block(text, line).lines())
        above = start + 1 - line
        text = "".join(lines[above:]).encode()
        line += above
    if text:
        yield Block(text, line)


def _line_end(piece: bytes) -> int:
    r"""Return where the last whole line of a piece ends; 0 if none does."""
    cut = piece.rfind(b"\n") + 1
    if not cut:
        # The \n of \r\n may be the first byte of the next piece.
        cut = piece.rfind(b"\r", 0, len(piece) - 1) + 1
    return cut
