"""The losses: name -> formula, LaTeX, and the output activations each goes with."""

from dataclasses import dataclass

from fastbp.activations import ACTIVATIONS

_NODE_BY_NODE = tuple(name for name in ACTIVATIONS if name != "softmax")


@dataclass(frozen=True)
class Loss:
    """C_0, the loss of one sample, as the kernels compute it; a batch's C is its mean."""

    formula: str
    delta_formula: str
    latex: str
    output_activations: tuple[str, ...]


LOSSES: dict[str, Loss] = {
    "squared_error": Loss(
        "sum_j (a_j - y_j)^2", "2 (a_j - y_j) g'(z_j)",
        r"C_0 = \sum_j (a_j - y_j)^2", _NODE_BY_NODE),
    "half_squared_error": Loss(
        "1/2 sum_j (a_j - y_j)^2", "(a_j - y_j) g'(z_j)",
        r"C_0 = \tfrac{1}{2} \sum_j (a_j - y_j)^2", _NODE_BY_NODE),
    "mean_squared_error": Loss(
        "1/n_L sum_j (a_j - y_j)^2", "2/n_L (a_j - y_j) g'(z_j)",
        r"C_0 = \frac{1}{n_L} \sum_j (a_j - y_j)^2", _NODE_BY_NODE),
    "cross_entropy": Loss(
        "-sum_j y_j ln a_j", "a_j - y_j",
        r"C_0 = -\sum_j y_j \ln a_j", ("softmax",)),
    "binary_cross_entropy": Loss(
        "-sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))", "a_j - y_j",
        r"C_0 = -\sum_j \left( y_j \ln a_j + (1 - y_j) \ln(1 - a_j) \right)", ("sigmoid",)),
}  # fmt: skip

#: Every legal (output activation, loss), for messages and tests.
LEGAL_PAIRS = tuple(
    (activation, name) for name, loss in LOSSES.items() for activation in loss.output_activations
)


def check_pair(output_activation: str, loss: str) -> None:
    """Raise ValueError, listing the legal pairs, unless the two go together."""
    if output_activation not in LOSSES[loss].output_activations:
        legal = "; ".join(
            f"{name} with {', '.join(row.output_activations)}" for name, row in LOSSES.items()
        )
        raise ValueError(
            f"loss={loss!r} does not go with output_activation={output_activation!r}. "
            f"The legal pairs are: {legal}"
        )
