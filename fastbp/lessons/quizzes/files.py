"""Quizzes as JSON: what a page or another program reads, and what readers of the course post."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from fastbp.errors import FileFormatError
from fastbp.inputs.scalars import short_repr
from fastbp.model_file.strict_json import parse_value

MOST_CHOICES = 16  # lettered a to p: q is for quitting
_VERSION_KEY, _VERSION = "fastbp_quiz", 1
_LISTS = ("questions", "quiz")  # keys of an object that holds several questions
#: What a key of a question is called elsewhere, in lower case.
_OTHER_NAMES = {
    "choices": ("options", "answers"),
    "answer": ("correct", "correctanswer", "correct_answer", "solution"),
    "explanation": ("feedback", "rationale"),
    "creationDate": ("creationdate", "creation_date", "date"),
}
_TEXTS = ("explanation", "kind", "creator", "creationDate")


def quiz_to_json(questions: Sequence[Mapping[str, Any]]) -> str:
    """Write a quiz as JSON: an object with the list ``questions``.

    Parameters
    ----------
    questions : sequence of dict
        As :func:`fastbp.lessons.quiz` or :func:`quiz_from_json` returns them.

    Returns
    -------
    str
        ``{"fastbp_quiz": 1, "questions": [...]}``, with the dicts as they are.

    Examples
    --------
    >>> from fastbp.lessons import quiz, quiz_from_json, quiz_to_json
    >>> questions = quiz(n=3, seed=5)
    >>> quiz_from_json(quiz_to_json(questions)) == questions
    True
    """
    document = {_VERSION_KEY: _VERSION, "questions": [dict(question) for question in questions]}
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    # Half a surrogate pair is no UTF-8: it stays the escape that it was read from.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def quiz_from_json(text: str | bytes) -> list[dict[str, Any]]:
    """Read a quiz from JSON: one that fastbp wrote, or questions of other authors.

    Parameters
    ----------
    text : str or bytes
        One question, a list of them, or an object with a list ``questions`` or ``quiz``. A
        question is an object with ``question``, ``choices`` (2 to 16 different ones) and
        ``answer``: the text of the right choice, its letter, or its position from 0.
        ``explanation``, ``creator`` and ``creationDate`` are kept, and so is all else. Keys may be
        in capitals; ``options`` are choices too, and ``correct`` or ``correctAnswer`` an answer.

    Returns
    -------
    list of dict
        Each with ``question``, ``choices``, ``answer`` (the text of the right choice) and
        ``explanation`` ("" if there is none).

    Raises
    ------
    FileFormatError
        If it is no JSON, or a question lacks something; the message says which question, and what.

    Examples
    --------
    >>> posted = '''{"question": "In w_jk^(l), which index is a node of layer l?",
    ...   "choices": ["j", "k"], "answer": "j", "creator": "a reader",
    ...   "creationDate": "2020-05-01"}'''
    >>> question, = quiz_from_json(posted)
    >>> question["answer"], question["creator"]
    ('j', 'a reader')
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileFormatError(f"the quiz is not text in UTF-8: {error}") from None
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise FileFormatError('the quiz is empty; expected JSON such as {"questions": [...]}')
    questions = _listed(parse_value(text, "quiz"))
    if not questions:
        raise FileFormatError("the quiz has no question")
    return [_question(value, f"question {i}") for i, value in enumerate(questions, 1)]


