"""The choice of the kernel set at import, and :func:`show_config`."""

import functools
import importlib.util
import os
import platform
import sys
from typing import Any

import numpy as np

try:
    from fastbp import _boundary, _cpu
    from fastbp import _plain_float32 as _plain  # noqa: F401 - the set that every build has
except ImportError as error:
    raise ImportError(
        "fastbp's compiled modules are missing or were built for another Python. In a source "
        "tree, build them with: pip install -e .   (what pip install . has built is found from "
        "other folders only, for Python looks into the current one first). "
        f"The cause was: {error}"
    ) from error

from fastbp.version import __version__

#: Kernel sets from the plainest to the fastest, and the prefix of their modules' names.
PREFIXES = {
    "plain": "_plain",
    "x86-64-v3": "_v3",
    "x86-64-v4": "_v4",
    "aarch64-neon": "_neon",
}


def _choose() -> str:
    """The set that FASTBP_ISA names, or else the fastest one that was built and can run here."""
    forced = os.environ.get("FASTBP_ISA", "")
    if not forced:
        return runnable()[-1]
    if forced not in available():
        raise ImportError(
            f"FASTBP_ISA={forced!r} names no kernel set of this build; it has: "
            f"{', '.join(available())}. Unset it to let fastbp choose"
        )
    if forced not in runnable():
        raise ImportError(
            f"FASTBP_ISA={forced!r} cannot run on this machine, which lacks its instructions; "
            f"it can run: {', '.join(runnable())}. Unset it to let fastbp choose"
        )
    return forced


def available() -> list[str]:
    """The kernel sets of this build, whether or not this machine can run them."""
    return [name for name, prefix in PREFIXES.items() if _is_built(prefix)]


def runnable() -> list[str]:
    """Those of them that this machine can run."""
    return [name for name in available() if _cpu.SUPPORTED[name]]


@functools.cache  # searches the import path, too slow for every new network
def _is_built(prefix: str, dtype_name: str = "float32") -> bool:
    return importlib.util.find_spec(f"fastbp.{prefix}_{dtype_name}") is not None


#: The kernel set in use.
ISA = _choose()
_FORCED = bool(os.environ.get("FASTBP_ISA"))

#: Kernel set -> one of shorter vectors, of so many bytes. Networks that fit into those use it,
#: unless FASTBP_ISA is set: an operation on half a vector is done a little sooner, and a
#: network of a few nodes does little but wait for the last one (2-4-1: 72 ns a step, not 84).
SHORTER = {"x86-64-v4": ("x86-64-v3", 32)}


#: Kernel sets whose products of bfloat16 numbers are instructions; the others' are emulated.
NATIVE_BFLOAT16 = ("x86-64-v4",)


@functools.cache
def _table(isa: str, dtype_name: str) -> object:
    return importlib.import_module(f"fastbp.{PREFIXES[isa]}_{dtype_name}").KERNELS


@functools.cache
def _bfloat16_set() -> str:
    """The fastest set, up to the one in use, whose bfloat16 products this machine can run."""
    return next(
        name
        for name in reversed(list(PREFIXES)[: list(PREFIXES).index(ISA) + 1])
        if _cpu.SUPPORTED[name]
        and _is_built(PREFIXES[name], "bfloat16")
        and (_cpu.BFLOAT16 or name not in NATIVE_BFLOAT16)
    )


def kernels(dtype: np.dtype[Any], widest: int, compute: str | None = None) -> object:
    """The table of loops for a number type, and for networks of at most so many nodes a layer."""
    if compute is not None:
        return _table(_bfloat16_set(), compute)
    shorter, nbytes = SHORTER.get(ISA, (ISA, 0))
    fits = widest * dtype.itemsize <= nbytes and shorter in available()
    return _table(shorter if fits and not _FORCED else ISA, dtype.name)


def _small_layers_note() -> str:
    shorter, nbytes = SHORTER.get(ISA, (ISA, 0))
    if nbytes == 0 or shorter not in available():
        return ""
    return f" ({shorter} for layers of at most {nbytes // 8} nodes, in float32 {nbytes // 4})"


def _bfloat16_note() -> str:
    isa = _bfloat16_set()
    return f"{'native' if isa in NATIVE_BFLOAT16 else 'emulated'} ({isa})"


def config() -> dict[str, str]:
    """The versions and choices that results depend on."""
    return {
        "fastbp": __version__,
        "kernel set": ISA + (" (FASTBP_ISA)" if _FORCED else _small_layers_note()),
        "kernel sets built": ", ".join(available()),
        "bfloat16 products": _bfloat16_note(),
        "bounds checks": "on (debug build)" if _boundary.CHECKED else "off",
        "numpy": np.__version__,
        "python": f"{platform.python_version()} ({sys.implementation.name})",
        "platform": platform.platform(),
    }


def show_config() -> None:
    """Print the kernel set in use, the versions and the platform.

    Examples
    --------
    >>> import fastbp
    >>> fastbp.show_config()  # doctest: +ELLIPSIS
    fastbp             ...
    """
    for name, value in config().items():
        print(f"{name:18} {value}")
