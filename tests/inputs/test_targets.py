"""Labels, class names, one-hot rows, soft labels and numbers as targets."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import classifier, curve_samples, regressor, samples
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
    X, y = curve_samples()
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


MIXED_LABELS = {
    "a number first": ([1, 2, "a"], r"y\[0\] is 1, but y\[2\] is 'a'"),
    "a name first": (["a", 1, 2], r"y\[0\] is 'a', but y\[1\] is 1"),
    "a name between": ([0, "a", 2], r"y\[0\] is 0, but y\[1\] is 'a'"),
    "a fraction": (["a", 0.5, "b"], r"y\[0\] is 'a', but y\[1\] is 0\.5"),
    "a flag": ([True, "a", "b"], r"y\[0\] is True, but y\[1\] is 'a'"),
    "None among names": (["a", None, "b"], r"y\[1\] is missing \(None\)"),
    "None before names": ([None, "a", "b"], r"y\[0\] is missing \(None\)"),
    "NaN among names": (["a", "b", float("nan")], r"y\[2\] is missing \(nan\)"),
    "NaN before names": ([float("nan"), "a", "b"], r"y\[0\] is missing \(nan\)"),
}


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("case", MIXED_LABELS)
def test_names_and_numbers_are_not_mixed(case: str, as_list: bool) -> None:
    """Whatever comes first: NumPy would make text of the numbers in a list."""
    labels, message = MIXED_LABELS[case]
    y = labels if as_list else np.array(labels, object)
    for method in ("fit", "train_step", "score", "loss_value", "gradients"):
        net = Network([4, 3], seed=0)
        with pytest.raises(ValueError, match=rf"^y .*{message}"):
            getattr(net, method)(np.zeros((3, 4)), y)
        assert net.classes is None


def test_the_advice_for_mixed_names_and_numbers_helps() -> None:
    X, y = np.zeros((3, 4)), [1, 2, "a"]
    with pytest.raises(ValueError, match="pass ") as error:
        Network([4, 3], seed=0).fit(X, y)
    net = Network([4, 3], seed=0)
    net.fit(X, eval(str(error.value).split("pass ")[1]), epochs=1)
    assert net.classes == ("1", "2", "a")


def test_targets_of_names_and_numbers_in_rows_are_named_by_row_and_column() -> None:
    with pytest.raises(ValueError, match=r"y\[0, 0\] is 1, but y\[1, 2\] is 'a'"):
        Network([4, 3]).fit(np.zeros((2, 4)), [[1, 0, 0], [0, 0, "a"]])


def test_the_score_does_not_depend_on_how_targets_lie_in_memory() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((1000, 4)), rng.random((1000, 3))
    net = Network([4, 3], output_activation="identity", seed=0)
    assert net.score(X, np.asfortranarray(y)) == net.score(X, y)
