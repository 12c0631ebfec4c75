"""Trial steps on copies, with the network's learning rate and with others that may do better.

No single number tells: a ratio of update to weight that is right at the start is too large at the
end, and a small one is as it should be where nothing is left to learn. So other rates are tried,
from the same weights, on the same batches.
"""

from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fastbp.errors import DivergenceError
from fastbp.inputs import Array, Rows, Targets
from fastbp.model.initial_weights import draw
from fastbp.model.model import Model
from fastbp.optimizers import Optimizer
from fastbp.training.fit import Run
from fastbp.training.options import BATCH_SIZE, Options
from fastbp.training.samples import Samples

#: Steps of a trial, and of these how many are measured for the ratio of update to weight.
_STEPS, _MEASURED = 40, 8
#: Other rates, by the network's own; how many lower ones are tried where all C are finite.
LOWER, FEW_LOWER = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8), 3
HIGHER = (1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)


class Trial(NamedTuple):
    """C of the rows looked at after the steps of a trial (infinite if they diverged)."""

    factor: float
    rate: float
    C: float
    ratios: tuple[float, ...]


class Trials:
    """Trials from one state of a model, which stays as it is."""

    def __init__(self, model: Model, X: Rows, y: Targets, looked_at: Array) -> None:
        self._model, self._X, self._y = model, X, y
        self._looked_at = X[looked_at], y._replace(array=y.array[looked_at])
        optimizer = model.state.current.optimizer
        # A rate that a schedule changes is the rate of now.
        self._optimizer: Optimizer = replace(optimizer, schedule=None)
        # As in the last fit: of larger batches, steps with a higher rate still are quiet.
        n = model.state.batch_size or BATCH_SIZE
        self.batch_size = len(X) if self._optimizer.rule.full_batch else min(n, len(X))
        rng = np.random.default_rng(0)
        self._batches = [
            np.sort(rng.choice(len(X), self.batch_size, replace=False)).astype(np.intp)
            for _ in range(_STEPS)
        ]

    @property
    def can_step(self) -> bool:
        """Whether the optimizer takes single steps."""
        return self._optimizer.compiled

    def fresh(self) -> "Trials":
        """The same from first weights, drawn as initializer="auto" does."""
        model = self._model
        new = Model.zeros(model.architecture, np.random.default_rng(0))
        draw(new.state.parameters, model.architecture, new.state.rng, "auto")
        new.state.learned = model.state.learned
        new.state.use(model.state.current.optimizer)
        other = copy(self)
        other._model = new
        return other

    @property
    def C(self) -> float:
        """C before any step."""
        return self._model.loss_value(*self._looked_at)

    def run(self, factor: float = 1.0) -> Trial:
        """Take the steps with so many times the learning rate."""
        twin = self._model.copy()
        rate = factor * self._optimizer.learning_rate
        optimizer = replace(self._optimizer, learning_rate=rate)
        ratios = []
        try:
            with np.errstate(all="ignore"), twin.training_lock.claim("diagnose", twin.snapshot):
                for step, rows in enumerate(self._batches):
                    before = None
                    if step < _MEASURED:
                        before = [w.copy() for w in twin.state.parameters.weights]
                    samples = Samples(self._X, self._y, rows, len(rows))
                    options = Options(1, len(rows), optimizer)
                    Run(twin, samples, None, options, counts_epochs=False).train(1, check=False)
                    if before is not None:
                        pairs = zip(twin.state.parameters.weights, before, strict=True)
                        ratios.append([_ratio(after - w, w) for after, w in pairs])
                C = twin.loss_value(*self._looked_at)
        except DivergenceError:
            C = np.inf
        means = tuple(np.mean(ratios, axis=0).tolist()) if ratios else ()
        return Trial(factor, rate, C if np.isfinite(C) else np.inf, means)


def _ratio(change: Array, w: Array) -> float:
    size = float(np.sqrt(np.mean(np.square(w, dtype=np.float64))))
    return float(np.sqrt(np.mean(np.square(change, dtype=np.float64)))) / size if size else np.inf
