"""Which optimizer makes the steps: scikit-learn's solvers, or fastbp's own by name or object."""

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from fastbp.interchange.scikit_learn_solver import adam_of, read_memory
from fastbp.model.state import OptimizerState, State
from fastbp.optimizers import SGD, Optimizer, as_optimizer
from fastbp.sklearn.own_optimizer import OwnOptimizer, with_schedule
from fastbp.sklearn.rates import SampleInverseScaling

#: scikit-learn takes any epsilon above 0; the kernels' smallest is a normal number of float32.
LEAST_EPS = 1.2e-38
#: Of warnings two calls below ``_fit_stochastic``: they come from scikit-learn's ``_fit``, as its
#: own do, so that filters by its module go on working.
STACK_LEVEL = 4


def schedule_of(estimator: Any) -> SGDOptimizer | AdamOptimizer | OwnOptimizer:
    """scikit-learn's optimizer, for its learning rate and its messages; it has no parameters."""
    if estimator.optimizer is not None:
        return OwnOptimizer(as_optimizer(estimator.optimizer))
    if estimator.solver == "sgd":
        return SGDOptimizer(
            [],
            estimator.learning_rate_init,
            estimator.learning_rate,
            estimator.momentum,
            estimator.nesterovs_momentum,
            estimator.power_t,
        )
    return AdamOptimizer(
        [],
        estimator.learning_rate_init,
        estimator.beta_1,
        estimator.beta_2,
        max(estimator.epsilon, LEAST_EPS),
    )


def optimizer_of(estimator: Any, n: int, batch_size: int, is_new: bool) -> Optimizer:
    """The optimizer that makes the steps, from scikit-learn's, which may be of an earlier call."""
    return with_schedule(estimator, _without_schedule(estimator, n, batch_size, is_new))


def _without_schedule(estimator: Any, n: int, batch_size: int, is_new: bool) -> Optimizer:
    given = estimator._optimizer
    if isinstance(given, OwnOptimizer):
        return given.optimizer
    if isinstance(given, SGDOptimizer):
        rate, momentum, schedule = given.learning_rate, float(given.momentum), None
        if given.lr_schedule == "invscaling":
            schedule = SampleInverseScaling(
                float(given.power_t),
                samples=n,
                steps=-(-n // batch_size),
                seen=estimator.t_,
                anew=is_new,
                rate=float(given.learning_rate_init),
            )
            rate = 1.0
        nesterov = bool(given.nesterov) and momentum > 0
        return SGD(rate, momentum, nesterov=nesterov, schedule=schedule)
    return adam_of(given)


def adopt_memory(estimator: Any, state: State, optimizer: Optimizer) -> None:
    """Go on from the velocities or moments of an estimator that was put together elsewhere."""
    if isinstance(estimator._optimizer, OwnOptimizer):
        return
    memory, steps = read_memory(estimator, state)
    if memory and list(memory) == list(optimizer.remembers):
        counters = np.array([steps, state.epochs], np.int64)
        state.current = OptimizerState(optimizer, tuple(memory.values()), counters)


def batch_size_of(estimator: Any, n: int) -> int:
    """Rows in a step, as scikit-learn has them for n rows to train on."""
    if estimator.batch_size == "auto":
        own = estimator._optimizer
        is_full = isinstance(own, OwnOptimizer) and own.optimizer.rule.full_batch
        return n if is_full else min(200, n)
    if estimator.batch_size > n:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=STACK_LEVEL + 1,
        )
    return int(np.clip(estimator.batch_size, 1, n))