def _listed(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise FileFormatError(
            f"the quiz must be a JSON object or a list of questions, got {type(document).__name__}"
        )
    version = document.get(_VERSION_KEY, _VERSION)
    if version != _VERSION:
        raise FileFormatError(
            f"the quiz has format {short_repr(version)}, and this fastbp reads format {_VERSION}; "
            "install a newer one"
        )
    lowered = {key.lower(): value for key, value in document.items()}
    for key in _LISTS:
        value = lowered.get(key)
        if isinstance(value, list):
            return value
        if value is not None and "question" not in lowered:
            raise FileFormatError(f"{key} must be a list of questions, got {type(value).__name__}")
    return [document]


def _question(value: Any, label: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileFormatError(
            f"{label} must be an object with question, choices and answer, got "
            f"{short_repr(value)} ({type(value).__name__})"
        )
    result = _with_our_names(value, label)
    text = result["question"]
    if not isinstance(text, str) or not text.strip():
        raise FileFormatError(f"{label}: question must be a text, got {short_repr(text)}")
    keys, result["choices"] = _choices(result["choices"], label)
    result["answer"] = _answer(result["answer"], result["choices"], keys, label)
    result.setdefault("explanation", "")
    for name in _TEXTS:
        if result.get(name) is None:
            result.pop(name, None)
        elif not isinstance(result[name], str):
            raise FileFormatError(f"{label}: {name} must be a text, got {short_repr(result[name])}")
    result.setdefault("explanation", "")
    remarks = result.get("remarks")
    if remarks is not None and not (
        isinstance(remarks, list)
        and len(remarks) == len(result["choices"])
        and all(isinstance(remark, str) for remark in remarks)
    ):
        raise FileFormatError(f"{label}: remarks must be a list with a text for each choice")
    return result


def _with_our_names(value: dict[str, Any], label: str) -> dict[str, Any]:
    """Rename keys to ours; an own name goes before another one's."""
    # Of keys that differ in capitals alone the one in lower case counts.
    lowered = {key.lower(): key for key in value} | {key: key for key in value if key.islower()}
    taken: dict[str, str] = {}
    for name in ("question", "choices", "answer", *_TEXTS):
        for other in (name.lower(), *_OTHER_NAMES.get(name, ())):
            if other in lowered and lowered[other] not in taken.values():
                taken[name] = lowered[other]
                break
    missing = [name for name in ("question", "choices", "answer") if name not in taken]
    if missing:
        raise FileFormatError(
            f"{label} has no {' and no '.join(missing)}; its keys are "
            f"{', '.join(map(short_repr, value)) or 'none'}"
        )
    ours = {key: name for name, key in taken.items()}
    return {ours.get(key, key): item for key, item in value.items()}


def _choices(value: Any, label: str) -> tuple[list[str], list[str]]:
    """The keys of the choices, if they have any, and their texts."""
    keys: list[str] = []
    if isinstance(value, dict):
        keys, value = list(value), list(value.values())
    if not isinstance(value, list):
        raise FileFormatError(f"{label}: choices must be a list, got {short_repr(value)}")
    if not 2 <= len(value) <= MOST_CHOICES:
        raise FileFormatError(
            f"{label}: choices must be 2 to {MOST_CHOICES}, got {len(value)} of them"
        )
    texts = [_text(item, f"{label}: choice {i}") for i, item in enumerate(value, 1)]
    repeated = [text for i, text in enumerate(texts) if text in texts[:i]]
    if repeated:
        raise FileFormatError(f"{label}: two choices are {short_repr(repeated[0])}; leave one out")
    return keys, texts


def _text(value: Any, label: str) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise FileFormatError(f"{label} must be a text or a number, got {short_repr(value)}")


def _answer(value: Any, choices: list[str], keys: list[str], label: str) -> str:
    """Find the right choice, by its text if that can be, else by its key, letter or position."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, (str, bool, int, float)):
        text = value if isinstance(value, str) else json.dumps(value)
        letters = [ascii_lowercase[i] for i in range(len(choices))]
        positions = [str(i) for i in range(len(choices))]
        readings: list[tuple[list[str], Callable[[str], str]]] = [
            (choices, str),
            (choices, lambda text: text.strip().casefold()),
            (keys, lambda text: text.strip().casefold()),
            (letters, lambda text: text.strip().rstrip(".)").casefold()),
            (positions, str.strip),
        ]
        for names, simplified in readings:
            matches = [i for i, name in enumerate(names) if simplified(name) == simplified(text)]
            if len(matches) == 1:
                return choices[matches[0]]
    raise FileFormatError(
        f"{label}: answer is {short_repr(value)}; expected one of the choices "
        f"({', '.join(map(short_repr, choices))}), its letter, or its position from 0"
    )
