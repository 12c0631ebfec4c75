"""A Network of a fitted multilayer perceptron of scikit-learn."""

from itertools import pairwise
from typing import Any

import numpy as np

from fastbp.inputs import Array, as_generator, possible_kinds, short_repr
from fastbp.interchange.scikit_learn_solver import optimizer_of, read_memory
from fastbp.interchange.scikit_learn_words import ACTIVATIONS, OUTPUTS, Output
from fastbp.model.architecture import Architecture
from fastbp.model.model import Model
from fastbp.network import Network

#: What a fitted estimator must have.
FITTED = ("coefs_", "intercepts_", "out_activation_", "activation")


def from_sklearn(estimator: Any) -> Network:
    """Make a network of a fitted multilayer perceptron of scikit-learn.

    Which kind of network it becomes follows from the fitted attributes alone, ``out_activation_``
    first: scikit-learn's ``MLPClassifier`` and ``MLPRegressor``, their subclasses and any
    object with ``coefs_``, ``intercepts_``, ``out_activation_`` and ``activation`` will do.
    scikit-learn itself is not needed.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or alike
        Fitted. It is left as it is, and shares no memory with the network.

    Returns
    -------
    Network
        In the number type of ``coefs_``. ``net.predict`` gives what ``predict`` of a regressor and
        ``predict_proba`` of a classifier do, to rounding; of two classes the second one's
        probability alone, (m, 1). ``net.predict_classes`` gives what ``predict`` of a classifier
        does, but for a probability of exactly 0.5 of two classes or of a label, which is the first
        class or no label in scikit-learn.

        Classes 0, 1, ..., n-1 need no names. Text becomes ``net.classes``, and all other classes
        do by ``str``: [3, 5] becomes ("3", "5"), [False, True] ("False", "True"). A frame's column
        names become ``net.feature_names``.

        The optimizer is the solver with its numbers, and goes on from the solver's velocities or
        moments where ``early_stopping`` was off; "invscaling" and "adaptive" leave the rate that
        they came to. ``alpha``, ``batch_size`` and the like are arguments of ``fit`` here, and are
        not converted: ``net.fit(X, y, l2=alpha / batch_size, batch_size=batch_size)``.
        An integer ``random_state`` becomes the seed, by which other numbers are drawn.

    Raises
    ------
    ValueError, TypeError
        If the estimator is not fitted, or no such thing; if it has seen a single class; if its
        weights are not finite or do not fit together; if it has an activation or a loss that fastbp
        does not know, or numbers that its optimizers do not take.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> from fastbp.interchange import from_sklearn
    >>> X, y = [[0.0], [0.5], [1.0]], [1.0, 2.0, 3.0]
    >>> regressor = MLPRegressor(hidden_layer_sizes=8, solver="lbfgs", random_state=0).fit(X, y)
    >>> net = from_sklearn(regressor)
    >>> net
    Network([1, 8, 1], activation='relu', output_activation='identity', \
loss='half_squared_error', bias=True, dtype='float64')
    >>> bool(abs(net.predict(X)[:, 0] - regressor.predict(X)).max() < 1e-12)
    True
    """
    coefs, intercepts = _parameters_of(estimator)
    if (scale := getattr(estimator, "target_scale_", None)) is not None:  # of fastbp.sklearn
        coefs[-1], intercepts[-1] = coefs[-1] * scale, intercepts[-1] * scale
        intercepts[-1] += estimator.target_mean_
    sizes = [len(coefs[0]), *(len(b) for b in intercepts)]
    output = _output_of(estimator)
    seed = getattr(estimator, "random_state", None)
    is_seed = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    try:
        architecture = Architecture.checked(
            sizes,
            _activation_of(estimator.activation),
            output.output_activation,
            output.loss,
            True,
            coefs[0].dtype,
            dropout=getattr(estimator, "dropout", 0.0),
        )
        model = Model.zeros(architecture, as_generator(seed if is_seed else None))
        model.classes = _classes_of(estimator, output, sizes[-1])
    except (ValueError, TypeError) as error:
        raise type(error)(f"the estimator cannot become a network: {error}") from None
    for to, array in zip(model.state.parameters.weights, coefs, strict=True):
        to[...] = array.T
    for to, array in zip(model.state.parameters.biases, intercepts, strict=True):
        to[...] = array
    model.learn(
        feature_names=_feature_names_of(estimator),
        target_kind=_target_kind_of(output, model),
    )
    if hasattr(estimator, "solver"):
        _go_on_as(estimator, model)
    return _network_of(model)


