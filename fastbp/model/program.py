"""The compiled program of an architecture over a flat array of parameters."""

from functools import lru_cache
from itertools import pairwise

from fastbp import _boundary
from fastbp.inputs import Array
from fastbp.model.architecture import Architecture
from fastbp.model.kernel_sets import kernels
from fastbp.model.parameters import Layout

#: Multiply-adds of a prediction up to which one thread makes it: of one that follows another at
#: once, whose threads still wait (1.3 times as fast with two from here on), and of any other, for
#: which they have to be started, in 50 to 100 microseconds. Then the rows that take as long as
#: fewer ones, since they wait for the weights to come from memory.
CLOSE_WORK, CLOSE_ROWS = 2_000_000, 4
LONE_WORK, LONE_ROWS = 10_000_000, 8


@lru_cache(maxsize=256)
def n_weights(sizes: tuple[int, ...]) -> int:
    """The number of all w_jk, and of a row's multiply-adds."""
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


@lru_cache(maxsize=256)
def rows_of_one_thread(sizes: tuple[int, ...]) -> tuple[int, int]:
    """How many rows one thread predicts, in a call that follows another at once, and in any other.

    For more of them others are tried.
    """
    work = n_weights(sizes) + _boundary.WORK_OF_A_NODE * sum(sizes[1:])
    close = CLOSE_WORK // work if CLOSE_ROWS * work <= CLOSE_WORK else 0
    return close, LONE_WORK // work if LONE_ROWS * work <= LONE_WORK else 0


def kernels_of(architecture: Architecture) -> object:
    """The table of loops that a network of this architecture runs on."""
    return kernels(architecture.dtype, max(architecture.sizes), architecture.compute)


def program_over(
    flat: Array,
    architecture: Architecture,
    layout: Layout,
    rows_of_one: tuple[int, int] = (0, 0),
) -> _boundary.Program:
    """The program; its ``predict_fast`` takes so many rows: see :func:`rows_of_one_thread`."""
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
        rows_of_one,
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
        (0, 0),
    )
