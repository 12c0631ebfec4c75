"""Escaping of control characters in text that comes from a file."""

import unicodedata

# Control and format characters (ESC, DEL, the 8-bit controls; what reverses the direction of text
# or takes no room), halves of surrogate pairs, and separators of lines and paragraphs.
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: object) -> str:
    r"""Return text with each control and format character as its escape.

    A column's name, a class's name, a cell or a file's name can hold an escape sequence that clears
    the screen or renames the window, or a mark that shows text in another order than it is written.
    All text for terminals and messages is escaped here. Escaping twice changes nothing.

    Parameters
    ----------
    text : object
        Its ``str`` is shown.

    Returns
    -------
    str
        One line, where ``\x1b`` stands for ESC, ``\n`` for a newline, and so on.

    Examples
    --------
    >>> print(printable("price\x1b[2J"), printable("naïve 价格"), printable("a\u202eb"))
    price\x1b[2J naïve 价格 a\u202eb
    """
    string = str(text)
    if string.isprintable():
        return string
    return "".join(map(_escape, string))


def _escape(character: str) -> str:
    if unicodedata.category(character) in _ESCAPED_CATEGORIES:
        return character.encode("unicode_escape").decode("ascii")
    return character
