"""Plain arrays pass scikit-learn's checks quickly, and leave behind what its own checks do."""

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from fastbp.sklearn import MLPClassifier, MLPRegressor, plain_arrays

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.random((60, 3))
LABELS = {
    "two": RNG.integers(0, 2, 60),
    "three, below zero": RNG.integers(-1, 2, 60),
    "bytes": RNG.integers(3, 6, 60).astype(np.uint8),
    "booleans": RNG.random(60) > 0.5,
    "one": np.full(60, 7),
    "int32": RNG.integers(0, 4, 60).astype(np.int32),
}
OTHER_LABELS = {
    "many": np.arange(60),
    "text": np.array(["a", "bb"])[RNG.integers(0, 2, 60)],
    "floats": RNG.integers(0, 3, 60) * 1.0,
    "objects": RNG.integers(0, 3, 60).astype(object),
    "multilabel": RNG.integers(0, 2, (60, 2)),
    "a column": RNG.integers(0, 2, (60, 1)),
    "foreign bytes": RNG.integers(0, 3, 60).astype(">i8"),
}


def outcome(kind: Any, *data: Any, **parameters: Any) -> Any:
    """What the checks give and leave behind, or the error and the warnings."""
    estimator = kind(**parameters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            X, y = estimator._validate_input(*data, False, True)
        except (ValueError, TypeError) as error:
            return str(error).replace(kind.__name__, "")
    left = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    binarizer = vars(estimator).get("_label_binarizer")
    return X, y, left, binarizer and vars(binarizer), [str(w.message) for w in caught]


def assert_same(ours: Any, theirs: Any) -> None:
    """Numbers, number types and structure."""
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        ours, theirs = ([of[name] for name in sorted(of)] for of in (ours, theirs))
    if isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", LABELS | OTHER_LABELS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", ">f8"])
def test_labels_are_checked_as_scikit_learn_checks_them(name: str, dtype: str) -> None:
    data = X.astype(dtype), (LABELS | OTHER_LABELS)[name]
    assert_same(outcome(MLPClassifier, *data), outcome(TheirClassifier, *data))


@pytest.mark.parametrize(
    "y", [X[:, 0], X[:, 0].astype(np.float32), X[:, :2], X[:, :1], np.arange(60)]
)
def test_numbers_are_checked_as_scikit_learn_checks_them(y: Any) -> None:
    parameters = {"loss": "squared_error"}
    ours, theirs = (outcome(kind, X, y, **parameters) for kind in (MLPRegressor, TheirRegressor))
    assert_same(ours, theirs)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(("dtype", "remedy"), [("U4", "astype"), ("S4", "astype"), ("M8[s]", "D")])
def test_text_and_dates_are_no_numbers(
    dtype: str, remedy: str, solver: str, early_stopping: bool
) -> None:
    y = np.arange(60).astype(dtype)
    parameters = {"solver": solver, "early_stopping": early_stopping}
    with pytest.raises(TypeError, match=f"y must hold numbers, got dtype .*{remedy}"):
        MLPRegressor(hidden_layer_sizes=(2,), max_iter=1, **parameters).fit(X, y)
    with pytest.raises(TypeError):
        TheirRegressor(hidden_layer_sizes=(2,), max_iter=1, **parameters).fit(X, y)


