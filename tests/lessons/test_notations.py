"""Explanations of random networks: every number is the specification's, in every notation."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from notation_reading import Numbers, computed, computed_latex
from reference_network import loss_of
from source_tree import ROOT, needs_tree

from fastbp.lessons.as_text import TextWriter
from fastbp.lessons.bridge import QUANTITIES, TABLES, with_tables
from fastbp.lessons.formulas import Symbol, parse_formula
from fastbp.lessons.networks import small_network
from fastbp.lessons.notations import LOSS_CONVENTIONS, NOTATIONS, Speller
from fastbp.losses import LEGAL_PAIRS
from fastbp.network import Network
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES

N = 200
#: One in five of the networks for each notation, so each network once; CI reads them all in all.
SHARES = [5, pytest.param(1, marks=pytest.mark.slow)]
CODE = [name for name, row in NOTATIONS.items() if row.code]


@cache
def case(i: int) -> tuple[Network, Any, Any, tuple[int, int, int]]:
    """A random network with a sample, and one of its weights."""
    rng = np.random.default_rng(i)
    output, loss = LEGAL_PAIRS[i % len(LEGAL_PAIRS)]
    sizes = [int(n) for n in rng.integers(1, 6, rng.integers(2, 5))]
    if i % 10 == 0:
        sizes[rng.integers(len(sizes) - 1)] = 13  # indices of two digits
    sizes[-1] = max(sizes[-1], 2)
    net = Network(
        sizes,
        [BY_NODE[int(rng.integers(len(BY_NODE)))] for _ in sizes[1:-1]],
        output_activation=output,
        loss=loss,
        dtype="float64",
        initializer="normal",
        seed=i,
    )
    net.biases[0][...] = rng.normal(size=sizes[1])
    x, y = rng.normal(size=sizes[0]), np.eye(sizes[-1])[rng.integers(sizes[-1])]
    l = int(rng.integers(1, len(sizes)))
    return net, x, y, (l, int(rng.integers(sizes[l])), int(rng.integers(sizes[l - 1])))


def slopes_of_loss(net: Network) -> dict[str, Any]:
    """The functions that a loss's slope is written with, by the specification."""
    _, delta = loss_of(net.loss)

    def dh(r: float) -> float:
        return delta([0.0], [r], [0.0], lambda z: [1.0])[0]

    return {"sign": np.sign, "tanh": np.tanh, "dh": dh}


def cases(notation: str, share: int) -> range:
    return range(list(NOTATIONS).index(notation) % share, N, share)


@cache
def explained(i: int, notation: str, format: str = "text") -> str:
    net, x, y, (l, j, k) = case(i)
    return net.explain(x, y, l=l, j=j, k=k, notation=notation, format=format)


def section(text: str) -> tuple[str, str]:
    """The symbol of the weight, and the text of its derivation."""
    symbol = text.split(" on a ", 1)[0].strip()
    body = text.split(f"{symbol}: ", 1)[1]
    return symbol, re.split(r"\n(?:What fastbp adds|The part that repeats)", body)[0]


def formula(symbol: str, derivation: str) -> str:
    """The right side of the line that says what the derivative is."""
    lines = derivation.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"    {symbol} = "))
    right = lines[start].split(" = ", 1)[1]
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        right = f"{right.rstrip(chr(92))} {line.strip()}"
    return right


