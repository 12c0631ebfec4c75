"""Writes the register tiles: one loop, unrolled for every shape a register file has room for.

A tile of R rows and C vectors keeps R x C running sums in registers while p runs over the terms:

    c_rv += A(r, p) B(p, v)    with A(r, p) = A[r * rs + p * ps]   a number, given to all lanes
                               and  B(p, v) = B[p * ldb + v]       a vector

The sums must be variables with names of their own: a C array of them is kept in memory by the
compilers, at a third of the speed. That is all this generator is for; the loop is below, in
TILE. Forward, delta and gradient are the same product with other strides (see tuned_kernels.pxi).
While it sums, a wide tile prefetches one cache line a term of what is read after it: `prefetch`.

What cannot be written once in Cython for the same kind of reason stands here too: the transpose of
a block of LANES x LANES numbers in registers.
"""

from pathlib import Path

from sources import write_if_new

# Registers -> the most rows for tiles of 1, 2, 3 and 4 vectors: R C sums, C vectors of B, one of A.
# NEON's 32 count as 25: GCC loads R numbers of A there, so R C + C + R must fit, or sums leave.
MOST_ROWS = {32: (16, 14, 8, 6), 25: (15, 10, 7, 5), 16: (12, 6, 4, 2)}

TILE = """\
cdef void {name}(const real *A, Py_ssize_t rs, Py_ssize_t ps, const real *B, Py_ssize_t ldb,
{pad}{parameters},
{pad}const real *prefetch, Py_ssize_t prefetch_step, Py_ssize_t n) noexcept nogil:
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
{prefetch}
{stores}
"""

# Not in tiles of one vector: with a number of A for each multiply-add, the units that load have no
# time for it. It took 4% of a step of sixteen layers of 16.
PREFETCH = """\
        prefetch_l1(<const char *> (B + 8 * ldb))
        prefetch_l2(<const char *> prefetch)
        prefetch += prefetch_step"""

# What is multiplied -> one of A in all lanes, and a sum with its next term: numbers, or pairs of
# neighbouring terms as bfloat16 numbers (bfloat16.h).
PRODUCTS = {
    "numbers": ("splat({a}[{step}])", "{c} + x * {b}"),
    "pairs": ("pair_in_all_lanes({a} + {step})", "plus_products({c}, x, {b})"),
}

# Kind of tile -> its parameters, where a sum starts, and what becomes of it.
KINDS = {
    "tile": (
        "const real *start, Py_ssize_t ld_start, real *to, Py_ssize_t ld_to",
        "load(start + {r} * ld_start + {v} * LANES)",
        "store(to + {r} * ld_to + {v} * LANES, c{r}_{v})",
    ),
    # The sums are a gradient's: they update the weights by SGD and are dropped.
    "sgd_tile": (
        "real rate, real *w, Py_ssize_t ld_w",
        "splat(0)",
        "sgd_update_at(w + {r} * ld_w + {v} * LANES, c{r}_{v}, splat(rate))",
    ),
}

TRANSPOSE = """\
cdef void transpose_block(const real *w, Py_ssize_t ld_w, Py_ssize_t rows,
                          real *to, Py_ssize_t ld_to, Py_ssize_t columns) noexcept nogil:
    # `rows` of the LANES rows are there, the others count as zeros; `columns` (>= 1) are wanted.
    cdef vec {names}
{loads}
{stages}
{stores}

cdef void transpose(const real *w, Py_ssize_t ld_w, real *to, Py_ssize_t ld_to,
                    Py_ssize_t n_in, Py_ssize_t n_out) noexcept nogil:
    cdef Py_ssize_t j, k = 0
    while k < n_in:
        j = 0
        while j < n_out:
            transpose_block(w + k * ld_w + j, ld_w, n_in - k, to + j * ld_to + k, ld_to, n_out - j)
            j += LANES
        k += LANES
"""


