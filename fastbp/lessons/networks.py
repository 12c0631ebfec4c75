"""The networks that lessons compute with: a user's in float64, and small ones of two decimals."""

import warnings
from collections.abc import Sequence

import numpy as np

from fastbp.errors import PerformanceWarning
from fastbp.inputs import Array
from fastbp.network import Network
from fastbp.operations import ACTIVATIONS, LOSSES

DEFAULT_SEED = 959  # with it the sum over j has terms of both signs, and no gradient is tiny
Weight = tuple[int, int, int]


def in_float64(net: Network) -> Network:
    """Return a copy with the same parameters in float64, so that every check has its digits.

    Raises
    ------
    ValueError
        If an activation is not in the table.
    """
    check_activations(net.activations)
    layers = [net.layer(l) for l in range(1, net.L + 1)]
    *hidden, output = [
        (g.activation, *g.numbers.values()) if g.numbers else g.activation for g in layers
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)  # of a loss of its own, once more
        copy = Network(
            net.sizes,
            hidden,
            output_activation=output,
            loss=net.loss,
            bias=net.bias,
            dtype="float64",
            initializer="zeros",
        )
    copy.parameters = net.parameters
    copy.classes = net.classes
    return copy


def check_activations(names: Sequence[str | None]) -> None:
    """Refuse an activation that is not in the table."""
    if set(names) - set(ACTIVATIONS):
        raise ValueError(
            "net has an activation of its own, whose formula is not known here; "
            f"expected one of {', '.join(ACTIVATIONS)}"
        )


def small_network(
    sizes: Sequence[int],
    *,
    seed: int = DEFAULT_SEED,
    activation: str = "sigmoid",
    loss: str = "squared_error",
) -> tuple[Network, Array, Array]:
    """Make a float64 network with a sample whose numbers can be typed into a calculator.

    Parameters
    ----------
    sizes : sequence of int
        The widths.
    seed : int
        Of the weights, biases (both drawn from N(0, 1)) and the sample (uniform in [0, 1)).
    activation, loss : str
        The output takes ``activation`` too, unless the loss needs another.

    Returns
    -------
    net : fastbp.Network
        Its weights and biases are rounded to two decimals.
    x : ndarray, shape (sizes[0],)
        Rounded likewise.
    y : ndarray, shape (sizes[-1],)
        1 for node 1 (for the only node, if there is one) and 0 for the others.

    Examples
    --------
    >>> net, x, y = small_network([4, 3, 3, 2])
    >>> net.sizes, x.shape, y.tolist()
    ((4, 3, 3, 2), (4,), [0.0, 1.0])
    """
    legal = LOSSES[loss].output_activations
    net = Network(
        list(sizes),
        activation=activation,
        loss=loss,
        dtype="float64",
        output_activation=activation if activation in legal else legal[0],
        initializer="normal",
        seed=seed,
    )
    net.parameters = np.round(net.parameters, 2)
    x = np.round(np.random.default_rng(seed).random(sizes[0]), 2)
    y = np.zeros(sizes[-1])
    y[min(1, sizes[-1] - 1)] = 1.0
    return net, x, y


def central_difference(net: Network, x: Array, y: Array, weight: Weight, h: float = 1e-6) -> float:
    """(C_0(w + h) - C_0(w - h)) / 2h for one weight w = w_jk^(l), on a copy of the network."""
    l, j, k = weight
    C_0 = []
    for step in (h, -h):
        shifted_net = net.copy()
        shifted_net.weights[l - 1][j, k] += step
        C_0.append(shifted_net.loss_value(x[np.newaxis], y[np.newaxis]))
    return float((C_0[0] - C_0[1]) / (2 * h))
