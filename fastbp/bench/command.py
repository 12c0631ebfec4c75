"""``fastbp bench``: the first rungs of the ladder, proved right and then timed."""

import json
import math
import platform
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping

import numpy as np

import fastbp
from fastbp.bench.harness import BOUNDS, ROUNDS, Result, climb
from fastbp.bench.problems import PROBLEMS
from fastbp.bench.rungs import RUNGS
from fastbp.page import Page, can_show

Results = Mapping[str, Mapping[str, Result]]


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ArgumentTypeError(f"got {text!r}, expected a number of seconds above 0")
    return value


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp bench``."""
    parser.add_argument(
        "--seconds",
        type=_positive,
        default=9.0,
        metavar="S",
        help="about how long to time, in all (default: 9)",
    )
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")


def run(args: Namespace) -> int:
    """Print a table a problem; 1 if a rung was wrong."""
    page = Page(spell_out=not can_show(sys.stdout.encoding))
    page.text(
        f"One training step (gather, forward, backward, update) in float32 on one thread, "
        f"NumPy's BLAS on those that it was given. Medians of {ROUNDS} rounds in turns. Each "
        "rung was first compared with the specification, here and with one more of "
        f"everything, in float64 (within {BOUNDS['float64']:g} of the weights' change) and "
        f"in float32 (within {BOUNDS['float32']:g})."
    )
    print(page, flush=True)
    results = {}
    for name, problem in PROBLEMS.items():
        results[name] = climb(problem, RUNGS, args.seconds / len(PROBLEMS))
        table = Page(spell_out=not can_show(sys.stdout.encoding))
        write_table(table, str(problem), results[name])
        print(f"\n{table}", flush=True)
    if args.json is not None:
        _write_json(args.json, results)
    right = all(result.verdict.right for rows in results.values() for result in rows.values())
    return 0 if right else 1


def write_table(page: Page, title: str, results: Mapping[str, Result]) -> None:
    """Write one problem's table; ratios are to the first row."""
    first = next(iter(results.values())).seconds
    rows = [["", "error, float64", "float32", "µs a step", "times faster"]]
    for name, result in results.items():
        errors = [f"{result.verdict.errors[dtype]:.1e}" for dtype in BOUNDS]
        if result.seconds is None:
            rows.append([name, *errors, "WRONG", "not timed"])
            continue
        ratio = "" if first is None else f"{first / result.seconds:,.1f}"
        rows.append([name, *errors, f"{result.seconds * 1e6:,.1f}", ratio])
    page.heading(title)
    page.table(rows, "<>>>>")


def _write_json(path: str, results: Results) -> None:
    figures = {
        "fastbp": fastbp.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "problems": {
            problem: {
                rung: {
                    "errors": dict(result.verdict.errors),
                    "right": result.verdict.right,
                    "seconds": result.seconds,
                }
                for rung, result in rows.items()
            }
            for problem, rows in results.items()
        },
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
