"""The kernel sets: what each is built for, with which flags, and which loops are in its table."""

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


# The fields of a kernel table (Kernels in src/kernels/kernels.pxd) -> what every set has. A
# function's type is the field's name with _t; NULL: there is none.
SHARED = {
    "itemsize": "sizeof(real)",
    "scratch": "0",
    "gather": "gather",
    "activate": "activate",
    "count_exact": "count_exact",
    "transpose": "NULL",
    "terms_a_row": "1",
    "slope": "times_slope",
    "drop": "drop",
    "drop_delta": "drop_delta",
    "scale_rows": "scale_rows",
    "soften_rows": "soften_rows",
    "clipped_loss": "clipped_loss",
    "add": "add",
    "norm_squared": "norm_squared",
    "update": "update",
    "accumulate_update": "NULL",
    "all_finite": "all_finite",
    "small_steps": "NULL",
    "small_width": "0",
    "multiply_adds": "NULL",
    "round_flops": "0",
}
# What a kind of set has besides, or in its place.
PLAIN = {
    "slice_work": "1 << 25",
    "forward": "forward",
    "output": "output",
    "delta": "delta_below",
    "accumulate": "accumulate",
    "accumulate_bias": "accumulate_bias",
}
PLAIN_BFLOAT16 = {
    "slice_work": "1 << 24",
    "forward": "forward_rounded",
    "delta": "delta_rounded",
    "accumulate": "accumulate_rounded",
}
TUNED = {
    "slice_work": "1 << 28",
    "forward": "tuned_forward",
    "output": "tuned_output",
    "transpose": "transpose",
    "delta": "tuned_delta",
    "accumulate": "tuned_accumulate",
    "accumulate_bias": "tuned_accumulate_bias",
    "accumulate_update": "tuned_accumulate_update",
    "small_steps": "small_steps",
    "small_width": "LANES",
    "multiply_adds": "multiply_adds",
    "round_flops": "2 * PEAK_SUMS * LANES",
}
TUNED_BFLOAT16 = {
    "slice_work": "PAIR_SLICE_WORK",
    "scratch": "PAIRS_OF_A + PAIRS_OF_B",
    "forward": "forward_in_pairs",
    "transpose": "transpose_in_pairs",
    "terms_a_row": "2",
    "delta": "delta_in_pairs",
    "accumulate": "accumulate_in_pairs",
    "accumulate_update": "accumulate_update_in_pairs",
    "small_steps": "NULL",
}
# Kind of module -> the tables that fill in its own, one after the other.
TABLES = {
    "plain": (SHARED, PLAIN),
    "plain_bfloat16": (SHARED, PLAIN, PLAIN_BFLOAT16),
    "tuned": (SHARED, TUNED),
    "tuned_bfloat16": (SHARED, TUNED, TUNED_BFLOAT16),
}
# The fields that are no functions.
VALUES = {"itemsize", "slice_work", "scratch", "terms_a_row", "small_width", "round_flops"}


def table_files() -> dict[str, str]:
    """Write what fills each kind of module's table in: the name and text of a file.

    What is replaced is put in too, or compilers would warn of functions that nobody uses.
    """
    files = {}
    for kind, tables in TABLES.items():
        lines = ["# Written by src/sets.py; not to be edited."]
        for field, value in (row for table in tables for row in table.items()):
            cast = "" if field in VALUES or value == "NULL" else f"<{field}_t> "
            lines.append(f"table.{field} = {cast}{value}")
        files[f"table_of_{kind}.pxi"] = "\n".join(lines) + "\n"
    return files
