"""One sample at a time: the bits of train_step and predict, by a way of its own."""

from __future__ import annotations

import json
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from allocations import run_counted
from drawn import EVERY_HIDDEN, EVERY_OPTIMIZER, OUTPUTS
from kernel_sets import RUNNABLE, forced
from network_state import differences, state_of
from ways_in import NUMBERS, bits

from fastbp import SGD, Activation, Adam, DivergenceError, Network, ShapeError, schedules
from fastbp.model.training_plan import TrainingPlan
from fastbp.operations import LOSSES
from fastbp.training.one_sample import is_lean

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
]

N_0 = 16
rng = np.random.default_rng(5)
X = rng.random((12, N_0)).astype("float32") - np.float32(0.5)
REGRESSION: dict[str, Any] = {"output_activation": "identity", "loss": "half_squared_error"}
CLASSIFIER: dict[str, Any] = {"output_activation": "softmax", "loss": "cross_entropy"}


def network(sizes: Any = (N_0, 32, 1), activation: Any = "relu", **options: Any) -> Network:
    net = Network(list(sizes), activation, **{"seed": 1, **REGRESSION, **options})
    net.optimizer = SGD(0.01)
    return net


def targets_of(net: Network) -> Any:
    """Rows that any loss of the network takes."""
    n_L = net.sizes[-1]
    if LOSSES[net._model.architecture.loss_row.name].targets == "shares":
        return np.eye(n_L, dtype="float32")[np.arange(len(X)) % n_L]
    return rng.random((len(X), n_L)).astype("float32")


class Long:
    """Stands for a network's short way and takes none."""

    def learn(self, x: Any, y: Any) -> None: ...
    def predict(self, x: Any) -> None: ...
    def ready(self, *_: Any) -> None: ...


def long_way(net: Network) -> Network:
    net._model.one_sample = Long()
    return net


def assert_short(net: Network, x: Any, y: Any, *, is_short: bool = True) -> None:
    """Whether this step needs no line of Python, once there was one before."""
    twin = net.copy()
    twin.learn_one(x, y)
    assert (twin._model.one_sample.learn(x, y) is not None) == is_short


def assert_learns_like_train_step(net: Network, X: Any, Y: Any, *, is_short: bool = True) -> None:
    """C, and all that a network keeps, sample by sample; and predictions."""
    twin = net.copy()
    for i, x in enumerate(X):
        y = Y[i]
        if i == 1:
            assert_short(net, x, y, is_short=is_short)
        expected = twin.train_step(x[None], np.asarray(y)[None])
        assert bits(net.learn_one(x, y)) == bits(expected)
        assert not differences(state_of(twin), state_of(net))
        out = net.predict_one(x)
        assert out.flags.owndata
        assert out.flags.writeable
        assert bits(out) == bits(net.predict(x[None])[0])


# ------------------------------------------------------------------ the same bits


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
def test_every_optimizer_steps_as_train_step_does(optimizer: Any, numbers: str, isa: str) -> None:
    with forced(isa):
        net = network(**NUMBERS[numbers])
        net.optimizer = optimizer
        assert_learns_like_train_step(net, X, targets_of(net))


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
def test_every_loss_steps_as_train_step_does(output: Any) -> None:
    output_activation, loss = output
    for n_L in (3, 40) if output_activation == "softmax" else (1, 3, 40):
        net = network((N_0, 5, n_L), "tanh", output_activation=output_activation, loss=loss)
        assert_learns_like_train_step(net, X[:4], targets_of(net))


@pytest.mark.parametrize("activation", EVERY_HIDDEN, ids=str)
def test_every_activation_steps_as_train_step_does(activation: Any) -> None:
    for sizes in ((N_0, 20, 9, 2), (N_0, 4, 1)):
        net = network(sizes, activation)
        assert_learns_like_train_step(net, X[:4], targets_of(net))


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize("sizes", [(N_0, 32, 1), (N_0, 1), (N_0, 4, 2), (N_0, 100, 100, 33)])
def test_sizes_and_biases_step_as_train_step_does(sizes: Any, bias: Any, isa: str) -> None:
    with forced(isa):
        net = network(sizes, bias=bias)
        assert_learns_like_train_step(net, X, targets_of(net))


@pytest.mark.parametrize("numbers", NUMBERS)
def test_dropout_drops_the_nodes_that_train_step_drops(numbers: str) -> None:
    net = network((N_0, 32, 8, 1), dropout=(0.5, 0.2), **NUMBERS[numbers])
    assert_learns_like_train_step(net, X, targets_of(net))


