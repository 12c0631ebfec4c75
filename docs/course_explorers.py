"""The explorers that pages of the course show: which networks each has, the first one opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastbp.drawing.markup import Markup
from fastbp.lessons.explorer.built_in import built_in
from fastbp.lessons.explorer.explorer import make_page
from fastbp.lessons.explorer.network_data import network_data
from fastbp.lessons.networks import small_network
from fastbp.lessons.questions import SIZES

Example = dict[str, Any]
# In a frame the page around has a title already. The buttons shall be in sight, and the formulas
# beside the drawing, where the site's column has the room.
FRAMED = Markup("""<style>
header > div:first-child { display: none; }
body { padding: .75rem 1rem; }
@media (min-width: 52rem) {
  .stage { grid-template: "net side" auto "settings side" auto "training side" 1fr /
    minmax(0, 1fr) minmax(17rem, 21rem); }
}
</style>""")
# Two samples more, for what the mean over samples is.
MORE_X = [[0.20, 0.90, 0.10, 0.40], [0.85, 0.15, 0.60, 0.05]]
MORE_Y = [[1.0, 0.0], [0.0, 1.0]]


def course(n_samples: int = 1) -> Example:
    """The course's own network, that of ``fastbp explain``."""
    net, x, y = small_network(SIZES)
    X, Y = np.array([x, *MORE_X])[:n_samples], np.array([y, *MORE_Y])[:n_samples]
    text = "The network of this course: four inputs, two layers of three nodes, two outputs."
    return network_data(
        net,
        X,
        Y,
        title="The course's network, " + "-".join(map(str, SIZES)),
        text=text if n_samples == 1 else f"{text} Here with {n_samples} samples in a batch.",
        batch_size=n_samples,
    )


def from_built_in(*titles: str) -> list[Example]:
    """Networks that every explorer has, by the beginnings of their titles."""
    found: dict[str, Example] = {}
    for example in built_in():
        found |= {title: example for title in titles if example["title"].startswith(title)}
        if len(found) == len(titles):
            return [found[title] for title in titles]
    raise LookupError(f"no built-in network for one of {titles}")


EXPLORERS: dict[str, Callable[[], list[Example]]] = {
    "intuition": lambda: [course(), *from_built_in("XOR")],
    "notation": lambda: [course(), *from_built_in("Three nodes, with bias", "Layers of different")],
    "observations": lambda: [course()],
    "gradient": lambda: [course(3)],
    "backprop": lambda: [course(), *from_built_in("Mazur")],
}


def write_explorers(folder: Path) -> None:
    """Write each as two pages into a folder: NAME.html, and NAME-frame.html for a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples in EXPLORERS.items():
        page = make_page(examples())
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
        framed = page.replace("</head>", f"{FRAMED}</head>", 1)
        (folder / f"{name}-frame.html").write_text(framed, encoding="utf-8")
