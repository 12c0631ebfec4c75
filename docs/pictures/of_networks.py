"""Pictures of networks, by ``net.plot``; parameters that were trained are rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastbp import SGD, Adam, Network, datasets
from fastbp.drawing.markup import Markup
from fastbp.drawing.svg import SVG
from fastbp.lessons.mazur import mazur_network


@dataclass(frozen=True)
class Plot:
    """What ``net.plot`` gave, under the name of its file."""

    name: str
    svg: SVG

    def file(self) -> Markup:
        """Return the whole SVG file."""
        return Markup(str(self.svg))


def clusters() -> tuple[np.ndarray, np.ndarray]:
    """The samples of docs/pictures.md: three clusters that overlap a little."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 50)
    X = rng.normal(size=(150, 2)) + np.array([[0, 0], [3, 1], [0, 3]])[y]
    return X, y


def _rounded(net: Network) -> Network:
    # So that the last bits, which differ from machine to machine, change no digit of a picture.
    net.parameters = np.round(net.parameters, 3)
    return net


def _of_clusters() -> Network:
    X, y = clusters()
    net = Network(
        [2, 8, 3],
        "tanh",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=0,
    )
    net.fit(X, y, epochs=100, optimizer=Adam(0.01))
    return _rounded(net)


def _of_digits() -> Network:
    X, y = datasets.load_digits()
    net = Network(
        [64, 24, 10],
        "relu",
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=0,
    )
    net.fit(X, y, epochs=15, optimizer=SGD(0.1), l2=1e-3)
    return _rounded(net)


def diagram() -> Plot:
    """Mazur's network, whose numbers are known."""
    return Plot("network-diagram", mazur_network().plot())


def folded() -> Plot:
    """A network of the digits, of which not all nodes are drawn."""
    return Plot("network-folded", _of_digits().plot())


def weights() -> Plot:
    """What the same network's first layer looks for."""
    return Plot("weight-images", _of_digits().plot("weights"))


def deltas() -> Plot:
    """A deep network of sigmoid nodes, untrained."""
    net = Network([4, *[8] * 6, 1], dtype="float64", seed=0)
    X = np.random.default_rng(0).normal(size=(100, 4))
    return Plot("delta-profile", net.plot("deltas", X, X[:, 0] > 0))


def regions() -> Plot:
    """The classes of three clusters."""
    return Plot("decision-regions", _of_clusters().plot("regions", *clusters()))


def surface() -> Plot:
    """The same network's loss around its parameters."""
    return Plot("loss-surface", _of_clusters().plot("surface", *clusters()))
