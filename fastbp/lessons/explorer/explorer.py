"""Writes the explorer's page."""

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from fastbp.drawing.markup import Markup, join, resource, tag
from fastbp.drawing.page import document
from fastbp.lessons.explorer.built_in import built_in
from fastbp.lessons.explorer.network_data import network_data
from fastbp.lessons.explorer.notation_data import notations_data
from fastbp.lessons.explorer.quiz_data import DEFAULT_N, PLACE, Quiz, quiz_data, quiz_markup
from fastbp.model_file.atomic_write import replace_file
from fastbp.network import Network

_HERE = "fastbp.lessons.explorer"
#: The page's script, in this order: each uses names of those before it. A quiz is before the last.
SCRIPTS = (
    "arithmetic.js",
    "model.js",
    "notation.js",
    "steps.js",
    "laws.js",
    "formulas.js",
    "drawing.js",
    "parts.js",
    "editing.js",
    "panels.js",
    "tables.js",
    "images.js",
    "training.js",
    "pointing.js",
    "page.js",
)
#: What a step does -> its line in fastbp/reference.py, which the page shows.
SPECIFICATION = {
    "input": "a = [x] + [None] * L",
    "z": "z_j += w[l][j][k] * a[l - 1][k]",
    "b": "z_j = b[l][j]",
    "a": "a[l] = g[l](z[l])",
    "loss": "C += loss(z[L], a[L], y)",
    "delta_output": "delta[L] = output_delta(z[L], a[L], y, g_prime[L])",
    "dC_da": "dC_da_k += w[l][j][k] * delta[l][j]",
    "delta": "delta[l - 1].append(slope[k] * dC_da_k)",
    "dC_dw": "dC_dw[l][j][k] += delta[l][j] * a[l - 1][k]",
    "dC_db": "dC_db[l][j] += delta[l][j]",
    "mean": "dC_dw[l][j][k] /= m",
    "w_new": "w[l][j][k] -= learning_rate * dC_dw[l][j][k]",
    "b_new": "b[l][j] -= learning_rate * dC_db[l][j]",
}


def explore(
    net: Network | None,
    path: str | PathLike[str],
    X: Any = None,
    y: Any = None,
    *,
    title: str | None = None,
    learning_rate: float = 0.5,
    batch_size: int = 1,
    image: Any = None,
    inputs: Sequence[str] = (),
    note: str = "",
    left_out: int = 0,
    quiz: Quiz = DEFAULT_N,
    quiz_seed: int = 0,
) -> None:
    """Write the explorer of a network, or of the built-in ones alone, as one HTML file.

    Parameters
    ----------
    net : Network or None
        None: the page has the built-in networks only, and takes no X and y.
    path : str or path
        The file; one that is there is replaced.
    X, y, title, learning_rate, batch_size, image, quiz, quiz_seed
        As for :meth:`Network.explore`; ``title`` is the network's name on the page.
    inputs : sequence of str
        What the inputs are called, where neither the network nor X knows it.
    note : str
        A sentence on the samples.
    left_out : int
        How many samples there are beyond those of X.
    """
    examples = list(built_in())
    if net is not None:
        own = network_data(
            net,
            X,
            y,
            title=title or "Your network",
            text=" ".join(filter(None, (_described(net), note))),
            learning_rate=learning_rate,
            batch_size=batch_size,
            image=image,
            inputs=inputs,
            left_out=left_out,
        )
        examples.insert(0, own)
    questions = quiz_data(net, quiz, quiz_seed, examples[0]["title"])
    replace_file(path, [make_page(examples, questions).encode()])


def _described(net: Network) -> str:
    """Sizes, activations and loss in a line, and what the page leaves out."""
    names = ", ".join(dict.fromkeys(net.activations))
    dropout = " Dropout is left out here: every node takes part." if any(net.dropout) else ""
    return f"{'-'.join(map(str, net.sizes))}, {names}, {net.loss}.{dropout}"


def make_page(examples: list[dict[str, Any]], quiz: dict[str, Any] | None = None) -> Markup:
    """Make the page of networks, as ``network_data`` has them, and a quiz, as ``quiz_data`` has."""
    data = {
        "examples": examples,
        "notations": notations_data(),
        "specification": specification_lines(),
        "quiz": quiz,
    }
    body, styles, scripts = resource(_HERE, "page.html"), ["explorer.css"], [*SCRIPTS]
    if quiz:
        body = Markup(body.replace(PLACE, quiz_markup()))
        styles.append("quiz.css")
        scripts[-1:-1] = ["quiz_storage.js", "quiz.js"]
    return document(
        f"Explorer: {examples[0]['title']}",
        body,
        tag("script", _json_in_html(data), type="application/json", id="data"),
        style=join((resource(_HERE, name) for name in styles), "\n"),
        script=join((resource(_HERE, name) for name in scripts), "\n"),
    )


def specification_lines() -> dict[str, dict[str, Any]]:
    """The lines of fastbp/reference.py that the page shows, with their numbers."""
    source = Path(__file__).parents[2] / "reference.py"
    lines = [line.strip() for line in source.read_text("utf-8").splitlines()]
    return {
        name: {"line": lines.index(line) + 1, "text": line} for name, line in SPECIFICATION.items()
    }


def _json_in_html(data: Any) -> Markup:
    """JSON that no text in it can end: the characters of tags are written as escapes."""
    json_text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        json_text = json_text.replace(character, f"\\u{ord(character):04x}")
    return Markup(json_text)
