"""The estimators inside scikit-learn's tools, beside scikit-learn's own where both are the same."""

import copy
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import joblib
from joblib import parallel_config
from numpy.testing import assert_allclose
from scipy.stats import randint
from sklearn import config_context, neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import estimator_html_repr

from fastbp import sklearn as fast
from fastbp.training import threads

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # numpy.matrix and others in the worker processes of joblib are not ours
]

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
XR, YR = load_diabetes(return_X_y=True)
YR = (YR - YR.mean()) / YR.std()

PARAMETERS = {
    "hidden_layer_sizes": (6,),
    "activation": "tanh",
    "learning_rate_init": 0.02,
    "max_iter": 8,
    "random_state": 0,
}
BOTH = (fast, neural_network)


def classifier(module=fast, **parameters):
    return module.MLPClassifier(**PARAMETERS | parameters)


def regressor(module=fast, **parameters):
    return module.MLPRegressor(**PARAMETERS | parameters)


def agree(result):
    """Assert that a tool's result is that with scikit-learn's estimators."""
    ours, theirs = map(result, BOTH)
    assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


# ---------------------------------------------------------------- searches

GRID = {"alpha": [1e-4, 0.5], "hidden_layer_sizes": [(3,), (6,)]}
SEARCHES = {
    "grid": lambda model, n: GridSearchCV(model, GRID, cv=3, n_jobs=n),
    "halving": lambda model, n: HalvingGridSearchCV(
        model, GRID, cv=3, n_jobs=n, random_state=0, min_resources=60
    ),
    "random": lambda model, n: RandomizedSearchCV(
        model, {"batch_size": randint(8, 64)}, n_iter=3, cv=3, n_jobs=n, random_state=0
    ),
}
BACKENDS = [("sequential", 1), ("threading", 2), ("loky", 2)]
on_each_backend = pytest.mark.parametrize(("backend", "n_jobs"), BACKENDS)


@pytest.mark.parametrize(
    ("name", "backend", "n_jobs"),
    [
        pytest.param(
            name, *backend, marks=[pytest.mark.slow] * (name != "grid" and "loky" in backend)
        )
        for name in SEARCHES
        for backend in BACKENDS
    ],
)
def test_a_search_finds_the_same_on_every_backend(name, backend, n_jobs):
    with parallel_config(backend):
        search = SEARCHES[name](classifier(), n_jobs).fit(X, Y)
    expected = SEARCHES[name](classifier(neural_network), 1).fit(X, Y)
    for split in range(3):
        key = f"split{split}_test_score"
        assert np.array_equal(search.cv_results_[key], expected.cv_results_[key])
    assert search.best_params_ == expected.best_params_
    assert_allclose(search.predict_proba(X), expected.predict_proba(X), rtol=1e-7)


@on_each_backend
def test_cross_validation_is_the_same_on_every_backend(backend, n_jobs):
    expected = cross_val_score(regressor(neural_network), XR, YR, cv=4)
    with parallel_config(backend, n_jobs=n_jobs):
        assert_allclose(cross_val_score(regressor(), XR, YR, cv=4), expected, rtol=1e-7)
        results = cross_validate(
            classifier(early_stopping=True), X, Y, cv=4, scoring=["accuracy", "neg_log_loss"]
        )
    theirs = cross_validate(
        classifier(neural_network, early_stopping=True),
        X,
        Y,
        cv=4,
        scoring=["accuracy", "neg_log_loss"],
    )
    for score in ("test_accuracy", "test_neg_log_loss"):
        assert_allclose(results[score], theirs[score], rtol=1e-7)


def test_a_generator_as_random_state_gives_the_same_folds():
    """RandomState's draws go on from fit to fit, as in scikit-learn."""
    agree(
        lambda module: cross_val_score(
            classifier(module, random_state=np.random.RandomState(3)), X, Y, cv=4
        )
    )
    agree(lambda module: cross_val_predict(classifier(module), X, Y, cv=3, method="predict_proba"))


