"""The regressor of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sklearn.base import RegressorMixin

from fastbp.sklearn.tabular import TabularEstimator
from fastbp.sklearn.tabular_documentation import documented
from fastbp.sklearn.tabular_input import read_numbers

if TYPE_CHECKING:
    from fastbp.inputs import Array


@documented
class TabularRegressor(RegressorMixin, TabularEstimator):
    """Networks that predict a number by the columns of a table, whatever these hold.

    The model is a :class:`fastbp.TableModel` with the same parameters. A pandas or polars frame of
    numbers, words, truth values and dates goes in as it is, gaps included; so does an array.
    Predictions lie between the least and the greatest y that a member learnt from.

    Parameters
    ----------
    {MODEL}

    Attributes
    ----------
    {ATTRIBUTES}

    See Also
    --------
    TabularClassifier : The same for classes.
    fastbp.TableModel : The model, without scikit-learn's conventions.

    Notes
    -----
    Sparse X is refused, and so are several columns of y. There is no ``sample_weight``: a row's
    weight would have to count in the parts and the best epoch too.

    Examples
    --------
    >>> from fastbp.sklearn import TabularRegressor
    >>> X = [[i / 10, "up" if i % 2 else "down"] for i in range(60)]
    >>> y = [x if word == "up" else -x for x, word in X]
    >>> regressor = TabularRegressor(members=1, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.95
    True
    """

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Finite numbers.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group are never both learnt from and validated on by a member.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with self._as_it_was():
            self._train(X, read_numbers(self, y), "regress", groups)
        return self

    def predict(self, X: Any) -> Array:
        """Give each row's number, float64 of shape (n_samples,)."""
        table = self._table(X)
        return self.model_.predict(table)
