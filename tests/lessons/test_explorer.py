"""The explorer's page: one file that asks nobody for anything, and what it knows of a network."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import FLOWERS, flowers, refused, train_flowers, write
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from page_reading import Element, everything, parse

from fastbp import Activation, Loss, Network, ShapeError, TableModel
from fastbp.cli.command import main
from fastbp.datasets import load_digits
from fastbp.lessons.explorer import explore
from fastbp.lessons.explorer.array_data import MOST_LISTED, array_data
from fastbp.lessons.explorer.explorer import SPECIFICATION, specification_lines
from fastbp.lessons.explorer.network_data import MOST_SAMPLES

HOSTILE = "</script></style><script>hurt=1</script><img src=x onerror=hurt=1>&amp;\u2028"
REFERENCE = Path(__file__).parents[2] / "fastbp" / "reference.py"


def read(path: str = "page.html") -> tuple[str, Element, dict[str, Any]]:
    text = Path(path).read_text("utf-8")
    root = parse(text)
    (data,) = root.all("script", type="application/json")
    return text, root, json.loads(data.text)


def decoded(array: dict[str, Any]) -> np.ndarray:
    """What `decode` of model.js makes of an array."""
    if "list" in array:
        return np.array(array["list"], float).reshape(array["shape"])
    kind = {"f4": "<f4", "f8": "<f8"}[array["type"]]
    return np.frombuffer(base64.b64decode(array["base64"]), kind).reshape(array["shape"])


@pytest.mark.parametrize(
    "values",
    [
        [],
        [[1.0, -0.1], [1e-300, 5e-324]],
        [np.nan, np.inf, -0.0],
        np.linspace(0, 1, MOST_LISTED + 1),
        np.linspace(0, 1, MOST_LISTED + 1, dtype=np.float32),
        [1e300] * (MOST_LISTED + 1),
    ],
)
def test_arrays_come_back_with_all_their_bits(values: Any) -> None:
    expected = np.asarray(values, np.float64)
    data = json.loads(json.dumps(array_data(values), allow_nan=False))
    np.testing.assert_array_equal(decoded(data), expected)
    assert np.array_equal(np.signbit(decoded(data)), np.signbit(expected))


def test_the_built_in_page_has_the_classical_networks() -> None:
    explore(None, "page.html")
    _, root, data = read()
    titles = [example["title"] for example in data["examples"]]
    for words in ("Mazur", "XOR", "with bias", "without bias", "different width", "digit"):
        assert any(words in title for title in titles), words
    (mazur,) = (example for example in data["examples"] if "Mazur" in example["title"])
    assert decoded(mazur["traces"][0]["C"])[0] == pytest.approx(0.2983711087600027, rel=1e-15)
    (widths,) = (example for example in data["examples"] if "width" in example["title"])
    assert len(set(widths["sizes"])) == len(widths["sizes"])
    digit = data["examples"][-1]
    assert digit["image"] == [8, 8]
    assert root.all("title")[0].text == f"Explorer: {titles[0]}"


def test_a_page_refers_to_nothing_outside_and_runs_one_script() -> None:
    explore(None, "page.html")
    text, root, _ = read()
    assert not re.search(r"https?:|//\w+\.\w|url\(|@import|\bimport\b|\bfetch\(|XMLHttp", text)
    for element in everything(root):
        assert not {"src", "action", "data", "srcset"} & element.attributes.keys()
        assert element.attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in element.attributes)
    (policy,) = root.all("meta", http_equiv="") or [
        meta for meta in root.all("meta") if "http-equiv" in meta.attributes
    ]
    assert policy.attributes["content"].startswith("default-src 'none'")
    assert len(root.all("script")) == 2


def test_controls_have_names_and_the_script_finds_its_elements() -> None:
    explore(None, "page.html")
    text, root, _ = read()
    ids = [element.attributes["id"] for element in everything(root) if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'byId\("([\w-]+)"\)', text)) <= set(ids)
    for element in everything(root):
        named = element.attributes.get("aria-labelledby")
        assert named is None or named in ids
    labelled = {id(inner) for outer in root.all("label") for inner in everything(outer)}
    for name in ("select", "input"):
        for field in root.all(name):
            assert id(field) in labelled or field.attributes.get("aria-label"), field
    assert all(
        button.text.strip() or button.attributes["aria-label"] for button in root.all("button")
    )
    assert root.all("html")[0].attributes["lang"] == "en"
    assert len(root.all("h1")) == 1


def test_names_are_text_wherever_they_stand() -> None:
    net = Network([2, 3, 2], output_activation="softmax", loss="cross_entropy", seed=0)
    net.classes = [f"{HOSTILE}0", f"{HOSTILE}1"]
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({f"{HOSTILE}a": [0.0, 1.0], "b": [1.0, 0.0]})
    net.explore("page.html", frame, [f"{HOSTILE}1", f"{HOSTILE}0"], title=HOSTILE)
    text, root, data = read()
    assert "<img" not in text
    assert len(root.all("script")) == 2
    own = data["examples"][0]
    assert own["title"] == HOSTILE
    assert own["inputs"] == [f"{HOSTILE}a", "b"]
    assert own["outputs"] == [f"{HOSTILE}0", f"{HOSTILE}1"]
    np.testing.assert_array_equal(decoded(own["Y"]), [[0, 1], [1, 0]])


def test_a_page_of_784_128_10_is_under_three_megabytes() -> None:
    rng = np.random.default_rng(0)
    net = Network(
        [784, 128, 10],
        activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=0,
    )
    net.explore("page.html", rng.random((500, 784)), rng.integers(0, 10, 500), image=(28, 28))
    assert Path("page.html").stat().st_size < 3_000_000
    own = read()[2]["examples"][0]
    np.testing.assert_array_equal(decoded(own["w"][1]), net.weights[0])
    assert own["left_out"] == 500 - own["X"]["shape"][0] > 0


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "gelu"},
        {"loss": "huber"},
        {"activation": Activation(np.sin, np.cos)},
        {"loss": Loss(lambda a, y: ((a - y) ** 4).sum(1), lambda a, y: 4 * (a - y) ** 3)},
        {"bias": False, "activation": "tanh"},
        {"dtype": "float32", "bias": "fixed"},
    ],
    ids=lambda options: "-".join(map(str, options)),
)
@pytest.mark.filterwarnings("ignore::fastbp.PerformanceWarning")
def test_the_traces_are_the_librarys(options: dict[str, Any]) -> None:
    net = Network([3, 4, 2], seed=1, **({"dtype": "float64"} | options))
    X, y = np.random.default_rng(0).random((3, 3)), np.eye(3, 2)
    net.explore("page.html", X, y)
    before = net.parameters
    own = read()[2]["examples"][0]
    # A float32 network is shown in float64, as explain does: seven digits of its own numbers.
    close = {"rtol": 1e-5 if net.dtype == np.float32 else 1e-12}
    for i, trace_data in enumerate(own["traces"]):
        trace = net.trace(X[i], y[i])
        for l in (1, 2):
            for name in ("z", "a", "delta", "g_prime", "dC_da"):
                np.testing.assert_allclose(
                    decoded(trace_data[name][l]), getattr(trace, name)[l], atol=1e-7, **close
                )
        np.testing.assert_allclose(decoded(trace_data["C"])[0], trace.C_0, **close)
    np.testing.assert_array_equal(net.parameters, before)


def test_the_specifications_lines_are_where_the_page_says() -> None:
    lines = REFERENCE.read_text("utf-8").splitlines()
    for name, line in specification_lines().items():
        assert lines[line["line"] - 1].strip() == SPECIFICATION[name]
        assert sum(other.strip() == SPECIFICATION[name] for other in lines) == 1, name


def test_more_samples_than_a_page_takes_are_counted() -> None:
    net = Network([1, 1], seed=0)
    n = MOST_SAMPLES + 5
    net.explore("page.html", np.zeros((n, 1)), np.zeros(n))
    own = read()[2]["examples"][0]
    assert (own["X"]["shape"], own["left_out"]) == ([MOST_SAMPLES, 1], 5)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_page_says_that_dropout_is_left_out(dropout: float) -> None:
    Network([2, 3, 1], seed=0, dropout=dropout).explore("page.html", [[0, 1]], [1])
    text = read()[2]["examples"][0]["text"]
    assert ("Dropout is left out" in text) == (dropout > 0)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (([1, 2], [1]), {}, ShapeError, "X must be a 2-d array"),
        (([[1, 2], [3]], [1, 0]), {}, ShapeError, "rows of one length: row 0 has 2 entries"),
        (([[1, "a"]], [1]), {}, ValueError, "X[0, 1] is 'a'"),
        ((np.ones((0, 2)), []), {}, ShapeError, "X has no samples"),
        (([[1, 2]], [1, 0]), {}, ShapeError, "a target for each of the 1 rows"),
        (([[1, 2]], [1]), {"image": (3, 1)}, ValueError, "3 x 1 are 3 pixels"),
        (([[1, 2]], [1]), {"image": 2}, ValueError, "image must be (rows, columns)"),
        (([[1, 2]], [1]), {"learning_rate": -1}, ValueError, "learning_rate must be"),
        (([[1, 2]], [1]), {"batch_size": 0}, ValueError, "batch_size must be at least 1"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_nothing_is_written(
    arguments: Any, options: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        Network([2, 1], seed=0).explore("page.html", *arguments, **options)
    assert not Path("page.html").exists()


# ---------------------------------------------------------------- the command


def test_the_command_without_a_model_writes_the_built_in_networks(capsys: Any) -> None:
    assert main(["explore"]) == 0
    assert "explorer.html" in capsys.readouterr().out
    assert "Mazur" in read("explorer.html")[2]["examples"][0]["title"]


def test_the_command_shows_a_model_on_a_table() -> None:
    train_flowers()
    assert main(["explore", "flowers.safetensors", "--data", "flowers.csv", "--out", "f.html"]) == 0
    own = read("f.html")[2]["examples"][0]
    assert own["title"] == "flowers.safetensors"
    assert own["inputs"] == list(FLOWERS[:2])
    net = TableModel.load("flowers.safetensors").networks[0]
    kinds = [net.classes[row.argmax()] for row in decoded(own["Y"])]  # type: ignore[index]
    assert kinds == [kind for *_, kind in flowers()]


@pytest.mark.parametrize(("n_columns", "n_shown"), [(1, MOST_SAMPLES), (400, 150)])
def test_the_command_counts_the_rows_that_a_page_has_no_room_for(
    capsys: Any, n_columns: int, n_shown: int
) -> None:
    rng = np.random.default_rng(0)
    write("long.csv", rng.random((230, n_columns + 1)).round(3).tolist())
    train = ["train", "long.csv", "--target", str(n_columns + 1), "--epochs", "1", "--quiet"]
    assert main([*train, "--task", "regress", "--model", "m"]) == 0
    capsys.readouterr()
    assert main(["explore", "m", "--data", "long.csv"]) == 0
    assert f"the page has the first {n_shown} of 230 rows" in capsys.readouterr().err
    own = read("explorer.html")[2]["examples"][0]
    assert (own["X"]["shape"], own["left_out"]) == ([n_shown, n_columns], 230 - n_shown)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Inputs are standardized, as the network takes them."),
        (("--target", "weight"), "Inputs and targets are standardized"),
    ],
)
def test_the_page_says_that_numbers_are_standardized(options: tuple[str, ...], words: str) -> None:
    write("flowers.csv", flowers(), FLOWERS)
    regress = ("--drop", "kind") if "weight" in options else ()
    target = () if "weight" in options else ("--target", "kind")
    train = ["train", "flowers.csv", *target, *options, *regress, "--epochs", "1", "--quiet"]
    assert main([*train, "--model", "f.safetensors"]) == 0
    assert main(["explore", "f.safetensors", "--data", "flowers.csv"]) == 0
    text = read("explorer.html")[2]["examples"][0]["text"]
    assert words in text


def test_the_command_shows_the_held_out_digits_or_a_sample_of_zeros(capsys: Any) -> None:
    assert main(["train", "--epochs", "1", "--model", "digits.safetensors", "--quiet"]) == 0
    assert main(["explore", "digits.safetensors", "--out", "d.html"]) == 0
    own = read("d.html")[2]["examples"][0]
    X, _ = load_digits()
    assert own["image"] == [8, 8]
    np.testing.assert_array_equal(decoded(own["X"])[0], X[4])  # the first of the held-out rows
    train_flowers()
    capsys.readouterr()
    assert main(["explore", "flowers.safetensors", "--out", "z.html"]) == 0
    assert "no --data" in capsys.readouterr().err
    assert not decoded(read("z.html")[2]["examples"][0]["X"]).any()


def test_the_command_refuses_what_it_cannot_use(capsys: Any) -> None:
    train_flowers()
    assert "--data: not without a MODEL" in refused(capsys, "explore", "--data", "flowers.csv")
    error = refused(capsys, "explore", "--learning-rate", "3")
    assert "--learning-rate: not without a MODEL" in error
    write("half.csv", [row[:2] for row in flowers()], FLOWERS[:2])
    error = refused(capsys, "explore", "flowers.safetensors", "--data", "half.csv")
    assert "no column for the target, kind" in error
    error = refused(capsys, "explore", "flowers.safetensors", "--out", "flowers.safetensors")
    assert "a file that is read" in error
    Network([2, 1], seed=0).save("bare.safetensors")
    error = refused(capsys, "explore", "bare.safetensors", "--data", "flowers.csv")
    assert "knows no table's columns" in error
