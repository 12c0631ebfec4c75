"""Quizzes: each answer is right by a second computation, and no other choice is."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from quiz_checks import NUMBERS, WORDS, activation, is_right_program
from source_tree import ROOT, needs_tree

import fastbp
from fastbp import Activation, Loss, Network
from fastbp.errors import PerformanceWarning
from fastbp.lessons import quiz
from fastbp.lessons.quizzes.draft import Draft, are_apart, pick
from fastbp.lessons.quizzes.kinds import loops, programs
from fastbp.lessons.quizzes.notation import show
from fastbp.lessons.quizzes.table import KINDS
from fastbp.operations import ACTIVATIONS, BY_NODE, LOSSES

# Half a unit in the fourth digit is at most 5e-4 of a number; central differences add to that.
SHOWN = 5.01e-4
#: Kinds of which every network has questions.
OF_ANY = {"weight", "parameters", "terms", "order", "wrong-line", "endless-loop"}


def own_network(index: int) -> Network:
    """Networks of a user's own, over all activations and losses, shapes and options."""
    rng = np.random.default_rng(index)
    loss = list(LOSSES)[index % len(LOSSES)]
    outputs = LOSSES[loss].output_activations
    n_layers = int(rng.integers(2, 5))
    sizes = [int(n) for n in rng.choice([1, 2, 3, 5, 8, 12, 40], n_layers)]
    if outputs == ("softmax",):
        sizes[-1] = max(2, sizes[-1])
    return Network(
        sizes,
        [str(rng.choice(BY_NODE)) for _ in sizes[2:]],
        output_activation=str(rng.choice(outputs)),
        loss=loss,
        bias=[True, False, "fixed"][index % 3],
        dtype=["float32", "float64"][index % 2],
        initializer=["normal", "auto"][index % 2],
        seed=index,
    )


def dead() -> Network:
    net = Network([3, 4, 2], "relu", seed=1)
    net.biases[0][...] = -100
    return net


def overflowing() -> Network:
    net = Network([2, 2, 2], "identity", output_activation="identity", seed=3)
    net.weights[0][...] = net.weights[1][...] = 3e38
    return net


def with_names() -> Network:
    net = Network([4, 5, 3], output_activation="softmax", loss="cross_entropy", seed=7)
    net.fit(np.eye(4), ["x", "y", "z", "x"], epochs=1)
    return net


def of_own_parts(**parts: Any) -> Network:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)
        return Network([3, 4, 2], seed=4, **parts)


QUARTIC = Loss(lambda a, y: ((a - y) ** 4).sum(1), lambda a, y: 4 * (a - y) ** 3)
SPECIAL = {
    "dead": dead,
    "numbers": lambda: Network(
        [3, 4, 3, 2], [("leaky_relu", 0.2), ("elu", 0.5)], loss=("huber", 0.3), seed=2
    ),
    "overflow": overflowing,
    "own activation": lambda: of_own_parts(activation=Activation(np.sin, np.cos)),
    "own loss": lambda: of_own_parts(loss=QUARTIC),
    "wide": lambda: Network(
        [784, 128, 10], "relu", output_activation="softmax", loss="cross_entropy", seed=6
    ),
    "zeros": lambda: Network([3, 4, 2], initializer="zeros"),
    "names": with_names,
    "one": lambda: Network([1, 1], seed=8),
}


def assert_right(question: dict[str, Any]) -> None:
    kind, choices, answer = question["kind"], question["choices"], question["answer"]
    assert 3 <= len(choices) <= 4
    assert choices.count(answer) == 1
    assert [remark == "" for remark in question["remarks"]] == [c == answer for c in choices]
    if kind in WORDS:
        assert [WORDS[kind](question, c) for c in choices] == [c == answer for c in choices]
        assert len(set(choices)) == len(choices)
        return
    value = float(NUMBERS[kind](question))
    assert float(answer) == pytest.approx(value, rel=SHOWN, abs=1e-12), question
    for first, second in combinations(map(float, choices), 2):
        assert abs(first - second) >= 0.01 * max(abs(first), abs(second)) > 0, question
    assert_numbers_are_shown(question)
    assert question["explanation"].split("\n")[-1].split(" (")[0].endswith(answer) or (
        kind in ("biases", "terms")
    )


def numbers_of(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in numbers_of(item)]
    return [value] if isinstance(value, float) else []


