"""What a history looks like: a line, curves with and without matplotlib, a table, HTML."""

from __future__ import annotations

import doctest
import io
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from page_reading import everything, parse
from source_tree import ROOT, needs_tree

from fastbp import History, Loss, Network, PerformanceWarning
from fastbp.drawing.svg import SVG
from fastbp.training import history_view

HURT = "<script>hurt=1</script>\"'><img src=x onerror=hurt=1>"
LIMIT = 30_000  # bytes of a notebook's output


@dataclass(repr=False)
class Measured(History):
    """A history with more numbers: a dict of lists, and a list."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    validation_scores: dict[str, list[float]] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)


def history(n: int, *, best: int | None = None) -> History:
    t = np.arange(n) / max(n - 1, 1)
    return History(
        loss=(2 * np.exp(-5 * t)).tolist(),
        accuracy=(1 - 0.8 * np.exp(-6 * t)).tolist(),
        validation_loss=(1.5 * np.exp(-6 * t) + 0.1 + 0.4 * t).tolist(),
        validation_accuracy=(0.9 - 0.7 * np.exp(-6 * t)).tolist(),
        seconds=[0.01] * n,
        best_epoch=best,
    )


@pytest.fixture
def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


@pytest.fixture
def pyplot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("MPLBACKEND", "agg")
    module = pytest.importorskip("matplotlib.pyplot", reason="the extra [plot] is not installed")
    yield module
    module.close("all")


# ---------------------------------------------------------------- a line


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (History(), "History(0 epochs)"),
        (History(loss=[0.5], seconds=[0.001]), "History(1 epoch, loss 0.5, 1.0 ms)"),
        (
            History(loss=[math.log(2), 0.0123], validation_loss=[0.5, 0.02], seconds=[0.6, 0.7]),
            "History(2 epochs, loss 0.6931 -> 0.0123, validation_loss 0.02, 1.3 s)",
        ),
        (
            History([1.0, math.nan], [0.5, 1.0], best_epoch=0),
            "History(2 epochs, loss 1 -> nan, accuracy 1, best_epoch 0)",
        ),
    ],
)
def test_a_history_is_a_short_line(made: History, line: str) -> None:
    assert repr(made) == line


def test_the_line_of_a_long_history_is_no_longer() -> None:
    assert len(repr(history(100_000, best=50_000))) < 150


def test_a_network_of_many_layers_has_a_short_line() -> None:
    net = Network([4] * 1000 + [2], activation=["relu", "tanh"] * 499 + ["relu"], dropout=0.1)
    assert repr(net).startswith("Network([4, 4, 4, 4, 4, ..., 4, 4, 4, 4, 2], activation=['relu', ")
    assert len(repr(net)) < 300
    sizes = list(range(1, 21))
    assert repr(Network(sizes)).startswith(f"Network({sizes}, ")


# ---------------------------------------------------------------- a table


def test_a_frame_has_a_column_for_each_list_that_is_not_empty() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    made = Measured(
        loss=[3.0, 2.0],
        validation_loss=[4.0, 3.0],
        scores={"r2": [0.1, 0.2], "f": []},
        validation_scores={"r2": [0.0, 0.1]},
        rates=[0.1, 0.05],
    )
    frame = made.to_frame()
    expected = pandas.DataFrame(
        {
            "loss": [3.0, 2.0],
            "validation_loss": [4.0, 3.0],
            "r2": [0.1, 0.2],
            "validation_r2": [0.0, 0.1],
            "rates": [0.1, 0.05],
        },
        index=pandas.RangeIndex(2, name="epoch"),
    )
    pandas.testing.assert_frame_equal(frame, expected)
    assert History().to_frame().shape == (0, 0)


def test_a_frame_shares_no_memory_with_the_history() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    made = history(3)
    frame = made.to_frame()
    frame.loc[0, "loss"] = -1.0
    assert made.loss[0] == 2.0


def test_a_frame_without_pandas_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install pandas.*history\.loss"):
        history(3).to_frame()


# ---------------------------------------------------------------- curves without matplotlib


def numbers_of(path: str) -> list[list[tuple[float, float]]]:
    """The points of each of a path's runs."""
    runs = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", run) for run in path.split("M")[1:]]
    return [[(float(x), float(y)) for x, y in run] for run in runs]


