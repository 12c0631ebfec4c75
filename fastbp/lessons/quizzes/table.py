"""The table of the kinds of questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fastbp.lessons.quizzes.draft import Draft
from fastbp.lessons.quizzes.kinds import (
    deltas,
    forward,
    gradients,
    indices,
    loops,
    old_weights,
    programs,
    updates,
    widths,
)
from fastbp.lessons.quizzes.setting import Setting


class Kind(NamedTuple):
    """A kind of question.

    ``draft`` returns None where a network, or what was drawn, has no such question.
    """

    words: str
    draft: Callable[[Setting], Draft | None]


KINDS: dict[str, Kind] = {
    "weight": Kind("where w_12 of layer 2 leads from and to", indices.weight_path),
    "matrix": Kind("which number of a matrix is w_12 of layer 2", indices.weight_in_matrix),
    "shape": Kind("the shape of a layer's weights", indices.shape),
    "parameters": Kind("how many weights and biases there are", widths.parameters),
    "biases": Kind("how many biases a layer has", widths.biases_of_layer),
    "terms": Kind("how many terms a sum has, in layers of different width", widths.terms_of_sum),
    "z": Kind("compute z of a node", forward.node_input),
    "a": Kind("compute a of a node", forward.node_output),
    "loss": Kind("compute the loss of a sample", forward.loss),
    "factors": Kind("the factors of a gradient, in symbols", gradients.factors),
    "output-delta": Kind("compute δ of an output", deltas.output_delta),
    "hidden-delta": Kind("compute δ of a hidden node", deltas.hidden_delta),
    "old-weights": Kind("old or new weights for the layer below", old_weights.old_weights),
    "gradient": Kind("compute the gradient of a weight", gradients.weight_gradient),
    "bias-gradient": Kind("compute the gradient of a bias", gradients.bias_gradient),
    "batch": Kind("compute the gradient of a batch", gradients.batch_gradient),
    "update": Kind("compute a weight after a step", updates.update),
    "order": Kind("the order of the parts of a step", programs.order_of_update),
    "wrong-line": Kind("the wrong line of a backward pass", programs.wrong_line),
    "endless-loop": Kind("the loop that never ends", loops.endless_loop),
}
