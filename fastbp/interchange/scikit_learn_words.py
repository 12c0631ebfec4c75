"""scikit-learn's words for activations and losses, and fastbp's."""

from typing import NamedTuple

#: fastbp's hidden activations -> scikit-learn's.
ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


class Output(NamedTuple):
    """A pair of output activation and loss, in scikit-learn's words and in fastbp's."""

    out_activation_: str
    its_loss: str
    output_activation: str
    loss: str
    is_classifier: bool


OUTPUTS = (
    Output("identity", "squared_error", "identity", "half_squared_error", False),
    Output("exp", "poisson", "exp", "poisson", False),
    Output("logistic", "log_loss", "sigmoid", "binary_cross_entropy", True),
    Output("softmax", "log_loss", "softmax", "cross_entropy", True),
)
