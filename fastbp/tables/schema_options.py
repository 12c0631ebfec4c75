"""What users say about how the columns of a table are read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastbp.tables.column_names import numbered_names
from fastbp.tables.kinds.dates import ORDERS
from fastbp.text.formatting import list_names, quote

#: The kinds that a user can ask for.
KINDS = ("number", "words", "date", "yes/no", "drop")
TASKS = ("auto", "classify", "regress")
# A title above a table, or cells that are not separated, look like so many columns.
_FEW = 2


@dataclass(frozen=True)
class SchemaOptions:
    """How columns are read where the cells do not tell, or tell otherwise than is meant.

    Attributes
    ----------
    decimal : {".", ","}, optional
        The decimal mark where the cells do not tell.
    missing : str or collection of str
        Texts that stand for a missing cell, beside the usual ones.
    dates : {"dmy", "mdy", "ymd"}, optional
        The order of day, month and year where the cells do not tell.
    ordered : mapping of str to sequence of str
        The words of columns in their order: ``{"size": ["S", "M", "L"]}``.
    drop : collection of str
        Columns that are left out.
    kinds : mapping of str to str
        What columns are: ``{"zip": "words"}``; any of number, words, date, yes/no, drop.
    task : {"auto", "classify", "regress"}
        Whether the target is a class or a number; found from its cells by default.

    Raises
    ------
    TypeError, ValueError
        If a value is not one of these.

    Examples
    --------
    >>> SchemaOptions(decimal=",", kinds={"zip": "words"}).decimal
    ','
    """

    decimal: str | None = None
    missing: Collection[str] = ()
    dates: str | None = None
    ordered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drop: Collection[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    task: str | None = "auto"

    def __post_init__(self) -> None:
        _check_choice("decimal", self.decimal, (".", ","))
        _check_choice("dates", self.dates, tuple(ORDERS))
        _check_choice("task", self.task, TASKS)
        for name in ("missing", "drop"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name in ("ordered", "kinds"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, Mapping):
                raise TypeError(f"{name} is {value!r:.80}; expected a dict from names of columns")
            object.__setattr__(self, name, dict(value or {}))
        for column, kind in self.kinds.items():
            _check_choice(f"the kind of {column!r}", kind, KINDS)
        for column, levels in self.ordered.items():
            levels = _texts(f"ordered[{column!r}]", levels)
            if len(levels) < 2 or len(set(levels)) < len(levels):
                raise ValueError(
                    f"ordered[{column!r}] is {list_names(levels)}; expected two words or more, all "
                    "different, from the least to the greatest"
                )
            self.ordered[column] = levels  # type: ignore[index]  # the dict made above
        for column in self.ordered:
            if column in self.kinds:
                raise ValueError(f"{quote(column)} is in ordered and in kinds; give one of them")

    @property
    def left_out(self) -> frozenset[str]:
        """The columns that are not used, by either option."""
        return frozenset(self.drop) | {
            column for column, kind in self.kinds.items() if kind == "drop"
        }

    def to_dict(self) -> dict[str, Any]:
        """Those that were given, in plain values, as arguments of this class.

        >>> SchemaOptions(drop="zip").to_dict()
        {'drop': ['zip']}
        """
        plain = {
            **vars(self),
            "missing": list(self.missing),
            "drop": list(self.drop),
            "ordered": {column: list(levels) for column, levels in self.ordered.items()},
        }
        default = SchemaOptions()
        return {
            name: value
            for name, value in plain.items()
            if getattr(self, name) != getattr(default, name)
        }


def find_column(
    column: str,
    names: Sequence[str],
    named: bool,
    label: str,
    argument: str,
    *,
    is_text: bool = True,
) -> str:
    """Find a column by its name, or without a header by its number, from 1.

    Raises
    ------
    ValueError
        If there is no such column; the message has the closest name, and of a table in a file
        (``is_text``) what may be wrong with the reading.
    """
    if column in names:
        return column
    if not named:
        number = column.lstrip("0")
        if number in map(str, range(1, len(names) + 1)):
            return names[int(number) - 1]
        raise ValueError(
            f"{argument} is {quote(column)}, and {label} has no names of columns; give the "
            f"column's number, 1 to {len(names):,}"
        )
    close = difflib.get_close_matches(column, names, n=1)
    hint = f"; did you mean {quote(close[0])}?" if close else "."
    n_given = sum(a != b for a, b in zip(names, numbered_names(len(names)), strict=True))
    if is_text and n_given <= _FEW and not close:
        hint += (
            " If the table begins further down, skip=N (--skip N) leaves out the lines above it; "
            "delimiter (--delimiter) says what separates the cells."
        )
    raise ValueError(
        f"{argument} is {quote(column)}, and {label} has no such column{hint} Its columns are "
        f"{list_names(names)}"
    )


def _check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if value is not None and (not isinstance(value, str) or value not in choices):
        raise ValueError(f"{name} is {value!r:.80}; expected one of {', '.join(choices)}")


def _texts(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value.strip(),)
    if not isinstance(value, Collection) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{name} is {value!r:.80}; expected a list of texts")
    return tuple(item.strip() for item in value)