@cache
def spec_gradient(i: int) -> tuple[Numbers, float]:
    net, x, y, (l, j, k) = case(i)
    numbers = Numbers(net, x, y)
    return numbers, numbers.dC_dw(l, j, k)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_line_read_back_gives_the_derivative_of_the_specification(
    notation: str, share: int
) -> None:
    n_read = 0
    for i in cases(notation, share):
        net, _, _, (l, _, _) = case(i)
        if l < net.L - 1:
            continue  # of a deeper weight there is no single line, but factors
        numbers, expected = spec_gradient(i)
        right = formula(*section(explained(i, notation)))
        value = computed(right, notation, numbers, slopes_of_loss(net))
        # A few products and a sum: the specification's rounding, and as much again.
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-15), (i, right)
        n_read += 1
    assert n_read > N / share / 2


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name not in CODE])
def test_so_does_a_line_of_latex(notation: str, share: int) -> None:
    for i in cases(notation, share):
        net, _, _, (l, _, _) = case(i)
        if l < net.L - 1:
            continue
        numbers, expected = spec_gradient(i)
        text = explained(i, notation, "latex")
        displays = re.findall(r"\$\$\n\\begin{array}{l}\n(.*?)\n\\end{array}\n\$\$", text, re.S)
        right = displays[2].split(" = ", 1)[1]
        value = computed_latex(right, notation, numbers, slopes_of_loss(net))
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-15), (i, right)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_so_does_the_product_of_the_factors(notation: str, share: int) -> None:
    depths = set()
    for i in cases(notation, share):
        net, _, _, (l, _, _) = case(i)
        numbers, expected = spec_gradient(i)
        symbol, derivation = section(explained(i, notation))
        rows = [
            line.strip()
            for line in derivation.split(symbol)[-2].strip().split("\n\n")[-1].splitlines()
            if set(line.strip()) != {"─"}
        ]
        product = 1.0
        for row in rows:
            cell = re.split(r" {2,}", row)[0]
            product *= computed(cell, notation, numbers, slopes_of_loss(net))
        assert product == pytest.approx(expected, rel=1e-11, abs=1e-15), (i, rows)
        depths.add(net.L - l)
    assert depths == {0, 1, 2}


def is_printed(digits: str, expected: float) -> bool:
    """Whether a number is printed with its digits, but for what rounding makes of its last one."""
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return abs(float(digits) - expected) <= 0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-12 * abs(
        expected
    )


_NUMBER = r"-?\d+\.\d{6,}(?:e[-+]\d+)?"


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_number_of_the_text_is_one_of_the_specification(notation: str, share: int) -> None:
    for i in cases(notation, share):
        net, _, _, weight = case(i)
        numbers, _ = spec_gradient(i)
        text = explained(i, notation)
        # The pass: each row of its table in its order.
        table = text.split("\n\n    l  ", 1)[1].split("\n\n")[0].splitlines()[1:]
        rows = [numbers.a[0]]
        for m in range(1, net.L + 1):
            rows += [numbers.b[m], numbers.z[m], numbers.a[m]]
        for line, values in zip(table, [*rows, numbers.y], strict=True):
            printed = re.findall(_NUMBER, line)
            assert len(printed) == min(len(values), 5)
            assert all(map(is_printed, printed, values)), (line, values)
        # The rest: each number is one that the specification gives.
        known = np.array(_all_numbers(net, numbers, weight))
        for digits in re.findall(_NUMBER, text.split("\n\n    l  ", 1)[1]):
            if not any(is_printed(digits, value) for value in known[_near(known, float(digits))]):
                raise AssertionError(f"{digits} in case {i}\n{text}")


def _near(known: Any, value: float) -> Any:
    return np.abs(known - value) <= 1e-6 + 1e-5 * abs(value)


def _all_numbers(net: Network, numbers: Numbers, weight: tuple[int, int, int]) -> list[float]:
    """What an explanation of a weight may hold."""
    (l, j, k), L = weight, numbers.L
    values = [numbers.C_0, *numbers.y, 0.0, 1.0]
    for m in range(L + 1):
        values += numbers.a[m]
    values += [
        kink.z for m in range(1, L + 1) for kink in ACTIVATIONS[net.activations[m - 1]].kinks
    ]
    row = LOSSES[net.loss if isinstance(net.loss, str) else net.loss[0]]
    for m in range(1, L + 1):
        values += [*numbers.z[m], *numbers.b[m], *numbers.delta[m], *np.ravel(numbers.w[m])]
        if m < L or row.chain_rule:
            values += [numbers.slope(m, z) for z in numbers.z[m]]
        if m < L:
            values += [numbers.dC_da(m, node) for node in range(numbers.sizes[m])]
            values += [
                numbers.w[m + 1][i][node] * numbers.delta[m + 1][i]
                for i in range(numbers.sizes[m + 1])
                for node in range(numbers.sizes[m])
            ]
    _, delta = loss_of(net.loss)
    ones = lambda z: [1.0] * len(z)  # noqa: E731
    loss_slopes = delta(numbers.z[L], numbers.a[L], numbers.y, ones)
    gradient = numbers.dC_dw(l, j, k)
    # The terms that a long sum's last row adds up, and the gradient to other digits.
    if l < L:
        products = [
            numbers.w[l + 1][i][j] * numbers.delta[l + 1][i] for i in range(numbers.sizes[l + 1])
        ]
        values.append(sum(products[8:]))
    conversions = [
        own.of_sample(numbers.sizes[-1]) / row.c(numbers.sizes[-1]) for own in LOSS_CONVENTIONS
    ]
    values += [gradient, *loss_slopes, *conversions, *(gradient * c for c in conversions)]
    h = 1e-6  # of the central difference, which is a measurement
    shifted = []
    for step in (h, -h):
        other = net.copy()
        other.weights[l - 1][j, k] += step
        shifted.append(other)
    return [*values, _central(shifted, numbers, h)]


