"""Symbols of the explorer's page are those that explain writes, in every notation."""

from __future__ import annotations

from pathlib import Path

import pytest
from javascript import engines, evaluate

from fastbp.drawing.markup import resource
from fastbp.lessons.explorer.notation_data import notations_data
from fastbp.lessons.formulas import Symbol
from fastbp.lessons.notations import NOTATIONS, Speller

SCRIPT = str(resource("fastbp.lessons.explorer", "notation.js"))
#: Of `data`, [notations, cases]: each symbol as the page writes it, in one line.
EXPRESSION = """data.cases.map(([name, symbol, indices]) => {
  data.notations = data.all;
  view.notation = name;
  return plain(symbol, indices);
})"""
# Below and above 10, where indices need a comma between them.
NODES = [(0, 0), (1, 2), (2, 8), (9, 3), (4, 10), (12, 127), (0, 783)]
LETTERS = {"w": "w", "b": "b", "z": "z", "a": "a", "delta": "δ"}
GRADIENTS = {"dC_dw": "w", "dC_db": "b", "dC_da": "a"}
DIFFERENTIALS = {"d_a": "a", "d_z": "z"}


def expected() -> list[tuple[str, str, dict[str, int | str], str]]:
    """A notation, the page's symbol, its indices, and what explain writes."""
    cases: list[tuple[str, str, dict[str, int | str], str]] = []
    for name, notation in NOTATIONS.items():
        speller = Speller(notation, [900] * 13)
        for of, letters in (("", LETTERS), ("dC", GRADIENTS), ("d", DIFFERENTIALS)):
            for symbol, letter in letters.items():
                for l in (1, 2, 12):
                    for j, k in NODES:
                        indices = {"l": l, "j": j} | ({"k": k} if letter == "w" else {})
                        nodes = (j, k) if letter == "w" else (j,)
                        text = speller.text(Symbol(letter, l, nodes, of))
                        cases.append((name, symbol, {**indices, "i": 0}, text))
                nodes = ("j", "k") if letter == "w" else ("j",)
                text = speller.text(Symbol(letter, "l", nodes, of))
                cases.append((name, symbol, {"l": "l", "j": "j", "i": 0}, text))
        for j in (0, 9, 783):
            cases.append((name, "a", {"l": 0, "j": j}, speller.text(Symbol("a", 0, (j,)))))
            cases.append((name, "y", {"j": j}, speller.text(Symbol("y", None, (j,)))))
        cases.append((name, "C", {"i": 0}, speller.text(Symbol("C"))))
        cases += [
            (name, symbol, {"l": l}, speller.text_of_g(l, prime=symbol == "g_prime"))
            for symbol in ("g", "g_prime")
            for l in (1, 12, "l")
        ]
    return cases


@engines()
def test_every_symbol_is_the_one_that_explain_writes(engine: str, tmp_path: Path) -> None:
    cases = expected()
    assert {name for name, *_ in cases} == set(NOTATIONS)
    data = {"all": notations_data(), "cases": [case[:3] for case in cases]}
    written = evaluate(engine, SCRIPT, EXPRESSION, data, tmp_path)
    for case, text in zip(cases, written, strict=True):
        assert text == case[-1], case


@engines()
def test_samples_are_numbered_and_a_batch_has_its_own_loss(engine: str, tmp_path: Path) -> None:
    cases = [
        ("course", "C", {"i": 3}),
        ("course", "dC_dw", {"l": 2, "j": 1, "k": 2, "i": 3}),
        ("course", "batch_dC_dw", {"l": 2, "j": 1, "k": 2}),
        ("nielsen", "batch_C", {}),
        ("ng", "batch_dC_db", {"l": 2, "j": 1}),
        ("pytorch", "batch_dC_db", {"l": 2, "j": 1}),
    ]
    data = {"all": notations_data(), "cases": cases}
    written = evaluate(engine, SCRIPT, EXPRESSION, data, tmp_path)
    assert written == [
        "C_3",
        "dC_3/dw_12^(2)",
        "dC/dw_12^(2)",
        "C",
        "∂J/∂b^[2]_2",
        "fc2.bias.grad[1]",
    ]


@pytest.mark.parametrize("name", NOTATIONS)
def test_words_about_a_notation_come_from_its_row(name: str) -> None:
    row, page = NOTATIONS[name], notations_data()[name]
    assert page["about"].startswith(row.title)
    assert f"layer {row.input_layer}, nodes count from {row.first_node}" in page["about"]
    assert page["rate"] == row.others["rate"]
    assert row.title.startswith(page["name"].removeprefix(f"{name} (").removesuffix(")"))
