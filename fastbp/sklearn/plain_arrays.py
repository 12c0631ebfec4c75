"""The checks of scikit-learn's fit for plain arrays, in a tenth of its time.

Of a fit of 100 rows and 10 epochs its own take longer than all steps: 1 ms for the labels, which
are found and made an indicator by way of a sparse matrix, 0.15 ms for X and y, and 0.1 ms for the
names of the parameters, read from the constructor's signature at every fit and copy. Here an array
that is as it should be gets by in some 30 us. Anything else, and whatever is wrong, goes to
scikit-learn, which says so in its words.
"""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn import get_config
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron
from sklearn.preprocessing import LabelBinarizer

if TYPE_CHECKING:
    from fastbp.inputs import Array

#: Labels whose classes are found by comparison alone: numbers that may have a fraction, objects and
#: text have rules of their own.
_LABEL_KINDS = "biu"

#: Values of these types, and the values in a tuple, never change: they stay right or wrong.
_PLAIN_TYPES = frozenset({int, float, bool, str, tuple, type(None)})
_MOST_ACCEPTED = 256  # sets of parameters; more than a search has at a time


class PlainArrays(BaseMultilayerPerceptron):
    """A mixin before scikit-learn's class, whose checks it calls where its own do not apply."""

    _known_parameters: ClassVar[tuple[Any, list[str]]]
    _accepted: ClassVar[dict[Any, None]]

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """The constructor's parameters, read once for a class and constructor."""
        known = cls.__dict__.get("_known_parameters")
        if known is None or known[0] is not cls.__init__:
            known = cls._known_parameters = cls.__init__, super()._get_param_names()
        return list(known[1])

    def _validate_params(self) -> None:
        """Check the parameters; what was accepted before, of plain types, is accepted at once."""
        values = [getattr(self, name) for name in self._get_param_names()]
        types = tuple(map(type, values))
        if not _PLAIN_TYPES.issuperset(types):
            super()._validate_params()
            return
        accepted = type(self).__dict__.get("_accepted")
        if accepted is None:
            accepted = type(self)._accepted = {}
        key = types, *values
        try:
            if key in accepted:
                return
        except TypeError:  # a list in a tuple
            super()._validate_params()
            return
        super()._validate_params()
        while len(accepted) >= _MOST_ACCEPTED:
            accepted.pop(next(iter(accepted)), None)
        accepted[key] = None

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        if is_plain(self, X, reset) and is_plain_vector(y, len(X)):
            found = self._plain_targets(y, incremental)
            if found is not None:
                if reset:
                    self.__dict__.pop("feature_names_in_", None)
                    self.n_features_in_ = X.shape[1]
                return X, found
        return super()._validate_input(X, y, incremental, reset)

    def _plain_targets(self, y: "Array", incremental: bool) -> "Array | None":
        """The targets of a vector that needs no other check, or None."""
        return y if y.dtype.char in "df" and bool(np.isfinite(y).all()) else None


class PlainLabels(PlainArrays):
    """The same for a classifier."""

    classes_: "Array"
    _label_binarizer: Any

    def _plain_targets(self, y: "Array", incremental: bool) -> "Array | None":
        if y.dtype.kind not in _LABEL_KINDS:
            return None
        present = np.unique(y)
        if 2 * len(present) > len(y):
            return None  # so many classes get a warning
        if hasattr(self, "classes_") and (self.warm_start or incremental):
            classes, binarizer = self.classes_, self._label_binarizer
            if (
                classes.dtype != y.dtype
                or binarizer.y_type_ not in ("binary", "multiclass")
                or not np.array_equal(binarizer.classes_, classes)
                or not np.isin(present, classes).all()
                or (self.warm_start and len(present) != len(classes))
            ):
                return None
        else:
            classes = self.classes_ = present
            self._label_binarizer = fitted_binarizer(present)
        return indicators(y, classes)


def aligned(array: "Array") -> "Array":
    """The array, or a copy whose numbers can be read: a field of records may be unaligned."""
    return array if array.flags.aligned else array.copy()


def is_plain(estimator: Any, X: Any, reset: bool) -> bool:
    """Whether X is an array that passes all of scikit-learn's checks."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype.char in "df"
        and X.dtype.isnative
        and X.shape[0] > 0
        and X.shape[1] > 0
        and (
            reset
            or (
                X.shape[1] == estimator.__dict__.get("n_features_in_")
                and "feature_names_in_" not in estimator.__dict__
            )
        )
        and not get_config()["array_api_dispatch"]
        and bool(np.isfinite(X).all())
    )


def is_plain_vector(y: Any, n: int) -> bool:
    """Whether y is an array with a number for each row."""
    return type(y) is np.ndarray and y.shape == (n,) and y.dtype.isnative


def fitted_binarizer(classes: "Array") -> LabelBinarizer:
    """As ``fit`` leaves it."""
    binarizer = LabelBinarizer()
    binarizer.y_type_ = "multiclass" if len(classes) > 2 else "binary"
    binarizer.sparse_input_ = False
    binarizer.classes_ = classes
    return binarizer


def indicators(y: "Array", classes: "Array") -> "Array":
    """A column a class, but one for two classes and for a single one, where it is False."""
    if len(classes) > 2:
        return y[:, None] == classes
    if len(classes) == 2:
        return (y == classes[1])[:, None]
    return np.zeros((len(y), 1), bool)
