"""Random calls on a network and on its twin, which does the same in another way.

After every call both must hold the same bits: parameters, the optimizer's memory, counts,
generator, names; and the call must have returned the same, or failed with the same kind of error.
A sequence follows from numbers alone: one for the network, and for each call a name out of the
table in random_call_table.py and a seed. So a call can be left out without changing the others,
and a failing sequence is printed as the few lines that repeat it.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from array_layouts import another_layout, another_layout_of_samples
from drawn import BIASES, EVERY_HIDDEN, OUTPUTS, targets
from network_state import (
    comparable,
    differences,
    is_finite,
    is_settled,
    memory_fits,
    state_of,
)

from fastbp import Activation, DivergenceError, FileFormatError, Loss, Network
from fastbp.model.loss_choice import STAND_IN, loss_row

Call = tuple[str, int]
"""A name out of the table, and the seed of its arguments."""

# Enough for one call to prepare what another one then meets, and few enough to be read.
CALLS_IN_A_SEQUENCE = 25
# Rows of a call's data: now and then more than a chunk, 1,024, which has sums of its own.
ROWS, MANY_ROWS = 40, 1100
BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def _sine(z: Any) -> Any:
    with np.errstate(invalid="ignore"):  # of infinity, where training diverges
        return np.sin(z)


def _cosine(z: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.cos(z)


SINE = Activation(_sine, _cosine)


def _half_square(a: Any, y: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        return 0.5 * ((a - y) ** 2).sum(axis=1)


def _error(a: Any, y: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        return a - y


OWN_LOSS = Loss(_half_square, _error)


class DisagreementError(AssertionError):
    """Network and twin differ, or one of them broke a promise."""


@dataclass
class Outcome:
    """What a call did: returned something, or raised an error that it may raise."""

    result: Any = None
    error: Exception | None = None

    @property
    def kind(self) -> str:
        return "a result" if self.error is None else type(self.error).__name__

    def again(self) -> Any:
        """Return or raise it again."""
        if self.error is not None:
            raise self.error
        return self.result


def outcome(call: Callable[[], Any], allowed: tuple[type[Exception], ...]) -> Outcome:
    """What `call` did; an error that is not allowed comes through."""
    try:
        return Outcome(call())
    except allowed as error:
        return Outcome(error=error)


@dataclass(frozen=True)
class Architecture:
    """A random network, made as often as one likes, and the kind of targets it is trained on."""

    seed: int

    def options(self) -> dict[str, Any]:
        rng = np.random.default_rng([self.seed, 0])
        widest = int(rng.choice([3, 17, 70]))
        sizes = rng.integers(1, widest + 1, rng.integers(2, 6)).tolist()
        activations = (
            list(EVERY_HIDDEN) if rng.random() < 0.95 else [*EVERY_HIDDEN, SINE, SINE, SINE]
        )
        # Softmax of a single output is always 1: there is nothing to train.
        outputs = [pair for pair in OUTPUTS if sizes[-1] > 1 or pair[0] != "softmax"]
        classifying = [pair for pair in outputs if "cross_entropy" in pair[1]]
        output, loss = _choice(rng, classifying if classifying and rng.random() < 0.5 else outputs)
        if rng.random() < 0.05:
            loss = OWN_LOSS
        dtype = _choice(rng, ["float32", "float64"])
        return {
            "sizes": sizes,
            "activation": [_choice(rng, activations) for _ in sizes[1:-1]],
            "output_activation": output,
            "loss": loss,
            "bias": _choice(rng, BIASES),
            "dtype": dtype,
            "compute": "bfloat16" if dtype == "float32" and rng.random() < 0.3 else None,
            "dropout": [_choice(rng, [0.0, 0.0, 0.2, 0.9]) for _ in sizes[1:-1]],
        }

    def network(self) -> Any:
        bit_generator = getattr(np.random, BIT_GENERATORS[self.seed % len(BIT_GENERATORS)])
        seed: Any = self.seed
        if self.seed % 2:
            seed = np.random.Generator(bit_generator(self.seed))
        return Network(**self.options(), seed=seed)

    def forms(self) -> list[str]:
        """The kinds of targets that this network can be trained on."""
        options = self.options()
        outputs, loss = options["sizes"][-1], options["loss"]
        forms = ["rows", "one_hot"] if outputs > 1 or loss != "cross_entropy" else ["one_hot"]
        if outputs > 1:
            forms += ["labels", "names"]
        elif options["output_activation"] == "sigmoid":
            forms += ["names"]
        return forms


@dataclass
class Pair:
    """A network and its twin, and what the calls need to play with them."""

    architecture: Architecture
    folder: Path
    steps: list[str] = field(default_factory=list)
    #: How many epochs the network counts more than the twin, which did some of them as steps.
    epochs_ahead: int = 0

    def __post_init__(self) -> None:
        options = self.architecture.options()
        self.sizes, self.loss, self.dtype = options["sizes"], options["loss"], options["dtype"]
        self.saveable = SINE not in options["activation"] and self.loss is not OWN_LOSS
        if self.loss is OWN_LOSS:
            self.loss = STAND_IN  # whose targets it takes
        #: Whether label_smoothing and class_weight may be given.
        self.smooths = loss_row(self.loss).targets != "numbers"
        self.net, self.twin = self.architecture.network(), self.architecture.network()
        rng = np.random.default_rng([self.architecture.seed, 1])
        self.form = _choice(rng, self.architecture.forms())
        self.has_classes = self.form in ("labels", "names")
        self.class_names = [f"class {i:03}" for i in range(max(2, self.sizes[-1]))]

    # ------------------------------------------------------------------ data

    def samples(self, rng: np.random.Generator, m: int | None = None) -> tuple[Any, Any]:
        """X and y of numbers that float32 holds, X in half of the cases of whole ones."""
        if m is None:
            m = MANY_ROWS if rng.random() < 0.03 else int(rng.integers(1, ROWS + 1))
        if self.form == "names":
            m = max(m, len(self.class_names))
        if rng.random() < 0.5:
            X = rng.integers(0, 4, (m, self.sizes[0])).astype(self.dtype)
        else:
            X = rng.standard_normal((m, self.sizes[0])).astype("float32").astype(self.dtype)
        return X, self.targets(rng, m)

    def targets(self, rng: np.random.Generator, m: int, form: str | None = None) -> Any:
        form, n_outputs = form or self.form, self.sizes[-1]
        if form == "names":
            labels = rng.permutation(np.arange(m) % len(self.class_names))
            return np.array(self.class_names)[labels]
        if form == "one_hot" and n_outputs == 1:
            return rng.integers(0, 2, (m, 1)).astype(self.dtype)
        y = targets(rng, self.loss, m, n_outputs, self.dtype, form)
        return y if y.ndim == 1 else y.astype("float32").astype(self.dtype)

    def layout(self, rng: np.random.Generator, array: Any) -> Any:
        """The array in another layout, for the twin; the layout goes into the report."""
        name, view = another_layout(rng, array, self.folder)
        self.note(f"  as ({name})")
        return view

    def layout_of_X(self, rng: np.random.Generator, X: Any) -> Any:
        """Likewise; samples may be sparse."""
        name, view = another_layout_of_samples(rng, X, self.folder)
        self.note(f"  X as ({name})")
        return view

    def file(self, name: str) -> Path:
        return self.folder / name

    # ------------------------------------------------------------------ what is promised

    def note(self, text: str) -> None:
        self.steps.append(text)

    def demand(self, holds: object, text: str) -> None:
        if not holds:
            raise DisagreementError(text)

    def call_both(
        self,
        on_net: Callable[[], Any],
        on_twin: Callable[[], Any],
        *,
        allowed: tuple[type[Exception], ...] = (),
        alike: bool = True,
    ) -> Outcome:
        """Make one call on each; return what the network's did.

        An error must be the same on both and leave the network as it was. Where the twin is not
        called `alike`, only what the calls leave behind is compared, and nothing after a
        divergence, which may come earlier or later within an epoch.
        """
        before = state_of(self.net)
        first = outcome(on_net, (*allowed, DivergenceError))
        second = outcome(on_twin, (*allowed, DivergenceError))
        self.demand(
            first.kind == second.kind,
            f"the network's call gave {first.kind} ({first.error}), "
            f"the twin's {second.kind} ({second.error})",
        )
        if isinstance(first.error, DivergenceError):
            if not alike:
                self.resync()
            self.calm_down()
        elif first.error is not None:
            changed = differences(before, state_of(self.net))
            self.demand(not changed, f"after {first.error!r} there changed: {changed}")
        elif alike:
            same = comparable(first.result) == comparable(second.result)
            self.demand(same, f"results differ: {first.result!r} and {second.result!r}")
        return first

    def resync(self) -> None:
        """Make the twin anew, after a call whose end depends on the instant."""
        self.twin, self.epochs_ahead = self.net.copy(), 0

    def calm_down(self) -> None:
        """Compare what a divergence left; begin with new parameters and a rate: others diverge too.

        While they do, a snapshot holds numbers that are not finite, and no file of such is loaded.
        """
        self.compare()
        for net in (self.net, self.twin):
            net.learning_rate = min(net.learning_rate, 1.0)
        flat = np.random.default_rng(len(self.steps)).uniform(-0.5, 0.5, self.net.parameters.size)
        self.net.parameters = self.twin.parameters = flat

    def compare(self) -> None:
        """Network and twin hold the same, and it is a state that a network may be in."""
        first, second = state_of(self.net), state_of(self.twin)
        second["epochs"] += self.epochs_ahead
        changed = differences(first, second)
        self.demand(not changed, f"network and twin differ in {changed}")
        self.demand(is_finite(self.net), "a parameter or a moment is not finite")
        self.demand(memory_fits(self.net), "the optimizer has another one's memory")
        self.demand(is_settled(self.net), "the parameters are not the moving average")

    def check_usable(self, rng: np.random.Generator) -> None:
        """Whatever came before: the network predicts, trains, and goes into a file and back."""
        self.demand(is_finite(self.net), "a parameter or a moment is not finite")
        self.demand(memory_fits(self.net), "the optimizer has another one's memory")
        self.demand(is_settled(self.net), "the parameters are not the moving average")
        X, y = self.samples(rng)
        self.net.predict(X)
        if self.saveable:
            self.check_file(state_of(self.net))
        outcome(lambda: self.net.train_step(X, y), (DivergenceError,))

    def check_file(self, expected: dict[str, Any] | None = None) -> None:
        """Save the network; the file must load, and hold the expected state."""
        self.net.save(self.file("model"))
        loaded = self.load("model")
        if expected is not None:
            changed = differences(expected, state_of(loaded))
            self.demand(not changed, f"a file and what was saved differ in {changed}")

    def load(self, name: str) -> Any:
        try:
            return Network.load(self.file(name))
        except FileFormatError as error:
            raise DisagreementError(f"a file that save wrote cannot be loaded: {error}") from error


def _choice(rng: np.random.Generator, options: Sequence[Any]) -> Any:
    """One of the options as it is: NumPy's own choice would make an array of them."""
    return options[int(rng.integers(len(options)))]