WAYS_TO_HOLD_X: dict[str, Any] = {
    "float32": lambda x: x,
    "float64": lambda x: x.astype("float64"),
    "uint8": lambda x: (x * 3 + 2).astype("uint8"),
    "every other number": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[:, ::-1],
    "columns": np.asfortranarray,
    "one number repeated": lambda x: np.broadcast_to(x[:, :1], x.shape),
    "read-only": lambda x: np.frombuffer(x.tobytes(), "f4").reshape(x.shape),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", WAYS_TO_HOLD_X)
def test_arrays_are_read_where_they_lie(way: str, dtype: str) -> None:
    net = network((N_0, 32, 3), dtype=dtype)
    assert_learns_like_train_step(net, WAYS_TO_HOLD_X[way](X), WAYS_TO_HOLD_X[way](X)[:, :3])


LONG_WAYS: dict[str, Any] = {
    "a list": lambda x: x.tolist(),
    "a tuple of numbers": lambda x: tuple(map(float, x)),
    "another type": lambda x: x.astype("float16"),
    "integers": lambda x: np.rint(x * 9).astype("int32"),
    "the other byte order": lambda x: x.astype(">f4"),
    "not aligned": lambda x: np.frombuffer(b"." + x.tobytes(), "f4", offset=1),
    "a subclass": lambda x: x.view(type("Mine", (np.ndarray,), {})),
    "objects": lambda x: x.astype(object),
    "a row": lambda x: x[None],
}


@pytest.mark.parametrize("way", LONG_WAYS)
def test_what_cannot_be_read_in_place_gives_the_same_bits(way: str) -> None:
    net, x, y = network(), LONG_WAYS[way](X[0]), 0.5
    array = np.asarray(x, dtype=None if isinstance(x, np.ndarray) else "float64").reshape(1, -1)
    if array.dtype == object:
        array = array.astype("float32")
    twin = net.copy()
    for _ in range(3):
        assert net._model.one_sample.learn(x, y) is None
        assert net._model.one_sample.predict(x) is None
        assert net.learn_one(x, y) == twin.train_step(array, [y])
        assert not differences(state_of(twin), state_of(net))
        assert bits(net.predict_one(x)) == bits(net.predict(array)[0])


def test_rows_of_frames_are_samples() -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"x{c}" for c in range(N_0)]
    net, frame = network(), pandas.DataFrame(X, columns=names)
    expected = net.copy().train_step(X[:1], [0.5])
    assert net.copy().learn_one(frame.iloc[0], 0.5) == expected
    assert net.copy().learn_one(frame.iloc[:1], 0.5) == expected
    assert net.predict_one(frame.iloc[0]) == net.predict_one(X[0])


def test_activations_of_ones_own_and_large_networks_go_the_long_way() -> None:
    own = network(activation=Activation(np.sin, np.cos))
    assert_learns_like_train_step(own, X[:3], targets_of(own), is_short=False)
    assert own._model.one_sample.predict(X[0]) is None
    large = network((N_0, 600, 600, 1))
    assert_learns_like_train_step(large, X[:3], targets_of(large), is_short=False)
    assert large._model.one_sample.predict(X[0]) is None


def test_the_plan_alone_says_whether_the_short_way_is_taken() -> None:
    model, plan = network()._model, TrainingPlan("sgd", {}, 1)
    assert is_lean(model, plan)
    assert is_lean(model, TrainingPlan("adam", {}, 1, learns_biases=False, dropout_key=7))
    assert not is_lean(model, TrainingPlan("sgd", {}, 1, l2=0.1))
    assert not is_lean(network(activation=Activation(np.sin, np.cos))._model, plan)


@pytest.mark.parametrize(
    "schedule",
    [schedules.Exponential(0.01, steps=8), lambda t: 1 / (1 + t), schedules.ReduceOnPlateau()],
    ids=["Exponential", "function", "ReduceOnPlateau"],
)
def test_a_schedule_goes_on_from_sample_to_sample(schedule: Any) -> None:
    net = network()
    net.optimizer = SGD(0.1, schedule=schedule)
    assert_learns_like_train_step(net, X, targets_of(net), is_short=False)


# ------------------------------------------------------------------ targets

