"""Number columns as inputs: gaps filled, standardised, and large values drawn in.

Of a column of the training rows, with its missing cells filled with their median m,

    u = (x - c) / s,    c: the mean, s: the standard deviation (division by n); 0 if s = 0
    x' = u / sqrt(1 + (u / 3)^2)

so that |x'| stays below 3 whatever x is. A column of such rows with a gap gets one more input, 1
where a cell is missing and else 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

#: Where x' bends: no input is larger.
BOUND = 3.0
# Columns of larger or smaller numbers are computed in a unit of their own, so that no square or
# difference overflows or is lost. Powers of two: no bit of any other number depends on it.
_LARGE, _SMALL, _SHIFT = 2.0**400, 2.0**-400, 600
# Of an input that is not drawn in: float32 holds its square and sums of it.
_FARTHEST = 1e15


@dataclass(frozen=True)
class NumberEncoding:
    """What the training rows tell of number columns.

    Attributes
    ----------
    medians : ndarray of float64, shape (k,)
        What takes the place of a missing cell; NaN where none may be missing.
    units, centres, scales : ndarray of float64, shape (k,)
        u = (x units - centres) / scales; 0 where a scale is 0.
    gaps : ndarray of bool, shape (k,)
        Whether a training cell was missing.
    """

    medians: NDArray[np.float64]
    units: NDArray[np.float64]
    centres: NDArray[np.float64]
    scales: NDArray[np.float64]
    gaps: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.medians)

    @classmethod
    def fit(cls, values: NDArray[np.float64]) -> NumberEncoding:
        """Learn from columns in rows: ``values`` has shape (k, n), NaN where a cell is missing."""
        missing = np.isnan(values)
        gaps: NDArray[np.bool_] = np.any(missing, axis=1)
        medians = _medians(values)
        filled = np.where(missing, medians[:, np.newaxis], values)
        largest = np.abs(filled).max(axis=1)
        units = np.ones(len(values))
        units[largest > _LARGE] = 2.0**-_SHIFT
        units[(largest < _SMALL) & (largest > 0)] = 2.0**_SHIFT
        filled *= units[:, np.newaxis]
        centres = filled.mean(axis=1)
        scales = filled.std(axis=1)
        # The mean of equal numbers need not be that number to the last bit.
        scales[filled.max(axis=1) == filled.min(axis=1)] = 0.0
        return cls(medians, units, centres, scales, gaps)

    def apply(self, values: NDArray[np.float64], clip: bool = True) -> NDArray[np.float64]:
        """x', or u with ``clip=False``, of rows: ``values`` has shape (n, k)."""
        u = np.where(np.isnan(values), self.medians, values)
        with np.errstate(over="ignore", under="ignore"):
            u *= self.units
            u -= self.centres
            u /= np.where(self.scales > 0, self.scales, 1.0)
            u[:, self.scales == 0] = 0.0
            if not clip:
                return np.clip(u, -_FARTHEST, _FARTHEST, out=u)
            np.clip(u, -1e100, 1e100, out=u)  # the square of a larger one would be infinite
            return u / np.sqrt(1 + (u / BOUND) ** 2)

    @classmethod
    def joined(cls, parts: list[NumberEncoding]) -> NumberEncoding:
        """Several encodings one after another."""
        if len(parts) == 1:
            return parts[0]
        empty = (np.empty(0), np.empty(0), np.empty(0), np.empty(0), np.empty(0, bool))
        columns = [[getattr(part, field.name) for part in parts] for field in fields(cls)]
        return cls(*(np.concatenate(c) if c else e for c, e in zip(columns, empty, strict=True)))


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The medians of rows without their NaN; 0 of a row that has nothing else."""
    ordered = np.sort(values, axis=1)  # NaN last
    counts = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(values))
    middle = ordered[rows, np.maximum(counts - 1, 0) // 2]
    upper = ordered[rows, np.minimum(counts // 2, values.shape[1] - 1)]
    # The half of each: their sum may be larger than any number.
    medians = np.where(middle == upper, middle, middle / 2 + upper / 2)
    return np.where(counts > 0, medians, 0.0)
