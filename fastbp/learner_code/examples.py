"""The small networks that a learner's functions are called on, with the right numbers.

They are ordinary cases of the ladder's proof (:mod:`fastbp.bench.cases`), whose numbers are the
specification's, with the proof's bounds for float32: what a learner computes in either number type
is within them, and no mistake is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from fastbp import reference, reference_tables
from fastbp.bench.cases import (
    FINE_BOUND,
    LOOPS,
    SEEDS,
    Case,
    conclusive_case,
    draw_case,
    why_inconclusive,
)
from fastbp.bench.problems import Problem
from fastbp.bench.proof import expect
from fastbp.inputs import (
    Array,
    check_choice,
    check_flag,
    check_integer,
    check_number,
    check_sizes,
)
from fastbp.learner_code.formulas import KNOWN_ACTIVATIONS
from fastbp.operations import LOSSES

# Three of one width, where j and k can be swapped unseen by Python; widths that all differ from
# their neighbours'; and a network of three layers of weights.
SIZES = ((3, 3, 3), (4, 3, 2), (2, 4, 3, 5))
BATCH = 3  # samples of a mini-batch; not 2, which is a factor of the losses
LEAST_RATE = 0.01  # a smaller step is not far above float32's rounding
MOST_NODES = 100  # of a layer; the specification is slow
W_SHAPES = ("n_out, n_in", "n_in, n_out")  # a row for each j, or for each k


@dataclass(frozen=True)
class Setting:
    """What the learner's network is: activations, loss and learning rate.

    ``sizes`` is the shape of a program that has only one, () for any; ``w_shape`` says whether a
    matrix has a row for each j or for each k.

    Examples
    --------
    >>> Setting("relu", "softmax", "cross_entropy").words
    'relu, softmax output, cross_entropy'
    """

    activation: str = "sigmoid"
    output_activation: str = "sigmoid"
    loss: str = "squared_error"
    learning_rate: float = 0.2
    bias: bool = True
    sizes: tuple[int, ...] = ()
    w_shape: str = W_SHAPES[0]

    def __post_init__(self) -> None:
        row = LOSSES[check_choice("LOSS", self.loss, known_losses())]
        check_choice("ACTIVATION", self.activation, tuple(set(KNOWN_ACTIVATIONS) - {"softmax"}))
        legal = tuple(name for name in KNOWN_ACTIVATIONS if name in row.output_activations)
        check_choice(f"OUTPUT_ACTIVATION with {self.loss}", self.output_activation, legal)
        check_number("LEARNING_RATE", self.learning_rate, low=LEAST_RATE)
        check_flag("BIAS", self.bias)
        check_choice("W_SHAPE", self.w_shape, W_SHAPES)
        if not isinstance(self.sizes, tuple) or self.sizes:
            sizes = check_sizes(self.sizes)
            hint = "; SIZES is the shape of the network to check on, and a small one shows as much"
            check_integer("the largest of SIZES", max(sizes), high=MOST_NODES, hint=hint)
            object.__setattr__(self, "sizes", sizes)

    @property
    def words(self) -> str:
        """Its formulas, by name."""
        bias = "" if self.bias else ", no biases"
        order = f", w of shape ({self.w_shape})" if self.transposed else ""
        return f"{self.activation}, {self.output_activation} output, {self.loss}{bias}{order}"

    @property
    def transposed(self) -> bool:
        """Whether a matrix has a row for each k."""
        return self.w_shape == W_SHAPES[1]

    def names(self, L: int) -> list[str]:
        """The activation of each layer."""
        return [self.activation] * (L - 1) + [self.output_activation]


def known_losses() -> tuple[str, ...]:
    """The losses that learners write: squares, and those that cancel g'."""
    return tuple(
        name
        for name, row in LOSSES.items()
        if (row.squares or not row.chain_rule)
        and set(row.output_activations) & set(KNOWN_ACTIVATIONS)
    )


class Example:
    """A network, its samples, and all right numbers with their bounds.

    ``numbers[name]`` is a list with an array for each layer, ``bounds[name]`` their bounds: z, a
    and delta, with a row for each sample; dw and db, sums over the samples; dw_mean and db_mean;
    w and b; new_w and new_b, after a step.
    """

    def __init__(self, setting: Setting, case: Case) -> None:
        self.setting, self.case = setting, case
        self.x, self.y = case.X.astype(np.float64), case.Y.astype(np.float64)
        self.m, self.L = len(case.X), len(case.weights)
        self.names = setting.names(self.L)
        stages = {stage: (values, bounds) for stage, values, bounds in expect(case).stages}
        self.numbers: dict[str, list[Array]] = {}
        self.bounds: dict[str, list[Array]] = {}
        for into, which in ((self.numbers, 0), (self.bounds, 1)):
            loops, step = stages["accumulate"][which], stages["one step"][which]
            into |= {name: list(arrays) for name, arrays in vars(loops).items()}
            into |= {"new_w": list(step.w), "new_b": list(step.b)}
            into |= {f"{name}_mean": [of / self.m for of in into[name]] for name in ("dw", "db")}
        self._add_z()

    def _add_z(self) -> None:
        of, (g, w, b) = self.numbers, self._lists
        rows = [reference.forward(x, w, b, g)[0] for x in self.x.tolist()]
        of["z"] = [np.array([z[l + 1] for z in rows]) for l in range(self.L)]
        below = [self.x, *of["a"]]
        self.bounds["z"] = [
            10 * np.sqrt(a.shape[1] + 2) * 2.0**-24 * (np.abs(a) @ np.abs(w).T + np.abs(b))
            for a, w, b in zip(below, of["w"], of["b"], strict=False)  # a^(L) is below nothing
        ]

    @cached_property
    def _lists(self) -> tuple[list[object], list[object], list[object]]:
        g = [None, *(reference_tables.ACTIVATIONS[name][0] for name in self.names)]
        w, b = ([None, *(of.tolist() for of in self.numbers[name])] for name in ("w", "b"))
        return g, w, b

    @property
    def shape(self) -> str:
        """Its sizes, as they are typed."""
        return self.case.problem.shape


def examples(setting: Setting, single: bool) -> tuple[Example, ...]:
    """The examples of one sample, or those of a mini-batch; w is (n_out, n_in) in either shape."""
    return _cached(replace(setting, w_shape=W_SHAPES[0]), single)


@lru_cache(maxsize=64)
def _cached(setting: Setting, single: bool) -> tuple[Example, ...]:
    return tuple(_examples(setting, 1 if single else BATCH))


def _examples(setting: Setting, m: int) -> Iterator[Example]:
    for sizes in (setting.sizes,) if setting.sizes else SIZES:
        if (
            m > 1 and setting.sizes
        ):  # a mean over samples must not look like one over nodes, or like a rate
            m = next(of for of in (BATCH, 7, 11) if of not in (sizes[0], sizes[-1]))
        problem = Problem(sizes, setting.activation, setting.output_activation, setting.loss, m)
        case = conclusive_case(problem, "float32") if setting.bias else _without_bias(problem)
        yield Example(
            setting,
            replace(
                case,
                problem=replace(case.problem, learning_rate=setting.learning_rate),
                training=None,
                actions=("put", *LOOPS, "step"),
            ),
        )


def _without_bias(problem: Problem) -> Case:
    """As `conclusive_case`, with biases of 0."""
    for seed in range(SEEDS):
        case = draw_case(problem, "float32", seed)
        case = replace(case, biases=[0 * b for b in case.biases])
        if why_inconclusive(case, FINE_BOUND) is None:
            return case
    raise ValueError(f"no case can tell right from wrong in {problem} without biases")
