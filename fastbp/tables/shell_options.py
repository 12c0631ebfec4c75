"""Options of the command line, written in messages so that a shell takes them as they are."""

from __future__ import annotations

import csv
import io

from fastbp.text.formatting import shell_quote

# Half of a name would be another one.
_LONGEST = 100
# A value that holds one of its characters is put in quotes.
_LINE_END = "\r\n"


def shell_option(option: str, value: str, suffix: str = "", *, of_list: bool = True) -> str:
    """Write an option with its value.

    Parameters
    ----------
    option : str
        Such as ``--drop``.
    value : str
        A column's name, or the text of a cell; a long one is written as ``...``.
    suffix : str
        What follows the value.
    of_list : bool
        Whether the option takes several values, with commas between them.

    Examples
    --------
    >>> print(shell_option("--drop", "size, in cm"), shell_option("--missing", "-99"))
    --drop '"size, in cm"' --missing=-99
    >>> print(shell_option("--missing", "--"))
    --missing '"--"'
    """
    if len(value) > _LONGEST:
        return f"{option} ...{suffix}"
    if of_list:
        line = io.StringIO()
        # argparse leaves out a value that is "--".
        csv.writer(
            line,
            lineterminator=_LINE_END,
            quoting=csv.QUOTE_ALL if value == "--" else csv.QUOTE_MINIMAL,
        ).writerow([value])
        value = line.getvalue().removesuffix(_LINE_END)
    text = value + suffix
    return f"{option}{'=' if text.startswith('-') else ' '}{shell_quote(text)}"