def curves_of(picture: str) -> dict[str, list[list[tuple[float, float]]]]:
    """Colour -> runs, without the samples of the key."""
    curves = {}
    for element in everything(parse(picture)):
        classes = element.attributes.get("class", "").split()
        path = element.attributes.get("d", "")
        if element.name == "path" and "curve" in classes and not re.fullmatch(r"M\S+ 12h22", path):
            curves[classes[1]] = numbers_of(path)
    return curves


def test_curves_are_in_proportion_to_the_numbers(without_matplotlib: None) -> None:
    values = [4.0, 1.0, 2.0, 3.5, 0.0]
    (run,) = curves_of(str(History(loss=values).plot()))["a"]
    xs, ys = zip(*run, strict=True)
    assert np.diff(xs) == pytest.approx([np.diff(xs)[0]] * 4, abs=0.11)  # written to 0.1 pixels
    scale = (ys[0] - ys[-1]) / (values[0] - values[-1])
    assert scale < 0
    assert ys == pytest.approx([ys[-1] + scale * (v - values[-1]) for v in values], abs=0.2)


def test_a_logarithmic_axis_makes_equal_factors_equal_ways(without_matplotlib: None) -> None:
    picture = str(History(loss=[1.0, 0.1, 0.01]).plot())
    ((first, second, third),) = curves_of(picture)["a"]
    assert second[1] - first[1] == pytest.approx(third[1] - second[1], abs=0.2)
    assert "log scale" in picture


@pytest.mark.parametrize(
    ("loss", "validation", "log", "expected"),
    [
        ([1.0, 0.06], [], None, False),
        ([1.0, 0.04], [], None, True),
        ([0.04, 1.0], [], None, False),  # it grows
        ([1.0, 0.04], [0.5, 0.0], None, False),
        ([1.0, 0.0], [], None, False),
        ([1.0, 0.04], [], False, False),
        ([1.0, 0.9], [], True, True),
        ([1.0, 0.0], [], True, True),
    ],
)
def test_the_axis_is_logarithmic_where_that_helps(
    without_matplotlib: None, loss: Any, validation: Any, log: Any, expected: bool
) -> None:
    picture = History(loss=loss, validation_loss=validation).plot(log=log)
    assert ("log scale" in str(picture)) is expected


def test_numbers_that_cannot_be_drawn_leave_gaps(without_matplotlib: None) -> None:
    loss = [3.0, 2.0, math.nan, 1.5, math.inf, 1.0, 0.5]
    picture = str(History(loss=loss).plot())
    assert [len(run) for run in curves_of(picture)["a"]] == [2, 1, 2]
    picture = str(History(loss=[1.0, 0.5, -1.0, 0.0, 0.5]).plot(log=True))
    assert [len(run) for run in curves_of(picture)["a"]] == [2, 1]


@pytest.mark.parametrize(
    "loss",
    [
        [0.0, 0.0],
        [5.0],
        [-3.0, -1.0],
        [1e300, 1e-300],
        [5e-324, 1e-323],
        [1.7e308, -1.7e308],
        [1.0, 1.0 + 2**-52],
    ],
)
@pytest.mark.parametrize("log", [None, True, False])
def test_any_finite_numbers_can_be_drawn(
    without_matplotlib: None, loss: list[float], log: bool | None
) -> None:
    made = History(loss=loss)
    if log and max(loss) <= 0:
        with pytest.raises(ValueError, match="log=True needs a number above 0"):
            made.plot(log=log)
        return
    picture = str(made.plot(log=log))
    ElementTree.fromstring(picture)
    for x, y in (point for run in curves_of(picture)["a"] for point in run):
        assert 0 <= x <= 600
        assert 0 <= y <= 260
    assert "nan" not in picture


