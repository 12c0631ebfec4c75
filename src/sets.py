"""The kernel sets: what each is built for, and with which flags."""

import sys
import sysconfig
from collections.abc import Iterator

# Tuned kernel set -> machine, vector registers, bytes in one, and the compiler's name for it. Each
# is built for both number types, where the compiler takes GCC's flags.
KERNEL_SETS = {
    "v3": ("x86_64", 16, 32, "x86-64-v3"),
    "v4": ("x86_64", 32, 64, "x86-64-v4"),
    "neon": ("aarch64", 25, 16, "armv8-a"),  # has 32: see MOST_ROWS in src/simd/tiles.py
}
NUMBER_TYPES = {"float32": ("float", 32), "float64": ("double", 64)}
# Kernel set -> flags for products of bfloat16 numbers; without any, they are emulated.
BFLOAT16 = {"v3": [], "v4": ["-mavx512bf16"], "neon": []}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # other systems' names

TUNED_FLAGS = [
    "-ffp-contract=fast",  # one instruction for x * b + c: half the work, and one rounding less
    "-fno-tree-loop-distribute-patterns",  # rows are short: a call of memcpy takes longer
]


def target() -> str:
    """Name the machine that is built for: Python's platform, which tells of cross-compiling too."""
    machine = sysconfig.get_platform().rpartition("-")[2]
    return MACHINES.get(machine, machine)


def tuned_sets() -> Iterator[tuple]:
    """List what tuned modules are built for: the end of a name, and a module's two tables' rows."""
    for prefix, (machine, registers, width, march) in KERNEL_SETS.items():
        if machine == target() and sys.platform != "win32":
            for dtype, (number_type, bits) in NUMBER_TYPES.items():
                shape = registers, width * 8 // bits, number_type
                macros = [("VECTOR_BYTES", str(width)), ("REAL_BITS", str(bits))]
                yield f"{prefix}_{dtype}", shape, macros, [f"-march={march}", *TUNED_FLAGS]


def bfloat16_sets() -> Iterator[tuple]:
    """List in the same way what modules of bfloat16 products are built for."""
    for name, (*shape, _), macros, flags in tuned_sets():
        prefix, _, dtype = name.partition("_")
        if dtype == "float32":  # which sums and everything else are
            yield f"{prefix}_bfloat16", (*shape, "float", "pairs"), macros, flags + BFLOAT16[prefix]