# ---------------------------------------------------------------- pipelines and frames


def frame_of(kind):
    """Four columns of numbers and one of words."""
    library = pytest.importorskip(kind, reason="one of two kinds of frame")
    words = np.where(XR[:, 5] > 0, "a", "b")
    frame = library.DataFrame({f"x{i}": XR[:, i] for i in range(4)} | {"kind": words})
    theirs = regressor(neural_network, max_iter=1).fit(frame[["x0"]], YR)
    if not hasattr(theirs, "feature_names_in_"):
        pytest.skip(f"this version of scikit-learn does not know the names of {kind}'s columns")
    return frame


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_columns_of_a_frame(kind):
    frame = frame_of(kind)

    def result(module):
        columns = ColumnTransformer(
            [
                ("numbers", StandardScaler(), ["x0", "x1", "x2", "x3"]),
                ("words", OneHotEncoder(sparse_output=False), ["kind"]),
            ]
        )
        pipeline = make_pipeline(columns, regressor(module)).set_output(transform=kind)
        pipeline.fit(frame, YR)
        names = list(pipeline[-1].feature_names_in_)
        assert names == [f"numbers__x{i}" for i in range(4)] + ["words__kind_a", "words__kind_b"]
        return pipeline.predict(frame)

    agree(result)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_names_of_columns_are_checked(kind):
    frame = frame_of(kind)[["x0", "x1"]]
    for module in BOTH:
        model = regressor(module).fit(frame, YR)
        assert list(model.feature_names_in_) == ["x0", "x1"]
        model.predict(frame)
        with pytest.raises(ValueError, match="Feature names must be in the same order"):
            model.predict(frame[["x1", "x0"]])
        with pytest.raises(ValueError, match="Feature names unseen at fit time"):
            model.predict(
                frame.rename(
                    **{"columns": {"x0": "z"}} if kind == "pandas" else {"mapping": {"x0": "z"}}
                )
            )
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            model.predict(np.asarray(frame))
        model.partial_fit(frame, YR)
        model.fit(XR, YR)
        assert not hasattr(model, "feature_names_in_")
        with pytest.warns(UserWarning, match="has feature names, but"):
            model.predict(frame.__class__({f"c{i}": XR[:, i] for i in range(10)}))


def test_a_pipeline_of_functions_and_transformed_targets():
    agree(
        lambda module: (
            make_pipeline(FunctionTransformer(np.square), StandardScaler(), classifier(module))
            .fit(X, Y)
            .predict_proba(X)
        )
    )
    agree(
        lambda module: (
            TransformedTargetRegressor(regressor(module), transformer=StandardScaler())
            .fit(XR, 100 * YR)
            .predict(XR)
        )
    )


def test_weights_are_routed():
    weights = np.linspace(0.2, 2.0, len(Y))

    def result(module):
        with config_context(enable_metadata_routing=True):
            model = classifier(module).set_fit_request(sample_weight=True)
            model.set_score_request(sample_weight=True)
            scores = cross_validate(model, X, Y, cv=3, params={"sample_weight": weights})
            scaler = StandardScaler().set_fit_request(sample_weight=False)
            pipeline = make_pipeline(scaler, model).fit(X, Y, sample_weight=weights)
            return [*scores["test_score"], pipeline.score(X, Y, sample_weight=weights)]

    agree(result)
    plain = cross_val_score(classifier(), X, Y, cv=3)
    assert not np.array_equal(result(fast)[:3], plain)
    for module in BOTH:
        with config_context(enable_metadata_routing=True):
            model = classifier(module).set_partial_fit_request(classes=True, sample_weight=True)
        requests = model.get_metadata_routing().partial_fit.requests
        assert requests == {"classes": True, "sample_weight": True}


# ---------------------------------------------------------------- tools around an estimator

