"""The explorer in a real browser: it walks, edits, recomputes, trains and folds, and asks nobody.

`in_browser` says what it needs, and how the pages are kept as pictures (`make look`).
"""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_browser import keep, needs_browser, opened

from fastbp import SGD, Network
from fastbp.lessons import mazur
from fastbp.lessons.explorer import explore

pytestmark = needs_browser

PHONE, TABLET, DESK = ({"width": width, "height": 900} for width in (360, 800, 1440))
HURT = "</script><img src=x onerror=hurt=1><script>hurt=1</script>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("explorer")
    rng = np.random.default_rng(0)
    explore(None, folder / "built-in.html")
    large = Network(
        [784, 128, 10],
        activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
        seed=0,
    )
    large.explore(
        folder / "large.html", rng.random((20, 784)), rng.integers(0, 10, 20), image=(28, 28)
    )
    walked = Network(
        [2, 3, 2], activation="gelu", output_activation="softmax", loss="cross_entropy", seed=0
    )
    walked.classes = [f"{HURT}0", f"{HURT}1"]
    walked.explore(
        folder / "walked.html", rng.random((3, 2)), [f"{HURT}1", f"{HURT}0", f"{HURT}1"], title=HURT
    )
    return {name: folder / f"{name}.html" for name in ("built-in", "large", "walked")}


def value(page: Any, selector: str) -> float:
    """The number at the end of a text, however it is written."""
    text = page.locator(selector).inner_text().replace("−", "-")
    return float(re.findall(r"-?[\d.]+(?:e-?\d+)?", text)[-1])


def choose(page: Any, control: str, option: str) -> None:
    page.locator(f"#{control}").select_option(option)


def wait_until(page: Any, expression: str) -> None:
    """Until a script's expression holds; the page's policy forbids Playwright's own way."""
    for _ in range(600):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came to {expression}")


def network(page: Any, title: str) -> None:
    options = page.locator("#example option").all_inner_texts()
    page.locator("#example").select_option(index=[title in one for one in options].index(True))


