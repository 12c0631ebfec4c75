r"""How closely fastbp.sklearn follows scikit-learn with the same seed, as Markdown tables.

    python tests/scikit_learn/same_seed.py                  # all cases, a few minutes
    python tests/scikit_learn/same_seed.py --only digits    # those whose name has this in it
    python tests/scikit_learn/same_seed.py --sensitivity    # scikit-learn against itself

A case is a set of data, a setting and number types. Both libraries fit for the first 10 epochs with
one BLAS thread, and the largest difference of each fitted array is taken relative to its largest
number. Types, numbers of epochs, errors and warnings must be equal. Exit status 1 where a case
differs by more than 1e-9 in float64 or 1e-5 in float32, and by more than ten times what rounding
alone makes of it: what scikit-learn makes of samples that are moved by their last bit. Such fits
(steps that are too large, a float32 of 5,000) are counted in the tables and listed below them, with
scikit-learn's own difference in brackets. ``--sensitivity`` has that in place of fastbp's.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

from same_seed_cases import (
    EPOCHS,
    OURS,
    TOLERANCE,
    Comparison,
    cases,
    compared,
)

COLUMNS = ("loss_curve_", "validation_scores_", "coefs_", "intercepts_", "loss_", "predictions")


def table(title: str, rows: dict[str, list[Comparison]]) -> str:
    """The largest difference of each column, by row, of fits that rounding does not decide."""
    lines = [
        f"| {title} | fits | of them by rounding | "
        + " | ".join(f"`{name}`" for name in COLUMNS)
        + " |",
        "|---|--:|--:|" + "--:|" * len(COLUMNS),
    ]
    for name, found in rows.items():
        plain = [one for one in found if not (one.within_rounding and one.agrees)]
        largest = (largest_of(column, plain) for column in COLUMNS)
        numbers = f"{len(found)} | {len(found) - len(plain)}"
        lines.append(f"| {name} | {numbers} | " + " | ".join(largest) + " |")
    return "\n".join(lines)


def largest_of(column: str, found: Iterable[Comparison]) -> str:
    """The largest difference, where there is one."""
    values = [one.differences[column] for one in found if column in one.differences]
    return f"{max(values):.0e}" if values else ""


def grouped(found: list[Comparison], name: str) -> dict[str, list[Comparison]]:
    """By data or setting, in their order."""
    groups = defaultdict(list)
    for one in found:
        groups[getattr(one.case, name)].append(one)
    return groups


def main(arguments: list[str] | None = None) -> int:
    """Print the tables and what does not agree; 0 if all does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--module", default=OURS, help="where fastbp's classes come from")
    parser.add_argument("--sensitivity", action="store_true", help="scikit-learn against itself")
    options = parser.parse_args(arguments)
    import sklearn

    chosen = [case for case in cases() if options.only in str(case)]
    found = [compared(case, options.module, options.sensitivity) for case in chosen]
    print(f"scikit-learn {sklearn.__version__}, {len(found)} fits of {EPOCHS} epochs\n")
    for name, tolerance in TOLERANCE.items():
        some = [one for one in found if one.case.x_type == name]
        print(f"{name}, at most {tolerance:.0e}:\n")
        print(table("data", grouped(some, "data")) + "\n")
        print(table("setting", grouped(some, "setting")) + "\n")
    wrong = [one for one in found if not one.agrees]
    for one in found:
        if over := one.within_rounding | one.beyond:
            words = (f"{k} {v:.0e} ({one.rounding.get(k, 0):.0e})" for k, v in over.items())
            mark = "wrong: " if one.beyond else "by rounding: "
            print(f"- {mark}{one.case}: {', '.join(words)}")
        for other in one.others:
            print(f"- wrong: {one.case}: {other}")
    print(f"\n{len(wrong)} of {len(found)} do not agree")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
