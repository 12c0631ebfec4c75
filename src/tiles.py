"""Writes the register tiles: one loop, unrolled for every shape a register file has room for.

A tile of R rows and C vectors keeps R x C running sums in registers while p runs over the terms:

    c_rv += A(r, p) B(p, v)    with A(r, p) = A[r * rs + p * ps]   a number, given to all lanes
                               and  B(p, v) = B[p * ldb + v]       a vector

The sums must be variables with names of their own: a C array of them is kept in memory by the
compilers, at a third of the speed. That is all this generator is for; the loop is below, in
TILE. Forward, delta and gradient are the same product with other strides (see tuned.pxi).
"""

from pathlib import Path

# Registers -> the most rows for tiles of 1, 2 and 3 vectors: R C sums, C vectors of B, one of A.
MOST_ROWS = {32: (16, 14, 8), 16: (12, 6, 4)}

TILE = """\
cdef void tile_{R}x{C}(const real *A, Py_ssize_t rs, Py_ssize_t ps, const real *B, Py_ssize_t ldb,
{pad}const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to,
{pad}Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t p
    cdef Py_ssize_t rs2 = 2 * rs, rs3 = 3 * rs
    cdef vec x, {vectors}
    cdef vec {sums}
{bases}
    for p in range(n):
{loads}
{products}
{steps}
        B += ldb
{stores}
"""


def tile(R: int, C: int) -> str:
    """The source of one tile; rows are reached from a base every four rows: r = base + 0..3."""
    rows, vectors = range(R), range(C)
    strides = ("0", "rs", "rs2", "rs3")
    bases = range(0, R, 4)
    name = f"tile_{R}x{C}("
    lines = {
        "vectors": ", ".join(f"b{v}" for v in vectors),
        "sums": ", ".join(
            f"c{r}_{v} = load(start + {r} * ld_start + {v} * LANES)" for r in rows for v in vectors
        ),
        "bases": "\n".join(f"    cdef const real *A{base} = A + {base} * rs" for base in bases),
        "loads": "\n".join(f"        b{v} = load(B + {v} * LANES)" for v in vectors),
        "products": "\n".join(
            f"        x = splat(A{r - r % 4}[{strides[r % 4]}])\n"
            + "\n".join(f"        c{r}_{v} = c{r}_{v} + x * b{v}" for v in vectors)
            for r in rows
        ),
        "steps": "\n".join(f"        A{base} += ps" for base in bases),
        "stores": "\n".join(
            f"    store(to + {r} * ld_to + {v} * LANES, c{r}_{v})" for r in rows for v in vectors
        ),
    }
    return TILE.format(R=R, C=C, pad=" " * (len("cdef void ") + len(name)), **lines)


def tiles(registers: int) -> str:
    """All tiles of an instruction set with so many vector registers, and the table of them."""
    most = MOST_ROWS[registers]
    shapes = [(R, C) for C in (1, 2, 3) for R in range(1, most[C - 1] + 1)]
    rows = max(most)
    return "\n\n".join(
        [
            "# Written by src/tiles.py; not to be edited.",
            *(tile(R, C) for R, C in shapes),
            f"cdef tile_t TILES[4][{rows + 1}]\n"
            + "\n".join(f"TILES[{C}][{R}] = tile_{R}x{C}" for R, C in shapes)
            + f"\ncdef Py_ssize_t MOST_ROWS[4]\nMOST_ROWS[:] = {[0, *most]}\n",
        ]
    )


def write(folder: Path, name: str, registers: int, number_type: str) -> Path:
    """Write the module of one kernel set and number type; returns its path."""
    suffix = "f" if number_type == "float" else ""
    functions = ("exp", "expm1", "log1p", "sqrt", "tanh")
    imports = ", ".join(f"{function}{suffix} as {function}" for function in functions)
    if not suffix:
        imports = ", ".join(functions)
    imports += f", fma{suffix} as mul_add"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"tiles{registers}.pxi").write_text(tiles(registers))
    path = folder / f"{name}.pyx"
    path.write_text(
        # A vector cannot be compared with zero before a division, as the debug build would.
        f"# cython: cdivision=True\n"
        f"from libc.math cimport log, {imports}\n\nctypedef {number_type} real\n\n"
        f'include "kernel_module.pxi"\ninclude "tuned.pxi"\n'
        f'include "tiles{registers}.pxi"\ninclude "tuned_kernels.pxi"\n'
    )
    return path