def _parameters_of(estimator: Any) -> tuple[list[Array], list[Array]]:
    """Weights (n_in, n_out) and biases (n_out,) of an estimator, checked, of one number type."""
    missing = [name for name in FITTED if not hasattr(estimator, name)]
    if isinstance(estimator, type) or missing:
        got = estimator.__name__ if isinstance(estimator, type) else type(estimator).__name__
        raise (TypeError if isinstance(estimator, type) else ValueError)(
            f"estimator must be a fitted MLPClassifier or MLPRegressor, got "
            f"{'the class ' * isinstance(estimator, type)}{got} without {', '.join(missing)}: call "
            f"its fit(X, y) first; of a pipeline or a search pass the estimator in it, "
            f"pipeline[-1] or search.best_estimator_"
        )
    lists = [list(getattr(estimator, name)) for name in ("coefs_", "intercepts_")]
    coefs, intercepts = ([np.asarray(array) for array in arrays] for arrays in lists)
    types = {array.dtype for array in (*coefs, *intercepts)}
    if not all(dtype in (np.float32, np.float64) for dtype in types):
        raise ValueError(
            f"estimator.coefs_ and estimator.intercepts_ must hold arrays of float32 or float64, "
            f"got {', '.join(sorted(dtype.name for dtype in types))}"
        )
    shapes = [array.shape for array in coefs]
    fit_together = (
        bool(shapes)
        and all(len(shape) == 2 and min(shape) > 0 for shape in shapes)
        and all(below[1] == above[0] for below, above in pairwise(shapes))
        and [array.shape for array in intercepts] == [shape[1:] for shape in shapes]
    )
    if not fit_together:
        raise ValueError(
            f"estimator.coefs_ and estimator.intercepts_ must fit together, (n_in, n_out) and "
            f"(n_out,) layer by layer, got the shapes {short_repr(shapes)} and "
            f"{short_repr([array.shape for array in intercepts])}"
        )
    for name, arrays in (("coefs_", coefs), ("intercepts_", intercepts)):
        for i, array in enumerate(arrays):
            if not np.isfinite(array).all():
                raise ValueError(
                    f"estimator.{name}[{i}] must be finite, got NaN or infinity: fit it anew, on "
                    f"scaled columns or with a lower learning_rate_init"
                )
    dtype = np.result_type(*types)
    return [a.astype(dtype) for a in coefs], [a.astype(dtype) for a in intercepts]


def _output_of(estimator: Any) -> Output:
    """Its pair of output and loss; words that are not scikit-learn's are taken for fastbp's."""
    activation = estimator.out_activation_
    rows = [row for row in OUTPUTS if row.out_activation_ == activation]
    its_loss: Any = getattr(estimator, "loss", rows[0].its_loss if rows else None)
    for row in rows:
        if row.its_loss == its_loss:
            return row
    name = rows[0].output_activation if rows else activation
    return Output(activation, str(its_loss), name, its_loss, hasattr(estimator, "classes_"))


def _activation_of(activation: Any) -> Any:
    ours = {theirs: name for name, theirs in ACTIVATIONS.items()}
    if isinstance(activation, (list, tuple)):
        return type(activation)(_activation_of(g) for g in activation)
    return ours.get(activation, activation) if isinstance(activation, str) else activation


def is_multilabel(output: Output, n_L: int) -> bool:
    """Whether several outputs are labels, each for itself."""
    return output.out_activation_ == "logistic" and n_L > 1


def _classes_of(estimator: Any, output: Output, n_L: int) -> tuple[str, ...] | None:
    if not output.is_classifier or not hasattr(estimator, "classes_"):
        return None
    classes = np.asarray(estimator.classes_)
    has_labels = is_multilabel(output, n_L)
    expected = n_L if has_labels else max(n_L, 2)
    if classes.shape != (expected,):
        raise ValueError(
            f"classes_ must be {expected} classes for {n_L} output{'s' * (n_L > 1)}, got "
            f"{short_repr(classes.tolist())}"
            + (
                ", a single class, of which nothing can be told apart: fit it on two or more"
                if classes.shape == (1,)
                else ""
            )
        )
    return None if has_labels else class_names(classes)


def class_names(classes: Array) -> tuple[str, ...] | None:
    """Classes as text, or None for 0, 1, ..., n-1."""
    if classes.dtype.kind in "iuf" and np.array_equal(classes, np.arange(len(classes))):
        return None
    return tuple(str(name) for name in classes.tolist())


def _feature_names_of(estimator: Any) -> tuple[str, ...] | None:
    names = tuple(str(name) for name in getattr(estimator, "feature_names_in_", ()))
    return names if names and len(set(names)) == len(names) else None


def _target_kind_of(output: Output, model: Model) -> str | None:
    n_L = model.architecture.sizes[-1]
    kind = "numbers"
    if output.is_classifier:
        kind = "multilabel" if is_multilabel(output, n_L) else "classes"
    return kind if kind in possible_kinds(**model.output) else None


def _go_on_as(estimator: Any, model: Model) -> None:
    """Let the network train on as the estimator would."""
    state = model.state
    memory, steps = read_memory(estimator, state)
    optimizer = optimizer_of(estimator)
    training = {
        "optimizer": optimizer.config(),
        "steps": steps,
        "epochs": int(getattr(estimator, "n_iter_", 0)),
    }
    state.restore(state.description() | training, memory)


def _network_of(model: Model) -> Network:
    net = Network.__new__(Network)
    net.__setstate__({"model": model, "attributes": {}})
    return net
