"""The table of kinds of pictures, and the call behind ``Network.plot``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastbp.drawing.svg import SVG
from fastbp.inputs import check_choice
from fastbp.model.model import Model
from fastbp.pictures.decision_regions import DecisionRegions
from fastbp.pictures.delta_profile import DeltaProfile
from fastbp.pictures.diagram import Diagram
from fastbp.pictures.drawing import Drawing
from fastbp.pictures.loss_surface import LossSurface
from fastbp.pictures.weight_images import WeightImages


@dataclass(frozen=True)
class _Kind:
    """How a kind is made, whether it needs samples, and its options."""

    make: Callable[..., Drawing]
    samples: str  # "none", "may" or "must"
    options: tuple[str, ...]


KINDS = {
    "diagram": _Kind(Diagram, "none", ("nodes",)),
    "weights": _Kind(WeightImages, "none", ("shape", "nodes")),
    "deltas": _Kind(DeltaProfile, "must", ("samples",)),
    "regions": _Kind(DecisionRegions, "may", ("limits", "points")),
    "surface": _Kind(LossSurface, "must", ("directions", "seed", "span", "points")),
}


def drawing(model: Model, kind: Any, X: Any, y: Any, options: dict[str, Any]) -> Drawing:
    """Check the arguments and compute what is drawn."""
    name = check_choice("kind", kind, KINDS)
    row = KINDS[name]
    unknown = [option for option in options if option not in row.options]
    if unknown:
        raise TypeError(
            f'plot(kind="{name}") has no option {unknown[0]!r}; it takes {", ".join(row.options)}'
        )
    if row.samples == "none":
        if X is not None or y is not None:
            raise ValueError(f'kind="{name}" shows the weights alone; leave X and y out')
        return row.make(model, **options)
    if row.samples == "must" and (X is None or y is None):
        raise ValueError(f'kind="{name}" needs samples: net.plot("{name}", X, y)')
    return row.make(model, X, y, **options)


def plot(model: Model, kind: Any, X: Any, y: Any, ax: Any, options: dict[str, Any]) -> Any:
    """Draw as SVG, or with matplotlib where an Axes is given."""
    if ax is not None and not callable(getattr(ax, "imshow", None)):
        raise TypeError(f"ax must be a matplotlib Axes or None, got {type(ax).__name__}")
    made = drawing(model, kind, X, y, options)
    if ax is not None:
        made.draw(ax)
        return ax
    picture = made.picture()
    return SVG(picture.file(), picture.title)