NUMBER = (0.25, 1, 0, True, False, -3, 2**60, np.float64(0.1), np.float32(0.1), np.float16(0.1))
NUMBER += (np.int64(1), np.uint8(1), np.uint64(2**63), np.bool_(True), float("nan"), float("inf"))
NUMBER += (np.array(1.0), np.array([1.0]), np.array([1], "uint8"), np.array([1]), [1.0], [[0.0]])
NUMBER += (1e300, 10**400, None, "x", "cat", np.str_("dog"), {}, 1j, np.array([1.0, 0.0]), b"cat")
NUMBER += (np.array([[1.0]]), np.array([], "f4"), object(), [], "", -0.0, 5e-324)
LABEL = (0, 2, 3, -1, 1.0, 2**70, True, np.int64(2), np.uint8(1), np.bool_(False), np.int8(-1))
LABEL += ("cat", "dog", "cow", np.str_("cow"), np.array(2), np.array([2]), [1], None, 0.5)
LABEL += tuple(
    np.array(row, kind)
    for kind in ("float32", "float64", "uint8", "int64")
    for row in ([0, 1, 0], [1, 1, 0], [0, 0, 0])
)
LABEL += tuple(np.array(row) for row in ([0.2, 0.3, 0.5], [0.2, 0.3, 0.6], [-0.5, 1, 0.5]))
LABEL += (np.array([0.2, 0.3, 0.50004]), np.array([0.2, 0.3, 0.50006]), np.array([1.0, 0.0]))
LABEL += (np.array([np.nan, 0, 1]), np.array([np.inf, 0, 1]), [0.0, 0.0, 1.0], np.eye(3))
BINARY = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
KINDS = ("classes", "multilabel", "one_hot", "numbers")


def attempts(y: Any, options: dict[str, Any], n_L: int, kind: str | None, named: bool) -> Any:
    """A step's results by both ways, from one state; the error where there is one."""
    results = []
    for change in (long_way, lambda net: net):
        net = network((N_0, 4, n_L), "tanh", **options)
        if named:
            net.classes = ("cat", "dog", "cow")[: max(n_L, 2)]
        first = 1.0 if n_L == 1 else np.array([0.0, 1.0, 0.0])
        net._model.state.learned = net._model.state.learned._replace(target_kind=kind)
        try:
            net.learn_one(X[1], first)
        except ValueError:
            net.learn_one(X[1], 1)
        change(net)
        try:
            result: Any = net.learn_one(X[0], y)
        except Exception as error:
            result = type(error), str(error)
        results.append((result, state_of(net)))
    return results


@pytest.mark.parametrize("kind", [None, *KINDS])
@pytest.mark.parametrize("options", [REGRESSION, BINARY, CLASSIFIER], ids=lambda o: o["loss"])
def test_every_target_does_what_it_does_by_the_long_way(
    options: dict[str, Any], kind: str | None
) -> None:
    for n_L, ys in ((1, NUMBER), (3, LABEL)):
        if n_L == 1 and (options is CLASSIFIER or kind in ("multilabel", "one_hot")):
            continue
        if n_L == 3 and options is CLASSIFIER and kind in ("multilabel", "numbers"):
            continue  # no targets of such a network have that kind
        for named in (False, True) if options is not REGRESSION else (False,):
            for y in ys:
                long, short = attempts(y, options, n_L, kind, named)
                assert repr(long[0]) == repr(short[0]), (n_L, y, kind, named)
                assert not differences(long[1], short[1]), (n_L, y, kind, named)


SHORT_TARGETS: list[tuple[dict[str, Any], int, Any]] = [
    (REGRESSION, 1, [0.5, 1, np.float32(2), np.float64(2), np.int64(1), X[0, :1], True]),
    (BINARY, 1, [0.5, 1, True, np.bool_(True), "cat", np.str_("dog"), np.uint8(1)]),
    (CLASSIFIER, 3, [0, np.int64(2), "cat", np.str_("dog"), np.eye(3, dtype="f4")[1], True]),
]


@pytest.mark.parametrize(("options", "n_L", "ys"), SHORT_TARGETS)
def test_targets_as_streams_have_them_go_the_short_way(
    options: dict[str, Any], n_L: int, ys: list[Any]
) -> None:
    net = network((N_0, 4, n_L), **options)
    if options is not REGRESSION:
        net.classes = ("cat", "dog", "cow")[: max(n_L, 2)]
    net.learn_one(X[0], ys[0])
    for y in ys:
        assert net._model.one_sample.learn(X[0], y) is not None, y


# ------------------------------------------------------------------ what is refused

WRONG_X: dict[str, tuple[Any, type[Exception], str]] = {
    "a dict": ({"a": 1.0}, TypeError, r"np.array\(\[x\[name\] for name in names\]\)"),
    "too short": (X[0, :-1], ShapeError, "expected 16 features, got 15"),
    "several": (X[:2], ShapeError, "one sample, got 2 rows"),
    "none at all": (X[:0], ShapeError, "one sample, got 0 rows"),
    "a number": (1.0, ShapeError, "0-d array"),
    "None": (None, TypeError, "x must be an array"),
    "text": (np.full(N_0, "a"), ValueError, "must hold numbers"),
}


