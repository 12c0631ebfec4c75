"""Random calls that go on with a copy, or with what a file holds."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

from random_arguments import Rng
from random_call_row import new_table
from random_calls import Pair, _choice

CALLS, call = new_table()

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": lambda net: net.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "pickle 2": lambda net: pickle.loads(pickle.dumps(net, 2)),
}


def _through_a_file(pair: Pair, net: Any) -> Any:
    path = pair.file("twin")  # the same each time: an old one is replaced
    net.save(path)
    return pair.load("twin")


@call(3)
def go_on_with_a_copy(pair: Pair, rng: Rng) -> None:
    hows = list(COPIES) + ["file"] * 3 * pair.saveable
    how, side = _choice(rng, hows), _choice(rng, ["twin", "twin", "net"])
    pair.note(f"  the {side} by {how}")
    old = getattr(pair, side)
    new = _through_a_file(pair, old) if how == "file" else COPIES[how](old)
    setattr(pair, side, new)
    old.weights[0][...] = 7.0  # nobody looks at the old one's any more
