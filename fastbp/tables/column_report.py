"""What each column of a table was taken for, and why."""

from __future__ import annotations

from dataclasses import dataclass

from fastbp.text.formatting import truncate
from fastbp.text.printable import printable

_WIDEST_NAME = 30
_MOST_SHOWN = 100


@dataclass(frozen=True)
class ColumnReport:
    """What a column was taken for.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        ``number``, ``words``, ``yes/no``, ``ordered``, ``date``, ``left out`` or ``target``.
    reason : str
        Why, and what is said of it.
    noteworthy : bool
        Whether a report that has little room should have it: more than a plain column of numbers
        or words.
    """

    name: str
    kind: str
    reason: str
    noteworthy: bool = False


class ColumnReports(tuple[ColumnReport, ...]):
    """Reports of all columns, which print as a table."""

    def __str__(self) -> str:
        names = [printable(truncate(report.name, _WIDEST_NAME)) for report in self]
        width = max(map(len, names), default=0)
        lines = [
            f"{name:{width}}  {report.kind:8}  {printable(report.reason)}"
            for name, report in zip(names[:_MOST_SHOWN], self, strict=False)
        ]
        if len(self) > _MOST_SHOWN:
            lines.append(f"... and {len(self) - _MOST_SHOWN:,} more columns")
        return "\n".join(lines)

    __repr__ = __str__
