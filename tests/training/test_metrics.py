"""fit(metrics=...): numbers of each epoch, compared with NumPy's formulas and scikit-learn's."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from small_tasks import classifier, curve_samples, regressor, samples
from source_tree import ROOT
from tolerances import assert_close

from fastbp import SGD, Network
from fastbp.model.model import Model
from fastbp.training import prediction
from fastbp.training.metrics import METRICS, as_metrics

WEIGHTS = np.random.default_rng(1).integers(0, 4, 60) / 2.0
#: Two ways to make a quotient of two sums of 60 terms: 4 * 60 roundings of 2^-53, and a few of each
#: term. Of R^2, 1 minus a quotient, they may be all that is left.
SUMS = {"rtol": 512 * 2.0**-53, "atol": 512 * 2.0**-53}


def binary(loss: str = "binary_cross_entropy", **options: Any) -> Network:
    return Network([4, 5, 1], "tanh", loss=loss, dtype="float64", seed=0, **options)


def of_numpy(name: str, y: np.ndarray, a: np.ndarray, w: np.ndarray | None = None) -> float:
    """The definitions, with all rows at hand."""
    w = np.ones(len(y)) if w is None else w
    w = w / w.sum()
    if name in ("mae", "rmse", "r2"):
        y = y.reshape(a.shape)
        if name == "mae":
            return float((w @ np.abs(y - a)).mean())
        if name == "rmse":
            return float(np.sqrt(w @ (y - a) ** 2).mean())
        return float((1 - (w @ (y - a) ** 2) / (w @ (y - w @ y) ** 2)).mean())
    if a.shape[1] == 1:
        a = np.hstack([1 - a, a])
    y = y.astype(int).reshape(len(a))
    if name == "log_loss":
        return float(-w @ np.log(a[np.arange(len(a)), y]))
    k = 1 if name == "accuracy" else int(name[4:])
    return float(w @ (np.argsort(-a, axis=1, kind="stable")[:, :k] == y[:, None]).any(axis=1))


def of_scikit_learn(name: str, y: np.ndarray, a: np.ndarray, w: np.ndarray | None) -> float:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    if name == "accuracy":
        labels = a.argmax(axis=1) if a.shape[1] > 1 else a[:, 0] >= 0.5
        return float(metrics.accuracy_score(y, labels, sample_weight=w))
    if name.startswith("top_"):
        k = int(name[4:])
        return float(metrics.top_k_accuracy_score(y, a, k=k, sample_weight=w))
    function = {
        "log_loss": metrics.log_loss,
        "mae": metrics.mean_absolute_error,
        "rmse": metrics.root_mean_squared_error,
        "r2": metrics.r2_score,
    }[name]
    return float(function(y, a, sample_weight=w))


def task(kind: str) -> tuple[Any, np.ndarray, np.ndarray, tuple[str, ...]]:
    X, labels = samples()
    if kind == "numbers":
        return regressor(), *curve_samples(), ("mae", "rmse", "r2")
    if kind == "one number":
        net = Network([4, 1], output_activation="identity", dtype="float64", seed=0)
        return net, X, curve_samples()[1][:, 0], ("mae", "rmse", "r2")
    if kind == "two classes":
        return binary(), X, (labels == 1).astype(float), ("accuracy", "log_loss")
    return classifier(), X, labels, ("accuracy", "top_1", "top_2", "log_loss")


KINDS = ("numbers", "one number", "classes", "two classes")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_those_of_numpy_and_scikit_learn(kind: str, weighted: bool) -> None:
    net, X, y, names = task(kind)
    w = WEIGHTS if weighted else None
    held_out = (X[:20], y[:20], w[:20]) if w is not None else (X[:20], y[:20])
    outputs: list[np.ndarray] = []
    history = net.fit(
        X,
        y,
        epochs=3,
        sample_weight=w,
        validation=held_out,
        metrics=names,
        callbacks=lambda net, epoch, history: outputs.append(net.predict(X)),
    )
    assert list(history.metrics) == list(history.validation_metrics) == list(names)
    for name in names:
        for numbers, n in ((history.metrics[name], 60), (history.validation_metrics[name], 20)):
            part = None if w is None else w[:n]
            expected = [of_numpy(name, y[:n], a[:n], part) for a in outputs]
            assert all(type(number) is float for number in numbers)
            np.testing.assert_allclose(numbers, expected, **SUMS)
            expected = [of_scikit_learn(name, y[:n], a[:n], part) for a in outputs]
            np.testing.assert_allclose(numbers, expected, **SUMS)


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_of_a_held_out_fraction_leave_the_training_rows_out(kind: str) -> None:
    """A row's input tells which part it is in: the two parts' functions get all rows, once."""
    net, X, y, names = task(kind)
    seen: list[np.ndarray] = []

    def look(y: np.ndarray, a: np.ndarray) -> float:
        seen.append(y)
        return float(len(y))

    history = net.fit(X, y, epochs=1, validation=0.25, metrics=(*names, look))
    _, of_training, of_held_out = seen  # the first is the trial
    assert np.array_equal(
        np.sort(np.concatenate([of_training, of_held_out]), axis=0), np.sort(y, axis=0)
    )
    assert history.metrics["look"] == [len(of_training)]
    assert history.validation_metrics["look"] == [len(of_held_out)]


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_change_no_bit_of_training(kind: str) -> None:
    results = []
    for metrics in ((), task(kind)[3]):
        net, X, y, _ = task(kind)
        history = net.fit(X, y, epochs=4, metrics=metrics)
        results.append((history.loss, net.parameters.tobytes()))
    assert results[0] == results[1]


def test_without_metrics_the_history_has_none() -> None:
    X, y = samples()
    history = classifier().fit(X, y, epochs=2, validation=0.2, metrics=None)
    assert history.metrics == history.validation_metrics == {}
    history = classifier().fit(X, y, epochs=2, metrics="accuracy")
    assert len(history.metrics["accuracy"]) == 2
    assert history.validation_metrics == {}
    assert classifier().fit(X, y, epochs=0, metrics="accuracy").metrics == {"accuracy": []}


def test_the_accuracy_is_that_of_validation_and_of_score() -> None:
    X, y = samples()
    net, scores = classifier(), []
    history = net.fit(
        X,
        y,
        epochs=3,
        validation=(X[:25], y[:25]),
        metrics="accuracy",
        callbacks=lambda net, epoch, history: scores.append(net.score(X, y)),
    )
    assert history.metrics["accuracy"] == scores
    assert history.validation_metrics["accuracy"] == history.validation_accuracy


def test_metrics_of_training_are_without_dropout() -> None:
    X, y = samples()
    net = classifier(dropout=0.7)
    history = net.fit(X, y, epochs=1, metrics=("accuracy", "log_loss"))
    assert history.metrics["accuracy"] == [net.score(X, y)]
    assert_close(history.metrics["log_loss"], [net.loss_value(X, y)])


def test_the_log_loss_of_soft_labels_is_their_cross_entropy() -> None:
    X, _ = samples()
    y = np.random.default_rng(3).dirichlet(np.ones(3), 60)
    net = classifier()
    history = net.fit(X, y, epochs=2, metrics="log_loss")
    assert_close(history.metrics["log_loss"][-1:], [net.loss_value(X, y)])


@pytest.mark.parametrize(("dtype", "eps"), [("float32", 2.0**-23), ("float64", 2.0**-52)])
def test_the_log_loss_of_a_certain_mistake_is_finite(dtype: str, eps: float) -> None:
    """As scikit-learn's: shares are clipped to the number type's eps."""
    net = Network([1, 2], output_activation="softmax", loss="cross_entropy", dtype=dtype)
    net.parameters = [500, -500, 0, 0]
    history = net.fit([[1.0]], [1], epochs=1, optimizer=SGD(0.0), metrics="log_loss")
    assert history.metrics["log_loss"] == [-np.log(eps)]


def test_equal_outputs_rank_in_their_order() -> None:
    """top_1 is the accuracy: of equal outputs the first is the class."""
    X, y = np.zeros((3, 1)), np.array([0, 1, 2])
    net = Network([1, 3], output_activation="softmax", loss="cross_entropy", initializer="zeros")
    names = ("accuracy", "top_1", "top_2", "top_3", "top_9")
    history = net.fit(X, y, epochs=1, optimizer=SGD(0.0), metrics=names)
    assert_close([history.metrics[name][0] for name in names], [1 / 3, 1 / 3, 2 / 3, 1, 1])


def test_several_labels_a_row_are_right_together() -> None:
    X, _ = samples()
    y = (np.random.default_rng(5).random((60, 3)) < 0.5).astype(float)
    net = Network([4, 3], loss="binary_cross_entropy", dtype="float64", seed=0)
    history = net.fit(X, y, epochs=2, metrics="accuracy")
    assert history.metrics["accuracy"][-1] == ((net.predict(X) >= 0.5) == y).all(axis=1).mean()


def test_r2_of_equal_numbers_and_of_one_sample() -> None:
    """As score has it: 0 unless they are predicted exactly, and NaN of one sample."""
    net = Network([1, 1], output_activation="identity", initializer="zeros", dtype="float64")
    X, y = np.zeros((7, 1)), np.full(7, 0.1)
    how = {"epochs": 1, "optimizer": SGD(0.0), "metrics": "r2"}
    assert net.fit(X, y, **how).metrics["r2"] == [0.0]
    net.parameters = [0.0, 0.1]
    assert net.fit(X, y, **how).metrics["r2"] == [1.0]
    assert np.isnan(net.fit(X[:1], y[:1], **how).metrics["r2"]).all()


def test_a_metric_of_an_output_that_is_nan_is_nan() -> None:
    X, y = samples()
    held_out = np.full((3, 4), np.nan)
    history = classifier().fit(
        X,
        y,
        epochs=1,
        validation=(held_out, y[:3]),
        check_input=False,
        metrics=("accuracy", "top_2", "log_loss"),
    )
    assert np.isnan([history.validation_metrics[name] for name in history.metrics]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_blocks_of_rows_change_no_metric(
    monkeypatch: pytest.MonkeyPatch, kind: str, weighted: bool
) -> None:
    """Blocks of 7 rows; the sums are the same but for their order."""
    histories = []
    for size in (prediction.BLOCK_BYTES, 8 * 4 * 7):
        monkeypatch.setattr(prediction, "BLOCK_BYTES", size)
        net, X, y, names = task(kind)
        w = WEIGHTS if weighted else None
        histories.append(
            net.fit(X, y, epochs=2, validation=0.3, sample_weight=w, metrics=(*names, mean_output))
        )
    for part in ("metrics", "validation_metrics"):
        one, many = (getattr(history, part) for history in histories)
        for name in one:
            np.testing.assert_allclose(one[name], many[name], **SUMS)


def mean_output(y: np.ndarray, a: np.ndarray) -> float:
    return float(a.mean())


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_a_mapped_file_is_read_in_blocks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, dtype: str
) -> None:
    """Each prediction's X is a view of the file's own memory."""
    X = np.memmap(tmp_path / "X", dtype, "w+", shape=(60, 4))
    X[:] = 100 * np.random.default_rng(2).random((60, 4))
    y = np.arange(60) % 3
    seen: list[np.ndarray] = []
    original = Model.zeros

    class Recorded:
        """A program whose predictions are recorded; it is compiled, and cannot be patched."""

        def __init__(self, program: Any) -> None:
            self._program = program

        def __getattr__(self, name: str) -> Any:
            return getattr(self._program, name)

        def predict(self, X: np.ndarray, *arguments: Any) -> Any:
            seen.append(X)
            return self._program.predict(X, *arguments)

    def recorded(*arguments: Any) -> Any:
        model = original(*arguments)
        model.program = Recorded(model.program)  # type: ignore[assignment]
        return model

    monkeypatch.setattr(Model, "zeros", recorded)
    monkeypatch.setattr(prediction, "BLOCK_BYTES", 8 * 4 * 25)
    classifier().fit(X, y, epochs=1, metrics=("accuracy", mean_output))
    assert [len(block) for block in seen] == 2 * [25, 25, 10]
    assert all(np.shares_memory(block, X) for block in seen)


# ------------------------------------------------------------------------------- functions


@pytest.mark.parametrize("weighted", [False, True])
def test_functions_of_scikit_learn_are_metrics(weighted: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    w = WEIGHTS if weighted else None
    for kind, functions in {
        "numbers": (metrics.r2_score, metrics.mean_absolute_error),
        "one number": (metrics.r2_score, metrics.root_mean_squared_error),
        "classes": (metrics.log_loss, metrics.top_k_accuracy_score),
        "two classes": (metrics.log_loss, metrics.roc_auc_score),
    }.items():
        net, X, y, _ = task(kind)
        history = net.fit(X, y, epochs=2, metrics=functions, sample_weight=w)
        a = net.predict(X)
        for function in functions:
            expected = function(y, a if a.shape[1] > 1 else a[:, 0], sample_weight=w)
            assert_close(history.metrics[function.__name__][-1:], [expected])


def test_a_function_gets_y_as_it_was_given() -> None:
    """Names, lists and frames as arrays; a has the shape of y where that is one number a row."""
    X, labels = samples()
    names = [("red", "green", "blue")[i] for i in labels]
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def look(y: np.ndarray, a: np.ndarray) -> float:
        seen.append((y, a))
        return 0.0

    classifier().fit(X, names, epochs=1, metrics=look)
    assert seen[-1][0].tolist() == names
    assert seen[-1][1].shape == (60, 3)
    classifier().fit(X, labels, epochs=1, metrics=look)
    assert np.array_equal(seen[-1][0], labels)
    net = Network([4, 1], output_activation="identity", seed=0)
    for y, shape in ((X[:, 0], (60,)), (X[:, :1], (60, 1)), (X[:, 0].tolist(), (60,))):
        net.fit(X, y, epochs=1, metrics=look)
        assert seen[-1][0].shape == seen[-1][1].shape == shape
        assert np.array_equal(seen[-1][0], y)


def test_a_function_cannot_write_into_the_targets_or_weights() -> None:
    X, y = curve_samples()

    def overwrites(y: np.ndarray, a: np.ndarray) -> float:
        y[:] = 0
        return 0.0

    def overwrites_weights(y: np.ndarray, a: np.ndarray, sample_weight: np.ndarray) -> float:
        sample_weight[:] = 0
        return 0.0

    for function in (overwrites, overwrites_weights):
        with pytest.raises(ValueError, match="read-only"):
            regressor().fit(X, y, metrics=function, sample_weight=WEIGHTS)


def test_only_functions_with_sample_weight_get_weights() -> None:
    X, y = curve_samples()

    def plain(y: np.ndarray, a: np.ndarray, **others: Any) -> float:
        return float(len(others))

    def weighted(y: np.ndarray, a: np.ndarray, *, sample_weight: Any = None) -> float:
        return -1.0 if sample_weight is None else float(sample_weight.sum() / sample_weight.max())

    metrics = (plain, weighted)
    history = regressor().fit(X, y, epochs=1, metrics=metrics, sample_weight=WEIGHTS)
    assert history.metrics == {"plain": [0.0], "weighted": [WEIGHTS.sum() / WEIGHTS.max()]}
    assert regressor().fit(X, y, epochs=1, metrics=metrics).metrics["weighted"] == [-1.0]


def fails(y: np.ndarray, a: np.ndarray) -> float:
    raise ZeroDivisionError("no")


@pytest.mark.parametrize("validation", [None, 0.3])
@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (fails, ZeroDivisionError, "no"),
        (lambda y, a: y - a, TypeError, "must return a number, got an array of shape"),
        (lambda y, a: "0.5", TypeError, "must return a number, got '0.5'"),
        (lambda y, a: None, TypeError, "must return a number, got None"),
    ],
)
def test_a_function_that_fails_does_so_before_anything_is_learnt(
    function: Any, error: type[Exception], message: str, validation: Any
) -> None:
    X, y = curve_samples()
    net = regressor()
    before = net.parameters
    generator = net.copy()
    with pytest.raises(error, match=message) as caught:
        net.fit(X, y, epochs=2, metrics=function, validation=validation)
    assert np.array_equal(net.parameters, before)
    assert net._model.state.epochs == 0
    how = {"epochs": 2, "validation": 0.2}  # the split's draws are taken back
    assert net.fit(X, y, **how).loss == generator.fit(X, y, **how).loss
    if function is fails:
        assert "the metric 'fails'" in caught.value.__notes__[0]


def test_bad_numbers_are_named_before_a_function_sees_them() -> None:
    X, y = curve_samples()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"X\[3, 1\] .* is nan"):
        regressor().fit(X, y, metrics=fails)


def test_a_function_may_return_any_one_number() -> None:
    X, y = curve_samples()
    results = [1, np.float32(2.5), np.array(3.5), np.array([4]), True, float("nan")]
    for result in results:
        history = regressor().fit(X, y, epochs=1, metrics=lambda y, a, r=result: r)
        assert type(history.metrics["<lambda>"][0]) is float
        assert np.array_equal(
            history.metrics["<lambda>"], [np.asarray(result).item()], equal_nan=True
        )


# ---------------------------------------------------------------------------------- refusals


class Nameless:
    def __call__(self, y: Any, a: Any) -> float:
        return 0.0


def loss(y: Any, a: Any) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("metrics", "error", "message"),
    [
        ("accurracy", ValueError, r"metrics\[0\] must be one of 'accuracy', .*; got 'accurracy'"),
        (("r2", "top_0"), ValueError, r"metrics\[1\] .* got 'top_0'"),
        ("top_3.5", ValueError, "top_3.5"),
        ("top_", ValueError, "top_"),
        ("top_" + "9" * 5000, ValueError, "top_9"),
        (("r2", "r2"), ValueError, "different names, got 'r2' twice"),
        (3, TypeError, "metrics must be names"),
        ((3,), TypeError, r"metrics\[0\] must be a name .* got int"),
        (partial(loss), ValueError, "this one has none: set it"),
        (Nameless(), ValueError, "this one has none: set it"),
        (loss, ValueError, "the validation loss's: set it"),
    ],
)
def test_metrics_that_are_none_are_refused(
    metrics: Any, error: type[Exception], message: str
) -> None:
    X, y = curve_samples()
    with pytest.raises(error, match=message):
        regressor().fit(X, y, metrics=metrics)


def test_a_function_with_the_name_it_was_given_is_taken() -> None:
    """The remedy of the refusal."""
    X, y = curve_samples()
    metric = partial(loss)
    metric.__name__ = "my_metric"  # type: ignore[attr-defined]
    assert regressor().fit(X, y, epochs=1, metrics=metric).metrics == {"my_metric": [0.0]}


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (
            "numbers",
            "accuracy",
            "'accuracy' is for classes .*, but y holds numbers; choose of 'mae'",
        ),
        ("numbers", "top_2", "'top_2' is for classes"),
        ("numbers", "log_loss", "'log_loss' is for classes"),
        ("classes", "r2", "'r2' is for numbers, but y holds classes; choose of 'accuracy', 'log"),
        ("two classes", "mae", "'mae' is for numbers, but y holds classes"),
        ("two classes", "top_2", "needs an output for each class"),
    ],
)
def test_a_metric_that_does_not_fit_the_targets_is_refused(
    kind: str, name: str, message: str
) -> None:
    net, X, y, _ = task(kind)
    before = net.parameters
    with pytest.raises(ValueError, match=message):
        net.fit(X, y, metrics=name)
    assert np.array_equal(net.parameters, before)


def test_a_log_loss_needs_shares() -> None:
    X, y = samples()
    net = Network([4, 3], dtype="float64")
    with pytest.raises(ValueError, match="this network has 3 sigmoid outputs"):
        net.fit(X, y, metrics="log_loss")
    several = (np.random.default_rng(5).random((60, 3)) < 0.5).astype(float)
    net = Network([4, 3], loss="binary_cross_entropy", dtype="float64")
    with pytest.raises(ValueError, match=r"'log_loss' is for .* rows of several labels"):
        net.fit(X, several, metrics="log_loss")


PAGE = ROOT / "docs" / "metrics-and-early-stopping.md"
needs_page = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not beside tests/")


@needs_page
def test_every_metric_of_the_table_is_on_the_page() -> None:
    rows = re.findall(r'^\| `"(\w+)"` .*\| (more|less) \|', PAGE.read_text("utf-8"), re.M)
    modes = {metric.name: metric.mode for metric in as_metrics([*METRICS, "top_3"])}
    assert {name: {"more": "max", "less": "min"}[mode] for name, mode in rows} == modes


@pytest.mark.parametrize("weighted", [False, True])
def test_the_layout_of_y_changes_no_bit_of_a_metric(weighted: bool) -> None:
    X, _ = curve_samples()
    y = np.random.default_rng(2).standard_normal((len(X), 2))
    weights = np.random.default_rng(3).random(len(X)) if weighted else None
    histories = [
        Network([X.shape[1], 3, 2], output_activation="identity", seed=0).fit(
            X, array, epochs=2, metrics=["mae", "rmse", "r2"], sample_weight=weights
        )
        for array in (y, np.asfortranarray(y))
    ]
    assert histories[0].metrics == histories[1].metrics
