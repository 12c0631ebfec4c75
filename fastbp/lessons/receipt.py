"""A receipt: one training step in the form that the npm package backprop-trace verifies.

The package computes the step once more, in JavaScript, and compares: a check of the compiled loops
by a program that shares nothing with them. docs/trace.md says how it is called.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.lessons.receipt_document import OF_OTHERS, OF_SOFTMAX, Writer, has_softmax
from fastbp.lessons.receipt_rules import follows_the_rule, has_rule, learnt_places
from fastbp.model.step_trace import StepTrace

#: The verifier's engine has one hidden layer, and its schema these widths at most.
_LAYERS = 2
_WIDEST = 64

#: Activations, by the names that both use.
_HIDDEN = ("identity", "sigmoid", "relu")
_OUTPUT = (*_HIDDEN, "softmax")


def receipt(step: StepTrace) -> dict[str, Any]:
    """The receipt of a step; see :meth:`StepTrace.receipt`."""
    for problem, expected in _problems(step):
        raise ValueError(f"a receipt cannot hold {problem}; expected {expected}")
    document = Writer(step, step.after_pass()).document()
    try:
        _line(document)
    except ValueError:
        raise ValueError(
            "a receipt cannot hold infinity: a number of this step, or of the pass after it, is "
            "too large, or an a_j whose logarithm is the loss is rounded to 0; expected a smaller "
            "learning_rate, or other weights"
        ) from None
    return document


def receipt_line(step: StepTrace) -> str:
    """The receipt as the verifier reads it: JSON on one line."""
    return _line(receipt(step))


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, allow_nan=False) + "\n"


def _problems(step: StepTrace) -> Iterator[tuple[str, str]]:
    """What the format cannot express, and what it can."""
    shape = "-".join(map(str, step.sizes))
    if step.L != _LAYERS or max(step.sizes) > _WIDEST:
        yield (
            f"a network {shape}",
            f"one hidden layer, n_0-n_1-n_2, and at most {_WIDEST} nodes a layer",
        )
    if step.compute is not None:
        yield f"products in {step.compute}", "compute=None"
    for l, names, layer in ((1, _HIDDEN, "hidden"), (2, _OUTPUT, "output")):
        if step.activations[l] not in names:
            yield f"the {layer} activation {step.label(l)}", " or ".join(names)
    if step.loss != (loss := OF_SOFTMAX[0] if has_softmax(step) else OF_OTHERS):
        yield f"the loss {step.loss_label} of {step.label(2)}", loss
    if step.kept is not None:
        yield "a step that drops nodes", "dropout=0"
    if not step.learning_rate > 0:
        yield "a step of rate 0", "learning_rate > 0"
    if not (has_rule(step) and _follows_the_rule(step)):
        yield (
            f"a step of {step.optimizer!r}",
            "SGD, with momentum or without, or Adam, with no option but a schedule or ema",
        )


def _follows_the_rule(step: StepTrace) -> bool:
    """Whether nothing but the update rule moved the parameters."""
    unit = float(np.finfo(step.w[1].dtype).eps)
    return all(follows_the_rule(step, place, unit) for place in learnt_places(step))
