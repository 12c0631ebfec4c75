"""Cython's annotation of a file: how much the C code of each line has to do with Python."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from fastbp.bench import cython_build

# A line of the page that `cython -a` writes.
_LINE = re.compile(
    r'<pre class="cython line score-(\d+)"[^>]*>[^<]*<span class="[^"]*">(\d+)</span>'
)


def scores_of(path: Path) -> Mapping[int, int]:
    """Line -> score, of a file's yellow lines: Cython counts 5 for each call of Python's C API.

    Raises
    ------
    CompilationError
        If Cython refuses the file.
    """
    c_file = Path(tempfile.mkdtemp(dir=cython_build.folder())) / f"{cython_build.MODULE}.c"
    cython_build.cython(path, c_file, ["--annotate"])
    page = c_file.with_suffix(".html").read_text("utf-8")
    return {int(line): int(score) for score, line in _LINE.findall(page) if score != "0"}
