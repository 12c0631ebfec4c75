"""Rows held out: at random, by time, by group, in folds."""

from __future__ import annotations

import numpy as np
import pytest

from fastbp.tabular.evaluation.folds import group_folds, stratified_folds
from fastbp.tabular.evaluation.splits import Split, group_split, random_split, time_split


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def assert_parts(split: Split, n: int) -> None:
    assert sorted([*split.training, *split.held_out]) == list(range(n))


def test_a_random_split_holds_out_each_class_by_its_share() -> None:
    codes = np.repeat([0, 1, 2], [50, 30, 20])
    split = random_split(100, 0.2, rng(), codes)
    assert np.bincount(codes[split.held_out]).tolist() == [10, 6, 4]
    assert_parts(split, 100)


def test_the_only_row_of_a_class_is_trained_on() -> None:
    codes = np.array([0] * 9 + [1])
    for seed in range(20):
        split = random_split(10, 0.5, np.random.default_rng(seed), codes)
        assert 9 in split.training


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"share must be .*> 0 and < 1"):
        random_split(10, share, rng())
    with pytest.raises(TypeError, match="share must be a number"):
        random_split(10, "0.2", rng())  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_share_that_leaves_a_part_empty_is_refused_with_one_that_does_not(share: float) -> None:
    with pytest.raises(ValueError, match=r"of 2 rows .* share=0.5 \(--test-fraction 0.5\)"):
        random_split(2, share, rng())
    assert_parts(random_split(2, 0.5, rng()), 2)


def test_classes_of_one_row_each_cannot_be_held_out() -> None:
    with pytest.raises(ValueError, match=r"class of its own.*--test-fraction 0\)"):
        random_split(5, 0.2, rng(), np.arange(5))
    with pytest.raises(ValueError, match=r"there are 0; .*leave folds out .*--test-fraction 0\)"):
        stratified_folds(5, 2, rng(), np.arange(5), tuple("abcde"))


def test_a_time_split_holds_out_what_came_last_in_any_order_of_the_rows() -> None:
    times = rng().permutation(100).astype(float)
    split = time_split(times, 0.25)
    assert times[split.training].max() < times[split.held_out].min()
    assert len(split.held_out) == 25
    assert_parts(split, 100)
    assert split.notes == ()


def test_rows_of_one_time_stay_on_one_side() -> None:
    times = np.array([1.0, 2, 2, 2, 3, 3])
    split = time_split(times, 0.5)
    assert split.held_out.tolist() == [4, 5]  # 2 of 6 and 5 of 6 are both off: the nearer one
    assert split.training.tolist() == [0, 1, 2, 3]


def test_a_share_that_equal_times_change_is_told() -> None:
    split = time_split(np.array([1.0, *[2.0] * 9]), 0.2, "day")
    assert split.training.tolist() == [0]
    assert "rows of one time stay together, so 90 % of the rows" in split.notes[0]


def test_rows_without_a_time_are_in_neither_part_and_counted() -> None:
    times = np.array([np.nan, 1, 2, np.nan, 3, 4])
    split = time_split(times, 0.25, "sold")
    assert (split.training.tolist(), split.held_out.tolist()) == ([1, 2, 4], [5])
    assert split.notes == ("2 rows without a time in 'sold' are neither trained on nor held out",)


@pytest.mark.parametrize(
    ("times", "words"),
    [([1.0, 1, 1], "its 3 rows with a time all have the same"), ([np.nan] * 3, "no time in any")],
)
def test_a_column_without_two_times_cannot_split(times: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=f"column 'day' cannot split the rows by time: .*{words}"):
        time_split(np.array(times), 0.2, "day")


def test_no_group_is_on_both_sides() -> None:
    groups = rng().integers(0, 30, 300)
    split = group_split(groups, 0.2, rng())
    assert not set(groups[split.training]) & set(groups[split.held_out])
    assert abs(len(split.held_out) - 60) <= 5
    assert_parts(split, 300)


def test_both_sides_have_a_group_whatever_the_share() -> None:
    groups = np.repeat([0, 1], [99, 1])
    for seed in range(10):
        for share in (0.001, 0.5, 0.999):
            split = group_split(groups, share, np.random.default_rng(seed))
            assert len(split.training)
            assert len(split.held_out)


