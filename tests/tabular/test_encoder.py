"""The encoder against a twin in plain Python, written from the recipe."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import median

import numpy as np
import pytest

from fastbp import FileFormatError
from fastbp.tables.typed import NumberColumn, WordColumn
from fastbp.tabular.encoder import Column, Encoder
from fastbp.tabular.encoder_arrays import arrays_of, encoder_of

MISSING = None
Cells = dict[str, list[float | str | None]]


def columns_of(cells: Cells) -> tuple[Column, ...]:
    columns: list[Column] = []
    for name, values in cells.items():
        if any(isinstance(v, str) for v in values):
            levels = tuple(sorted({v for v in values if isinstance(v, str)}))
            codes = [-1 if v is MISSING else levels.index(str(v)) for v in values]
            columns.append(WordColumn(name, np.array(codes, np.int32), levels))
        else:
            numbers = [math.nan if v is MISSING else float(v) for v in values]
            columns.append(NumberColumn(name, np.array(numbers)))
    return tuple(columns)


def twin(cells: Cells, training: list[int], piecewise: bool) -> list[list[float]]:
    """The inputs of all rows, one after another, as the recipe's steps 2 to 4 say."""
    n = len(next(iter(cells.values())))
    numbers, gaps, words, bins = [], [], [], []  # lists of columns
    for values in cells.values():
        seen = [values[i] for i in training if values[i] is not MISSING]
        if any(isinstance(v, str) for v in values):
            levels = sorted({str(v) for v in seen})
            if len(levels) == 2:
                words.append([{levels[0]: 1.0, levels[1]: -1.0}.get(str(v), 0.0) for v in values])
            elif len(levels) > 2:
                words += [[float(v == level) for v in values] for level in levels]
            continue
        m = median([float(v) for v in seen])  # type: ignore[arg-type]
        filled = [m if v is MISSING else float(v) for v in values]
        of_training = [filled[i] for i in training]
        c = math.fsum(of_training) / len(training)
        s = math.sqrt(math.fsum((x - c) ** 2 for x in of_training) / len(training))
        u = [(x - c) / s if s else 0.0 for x in filled]
        x = [v / math.sqrt(1 + (v / 3) ** 2) for v in u]
        numbers.append(x)
        if len(seen) < len(training):
            gaps.append([float(v is MISSING) for v in values])
        ordered = sorted(x[i] for i in training)
        edges: list[float] = []
        for t in range(17):
            at = t / 16 * (len(ordered) - 1)
            low = math.floor(at)
            high = min(low + 1, len(ordered) - 1)
            edge = ordered[low] + (at - low) * (ordered[high] - ordered[low])
            if not edges or edge > edges[-1]:
                edges.append(edge)
        if piecewise and len(edges) >= 3:
            for low_edge, high_edge in pairwise(edges):
                width = high_edge - low_edge
                bins.append([min(max((v - low_edge) / width, 0.0), 1.0) for v in x])
    table = [*numbers, *gaps, *words, *bins]
    return [[column[i] for column in table] for i in range(n)]


def some_cells(rng: random.Random, n: int) -> Cells:
    def number() -> float | None:
        return MISSING if rng.random() < 0.2 else rng.gauss(5, 2)

    def word(levels: str) -> str | None:
        return MISSING if rng.random() < 0.1 else rng.choice(levels)

    return {
        "plain": [rng.expovariate(1) for _ in range(n)],
        "gaps": [number() for _ in range(n)],
        "pair": [word("ab") for _ in range(n)],
        "whole": [float(rng.randrange(3)) for _ in range(n)],
        "constant": [0.1] * n,
        "bit": [float(rng.randrange(2)) for _ in range(n)],
        "letters": [word("pqrst") for _ in range(n)],
        "far": [rng.choice([1.0, 2.0, 3.0, 1e9]) for _ in range(n)],
    }