WRONG = {
    "nan": lambda X, y: (np.where(np.arange(3) == 1, np.nan, X), y),
    "infinite": lambda X, y: (np.where(np.arange(3) == 1, np.inf, X), y),
    "no rows": lambda X, y: (X[:0], y[:0]),
    "no columns": lambda X, y: (X[:, :0], y),
    "lengths": lambda X, y: (X, y[1:]),
    "one axis": lambda X, y: (X[:, 0], y),
    "y nan": lambda X, y: (X, np.full(len(y), np.nan)),
    "y of fractions": lambda X, y: (X, y + 0.5),
    "None": lambda X, y: (X, None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_scikit_learns_words(name: str) -> None:
    data = WRONG[name](X, LABELS["two"])
    for ours, theirs in ((MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)):
        assert_same(outcome(ours, *data), outcome(theirs, *data))


def test_plain_arrays_do_not_go_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def long_way(*_: Any) -> None:
        raise AssertionError

    for kind in (TheirClassifier, TheirRegressor):
        monkeypatch.setattr(kind, "_validate_input", long_way)
    for y in LABELS.values():
        assert isinstance(outcome(MLPClassifier, X, y), tuple)
    assert isinstance(outcome(MLPRegressor, X, X[:, 0]), tuple)
    with pytest.raises(AssertionError):
        outcome(MLPClassifier, X, OTHER_LABELS["text"])


@pytest.mark.parametrize("y", LABELS.values(), ids=list(LABELS))
@pytest.mark.parametrize("warm_start", [False, True])
def test_later_calls_know_the_classes_and_refuse_others(y: Any, warm_start: bool) -> None:
    parts = y[:30], y[30:], y.astype(np.int64) + 50, y[np.isin(y, y[0])]
    results = []
    for kind in (MLPClassifier, TheirClassifier):
        found: list[Any] = []
        model = kind((2,), max_iter=1, random_state=0, warm_start=warm_start)
        for part, incremental in product(parts, (True, False)):
            try:
                if incremental:
                    model.partial_fit(X[: len(part)], part, classes=np.unique(y))
                else:
                    model.fit(X[: len(part)], part)
                found.append([model.classes_, model._label_binarizer.classes_])
            except ValueError as error:
                found.append(str(error))
        results.append(found)
    assert_same(*results)


def test_names_of_features_are_asked_for_and_forgotten() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    model = MLPClassifier((2,), max_iter=1).fit(frame, LABELS["two"])
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.partial_fit(X, LABELS["two"])
    model.fit(X, LABELS["two"])
    assert not hasattr(model, "feature_names_in_")
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 3"):
        model.partial_fit(X[:, :2], LABELS["two"])


def test_a_subclass_has_the_parameters_of_its_own_constructor() -> None:
    class Small(MLPClassifier):
        def __init__(self, width: int = 2) -> None:
            self.width = width
            super().__init__((width,), max_iter=1)

    assert Small._get_param_names() == ["width"]
    assert MLPClassifier._get_param_names() == sorted(MLPClassifier().__dict__)
    assert Small(3).get_params() == {"width": 3}
    names = Small._get_param_names()
    names.append("more")
    assert Small._get_param_names() == ["width"]


def test_indicators_of_two_classes_mark_the_second() -> None:
    y = np.array([4, 9, 9])
    np.testing.assert_array_equal(plain_arrays.indicators(y, np.array([4, 9])).T, [[0, 1, 1]])


def test_later_calls_with_plain_arrays_do_not_go_the_long_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    y = LABELS["three, below zero"]
    model = MLPClassifier((2,), max_iter=1).partial_fit(X, y, classes=[-1, 0, 1])

    def long_way(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(TheirClassifier, "_validate_input", long_way)
    model.partial_fit(X, y)
    model.set_params(warm_start=True).fit(X, y)
    with pytest.raises(AssertionError):
        model.partial_fit(X, y + 1)


def test_numbers_in_the_other_byte_order_are_predicted_from_as_they_are() -> None:
    model = MLPClassifier((2,), max_iter=1).fit(X, LABELS["two"])
    np.testing.assert_array_equal(model.predict_proba(X.astype(">f8")), model.predict_proba(X))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"shuffle": True}, {"shuffle": 1}),  # which are equal
        ({"alpha": 1}, {"alpha": -1}),
        ({"alpha": 0.5}, {"alpha": "0.5"}),
        ({"n_iter_no_change": float("inf")}, {"n_iter_no_change": float("nan")}),
        ({"hidden_layer_sizes": (3,)}, {"hidden_layer_sizes": 0}),
        ({"activation": ("leaky_relu", 0.2)}, {"activation": "leaky"}),
        ({"activation": (["relu"],)}, {"activation": None}),  # a tuple without a hash
        ({"random_state": np.random.RandomState(0)}, {"random_state": "0"}),
    ],
)
def test_parameters_that_were_right_before_make_no_others_right(good: Any, bad: Any) -> None:
    for _ in range(2):
        MLPClassifier(**good)._validate_params()
        with pytest.raises(ValueError, match=f"The '{next(iter(bad))}' parameter"):
            MLPClassifier(**bad)._validate_params()


def test_parameters_that_were_right_before_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MLPClassifier, "_accepted", {}, raising=False)
    models = [MLPClassifier(alpha=k / 8) for k in range(plain_arrays._MOST_ACCEPTED + 1)]
    for model in models:
        model._validate_params()

    def long_way(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(TheirClassifier, "_validate_params", long_way)
    models[-1]._validate_params()
    with pytest.raises(AssertionError):  # the oldest is forgotten
        models[0]._validate_params()
