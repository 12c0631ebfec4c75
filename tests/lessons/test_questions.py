"""`fastbp explain --ask`: every question has an answer, in numbers that are computed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from notation_reading import Numbers

from fastbp import SGD
from fastbp.cli.command import main
from fastbp.lessons import answers, further_answers
from fastbp.lessons.document import HeadingBlock, TextBlock
from fastbp.lessons.networks import small_network
from fastbp.lessons.notations import NOTATIONS
from fastbp.lessons.questions import QUESTIONS, SIZES, answer, find
from fastbp.lessons.renderers import RENDERERS, render

ALL = range(1, len(QUESTIONS) + 1)


def text_of(title: str) -> str:
    """The answer of the question with these words in it."""
    number = next(i for i in ALL if title in QUESTIONS[i - 1].text)
    return render(answer(number))


def test_the_list_has_every_question(capsys: Any) -> None:
    assert main(["explain", "--ascii", "--ask"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for i in ALL:
        assert f" {i} {QUESTIONS[i - 1].text.replace('Σ', 'sum')}" in text


@pytest.mark.parametrize("number", ALL)
def test_a_question_is_answered_by_its_number_and_by_its_own_words(
    number: int, capsys: Any
) -> None:
    assert main(["explain", "--ask", str(number)]) == 0
    by_number = capsys.readouterr().out
    assert by_number.startswith(f"{number}. ")
    assert main(["explain", "--ask", *QUESTIONS[number - 1].text.split()]) == 0
    assert capsys.readouterr().out == by_number
    lines = render(answer(number)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1].strip()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("bias", "Where is the bias"),
        ("old weights", "old or the new"),
        ("j++", "never end"),
        ("initialization", "first weights"),
        ("Σ", "in code"),
        ("sigma", "in code"),
        ("jvp", "linear map"),
        ("MATHS", "maths"),
        ("blurs", "noise"),
        ("rnn", "recurrent"),
    ],
)
def test_a_question_is_found_by_words(words: str, title: str) -> None:
    found = find(words)
    assert len(found) == 1
    assert title in QUESTIONS[found[0] - 1].text


def test_several_that_fit_equally_are_listed(capsys: Any) -> None:
    assert len(find("weights")) > 1
    assert main(["explain", "--ask", "weights"]) == 0
    text = capsys.readouterr().out
    assert "first weights" in text
    assert "Where is the bias" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0"], "there is no question 0; they are 1 to 15"),
        (["-3"], "there is no question -3"),
        (["16"], "there is no question 16"),
        (["zebra"], "no question has one of these words: 'zebra'; fastbp explain --ask lists"),
        (["the", "of"], "no question has one of these words: 'the of'"),
        (["1", "--l", "2"], "--l: not with --ask"),
        (["1", "--seed", "0"], "--seed: not with --ask"),
        (["1", "--example", "mazur"], "--example: not with --ask"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    arguments: list[str], message: str, capsys: Any
) -> None:
    assert main(["explain", "--ask", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("format", RENDERERS)
def test_every_answer_can_be_written_in_every_way(format: str, notation: str) -> None:
    for number in ALL:
        assert len(render(answer(number), format, notation)) > 300


@pytest.mark.parametrize("number", ALL)
def test_nodes_and_layers_among_words_are_counted_as_the_notation_does(number: int) -> None:
    """So a number of one is never typed: Nielsen's node 2 is the course's node 1."""
    for block in answer(number).blocks:
        if isinstance(block, (TextBlock, HeadingBlock)):
            typed = "".join(piece if isinstance(piece, str) else "#" for piece in block.pieces)
            assert not re.search(r"\b(?:nodes?|layers?) \d", typed, re.I), typed


@pytest.mark.parametrize(
    ("notation", "title", "parts"),
    [
        ("course", "j and k", ["from node 2 of", "to node 1 of", "as in layer 2: w_12^(2)"]),
        ("nielsen", "j and k", ["from node 3 of", "to node 2 of", "as in layer 3: w^3_23"]),
        ("ng", "j and k", ["from node 3 of", "to node 2 of", "as in layer 2: w^[2]_23"]),
        ("keras", "j and k", ["from node 2 of", "to node 1 of", "as in layer 2: kernel2[2, 1]"]),
        ("nielsen", "bias", ["here node 2 of the last layer: z^L_2 ="]),
        ("nielsen", "widths", ["by k 2 3 4 3 x 4 3 3 3", "Layer 2 has 3 nodes", "z^2_3 ="]),
        ("nielsen", "first weights", ["into node 1 that seed 0 draws: w^2_11"]),
        ("nielsen", "to the output", ["From node 3 of layer L-1", "∂C_x/∂a^(L-1)_3 ="]),
        ("pytorch", "never end", ["loss = sum((a3[j] - y[j])**2 for j in range(2))"]),
    ],
)  # fmt: skip
def test_an_answer_in_another_notation_counts_so(
    notation: str, title: str, parts: list[str]
) -> None:
    number = next(i for i in ALL if title in QUESTIONS[i - 1].text)
    text = " ".join(render(answer(number), notation=notation).split())
    for part in parts:
        assert part in text, part


@pytest.mark.parametrize("number", ALL)
def test_a_negative_number_after_a_sign_stands_in_brackets(number: int) -> None:
    assert not re.search(r"[·+] -\d", render(answer(number)))


def numbers_in(text: str) -> list[float]:
    return [float(digits) for digits in re.findall(r"-?\d+\.\d{6,}(?:e[-+]\d+)?", text)]


def shown(value: float, text: str) -> bool:
    return f"{value:.7f}" in text


def spec() -> Numbers:
    return Numbers(*small_network(SIZES))


def test_lines_with_numbers_come_to_the_result_below_them() -> None:
    """Each formula in numbers is computed again: within what its digits can be off."""
    n_lines = 0
    for number in ALL:
        lines = render(answer(number)).replace(" \\\n", "\n").splitlines()
        for i, line in enumerate(lines):
            head, equals, right = line.partition(" = ")
            following = [later for later in lines[i + 1 : i + 5] if later.strip()]
            result = next((later for later in following if later.startswith(f"{head} = ")), None)
            if "^" not in head or not equals or result is None or re.search(r"[A-Za-z_Σδ]", right):
                continue
            terms = [right]
            for later in lines[i + 1 :]:
                if not later.strip().startswith("+"):
                    break
                terms.append(later.strip())
            formula = " ".join(terms).replace("·", "*").replace("²", "**2")
            if formula.strip() == result.partition(" = ")[2].strip():
                continue
            assert eval(formula) == pytest.approx(float(result.partition(" = ")[2]), abs=1e-6)
            n_lines += 1
    assert n_lines >= 9


def test_the_answers_have_the_specifications_numbers() -> None:
    s, L = spec(), len(SIZES) - 1
    dC_da = s.dC_da(L - 1, 2)
    assert shown(s.z[L][1], text_of("bias"))
    assert shown(s.delta[L][1], text_of("bias"))
    assert shown(s.z[1][2], text_of("widths"))
    assert shown(dC_da, text_of("widths"))
    assert shown(s.w[L][1][2], text_of("j and k"))
    assert shown(s.a[L][1] * (1 - s.a[L][1]), text_of("output a"))
    assert shown(s.dC_da(L - 2, 0), text_of("to the output"))
    assert shown(s.C_0, text_of("never end"))
    assert shown(s.dC_dw(L, 1, 2), text_of("maths"))


def test_old_and_new_weights_differ_as_the_step_says() -> None:
    s, (net, x, y), L = spec(), small_network(SIZES), len(SIZES) - 1
    text = text_of("old or the new")
    eta = answers.LEARNING_RATE
    new_w = [s.w[L][j][2] - eta * s.dC_dw(L, j, 2) for j in range(SIZES[-1])]
    new = sum(w * delta for w, delta in zip(new_w, s.delta[L], strict=True))
    assert shown(new, text)
    # Neither of the two derivatives is that sum.
    after_net = net.copy()
    after_net.train_step(x[None], y[None], optimizer=SGD(eta))
    after = Numbers(after_net, x, y)
    assert min(abs(new - n.dC_da(L - 1, 2)) for n in (s, after)) > 1e-3
    assert not re.search(r"[+·] -\d", text)
    assert shown(s.dC_da(L - 1, 2), text)
    net.train_step(x[None], y[None], optimizer=SGD(eta))
    assert shown(net.loss_value(x[None], y[None]), text_of("How far back"))
    assert shown(s.w[1][0][0] - eta * s.dC_dw(1, 0, 0), text_of("How far back"))


def code_in(text: str, first: str) -> dict[str, Any]:
    """Run the lines of code of an answer, from the one that begins so."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"    {first}"))
    end = next(i for i in range(start, len(lines)) if not lines[i].strip())
    names: dict[str, Any] = {}
    exec("\n".join(line[4:] for line in lines[start:end]), names)
    return names


