"""Activations with numbers of the user's own: how they are written, checked, shown and kept."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from drawn import DTYPES, WITH_NUMBERS, build
from kernel_sets import RUNNABLE
from reference_network import Specification, assert_gradients_close
from tolerances import assert_close, unit_roundoff
from ways_in import NUMBERS, bits, run_script, samples

import fastbp
from fastbp import Activation, Network
from fastbp.operations import ACTIVATIONS, BY_NODE, RECTIFIERS

X, Y = samples()
DEFAULTS = [(name, *row.values) for name, row in ACTIVATIONS.items() if row.parameters]


def regressor(activation: Any, **options: Any) -> Network:
    settings = {"output_activation": "identity", "dtype": "float64", "seed": 1} | options
    return Network([4, 5, 6, 3], activation=activation, **settings)


# ---------------------------------------------------------------------- as it is written


@pytest.mark.parametrize("g", WITH_NUMBERS, ids=str)
@pytest.mark.parametrize(
    "number", [float, np.float32, np.float64], ids=lambda number: number.__name__
)
def test_a_tuple_and_a_list_are_one_activation(g: Any, number: Any) -> None:
    name, *values = g
    nets = [
        regressor(written, output_activation=written)
        for written in (
            g,
            list(g),
            (name, *map(number, values)),
        )
    ]
    nets += [regressor(written, output_activation=g) for written in ([g, g], (list(g), list(g)))]
    assert {net.activations for net in nets} == {(name,) * 3}
    assert len({net.predict(X).tobytes() for net in nets}) == 1
    assert len({repr(net) for net in nets}) == 1
    assert nets[0].layer(2).numbers == dict(
        zip([number.name for number in ACTIVATIONS[name].parameters], values, strict=True)
    )


def test_each_layer_can_have_numbers_of_its_own() -> None:
    names_and_numbers = ["relu", *WITH_NUMBERS, "tanh"]
    net = build(
        0, [4, *[5] * len(names_and_numbers), 3],
        activation=names_and_numbers, bias=True, dtype="float64",
    )  # fmt: skip
    assert_close(net.predict(X), Specification.of(net).predict(X))
    for l, g in enumerate(names_and_numbers, start=1):
        assert tuple(net.layer(l).numbers.values()) == (() if isinstance(g, str) else g[1:])


@pytest.mark.parametrize("g", DEFAULTS, ids=str)
def test_the_default_number_is_the_name_alone(g: Any) -> None:
    alone, written = (regressor(choice, output_activation=choice) for choice in (g[0], g))
    assert repr(written) == repr(alone)
    assert written._model.config() == alone._model.config()
    assert written._model.architecture == alone._model.architecture
    assert bits(written.predict(X)) == bits(alone.predict(X))


@pytest.mark.parametrize("option", ["activation", "output_activation"])
@pytest.mark.parametrize("name", [name for name in BY_NODE if ACTIVATIONS[name].parameters])
@pytest.mark.parametrize(
    "wrong", [np.nan, np.inf, -np.inf, -0.5, True, False, np.True_, 10**400, 1e300, 1e-300j]
)
def test_a_number_out_of_its_range_is_refused(option: str, name: str, wrong: Any) -> None:
    (parameter,) = ACTIVATIONS[name].parameters
    told = rf".*{parameter.name} of '{name}' must be .*got"
    if isinstance(wrong, complex) and option == "activation":
        told = ""  # nothing tells it from a list of layers
    with pytest.raises((ValueError, TypeError), match=rf"\b{option}\b{told}"):
        Network([2, 3, 1], **{option: (name, wrong)})
    Network([2, 3, 1], **{option: (name, 0.5)})


def test_a_slope_is_below_1_and_may_be_0_and_an_alpha_is_above_0() -> None:
    for g, limit in (
        (("leaky_relu", 1), "< 1"),
        (("leaky_relu", -1e-9), ">= 0"),
        (("elu", 0), "> 0"),
        (("elu", -1), "> 0"),
    ):
        with pytest.raises(ValueError, match=limit):
            Network([2, 3, 1], activation=g)
    assert "('leaky_relu', 0.0)" in repr(Network([2, 3, 1], activation=("leaky_relu", -0.0)))
    Network([2, 3, 1], activation=("elu", 100))
    Network([2, 3, 1], activation=("elu", 1e300), dtype="float64")
    for wrong in (1e300, 5e-324):
        with pytest.raises(
            ValueError, match=r"alpha of 'elu' .*must be in its range as a float32 too, got"
        ):
            Network([2, 3, 1], activation=("elu", wrong))


@pytest.mark.parametrize("name", BY_NODE)
@pytest.mark.parametrize("option", ["activation", "output_activation"])
def test_a_wrong_count_of_numbers_is_refused(option: str, name: str) -> None:
    takes = len(ACTIVATIONS[name].parameters)
    for count in {0, 1, 2, 3, 100_000} - {takes}:
        written = (name, *[0.5] * count)
        value = written if count and option == "activation" else [written]
        if option == "output_activation":
            value = written
        with pytest.raises(ValueError, match=rf"\b{option}: '{name}' takes {takes or 'no'}") as e:
            Network([2, 3, 1], **{option: value})
        assert f"{name!r} alone" in str(e.value)
        assert len(str(e.value)) < 300


@pytest.mark.parametrize(
    "value",
    [
        (),
        ("softmax", 0.5),
        (3, 0.5),
        (None, 0.5),
        (["elu"], 0.5),
        ("elu", "0.5"),
        ("elu", None),
        ("elu", [0.5]),
        ("elu", np.array(0.5)),
        [("elu", 0.5), ("elu", 0.5)],
        [("elu", 0.5, 0.5)],
        [[("elu", 0.5)]],
        (Activation(np.sin, np.cos), 0.5),
        ("eluu", 0.5),
        ("__class__", 0.5),
    ],
    ids=str,
)
def test_what_is_no_activation_with_a_number_is_refused(value: Any) -> None:
    for option in ("activation", "output_activation"):
        with pytest.raises((ValueError, TypeError), match=rf"\b{option}\b"):
            Network([2, 3, 1], **{option: value})


# ---------------------------------------------------------------------- as it is shown


def test_a_network_is_described_with_its_numbers() -> None:
    net = Network([2, 3, 4, 1], ["relu", ("elu", 0.5)], output_activation=["leaky_relu", 0.2])
    assert repr(net) == (
        "Network([2, 3, 4, 1], activation=['relu', ('elu', 0.5)], "
        "output_activation=('leaky_relu', 0.2), loss='squared_error', bias=True, dtype='float32')"
    )
    assert repr(eval(repr(net), {"Network": Network})) == repr(net)
    assert net.activations == ("relu", "elu", "leaky_relu")
    config = net._model.config()
    assert config["activation"] == ["relu", ["elu", 0.5]]
    assert config["output_activation"] == ["leaky_relu", 0.2]
    trace = net.trace([0.5, 1.0], 1)
    assert "layer 2, g = elu(0.5)" in str(trace)
    assert "layer 3, g = leaky_relu(0.2)" in str(trace)
    assert trace.numbers == ({}, {}, {"alpha": 0.5}, {"slope": 0.2})
    assert repr(Network([2, 3, 1], ("elu", 2))) == repr(Network([2, 3, 1], [("elu", 2.0)]))


@pytest.mark.parametrize("g", WITH_NUMBERS, ids=str)
def test_the_formulas_have_the_numbers(g: Any) -> None:
    row = ACTIVATIONS[g[0]].with_values(*g[1:])
    number = repr(g[1]).removesuffix(".0")
    assert row.label == f"{g[0]}({number})"
    for text in (row.formula, row.derivative_formula, row.latex):
        assert f" {number}" in text
    assert row != ACTIVATIONS[g[0]]


def test_the_formulas_of_the_defaults_are_as_they_were() -> None:
    assert ACTIVATIONS["leaky_relu"].formula == "z if z > 0, else 0.01 z"
    assert ACTIVATIONS["leaky_relu"].latex == r"g(z) = \max(z, 0.01 z)"
    assert ACTIVATIONS["elu"].formula == "z if z > 0, else e^z - 1"
    assert ACTIVATIONS["elu"].latex == r"g(z) = z \;(z > 0),\; e^z - 1 \;(z \le 0)"
    assert ACTIVATIONS["elu"].label == "elu"


@pytest.mark.parametrize("g", WITH_NUMBERS, ids=str)
def test_explanations_compute_with_the_numbers(g: Any) -> None:
    net = build(3, [4, 5, 6, 3], activation=g, output_activation=g, bias=True, dtype="float32")
    x = X[1].astype("float32")
    text = fastbp.explain(net, x, Y[1], l=2, j=1, k=0)
    row = ACTIVATIONS[g[0]].with_values(*g[1:])
    assert f"{row.label}: g(z) = {row.formula}\n" in text
    methods = ("factors above", "δ_j a_k", "net.gradients", "central difference")
    rows = [line.split()[-1] for line in text.splitlines() if line.strip().startswith(methods)]
    assert len(rows) == 4
    # 15 decimals, and the central difference to nine of them; weights are of about 1.
    assert np.ptp(np.array(rows, float)) < 1e-8


def test_an_explanation_says_that_a_slope_of_0_is_dead_and_a_small_one_is_not() -> None:
    for g, dead in ((("leaky_relu", 0.0), True), (("leaky_relu", 1e-3), False)):
        net = Network([1, 1, 1], activation=g, dtype="float64", initializer="zeros")
        net.weights[0][...], net.weights[1][...] = -1.0, 1.0
        text = " ".join(fastbp.explain(net, [2.0], 1).split())
        assert ("leaky_relu(0) is flat for z <= 0; node 0 of layer 1 is dead" in text) == dead
        assert ("leaky_relu(0) gives 0 for z <= 0" in text) == dead


def test_a_failed_training_is_explained_with_the_numbers() -> None:
    X, y = np.random.default_rng(0).standard_normal((64, 3)), np.full((64, 1), -3.0)
    y[::2] = -4.0
    net = Network([3, 8, 1], "tanh", output_activation=("elu", 0.5), seed=0)
    with pytest.warns(fastbp.TrainingWarning, match=r"range of elu\(0.5\) outputs, -0.5 and more"):
        net.fit(X, y, epochs=50, batch_size=8)


# ---------------------------------------------------------------------- as it is computed


@pytest.mark.parametrize("g", WITH_NUMBERS, ids=str)
def test_initial_weights_go_by_the_name(g: Any) -> None:
    with_number, alone = (Network([9, 8, 7], choice, seed=2) for choice in (g, g[0]))
    assert bits(with_number.parameters) == bits(alone.parameters)
    assert g[0] in RECTIFIERS


@pytest.mark.parametrize("isa", RUNNABLE)
def test_every_set_computes_with_the_numbers(
    isa: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an own process each: gradients and weights after training, by the specification."""
    monkeypatch.setenv("FASTBP_ISA", isa)
    code = f"""
import numpy as np
import fastbp
for g in {WITH_NUMBERS!r}:
    for sizes in ([4, 5, 6, 3], [4, 33, 17, 3]):
        net = fastbp.Network(sizes, g, output_activation=g, dtype="float64", seed=5)
        X = np.random.default_rng(0).standard_normal((9, 4))
        y = np.random.default_rng(1).standard_normal((9, 3))
        net.fit(X, y, epochs=2, batch_size=4, optimizer=fastbp.SGD(0.01), shuffle=False)
        print(net.parameters.tobytes().hex())
print(fastbp.model.kernel_sets.ISA)
"""
    *lines, name = run_script(code, tmp_path).split()
    assert name == isa
    X = np.random.default_rng(0).standard_normal((9, 4))
    y = np.random.default_rng(1).standard_normal((9, 3))
    results = iter(lines)
    for g in WITH_NUMBERS:
        for sizes in ([4, 5, 6, 3], [4, 33, 17, 3]):
            net = Network(sizes, g, output_activation=g, dtype="float64", seed=5)
            spec = Specification.of(net)
            spec.fit(X, y, fastbp.SGD(0.01), batch_size=4, orders=[range(9)] * 2)
            actual = np.frombuffer(bytes.fromhex(next(results)))
            assert_close(actual, spec.parameters(), 1e-12)


