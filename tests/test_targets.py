"""Labels, class names, one-hot rows, soft labels and numbers as targets."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import classifier, curve, regressor, samples
from tolerances import assert_close

from fastbp import SGD, Adam, Network


def test_labels_one_hot_rows_and_names_train_alike() -> None:
    X, y = samples()
    names = np.array(["setosa", "versicolor", "virginica"])
    trained = []
    for target in (y, np.eye(3)[y], names[y], names[y].tolist()):
        net = classifier()
        net.fit(X, target, epochs=2)
        trained.append(net)
    for net in trained[1:]:
        assert np.array_equal(net.parameters, trained[0].parameters)
    assert list(trained[2].classes) == names.tolist()
    assert trained[0].classes is None


def test_class_names_come_back_from_predict_classes() -> None:
    X, y = samples(300)
    names = np.array(["c", "a", "b"])[y]
    net = classifier()
    net.fit(X, names, epochs=30, optimizer=Adam(0.01))
    assert list(net.classes) == ["a", "b", "c"]
    predicted = net.predict_classes(X)
    assert set(predicted) <= {"a", "b", "c"}
    assert np.array_equal(predicted, np.array(net.classes)[net.predict(X).argmax(axis=1)])
    assert net.score(X, names) == np.mean(predicted == names) > 0.75


def test_one_sigmoid_output_takes_two_classes() -> None:
    X, y = samples(300)
    net = Network([4, 6, 1], loss="binary_cross_entropy", activation="tanh", seed=0)
    target = (y == 0).astype(int)
    net.fit(X, target, epochs=40, optimizer=Adam(0.01))
    predicted = net.predict_classes(X)
    assert np.array_equal(predicted, (net.predict(X)[:, 0] >= 0.5).astype(int))
    assert net.score(X, target) == np.mean(predicted == target) > 0.8


def test_soft_labels_train_towards_their_shares() -> None:
    """One input, and targets of 20, 30 and 50 %: the best a is the targets' mean."""
    net = Network(
        [1, 3], output_activation="softmax", loss="cross_entropy", dtype="float64", seed=0
    )
    y = np.tile([[0.2, 0.3, 0.5]], (4, 1))
    net.fit(np.ones((4, 1)), y, epochs=2000, batch_size=4, optimizer=SGD(0.5))
    assert_close(net.predict([[1.0]]), y[:1], 1e-9)


def test_score_of_a_regression_is_r2() -> None:
    X, y = curve()
    net = regressor()
    residual = np.sum((net.predict(X) - y) ** 2, axis=0)
    total = np.sum((y - y.mean(axis=0)) ** 2, axis=0)
    assert_close(net.score(X, y), np.mean(1 - residual / total), 1e-12)


@pytest.mark.parametrize("method", ["score", "loss_value", "gradients"])
def test_evaluating_never_guesses_which_class_a_name_means(method: str) -> None:
    X, y = samples()
    net = classifier()
    net.fit(X, y, epochs=1)  # whole numbers: the network has no class names
    names = np.array(["zero", "one", "two"])  # sorted: one, two, zero
    with pytest.raises(ValueError, match=r"set net\.classes"):
        getattr(net, method)(X, names[y])
    with pytest.raises(ValueError, match=r"set net\.classes"):
        net.trace(X[0], "one")
    net.classes = names.tolist()
    assert net.score(X, names[y]) == net.score(X, y)
