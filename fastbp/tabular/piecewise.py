"""Piecewise-linear encoding of numbers: how much of each bin lies below them.

The edges b_0 < ... < b_T of a column are the distinct ones among the quantiles 0, 1/16, ..., 1 of
its training rows (interpolated linearly); a column with fewer than three is not encoded. Its T
inputs are

    min(max((x' - b_t) / (b_(t+1) - b_t), 0), 1),   t = 0, ..., T - 1

so that a network's first layer can bend at each edge (Gorishniy, Rubachev and Babenko, 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 16
_FEWEST_EDGES = 3


@dataclass(frozen=True)
class PiecewiseEncoding:
    """The bins of number columns, those of one column after another.

    Attributes
    ----------
    owners : ndarray of int64, shape (T,)
        Which column each bin is of.
    lows, widths : ndarray of float64, shape (T,)
        Each bin's lower edge, and the distance to the next.
    """

    owners: NDArray[np.int64]
    lows: NDArray[np.float64]
    widths: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.owners)

    @classmethod
    def fit(cls, x: NDArray[np.float64], first: int = 0) -> PiecewiseEncoding:
        """Learn from columns in rows: ``x`` has shape (k, n), its columns count from ``first``."""
        quantiles = np.quantile(x, np.linspace(0, 1, BINS + 1), axis=1).T  # (k, BINS + 1)
        widths = np.diff(quantiles, axis=1)
        is_bin = widths > 0
        is_bin &= is_bin.sum(axis=1, keepdims=True) >= _FEWEST_EDGES - 1
        owners, bins = np.nonzero(is_bin)
        return cls(owners.astype(np.int64) + first, quantiles[owners, bins], widths[owners, bins])

    def apply(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inputs (n, T) of rows (n, k)."""
        bins = x[:, self.owners]
        bins -= self.lows
        with np.errstate(over="ignore"):  # by a subnormal width
            bins /= self.widths
        return np.clip(bins, 0.0, 1.0, out=bins)

    @classmethod
    def joined(cls, parts: list[PiecewiseEncoding]) -> PiecewiseEncoding:
        """Several encodings one after another."""
        return cls(
            np.concatenate([np.empty(0, np.int64), *(part.owners for part in parts)]),
            np.concatenate([np.empty(0), *(part.lows for part in parts)]),
            np.concatenate([np.empty(0), *(part.widths for part in parts)]),
        )