def _central(shifted: list[Network], numbers: Numbers, h: float) -> float:
    x, y = np.array([numbers.a[0]]), np.array([numbers.y])
    above, below = (net.loss_value(x, y) for net in shifted)
    return (above - below) / (2 * h)


# ---------------------------------------------------------------- conversions


def squared(loss: str = "squared_error", seed: int = 5) -> tuple[Network, Any, Any]:
    return small_network((3, 4, 3), loss=loss, seed=seed)


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.squares])
@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name != "course"])
def test_the_notations_own_loss_has_the_derivative_that_is_printed(
    notation: str, loss: str
) -> None:
    net, x, y = squared(loss)
    text = net.explain(x, y, l=1, j=2, k=1, notation=notation)
    own = NOTATIONS[notation].own_loss
    printed = float(re.search(rf"with {re.escape(own.name)} +({_NUMBER})", text)[1])
    # Each author's formula once more, and its slope by a central difference, good to nine decimals.
    formulas = {
        "nielsen": lambda a: 0.5 * ((y - a) ** 2).sum(),
        "ng": lambda a: 0.5 * ((y - a) ** 2).sum(),
        "pytorch": lambda a: ((a - y) ** 2).mean(),
        "keras": lambda a: ((a - y) ** 2).mean(),
    }
    values, h = [], 1e-6
    for step in (h, -h):
        shifted = net.copy()
        shifted.weights[0][2, 1] += step
        values.append(formulas[notation](shifted.predict(x[None])[0]))
    assert printed == pytest.approx((values[0] - values[1]) / (2 * h), abs=1e-9)


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if not row.squares])
@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name != "course"])
def test_another_loss_is_converted_where_a_library_has_its_mean_over_outputs(
    notation: str, loss: str
) -> None:
    net, x, y = squared(loss)
    text = net.explain(x, y, l=1, j=2, k=1, notation=notation)
    row = re.search(rf"with the mean over outputs +({_NUMBER})", text)
    if notation in ("nielsen", "ng") or loss == "cross_entropy":
        assert row is None
        assert "no squared error, and there is nothing to convert." in " ".join(text.split())
    else:
        assert float(row[1]) == pytest.approx(net.trace(x, y).dC_dw[1][2, 1] / 3, abs=1e-14)
        assert "has the mean over the outputs where" in " ".join(text.split())


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        ("binary_cross_entropy", "BCELoss"),
        ("absolute_error", "L1Loss"),
        ("huber", "HuberLoss"),
        ("cross_entropy", "CrossEntropyLoss"),
    ],
)
def test_the_converted_number_is_pytorchs_own(loss: str, theirs: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    net, x, y = squared(loss)
    weights = [torch.tensor(np.array(w), requires_grad=True) for w in net.weights]
    a = torch.tensor(x)
    for l, (w, b) in enumerate(zip(weights, net.biases, strict=True), 1):
        z = w @ a + torch.tensor(np.array(b))
        a = z if l == net.L and theirs == "CrossEntropyLoss" else torch.sigmoid(z)
    getattr(torch.nn, theirs)()(a[None], torch.tensor(y)[None]).backward()
    text = net.explain(x, y, l=1, j=2, k=1, notation="pytorch")
    name = "the network's loss" if loss == "cross_entropy" else "the mean over outputs"
    printed = float(re.search(rf"with {name} +({_NUMBER})", text)[1])
    assert printed == pytest.approx(float(weights[0].grad[2, 1]), abs=1e-14)


@pytest.mark.parametrize("convention", LOSS_CONVENTIONS, ids=lambda row: row.name)
def test_a_convention_of_the_loss_is_its_multiple_of_the_courses(convention: Any) -> None:
    rng = np.random.default_rng(3)
    A, Y = rng.normal(size=(2, 7, 3))
    per_sample = {
        "Σ_j (a_j - y_j)²": lambda a, y: ((a - y) ** 2).sum(),
        "½ Σ_j (y_j - a_j)²": lambda a, y: 0.5 * ((y - a) ** 2).sum(),
        "1/n_L Σ_j (a_j - y_j)²": lambda a, y: ((a - y) ** 2).mean(),
    }[convention.formula]
    losses = np.array([per_sample(a, y) for a, y in zip(A, Y, strict=True)])
    course = ((A - Y) ** 2).sum(axis=1)
    assert losses == pytest.approx(convention.of_sample(3) * course, rel=1e-14)
    batch = losses.sum() if convention.samples == "sum" else losses.mean()
    assert batch == pytest.approx(convention.of_batch(3, 7) * course.mean(), rel=1e-14)


def test_a_batch_in_fastbp_is_the_mean_that_the_conventions_start_from() -> None:
    net, _, _ = squared()
    rng = np.random.default_rng(0)
    X, Y = rng.random((5, 3)), rng.random((5, 3))
    mean = np.mean([net.trace(x, y).dC_dw[1] for x, y in zip(X, Y, strict=True)], axis=0)
    assert net.gradients(X, Y).weights[0] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("course", ["w_12^(L)", "w_12^(2)", "a_0^(0)", "δ_1^(L-1)", "y_1", "C_0"]),
        ("nielsen", ["w^L_23", "w^3_23", "a^1_1", "δ^(L-1)_2", "y_2", "C_x"]),
        ("ng", ["w^[L]_23", "w^[2]_23", "a^[0]_1", "dz^[L-1]_2", "y_2", "ℒ"]),
        ("pytorch", ["fc3.weight[1, 2]", "fc2.weight[1, 2]", "x[0]", "z2.grad[1]", "y[1]", "loss"]),
        ("keras", ["kernel3[2, 1]", "kernel2[2, 1]", "x[0]", "dz2[1]", "y[1]", "loss"]),
    ],
)
def test_the_names_are_those_of_their_authors(notation: str, expected: list[str]) -> None:
    symbols = [
        Symbol("w", "L", (1, 2)), Symbol("w", 2, (1, 2)), Symbol("a", 0, (0,)),
        Symbol("δ", "L-1", (1,)), Symbol("y", None, (1,)), Symbol("C"),
    ]  # fmt: skip
    speller = Speller(NOTATIONS[notation], (4, 3, 3, 2))
    assert [speller.text(symbol) for symbol in symbols] == expected


