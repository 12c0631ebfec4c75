"""Losses of the caller's own: called back from the compiled passes, whatever they do."""

from __future__ import annotations

import copy
import pickle
import signal
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_LOSS
from network_state import differences, state_of
from tolerances import FLOAT64, assert_close, unit_roundoff
from ways_in import EVERY_CALL, WITH_Y, network, samples

import fastbp
from fastbp import SGD, Activation, DivergenceError, Loss, Network, PerformanceWarning
from fastbp.activations import ACTIVATIONS
from fastbp.errors import ShapeError
from fastbp.model.loss_choice import loss_row
from fastbp.operations import BY_NODE
from fastbp.training.threads import Exactly

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning"),
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),
]

X, Y = samples(12)


def value(a: Any, y: Any) -> Any:
    """The sum of squares."""
    return ((a - y) ** 2).sum(axis=1)


def gradient(a: Any, y: Any) -> Any:
    """Its derivative."""
    return 2 * (a - y)


OWN = Loss(value, gradient)
SQUARES = {
    "squared_error": OWN,
    "half_squared_error": Loss(lambda a, y: value(a, y) / 2, lambda a, y: a - y),
    "mean_squared_error": Loss(
        lambda a, y: ((a - y) ** 2).mean(axis=1), lambda a, y: 2 / a.shape[1] * (a - y)
    ),
}
ENTROPY = Loss(lambda a, y: -(y * np.log(a)).sum(axis=1), lambda a, y: -y / a)


def own(name: Any) -> Loss:
    """A built-in loss's formulas, which the kernels know nothing of."""
    row = loss_row(name)
    return Loss(
        lambda a, y: row.c(a.shape[1]) * row.term(np, a, y).sum(axis=1),
        lambda a, y: row.c(a.shape[1]) * row.slope(np, a, y),
    )


def calling(call: Callable[[], Any], in_gradient: Callable[[], Any] = lambda: None) -> Loss:
    """The sum of squares, with something that is called whenever value or gradient is."""
    return Loss(
        lambda a, y: (call(), value(a, y))[1], lambda a, y: (in_gradient(), gradient(a, y))[1]
    )


def all_outputs(net: Network, X: Any, Y: Any, n_threads: Any = 1, **options: Any) -> list[Any]:
    """All that a network computes of some samples."""
    weights = 1 + np.arange(len(X)) % 3
    g, t = net.gradients(X, Y), net.trace(X[-1], Y[-1])
    weighted = net.gradients(X, Y, sample_weight=weights)
    history = net.fit(
        X, Y, epochs=2, batch_size=40, validation=(X, Y), optimizer=SGD(0.05, momentum=0.5),
        n_threads=n_threads, **options,
    )  # fmt: skip
    step = net.train_step(X[:1100], Y[:1100], sample_weight=weights[:1100])
    return [
        *(net.predict(X), net.predict(X[:1]), net.loss_value(X, Y), step),
        *(net.loss_value(X, Y, sample_weight=weights), net.score(X, Y)),
        *(*g.weights, *g.biases, *weighted.weights, *weighted.biases),
        *(*t.z, *t.a, *t.delta, *t.dC_dw, *t.dC_db, t.C_0),
        *(history.loss, history.validation_loss, net.parameters),
    ]


def central_differences(net: Network, X: Any, y: Any, h: float = 1e-6) -> list[float]:
    """(C(w + h) - C(w - h)) / 2h of every parameter."""
    result, parameters = [], net.parameters
    for i in range(len(parameters)):
        C = []
        for step in (h, -h):
            shifted = parameters.copy()
            shifted[i] += step
            net.parameters = shifted
            C.append(net.loss_value(X, y))
        result.append((C[0] - C[1]) / (2 * h))
    net.parameters = parameters
    return result


def flat(gradients: Any) -> Any:
    """In the order of ``net.parameters``."""
    pairs = zip(gradients.weights, gradients.biases, strict=True)
    return np.concatenate([array.ravel() for pair in pairs for array in pair])


