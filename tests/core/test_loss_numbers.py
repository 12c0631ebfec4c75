"""Losses with numbers of the user's own: how they are written, checked, shown and kept."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import DTYPES, EVERY_LOSS, LOSSES_WITH_NUMBERS, build, targets
from kernel_sets import RUNNABLE, forced
from model_files import checksum, read_tensors, refuse, write_tensors
from reference_network import Specification
from tolerances import assert_close
from ways_in import bits

import fastbp
from fastbp import Network
from fastbp.model.loss_choice import loss_row
from fastbp.operations import LOSSES
from fastbp.training.constant_output import (
    WeightedTargets,
    best_constant,
    loss_of_outputs,
    weighted,
)

DEFAULTS = [(name, *row.values) for name, row in LOSSES.items() if row.parameters]
NAMES = [name for name, *_ in DEFAULTS]
X = np.random.default_rng(7).standard_normal((12, 4))


def network_of(loss: Any, **options: Any) -> Network:
    legal = LOSSES[loss if isinstance(loss, str) else loss[0]].output_activations
    output = "identity" if "identity" in legal else legal[0]
    settings = {"output_activation": output, "dtype": "float64", "bias": True} | options
    return build(1, [4, 5, 3], activation="tanh", loss=loss, **settings)


def samples(loss: Any, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    return X.astype(dtype), targets(np.random.default_rng(8), loss, 12, 3, dtype)


# ---------------------------------------------------------------------- as it is written


@pytest.mark.parametrize("loss", LOSSES_WITH_NUMBERS, ids=str)
def test_a_tuple_and_a_list_are_one_loss(loss: Any) -> None:
    name, *values = loss
    written = (loss, list(loss), (name, *map(np.float64, values)), [name, *map(np.float32, values)])
    nets = [network_of(choice) for choice in written]
    assert {net.loss for net in nets} == {loss}
    assert len({repr(net) for net in nets}) == 1
    assert f"loss={loss!r}" in repr(nets[0])
    assert repr(eval(repr(nets[0]), {"Network": Network})) == repr(nets[0])
    assert repr(Network([4, 5, 3], loss=nets[0].loss)) == repr(Network([4, 5, 3], loss=loss))


@pytest.mark.parametrize("loss", DEFAULTS, ids=str)
def test_the_default_number_is_the_name_alone(loss: Any) -> None:
    alone, written = (network_of(choice) for choice in (loss[0], loss))
    assert written.loss == loss[0]
    assert repr(written) == repr(alone)
    assert written._model.config() == alone._model.config()
    assert written._model.architecture == alone._model.architecture
    assert written.loss_value(*samples(loss)) == alone.loss_value(*samples(loss))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong",
    [np.nan, np.inf, -np.inf, -0.5, 0, True, np.True_, 10**400, 1e300, "0.5", None, [0.5], 1e-300j],
)
def test_a_number_out_of_its_range_is_refused(name: str, wrong: Any) -> None:
    (parameter,) = LOSSES[name].parameters
    with pytest.raises((ValueError, TypeError), match=rf"\bloss: the {parameter.name} of '{name}'"):
        Network([2, 3, 1], loss=(name, wrong))
    Network([2, 3, 1], loss=(name, 0.5))


def test_a_delta_is_above_0_and_a_tau_between_0_and_1() -> None:
    for loss, limit in (
        (("huber", 0), "> 0"),
        (("quantile", 0), "> 0"),
        (("quantile", 1), "< 1"),
        (("quantile", 1 - 1e-12), "as a float32 too"),
        (("huber", 1e-50), "as a float32 too"),
    ):
        with pytest.raises(ValueError, match=limit):
            Network([2, 3, 1], loss=loss)
    Network([2, 3, 1], loss=("quantile", 1 - 1e-12), dtype="float64")
    Network([2, 3, 1], loss=("huber", 1e300), dtype="float64")


@pytest.mark.parametrize("name", LOSSES)
def test_a_wrong_count_of_numbers_is_refused(name: str) -> None:
    takes = len(LOSSES[name].parameters)
    for count in {0, 1, 2, 100_000} - {takes}:
        with pytest.raises(ValueError, match=rf"\bloss: '{name}' takes {takes or 'no'}") as caught:
            Network([2, 3, 1], loss=(name, *[0.5] * count))
        assert f"{name!r} alone" in str(caught.value)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "value",
    [(), ("hubert", 0.5), ("elu", 0.5), (3, 0.5), (["huber"], 0.5), [("huber", 0.5)], {"huber": 1}],
    ids=str,
)
def test_what_is_no_loss_with_a_number_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"\bloss\b"):
        Network([2, 3, 1], loss=value)


def test_the_documentation_of_network_tells_the_ranges() -> None:
    text = " ".join((Network.__doc__ or "").split())
    assert '("huber", delta) with delta > 0 (1.0 unless given)' in text
    assert '("quantile", tau) with tau > 0 and < 1 (0.5 unless given)' in text
    assert all(f'"{name}" ({row.remark})' in text for name, row in LOSSES.items())


# ---------------------------------------------------------------------- as it is shown


@pytest.mark.parametrize("loss", LOSSES_WITH_NUMBERS, ids=str)
def test_the_formulas_have_the_numbers(loss: Any) -> None:
    row, number = loss_row(loss), repr(loss[1]).removesuffix(".0")
    assert row.label == f"{loss[0]}({number})"
    for text in (row.formula, row.slope_words, row.latex):
        assert number in text
    assert row != LOSSES[loss[0]]


@pytest.mark.parametrize("loss", LOSSES_WITH_NUMBERS, ids=str)
def test_traces_and_explanations_compute_with_the_numbers(loss: Any) -> None:
    net, row = network_of(loss, dtype="float32"), loss_row(loss)
    x, y = (rows[1] for rows in samples(loss, "float32"))
    trace = net.trace(x, y)
    assert trace.loss == loss
    assert str(pickle.loads(pickle.dumps(trace))) == str(trace)
    assert f"loss        {row.label}\n" in str(trace)
    text = fastbp.explain(net, x, y, l=2, j=1, k=0)
    formula = row.formula.replace("sum_j", "Σ_j").replace("^2", "²")
    assert f"{row.label}: C_0 = {formula}\n" in text
    methods = ("factors above", "δ_j a_k", "net.gradients", "central difference")
    rows = [line.split()[-1] for line in text.splitlines() if line.strip().startswith(methods)]
    assert len(rows) == 4
    # 15 decimals, and the central difference to nine of them; weights are of about 1.
    assert np.ptp(np.array(rows, float)) < 1e-8


def test_the_command_shows_the_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fastbp.cli.command import main

    network_of(("huber", 1.35)).save(tmp_path / "model")
    assert main(["info", str(tmp_path / "model")]) == 0
    assert "huber(1.35)" in capsys.readouterr().out


# ---------------------------------------------------------------------- as it is computed


@pytest.mark.parametrize("sizes", [[4, 5, 3], [4, 17, 18]], ids=str)  # beyond any vector
@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
@pytest.mark.parametrize("isa", RUNNABLE)
def test_every_set_trains_by_every_loss(isa: str, loss: Any, sizes: list[int]) -> None:
    legal = loss_row(loss).output_activations
    output = "identity" if "identity" in legal else legal[0]
    for batch_size in (1, 5):
        with forced(isa):
            net = build(5, sizes, activation="tanh", output_activation=output, loss=loss,
                        bias=True, dtype="float64")  # fmt: skip
        y = targets(np.random.default_rng(1), loss, 12, sizes[-1], "float64")
        spec, optimizer = Specification.of(net), fastbp.SGD(0.01)
        history = net.fit(X, y, epochs=2, batch_size=batch_size, optimizer=optimizer, shuffle=False)
        losses = spec.fit(X, y, optimizer, batch_size=batch_size, orders=[range(12)] * 2)
        assert_close(history.loss, losses)
        assert_close(net.parameters, spec.parameters())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("compute", [None, "bfloat16"])
def test_other_numbers_are_other_results(dtype: str, compute: Any) -> None:
    if compute and dtype == "float64":
        return  # float32's
    for name in NAMES:
        losses = [name, *(loss for loss in LOSSES_WITH_NUMBERS if loss[0] == name)]
        nets = [network_of(loss, dtype=dtype, compute=compute) for loss in losses]
        seen = {net.gradients(*samples(name, dtype)).weights[0].tobytes() for net in nets}
        assert len(seen) == len(losses)


@pytest.mark.parametrize("dtype", DTYPES)
def test_losses_that_are_others_at_their_limits(dtype: str) -> None:
    X, y = samples("huber", dtype)
    values = {
        loss: network_of(loss, dtype=dtype).loss_value(X, y)
        for loss in (
            "half_squared_error", ("huber", 1e6), "absolute_error", "quantile", ("huber", 1e-3))
    }  # fmt: skip
    u = float(np.finfo(dtype).eps)
    assert values[("huber", 1e6)] == pytest.approx(values["half_squared_error"], rel=8 * u)
    assert 2 * values["quantile"] == pytest.approx(values["absolute_error"], rel=8 * u)
    # delta (|r| - delta/2) for 3 outputs, but for those nearer than delta
    scaled = 1e-3 * values["absolute_error"]
    assert scaled - 3 * 0.5e-6 <= values[("huber", 1e-3)] * (1 + 8 * u) <= scaled * (1 + 16 * u)


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")  # a constant is all it can learn
def test_a_quantile_network_learns_its_quantile() -> None:
    y = np.random.default_rng(0).standard_normal((2000, 1))
    net = Network([1, 1], output_activation="identity", loss=("quantile", 0.9), seed=0)
    net.fit(np.zeros((2000, 1)), y, epochs=100, optimizer=fastbp.SGD(0.1), batch_size=500)
    share = np.mean(y < net.predict(np.zeros((1, 1))))
    assert share == pytest.approx(0.9, abs=0.02)  # a step moves it by 0.1 / 2, or 0.9 percent


def test_negative_targets_of_poisson_are_refused() -> None:
    net = network_of("poisson")
    y = samples("poisson")[1]
    y[2, 1] = -1e-9
    for call in (net.fit, net.train_step, net.loss_value, net.gradients):
        with pytest.raises(ValueError, match=r"y must be at least 0 for poisson; y\[2, 1\] is -1e"):
            call(X, y)
    net.fit(X, np.zeros((12, 3)), epochs=1)
    with pytest.raises(ValueError, match="poisson with exp"):
        Network([2, 1], output_activation="softplus", loss="poisson")


def test_poisson_differs_from_pytorch_by_terms_of_y_alone() -> None:
    net, (X, y) = network_of("poisson"), samples("poisson")
    y += 0.25
    z = np.log(net.predict(X))
    of_pytorch = np.mean(np.sum(np.exp(z) - y * z, axis=1))  # PoissonNLLLoss, log_input=True
    of_y = np.mean(np.sum(y * np.log(y) - y, axis=1))
    assert net.loss_value(X, y) == pytest.approx(of_pytorch + of_y, rel=1e-12)


# ---------------------------------------------------------------------- the best constant


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
def test_the_best_constant_goes_by_the_weights(loss: Any) -> None:
    rng = np.random.default_rng(0)
    y = rng.dirichlet([2, 3, 4], 40)
    weights = rng.integers(0, 4, 40) / 1.0
    repeated = weighted(np.repeat(y, weights.astype(int), axis=0), 3)
    by_weight = WeightedTargets(y, (weights / weights.sum())[:, np.newaxis])
    best = best_constant(loss, by_weight)
    assert_close(best, best_constant(loss, repeated), 1e-12)
    least = loss_of_outputs(loss, by_weight, best)
    assert least == pytest.approx(loss_of_outputs(loss, repeated, best), rel=1e-12)
    for _ in range(50):
        other = best + 0.05 * (rng.dirichlet([2, 3, 4]) - best)
        assert loss_of_outputs(loss, by_weight, other) >= least
    labels = rng.integers(0, 3, 41)
    of_labels, of_rows = (weighted(form, 3) for form in (labels, np.eye(3)[labels]))
    assert_close(best_constant(loss, of_labels), best_constant(loss, of_rows), 1e-12)


@pytest.mark.parametrize("tau", [0.05, 0.5, 0.93])
def test_the_best_constant_of_a_quantile_is_numpys(tau: float) -> None:
    y = np.random.default_rng(0).standard_normal((1001, 2))
    best = best_constant(("quantile", tau), weighted(y, 2))
    assert best.tolist() == np.quantile(y, tau, axis=0, method="inverted_cdf").tolist()
    if tau == 0.5:
        assert best.tolist() == np.median(y, axis=0).tolist()
        assert best_constant("absolute_error", weighted(y, 2)).tolist() == best.tolist()


@pytest.mark.parametrize("loss", ["absolute_error", ("huber", 0.5), "log_cosh", ("quantile", 0.9)])
def test_a_failed_training_is_told_by_the_constant(loss: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((512, 3)), rng.standard_normal((512, 1))
    net = Network([3, 4, 1], "tanh", output_activation="identity", loss=loss, seed=0)
    words = loss_row(loss).constant.words
    with pytest.warns(fastbp.TrainingWarning, match=f"answering {words} for every row"):
        net.fit(X, y, epochs=60)


def test_targets_of_poisson_are_scaled_without_a_shift() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((256, 3)), 1e4 + 1e3 * rng.random((256, 1))
    net = Network([3, 4, 1], "tanh", output_activation="exp", loss="poisson", seed=0)
    with pytest.warns(fastbp.TrainingWarning, match="divide the targets by their mean"):
        net.fit(X, y, epochs=70, optimizer=fastbp.SGD(1e-7))


# ---------------------------------------------------------------------- as it is kept


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda net: net.copy(),
                                   lambda net: pickle.loads(pickle.dumps(net))])  # fmt: skip
@pytest.mark.parametrize("loss", LOSSES_WITH_NUMBERS, ids=str)
def test_copies_and_pickles_train_on_with_the_numbers(again: Any, loss: Any) -> None:
    net = network_of(loss)
    net.fit(*samples(loss), epochs=2)
    twin = again(net)
    assert repr(twin) == repr(net)
    for either in (net, twin):
        either.fit(*samples(loss), epochs=2)
    assert bits(twin.parameters) == bits(net.parameters)


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=str)
def test_a_model_file_keeps_the_loss(tmp_path: Path, loss: Any) -> None:
    """In format 2 where it has numbers; readers of format 1 alone refuse that."""
    net = network_of(loss)
    net.fit(*samples(loss), epochs=2)
    net.save(tmp_path / "model")
    metadata = read_tensors(tmp_path / "model")[1]
    assert metadata["version"] == ("1" if isinstance(loss, str) else "2")
    again = Network.load(tmp_path / "model")
    assert again.loss == net.loss
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()
    for either in (net, again):
        either.fit(*samples(loss), epochs=2)
    assert bits(again.parameters) == bits(net.parameters)


@pytest.mark.parametrize(
    "written",
    [
        ["huber"], ["huber", 0.2, 0.2], ["huber", *[0.2] * 100_000], ["huber", "0.2"],
        ["huber", True], ["huber", None], {"huber": 0.2}, ["huber", 0], ["huber", 1e300],
        ["huber", 10**4_000], ["huber", 1.0], ["squared_error", 0.5], ["elu", 0.5],
        ["os.system", 0.5], [["huber"], 0.5], [["huber", 0.5]], [0.5, "huber"], [],
    ],
    ids=lambda written: str(written)[:20],
)  # fmt: skip
@pytest.mark.parametrize("version", ["1", "2"])
def test_row_83_what_is_no_loss_is_refused(tmp_path: Path, version: str, written: Any) -> None:
    net = Network([4, 3, 2], "tanh", output_activation=("elu", 0.5), loss=("huber", 0.5), seed=0)
    path = tmp_path / "model"
    net.save(path)
    tensors, metadata = read_tensors(path)
    for loss in (["huber", 0.5], written):
        metadata["network"] = json.dumps(net._model.config() | {"loss": loss})
        metadata["version"] = "2" if loss is not written else version
        metadata["checksum"] = checksum(tensors, metadata)
        write_tensors(path, tensors, metadata)
        if loss is written:
            refuse(path, None)
        else:
            assert Network.load(path).loss == ("huber", 0.5)
