"""`fastbp explain`: what it prints is right, fits, and can be read anywhere."""

import argparse
import importlib.machinery
import io
import re
import runpy
import sys

import numpy as np
import pytest
from source_tree import ROOT

import fastbp
from fastbp import SGD, Activation, Network
from fastbp.cli import explain
from fastbp.cli.command import main
from fastbp.errors import PerformanceWarning
from fastbp.lessons import mazur as explain_mazur
from fastbp.lessons.document import Document
from fastbp.lessons.explanation import write_explanation
from fastbp.lessons.networks import small_network
from fastbp.lessons.notations import NOTATIONS
from fastbp.losses import LEGAL_PAIRS
from fastbp.operations import LOSSES
from fastbp.text.page import SPELLED_OUT, WIDTH, can_show, number


def explained(capsys, *options):
    parser = argparse.ArgumentParser()
    explain.add_arguments(parser)
    assert explain.run(parser.parse_args(options)) == 0
    return capsys.readouterr().out


def refused(capsys, *options):
    assert main(["explain", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def checks(text):
    """The rows of the table of checks: name -> one number a weight."""
    block = text.split("The same number four times")[1].split("The central difference")[0]
    numbers_by_row = {}
    for line in block.splitlines():
        values = re.findall(r"-?\d+\.\d{15}", line)
        if values:
            numbers_by_row[line.split(values[0])[0].strip()] = [float(value) for value in values]
    return numbers_by_row


OPTIONS = [
    [],
    ["--ascii"],
    ["--l", "1", "--j", "2", "--k", "3"],
    ["--l", "1", "--ascii"],
    ["--sizes", "784-30-10"],
    ["--sizes", "5,12,11,12,3", "--l", "2", "--j", "10", "--k", "11", "--seed", "3"],
    ["--sizes", "1-1"],
    ["--sizes", "2-3-1", "--loss", "mean_squared_error", "--activation", "tanh"],
    ["--loss", "cross_entropy", "--activation", "relu"],
    ["--loss", "binary_cross_entropy", "--l", "1"],
    ["--example", "mazur"],
    ["--example", "mazur", "--ascii"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_every_page_fits_in_80_columns(capsys, options):
    lines = explained(capsys, *options).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("options", [o for o in OPTIONS if "mazur" not in o], ids=" ".join)
def test_the_factors_delta_gradients_and_central_difference_agree(capsys, options):
    rows = checks(explained(capsys, *options))
    factors = np.array(rows["factors above"])
    for name, values in rows.items():
        tolerance = 1e-8 if name == "central difference" else 2e-15
        np.testing.assert_allclose(values, factors, rtol=0, atol=tolerance, err_msg=name)
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("output_activation", "loss", "l"),
    [(*pair, 1 + i % 3) for i, pair in enumerate(LEGAL_PAIRS)],  # all depths in turn
)
def test_every_legal_pair_can_be_derived(capsys, output_activation, loss, l):
    options = ["--loss", loss, "--l", str(l), "--j", "1"]
    if output_activation != "softmax":
        options += ["--activation", output_activation]
    rows = checks(explained(capsys, *options))
    assert rows["factors above"] == pytest.approx(rows["net.gradients"], abs=2e-15)


def test_the_default_is_the_courses_own_derivation(capsys):
    text = explained(capsys)
    assert "dC_0/dw_12^(L) = 2 (a_1^(L) - y_1) · g'^(L)(z_1^(L)) · a_2^(L-1)" in text
    assert ("dC_0/dw_22^(L-1) = [ Σ_j 2 (a_j^(L) - y_j) · g'^(L)(z_j^(L)) · w_j2^(L) ]\n") in text
    assert "· g'^(L-1)(z_2^(L-1)) · a_2^(L-2)" in text
    assert "What fastbp adds: b and δ" in text


def test_the_printed_factors_are_the_traces(capsys):
    net, x, y = small_network([4, 3, 3, 2])
    t = net.trace(x, y)
    text = explained(capsys)
    L = t.L
    slope = t.a[L][1] * (1 - t.a[L][1])
    for value in (
        2 * (t.a[L][1] - y[1]),
        slope,
        t.a[L - 1][2],
        t.dC_dw[L][1, 2],
        t.w[L][0, 2],
        t.w[L][1, 2],
        t.delta[L - 1][2],
        t.dC_dw[L - 1][2, 2],
        t.C_0,
    ):
        assert number(float(value)) in text


def test_the_numbers_can_be_typed_into_a_calculator():
    net, x, y = small_network([4, 3, 3, 2])
    assert np.array_equal(net.parameters, np.round(net.parameters, 2))
    assert np.array_equal(x, np.round(x, 2))
    assert y.tolist() == [0, 1]


def test_every_weight_of_the_network_has_its_derivation(capsys):
    net, x, y = small_network([4, 3, 3, 2])
    gradients = net.gradients(x[None], y[None])
    for l in (1, 2, 3):
        for j, k in np.ndindex(gradients.weights[l - 1].shape):
            text = explained(capsys, "--l", str(l), "--j", str(j), "--k", str(k))
            assert checks(text)["factors above"][0] == pytest.approx(
                gradients.weights[l - 1][j, k], abs=2e-15
            )


def test_long_sums_are_shortened_and_still_add_up(capsys):
    text = explained(capsys, "--sizes", "3-4-30", "--l", "1")
    rows, rest = text.split("product\n")[1].split("─\n", 1)
    products = [float(line.split()[-1]) for line in rows.splitlines()[:9]]
    assert rows.splitlines()[8].split()[0] == "8..29"
    total = float(re.match(r" *Σ_j +(-?[\d.e-]+)", rest).group(1))
    assert sum(products) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--l", "4"], r"--l: got 4, expected 1 to 3"),
        (["--l", "0"], r"--l: got 0, expected 1 to 3.*layer 0 is the input"),
        (["--j", "2"], r"--j: got 2, expected 0 to 1: layer 3 has 2 nodes, and nodes count from 0"),
        (["--l", "2", "--k", "-1"], r"--k: got -1, expected 0 to 2: layer 1 has 3 nodes"),
        (
            ["--example", "mazur", "--l", "1", "--seed", "0"],
            r"--l, --seed: not with --example mazur",
        ),
    ],
)
def test_a_weight_that_is_not_there_is_refused(capsys, options, message):
    assert re.search(message, refused(capsys, *options))


@pytest.mark.parametrize("sizes", ["4", "4-0-2", "4-x", "", "4--2", "100000-100000"])
def test_bad_sizes_are_refused(capsys, sizes):
    assert "--sizes: got " in refused(capsys, "--sizes", sizes)


def test_output_that_cannot_hold_greek_letters_gets_them_spelled_out(monkeypatch):
    for options in ([], ["--l", "1"], ["--example", "mazur"]):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
        monkeypatch.setattr(sys, "stdout", stream)
        parser = argparse.ArgumentParser()
        explain.add_arguments(parser)
        assert explain.run(parser.parse_args(options)) == 0
        stream.flush()
        assert stream.buffer.getvalue().decode("ascii")


def test_ascii_and_unicode_pages_say_the_same(capsys):
    unicode, plain = explained(capsys), explained(capsys, "--ascii")
    for letter, spelled in SPELLED_OUT.items():
        unicode = unicode.replace(letter, spelled)
    # Rules and padding follow the width of what was spelled out.
    squeeze = re.compile(r"[-\s]+")
    assert squeeze.sub(" ", unicode) == squeeze.sub(" ", plain)


def test_mazurs_page_prints_both_columns(capsys):
    text = explained(capsys, "--example", "mazur")
    expected = {
        "0.298371109",  # E
        "0.358916480",
        "0.35891648",
        "0.299502287",  # updated weights, computed and published
        "0.291027774",
        "0.291027924",  # E after one step: right, and with the update-order bug
        "0.015913620",
        "0.015912196",
        "0.984064274",
        "0.984065734",  # outputs after 10,000
        "0.0000351085",
        "0.0000351019",  # E after 9,999 and after 10,000
        "0.280471447",  # biases updated
        "0.596742218",  # the course's loss
    }
    assert {value for value in expected if value not in text} == set()


def test_the_update_order_bug_gives_the_published_numbers():
    E, _ = explain_mazur.upper_layer_first(1)
    _, outputs = explain_mazur.upper_layer_first(10_000)
    assert pytest.approx(0.29102792390544197, rel=1e-12) == E
    assert outputs == pytest.approx([0.0159121963260343, 0.9840657344856291], rel=1e-12)
    assert f"{E:.9f}" == explain_mazur.PUBLISHED_E_1
    assert tuple(f"{a:.9f}" for a in outputs) == explain_mazur.PUBLISHED_OUTPUTS


def test_9999_right_steps_give_the_published_E():
    net = explain_mazur.mazur_network()
    net.fit(
        explain_mazur.X,
        explain_mazur.Y,
        epochs=9_999,
        batch_size=1,
        optimizer=SGD(explain_mazur.LEARNING_RATE),
        shuffle=False,
    )
    E = net.loss_value(explain_mazur.X, explain_mazur.Y)
    assert f"{E:.10f}" == explain_mazur.PUBLISHED_E_END


def test_an_activation_of_ones_own_is_refused():
    with pytest.warns(PerformanceWarning):
        net = Network([2, 2], output_activation=Activation(np.sin, np.cos), dtype="float64")
    with pytest.raises(ValueError, match=r"activation of its own.*expected one of identity"):
        write_explanation(Document(), net, np.ones(2), np.ones(2), [(1, 0, 0)])


@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name != "course"])
def test_mazurs_page_is_in_one_notation(capsys, notation):
    err = refused(capsys, "--example", "mazur", "--notation", notation)
    assert f"--notation {notation}: --example mazur is in fastbp's notation only" in err