# ------------------------------------------------------------------ what it computes


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", SQUARES)
def test_a_squared_error_of_ones_own_is_the_built_in_one(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 33, rng.integers(2, 5)).tolist()
    tame = [g for g in BY_NODE if g != "exp"]  # whose networks diverge
    *hidden, output = rng.choice(tame, len(sizes) - 1).tolist()
    X, Y = samples(int(rng.choice([1, 13, 1500])), sizes[0], sizes[-1])
    options: dict[str, Any] = {"activation": hidden, "output_activation": output, "seed": seed}
    built_in, custom = (network(sizes, loss=loss, **options) for loss in (name, SQUARES[name]))
    for actual, expected in zip(
        all_outputs(custom, X, Y), all_outputs(built_in, X, Y), strict=True
    ):
        assert_close(actual, expected, FLOAT64)


@pytest.mark.parametrize(
    "name", [name for name in EVERY_LOSS if loss_row(name).chain_rule], ids=str
)
@pytest.mark.parametrize("output", ["identity", "tanh", "gelu", "softplus"])
def test_it_computes_what_a_built_in_one_does(output: str, name: Any) -> None:
    X, Y = samples(30)
    options: dict[str, Any] = {"output_activation": output, "seed": 4}
    built_in, custom = (network((4, 9, 3), loss=loss, **options) for loss in (name, own(name)))
    for actual, expected in zip(
        all_outputs(custom, X, Y), all_outputs(built_in, X, Y), strict=True
    ):
        assert_close(actual, expected, FLOAT64)


@pytest.mark.parametrize(
    "numbers", [{"dtype": "float32"}, {"dtype": "float32", "compute": "bfloat16"}]
)
@pytest.mark.parametrize("output", ["sigmoid", "silu"])
def test_it_computes_what_a_built_in_one_does_in_float32(output: str, numbers: Any) -> None:
    X, Y = samples(1500)
    built_in, custom = (
        network((4, 40, 3), loss=loss, output_activation=output, **numbers)
        for loss in ("squared_error", OWN)
    )
    # as in tests/core/test_layers.py; the products of bfloat16 numbers are of the same numbers
    bound = 2e3 * unit_roundoff("float32")
    for actual, expected in zip(
        all_outputs(custom, X, Y), all_outputs(built_in, X, Y), strict=True
    ):
        assert_close(actual, expected, bound)


def test_an_entropy_of_ones_own_under_softmax_is_the_built_in_one() -> None:
    X, Y = samples(1500)
    Y = Y / Y.sum(axis=1, keepdims=True)
    built_in, custom = (
        network((4, 9, 3), output_activation="softmax", loss=loss)
        for loss in ("cross_entropy", ENTROPY)
    )
    left, right = all_outputs(custom, X, Y), all_outputs(built_in, X, Y)
    score = 5  # R^2 of soft labels here, an accuracy there
    for i, (actual, expected) in enumerate(zip(left, right, strict=True)):
        if i != score:
            assert_close(actual, expected, FLOAT64)


@pytest.mark.parametrize("n_L", [2, 3, 17, 40])  # widths around vectors, and the wide loops
def test_under_softmax_delta_is_the_jacobian_times_the_gradient(n_L: int) -> None:
    X, Y = samples(1, 4, n_L)
    t = network((4, 5, n_L), output_activation="softmax", loss=OWN).trace(X[0], Y[0])
    a, d = t.a[2], gradient(t.a[2], Y[0])
    jacobian = np.diag(a) - np.outer(a, a)
    assert_close(t.delta[2], jacobian @ d, FLOAT64)


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_gradients_under_every_output_activation_are_those_of_differences(output: str) -> None:
    asymmetric = Loss(
        lambda a, y: (np.where(a < y, 3.0, 1.0) * (a - y) ** 4).sum(axis=1),
        lambda a, y: np.where(a < y, 12.0, 4.0) * (a - y) ** 3,
    )
    net = network((4, 5, 3), output_activation=output, activation="tanh", loss=asymmetric)
    # The difference's own error is about u C / h = 1e-10 and h^2 C''' / 6 = 1e-12, C being near 1.
    assert_close(flat(net.gradients(X, Y)), central_differences(net, X, Y), 1e-7)


def test_it_goes_with_activations_of_ones_own() -> None:
    sine = Activation(np.sin, np.cos)
    net = network((4, 5, 3), activation=sine, output_activation=sine, loss=OWN)
    twin = network((4, 5, 3), activation=sine, output_activation=sine)
    for actual, expected in zip(all_outputs(net, X, Y), all_outputs(twin, X, Y), strict=True):
        assert_close(actual, expected, FLOAT64)
    assert_close(flat(net.gradients(X, Y)), central_differences(net, X, Y), 1e-7)


