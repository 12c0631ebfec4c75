"""Draws the pictures of these pages: ``python docs/pictures/draw.py`` writes them beside itself.

Their numbers come from NumPy, from the pure-Python reference and from networks whose parameters are
rounded, so that every machine draws the same files.
"""

from collections.abc import Callable
from pathlib import Path

import of_calls
import of_course
import of_networks
import of_optimizers
import of_schedules
import of_training

from fastbp.drawing.picture import Picture

PICTURES: list[Callable[[], Picture | of_networks.Plot | of_course.Drawing]] = [
    of_schedules.schedules,
    of_optimizers.clipping,
    of_optimizers.weight_decay,
    of_optimizers.moving_average,
    of_optimizers.lbfgs,
    of_training.dropout,
    of_training.class_weights,
    of_training.label_smoothing,
    of_training.early_stopping,
    of_training.own_loss,
    of_training.one_sample,
    of_training.bfloat16,
    of_calls.callbacks,
    of_calls.streams,
    of_networks.diagram,
    of_networks.folded,
    of_networks.weights,
    of_networks.deltas,
    of_networks.regions,
    of_networks.surface,
    of_course.intuition,
    of_course.notation,
    of_course.chain,
    of_course.factors,
    of_course.slope,
    of_course.paths,
    of_course.deltas,
]

if __name__ == "__main__":
    for draw in PICTURES:
        picture = draw()
        path = Path(__file__).with_name(f"{picture.name}.svg")
        path.write_text(picture.file() + "\n", encoding="utf-8")
