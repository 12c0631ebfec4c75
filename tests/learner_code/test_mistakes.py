"""What mistakes give: the formulas without one are the specification's, and with one are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from fastbp import reference, reference_tables
from fastbp.learner_code.examples import Example, Setting, examples
from fastbp.learner_code.formulas import RIGHT, InapplicableError
from fastbp.learner_code.learner_file import Function
from fastbp.learner_code.mistakes import MISTAKES, made_in
from fastbp.learner_code.report import mistakes_in_words
from fastbp.learner_code.roles import ROLES, Role, function_role
from fastbp.learner_code.verdict import Verdict
from fastbp.learner_code.whole_step import whole_step

SETTINGS = [
    Setting(),
    Setting("tanh", "tanh", "half_squared_error"),
    Setting("relu", "identity", "mean_squared_error"),
    Setting("relu", "relu"),
    Setting("relu", "softmax", "cross_entropy"),
    Setting("tanh", "sigmoid", "binary_cross_entropy"),
    Setting("sigmoid", "sigmoid", "squared_error", bias=False),
]
#: Found by what a call does, not by the numbers that it gives.
WITHOUT_NUMBERS = {"softmax_overflows", "writes_arguments", "keeps_between_calls"}


def all_examples() -> Iterator[Example]:
    for setting in SETTINGS:
        for single in (True, False):
            yield from examples(setting, single)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.words)
@pytest.mark.parametrize("single", [True, False])
def test_without_a_mistake_a_step_is_the_specifications(setting: Setting, single: bool) -> None:
    """Sums of at most eight terms: 1e-12 is some thousand roundings of float64."""
    for example in examples(setting, single):
        of, rate = example.numbers, setting.learning_rate
        step = whole_step(
            example.names, setting.loss, example.x, example.y, of["w"], of["b"], rate, RIGHT
        )
        rows = [reference_tables.ACTIVATIONS[name] for name in example.names]
        g, g_prime = ([None, *(row[i] for row in rows)] for i in (0, 1))
        w, b = ([None, *(array.tolist() for array in of[name])] for name in "wb")
        X, Y = example.x.tolist(), example.y.tolist()
        loss = reference_tables.LOSSES[setting.loss]
        _, dw, db = reference.gradient(X, Y, w, b, g, g_prime, *loss)
        reference.sgd_step(w, b, dw, db, rate)
        expected = {"dw": dw, "db": db, "w": w, "b": b}
        for name, layers in expected.items():
            for actual, layer in zip(getattr(step, name), layers[1:], strict=True):
                np.testing.assert_allclose(actual, layer, rtol=1e-12, atol=1e-12)


def roles() -> Iterator[Role]:
    yield from ROLES
    yield function_role("sigmoid", "sigmoid", False, False)
    yield function_role("sigmoid_prime", "sigmoid", True, False)


@pytest.mark.parametrize("key", sorted(MISTAKES.keys() - WITHOUT_NUMBERS))
def test_every_mistake_shows_in_some_role(key: str) -> None:
    assert any(shows(key, role) for role in roles()), f"no function can show {key}"


def shows(key: str, role: Role) -> bool:
    if key not in made_in(role.parts, role.of_network):
        return False
    for example in all_examples():
        for layer in role.layers(example.L):
            expected, bounds = role.right(example, layer)
            try:
                with np.errstate(all="ignore"):
                    found = role.mistaken(example, layer, frozenset([key]))
            except InapplicableError:
                continue
            if any(
                a.shape != e.shape or not np.all(np.abs(a - e) <= 10 * bound)
                for name in expected
                for a, e, bound in zip(found[name], expected[name], bounds[name], strict=True)
            ):
                return True
    return False


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.words)
def test_every_mistake_has_its_words(setting: Setting) -> None:
    verdict = Verdict(Function("step", "mine.py", 1, ()), ROLES[0], "wrong")
    for key in MISTAKES:
        verdict.mistakes = [(key,)]
        words = mistakes_in_words(verdict, setting)
        assert words.endswith(".")
        assert "{" not in words


def test_examples_tell_a_factor_of_2_from_the_number_of_outputs_and_of_samples() -> None:
    outputs = {example.case.problem.sizes[-1] for example in examples(SETTINGS[0], False)}
    assert len(outputs) == 3
    assert {example.m for example in examples(SETTINGS[0], False)} == {3}
