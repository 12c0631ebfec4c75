"""The ladder: one table of rungs, each a small difference from the one before."""

import re

from fastbp.bench.compiled_rows import COMPILED
from fastbp.bench.ladder_row import Row

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")

_HERE = "fastbp.bench.rungs"

LADDER: tuple[Row, ...] = (
    Row(
        "specification",
        f"{_HERE}.specification:Specification",
        "the textbook's loops over Python lists",
        "rungs/specification.py",
    ),
    Row(
        "numpy-indexing",
        f"{_HERE}.numpy_indexing:NumPyIndexing",
        "the same loops over NumPy arrays: the trap",
        "rungs/numpy_indexing.py",
    ),
    Row(
        "numpy-allocating",
        f"{_HERE}.numpy_allocating:NumPyAllocating",
        "whole arrays at a call, each result a new array",
        "rungs/numpy_allocating.py",
        threads=True,
    ),
    Row(
        "numpy-out",
        f"{_HERE}.numpy_out:NumPyOut",
        "every array made once and written again",
        "rungs/numpy_out.py",
        threads=True,
    ),
    *COMPILED,
    Row(
        "plain",
        f"{_HERE}.plain:Plain",
        "fastbp's plain kernels: the loops with their types",
        "rungs/plain.py",
        threads=True,
        environment=(("FASTBP_ISA", "plain"),),
        baseline="axpy",
    ),
    Row(
        "train-step",
        f"{_HERE}.train_step:TrainStep",
        "fastbp's tuned kernels, a step at a call",
        "rungs/train_step.py",
        baseline="fused",
    ),
    Row(
        "fit",
        f"{_HERE}.fit:Fit",
        "fastbp's tuned kernels, whole epochs at a call",
        "rungs/fit.py",
        threads=True,
    ),
    Row(
        "numba",
        f"{_HERE}.with_numba:Numba",
        "the plain loops in Python, compiled when first called",
        "rungs/with_numba.py",
        needs=("numba",),
        baseline="plain",
    ),
    Row(
        "torch",
        f"{_HERE}.with_torch:PyTorch",
        "PyTorch, eager, with autograd",
        "rungs/with_torch.py",
        needs=("torch",),
        threads=True,
        baseline="fit",
    ),
    Row(
        "jax",
        f"{_HERE}.with_jax:Jax",
        "JAX, whole epochs compiled by XLA",
        "rungs/with_jax.py",
        needs=("jax",),
        threads=True,
        baseline="fit",
    ),
    Row(
        "scikit-learn",
        f"{_HERE}.with_scikit_learn:ScikitLearn",
        "scikit-learn's multilayer perceptron, an epoch at a call",
        "rungs/with_scikit_learn.py",
        needs=("sklearn",),
        threads=True,
        baseline="fit",
    ),
)

REGISTERED: list[Row] = []


def rows() -> tuple[Row, ...]:
    """The ladder, and what was registered, in order."""
    return (*LADDER, *REGISTERED)
