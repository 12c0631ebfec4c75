"""scikit-learn's callbacks, of version 1.9 on: what a fit does is a tree of tasks.

The root is the call of ``fit`` or ``partial_fit``, and each epoch, or iteration of L-BFGS, a leaf
below it. A fit without callbacks makes none of these, and its epochs run in one go.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastbp.inputs import Array

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9
    CallbackSupportMixin: Any = object  # type: ignore[no-redef]

    def with_callbacks(method: Any) -> Any:
        """Return the method: nothing calls it."""
        return method


class Tasks:
    """The leaves of one fit, one after another.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The root.
    arguments : dict
        What each call of a hook gets: the estimator, X, y and the metadata of fit.
    """

    def __init__(self, context: Any, arguments: dict[str, Any]) -> None:
        self._context, self._arguments = context, arguments
        self._task: Any = None
        #: The parameters that the fit would end with now, if not those of the moment.
        self.best: Array | None = None

    @property
    def has_begun(self) -> bool:
        """Whether one is under way."""
        return self._task is not None

    def begin(self, name: str) -> None:
        """Begin an epoch, say."""
        self._task = self._context.subcontext(task_name=name)
        self._task.call_on_fit_task_begin(
            **self._arguments, reconstruction_attributes=self._attributes
        )

    def end(self) -> bool:
        """End it; whether a callback asks for the end of the fit."""
        task, self._task = self._task, None
        return bool(
            task.call_on_fit_task_end(**self._arguments, reconstruction_attributes=self._attributes)
        )

    def cut_short(self) -> None:
        """End one that has begun, and has come to nothing."""
        if self._task is not None:
            task, self._task = self._task, None
            task.call_on_fit_task_end(**self._arguments)

    def _attributes(self) -> dict[str, Any]:
        return fitted_attributes(self._arguments["estimator"], self.best)


def fitted_attributes(estimator: Any, best: Array | None = None) -> dict[str, Any]:
    """What a shallow copy of the estimator needs to be one whose training has ended.

    Training goes on in the arrays and lists that the copy would share.
    """
    engine = estimator._live_engine()
    twin = type(engine)(engine.model.copy(), engine.key)
    if best is not None:
        twin.model.state.parameters.flat[:] = best
    lists = {
        name: list(value)
        for name, value in vars(estimator).items()
        if name.endswith("_") and type(value) is list
    }
    return lists | {
        "_engine": twin,
        "_optimizer": copy.copy(vars(estimator).get("_optimizer")),
        "coefs_": list(twin.coefs),
        "intercepts_": list(twin.intercepts),
    }


class CallbackSupport(CallbackSupportMixin):
    """A mixin: ``set_callbacks``, where scikit-learn has it, and the root of the tasks."""

    _tasks: Tasks | None = None

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> Any:
        if "_skl_callbacks" in self.__dict__ or "_parent_callback_ctx" in self.__dict__:
            return self._fit_in_tasks(X, y, sample_weight, incremental)
        return super()._fit(X, y, sample_weight, incremental)

    @with_callbacks  # type: ignore[untyped-decorator]
    def _fit_in_tasks(self: Any, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Any:
        """Fit as a task of its own, or as that of a search which the estimator is part of."""
        is_watched = "_skl_callbacks" in self.__dict__  # else the root is all that a search needs
        epochs = 1 if incremental else self.max_iter
        context = self._init_callback_context(
            task_name="partial-fit" if incremental else "fit",
            max_subtasks=epochs if is_watched else 0,
        )
        arguments = {
            "estimator": self,
            "X": X,
            "y": y,
            "metadata": {} if sample_weight is None else {"sample_weight": sample_weight},
        }
        context.call_on_fit_task_begin(**arguments)
        try:
            if is_watched:
                self._tasks = Tasks(context, arguments)
            super()._fit(X, y, sample_weight, incremental)
        finally:
            self.__dict__.pop("_tasks", None)
        context.call_on_fit_task_end(
            **arguments, reconstruction_attributes=lambda: fitted_attributes(self)
        )
        return self

    def __getstate__(self) -> dict[str, Any]:
        # A callback may copy or pickle the estimator while it is fitted; X and y stay here.
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_tasks"}