def test_spikes_of_long_histories_are_drawn(without_matplotlib: None) -> None:
    loss = [1.0] * 10_000
    loss[1234], loss[7777] = 9.0, 0.0
    picture = str(History(loss=loss).plot(log=False))
    ((*points,),) = curves_of(picture)["a"]
    heights = [y for _, y in points]
    assert len(points) < 400
    assert max(heights) - min(heights) == pytest.approx(9 * (max(heights) - heights[0]), rel=0.01)
    assert len(picture) < LIMIT


def test_the_best_epoch_is_marked_on_the_curve(without_matplotlib: None) -> None:
    picture = str(history(21, best=7).plot(log=False))
    (run,) = curves_of(picture)["best"]
    dots = [e for e in everything(parse(picture)) if e.name == "circle"]
    place = float(dots[0].attributes["cx"].rstrip("%")) * 6, float(dots[0].attributes["cy"])
    assert place == pytest.approx(run[7], abs=0.2)
    assert "best epoch: 7" in parse(picture).text
    assert "best epoch" not in str(history(21).plot())


@pytest.mark.parametrize(
    ("what", "curves"),
    [
        ("loss", {"a", "best"}),
        ("accuracy", {"a", "best"}),
        ("validation_loss", {"a"}),
        ("seconds", {"a"}),
        ("r2", {"a", "best"}),
        ("only_held_out", {"best"}),
    ],
)
def test_any_column_can_be_drawn(without_matplotlib: None, what: str, curves: set[str]) -> None:
    made = Measured(
        **vars(history(5)),
        scores={"r2": [0.1] * 5},
        validation_scores={"r2": [0.2] * 5, "only_held_out": [0.3] * 5},
    )
    assert set(curves_of(str(made.plot(what)))) == curves


def test_what_cannot_be_drawn_says_what_can(without_matplotlib: None) -> None:
    with pytest.raises(ValueError, match=r"what must be one of 'loss', 'accuracy', .*got 'auc'"):
        history(3).plot("auc")
    with pytest.raises(TypeError, match="what must be one of"):
        history(3).plot(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="log must be"):
        history(3).plot(log="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ax must be a matplotlib Axes or None, got int"):
        history(3).plot(ax=3)
    for nothing in (History(), History(loss=[math.nan])):
        with pytest.raises(ValueError, match="no epoch with a finite number"):
            nothing.plot()


