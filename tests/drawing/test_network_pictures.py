"""Pictures of networks: the numbers in them are the network's, whatever is drawn and however."""

from __future__ import annotations

import base64
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from page_reading import Element, everything, parse

import fastbp
from fastbp import Network, ShapeError
from fastbp.drawing.svg import SVG

HURT = "</script><img src=x onerror=hurt=1>"
RNG = np.random.default_rng(0)
X2 = RNG.normal(size=(40, 2))
Y2 = (X2[:, 0] > X2[:, 1]).astype(int) + (X2[:, 0] > 1)


def three_classes(**options: Any) -> Network:
    return Network(
        [2, 5, 3],
        "tanh",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        initializer="normal",
        seed=1,
        **options,
    )


def picture(net: Network, *args: Any, **options: Any) -> str:
    svg = net.plot(*args, **options)
    assert isinstance(svg, SVG)
    ElementTree.fromstring(str(svg))  # a browser refuses a file that is no XML
    return str(svg)


def tips(svg: str) -> dict[str, list[Element]]:
    """Tooltip -> the elements of its group."""
    groups = [e for e in everything(parse(svg)) if e.name == "g" and e.all("title")]
    return {group.all("title")[0].text: group.children[1:] for group in groups}


def cells(image: Element) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The palette (n, 4) and the indices (rows, columns) of an image's PNG file."""
    file = base64.b64decode(image.attributes["href"].removeprefix("data:image/png;base64,"))
    parts, i = {}, 8
    while i < len(file):
        (length,) = struct.unpack(">I", file[i : i + 4])
        name, data = file[i + 4 : i + 8], file[i + 8 : i + 8 + length]
        assert struct.unpack(">I", file[i + 8 + length : i + 12 + length])[0] == zlib.crc32(
            name + data
        )
        parts[name.decode()] = data
        i += 12 + length
    width, height = struct.unpack(">II", parts["IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(parts["IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    hues = np.frombuffer(parts["PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.frombuffer(parts["tRNS"], np.uint8)
    return np.column_stack([hues, opacity]), rows[:, 1:]


def place(image: Element) -> tuple[float, float, float, float]:
    left, top, width, height = (
        float(image.attributes[name]) for name in ("x", "y", "width", "height")
    )
    assert width > 0 < height
    return left, top, width, height


# ---------------------------------------------------------------- the diagram


@pytest.mark.parametrize("bias", [True, False])
def test_each_line_of_a_diagram_is_a_weight_with_its_sign_and_size(bias: bool) -> None:
    net = Network([3, 4, 2], initializer="normal", bias=bias, seed=3, dtype="float64")
    net.weights[0][1, 2] = 0.0
    drawn = tips(picture(net))
    largest = np.abs(net.parameters).max()
    lines = {tip: shapes[0] for tip, shapes in drawn.items() if tip.startswith("w_")}
    assert len(lines) == 3 * 4 + 4 * 2
    biases = {f"b_{j}^({l}) = {b:.6g}" for l in (1, 2) for j, b in enumerate(net.biases[l - 1])}
    assert biases == {tip for tip in drawn if tip.startswith("b_")}
    assert len([s for shapes in drawn.values() for s in shapes if s.name == "circle"]) == 9
    for l in (1, 2):
        for j, k in np.ndindex(net.weights[l - 1].shape):
            w = net.weights[l - 1][j, k]
            line = lines[f"w_{j}{k}^({l}) = {w:.6g}"]
            sign = "plus" if w > 0 else "minus" if w < 0 else "zero"
            assert line.attributes["class"] == f"weight {sign}"
            if w:
                # In proportion, to a hundredth of a pixel; the thinnest can still be seen.
                width = float(line.attributes["stroke-width"])
                assert width == pytest.approx(max(0.4, 6 * abs(w) / largest), abs=0.0051)


def test_lines_lead_from_node_k_to_node_j() -> None:
    net = Network([2, 3], initializer="normal", seed=0, dtype="float64")
    drawn = tips(picture(net))
    nodes = {
        tip.split(" ")[0]: (float(shape.attributes["cx"]), float(shape.attributes["cy"]))
        for tip, shapes in drawn.items()
        for shape in shapes
        if shape.name == "circle"
    }
    for j, k in product(range(3), range(2)):
        (line,) = (s[0] for tip, s in drawn.items() if tip.startswith(f"w_{j}{k}^(1)"))
        x, y, x_end, y_end = map(float, re.findall(r"[\d.]+", line.attributes["d"]))
        assert y == pytest.approx(nodes[f"a_{k}^(0)"][1], abs=0.06)
        assert y_end == pytest.approx(nodes[f"b_{j}^(1)"][1], abs=0.06)
        assert nodes[f"a_{k}^(0)"][0] < x < x_end < nodes[f"b_{j}^(1)"][0]


def test_a_small_network_shows_its_numbers_and_a_large_one_folds() -> None:
    net = Network([2, 2], seed=0, dtype="float64")
    net.weights[0][...] = [[0.15, -0.2], [0.25, 0.3]]
    net.biases[0][...] = [0.35, -0.4]
    words = parse(picture(net)).text
    for shown in ("w00 0.15", "w01 −0.2", "w10 0.25", "w11 0.3", "b 0.35", "b −0.4"):
        assert shown in words
    large = picture(Network([784, 128, 10], seed=0))
    assert "layer 0 shows 9 of 784 nodes; layer 1 shows 9 of 128 nodes" in large
    assert large.count("⋮") == 2
    assert "w_127,783^(1) = " in large
    assert len(large) < 60_000
    assert len(picture(Network([8] * 500, seed=0))) < 100_000


def test_the_diagram_takes_any_width_and_numbers_that_are_not_finite() -> None:
    net = Network([1, 1], initializer="zeros")
    assert "weight zero" in picture(net)
    net.weights[0][0, 0] = np.nan
    svg = picture(net)
    assert "weight wrong" in svg
    assert "1 number not finite" in svg
    net = Network([1, 2], initializer="zeros", dtype="float64")
    net.weights[0][...] = [[1e308], [-1e-308]]
    assert 'stroke-width="6"' in picture(net)


# ---------------------------------------------------------------- weights as images


def test_images_have_the_weights_of_their_node() -> None:
    net = Network([12, 5, 2], initializer="normal", seed=0, dtype="float64")
    w = net.weights[0]
    images = {tip: shapes[0] for tip, shapes in tips(picture(net, "weights", shape=(3, 4))).items()}
    del images["colours"]
    assert len(images) == 5
    for j, (tip, image) in enumerate(images.items()):
        assert tip == f"into node {j}: {w[j].min():.4g} to {w[j].max():.4g}"
        palette, indices = cells(image)
        assert indices.shape == (3, 4)
        shares = (w[j] / np.abs(w).max()).reshape(3, 4)
        # Steps of 1/127, and half of one for rounding.
        np.testing.assert_allclose((indices.astype(float) - 127) / 127, shares, atol=0.5001 / 127)
        steps = np.abs(indices.astype(float) - 127) / 127
        np.testing.assert_allclose(palette[indices, 3], 255 * steps**0.75, atol=0.5001)
        assert {tuple(hue) for hue in palette[indices[shares > 0.1], :3]} <= {(46, 128, 201)}
        assert {tuple(hue) for hue in palette[indices[shares < -0.1], :3]} <= {(217, 95, 2)}


def test_a_square_is_guessed_and_anything_else_is_asked_for() -> None:
    svg = picture(Network([784, 60, 2], seed=0), "weights")
    assert "as images of 28 by 28" in svg
    assert "The first 40 of 60 nodes" in svg
    assert len([tip for tip in tips(svg) if tip.startswith("into node")]) == 40
    with pytest.raises(ValueError, match=r"shape must be given for 12 inputs.*shape=\(1, 12\)"):
        Network([12, 2]).plot("weights")
    with pytest.raises(ValueError, match=r"each of the 12 inputs, got \(2, 5\), which has 10"):
        Network([12, 2]).plot("weights", shape=(2, 5))
    with pytest.raises(TypeError, match=r"shape must be \(rows, columns\), got 12"):
        Network([12, 2]).plot("weights", shape=12)
    assert picture(Network([12, 2], seed=0), "weights", shape=(1, 12))
    assert picture(Network([1, 2], initializer="zeros"), "weights")


# ---------------------------------------------------------------- deltas by layer


def deltas_in_numpy(net: Network, X: Any, y: Any) -> list[Any]:
    """Of tanh layers and a softmax with cross_entropy, all samples at once."""
    a = [X]
    for w, b in zip(net.weights, net.biases, strict=True):
        a.append(np.tanh(a[-1] @ w.T + b))
    z = a[-2] @ net.weights[-1].T + net.biases[-1]
    p = np.exp(z - z.max(axis=1, keepdims=True))
    delta = [p / p.sum(axis=1, keepdims=True) - np.eye(p.shape[1])[y]]
    for l in range(net.L - 1, 0, -1):
        delta.insert(0, (1 - a[l] ** 2) * (delta[0] @ net.weights[l]))
    return delta


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_bars_are_the_mean_size_of_delta(scale: float) -> None:
    net = Network(
        [2, 6, 5, 3],
        "tanh",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=0,
    )
    net.weights[2][...] *= scale
    means = [np.abs(delta).mean() for delta in deltas_in_numpy(net, X2, Y2)]
    svg = picture(net, "deltas", X2, Y2)
    bars = {tip: shapes[0] for tip, shapes in tips(svg).items()}
    assert list(bars) == [f"layer {l}: mean |delta| = {means[l - 1]:.6g}" for l in (3, 2, 1)]
    widths = [float(bar.attributes["width"]) for bar in bars.values()][::-1]
    assert ("log scale" in svg) == (scale < 1)
    if scale == 1:
        np.testing.assert_allclose(widths, np.multiply(widths[2] / means[2], means), atol=0.02)
    else:  # as far apart as their logarithms
        slopes = np.diff(widths) / np.diff(np.log(means))
        np.testing.assert_allclose(slopes, slopes[1], rtol=0.02)


def test_a_relu_s_zeros_are_counted_and_many_samples_are_thinned() -> None:
    net = Network([2, 4, 1], "relu", output_activation="identity", seed=0)
    net.biases[0][:2] = -1e6  # off, for every sample
    net.biases[0][2:] = 1e3
    svg = picture(net, "deltas", X2, Y2 > 0)
    assert "(50% are 0)" in svg
    same = np.tile(X2[:1], (40, 1))
    thinned = picture(net, "deltas", same, np.zeros((40, 1)), samples=10)
    assert "10 of 40 samples" in thinned
    assert list(tips(thinned)) == list(tips(picture(net, "deltas", same[:1], [[0.0]])))
    zero = Network([2, 2], initializer="zeros", output_activation="identity")
    assert picture(zero, "deltas", X2, np.zeros((40, 2)))
    deep = Network([2] * 300 + [1], seed=0, dtype="float64")  # deltas near the smallest number
    assert "40 of 300 layers" in picture(deep, "deltas", X2, Y2 > 0)


# ---------------------------------------------------------------- decision regions


def region_image(svg: str) -> Element:
    return tips(svg)["Decision regions"][0]


def test_regions_are_the_predicted_classes() -> None:
    net = three_classes()
    limits = ((-3.0, 2.0), (-1.0, 4.0))
    svg = picture(net, "regions", limits=limits, points=30)
    palette, indices = cells(region_image(svg))
    assert indices.shape == (30, 30)
    x = -3 + 5 * (np.arange(30) + 0.5) / 30
    y = -1 + 5 * (np.arange(30) + 0.5) / 30
    for row, column in np.ndindex(30, 30):
        a = np.sort(net.predict([[x[column], y[29 - row]]])[0])
        c = net.predict_classes([[x[column], y[29 - row]]])[0]
        assert indices[row, column] // 16 == c
        assert indices[row, column] % 16 == min(int((a[-1] - a[-2]) * 16), 15)
    hues = {tuple(palette[16 * c, :3]) for c in range(3)}
    assert len(hues) == 3


def test_regions_of_one_output_are_those_of_a_threshold() -> None:
    net = Network([2, 3, 1], initializer="normal", seed=0)
    svg = picture(net, "regions", X2, Y2 > 0, points=20)
    _, indices = cells(region_image(svg))
    left, top, width, height = place(region_image(svg))
    share = np.mean(indices // 16 == 1)
    assert f"1: {share:.1%}" in svg
    # The samples lie where they belong.
    low, high = X2.min(axis=0), X2.max(axis=0)
    low, high = low - 0.12 * (high - low), high + 0.12 * (high - low)
    marks = {tip: shapes[0] for tip, shapes in tips(svg).items() if tip.startswith("(")}
    assert len(marks) == 40
    for (x, y), c in zip(X2, Y2 > 0, strict=True):
        mark = marks[f"({x:.4g}, {y:.4g}): {int(c)}"]
        x_drawn, y_drawn = map(float, re.findall(r"[-\d.]+", mark.attributes["d"])[:2])
        assert x_drawn == pytest.approx(left + width * (x - low[0]) / (high[0] - low[0]), abs=0.06)
        assert y_drawn == pytest.approx(top + height * (high[1] - y) / (high[1] - low[1]), abs=0.06)


def test_where_outputs_are_nan_no_class_has_the_place() -> None:
    net = three_classes()
    net.weights[0][1, 1] = np.nan
    svg = picture(net, "regions", X2, Y2)
    assert not [e for e in everything(parse(svg)) if "strong" in e.attributes.get("class", "")]
    assert "0: 0.0%; 1: 0.0%; 2: 0.0%" in svg


def test_a_number_over_two_inputs_has_its_sign_and_size() -> None:
    net = Network([2, 1], output_activation="identity", dtype="float64")
    net.weights[0][...], net.biases[0][...] = [[1.0, 0.0]], 0.0
    svg = picture(net, "regions", limits=((-1, 1), (-1, 1)), points=4)
    _, indices = cells(tips(svg)["The output over two inputs"][0])
    expected = 127 + np.rint(127 * np.array([-0.75, -0.25, 0.25, 0.75]) / 0.75)
    np.testing.assert_array_equal(indices, np.tile(expected, (4, 1)))


def test_regions_take_what_predict_takes() -> None:
    net = three_classes()
    assert picture(net, "regions", X2)
    assert picture(net, "regions", X2.tolist(), np.eye(3)[Y2])
    many = RNG.normal(size=(2000, 2))
    assert "600 of 2,000 samples" in picture(net, "regions", many)
    assert picture(net, "regions", [[1.0, 2.0]], [0])
    net.weights[0][...] = np.nan
    assert "Where the output is NaN" in picture(net, "regions", X2)


# ---------------------------------------------------------------- the loss surface


def test_the_surface_is_the_loss_along_two_directions() -> None:
    net = three_classes()
    before = net.parameters
    directions = RNG.normal(size=(2, len(before)))
    svg = picture(net, "surface", X2, Y2, directions=tuple(directions), span=0.5, points=5)
    np.testing.assert_array_equal(net.parameters, before)
    image = tips(svg)["the loss"][0]
    palette, indices = cells(image)
    assert indices.shape == (25, 25)  # six cells from point to point
    twin, C = net.copy(), np.empty((5, 5))
    for (i, beta), (k, alpha) in product(enumerate(np.linspace(-0.5, 0.5, 5)), repeat=2):
        twin.parameters = before + alpha * directions[0] + beta * directions[1]
        C[i, k] = twin.loss_value(X2, Y2)
    is_log = C.max() > 20 * C.min()
    assert ("log scale" in svg) == is_log
    values = np.log(C) if is_log else C
    shares = (values - values.min()) / (values.max() - values.min())
    expected = np.minimum(np.floor(14 * shares), 13)
    # The kernels' sums differ in their last bits from one build to the next.
    is_sure = np.abs(14 * shares - np.rint(14 * shares)) > 1e-9
    is_sure |= np.isin(shares, (0, 1))
    np.testing.assert_array_equal(indices[::-6, ::6][is_sure], expected[is_sure])
    assert (np.diff(palette[:14, 3].astype(int)) > 0).all()
    assert f"C is {net.loss_value(X2, Y2):.4g} at the network" in svg
    assert f"{C.min():.4g} at the lowest and {C.max():.4g} at the highest" in svg


@pytest.mark.parametrize("bias", [True, "fixed", False])
def test_random_directions_are_as_long_as_each_layer(bias: Any) -> None:
    from fastbp.model.parameters import Layout, Parameters
    from fastbp.pictures.loss_surface import random_direction

    layout = Layout([3, 4, 2], np.dtype("float64"))
    parameters = Parameters(layout, bias)
    parameters.scatter(RNG.normal(size=len(parameters.dense())))
    direction = Parameters(layout, bias)
    drawn = random_direction(parameters, np.random.default_rng(0))
    direction.scatter(drawn)
    for l in range(2):
        of_layer = [
            np.concatenate([p.weights[l].ravel(), p.biases[l] if bias is True else []])
            for p in (direction, parameters)
        ]
        lengths = [np.linalg.norm(part) for part in of_layer]
        assert lengths[0] == pytest.approx(lengths[1], rel=1e-13)
        if bias == "fixed":
            assert not direction.biases[l].any()
    assert np.std(drawn[drawn != 0]) > 0.1


def test_a_surface_is_the_same_for_the_same_seed_alone() -> None:
    net = three_classes()
    first, again, other = (
        picture(net, "surface", X2, Y2, seed=seed, points=5) for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize("span", [1e-4, 1e-9])
def test_the_marks_of_a_surface_are_told_apart_however_flat_it_is(span: float) -> None:
    net = three_classes()
    svg = picture(net, "surface", X2, Y2, span=span, points=5)
    key = svg[svg.index(">C<") :]
    near = [float(text) for text in re.findall(r">(\d+\.\d+)<", key)][:5]
    assert len(set(near)) == 5
    C, steps = net.loss_value(X2, Y2), np.diff(near)
    assert near[0] <= C <= near[4]
    np.testing.assert_allclose(steps, steps[0], rtol=0.5)


def test_a_surface_leaves_out_what_is_not_finite() -> None:
    net = Network([1, 1], output_activation="identity", dtype="float64", initializer="normal")
    svg = picture(net, "surface", [[1.0]], [0.0], span=1e200, points=3)
    assert "Where C is not finite" in svg
    net.weights[0][...] = np.nan
    with pytest.raises(ValueError, match="not finite anywhere on this surface; give a smaller"):
        net.plot("surface", [[1.0]], [0.0], directions=([1.0, 1.0], [1.0, -1.0]), points=3)
    flat = Network([2, 1], initializer="zeros")
    assert picture(flat, "surface", X2, Y2 > 0, points=3)


# ---------------------------------------------------------------- all kinds

CALLS: dict[str, tuple[Any, ...]] = {
    "diagram": (),
    "weights": (),
    "deltas": (X2, Y2),
    "regions": (X2, Y2),
    "surface": (X2, Y2),
}


def options_of(kind: str) -> dict[str, Any]:
    return {"weights": {"shape": (1, 2)}, "surface": {"points": 3}}.get(kind, {})


@pytest.mark.parametrize("kind", CALLS)
def test_names_stay_text(kind: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    net = Network([2, 3, 3], output_activation="softmax", loss="cross_entropy", seed=0)
    names = np.array([HURT, "b\u202e", "c\x00"])
    frame = pandas.DataFrame(X2, columns=[HURT, "<b>"])
    net.fit(frame, names[Y2], epochs=1)
    args = (frame, names[Y2]) if CALLS[kind] else ()
    root = parse(picture(net, kind, *args, **options_of(kind)))
    assert not {e.name for e in everything(root)} & {"script", "img", "b", "foreignobject"}
    assert not [name for e in everything(root) for name in e.attributes if name.startswith("on")]
    if kind in ("diagram", "regions"):
        assert "</script>" in root.text


@pytest.mark.parametrize("kind", CALLS)
def test_a_picture_is_saved_and_shown_and_changes_nothing(kind: str, tmp_path: Path) -> None:
    net = three_classes()
    before = net.parameters
    svg = net.plot(kind, *CALLS[kind], **options_of(kind))
    svg.save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text("utf-8") == str(svg) == svg._repr_svg_()
    assert re.fullmatch(r"<SVG: .+; save\(path\) writes it>", repr(svg))
    np.testing.assert_array_equal(net.parameters, before)
    assert str(net.plot(kind, *CALLS[kind], **options_of(kind))) == str(svg)
    assert str(svg).count("prefers-color-scheme: dark") == 2  # of all charts, and of these


def test_pictures_import_neither_matplotlib_nor_anything_before_they_are_drawn() -> None:
    code = (
        "import sys, fastbp; net = fastbp.Network([2, 1])\n"
        "assert not [name for name in sys.modules if name.startswith('fastbp.pictures')]\n"
        "net.plot(); net.plot('regions', limits=((0, 1), (0, 1)))\n"
        "assert 'matplotlib' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("args", "options", "error", "match"),
    [
        (("tree",), {}, ValueError, "kind must be one of 'diagram', 'weights', .*; got 'tree'"),
        ((3,), {}, TypeError, "kind must be one of"),
        (("diagram", X2), {}, ValueError, "shows the weights alone; leave X and y out"),
        (("deltas",), {}, ValueError, r'needs samples: net.plot\("deltas", X, y\)'),
        (("surface", X2), {}, ValueError, "needs samples"),
        (("diagram",), {"colour": 1}, TypeError, "has no option 'colour'; it takes nodes"),
        (("diagram",), {"nodes": 2}, ValueError, "nodes must be at least 3, got 2"),
        (("diagram",), {"ax": 3}, TypeError, "ax must be a matplotlib Axes or None, got int"),
        (("regions",), {}, ValueError, "needs samples or limits"),
        (("regions", None, Y2), {}, ValueError, "y was given without X"),
        (("regions",), {"limits": (0, 1)}, TypeError, r"limits must be \(\(x_low, x_high\)"),
        (("regions",), {"limits": ((1, 0), (0, 1))}, ValueError, "limits must rise"),
        (("regions", X2[:, :1]), {}, ShapeError, "expected 2 features, got 1"),
        (("surface", X2, Y2), {"directions": [1.0]}, TypeError, "directions must be two arrays"),
        (("surface", X2, Y2), {"directions": ([1.0], [2.0])}, ShapeError, r"directions\[0\]"),
        (("surface", X2, Y2), {"span": 0}, ValueError, "span must be finite and > 0"),
        (("surface", X2, Y2), {"points": 1000}, ValueError, "points must be at most 201"),
    ],
)
def test_errors_name_the_argument(args: Any, options: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        three_classes().plot(*args, **options)


def test_regions_need_two_inputs() -> None:
    with pytest.raises(ShapeError, match="a network of two inputs, and this one has 3"):
        Network([3, 2]).plot("regions")


# ---------------------------------------------------------------- matplotlib


@pytest.fixture
def ax(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("MPLBACKEND", "agg")
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="the extra [plot] is not installed")
    yield pyplot.subplots()[1]
    pyplot.close("all")


@pytest.mark.parametrize("kind", CALLS)
def test_matplotlib_draws_each_kind_on_an_axis(kind: str, ax: Any) -> None:
    assert three_classes().plot(kind, *CALLS[kind], ax=ax, **options_of(kind)) is ax
    assert ax.get_title()
    ax.figure.canvas.draw()


def test_matplotlib_takes_no_name_for_a_formula_or_for_hidden(ax: Any) -> None:
    net = three_classes()
    net.classes = ["_a", r"$\frac{", "c"]
    net.plot("regions", X2, Y2, ax=ax)
    ax.figure.canvas.draw()  # matplotlib would refuse such a formula here
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [" _a", r"\$\frac{", "c"]


def test_matplotlib_shows_biases_and_names_in_the_diagram_and_shortens_them(ax: Any) -> None:
    net = three_classes()
    net.classes = ["_a", "b$x$", "long" * 20]
    net.biases[0][:2] = -0.5, 0.0
    net.plot(ax=ax)
    texts = [text.get_text() for text in ax.texts]
    assert [t for t in texts if t in (" _a", r"b\$x\$") or "…" in t] == [
        " _a",
        r"b\$x\$",
        "longlonglongl…",
    ]
    first = texts.index("input") + 1  # then the nodes of layer 1
    minus, none = (ax.texts[first + j].get_bbox_patch() for j in (0, 1))
    assert minus.get_edgecolor() != none.get_edgecolor()
    widest = 6 * 0.5 / np.abs(net.parameters).max()
    assert minus.get_linewidth() == pytest.approx(max(1.0, widest))
    ax.figure.canvas.draw()


def test_matplotlib_marks_a_surface_on_a_log_scale_too(ax: Any) -> None:
    net = Network([2, 1], output_activation="identity", dtype="float64", initializer="zeros")
    net.parameters = [1.0, 1.0, 0.001]
    net.plot("surface", X2, X2.sum(axis=1), points=9, ax=ax)
    ax.figure.canvas.draw()
    assert len([t for t in ax.figure.axes[1].get_yticklabels() if t.get_text()]) >= 4


def test_matplotlib_gets_the_network_s_numbers(ax: Any) -> None:
    net = Network([4, 2, 1], initializer="normal", seed=0, dtype="float64")
    net.plot(ax=ax)
    widths = {line.get_gid(): line.get_linewidth() for line in ax.lines}
    w, largest = net.weights[0][1, 3], np.abs(net.parameters).max()
    assert widths["w_13^(1)"] == pytest.approx(max(0.4, 6 * abs(w) / largest))
    ax.figure.clear()
    axis = ax.figure.add_subplot()
    net.plot("weights", ax=axis)
    shown = axis.images[0].get_array()
    np.testing.assert_array_equal(shown[:, :2], net.weights[0][0].reshape(2, 2))
    np.testing.assert_array_equal(shown[:, 3:], net.weights[0][1].reshape(2, 2))
    axis = ax.figure.add_subplot()
    X, y = RNG.normal(size=(9, 4)), np.zeros((9, 1))
    net.plot("deltas", X, y, ax=axis)
    delta = [np.mean([np.abs(net.trace(x, [0.0]).delta[l]).mean() for x in X]) for l in (1, 2)]
    np.testing.assert_allclose([bar.get_width() for bar in axis.patches], delta, rtol=1e-12)


def test_the_names_in_the_docstring_are_the_kinds_there_are() -> None:
    from fastbp.pictures.plot import KINDS

    words = fastbp.Network.plot.__doc__ or ""
    assert re.findall(r'^ +- "(\w+)"', words, flags=re.M) == list(KINDS)
    for row in KINDS.values():
        for option in row.options:
            assert f"``{option}=" in words or f"``{option}``" in words
