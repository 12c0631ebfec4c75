"""What ``fastbp bench`` found: made, saved, loaded. docs/bench-schema.md describes the file.

The file is JSON with the keys of ``DOCUMENT``; each of its ``results`` has those of ``RESULT``. A
reader may rely on all of them: a file that lacks one is refused.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastbp
from fastbp.atomic_write import replace_file
from fastbp.bench import machine
from fastbp.errors import FileFormatError
from fastbp.strict_json import parse_json

SCHEMA = 1

Results = dict[str, Any]
Result = dict[str, Any]

#: Key -> what it holds, for the file as a whole.
DOCUMENT = {
    "schema": "1, the number of this format",
    "created": "when the run began: ISO 8601, with the time zone",
    "fastbp": "its version",
    "commit": "the checkout's commit, or null",
    "machine": "an object: see below",
    "roofs": "number type -> threads -> {flops, copy, sum}: floating-point operations a second in "
    "multiply-adds alone, bytes a second read and written by a copy, and read by a sum, of arrays "
    "that no cache holds",
    "options": "what was asked for",
    "left_out": "rung -> why it was not tried, or not everywhere",
    "results": "a list of objects: see below",
}
#: Key -> what it holds, for ``machine``.
MACHINE = {
    "cpu": "the processor's name",
    "cores": "those that the run could use",
    "system": "the operating system",
    "python": "its version",
    "numpy": "its version",
    "compiler": "that built fastbp, or null",
    "flags": "kernel set -> the compiler's flags",
    "kernels": "the kernel set in use",
    "load": "[before, after]: processes that wanted a core in the last minute, or null",
    "packages": "optional package -> version, if installed",
}
#: Key -> what it holds, for each of ``results``.
RESULT = {
    "rung": "its name",
    "idea": "one line: the difference from the rung before",
    "shape": 'the layers\' widths, "784-30-10"',
    "formulas": "activations and loss, in words",
    "batch": "rows of a mini-batch",
    "dtype": '"float32" or "float64"',
    "threads": "how many it was allowed",
    "kernel": '"forward", "backward", "accumulate" or "step"',
    "status": '"timed", "wrong" or "failed": its process died, it raised, or it was right no '
    "longer after its rounds",
    "proved": "whether it was found right before it was timed; what is not is not timed",
    "errors": "{ulp, norm}: its largest error, in units in the last place of the largest number of "
    "an array, and relative to an array's norm; null where it was not found right",
    "why": "what is wrong with it, and where, or why it could not be timed; null if nothing",
    "scaled_from": "the larger of the two small batches that a slow rung ran, the other being 1 "
    "row: its time is that of the whole batch on the line c + r m through both; null if it ran the "
    "batch",
    "ns_per_sample": "nanoseconds for a sample, the median of samples; null if not timed",
    "interval": "[low, high]: the 95% bootstrap interval of that median; null if not timed",
    "samples": "nanoseconds for a sample in each round",
    "repeats": "calls in each round; of a step: mini-batches",
    "flops_per_sample": "floating-point operations of the products, two for a multiply-add",
    "gflops": "billions of those a second",
    "share_of_peak": "gflops as a share of roofs' flops; null where that is not known",
    "bytes_per_sample": "the least that must move: weights once a batch (twice in a step, read and "
    "written) and the samples",
    "share_of_memory": "what that makes in a second as a share of roofs' sum (forward, backward) "
    "or copy; more than 1 where caches held it",
    "ratio_before": "how many times as fast as the rung before in this list; null for the first",
    "ratio_interval": "[low, high]: the 95% bootstrap interval of ratio_before, from ratios round "
    "by round",
    "ratio_first": "how many times as fast as the first rung of its table",
    "allocations_per_step": "the most bytes allocated at one moment of a step by Python and NumPy; "
    "null where neither allocates",
    "keeps_subnormals": "false where numbers below the smallest normal one become zeros",
    "first_result_seconds": "from the start of a new process to the end of its first step, on the "
    "first shape: Python, NumPy, fastbp and the rung itself imported, the network made, all of it "
    "compiled",
    "call_overhead_ns": "nanoseconds of a call on a 1-1 network with one sample, or null",
    "noisy": "true if it cannot be told apart from the rung before, by ratio_interval",
}
#: What makes two results comparable.
KEYS = ("shape", "formulas", "batch", "dtype", "threads", "kernel")


def start(options: Mapping[str, Any]) -> Results:
    """The document of a run that begins now."""
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        "fastbp": fastbp.__version__,
        "commit": machine.commit(),
        "machine": machine.describe(),
        "roofs": {},
        "options": dict(options),
        "left_out": {},
        "results": [],
    }


def save(results: Results, path: str) -> None:
    """Write the file, whole or not at all.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; an old file is then as it was.
    """
    text = json.dumps(results, indent=1, allow_nan=False) + "\n"
    replace_file(path, [memoryview(text.encode())])


def load(path: str) -> Results:
    """Read a file that :func:`save` wrote.

    Raises
    ------
    OSError
        If it cannot be read.
    FileFormatError
        If it is anything else, or from a newer fastbp.
    """
    found = parse_json(Path(path).read_bytes(), f"file {path}")
    if found.get("schema") != SCHEMA:
        raise FileFormatError(
            f"{path}: schema must be {SCHEMA}, got {found.get('schema')!r:.40}; "
            "fastbp bench --json writes such a file"
        )
    _check(found, DOCUMENT, path)
    _check(found["machine"], MACHINE, f"{path}: machine")
    if not isinstance(found["results"], list):
        raise FileFormatError(f"{path}: results must be a list")
    for number, one in enumerate(found["results"]):
        _check(one, RESULT, f"{path}: results[{number}]")
    return found


def _check(found: Any, keys: Mapping[str, str], where: str) -> None:
    if not isinstance(found, dict):
        raise FileFormatError(f"{where} must be an object, got {type(found).__name__}")
    missing = [key for key in keys if key not in found]
    if missing:
        raise FileFormatError(f"{where} lacks {', '.join(missing)}")


def tables(results: Results) -> dict[tuple[Any, ...], list[Result]]:
    """The results that can be compared with each other, by what they have in common."""
    found: dict[tuple[Any, ...], list[Result]] = {}
    for one in results["results"]:
        found.setdefault(tuple(one[key] for key in KEYS), []).append(one)
    return found