TOOLS = {
    "calibrated": lambda m: CalibratedClassifierCV(m, cv=2),
    "voting": lambda m: VotingClassifier([("a", m), ("b", LogisticRegression())], voting="soft"),
    "stacking": lambda m: StackingClassifier(
        [("a", m), ("b", clone(m).set_params(alpha=1.0))], cv=2
    ),
    "self-training": lambda m: SelfTrainingClassifier(m, max_iter=2),
    "one-vs-rest": lambda m: OneVsRestClassifier(m),
}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_tools_around_a_classifier(tool):
    y = Y.copy()
    if tool is TOOLS["self-training"]:
        y[::3] = -1
    agree(lambda module: tool(classifier(module)).fit(X, y).predict_proba(X))


def test_tools_around_a_regressor():
    both = np.column_stack([YR, YR**2])
    agree(lambda m: BaggingRegressor(regressor(m), 3, random_state=0).fit(XR, YR).predict(XR))
    agree(
        lambda m: (
            AdaBoostRegressor(regressor(m), n_estimators=2, random_state=0).fit(XR, YR).predict(XR)
        )
    )
    agree(lambda m: MultiOutputRegressor(regressor(m), n_jobs=1).fit(XR, both).predict(XR))

    def incremental(module):
        model = MultiOutputRegressor(regressor(module))
        model.partial_fit(XR[:200], both[:200])
        model.partial_fit(XR[200:], both[200:])
        return model.predict(XR)

    agree(incremental)
    agree(lambda m: ClassifierChain(classifier(m)).fit(XR, both > 0.5).predict_proba(XR))


def test_inspection_and_curves():
    def result(module):
        model = regressor(module).fit(XR, YR)
        importance = permutation_importance(model, XR, YR, n_repeats=2, random_state=0)
        dependence = partial_dependence(model, XR, [0, (1, 2)][:1], grid_resolution=5)
        _, *learned = learning_curve(
            classifier(module), X, Y, cv=2, train_sizes=[0.5, 1.0], shuffle=True, random_state=0
        )
        incremental = learning_curve(
            classifier(module),
            X,
            Y,
            cv=2,
            train_sizes=[0.5, 1.0],
            shuffle=True,
            random_state=0,
            exploit_incremental_learning=True,
        )[1:]
        validated = validation_curve(
            classifier(module), X, Y, cv=2, param_name="alpha", param_range=[0, 1]
        )
        arrays = [importance.importances, dependence["average"], *learned, *incremental, *validated]
        return np.concatenate([np.ravel(array) for array in arrays])

    agree(result)


def test_features_are_selected():
    agree(
        lambda module: (
            SequentialFeatureSelector(classifier(module, max_iter=4), n_features_to_select=2, cv=2)
            .fit(X, Y)
            .get_support()
        )
    )


def test_representation_and_decision_boundary():
    assert "MLPClassifier" in estimator_html_repr(classifier())
    assert repr(classifier()) == repr(classifier(neural_network))
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="what draws the boundary")
    from sklearn.inspection import DecisionBoundaryDisplay

    pyplot.switch_backend("agg")
    agree(
        lambda module: (
            DecisionBoundaryDisplay.from_estimator(
                classifier(module).fit(X[:, :2], Y),
                X[:, :2],
                grid_resolution=10,
                response_method="predict",
            ).response
        )
    )
    pyplot.close("all")


# ---------------------------------------------------------------- copies, pickles, caches


def predictions_and_next_step(model):
    before = model.predict_proba(X)
    return np.concatenate([before, model.partial_fit(X, Y).predict_proba(X)])


def by_cloudpickle(model, _):
    cloudpickle = pytest.importorskip("cloudpickle", reason="what joblib sends to its workers")
    return pickle.loads(cloudpickle.dumps(model))


def by_joblib(model, tmp_path, **how):
    joblib.dump(model, tmp_path / "model")
    return joblib.load(tmp_path / "model", **how)