@pytest.mark.slow  # the others look at each page in one size
@pytest.mark.parametrize("name", ["built-in", "large", "walked"])
@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_quiet_and_fits(
    browser: Any, pages: dict[str, Path], name: str, size: dict[str, int], scheme: str
) -> None:
    page, messages = opened(browser, pages[name], viewport=size, color_scheme=scheme)
    page.evaluate("goTo(Math.floor(state.steps.length * 0.6))")
    page.evaluate("select({ part: 'weight', l: 1, j: state.windows[1], k: state.windows[0] })")
    keep(page, f"explorer-{name}-{size['width']}-{scheme}-walk")
    page.get_by_role("button", name="Last").click()
    page.locator("#tables summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate("typeof hurt") == "undefined"
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", ground))
    assert max(red, green, blue) <= 244 if scheme == "light" else max(red, green, blue) < 40
    assert page.evaluate("document.getAnimations().length") == 0
    keep(page, f"explorer-{name}-{size['width']}-{scheme}")
    assert messages == []
    page.context.close()


# Numbers of weights that lie on a node, on the box of a bias, or on each other by more than a third
# of their height.
COVERED = """() => {
  const box = (element) => element.getBoundingClientRect();
  const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const numbers = [...svg.querySelectorAll(".value")].filter((one) => one.checkVisibility());
  const shapes = [...svg.querySelectorAll(".node circle, .bias rect")];
  return numbers.flatMap((one, i) => {
    const a = box(one), most = (a.bottom - a.top) / 3;
    return [...shapes, ...numbers.slice(i + 1)].map((other) => [other, box(other)])
      .filter(([, b]) => across(a, b) > 1 && down(a, b) > most)
      .map(([other]) => `${one.textContent} on ${other.parentElement.textContent}`);
  });
}"""


@pytest.mark.parametrize("width", [800, 1440])  # on a phone numbers touch the boxes
def test_no_weights_number_lies_on_a_node(browser: Any, pages: dict[str, Path], width: int) -> None:
    page, _ = opened(browser, pages["built-in"], viewport={"width": width, "height": 900})
    for index in range(page.evaluate("data.examples.length")):
        page.evaluate(f"start({index})")
        for share in (0, 0.6, 0.8, 1):
            page.evaluate(f"goTo(Math.floor(state.steps.length * {share}))")
            assert (index, share, page.evaluate(COVERED)) == (index, share, [])
    page.context.close()


def test_mazurs_step_is_walked_to_its_last_number(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    choose(page, "digits", "17")
    trace = mazur.mazur_network().trace(mazur.X[0], mazur.Y[0])
    seen = {}
    for _ in range(60):
        title = page.locator("#step-title").inner_text()
        if page.locator("#step .equation").count():
            seen[title] = value(page, "#step .equation >> nth=0 >> strong")
        if page.get_by_role("button", name="Next").is_disabled():
            break
        page.get_by_role("button", name="Next").click()
    assert seen["Input of node 1 of layer 1"] == pytest.approx(trace.z[1][1], rel=1e-14)
    assert seen["Output of node 0 of layer 2"] == pytest.approx(trace.a[2][0], rel=1e-14)
    assert seen["The loss"] == pytest.approx(trace.C_0, rel=1e-14)
    for l in (1, 2):
        for j in (0, 1):
            delta = seen[f"Delta of node {j} of layer {l}"]
            assert delta == pytest.approx(trace.delta[l][j], rel=1e-13)
    assert value(page, "#step .result") == pytest.approx(0.29102777369359933, rel=1e-14)
    assert messages == []
    page.context.close()


def test_keys_and_slider_walk_and_are_announced(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.locator("#step-count").inner_text() == "Step 3 of 23"
    assert page.locator("#announced").inner_text().startswith("Output of node 0 of layer 1")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#step-title").inner_text() == "Input of node 0 of layer 1"
    page.get_by_role("slider", name="step").fill("9")
    assert page.locator("#step-count").inner_text() == "Step 10 of 23"
    assert messages == []
    page.context.close()


def test_a_network_is_read_and_edited_by_keyboard_alone(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    choose(page, "digits", "17")
    page.locator("#scroll").focus()
    page.keyboard.press("Tab")  # into the drawing: its first node
    assert page.locator("#detail-title").inner_text().endswith("an input")
    page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")  # bias, w_00, w_01
    assert page.locator("#detail-title").inner_text().endswith("a weight")
    assert "From node 1 of layer 0 to node 0" in page.locator("#detail").inner_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("-0.7")
    net = mazur.mazur_network()
    net.weights[0][0, 1] = -0.7
    trace = net.trace(mazur.X[0], mazur.Y[0])
    slope = value(page, "#detail .equation >> nth=0 >> strong")
    assert slope == pytest.approx(trace.dC_dw[1][0, 1], rel=1e-12)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").endswith(
        "from node 1 of layer 0 to node 0 of layer 1"
    )
    page.get_by_role("button", name="Last").click()
    net.train_step(mazur.X, mazur.Y, optimizer=SGD(0.5))
    assert value(page, "#step .result") == pytest.approx(
        net.loss_value(mazur.X, mazur.Y), rel=1e-12
    )
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Last").click()
    assert value(page, "#step .result") == pytest.approx(0.29102777369359933, rel=1e-14)
    assert messages == []
    page.context.close()


def test_inputs_targets_biases_and_the_rate_are_edited_in_tables(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    choose(page, "digits", "17")
    page.locator("#tables summary").click()
    for place, text in (("x 0 0 ", "0.3"), ("y 2 1 ", "0.2"), ("b 1 1 ", "-1"), ("w 2 0 1", "2")):
        page.locator(f'#tables [data-place="{place}"]').fill(text)
    page.get_by_label("learning rate").fill("0.25")
    net = mazur.mazur_network()
    net.biases[0][1], net.weights[1][0, 1] = -1, 2
    x, y = np.array([[0.3, 0.10]]), np.array([[0.01, 0.2]])
    trace = net.trace(x[0], y[0])
    cells = page.locator("#table-list table").last.locator("tbody tr").nth(0).locator("td")
    deltas = [float(text.replace("−", "-")) for text in cells.all_inner_texts() if text.strip()]
    assert deltas[-1] == pytest.approx(trace.delta[2][0], rel=1e-12)
    page.get_by_role("button", name="Last").click()
    net.train_step(x, y, optimizer=SGD(0.25))
    assert value(page, "#step .result") == pytest.approx(net.loss_value(x, y), rel=1e-12)
    field = page.get_by_label("learning rate")
    field.fill("-1")
    assert field.get_attribute("aria-invalid") == "true"
    assert "0 or more" in page.get_by_role("alert").inner_text()
    assert value(page, "#step .result") == pytest.approx(net.loss_value(x, y), rel=1e-12)
    assert messages == []
    page.context.close()


def test_the_slip_of_the_new_weights_is_walked_in_its_order(
    browser: Any, pages: dict[str, Path]
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    choose(page, "digits", "17")
    choose(page, "order", "new")
    page.get_by_role("button", name="Last").click()
    assert value(page, "#step .result") == pytest.approx(mazur.upper_layer_first(1)[0], rel=1e-14)
    titles = []
    for _ in range(40):
        titles.append(page.locator("#step-title").inner_text())
        page.get_by_role("button", name="Back").click()
        if page.get_by_role("button", name="Back").is_disabled():
            break
    walk = titles[::-1]
    first_delta = walk.index("Delta of node 0 of layer 1")
    assert walk.index("New weights into node 1 of layer 2") < first_delta
    assert messages == []
    page.context.close()


def test_both_of_mazurs_losses_stand_side_by_side(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=PHONE)
    for order, chosen in (("old", 0), ("new", 1)):
        choose(page, "order", order)
        page.get_by_role("button", name="Last").click()
        rows = page.locator(".orders td")
        assert rows.all_inner_texts() == ["0.29102777369359933", "0.29102792390544197"]
        assert rows.nth(chosen).locator("strong").count() == 1
        assert page.locator(".orders strong").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert messages == []
    page.context.close()


def test_formulas_have_their_numbers(browser: Any, pages: dict[str, Path]) -> None:
    """What is written out of a node's z, a, g' and delta gives the number below it."""
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    choose(page, "digits", "17")
    checked = 0
    for at, l in itertools.product(range(5), (1, 2)):
        page.locator("#example").select_option(index=at)
        page.locator(f'[data-key="node {min(l, page.evaluate("state.L"))} 0"]').focus()
        equations = page.locator("#detail .equation")
        written = equations.locator(".numbers").all_inner_texts()
        results = equations.locator("strong").all_inner_texts()
        for text, result in zip(written, results, strict=True):
            if re.fullmatch(r"= [\d.e·+()\[\]/ −]+", text):  # no long sum, and no words
                value = value_of(text[2:])
                assert value == pytest.approx(float(result.replace("−", "-")), rel=1e-12), text
                checked += 1
    assert checked >= 25
    assert messages == []
    page.context.close()


def value_of(text: str) -> float:
    """What a formula with numbers alone comes to."""
    number = r"[\d.]+(?:e[−+]?\d+)?"
    powers = re.sub(rf"(?<![\d.])e(−?(?:\(−?{number}\)|{number}))", r"exp(\1)", text)
    signs = powers.translate(str.maketrans("−·[]", "-*()"))
    products = re.sub(r"(?<=[\d)]) \(", " * (", signs)  # two factors side by side
    return float(eval(products, {"exp": math.exp}))


def test_training_plays_and_the_loss_falls(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK, reduced_motion="reduce")
    network(page, "XOR")
    choose(page, "digits", "17")
    choose(page, "count", "1000")
    for made in (1000, 2000):
        page.get_by_role("button", name="Train", exact=True).click()
        wait_until(page, f"state.trained === {made} && playing === null")
    net = Network([2, 4, 1], dtype="float64", seed=2)
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    net.fit(X, y, epochs=2000, batch_size=4, optimizer=SGD(2.0), shuffle=False)
    # Two thousand steps, whose sums are in another order.
    now = re.search(r"now: ([\d.e−-]+)\.", page.locator("#loss-now").inner_text())
    assert now is not None
    assert float(now[1].replace("−", "-")) == pytest.approx(net.loss_value(X, y), rel=1e-9)
    assert page.locator("#curve polyline").get_attribute("points").count(",") > 100
    page.get_by_role("button", name="Play").click()
    wait_until(page, "state.trained > 2000")
    page.get_by_role("button", name="Pause").click()
    made = page.evaluate("state.trained")
    page.wait_for_timeout(600)  # longer than one picture takes with reduced motion
    assert page.evaluate("state.trained") == made
    assert messages == []
    page.context.close()


def test_a_batch_is_walked_sample_by_sample(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    network(page, "XOR")
    choose(page, "digits", "17")
    page.locator("h1").click()  # the keys are the page's, not the select's
    titles = []
    for _ in range(99):
        titles.append(page.locator("#step-title").inner_text())
        page.keyboard.press("ArrowRight")
    samples = [re.match(r"Sample (\d)", title) for title in titles]
    assert [int(one[1]) for one in samples if one] == sorted(int(one[1]) for one in samples if one)
    assert {one[1] for one in samples if one} == {"0", "1", "2", "3"}
    page.locator('[data-key="weight 1 2 0"]').dispatch_event("click")
    net = Network([2, 4, 1], dtype="float64", seed=2)
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    mean = value(page, "#detail .equation >> nth=3 >> strong")
    assert mean == pytest.approx(net.gradients(X, y).weights[0][2, 0], rel=1e-12)
    assert messages == []
    page.context.close()


def test_folded_layers_open_anywhere(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["large"], viewport=DESK)
    assert page.locator(".part.node").count() == 3 * 6
    field = page.get_by_label("first node shown of layer 0")
    field.fill("778")
    field.press("Enter")
    assert page.locator('[data-key="node 0 783"]').count() == 1
    page.locator('[data-key="node 0 783"]').focus()
    page.keyboard.press("ArrowUp")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    assert "783" not in page.evaluate("document.activeElement.dataset.key")
    page.locator("#input-image").click(position={"x": 2, "y": 2})
    assert page.locator('[data-key="node 0 0"]').get_attribute("aria-pressed") == "true"
    assert messages == []
    page.context.close()


def test_other_networks_are_walked_and_not_edited(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["walked"], viewport=DESK)
    assert page.locator("#title").inner_text() == HURT
    assert page.locator("#training").is_hidden()
    page.locator('[data-key="weight 1 0 0"]').dispatch_event("click")
    assert page.locator("#detail input").count() == 0
    page.locator("#tables summary").click()
    assert page.locator("#tables input").count() == 0
    page.get_by_role("button", name="Last").click()
    assert "cannot compute it anew" in page.locator("#step").inner_text()
    assert messages == []
    page.context.close()


@pytest.mark.parametrize(
    ("notation", "title"),
    [
        ("course", "w01(2), a weight"),
        ("nielsen", "w312, a weight"),
        ("ng", "w[2]12, a weight"),
        ("pytorch", "fc2.weight[0, 1], a weight"),
        ("keras", "kernel2[1, 0], a weight"),
    ],
)
def test_every_notation_names_the_same_weight(
    browser: Any, pages: dict[str, Path], notation: str, title: str
) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=PHONE)
    choose(page, "notation", notation)
    page.locator('[data-key="weight 2 0 1"]').dispatch_event("click")
    assert page.locator("#detail-title").inner_text() == title
    assert "From node" in page.locator("#detail").inner_text()
    assert messages == []
    page.context.close()


def test_pointing_and_tapping_show_a_part(browser: Any, pages: dict[str, Path]) -> None:
    """Its formula, its numbers, its line of the specification, its place in the derivation."""
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    title, detail = page.locator("#detail-title"), page.locator("#detail")
    trace = mazur.mazur_network().trace(mazur.X[0], mazur.Y[0])
    choose(page, "digits", "17")
    page.locator('[data-key="node 1 1"] circle').hover()
    assert title.inner_text() == "a1(1)"
    delta = value(page, "#detail .equation >> nth=3 >> strong")
    assert delta == pytest.approx(trace.delta[1][1], rel=1e-14)
    assert "dC_da_k += w[l][j][k] * delta[l][j]" in detail.inner_text()
    current = detail.locator("[aria-current]").all_inner_texts()
    assert [text.splitlines()[0] for text in current] == ["zj(l)", "aj(l)", "δj(l)"]
    page.mouse.move(0, 0)
    assert title.inner_text() == "A node or a weight"
    assert messages == []
    page.context.close()
    page, messages = opened(browser, pages["built-in"], viewport=PHONE, has_touch=True)
    for tapped, name in ((1, "y0, a target"), (2, "A node or a weight")):
        page.locator('[data-key="target 2 0"] rect').tap()
        assert page.locator("#detail-title").inner_text() == name, tapped
    assert messages == []
    page.context.close()


def test_symbols_lead_into_the_drawing(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    page.locator('[data-key="node 2 0"]').dispatch_event("click")
    # z_0 = b_0 + sum_k w_0k a_k
    expected = [["node 2 0"], ["bias 2 0"], ["weight 2 0 0", "weight 2 0 1"]]
    expected.append(["node 1 0", "node 1 1"])
    symbols = page.locator("#detail .equation").first.locator(".symbol")
    for i, keys in enumerate(expected):
        symbols.nth(i).hover()
        pointed = page.locator("#net .pointed")
        assert sorted(one.get_attribute("data-key") for one in pointed.all()) == sorted(keys)
    page.locator("h1").hover()
    assert page.locator("#net .pointed").count() == 0
    assert messages == []
    page.context.close()


def test_lines_show_their_indices(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=DESK)
    line = page.locator('[data-key="weight 2 0 1"] .value')
    assert line.text_content() == "0.45"
    page.get_by_label("indices on the lines").check()
    assert line.text_content() == "w01(2)"
    assert page.locator('[data-key="bias 2 1"] text').text_content() == "b1(2)"
    choose(page, "notation", "keras")
    assert line.text_content() == "[1, 0]"
    assert messages == []
    page.context.close()


def test_the_drawing_zooms_and_the_page_prints(browser: Any, pages: dict[str, Path]) -> None:
    page, messages = opened(browser, pages["built-in"], viewport=PHONE)
    before = page.locator("#net").bounding_box()["width"]
    page.get_by_role("button", name="larger").click()
    assert page.locator("#net").bounding_box()["width"] == pytest.approx(1.25 * before, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="fit").click()
    assert page.locator("#net").bounding_box()["width"] == pytest.approx(before, abs=1)
    assert len(page.pdf()) > 1000
    page.evaluate("byId('many').click(); byId('tables').open = true")
    wait_until(page, "state.trained > 0 && playing === null")
    page.emulate_media(media="print")
    page.evaluate("byId('curve').style.width = '150px'")  # not drawn anew, as on paper
    assert page.locator("button:visible, select:visible").count() == 0
    assert page.locator("#curve polyline").bounding_box()["width"] < 150
    assert page.locator("#net").bounding_box()["width"] <= PHONE["width"]
    assert messages == []
    page.context.close()
