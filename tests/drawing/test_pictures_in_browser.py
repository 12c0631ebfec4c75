"""Pages and views in a real browser: nothing is asked for or complains, no words overlap.

`in_browser` says what it needs, and how the pages are kept as pictures (`make look`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from accessibility import faults, needs_axe
from in_browser import keep, needs_browser, opened
from ladder_results import RUNGS, SHAPES, grid, sample, small
from source_tree import ROOT, needs_tree

from fastbp import History, Network
from fastbp.bench.pictures import write_html

pytestmark = needs_browser

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Pairs of words of one picture that cover each other, and words that leave their picture.
OVERLAPS = """() => [...document.querySelectorAll('svg')].filter((svg) => svg.checkVisibility())
  .flatMap((svg) => {
    const whole = svg.getBoundingClientRect();
    const words = [...svg.querySelectorAll('text')].map(
      (one) => [one.textContent, one.getBoundingClientRect()]);
    const found = words.filter(([, r]) => r.left < whole.left - 1 || r.right > whole.right + 1)
      .map(([word]) => `${word} leaves its picture`);
    words.forEach(([one, a], i) => words.slice(i + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // A line's box is higher than its letters by some four pixels.
      if (across > 0 && down > 5) found.push(`${one} covers ${other}`);
    }));
    return found;
  })"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    other = small(1)
    other["machine"]["cpu"] = "Another processor"
    hostile = small()
    for result in hostile["results"]:
        result["rung"] += "</script></style><script>hurt=1</script><img src=x onerror=hurt=1>"
    contents = {
        "sample": sample(0, SHAPES, ("float32",), (1, 2), ("step",)),
        "grid": grid(),
        "two": [small(), other],
        "hostile": hostile,
        "empty": {"schema": 1, "results": []},
    }
    for name, content in contents.items():
        write_html(content, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in contents}


def nanoseconds(time_text: str) -> float:
    number, unit = time_text.split()
    return float(number) * {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]


@pytest.mark.parametrize("name", ["sample", "grid", "two", "hostile", "empty"])
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_a_page_is_quiet_and_fits(
    browser: Any, pages: dict[str, Path], name: str, size: dict[str, int], scheme: str
) -> None:
    page, messages = opened(browser, pages[name], viewport=size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    if name != "hostile":  # whose names are longer than any picture
        assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("typeof hurt") == "undefined"
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 23, 21)"}[scheme]
    assert len(page.pdf()) > 1000
    keep(page, f"{name}-{size['width']}-{scheme}")
    assert messages == []
    page.context.close()


