"""transform: the activations of a hidden layer, as the features that the network has learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import TransformerTags
from sklearn.utils._set_output import _SetOutputMixin, _wrap_method_output
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from fastbp.inputs import Array


def _has_layer(estimator: Any) -> bool:
    if estimator.transform_layer is None:
        raise AttributeError(
            f"{type(estimator).__name__} has this method with transform_layer=-1, say, the hidden "
            f"layer to give; got transform_layer=None"
        )
    return True


def check_layer(estimator: Any, n_hidden: int) -> int:
    """The hidden layer l = 1..L-1 that ``transform_layer`` stands for."""
    layer = int(estimator.transform_layer)
    if not 1 <= abs(layer) <= n_hidden:
        layers = f"1 to {n_hidden}, or -{n_hidden} to -1 from the end" if n_hidden else "none here"
        raise ValueError(f"transform_layer must be a hidden layer, {layers}; got {layer}")
    return layer if layer > 0 else n_hidden + 1 + layer


class HiddenLayerTransform(_SetOutputMixin, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """A mixin with ``transform`` where ``transform_layer`` is given.

    scikit-learn's own mixin gives every object of a class the methods.
    """

    def _transform(self: Any, X: Any) -> Array:
        """Give the activations a^(l) of the hidden layer l = ``transform_layer``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        ndarray of shape (n_samples, n_l), or a frame as ``set_output`` says
            One column for each node; without dropout, as in predictions.
        """
        check_is_fitted(self)
        layer = check_layer(self, self.n_layers_ - 2)
        engine, rows = self._engine_for(X)
        return engine.below(layer).outputs(rows, self._most_threads())

    def _fit_transform(self: Any, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit, and give the hidden layer's activations on X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like
            The targets.
        **fit_params
            Those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_l), or a frame as ``set_output`` says
        """
        return self.fit(X, y, **fit_params).transform(X)

    _transform.__name__, _fit_transform.__name__ = "transform", "fit_transform"
    # Wrapped here, for scikit-learn would wrap around available_if and so make it always available.
    transform = available_if(_has_layer)(_wrap_method_output(_transform, "transform"))
    fit_transform = available_if(_has_layer)(_fit_transform)
    get_feature_names_out = available_if(_has_layer)(
        ClassNamePrefixFeaturesOutMixin.get_feature_names_out
    )

    @property
    def _n_features_out(self: Any) -> int:
        if "n_layers_" not in self.__dict__:
            raise AttributeError("not fitted")
        return len(self.intercepts_[check_layer(self, self.n_layers_ - 2) - 1])

    def __sklearn_tags__(self: Any) -> Any:
        tags = super().__sklearn_tags__()
        if self.transform_layer is not None:
            tags.transformer_tags = TransformerTags(preserves_dtype=["float64", "float32"])
        return tags
