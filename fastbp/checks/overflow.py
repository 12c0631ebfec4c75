"""Weights, biases and losses that are not finite."""

import numpy as np

from fastbp.checks.gradient_report import parameter_name
from fastbp.model.parameters import Parameters
from fastbp.text.formatting import plural
from fastbp.training.findings import Finding

_START_ANEW = "a new network, with scaled inputs and initializer='auto'"
#: Of finite weights.
OVERFLOW = Finding(
    "overflow",
    "C is not finite: the weights are so large that outputs overflow",
    _START_ANEW,
)


def weights_not_finite(parameters: Parameters) -> list[Finding]:
    """Layers with weights or biases that are not finite, of which nothing else can be said."""
    findings = []
    for l, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True), start=1):
        table = np.column_stack([w, b]) if b.size else np.asarray(w)
        wrong = np.argwhere(~np.isfinite(table))
        if not len(wrong):
            continue
        j, k = wrong[0].tolist()
        name = parameter_name(l, j, k if k < w.shape[1] else None)
        text = (
            f"{len(wrong):,} of {plural(table.size, 'weight')} and biases of layer {l} are not "
            f"finite: {name} is {table[j, k]:g}"
        )
        nodes = tuple(np.unique(wrong[:, 0]).tolist())
        findings.append(Finding("overflow", text, _START_ANEW, l, nodes, len(wrong) / table.size))
    return findings
