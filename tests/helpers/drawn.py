"""The legal networks, all listed, and how Hypothesis draws one with its data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from fastbp import Network
from fastbp.losses import LEGAL_PAIRS
from fastbp.model.activation_choice import row_of
from fastbp.model.loss_choice import loss_row
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES, RULES, Number
from fastbp.optimizers import OPTIMIZERS, Optimizer

HIDDEN = BY_NODE
OUTPUTS = LEGAL_PAIRS
"""Every legal (output activation, loss)."""

LEGAL = tuple((hidden, *output) for hidden in HIDDEN for output in OUTPUTS)
"""Every legal (hidden activation, output activation, loss)."""


def _some_values(number: Number) -> list[float]:
    """Values in its range that are not its default, and the same in both number types."""
    low, above, below = (number.limits.get(name) for name in ("low", "above", "below"))
    return [
        value
        for value in (0.0, 0.25, 2.5)
        if (low is None or value >= low)
        and (above is None or value > above)
        and (below is None or value < below)
    ]


WITH_NUMBERS = tuple(
    (name, *values)
    for name in BY_NODE
    if ACTIVATIONS[name].parameters
    for values in product(*map(_some_values, ACTIVATIONS[name].parameters))
)
"""Activations with numbers that are not their defaults, as Network takes them."""

EVERY_HIDDEN = (*HIDDEN, *WITH_NUMBERS)

LOSSES_WITH_NUMBERS = tuple(
    (name, *values)
    for name, row in LOSSES.items()
    if row.parameters
    for values in product(*map(_some_values, row.parameters))
)
"""Losses with numbers that are not their defaults, as Network takes them."""

EVERY_LOSS = (*LOSSES, *LOSSES_WITH_NUMBERS)

LEGAL_WITH_NUMBERS = (
    *(
        (g, output, loss)
        for g in WITH_NUMBERS
        for loss, row in LOSSES.items()
        for output in ((g,) if row.chain_rule else row.output_activations)
    ),
    *(
        ("tanh", output, loss)
        for loss in LOSSES_WITH_NUMBERS
        for output in loss_row(loss).output_activations
    ),
)
"""Each of them as the hidden activation, with every loss, and where it may as the output's; and
each loss with numbers, with every output."""

PAIRS = (
    *((HIDDEN[i % len(HIDDEN)], *output) for i, output in enumerate(OUTPUTS)),
    *((hidden, *OUTPUTS[i % len(OUTPUTS)]) for i, hidden in enumerate(HIDDEN, start=1)),
    *LEGAL_WITH_NUMBERS,
)
"""Every (output activation, loss), each with the hidden activation that is next in turn; every
hidden activation; those with numbers."""

OTHER_TRIPLES = tuple(triple for triple in LEGAL if triple not in set(PAIRS))
EVERY_TRIPLE = (
    *PAIRS,
    *(pytest.param(*triple, marks=pytest.mark.nightly) for triple in OTHER_TRIPLES),
)
"""All of them for a test's parameters; those that are no pairs run nightly."""


def optimizer_of(rule: str, *learning_rate: Any, **numbers: float) -> Optimizer:
    """The optimizer that chooses a rule of the table; of the numbers, those that the rule has."""
    row = RULES[rule]
    own = {number.name for number in row.numbers}
    options = dict(row.options) | {name: numbers[name] for name in own & set(numbers)}
    return OPTIMIZERS[row.optimizer](*learning_rate, **options)


EVERY_OPTIMIZER = tuple(optimizer_of(rule) for rule in RULES)
"""One for each update rule."""


def batch_for(optimizer: Any, batch_size: int) -> int | None:
    """That batch size, or where the optimizer's rule is for full batches, None: all samples."""
    full = isinstance(optimizer, Optimizer) and optimizer.rule.full_batch
    return None if full else batch_size


BIASES = (True, False, "fixed")
DTYPES = ("float64", "float32")
WIDTHS = st.one_of(st.integers(1, 17), st.integers(1, 65))
BATCH_SIZES = st.sampled_from([1, 2, 3, 5, 8, 9, 13])


@dataclass(frozen=True)
class Drawn:
    """A network with a batch of its own number type."""

    net: Any
    X: NDArray[Any]
    y: NDArray[Any]


def targets(
    rng: np.random.Generator, loss: Any, n: int, n_outputs: int, dtype: str, form: str = "rows"
) -> NDArray[Any]:
    """Targets that the loss allows: "labels", "one_hot", or "rows" of any numbers allowed."""
    if form == "labels" and n_outputs > 1:
        return rng.integers(n_outputs, size=n)
    if form == "one_hot":
        return np.eye(n_outputs, dtype=dtype)[rng.integers(n_outputs, size=n)]
    row = loss_row(loss)
    if row.targets == "shares":
        rows = rng.random((n, n_outputs)) + 0.01
        return (rows / rows.sum(axis=1, keepdims=True)).astype(dtype)
    if row.target_limits == (0, 1):
        return rng.random((n, n_outputs)).astype(dtype)
    # Some of them lie on a limit that there is.
    return np.clip(rng.standard_normal((n, n_outputs)), *row.target_limits).astype(dtype)


def build(seed: int, sizes: list[int], *, activation: Any, bias: Any, **options: Any) -> Any:
    """A Network whose biases, too, are drawn, so that none of them is zero by default."""
    net = Network(sizes, activation=activation, bias=bias, seed=seed, **options)
    rng = np.random.default_rng([seed, 1])
    for b in net.biases:
        b[...] = 0.5 * rng.standard_normal(len(b))
    return net


def _is_steep(g: Any) -> bool:
    """Whether the slope grows without a bound, as exp's."""
    derivative = row_of(g).derivative
    return derivative is not None and derivative(np, np.array([9.0]))[0] > 9


@st.composite
def networks(
    draw: st.DrawFn, *, dtypes: tuple[str, ...] = DTYPES, widths: Any = WIDTHS, most_layers: int = 4
) -> Drawn:
    """Any legal network with a batch: widths 1 to 65, one to four layers, every option."""
    sizes = draw(st.lists(widths, min_size=2, max_size=most_layers + 1))
    hidden = draw(
        st.lists(st.sampled_from(EVERY_HIDDEN), min_size=len(sizes) - 2, max_size=len(sizes) - 2)
    )
    with_numbers = [pair[1:] for pair in LEGAL_WITH_NUMBERS]
    output, loss = draw(st.sampled_from([*OUTPUTS, *with_numbers]))
    if output == "softmax":
        sizes[-1] = max(sizes[-1], 2)  # one output is always 1, and refused
    dtype = draw(st.sampled_from(dtypes))
    seed, n = draw(st.integers(0, 2**32 - 1)), draw(BATCH_SIZES)
    net = build(
        seed,
        sizes,
        activation=hidden or "sigmoid",
        output_activation=output,
        loss=loss,
        bias=draw(st.sampled_from(BIASES)),
        dtype=dtype,
    )
    if any(map(_is_steep, [*hidden, output])):
        net.parameters = net.parameters / 8  # else some diverge within a step or two
    rng = np.random.default_rng([seed, 2])
    X = rng.standard_normal((n, sizes[0])).astype(dtype)
    form = draw(st.sampled_from(["labels", "one_hot", "rows"]))
    return Drawn(net, X, targets(rng, loss, n, sizes[-1], dtype, form))
