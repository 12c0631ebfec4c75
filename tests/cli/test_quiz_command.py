"""`fastbp quiz` with a keyboard that is a string: answers, slips, the end of the input, Ctrl-C."""

from __future__ import annotations

import builtins
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from string import ascii_lowercase

import pytest
from command_line import refused, run
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test

from fastbp import Network
from fastbp.cli import quiz as quiz_command
from fastbp.cli.command import main
from fastbp.lessons import quiz, quiz_from_json
from fastbp.lessons.quizzes.progress import Progress
from fastbp.lessons.quizzes.table import KINDS

SEED = 12


def letters(n=10, *, right=True, seed=SEED, net=None, kinds=None):
    """The letters of right, or of wrong, answers to a quiz."""
    answers = []
    for question in quiz(net, n, seed, kinds=kinds):
        place = question["choices"].index(question["answer"])
        answers.append(ascii_lowercase[place if right else place - 1 if place else 1])
    return answers


@pytest.fixture
def typing(monkeypatch, capsys):
    """Run a command with lines typed into it; return its exit code and what it printed."""

    def run_with(lines, *arguments):
        text = "".join(f"{line}\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        capsys.readouterr()
        code = main(["quiz", *arguments])
        captured = capsys.readouterr()
        assert captured.err == ""
        return code, captured.out

    return run_with


def test_a_quiz_answered_right_and_its_score(typing):
    code, out = typing(letters(), "--seed", str(SEED))
    assert code == 0
    assert "10 of 10 right" in out
    assert out.count("Right.") == 10
    assert "To practise" not in out
    for question in quiz(n=10, seed=SEED):
        for line in question["question"].split("\n"):
            assert all(word in out for word in line.split())
    assert all(len(line) <= 80 for line in out.split("\n"))


def test_wrong_answers_are_explained_by_their_mistake(typing):
    code, out = typing(letters(right=False), "--seed", str(SEED))
    assert code == 0
    assert "0 of 10 right" in out
    assert out.count("No, the answer is") == 10
    kinds = re.search(r"To practise: fastbp quiz ([^$]*)", out)[1].split()
    assert set(kinds) - {"--kind"} == {question["kind"] for question in quiz(n=10, seed=SEED)}


def test_letters_capitals_and_the_text_of_a_choice_are_answers(typing):
    (question,) = quiz(n=1, seed=SEED, kinds="z")
    (letter,) = letters(1, kinds="z")
    for answer in (letter.upper(), f" {letter}) ", f"({letter})", question["answer"]):
        _, out = typing([answer], "--seed", str(SEED), "--kind", "z", "--n", "1")
        assert "1 of 1 right" in out


def test_what_is_no_answer_is_asked_again(typing):
    slips = ["", "z", "7", "a b", "\x1b[A", "δ", "--help", "ja" * 1000]
    code, out = typing(
        [*slips, *letters(1, kinds="z")], *["--n", "1", "--kind", "z", "--seed"], str(SEED)
    )
    assert code == 0
    assert out.count("Please type one of") == len(slips)
    assert "1 of 1 right" in out


def test_the_end_of_the_input_ends_the_quiz_with_a_score(typing):
    code, out = typing(letters()[:3], "--seed", str(SEED))
    assert code == 0
    assert "3 of 3 right (7 questions not answered)" in out
    code, out = typing([], "--seed", str(SEED))
    assert code == 0
    assert "0 of 0 right (10 questions not answered)" in out


@pytest.mark.parametrize("word", ["q", "Q", "quit", "exit"])
def test_q_ends_it_too(typing, word):
    code, out = typing([*letters()[:2], word, "a"], "--seed", str(SEED))
    assert code == 0
    assert "2 of 2 right (8 questions not answered)" in out


def test_ctrl_c_ends_it_with_score_and_progress_and_the_code_of_an_interrupt(typing, monkeypatch):
    answers = iter(letters()[:4])

    def typed(prompt):
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(builtins, "input", typed)
    code, out = typing([], "--seed", str(SEED), "--progress", "p.json")
    assert code == 130
    assert "4 of 4 right (6 questions not answered)" in out
    assert json.loads(Path("p.json").read_text("utf-8"))["quizzes"] == 1


def test_a_process_with_a_pipe_is_asked_and_answers():
    process = run("quiz", "--seed", str(SEED), "--n", "2", stdin=-1)
    out, err = process.communicate("\n".join(letters(2)), timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "2 of 2 right" in out


def test_bytes_that_are_no_text_are_no_answer():
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    command = [sys.executable, "-m", "fastbp", "quiz", "--seed", str(SEED), "--n", "2"]
    typed = b"\xff\xfe\n\x00\n" + "\n".join(letters(2)).encode()
    done = subprocess.run(command, input=typed, capture_output=True, env=environment, check=True)
    assert done.stderr == b""
    assert done.stdout.count(b"Please type one of") == 2
    assert b"2 of 2 right" in done.stdout


def test_ascii_has_no_other_letter(typing):
    code, out = typing(letters(20), "--seed", str(SEED), "--n", "20", "--ascii")
    assert code == 0
    assert out.isascii()
    assert "delta" in out


def test_the_signs_of_a_derivation_stand_in_a_column_in_ascii_too(typing):
    wrong = ["a"] * 6
    for options in ([], ["--ascii"]):
        _, out = typing(wrong, "--seed", "5", "--n", "6", "--kind", "output-delta", *options)
        lines = out.split("\n")
        columns = [
            (lines[i - 1].index(" = "), line.index("= ") - 1)
            for i, line in enumerate(lines)
            if line.lstrip().startswith("= ")
        ]
        assert len(columns) > 6
        assert all(above == below for above, below in columns)


def test_without_a_seed_each_quiz_is_new_and_names_its_seed(typing):
    _, first = typing([], "--n", "3")
    _, second = typing([], "--n", "3")
    assert first != second
    seed = re.search(r"--seed (\d+)", first)[1]
    _, again = typing([], "--n", "3", "--seed", seed)
    assert again == first


def test_kinds_are_listed_and_chosen(typing):
    code, out = typing([], "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(KINDS)
    assert all(kind.words in out for kind in KINDS.values())
    _, out = typing([], "--kind", "update", "--kind", "z", "--json", "-", "--n", "6", "--seed", "1")
    assert {question["kind"] for question in quiz_from_json(out)} == {"update", "z"}


def test_a_model_of_ones_own_is_asked_about(typing):
    net = Network([3, 4, 2], "tanh", seed=3)
    net.save("mine.fastbp")
    answers = letters(5, net=net)
    code, out = typing(answers, "mine.fastbp", "--n", "5", "--seed", str(SEED))
    assert code == 0
    assert "5 of 5 right" in out
    assert f"fastbp quiz mine.fastbp --seed {SEED} --n 5\n" in out


def test_a_quiz_is_written_and_asked_from_the_file(typing):
    code, out = typing([], "--json", "quiz.json", "--n", "4", "--seed", str(SEED))
    assert code == 0
    assert out == "4 questions saved in quiz.json\n"
    assert quiz_from_json(Path("quiz.json").read_bytes()) == quiz(n=4, seed=SEED)
    code, out = typing(letters(4), "--read", "quiz.json")
    assert code == 0
    assert "4 of 4 right" in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_standard_output_is_json_in_any_encoding(encoding):
    question = {"question": "δ · \U0001f600", "choices": ["x", "y"], "answer": "x"}
    Path("posted.json").write_text(json.dumps(question), "utf-8")
    command = [sys.executable, "-m", "fastbp", "quiz", "--read", "posted.json", "--json", "-"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert quiz_from_json(done.stdout) == quiz_from_json(json.dumps(question))


def test_a_readers_questions_are_asked_and_stay_text(typing):
    question = {
        "question": "Which?\x1b[2J\n  two\u202e lines",
        "choices": ["x\x1b]0;title\x07", "y" * 200],
        "answer": 1,
        "creator": "a reader",
    }
    Path("posted.json").write_text(json.dumps(question), "utf-8")
    code, out = typing(["a"], "--read", "posted.json", "--progress", "p.json")
    assert code == 0
    assert not set(out) & {"\x1b", "\x07", "\u202e"}
    assert "No, the answer is b." in out
    assert "Question 1 of 1, by a reader" in out
    assert "To practise" not in out
    assert json.loads(Path("p.json").read_text("utf-8"))["kinds"] == {
        "other": {"asked": 1, "right": 0}
    }


def test_a_kind_that_a_file_names_is_not_put_into_a_command(typing):
    question = {"question": "?", "choices": ["x", "y"], "answer": "x", "kind": "z; rm -rf /"}
    Path("posted.json").write_text(json.dumps([question, {**question, "kind": "z"}]), "utf-8")
    _, out = typing(["b", "b"], "--read", "posted.json")
    assert "To practise: fastbp quiz --kind z\n" in out
    assert "rm" not in out


def test_a_choice_that_two_texts_could_be_is_asked_again(typing):
    question = {"question": "?", "choices": ["Yes", "yes", "no"], "answer": "yes"}
    Path("posted.json").write_text(json.dumps(question), "utf-8")
    _, out = typing(["yes", "b"], "--read", "posted.json")
    assert out.count("Please type one of") == 1
    assert "1 of 1 right" in out


@pytest.mark.parametrize("columns", [40, 3])
def test_lines_are_wrapped_at_a_narrow_terminal(typing, monkeypatch, columns):
    monkeypatch.setattr(quiz_command, "columns_of", lambda stream: columns)
    code, out = typing(letters(20), "--n", "20", "--seed", str(SEED))
    assert code == 0
    texts = [line for line in out.split("\n") if not line.startswith(("To repeat", "Your answer"))]
    assert max(map(len, texts)) <= max(columns, 40)
    assert "20 of 20 right" in out


def test_quizzes_that_end_while_another_is_asked_are_counted_too(typing, monkeypatch):
    typed = iter(letters(2))

    def answer(prompt):
        other = Progress.load(Path("p.json"))
        other.add([("z", True)])
        other.save(Path("p.json"))
        return next(typed)

    monkeypatch.setattr(builtins, "input", answer)
    _, out = typing([], "--seed", str(SEED), "--n", "2", "--progress", "p.json")
    assert "All quizzes so far: 4 of 4 right" in out


def test_a_model_with_a_space_in_its_name_is_named_for_a_shell(typing):
    Network([3, 4, 2], "tanh", seed=3).save("my net.fastbp")
    _, out = typing([], "my net.fastbp", "--n", "1", "--seed", "2")
    assert "To repeat this quiz: fastbp quiz 'my net.fastbp' --seed 2 --n 1\n" in out


def test_progress_adds_up_and_has_a_place_of_its_own(typing, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for round_number in (1, 2):
        _, out = typing(letters(3), "--seed", str(SEED), "--n", "3", "--progress")
        assert f"All quizzes so far: {3 * round_number} of {3 * round_number} right" in out
    assert (tmp_path / "data" / "fastbp" / "quiz.json").exists()
    # A quiz without an answer is none.
    before = (tmp_path / "data" / "fastbp" / "quiz.json").read_bytes()
    typing([], "--progress")
    assert (tmp_path / "data" / "fastbp" / "quiz.json").read_bytes() == before


@pytest.mark.parametrize("name", ["mine.svg", "mine.html"])
def test_a_certificate_is_written_when_it_is_earned(typing, name):
    options = ("--seed", str(SEED), "--certificate", name, "--name", "Ada <b>")
    answers = letters()
    _, out = typing([*letters(right=False)[:3], *answers[3:]], *options)
    assert "No certificate yet: it takes 80% right answers to at least 10 questions." in out
    assert not Path(name).exists()
    _, out = typing(answers, *options)
    assert f"Certificate saved in {name}" in out
    text = Path(name).read_text("utf-8")
    assert "Ada &lt;b&gt;" in text
    assert f"fastbp quiz --seed {SEED}" in text


def test_worksheets_are_written(typing):
    arguments = ["--worksheet", "sheets.html", "--variants", "3", "--kind", "update", "--seed", "5"]
    code, out = typing([], *arguments)
    assert code == 0
    assert out == ("3 variants of 1 question, blank and solved, saved in sheets.html (--seed 5)\n")
    page = Path("sheets.html").read_text("utf-8")
    assert page.count("<article") == 6
    command = "fastbp quiz --seed 5 --kind update --variants 3 --worksheet sheets.html"
    assert page.count(command) == 3  # below each solved sheet
    typing([], *["--worksheet", "sheets.html", "--n", "2", "--seed", "5"])
    assert Path("sheets.html").read_text("utf-8").count("<article") == 10


def test_options_that_do_not_go_together_are_refused(capsys):
    Path("q.json").write_text('{"question": "?", "choices": ["x", "y"], "answer": "x"}', "utf-8")
    Path("bad.json").write_text("{", "utf-8")
    for arguments, message in {
        ("--kind", "sum"): "--kind must be one of 'weight'",
        ("--n", "0"): "'0' is not a whole number >= 1",
        ("--read", "q.json", "--seed", "3"): "--seed: not with --read",
        ("--read", "q.json", "--kind", "z"): "--kind: not with --read",
        ("--read", "none.json"): "none.json: No such file or directory",
        ("--read", "bad.json"): "the quiz is not valid JSON",
        ("--variants", "3"): "--variants is for worksheets",
        ("--worksheet", "w.html", "--json", "x.json"): "--json: not with --worksheet",
        ("--worksheet", "w.pdf"): "--worksheet is w.pdf, but what is written is a page",
        ("--worksheet", "no/w.html"): "there is no folder no",
        ("--json", "q.json", "--read", "q.json"): "--json is q.json, a file that is read",
        ("--json", "x.json", "--progress", "p.json"): "--progress: not with --json",
        ("--certificate", "c.svg"): "--certificate FILE and --name NAME go together",
        ("--certificate", "c.pdf", "--name", "A"): "give a name that ends in .svg or .html",
        ("--certificate", "c.svg", "--name", " "): "--name has 0 characters",
        ("--progress", "bad.json"): "the file bad.json is not valid JSON",
        ("none.fastbp",): "none.fastbp",
    }.items():
        assert message in refused(capsys, "quiz", *arguments), arguments
    assert sorted(path.name for path in Path().iterdir()) == ["bad.json", "q.json"]