def test_an_svg_is_shown_saved_and_named(without_matplotlib: None, tmp_path: Path) -> None:
    picture = history(5).plot()
    assert isinstance(picture, SVG)
    assert repr(picture) == "<SVG: loss of 5 epochs; save(path) writes it>"
    assert picture._repr_svg_() == str(picture)
    picture.save(tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text("utf-8") == str(picture)
    root = ElementTree.fromstring(str(picture))
    assert root[0].tag.endswith("title")
    assert root[0].text == "loss of 5 epochs"


# ---------------------------------------------------------------- curves with matplotlib


def test_matplotlib_draws_the_same_numbers(pyplot: Any) -> None:
    made = history(10, best=4)
    axes = made.plot(log=False)
    training, validation, _, best = axes.lines
    assert training.get_ydata().tolist() == made.loss
    assert validation.get_ydata().tolist() == made.validation_loss
    assert validation.get_xdata().tolist() == list(range(10))
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (4, made.validation_loss[4])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["training", "validation", "best epoch: 4"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert axes.get_yscale() == "linear"
    assert made.plot(log=True).get_yscale() == "log"
    assert History(loss=[1.0, 0.01]).plot().get_yscale() == "log"


def test_matplotlib_draws_where_it_is_told(pyplot: Any) -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    assert history(5).plot(ax=left) is left
    assert history(5).plot("accuracy", ax=right) is right
    assert len(pyplot.get_fignums()) == 1
    figure.savefig(io.BytesIO(), format="svg")


def test_no_window_is_opened(pyplot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyplot, "show", lambda *a, **k: pytest.fail("show was called"))
    history(5).plot()


# ---------------------------------------------------------------- HTML


def hurtful_network() -> Network:
    net = Network([3, 4, 2], activation="relu", dropout=0.25)
    net.classes = [f"{HURT}{i}" for i in range(2)]
    frame = pytest.importorskip("pandas").DataFrame(np.zeros((4, 3)), columns=[HURT, "b", "c"])
    net.fit(frame, [0, 1, 0, 1], epochs=1)
    return net


def hurtful_history() -> History:
    return Measured(**vars(history(9)), scores={HURT: [0.5] * 9}, rates=[0.1] * 9)


def views() -> dict[str, str]:
    return {
        "history": history(30, best=12)._repr_html_(),
        "hurtful history": hurtful_history()._repr_html_(),
        "no epoch": History()._repr_html_(),
        "not finite": History(loss=[math.nan, math.nan])._repr_html_(),
        "network": Network([784, 128, 10], activation="relu")._repr_html_(),
        "hurtful network": hurtful_network()._repr_html_(),
    }


def test_names_come_out_as_text() -> None:
    for name, view in views().items():
        elements = everything(parse(view))
        assert not any(element.name in ("script", "img") for element in elements), name
        for element in elements:
            assert not any(key.startswith("on") for key in element.attributes), name
    assert HURT[:20] in parse(views()["hurtful history"]).text
    assert parse(views()["hurtful network"]).text.count("<script>") == 3


def test_views_ask_for_nothing_and_have_no_ids() -> None:
    for view in views().values():
        for element in everything(parse(view)):
            assert not {"id", "src", "href"} & set(element.attributes)
        assert "http" not in view
        assert "url(" not in view


def test_the_style_reaches_nothing_else() -> None:
    (style,) = parse(history(5)._repr_html_()).all("style")
    css = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^}]*\})*)\s*\}", r"\1", style.text)
    selectors = [s.strip() for s in re.findall(r"([^{}]+)\{", css)]
    assert len(selectors) > 20
    for selector in selectors:
        outside = re.sub(r"^:is\((?:[^()]|\([^()]*\))*\) ", "", selector)
        for part in re.sub(r"\([^()]*\)", "", outside).split(","):
            assert re.match(r"\.fastbp\b", part.strip()), selector


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_defines_every_colour_it_uses(theme: str) -> None:
    (style,) = parse(Network([2, 1])._repr_html_()).all("style")
    used = set(re.findall(r"var\(--(\w+)\)", style.text))
    blocks = re.findall(rf"color-scheme: {theme};([^}}]*)\}}", style.text)
    assert len(blocks) == 2  # by the system, and by a notebook's own theme
    for block in blocks:
        assert used <= set(re.findall(r"--(\w+):", block))


def test_views_stay_small() -> None:
    assert len(history(10_000, best=3)._repr_html_().encode()) < LIMIT
    many = Measured(**vars(history(5)), scores={f"metric {i}": [0.5] * 5 for i in range(500)})
    assert len(many._repr_html_().encode()) < LIMIT
    deep = Network([4] * 1001)
    assert len(deep._repr_html_().encode()) < LIMIT
    wide = Network([2, 20_000])
    wide.classes = ["x" * 1000 + str(i) for i in range(20_000)]
    assert len(wide._repr_html_().encode()) < LIMIT


def test_a_view_of_a_network_has_its_layers() -> None:
    net = Network(
        [784, 128, 64, 10],
        activation=["relu", ("elu", 0.5)],
        output_activation="softmax",
        loss="cross_entropy",
        dropout=[0.2, 0],
    )
    page = parse(net._repr_html_())
    rows = [[cell.text for cell in row.children] for row in page.all("tr")]
    assert rows == [
        ["l", "nodes", "weights", "parameters", "activation", "dropout"],
        ["0", "784", "–", "–", "input", "–"],
        ["1", "128", "128 × 784", "100,480", "relu", "0.2"],
        ["2", "64", "64 × 128", "8,256", "elu(0.5)", "–"],
        ["3", "10", "10 × 64", "650", "softmax", "–"],
    ]
    assert f"{len(net.parameters):,} parameters, float32" in page.text
    assert all(head.attributes["scope"] in ("row", "col") for head in page.all("th"))