@pytest.mark.parametrize("notation", NOTATIONS)
def test_only_the_course_is_told_that_delta_is_added(notation):
    net, x, y = small_network([2, 2, 2, 2])
    text = " ".join(net.explain(x, y, l=1, j=0, k=1, notation=notation).split())
    assert ("(a name that fastbp adds)" in text) == (notation == "course")
    assert "layer after layer, from" in text


@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize(("notation", "b", "db"), [
    ("course", r"= b_j\^\(l\) \+ Σ_k", r"dC_0/db_j\^\(l\)"),
    ("ng", r"= b\^\[l\]_j \+ Σ_k", r"∂ℒ/∂b\^\[l\]_j"),
    ("keras", r"= bias\[j\] \+ sum", r"dbias\[j\]"),
])  # fmt: skip
def test_a_network_without_biases_is_explained_without_them(bias, notation, b, db):
    net = Network([2, 3, 2], bias=bias, dtype="float64", seed=0)
    text = net.explain([1.0, 2.0], [0.0, 1.0], l=2, j=1, k=0, notation=notation)
    for pattern in (b, db, r"^    1  b  ", r"^    2  b  "):
        assert bool(re.search(pattern, text, re.M)) == (bias is not False), pattern
    assert re.search(r"^    [12]  [bz]  ", text, re.M)
    if notation == "course":
        assert ("What fastbp adds: b and δ" in text) == (bias is not False)
        assert ("The course has no bias" in text) == (bias is not False)


