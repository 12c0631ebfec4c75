"""The estimators over tables: scikit-learn's conventions, and frames as they are."""

from __future__ import annotations

import pickle
from inspect import signature
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import scipy.sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from fastbp import TableModel
from fastbp.sklearn import TabularClassifier, TabularRegressor

FAST: dict[str, Any] = {"members": 1, "epochs": 40, "random_state": 0}


def rows(n: int = 120) -> tuple[list[list[Any]], list[str], list[float]]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    word = rng.choice(["up", "down"], n)
    sign = np.where(word == "up", 1, -1)
    X = [
        [float(number), str(text), bool(i % 2)]
        for i, (number, text) in enumerate(zip(x, word, strict=True))
    ]
    return X, np.where(x * sign > 0, "yes", "no").tolist(), (x * sign).tolist()


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
@pytest.mark.parametrize("members", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_scikit_learns_checks_pass(cls: Any, members: int) -> None:
    checks = check_estimator(cls(members=members, epochs=40), on_fail=None, on_skip=None)
    failed = [check for check in checks if check["status"] == "failed"]
    assert len(checks) > 45
    assert [(check["check_name"], check["exception"]) for check in failed] == []


@pytest.mark.parametrize(
    "labels",
    [
        [1, 2],
        [-3, 10],
        ["yes", "no"],
        [True, False],
        ["10", "9"],  # which a table has in the order of the numbers
        ["1", "1.0"],
        ["", "?"],
        [" a", "a"],
        [0.0, 2.0],
    ],
    ids=repr,
)
def test_labels_come_back_equal_and_in_their_type(labels: list[Any]) -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 30)
    X = np.c_[4 * codes + rng.normal(size=60), rng.normal(size=60)]
    y = np.array(labels)[codes]
    classifier = TabularClassifier(**FAST).fit(X, y)
    assert classifier.classes_.tolist() == sorted(labels)
    assert classifier.classes_.dtype == y.dtype
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    assert np.mean(predicted == y) > 0.9
    p = classifier.predict_proba(X)
    assert np.array_equal(classifier.classes_[p.argmax(axis=1)], predicted)
    assert np.allclose(p.sum(axis=1), 1)


def test_labels_beyond_nine_keep_their_columns() -> None:
    y = np.repeat(np.arange(12), 10)
    X = np.c_[y.astype(float), np.arange(120) % 7]
    classifier = TabularClassifier(members=1, random_state=0).fit(X, y)
    assert classifier.classes_.tolist() == list(range(12))
    assert classifier.score(X, y) > 0.9


def test_a_list_of_mixed_rows_is_read_by_kind() -> None:
    X, y, numbers = rows()
    classifier = TabularClassifier(**FAST).fit(X, y)
    assert classifier.score(X, y) > 0.9
    kinds = [report.kind for report in classifier.model_.explain_columns()]
    assert kinds[0] == "number"
    assert kinds[1] == "words"
    assert TabularRegressor(**FAST).fit(X, numbers).score(X, numbers) > 0.8


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_goes_in_as_it_is(library: str) -> None:
    frames = pytest.importorskip(library, reason=f"{library} is not installed")
    X, y, _ = rows()
    columns = list(zip(*X, strict=True))
    frame = frames.DataFrame(dict(zip(["size", "way", "odd"], map(list, columns), strict=True)))
    classifier = TabularClassifier(**FAST).fit(frame, y)
    assert classifier.feature_names_in_.tolist() == ["size", "way", "odd"]
    assert classifier.n_features_in_ == 3
    assert classifier.score(frame, y) > 0.9
    model = TableModel("classify", members=1, epochs=40, seed=0)
    table = {**{name: list(frame[name]) for name in frame.columns}, "y": y}
    assert np.array_equal(model.fit(table).predict_proba(frame), classifier.predict_proba(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame[["way", "size", "odd"]])


def test_a_pandas_frame_whose_columns_are_numbered_goes_in_too() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y, _ = rows()
    classifier = TabularClassifier(**FAST).fit(pandas.DataFrame(X), y)
    assert classifier.score(pandas.DataFrame(X), y) > 0.9
    assert not hasattr(classifier, "feature_names_in_")


def test_a_lazy_frame_is_collected() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    X, y, _ = rows()
    frame = polars.DataFrame({"size": [row[0] for row in X], "way": [row[1] for row in X]})
    classifier = TabularClassifier(**FAST).fit(frame.lazy(), y)
    assert np.array_equal(classifier.predict(frame.lazy()), classifier.predict(frame))


def test_columns_of_an_array_of_numbers_are_numbers_whatever_they_hold() -> None:
    X = np.arange(60).reshape(-1, 1)  # as identifiers are
    y = np.where(X[:, 0] < 30, 0, 1)
    classifier = TabularClassifier(**FAST).fit(X, y)
    assert classifier.score(X, y) > 0.9
    assert np.array_equal(classifier.predict(X.astype(np.float32)), classifier.predict(X))


def test_gaps_are_no_error() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] > 0).astype(int)
    X[rng.random(X.shape) < 0.1] = np.nan
    assert TabularClassifier(**FAST).fit(X, y).score(X, y) > 0.8
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        TabularClassifier(**FAST).fit(X, y)


def test_searches_pipelines_and_cross_validation_take_them() -> None:
    X, y, numbers = rows(80)
    search = GridSearchCV(TabularClassifier(**FAST), {"l2": [0.0, 0.01]}, cv=2).fit(X, y)
    assert set(search.best_params_) == {"l2"}
    pipeline = make_pipeline(FunctionTransformer(), TabularRegressor(**FAST))
    assert cross_val_score(pipeline, X, numbers, cv=3).mean() > 0.3
    groups = np.arange(80) // 8
    scores = cross_val_score(TabularClassifier(**FAST), X, y, groups=groups, cv=GroupKFold(2))
    assert len(scores) == 2