def tile(kind: str, R: int, C: int, operands: str = "numbers") -> str:
    """The source of one tile; rows are reached from a base every four rows: r = base + 0..3."""
    rows, vectors = range(R), range(C)
    in_all_lanes, next_sum = PRODUCTS[operands]
    parameters, start, end = KINDS[kind]
    strides = ("0", "rs", "rs2", "rs3")
    bases = range(0, R, 4)
    name = f"{kind}_{R}x{C}"
    lines = {
        "parameters": parameters,
        "vectors": ", ".join(f"b{v}" for v in vectors),
        "sums": ", ".join(f"c{r}_{v} = {start.format(r=r, v=v)}" for r in rows for v in vectors),
        "bases": "\n".join(f"    cdef const real *A{base} = A + {base} * rs" for base in bases),
        "loads": "\n".join(f"        b{v} = load(B + {v} * LANES)" for v in vectors),
        "products": "\n".join(
            f"        x = {in_all_lanes.format(a=f'A{r - r % 4}', step=strides[r % 4])}\n"
            + "\n".join(
                f"        c{r}_{v} = {next_sum.format(c=f'c{r}_{v}', b=f'b{v}')}" for v in vectors
            )
            for r in rows
        ),
        "steps": "\n".join(f"        A{base} += ps" for base in bases),
        "prefetch": PREFETCH if C > 1 else "",
        "stores": "\n".join(f"    {end.format(r=r, v=v)}" for r in rows for v in vectors),
    }
    return TILE.format(name=name, pad=" " * (len("cdef void (") + len(name)), **lines)


def tiles(registers: int, widest: int | None = None, operands: str = "numbers") -> str:
    """All tiles of an instruction set with so many vector registers, and the tables of them.

    With ``widest`` no tile has more vectors than that; ``operands`` is what they multiply.
    """
    most = MOST_ROWS[registers][:widest]
    shapes = [(R, C) for C in range(1, len(most) + 1) for R in range(1, most[C - 1] + 1)]
    size = f"[{len(most) + 1}][{max(most) + 1}]"
    return "\n\n".join(
        [
            *(tile(kind, R, C, operands) for kind in KINDS for R, C in shapes),
            *(
                f"cdef {kind}_t {kind.upper()}S{size}\n"
                + "\n".join(f"{kind.upper()}S[{C}][{R}] = {kind}_{R}x{C}" for R, C in shapes)
                for kind in KINDS
            ),
            f"cdef Py_ssize_t MOST_ROWS[{len(most) + 1}]\nMOST_ROWS[:] = {[0, *most]}\n",
        ]
    )


def transpose(lanes: int) -> str:
    """Rows become columns in log2(lanes) stages, each of which exchanges blocks of s lanes."""
    names, stages, s = [f"x{i}" for i in range(lanes)], [], 1
    loads = "\n".join(
        f"    x{i} = load(w + {i} * ld_w) if {i} < rows else splat(0)" for i in range(lanes)
    )
    while s < lanes:
        for i in (i for i in range(lanes) if not i & s):
            pair = f"x{i}, x{i + s}"
            stages.append(f"    {pair} = even_blocks({pair}, {s}), odd_blocks({pair}, {s})")
        s *= 2
    stores = "    store(to, x0)\n" + "\n".join(
        f"    if {i} < columns:\n        store(to + {i} * ld_to, x{i})" for i in range(1, lanes)
    )
    return TRANSPOSE.format(
        names=", ".join(names), loads=loads, stages="\n".join(stages), stores=stores
    )


def unrolled(
    registers: int, lanes: int, widest: int | None = None, operands: str = "numbers"
) -> str:
    """All that an instruction set needs, for numbers of which so many are in a vector."""
    parts = [transpose(lanes), tiles(registers, widest, operands)]
    return "\n\n".join(["# Written by src/simd/tiles.py; not to be edited.", *parts])


def write(
    folder: Path, name: str, registers: int, lanes: int, number_type: str, operands: str = "numbers"
) -> Path:
    """Write the module of one kernel set and number type; returns its path."""
    write_if_new(folder / f"{name}.pxi", unrolled(registers, lanes, operands=operands))
    kind, includes = "tuned", ""
    if operands == "pairs":
        kind, includes = "tuned_bfloat16", 'include "bfloat16.pxi"\n'
    return write_if_new(
        folder / f"{name}.pyx",
        f"ctypedef {number_type} real\n\n"
        f'include "kernel_module.pxi"\ninclude "tuned.pxi"\n'
        f'include "{name}.pxi"\ninclude "tuned_kernels.pxi"\n{includes}'
        f'include "table_of_{kind}.pxi"\n',
    )
