"""The Network: sizes, parameters, and what one does with them."""

import copy
import warnings
from collections.abc import Sequence
from os import PathLike
from typing import Any, Self

import numpy as np

from fastbp import _boundary
from fastbp.activations import Activation
from fastbp.errors import PerformanceWarning, ShapeError
from fastbp.initializers import DRAWS_BIASES, INITIALIZERS
from fastbp.inputs import (
    Array,
    Targets,
    as_array,
    as_batch,
    as_generator,
    as_parameter,
    as_targets,
    check_choice,
    check_column_names,
    column_names,
    possible_kinds,
    shown,
)
from fastbp.lessons.trace import Trace, trace_sample
from fastbp.model import kernel_sets as dispatch
from fastbp.model.architecture import Blueprint
from fastbp.model.layerwise import LayerwisePass, LayerwiseProgram
from fastbp.model.parameters import Gradients, Layer, Layout, Parameters, Views
from fastbp.model.snapshot import Snapshot
from fastbp.model.state import TrainingState
from fastbp.model_file import storage
from fastbp.model_file.strict_json import MOST_LEVELS, is_too_deep
from fastbp.operations import RECTIFIERS, names_filled_in
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.training import fit as training
from fastbp.training import scoring
from fastbp.training.history import History
from fastbp.training.threads import FEW, PREDICTION, answers

#: Attributes that ``Network._build`` makes anew; every other one is copied, pickled and kept.
_REBUILT = frozenset(
    {
        "_blueprint",
        "_gradient",
        "_layout",
        "_parameters",
        "_pass",
        "_program",
        "_snapshot",
        "_state",
        "_state_lock",
        "_training_lock",
    }
)


