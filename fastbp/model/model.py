"""The model: architecture, state, compiled program and locks of a Network."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.inputs import (
    Array,
    Rows,
    Targets,
    as_generator,
    check_choice,
    check_classes,
    check_preprocessing,
    possible_kinds,
    with_weight,
)
from fastbp.model.architecture import Architecture
from fastbp.model.gradients import mean_gradients
from fastbp.model.parameters import Gradients, Layout, Scratch
from fastbp.model.program import program_over, rows_of_one_thread
from fastbp.model.snapshot import Snapshot
from fastbp.model.state import State


class Model:
    """An architecture, the state that training changes, compiled loops over it, and its locks.

    Attributes
    ----------
    architecture, state, layout
        What the network is, what training changes, and where numbers lie in flat arrays.
    output
        The keyword arguments of :func:`fastbp.inputs.as_targets` that follow from the output layer.
    program
        The calls on batches.
    one_sample
        The short ways of a step and of a prediction of one sample.
    snapshot
        The snapshot that a failed training is rolled back to.
    scratch
        Arrays for gradients, reused from call to call.
    training_lock
        Held by the one call that trains.
    state_lock
        Held for each slice of training, and by whoever reads or writes the state meanwhile.
    """

    def __init__(
        self,
        architecture: Architecture,
        state: State,
        training_lock: _boundary.ExclusiveLock | None = None,
    ) -> None:
        self.architecture = architecture
        self.state = state
        self.output: dict[str, Any] = {
            "n_L": architecture.sizes[-1],
            "loss": architecture.loss_row.name,
            "output_activation": architecture.names[-1],
        }
        self.layout = state.layout
        self.training_lock = training_lock or _boundary.ExclusiveLock()
        self.state_lock = _boundary.FairRLock()
        self.snapshot = Snapshot(state, self.state_lock, self.training_lock)
        self.scratch = Scratch(state.layout)
        self._preprocessing: dict[str, Any] | None = None
        self.program = program_over(
            state.parameters.flat,
            architecture,
            self.layout,
            rows_of_one_thread(architecture.sizes),
        )
        self.one_sample = _boundary.OneSample(
            self.program, state, self.training_lock, self.state_lock
        )

    @classmethod
    def zeros(
        cls,
        architecture: Architecture,
        rng: "np.random.Generator",
        training_lock: _boundary.ExclusiveLock | None = None,
    ) -> "Model":
        """A model whose parameters are zero."""
        layout = Layout(architecture.sizes, architecture.dtype)
        return cls(architecture, State(layout, architecture.bias, rng), training_lock)

    # ---------------------------------------------------------------- classes and preprocessing

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The class names, in the order of the outputs."""
        return self.state.learned.classes

    @classes.setter
    def classes(self, names: Sequence[str] | None) -> None:
        checked = check_classes(names, self.architecture.sizes[-1])
        self.learn(classes=checked)

    def learn(self, **fields: Any) -> None:
        """Set fields of :class:`~fastbp.model.state.Learned`, and leave the others as they are.

        Another thread waits for the lock. A signal's handler does not, and may set others between
        any two lines: then it is done again.
        """
        state = self.state
        with self.state_lock.hold():
            while True:
                before = state.learned
                after = before._replace(**fields)
                if state.learned is before:
                    state.learned = after  # no handler runs before this line: nothing is called
                    return

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """The preprocessing of the data: stored and saved with the network, never applied."""
        return self._preprocessing

    @preprocessing.setter
    def preprocessing(self, value: dict[str, Any] | None) -> None:
        self._preprocessing = copy.deepcopy(check_preprocessing(value))

    # ---------------------------------------------------------------- loss and gradients

    def loss_value(self, X: Rows, targets: Targets, weights: Array | None = None) -> float:
        """C of checked samples."""
        if weights is None:
            _, total, _, _ = self.program.gradients(X, targets.array, None, None, None, False)
            return total / len(X)
        args = X, targets.array, with_weight(weights), None, None, False
        return self.program.gradients(*args, weights=weights)[1]

    def gradients(self, X: Rows, targets: Targets, weights: Array | None = None) -> Gradients:
        """The means of the gradients over checked samples, in arrays of their own."""
        bias = self.architecture.bias
        return mean_gradients(self.program, self.layout, bias, X, targets.array, weights)[1]

    # ---------------------------------------------------------------- copies, files and pickles

    def moment(self) -> State:
        """The state to copy or save: the present one, with the state lock held.

        While a training diverges, it is the snapshot that the rollback will restore; while one
        keeps a moving average, a copy whose parameters are that.
        """
        state = self.state
        if self.snapshot.is_live and not state.is_finite():
            state = self.snapshot.copy()
        if state.is_averaging:
            state = state.copy() if state is self.state else state
            state.finish_averaging()
        return state

    def copy(self) -> "Model":
        """An independent model; while another thread trains, of one moment between two steps."""
        with self.state_lock.hold():
            state = self.moment()
            state = state.copy() if state is self.state else state
        twin = Model(self.architecture, state)
        twin._preprocessing = copy.deepcopy(self._preprocessing)
        return twin

    def config(self, state: State | None = None) -> dict[str, Any]:
        """The architecture and what data taught in plain values.

        Parameters
        ----------
        state : State, optional
            The state whose class names and kind of targets these are: :meth:`moment`'s for a file.
            None takes the present one.

        Raises
        ------
        ValueError
            If it has an activation or a loss of the caller's own, which is code.
        """
        classes, _, kind = (state or self.state).learned
        return {
            **self.architecture.config(),
            "classes": classes and list(classes),
            **({"target_kind": kind} if kind else {}),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Model":
        """Make a model with zero weights from :meth:`config`'s dict, after checking it."""
        fields = dict(config)
        classes, kind = fields.pop("classes", None), fields.pop("target_kind", None)
        architecture = Architecture.from_config(fields)
        model = cls.zeros(architecture, as_generator(None))
        model.classes = classes
        if kind is not None:
            check_choice("target_kind", kind, possible_kinds(**model.output))
            model.learn(target_kind=kind)
        return model

    def __getstate__(self) -> tuple[Architecture, State, dict[str, Any] | None]:
        return self.architecture, self.state, self._preprocessing

    def __setstate__(self, state: tuple[Architecture, State, dict[str, Any] | None]) -> None:
        architecture, numbers, preprocessing = state
        Model.__init__(self, architecture, numbers)
        self._preprocessing = preprocessing
