"""What targets mean is settled by the loss and the first fit, not by the rows at hand."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from team_sizes import exactly
from ways_in import NUMBERS

import fastbp
from fastbp import SGD, Network
from fastbp.model.model import Model
from fastbp.training import samples, splitting

RNG = np.random.default_rng(0)
X = RNG.random((24, 3))
LABELS = np.arange(24) % 4
ONE_HOT = np.eye(4)[LABELS]
SEVERAL = RNG.integers(0, 2, (24, 4))
NUMBERS_OF_Y = RNG.random((24, 4))
SIGMOID = {"loss": "binary_cross_entropy"}
SOFTMAX = {"output_activation": "softmax", "loss": "cross_entropy"}
SQUARED: dict[str, Any] = {"output_activation": "identity"}


def fitted(y: Any, **options: Any) -> Network:
    net = Network([3, 5, np.shape(y)[1] if np.ndim(y) == 2 else 4], seed=0, **options)
    net.fit(X, y, epochs=1)
    return net


def accuracy(net: Network, y: Any) -> float:
    return float(np.mean(net.predict(X).argmax(axis=1) == y.argmax(axis=1)))


def r2(net: Network, y: Any) -> float:
    residual = ((y - net.predict(X)) ** 2).sum(axis=0)
    return float(np.mean(1 - residual / ((y - y.mean(axis=0)) ** 2).sum(axis=0)))


@pytest.mark.parametrize("form", [LABELS, ONE_HOT, np.array(list("abcd"))[LABELS]])
@pytest.mark.parametrize("options", [SOFTMAX, SQUARED])
def test_classes_are_scored_by_accuracy(form: Any, options: Any) -> None:
    net = fitted(form, **options)
    assert net.score(X, form) == accuracy(net, ONE_HOT) == net.score(X, LABELS)


def test_soft_labels_of_softmax_are_scored_by_accuracy() -> None:
    soft = NUMBERS_OF_Y / NUMBERS_OF_Y.sum(axis=1, keepdims=True)
    net = fitted(soft, **SOFTMAX)
    assert net.score(X, soft) == accuracy(net, soft)


@pytest.mark.parametrize("rows", [24, 3])
def test_several_labels_are_right_where_all_of_them_are(rows: int) -> None:
    net = fitted(SEVERAL, **SIGMOID)
    exact = (net.predict(X) >= 0.5) == (SEVERAL == 1)
    assert net.score(X[:rows], SEVERAL[:rows]) == exact.all(axis=1)[:rows].mean()
    single = np.eye(4)[[0, 1]]  # rows that happen to have one label each
    exact = (net.predict(X[:2]) >= 0.5) == (single == 1)
    assert net.score(X[:2], single) == exact.all(axis=1).mean()


def test_several_labels_are_predicted_each_by_itself() -> None:
    net = fitted(SEVERAL, **SIGMOID)
    predicted = net.predict_classes(X)
    assert predicted.dtype == np.intp
    assert np.array_equal(predicted, net.predict(X) >= 0.5)
    net.classes = ["red", "round", "ripe", "sweet"]
    assert np.array_equal(net.predict_classes(X), predicted)


def test_numbers_are_scored_by_r2_whatever_rows_come() -> None:
    net = fitted(NUMBERS_OF_Y, **SQUARED)
    assert net.score(X, NUMBERS_OF_Y) == pytest.approx(r2(net, NUMBERS_OF_Y), abs=1e-6)
    assert net.score(X, ONE_HOT) == pytest.approx(r2(net, ONE_HOT), abs=1e-6)
    soft = fitted(NUMBERS_OF_Y, **SIGMOID)
    assert soft.score(X, SEVERAL) == pytest.approx(r2(soft, SEVERAL), abs=1e-6)


def test_one_sigmoid_output_tells_two_classes_or_a_number() -> None:
    net = fitted(SEVERAL[:, :1])
    right = (net.predict(X) >= 0.5) == (SEVERAL[:, :1] == 1)
    assert net.score(X, SEVERAL[:, 0]) == right.mean()
    with pytest.raises(ValueError, match=r"first fitted on, classes; got numbers: y\[0\] is"):
        net.score(X, NUMBERS_OF_Y[:, 0])
    net = fitted(NUMBERS_OF_Y[:, :1])
    assert net.score(X, SEVERAL[:, 0]) == pytest.approx(r2(net, SEVERAL[:, :1]), abs=1e-6)


OTHERS = {
    "labels for several": (SEVERAL, LABELS, SIGMOID, "several labels.*got class labels"),
    "labels for numbers": (NUMBERS_OF_Y, LABELS, SQUARED, "numbers.*got class labels"),
    "numbers for one-hot": (ONE_HOT, NUMBERS_OF_Y, SQUARED, r"one-hot rows.*y\[0\] is \[0\."),
    "several for classes": (LABELS, SEVERAL, SIGMOID, r"classes.*got numbers: y\[\d+\] is"),
    "numbers for several": (SEVERAL, NUMBERS_OF_Y, SIGMOID, r"each 0 or 1.*y\[0\] is \[0\."),
}


@pytest.mark.parametrize("case", OTHERS)
@pytest.mark.parametrize("call", ["fit", "train_step", "score"])
def test_targets_of_another_kind_are_refused(case: str, call: str) -> None:
    first, other, options, message = OTHERS[case]
    net = fitted(first, **options)
    before, score = net.parameters, net.score(X, first)
    with pytest.raises(ValueError, match=f"must be of the kind.*{message}.*new network"):
        getattr(net, call)(X, other)
    assert np.array_equal(net.parameters, before)
    assert net.score(X, first) == score
    net.loss_value(X, other), net.gradients(X, other)  # formulas hold for all that the loss takes


def test_held_out_targets_are_of_the_kind_of_the_others() -> None:
    net = Network([3, 4], **SQUARED, seed=0)
    history = net.fit(X, NUMBERS_OF_Y, epochs=2, validation=(X, ONE_HOT))
    assert history.accuracy == history.validation_accuracy == []
    with pytest.raises(ValueError, match="validation y must be of the kind"):
        Network([3, 4], **SQUARED).fit(X, ONE_HOT, validation=(X, NUMBERS_OF_Y))


def test_a_first_fit_that_fails_settles_nothing() -> None:
    net = Network([3, 4], **SQUARED)
    with pytest.raises(ValueError, match="finite"):
        net.fit(np.full((24, 3), np.nan), ONE_HOT)
    net.fit(X, NUMBERS_OF_Y, epochs=1)
    assert net.score(X, NUMBERS_OF_Y) < 1


def test_single_steps_settle_nothing() -> None:
    """A batch of one row says little: the next may be of another kind."""
    net = Network([3, 4], **SQUARED)
    for row in (ONE_HOT, NUMBERS_OF_Y, SEVERAL, ONE_HOT):
        net.train_step(X[:1], row[:1])
    net.fit(X, NUMBERS_OF_Y, epochs=1)


def reloaded(net: Network, folder: Path) -> Network:
    net.save(folder / "net.safetensors")
    return Network.load(folder / "net.safetensors")


@pytest.mark.parametrize("how", ["copy", "pickle", "file"])
def test_copies_and_files_know_what_the_targets_are(how: str, tmp_path: Path) -> None:
    net = fitted(SEVERAL, **SIGMOID)
    other = {
        "copy": net.copy,
        "pickle": lambda: pickle.loads(pickle.dumps(net)),
        "file": lambda: reloaded(net, tmp_path),
    }[how]()
    assert other.score(X[:2], np.eye(4)[:2]) == net.score(X[:2], np.eye(4)[:2])
    assert np.array_equal(other.predict_classes(X), net.predict_classes(X))
    with pytest.raises(ValueError, match="got class labels"):
        other.score(X, LABELS)


def test_a_file_says_what_the_targets_are_only_where_that_is_settled() -> None:
    assert "target_kind" not in Network([2, 1])._model.config()
    config = fitted(SEVERAL, **SIGMOID)._model.config()
    assert config["target_kind"] == "multilabel"
    old = {key: value for key, value in config.items() if key != "target_kind"}
    assert Model.from_config(old).state.learned.target_kind is None
    for kind in ("one_hot", "labels", 1):  # impossible with this loss, unknown, no name
        with pytest.raises((ValueError, TypeError), match="target_kind"):
            Model.from_config({**config, "target_kind": kind})


@pytest.mark.kernels
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize(("n_L", "batch_size"), [(3, 1), (8, 1), (2, 5), (17, 5), (32, 9), (40, 9)])
def test_every_path_counts_rows_that_are_right_in_every_label(
    n_L: int, batch_size: int, numbers: str
) -> None:
    """Networks of a few nodes, narrow and wide rows; a rate of 0 leaves the outputs as they are."""
    rng = np.random.default_rng(n_L)
    x = rng.standard_normal((57, 5))
    net = Network([5, 6, n_L], loss="binary_cross_entropy", seed=1, **NUMBERS[numbers])
    right = net.predict(x) >= 0.5
    y = right ^ (rng.random(right.shape) < 0.7 / n_L)  # about half of the rows have a wrong label
    accuracy = float((right == y).all(axis=1).mean())
    assert 0.2 < accuracy < 0.8
    assert accuracy != np.mean(net.predict(x).argmax(axis=1) == y.argmax(axis=1))
    for n_threads in (1, 2):
        options = {"batch_size": batch_size, "optimizer": SGD(0.0), "validation": (x, y)}
        with exactly(n_threads) as team:
            history = net.fit(x, y, epochs=2, n_threads=team, **options)
        assert history.accuracy == history.validation_accuracy == [accuracy, accuracy]
    assert net.score(x, y) == accuracy


def test_activations_of_ones_own_count_several_labels_too() -> None:
    with pytest.warns(fastbp.PerformanceWarning):
        net = Network([3, 5, 4], fastbp.Activation(np.sin, np.cos), **SIGMOID, seed=0)
    history = net.fit(X, SEVERAL, epochs=1, optimizer=SGD(0.0))
    assert history.accuracy == [net.score(X, SEVERAL)]
    assert net.score(X, net.predict(X) >= 0.5) == 1


@pytest.mark.parametrize(("y", "by_class"), [(ONE_HOT, True), (LABELS, True), (SEVERAL, False)])
def test_only_classes_give_each_their_share_to_the_held_out_rows(
    y: Any, by_class: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def split(n: int, fraction: float, labels: Any, rng: Any) -> Any:
        seen.append(labels)
        return splitting.split_rows(n, fraction, labels, rng)

    monkeypatch.setattr(samples, "split_rows", split)
    options = SIGMOID if y is SEVERAL else SQUARED
    Network([3, 4], **options, seed=0).fit(X, y, epochs=1, validation=0.25)
    assert len(seen) == 1
    assert np.array_equal(seen[0], LABELS) if by_class else seen[0] is None
