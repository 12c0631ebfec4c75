"""An encoder as arrays of a model file, and back with every number checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.tabular import word_encoding
from fastbp.tabular.encoder import NUMBER, WORD, Encoder
from fastbp.tabular.number_encoding import NumberEncoding
from fastbp.tabular.piecewise import PiecewiseEncoding

_ARRAYS = {
    "medians": "f8", "units": "f8", "centres": "f8", "scales": "f8", "gaps": "u1",
    "owners": "i8", "lows": "f8", "widths": "f8", "clip": "u1",
}  # fmt: skip


def arrays_of(encoder: Encoder) -> dict[str, NDArray[Any]]:
    """All of an encoder but the names of its columns, by the arrays' names in a file."""
    parts = {**vars(encoder.numbers), **vars(encoder.bins), "clip": np.array([encoder.clip])}
    numbers = {name: parts[name].astype(dtype) for name, dtype in _ARRAYS.items()}
    return numbers | word_encoding.as_arrays(encoder.words)


def encoder_of(
    arrays: Mapping[str, NDArray[Any]], names: Sequence[str], kinds: Sequence[str]
) -> Encoder:
    """Read :func:`arrays_of`'s back, strictly; raises FileFormatError."""
    if arrays.keys() != _ARRAYS.keys() | word_encoding.ARRAYS.keys():
        expected = ", ".join([*_ARRAYS, *word_encoding.ARRAYS])
        raise FileFormatError(f"an encoder must have the arrays {expected}, only these")
    if not set(kinds) <= {NUMBER, WORD} or len(names) != len(kinds):
        raise FileFormatError("columns must be numbers or words, each with its name")
    _check_arrays(arrays, kinds.count(NUMBER))
    medians, units, centres, scales = (
        arrays[name] for name in ("medians", "units", "centres", "scales")
    )
    numbers = NumberEncoding(medians, units, centres, scales, arrays["gaps"].astype(bool))
    bins = PiecewiseEncoding(*(arrays[name] for name in ("owners", "lows", "widths")))
    words = word_encoding.from_arrays(arrays, kinds.count(WORD))
    return Encoder(tuple(names), tuple(kinds), numbers, words, bins, bool(arrays["clip"][0]))


def _check_arrays(arrays: Mapping[str, NDArray[Any]], k: int) -> None:
    n_bins = len(arrays["owners"]) if arrays["owners"].ndim == 1 else -1
    for name, dtype in _ARRAYS.items():
        length = {"owners": n_bins, "lows": n_bins, "widths": n_bins, "clip": 1}.get(name, k)
        array = arrays[name]
        if array.dtype != np.dtype(dtype) or array.shape != (length,):
            raise FileFormatError(f"an encoder's {name} must be {length} numbers of type {dtype}")
        if not np.isfinite(array).all() and name != "medians":
            raise FileFormatError(f"an encoder's {name} must be finite")
    if np.isinf(arrays["medians"]).any():
        raise FileFormatError("an encoder's medians must be finite, or NaN")
    owners = arrays["owners"]
    if (arrays["scales"] < 0).any() or (arrays["units"] <= 0).any() or (arrays["gaps"] > 1).any():
        raise FileFormatError("an encoder's scales, units or gaps are out of their range")
    if arrays["clip"][0] > 1:
        raise FileFormatError("an encoder's clip must be 0 or 1")
    if (arrays["widths"] <= 0).any() or (np.diff(owners) < 0).any():
        raise FileFormatError("an encoder's bins must have widths above 0, in order of the columns")
    if n_bins and not 0 <= owners[0] <= owners[-1] < k:
        raise FileFormatError("an encoder's bins must be of its columns")
