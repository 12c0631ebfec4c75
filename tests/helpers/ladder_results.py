"""Results of `fastbp bench --json` as they might be: times from a model of each rung."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache, wraps
from itertools import chain, product
from typing import Any

import numpy as np

from fastbp.bench import schema, timing
from fastbp.bench.ladder import LADDER
from fastbp.bench.measurements import Measurement, result_entries
from fastbp.bench.problems import DEFAULT_PROBLEMS, KERNELS, make_problem
from fastbp.bench.proof import Verdict

# rung -> (GFLOP/s of its loops, microseconds that a step costs besides)
RUNGS = {
    "specification": (0.012, 20.0),
    "numpy-indexing": (0.0036, 30.0),
    "numpy-allocating": (4.2, 45.0),
    "numpy-out": (6.1, 24.0),
    "untyped": (0.02, 15.0),
    "pure-mode": (0.9, 2.0),
    "memoryviews-checked": (0.71, 1.9),
    "memoryviews": (1.12, 1.8),
    "pointers": (1.12, 1.4),
    "axpy": (14.2, 1.4),
    "reassociated": (11.3, 1.4),
    "simd": (41.0, 1.3),
    "tiles": (84.0, 1.6),
    "fused": (94.0, 1.2),
    "openmp": (88.0, 9.0),
    "blas": (61.0, 6.0),
    "c": (1.12, 1.3),
    "plain": (18.0, 1.1),
    "train-step": (92.0, 3.2),
    "fit": (101.0, 0.3),
    "numba": (2.3, 1.6),
    "torch": (70.0, 240.0),
    "jax": (83.0, 16.0),
}
BEFORE = {"untyped": "specification", "c": "pointers", "train-step": "fused"}  # not the row above
ROWS = {row.name: replace(row, baseline=BEFORE.get(row.name)) for row in LADDER}
STEPS_ONLY = ("fit", "torch", "jax")
SHAPES = tuple((problem.sizes, problem.batch_size) for problem in DEFAULT_PROBLEMS)
PEAK = {"float32": 129e9, "float64": 64e9}
BANDWIDTH = {"copy": 23.9e9, "sum": 28.2e9}
WRONG = Verdict("dC/dw differs by 0.25 at 7-5-3: expected below 2e-05")


def table(
    task: tuple[tuple[int, ...], int],
    dtype: str,
    threads: int,
    kernel: str,
    rng: np.random.Generator,
    rungs: Iterable[str] = RUNGS,
    gains: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """The results of some rungs on one task; ``gains`` makes some of them faster."""
    problem, measurements = make_problem(*task), []
    for rung in rungs:
        row, (gflops, overhead) = ROWS[rung], RUNGS[rung]
        if (threads > 1 and not row.threads) or (kernel != "step" and rung in STEPS_ONLY):
            continue
        speed = gflops * (0.55 if dtype == "float64" and gflops > 1 else 1.0)
        speed *= 1 + 0.8 * (threads - 1)
        cost = 1e3 * (overhead + 5.0 * (threads - 1))
        ns = (problem.flops(kernel) / speed + cost) / problem.batch_size
        ns /= (gains or {}).get(rung, 1)
        right = Verdict(ulp=float(rng.uniform(0.5, 9)), norm=float(rng.uniform(1e-7, 9e-7)))
        measurements.append(
            Measurement(
                row,
                problem,
                dtype,
                threads,
                WRONG if (rung, dtype, threads) == ("openmp", "float32", 1) else right,
                rows=(1, 2) if gflops < 0.05 else (problem.batch_size,),
                memory=0 if overhead < 2 else 41_000,
                first_result=float(rng.uniform(0.2, 3)),
                overhead=1e3 * overhead,
                repeats=8,
                samples=(ns * rng.lognormal(0.0, 0.01, 9)).tolist(),
            )
        )
    return result_entries(measurements, kernel, {"flops": PEAK[dtype] * threads, **BANDWIDTH})


def entry(rung: str, ns: float | None, **changes: Any) -> dict[str, Any]:
    """One result of round numbers."""
    samples = [0.99 * ns, ns, 1.01 * ns] if ns else []
    return dict.fromkeys(schema.RESULT) | {
        "rung": rung, "idea": "an idea", "shape": "4-3-2", "formulas": "relu / softmax",
        "batch": 6, "dtype": "float32", "threads": 1, "kernel": "step", "proved": True,
        "status": "timed", "errors": {"ulp": 1.0, "norm": 1e-7}, "ns_per_sample": ns,
        "samples": samples, "interval": list(timing.interval(samples)) if samples else None,
        "gflops": 0.5, "share_of_peak": 0.25, "share_of_memory": 0.125, "ratio_before": None,
        "ratio_first": 1.0, "first_result_seconds": 0.01, "call_overhead_ns": 100.0,
        "flops_per_sample": 50.0, "bytes_per_sample": 9.0, "repeats": 3,
        "bytes_allocated_per_step": 0, "noisy": False, "keeps_subnormals": True, **changes,
    }  # fmt: skip


def make_wrong(row: dict[str, Any], why: str) -> None:
    """Turn a result into that of a rung that was found wrong, and so not timed."""
    row.update(status="wrong", proved=False, why=why, errors=None, samples=[])
    untimed = ("ns_per_sample", "interval", "gflops", "share_of_peak", "scaled_from")
    row.update(dict.fromkeys(untimed))


def document(
    results: list[dict[str, Any]], cpu: str = "A processor of 2 cores at 3.7 GHz", **fields: Any
) -> dict[str, Any]:
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
            "cpu": cpu,
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


def copied(make: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make a document once, since bootstrapping takes time, and give a copy at each call."""
    made = cache(make)
    return wraps(make)(lambda *args, **options: deepcopy(made(*args, **options)))