def test_groups_are_held_out_with_the_classes_in_their_shares() -> None:
    groups = np.repeat(np.arange(40), 5)
    codes = np.repeat(rng().permutation(np.arange(40) % 4 == 0), 5).astype(int)
    split = group_split(groups, 0.25, rng(), codes)
    assert 0.2 <= codes[split.held_out].mean() <= 0.3


def test_rows_without_a_group_stay_together_and_are_told() -> None:
    groups = np.array([-1, -1, 0, 1, 2, 3])
    split = group_split(groups, 0.3, rng(), column="patient")
    assert len({row in split.held_out for row in (0, 1)}) == 1
    assert split.notes[0] == "2 rows without a value in 'patient' are one group together"


def test_one_group_cannot_split() -> None:
    with pytest.raises(ValueError, match="column 'g' has 1 group, and at least 2 are needed"):
        group_split(np.zeros(5, int), 0.2, rng(), column="g")
    with pytest.raises(ValueError, match="column 'g' has 3 groups, and at least 5 are needed"):
        group_folds(np.array([0, 1, 2, 2, 2]), 5, rng(), column="g")


def test_every_row_is_held_out_in_one_fold_and_classes_are_even() -> None:
    codes = np.repeat([0, 1, 2], [50, 31, 19])
    folds = stratified_folds(100, 5, rng(), codes, ("a", "b", "c"))
    assert sorted(np.concatenate([fold.held_out for fold in folds])) == list(range(100))
    for fold in folds:
        assert_parts(fold, 100)
        assert len(fold.held_out) == 20
        assert np.all(abs(np.bincount(codes[fold.held_out]) - [10, 6.2, 3.8]) < 1)


def test_classes_of_fewer_rows_than_folds_are_told_and_do_not_stop() -> None:
    codes = np.array([0] * 20 + [1] * 3 + [2])
    folds = stratified_folds(24, 5, rng(), codes, ("many", "few", "one"))
    held_out = np.concatenate([fold.held_out for fold in folds])
    assert sorted(held_out) == list(range(23))  # the class of one row is always trained on
    assert folds[0].notes == (
        "classes of one row, which is trained on and never held out: one",
        "classes with fewer rows than the 5 folds, so not held out in every fold: few (3)",
    )
    assert [fold.notes for fold in folds[1:]] == [()] * 4


@pytest.mark.parametrize(
    ("codes", "remedy"), [([0, 0, 1], "ask for fewer folds"), ([0, 1, 2], "--task regress")]
)
def test_too_few_rows_with_company_are_told_with_what_helps(codes: list[int], remedy: str) -> None:
    with pytest.raises(ValueError, match=f"3 folds need 3 rows whose class.*{remedy}"):
        stratified_folds(3, 3, rng(), np.array(codes), ("a", "b", "c"))


def test_folds_of_groups_keep_them_together_and_of_like_size() -> None:
    groups = rng().integers(0, 40, 400)
    codes = (groups % 4 == 0).astype(int)
    folds = group_folds(groups, 4, rng(), codes)
    assert sorted(np.concatenate([fold.held_out for fold in folds])) == list(range(400))
    for fold in folds:
        assert not set(groups[fold.training]) & set(groups[fold.held_out])
        assert 80 <= len(fold.held_out) <= 120
        assert abs(codes[fold.held_out].mean() - codes.mean()) < 0.1


def test_no_fold_of_groups_is_empty() -> None:
    groups = np.array([0] * 50 + [1, 2, 3])
    assert [len(fold.held_out) > 0 for fold in group_folds(groups, 4, rng())] == [True] * 4
    pure = np.array([0, 0, 1])  # each group has a class of its own, which evens out any fold
    assert [len(fold.held_out) for fold in group_folds(pure, 2, rng(), pure)] == [2, 1]


@pytest.mark.parametrize("folds", [1, 0, 11])
def test_a_number_of_folds_that_cannot_be_is_refused(folds: int) -> None:
    with pytest.raises(ValueError, match=r"folds must be at (least 2|most 10), got"):
        stratified_folds(10, folds, rng())