@pytest.mark.parametrize("L", [24, 25, 1000])
def test_a_deep_network_is_folded(L: int) -> None:
    page = parse(Network([2] * (L + 1))._repr_html_())
    heads = [row.children[0].text for row in page.all("tr")][2:]
    if L == 24:
        assert heads == [str(l) for l in range(1, 25)]
    else:
        shown = [*range(1, 13), "…", *range(L - 5, L + 1)]
        assert heads == [f"{l:,}" if isinstance(l, int) else l for l in shown]
        assert f"{L - 18:,} layers between" in page.text


@pytest.mark.parametrize("bias", [True, False, "fixed"])
def test_a_view_counts_the_parameters(bias: Any) -> None:
    net = Network([3, 4, 2], bias=bias)
    text = parse(net._repr_html_()).text
    assert f"{len(net.parameters)} parameters, float32" in text
    assert ("no biases" in text, "fixed biases" in text) == (bias is False, bias == "fixed")


def test_a_view_of_a_history_has_the_last_epochs_and_the_best() -> None:
    page = parse(history(30, best=12)._repr_html_())
    heads = [row.children[0].text for row in page.all("tr")]
    assert heads == ["epoch", "12 (best)", "25", "26", "27", "28", "29"]
    (picture,) = page.all("svg", role="img")
    assert picture.all("title")[0].text == "loss of 30 epochs"
    assert parse(History()._repr_html_()).all("svg") == []


# ---------------------------------------------------------------- imports, and the page


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, fastbp\n"
        "net = fastbp.Network([2, 1]); net.fit([[0, 1]], [1], epochs=1, progress=True)\n"
        "names = ['matplotlib', 'pandas', 'tqdm', 'IPython', 'ipywidgets', 'fastbp.drawing']\n"
        "sys.exit(str([name for name in names if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


@needs_tree
def test_the_page_runs_and_its_figure_is_what_it_draws() -> None:
    """With FASTBP_WRITE_FIGURE the figure is written anew."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    figure = ROOT / "docs" / "history.svg"
    names: dict[str, Any] = {}
    page = (ROOT / "docs" / "history.md").read_text("utf-8")
    test = doctest.DocTestParser().get_doctest(page, names, "history.md", None, None)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0
    made = test.globs["history"]
    assert len(page) > 1000
    drawn = str(history_view.svg(made._columns(), "loss", None, made.best_epoch))
    if os.environ.get("FASTBP_WRITE_FIGURE"):
        figure.write_text(drawn, "utf-8")
    kept = figure.read_text("utf-8")
    assert re.sub(r"\d[\d.]*", "", drawn) == re.sub(r"\d[\d.]*", "", kept)
    # Rounding errors of another kernel set may turn the last digit of a coordinate, in 0.1 pixels.
    numbers = [[float(x) for x in re.findall(r"\d+\.?\d*", text)] for text in (drawn, kept)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.11)


def test_a_metric_called_accuracy_has_a_column_of_its_own() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    history = History(loss=[0.7], accuracy=[0.5], metrics={"accuracy": [0.6], "mae": [0.1]})
    frame = history.to_frame()
    assert frame.to_dict("records") == [
        {"loss": 0.7, "accuracy": 0.5, "accuracy_metric": 0.6, "mae": 0.1}
    ]


def test_a_loss_of_ones_own_has_its_name_in_the_view_of_a_network() -> None:
    def far(a: Any, y: Any) -> Any:
        return np.abs(a - y).sum(axis=1)

    with pytest.warns(PerformanceWarning):
        net = Network(
            [2, 1], output_activation="identity", loss=Loss(far, lambda a, y: np.sign(a - y))
        )
    assert "loss: Loss(far" in net._repr_html_()