COPIES = {
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "copy of a copy": lambda model, _: copy.deepcopy(copy.copy(model)),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "cloudpickle": by_cloudpickle,
    "joblib": by_joblib,
    "joblib, mapped": lambda model, path: by_joblib(model, path, mmap_mode="r"),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("hidden", [(6,), (300, 200)])
def test_a_copy_predicts_and_learns_the_same(make, hidden, tmp_path):
    model = classifier(hidden_layer_sizes=hidden, max_iter=3).fit(X, Y)
    twin = make(model, tmp_path)
    before = [w.copy() for w in model.coefs_]
    one = predictions_and_next_step(twin)
    assert all(map(np.array_equal, before, model.coefs_))
    assert np.array_equal(one, predictions_and_next_step(model))
    assert np.array_equal(twin.coefs_[0], twin._engine.coefs[0])


def test_a_fit_leaves_what_an_earlier_one_gave():
    """A shallow copy, and coefs_ that were taken out, are those of the fit that they come from."""
    for module in BOTH:
        model = classifier(module).fit(X, Y)
        first, coefs, before = copy.copy(model), model.coefs_, [w.copy() for w in model.coefs_]
        expected = first.predict_proba(X)
        model.set_params(random_state=1).fit(X, Y)
        assert all(map(np.array_equal, coefs, before))
        assert np.array_equal(first.predict_proba(X), expected)


def test_results_are_cached(tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    calls = []

    def fit(model, X, y):
        calls.append(1)
        return model.fit(X, y)

    cached = memory.cache(fit)
    one, two = cached(classifier(), X, Y), cached(classifier(), X, Y)
    assert len(calls) == 1
    assert np.array_equal(one.predict_proba(X), two.predict_proba(X))
    pipeline = make_pipeline(StandardScaler(), classifier(), memory=memory).fit(X, Y)
    assert np.array_equal(pipeline.fit(X, Y).predict_proba(X), pipeline.predict_proba(X))
    assert clone(one).get_params() == classifier().get_params()


# ---------------------------------------------------------------- threads


def team(_):
    """What a worker chose for steps that all cores would share."""
    from fastbp.training import threads

    seen = []
    run = fast.stochastic.Run
    train = run.train_slice

    def watched(self):
        status = train(self)
        seen.append(self.progress.team_size)
        return status

    run.train_slice = watched
    try:
        big = load_digits(return_X_y=True)
        model = classifier(hidden_layer_sizes=(256,), max_iter=2, batch_size=500).fit(*big)
    finally:
        run.train_slice = train
    return threads.available(), max(seen), model.loss_


@pytest.mark.parametrize(("inner", "expected"), [(1, 1), (None, max(joblib.cpu_count() // 2, 1))])
def test_workers_of_loky_do_not_fight_for_cores(monkeypatch, inner, expected):
    for name in ("FASTBP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=inner):
        results = joblib.Parallel()(joblib.delayed(team)(i) for i in range(2))
    for available, most, _ in results:
        assert most <= available == min(expected, threads.available())
    assert len({loss for *_, loss in results}) == 1


def test_predictions_in_several_threads():
    model = classifier(hidden_layer_sizes=(64, 64)).fit(X, Y)
    many = np.tile(X, (40, 1))
    expected = model.predict_proba(many)
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: model.predict_proba(many), range(24)):
            assert np.array_equal(result, expected)


def test_fits_in_two_threads_may_share_a_generator():
    shared = np.random.RandomState(0)
    models = [classifier(random_state=shared, max_iter=20, batch_size=8) for _ in range(2)]
    start = threading.Barrier(2)

    def fit(model):
        start.wait()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return model.fit(X, Y)

    with ThreadPoolExecutor(2) as pool:
        for model in pool.map(fit, models, timeout=60):
            assert model.n_iter_ == 20
            assert np.isfinite(model.loss_curve_).all()
    shared.uniform()  # and the generator can still be drawn from
