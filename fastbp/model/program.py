"""The compiled program of an architecture over a flat array of parameters."""

from fastbp import _boundary
from fastbp.inputs import Array
from fastbp.model.architecture import Architecture
from fastbp.model.kernel_sets import kernels
from fastbp.model.parameters import Layout


def kernels_of(architecture: Architecture) -> object:
    """The table of loops that a network of this architecture runs on."""
    return kernels(architecture.dtype, max(architecture.sizes), architecture.compute)


def program_over(
    flat: Array,
    architecture: Architecture,
    layout: Layout,
    most_work: float = 0.0,
    few: int = 1,
) -> _boundary.Program:
    """The program; ``most_work`` and ``few`` are limits of its ``predict_fast``."""
    return _boundary.Program(
        kernels_of(architecture),
        flat,
        [
            (*layer, *activation, rate)
            for layer, activation, rate in zip(
                layout.layers,
                architecture.kernel_activations,
                (*architecture.dropout, 0.0),
                strict=True,
            )
        ],
        architecture.kernel_loss,
        architecture.callbacks,
        most_work,
        few,
    )


def identity_program(
    flat: Array,
    layers: list[tuple[int, int, int, int, int]],
    architecture: Architecture,
) -> _boundary.Program:
    """Layers of these places in ``flat``, each with identity for g, and the network's loss."""
    identity = _boundary.ACTIVATION_IDS["identity"], ()
    return _boundary.Program(
        kernels_of(architecture),
        flat,
        [(*layer, *identity, 0.0) for layer in layers],
        architecture.kernel_loss,
        None,
        0.0,
        1,
    )