def test_the_loops_run_and_give_what_is_said() -> None:
    s, L = spec(), len(SIZES) - 1
    text = text_of("in code")
    z = code_in(text, "w_1 =")["z"]
    assert z == pytest.approx(s.z[L][1] - s.b[L][1], abs=1e-6)
    assert f"z = {z:.7f}"[:-1] in text
    text = text_of("never end")
    ran = code_in(text, "terms =")
    assert ran["C_0"] == pytest.approx(s.C_0, abs=1e-6)
    assert ran["j"] == SIZES[-1]
    assert shown(1000 * (s.a[L][0] - s.y[0]) ** 2, text)


def test_equal_weights_stay_equal() -> None:
    rows = re.findall(r"dC_0/dw_\d0\^\(1\) +(\S+)", text_of("first weights"))
    assert len(rows) == SIZES[1]
    assert len(set(rows)) == 1
    assert float(rows[0]) != 0


def test_linear_maps_and_recurrence_agree_with_their_checks() -> None:
    pairs = re.findall(r"(?m)^    (-?\d\S+) = (-?\d\S+)$", text_of("linear map"))
    assert len(pairs) == 2  # with respect to inputs, and to weights
    s, L = spec(), len(SIZES) - 1
    slope = [a * (1 - a) for a in s.a[L]]
    v = [1.0, -2.0]
    changes = [[(3 * j + k + 1) / 10 for k in range(3)] for j in range(2)]
    expected = [
        sum(v[j] * slope[j] * s.w[L][j][k] * (k + 1) / 10 for j in range(2) for k in range(3)),
        sum(v[j] * slope[j] * s.a[L - 1][k] * changes[j][k] for j in range(2) for k in range(3)),
    ]
    for pair, value in zip(pairs, expected, strict=True):
        assert [float(digits) for digits in pair] == pytest.approx([value, value], abs=6e-8)
    text = text_of("recurrent")
    total = float(re.search(r"= (-?\d\.\d{7})\n", text)[1])
    assert float(re.search(r"central difference: (\S+)", text)[1]) == pytest.approx(total, abs=2e-7)
    assert " + -" not in text
    assert sum(numbers_in(text.splitlines()[-2].split("=")[0])) == pytest.approx(total, abs=3e-7)


def test_a_small_step_is_forecast_and_a_large_one_is_not() -> None:
    rows = [line.split() for line in text_of("nearly linear").splitlines()[-4:]]
    shares = [float(row[-1]) for row in rows]
    assert abs(shares[0] - 1) < 0.01 < abs(shares[-1] - 1)


def test_an_answer_changes_with_its_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """So no number of it is typed."""
    before = {number: render(answer(number)) for number in ALL}
    monkeypatch.setattr(
        "fastbp.lessons.questions.small_network", lambda sizes: small_network(sizes, seed=7)
    )
    # The first weights' and the noise's are drawn by themselves.
    for number in ALL:
        question = QUESTIONS[number - 1]
        changed = render(answer(number)) != before[number]
        assert changed or question.answer is further_answers.learn_the_noise
