"""What both estimators share: their engine, predictions, copies and pickles.

What trains is imported when an estimator is first fitted or asked: it takes longer than all this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron
from sklearn.utils.validation import check_is_fitted, validate_data

from fastbp.sklearn.callbacks import CallbackSupport
from fastbp.sklearn.plain_arrays import aligned, is_plain
from fastbp.sklearn.refusals import refuse_negative_weights
from fastbp.sklearn.target_scale import begin_scaling, standardized
from fastbp.sklearn.transform import HiddenLayerTransform

if TYPE_CHECKING:
    from fastbp.inputs import Array
    from fastbp.model.architecture import Architecture
    from fastbp.sklearn.engine import Engine


class FastMLP(CallbackSupport, HiddenLayerTransform, BaseMultilayerPerceptron):
    """A mixin before scikit-learn's own class, which checks, draws the first weights and splits.

    Training and predictions go through an :class:`Engine`, and ``coefs_`` and ``intercepts_`` are
    its arrays. Where they were replaced, predictions are made with what is there now.
    """

    _engine: Engine
    coefs_: list[Array]
    intercepts_: list[Array]
    validation_loss_curve_: list[Any] | None

    # ---------------------------------------------------------------- the engine

    def _key(self) -> tuple[Any, ...]:
        """What an architecture follows from, beside the shapes and types of the parameters."""
        activation, dropout = self.activation, self.dropout
        return (
            tuple(activation) if type(activation) is list else activation,
            self.out_activation_,
            self.loss,
            tuple(dropout) if type(dropout) is list else dropout,
        )

    def _live_engine(self) -> Engine:
        """The engine whose parameters are ``coefs_`` and ``intercepts_``."""
        engine = self.__dict__.get("_engine")
        if (
            engine is not None
            and engine.key == self._key()
            and engine.holds(self.coefs_, self.intercepts_)
        ):
            return engine
        parameters = map(np.asarray, (*self.coefs_, *self.intercepts_))
        return self._new_engine(np.result_type(*parameters, np.float32))

    def _new_engine(self, dtype: np.dtype[Any]) -> Engine:
        """An engine of its own with the parameters of the moment."""
        from fastbp.sklearn.engine import Engine

        coefs = [np.asarray(w) for w in self.coefs_]
        intercepts = [np.asarray(b) for b in self.intercepts_]
        sizes = [len(coefs[0]), *(w.shape[1] for w in coefs)]
        return Engine.of(self._architecture(sizes, dtype), coefs, intercepts, self._key())

    def _architecture(self, sizes: list[int], dtype: np.dtype[Any]) -> Architecture:
        from fastbp.sklearn.choices import architecture_of

        return architecture_of(self, sizes, dtype)

    def _training_engine(self, dtype: np.dtype[Any]) -> Engine:
        """The engine to train, whose arrays become the parameters.

        Parameters that were replaced are copied into it; the optimizer goes on with its memory.
        """
        engine = self.__dict__.get("_engine")
        shapes = [np.shape(w) for w in self.coefs_]
        if (
            engine is None
            or engine.model.architecture.dtype != dtype
            or [w.shape for w in engine.coefs] != shapes
        ):
            engine = self._new_engine(dtype)
        else:
            if engine.key != self._key():
                sizes = list(engine.model.architecture.sizes)
                engine = engine.with_architecture(self._architecture(sizes, dtype), self._key())
            engine.fill(self.coefs_, self.intercepts_)
        self._engine = engine
        self.coefs_, self.intercepts_ = list(engine.coefs), list(engine.intercepts)
        return engine

    # ---------------------------------------------------------------- fit

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> Self:
        """Train.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets: class labels or indicators of several labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: finite, none negative.
        validation_data : tuple, default=None
            In place of the parameter of that name, for this call.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        if validation_data is not None:
            self._validation_of_fit = validation_data
        try:
            return self._fit(X, y, sample_weight=sample_weight, incremental=False)
        finally:
            self.__dict__.pop("_validation_of_fit", None)
            if (engine := self.__dict__.get("_engine")) is not None:
                engine.free_buffers()

    def _validation_data(self) -> Any:
        """The validation data of the call at hand, or None."""
        return self.__dict__.get("_validation_of_fit", self.validation_data)

    # ---------------------------------------------------------------- what scikit-learn calls

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> FastMLP:
        from fastbp.sklearn.option_checks import check_options

        check_options(self, incremental)
        if sample_weight is not None:
            refuse_negative_weights(sample_weight)
        self.__dict__.pop("_is_initialized", None)  # of a copy that a callback made
        try:
            return super()._fit(X, y, sample_weight, incremental)
        except Exception:
            if "_is_initialized" in self.__dict__ and not self._has_trained():
                for name in ("coefs_", "intercepts_"):  # first weights are no fit
                    self.__dict__.pop(name, None)
            raise
        finally:
            self.__dict__.pop("_is_initialized", None)

    def _has_trained(self) -> bool:
        """Whether the parameters may be others than the first ones, after a call that drew those.

        What is refused late, such as validation data of other classes, comes before the engine or
        before the first epoch.
        """
        return "_engine" in self.__dict__ and (self.solver == "lbfgs" or self.t_ > 0)

    def _fit_stochastic(
        self,
        X: Any,
        y: Array,
        sample_weight: Array | None,
        activations: Any,
        deltas: Any,
        coef_grads: Any,
        intercept_grads: Any,
        layer_units: Any,
        incremental: bool,
    ) -> None:
        from fastbp.sklearn.stochastic import fit_stochastic

        if len(layer_units) != self.n_layers_:
            raise ValueError(
                f"hidden_layer_sizes has {len(layer_units) - 2} hidden layers now, and the "
                f"estimator was fitted with {self.n_layers_ - 2}: use warm_start=False, or a new "
                "estimator"
            )
        fit_stochastic(self, X, y, sample_weight, incremental)

    def _initialize(self, y: Array, layer_units: list[int], dtype: np.dtype[Any]) -> None:
        # An earlier fit's parameters stay what they are, for who has them: a shallow copy, say.
        self.__dict__.pop("_engine", None)
        self.__dict__.pop("_split_state", None)
        begin_scaling(self)
        self._is_initialized = True
        super()._initialize(y, layer_units, dtype)
        del self._best_coefs, self._best_intercepts
        self.validation_loss_curve_ = None

    def _init_coef(self, fan_in: int, fan_out: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        from fastbp.sklearn.choices import init_coef

        return init_coef(self, fan_in, fan_out, dtype)

    def _fit_lbfgs(self, X: Any, y: Array, sample_weight: Array | None, *args: Any) -> None:
        from fastbp.sklearn.class_weights import with_class_weights

        sample_weight = with_class_weights(self, y, None, sample_weight)
        y = standardized(self, y, None, sample_weight)
        X = self._rows_of(X)  # once, not in every evaluation
        # In the parameters' own type, as SciPy then rounds those that it tries.
        engine = self._training_engine(np.result_type(*self.coefs_))
        if self._tasks is None:
            flat = engine.model.state.parameters.flat
            start = flat.copy()
            try:
                super()._fit_lbfgs(X, y, sample_weight, *args)
            except ConvergenceWarning:  # as an error: SciPy came to its end
                raise
            except BaseException:  # Ctrl-C, say: what is tried on the way is no iterate
                flat[:] = start
                raise
        else:
            from fastbp.sklearn.lbfgs_tasks import Iterations

            Iterations(self, self._tasks, X, y, sample_weight).run()
        self._training_engine(np.dtype(np.float64))  # has the parameters that SciPy came to

    def _loss_grad_lbfgs(
        self,
        packed_coef_inter: Array,
        X: Any,
        y: Array,
        sample_weight: Array | None,
        *buffers: Any,
    ) -> tuple[float, Array]:
        from fastbp.sklearn.lbfgs import loss_and_gradient

        return loss_and_gradient(self, packed_coef_inter, X, y, sample_weight)

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        """a^(L) of every row of X."""
        engine, rows = self._engine_for(X, check_input)
        return engine.outputs(rows, self._most_threads())

    def _engine_for(self, X: Any, check_input: bool = True) -> tuple[Engine, Any]:
        """The engine that predicts, in the result's number type, and X as the kernels read it."""
        if check_input and not is_plain(self, X, reset=False):
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        if X.dtype.kind not in "biuf":  # text, say, which scikit-learn fails to multiply
            raise TypeError(f"X must hold numbers, got dtype {X.dtype}")
        if X.dtype.char == "g":  # long doubles: fit reads them in float64 as well
            X = X.astype(np.float64)
        engine = self._live_engine()
        dtype = engine.model.architecture.dtype
        if (result_type := np.result_type(X.dtype, dtype)) != dtype:
            engine = self._new_engine(result_type)
        if X.dtype.char not in "df" or not X.dtype.isnative:
            X = X.astype(result_type)
        return engine, self._rows_of(X)

    def _most_threads(self) -> int | None:
        return self.n_threads

    def _rows_of(self, X: Any) -> Any:
        """X as the kernels read it, row by row in every epoch."""
        if type(X) is np.ndarray:
            return aligned(np.ascontiguousarray(X))
        from fastbp.inputs import as_batch, is_sparse

        if is_sparse(X):
            return as_batch(X, X.shape[1], X.dtype)
        return aligned(np.ascontiguousarray(X, X.dtype.newbyteorder("=")))

    def __sklearn_is_fitted__(self) -> bool:
        # A fit that failed leaves n_features_in_, say, which scikit-learn would go by.
        return "coefs_" in self.__dict__

    def _check_fitted(self) -> None:
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)

    # ---------------------------------------------------------------- copies and pickles

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())  # which may be the attributes themselves
        engine = state.get("_engine")
        if engine is not None:
            if engine.holds(state["coefs_"], state["intercepts_"]):
                del state["coefs_"], state["intercepts_"]  # the engine has them
            else:
                del state["_engine"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        engine = self.__dict__.get("_engine")
        if engine is not None:
            self.coefs_, self.intercepts_ = list(engine.coefs), list(engine.intercepts)
