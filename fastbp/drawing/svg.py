"""An SVG picture as an object: notebooks show it, and it can be saved."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from fastbp.drawing.markup import Markup


class SVG:
    """A picture as the text of an SVG file; a notebook shows it.

    Parameters
    ----------
    markup : Markup
        The whole file.
    title : str
        What it shows.
    """

    def __init__(self, markup: Markup, title: str) -> None:
        self._markup = markup
        self._title = title

    def __str__(self) -> str:
        """Return the text of the file."""
        return self._markup

    def __repr__(self) -> str:
        return f"<SVG: {self._title}; save(path) writes it>"

    def _repr_svg_(self) -> str:
        return self._markup

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture to a file; the name should end in .svg.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        Path(path).write_text(self._markup, encoding="utf-8")