@pytest.mark.parametrize("ready", [False, True])
@pytest.mark.parametrize("wrong", WRONG_X)
def test_what_is_no_sample_is_refused_and_changes_nothing(wrong: str, ready: bool) -> None:
    x, error, message = WRONG_X[wrong]
    net = network()
    if ready:
        net.learn_one(X[0], 0.5)
    before = state_of(net)
    with pytest.raises(error, match=message):
        net.learn_one(x, 0.5)
    with pytest.raises(error, match=message):
        net.predict_one(x)
    assert not differences(before, state_of(net))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("optimizer", [SGD(0.01), Adam()], ids=str)
@pytest.mark.parametrize("sizes", [(N_0, 32, 1), (N_0, 4, 1)])
def test_numbers_that_are_not_finite_are_refused_and_change_nothing(
    sizes: Any, optimizer: Any, bad: float
) -> None:
    net = network(sizes)
    net.optimizer = optimizer
    net.learn_one(X[0], 0.5)
    before, x = state_of(net), X[0].astype("float64")
    x[7] = bad
    message = "too large" if bad == 1e300 else "finite numbers"
    for args in ((x, 0.5), (X[0], bad), (X[0], np.array([bad]))):
        with pytest.raises(ValueError, match=message):
            net.learn_one(*args)
        assert not differences(before, state_of(net))
    with np.errstate(over="ignore"):
        assert bits(net.predict_one(x)) == bits(net.predict(x[None])[0])
    net.learn_one(X[0], 0.5)
    assert_short(net, X[0], 0.5)


@pytest.mark.parametrize("isa", RUNNABLE)
@pytest.mark.parametrize("sizes", [(N_0, 32, 1), (N_0, 4, 1), (N_0, 40, 40, 3)])
@pytest.mark.parametrize("optimizer", [SGD(0.01), SGD(0.01, momentum=0.9), Adam()], ids=str)
@pytest.mark.parametrize("fault", ["C", "weights"])
def test_divergence_leaves_everything_as_it_was(
    fault: str, optimizer: Any, sizes: Any, isa: str
) -> None:
    with forced(isa):
        net = network(sizes, "identity")
        net.optimizer, y = optimizer, np.ones(sizes[-1], "f4")
        net.learn_one(X[0], y)
        if fault == "C":
            net.weights[0][:] = 3e38
        else:
            net.learning_rate = 1e39  # infinite in float32
        x = np.ones(N_0, "f4")
        assert net._model.one_sample.learn(x, y) is None
        twin, before = net.copy(), state_of(net)
        with pytest.raises(DivergenceError) as expected:
            twin.train_step(x[None], y[None])
        for _ in range(2):
            with pytest.raises(DivergenceError) as error:
                net.learn_one(x, y)
            assert str(error.value) == str(expected.value)
            assert not differences(before, state_of(net))


# ------------------------------------------------------------------ what is replaced


def test_what_is_set_between_two_steps_counts_for_the_next() -> None:
    net = network((N_0, 8, 3), **CLASSIFIER)
    twin = net.copy()
    changes: list[Any] = [
        lambda net: None,
        lambda net: setattr(net, "learning_rate", 0.5),
        lambda net: setattr(net, "optimizer", Adam(0.1)),
        lambda net: setattr(net, "optimizer", SGD(0.1, momentum=0.9)),
        lambda net: setattr(net, "parameters", net.parameters * 2),
        lambda net: net.weights[0].__setitem__((0, 0), 0.75),
        lambda net: net.fit(X, np.arange(12) % 3, epochs=2),
        lambda net: net.train_step(X, np.arange(12) % 3, optimizer="adam"),
        lambda net: setattr(net, "classes", ("a", "b", "c")),
        lambda net: net.predict(X),
        lambda net: net.fit(
            X, np.arange(12) % 3, epochs=1, optimizer=SGD(0.1, nesterov=True, momentum=0.9)
        ),
    ]
    for change in changes:
        change(net)
        change(twin)
        for i in range(4):
            assert net.learn_one(X[i], i % 3) == twin.train_step(X[i][None], [i % 3])
            assert not differences(state_of(twin), state_of(net))
    net.classes = ("b", "a", "c")
    twin.classes = ("b", "a", "c")
    assert net.learn_one(X[0], "a") == twin.train_step(X[:1], ["a"])
    assert not differences(state_of(twin), state_of(net))


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=str)
@pytest.mark.parametrize("way", ["copy", "pickle", "file"])
def test_a_stream_that_is_continued_by_a_copy_gives_the_same_bits(
    way: str, optimizer: Any, tmp_path: Path
) -> None:
    net = network(dropout=0.3)
    net.optimizer = optimizer
    Y = targets_of(net)
    for x, y in zip(X[:5], Y[:5], strict=True):
        net.learn_one(x, y)
    if way == "copy":
        twin = net.copy()
    elif way == "pickle":
        twin = pickle.loads(pickle.dumps(net))
    else:
        net.save(tmp_path / "model")
        twin = Network.load(tmp_path / "model")
    for x, y in zip(X[5:], Y[5:], strict=True):
        assert net.learn_one(x, y) == twin.learn_one(x, y)
    assert not differences(state_of(net), state_of(twin))


