"""Which kernel set runs: chosen once at import, told by :func:`show_config`."""

import os
import platform
import sys
from typing import Any

import numpy as np

try:
    from fastbp import _boundary, _plain_float32, _plain_float64
except ImportError as error:
    raise ImportError(
        "fastbp's compiled modules are missing or were built for another Python. In a source "
        "tree, build them with: pip install -e .   (or install the package with: pip install .). "
        f"The cause was: {error}"
    ) from error

#: Kernel set -> number type -> the table of loops.
KERNEL_SETS: dict[str, dict[str, object]] = {
    "plain": {"float32": _plain_float32.KERNELS, "float64": _plain_float64.KERNELS},
}


def _choose() -> str:
    forced = os.environ.get("FASTBP_ISA", "")
    if forced and forced not in KERNEL_SETS:
        raise ImportError(
            f"FASTBP_ISA={forced!r} names no kernel set of this build; it has: "
            f"{', '.join(KERNEL_SETS)}. Unset it to let fastbp choose"
        )
    return forced or "plain"


#: The kernel set in use.
ISA = _choose()


def kernels(dtype: np.dtype[Any]) -> object:
    """The table of loops for a number type."""
    return KERNEL_SETS[ISA][dtype.name]


def config() -> dict[str, str]:
    """The versions and choices that results depend on."""
    from fastbp import __version__

    return {
        "fastbp": __version__,
        "kernel set": ISA + (" (FASTBP_ISA)" if os.environ.get("FASTBP_ISA") else ""),
        "kernel sets built": ", ".join(KERNEL_SETS),
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