@pytest.mark.parametrize("numbers", NUMBERS)
def test_other_numbers_are_other_results(numbers: str) -> None:
    for name in {g[0] for g in WITH_NUMBERS}:
        choices = [name, *(g for g in WITH_NUMBERS if g[0] == name)]
        nets = [Network([4, 9, 3], g, seed=1, **NUMBERS[numbers]) for g in choices]
        assert len({net.predict(X).tobytes() for net in nets}) == len(choices)
        assert len({net.gradients(X, Y).weights[0].tobytes() for net in nets}) == len(choices)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_slope_of_0_is_relu(dtype: str) -> None:
    leaky, relu = (
        Network([4, 9, 3], g, output_activation="identity", dtype=dtype, seed=1)
        for g in (("leaky_relu", 0.0), "relu")
    )
    for net in (leaky, relu):
        net.fit(X, Y, epochs=3, batch_size=5, optimizer="adam")
    assert np.array_equal(leaky.parameters, relu.parameters)
    assert np.array_equal(leaky.predict(X), relu.predict(X))
    net = Network([1, 1], output_activation=("leaky_relu", 0), dtype=dtype, initializer="zeros")
    net.weights[0] = [[1.0]]
    assert net.predict([[-np.inf], [np.inf], [np.nan]])[:, 0].tolist() == pytest.approx(
        [0, np.inf, np.nan], nan_ok=True
    )
    row = ACTIVATIONS["leaky_relu"].with_values(0.0)
    assert row.g(np, np.array([-np.inf, -1.0])).tolist() == [0, 0]


