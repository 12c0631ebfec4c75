"""What the two estimators over a model of tables share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fastbp.sklearn.tabular_input import check_lengths, n_rows_of, read_X, with_column

if TYPE_CHECKING:
    from fastbp.inputs import Array
    from fastbp.tabular.table_model import TableModel

_TARGET = "y"


class TabularEstimator(BaseEstimator):
    """An estimator whose model is a `TableModel`: frames go in as they are."""

    model_: TableModel
    n_features_in_: int

    def __init__(
        self,
        members: int = 5,
        recipe: str = "good",
        *,
        hidden: Any = None,
        activation: Any = None,
        epochs: Any = None,
        batch_size: Any = None,
        optimizer: Any = None,
        learning_rate: Any = None,
        schedule: Any = None,
        dropout: Any = None,
        ema: Any = None,
        l2: Any = None,
        initializer: Any = None,
        compute: Any = None,
        early_stopping: Any = None,
        n_threads: Any = None,
        decimal: Any = None,
        missing: Any = None,
        dates: Any = None,
        ordered: Any = None,
        drop: Any = (),
        kinds: Any = None,
        random_state: Any = None,
    ) -> None:
        self.members = members
        self.recipe = recipe
        self.hidden = hidden
        self.activation = activation
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.dropout = dropout
        self.ema = ema
        self.l2 = l2
        self.initializer = initializer
        self.compute = compute
        self.early_stopping = early_stopping
        self.n_threads = n_threads
        self.decimal = decimal
        self.missing = missing
        self.dates = dates
        self.ordered = ordered
        self.drop = drop
        self.kinds = kinds
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _train(self, X: Any, cells: Array, task: str, groups: Any, **options: Any) -> None:
        """Train on X with a column of targets beside it.

        Parameters
        ----------
        X : frame or array-like
        cells : ndarray of str or float64, shape (n_samples,)
            The target.
        task : {"classify", "regress"}
        groups : array-like or None
        **options
            In place of parameters.
        """
        from fastbp.tables.as_source import as_source
        from fastbp.tabular.table_model import TableModel

        table = read_X(self, X, reset=True)
        check_lengths(n_rows_of(table), len(cells))
        source = as_source(table)
        parameters = {**self.get_params(deep=False), **options}
        del parameters["random_state"]
        name = _TARGET
        while name in source.names:
            name += "_"
        model = TableModel(task, seed=self._seed(), **parameters)
        self.model_ = model.fit(with_column(source, name, cells), name, groups=groups)

    def _seed(self) -> int:
        """A whole number as it is; else one that is drawn."""
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _table(self, X: Any) -> Any:
        """The table that the model predicts."""
        check_is_fitted(self)
        return read_X(self, X, reset=False)

    @contextmanager
    def _as_it_was(self) -> Iterator[None]:
        """Take back what the block has set where it raises."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__