def test_it_goes_with_dropout_early_stopping_and_callbacks() -> None:
    options: dict[str, Any] = {"early_stopping": 1, "callbacks": lambda net, *_: net.score(X, Y)}
    nets = [network((4, 20, 3), dropout=0.3, loss=loss) for loss in (OWN, "squared_error")]
    left, right = (all_outputs(net, X, Y, **options) for net in nets)
    for actual, expected in zip(left, right, strict=True):
        assert_close(actual, expected, FLOAT64)


@pytest.mark.parametrize("y", ["labels", "names", "numbers", "binary"])
def test_targets_are_taken_as_for_squared_error(y: str) -> None:
    n_L = 1 if y == "binary" else 3
    labels = np.arange(12) % (n_L + (n_L == 1))
    targets = {"names": np.array(["a", "b", "c"])[labels % 3], "numbers": Y}.get(y, labels)
    histories = []
    for loss in (OWN, "squared_error"):
        net = network((4, 5, n_L), loss=loss)
        history = net.fit(X, targets, epochs=3, validation=0.25)
        histories.append([history.loss, history.accuracy, history.validation_accuracy])
        histories[-1].append([net.score(X, targets)])
        assert net.classes == (("a", "b", "c") if y == "names" else None)
    for actual, expected in zip(*histories, strict=True):
        assert_close(actual, expected, FLOAT64)


def test_class_labels_are_one_hot_rows_to_it() -> None:
    seen: list[Any] = []
    loss = Loss(lambda a, y: (seen.append(y.tolist()), value(a, y))[1], gradient)
    network((4, 5, 3), loss=loss).loss_value(X[:2], [2, 0])
    assert seen == [[[0, 0, 1], [1, 0, 0]]]


def test_rows_without_weight_may_give_anything() -> None:
    bad = Loss(
        lambda a, y: np.where(y[:, 0] < 0, np.nan, value(a, y)),
        lambda a, y: np.where(y[:, :1] < 0, np.nan, gradient(a, y)),
    )
    net, twin = network((4, 5, 3), loss=bad), network((4, 5, 3))
    y, weights = Y.copy(), np.ones(12)
    y[3], weights[3] = -1, 0
    for net_ in (net, twin):
        net_.fit(X, y, epochs=2, batch_size=5, sample_weight=weights)
    assert_close(net.parameters, twin.parameters, FLOAT64)


# ------------------------------------------------------------------ how it is called


def test_it_sees_read_only_rows_in_the_number_type() -> None:
    seen: set[Any] = set()

    def look(a: Any, y: Any) -> None:
        for array in (a, y):
            seen.add((array.shape, array.dtype.name, array.flags.writeable))

    loss = Loss(
        lambda a, y: (look(a, y), value(a, y))[1], lambda a, y: (look(a, y), gradient(a, y))[1]
    )
    net = network((4, 5, 3), dtype="float32", loss=loss)
    net.loss_value(*samples(1030))
    net.train_step(X, Y)
    # and once one row alone, to find out a mean's gradient
    assert seen == {((m, 3), "float32", False) for m in (1024, 6, 12, 1)}


def test_it_is_called_once_a_batch_and_the_gradient_once_more() -> None:
    count = [0, 0]

    def counted(i: int) -> Callable[[], None]:
        return lambda: count.__setitem__(i, count[i] + 1)

    net = network((4, 5, 3), loss=calling(counted(0), counted(1)))
    net.predict(X)
    net.predict_classes(X)
    assert count == [0, 0]
    net.fit(X, Y, epochs=3, batch_size=5)
    assert count == [9, 10]
    net.loss_value(X, Y)
    assert count == [10, 10]


def test_it_is_called_on_one_thread_and_predictions_take_more() -> None:
    threads = set()
    loss = calling(lambda: threads.add(threading.get_ident()))
    bits = [
        [np.asarray(a).tobytes() for a in all_outputs(network((4, 40, 3), loss=loss), X, Y, n)]
        for n in (1, Exactly(3))
    ]
    assert bits[0] == bits[1]
    assert threads == {threading.get_ident()}
    out = np.empty((80, 3))
    assert network((4, 40, 3), loss=OWN)._model.program.predict(samples(80)[0], out, 3) == 3