# ---------------------------------------------------------------------- sequences


@dataclass(frozen=True)
class Failure:
    """A sequence that broke a promise in its last call."""

    seed: int
    calls: tuple[Call, ...]
    steps: tuple[str, ...]
    error: BaseException

    def __str__(self) -> str:
        lines = [f"  {step}" for step in self.steps]
        return "\n".join(
            [
                f"{type(self.error).__name__}: {self.error}",
                "Repeat it in tests/ with (an alarm may need several tries):",
                "  from random_calls import run",
                f"  run({self.seed}, {list(self.calls)})",
                f"Network({Architecture(self.seed).options()})",
                *lines,
            ]
        )


def draw(seed: int) -> list[Call]:
    """The calls of a sequence."""
    from random_call_table import CALLS  # it needs this module

    rng = np.random.default_rng([seed, 2])
    names = list(CALLS)
    weights = np.array([CALLS[name].weight for name in names])
    drawn = rng.choice(len(names), CALLS_IN_A_SEQUENCE, p=weights / weights.sum())
    return [(names[i], int(rng.integers(10**6))) for i in drawn]


def run(seed: int, calls: Iterable[Call]) -> Failure | None:
    """Make the calls one after the other; return what went wrong, if anything did."""
    from random_call_table import CALLS

    done: list[Call] = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Random networks learn nothing from random numbers, and some have a slow activation.
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        pair = Pair(Architecture(seed), Path(folder))
        try:
            for name, call_seed in calls:
                done.append((name, call_seed))
                pair.note(f"{name}, {call_seed}:")
                CALLS[name].make(pair, np.random.default_rng([call_seed, seed]))
                pair.compare()
        except Exception as error:
            return Failure(seed, tuple(done), tuple(pair.steps), error)
    return None


def shrink(failure: Failure, most_runs: int = 200) -> Failure:
    """The shortest failing sequence that dropping calls leads to, one after the other."""
    runs, place = 0, len(failure.calls) - 2
    while place >= 0 and runs < most_runs:
        calls = [*failure.calls[:place], *failure.calls[place + 1 :]]
        shorter, runs = run(failure.seed, calls), runs + 1
        if shorter is not None:
            failure = shorter
            place = min(place, len(failure.calls) - 1)
        place -= 1
    return failure


def check(seed: int) -> None:
    """Run the sequence of this seed; a failure is shrunk and told."""
    failure = run(seed, draw(seed))
    if failure is not None:
        raise AssertionError(str(shrink(failure))) from failure.error
