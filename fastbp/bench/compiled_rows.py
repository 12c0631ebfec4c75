"""The compiled rungs' rows of the ladder; nothing compiled is imported for them."""

from fastbp.bench.ladder_row import Row

_ARRAYS, _LISTS = "fastbp.bench.compiled_rungs", "fastbp.bench.list_rungs"

COMPILED: tuple[Row, ...] = (
    Row(
        "untyped",
        f"{_LISTS}:Untyped",
        "the specification, compiled by Cython as it is",
        "sources/untyped.pyx",
        baseline="specification",
    ),
    Row(
        "pure-mode",
        f"{_LISTS}:PureMode",
        "types annotated, in a file that Python runs too",
        "sources/pure_mode.py.txt",
    ),
    Row(
        "memoryviews-checked",
        f"{_ARRAYS}:MemoryviewsChecked",
        "typed memoryviews instead of lists, every index checked",
        "sources/memoryviews_checked.pyx",
    ),
    Row(
        "memoryviews",
        f"{_ARRAYS}:Memoryviews",
        "the checks off",
        "sources/memoryviews.pyx",
    ),
    Row(
        "pointers",
        f"{_ARRAYS}:Pointers",
        "addresses and sizes, one dot product after the other",
        "sources/pointers.pyx",
    ),
    Row(
        "axpy",
        f"{_ARRAYS}:Axpy",
        "j innermost: neighbours are other sums, a vector full",
        "sources/axpy.pyx",
    ),
    Row(
        "reassociated",
        f"{_ARRAYS}:Reassociated",
        "sums in any order: the dot product fills vectors too",
        "sources/reassociated.pyx",
    ),
    Row(
        "simd",
        f"{_ARRAYS}:Simd",
        "vectors written down, as wide as this machine has them",
        "sources/simd.pxi",
        baseline="axpy",
    ),
    Row(
        "tiles",
        f"{_ARRAYS}:Tiles",
        "blocks of rows and nodes, their sums in registers",
        "sources/tiles.pxi",
    ),
    Row(
        "fused",
        f"{_ARRAYS}:Fused",
        "activation, slope and update follow each tile at once",
        "sources/fused.pxi",
    ),
    Row(
        "openmp",
        f"{_ARRAYS}:OpenMP",
        "axpy with prange: rows shared among threads",
        "sources/openmp.pyx",
        needs=("fastbp.bench._openmp",),
        threads=True,
        baseline="axpy",
    ),
    Row(
        "blas",
        f"{_ARRAYS}:Blas",
        "axpy's loops replaced by gemm, from SciPy's BLAS",
        "sources/blas.pyx",
        needs=("scipy",),
        threads=True,
        baseline="axpy",
    ),
    Row(
        "c",
        f"{_ARRAYS}:C",
        "axpy in plain C: what does Cython cost?",
        "sources/c_loops.h",
        baseline="axpy",
    ),
)
