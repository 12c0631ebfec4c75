"""Standard output for the tables: a closed pipe or a full disk must not lose results."""

import sys

from fastbp.text.page import Page, can_show
from fastbp.text.streams import encoding_of, flush, print_to_stderr, silence


class Console:
    """Standard output, or its replacement; None prints nothing.

    Parameters
    ----------
    required : bool
        Whether this is the run's only output. Then a failure is raised at once; otherwise
        :meth:`check` raises it later, and nothing more is printed.

    Examples
    --------
    >>> console = Console(required=True)
    >>> page = console.page()
    >>> page.text("one table")
    >>> console.show(page)
    one table
    """

    def __init__(self, required: bool) -> None:
        self._required = required
        self._failure: OSError | ValueError | None = None

    def page(self) -> Page:
        """Make a page, in characters that the encoding has."""
        return Page(spell_out=not can_show(encoding_of(sys.stdout)))

    def show(self, text: object) -> None:
        """Print and flush; a table may take a minute."""
        if self._failure is not None:
            return
        try:
            print(text)
            flush(sys.stdout)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            if self._required:
                raise
            self._failure = error
            silence(sys.stdout)

    def print_message(self, text: str) -> None:
        """Print a message, on standard error if standard output has failed."""
        self.show(text)
        if self._failure is not None:
            print_to_stderr(f"fastbp bench: {text}")

    def check(self) -> None:
        """Raise the failure, if there was one."""
        if self._failure is not None:
            raise self._failure
