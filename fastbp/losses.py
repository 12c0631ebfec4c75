"""The legal pairs of output activation and loss; the losses are in fastbp.operations."""

from fastbp.operations import LOSSES

#: Every legal (output activation, loss), for messages and tests.
LEGAL_PAIRS = tuple(
    (activation, name) for name, loss in LOSSES.items() for activation in loss.output_activations
)


def check_pair(output_activation: str, loss: str) -> None:
    """Raise ValueError, listing the legal pairs, unless the two go together."""
    if output_activation not in LOSSES[loss].output_activations:
        # The few first, whose loss or whose output it may have been.
        groups = sorted({row.output_activations for row in LOSSES.values()}, key=len)
        legal = "; ".join(
            ", ".join(name for name, row in LOSSES.items() if row.output_activations == outputs)
            + f" with {', '.join(outputs)}"
            for outputs in groups
        )
        raise ValueError(
            f"loss={loss!r} does not go with output_activation={output_activation!r}. "
            f"The legal pairs are: {legal}"
        )
