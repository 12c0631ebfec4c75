"""The classifier of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import ClassifierMixin

from fastbp.sklearn.tabular import TabularEstimator
from fastbp.sklearn.tabular_documentation import documented
from fastbp.sklearn.tabular_input import read_labels

if TYPE_CHECKING:
    from fastbp.inputs import Array

#: Texts that stand for a missing class.
_NO_NAMES = ("", "?", "-")


@documented
class TabularClassifier(ClassifierMixin, TabularEstimator):
    """Networks that tell classes apart by the columns of a table, whatever these hold.

    The model is a :class:`fastbp.TableModel` with the same parameters. A pandas or polars frame of
    numbers, words, truth values and dates goes in as it is, gaps included; so does an array.

    Parameters
    ----------
    {MODEL}
    class_weight : dict, "balanced" or None, default=None
        How much a row counts by its class: {class: weight}, 1 for a class that is missing;
        "balanced" is n / (n_classes n_c) of n rows, n_c of them of the class.
    keep_best : {"error", "log_loss"} or None, default=None
        Which epoch a member keeps: that of the fewest errors, which None is too, or that of the
        best probabilities.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels in order, in the type that y has.
    {ATTRIBUTES}

    See Also
    --------
    TabularRegressor : The same for numbers.
    fastbp.TableModel : The model, without scikit-learn's conventions.

    Notes
    -----
    Sparse X is refused, and so are several columns of y. There is no ``sample_weight``: a row's
    weight would have to count in the parts, the best epoch and the temperature too.

    Examples
    --------
    >>> from fastbp.sklearn import TabularClassifier
    >>> X = [[size, colour] for size in (1.0, 2.0, None, 4.0) for colour in ("red", "blue")] * 5
    >>> y = [colour == "red" for _, colour in X]
    >>> classifier = TabularClassifier(members=1, random_state=0).fit(X, y)
    >>> classifier.predict([[3.0, "blue"], [None, "red"]])
    array([False,  True])
    """

    classes_: Array
    _order: Array

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
        class_weight: Any = None,
        initializer: Any = None,
        compute: Any = None,
        early_stopping: Any = None,
        keep_best: Any = None,
        n_threads: Any = None,
        decimal: Any = None,
        missing: Any = None,
        dates: Any = None,
        ordered: Any = None,
        drop: Any = (),
        kinds: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            members,
            recipe,
            hidden=hidden,
            activation=activation,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            dropout=dropout,
            ema=ema,
            l2=l2,
            initializer=initializer,
            compute=compute,
            early_stopping=early_stopping,
            n_threads=n_threads,
            decimal=decimal,
            missing=missing,
            dates=dates,
            ordered=ordered,
            drop=drop,
            kinds=kinds,
            random_state=random_state,
        )
        self.class_weight = class_weight
        self.keep_best = keep_best

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of one type: text, whole numbers or truth values.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group are never both learnt from and validated on by a member.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with self._as_it_was():
            self.classes_, codes = read_labels(self, y)
            names = class_names(self.classes_, self.missing)
            options = {}
            if isinstance(self.class_weight, dict):
                options["class_weight"] = self._weights_by_name(names)
            self._train(X, np.array(names, object)[codes], "classify", groups, **options)
            place = {name: i for i, name in enumerate(self.model_.classes)}
            self._order = np.array([place[name] for name in names])
        return self

    def _weights_by_name(self, names: list[str]) -> dict[str, Any]:
        by_label = dict(zip(self.classes_.tolist(), names, strict=True))
        if unknown := [label for label in self.class_weight if label not in by_label]:
            raise ValueError(
                f"class_weight has {unknown[0]!r}, which is no class of y; its classes are "
                f"{list(by_label)!r:.200}"
            )
        return {by_label[label]: weight for label, weight in self.class_weight.items()}

    def predict(self, X: Any) -> Array:
        """Give each row's class, in the type of ``classes_``; shape (n_samples,)."""
        p = self.predict_proba(X)
        return self.classes_.take(p.argmax(axis=1))

    def predict_proba(self, X: Any) -> Array:
        """Give each row's probabilities, a column for each of ``classes_``."""
        table = self._table(X)
        return self.model_.predict_proba(table)[:, self._order]

    def predict_log_proba(self, X: Any) -> Array:
        """Give the logarithms of the probabilities; -inf of a 0."""
        with np.errstate(divide="ignore"):
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms


def class_names(labels: Array, missing: Any = None) -> list[str]:
    """The names of the labels in the model: their text, where a table would keep it as it is.

    Texts that stand for missing cells are no names: y has no missing labels.
    """
    from fastbp.tables.class_names import class_key
    from fastbp.tables.schema_options import SchemaOptions

    numbers = labels.dtype.kind == "f"  # whole ones: others are no labels
    names = [str(int(label) if numbers else label) for label in labels.tolist()]
    none = {*_NO_NAMES, *SchemaOptions(missing=missing).missing}
    is_kept = all(name == name.strip() and name not in none for name in names)
    if not is_kept or len(set(map(class_key, names))) < len(names):
        return [f"class {i}" for i in range(len(names))]
    return names
