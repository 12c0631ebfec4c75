"""Arrays: their type for annotations, and views that nobody can write through."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def read_only(array: Array) -> Array:
    """A view that a function cannot write through: the array is what trains, or the caller's."""
    view = array.view()
    view.flags.writeable = False
    return view