def assert_numbers_are_shown(question: dict[str, Any]) -> None:
    """What an answer comes from stands in the question, digit by digit."""
    given = {name: v for name, v in question["given"].items() if not name.endswith("numbers")}
    if question["kind"] in ("z", "bias-gradient") and "no biases" in question["question"]:
        del given["b"]
    if "come to" not in question["question"]:
        given.pop("rest", None)
    written = set(re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", question["question"]))
    for number in numbers_of(list(given.values())):
        assert show(number) in written, (number, question)


@pytest.mark.parametrize("seed", range(10))
def test_each_of_a_thousand_answers_is_right_and_no_other_choice_is(seed: int) -> None:
    questions = quiz(n=40, seed=seed)
    for i in range(6):
        questions += quiz(own_network(10 * seed + i), n=10, seed=seed)
    assert len(questions) == 100
    for question in questions:
        assert_right(question)
        if seed == 0:
            assert all(len(line) < 500 for line in question["question"].split("\n"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_asked_of_made_networks_and_checked(kind: str) -> None:
    assert (kind in NUMBERS) != (kind in WORDS)
    for question in quiz(n=10, seed=11, kinds=kind):
        assert question["kind"] == kind
        assert_right(question)


@pytest.mark.parametrize("name", SPECIAL)
def test_networks_that_are_dead_wide_or_partly_unknown_give_right_questions(name: str) -> None:
    net = SPECIAL[name]()
    before = net.parameters
    questions = quiz(net, n=40, seed=3)
    for question in questions:
        assert_right(question)
    assert {question["kind"] for question in questions} >= OF_ANY - {"weight", "terms"}
    np.testing.assert_array_equal(net.parameters, before)


def test_every_activation_and_loss_is_asked_about() -> None:
    asked = set()
    for name in BY_NODE:
        net = Network([3, 3, 2], name, output_activation=name, loss="squared_error", seed=1)
        net.weights[0][...] *= 0.5
        for kind in ("a", "output-delta", "hidden-delta"):
            for question in quiz(net, n=3, seed=2, kinds=kind):
                assert_right(question)
                asked.add(question["given"]["activation"])
    for name, row in LOSSES.items():
        output = "sigmoid" if "sigmoid" in row.output_activations else row.output_activations[0]
        net = Network([3, 3, 4], "tanh", output_activation=output, loss=name, seed=1)
        for kind in ("loss", "output-delta"):
            for question in quiz(net, n=3, seed=2, kinds=kind):
                assert_right(question)
                asked |= {question["given"]["loss"]}
    assert asked == {*BY_NODE, *LOSSES}
    softmax = Network([3, 4], output_activation="softmax", loss="cross_entropy", seed=1)
    assert {q["given"]["activation"] for q in quiz(softmax, n=5, kinds="a")} == {"softmax"}
    assert set(BY_NODE) | {"softmax"} == set(ACTIVATIONS)


def test_the_factors_are_asked_of_a_loss_and_an_activation_that_are_named() -> None:
    for name, row in LOSSES.items():
        output = row.output_activations[0]
        net = Network([3, 4, 3], output_activation=output, loss=name, seed=1)
        (question,) = quiz(net, n=1, seed=2, kinds="factors")
        formula = row.formula.replace("sum_", "Σ_").replace("^2", "²")
        assert question["question"].startswith(
            f"A network is 3-4-3; its loss is {name}: C_0 = {formula}; g^(2) is {output}. Which "
        )


@pytest.mark.parametrize("kind", KINDS)
def test_no_object_of_the_program_shows_in_a_text(kind: str) -> None:
    for net in (None, own_network(3), own_network(7)):
        for question in quiz(net, n=5, seed=3, kinds=[kind, "order"]):
            for text in (question["question"], question["explanation"], *question["choices"]):
                assert not re.search(r"\w='|\\|None|<\w", text), text


def saturated(activation: str, seed: int) -> Network:
    net = Network([3, 4, 4, 2], activation, output_activation=activation, seed=seed)
    for w in net.weights:
        w[...] *= 6
    return net


@pytest.mark.parametrize(
    ("activation", "from_a"),
    [("sigmoid", lambda a: a * (1 - a)), ("tanh", lambda a: 1 - a * a)],
)
def test_the_slope_from_the_a_that_is_shown_leads_to_the_same_choice(
    activation: str, from_a: Callable[[float], float]
) -> None:
    n_far = 0  # of questions whose node is far out, where 1 - a has lost digits
    for seed in range(8):
        net = saturated(activation, seed)
        for question in quiz(net, n=20, seed=seed, kinds=["output-delta", "hidden-delta"]):
            given = question["given"]
            n_far += abs(given["z"]) > 3
            assert abs(_slope_at(question, "z") - from_a(given["a"])) <= 0.005 * from_a(given["a"])
            if question["kind"] == "hidden-delta":
                choice = _above(question) * from_a(given["a"])
            else:
                choice = 2 * (given["a"] - given["y"]) * from_a(given["a"])
            nearest = min(question["choices"], key=lambda text: abs(float(text) - choice))
            assert nearest == question["answer"], question
    assert n_far > 10


def test_a_sum_over_k_has_no_choice_that_counts_the_bias_too() -> None:
    for bias in (True, False):
        (question,) = quiz(Network([3, 1], bias=bias, seed=1), n=1, kinds="terms")
        assert "How many terms does the sum Σ_k have?" in question["question"]
        assert ("b_j^(1) + Σ_k" in question["question"]) == bias


def test_one_node_is_singular() -> None:
    for sizes in ([2, 1], [1, 3], [2, 1, 1]):
        for kind in ("terms", "biases", "shape", "batch", "parameters"):
            for question in quiz(Network(sizes, seed=2), n=4, seed=1, kinds=kind):
                text = question["question"] + question["explanation"]
                assert not re.search(r"\b1 (nodes|terms|biases|weights)", text), text


@pytest.mark.parametrize("name", LOSSES)
def test_the_numbers_of_a_loss_come_to_its_terms(name: str) -> None:
    row = LOSSES[name]
    net = Network([3, 4, 3], output_activation=row.output_activations[0], loss=name, seed=1)
    for question in quiz(net, n=5, seed=2, kinds="loss"):
        *_, numbers, terms, _ = question["explanation"].split("\n")
        given = question["given"]
        assert all(show(value) in numbers for value in [*given["a"], *given["y"]])
        code = numbers.strip().removeprefix("= ").replace("²", "**2").replace("[", "(")
        code = re.sub(r"([\d)]) (?=\(|ln)", r"\1 * ", code.replace("]", ")"))
        code = re.sub(r"\|([^|]+)\|", r"abs(\1)", code)
        code = re.sub(r"ln cosh(\([^)]*\) - \d\)|\([^()]*\))", r"ln(cosh\1)", code)
        code = re.sub(r"ln (\d[\d.e-]*)", r"ln(\1)", code)

        def ln(value: float) -> float:
            return float(np.log(value)) if value else 0.0  # 0 ln 0 is 0

        def h(r: float) -> float:
            if name == "quantile":
                return abs(r) / 2
            return r * r / 2 if abs(r) <= 1 else abs(r) - 0.5

        value = eval(code, {**vars(math), "ln": ln, "h": h})
        assert value == pytest.approx(float(question["answer"]), rel=SHOWN)
        assert len(terms.split(" + ")) == 3


def test_the_same_seed_gives_the_same_quiz_and_another_one_another() -> None:
    net = own_network(4)
    assert quiz(n=15, seed=8) == quiz(n=15, seed=8)
    assert quiz(net, n=15, seed=8) == quiz(net, n=15, seed=8)
    texts = {question["question"] for seed in range(10) for question in quiz(n=5, seed=seed)}
    assert len(texts) > 45


def test_a_question_is_made_again_from_its_seed_and_kind() -> None:
    for net in (None, own_network(2)):
        for question in quiz(net, n=12, seed=5):
            assert quiz(net, 1, question["seed"], kinds=question["kind"]) == [question]


def test_a_longer_quiz_begins_like_a_shorter_one() -> None:
    assert quiz(n=25, seed=2)[:10] == quiz(n=10, seed=2)


def test_a_quiz_goes_through_the_kinds_before_one_comes_again() -> None:
    kinds = [question["kind"] for question in quiz(n=2 * len(KINDS), seed=6)]
    assert sorted(kinds[: len(KINDS)]) == sorted(KINDS) == sorted(kinds[len(KINDS) :])


def test_the_right_choice_stands_in_every_place_as_often() -> None:
    draft = Draft("?", "right", [("p", "1"), ("q", "2"), ("r", "3")], "")
    n = 1000
    picks = [pick(draft, np.random.default_rng(seed)) for seed in range(n)]
    places = [picked[0].index("right") for picked in picks if picked]
    # Six standard deviations of a binomial with p = 1/4.
    for place in range(4):
        assert abs(places.count(place) - n / 4) < 6 * (n * 3 / 16) ** 0.5


def test_questions_are_plain_json() -> None:
    questions = [*quiz(n=len(KINDS), seed=9), *quiz(own_network(5), n=20, seed=9)]
    assert json.loads(json.dumps(questions, allow_nan=False)) == questions
    keys = {"question", "choices", "answer", "explanation", "seed", "kind", "remarks", "given"}
    assert all(set(question) == keys for question in questions)


@pytest.mark.parametrize("kind", KINDS)
def test_no_question_shows_how_python_writes_an_object(kind: str) -> None:
    for question in quiz(n=5, seed=2, kinds=kind):
        shown = [question["question"], *question["choices"], question["explanation"]]
        assert not re.search(r"\w=['\"\d]|<\w+ object|\bnp\.", "\n".join(shown)), shown


@pytest.mark.parametrize(
    ("kind", "remark"),
    [
        ("weight", "j and k are swapped"),
        ("z", "j and k are swapped"),
        ("z", "the bias is left out"),
        ("gradient", "j and k are swapped"),
        ("output-delta", "g' is taken at a_j"),
        ("output-delta", "the 2 of the derivative is lost"),
        ("hidden-delta", "g' is taken at a_k"),
        ("hidden-delta", "the new weights"),
        ("old-weights", "the new weights"),
        ("batch", "the sum over the samples"),
        ("bias-gradient", "the bias's gradient is missing"),
        ("loss", "an extra factor 1/2"),
    ],
)
def test_the_classical_mistakes_are_among_the_wrong_choices(kind: str, remark: str) -> None:
    remarks = [r for question in quiz(n=40, seed=1, kinds=kind) for r in question["remarks"]]
    assert any(r.startswith(remark) for r in remarks)


def _slope_at(q: dict[str, Any], at: str) -> float:
    return float(activation(q["given"])[1](q["given"][at])[0])


def _above(q: dict[str, Any]) -> float:
    sums = np.array(q["given"]["w"]).T @ q["given"]["delta"]
    return float(sums[q["given"]["k"]] + q["given"]["rest"])


#: Kind and mistake -> what it gives, by NumPy.
MISTAKES: dict[tuple[str, str], Callable[[dict[str, Any]], float]] = {
    ("matrix", "j and k are swapped"): lambda q: np.array(q["given"]["w"])[
        q["given"]["k"], q["given"]["j"]
    ],
    ("z", "the bias is left out"): lambda q: (
        np.array(q["given"]["w"])[q["given"]["j"]] @ q["given"]["a"] + q["given"]["rest"]
    ),
    ("loss", "an extra factor 1/2"): lambda q: NUMBERS["loss"](q) / 2,
    ("output-delta", "y_j - a_j has the other sign"): lambda q: -NUMBERS["output-delta"](q),
    ("output-delta", "g' is taken at a_j instead of z_j"): lambda q: (
        NUMBERS["output-delta"](q) / _slope_at(q, "z") * _slope_at(q, "a")
    ),
    ("hidden-delta", "that is dC_0/da_k: g' is missing"): _above,
    ("hidden-delta", "g' is taken at a_k instead of z_k"): lambda q: _above(q) * _slope_at(q, "a"),
    ("old-weights", "the new weights: the layer above moved first"): lambda q: (
        q["given"]["slope"] * np.dot(q["given"]["new"], q["given"]["delta"])
    ),
    ("gradient", "j and k are swapped: δ_k a_j"): lambda q: (
        q["given"]["delta"][q["given"]["k"]] * q["given"]["a"][q["given"]["j"]]
    ),
    ("batch", "the sum over the samples instead of the mean"): lambda q: np.dot(
        q["given"]["delta"], q["given"]["a"]
    ),
    ("update", "uphill: the gradient is added"): lambda q: (
        2 * q["given"]["w"] - NUMBERS["update"](q)
    ),
}


@pytest.mark.parametrize(("kind", "mistake"), MISTAKES)
def test_a_wrong_choice_is_what_its_mistake_gives(kind: str, mistake: str) -> None:
    wrong = [
        (question, choice)
        for question in quiz(n=40, seed=4, kinds=kind)
        for choice, remark in zip(question["choices"], question["remarks"], strict=True)
        if remark == mistake
    ]
    assert len(wrong) >= 4
    for question, choice in wrong:
        value = float(MISTAKES[kind, mistake](question))
        assert float(choice) == pytest.approx(value, rel=SHOWN, abs=1e-12)


@pytest.mark.parametrize(
    "kind",
    ["z", "loss", "output-delta", "hidden-delta", "old-weights", "gradient", "batch", "update"],
)
def test_the_line_of_numbers_of_an_explanation_comes_to_the_answer(kind: str) -> None:
    for question in quiz(n=15, seed=12, kinds=kind):
        numbers = question["explanation"].split("\n")[-2].strip().removeprefix("= ")
        arithmetic = numbers.replace("·", "*").replace("½", "(1/2)")
        if re.fullmatch(r"[\d\s.e+*/()-]+", arithmetic) is None:
            assert kind == "output-delta"  # a formula with a function in it
            continue
        arithmetic = re.sub(r"^(\d+) \(", r"\1 * (", arithmetic)  # "2 (0.5 - 1)"
        # Each factor is shown with four digits: three of them are off by 1.5e-3 at most.
        assert eval(arithmetic) == pytest.approx(float(question["answer"]), rel=2e-3, abs=1e-12)


def test_explanations_go_from_symbols_to_numbers_to_the_result() -> None:
    (question,) = quiz(n=1, seed=1, kinds="update")
    symbols, numbers, result = question["explanation"].split("\n")
    assert re.search(r"η dC_0/dw_\d\d\^\(\d\) = .*δ_\d\^\(\d\) · a_\d", symbols)
    assert f"{show(question['given']['learning_rate'])}·" in numbers
    assert "δ" not in numbers
    assert result.strip() == f"= {question['answer']}"


def test_every_broken_line_breaks_the_program_and_is_the_only_one() -> None:
    assert programs.is_right(programs.BACKWARD)
    assert is_right_program(programs.BACKWARD)
    for place, variants in programs.BROKEN_LINES.items():
        for broken in variants:
            lines = (*programs.BACKWARD[:place], broken, *programs.BACKWARD[place + 1 :])
            assert not is_right_program(lines), broken
            assert programs.wrong_lines(lines) == [place], broken


def test_orders_and_loops_are_what_their_words_say() -> None:
    for order, mistake in programs.ORDERS.items():
        assert programs.is_gradient_descent(order) == (mistake == ""), order
    for n in range(2, 6):
        assert all(loops.ends(lines, n) for lines in loops.ENDING.values())
        assert not any(loops.ends(lines, n) for lines in loops.ENDLESS.values())


@pytest.mark.parametrize(
    ("first", "second", "numeric", "apart"),
    [
        ("1", "1.009", True, False),
        ("1", "1.02", True, True),
        ("-1", "1", True, True),
        ("0", "0.001", True, True),
        ("0", "-0.0", True, False),
        ("a", "b", False, True),
    ],
)
def test_choices_are_told_apart(first: str, second: str, numeric: bool, apart: bool) -> None:
    assert are_apart(first, second, numeric) == apart


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"net": "digits"}, TypeError, "net must be a Network or None, got str"),
        ({"n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"n": 2.5}, TypeError, "n must be an integer"),
        ({"n": True}, TypeError, "n must be an integer"),
        ({"n": 10**9}, ValueError, "n must be at most 100,000"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"seed": 2**53}, ValueError, "seed must be at most"),
        ({"kinds": "sum"}, ValueError, "kinds must be one of 'weight', .*; got 'sum'"),
        ({"kinds": []}, TypeError, "kinds must be a name or a list of names"),
        ({"kinds": 3}, TypeError, "kinds must be a name or a list of names"),
    ],
)
def test_bad_arguments_are_refused(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        quiz(**arguments)


def test_a_kind_that_a_network_has_not_is_refused_with_a_way_out() -> None:
    net = Network([3, 2], bias=False, seed=1)
    with pytest.raises(ValueError, match=r"no question of this kind .* choose other kinds"):
        quiz(net, kinds=["biases", "bias-gradient"])
    assert len(quiz(net, kinds=["biases", "shape"], n=4)) == 4


def test_quiz_comes_with_the_lessons_and_from_the_root() -> None:
    assert fastbp.lessons.quiz is quiz
    assert "quiz" in dir(fastbp.lessons)
    with pytest.raises(AttributeError, match=r"'fastbp\.lessons' has no attribute 'quizz'"):
        _ = fastbp.lessons.quizz


@needs_tree
def test_the_page_lists_the_kinds() -> None:
    page = (ROOT / "docs" / "quiz.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.+) \|$", page.split("## The kinds")[1], re.M))
    assert rows == {name: kind.words for name, kind in KINDS.items()}
