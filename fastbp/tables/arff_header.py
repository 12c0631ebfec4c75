"""The declarations of an ARFF file: names and types of its attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastbp.errors import FileFormatError
from fastbp.tables.arff_cells import LOOSE_COMMENT, split_cells, unquote
from fastbp.tables.column_names import check_different
from fastbp.tables.limits import MOST_COLUMNS
from fastbp.text.formatting import quote

_WORD = re.compile(r"\s*@(\w+)\s*(.*)", re.DOTALL)
_NAME = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{'"][^\s{]*)\s*(.*)""", re.DOTALL)
_TYPE = re.compile(r"([a-z]+)\s*(.*)", re.IGNORECASE | re.DOTALL)
_NUMBERS = frozenset({"numeric", "real", "integer"})
# Of KEEL's dialect: which attributes are inputs and outputs.
_KEEL = frozenset({"inputs", "outputs", "input", "output"})


@dataclass(frozen=True)
class Attribute:
    """A declared column.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"numeric", "nominal", "string", "date"}
        Its type.
    levels : tuple of str
        The words of a nominal attribute, in their order.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()


def read_header(lines: Iterator[str], label: str) -> tuple[tuple[Attribute, ...], int]:
    """Read the declarations up to ``@data``; return them and the number of lines they take.

    Raises
    ------
    FileFormatError
        If a declaration is not of ARFF, two attributes have one name, or there is no ``@data``.
    """
    attributes: list[Attribute] = []
    line_number = 0
    for line_number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        word = _WORD.match(text)
        where = f"{label}, line {line_number}"
        if word is None:
            raise FileFormatError(
                f"{where}: {quote(text)} is no declaration; expected @attribute or @data"
            )
        keyword = word[1].lower()
        if keyword == "attribute":
            attributes.append(_attribute(word[2], where))
            if len(attributes) > MOST_COLUMNS:
                raise FileFormatError(
                    f"{where}: more than {MOST_COLUMNS:,} attributes; split the table"
                )
        elif keyword == "data":
            break
        elif keyword != "relation" and keyword not in _KEEL:
            raise FileFormatError(
                f"{where}: @{keyword} is no declaration of ARFF; expected @attribute or @data"
            )
    else:
        raise FileFormatError(f"{label} is an ARFF file without @data; is it cut short?")
    if not attributes:
        raise FileFormatError(f"{label} is an ARFF file without @attribute before @data")
    check_different((attribute.name for attribute in attributes), label)
    return tuple(attributes), line_number


def _attribute(text: str, where: str) -> Attribute:
    """Read what follows ``@attribute``."""
    match = _NAME.match(text)
    if match is None:
        raise FileFormatError(f"{where}: @attribute without a name; expected @attribute NAME TYPE")
    name, rest = unquote(match[1]).strip(), match[2].strip()
    if rest.startswith("{"):
        return Attribute(name, "nominal", _levels(name, rest, where))
    type_match = _TYPE.match(rest)
    kind = type_match[1].lower() if type_match else ""
    if kind in _NUMBERS:
        return Attribute(name, "numeric")
    if kind in ("string", "date"):
        return Attribute(name, kind)
    shown = quote(LOOSE_COMMENT.sub("", rest)) if rest else "no type"
    raise FileFormatError(
        f"{where}: attribute {quote(name)} has {shown}; expected numeric, real, integer, string, "
        "date or {a, b, ...}"
        + ("; write a relational attribute as columns of its own" if kind == "relational" else "")
    )


def _levels(name: str, text: str, where: str) -> tuple[str, ...]:
    """Read ``{a, 'b c'}``, behind which a comment may stand."""
    cells, rest = split_cells(text[1:], end="}")
    if rest is None:
        raise FileFormatError(f"{where}: the list of attribute {quote(name)} has no }} at its end")
    levels = tuple("?" if cell is None else cell for cell in cells)
    return tuple(dict.fromkeys(levels))