def test_a_prediction_is_an_array_of_its_own() -> None:
    net = network((N_0, 8, 3))
    first = net.predict_one(X[0])
    kept = first.copy()
    second = net.predict_one(X[1])
    assert not np.shares_memory(first, second)
    assert (first == kept).all()


# ------------------------------------------------------------------ threads


def test_a_step_is_refused_while_the_network_trains_and_waits_for_a_reader() -> None:
    net = network()
    net.learn_one(X[0], 0.5)
    before = state_of(net)
    refused = []

    def once(net: Network, *_: Any) -> bool:
        with pytest.raises(RuntimeError, match=r"learn_one: .* already being trained"):
            net.learn_one(X[0], 0.5)
        refused.append(bits(net.predict_one(X[0])) == bits(net.predict(X[:1])[0]))
        return True

    twin = net.copy()
    twin.fit(X, X[:, :1], epochs=1)
    twin.learn_one(X[0], 0.5)  # the short way is ready, and would be taken
    assert twin._model.one_sample.learn(X[0], 0.5) is not None
    twin.fit(X, X[:, :1], callbacks=once)
    assert refused == [True]

    done = threading.Event()

    def learn() -> None:
        net.learn_one(X[0], 0.5)
        done.set()

    thread = threading.Thread(target=learn)
    with net._model.state_lock.hold():
        thread.start()
        assert not done.wait(0.05)
        assert not differences(before, state_of(net))
    thread.join(10)
    assert done.is_set()
    assert net._model.state.steps == 2


def test_copies_beside_a_stream_are_of_one_moment() -> None:
    """Both weights of a step have moved by the same, or neither has."""
    net = network((2, 2), "identity", initializer="zeros")
    net.optimizer = SGD(2.0**-10)
    x, y = np.array([1.0, 1.0], "f4"), np.array([1.0, 1.0], "f4")
    stop = threading.Event()
    torn: list[Any] = []

    def read() -> None:
        while not stop.is_set():
            flat = net.copy().parameters
            if len(set(flat.tolist())) != 1:
                torn.append(flat)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        for _ in range(100):
            net.learn_one(x, y)
        net.parameters = np.zeros(6, "f4")
    stop.set()
    for thread in threads:
        thread.join()
    assert not torn


# ------------------------------------------------------------------ memory

COUNT = """
import gc, json, numpy as np, fastbp
gc.disable()
net = fastbp.Network(
    [16, 32, 3], "relu", output_activation="softmax", loss="cross_entropy", seed=0)
x = np.random.default_rng(0).random(16).astype("f4")
rows = np.eye(3, dtype="f4")
names = net.classes = ("cat", "dog", "cow")
def count(call, *args):
    for _ in range(3):
        call(*args)
    before = calls.value
    for _ in range(1000):
        call(*args)
    return calls.value - before
print(json.dumps({
    "nothing": count(abs, -1.5),
    "label": count(net.learn_one, x, 1),
    "name": count(net.learn_one, x, "dog"),
    "row": count(net.learn_one, x, rows[1]),
    "predict_one": count(net.predict_one, x),
    "empty": count(np.empty, 3, np.dtype("f4")),
    "long": count(net.learn_one, [0.5] * 16, 1),
}))
"""


def test_one_sample_allocates_its_result_and_nothing_else(tmp_path: Path) -> None:
    counts = json.loads(run_counted(COUNT, tmp_path))
    assert counts["long"] > 1000  # allocations are seen
    for target in ("label", "name", "row"):
        assert counts[target] == counts["nothing"]
    assert counts["predict_one"] == counts["empty"]
