"""Stratified splitting of rows into training and held-out rows."""

import numpy as np

from fastbp.inputs import Array


def split_rows(
    n: int,
    fraction: float,
    labels: Array | None,
    rng: "np.random.Generator | np.random.RandomState",
) -> tuple[Array, Array]:
    """Return the kept and the held-out rows of 0..n-1, each in rising order.

    About ``fraction * n`` rows are held out. With ``labels``, every class gives its share, to
    within one row: whole rows first, then one more for the largest remainders. A class's last row
    is never held out, for what was never seen cannot be learnt.

    Raises
    ------
    ValueError
        If one of the two parts would be empty.
    """
    n_held = round(fraction * n)
    if not 0 < n_held < n:
        raise ValueError(
            f"a fraction of {fraction:g} splits {n} samples into {n - n_held} and {n_held}: both "
            f"parts need at least one sample"
        )
    shuffled = rng.permutation(n)
    if labels is None:
        held_out = shuffled[:n_held]
    else:
        _, codes, sizes = np.unique(
            np.asarray(labels)[shuffled], return_inverse=True, return_counts=True
        )
        counts = np.floor(fraction * sizes).astype(int)
        by_remainder = np.argsort(counts - fraction * sizes, kind="stable")
        can_give = by_remainder[counts[by_remainder] < sizes[by_remainder] - 1]
        counts[can_give[: n_held - counts.sum()]] += 1
        if counts.sum() == 0:
            raise ValueError(
                f"a fraction of {fraction:g} of {n} samples would hold out a class's only sample; "
                f"every class must keep one to learn from"
            )
        # Sorted by class, not searched for each: there may be as many classes as rows.
        by_class = np.argsort(codes, kind="stable")
        rank = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        held_out = shuffled[by_class[rank < np.repeat(counts, sizes)]]
    is_held = np.zeros(n, bool)
    is_held[held_out] = True
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)
