"""What quizzes print: worksheets, certificates, and the file that progress is kept in."""

from __future__ import annotations

import json
import threading
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from page_reading import everything, parse

from fastbp.errors import FileFormatError
from fastbp.lessons import quiz
from fastbp.lessons.quizzes.certificate import certificate, certificate_page, is_earned
from fastbp.lessons.quizzes.progress import Progress, default_path
from fastbp.lessons.quizzes.worksheet import variants, worksheet

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e&\"'"


def assert_loads_nothing(page: str) -> None:
    root = parse(page)
    for element in everything(root):
        assert element.name not in ("img", "iframe", "link", "object")
        assert not {"src", "href", "onerror", "onload"} & set(element.attributes)
    policies = [e for e in everything(root) if "http-equiv" in e.attributes]
    assert "default-src 'none'" in policies[0].attributes["content"]


# ---------------------------------------------------------------- worksheets


def test_variants_have_the_same_kinds_and_other_numbers() -> None:
    sheets = variants(n_variants=5, n=3, seed=2)
    assert len({tuple(question["kind"] for question in sheet) for sheet in sheets}) == 1
    sheets = variants(n_variants=20, seed=1, kinds="update")
    assert len({sheet[0]["question"] for sheet in sheets}) == 20
    assert sheets == variants(n_variants=20, seed=1, kinds="update")
    assert sheets != variants(n_variants=20, seed=2, kinds="update")


def test_a_worksheet_has_every_variant_blank_and_then_solved() -> None:
    sheets = variants(n_variants=3, n=2, seed=4)
    page = worksheet(sheets, "Chain rule", "made with seed 4")
    assert_loads_nothing(page)
    articles = parse(page).all("article")
    assert len(articles) == 6
    for article, sheet in zip(articles, [*sheets, *sheets], strict=True):
        texts = [element.text for element in article.all("div", class_="text")]
        for question in sheet:
            assert question["question"] in texts
            assert set(question["choices"]) <= set(texts)
    for article in articles[:3]:
        assert "Name:" in article.text
        assert "Answer" not in article.text
        assert "seed" not in article.text
        assert not article.all("li", class_="right")
        assert not any(q["explanation"] in article.text for sheet in sheets for q in sheet)
    for article, sheet in zip(articles[3:], sheets, strict=True):
        assert "solved" in article.all("h1")[0].text
        assert article.all("footer")[0].text == "made with seed 4"
        right = [item.text for item in article.all("li", class_="right")]
        assert right == [question["answer"] for question in sheet]
        assert all(question["explanation"] in article.text for question in sheet)


def test_questions_of_others_stay_text_on_a_worksheet() -> None:
    question = {
        "question": HOSTILE,
        "choices": [f"1{HOSTILE}", f"2{HOSTILE}"],
        "answer": f"2{HOSTILE}",
        "explanation": HOSTILE,
    }
    page = worksheet([[question]], HOSTILE)
    assert_loads_nothing(page)
    assert "<img" not in page
    assert "Answer: b)" in page


@pytest.mark.parametrize("n_variants", [0, -1, 10**6])
def test_a_number_of_variants_out_of_range_is_refused(n_variants: int) -> None:
    with pytest.raises(ValueError, match="n_variants must be at"):
        variants(n_variants=n_variants)


# ---------------------------------------------------------------- certificates


def test_a_certificate_says_who_and_what_and_when() -> None:
    picture = certificate("Ada Lovelace", 9, 10, when=date(2026, 3, 1), note="fastbp quiz --seed 4")
    root = ElementTree.fromstring(picture)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Ada Lovelace" in texts
    assert "who answered 9 of 10 questions right" in texts
    assert "1 March 2026" in texts
    assert "fastbp quiz --seed 4" in texts
    page = certificate_page(picture)
    assert_loads_nothing(page)
    assert "Ada Lovelace" in page


