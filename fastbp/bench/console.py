"""Where the tables go: a pipe whose reader may leave, a disk that may fill up, or nothing.

What was measured for a file must not be lost with them.
"""

import sys

from fastbp.page import Page, can_show
from fastbp.streams import encoding_of, flush, say_aside, silence


class Console:
    """Standard output, whatever stands in its place; None shows nothing.

    Parameters
    ----------
    needed : bool
        Whether the run is for this output alone. If so, its failure is raised at once; else it is
        kept for :meth:`check`, and nothing more is shown.

    Examples
    --------
    >>> console = Console(needed=True)
    >>> page = console.page()
    >>> page.text("one table")
    >>> console.show(page)
    one table
    """

    def __init__(self, needed: bool) -> None:
        self._needed = needed
        self._failure: OSError | ValueError | None = None

    def page(self) -> Page:
        """Begin a page, in the letters that can be shown."""
        return Page(spell_out=not can_show(encoding_of(sys.stdout)))

    def show(self, text: object) -> None:
        """Print, so that it is seen now; a table may be a minute's work."""
        if self._failure is not None:
            return
        try:
            print(text)
            flush(sys.stdout)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            if self._needed:
                raise
            self._failure = error
            silence(sys.stdout)

    def say(self, text: str) -> None:
        """Show what must be known also where nothing can be shown: on standard error then."""
        self.show(text)
        if self._failure is not None:
            say_aside(f"fastbp bench: {text}")

    def check(self) -> None:
        """Raise what went wrong."""
        if self._failure is not None:
            raise self._failure