@needs_axe
@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("hostile", PHONE, "dark"),
        pytest.param("sample", DESK, "light", marks=pytest.mark.slow),  # has very many rows
    ],
)
def test_a_page_can_be_read(
    browser: Any, pages: dict[str, Path], name: str, size: dict[str, int], scheme: str
) -> None:
    page, messages = opened(browser, pages[name], viewport=size, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert faults(page) == []
    assert messages == []
    page.context.close()


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views_and_pictures_of_a_network_can_be_read(
    browser: Any, tmp_path: Path, scheme: str
) -> None:
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    net = Network([2, 4, 1], seed=2, dtype="float64")
    views = [net.fit(X, y, epochs=20)._repr_html_(), net._repr_html_()]
    pictures = [net.plot("diagram"), net.plot("weights", shape=(1, 2))]
    pictures += [net.plot(kind, X, y) for kind in ("deltas", "regions", "surface")]
    body = "".join([*views, *(picture._repr_svg_() for picture in pictures)])
    path = tmp_path / "views.html"
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Views</title>'
    path.write_text(f'{head}<link rel="icon" href="data:,"><main>{body}</main></html>', "utf-8")
    page, _ = opened(browser, path, viewport=PHONE, color_scheme=scheme)
    assert faults(page) == []
    page.context.close()


def test_choices_sorting_searching_and_colours_work(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["sample"], viewport=DESK, color_scheme="light")
    assert page.locator(".card:visible").count() == len(SHAPES)
    page.get_by_role("combobox", name="threads").select_option("2")
    assert page.locator(".card:visible").count() == len(SHAPES)
    page.get_by_role("combobox", name="layers").select_option("784-30-10, batch 10")
    assert page.locator(".card:visible h3").all_inner_texts() == ["784-30-10, batch 10"]

    page.get_by_role("searchbox", name="rows with all of these words").fill("64-64-10 float32")
    count = page.locator("#all tbody tr:visible").count()
    assert page.locator("#found").inner_text().startswith(f"{count} of ")
    assert len(RUNGS) < count < 2 * len(RUNGS)
    head = page.locator("#all thead th").nth(7)
    head.get_by_role("button").focus()
    for direction, sign in (("ascending", 1), ("descending", -1)):
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == direction
        rows = [row.split("\t") for row in page.locator("#all tbody tr:visible").all_inner_texts()]
        times = [nanoseconds(row[7]) for row in rows if len(row) > 7]
        assert times == sorted(times, key=lambda time, sign=sign: sign * time)
        assert ["WRONG" in row[-1] for row in rows] == [len(row) <= 7 for row in rows]
        assert all(len(row) <= 7 for row in rows[len(times) :])  # not timed: last

    page.get_by_role("button", name="Dark colours").click()
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(23, 23, 21)"
    page.emulate_media(media="print")
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert page.locator("nav:visible, select:visible, button#theme:visible").count() == 0
    assert messages == []
    page.context.close()


@needs_tree
def test_no_words_of_the_documents_pictures_overlap(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "pictures.html"
    pictures = [file.read_text("utf-8") for file in sorted((ROOT / "docs").rglob("*.svg"))]
    assert len(pictures) > 10
    path.write_text("<meta charset=utf-8>" + "".join(pictures), "utf-8")
    page, messages = opened(browser, path, viewport=DESK)
    assert page.evaluate(OVERLAPS) == []
    assert messages == []
    page.context.close()


@pytest.mark.parametrize("name", ["sample", "two"])
def test_tables_show_all_of_themselves_on_a_desk_and_their_rows_are_a_line_each(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    page, _ = opened(browser, pages[name], viewport=DESK)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for tables in ("#all", "#ladder table", "#results table"):
        hidden, uneven = page.evaluate(
            """(tables) => {
              const shown = [...document.querySelectorAll(tables)].filter((t) => t.offsetWidth);
              const heights = (t) => [...t.tBodies[0].rows].map((row) => row.offsetHeight);
              return [shown.filter((t) => t.offsetWidth > t.parentElement.clientWidth).length,
                shown.filter((t) => Math.max(...heights(t)) > Math.min(...heights(t)) + 1).length];
            }""",
            tables,
        )
        assert (hidden, uneven) == (0, 0), tables
    page.set_viewport_size(PHONE)
    scroller = page.locator("#all").locator("..")
    assert scroller.evaluate("(one) => one.scrollWidth > one.clientWidth")
    assert "gradient" in scroller.evaluate("(one) => getComputedStyle(one).backgroundImage")
    page.context.close()


def test_the_page_is_whole_without_its_script(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["sample"], viewport=PHONE, java_script_enabled=False)
    assert page.locator(".card:visible").count() == 2 * len(SHAPES)
    assert page.locator("select:visible, input:visible, button:visible").count() == 0
    assert messages == []
    page.context.close()


@pytest.mark.parametrize(
    ("attribute", "system", "theme"),
    [
        ("", "light", "light"),
        ("", "dark", "dark"),
        ('data-jp-theme-light="true"', "dark", "light"),
        ('data-jp-theme-light="false"', "light", "dark"),
        ('class="vscode-dark"', "light", "dark"),
        ('class="vscode-light"', "dark", "light"),
        ('class="vscode-high-contrast"', "light", "dark"),
        ('class="vscode-high-contrast vscode-high-contrast-light"', "dark", "light"),
    ],
)
def test_notebook_views_follow_the_theme_and_stay_among_themselves(
    browser: Any, tmp_path: Path, attribute: str, system: str, theme: str
) -> None:
    losses = [2 / (epoch + 1) for epoch in range(60)]
    history = History(losses, validation_loss=losses[::-1], seconds=losses, best_epoch=3)
    hurt = "</style><script>hurt=1</script><img src=x onerror=hurt=1>"
    net = Network([784, 128, 10], activation="relu", dropout=0.2)
    net.classes = [f"{hurt}{i}" for i in range(10)]
    others = '<p class="chart">a</p><table class="scroll"><tr><th>b<td class="n">c</table>'
    style = """() => [...document.querySelectorAll('body > p, body > table, body > table *')].map(
      (one) => { const style = getComputedStyle(one);
                 return [...style].map((name) => style.getPropertyValue(name)).join(); })"""
    grounds, styles = [], []
    for i, views in enumerate(["", history._repr_html_() + net._repr_html_()]):
        path = tmp_path / f"{i}.html"
        head = '<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">'
        path.write_text(f"{head}<body {attribute}>{others}{views}</body>", "utf-8")
        page, messages = opened(browser, path, viewport=DESK, color_scheme=system)
        messages[:] = [message for message in messages if not message.startswith("data:")]
        styles.append(page.evaluate(style))
        grounds = page.evaluate(
            "[...document.querySelectorAll('.fastbp')].map("
            "(one) => getComputedStyle(one).backgroundColor)"
        )
        assert page.evaluate("typeof hurt") == "undefined"
        assert page.evaluate(OVERLAPS) == []
        assert messages == []
        name = "-".join(attribute.replace('"', " ").split()[1:]) or "none"
        keep(page, f"views-{name}-{system}")
        page.context.close()
    assert styles[0] == styles[1]
    assert grounds == [{"light": "rgb(255, 255, 255)", "dark": "rgb(23, 23, 21)"}[theme]] * 2