def test_a_name_stays_text_and_fits() -> None:
    picture = certificate(HOSTILE, 8, 10)
    ElementTree.fromstring(picture)
    assert "<img" not in picture
    assert_loads_nothing(certificate_page(picture))
    # Widths of bold DejaVu Serif in parts of its height, as Chromium measures them.
    for name, width in {
        "x": 0.6,
        "W" * 80: 1.12 * 80,
        "H" * 20: 0.94 * 20,
        "n" * 80: 0.73 * 80,
        "李" * 40: 40,
        "WILLIAM MAKEPEACE THACKERAY": 868 / 42.1,
    }.items():
        root = ElementTree.fromstring(certificate(name, 8, 10))
        (element,) = (e for e in root.iter("{http://www.w3.org/2000/svg}text") if e.text == name)
        size = float(element.attrib["font-size"])
        assert 6 < size <= 44
        assert size * width <= 842 - 2 * 38  # the inner frame


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ", 8, 10), "name must have 1 to 80 characters, got 0"),
        (("x" * 81, 8, 10), "name must have 1 to 80 characters, got 81"),
        (("x", 11, 10), "right must be at most 10"),
        (("x", 0, 0), "asked must be at least 1"),
    ],
)
def test_a_certificate_of_nothing_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        certificate(*arguments)


def test_it_takes_four_fifths_of_ten_questions() -> None:
    assert [is_earned(right, 10) for right in (7, 8, 10)] == [False, True, True]
    assert not is_earned(9, 9)
    assert is_earned(16, 20)
    assert not is_earned(15, 20)


# ---------------------------------------------------------------- progress


def test_progress_is_kept_from_quiz_to_quiz(tmp_path: Path) -> None:
    path = tmp_path / "new" / "progress.json"
    assert Progress.load(path) == Progress()
    for _ in range(2):
        progress = Progress.load(path)
        progress.add((question["kind"], i % 2 == 0) for i, question in enumerate(quiz(n=20)))
        progress.save(path)
    progress = Progress.load(path)
    assert (progress.quizzes, progress.asked, progress.right) == (2, 40, 20)
    assert all(counts["asked"] == 2 for counts in progress.kinds.values())


def test_quizzes_that_end_at_the_same_time_are_all_counted(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    barrier = threading.Barrier(8)

    def record() -> None:
        barrier.wait()
        Progress.record(path, [("update", True), ("z", False)])

    threads = [threading.Thread(target=record) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress = Progress.load(path)
    assert (progress.quizzes, progress.asked, progress.right) == (8, 16, 8)
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"fastbp_quiz_progress": 2, "kinds": {}}',
        b'{"fastbp_quiz_progress": 1, "kinds": []}',
        b'{"fastbp_quiz_progress": 1, "kinds": {}, "quizzes": -1}',
        b'{"fastbp_quiz_progress": 1, "kinds": {"z": 3}, "quizzes": 1}',
        b'{"fastbp_quiz_progress": 1, "kinds": {"z": {"asked": 1, "right": 2}}, "quizzes": 1}',
        b'{"fastbp_quiz_progress": 1, "kinds": {"z": {"asked": true, "right": 0}}, "quizzes": 1}',
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "progress.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"progress\.json"):
        Progress.load(path)
    assert path.read_bytes() == content


def test_the_default_place_is_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert default_path({"XDG_DATA_HOME": "/data"}) == Path("/data/fastbp/quiz.json")
    # A relative path there is to be ignored, says the specification.
    for environment in ({}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "data"}):
        assert default_path(environment) == Path("/home/ada/.local/share/fastbp/quiz.json")


def test_the_file_is_json_for_people(tmp_path: Path) -> None:
    progress = Progress()
    progress.add([("update", True)])
    progress.save(tmp_path / "p.json")
    assert json.loads((tmp_path / "p.json").read_text("utf-8")) == {
        "fastbp_quiz_progress": 1,
        "quizzes": 1,
        "kinds": {"update": {"asked": 1, "right": 1}},
    }