def test_explaining_changes_no_network():
    net, x, y = small_network([4, 3, 3, 2])
    before = net.parameters
    write_explanation(Document(), net, x, y, [(1, 0, 0), (3, 1, 1)])
    assert np.array_equal(net.parameters, before)


def test_can_show_knows_encodings():
    assert can_show("utf-8")
    assert not any(can_show(name) for name in ("ascii", "latin-1", "cp1252", None, "no-such"))


@pytest.mark.parametrize(
    ("example", "last_line"),
    [
        ("xor.py", r"1 xor 1 = 0\.0"),
        ("digits.py", r"the same after saving and loading: True"),
        ("reading_a_trace.py", r"dC_0/dw_20\^\(L-1\) +(-?\d\.\d{12}) by hand, \1 in the trace"),
    ],
)
def test_the_examples_run(capsys, example, last_line):
    path = ROOT / "examples" / example
    if not path.exists():
        pytest.skip("examples/ is not beside tests/")
    runpy.run_path(str(path))
    assert re.match(last_line, capsys.readouterr().out.splitlines()[-1])


def test_explain_is_a_function_that_returns_what_the_command_prints(capsys):
    net, x, y = small_network([4, 3, 3, 2])
    text = fastbp.explain(net, x, y)
    assert text + "\n" == explained(capsys)
    assert "explain" in dir(fastbp)
    assert fastbp.explain(net, x, 1, l=1, j=2, k=3, spell_out=True).isascii()
    # No submodule may take the function's place when somebody imports it.
    assert importlib.machinery.PathFinder.find_spec("fastbp.explain", fastbp.__path__) is None


@pytest.mark.parametrize("how", [{}, {"compute": "bfloat16"}, {"bias": False}, {"bias": "fixed"}])
def test_a_float32_network_is_explained_in_full_digits_and_stays_as_it_is(how):
    net = Network([3, 5, 4, 1], "tanh", seed=0, **how)
    before = net.parameters
    for l in (1, 2, 3):
        rows = checks(fastbp.explain(net, [0.3, -1, 2], 1, l=l, k=2))
        # The spread of a central difference in float64, as derived on the page: nine decimals.
        assert rows["central difference"] == pytest.approx(rows["net.gradients"], abs=1e-8)
        assert rows["factors above"] == pytest.approx(rows["net.gradients"], abs=2e-15)
    assert np.array_equal(net.parameters, before)
    assert net.dtype == np.float32


