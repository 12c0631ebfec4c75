"""The quiz of the explorer's page: its questions, and who is asked what."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refused, train_flowers
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from page_reading import Element, parse

from fastbp import Activation, FileFormatError, Loss, Network
from fastbp.cli.command import main
from fastbp.lessons import quiz, quiz_from_json, quiz_to_json
from fastbp.lessons.explorer import explore

HOSTILE = "</script></style><script>hurt=1</script><img src=x onerror=hurt=1>&amp;\u2028"
X, Y = [[0.0, 1.0], [1.0, 1.0]], [1, 0]


def read(path: str = "page.html") -> tuple[str, Element, Any]:
    text = Path(path).read_text("utf-8")
    root = parse(text)
    (data,) = root.all("script", type="application/json")
    return text, root, json.loads(data.text)["quiz"]


def test_questions_are_the_quizs_about_that_network() -> None:
    net = Network([2, 3, 1], seed=4)
    net.explore("page.html", X, Y, title="Mine", quiz=12, quiz_seed=7)
    _, root, data = read()
    assert data["questions"] == quiz(net, 12, 7)
    assert 'They are about "Mine"' in data["about"]
    assert data["drawn"]
    assert len(root.all("fieldset")) == 1
    net.explore("page.html", X, Y)
    assert read()[2]["questions"] == quiz(net, 10, 0)


def test_the_built_in_page_asks_as_the_command_does() -> None:
    explore(None, "page.html")
    _, _, data = read()
    assert data["questions"] == quiz(n=10, seed=0)
    assert data["note"] == "fastbp quiz --n 10 --seed 0"
    assert not data["drawn"]


def test_a_page_without_a_quiz_has_none_of_it() -> None:
    for none in (0, []):
        Network([2, 1], seed=0).explore("page.html", X, Y, quiz=none)
        text, root, data = read()
        assert data is None
        assert not root.all("fieldset")
        assert "localStorage" not in text
        assert "quiz-marks" not in text


def test_a_page_is_the_same_for_the_same_seed() -> None:
    net = Network([2, 3, 1], seed=4)
    pages = []
    for seed in (3, 3, 4):
        net.explore("page.html", X, Y, quiz_seed=seed)
        pages.append(Path("page.html").read_bytes())
    assert pages[0] == pages[1] != pages[2]
    assert len({json.dumps(read()[2]["id"]) for _ in range(2)}) == 1


def test_a_teachers_own_questions_are_asked() -> None:
    posted = '{"question": "Which?", "options": ["j", "k"], "correct": "b", "creator": "a reader"}'
    own = quiz_from_json(posted)
    Network([2, 1], seed=0).explore("page.html", X, Y, quiz=own)
    _, _, data = read()
    assert data["questions"] == own
    assert data["questions"][0]["answer"] == "k"
    assert not data["drawn"]


def test_questions_stay_text() -> None:
    own = [
        {
            "question": HOSTILE,
            "choices": [f"{HOSTILE}0", f"{HOSTILE}1"],
            "answer": f"{HOSTILE}1",
            "explanation": HOSTILE,
            "creator": HOSTILE,
        }
    ]
    Network([2, 1], seed=0).explore("page.html", X, Y, title=HOSTILE, quiz=own)
    text, root, data = read()
    assert "<img" not in text
    assert len(root.all("script")) == 2
    assert data["questions"][0]["choices"][1] == f"{HOSTILE}1"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"quiz": -1}, ValueError, "quiz must be at least 0"),
        ({"quiz": 201}, ValueError, "quiz must be at most 200"),
        ({"quiz": "ten"}, TypeError, "quiz must be"),
        ({"quiz": True}, TypeError, "quiz must be"),
        ({"quiz": ["Which?"]}, TypeError, "quiz must be a number of questions or a list of dicts"),
        ({"quiz": [{"question": "Which?"}]}, FileFormatError, "question 1 has no choices"),
        ({"quiz": [{}] * 201}, ValueError, "quiz has 201 questions, expected at most 200"),
        ({"quiz_seed": -1}, ValueError, "quiz_seed must be at least 0"),
    ],
)
def test_what_is_no_quiz_is_refused_and_nothing_is_written(
    arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Network([2, 1], seed=0).explore("page.html", X, Y, **arguments)
    assert not Path("page.html").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"sizes": [1, 1]},
        {"sizes": [784, 128, 10], "activation": "relu"},
        {"sizes": [2, 1], "bias": False, "initializer": "zeros"},
        {"sizes": [2, 2, 1], "activation": Activation(np.sin, np.cos)},
        {
            "sizes": [2, 1],
            "loss": Loss(lambda a, y: ((a - y) ** 4).sum(1), lambda a, y: 4 * (a - y) ** 3),
        },
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_every_network_has_questions(options: dict[str, Any]) -> None:
    net = Network(**({"seed": 0} | options))
    x = np.random.default_rng(0).random((1, net.sizes[0]))
    net.explore("page.html", x, np.zeros((1, net.sizes[-1])))
    assert len(read()[2]["questions"]) == 10


def test_the_command_chooses_the_quiz(capsys: Any) -> None:
    assert main(["explore", "--quiz", "3", "--quiz-seed", "5"]) == 0
    assert read("explorer.html")[2]["questions"] == quiz(n=3, seed=5)
    assert main(["explore", "--quiz", "0"]) == 0
    assert read("explorer.html")[2] is None
    questions = quiz(n=4, seed=9, kinds=["update", "z"])
    Path("own.json").write_text(quiz_to_json(questions), "utf-8")
    train_flowers()
    model = ("explore", "flowers.safetensors", "--data", "flowers.csv")
    assert main([*model, "--questions", "own.json"]) == 0
    assert read("explorer.html")[2]["questions"] == questions
    error = refused(capsys, *model, "--questions", "own.json", "--quiz-seed", "1")
    assert "--quiz-seed: not with --questions" in error
    error = refused(capsys, *model, "--questions", "own.json", "--out", "own.json")
    assert "a file that is read" in error
    Path("own.json").write_text("{}", "utf-8")
    assert "question 1 has no question" in refused(capsys, *model, "--questions", "own.json")
