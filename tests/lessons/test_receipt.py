"""Receipts: their numbers are the specification's, and another program verifies them."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refused
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from reference_network import Specification
from tolerances import FLOAT64, assert_close

from fastbp import SGD, Activation, Adam, AdamW, Loss, Network, RMSprop, reference
from fastbp.cli.command import main
from fastbp.lessons.mazur import X, Y, mazur_network
from fastbp.lessons.receipt import receipt_line
from fastbp.lessons.receipt_document import VERIFIER

MAZUR_LOSS = 0.29102777369359933  # after the step
HALF = "half_squared_error"
CLASSES = {"output_activation": "softmax", "loss": "cross_entropy"}
RATE = 0.3


def sample(sizes: Any, activation: Any = "sigmoid", seed: int = 0, **options: Any) -> Any:
    """A network, and a sample with its target."""
    options = {"dtype": "float64", "loss": HALF, "output_activation": activation, **options}
    rng = np.random.default_rng(seed)
    net = Network(sizes, activation, seed=seed, **options)
    net.parameters = net.parameters + rng.uniform(-0.2, 0.2, net.parameters.shape)
    y = sizes[-1] - 1 if options["loss"] == "cross_entropy" else rng.random(sizes[-1])
    return net, rng.standard_normal(sizes[0]), y


def mazur(bias: Any) -> Any:
    return mazur_network(bias=bias), X[0], Y[0]


#: Name -> a network and a sample whose step the format has.
CASES = {
    "mazur": lambda: mazur("fixed"),
    "mazur, its biases move": lambda: mazur(True),
    "one node a layer": lambda: sample([1, 1, 1]),
    "identity": lambda: sample([3, 4, 2], "identity"),
    "relu": lambda: sample([4, 8, 3], "relu"),
    "sigmoid and identity": lambda: sample([5, 9, 2], output_activation="identity"),
    "no biases": lambda: sample([5, 3, 2], bias=False),
    "softmax": lambda: sample([4, 6, 3], "relu", **CLASSES),
    "a digit's shape": lambda: sample([64, 32, 10], **CLASSES, bias="fixed"),
    "float32": lambda: sample([4, 6, 3], "relu", **CLASSES, dtype="float32"),
}


#: Name -> an optimizer whose rule the format has, for the second step: memories are not 0 there.
RULES = {
    "momentum": SGD(RATE, momentum=0.9),
    "nesterov": SGD(RATE, momentum=0.9, nesterov=True),
    "Adam": Adam(0.01, beta1=0.8),
    "a schedule": SGD(RATE, momentum=0.5, schedule=lambda step: 1 / (step + 1)),
}


def step_of(name: str) -> Any:
    if name in RULES:
        net, x, y = sample([3, 4, 2])
        net.trace_step(2 * x, y, RULES[name])
        return net.trace_step(x, y)
    net, x, y = CASES[name]()
    return net.trace_step(x, y, SGD(0.5 if name.startswith("mazur") else RATE))


# -------------------------------------------------------------------- the numbers


@pytest.mark.parametrize("name", [name for name in CASES if name != "float32"])
def test_a_receipt_has_the_numbers_of_the_specification(name: str) -> None:
    net, x, y = CASES[name]()
    of = Specification.of(net)
    row = np.eye(net.sizes[-1])[y].tolist() if isinstance(y, int) else list(y)
    optimizer = SGD(RATE)
    document = json.loads(receipt_line(net.trace_step(x, y, optimizer)))
    before = of.parameters()
    for forward, loss, moment in (
        ("forward", "loss", "parameters_before"),
        ("post_update_forward", "post_update_loss", "parameters_after"),
    ):
        z, a = reference.forward(x.tolist(), of.w, of.b, of.g)
        units = [unit for unit in document[forward].values() if isinstance(unit, dict)]
        assert_close([unit["net"] for unit in units], [*z[1], *z[2]])
        assert_close([unit["out"] for unit in units], [*a[1], *a[2]])
        assert_close(document[loss]["total"], of.loss(z[2], a[2], row), FLOAT64)
        assert_close(math.fsum(document[loss]["per_output"].values()), document[loss]["total"])
        values = list(document[moment].values())
        weights = sum(w.size for w in net.weights)
        assert len(values) == weights + sum(net.sizes[1:])
        by_layer = [value for l in (1, 2) for w in of.w[l] for value in w]
        assert_close(values, [*by_layer, *of.b[1], *of.b[2]])
        if moment == "parameters_before":
            delta = reference.backward(z, a, row, of.w, of.g_prime, of.output_delta)
            for layer, l in (("hidden", 1), ("output", 2)):
                signals = document["backward"][f"{layer}_error_signals"].values()
                assert_close([-signal["signal_value"] for signal in signals], delta[l])
            of.step(x[None], np.array([row]), optimizer)
    moved = {update["parameter_id"]: update["update"] for update in document["updates"]}
    after = document["parameters_after"]
    assert_close(
        [after[key] - value for key, value in document["parameters_before"].items()],
        [moved.get(key, 0.0) for key in after],
        scale=float(np.linalg.norm(before)),
    )
    assert np.any(of.parameters() != before)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_with_memories_has_those_of_the_specification(name: str) -> None:
    net, x, y = sample([3, 4, 2])
    of = Specification.of(net)
    for first in (2 * x, x):
        before = [*of.state]
        s = net.trace_step(first, y, RULES[name])
        of.step(first[None], y[None], RULES[name])
    document = s.receipt()
    rate = document["learning_rate"]
    assert_close(rate, RULES[name].learning_rate * (0.5 if name == "a schedule" else 1), 1e-15)
    # theirs goes through all weights first, ours layer by layer
    sizes = [4 * 3, 4, 2 * 4, 2]
    parts = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    order = np.concatenate([parts[i] for i in (0, 2, 1, 3)])
    for state, memories in (("state_before", before), ("state_after", of.state)):
        expected = np.array(memories)[order].T  # by memory and parameter
        found = [update["optimizer"][state] for update in document["updates"]]
        if name == "Adam":
            assert_close([row["m"] for row in found], -expected[0])
            assert_close([row["v"] for row in found], expected[1])
        else:
            assert_close([row["buffer"] for row in found], expected[0] / rate)
    assert_close(list(document["parameters_after"].values()), of.parameters()[order])


@pytest.mark.parametrize("name", [*CASES, *RULES])
def test_what_refers_to_a_number_has_that_number_and_products_are_products(name: str) -> None:
    document = step_of(name).receipt()
    tolerance = document["numeric_policy"]["tolerance"]
    backward, updates = document["backward"], document["updates"]
    with_factors = [
        *((signal, "signal_value") for signal in backward["output_error_signals"].values()),
        *(({**update["optimizer"], **update}, "gradient") for update in updates),
    ]
    for holder, of_product in with_factors:
        product = math.prod(factor["value"] for factor in holder["factors"])
        assert math.isclose(
            product, holder[of_product], rel_tol=tolerance["rtol"], abs_tol=tolerance["atol"]
        )
    for update in updates:
        for factor in update["optimizer"]["factors"]:
            value: Any = document
            for key in factor["from"].split("."):
                value = value[key]
            assert value == factor["value"]
        assert update["weight_before"] == document["parameters_before"][update["parameter_id"]]
        assert update["weight_after"] == document["parameters_after"][update["parameter_id"]]
    for signal in backward["hidden_error_signals"].values():
        parts = [part["value"] for part in signal["downstream_contributions"]]
        assert math.isclose(
            math.fsum(parts),
            signal["backpropagated_sum"],
            rel_tol=tolerance["rtol"],
            abs_tol=tolerance["atol"],
        )
    for signal in backward["output_error_signals"].values():
        if form := signal.get("dual_form"):
            total = math.fsum(term["term_value"] for term in form["jacobian_terms"])
            assert math.isclose(total, form["summed_value"], abs_tol=tolerance["atol"])


@pytest.mark.parametrize("name", [*CASES, *RULES])
def test_no_zero_has_a_sign(name: str) -> None:
    assert not re.search(r"-0\.0[,}\]]", receipt_line(step_of(name)))


def test_mazurs_loss_after_the_step_is_the_known_one() -> None:
    assert_close(step_of("mazur").receipt()["post_update_loss"]["total"], MAZUR_LOSS, 1e-15)


def test_the_biases_are_updated_where_they_are_learnt() -> None:
    for bias, n in ((True, 12), ("fixed", 8)):
        document = mazur_network(bias=bias).trace_step(X[0], Y[0], SGD(0.5)).receipt()
        assert len(document["updates"]) == n
        assert document["bias_policy"]["updated_in_step"] is (bias is True)


def test_a_receipt_is_of_its_step_however_the_network_goes_on() -> None:
    net, x, y = CASES["softmax"]()
    s = net.trace_step(x, y, SGD(RATE))
    line = receipt_line(s)
    net.trace_step(x, y)
    assert receipt_line(s) == line
    assert json.loads(line)["post_update_loss"]["total"] == s.after_pass().C_0


# -------------------------------------------------------------------- what has no receipt

OWN_LOSS = Loss(lambda a, y: ((a - y) ** 2).sum(axis=1), lambda a, y: 2 * (a - y))
OWN = Activation(lambda z: z * z, lambda z: 2 * z)


@pytest.mark.filterwarnings("ignore::fastbp.errors.PerformanceWarning")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": [3, 2]}, "a network 3-2; expected one hidden layer"),
        ({"sizes": [3, 4, 4, 2]}, "a network 3-4-4-2; expected one hidden layer"),
        ({"sizes": [3, 65, 2]}, "a network 3-65-2; .* at most 64 nodes"),
        ({"activation": "tanh"}, "the hidden activation tanh; expected identity or sigmoid or"),
        ({"activation": OWN}, "the hidden activation "),
        ({"output_activation": "tanh"}, "the output activation tanh; expected .* or softmax"),
        (
            {"loss": "squared_error"},
            "the loss squared_error of sigmoid; expected half_squared_error$",
        ),
        ({"loss": ("huber", 2.0)}, r"the loss huber\(2\)"),
        ({"loss": OWN_LOSS}, "the loss Loss"),
        ({**CLASSES, "loss": OWN_LOSS}, "the loss .* of softmax; expected cross_entropy$"),
        ({"compute": "bfloat16", "dtype": "float32"}, "products in bfloat16; expected compute="),
        ({"dropout": 0.5}, "a step that drops nodes; expected dropout=0"),
    ],
)
def test_a_network_that_the_format_does_not_have_is_refused(options: Any, message: str) -> None:
    net, x, y = sample(**{"sizes": [3, 4, 2], "activation": "sigmoid", **options})
    s = net.trace_step(x, y, SGD(RATE))
    with pytest.raises(ValueError, match=f"^a receipt cannot hold {message}"):
        s.receipt()


@pytest.mark.parametrize(
    "optimizer",
    [
        RMSprop(),
        AdamW(),
        Adam(eps_hat=True),
        SGD(RATE, weight_decay=0.1),
        SGD(RATE, clip_norm=1e-3),
        SGD(RATE, momentum=0.5, clip_value=1e-3),
        SGD(RATE, layer_rates=(1.0, 0.5)),
        SGD(RATE, bias_rate=2.0),
    ],
    ids=repr,
)
def test_a_step_of_another_rule_or_option_is_refused(optimizer: Any) -> None:
    net, x, y = sample([3, 4, 2])
    s = net.trace_step(x, y, optimizer)
    with pytest.raises(ValueError, match=r"^a receipt cannot hold a step of .* expected SGD, with"):
        s.receipt()


def test_a_number_that_json_does_not_have_is_refused() -> None:
    net, x, _ = sample([2, 2, 2], "identity", **CLASSES)
    net.weights[1][...] = [[1000, 1000], [-1000, -1000]]
    s = net.trace_step(np.abs(x) + 1, int(net.predict_one(np.abs(x) + 1).argmin()), SGD(1e-9))
    with pytest.raises(ValueError, match=r"^a receipt cannot hold infinity"):
        s.receipt()


# -------------------------------------------------------------------- on the command line


def written(capsys: Any, *arguments: str) -> Any:
    assert main(["explain", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_writes_mazurs_step_where_no_network_is_named(capsys: Any) -> None:
    expected = step_of("mazur").receipt()
    assert written(capsys, "--receipt") == expected
    assert written(capsys, "--receipt", "--example", "mazur") == expected
    assert main(["explain", "--receipt", "step.json"]) == 0
    assert "step.json" in capsys.readouterr().out
    assert json.loads(Path("step.json").read_text("utf-8")) == expected


def test_the_command_writes_a_step_of_a_small_network_and_of_a_model(capsys: Any) -> None:
    small = written(capsys, "--receipt", "--sizes", "3-2-2", "--learning-rate", "0.25")
    assert (small["learning_rate"], len(small["inputs"])) == (0.25, 3)
    assert len(written(capsys, "--receipt", "--loss", "cross_entropy")["targets"]) == 2
    net, x, _ = CASES["float32"]()
    net.save("m.safetensors")
    numbers = ",".join(map(str, x))
    arguments = ("--input", numbers, "--target", "2", "--receipt", "step.jsonl")
    assert main(["explain", "m.safetensors", *arguments]) == 0
    document = json.loads(Path("step.jsonl").read_text("utf-8"))
    assert document["metadata"]["dtype"] == "float64"
    assert_close(document["loss"]["total"], net.loss_value(x[None], np.array([2])), 1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--receipt", "m.safetensors"], "'m.safetensors' does not end in .json or .jsonl"),
        (["--receipt", "no/step.json"], "there is no folder no"),
        (["--receipt", "--l", "1"], "--l: not with --receipt"),
        (["--receipt", "--ask"], "--ask: not with --receipt"),
        (["--receipt", "--format", "html"], "--format, --notation: not with --receipt"),
        (["--learning-rate", "1"], "--learning-rate: not without --receipt"),
        (["--receipt", "--learning-rate", "0"], "a step of rate 0; expected learning_rate > 0"),
        (["--receipt", "--sizes", "2-2"], "expected one hidden layer"),
        (["--receipt", "--input", "1"], "--input: not without a MODEL"),
    ],
)
def test_the_command_refuses(capsys: Any, arguments: list[str], message: str) -> None:
    assert message in refused(capsys, "explain", *arguments)


def test_a_step_that_has_no_receipt_leaves_the_old_file(capsys: Any) -> None:
    Path("step.json").write_text("old", "utf-8")
    assert "the loss" in refused(capsys, "explain", "--receipt", "step.json", "--loss", "huber")
    assert Path("step.json").read_text("utf-8") == "old"


# -------------------------------------------------------------------- the verifier

SECONDS = 300  # before npm, or the verifier, hangs
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONN", "ENETUNREACH", "ETIMEDOUT")


class Verifier:
    """The npm package, in a folder of its own, with the Node that it asks for."""

    def __init__(self, folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        command = [npm, "install", "--no-audit", "--no-fund", "node@22", VERIFIER]
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if run.returncode and any(code in run.stderr for code in OFFLINE):
            pytest.skip(f"npm reaches no registry: {run.stderr.strip().splitlines()[0]}")
        assert run.returncode == 0, run.stderr
        modules = folder / "node_modules"
        package = modules / VERIFIER.rpartition("@")[0]
        self._command = [modules / ".bin" / "node", package / "dist" / "bin" / "bp.js"]
        self._folder = folder

    def __call__(self, document: Any) -> tuple[bool, set[int], set[int]]:
        """Whether a receipt is right; the rules that were applied; those that it breaks."""
        path = self._folder / "step.json"
        path.write_text(json.dumps(document), "utf-8")
        run = subprocess.run(
            [*self._command, "verify", "general", path, "--json"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert run.returncode in (0, 1), run.stderr
        report = json.loads(run.stdout)["report"]
        assert (report["overall"] == "pass") is (run.returncode == 0)
        broken = {
            failure["rule"]
            for check in report["checks"]
            if check["name"] == "reconcile"
            for failure in check.get("evidence", ())
        }
        return run.returncode == 0, set(report.get("rules_evaluated", ())), broken


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    return Verifier(tmp_path_factory.mktemp("verifier"))


@pytest.mark.nightly
@pytest.mark.parametrize("name", [*CASES, *RULES])
def test_the_npm_package_verifies_our_step(verify: Verifier, name: str) -> None:
    s = step_of(name)
    right, rules, _ = verify(s.receipt())
    assert right
    expected = {*range(1, 9), 12, 14}  # any single step; 14 compares with its own engine
    if s.loss == "cross_entropy":
        expected |= {11, 13}
    if name in RULES:
        expected |= {20, 22, 23, 24} if name == "Adam" else {20, 21}
    assert rules == expected


WRONG = {
    "z": (("forward", "h0", "net"), 14),
    "the loss": (("loss", "total"), 12),
    "a term of the sum over the nodes above": (
        ("backward", "hidden_error_signals", "h1", "downstream_contributions", 0, "value"),
        2,
    ),
    "delta": (("backward", "output_error_signals", "o1", "signal_value"), 1),
    "a gradient": (("updates", 3, "gradient"), 4),
    "a new weight": (("parameters_after", "w1_0_1"), 7),
    "the loss after the step": (("post_update_loss", "total"), 14),
}


@pytest.mark.nightly
@pytest.mark.parametrize("what", WRONG)
def test_the_npm_package_rejects_our_step_with_one_number_wrong(
    verify: Verifier, what: str
) -> None:
    document = step_of("mazur").receipt()
    (*path, last), rule = WRONG[what]
    holder: Any = document
    for key in path:
        holder = holder[key]
    holder[last] *= 1 + 1e-5
    right, _, broken = verify(document)
    assert not right
    assert rule in broken


@pytest.mark.nightly
def test_the_npm_package_rejects_the_update_order_bug(verify: Verifier) -> None:
    """The slip of Mazur's page, all of whose numbers agree with each other."""
    document = step_of("mazur").receipt()
    after = document["parameters_after"]
    for unit, signal in document["backward"]["hidden_error_signals"].items():
        for part in signal["downstream_contributions"]:
            part["weight_value"] = after[part["via_weight"]]  # too early
            part["value"] = part["downstream_signal"] * part["weight_value"]
        total = math.fsum(part["value"] for part in signal["downstream_contributions"])
        signal["backpropagated_sum"] = total
        signal["signal_value"] = total * signal["activation_derivative"]
        for update in document["updates"]:
            if update["to_unit"] == unit:
                update["optimizer"]["factors"][0]["value"] = signal["signal_value"]
                first, second = update["optimizer"]["factors"]
                update["gradient"] = first["value"] * second["value"]
                update["update"] = document["learning_rate"] * update["gradient"]
                update["weight_after"] = update["weight_before"] + update["update"]
                after[update["parameter_id"]] = update["weight_after"]
    del document["post_update_forward"], document["post_update_loss"]  # which are optional
    right, _, broken = verify(document)
    assert (right, broken) == (False, {14})