# ---------------------------------------------------------------- the page


@needs_tree
def test_the_tables_of_the_page_are_those_of_the_notations() -> None:
    page = (ROOT / "docs/notation.md").read_text("utf-8")
    assert page == with_tables(page), "run python docs/notations.py"
    assert all(table() in page for table in TABLES.values())


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no lines '<!-- table: notations -->'"):
        with_tables("# Notation\n")


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.words)
def test_each_row_of_the_table_is_one_number_in_fastbp_and_in_each_notation(quantity: Any) -> None:
    net, x, y = small_network((3, 4, 3))
    numbers, l, j, k = Numbers(net, x, y), 2, 1, 2
    expected = {
        "a_k^(0)": numbers.a[0][k], "w_jk^(l)": numbers.w[l][j][k], "b_j^(l)": numbers.b[l][j],
        "z_j^(l)": numbers.z[l][j], "a_j^(l)": numbers.a[l][j], "a_k^(l-1)": numbers.a[l - 1][k],
        "y_j": numbers.y[j], "C_0": numbers.C_0, "δ_j^(l)": numbers.delta[l][j],
        "dC_0/dw_jk^(l)": numbers.dC_dw(l, j, k), "dC_0/db_j^(l)": numbers.delta[l][j],
    }[quantity.symbol]  # fmt: skip
    names = {"net": net, "t": net.trace(x, y), "l": l, "j": j, "k": k}
    assert eval(quantity.fastbp, names) == pytest.approx(expected, rel=1e-12)
    if quantity.symbol in ("y_j", "C_0"):
        return  # no layer and no order to convert
    fixed = quantity.symbol.replace("l-1", str(l - 1)).replace("(l)", f"({l})")
    fixed = re.sub("_jk", f"_{j}{k}", fixed).replace("_j^", f"_{j}^").replace("_k^", f"_{k}^")
    for notation, row in NOTATIONS.items():
        name = TextWriter(Speller(row, net.sizes)).formula(parse_formula(fixed))
        assert computed(name, notation, numbers, {}) == pytest.approx(expected, rel=1e-12), name
