"""A word column as inputs: one of +1 and -1 for two words, one for each of more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError

#: Inputs of a column at most: those of its most frequent words, and one for all other words.
MOST_LEVELS = 256
#: The arrays of a file, and their types.
ARRAYS = {"n_levels": "i8", "rests": "u1", "level_lengths": "i8", "level_bytes": "u1"}


@dataclass(frozen=True)
class WordEncoding:
    """The words of a column's training rows, and whether rarer ones share an input.

    Two words are one input: +1 the first of them, -1 the second. Otherwise each word has an input
    that is 1 where it stands and else 0. All are 0 where a cell is missing and for a word that the
    training rows do not have.

    Of more than 256 words the 255 most frequent have an input each, and all others share one:
    these, and then also words that the training rows do not have.

    Attributes
    ----------
    levels : tuple of str
        The words that have an input of their own, sorted.
    has_rest : bool
        Whether there is one more input, for all other words.
    """

    levels: tuple[str, ...]
    has_rest: bool = False

    @classmethod
    def fit(cls, codes: NDArray[np.int32], levels: tuple[str, ...]) -> WordEncoding:
        """Learn from a column's training rows: codes into the levels, -1 where one is missing."""
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        seen = np.flatnonzero(counts)
        if len(seen) == 1 and counts.sum() == len(codes):
            return cls(())  # the same word in every row: nothing to tell rows apart
        if len(seen) <= MOST_LEVELS:
            return cls(tuple(levels[i] for i in seen))
        by_count = seen[np.argsort(-counts[seen], kind="stable")]
        return cls(tuple(levels[i] for i in np.sort(by_count[: MOST_LEVELS - 1])), True)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1 if self._is_pair else len(self.levels) + self.has_rest

    @property
    def inputs(self) -> list[str]:
        """What each input stands for, to be read after the column's name."""
        if self._is_pair:
            return [f"{self.levels[0]} or {self.levels[1]}"]
        return [*self.levels, *(["other words"] if self.has_rest else [])]

    @property
    def _is_pair(self) -> bool:
        return len(self.levels) == 2 and not self.has_rest

    def places(self, levels: tuple[str, ...]) -> NDArray[np.int64]:
        """The input of each of a table's levels, and at the end that of a missing cell; -1: none.

        Of a pair: which of the two.
        """
        index = {level: i for i, level in enumerate(self.levels)}
        other = len(self.levels) if self.has_rest else -1
        return np.array([*(index.get(level, other) for level in levels), -1], np.int64)

    def write(self, places: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        """Write the inputs of rows, by the :meth:`places` of their cells, over zeros (n, width)."""
        if self._is_pair:
            out[:, 0] = np.array([1, -1, 0], np.float32)[places]
            return
        rows = np.flatnonzero(places >= 0)
        out[rows, places[rows]] = 1


def as_arrays(words: Sequence[WordEncoding]) -> dict[str, NDArray[Any]]:
    """The encodings of several columns as numbers, for a file."""
    levels = [level.encode("utf-8", "surrogatepass") for word in words for level in word.levels]
    return {
        "n_levels": np.array([len(word.levels) for word in words], "i8"),
        "rests": np.array([word.has_rest for word in words], "u1"),
        "level_lengths": np.array(list(map(len, levels)), "i8"),
        "level_bytes": np.frombuffer(b"".join(levels), "u1"),
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]], n: int) -> tuple[WordEncoding, ...]:
    """Read :func:`as_arrays`'s of n columns back, strictly; raises FileFormatError."""
    counts, rests, lengths, raw = (arrays[name] for name in ARRAYS)
    for name, dtype in ARRAYS.items():
        if arrays[name].dtype != np.dtype(dtype) or arrays[name].ndim != 1:
            raise FileFormatError(f"{name} must have one axis and be of type {dtype}")
    if len(counts) != n or len(rests) != n:
        raise FileFormatError(f"n_levels and rests must be of {n} columns of words")
    if ((counts < 0) | (counts > MOST_LEVELS)).any() or counts.sum() != len(lengths):
        raise FileFormatError(f"n_levels must be from 0 to {MOST_LEVELS}, of all levels together")
    if ((rests > 1) | ((rests == 1) & (counts != MOST_LEVELS - 1))).any():
        raise FileFormatError(f"rests must be 0, or 1 with {MOST_LEVELS - 1} levels")
    if ((lengths < 0) | (lengths > len(raw))).any() or lengths.sum() != len(raw):
        raise FileFormatError("level_lengths must be those of level_bytes")
    ends = np.cumsum(lengths).tolist()
    data = raw.tobytes()
    try:
        texts = [
            data[end - length : end].decode("utf-8", "surrogatepass")
            for end, length in zip(ends, lengths.tolist(), strict=True)
        ]
    except UnicodeDecodeError as error:
        raise FileFormatError(f"level_bytes is not UTF-8: {error}") from None
    words, start = [], 0
    for count, rest in zip(counts.tolist(), rests.tolist(), strict=True):
        levels = texts[start : start + count]
        start += count
        if any(a >= b for a, b in pairwise(levels)):
            raise FileFormatError("the levels of a column must be different words, sorted")
        words.append(WordEncoding(tuple(levels), bool(rest)))
    return tuple(words)