def test_the_documentation_of_network_tells_the_ranges() -> None:
    text = " ".join((Network.__doc__ or "").split())
    assert '("leaky_relu", slope) with slope >= 0 and < 1 (0.01 unless given)' in text
    assert '("elu", alpha) with alpha > 0 (1.0 unless given)' in text


def test_beside_an_activation_of_the_caller_s_own() -> None:
    tanh = Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    for g in WITH_NUMBERS:
        with pytest.warns(fastbp.PerformanceWarning):
            net = Network([4, 5, 6, 3], [tanh, g], output_activation=g, dtype="float64", seed=1)
        twin = Network([4, 5, 6, 3], ["tanh", g], output_activation=g, dtype="float64", seed=1)
        assert net.activations == ("custom", g[0], g[0])
        spec = Specification.of(twin)
        C, dC_dw, dC_db = spec.gradient(X, Y)
        assert_close(net.loss_value(X, Y), C)
        assert_gradients_close(net.gradients(X, Y), (dC_dw, dC_db))
        for _ in range(3):
            net.train_step(X, Y)
            twin.train_step(X, Y)
        assert_close(net.parameters, twin.parameters, 1e3 * unit_roundoff("float64"))


# ---------------------------------------------------------------------- as it is kept


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda net: net.copy(),
                                   lambda net: pickle.loads(pickle.dumps(net))])  # fmt: skip
