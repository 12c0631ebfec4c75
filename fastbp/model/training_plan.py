"""What the compiled training loop is given: a plan, the data, what it changes, where it stands.

``Program.run(plan, data, state, progress)`` trains for a bounded slice of work. An option of
training is a field of :class:`TrainingPlan`, a line of ``take_plan`` in src/engine/plan.pxi and
a member of ``Plan`` in src/engine/call.pxi, and its use in src/engine/step.pxi.

What holds arrays, whose equality is no single answer, has no ``==``; and no repr, since every
method that a dataclass writes costs import time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fastbp._boundary import COUNT_IDS
from fastbp.inputs import Array, Rows


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrainingPlan:
    """What stays the same from step to step.

    Attributes
    ----------
    rule, numbers
        A row of ``operations.RULES`` by its name, and exactly the numbers that it names.
    batch_size
        Samples in a step; more than there are stand for all.
    l1, l2
        l1 sign(w_jk) + l2 w_jk is added to dC/dw_jk; biases are left alone.
    batch_l2
        batch_l2 / W w_jk likewise, where W is the sum of the batch's divisors, or its rows.
    factors, first_step
        What the learning rate is multiplied by in step ``first_step`` and those after it, or None:
        float64. Where they are used up before the epochs are, ``run`` comes back.
    layer_factors
        Of each layer's rate and of its biases': float64, 2 L numbers, or None.
    weight_decay
        Each layer's: float64, L numbers, or None.
    clip_value, clip_norm
        Bounds of each number of the mean gradient, and of its norm.
    ema, averaged_from
        The share that a moving average of the parameters keeps in a step, and the step after which
        it began; with 0 there is none. It is the last memory.
    learns_biases
        Whether a step changes the biases.
    shuffle
        Whether every epoch draws a new order.
    continues_order
        Whether that is a shuffle of the one before, in place of one of the rows as they come.
    check
        Whether X and y are searched for numbers that are not finite.
    count
        Which predictions are correct, one of ``COUNT_IDS``.
    counts_epochs
        Whether the epochs are those of the network's life.
    dropout_key
        Seeds the draws of layers with dropout, 64 bits; 0 leaves dropout out.
    normalizes
        Whether softened targets are divided by their sum.
    clip
        Where above 0, C_0 is that of probabilities in [clip, 1 - clip]; the gradient is not. It
        goes with the entropies and targets of 0 and 1.
    loss_by_batches, loss_factor
        Whether an epoch's loss is the mean of its batches' by their rows, each C loss_factor +
        batch_l2 / (2 W) sum w_jk^2.
    tol, patience
        With a patience of 0 or more, training ends after more epochs than that whose loss was not
        below the least one by tol.
    fast_paths
        Whether loops are chosen by the plan; False takes the plain ones, which give the same bits.
    """

    rule: str
    numbers: Mapping[str, float]
    batch_size: int
    l1: float = 0.0
    l2: float = 0.0
    batch_l2: float = 0.0
    factors: Array | None = None
    first_step: int = 1
    layer_factors: Array | None = None
    weight_decay: Array | None = None
    clip_value: float = math.inf
    clip_norm: float = math.inf
    ema: float = 0.0
    averaged_from: int = 0
    learns_biases: bool = True
    shuffle: bool = False
    continues_order: bool = False
    check: bool = True
    count: int = COUNT_IDS["nothing"]
    counts_epochs: bool = True
    dropout_key: int = 0
    clip: float = 0.0
    loss_by_batches: bool = False
    loss_factor: float = 1.0
    tol: float = 0.0
    patience: float = -1.0
    fast_paths: bool = True
    normalizes: bool = False


@dataclass(slots=True, eq=False, repr=False)
class TrainingData:
    """The samples: all rows of X, or those listed in ``rows``.

    With ``shuffle`` an epoch's order of them is drawn into ``order``, an array as long as they are.
    ``weights`` are those of all rows of X: float64, contiguous, finite, none negative. The sum of
    w C_0 is divided by that of ``divisors``, likewise, or of the weights themselves. ``softening``
    (2, leading dimension) has the scale and the shift of every y_j, with pads of 0.
    """

    X: Rows
    y: Array
    rows: Array | None = None
    order: Array | None = None
    weights: Array | None = None
    divisors: Array | None = None
    softening: Array | None = None


@dataclass(slots=True, eq=False, repr=False)
class TrainingState:
    """What training changes beside the parameters, which the program holds itself.

    Attributes
    ----------
    gradient, part
        Laid out as the parameters: the sums of a batch's gradient, and where a batch has more than
        ``ROWS_PER_CHUNK`` rows those of a part of it.
    memories
        What the rule remembers, in the order of its row, and the moving average, if the plan has
        one: each laid out as the parameters.
    counters
        int64: steps, epochs.
    random
        The generator that shuffles.
    block_norms
        Where the plan clips by the norm or has batch_l2, a float64 for every ``NORM_BLOCK_SIZE``
        parameters, and one for every layer.
    snapshot
        (parameters, memories, counters) that get the state of each epoch's end before the next one
        begins, or None.
    """

    gradient: Array
    part: Array | None
    memories: Sequence[Array]
    counters: Array
    random: "np.random.Generator | None" = None  # as text: NumPy imports it when it is named
    block_norms: Array | None = None
    snapshot: tuple[Array, Sequence[Array], Array] | None = None


@dataclass(slots=True, eq=False, repr=False)
class TrainingProgress:
    """Where training stands, and what it gives; ``run`` moves it on.

    Attributes
    ----------
    n_epochs
        Train until so many are done.
    losses, n_correct
        The sum of C_0 and the correct predictions of epoch e are added to ``losses[e - base]`` and
        ``n_correct[e - base]``, both float64; with weights w of the samples the sum of w C_0, and
        of the divisors where the prediction is correct.
    rates
        The learning rate of each epoch's last step, in the same places.
    weight_sums
        With weights the sums of the divisors, in the order in which those of the correct ones are
        summed.
    epochs_done, first
        Epochs done, and samples done of the next one.
    base
        The epoch of the first number in ``losses``.
    bad
        The index of a number that is not finite, in the rows of the order: row * columns + column.
    seconds
        What the last call's steps took, without the start of its threads.
    waited
        Whether the caller's thread waited for others for more than 5 ms; such a call ends early.
    slices, n_threads
        Slices of work after which to come back, 0 after one step, and the most threads to use.
    best, stale
        With a patience the least loss so far, and the epochs since the last that was below it by
        the plan's tol.
    team_size, own_columns, paths
        How many threads the last call ran on, whether each had a copy of its columns, and which
        loops its steps took: the sum of their numbers in ``PATHS``, 0 where there was no step.
    """

    n_epochs: int
    losses: Array
    n_correct: Array
    rates: Array
    epochs_done: int = 0
    first: int = 0
    base: int = 0
    bad: int = 0
    seconds: float = 0.0
    waited: bool = False
    slices: float = 1.0
    n_threads: int = 1
    weight_sums: Array | None = None
    best: float = math.inf
    stale: int = 0
    team_size: int = 0
    own_columns: bool = False
    paths: int = 0

    @classmethod
    def of(cls, n_epochs: int, room: int) -> "TrainingProgress":
        """The start, with room for the sums of so many epochs."""
        return cls(n_epochs, np.zeros(room), np.zeros(room), np.zeros(room))
