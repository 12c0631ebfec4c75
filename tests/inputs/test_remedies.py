"""What an error advises helps: the expression in its message is evaluated, and taken."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.lib.recfunctions
import pytest
from ways_in import bits

from fastbp import SGD, Adam, DivergenceError, Network

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4))
LABELS = np.arange(12) % 3
NAMES = np.array(["a", "b", "c"])[LABELS]
SOFTMAX = {"output_activation": "softmax", "loss": "cross_entropy"}
SIGMOID = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}


def network(n_L: int = 3, **options: Any) -> Network:
    return Network([4, 5, n_L], "tanh", **(options or (SIGMOID if n_L == 1 else SOFTMAX)), seed=0)


def refusal(net: Network, X: Any, y: Any) -> str:
    with pytest.raises((ValueError, TypeError)) as error:
        net.fit(X, y)
    return str(error.value)


def records(array: Any) -> Any:
    return np.rec.fromarrays(array.T, names="a,b,c,d")


#: outputs, y, what makes it right as the message writes it
OF_Y: dict[str, tuple[int, Any, str]] = {
    "labels from 1": (3, LABELS + 1, "np.unique(y, return_inverse=True)[1]"),
    "a list of labels from 1": (3, (LABELS + 1).tolist(), "np.unique(y, return_inverse=True)[1]"),
    "labels with a gap": (3, LABELS * 5, "np.unique(y, return_inverse=True)[1]"),
    "a column of labels": (3, LABELS.reshape(-1, 1), "y.reshape(-1)"),
    "a list of rows of one label": (3, LABELS.reshape(-1, 1).tolist(), "np.array(y).reshape(-1)"),
    "a column of names": (3, NAMES.reshape(-1, 1), "y.reshape(-1)"),
    "names as bytes": (3, NAMES.astype("S"), "np.asarray(y).astype(str)"),
    "a list of bytes": (3, NAMES.astype("S").tolist(), "np.asarray(y).astype(str)"),
    "signs": (1, np.where(LABELS > 0, 1, -1), "np.equal(y, 1)"),
    "a list of 1 and 2": (1, np.where(LABELS > 0, 2, 1).tolist(), "np.equal(y, 2)"),
    "several signs": (2, np.where(X[:, :2] > 0, 1, -1), "np.equal(y, 1)"),
}


@pytest.mark.parametrize("case", OF_Y)
def test_targets_that_are_refused_come_with_what_makes_them_right(case: str) -> None:
    n_L, y, remedy = OF_Y[case]
    options = SIGMOID if n_L < 3 else SOFTMAX
    message = refusal(network(n_L, **options), X, y)
    assert remedy in message
    net = network(n_L, **options)
    assert net.fit(X, eval(remedy, {"np": np, "y": y}), epochs=1).accuracy


OF_X: dict[str, tuple[Any, str]] = {
    "text": (X.astype(str), "np.asarray(X).astype(float)"),
    "lists of text": (X.astype(str).tolist(), "np.asarray(X).astype(float)"),
    "records": (records(X), "numpy.lib.recfunctions.structured_to_unstructured(X)"),
}


@pytest.mark.parametrize("case", OF_X)
def test_samples_that_are_refused_come_with_what_makes_them_numbers(case: str) -> None:
    samples, remedy = OF_X[case]
    assert remedy in refusal(network(), samples, LABELS)
    scope = {"np": np, "numpy": numpy, "X": samples}
    assert bits(network().predict(eval(remedy, scope))) == bits(network().predict(X))


def test_names_of_other_classes_than_there_are_outputs_for_are_advised_as_they_are() -> None:
    """One name says nothing of how many there will be; more than there are outputs need outputs."""
    message = refusal(network(1), X, ["a"] * 12)
    assert message.startswith("y has 1 class name, but the network has 1 output for 2 classes; set")
    net = network(1)
    net.classes = ["a", "b"]
    net.fit(X, ["a"] * 12, epochs=1)
    assert refusal(network(1), X, NAMES).endswith("build it with sizes[-1] = 3")
    network(3, **SIGMOID).fit(X, NAMES, epochs=1)
    assert "sizes[-1] = 2, or set net.classes to the 3" in refusal(
        network(), X, NAMES[LABELS < 2][:12].repeat(2)[:12]
    )


def test_more_classes_than_outputs_are_counted() -> None:
    assert "These are 12 classes" in refusal(network(), X, np.arange(12))


def test_numbers_that_are_no_labels_get_no_advice_for_labels() -> None:
    for y in (LABELS + 0.5, np.where(LABELS > 0, LABELS, np.nan)):
        assert "np.unique" not in refusal(network(), X, y)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("y", [LABELS, NAMES], ids=["labels", "names"])
def test_a_frame_of_one_column_is_taken_where_a_series_is(library: str, y: Any) -> None:
    frames: Any = pytest.importorskip(library, reason=f"{library} is not installed")
    net, twin = network(), network()
    net.fit(X, frames.DataFrame({"class": y}), epochs=2)
    twin.fit(X, frames.Series(y), epochs=2)
    assert bits(net.parameters) == bits(twin.parameters)
    assert net.score(X, frames.DataFrame({"class": y})) == twin.score(X, y)


def test_rows_that_do_not_sum_to_1_are_advised_by_what_they_mean() -> None:
    several = np.tile([1.0, 1.0, 0.0], (12, 1))
    message = refusal(network(), X, several)
    assert "Divide each row by its sum" in message
    network().fit(X, several / several.sum(axis=1, keepdims=True), epochs=1)
    assert "loss='binary_cross_entropy'" in message
    network(3, **SIGMOID).fit(X, several, epochs=1)


# ---------------------------------------------------------------- numbers that are not finite


def test_nothing_advises_to_train_on_nan() -> None:
    """Without the check the first step diverges: that is no remedy."""
    bad = X.copy()
    bad[3, 1] = np.nan
    message = refusal(network(), bad, LABELS)
    assert message.endswith("is nan. Drop such rows, or fill in numbers")
    network().fit(np.nan_to_num(bad), LABELS, epochs=1)
    with pytest.raises(DivergenceError, match="check_input=True says where"):
        network().fit(bad, LABELS, check_input=False)
    with pytest.raises(DivergenceError) as error:
        network(1, output_activation="identity").fit(X, X[:, 0], optimizer=SGD(1e30))
    assert "check_input" not in str(error.value)


def test_parameters_that_are_nan_are_not_called_rows() -> None:
    net = network()
    with pytest.raises(ValueError, match=r"parameters\[0\].*is nan") as error:
        net.parameters = np.full(net.parameters.shape, np.nan)
    assert "rows" not in str(error.value)


# ---------------------------------------------------------------- what errors show


LONG: dict[str, Any] = {
    "an array": np.arange(100_000.0).reshape(-1, 2),
    "a list": list(range(100_000)),
    "text": "x" * 100_000,
    "a number of many digits": 10**5000,
}


@pytest.mark.parametrize("argument", ["epochs", "validation", "l2", "optimizer", "shuffle"])
@pytest.mark.parametrize("value", LONG)
def test_an_error_shows_the_beginning_of_what_it_got_on_one_line(argument: str, value: str) -> None:
    with pytest.raises((ValueError, TypeError)) as error:
        network().fit(X, LABELS, **{argument: LONG[value]})
    message = str(error.value)
    assert re.search(rf"{argument}\b", message)
    assert len(message) < 300
    assert "\n" not in message


def test_the_entries_of_an_optimizer_in_plain_values_are_those_it_has() -> None:
    message = "unknown entries: 'nesterov'; 'adam' takes 'learning_rate', 'schedule',"
    with pytest.raises(ValueError, match=message):
        network().optimizer = {"name": "adam", "nesterov": True}
    for optimizer in (Adam(0.01, beta2=0.9), SGD(0.2, momentum=0.5, nesterov=True)):
        net = network()
        net.optimizer = optimizer.config()
        assert net.optimizer == optimizer
