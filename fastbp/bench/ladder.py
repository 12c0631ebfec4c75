"""The ladder: one table of rungs, each a small difference from the one before.

Nothing that a rung needs is imported for its row.
"""

import re
from typing import Any

from fastbp.bench.ladder_row import Row

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def _rung(name: str, place: str, idea: str, **more: Any) -> Row:
    """A rung of fastbp.bench.rungs; ``place`` is its module and class."""
    path = f"fastbp.bench.rungs.{place}"
    return Row(name, path, idea, f"rungs/{place.partition(':')[0]}.py", **more)


def _library(name: str, place: str, idea: str, module: str) -> Row:
    """A rung of a library, which is compared with fastbp's own training."""
    return _rung(name, place, idea, needs=(module,), threads=True, baseline="fit")


def _compiled(
    name: str, idea: str, where: str = "compiled_rungs", source: str = "", **more: Any
) -> Row:
    """A rung whose loops are a module made of src/ladder/; class and source have its name."""
    path = f"fastbp.bench.{where}:{name.title().replace('-', '')}"
    source = source or f"{name.replace('-', '_')}.pyx"
    return Row(name, path, idea, f"sources/{source}", **more)


COMPILED: tuple[Row, ...] = (
    _compiled(
        "untyped",
        "the specification, compiled by Cython as it is",
        where="list_rungs",
        baseline="specification",
    ),
    _compiled(
        "pure-mode",
        "types annotated, in a file that Python runs too",
        where="list_rungs",
        source="pure_mode.py.txt",
    ),
    _compiled("memoryviews-checked", "typed memoryviews instead of lists, every index checked"),
    _compiled("memoryviews", "the checks off"),
    _compiled("pointers", "addresses and sizes, one dot product after the other"),
    _compiled("axpy", "j innermost: neighbours are other sums, a vector full"),
    _compiled("reassociated", "sums in any order: the dot product fills vectors too"),
    _compiled(
        "simd",
        "vectors written down, as wide as this machine has them",
        source="simd.pxi",
        baseline="axpy",
    ),
    _compiled("tiles", "blocks of rows and nodes, their sums in registers", source="tiles.pxi"),
    _compiled("fused", "activation, slope and update follow each tile at once", source="fused.pxi"),
    _compiled(
        "openmp",
        "axpy with prange: rows shared among threads",
        needs=("fastbp.bench._openmp",),
        threads=True,
        baseline="axpy",
    ),
    _compiled(
        "blas",
        "axpy's loops replaced by gemm, from SciPy's BLAS",
        needs=("scipy",),
        threads=True,
        baseline="axpy",
    ),
    _compiled("c", "axpy in plain C: what does Cython cost?", source="c_loops.h", baseline="axpy"),
)

LADDER: tuple[Row, ...] = (
    _rung("specification", "specification:Specification", "the textbook's loops over Python lists"),
    _rung(
        "numpy-indexing",
        "numpy_indexing:NumPyIndexing",
        "the same loops over NumPy arrays: the trap",
    ),
    _rung(
        "numpy-allocating",
        "numpy_allocating:NumPyAllocating",
        "whole arrays at a call, each result a new array",
        threads=True,
    ),
    _rung(
        "numpy-out", "numpy_out:NumPyOut", "every array made once and written again", threads=True
    ),
    *COMPILED,
    _rung(
        "plain",
        "plain:Plain",
        "fastbp's plain kernels: the loops with their types",
        threads=True,
        environment=(("FASTBP_ISA", "plain"),),
        baseline="axpy",
    ),
    _rung(
        "train-step",
        "train_step:TrainStep",
        "fastbp's tuned kernels, a step at a call",
        baseline="fused",
    ),
    _rung("fit", "fit:Fit", "fastbp's tuned kernels, whole epochs at a call", threads=True),
    _rung(
        "numba",
        "with_numba:Numba",
        "the plain loops in Python, compiled when first called",
        needs=("numba",),
        baseline="plain",
    ),
    _library("torch", "with_torch:PyTorch", "PyTorch, eager, with autograd", "torch"),
    _library("jax", "with_jax:Jax", "JAX, whole epochs compiled by XLA", "jax"),
    _library(
        "scikit-learn",
        "with_scikit_learn:ScikitLearn",
        "scikit-learn's multilayer perceptron, an epoch at a call",
        "sklearn",
    ),
)

REGISTERED: list[Row] = []


def rows() -> tuple[Row, ...]:
    """The ladder, and what was registered, in order."""
    return (*LADDER, *REGISTERED)