def test_what_it_keeps_stays_readable() -> None:
    kept: list[Any] = []
    loss = Loss(lambda a, y: (kept.extend((a, y)), value(a, y))[1], gradient)
    net = network((4, 5, 3), loss=loss)
    net.fit(X, Y, epochs=3, batch_size=5)
    del net
    assert all(np.isfinite(rows).all() for rows in kept)


class EnoughError(Exception):
    """Raised by a loss."""


@pytest.mark.parametrize("call", [*WITH_Y, "trace"])
def test_what_it_raises_comes_out_and_the_network_goes_on(call: str) -> None:
    left = [10**9]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise EnoughError

    net = network((4, 5, 6, 3), loss=calling(count, count))
    calls = EVERY_CALL | {"trace": lambda net, X, y: net.trace(X[0], y[0])}
    net.train_step(X, Y, optimizer=SGD(0.1, momentum=0.5))
    for nth in range(1, 99):
        steps, before, left[0] = net._model.state.steps, state_of(net), nth
        try:
            calls[call](net, X, Y)
        except EnoughError as error:
            notes = error.__notes__
            assert "of the network's Loss, called with a and y of shape" in notes[0]
            assert net._model.state.steps > steps or not differences(before, state_of(net))
        else:
            break
        left[0] = 10**9
        net.fit(X, Y, epochs=1)
    assert nth == 1 if call == "score" else 1 < nth < 98
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("call", ["fit", "train_step", "loss_value"])
def test_ctrl_c_inside_it_ends_the_call(call: str) -> None:
    count = [0]

    def interrupt() -> None:
        count[0] += 1
        if count[0] == 1:
            signal.raise_signal(signal.SIGINT)

    net = network((4, 5, 3), loss=calling(interrupt))
    before = state_of(net)
    with pytest.raises(KeyboardInterrupt):
        EVERY_CALL[call](net, X, Y)
    assert count == [1]
    assert not differences(before, state_of(net))
    net.fit(X, Y, epochs=1)


def test_it_may_use_the_network_that_calls_it() -> None:
    inside = [False]

    def look() -> None:
        if not inside[0]:
            inside[0] = True
            net.predict(np.ones((2000, 4)))  # in a larger workspace than the one lent
            net.gradients(X, Y), net.trace(X[0], Y[0])
            assert np.array_equal(net.copy().parameters, net.parameters)
            inside[0] = False

    net, twin = network((4, 5, 3), loss=calling(look, look)), network((4, 5, 3), loss=OWN)
    for net_ in (net, twin):
        net_.fit(X, Y, epochs=2, batch_size=5)
    assert np.array_equal(net.parameters, twin.parameters)


def test_an_endless_recursion_is_an_error_of_python() -> None:
    net = network((4, 5, 3), loss=calling(lambda: net.loss_value(X[:1], Y[:1])))
    with pytest.raises(RecursionError, match="an activation or a loss of your own"):
        net.loss_value(X, Y)


# ------------------------------------------------------------------ mistakes

BAD_VALUES: dict[str, tuple[Any, type[Exception], str]] = {
    "mean": (lambda a, y: ((a - y) ** 2).mean(), ShapeError, r"\(12,\).*a single number.*axis=1"),
    "column": (
        lambda a, y: ((a - y) ** 2).sum(axis=1, keepdims=True), ShapeError,
        r"shape \(12, 1\).*axis=1",
    ),
    "terms": (lambda a, y: (a - y) ** 2, ShapeError, r"returned shape \(12, 3\)\. Sum over"),
    "nothing": (lambda a, y: None, TypeError, "real numbers, got None"),
    "complex": (lambda a, y: 1j * a[:, 0], TypeError, "got complex128 numbers"),
    "text": (lambda a, y: ["no"] * len(a), TypeError, "real numbers, got"),
    "in place": (lambda a, y: np.subtract(a, y, out=a)[:, 0], ValueError, "read-only"),
    "ragged": (lambda a, y: [[1.0], [1.0, 2.0]] * 6, ValueError, "inhomogeneous"),
}  # fmt: skip
BAD_GRADIENTS: dict[str, tuple[Any, type[Exception], str]] = {
    "mean": (
        lambda a, y: 2 * (a - y) / len(a), ValueError,
        r"divides by the number of rows: dC_0/da_\d of one row is .* among 12 rows",
    ),
    "sum": (lambda a, y: (a - y).sum(axis=1), ShapeError, r"the shape \(12, 3\) of a.*\(12,\)"),
    "number": (lambda a, y: 0, ShapeError, "a single number"),
    "nothing": (lambda a, y: None, TypeError, "loss's gradient must return .* got None"),
    "complex": (lambda a, y: 1j * a, TypeError, "got complex128 numbers"),
    "not finite": (
        lambda a, y: np.where(y == Y[0, 1], np.nan, a - y), ValueError,
        r"gave nan for a_\d = .* and y_\d = .*, where its value is ",
    ),
    "in place": (lambda a, y: np.subtract(a, y, out=y), ValueError, "read-only"),
}  # fmt: skip


