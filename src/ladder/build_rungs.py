"""Building the ladder's rungs: what setup.py does for them besides compiling modules.

Most rungs are written for both number types at once and are one module. A rung that fixes a number
type, or an instruction set too, is written as a body, which a file of a few lines includes for
each. The compiler's optimization remarks on the rungs' loops are installed with the sources, for
``fastbp bench --show``.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import tiles

from sources import FILES, includes_of, write_if_new

FOLDER = Path(__file__).parent
SOURCES = sorted(
    path for path in FOLDER.iterdir() if path.is_file() and path.name != "build_rungs.py"
)

_PATH = FOLDER.parent.parent / "fastbp" / "bench" / "compilers.py"
_spec = importlib.util.spec_from_file_location("fastbp_compilers", _PATH)
assert _spec is not None
assert _spec.loader is not None
compilers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compilers)


def write_tuned(
    folder: Path, rung: str, name: str, registers: int, lanes: int, number_type: str
) -> Path:
    """Write the module of a rung, kernel set and number type; returns its path."""
    includes = ["tuned_rung.pxi", f"{rung}.pxi"]
    if rung == "tiles":
        includes.insert(1, f"unrolled_{name}.pxi")
        # Wider tiles are for batches of very few rows, and would take half as long again to build.
        write_if_new(folder / includes[1], tiles.unrolled(registers, lanes, widest=2))
    return write_if_new(
        folder / f"{rung}_{name}.pyx",
        f"ctypedef {number_type} real\n\n" + "".join(f'include "{path}"\n' for path in includes),
    )


def report(kind: str, text: str) -> str:
    """A report of the remarks on the loops of the files here: what was done, or else why not."""
    return str(compilers.report(kind, text, SOURCES))


def install_sources(folder: Path) -> None:
    """Copy the sources into the package, for ``--show`` and for includes of ``--rung kern.pyx``."""
    for path in {*SOURCES, *includes_of(FILES["loops.pxd"])}:
        # As text: whoever looks for Python files in the package is not to find one there.
        suffix = ".txt" if path.suffix == ".py" else ""
        shutil.copyfile(path, folder / f"{path.name}{suffix}")
