"""Text that a notebook shows as what it is: LaTeX, Markdown, HTML or plain text."""

from __future__ import annotations

from typing import Any, Self


class Rendered(str):
    """A string in one of four formats; a notebook shows it rendered.

    Attributes
    ----------
    content_format : "text", "markdown", "latex" or "html"
        What the string is written in.

    Examples
    --------
    >>> Rendered("$z_j$", "latex")._repr_latex_()
    '$z_j$'
    """

    content_format: str

    def __new__(cls, content: str, format: str = "text") -> Self:  # noqa: D102
        rendered = super().__new__(cls, content)
        rendered.content_format = format
        return rendered

    def _in(self, format: str) -> str | None:
        return str(self) if self.content_format == format else None

    def _repr_html_(self) -> str | None:
        return self._in("html")

    def _repr_latex_(self) -> str | None:
        return self._in("latex")

    def _repr_markdown_(self) -> str | None:
        return self._in("markdown")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the lines of text, where IPython would print them quoted and escaped."""
        printer.text(str(self) if self.content_format == "text" else repr(self))

    def __reduce__(self) -> tuple[type[Rendered], tuple[str, str]]:
        return type(self), (str(self), self.content_format)