@copied
def sample(
    seed: int = 0,
    tasks: tuple[tuple[tuple[int, ...], int], ...] = SHAPES,
    dtypes: tuple[str, ...] = tuple(PEAK),
    teams: tuple[int, ...] = (1, 2),
    kernels: tuple[str, ...] = KERNELS,
) -> dict[str, Any]:
    """Four shapes, two number types, one thread and two, all kernels; all kinds of rows."""
    rng = np.random.default_rng(seed)
    tables = (table(*view, rng) for view in product(tasks, dtypes, teams, kernels))
    return document(list(chain.from_iterable(tables)))


def small(seed: int = 0) -> dict[str, Any]:
    """Two shapes, steps and forward passes of one kind."""
    return sample(seed, SHAPES[:2], ("float32",), (1,), ("forward", "step"))


def select(results: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Those of some results that have these values."""
    return [row for row in results["results"] if fields.items() <= row.items()]


def hostile(text: str) -> dict[str, Any]:
    """Put words wherever the file has free text."""
    results = select(small(), shape="64-64-10")
    for i, result in enumerate(results):
        result.update(rung=f"{result['rung']}{text}", idea=text)
        if i % 3 == 0:
            make_wrong(result, text)
    content = document(results, left_out={text: text}, created=text, commit=text)
    content["machine"] = {"cpu": text, text: text, "flags": {text: [text]}}
    content["options"] = {text: [text]}
    content["roofs"][text] = {"1": {"flops": 1e9, "copy": 1e9, "sum": 1e9}}
    return content


@copied
def grid(
    widths: tuple[int, ...] = (8, 32, 128, 512), batches: tuple[int, ...] = (1, 8, 32, 128)
) -> dict[str, Any]:
    """Networks of one width, for the map of crossovers."""
    rng = np.random.default_rng(1)
    rungs = ("numpy-out", "axpy", "fused", "blas", "fit", "jax")
    results = []
    for width, batch, threads in product(widths, batches, (1, 2)):
        # Another rung wins in two corners.
        gains = {"axpy": 10 if width < 32 else 1, "blas": 10 if min(width, batch) > 32 else 1}
        results += table(((width,) * 3, batch), "float32", threads, "step", rng, rungs, gains)
    return document(results)
