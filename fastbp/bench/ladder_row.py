"""One row of the ladder's table."""

import importlib.util
from dataclasses import dataclass

from fastbp.bench.compilers import Build

# Importable module -> its name for pip, if another one, or the build option that it needs.
PACKAGES = {"sklearn": "scikit-learn", "fastbp.bench._openmp": "FASTBP_OPENMP=1"}
EXTRAS = {"scipy": "bench"}  # package -> the extra of fastbp that brings it


@dataclass(frozen=True)
class Row:
    """A rung of the ladder.

    Parameters
    ----------
    name : str
        Lower case, unique: what is typed after ``--rungs``.
    import_path : str
        "package.module:Class" or "folder/file.py:function", which makes a
        :class:`fastbp.bench.Rung`. It is imported in the rung's own process only.
    idea : str
        One line: what it does differently.
    source : str or None
        The file that ``--show`` shows, in fastbp/bench/.
    needs : tuple of str
        Importable modules without which it is left out.
    dtypes : tuple of str
        The number types that it has.
    threads : bool
        Whether it can use more than one.
    environment : tuple of (str, str)
        Environment variables of its process.
    baseline : str or None
        The rung that it differs from by this idea, and is compared with, where that is not the
        row above.
    build : Build or None
        How a Cython file of the user's own was compiled.
    """

    name: str
    import_path: str
    idea: str
    source: str | None = None
    needs: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ("float32", "float64")
    threads: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    baseline: str | None = None
    build: Build | None = None

    def missing(self) -> str | None:
        """How to get the first package that it needs and that is not there; None if all are."""
        missing = (module for module in self.needs if not is_importable(module))
        return next(map(how_to_get, missing), None)

    def left_out(self, dtype: str, threads: int) -> str | None:
        """Why it cannot be tried, None if it can."""
        if why := self.missing():
            return why
        if dtype not in self.dtypes:
            return f"it has no {dtype}"
        if threads > 1 and not self.threads:
            return "it uses one thread"
        return None


def is_importable(module: str) -> bool:
    """Whether a module is there; it is not imported, though the packages above it are."""
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def how_to_get(module: str) -> str:
    """What to do about a module that is missing."""
    package = module.partition(".")[0]
    if module in PACKAGES and package == "fastbp":
        return f"fastbp was built without it; installed with {PACKAGES[module]} set, it has it"
    if package == "fastbp":
        return "this installation was built without it"
    name = PACKAGES.get(package, package)
    extra = f", or 'fastbp[{EXTRAS[name]}]'" if name in EXTRAS else ""
    return f"needs {name}: pip install {name}{extra}"
