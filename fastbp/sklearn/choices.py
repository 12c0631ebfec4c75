"""Which network an estimator's parameters ask for: its activations, its loss, its dropout."""

from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.model.architecture import Architecture, hidden_activations
from fastbp.sklearn.engine import ACTIVATIONS, OUTPUTS


def architecture_of(estimator: Any, sizes: list[int], dtype: np.dtype[Any]) -> Architecture:
    """The architecture with these widths."""
    output = OUTPUTS[estimator.out_activation_]
    return Architecture.checked(
        sizes,
        _in_our_words(estimator.activation),
        output.output_activation,
        output.loss if _is_its_own(estimator) or _is_of_others(estimator) else estimator.loss,
        True,
        dtype.name,
        dropout=estimator.dropout,
    )


def loss_factor(estimator: Any) -> float:
    """What the reported loss has for each C_0: scikit-learn's squared error is a mean over outputs.

    The gradient has 1: it is that of a sum over the outputs.
    """
    is_mean = _is_its_own(estimator) and estimator.out_activation_ == "identity"
    return 1 / estimator.n_outputs_ if is_mean else 1.0


def clip_of(estimator: Any, dtype: np.dtype[Any]) -> float:
    """How far from 0 and 1 scikit-learn's log loss keeps a probability; 0 for other losses."""
    is_clipped = _is_its_own(estimator) and OUTPUTS[estimator.out_activation_].is_classifier
    return float(np.finfo(dtype).eps) if is_clipped else 0.0


def _is_its_own(estimator: Any) -> bool:
    """Whether the loss is the one that scikit-learn has with the output activation."""
    loss = estimator.loss
    return isinstance(loss, str) and loss == OUTPUTS[estimator.out_activation_].its_loss


def _is_of_others(estimator: Any) -> bool:
    """Whether the loss is of other outputs, one of the two having been set after the fit.

    It is nothing to predictions: out_activation_ = "identity" makes them logits.
    """
    loss, output = estimator.loss, OUTPUTS[estimator.out_activation_]
    return isinstance(loss, str) and (
        (loss == "log_loss" and not output.is_classifier)
        or (loss == "poisson" and output.its_loss != loss)
    )


def _in_our_words(activation: Any) -> Any:
    """``activation`` as a Network takes it: "logistic" is "sigmoid"."""
    if isinstance(activation, str):
        return ACTIVATIONS.get(activation, activation)
    if isinstance(activation, (list, tuple)):
        return type(activation)(_in_our_words(g) for g in activation)
    return activation


# ---------------------------------------------------------------- first weights


def init_coef(estimator: Any, n_in: int, n_out: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Draw the next layer's weights (n_in, n_out) and biases (n_out,) within scikit-learn's bounds.

    The bound is sqrt(6 / (n_in + n_out)), and sqrt(2 / (n_in + n_out)) where the layer's activation
    is sigmoid. The output layer counts as the last hidden layer, since scikit-learn goes by the one
    activation that all hidden layers have.
    """
    layer, n_hidden = len(estimator.coefs_), estimator.n_layers_ - 2
    hidden = hidden_activations(_in_our_words(estimator.activation), n_hidden, dtype)
    # Without a hidden layer scikit-learn still goes by the name.
    g = hidden[min(layer, n_hidden - 1)] if hidden else _in_our_words(estimator.activation)
    bound = np.sqrt((2.0 if isinstance(g, str) and g == "sigmoid" else 6.0) / (n_in + n_out))
    w = estimator._random_state.uniform(-bound, bound, (n_in, n_out))
    b = estimator._random_state.uniform(-bound, bound, n_out)
    return w.astype(dtype, copy=False), b.astype(dtype, copy=False)
