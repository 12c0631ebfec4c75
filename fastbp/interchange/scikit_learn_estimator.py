"""A fitted multilayer perceptron of scikit-learn of a Network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp.inputs import Array, short_repr
from fastbp.interchange.scikit_learn import class_names, is_multilabel
from fastbp.interchange.scikit_learn_solver import solver_parameters, write_memory
from fastbp.interchange.scikit_learn_words import ACTIVATIONS, OUTPUTS, Output
from fastbp.model.model import Model
from fastbp.network import Network


def to_sklearn(net: Network, like: Any = None) -> Any:
    """Make a fitted multilayer perceptron of scikit-learn of a network.

    It predicts, scores, trains on by ``partial_fit``, and can be pickled and cloned as one that
    scikit-learn has fitted.

    Parameters
    ----------
    net : Network
        All hidden layers have one activation, identity, sigmoid, tanh or relu. Output and loss are
        one of scikit-learn's five combinations; see docs/interchange.md. ``bias`` and dropout may
        be anything: without biases the intercepts are zeros. It is left as it is.
    like : class or estimator, optional
        ``MLPClassifier`` or ``MLPRegressor`` of scikit-learn or a subclass of these, such as those
        of ``fastbp.sklearn``: what to make. An estimator, fitted or not, gives its parameters too,
        all but ``hidden_layer_sizes``, ``activation`` and ``loss``; a fitted classifier also its
        ``classes_``, where these are the network's by name. None is scikit-learn's own class.

    Returns
    -------
    MLPClassifier or MLPRegressor
        In the network's number type. Without an estimator for ``like``, ``solver`` and its
        numbers are the network's optimizer, and all else is scikit-learn's default. The solver goes
        on from the optimizer's velocities or moments, if it is the same one with the same numbers,
        the learning rate aside. (scikit-learn's Adam adds eps before the bias correction.)

        ``n_iter_`` is the number of epochs; ``loss_curve_`` is empty, ``loss_`` NaN and ``t_`` 0,
        for a network does not know what it was trained on.

        ``classes_`` is sorted, as scikit-learn's always is: where ``net.classes`` is not, the
        outputs are put in that order. Softmax of two outputs becomes one logistic output, of
        z_2 - z_1: scikit-learn tells two classes apart by one. The solver starts afresh then.

    Raises
    ------
    ValueError, TypeError
        If scikit-learn has no words for something, which the message names.
    ImportError
        Without scikit-learn, 1.7 or newer: ``pip install "fastbp[sklearn]"``.

    Examples
    --------
    >>> from fastbp import Network
    >>> from fastbp.interchange import to_sklearn
    >>> net = Network([4, 8, 3], "relu", output_activation="softmax", loss="cross_entropy")
    >>> to_sklearn(net)
    MLPClassifier(hidden_layer_sizes=(8,))

    With parameters to train on with:

    >>> from sklearn.neural_network import MLPClassifier
    >>> to_sklearn(net, like=MLPClassifier(alpha=0.01)).partial_fit([[0, 1, 2, 3]], [2])
    MLPClassifier(alpha=0.01, hidden_layer_sizes=(8,))
    """
    if not isinstance(net, Network):
        raise TypeError(f"net must be a fastbp.Network, got {type(net).__name__}")
    model: Model = net.__getstate__()["model"]  # a copy of one moment
    output = _expressible(model)
    estimator = _unfitted(model, output, like)
    weights = [w.copy() for w in model.state.parameters.weights]
    biases = [b.copy() for b in model.state.parameters.biases]
    if model.architecture.bias is False:
        biases = [np.zeros(len(w), w.dtype) for w in weights]
    if not all(np.isfinite(array).all() for array in (*weights, *biases)):
        raise ValueError(
            "net must have finite parameters, got NaN or infinity: train it anew at a lower "
            "learning rate, or load a file from before"
        )
    as_in_net = True
    if output.out_activation_ == "softmax" and len(weights[-1]) == 2:
        output = next(row for row in OUTPUTS if row.out_activation_ == "logistic")
        weights[-1], biases[-1] = np.diff(weights[-1], axis=0), np.diff(biases[-1])
        as_in_net = False
    fitted: dict[str, Any] = {}
    if output.is_classifier:
        binarizer, order = _label_binarizer(model, like)
        if order is not None:
            weights[-1], biases[-1] = _in_order(weights[-1], biases[-1], order)
            as_in_net = False
        fitted |= {"_label_binarizer": binarizer, "classes_": binarizer.classes_}
    fitted |= _fitted_attributes(estimator, model, output, weights, biases)
    for name, value in fitted.items():
        setattr(estimator, name, value)
    if as_in_net:
        for name, value in write_memory(estimator, model.state).items():
            setattr(estimator, name, value)
    return estimator


def _expressible(model: Model) -> Output:
    """The row of the network's output and loss, after everything was found to have words."""
    architecture = model.architecture
    *hidden, last = architecture.labels
    if len(set(hidden)) > 1 or not set(hidden) <= set(ACTIVATIONS):
        raise ValueError(
            f"activation must be one of {', '.join(map(repr, ACTIVATIONS))} in all hidden layers "
            f"alike, which is all that scikit-learn has; got {short_repr(hidden)}. Train such a "
            f"network, or keep this one by net.save(path)"
        )
    if architecture.compute is not None:
        raise ValueError(
            f"compute must be None, got {architecture.compute!r}: scikit-learn multiplies in the "
            f"number type. Copy the parameters into a network without it: "
            f"twin.parameters = net.parameters"
        )
    loss = architecture.loss_row.name if architecture.is_builtin else "custom"
    for row in OUTPUTS:
        if (row.output_activation, row.loss) == (last, loss):
            break
    else:
        pairs = ", ".join(f"{row.output_activation} with {row.loss}" for row in OUTPUTS)
        raise ValueError(
            f"output_activation={last!r} with loss={loss!r} has no counterpart in scikit-learn, "
            f"which has {pairs}. If only training went by the loss, copy the parameters into a "
            f"network with one of these: twin.parameters = net.parameters"
        )
    kind = model.state.learned.target_kind
    has_labels = is_multilabel(row, architecture.sizes[-1])
    if row.out_activation_ == "logistic" and kind == "numbers":
        raise ValueError(
            "net was fitted on numbers between 0 and 1, scikit-learn's classifier takes classes "
            "alone. Copy the parameters into a new network: twin.parameters = net.parameters"
        )
    if has_labels and kind == "classes":
        raise ValueError(
            "net has sigmoid outputs for classes, of which the largest counts; scikit-learn takes "
            "such outputs for labels, each 0 or 1. Train with output_activation='softmax' and "
            "loss='cross_entropy'"
        )
    if has_labels and model.classes is not None:
        raise ValueError(
            f"net.classes must be None with several sigmoid outputs, which are labels in "
            f"scikit-learn and have no names; got {short_repr(model.classes)}. "
            f"Set net.classes = None"
        )
    return row


def _unfitted(model: Model, output: Output, like: Any) -> Any:
    """An estimator with the parameters to have, without anything fitted."""
    try:
        from sklearn.base import clone, is_classifier
        from sklearn.neural_network import MLPClassifier, MLPRegressor
    except ImportError as error:
        raise ImportError(
            'to_sklearn needs scikit-learn 1.7 or newer: pip install "fastbp[sklearn]"'
        ) from error
    classes = (MLPClassifier, MLPRegressor)
    if like is None:
        like = MLPClassifier if output.is_classifier else MLPRegressor
    is_type = isinstance(like, type)
    if not issubclass(like if is_type else type(like), classes):
        raise TypeError(
            f"like must be None, or MLPClassifier, MLPRegressor or a subclass of these, or an "
            f"estimator of such a class; got {short_repr(like)}"
        )
    estimator = like() if is_type else clone(like)
    if is_classifier(estimator) != output.is_classifier:
        wanted = classes[not output.is_classifier].__name__
        raise ValueError(
            f"like must be a {wanted} for a network with output_activation="
            f"{output.output_activation!r} and loss={output.loss!r}, got "
            f"{type(estimator).__name__}"
        )
    parameters: dict[str, Any] = {}
    *hidden, _ = model.architecture.names
    if hidden:
        parameters["activation"] = ACTIVATIONS[hidden[0]]
    widths = model.architecture.sizes[1:-1]
    if np.ravel(estimator.hidden_layer_sizes).tolist() != list(widths):  # else as it is written
        parameters["hidden_layer_sizes"] = widths
    if not output.is_classifier:
        parameters["loss"] = output.its_loss
    if is_type:
        optimizer = model.state.current.optimizer
        solver = solver_parameters(optimizer)
        if solver is None:
            raise ValueError(
                f"net.optimizer must be an SGD, an Adam or an LBFGS without options, which are "
                f"scikit-learn's solvers; got {short_repr(optimizer)}. Choose a solver to train "
                f"on with by like={like.__name__}(solver='adam')"
            )
        parameters |= solver
    return estimator.set_params(**parameters)


def _label_binarizer(model: Model, like: Any) -> tuple[Any, Array | None]:
    """scikit-learn's coding of the classes, and their order if it is not the outputs'."""
    from sklearn.preprocessing import LabelBinarizer

    architecture, names = model.architecture, model.classes
    n_L = architecture.sizes[-1]
    if architecture.names[-1] == "sigmoid" and n_L > 1:
        return LabelBinarizer().fit(np.eye(n_L, dtype=int)), None
    n_classes = max(n_L, 2)
    classes = np.arange(n_classes) if names is None else np.array(names)
    theirs = None if isinstance(like, type) else getattr(like, "classes_", None)
    if theirs is not None and len(theirs) == n_classes and class_names(theirs) == names:
        classes = theirs
    binarizer = LabelBinarizer().fit(classes)
    order = np.argsort(classes)
    return binarizer, None if np.array_equal(order, np.arange(n_classes)) else order


def _in_order(w: Array, b: Array, order: Array) -> tuple[Array, Array]:
    """The outputs in another order; the one output of two classes turns into the other's."""
    return (-w, -b) if len(w) == 1 else (w[order], b[order])


def _fitted_attributes(
    estimator: Any,
    model: Model,
    output: Output,
    weights: Sequence[Array],
    biases: Sequence[Array],
) -> dict[str, Any]:
    """What fit leaves behind in an estimator that has not yet made a step."""
    coefs = [np.ascontiguousarray(w.T) for w in weights]
    stops_early = estimator.early_stopping
    names = model.state.learned.feature_names
    return {
        "coefs_": coefs,
        "intercepts_": list(biases),
        "n_layers_": len(weights) + 1,
        "n_outputs_": len(biases[-1]),
        "out_activation_": output.out_activation_,
        "n_features_in_": len(coefs[0]),
        **({"feature_names_in_": np.array(names, dtype=object)} if names else {}),
        "n_iter_": model.state.epochs,
        "t_": 0,
        "loss_": np.nan,
        "loss_curve_": [],
        "best_loss_": None if stops_early else np.inf,
        "validation_scores_": [] if stops_early else None,
        "best_validation_score_": -np.inf if stops_early else None,
        "_no_improvement_count": 0,
        "_best_coefs": [w.copy() for w in coefs],
        "_best_intercepts": [b.copy() for b in biases],
    }
