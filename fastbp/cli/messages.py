"""Printing of labelled paragraphs to standard output, and of notes to standard error."""

from __future__ import annotations

import contextlib
import textwrap
import warnings
from collections.abc import Iterator

from fastbp.errors import TrainingWarning
from fastbp.text.printable import printable
from fastbp.text.streams import print_to_stderr

_LABEL_WIDTH = 11
_PAGE_WIDTH = 79


def print_item(label: str, text: str) -> None:
    """Print a labelled paragraph: the label on the left, the text beside it, safe to show."""
    indent = " " * _LABEL_WIDTH
    lines = textwrap.wrap(
        printable(text),
        _PAGE_WIDTH,
        initial_indent=label.ljust(_LABEL_WIDTH),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    print("\n".join(lines))


def note(text: str) -> None:
    """Print something that the user should know to standard error, safe to show."""
    print_to_stderr(f"note: {printable(text)}")


@contextlib.contextmanager
def training_warnings_as_notes() -> Iterator[None]:
    """Print TrainingWarnings of the block as notes."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always", TrainingWarning)
        yield
    for record in records:
        if not issubclass(record.category, TrainingWarning):
            location = record.filename, record.lineno
            warnings.warn_explicit(record.message, record.category, *location)
            continue
        note(str(record.message))
