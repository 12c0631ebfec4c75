"""What sample_weight may be, and what a call says of anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from array_layouts import ORDERS
from ways_in import bits, network, samples

from fastbp import EarlyStopping, Network, ShapeError

X, Y = samples(8)
WEIGHTS = np.array([1.0, 2, 0, 0.5, 4, 1, 1, 3])

CALLS: dict[str, Any] = {
    "fit": lambda net, w: net.fit(X, Y, epochs=2, batch_size=3, sample_weight=w).loss,
    "train_step": lambda net, w: net.train_step(X, Y, sample_weight=w),
    "loss_value": lambda net, w: net.loss_value(X, Y, sample_weight=w),
    "gradients": lambda net, w: net.gradients(X, Y, sample_weight=w).weights[0],
    "score": lambda net, w: net.score(X, Y, sample_weight=w),
    "validation": lambda net, w: net.fit(X, Y, epochs=2, validation=(X, Y, w)).validation_loss,
}

# numbers -> the same in something else
CONTAINERS: dict[str, Any] = ORDERS | {
    "float32": lambda array: array.astype(np.float32),
    "float16": lambda array: array.astype(np.float16),
    "objects": lambda array: array.astype(object),
    "zero strides": lambda array: np.broadcast_to(array, (3, *array.shape))[1],
    "pandas": lambda array: series("pandas", array),
    "polars": lambda array: series("polars", array),
}


def series(library: str, array: Any) -> Any:
    """A series, whose index, where it has one, is no place."""
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    index = {"index": range(len(array), 0, -1)} if library == "pandas" else {}
    return module.Series(array, **index)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a dict": ({0: 1.0, 1: 2.0}, TypeError, r"got dict.*\[weights\[label\] for label in y\]"),
    "balanced": ("balanced", TypeError, "must be an array of numbers, got str"),
    "one number": (2.0, ShapeError, r"expected shape \(8,\), got \(\)"),
    "a column": (WEIGHTS.reshape(-1, 1), ShapeError, r"got \(8, 1\); use sample_weight.reshape"),
    "one for each number": (np.ones((8, 3)), ShapeError, r"1-d, .*expected .*got \(8, 3\)"),
    "too few": (WEIGHTS[:-1], ShapeError, "same number of samples, got 8 and 7"),
    "none": ([], ShapeError, "same number of samples, got 8 and 0"),
    "NaN": ([1.0] * 7 + [np.nan], ValueError, r"finite.*sample_weight\[7\].* is nan.*weight of 0"),
    "infinity": ([1.0, np.inf] + [1] * 6, ValueError, r"sample_weight\[1\].* is inf"),
    "negative": ([1.0] * 6 + [-0.5, 1], ValueError, r"no negative.*sample_weight\[6\] is -0.5"),
    "all 0": ([0] * 8, ValueError, "a number above 0, got 8 that are all 0"),
    "text": (["1"] * 8, ValueError, "must hold numbers, got text"),
    "complex": (WEIGHTS + 1j, ValueError, "complex data not supported: .*sample_weight"),
    "masked": (np.ma.masked_less(WEIGHTS, 1), ValueError, "sample_weight has 2 masked"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("call", CALLS)
def test_row_107_bad_sample_weights_are_refused(call: str, kind: str) -> None:
    """With the argument, what was got and what was expected; no parameter has changed."""
    weights, error, message = REFUSED[kind]
    net = network()
    before = bits(net.parameters)
    name = "validation sample_weight" if call == "validation" else "sample_weight"
    with pytest.raises(error, match=message) as caught:
        CALLS[call](net, weights)
    assert name in str(caught.value)
    assert bits(net.parameters) == before


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("call", CALLS)
def test_weights_may_be_in_whatever_y_may_be_in(call: str, kind: str) -> None:
    expected = CALLS[call](network(), WEIGHTS)
    weights = CONTAINERS[kind](WEIGHTS)
    assert bits(CALLS[call](network(), weights)) == bits(expected)
    assert np.array_equal(np.asarray(weights), WEIGHTS)


@pytest.mark.parametrize("call", CALLS)
def test_true_and_false_are_weights_too(call: str) -> None:
    chosen = WEIGHTS > 0.7
    whole = bits(CALLS[call](network(), chosen.astype(np.uint8)))
    assert bits(CALLS[call](network(), chosen)) == whole


@pytest.mark.parametrize("call", CALLS)
def test_none_is_no_weights(call: str) -> None:
    assert np.array_equal(CALLS[call](network(), None), CALLS[call](network(), np.ones(8)))


@pytest.mark.parametrize("order", ORDERS)
def test_x_and_y_may_lie_anywhere_beside_weights(order: str) -> None:
    expected = network().fit(X, Y, epochs=2, batch_size=3, sample_weight=WEIGHTS).loss
    x, y = ORDERS[order](X), ORDERS[order](Y)
    assert network().fit(x, y, epochs=2, batch_size=3, sample_weight=WEIGHTS).loss == expected


def test_the_column_of_a_frame_is_taken_as_a_series() -> None:
    frame = series("pandas", WEIGHTS).to_frame("w")
    with pytest.raises(ShapeError, match=r"use sample_weight.to_numpy\(\).reshape\(-1\)"):
        network().train_step(X, Y, sample_weight=frame)
    assert network().train_step(X, Y, sample_weight=frame["w"]) > 0


def test_weights_that_change_while_training_are_not_seen() -> None:
    weights = WEIGHTS.copy()
    expected = network().fit(X, Y, epochs=3, sample_weight=WEIGHTS).loss
    history = network().fit(
        X, Y, epochs=3, sample_weight=weights, callbacks=lambda *_: weights.fill(np.nan)
    )
    assert history.loss == expected


@pytest.mark.parametrize("batch_size", [1, 2, 8])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("of_X", [True, False])
def test_row_108_rows_of_weight_0_must_be_finite_in_training(
    batch_size: int, optimizer: str, of_X: bool
) -> None:
    """In a batch that is passed over, too."""
    x, y = X.copy(), Y.copy()
    (x if of_X else y)[5, 1] = np.nan
    weights = np.array([1, 1, 1, 1, 0, 0, 1, 1])
    net = network()
    before = bits(net.parameters)
    name = "X" if of_X else "y"
    with pytest.raises(ValueError, match=rf"{name}\[5, 1\] \(row 5, column 1\) is nan"):
        net.fit(
            x,
            y,
            sample_weight=weights,
            batch_size=batch_size,
            optimizer=optimizer,
            shuffle=False,
        )
    assert bits(net.parameters) == before


@pytest.mark.parametrize(
    ("zeros", "message"), [(slice(None, None, 2), ""), (slice(1, None), "have weights of 0 alone")]
)
def test_a_fraction_must_leave_weight_on_both_sides(zeros: slice, message: str) -> None:
    weights = np.ones(8)
    weights[zeros] = 0
    net = Network([4, 3], seed=2)
    if not message:
        assert net.fit(X, Y, validation=0.5, sample_weight=weights, epochs=1).validation_loss
        return
    with pytest.raises(ValueError, match=message):
        net.fit(X, Y, validation=0.5, sample_weight=weights)


def test_early_stopping_counts_the_validation_samples_that_have_weight() -> None:
    with pytest.raises(ValueError, match="at least 2 validation samples to judge by, got 1"):
        network().fit(
            X, Y, validation=(X, Y, [1] + [0] * 7), early_stopping=EarlyStopping(patience=2)
        )


def test_validation_of_four_parts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a triple \(X, y, sample_weight\).*got 4 elements"):
        network().fit(X, Y, validation=(X, Y, WEIGHTS, WEIGHTS))
