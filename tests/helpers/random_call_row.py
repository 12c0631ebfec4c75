"""A row of the table of random calls, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from random_calls import Pair

Make = Callable[[Pair, np.random.Generator], None]


@dataclass(frozen=True)
class Row:
    """A call: how often it is drawn, and what it does."""

    weight: float
    make: Make


def new_table() -> tuple[dict[str, Row], Callable[[float], Callable[[Make], Make]]]:
    """An empty table, and what enters a function into it under its name: ``@call(weight)``."""
    table: dict[str, Row] = {}

    def call(weight: float) -> Callable[[Any], Any]:
        def enter(make: Make) -> Make:
            table[make.__name__] = Row(weight, make)
            return make

        return enter

    return table, call