def test_clones_and_pickles_are_the_same() -> None:
    X, y, _ = rows()
    classifier = TabularClassifier(**FAST, kinds={"x2": "words"}, drop=["x0"])
    assert clone(classifier).get_params() == classifier.get_params()
    classifier.set_params(drop=()).fit(X, y)
    again = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert is_classifier(classifier)
    assert is_regressor(TabularRegressor())


def test_a_seed_gives_the_same_model_and_none_another() -> None:
    X, y, _ = rows()

    def probabilities(random_state: Any) -> Any:
        estimator = TabularClassifier(members=1, epochs=5, random_state=random_state)
        return estimator.fit(X, y).predict_proba(X)

    assert np.array_equal(probabilities(3), probabilities(3))
    twice = [probabilities(np.random.RandomState(3)) for _ in range(2)]
    assert np.array_equal(*twice)
    assert not np.array_equal(probabilities(None), probabilities(None))


def test_class_weights_go_by_label() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 2)), rng.integers(0, 2, 200) + 7
    heavy = TabularClassifier(**FAST, class_weight={7: 1000.0}).fit(X, y)
    assert (heavy.predict(X) == 7).mean() > 0.95
    TabularClassifier(**FAST, class_weight="balanced").fit(X, y)
    with pytest.raises(ValueError, match="class_weight has 3, which is no class of y"):
        TabularClassifier(**FAST, class_weight={3: 1.0}).fit(X, y)


def test_what_cannot_be_learnt_from_is_refused_in_words() -> None:
    X, y, numbers = rows(20)
    array = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(TypeError, match="dense data is required"):
        TabularClassifier(**FAST).fit(scipy.sparse.csr_array(array), y)
    with pytest.raises(ValueError, match="Fit one estimator for each column"):
        TabularRegressor(**FAST).fit(array, np.c_[numbers, numbers])
    with pytest.raises(ValueError, match="one class only, 'yes'"):
        TabularClassifier(**FAST).fit(array, ["yes"] * 20)
    with pytest.raises(ValueError, match="inconsistent numbers of samples: X has 20 rows and y 19"):
        TabularRegressor(**FAST).fit(X, numbers[:-1])
    with pytest.raises(ValueError, match="labels of one type"):
        TabularClassifier(**FAST).fit(X, [*y[:-1], None])
    with pytest.raises(TypeError, match="X has cells of type dict"):
        TabularRegressor(**FAST).fit(np.array([[{}, 1]] * 20, object), numbers)
    with pytest.raises(ValueError, match="0 sample"):
        TabularClassifier(**FAST).fit(array[:0], [])
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(array)


def test_arrays_of_truth_values_are_numbers() -> None:
    rng = np.random.default_rng(0)
    X = np.c_[rng.integers(0, 2, (80, 2)) == 1, np.ones(80, bool)]
    y = X[:, 0] ^ X[:, 1]
    classifier = TabularClassifier(**FAST).fit(X, y)
    assert classifier.score(X, y) == 1
    assert np.array_equal(classifier.predict(X.astype(float)), classifier.predict(X))
    of_numbers = TabularClassifier(**FAST).fit(X.astype(float), y)
    assert np.array_equal(of_numbers.predict_proba(X), classifier.predict_proba(X))


def test_words_in_order_may_be_numbers_of_an_array() -> None:
    X = np.arange(60).reshape(-1, 2) % 3
    classifier = TabularClassifier(**FAST, ordered={"x1": ["1", "0", "2"]}, drop=["x0"])
    classifier.fit(X, X[:, 1] == 1)
    assert [report.kind for report in classifier.model_.explain_columns()][:2] == [
        "left out",
        "ordered",
    ]


def test_a_label_is_none_that_is_missing() -> None:
    X = np.arange(60.0).reshape(-1, 1)
    y = np.array([-9, 1, 2])[np.arange(60) // 20]
    classifier = TabularClassifier(**FAST, missing=["-9"]).fit(X, y)
    assert classifier.predict_proba(X).shape == (60, 3)
    assert classifier.score(X, y) > 0.9


def test_a_fit_that_fails_leaves_the_estimator_as_it_was() -> None:
    X, y, _ = rows(40)
    classifier = TabularClassifier(**FAST)
    with pytest.raises(ValueError, match="infinity"):
        classifier.fit(np.full((40, 5), np.inf), y)
    assert vars(classifier) == vars(TabularClassifier(**FAST))
    predicted = classifier.fit(X, y).predict(X)
    with pytest.raises(ValueError, match="infinity"):
        classifier.fit(np.full((40, 5), np.inf), np.arange(40) % 2)
    assert np.array_equal(classifier.predict(X), predicted)


def test_frames_with_repeated_names_are_refused() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame([[1.0, 2.0]] * 4, columns=["a", "a"])
    with pytest.raises(ValueError, match="more than one column named 'a'"):
        TabularClassifier(**FAST).fit(frame, [0, 1, 0, 1])


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1 has no such strings")
def test_arrays_of_numpys_strings_are_words() -> None:
    X = np.array([["up"], ["down"]] * 20).astype(np.dtypes.StringDType())
    classifier = TabularClassifier(**FAST).fit(X, X[:, 0] == "up")
    assert classifier.predict(X[:2]).tolist() == [True, False]


def test_the_parameters_are_those_of_the_model() -> None:
    of_model = {*signature(TableModel).parameters} - {"task", "seed"} | {"random_state"}
    assert {*TabularClassifier().get_params()} == of_model
    assert {*TabularRegressor().get_params()} == of_model - {"class_weight", "keep_best"}
