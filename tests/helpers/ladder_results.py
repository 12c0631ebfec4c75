"""Results of `fastbp bench --json` as they might be: times from a model of each rung."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

# rung -> (GFLOP/s of its loops, microseconds that a step costs besides, idea)
RUNGS = {
    "specification": (0.012, 20.0, "lists and loops in pure Python"),
    "numpy-indexing": (0.0036, 30.0, "the same loops, reading one number of an array at a time"),
    "numpy-allocating": (4.2, 45.0, "whole arrays at once, a new one for every result"),
    "numpy-out": (6.1, 24.0, "the same into arrays that are made once"),
    "untyped": (0.02, 15.0, "the specification, compiled as it is"),
    "pure-mode": (0.9, 2.0, "types in annotations: still a Python file"),
    "memoryviews-checked": (0.71, 1.9, "typed memoryviews, every index checked"),
    "memoryviews": (1.12, 1.8, "the checks off"),
    "pointers": (1.15, 1.4, "raw pointers instead of memoryviews"),
    "axpy": (14.2, 1.4, "the inner loop over j: independent sums"),
    "reassociated": (11.3, 1.4, "the dot form, with flags that let its sum be split"),
    "simd": (41.0, 1.3, "vectors written out"),
    "tiles": (84.0, 1.6, "sums of a tile kept in registers"),
    "fused": (94.0, 1.2, "bias, activation and update inside the loops"),
    "openmp": (88.0, 9.0, "rows shared out by prange"),
    "blas": (61.0, 6.0, "the products by BLAS"),
    "c": (1.16, 1.3, "the pointer loops in plain C"),
    "plain": (18.0, 1.1, "the plain kernels through Network"),
    "train-step": (92.0, 3.2, "the production kernels, one call a step"),
    "fit": (101.0, 0.3, "the production kernels, an epoch a call"),
    "numba": (2.3, 1.6, "the pointer loops, compiled by Numba"),
    "torch": (70.0, 240.0, "PyTorch, eager"),
    "jax": (83.0, 16.0, "JAX, a compiled epoch"),
}
BEFORE = {"untyped": "specification", "c": "pointers", "train-step": "fused"}  # not the row above
WITH_THREADS = {"openmp", "blas", "train-step", "fit", "torch", "jax"}
SHAPES = (
    ((784, 30, 10), 10),
    ((64, 64, 10), 32),
    ((784, 128, 10), 32),
    ((784, 512, 512, 10), 128),
)
KERNELS = ("forward", "backward", "accumulate", "step")
PEAK = {"float32": 129e9, "float64": 64e9}
BANDWIDTH = {"copy": 23.9e9, "sum": 28.2e9}
BYTES = {"float32": 4, "float64": 8}


def products(sizes: tuple[int, ...], kernel: str) -> int:
    """Multiply-adds of a sample."""
    weights = [n * m for n, m in pairwise(sizes)]
    below = sum(weights) - weights[0]
    counts = {"forward": sum(weights), "backward": below, "accumulate": sum(weights)}
    return sum(counts.values()) if kernel == "step" else counts[kernel]


def traffic(sizes: tuple[int, ...], kernel: str, batch: int, dtype: str) -> float:
    """Bytes of a sample, at the least."""
    weights = sum(n * m for n, m in pairwise(sizes))
    passes = 2 if kernel == "step" else 1
    return BYTES[dtype] * (passes * weights / batch + sizes[0] + sizes[-1])


def row(
    rung: str,
    sizes: tuple[int, ...],
    batch: int,
    dtype: str,
    threads: int,
    kernel: str,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """One result, without its ratios."""
    gflops, overhead, idea = RUNGS[rung]
    peak = PEAK[dtype] * threads
    flops = 2 * products(sizes, kernel)
    speed = gflops * (0.55 if dtype == "float64" and gflops > 1 else 1.0)
    speed *= 1 + 0.8 * (threads - 1)
    cost = overhead + 5.0 * (threads - 1)
    samples = (flops / speed + 1e3 * cost / batch) * rng.lognormal(0.0, 0.01, 9)
    ns = float(np.median(samples))
    return {
        "rung": rung,
        "idea": idea,
        "shape": "-".join(map(str, sizes)),
        "formulas": "relu / softmax, cross entropy",
        "batch": batch,
        "dtype": dtype,
        "threads": threads,
        "kernel": kernel,
        "status": "timed",
        "proved": True,
        "errors": {
            "ulp": round(float(rng.uniform(0.5, 9)), 2),
            "norm": float(rng.uniform(1e-7, 9e-7)),
        },
        "why": None,
        "scaled_from": 1 if gflops < 0.05 else None,
        "ns_per_sample": ns,
        "interval": [float(np.quantile(samples, q)) for q in (0.2, 0.8)],
        "samples": samples.tolist(),
        "repeats": 8,
        "flops_per_sample": flops,
        "gflops": flops / ns,
        "share_of_peak": 1e9 * flops / ns / peak,
        "bytes_per_sample": traffic(sizes, kernel, batch, dtype),
        "before": None,
        "ratio_before": None,
        "ratio_interval": None,
        "ratio_first": None,
        "bytes_allocated_per_step": 0 if overhead < 2 else 41_000,
        "first_result_seconds": float(rng.uniform(0.2, 3)),
        "call_overhead_ns": 1e3 * overhead,
        "noisy": False,
    }


def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the ratios in: how many times faster than the rung before, and than the first."""
    timed = [row for row in rows if row["ns_per_sample"]]
    by_name = {row["rung"]: row for row in timed}
    for row in timed:
        row["ratio_first"] = timed[0]["ns_per_sample"] / row["ns_per_sample"]
    for above, row in pairwise(timed):
        reference = by_name.get(BEFORE.get(row["rung"], ""), above)
        row["before"] = reference["rung"]
        ratio = reference["ns_per_sample"] / row["ns_per_sample"]
        row.update(ratio_before=ratio, ratio_interval=[0.97 * ratio, 1.03 * ratio])
        row["noisy"] = 0.97 * ratio <= 1 <= 1.03 * ratio
    return rows


