"""The numbers of docs/coming-from.md from scikit-learn, PyTorch, Keras and optax themselves.

``RUNS[library]`` has the module that a library is in, and a function for each row, which imports
it. Keras is to run on JAX.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from library_formulas import (
    BELOW_THE_ROOT,
    CLASS_WEIGHTS,
    DECAY_GRADIENTS,
    KERAS,
    LOGITS,
    MISTAKE,
    OPTAX,
    PATIENCE,
    SIGNS,
    SKLEARN,
    SMOOTHING,
    TARGETS,
    TINY,
    TORCH,
    Formula,
    Numbers,
)

ONE_HOT = np.eye(3)[TARGETS]


def defaults(function: Any, *names: str) -> Numbers:
    import inspect

    parameters = inspect.signature(function).parameters
    return tuple(float(parameters[name].default) for name in names)


# ---------------------------------------------------------------- PyTorch


def torch_moves(
    kind: str,
    gradients: Sequence[float],
    start: float = 0.0,
    dtype: str = "float64",
    rates: Sequence[float] = (),
    **numbers: Any,
) -> Numbers:
    """Where one weight is after each gradient."""
    import torch

    torch.set_default_dtype(torch.float64)  # of NAdam's product
    try:
        w = torch.tensor(start, dtype=getattr(torch, dtype), requires_grad=True)
        optimizer = getattr(torch.optim, kind)([w], **numbers)
        places = []
        for i, gradient in enumerate(gradients):
            if rates:
                optimizer.param_groups[0]["lr"] = rates[i]
            w.grad = torch.tensor(gradient, dtype=w.dtype)
            optimizer.step()
            places.append(float(w.detach()))
        return tuple(places)
    finally:
        torch.set_default_dtype(torch.float32)


def torch_clip() -> Numbers:
    import torch

    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([w], 5.0)
    return tuple(w.grad.tolist())


def torch_loss(kind: str, a: Any, y: Any, **options: Any) -> Numbers:
    import torch

    if "weight" in options:
        options["weight"] = torch.tensor(options["weight"], dtype=torch.float64)
    return (float(getattr(torch.nn, kind)(**options)(torch.tensor(a), torch.tensor(y))),)


def torch_slopes(name: str, *places: float) -> Numbers:
    import torch

    z = torch.tensor(places, dtype=torch.float64, requires_grad=True)
    function = torch.abs if name == "abs" else getattr(torch.nn.functional, name)
    function(z).sum().backward()
    return tuple(z.grad.tolist())


def torch_values(name: str, *places: float) -> Numbers:
    import torch

    z = torch.tensor(places, dtype=torch.float64)
    return tuple(getattr(torch.nn.functional, name)(z).tolist())


def torch_plateau() -> Numbers:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for epoch in range(1, 100):
        scheduler.step(1.0)
        if optimizer.param_groups[0]["lr"] < 1:
            return (float(epoch),)
    raise AssertionError("the rate never fell")


def torch_dropout() -> Numbers:
    import torch

    return (float(torch.nn.Dropout(0.2)(torch.ones(1000)).max()),)


def torch_first_weights() -> Numbers:
    import torch

    return (float(torch.nn.Linear(784, 128).weight.detach().std() * 28),)


TORCHS: dict[str, Formula] = {
    "Adam's eps": lambda: (-torch_moves("Adam", [TINY], lr=0.001)[0],),
    "RMSprop's eps": lambda: (-torch_moves("RMSprop", [TINY], lr=0.01)[0],),
    "Adagrad's eps and start": lambda: (-torch_moves("Adagrad", [TINY], lr=0.01)[0],),
    "NAdam's momentum": lambda: (-torch_moves("NAdam", [1.0], lr=0.002)[0],),
    "Rprop at a change of sign": lambda: torch_moves("Rprop", SIGNS),
    "Rprop of tiny gradients": lambda: torch_moves("Rprop", BELOW_THE_ROOT, dtype="float32"),
    "`weight_decay` of SGD": lambda: torch_moves(
        "SGD", DECAY_GRADIENTS, 1.0, lr=0.01, momentum=0.9, weight_decay=0.1
    )[-1:],
    "AdamW": lambda: torch_moves("AdamW", DECAY_GRADIENTS, 1.0, lr=0.01, weight_decay=0.1)[-1:],
    "AdamW's default decay": lambda: defaults(_torch("optim").AdamW, "weight_decay"),
    "SGD's default rate": lambda: defaults(_torch("optim").SGD, "lr"),
    "RMSprop's default rate and rho": lambda: defaults(_torch("optim").RMSprop, "lr", "alpha"),
    "momentum when the rate changes": lambda: torch_moves(
        "SGD", [1.0, 1.0], rates=(0.1, 0.01), lr=0.1, momentum=0.9
    )[-1:],
    "clipping by norm": torch_clip,
    "L2 penalty": lambda: (1 - torch_moves("SGD", [0.0], 1.0, lr=1.0, weight_decay=1.0)[0],),
    "class weights": lambda: torch_loss("CrossEntropyLoss", LOGITS, TARGETS, weight=CLASS_WEIGHTS),
    "label smoothing": lambda: torch_loss(
        "CrossEntropyLoss", LOGITS, TARGETS, label_smoothing=SMOOTHING
    ),
    "squared error": lambda: torch_loss("MSELoss", [[1.0, 2.0]], [[0.0, 0.0]]),
    "a confident mistake": lambda: torch_loss(
        "BCELoss", np.array([1 / (1 + np.exp(-MISTAKE))]), np.zeros(1)
    ),
    "rate on a plateau": torch_plateau,
    "dropout": torch_dropout,
    "first weights": torch_first_weights,
    "leaky_relu's slope": lambda: (-torch_values("leaky_relu", -1.0)[0],),
    "leaky_relu' at 0": lambda: torch_slopes("leaky_relu", 0.0),
    "selu' at 0": lambda: torch_slopes("selu", 0.0),
    "hard_sigmoid' at -3 and 3": lambda: torch_slopes("hardsigmoid", -3.0, 3.0),
    "absolute error' at 0": lambda: torch_slopes("abs", 0.0),
    "gelu": lambda: torch_values("gelu", 1.0),
}


def _torch(name: str) -> Any:
    import torch

    return getattr(torch, name)


# ---------------------------------------------------------------- Keras


def keras_moves(
    kind: str,
    gradients: Sequence[float],
    start: float = 0.0,
    rates: Sequence[float] = (),
    **numbers: Any,
) -> Numbers:
    import keras

    w = keras.Variable(np.array(start))
    optimizer = getattr(keras.optimizers, kind)(**numbers)
    optimizer.build([w])
    places = []
    for i, gradient in enumerate(gradients):
        if rates:
            optimizer.learning_rate = rates[i]
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [w])
        places.append(float(w.value))
    return tuple(places)


def keras_clip() -> Numbers:
    import keras

    w = keras.Variable(np.zeros(2))
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=5.0)
    optimizer.build([w])
    optimizer.apply([keras.ops.convert_to_tensor(np.array([3.0, 4.0]))], [w])
    return tuple(-float(x) for x in w.value)


def keras_default(kind: str, *names: str) -> Numbers:
    import keras

    config = getattr(keras.optimizers, kind)().get_config()
    return tuple(round(float(config[name]), 7) for name in names)


def keras_loss(kind: str, y: Any, a: Any, weights: Any = None, **options: Any) -> Numbers:
    import keras

    loss = getattr(keras.losses, kind)(**options)
    return (float(loss(np.array(y), np.array(a), sample_weight=weights)),)


def keras_penalty() -> Numbers:
    """Its slope at 1: of a quadratic, a central difference is exact."""
    import keras

    at_2, at_0 = (float(keras.regularizers.L2(1.0)(np.array([w]))) for w in (2.0, 0.0))
    return ((at_2 - at_0) / 2,)


def keras_stops(*, early: bool) -> Numbers:
    """Epochs until it stops or lowers the rate, with a loss that stays the same."""
    import keras

    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callback = (
        keras.callbacks.EarlyStopping("loss", patience=PATIENCE)
        if early
        else keras.callbacks.ReduceLROnPlateau("loss", patience=PATIENCE)
    )
    callback.set_model(model)
    callback.on_train_begin()
    model.stop_training = False
    for epoch in range(1, 100):
        callback.on_epoch_end(epoch - 1, {"loss": 1.0})
        if model.stop_training or float(model.optimizer.learning_rate.value) < 1:
            return (float(epoch),)
    raise AssertionError("it never stopped")


def keras_layer(layer: Any, x: Any, **options: Any) -> np.ndarray:
    return np.asarray(layer(np.array(x), **options))


def _keras(name: str) -> Any:
    import keras

    return getattr(keras, name)


KERASES: dict[str, Formula] = {
    "Adam's eps": lambda: (-keras_moves("Adam", [TINY], learning_rate=0.001)[0],),
    "RMSprop's eps": lambda: (-keras_moves("RMSprop", [TINY], learning_rate=0.01)[0],),
    "Adagrad's eps and start": lambda: (-keras_moves("Adagrad", [TINY], learning_rate=0.01)[0],),
    "NAdam's momentum": lambda: (-keras_moves("Nadam", [1.0], learning_rate=0.002)[0],),
    "`weight_decay` of SGD": lambda: keras_moves(
        "SGD", DECAY_GRADIENTS, 1.0, learning_rate=0.01, momentum=0.9, weight_decay=0.1
    )[-1:],
    "AdamW": lambda: keras_moves(
        "AdamW", DECAY_GRADIENTS, 1.0, learning_rate=0.01, weight_decay=0.1
    )[-1:],
    "AdamW's default decay": lambda: keras_default("AdamW", "weight_decay"),
    "SGD's default rate": lambda: keras_default("SGD", "learning_rate"),
    "RMSprop's default rate and rho": lambda: keras_default("RMSprop", "learning_rate", "rho"),
    "momentum when the rate changes": lambda: keras_moves(
        "SGD", [1.0, 1.0], rates=(0.1, 0.01), learning_rate=0.1, momentum=0.9
    )[-1:],
    "clipping by norm": keras_clip,
    "L2 penalty": keras_penalty,
    "class weights": lambda: keras_loss(
        "CategoricalCrossentropy",
        ONE_HOT,
        LOGITS,
        np.array(CLASS_WEIGHTS)[TARGETS],
        from_logits=True,
    ),
    "label smoothing": lambda: keras_loss(
        "CategoricalCrossentropy", ONE_HOT, LOGITS, from_logits=True, label_smoothing=SMOOTHING
    ),
    "sample weights": lambda: keras_loss(
        "MeanAbsoluteError", [[0.0], [0.0]], [[1.0], [2.0]], np.array([1.0, 3.0])
    ),
    "squared error": lambda: keras_loss("MeanSquaredError", [[0.0, 0.0]], [[1.0, 2.0]]),
    "a confident mistake": lambda: keras_loss("BinaryCrossentropy", [[0.0]], [[1.0]]),
    "early stopping": lambda: keras_stops(early=True),
    "rate on a plateau": lambda: keras_stops(early=False),
    "dropout": lambda: (
        float(keras_layer(_keras("layers").Dropout(0.2), np.ones(1000), training=True).max()),
    ),
    "first weights": lambda: (
        float(np.asarray(_keras("initializers").GlorotUniform()((784, 128))).std() * 28),
    ),
    "leaky_relu's slope": lambda: (-float(_keras("activations").leaky_relu(np.array([-1.0]))[0]),),
    "gelu": lambda: (float(_keras("activations").gelu(np.array([1.0]))[0]),),
}


# ---------------------------------------------------------------- optax and JAX


def optax_moves(
    kind: str, gradients: Sequence[float], *arguments: Any, start: float = 0.0, **numbers: Any
) -> Numbers:
    import jax.numpy as jnp
    import optax

    dtype = numbers.pop("dtype", "float64")
    transformation = getattr(optax, kind)(*arguments, **numbers)
    w = jnp.asarray(start, dtype)
    state, places = transformation.init(w), []
    for gradient in gradients:
        updates, state = transformation.update(jnp.asarray(gradient, dtype), state, w)
        w = optax.apply_updates(w, updates)
        places.append(float(w))
    return tuple(places)


def optax_clip() -> Numbers:
    import jax.numpy as jnp
    import optax

    clip = optax.clip_by_global_norm(5.0)
    w = jnp.zeros(2)
    updates, _ = clip.update(jnp.asarray([3.0, 4.0]), clip.init(w), w)
    return tuple(float(x) for x in updates)


def optax_smoothed() -> Numbers:
    import optax

    labels = optax.smooth_labels(ONE_HOT, SMOOTHING)
    return (float(optax.softmax_cross_entropy(LOGITS, labels).mean()),)


def jax_slopes(name: str, *places: float) -> Numbers:
    import jax
    import jax.numpy as jnp

    function = jnp.abs if name == "abs" else getattr(jax.nn, name)
    return tuple(float(jax.grad(function)(z)) for z in places)


def jax_value(name: str, z: float) -> float:
    import jax

    return float(getattr(jax.nn, name)(z))


def _optax(name: str) -> Any:
    import optax

    return getattr(optax, name)


OPTAXES: dict[str, Formula] = {
    "Adam's eps": lambda: (-optax_moves("adam", [TINY], 0.001)[0],),
    "RMSprop's eps": lambda: (-optax_moves("rmsprop", [TINY], 0.01)[0],),
    "Adagrad's eps and start": lambda: (-optax_moves("adagrad", [TINY], 0.01)[0],),
    "NAdam's momentum": lambda: (-optax_moves("nadam", [1.0], 0.002)[0],),
    "Rprop at a change of sign": lambda: optax_moves("rprop", SIGNS, 0.01),
    "Rprop of tiny gradients": lambda: optax_moves("rprop", BELOW_THE_ROOT, 0.01, dtype="float32"),
    "AdamW": lambda: optax_moves("adamw", DECAY_GRADIENTS, 0.01, start=1.0, weight_decay=0.1)[-1:],
    "AdamW's default decay": lambda: defaults(_optax("adamw"), "weight_decay"),
    "momentum when the rate changes": lambda: optax_moves(
        "sgd", [1.0, 1.0], lambda t: 0.1 - 0.09 * t, momentum=0.9
    )[-1:],
    "clipping by norm": optax_clip,
    "L2 penalty": lambda: (optax_moves("add_decayed_weights", [0.0], 1.0, start=1.0)[0] - 1,),
    "label smoothing": optax_smoothed,
    "a confident mistake": lambda: (
        float(_optax("sigmoid_binary_cross_entropy")(np.array(MISTAKE), np.array(0.0))),
    ),
    "leaky_relu's slope": lambda: (-jax_value("leaky_relu", -1.0),),
    "leaky_relu' at 0": lambda: jax_slopes("leaky_relu", 0.0),
    "selu' at 0": lambda: jax_slopes("selu", 0.0),
    "hard_sigmoid' at -3 and 3": lambda: jax_slopes("hard_sigmoid", -3.0, 3.0),
    "absolute error' at 0": lambda: jax_slopes("abs", 0.0),
    "gelu": lambda: (jax_value("gelu", 1.0),),
}


# ---------------------------------------------------------------- scikit-learn


def mlp(kind: str, X: Any, y: Any, *, partial: bool = False, **options: Any) -> Any:
    """A fitted multilayer perceptron."""
    import sklearn.neural_network

    model = getattr(sklearn.neural_network, kind)(random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        return model.partial_fit(X, y) if partial else model.fit(X, y)


def sklearn_moves(kind: str, gradients: Sequence[float], *rates: float, **numbers: Any) -> Numbers:
    """Its optimizers, which have no public name."""
    from sklearn.neural_network import _stochastic_optimizers

    w = np.zeros(1)
    optimizer = getattr(_stochastic_optimizers, kind)([w], rates[0], **numbers)
    for gradient, rate in zip(gradients, rates, strict=True):
        if kind == "SGDOptimizer":
            optimizer.learning_rate = rate
        optimizer.update_params([w], [np.array([gradient])])
    return (float(w[0]),)


def sklearn_penalty() -> Numbers:
    X, y = np.zeros((10, 1)), np.zeros(10)
    model = mlp(
        "MLPRegressor",
        X,
        y,
        partial=True,
        hidden_layer_sizes=(1,),
        activation="identity",
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.5,
        alpha=1.0,
    )
    before = model.coefs_[0][0, 0]
    model.partial_fit(X, y)
    return (float((before - model.coefs_[0][0, 0]) / 0.5 / before),)


def sklearn_loss(name: str, y: Any, a: Any, weights: Any = None) -> Numbers:
    """Its losses, which have no public name."""
    from sklearn.neural_network import _base

    return (float(getattr(_base, name)(np.array(y), np.array(a), weights)),)


def sklearn_early_stop() -> Numbers:
    X, y = np.zeros((20, 1)), np.zeros(20)
    options = {"solver": "sgd", "learning_rate_init": 1e-30, "n_iter_no_change": PATIENCE}
    return (float(mlp("MLPRegressor", X, y, **options).n_iter_),)


def sklearn_invscaling() -> Numbers:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    model = mlp(
        "MLPClassifier",
        X / 16,
        y,
        solver="sgd",
        learning_rate="invscaling",
        learning_rate_init=0.1,
        max_iter=1,
        hidden_layer_sizes=(2,),
    )
    return (float(model._optimizer.learning_rate),)


def sklearn_first_weights() -> Numbers:
    X, y = np.zeros((2, 784)), np.array([0.0, 1.0])
    options = {"hidden_layer_sizes": (128,), "learning_rate_init": 1e-30, "max_iter": 1}
    return (float(mlp("MLPRegressor", X, y, **options, alpha=0.0).coefs_[0].std() * 28),)


def sklearn_class_at_half() -> Numbers:
    model = mlp("MLPClassifier", [[0.0], [1.0]], [0, 1], max_iter=1)
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = 0
    return (float(model.predict([[0.0]])[0]),)


def _sklearn(name: str) -> Any:
    import sklearn.neural_network

    return getattr(sklearn.neural_network, name)


SKLEARNS: dict[str, Formula] = {
    "Adam's eps": lambda: (-sklearn_moves("AdamOptimizer", [TINY], 0.001)[0],),
    "SGD's default rate": lambda: defaults(_sklearn("MLPClassifier"), "learning_rate_init"),
    "momentum when the rate changes": lambda: sklearn_moves(
        "SGDOptimizer", [1.0, 1.0], 0.1, 0.01, momentum=0.9, nesterov=False
    ),
    "L2 penalty": sklearn_penalty,
    "sample weights": lambda: (
        2 * sklearn_loss("squared_loss", [0, 0], [1, 2**0.5], np.array([1, 3]))[0],
    ),
    "squared error": lambda: sklearn_loss("squared_loss", [[0.0, 0.0]], [[1.0, 2.0]]),
    "a confident mistake": lambda: sklearn_loss(
        "binary_log_loss", [[0.0]], [[1 / (1 + np.exp(-MISTAKE))]]
    ),
    "early stopping": sklearn_early_stop,
    "inverse scaling": sklearn_invscaling,
    "first weights": sklearn_first_weights,
    "class at an output of 0.5": sklearn_class_at_half,
}

RUNS: dict[str, tuple[str, dict[str, Formula]]] = {
    TORCH: ("torch", TORCHS),
    KERAS: ("keras", KERASES),
    OPTAX: ("optax", OPTAXES),
    SKLEARN: ("sklearn", SKLEARNS),
}
