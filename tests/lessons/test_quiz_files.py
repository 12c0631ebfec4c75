"""Quizzes as JSON: what was written is read, and what others wrote is read or refused clearly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp import Network
from fastbp.errors import FileFormatError
from fastbp.lessons import quiz, quiz_from_json, quiz_to_json
from fastbp.lessons.quizzes.table import KINDS

# As a reader of the course posted one: text answer, an author, a date.
POSTED = """
{
  "question": "In the expression w_jk^(l), which index refers to the node in layer l?",
  "choices": ["j", "k", "l", "Both j and k"],
  "answer": "j",
  "creator": "A reader",
  "creationDate": "2020-05-02T10:15:30.000Z"
}
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_quiz_comes_back_as_it_was(seed: int) -> None:
    net = Network([5, 8, 3], "gelu", output_activation="softmax", loss="cross_entropy", seed=seed)
    for questions in (quiz(n=len(KINDS), seed=seed), quiz(net, n=20, seed=seed)):
        text = quiz_to_json(questions)
        assert quiz_from_json(text) == questions
        assert quiz_from_json(text.encode()) == questions
        assert quiz_to_json(quiz_from_json(text)) == text


def test_a_readers_own_form_is_read_and_kept() -> None:
    (question,) = quiz_from_json(POSTED)
    assert question == json.loads(POSTED) | {"explanation": ""}
    assert quiz_from_json(quiz_to_json([question])) == [question]


@pytest.mark.parametrize(
    "text",
    [
        f"[{POSTED}, {POSTED}]",
        f'{{"questions": [{POSTED}]}}',
        f'{{"quiz": [{POSTED}], "title": "indices"}}',
        f"\ufeff{POSTED}",
        POSTED.replace('"question"', '"Question"').replace('"choices"', '"CHOICES"'),
        POSTED.replace('"choices"', '"options"').replace('"answer"', '"correctAnswer"'),
        POSTED.replace('"answer": "j"', '"answer": ["j"]'),
        POSTED.replace('"answer": "j"', '"answer": " J "'),
        POSTED.replace('"answer": "j"', '"answer": 0'),
        POSTED.replace('"answer": "j"', '"answer": "0"'),
        POSTED.replace('"answer": "j"', '"answer": "a)"'),
        POSTED.replace('["j", "k", "l", "Both j and k"]', '{"w": "j", "x": "k"}'),
        POSTED.replace('["j", "k", "l", "Both j and k"]', '{"w": "j", "x": "k"}').replace(
            '"answer": "j"', '"answer": "W"'
        ),
        POSTED.replace('"creator": "A reader"', '"creator": null'),
    ],
)
def test_other_ways_to_write_it_are_read(text: str) -> None:
    for question in quiz_from_json(text):
        assert question["answer"] == "j"
        assert question["choices"][:2] == ["j", "k"]
        assert question["creationDate"].startswith("2020-05-02")
        assert quiz_from_json(quiz_to_json([question])) == [question]


def test_the_text_of_a_choice_goes_before_its_letter_and_its_position() -> None:
    def answer(choices: list[Any], value: Any) -> str:
        question = {"question": "?", "choices": choices, "answer": value}
        return quiz_from_json(json.dumps(question))[0]["answer"]

    assert answer(["2", "1", "0"], 0) == "0"
    assert answer([2, 1, 0], "2") == "2"
    assert answer(["b", "a", "c"], "a") == "a"
    assert answer(["x", "y"], "B") == "y"
    assert answer([True, False], False) == "false"
    assert answer([0.5, 1.5], 1.5) == "1.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the quiz is empty"),
        ("{", "the quiz is not valid JSON"),
        ("3", "the quiz must be a JSON object or a list of questions, got int"),
        ("[]", "the quiz has no question"),
        ("{}", "question 1 has no question and no choices and no answer; its keys are none"),
        ('["what?"]', "question 1 must be an object with question, choices and answer, got 'what"),
        (f'[{POSTED}, {{"question": "?"}}]', "question 2 has no choices and no answer"),
        ('{"questions": 3}', "questions must be a list of questions, got int"),
        ('{"fastbp_quiz": 2, "questions": []}', "the quiz has format 2, and this fastbp reads"),
        (POSTED.replace('"j", "k"', '"j", "j"'), "two choices are 'j'; leave one out"),
        (POSTED.replace('"answer": "j"', '"answer": "q"'), "answer is 'q'; expected one of"),
        (POSTED.replace('"answer": "j"', '"answer": 4'), "answer is 4; expected one of"),
        (POSTED.replace('"answer": "j"', '"answer": -1'), "answer is -1; expected one of"),
        (POSTED.replace('"answer": "j"', '"answer": null'), "answer is None; expected one of"),
        (POSTED.replace('"k"', "[1]"), "choice 2 must be a text or a number"),
        (POSTED.replace('"k"', '" "'), "choice 2 must be a text or a number"),
        ('{"question": "?", "choices": ["x"], "answer": 0}', "choices must be 2 to 16, got 1"),
        ('{"question": "?", "choices": "xy", "answer": 0}', "choices must be a list, got 'xy'"),
        ('{"question": " ", "choices": ["x", "y"], "answer": 0}', "question must be a text"),
        (POSTED.replace('"A reader"', "3"), "question 1: creator must be a text, got 3"),
        (POSTED.replace('"A reader"', '"A", "remarks": ["x"]'), "remarks must be a list with a"),
        (POSTED.replace('"A reader"', "NaN"), "NaN is not a JSON number"),
        ("[" * 5000, "nested too deeply|not valid JSON"),
    ],
)
def test_what_is_no_quiz_is_refused_by_question_and_reason(text: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        quiz_from_json(text)


def test_what_follows_a_list_is_no_json() -> None:
    with pytest.raises(FileFormatError, match="the quiz is not valid JSON: Extra data"):
        quiz_from_json(f'[{POSTED}], "title": "indices"')


@pytest.mark.parametrize("first", ["question", "Question"])
def test_of_keys_that_differ_in_capitals_the_lower_case_one_counts(first: str) -> None:
    texts = {"question": "small?", "Question": "large?"}
    posted = {first: texts[first]} | texts | {"choices": ["x", "y"], "answer": "x"}
    (question,) = quiz_from_json(json.dumps(posted))
    assert (question["question"], question["Question"]) == ("small?", "large?")


def test_half_a_surrogate_pair_is_written_as_it_was_read() -> None:
    questions = quiz_from_json(POSTED.replace("A reader", r"\ud83d"))
    text = quiz_to_json(questions)
    assert quiz_from_json(text.encode("utf-8")) == questions
    assert questions[0]["creator"] == "\ud83d"


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(FileFormatError, match="the quiz is not text in UTF-8"):
        quiz_from_json(POSTED.encode("utf-16"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 20) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["question", "choices", "answer", "questions", "quiz", "Options", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(VALUES)
def test_any_json_is_a_quiz_or_refused_with_a_reason(value: Any) -> None:
    try:
        questions = quiz_from_json(json.dumps(value))
    except FileFormatError:
        return
    assert all(question["answer"] in question["choices"] for question in questions)
    assert quiz_from_json(quiz_to_json(questions)) == questions
