"""Where the sources of the compiled modules are, what each includes, and how some are written.

A file's name is its own in all of src/, so an ``include`` names it without its folder.
"""

from __future__ import annotations

import re
from pathlib import Path

SRC = Path(__file__).parent
FILES = {
    path.name: path
    for path in sorted(SRC.rglob("*"))
    if path.suffix in {".pyx", ".pxi", ".pxd", ".h"} or path.name == "pure_mode.py"
}
FOLDERS = sorted({path.parent for path in FILES.values()})

# include "x.pxi", #include "x.h", cdef extern from "x.h", from x cimport y, cimport x
_READ = re.compile(
    r'^\s*(?:#?include "([^"]+)"|cdef extern from "([^"]+)"|from (\w+) cimport\b|cimport (\w+)$)',
    re.M,
)


def includes_of(path: Path) -> list[Path]:
    """List the files of src/ that a source reads: those that it names, and those that they name."""
    included_files: dict[Path, None] = {}
    to_read = [path]
    while to_read:
        for included, header, module, module_name in _READ.findall(
            to_read.pop().read_text("utf-8")
        ):
            name = Path(included or header or f"{module or module_name}.pxd").name
            if name in FILES and FILES[name] not in included_files:
                included_files[FILES[name]] = None
                to_read.append(FILES[name])
    return list(included_files)


def write_if_new(path: Path, text: str) -> Path:
    """Write a file unless it holds that already: a module is not built again for nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path
