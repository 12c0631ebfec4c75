"""A network that was fitted on a data frame keeps its column names, and insists on them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from ways_in import EVERY_CALL, bits, network, samples

pd = pytest.importorskip("pandas", reason="pandas is not installed")

X, Y = samples()
LABELS = np.arange(len(X)) % 3
NAMES = ("age", "height", "income", "rooms")
FRAME = pd.DataFrame(X, columns=list(NAMES))
TRACE = {"trace": lambda net, X, y: net.trace(X[:1], y[0])}
VALIDATION = {"validation": lambda net, X, y: net.fit(FRAME, y, epochs=1, validation=(X, y))}
CALLS = EVERY_CALL | TRACE | VALIDATION


def fitted() -> Any:
    net = network()
    net.fit(FRAME, LABELS, epochs=1)
    return net


@pytest.mark.parametrize("train", ["fit", "train_step"])
def test_training_on_a_frame_keeps_its_column_names(train: str) -> None:
    net = network()
    assert net.feature_names is None
    EVERY_CALL[train](net, X, LABELS)
    assert net.feature_names is None
    EVERY_CALL[train](net, FRAME, LABELS)
    assert net.feature_names == NAMES
    EVERY_CALL[train](net, X, LABELS)
    assert net.feature_names == NAMES
    with pytest.raises(AttributeError):
        net.feature_names = NAMES


def test_evaluating_learns_no_names() -> None:
    net = network()
    for name in ("predict", "predict_classes", "score", "loss_value", "gradients"):
        EVERY_CALL[name](net, FRAME, LABELS)
    net.fit(X, LABELS, epochs=1)
    assert net.feature_names is None


def test_validation_samples_give_no_names() -> None:
    net = network()
    net.fit(X, LABELS, epochs=1, validation=(FRAME, LABELS))
    assert net.feature_names is None


def test_copies_and_pickles_keep_the_names() -> None:
    net = fitted()
    for other in (net.copy(), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.feature_names == NAMES


def test_a_fit_that_fails_learns_no_names() -> None:
    with_nan = FRAME.copy()
    with_nan.loc[4, "rooms"] = np.nan
    for frame, y in ((with_nan, LABELS), (FRAME, LABELS + 7), (FRAME, LABELS[:3])):
        net = network()
        with pytest.raises(ValueError, match=r"\b(X|y)\b"):
            net.fit(frame, y)
        assert net.feature_names is None


@pytest.mark.parametrize("call", CALLS)
def test_frames_with_other_columns_are_refused(call: str) -> None:
    net = fitted()
    before = bits(net.parameters)
    swapped = FRAME[["height", "age", "income", "rooms"]]
    select = r"frame\[list\(net\.feature_names\)\]"
    for frame, message in (
        (swapped, rf"another order.*column 0 is 'height', expected 'age'; use {select}"),
        (FRAME.rename(columns={"age": "years"}), r"missing: 'age'; unknown: 'years'"),
        (FRAME.drop(columns=["age", "rooms"]), r"missing: 'age', 'rooms'\. Rename or add"),
        (FRAME.assign(sex=1.0), rf"unknown: 'sex'\. Use {select}"),
        (FRAME.set_axis(["age", "age", "height", "income"], axis=1), "missing: 'rooms'.*'age'"),
    ):
        with pytest.raises(ValueError, match=rf"(?i)^(validation )?x\b.*{message}"):
            CALLS[call](net, frame, LABELS)
    if call != "validation":
        assert bits(net.parameters) == before
    assert net.feature_names == NAMES


@pytest.mark.parametrize("call", CALLS)
def test_the_same_columns_and_what_has_no_names_are_taken(call: str) -> None:
    numbered = FRAME.set_axis(range(4), axis=1)
    for X_of in (FRAME, X, X.tolist(), numbered, FRAME.set_axis([*"abc", 3], axis=1)):
        CALLS[call](fitted(), X_of, LABELS)


def test_the_remedy_helps() -> None:
    net = fitted()
    frame = FRAME[["rooms", "age", "income", "height"]].assign(sex=1.0)
    remedy = "frame[list(net.feature_names)]"
    with pytest.raises(ValueError, match="Use ") as error:
        net.predict(frame)
    assert remedy in str(error.value)
    assert bits(net.predict(eval(remedy))) == bits(net.predict(FRAME))


@pytest.mark.parametrize("call", ["predict_one", "learn_one", "trace", "explain"])
def test_a_row_of_a_frame_has_names_too(call: str) -> None:
    def output(net: Any, x: Any) -> Any:
        return net.predict_one(x) if call == "predict_one" else getattr(net, call)(x, LABELS[0])

    x = FRAME.iloc[0]
    for row in (x, x.to_numpy(), x.set_axis(range(4))):
        output(fitted(), row)
    x, net = x[["rooms", "age", "income", "height"]], fitted()
    with pytest.raises(ValueError, match="x has its columns in another order") as error:
        output(net, x)
    remedy = "x[list(net.feature_names)]"
    assert str(error.value).endswith(f"use {remedy}")
    assert bits(net.predict_one(eval(remedy))) == bits(net.predict_one(X[0]))


def test_labels_that_are_no_text_or_not_different_are_no_names() -> None:
    for labels in (range(4), [*"abc", 3], list("abca"), [("a", i) for i in range(4)]):
        net = network()
        net.fit(FRAME.set_axis(labels, axis=1), LABELS, epochs=1)
        assert net.feature_names is None


def test_polars_frames_have_names_too() -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = pl.DataFrame(X, schema=list(NAMES))
    net = network()
    net.fit(frame.lazy(), LABELS, epochs=1)
    assert net.feature_names == NAMES
    expected = bits(net.predict(FRAME))
    swapped = frame.select("rooms", "age", "income", "height")
    for wrong, remedy in (
        (swapped, "frame[list(net.feature_names)]"),
        (swapped.lazy(), "frame.select(list(net.feature_names))"),
    ):
        with pytest.raises(ValueError, match="another order") as error:
            net.predict(wrong)
        frame = wrong
        assert str(error.value).endswith(f"use {remedy}")
        assert bits(net.predict(eval(remedy))) == expected


def test_pyarrow_tables_have_names_too() -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    net = fitted()
    frame = pa.table({name: FRAME[name].to_numpy() for name in reversed(NAMES)})
    remedy = "frame.select(list(net.feature_names))"
    with pytest.raises(ValueError, match="another order") as error:
        net.predict(frame)
    assert str(error.value).endswith(f"use {remedy}")
    assert bits(net.predict(eval(remedy))) == bits(net.predict(FRAME))


def test_of_many_missing_names_the_first_are_listed() -> None:
    many = pd.DataFrame(np.zeros((3, 500)), columns=[f"c{c}" for c in range(500)])
    net = network((500, 3))
    net.fit(many, LABELS[:3], epochs=1)
    with pytest.raises(ValueError, match=r"'c0', .*'c9' and 490 more") as error:
        net.predict(many.add_prefix("x"))
    assert len(str(error.value)) < 600