def test_a_class_name_is_a_target():
    net = Network([2, 3], output_activation="softmax", loss="cross_entropy", seed=0)
    net.classes = ["ant", "bee", "cat"]
    assert fastbp.explain(net, [1, 2], "bee") == fastbp.explain(net, [1, 2], [0, 1, 0])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((None, [1, 2], 1), {}, "net must be a Network, got NoneType"),
        (([1, 2], 1), {"l": 3}, "^l: got 3, expected 1 to 2"),
        (([1, 2], 1), {"l": 0.5}, "l must be an integer, got 0.5"),
        (([1, 2], 1), {"l": 1, "j": 3}, "^j: got 3, expected 0 to 2"),
        (([1, 2, 3], 1), {}, "expected 2 features, got 3"),
    ],
)
def test_explain_refuses_what_it_cannot_explain(arguments, options, message):
    if len(arguments) == 2:
        arguments = (Network([2, 3, 1], seed=0), *arguments)
    with pytest.raises((TypeError, ValueError), match=message):
        fastbp.explain(*arguments, **options)


def with_weights(activation, weights, biases, output_activation="identity"):
    """A network 1-2-1 whose first layer is as given, and whose second adds."""
    net = Network(
        [1, 2, 1], activation, output_activation=output_activation, dtype="float64", seed=0
    )
    net.weights[0][...], net.biases[0][...] = weights, biases
    net.weights[1][...], net.biases[1][...] = 1.0, 0.25
    return net


def explained_text(net, *arguments, **options):
    return " ".join(fastbp.explain(net, *arguments, **options).split())


def test_a_dead_relu_is_named_as_the_reason_of_a_zero():
    net = with_weights("relu", [[1.0], [-1.0]], [0.0, 0.0])
    below = explained_text(net, [2.0], 0, l=1, j=1)  # its own node is dead: the slope is 0
    assert "g'^(L-1)(z_1^(L-1)) is 0: z is -2.0000000, and relu is flat for z <= 0" in below
    assert "node 1 of layer 1 is dead for this sample" in below
    above = explained_text(net, [2.0], 0, l=2, k=1)  # the node that it leads from is dead: a is 0
    assert "a_1^(L-1) is 0: z is -2.0000000, and relu gives 0 for z <= 0" in above
    for text in (explained_text(net, [2.0], 0, l=1, j=0), explained_text(net, [2.0], 0, l=2, k=0)):
        assert "dead" not in text
        assert " is 0: " not in text


def test_at_the_kink_relu_is_flat_as_in_training():
    net = with_weights("relu", [[0.0], [1.0]], [0.0, 0.0])
    assert net.trace([2.0], 0).delta[1][0] == 0
    assert "node 0 of layer 1 is dead" in explained_text(net, [2.0], 0, l=1, j=0)


@pytest.mark.parametrize(("activation", "z"), [("sigmoid", -800), ("tanh", 30), ("elu", -800)])
def test_a_saturated_node_is_named_as_the_reason_of_a_zero(activation, z):
    net = with_weights(activation, [[z], [0.1]], [0.0, 0.0])
    text = explained_text(net, [1.0], 0, l=1, j=0)
    assert f"{activation} is so flat that its slope rounds to 0; node 0 of layer 1 is" in text


def test_an_input_of_zero_and_a_target_that_is_met_are_named_too():
    net = with_weights("relu", [[1.0], [-1.0]], [0.5, 0.5])
    assert "a_0^(L-2) is 0: input 0 is 0 here" in explained_text(net, [0.0], 0, l=1)
    assert "2 (a_0^(L) - y_0) is 0: output 0 is at its target" in explained_text(
        net, [0.0], 1.25, l=2
    )
    assert "dC_0/da_0^(L-1) is 0: every term of the sum is 0" in explained_text(
        net, [0.0], 1.25, l=1
    )


def test_dead_nodes_of_a_sum_and_of_deltas_are_counted():
    net = Network([2, 3, 40, 2], "relu", output_activation="relu", dtype="float64", seed=3)
    x = [0.5, -1.0]
    dead = [int(j) for j in np.flatnonzero(net.trace(x, 0).z[2] <= 0)]
    assert len(dead) > 10
    text = explained_text(net, x, [1, 0], l=1)
    named = ", ".join(map(str, dead[:10]))
    assert f"g'^(2)(z_k^(2)) is 0 at {len(dead)} of 40 nodes" in text
    assert f"nodes {named}, ... of layer 2, dead for this sample (relu)" in text
    net.biases[2][...] = -100.0  # both outputs are dead: C_0 does not move at all
    text = explained_text(net, x, [1, 0], l=2)
    assert "is 0 at 2 of 2 nodes: nodes 0, 1 of layer 3, dead for this sample (relu)" in text
    assert "every term of the sum is 0" in text


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.slope_words])
def test_a_page_is_80_columns_wide_with_a_loss_of_pieces(capsys, loss):
    options = ["--loss", loss, "--l", "2", "--j", "1"]
    output = LOSSES[loss].output_activations[0]
    if output != "softmax":
        options += ["--activation", output]
    assert max(map(len, explained(capsys, *options).splitlines())) <= 80
