"""A small table with a column of every kind, for tests of table models."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Options that train two small members for a few epochs.
QUICK: dict[str, Any] = {"members": 2, "epochs": 8, "hidden": (16,)}


def table(n: int = 40, seed: int = 0) -> dict[str, list[Any]]:
    """Columns of size (a number with gaps), colour (words), kind (classes) and number."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    colours = rng.choice(["red", "green", "blue"], n)
    kind = np.where(size + (colours == "red") > 0.3, "yes", "no")
    return {
        "size": [None if i % 7 == 0 else float(x) for i, x in enumerate(size)],
        "colour": list(map(str, colours)),
        "kind": list(map(str, kind)),
        "number": list(map(float, size * 3 + 1)),
    }
