"""The pictures of ``fastbp bench``, from its JSON alone: a page, and SVG files."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastbp.bench.pictures import crossover, page
from fastbp.bench.pictures.bars import LETTERS
from fastbp.bench.reading import read, views
from fastbp.drawing.markup import Markup
from fastbp.model_file.atomic_write import replace_file

Results = Mapping[str, Any]


def write_html(results: Results | Sequence[Results], path: str | os.PathLike[str]) -> None:
    """Write one self-contained page; several results stand beside each other on it.

    Parameters
    ----------
    results : dict, or sequence of at most four
        What ``fastbp bench --json`` writes, parsed.
    path : path-like
        The file; it is replaced as a whole.

    Raises
    ------
    ValueError
        If the results are not of that structure; the place is named.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> write_html({"schema": 1, "results": []}, "ladder.html")  # doctest: +SKIP
    """
    several = [results] if isinstance(results, Mapping) else list(results)
    if not 1 <= len(several) <= len(LETTERS):
        raise ValueError(
            f"results are {len(several)} files, expected 1 to {len(LETTERS)}; leave some out"
        )
    _write(path, page.make([read(result) for result in several]))


def write_plots(results: Results, folder: str | os.PathLike[str]) -> list[Path]:
    """Write every picture as an SVG file of its own, light or dark as the reader's system is.

    Parameters
    ----------
    results : dict
        What ``fastbp bench --json`` writes, parsed.
    folder : path-like
        Where to; it is made if it is not there.

    Returns
    -------
    list of Path
        The files: ``bars-...``, ``roofline-...`` and ``crossover-...``.

    Raises
    ------
    ValueError
        If the results are not of that structure; the place is named.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> write_plots({"schema": 1, "results": []}, "plots")  # doctest: +SKIP
    []
    """
    run, target, written = read(results), Path(folder), []
    drawn = [picture for side in views([run]).values() for picture in page.pictures([run], side)]
    drawn += crossover.maps(run.results)
    target.mkdir(parents=True, exist_ok=True)
    for picture in drawn:
        path = target / f"{picture.name}.svg"
        _write(path, picture.file())
        written.append(path)
    return written


def _write(path: str | os.PathLike[str], content: Markup) -> None:
    replace_file(path, [memoryview(content.encode("utf-8"))])
