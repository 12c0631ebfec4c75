"""Splitting rows: every class gives its share, however many classes there are."""

import sys

import numpy as np
import pytest

from fastbp.training.splitting import split_rows


def share_of_each(shuffled, labels, counts):
    """The first rows of every class, class by class."""
    return sorted(row for c, n in counts.items() for row in shuffled[labels[shuffled] == c][:n])


@pytest.mark.parametrize("kind", [int, str])
def test_the_rows_held_out_are_the_first_of_each_class_in_shuffled_order(kind):
    labels = np.array([kind(c) for c in [0] * 10 + [1] * 5 + [2]])
    training, held_out = split_rows(16, 0.25, labels, np.random.default_rng(3))
    shuffled = np.random.default_rng(3).permutation(16)
    # A quarter of each, rounded down, is 2, 1 and 0; the fourth row is where .5 is left over.
    assert held_out.tolist() == share_of_each(shuffled, labels, {kind(0): 3, kind(1): 1})
    assert sorted([*training, *held_out]) == [*range(16)]


def test_what_is_to_be_done_does_not_grow_with_the_classes():
    def calls(n_classes):
        labels = np.arange(4 * n_classes) % n_classes
        count = 0

        def profile(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(profile)
        try:
            split_rows(len(labels), 0.25, labels, np.random.default_rng(0))
        finally:
            sys.setprofile(None)
        return count

    assert calls(1000) == calls(10)
