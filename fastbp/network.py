"""The Network class."""

import copy
import warnings
from collections.abc import Sequence
from os import PathLike
from typing import Any, Self

import numpy as np

from fastbp import _boundary
from fastbp.activations import Activation
from fastbp.errors import PerformanceWarning
from fastbp.initializers import INITIALIZERS
from fastbp.inputs import Array, as_generator, as_parameter, check_choice
from fastbp.inspection import Inspection
from fastbp.losses import Loss
from fastbp.model.architecture import Architecture
from fastbp.model.attributes import attributes_of, set_attributes
from fastbp.model.initial_weights import draw
from fastbp.model.model import Model
from fastbp.model.parameters import Gradients, Layer, Views
from fastbp.model_file import storage
from fastbp.operations import fill_in_names
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.training import scoring
from fastbp.training.batches import partial_fit, train_on_batches
from fastbp.training.fit import learn_one, train, train_step
from fastbp.training.history import History
from fastbp.training.options import as_options, step_options
from fastbp.training.prediction import one_output, outputs
from fastbp.training.samples import evaluated_samples


@fill_in_names
class Network(Inspection):
    """A fully connected network, trained by backpropagation in compiled kernels.

    Layer l = 1..L computes z_j = b_j + sum_k w_jk a_k and a_j = g(z_j) from the layer below;
    a^(0) is the sample. The defaults are those of the lesson fastbp grew out of: sigmoid nodes
    and C_0 = sum_j (a_j - y_j)^2. But it trains with Adam(), which depends less on the scale of the
    inputs and on the learning rate than the lesson's rule, ``net.fit(X, y, optimizer="sgd")``.

    Parameters
    ----------
    sizes : sequence of int
        The layers' widths n_0, ..., n_L, each at least 1: inputs first, outputs last.
    activation : str, tuple, Activation, or a list with one of these for each hidden layer
        {HIDDEN}.
        A tuple with a number is one of them too, here and in a list:
        {WITH_NUMBERS}.
    output_activation : str, tuple or Activation
        One of those, or "softmax" (with cross_entropy or a Loss, and several outputs).
    loss : str, tuple or Loss
        {LOSSES}.
        A tuple with a number is one of them too:
        {LOSSES_WITH_NUMBERS}.
        docs/notation.md has their formulas beside PyTorch's and Keras's names. An
        :class:`fastbp.Loss` is one of your own.
    bias : bool or "fixed"
        False leaves the biases out; "fixed" uses them and never updates them.
    dtype : str or dtype
        "float32" or "float64".
    compute : None or "bfloat16"
        None makes every product in the number type. "bfloat16", with dtype="float32", rounds both
        numbers of a product to bfloat16 first: sum_k bf16(w_jk) bf16(a_k), and likewise for the
        deltas and gradients. docs/bfloat16.md says what that costs and where it pays.
    initializer : str or callable
        "auto" (He normal before {RECTIFIERS}, else Glorot uniform; biases zero), a
        name out of ``fastbp.initializers``, or ``f(rng, n_out, n_in)`` giving weights of shape
        (n_out, n_in).
    seed : None, int or numpy.random.Generator
        Draws the first weights (in float64, layer by layer) and later shuffles the samples. A
        Generator belongs to the network from here on: a fit that fails restores its state.
    dropout : float, or a list with one for each hidden layer
        The share of hidden nodes that training leaves out, at least 0 and less than 1, drawn anew
        for every sample of a step: a_j is 0 where node j is dropped, else g(z_j) / (1 - dropout).
        Training alone drops nodes: predictions, scores, validation, gradients and traces use each
        as it is (docs/dropout.md).

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of the above, or loss and output_activation do not go together.
    MemoryError
        If the parameters cannot be allocated.

    Notes
    -----
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
    """

    _model: Model

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Any = "sigmoid",
        *,
        output_activation: str | Sequence[Any] | Activation = "sigmoid",
        loss: str | Sequence[Any] | Loss = "squared_error",
        bias: bool | str = True,
        dtype: Any = "float32",
        compute: str | None = None,
        initializer: Any = "auto",
        seed: Any = None,
        dropout: Any = 0.0,
    ) -> None:
        architecture = Architecture.checked(
            sizes, activation, output_activation, loss, bias, dtype, compute, dropout
        )
        if not callable(initializer):
            check_choice("initializer", initializer, ["auto", *INITIALIZERS])
        # A callback may call it once more, while the first network trains.
        lock = self._model.training_lock if hasattr(self, "_model") else _boundary.ExclusiveLock()
        with lock.claim("Network.__init__"):
            model = Model.zeros(architecture, as_generator(seed), lock)
            draw(model.state.parameters, architecture, model.state.rng, initializer)
            self._model = model
        if not architecture.is_builtin:
            warnings.warn(
                f"a network with {architecture.own_parts} of your own calls it from the compiled "
                f"loops, on one thread: right, but slower than with a built-in one",
                PerformanceWarning,
                stacklevel=2,
            )

    # ---------------------------------------------------------------- architecture and state

    @property
    def sizes(self) -> tuple[int, ...]:
        """The layers' widths, n_0 to n_L."""
        return self._model.architecture.sizes

    @property
    def L(self) -> int:
        """The number of layers with weights; the input is layer 0."""
        return len(self.sizes) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The number type of parameters and results, float32 or float64."""
        return self._model.architecture.dtype

    @property
    def compute(self) -> str | None:
        """The number type of products: "bfloat16", or None for that of the network."""
        return self._model.architecture.compute

    @property
    def dropout(self) -> tuple[float, ...]:
        """The rates of dropout in training, of layers 1 to L-1.

        Examples
        --------
        >>> from fastbp import Network
        >>> Network([784, 128, 64, 10], dropout=0.2).dropout
        (0.2, 0.2)
        """
        return self._model.architecture.dropout

    @property
    def loss(self) -> str | tuple[Any, ...] | Loss:
        """The loss: its name, or a tuple of it and its numbers where they are not the defaults.

        Or the Loss of one's own.
        """
        return self._model.architecture.loss

    @property
    def bias(self) -> bool | str:
        """True, False or "fixed"."""
        return self._model.architecture.bias

    @property
    def activations(self) -> tuple[str, ...]:
        """The names of g^(1), ..., g^(L); "custom" for an activation of the caller's own.

        Their numbers are in ``net.layer(l).numbers``.
        """
        return self._model.architecture.names

    @property
    def weights(self) -> Views:
        """Live views of the weights: ``weights[l - 1][j, k]`` is w_jk^(l)."""
        return self._model.state.parameters.weights

    @property
    def biases(self) -> Views:
        """Live views of the biases: ``biases[l - 1][j]`` is b_j^(l)."""
        return self._model.state.parameters.biases

    @property
    def parameters(self) -> Array:
        """A fresh dense copy of all parameters: w(1) row by row, b(1), w(2), ...

        Assigning to it checks the values and copies them in.
        """
        with self._model.state_lock.hold():
            return self._model.state.parameters.dense()

    @parameters.setter
    def parameters(self, values: Any) -> None:
        parameters = self._model.state.parameters
        dense = as_parameter(values, parameters.dense(), "parameters")
        with self._model.state_lock.hold():
            parameters.scatter(dense)

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The class names, in the order of the outputs, or None."""
        return self._model.classes

    @classes.setter
    def classes(self, names: Sequence[str] | None) -> None:
        self._model.classes = names

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
        return self._model.state.learned.feature_names

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """The preprocessing of the data: stored and saved with the network, never applied."""
        return self._model.preprocessing

    @preprocessing.setter
    def preprocessing(self, value: dict[str, Any] | None) -> None:
        self._model.preprocessing = value

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that training goes on with when none is given; Adam() at first.

        Assigning another one starts its memory afresh, unless it differs in the learning rate or
        the schedule alone. It is refused while the network trains, in a callback too: there, set
        ``learning_rate``.
        """
        return self._model.state.current.optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        new_optimizer = as_optimizer(value)
        model = self._model
        with model.training_lock.claim("setting the optimizer"), model.state_lock.hold():
            model.state.use(new_optimizer)

    @property
    def learning_rate(self) -> float:
        """The optimizer's learning rate; it can be set while training.

        The optimizer keeps its memory. In a callback the next epoch has the new rate, or after a
        batch the next step; from another thread, the next slice of training (some 20 ms). LBFGS has
        none: it reads 1.0 and cannot be set.

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
        return self._model.state.current.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        with self._model.state_lock.hold():
            self._model.state.set_learning_rate(value)

    @property
    def raw_parameters(self) -> Array:
        """The parameters that training goes on from, laid out as :attr:`parameters`; a copy.

        They differ from those after a fit with a moving average of the parameters (``ema`` of any
        optimizer), which are the average; until somebody changes these.
        """
        with self._model.state_lock.hold():
            return self._model.state.raw_parameters.dense()

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
        architecture = self._model.architecture
        return Layer(
            int(l),
            self.weights[l - 1],
            self.biases[l - 1],
            architecture.names[l - 1],
            architecture.numbers[l - 1],
        )

    def __repr__(self) -> str:
        return f"Network({self._model.architecture!r})"

    def _repr_html_(self) -> str:
        from fastbp.model.layer_table import as_html

        return as_html(self._model)

    # ---------------------------------------------------------------- prediction and evaluation

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
        out = self._model.program.predict_fast(X)
        return outputs(self._model, X) if out is None else out

    def predict_one(self, x: Any) -> Array:
        """a^(L) of one sample: ``net.predict(x[None])[0]``, without what that takes for a batch.

        Parameters
        ----------
        x : array (n_0,)
            As for :meth:`learn_one`; it is not checked for NaN.

        Returns
        -------
        array (n_L,)
            A new one, in the network's number type; with one output ``net.predict_one(x)[0]`` is
            the number.

        Raises
        ------
        ShapeError, ValueError, TypeError
            If x is not one sample.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> Network([2, 3, 1], initializer="zeros").predict_one(np.array([1.0, 2.0]))
        array([0.5], dtype=float32)
        """
        out = self._model.one_sample.predict(x)
        return one_output(self._model, x) if out is None else out

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
        return scoring.predicted_classes(self._model, self.predict, X)

    def score(self, X: Any, y: Any, *, sample_weight: Any = None) -> float:
        """How well it does on other samples: an accuracy, or R^2.

        Which one follows from the loss and from the targets of the first :meth:`fit`, not from the
        rows at hand:

        - class labels or names, any targets with softmax, and zeros and ones for one sigmoid
          output: the accuracy, the share of rows whose class is right;
        - rows of zeros and ones with sigmoid outputs and binary_cross_entropy, which are several
          labels each: the share of rows that are right in every label;
        - one-hot rows with any other output: the accuracy;
        - all else is numbers: R^2 = 1 - sum (y - a)^2 / sum (y - mean y)^2, the mean over the
          outputs. An output whose y is constant counts 1 if predicted exactly, else 0. Fewer than
          two samples give NaN.

        ``history.accuracy`` of a fit counts likewise. Class labels and one-hot rows stand for each
        other, and any numbers are numbers; other targets of another kind are refused. A network
        that was never fitted (:meth:`train_step` decides nothing) takes y as it looks.

        Parameters
        ----------
        X : array-like (m, n_0)
        y : array-like
            As for :meth:`fit`.
        sample_weight : None or array-like (m,)
            Weights w_i, as for :meth:`fit`: the accuracy becomes the sum of w_i over the right
            rows by that over all of them, and each sum and mean of R^2 a weighted one.

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
        X, targets, weights = evaluated_samples(self._model, X, y, sample_weight, infer_kind=True)
        return scoring.score(self._model, self.predict, X, targets, weights)

    def loss_value(self, X: Any, y: Any, *, sample_weight: Any = None) -> float:
        """C, the mean of C_0 over the samples; no penalty for large weights is in it.

        With ``sample_weight``, as for :meth:`fit`, it is the weighted mean
        sum_i w_i C_0(i) / sum_i w_i. y may be anything that the loss takes, of whatever kind. A row
        that holds NaN or gives NaN makes C NaN, as the formula has it, unless its weight is 0;
        :meth:`score` refuses such rows.
        """
        return self._model.loss_value(*evaluated_samples(self._model, X, y, sample_weight))

    def gradients(self, X: Any, y: Any, *, sample_weight: Any = None) -> Gradients:
        """dC/dw_jk and dC/db_j: the means over the samples of dC_0/dw_jk and dC_0/db_j.

        Parameters
        ----------
        X : array-like (m, n_0)
        y : array-like
            As for :meth:`fit`.
        sample_weight : None or array-like (m,)
            Weights w_i, as for :meth:`fit`: the means become sum_i w_i dC_0(i)/dw_jk / sum_i w_i.
            Rows of weight 0 are left out; X may hold NaN there, y what the loss allows.

        Returns
        -------
        Gradients
            ``.weights[l - 1]`` (n_l, n_(l-1)) and ``.biases[l - 1]`` (n_l,), fresh C-contiguous
            arrays in the network's number type.

        Notes
        -----
        :meth:`check_gradients` compares them with finite differences. For those of your own, build
        the network with ``dtype="float64"``: in float32 C is rounded at its seventh digit, so that
        (C(w + h) - C(w - h)) / 2h has two to four digits at best, whatever h.

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
        samples = evaluated_samples(self._model, X, y, sample_weight, check_precision=False)
        return self._model.gradients(*samples)

    # ---------------------------------------------------------------- training

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        epochs: int = 10,
        batch_size: int | None = None,
        optimizer: Any = None,
        l1: float = 0.0,
        l2: float = 0.0,
        shuffle: bool = True,
        validation: Any = None,
        early_stopping: Any = None,
        callbacks: Any = (),
        progress: Any = None,
        n_threads: int | None = None,
        check_input: bool = True,
        sample_weight: Any = None,
        metrics: Any = (),
        label_smoothing: float = 0.0,
        class_weight: Any = None,
    ) -> History:
        """Train, going on from the present weights and optimizer state.

        Parameters
        ----------
        X : array-like (m, n_0), or an iterable of batches without y
            float32, float64 and uint8 are read where they lie, in any strides; other real
            numbers are converted once, and SciPy's sparse arrays are read as they are
            (docs/streams.md). A data frame's column names are kept in
            :attr:`feature_names`. Columns of large numbers that float32 cannot tell apart, such as
            Unix times, are warned of. An iterable gives pairs (X, y) or triples
            (X, y, sample_weight), each a step; see below.
        y : array-like
            Class labels (m,), class names (m,), or targets (m, n_L); (m,) with one output. A data
            frame of one column of names is taken as that column. The first fit settles what they
            are - classes, several labels a row, or numbers - and so what :meth:`score` and the
            history's accuracy mean; see there. Later ones must be the same.
        epochs : int
            Passes over the samples, 10^9 at most; 0 changes nothing.
        batch_size : int or None
            Samples in a step, at most all; a shorter last batch uses its own mean. None: 32, and
            all with an optimizer that needs all (RProp, LBFGS), which refuses fewer.
        optimizer : str, an optimizer such as SGD or Adam, or None
            None goes on with the network's own, at first Adam(); "sgd" is plain SGD(0.1). An equal
            description goes on with its memory, and so does one that differs in its learning rate
            or schedule alone; another one starts afresh.
        l1, l2 : float
            Add l1 sign(w_jk), 0 at 0, and l2 w_jk to dC/dw_jk (penalties l1 sum |w_jk| and
            l2/2 sum w_jk^2); biases and reported losses are left alone.
        shuffle : bool
            Draw a new order in every epoch, from the network's generator. It is 8 bytes a row.
        validation : None, (X, y), (X, y, sample_weight) or float
            Samples to evaluate after each epoch, or the fraction of X to hold out for that, with
            its weights; for classes every class gives its share.
        early_stopping : None, int, True or EarlyStopping
            The patience in epochs; True is 10. At the end the state of the lowest validation loss
            is restored: parameters, the optimizer's memory and its steps (at a normal end, not
            after an exception). Needs ``validation`` with two samples or more. Other numbers to
            go by: :class:`EarlyStopping`.
        callbacks : callable, object, or sequence of these
            ``f(net, epoch, history)`` after each epoch, or an object with any of the methods
            ``on_train_begin(net)``, ``on_epoch_end(net, epoch, history)``,
            ``on_batch_end(net, step, C)`` and ``on_train_end(net, history)``; a return value of
            True stops training. Steps of small networks take longer with ``on_batch_end``; see
            docs/callbacks.md.
        progress : bool, None or object
            True shows a progress bar: in a notebook tqdm's (extra ``[progress]``); in files there
            are only lines. See :class:`fastbp.training.Reporter` for one's own.
        n_threads : int or None
            The most threads to use (64 at most); None: as many as this process has cores. Between
            one and that number fit chooses by measuring. No bit of the result depends on it.
        check_input : bool
            False skips the check for NaN and infinities, never those of shapes and labels.
        sample_weight : None or array-like (m,)
            How much each sample counts: finite numbers w_i, none negative, some above 0. C becomes
            the weighted mean sum_i w_i C_0(i) / sum_i w_i, and so does the loss of a batch, with
            the sum of its own weights, the history's losses and its accuracies. See below.
        label_smoothing : float
            s, at least 0 and less than 1: the target y of a sample becomes (1 - s) y + s / K with
            cross_entropy, of K outputs, and (1 - s) y + s / 2 with binary_cross_entropy. Other
            losses do not take it. Training alone knows of it: validation, :meth:`score` and
            :meth:`loss_value` keep the targets as they are, and so do accuracies.
        class_weight : None, "balanced" or mapping
            w_c for each class c, by its name or its number: finite, none negative; a class that
            is missing counts 1. A sample counts w_c, times its ``sample_weight`` where there is
            one, as if that were its ``sample_weight``: in C, in the steps, and in ``history.loss``,
            ``history.accuracy`` and ``history.metrics``, not in validation. Targets must be
            classes. "balanced" is n / (K n_c), of n samples that are trained on, n_c of them of
            class c, and K classes that occur; with ``sample_weight`` n and n_c are sums of weights.
            See below.
        metrics : str, callable, or sequence of these
            Numbers for ``history.metrics`` and ``history.validation_metrics``, one an epoch:
            "accuracy", "top_3" (or another k), "log_loss", "r2", "mae", "rmse", or functions
            f(y, a) as in ``sklearn.metrics``. They cost a prediction of all training samples after
            each epoch, by which it takes some 40% longer, with small networks up to 80%.
            docs/metrics-and-early-stopping.md has the formulas.

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
            Once, at a normal end, if C has ended no better than what the best constant output
            gets (of squared errors the mean of y): with the causes that a look at some rows shows
            (dead or saturated nodes, or nodes all alike, columns of unlike ranges, targets outside
            the outputs' range, large or small, l2 or learning_rate too large, no biases) and what
            to do; after 20 steps where there is a cause, after 100 where none is seen. Also where y
            cannot be reached, or a quarter of a layer is dead on columns of unlike ranges, though
            something has been learnt. A loop of short fits counts as one training, which is
            looked at each time that its steps have doubled. Whoever filters these warnings out
            does not wait for them. Where warnings are errors the network is trained all the same,
            and only the history is lost.

        Notes
        -----
        With ``sample_weight`` only the ratios of weights within a batch count for a step: all of
        them times 10 is the same training. A row of weight 2 counts as two such rows, one of weight
        0 as none (it must hold finite numbers all the same, and has its place in a batch), and a
        batch whose weights are all 0 takes no step. ``l2`` is as strong as without weights. Keras
        divides the sum of w_i C_0(i) by the number of samples instead, so that larger weights take
        longer steps; torch's losses divide by the sum of the weights, as here, where their
        ``weight`` is that of class labels.

        An iterable of batches, ``net.fit(batches)``, may be a generator, with epochs=1; else each
        epoch goes through it anew. Each batch is a step, as large and in the order as it comes,
        whatever ``shuffle`` says; batches without a row, or with weights of 0 alone, take none.
        ``batch_size``, ``sample_weight`` and a fraction for ``validation`` are refused. The first
        batch must show all class names, unless ``net.classes`` has them. ``history.seconds`` holds
        the time that the iterable takes too. An exception of the iterable comes through as it is,
        and the steps taken stay, as with Ctrl-C; a batch that is refused is named in the error,
        and the network goes back to the last epoch's end, in the first epoch to its start. No
        TrainingWarning is given. docs/streams.md has more.

        With ``class_weight`` and ``label_smoothing`` both, cross_entropy is that of
        ``torch.nn.CrossEntropyLoss(weight=w, label_smoothing=s)`` for class numbers:
        C_0 = -sum_c w_c y'_c ln a_c of the smoothed target y', and C of a batch is the sum of its
        C_0 divided by that of n = sum_c w_c y_c, of the targets before (torch divides by the number
        of samples where they are soft labels). n is what a sample counts in ``history.accuracy``:
        with "balanced" that is the mean of the classes' recalls, which a constant output does not
        raise. Keras's ``weighted_metrics`` count so; its ``metrics``, here those of the validation
        samples, have no class weights. docs/weights-and-smoothing.md has examples.

        Examples
        --------
        Three measurements, of which the last one is known to be bad:

        >>> from fastbp import SGD, Network
        >>> net = Network([1, 1], output_activation="identity", initializer="zeros")
        >>> X, y = [[0.0], [0.0], [0.0]], [1.0, 4.0, 500.0]
        >>> history = net.fit(X, y, sample_weight=[2, 1, 0], epochs=15, optimizer=SGD(0.4))
        >>> net.predict([[0.0]])  # the weighted mean, (2 * 1 + 1 * 4) / 3
        array([[2.]], dtype=float32)
        """
        options = as_options(
            self,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            l1=l1,
            l2=l2,
            shuffle=shuffle,
            validation=validation,
            early_stopping=early_stopping,
            callbacks=callbacks,
            progress=progress,
            n_threads=n_threads,
            check_input=check_input,
            metrics=metrics,
            label_smoothing=label_smoothing,
            class_weight=class_weight,
        )
        if y is None:
            return train_on_batches(self._model, X, sample_weight, options)
        return train(self._model, X, y, sample_weight, options)

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        batch_size: int | None = None,
        optimizer: Any = None,
        l1: float = 0.0,
        l2: float = 0.0,
        n_threads: int | None = None,
        check_input: bool = True,
        sample_weight: Any = None,
    ) -> float:
        """Go on training with one pass over the samples of a stream that have just come.

        The rows are taken in the order given, ``batch_size`` of them in a step, and nothing of the
        optimizer's state is lost from call to call: calls of 32, 64, 128 rows are the steps that
        one call with all rows makes. docs/streams.md compares the ways to train on a stream.

        Parameters
        ----------
        X, y, batch_size, optimizer, l1, l2, n_threads, check_input, sample_weight
            As for :meth:`fit`. What y is the first call settles: class labels, several labels a
            row, or numbers; but zeros and ones with a squared error leave it open. Class names are
            fixed by the first call too, which must show all of them, or by ``net.classes`` before
            it.

        Returns
        -------
        float
            The mean of each batch's C before its update, weighted by its samples, as an epoch's
            ``history.loss``. (scikit-learn's partial_fit returns the estimator, and it shuffles.)

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError, RuntimeError
            As :meth:`fit`; after the first three the network is as it was before this call.

        Notes
        -----
        A call counts as no epoch. It gives no TrainingWarning: the rows of a call are too few.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import SGD, Network
        >>> net = Network([2, 1], output_activation="identity", seed=0)
        >>> rng = np.random.default_rng(0)
        >>> for hour in range(500):
        ...     X = rng.random((24, 2))
        ...     C = net.partial_fit(X, X[:, 0] - X[:, 1], optimizer=SGD(0.1))
        >>> C < 1e-6
        True
        """
        options = step_options(
            batch_size=batch_size,
            optimizer=optimizer,
            l1=l1,
            l2=l2,
            n_threads=n_threads,
            check_input=check_input,
        )
        return partial_fit(self._model, X, y, sample_weight, options)

    def train_step(
        self, X: Any, y: Any, *, optimizer: Any = None, sample_weight: Any = None
    ) -> float:
        """One step on all of X as one batch; returns C before the update.

        ``sample_weight`` as for :meth:`fit`: C is the weighted mean then.

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError
            As :meth:`fit`; the network is as it was.
        """
        return train_step(self._model, X, y, optimizer, sample_weight)

    def learn_one(self, x: Any, y: Any) -> float:
        """One step of the network's optimizer on one sample; returns C before the update.

        The same bits as ``train_step`` with a batch of this one row. ``net.optimizer = SGD(0.01)``
        chooses the optimizer beforehand, which is Adam() else.

        Parameters
        ----------
        x : array (n_0,)
            A vector of float32, float64 or uint8 in any strides is read where it lies, which takes
            below a microsecond with a small network. All else that :meth:`trace` takes is converted
            first, which takes some 50 times as long; so does the first step after the optimizer,
            its learning rate or the class names were set.
        y : number, label, class name or array (n_L,)
            The target. One output: a number. Several: a class index from 0 to n_L - 1, a name out
            of ``net.classes``, or a vector.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError, RuntimeError
            As :meth:`train_step`; the network is as it was.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import SGD, Network
        >>> net = Network([2, 1], output_activation="identity", initializer="zeros")
        >>> net.optimizer = SGD(0.1)
        >>> for x, y in [([1.0, 0.0], 2.0), ([1.0, 0.0], 2.0), ([0.0, 1.0], -1.0)]:
        ...     C = net.learn_one(np.array(x), y)
        >>> net.predict_one(np.array([1.0, 0.0])).round(4)
        array([0.952], dtype=float32)
        """
        C = self._model.one_sample.learn(x, y)
        return learn_one(self._model, x, y) if C is None else C

    # ---------------------------------------------------------------- files and copies

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network, its optimizer's state and its generator to a model file.

        The file is a safetensors file and can hold no code. An old file of that name stays whole
        until the new one is. While another thread trains, the file holds one moment between two
        of its steps, or the last epoch's end where the present numbers are not finite. An
        optimizer's memory that is not finite is left out; see docs/model-file.md.
        """
        storage.save(self._model, path)

    @classmethod
    def load(cls, path: str | PathLike[str], *, allow_nonfinite: bool = False) -> Self:
        """Read a network that :meth:`save` wrote; raises FileFormatError if it is anything else.

        Called on a subclass, it gives one of that, made without its ``__init__``.
        """
        net = cls.__new__(cls)
        net._model = storage.load(path, allow_nonfinite=allow_nonfinite)
        return net

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
        twin._model = self._model.copy()
        set_attributes(twin, copy.deepcopy(attributes_of(self, "_model"), memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self._model.copy(), "attributes": attributes_of(self, "_model")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._model = state["model"]
        set_attributes(self, state["attributes"])


def model_of(net: Network) -> Model:
    """What files of several networks write of one."""
    return net._model


def network_of(model: Model) -> Network:
    """The network of a model that a file gave."""
    net = Network.__new__(Network)
    net._model = model
    return net
