"""scikit-learn's solvers and fastbp's optimizers: their parameters and their memory."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from fastbp.inputs import Array, short_repr
from fastbp.model.parameters import Parameters
from fastbp.model.state import State
from fastbp.optimizers import LBFGS, SGD, Adam, Optimizer, as_optimizer

#: A memory's name in fastbp -> in scikit-learn's optimizers: lists of arrays, coefs before biases.
MEMORIES = {"velocity": "velocities", "first_moment": "ms", "second_moment": "vs"}


def _sgd(estimator: Any) -> Optimizer:
    rate, momentum = estimator.learning_rate_init, estimator.momentum
    running = optimizer_object(estimator)
    # What "invscaling" and "adaptive" have come to.
    if getattr(estimator, "learning_rate", "constant") != "constant" and hasattr(
        running, "velocities"
    ):
        rate = running.learning_rate
    return SGD(rate, momentum, nesterov=bool(estimator.nesterovs_momentum and momentum))


def adam_of(numbers: Any) -> Optimizer:
    """Adam with the numbers of an estimator, or of scikit-learn's own Adam."""
    return Adam(
        numbers.learning_rate_init,
        numbers.beta_1,
        beta2=numbers.beta_2,
        eps=numbers.epsilon,
        eps_hat=True,
    )


def _lbfgs(estimator: Any) -> Optimizer:
    return LBFGS(gtol=estimator.tol)


SOLVERS: dict[str, Callable[[Any], Optimizer]] = {"sgd": _sgd, "adam": adam_of, "lbfgs": _lbfgs}


def optimizer_object(estimator: Any) -> Any:
    """scikit-learn's optimizer with its memory, or None."""
    return getattr(estimator, "_optimizer", None)


def optimizer_of(estimator: Any) -> Optimizer:
    """The optimizer that an estimator's ``solver`` and its numbers stand for.

    An estimator of fastbp.sklearn may have an optimizer, a schedule and a moving average besides.
    """
    names = ("schedule", "ema")
    options = {name: value for name in names if (value := getattr(estimator, name, None))}
    own = getattr(estimator, "optimizer", None)
    optimizer = _solver_of(estimator) if own is None else as_optimizer(own)
    return replace(optimizer, **options) if options else optimizer


def _solver_of(estimator: Any) -> Optimizer:
    solver = estimator.solver
    if isinstance(solver, Optimizer):
        return solver
    if not isinstance(solver, str) or solver not in SOLVERS:
        raise ValueError(
            f"estimator.solver must be one of {', '.join(map(repr, SOLVERS))}, "
            f"got {short_repr(solver)}"
        )
    try:
        return SOLVERS[solver](estimator)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"estimator.solver={solver!r} has no counterpart with these numbers: {error}. "
            f"estimator.set_params(...) changes them"
        ) from None


def solver_parameters(optimizer: Optimizer) -> dict[str, Any] | None:
    """The parameters of an estimator for an optimizer, or None where it has none.

    The two forms of Adam, eps before or after the bias correction, count as one.
    """
    parameters: dict[str, Any] = {}
    if type(optimizer) is SGD:
        parameters = {
            "solver": "sgd",
            "learning_rate_init": optimizer.learning_rate,
            "momentum": optimizer.momentum,
            "nesterovs_momentum": optimizer.nesterov,
        }
    elif type(optimizer) is Adam:
        parameters = {
            "solver": "adam",
            "learning_rate_init": optimizer.learning_rate,
            "beta_1": optimizer.beta1,
            "beta_2": optimizer.beta2,
            "epsilon": optimizer.eps,
        }
        optimizer = replace(optimizer, eps_hat=True)
    elif type(optimizer) is LBFGS:
        parameters = {"solver": "lbfgs", "tol": optimizer.gtol}
    # What has more to it than these parameters say does not come back from them.
    return parameters if parameters and _as_estimator_has_it(parameters) == optimizer else None


def _as_estimator_has_it(parameters: dict[str, Any]) -> Optimizer:
    return SOLVERS[parameters["solver"]](SimpleNamespace(**parameters))


# ---------------------------------------------------------------- memory


def read_memory(estimator: Any, state: State) -> tuple[dict[str, Array], int]:
    """The flat memory for a state's parameters out of an estimator, and the steps it has seen.

    Empty where the estimator has none of these shapes, or none that steps can be made from. With
    early stopping it is that of the last epoch, and the parameters are those of the best one.
    """
    optimizer, running = optimizer_of(estimator), optimizer_object(estimator)
    memory = {name: state.layout.zeros() for name in optimizer.remembers}
    if running is None or getattr(estimator, "early_stopping", False) or not memory:
        return {}, 0
    engine = getattr(estimator, "_engine", None)  # fastbp.sklearn's keep it there
    if engine is not None and engine.model.state.current.memory:
        kept = engine.model.state
        if kept.layout.sizes != state.layout.sizes or len(kept.current.memory) != len(memory):
            return {}, 0
        for flat, array in zip(memory.values(), kept.current.memory, strict=True):
            flat[:] = array
        return memory, kept.steps
    for name, flat in memory.items():
        arrays = getattr(running, MEMORIES.get(name, name), None)
        views = _in_their_order(state, flat)
        if arrays is None or len(arrays) != len(views):
            return {}, 0
        for view, array in zip(views, arrays, strict=True):
            if np.shape(array) != view.shape or not np.isfinite(array).all():
                return {}, 0
            view[...] = array
    return memory, int(getattr(running, "t", 0))


def write_memory(estimator: Any, state: State) -> dict[str, Any]:
    """The attribute of an estimator that holds the memory, where its solver can go on from it."""
    now, names = state.current, state.current.optimizer.remembers
    try:
        given = optimizer_of(estimator)
    except ValueError:  # numbers that scikit-learn alone takes
        return {}
    ours = now.optimizer
    if type(ours) is Adam:
        ours = replace(ours, eps_hat=True)
    can_go_on = (
        estimator.solver in ("sgd", "adam")
        and type(given) is type(ours)
        and given == replace(ours, learning_rate=given.learning_rate)
        and state.parameters.bias is True
        and bool(names)
        and f"{names[0]}.w1" in state.tensors()  # else there is none, or it is not finite
    )
    if not can_go_on:
        return {}
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

    parameters = [*estimator.coefs_, *estimator.intercepts_]
    running: Any
    if estimator.solver == "adam":
        running = AdamOptimizer(
            parameters,
            estimator.learning_rate_init,
            estimator.beta_1,
            estimator.beta_2,
            estimator.epsilon,
        )
        running.t = state.steps
    else:
        running = SGDOptimizer(
            parameters,
            estimator.learning_rate_init,
            estimator.learning_rate,
            estimator.momentum,
            estimator.nesterovs_momentum,
            estimator.power_t,
        )
    for name, flat in zip(names, now.memory, strict=True):
        arrays = [array.copy("C") for array in _in_their_order(state, flat)]
        setattr(running, MEMORIES[name], arrays)
    return {"_optimizer": running}


def _in_their_order(state: State, flat: Array) -> list[Array]:
    """Views (n_in, n_out) of w^(1), ..., w^(L), then those of b^(1), ..., b^(L)."""
    parameters = Parameters(state.layout, True, flat)
    return [*(w.T for w in parameters.weights), *parameters.biases]
