"""scikit-learn's callbacks in the estimators: tasks, stops, errors, searches."""

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import sklearn
from joblib import parallel_config
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from fastbp.sklearn import MLPClassifier, MLPRegressor
from fastbp.training.fit import Run

HAS_CALLBACKS = parse_version(sklearn.__version__) >= parse_version("1.9")
needs_callbacks = pytest.mark.skipif(
    not HAS_CALLBACKS, reason="scikit-learn has callbacks from 1.9 on"
)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
PARAMETERS = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 6}
KINDS = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    "early stopping": {"early_stopping": True, "learning_rate_init": 0.1},
    "lbfgs": {"solver": "lbfgs"},
}
of_each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


class Recorder:
    """Keeps (hook, task's name, task's number, estimator as it would be) of each call."""

    def __init__(self, stop_after=None, fail_at=None):
        self.calls, self.stop_after, self.fail_at = [], stop_after, fail_at

    def _enter(self, hook, context, fitted=None):
        self.calls.append((hook, context.task_name, context.task_id, fitted))
        if (hook, context.task_id) == self.fail_at:
            raise OSError("disk full")

    def setup(self, estimator, context):
        self._enter("setup", context)

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        self._enter("begin", context, fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self._enter("end", context, fitted_estimator)
        return context.parent is not None and context.task_id == self.stop_after

    def teardown(self, estimator, context):
        self._enter("teardown", context)

    def names(self):
        return [call[:3] for call in self.calls]

    def leaves(self, hook):
        """The estimators of the leaves."""
        return [call[3] for call in self.calls if call[0] == hook and call[1] not in ROOTS]


class Propagated(Recorder):
    """One that searches and pipelines hand on to what they fit."""

    max_propagation_depth = None


ROOTS = {"fit", "partial-fit"}


def fit(kind, *callbacks, **parameters):
    model = MLPClassifier(**PARAMETERS | kind | parameters)
    if callbacks:
        model.set_callbacks(*callbacks)
    return model.fit(X, Y)


def same(one, other):
    """Whether two estimators have the same bits."""
    return one.n_iter_ == other.n_iter_ and all(
        np.array_equal(a, b)
        for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    )


def test_there_are_callbacks_from_the_version_on_that_has_them():
    assert hasattr(MLPClassifier(), "set_callbacks") == HAS_CALLBACKS
    assert hasattr(MLPRegressor(), "set_callbacks") == HAS_CALLBACKS


@needs_callbacks
@of_each_kind
def test_each_epoch_is_a_task_of_fit(kind):
    recorder = Recorder()
    model = fit(kind, recorder)
    name = "iteration" if kind.get("solver") == "lbfgs" else "epoch"
    epochs = [(hook, name, i) for i in range(model.n_iter_) for hook in ("begin", "end")]
    assert recorder.names() == [
        ("setup", "fit", 0),
        ("begin", "fit", 0),
        *epochs,
        ("end", "fit", 0),
        ("teardown", "fit", 0),
    ]
    assert same(model, fit(kind))  # nothing else has changed


@needs_callbacks
@of_each_kind
def test_a_callback_gets_the_estimator_of_a_fit_that_ended_there(kind):
    recorder = Recorder()
    model = fit(kind, recorder)
    assert model.n_iter_ == PARAMETERS["max_iter"]
    begins, ends = recorder.leaves("begin"), recorder.leaves("end")
    for epochs in range(1, model.n_iter_ + 1):
        shorter = fit(kind, max_iter=epochs)
        assert same(ends[epochs - 1], shorter)
        assert np.array_equal(ends[epochs - 1].predict_proba(X), shorter.predict_proba(X))
        for curve in ("loss_curve_", "validation_scores_"):
            assert getattr(ends[epochs - 1], curve, None) == getattr(shorter, curve, None)
        if epochs < model.n_iter_:
            assert same(begins[epochs], shorter)
    root = recorder.calls[-2][3]
    assert same(root, model)
    before = root.coefs_[0].copy()
    model.set_params(warm_start=True).fit(X, Y)
    assert np.array_equal(root.coefs_[0], before)  # its parameters are its own


@needs_callbacks
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_change_no_bit_of_a_regressor(solver, dtype):
    X, y = (array.astype(dtype) for array in load_diabetes(return_X_y=True))
    parameters = PARAMETERS | {"solver": solver, "warm_start": True}
    plain = MLPRegressor(**parameters)
    heard = MLPRegressor(**parameters).set_callbacks(Recorder())
    for _ in range(2):
        assert same(plain.fit(X, y), heard.fit(X, y))
        assert (plain.loss_, type(plain.loss_)) == (heard.loss_, type(heard.loss_))
        assert plain.coefs_[0].dtype == heard.coefs_[0].dtype


@needs_callbacks
@of_each_kind
def test_a_callback_may_end_the_fit(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = fit(kind, Recorder(stop_after=2))
        last = fit(kind, Recorder(stop_after=2), max_iter=3)
    assert model.n_iter_ == 3
    assert same(model, fit(kind, max_iter=3))
    assert same(model, last)


@needs_callbacks
@pytest.mark.parametrize("place", [("setup", 0), ("begin", 0), ("begin", 2), ("end", 2)])
@of_each_kind
def test_an_error_of_a_callback_leaves_whole_epochs(kind, place):
    recorder = Recorder(fail_at=place)
    model = fit(kind)  # the first fit's tasks are nobody's
    with pytest.raises(OSError, match="disk full"):
        model.set_callbacks(recorder).fit(X, Y)
    assert recorder.names()[-1][0] == "teardown"
    if place[0] != "setup" and recorder.names()[-2][1] != "fit":
        assert same(model, fit(kind, max_iter=2 + (place[0] == "end")))
    else:
        assert same(model, fit(kind))  # nothing has begun
    model.predict(X)
    assert same(model.set_callbacks().fit(X, Y), fit(kind))


@needs_callbacks
def test_tasks_end_where_early_stopping_ends_a_fit_that_diverges():
    recorder = Recorder()
    kind = {"solver": "sgd", "early_stopping": True, "learning_rate_init": 1e200}
    model = fit(kind, recorder, activation="relu")
    hooks = [hook for hook, *_ in recorder.names()]
    assert hooks.count("begin") == hooks.count("end") == 1 + model.n_iter_
    assert recorder.leaves("end")[-1] is None


@needs_callbacks
def test_partial_fit_is_a_task_with_one_epoch():
    recorder = Recorder()
    model = MLPClassifier(**PARAMETERS).set_callbacks(recorder)
    model.partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y)
    of_one = [
        ("setup", "partial-fit", 0),
        ("begin", "partial-fit", 0),
        ("begin", "epoch", 0),
        ("end", "epoch", 0),
        ("end", "partial-fit", 0),
        ("teardown", "partial-fit", 0),
    ]
    assert recorder.names() == 2 * of_one
    assert same(recorder.leaves("end")[1], model)


def test_without_callbacks_the_epochs_run_in_one_go(monkeypatch):
    trained, ended = [], []
    train = Run.train
    monkeypatch.setattr(Run, "train", lambda *a: trained.append(a) or train(*a))
    monkeypatch.setattr(Run, "end_epoch", lambda *a: ended.append(a))
    assert fit({}).n_iter_ == PARAMETERS["max_iter"]
    assert (len(trained), len(ended)) == (1, 0)


@needs_callbacks
def test_a_copy_made_during_a_fit_is_the_estimator_of_that_moment():
    class Pickles(Recorder):
        def on_fit_task_end(self, estimator, context):
            file = pickle.dumps(estimator)
            assert X.tobytes() not in file
            copies.append(pickle.loads(file))

        def __reduce__(self):
            return Recorder, ()

    copies = []
    fit({}, Pickles())
    for epochs, twin in enumerate(copies[:-1], 1):
        assert same(twin, fit({}, max_iter=epochs))
        assert same(twin.set_callbacks().fit(X, Y), fit({}))


# ---------------------------------------------------------------- scikit-learn's callbacks


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scoring_monitor_scores_each_epoch(solver):
    from sklearn.callback import ScoringMonitor

    X, y = load_diabetes(return_X_y=True, as_frame=True)
    weights = np.linspace(0.5, 1.5, len(y))
    monitor = ScoringMonitor(scoring="r2")
    parameters = PARAMETERS | {"solver": solver}
    MLPRegressor(**parameters).set_callbacks(monitor).fit(X, y, sample_weight=weights)
    scores = {row["task_id_path"]: row["r2"] for row in monitor.get_logs().data}
    for epoch in range(PARAMETERS["max_iter"]):
        shorter = MLPRegressor(**parameters | {"max_iter": epoch + 1})
        expected = shorter.fit(X, y, sample_weight=weights).score(X, y, weights)
        assert scores[0, epoch] == expected
    assert scores[(0,)] == expected


@needs_callbacks
@pytest.mark.parametrize(
    "backend", ["sequential", "threading", pytest.param("loky", marks=pytest.mark.slow)]
)
def test_scoring_monitor_hears_of_the_fits_of_a_search(backend):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(**PARAMETERS).set_callbacks(monitor)
    search = GridSearchCV(model, {"alpha": [1e-4, 1.0]}, cv=2, n_jobs=2)
    with parallel_config(backend):
        search.fit(X, Y)
    fits = 2 * 2 + 1
    assert len(monitor.get_logs().data) == fits * (1 + PARAMETERS["max_iter"])


@needs_callbacks
def test_progress_bar_shows_a_pipeline_and_a_search(capsys):
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar needs rich")
    from sklearn.callback import ProgressBar

    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**PARAMETERS))
    pipeline.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
    assert "MLPClassifier - fit" in capsys.readouterr().out
    search = GridSearchCV(MLPClassifier(**PARAMETERS), {"alpha": [1e-4, 1.0]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
    assert capsys.readouterr().out.count("MLPClassifier - fit") == 2 * 2 + 1


@needs_callbacks
def test_callbacks_of_a_search_are_handed_on():
    """As in scikit-learn's test_search_callbacks_propagation."""
    propagated, own = Propagated(), Recorder()
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**PARAMETERS))
    search = GridSearchCV(pipeline, {"mlpclassifier__max_iter": [1, 3]}, cv=2)
    search.set_callbacks(propagated, own).fit(X, Y)
    epochs = 2 * (1 + 3) + search.best_estimator_[-1].n_iter_
    fits = 2 * 2 + 1
    for recorder, expected in (
        (own, 2 + fits),  # the search, its candidates, and their fits
        (propagated, 2 + fits + 2 * fits + epochs),  # and both steps of the pipeline
    ):
        hooks = [hook for hook, *_ in recorder.names()]
        assert hooks.count("setup") == hooks.count("teardown") == 1
        assert hooks.count("begin") == hooks.count("end") == expected
    assert not hasattr(search.best_estimator_[-1], "_skl_callbacks")


@needs_callbacks
def test_a_search_has_the_task_of_an_estimator_without_callbacks():
    class Tree(Recorder):
        def teardown(self, estimator, context):
            names.extend((c.estimator_name, c.source_estimator_name) for c in context)

    names = []
    search = GridSearchCV(MLPClassifier(**PARAMETERS), {"alpha": [1.0]}, cv=2)
    search.set_callbacks(Tree()).fit(X, Y)
    assert names.count(("MLPClassifier", "GridSearchCV")) == 3
