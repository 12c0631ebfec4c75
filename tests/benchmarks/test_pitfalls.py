"""benchmarks/pitfalls.py: the page shows the files that are compiled, and they do what it says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pitfalls
import pytest
from markdown_blocks import written
from pitfall_build import SOURCES, Compiled, compiled, flags
from pitfall_pairs import PAIRS, Pair, complaints, outcome

from fastbp.bench.cython_build import options

NAMES = [pair.name for pair in PAIRS]
page_and_sources = pytest.mark.skipif(
    not pitfalls.PAGE.exists(), reason="docs/ is not beside benchmarks/"
)


def test_every_file_is_a_pair_and_every_pair_a_file() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in SOURCES.iterdir())


def test_every_pair_says_something_that_can_be_false() -> None:
    assert [pair.name for pair in PAIRS if not (pair.gives or pair.timed)] == []


@page_and_sources
@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_a_pair_word_for_word(name: str) -> None:
    assert written(pitfalls.PAGE, f"{name}.pyx").startswith(pitfalls.code_block(name))


@page_and_sources
@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.gives], ids=lambda pair: pair.name)
def test_the_page_tells_what_a_pair_gives(pair: Pair) -> None:
    block = written(pitfalls.PAGE, f"{pair.name}.pyx")
    wrong, right = pair.gives or ("", "")
    for one in wrong.split(" or "):
        assert f"`wrong` gives `{one}`, `right` `{right}`" in block


@page_and_sources
def test_the_table_has_a_row_for_each_section_of_the_page() -> None:
    titles = pitfalls.titles(pitfalls.PAGE)
    assert sorted(titles) == sorted(NAMES)
    assert len(set(titles.values())) == len(titles)
    rows = written(pitfalls.PAGE, pitfalls.NAME).splitlines()
    for name, title in titles.items():
        assert any(row.startswith(f"| {title} | `{name}` |") for row in rows), name


def fake(wrong: Callable[..., Any], right: Callable[..., Any], c: str = "pow(x)") -> Any:
    """Two functions of Python, as if they had been compiled."""
    return SimpleNamespace(module=SimpleNamespace(wrong=wrong, right=right), wrong=c, right="x * x")


def doubled(x: Any) -> Any:
    return 2 * x


def halved(x: Any) -> Any:
    return x / 2


PAIR = Pair("numbers", ("4.0", "1.0"), lambda: (2.0,), c=r"pow\(")


def test_a_true_pair_has_no_complaints() -> None:
    assert not list(complaints(PAIR, fake(doubled, halved)))


@pytest.mark.parametrize(
    ("pair", "half", "complaint"),
    [
        (PAIR, fake(halved, halved), "wrong gives 1.0, expected 4.0"),
        (PAIR, fake(doubled, doubled), "right gives 4.0, expected 1.0"),
        (PAIR, fake(doubled, halved, "x * x"), "in the C of wrong alone"),
        (
            Pair("times", timed=lambda: (np.ones(3),)),
            fake(doubled, halved),
            "both should give the same",
        ),
    ],
)
def test_a_pair_that_is_not_true_is_complained_of(pair: Pair, half: Any, complaint: str) -> None:
    (found,) = complaints(pair, half)
    assert complaint in found


def test_a_pair_that_is_not_true_is_not_timed_and_ends_the_script_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pitfalls, "compiled", lambda *_: {"object_sum": fake(doubled, halved)})
    monkeypatch.setattr(pitfalls, "compiler_version", lambda _: "GCC 12.2.0")
    monkeypatch.setattr(pitfalls, "parsed", lambda made, arguments, *_: made.parse_args(arguments))
    monkeypatch.setattr(pitfalls, "ratio", None)  # which would time it
    with pytest.raises(SystemExit) as ended:
        pitfalls.main(["object_sum", "--cc", sys.executable])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("GCC 12.2.0: object_sum: both should give the same")


def test_outcomes_are_results_arrays_or_exceptions() -> None:
    def clear(x: Any, y: Any) -> None:
        y[...] = x

    assert outcome(divmod, (7, 2)) == "(3, 1)"
    assert outcome(divmod, (7, 0)) == "ZeroDivisionError"
    assert outcome(clear, (3.0, np.ones(2))) == "[3.0, 3.0]"


def test_names_and_options_that_mean_nothing_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for package in ("Cython", "setuptools"):
        pytest.importorskip(package, reason="the script asks for it first")
    with pytest.raises(SystemExit):
        pitfalls.main(["powre"])
    assert "no such pair: powre; there are prange_sum" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        pitfalls.main(["power", "--write"])
    assert "name none" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        pitfalls.main(["power", "--cc", "no-such-compiler"])
    assert "no-such-compiler" in capsys.readouterr().err


def test_the_directives_and_flags_are_those_of_the_build() -> None:
    assert options()["directives"]["cdivision"] is True
    assert "-fno-math-errno" in flags(os.environ.get("CC", "cc"))


def write_page(path: Path) -> None:
    path.write_text(
        "### A title\n\n<!-- power.pyx: begin -->\n<!-- power.pyx: end -->\n\n"
        "<!-- pitfalls.py: begin -->\n<!-- pitfalls.py: end -->\n"
    )


def test_code_outcomes_and_ratios_are_written_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write_page(page)
    found = {
        "GCC 12.2.0": {"power": (["1", "2"], pitfalls.Ratio(51.2, 51.0, 51.4))},
        "Clang 19.1.7": {"power": (["1", "2"], pitfalls.Ratio(1.01, 1.0, 1.02))},
    }
    pitfalls.write_page(["power"], found, "A machine.", page)
    assert written(page, "power.pyx") == (
        pitfalls.code_block("power")
        + "\n\n`wrong` gives `1`, `right` `2`. Time of `wrong` by that "
        "of `right`: 51.2 (51.0 to 51.4) with GCC 12.2.0, 1.01 (1.00 to 1.02) with Clang 19.1.7."
    )
    table = written(page, "pitfalls.py")
    assert table.startswith("A machine.\n\n")
    assert table.endswith("| A title | `power` | 51.2 | same |")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    """All files, compiled."""
    pytest.importorskip("Cython", minversion="3.2", reason="the files are compiled by it")
    pytest.importorskip("setuptools", reason="the files are compiled by it")
    folder = tmp_path_factory.mktemp("pitfalls")
    return compiled(NAMES, folder, os.environ.get("CC", "cc"))


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_gives_what_it_says(pair: Pair, everything: dict[str, Compiled]) -> None:
    assert list(complaints(pair, everything[pair.name])) == []