@pytest.mark.parametrize("call", ["fit", "train_step", "gradients"])
@pytest.mark.parametrize(
    ("part", "case"),
    [*(("value", case) for case in BAD_VALUES), *(("gradient", case) for case in BAD_GRADIENTS)],
)
def test_a_mistake_is_named_and_nothing_is_trained(part: str, case: str, call: str) -> None:
    function, error, text = (BAD_VALUES if part == "value" else BAD_GRADIENTS)[case]
    parts: dict[str, Any] = {"value": value, "gradient": gradient, part: function}
    net = network((4, 5, 3), loss=Loss(**parts))
    before = state_of(net)
    with pytest.raises(error, match=text) as raised:
        net.fit(X, Y, batch_size=12) if call == "fit" else EVERY_CALL[call](net, X, Y)
    assert part in str(raised.value) + "".join(getattr(raised.value, "__notes__", ()))
    assert not differences(before, state_of(net))


def test_other_precisions_integers_and_lists_are_taken() -> None:
    other = Loss(
        lambda a, y: value(a.astype("f8"), y).tolist(), lambda a, y: gradient(a, y).astype("f8")
    )
    signs = Loss(lambda a, y: (a > y).sum(axis=1), lambda a, y: a > y)
    net, twin = (network((4, 5, 3), dtype="float32", loss=loss) for loss in (other, OWN))
    for actual, expected in zip(all_outputs(net, X, Y), all_outputs(twin, X, Y), strict=True):
        assert_close(actual, expected, 2e3 * unit_roundoff("float32"))
    network((4, 5, 3), loss=signs).fit(X, Y)


def test_a_mean_s_gradient_is_found_out_at_the_first_that_is_not_0() -> None:
    gate = [0.0]
    loss = Loss(value, lambda a, y: gate[0] * 2 * (a - y) / len(a))
    net = network((4, 5, 3), loss=loss)
    net.fit(X, Y, epochs=2)
    gate[0] = 1.0
    with pytest.raises(ValueError, match="divides by the number of rows"):
        net.fit(X, Y, epochs=2)


def test_a_gradient_that_takes_whole_batches_alone_is_left_in_peace() -> None:
    factors = np.arange(1.0, 13)[:, np.newaxis]
    whole = Loss(lambda a, y: value(a, y), lambda a, y: factors[: len(a) // 12 * 12] * (a - y))
    network((4, 5, 3), loss=whole).fit(X, Y, batch_size=12, epochs=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_a_divergence_with_a_note(bad: float) -> None:
    left = [7]

    def cursed(a: Any, y: Any) -> Any:
        left[0] -= 1
        return value(a, y) * (bad if left[0] <= 0 else 1)

    net = network((4, 5, 3), loss=Loss(cursed, gradient))
    twin = network((4, 5, 3), loss=OWN)
    with pytest.raises(DivergenceError, match="epoch 1") as raised:
        net.fit(X, Y, batch_size=3, epochs=3)
    assert "Loss(cursed, gradient), your own" in raised.value.__notes__[0]
    twin.fit(X, Y, batch_size=3, epochs=3, callbacks=lambda *_: True)
    assert np.isfinite(net.parameters).all()
    left[0] = 10**9
    net.fit(X, Y)


def test_weights_that_diverge_go_back_to_the_last_good_epoch() -> None:
    left = [8]

    def explode(a: Any, y: Any) -> Any:
        left[0] -= 1
        return np.full_like(a, 1e308) if left[0] <= 0 else gradient(a, y)

    net = network((4, 5, 3), output_activation="identity", loss=Loss(value, explode))
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(DivergenceError):
        net.fit(X, Y, batch_size=3, epochs=9, optimizer=SGD(1e10))
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "identity"])
def test_a_divergence_leaves_no_nan_in_the_next_calls(output: str) -> None:
    options: dict[str, Any] = {"output_activation": output, "loss": OWN}
    net, fresh = network(**options), network(**options)
    with pytest.raises(DivergenceError):
        net.fit(np.full_like(X, np.nan), Y, epochs=1, check_input=False, optimizer=SGD(0.1))
    for net_ in (net, fresh):
        net_.fit(X, Y, epochs=2, optimizer=SGD(0.1), shuffle=False)
    assert np.array_equal(net.parameters, fresh.parameters)


def test_a_loss_has_two_functions() -> None:
    with pytest.raises(TypeError, match=r"gradient must be a callable .* got NoneType"):
        Loss(value, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"value must be a callable .* got str"):
        Loss("squared_error", gradient)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"a function needs its gradient too: fastbp\.Loss"):
        network(loss=value)