@names_filled_in
class Network:
    """A fully connected network, trained by backpropagation in compiled kernels.

    Layer l = 1..L computes z_j = b_j + sum_k w_jk a_k and a_j = g(z_j) from the layer below;
    a^(0) is the sample. The defaults are those of the lesson fastbp grew out of: sigmoid nodes
    and C_0 = sum_j (a_j - y_j)^2. But it trains with Adam(), which depends less on the scale of the
    inputs and on the learning rate than the lesson's rule, ``net.fit(X, y, optimizer="sgd")``.

    Parameters
    ----------
    sizes : sequence of int
        The layers' widths n_0, ..., n_L, each at least 1: inputs first, outputs last.
    activation : str, Activation, or a list with one of these for each hidden layer
        {HIDDEN}.
    output_activation : str or Activation
        One of those, or "softmax" (with cross_entropy only, and several outputs).
    loss : str
        {LOSSES}.
    bias : bool or "fixed"
        False leaves the biases out; "fixed" uses them and never updates them.
    dtype : str or dtype
        "float32" or "float64".
    compute : None or "bfloat16"
        None makes every product in the number type. "bfloat16", with dtype="float32", rounds both
        numbers of a product to bfloat16 first: sum_k bf16(w_jk) bf16(a_k), and likewise for the
        deltas and gradients. See below.
    initializer : str or callable
        "auto" (He normal before {RECTIFIERS}, else Glorot uniform; biases zero), a
        name out of ``fastbp.initializers``, or ``f(rng, n_out, n_in)`` giving weights of shape
        (n_out, n_in).
    seed : None, int or numpy.random.Generator
        Draws the first weights (in float64, layer by layer) and later shuffles the samples. A
        Generator belongs to the network from here on: a fit that fails winds it back.

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of the above, or loss and output_activation do not go together.
    MemoryError
        If the parameters cannot be allocated.

    Notes
    -----
    With compute="bfloat16", bf16(x) is the nearest number of 8 bits of mantissa with float32's
    exponents, the even one of two that are as near: |bf16(x) - x| <= 2^-9 |x|. The product of two
    is exact in float32, and in float32 are all sums, weights, activations, deltas and an
    optimizer's memory: a step far smaller than a weight is not lost. So each term of a sum is off
    by at most 2^-8 of itself (and a bit); where terms cancel, the sum may be by more of itself.
    Gradients of MNIST networks come out up to 2.3% off in norm, and a classifier learns as well
    (docs/engine.md). NaN, infinities and the signs of zeros are as in float32, but numbers from
    3.396e38 on become infinite, and those below 1.2e-38 may count as zero. It pays for training
    layers of some 64 nodes or more on processors with AVX512_BF16; smaller networks are slower than
    in float32, some of them several times. Others emulate it, at less than float32's speed;
    ``fastbp.show_config()`` tells which.

    One thread at a time may train a network; a second one gets a RuntimeError. Others may predict,
    and what they save, copy, pickle or read as ``parameters`` meanwhile is of one moment between
    two steps; so it is for a signal handler in the thread that trains. In an epoch that diverges,
    files and copies hold what training will go back to. A process made
    by ``os.fork`` while another thread trains can use everything, but finds the weights as they
    were at that instant, perhaps in the middle of a step: hand a ``net.copy()`` to it.

    Examples
    --------
    >>> import numpy as np
    >>> from fastbp import SGD, Network
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 1, 1, 0])
    >>> net = Network([2, 4, 1], dtype="float64", seed=2)
    >>> history = net.fit(X, y, epochs=2000, batch_size=4, optimizer=SGD(2.0))
    >>> net.predict_classes(X)
    array([0, 1, 1, 0])

    Between 1 and 2, bfloat16 has the multiples of 1/128:

    >>> one = {"sizes": [1, 1], "output_activation": "identity", "initializer": "zeros"}
    >>> for compute in (None, "bfloat16"):
    ...     net = Network(**one, compute=compute)
    ...     net.weights[0] = [[1.0]]
    ...     print(net.predict([[1.12345]])[0, 0])
    1.12345
    1.125
    """

    _training_lock: _boundary.ExclusiveLock

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Give the network its lock before ``__init__``, which takes it."""
        net = super().__new__(cls)
        net._training_lock = _boundary.ExclusiveLock()
        return net

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Any = "sigmoid",
        *,
        output_activation: str | Activation = "sigmoid",
        loss: str = "squared_error",
        bias: bool | str = True,
        dtype: Any = "float32",
        compute: str | None = None,
        initializer: Any = "auto",
        seed: Any = None,
    ) -> None:
        blueprint = Blueprint.checked(
            sizes, activation, output_activation, loss, bias, dtype, compute
        )
        if not callable(initializer):
            check_choice("initializer", initializer, ["auto", *INITIALIZERS])
        with self._training_lock.claim("Network.__init__"):  # which a callback may call once more
            self._build(blueprint, as_generator(seed))
            self._draw(initializer)
        if not blueprint.is_builtin:
            warnings.warn(
                "a network with an activation of your own trains and predicts layer by layer from "
                "Python: right, but many times slower than with a built-in activation",
                PerformanceWarning,
                stacklevel=2,
            )

    def _build(self, blueprint: Blueprint, rng: "np.random.Generator") -> None:
        """Set up everything but the values of the parameters, which are zero."""
        self._blueprint = blueprint
        self._classes: tuple[str, ...] | None = None
        self._feature_names: tuple[str, ...] | None = None
        self._target_kind: str | None = None  # a name in validation.KINDS, from the first fit on
        self._preprocessing: dict[str, Any] | None = None
        self._layout = Layout(blueprint.sizes, blueprint.dtype)
        self._parameters = Parameters(self._layout, blueprint.bias)
        self._state = TrainingState(self._layout, blueprint.bias, rng)
        self._gradient: list[Array] = []
        self._snapshot = Snapshot()
        self._state_lock = _boundary.FairRLock()
        program = _boundary.Program(
            dispatch.kernels(blueprint.dtype, max(blueprint.sizes), blueprint.compute),
            self._parameters.flat,
            [
                (*place, activation)
                for place, activation in zip(
                    self._layout.layers, blueprint.activation_ids, strict=True
                )
            ],
            _boundary.LOSS_IDS[blueprint.loss],
        )
        self._pass = LayerwisePass(program, blueprint.sizes, blueprint.formulas)
        self._program: _boundary.Program | LayerwiseProgram = program
        if not blueprint.is_builtin:
            self._program = LayerwiseProgram(program, self._pass, self._parameters.flat)

    def _draw(self, initializer: Any) -> None:
        """Draw the first weights: in float64, layer by layer, w and then b, then cast."""
        for l, (w, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            n_out, n_in = w.shape
            name = initializer
            if initializer == "auto":
                g = self._blueprint.activations[l - 1]
                rectifier = isinstance(g, str) and g in RECTIFIERS
                name = "he_normal" if rectifier else "glorot_uniform"
            draw = name if callable(name) else INITIALIZERS[name]
            w[...] = as_parameter(
                draw(self._state.rng, n_out, n_in), w, f"the initializer's weights of layer {l}"
            )
            if name in DRAWS_BIASES and self._blueprint.bias:
                b[...] = draw(self._state.rng, n_out, 1)[:, 0]

    # ---------------------------------------------------------------- what it is

    @property
    def sizes(self) -> tuple[int, ...]:
        """The layers' widths, n_0 to n_L."""
        return self._blueprint.sizes

    @property
    def L(self) -> int:
        """The number of layers with weights; the input is layer 0."""
        return len(self.sizes) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The number type of parameters and results, float32 or float64."""
        return self._blueprint.dtype

    @property
    def compute(self) -> str | None:
        """What products are made in: "bfloat16", or None for the number type itself."""
        return self._blueprint.compute

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self._blueprint.loss

    @property
    def bias(self) -> bool | str:
        """True, False or "fixed"."""
        return self._blueprint.bias

    @property
    def activations(self) -> tuple[str, ...]:
        """The names of g^(1), ..., g^(L); "custom" for an activation of the caller's own."""
        return self._blueprint.names

    @property
    def weights(self) -> Views:
        """Live views of the weights: ``weights[l - 1][j, k]`` is w_jk^(l)."""
        return self._parameters.weights

    @property
    def biases(self) -> Views:
        """Live views of the biases: ``biases[l - 1][j]`` is b_j^(l)."""
        return self._parameters.biases

    @property
    def parameters(self) -> Array:
        """A fresh dense copy of all parameters: w(1) row by row, b(1), w(2), ...

        Assigning to it checks the values and copies them in.
        """
        with self._state_lock.hold():
            return self._parameters.dense()

    @parameters.setter
    def parameters(self, values: Any) -> None:
        dense = as_parameter(values, self._parameters.dense(), "parameters")
        with self._state_lock.hold():
            self._parameters.scatter(dense)

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The class names, in the order of the outputs, or None."""
        return self._classes

    @classes.setter
    def classes(self, names: Sequence[str] | None) -> None:
        n_classes = max(self.sizes[-1], 2)
        if names is not None:
            if not isinstance(names, (list, tuple, np.ndarray)) or not all(
                isinstance(name, str) for name in names
            ):
                raise TypeError(f"classes must be a list of strings or None, got {shown(names)}")
            if len(names) != n_classes or len(set(names)) != n_classes:
                raise ValueError(
                    f"classes must be {n_classes} different names for {self.sizes[-1]} outputs, "
                    f"got {list(names)}"
                )
        self._classes = None if names is None else tuple(map(str, names))

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The column names of the data frame that the network was first fitted on, or None.

        Wherever the network gets a data frame from then on, it must have these columns in this
        order. Arrays have no names and are taken as they are, and so are frames with labels that
        are not all text, or not all different. Copies and pickles keep the names; the model file
        that :meth:`save` writes does not hold them yet.

        Examples
        --------
        >>> import pandas
        >>> from fastbp import Network
        >>> net = Network([2, 1], seed=0)
        >>> X = pandas.DataFrame({"age": [0.1, 0.5], "height": [0.7, 0.2]})
        >>> history = net.fit(X, [0, 1])
        >>> net.feature_names
        ('age', 'height')
        >>> net.predict(X[["height", "age"]])
        Traceback (most recent call last):
        ...
        ValueError: X has its columns in another order than the network was fitted on: column 0 \
is 'height', expected 'age'; use frame[list(net.feature_names)]
        """
        return self._feature_names

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """What was done to the data before it came here: kept and saved, never applied."""
        return self._preprocessing

    @preprocessing.setter
    def preprocessing(self, value: dict[str, Any] | None) -> None:
        if value is not None and not isinstance(value, dict):
            raise TypeError(f"preprocessing must be a dict or None, got {type(value).__name__}")
        if is_too_deep(value):
            raise ValueError(
                f"preprocessing must be nested at most {MOST_LEVELS} levels deep, and not in itself"
            )
        self._preprocessing = copy.deepcopy(value)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that training goes on with when none is given; Adam() at first.

        Assigning another one starts its memory afresh, unless it differs in the learning rate
        alone. It is refused while the network trains, in a callback too: there, set
        ``learning_rate``.
        """
        return self._state.optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        chosen = as_optimizer(value)
        with self._training_lock.claim("setting the optimizer"), self._state_lock.hold():
            self._state.use(chosen)

    @property
    def learning_rate(self) -> float:
        """The optimizer's learning rate; it can be set while training.

        The optimizer keeps its memory. In a callback the next epoch has the new rate; from another
        thread, the next slice of training (some 20 ms).

        Examples
        --------
        >>> from fastbp import SGD, Network
        >>> net = Network([2, 3, 1], seed=0)
        >>> def halve(net, epoch, history):
        ...     net.learning_rate /= 2
        >>> X, y = [[0, 1], [1, 0]], [1, 0]
        >>> history = net.fit(X, y, epochs=3, optimizer=SGD(0.8), callbacks=halve)
        >>> net.optimizer
        SGD(learning_rate=0.1, momentum=0.0, nesterov=False)
        """
        return self._state.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        with self._state_lock.hold():
            self._state.set_learning_rate(value)

    def layer(self, l: int) -> Layer:
        """Layer l = 1..L by the notation's indices: ``net.layer(l).w[j, k]``, ``.b[j]``.

        Examples
        --------
        >>> from fastbp import Network
        >>> net = Network([4, 3, 2], initializer="zeros")
        >>> net.layer(2).w[1, 2] = 0.5
        >>> float(net.weights[1][1, 2])
        0.5
        """
        if not isinstance(l, (int, np.integer)) or isinstance(l, bool) or not 1 <= l <= self.L:
            raise IndexError(f"l must be a layer from 1 to {self.L} (the input is 0), got {l!r}")
        return Layer(int(l), self.weights[l - 1], self.biases[l - 1], self.activations[l - 1])

    def __repr__(self) -> str:
        return f"Network({self._blueprint!r})"

    # ---------------------------------------------------------------- what it computes

    def predict(self, X: Any) -> Array:
        """a^(L) of every row of X.

        Parameters
        ----------
        X : array-like (m, n_0)
            Any real numbers, or a data frame with the columns that the network was fitted on. They
            are not checked for NaN: such a row gives a row of NaN.

        Returns
        -------
        array (m, n_L)
            In the network's number type, one column for each output; with one output
            ``net.predict(X)[:, 0]`` is the vector (m,). A row's result does not depend on the
            other rows.

        Raises
        ------
        ShapeError, ValueError, TypeError
            If X is not such an array.

        Examples
        --------
        >>> from fastbp import Network
        >>> Network([2, 3, 1], initializer="zeros").predict([[1, 2], [3, 4]])
        array([[0.5],
               [0.5]], dtype=float32)

        One output as a vector, to compare with y of shape (m,):

        >>> Network([2, 3, 1], initializer="zeros").predict([[1, 2], [3, 4]])[:, 0]
        array([0.5, 0.5], dtype=float32)
        """
        out = self._program.answer(X, PREDICTION, FEW)
        if out is None:
            X = self._batch(X)
            out = np.empty((len(X), self.sizes[-1]), self.dtype)
            with answers(self.sizes, len(X), self.compute or self.dtype.name) as n_threads:
                self._program.predict(X, out, n_threads)
        return out

    def predict_classes(self, X: Any) -> Array:
        """The class of every row of X: its name, or else its number.

        The class is the largest output (the first of equals), or a >= 0.5 with one output. A
        network that was fitted on several labels a row (see :meth:`score`) gives each of them.

        Returns
        -------
        array (m,)
            Names out of ``net.classes`` where it has them, else integers. With several labels a
            row: zeros and ones (m, n_L), one where a >= 0.5.

        Raises
        ------
        ValueError
            If the network has one output that is not sigmoid: it predicts a number, no class. If
            rows of X hold NaN or give NaN, which is no class; :meth:`predict` gives NaN for those.
        """
        if self.sizes[-1] == 1 and self.activations[-1] != "sigmoid":
            raise ValueError(
                f"predict_classes needs several outputs or one sigmoid output; this network has "
                f"one {self.activations[-1]} output. Use predict"
            )
        chosen = scoring.predicted_classes(self, X)
        if self._classes is None or chosen.ndim == 2:
            return chosen
        return np.array(self._classes)[chosen]

    def score(self, X: Any, y: Any) -> float:
        """How well it does on other samples: an accuracy, or R^2.

        Which one follows from the loss and from the targets of the first :meth:`fit`, not from the
        rows at hand:

        - class labels or names, any targets with softmax, and zeros and ones for one sigmoid
          output: the accuracy, the share of rows whose class is right;
        - rows of zeros and ones with sigmoid outputs and binary_cross_entropy, which are several
          labels each: the share of rows that are right in every label;
        - one-hot rows with any other output: the accuracy;
        - all else is numbers: R^2 = 1 - sum (y - a)^2 / sum (y - mean y)^2, the mean over the
          outputs. An output whose y is constant counts 1 if it is met exactly, else 0. Fewer than
          two samples give NaN.

        ``history.accuracy`` of a fit counts likewise. Class labels and one-hot rows stand for each
        other, and any numbers are numbers; other targets of another kind are refused. A network
        that was never fitted (:meth:`train_step` decides nothing) takes y as it looks.

        Parameters
        ----------
        X : array-like (m, n_0)
        y : array-like
            As for :meth:`fit`.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is not as above, if y is of another kind than at the first fit, or if
            rows hold NaN or give NaN.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> net = Network([2, 1], output_activation="identity", initializer="zeros")
        >>> net.score([[1, 2], [3, 4]], [-1.0, 1.0])  # all answers are 0, the mean of y
        0.0
        """
        X, targets = self._evaluated(X, y, infer_kind=True)
        return scoring.score(self, X, targets)

    def loss_value(self, X: Any, y: Any) -> float:
        """C, the mean of C_0 over the samples; no penalty for large weights is in it.

        y may be anything that the loss takes, of whatever kind. A row that holds NaN or gives NaN
        makes C NaN, as the formula has it; :meth:`score` refuses such rows.
        """
        X, targets = self._evaluated(X, y)
        return self._program.gradients(X, targets.array, None, None, None, False)[1] / len(X)

    def gradients(self, X: Any, y: Any) -> Gradients:
        """dC/dw_jk and dC/db_j: the means over the samples of dC_0/dw_jk and dC_0/db_j.

        Parameters
        ----------
        X : array-like (m, n_0)
        y : array-like
            As for :meth:`fit`.

        Returns
        -------
        Gradients
            ``.weights[l - 1]`` (n_l, n_(l-1)) and ``.biases[l - 1]`` (n_l,), fresh C-contiguous
            arrays in the network's number type.

        Notes
        -----
        To compare with finite differences, build the network with ``dtype="float64"``. In float32
        C is rounded at its seventh digit, so that (C(w + h) - C(w - h)) / 2h has two to four
        digits at best, whatever h.

        Examples
        --------
        >>> from fastbp import Network
        >>> net = Network([1, 1], activation="identity", output_activation="identity",
        ...               initializer="zeros", dtype="float64")
        >>> net.gradients([[3.0]], [1.0]).weights[0]  # 2 (a - y) x = 2 (0 - 1) 3
        array([[-6.]])

        The same by a central difference:

        >>> C, h = [], 1e-6
        >>> for w in (h, -h):
        ...     net.weights[0][0, 0] = w
        ...     C.append(net.loss_value([[3.0]], [1.0]))
        >>> round((C[0] - C[1]) / (2 * h), 6)
        -6.0
        """
        # Called in loops, as train_step is, where a check of the precision would cost too much.
        X, targets = self._evaluated(X, y, check_precision=False)
        gradient = self._layout.zeros()
        part = self._layout.zeros() if len(X) > _boundary.ROWS_PER_CHUNK else None
        self._program.gradients(X, targets.array, None, gradient, part, False)
        sums = Parameters(self._layout, self.bias, gradient)
        with np.errstate(under="ignore"):
            means = [
                tuple(np.divide(array, len(X), order="C") for array in views)
                for views in (sums.weights, sums.biases)
            ]
        return Gradients(*means)

    def trace(self, x: Any, y: Any) -> Trace:
        """Every number of one sample's pass, by index, from the kernels that train.

        Parameters
        ----------
        x : array-like (n_0,) or (1, n_0)
            The sample.
        y : a label, or array-like (n_L,) or (1, n_L)
            Its target.

        Returns
        -------
        Trace
            ``.a[l][j]``, ``.z[l][j]``, ``.delta[l][j]``, ``.dC_dw[l][j, k]``, ``.dC_db[l][j]`` for
            l = 1..L, with ``a[0]`` = x, and ``.C_0``. Printing it shows symbols and numbers.

        Examples
        --------
        >>> from fastbp import Network
        >>> t = Network([4, 3, 2], seed=1, dtype="float64").trace([1, 2, 3, 4], [0, 1])
        >>> bool(t.dC_dw[2][1, 2] == t.delta[2][1] * t.a[1][2])
        True
        """
        X = self._batch(x, "x", one_sample=True)
        if len(X) != 1:
            raise ShapeError(f"x must be one sample, got {len(X)} rows")
        y = np.asarray(y) if np.isscalar(y) else as_array(y, "y")
        if y.ndim == 0:
            y = y.reshape(1)  # a label, or the one output's target
        elif y.shape == (self.sizes[-1],) and y.dtype.kind in "biuf":
            y = y.reshape(1, -1)
        targets = self._targets(y, 1)
        return trace_sample(self, X, targets)

    # ---------------------------------------------------------------- how it learns

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: Any = None,
        l2: float = 0.0,
        shuffle: bool = True,
        validation: Any = None,
        early_stopping: Any = None,
        callbacks: Any = (),
        progress: Any = None,
        n_threads: int | None = None,
        check_input: bool = True,
    ) -> History:
        """Train, going on from the present weights and optimizer state.

        Parameters
        ----------
        X : array-like (m, n_0)
            float32, float64 and uint8 are read where they lie, in any strides; other real
            numbers are converted once. A data frame's column names are kept in
            :attr:`feature_names`. Columns of large numbers that float32 cannot tell apart, such as
            Unix times, are warned of.
        y : array-like
            Class labels (m,), class names (m,), or targets (m, n_L); (m,) with one output. A data
            frame of one column of names is taken as that column. The first fit settles what they
            are - classes, several labels a row, or numbers - and so what :meth:`score` and the
            history's accuracy mean; see there. Later ones must be the same.
        epochs : int
            Passes over the samples, 10^9 at most; 0 changes nothing.
        batch_size : int
            Samples in a step, at most all; a shorter last batch uses its own mean.
        optimizer : str, SGD, Adam or None
            None goes on with the network's own, at first Adam(); "sgd" is plain SGD(0.1). An equal
            description goes on with its memory, another one starts afresh.
        l2 : float
            Adds l2 w_jk to dC/dw_jk (a penalty l2/2 sum w_jk^2); biases and reported losses are
            left alone.
        shuffle : bool
            Draw a new order in every epoch, from the network's generator.
        validation : None, (X, y) or float
            Samples to judge by after each epoch, or the fraction of X to hold out for that; for
            classes every class gives its share.
        early_stopping : None, int, True or EarlyStopping
            The patience in epochs; True is 10. At the end the weights of the lowest validation
            loss are restored (at a normal end, not after an exception; the optimizer's memory stays
            the last epoch's). Needs ``validation`` with two samples or more.
        callbacks : callable or sequence of callables
            ``f(net, epoch, history)`` after each epoch; a return value of True stops training.
        progress : bool, None or object
            True shows a progress bar; see :class:`fastbp.training.Reporter` for one's own.
        n_threads : int or None
            The most threads to use (64 at most); None: as many as this process has cores. Between
            one and that number fit chooses by measuring. No bit of the result depends on it.
        check_input : bool
            False skips the check for NaN and infinities, never those of shapes and labels.

        Returns
        -------
        History

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is not as above; the network is as it was.
        DivergenceError
            If C is no longer finite: the batch is not applied. If the weights are not, those of
            the last good epoch's end are restored.
        RuntimeError
            If this network is already training, in another thread or around this call.

        Warns
        -----
        TrainingWarning
            Once, at a normal end, if C has ended no better than what giving the mean of y for
            every row gets: with the causes that a look at some rows shows (dead or saturated
            nodes, or nodes all alike, columns of unlike ranges, targets outside the outputs' range,
            large or small, l2 or learning_rate too large, no biases) and what to do; after 20 steps
            where there is a cause, after 100 where none is seen. Also where y
            cannot be reached, or a quarter of a layer is dead on columns of unlike ranges, though
            something has been learnt. A loop of short fits counts as one training, which is
            looked at each time that its steps have doubled. Whoever filters these warnings out
            does not wait for them. Where warnings are errors the network is trained all the same,
            and only the history is lost.
        """
        return training.fit(
            self,
            X,
            y,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            l2=l2,
            shuffle=shuffle,
            validation=validation,
            early_stopping=early_stopping,
            callbacks=callbacks,
            progress=progress,
            n_threads=n_threads,
            check_input=check_input,
        )

    def train_step(self, X: Any, y: Any, *, optimizer: Any = None) -> float:
        """One step on all of X as one batch; returns C before the update.

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError
            As :meth:`fit`; the network is as it was.
        """
        return training.train_step(self, X, y, optimizer)

    # ---------------------------------------------------------------- where it is kept

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network, its optimizer's state and its generator to a model file.

        The file is a safetensors file and can hold no code. An old file of that name stays whole
        until the new one is. While another thread trains, the file holds one moment between two
        of its steps, or the last epoch's end where the present numbers are not finite. An
        optimizer's memory that is not finite is left out; see docs/model-file.md.
        """
        storage.save(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str], *, allow_nonfinite: bool = False) -> Self:
        """Read a network that :meth:`save` wrote; raises FileFormatError if it is anything else.

        Called on a subclass, it gives one of that, made without its ``__init__``.
        """
        return storage.load(path, cls, allow_nonfinite=allow_nonfinite)

    def _config(self) -> dict[str, Any]:
        """What the network is, without its numbers, in plain values.

        Raises
        ------
        ValueError
            If it has an activation of the caller's own, which is code.
        """
        return {
            **self._blueprint.config(),
            "classes": self._classes and list(self._classes),
            **({"target_kind": self._target_kind} if self._target_kind else {}),
        }

    @classmethod
    def _from_config(cls, config: dict[str, Any]) -> Self:
        """Make a network with zero weights from :meth:`_config`'s dict, without ``__init__``."""
        fields = dict(config)
        classes, kind = fields.pop("classes", None), fields.pop("target_kind", None)
        blueprint = Blueprint.from_config(fields)
        net = cls.__new__(cls)
        net._build(blueprint, as_generator(None))
        net.classes = classes
        if kind is not None:
            possible = possible_kinds(net.sizes[-1], net.loss, net.activations[-1])
            net._target_kind = check_choice("target_kind", kind, possible)
        return net

    def _training_state(self) -> dict[str, Any]:
        """The optimizer, its memory (dense copies), the counts and the generator's state."""
        with self._state_lock.hold():
            return self._state.config()

    def _restore_training_state(self, state: dict[str, Any]) -> None:
        """Install what :meth:`_training_state` gave; it is checked first."""
        with self._training_lock.claim("restoring the training state"), self._state_lock.hold():
            self._state.from_config(state)

    def copy(self) -> Self:
        """An independent network with equal parameters, optimizer state and generator.

        Attributes of your own are deep-copied. While another thread trains, the copy is of one
        moment between two steps.
        """
        return copy.deepcopy(self)

    def __copy__(self) -> Self:
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        with self._state_lock.hold():
            flat, state = self._moment()
            twin._restore(self._blueprint, flat, state.copy())
        twin._set_attributes(copy.deepcopy(self._attributes(), memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        with self._state_lock.hold():
            flat, state = self._moment()
            return {
                "blueprint": self._blueprint,
                "flat": flat.copy(),
                "state": state.copy(),
                "attributes": self._attributes(),
            }

    def __setstate__(self, state: dict[str, Any]) -> None:
        if not hasattr(self, "_training_lock"):  # pickle's protocols 0 and 1 call no __new__
            self._training_lock = _boundary.ExclusiveLock()
        self._restore(state["blueprint"], state["flat"], state["state"])
        self._set_attributes(state["attributes"])

    def _moment(self) -> tuple[Array, TrainingState]:
        """The parameters and state that a copy or a file holds: those of now, with the state lock.

        While a training diverges, they are those that it will go back to.
        """
        if not self._snapshot.is_live or (
            self._parameters.all_finite() and self._state.memory_is_finite()
        ):
            return self._parameters.flat, self._state
        return self._snapshot.copy(self._state)

    def _restore(self, blueprint: Blueprint, flat: Array, state: TrainingState) -> None:
        self._build(blueprint, state.rng)
        self._parameters.flat[:] = flat
        self._state = state

    def _attributes(self) -> dict[str, Any]:
        """What was added by users and subclasses, and what else _build does not make."""
        state = object.__getstate__(self)
        dicts = [part for part in (state if isinstance(state, tuple) else (state,)) if part]
        return {name: part[name] for part in dicts for name in part if name not in _REBUILT}

    def _set_attributes(self, attributes: dict[str, Any]) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    # ---------------------------------------------------------------- helpers

    def _scratch(self, batch_size: int) -> tuple[Array, Array | None]:
        """Reused arrays for the gradient, and for a chunk's part of it where batches need it."""
        wanted = 2 if batch_size > _boundary.ROWS_PER_CHUNK else 1
        while len(self._gradient) < wanted:
            self._gradient.append(self._layout.zeros())
        return self._gradient[0], self._gradient[1] if wanted == 2 else None

    def _targets(
        self,
        y: Any,
        n_samples: int,
        name: str = "y",
        *,
        fitted_kind: str | None = None,
        infer_kind: bool = False,
        may_name: bool = False,
    ) -> Targets:
        return as_targets(
            y,
            n_samples,
            n_L=self.sizes[-1],
            loss=self.loss,
            output_activation=self.activations[-1],
            dtype=self.dtype,
            classes=self._classes,
            fitted_kind=fitted_kind,
            infer_kind=infer_kind,
            may_name=may_name,
            name=name,
        )

    def _batch(
        self,
        X: Any,
        name: str = "X",
        *,
        learn_names: bool = False,
        order: str = "F",
        check_precision: bool = True,
        one_sample: bool = False,
    ) -> Array:
        """X as the boundary reads it; a data frame's columns must be those it was fitted on.

        With ``learn_names``, a network that has no column names takes the frame's. The other
        arguments are those of :func:`fastbp.inputs.as_batch`.
        """
        check_column_names(X, self._feature_names, name)
        array = as_batch(
            X,
            self.sizes[0],
            self.dtype,
            name,
            order=order,
            check_precision=check_precision,
            one_sample=one_sample,
        )
        if learn_names and self._feature_names is None:
            self._feature_names = column_names(X)
        return array

    def _evaluated(
        self, X: Any, y: Any, *, infer_kind: bool = False, check_precision: bool = True
    ) -> tuple[Array, Targets]:
        """Samples to evaluate; the kind of y matters to a score alone."""
        X = self._batch(X, check_precision=check_precision)
        if len(X) == 0:
            raise ValueError("X must hold at least one sample, got 0")
        fitted = self._target_kind if infer_kind else None
        return X, self._targets(y, len(X), fitted_kind=fitted, infer_kind=infer_kind)