@pytest.mark.parametrize("piecewise", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_inputs_are_those_of_the_recipe(seed: int, piecewise: bool) -> None:
    rng = random.Random(seed)
    cells = some_cells(rng, 60)
    training = rng.sample(range(60), 45)
    columns = columns_of(cells)
    encoder = Encoder.fit(columns, np.array(training), piecewise=piecewise)
    X = encoder.transform(columns)
    expected = np.array(twin(cells, training, piecewise))
    assert X.dtype == np.float32
    assert X.shape == expected.shape == (60, len(encoder.inputs))
    # float32's rounding of numbers below 3, and of bins whose quotient the edges' rounding moves.
    np.testing.assert_allclose(X, expected, rtol=1e-6, atol=1e-6)


def test_some_rows_are_encoded_as_among_all() -> None:
    columns = columns_of(some_cells(random.Random(0), 50))
    encoder = Encoder.fit(columns, piecewise=True)
    X = encoder.transform(columns)
    rows = np.array([7, 3, 3, 49])
    assert np.array_equal(encoder.transform(columns, rows), X[rows])
    assert np.array_equal(encoder.transform(columns, slice(10, 20)), X[10:20])


def test_a_number_column_without_a_gap_in_training_fills_a_later_one_with_the_median() -> None:
    encoder = Encoder.fit((NumberColumn("a", np.array([1.0, 2.0, 6.0])),))
    later = encoder.transform((NumberColumn("a", np.array([math.nan, 2.0])),))
    assert later.shape == (2, 1)
    assert later[0] == later[1]


def test_words_that_training_does_not_have_are_zero_everywhere() -> None:
    encoder = Encoder.fit(columns_of({"a": ["x", "y", "z"], "b": ["p", "q", "p"]}))
    later = columns_of({"a": ["new", "x"], "b": ["q", "new"]})
    assert encoder.transform(later).tolist() == [[0, 0, 0, -1], [1, 0, 0, 0]]


def test_of_many_words_the_rarest_share_an_input_with_unknown_ones() -> None:
    words: list[float | str | None] = [f"w{i:03}" for i in range(300)]
    words += words[45:]  # w045 to w299, 255 of them, twice each
    encoder = Encoder.fit(columns_of({"a": words}))
    assert encoder.width == 256
    assert encoder.inputs[0] == "a: w045"
    assert encoder.inputs[-1] == "a: other words"
    X = encoder.transform(columns_of({"a": ["w000", "w045", "unknown", None]}))
    assert [row.nonzero()[0].tolist() for row in X] == [[255], [0], [255], []]


@pytest.mark.parametrize("size", [1e300, 1e-300, 5e-324, 1.7e308])
def test_no_size_of_numbers_overflows(size: float) -> None:
    values = np.array([-1.0, 0.0, 1.0, 1.0, 0.5]) * size
    for piecewise in (False, True):
        column = (NumberColumn("a", values),)
        encoder = Encoder.fit(column, piecewise=piecewise)
        X = encoder.transform(column)
        assert np.isfinite(X).all()
        assert (np.abs(X) <= 3).all()
        assert X[0, 0] < X[1, 0] < X[2, 0]
        far = encoder.transform((NumberColumn("a", np.array([1.7e308, -1.7e308])),))
        assert np.isfinite(far).all()


@pytest.mark.parametrize("clip", [False, True])
def test_a_column_of_one_small_number_is_zero_however_large_a_later_one_is(clip: bool) -> None:
    encoder = Encoder.fit((NumberColumn("a", np.full(3, 1e-200)),), clip=clip)
    later = encoder.transform((NumberColumn("a", np.array([1e300, -1.7e308, 1e-200])),))
    assert later.tolist() == [[0.0]] * 3


def test_so_many_bins_that_a_first_layer_is_slow_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = columns_of(some_cells(random.Random(0), 50))
    with_bins = Encoder.fit(columns, piecewise=True)
    n_bins = len(with_bins.bins)
    monkeypatch.setattr("fastbp.tabular.encoder.MOST_BINS", n_bins)
    assert len(Encoder.fit(columns, piecewise=True).bins) == n_bins
    monkeypatch.setattr("fastbp.tabular.encoder.MOST_BINS", n_bins - 1)
    assert Encoder.fit(columns, piecewise=True).inputs == Encoder.fit(columns).inputs


def test_columns_that_tell_nothing_give_one_input() -> None:
    columns = columns_of({"a": ["x", "x"]})
    encoder = Encoder.fit(columns)
    assert encoder.transform(columns).tolist() == [[0], [0]]


def test_an_infinite_number_is_refused_with_its_row_and_column() -> None:
    columns = (NumberColumn("good", np.zeros(3)), NumberColumn("bad", np.array([0, np.inf, 0])))
    with pytest.raises(ValueError, match=r"row 1 .*'bad' is inf"):
        Encoder.fit(columns)
    encoder = Encoder.fit(columns, np.array([0, 2]))
    with pytest.raises(ValueError, match=r"row 1 .*'bad' is inf"):
        encoder.transform(columns)


def test_other_columns_are_refused() -> None:
    encoder = Encoder.fit(columns_of({"a": [1.0, 2.0], "b": ["x", "y"]}))
    for cells, match in (
        ({"b": ["x"], "a": [1.0]}, "column 0 of the table is 'b', expected 'a'"),
        ({"a": [1.0]}, "column 1 of the table is no more, expected 'b'"),
        ({"a": ["x"], "b": ["x"]}, "'a' as a word, expected a number"),
    ):
        with pytest.raises(ValueError, match=match):
            encoder.transform(columns_of(cells))  # type: ignore[arg-type]


def test_arrays_give_the_same_encoder_back_and_others_are_refused() -> None:
    columns = columns_of(some_cells(random.Random(1), 40))
    encoder = Encoder.fit(columns, piecewise=True)
    arrays = arrays_of(encoder)
    again = encoder_of(arrays, encoder.names, encoder.kinds)
    assert np.array_equal(again.transform(columns), encoder.transform(columns))
    assert again.inputs == encoder.inputs
    for name, array in arrays.items():
        wrongs = [array[:-1], array.reshape(1, -1), array.astype("f4")]
        if name not in ("medians", "centres", "lows", "level_bytes"):
            wrongs.append(np.full_like(array, 200 if array.dtype == np.uint8 else -1))
        for wrong in wrongs:
            with pytest.raises(FileFormatError):
                encoder_of(arrays | {name: wrong}, encoder.names, encoder.kinds)
        with pytest.raises(FileFormatError):
            encoder_of({k: v for k, v in arrays.items() if k != name}, encoder.names, encoder.kinds)
