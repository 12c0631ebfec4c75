"""A model with the arrays under which an estimator has its parameters."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from operator import is_
from typing import Any

import numpy as np

from fastbp.inputs import Array, SparseRows
from fastbp.interchange import scikit_learn_words as words
from fastbp.model.architecture import Architecture
from fastbp.model.loss_choice import STAND_IN
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.training.prediction import outputs
from fastbp.training.threads import PredictionThreads

#: scikit-learn's hidden activations -> fastbp's.
ACTIVATIONS = {theirs: ours for ours, theirs in words.ACTIVATIONS.items()}
#: By ``out_activation_``.
OUTPUTS = {row.out_activation_: row for row in words.OUTPUTS}

#: The generator of a model until a fit gives it the estimator's: nothing is drawn from it.
_PLACEHOLDER = np.random.Generator(np.random.PCG64(0))


class Engine:
    """The model of an estimator, and live views of its parameters in scikit-learn's shapes.

    Attributes
    ----------
    model : Model
        What trains and predicts.
    coefs, intercepts : list of array
        Views (n_in, n_out) of w^(l), transposed, and (n_out,) of b^(l).
    key
        What of the estimator the architecture was made from.
    """

    def __init__(self, model: Model, key: tuple[Any, ...]) -> None:
        self.model = model
        self.key = key
        parameters = model.state.parameters
        self.coefs = [w.T for w in parameters.weights]
        self.intercepts = list(parameters.biases)
        self._below: dict[int, Engine] = {}

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        coefs: Sequence[Array],
        intercepts: Sequence[Array],
        key: tuple[Any, ...],
    ) -> "Engine":
        """Make one with these parameters."""
        engine = cls(Model.zeros(architecture, _PLACEHOLDER), key)
        engine.fill(coefs, intercepts)
        return engine

    @cached_property
    def places(self) -> Array:
        """Where scikit-learn's packed parameters, all weights and then all biases, are stored."""
        state = self.model.state
        places = Parameters(state.layout, True, np.arange(state.layout.total))
        return np.concatenate([*(w.T.ravel() for w in places.weights), *(b for b in places.biases)])

    def fill(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> None:
        """Copy parameters in."""
        for to, array in zip((*self.coefs, *self.intercepts), (*coefs, *intercepts), strict=True):
            if to is not array:
                to[...] = array

    def holds(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> bool:
        """Whether these are its own arrays."""
        return (
            len(coefs) == len(self.coefs)
            and all(map(is_, coefs, self.coefs))
            and all(map(is_, intercepts, self.intercepts))
        )

    def outputs(self, X: Any, n_threads: int | None) -> Array:
        """a^(L) of every row of X, whose numbers the boundary can read."""
        model = self.model
        if isinstance(X, SparseRows):
            return outputs(model, X, n_threads)  # in pieces, for each is made dense
        program = model.program
        predict = program.predict_alone if n_threads == 1 else program.predict_fast
        if (a := predict(X)) is not None:
            return a
        sizes, dtype = model.architecture.sizes, model.architecture.dtype
        a = np.empty((X.shape[0], sizes[-1]), dtype)
        with PredictionThreads(sizes, len(a), dtype.char, n_threads=n_threads) as chosen:
            program.predict(X, a, chosen)
        return a

    def free_buffers(self) -> None:
        """Free the memory that training takes beside the state: gradients, a snapshot, layers."""
        self.model = Model(self.model.architecture, self.model.state)
        self.__dict__.pop("places", None)

    def with_architecture(self, architecture: Architecture, key: tuple[Any, ...]) -> "Engine":
        """Make one that shares all that training changes: parameters and the optimizer's memory."""
        return Engine(Model(architecture, self.model.state), key)

    def below(self, l: int) -> "Engine":
        """An engine of layers 1 to l with the parameters of the moment: its outputs are a^(l)."""
        engine = self._below.get(l)
        if engine is None:
            architecture = self.model.architecture
            first = replace(
                architecture,
                sizes=architecture.sizes[: l + 1],
                activations=architecture.activations[:l],
                loss=STAND_IN,
                dropout=(0.0,) * (l - 1),
            )
            engine = self._below[l] = Engine(Model.zeros(first, _PLACEHOLDER), self.key)
        flat = engine.model.state.parameters.flat
        flat[:] = self.model.state.parameters.flat[: len(flat)]  # the first layers come first
        return engine

    def __getstate__(self) -> tuple[Model, tuple[Any, ...]]:
        return self.model, self.key

    def __setstate__(self, state: tuple[Model, tuple[Any, ...]]) -> None:
        Engine.__init__(self, *state)