# ------------------------------------------------------------------ what it is


def test_a_network_says_that_it_is_slower_and_gives_the_loss_back() -> None:
    with pytest.warns(PerformanceWarning, match="with a loss of your own calls it"):
        net = Network([4, 3], loss=OWN)
    with pytest.warns(PerformanceWarning, match="with an activation and a loss of your own"):
        Network([4, 3], output_activation=Activation(np.sin, np.cos), loss=OWN)
    assert net.loss is OWN
    assert "loss=Loss(value, gradient)" in repr(net)


def test_equal_functions_make_equal_losses() -> None:
    assert Loss(value, gradient) == OWN
    assert hash(Loss(value, gradient)) == hash(OWN)
    assert Loss(gradient, gradient) != OWN
    assert repr(OWN) == "Loss(value, gradient)"
    assert repr(Loss(np.add, np.subtract)) == "Loss(add, subtract)"


@pytest.mark.parametrize(
    "copied", [Network.copy, copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_and_pickles_have_it(copied: Callable[[Network], Network]) -> None:
    net = network((4, 5, 3), loss=OWN)
    net.fit(X, Y, epochs=1)
    twin = copied(net)
    assert twin.loss == OWN
    for net_ in (net, twin):
        net_.fit(X, Y, epochs=2)
    assert np.array_equal(net.parameters, twin.parameters)


@pytest.mark.parametrize("end", ["a fit", "a divergence", "an exception", "a mistake"])
def test_a_network_with_one_is_freed_when_the_last_name_goes(end: str) -> None:
    def bad(a: Any, y: Any) -> Any:
        if end == "an exception":
            raise EnoughError
        return value(a, y) * (np.nan if end == "a divergence" else 1) if end != "a mistake" else 0

    net = network((4, 5, 3), loss=Loss(bad, gradient))
    with suppress(EnoughError, DivergenceError, ShapeError):
        net.fit(X, Y, epochs=1)
    reference = weakref.ref(net)
    del net
    assert reference() is None


def test_no_model_file_holds_it(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"a loss of your own cannot be .* which holds no code"):
        network((4, 3), loss=OWN).save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("l", [1, 2, 3])
def test_an_explanation_takes_its_gradient_from_it(l: int, output: str) -> None:
    net = network((3, 4, 4, 2), output_activation=output, loss=OWN)
    text = fastbp.explain(net, [0.1, 0.2, 0.3], 1, l=l, j=1, k=2)
    assert "d_j = dC_0/da_j comes from your function gradient(a, y)" in text
    assert "C_0 = value(a, y)" in text
    table = text.split("The same number four times")[1]
    four = [float(line.split()[-1]) for line in table.splitlines()[4:8]]
    # three are sums of some products, the last one is good to nine decimals
    assert_close(four[1:3], [four[0]] * 2, FLOAT64)
    assert_close(four[3], four[0], 1e-6)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_an_explanation_says_whose_0_it_is() -> None:
    net = network((3, 2), loss=Loss(value, lambda a, y: np.zeros_like(a)))
    assert "d_1 is 0: your gradient gives 0 for output 1" in fastbp.explain(net, [1, 1, 1], 1, j=1)


def test_a_trace_names_it() -> None:
    t = network((4, 5, 3), loss=OWN).trace(X[0], Y[0])
    assert (t.loss, t.loss_row) == (OWN, None)
    assert "loss        Loss(value, gradient)" in str(t)
    assert_close(t.C_0, value(t.a[2][np.newaxis], Y[:1])[0], FLOAT64)