@pytest.mark.parametrize("dtype", DTYPES)
def test_copies_and_pickles_train_on_with_the_numbers(again: Any, dtype: str) -> None:
    net = regressor([("leaky_relu", 0.2), ("elu", 0.5)], dtype=dtype)
    net.fit(X, Y, epochs=2)
    twin = again(net)
    assert repr(twin) == repr(net)
    for either in (net, twin):
        either.fit(X, Y, epochs=2)
    assert bits(twin.parameters) == bits(net.parameters)
    assert bits(twin.predict(X)) == bits(net.predict(X))


def test_a_trace_can_be_pickled() -> None:
    trace = regressor(("elu", 0.5)).trace(X[0], Y[0])
    assert str(pickle.loads(pickle.dumps(trace))) == str(trace)


class Estimator:
    """As scikit-learn has them: arguments kept as they were given, the network made by fit."""

    def __init__(self, activation: Any = "relu", output_activation: Any = "identity") -> None:
        self.activation = activation
        self.output_activation = output_activation

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return dict(vars(self))

    def set_params(self, **params: Any) -> Estimator:
        vars(self).update(params)
        return self

    def fit(self, X: Any, y: Any) -> Network:
        net = Network([4, 5, 6, 3], **self.get_params(), seed=1)
        net.fit(X, y, epochs=2)
        return net


@pytest.mark.parametrize("activation", [("elu", 0.5), ["elu", 0.5], ["relu", ("elu", 0.5)]])
def test_arguments_can_be_cloned_as_scikit_learn_does(activation: Any) -> None:
    base = pytest.importorskip("sklearn.base", reason="scikit-learn's clone is the other side")
    estimator = Estimator(activation, ("leaky_relu", 0.2))
    before = copy.deepcopy(activation)
    clone = base.clone(estimator)
    assert clone.get_params() == estimator.get_params()
    assert bits(clone.fit(X, Y).parameters) == bits(estimator.fit(X, Y).parameters)
    assert estimator.activation == before
    assert base.clone(clone).set_params(activation="relu").fit(X, Y).activations[0] == "relu"


@pytest.mark.parametrize("bad", ["0.5", None, 1j, np.array(0.5)], ids=str)
def test_a_second_item_that_should_be_a_number_is_named(bad: Any) -> None:
    for sizes in ([3, 4, 1], [3, 4, 4, 1]):
        with pytest.raises((TypeError, ValueError), match=r"the alpha of 'elu' must be"):
            Network(sizes, activation=("elu", bad))


def test_a_misspelt_second_layer_is_told_from_a_number() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*got 'tahn'"):
        Network([3, 4, 4, 1], activation=["elu", "tahn"])


@pytest.mark.parametrize(
    ("slope", "size"), [(0.999999999999, "smaller"), (1 - 1e-9, "smaller")], ids=str
)
def test_the_remedy_for_a_number_that_float32_rounds_helps(slope: float, size: str) -> None:
    with pytest.raises(ValueError, match=f"choose a {size} one or dtype='float64'"):
        Network([3, 4, 1], activation=("leaky_relu", slope))
    Network([3, 4, 1], activation=("leaky_relu", slope), dtype="float64")
    Network([3, 4, 1], activation=("leaky_relu", 0.9999))


def test_a_number_that_float32_rounds_to_its_limit_is_to_be_larger() -> None:
    with pytest.raises(ValueError, match="choose a larger one or dtype='float64'"):
        Network([3, 4, 1], activation=("elu", 1e-46))