def make_wrong(row: dict[str, Any], why: str) -> None:
    """Turn a result into that of a rung that was found wrong, and so not timed."""
    row.update(status="wrong", proved=False, why=why, errors=None, samples=[])
    untimed = ("ns_per_sample", "interval", "gflops", "share_of_peak", "scaled_from")
    row.update(dict.fromkeys(untimed))


def document(results: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Put results into the whole that a file holds."""
    limits = {
        dtype: {str(threads): {"flops": peak * threads, **BANDWIDTH} for threads in (1, 2)}
        for dtype, peak in PEAK.items()
    }
    return {
        "schema": 1,
        "created": "2026-03-04T05:06:07+00:00",
        "fastbp": "0.1.0",
        "commit": "0123456789abcdef",
        "machine": {
            "cpu": "A processor of 2 cores at 3.7 GHz",
            "cores": 2,
            "system": "Linux-6.1-x86_64",
            "python": "3.11.7",
            "numpy": "2.4.6",
            "compiler": "gcc 12.2.0",
            "flags": {
                "plain": ["-O3", "-ffp-contract=off"],
                "x86-64-v4": ["-O3", "-march=v4"],
                "boundary": ["-O3", "-ffp-contract=off"],
            },
            "environment": {"CFLAGS": "-Wall"},
            "kernels": "x86-64-v4",
            "load": [0.31, 1.02],
            "packages": {"numba": "0.62", "scipy": "1.16"},
        },
        "roofs": limits,
        "options": {"seconds": 120, "rungs": None},
        "left_out": {"scikit-learn": "not installed: pip install scikit-learn"},
        "results": results,
        **fields,
    }


def sample(
    seed: int = 0,
    shapes: tuple[tuple[tuple[int, ...], int], ...] = SHAPES,
    dtypes: tuple[str, ...] = tuple(PEAK),
    teams: tuple[int, ...] = (1, 2),
    kernels: tuple[str, ...] = KERNELS,
) -> dict[str, Any]:
    """Four shapes, two number types, one thread and two, all kernels; all kinds of rows."""
    rng = np.random.default_rng(seed)
    results = []
    for sizes, batch in shapes:
        for dtype in dtypes:
            for threads in teams:
                for kernel in kernels:
                    rungs = [r for r in RUNGS if threads == 1 or r in WITH_THREADS]
                    if kernel != "step":
                        rungs = [r for r in rungs if r not in {"fit", "torch", "jax"}]
                    rows = [row(r, sizes, batch, dtype, threads, kernel, rng) for r in rungs]
                    if dtype == "float32" and threads == 1:
                        wrong = rows[rungs.index("openmp")]
                        make_wrong(wrong, "dC/dw differs by 0.25 at 7-5-3: expected below 2e-05")
                    results += compared(rows)
    return document(results)


def small(seed: int = 0) -> dict[str, Any]:
    """Two shapes, steps and forward passes of one kind."""
    return sample(seed, SHAPES[:2], ("float32",), (1,), ("forward", "step"))


def hostile(text: str) -> dict[str, Any]:
    """Put words wherever the file has free text."""
    results = [result for result in small()["results"] if result["shape"] == "64-64-10"]
    for i, result in enumerate(results):
        result.update(rung=f"{result['rung']}{text}", idea=text)
        if i % 3 == 0:
            make_wrong(result, text)
    content = document(results, left_out={text: text}, created=text, commit=text)
    content["machine"] = {"cpu": text, text: text, "flags": {text: [text]}}
    content["options"] = {text: [text]}
    content["roofs"][text] = {"1": {"flops": 1e9, "copy": 1e9, "sum": 1e9}}
    return content


def grid(
    widths: tuple[int, ...] = (8, 32, 128, 512), batches: tuple[int, ...] = (1, 8, 32, 128)
) -> dict[str, Any]:
    """Networks of one width, for the map of crossovers."""
    rng = np.random.default_rng(1)
    results = []
    for width in widths:
        for batch in batches:
            for threads in (1, 2):
                rungs = [*("numpy-out", "axpy", "fused", "blas", "fit", "jax")]
                if threads > 1:
                    rungs = [r for r in rungs if r in WITH_THREADS]
                rows = [
                    row(rung, (width,) * 3, batch, "float32", threads, "step", rng)
                    for rung in rungs
                ]
                for result in rows:  # another rung wins in two corners
                    if {"axpy": width < 32, "blas": min(width, batch) > 32}.get(result["rung"]):
                        result["ns_per_sample"] *= 0.1
                        result["gflops"] *= 10
                        for key in ("interval", "samples"):
                            result[key] = [0.1 * ns for ns in result[key]]
                results += compared(rows)
    return document(results)
