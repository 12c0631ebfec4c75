"""Cells of ARFF files: commas between them, quotes with backslashes, ``?`` for a missing one."""

from __future__ import annotations

import re

# A comment begins with % at the start of a line or behind space; 50% is text.
LOOSE_COMMENT = re.compile(r"(?:^|\s)%.*", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_SPACE = re.compile(r"\s*")

Cell = str | None


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)


def unquote(text: str) -> str:
    r"""Return text without the quotes around it, and what its backslashes mean.

    Examples
    --------
    >>> unquote(r"'it\'s'"), unquote("plain")
    ("it's", 'plain')
    """
    match = _QUOTED.fullmatch(text)
    if match is None:
        return text
    inner = match[1] if match[1] is not None else match[2]
    return _ESCAPED.sub(_unescape, inner) if "\\" in inner else inner


def split_row(text: str, n_cells: int) -> list[Cell]:
    """Split a row; None for a missing cell. By commas, or by commas and space if that fits.

    Examples
    --------
    >>> split_row("5.1, ?, 'a, b'", 3)
    ['5.1', None, 'a, b']
    """
    if "'" not in text and '"' not in text:
        if "%" in text:
            text = LOOSE_COMMENT.sub("", text)
        cells = text.split(",")
        if len(cells) != n_cells:
            words = text.replace(",", " ").split()
            if len(words) == n_cells:
                cells = words
        return [None if (cell := raw.strip()) == "?" else cell for raw in cells]
    parts, _ = split_cells(text, end="")
    if len(parts) != n_cells:
        words_of_row, _ = split_cells(text, end="", by_space=True)
        if len(words_of_row) == n_cells:
            return words_of_row
    return parts


def split_cells(text: str, end: str, *, by_space: bool = False) -> tuple[list[Cell], str | None]:
    """Split at commas outside quotes, up to a closing character.

    Returns
    -------
    cells : list of str or None
        The cells; None for a ``?`` without quotes.
    rest : str or None
        What stands behind the closing character; None if it does not come. ``""`` if there is none
        to wait for.
    """
    cells: list[Cell] = []
    unquoted = re.compile(rf"[^{',' if not by_space else ',' + chr(92) + 's'}{end}]*")
    position, length = 0, len(text)
    while True:
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        quoted = _QUOTED.match(text, position)
        if quoted is not None:
            cell: Cell = unquote(quoted[0])
            position = _SPACE.match(text, quoted.end()).end()  # type: ignore[union-attr]
        elif position < length and text[position] == "%":
            position, cell = length, ""
        else:
            match = unquoted.match(text, position)
            position = match.end()  # type: ignore[union-attr]
            raw = match[0].strip()  # type: ignore[index]
            if " %" in raw or "\t%" in raw:
                raw, position = LOOSE_COMMENT.sub("", raw), length
            cell = None if raw == "?" else raw
        if not (by_space and cell == "" and quoted is None):
            cells.append(cell)
        if end and text[position : position + 1] == end:
            if cells == [""]:
                cells = []
            return cells, text[position + 1 :]
        if position >= length:
            return cells, None if end else ""
        if text[position] == ",":
            position += 1
        elif quoted is not None and not by_space:
            # Text behind a closing quote: the whole is no cell that was meant.
            match = unquoted.match(text, position)
            cells[-1] = f"{cell}{match[0]}"  # type: ignore[index]
            position = match.end() + 1  # type: ignore[union-attr]
            if position > length:
                return cells, None if end else ""
