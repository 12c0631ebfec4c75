"""A run whose epochs are tasks of scikit-learn's callbacks."""

from typing import Any

from fastbp.sklearn.callbacks import Tasks
from fastbp.training.fit import Run


class TaskRun(Run):
    """A run that begins a task with each epoch."""

    def __init__(self, tasks: Tasks, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._tasks = tasks

    def train(self, n_epochs: int, check: bool) -> None:
        """Train for one epoch, since there is a callback for its end."""
        self._tasks.begin("epoch")
        super().train(n_epochs, check)
